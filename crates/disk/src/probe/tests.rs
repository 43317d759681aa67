#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::Window;

use super::*;

fn probed(bytes: Vec<u8>) -> (Option<Content>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let content = probe(&bytes, &Place::new("test"), &mut findings);
    (content, findings.list().iter().map(|finding| finding.code.name).collect())
}

#[test]
fn every_signature_is_recognized_and_what_is_not_read_is_told() {
    for (offset, signature, content) in SIGNATURES {
        let at = *offset as usize;
        let mut bytes = vec![0; 256 << 10];
        bytes[at..at + signature.len()].copy_from_slice(signature);
        let (found, codes) = probed(bytes.clone());
        assert_eq!(found, Some(*content));
        assert_eq!(codes.len(), usize::from(*content != Content::Swap), "{content:?}");
        bytes.truncate(at + signature.len() - 1);
        assert_eq!(probed(bytes).0, None, "{content:?} cut");
    }
}

#[test]
fn encrypted_ranges_have_sentences_of_their_own() {
    let mut bytes = vec![0; 4096];
    bytes[..6].copy_from_slice(b"LUKS\xba\xbe");
    assert_eq!(probed(bytes), (Some(Content::Luks), vec!["encrypted-luks"]));
    let mut bytes = vec![0; 4096];
    bytes[3..11].copy_from_slice(b"-FVE-FS-");
    assert_eq!(probed(bytes), (Some(Content::BitLocker), vec!["encrypted-bitlocker"]));
}

/// A superblock at `at`: compatible, incompatible and read-only compatible features.
fn ext_with(at: usize, features: [u32; 3], group: u16) -> Vec<u8> {
    let mut bytes = vec![0; at + 4096];
    let mut put = |offset: usize, value: &[u8]| bytes[at + offset..][..value.len()].copy_from_slice(value);
    put(0x00, &64_u32.to_le_bytes()); // s_inodes_count
    put(0x04, &64_u32.to_le_bytes()); // s_blocks_count_lo
    put(0x20, &8192_u32.to_le_bytes()); // s_blocks_per_group
    put(0x28, &64_u32.to_le_bytes()); // s_inodes_per_group
    put(0x38, &[0x53, 0xEF]); // s_magic
    put(0x4C, &1_u32.to_le_bytes()); // s_rev_level
    put(0x5A, &group.to_le_bytes()); // s_block_group_nr
    put(0x5C, &features[0].to_le_bytes());
    put(0x60, &features[1].to_le_bytes());
    put(0x64, &features[2].to_le_bytes());
    bytes
}

#[test]
fn the_ext_family_is_told_apart_by_its_features() {
    assert_eq!(probed(ext_with(1024, [0x38, 0x2, 0x3], 0)), (Some(Content::Ext2), vec![]));
    assert_eq!(probed(ext_with(1024, [0x3C, 0x6, 0x3], 0)), (Some(Content::Ext3), vec![]));
    assert_eq!(probed(ext_with(1024, [0x3C, 0x2C2, 0x46B], 0)), (Some(Content::Ext4), vec![]));
    assert_eq!(probed(ext_with(1024, [0, 0x8, 0], 0)).0, Some(Content::ExtJournal));
    let mut odd = ext_with(1024, [0; 3], 0);
    odd[1024 + 0x18] = 60; // s_log_block_size
    assert_eq!(probed(odd).0, None);
}

#[test]
fn a_backup_superblock_tells_of_a_lost_first_one() {
    let found = probed(ext_with(8193 * 1024, [0x3C, 0x2C2, 0x46B], 1));
    assert_eq!(found, (Some(Content::Ext4), vec!["ext-first-superblock-lost"]));
    assert_eq!(probed(ext_with(8193 * 1024, [0x3C, 0x2C2, 0x46B], 0)).0, None, "not a copy");
}

#[test]
fn backups_in_any_group_and_of_each_block_size_are_found() {
    /// A disk of zeros, but for these bytes.
    struct Sparse(u64, u64, Vec<u8>);
    impl ByteSource for Sparse {
        fn len(&self) -> u64 {
            self.0
        }
        fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            for (at, byte) in (offset..).zip(buf) {
                let found = at.checked_sub(self.1).and_then(|at| self.2.get(at as usize));
                *byte = found.copied().unwrap_or(0);
            }
            Ok(())
        }
    }
    let probed = |length: u64, at: u64, log_block_size: u8, group: u16| {
        let mut superblock = ext_with(0, [0x3C, 0x2C2, 0x46B], group);
        superblock[0x18] = log_block_size; // s_log_block_size
        probe(&Sparse(length, at, superblock), &Place::new("test"), &mut Findings::new())
    };
    let (gib, mib) = (1_u64 << 30, 1_u64 << 20);
    for (at, log_block_size, group) in [
        (128 * mib, 2, 1),
        (9 * 128 * mib, 2, 9),
        (343 * 128 * mib, 2, 343),
        (5 * 32 * mib, 1, 5),
        (7 * 8 * mib + 1024, 0, 7),
        (799 * 128 * mib, 2, 799), // the last group of 100 GiB, as sparse_super2 has it
    ] {
        assert_eq!(probed(100 * gib, at, log_block_size, group), Some(Content::Ext4), "group {group}");
        assert_eq!(probed(100 * gib, at, log_block_size, group + 1), None, "of another group");
        assert_eq!(probed(100 * gib, at, log_block_size ^ 3, group), None, "of another block size");
        assert_eq!(probed(at, at, log_block_size, group), None, "beyond the end");
    }
}

#[test]
fn a_fat_boot_sector_is_told_from_any_other() {
    let mut bytes = vec![0; 4096];
    bytes[0] = 0xEB; // jmpBoot
    bytes[11..13].copy_from_slice(&512_u16.to_le_bytes()); // BPB_BytsPerSec
    bytes[13] = 8; // BPB_SecPerClus
    bytes[14] = 32; // BPB_RsvdSecCnt
    bytes[16] = 2; // BPB_NumFATs
    bytes[21] = 0xF8; // BPB_Media
    bytes[510..512].copy_from_slice(&[0x55, 0xAA]);
    assert_eq!(probed(bytes.clone()), (Some(Content::Fat), vec!["content-windows-filesystem"]));
    bytes[13] = 9;
    assert_eq!(probed(bytes), (None, vec![]));
}

#[test]
fn an_uberblock_in_either_byte_order_is_zfs() {
    for magic in [ZFS_MAGIC.to_le_bytes(), ZFS_MAGIC.to_be_bytes()] {
        let mut bytes = vec![0; 256 << 10];
        bytes[(128 << 10) + 7 * 1024..][..8].copy_from_slice(&magic);
        assert_eq!(probed(bytes), (Some(Content::Zfs), vec!["content-volume-manager"]));
    }
}

#[test]
fn a_range_that_cannot_be_read_is_told() {
    let source = std::rc::Rc::new(vec![0_u8; 100]);
    let window = Window::new(source, Place::new("cut"), 0, 1 << 20);
    let mut findings = Findings::new();
    assert_eq!(probe(&window, &Place::new("cut"), &mut findings), None);
    assert_eq!(findings.list()[0].code.name, "structure-damaged");
    assert_eq!(findings.list().len(), 1);
}
