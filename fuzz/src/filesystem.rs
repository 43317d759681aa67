//! ext4 and its journal.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, FileTree, Findings, Kind, Place, Visit, walk};
use careen_filesystem::Ext4;

use crate::LIMITS;
use crate::sparse::Sparse;

/// Objects looked at; a small input can make a large tree.
const OBJECTS: usize = 2000;

/// A filesystem.
pub fn ext4(input: &[u8]) {
    look_into(Sparse::decode(input));
}

/// A journal, in a filesystem of one directory that has to be replayed.
pub fn journal(input: &[u8]) {
    look_into(filesystem_with_journal(&input[..input.len().min(1 << 20)]));
}

fn look_into(disk: Sparse) {
    let mut findings = Findings::new();
    let Ok(tree) = Ext4::open(Rc::new(disk), &Place::new("disk"), &LIMITS, &mut findings) else { return };
    let mut count = 0;
    drop(walk(&*tree, &LIMITS, &CancelToken::default(), &mut findings, &mut |met, findings| {
        drop(tree.xattrs(met.node, findings));
        match met.stat.kind {
            Kind::File => {
                if let Ok(file) = tree.open(met.node, findings) {
                    read_ends(&*file);
                }
            }
            Kind::Symlink => drop(tree.link_target(met.node, findings)),
            _ => {}
        }
        count += 1;
        Ok(if count < OBJECTS { Visit::Enter } else { Visit::Stop })
    }));
    count = 0;
    drop(tree.scan_inodes(&mut findings, &mut |_, _| {
        count += 1;
        Ok(())
    }));
    tree.summary(0);
}

/// The first and the last bytes of a file, which may claim to be of any size.
pub(crate) fn read_ends(file: &dyn ByteSource) {
    let mut buf = vec![0; 16 << 10];
    let length = file.len().min(buf.len() as u64) as usize;
    drop(file.read_exact_at(0, &mut buf[..length]));
    drop(file.read_exact_at(file.len().saturating_sub(length as u64), &mut buf[..length]));
    drop(file.read_exact_at(file.len(), &mut buf[..1]));
}

/// Blocks of 1 KiB: superblock, group descriptors, two bitmaps, two blocks of inodes, the root directory, the journal.
/// Kernel documentation, "ext4 Data Structures and Algorithms"; little-endian.
fn filesystem_with_journal(journal: &[u8]) -> Sparse {
    const JOURNAL: u32 = 8;
    let journal_blocks = journal.len().div_ceil(1024).max(1) as u32;
    let blocks = JOURNAL + journal_blocks;
    let mut disk = Sparse::empty(u64::from(blocks) * 1024);

    let mut superblock = [0; 1024];
    put32(&mut superblock, 0x00, 16); // s_inodes_count
    put32(&mut superblock, 0x04, blocks); // s_blocks_count_lo
    put32(&mut superblock, 0x14, 1); // s_first_data_block
    put32(&mut superblock, 0x20, 8192); // s_blocks_per_group
    put32(&mut superblock, 0x24, 8192); // s_clusters_per_group
    put32(&mut superblock, 0x28, 16); // s_inodes_per_group
    put16(&mut superblock, 0x38, 0xef53); // s_magic
    put16(&mut superblock, 0x3a, 1); // s_state: clean
    put32(&mut superblock, 0x4c, 1); // s_rev_level: dynamic
    put32(&mut superblock, 0x54, 11); // s_first_ino
    put16(&mut superblock, 0x58, 128); // s_inode_size
    put32(&mut superblock, 0x5c, 0x4); // s_feature_compat: has_journal
    put32(&mut superblock, 0x60, 0x2 | 0x4 | 0x40); // s_feature_incompat: filetype, recover, extents
    put32(&mut superblock, 0xe0, 8); // s_journal_inum
    disk.put(1024, &superblock);

    let mut group = [0; 32];
    put32(&mut group, 0x0, 3); // bg_block_bitmap_lo
    put32(&mut group, 0x4, 4); // bg_inode_bitmap_lo
    put32(&mut group, 0x8, 5); // bg_inode_table_lo
    disk.put(2 * 1024, &group);

    let mut root = inode(0x41ed, 1024, 7, 1);
    put16(&mut root, 0x1a, 2); // i_links_count
    disk.put(5 * 1024 + 128, &root);
    disk.put(5 * 1024 + 7 * 128, &inode(0x8180, journal_blocks * 1024, JOURNAL, journal_blocks));

    let mut directory = [0; 1024];
    directory[..9].copy_from_slice(&[2, 0, 0, 0, 12, 0, 1, 2, b'.']); // inode, rec_len, name_len, file_type, name
    directory[12..22].copy_from_slice(&[2, 0, 0, 0, 0xf4, 3, 2, 2, b'.', b'.']);
    disk.put(7 * 1024, &directory);
    disk.put(u64::from(JOURNAL) * 1024, journal);
    disk
}

/// An inode whose data is one extent.
fn inode(mode: u16, size: u32, first: u32, blocks: u32) -> [u8; 128] {
    let mut inode = [0; 128];
    put16(&mut inode, 0x00, mode); // i_mode
    put32(&mut inode, 0x04, size); // i_size_lo
    put16(&mut inode, 0x1a, 1); // i_links_count
    put32(&mut inode, 0x1c, blocks * 2); // i_blocks_lo
    put32(&mut inode, 0x20, 0x8_0000); // i_flags: extents
    put16(&mut inode, 0x28, 0xf30a); // eh_magic
    put16(&mut inode, 0x2a, 1); // eh_entries
    put16(&mut inode, 0x2c, 4); // eh_max
    put16(&mut inode, 0x38, blocks as u16); // ee_len, after eh_depth, eh_generation and ee_block
    put32(&mut inode, 0x3c, first); // ee_start_lo
    inode
}

fn put16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

fn put32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_of_the_hand_made_filesystem_is_replayed() {
        let mut journal = vec![0; 8 * 1024];
        let magic = 0xc03b_3998_u32;
        // Superblock: h_magic, h_blocktype 4, h_sequence, s_blocksize, s_maxlen, s_first, s_sequence, s_start.
        let mut words = vec![(0, vec![magic, 4, 0, 1024, 8, 1, 5, 1])];
        // Descriptor of transaction 5: block 7, LAST_TAG | SAME_UUID; its block at 2; commit block at 3.
        words.push((1024, vec![magic, 1, 5, 7, 10]));
        words.push((3 * 1024, vec![magic, 2, 5]));
        for (at, words) in words {
            for (index, word) in words.into_iter().enumerate() {
                journal[at + index * 4..at + index * 4 + 4].copy_from_slice(&word.to_be_bytes());
            }
        }
        // An empty directory that was not empty before: one entry that is unused.
        journal[2 * 1024 + 4..2 * 1024 + 6].copy_from_slice(&1024_u16.to_le_bytes());
        let mut findings = Findings::new();
        let disk = Rc::new(filesystem_with_journal(&journal));
        let tree = Ext4::open(disk, &Place::new("disk"), &LIMITS, &mut findings).unwrap();
        let counts = tree.summary(0).journal_replayed.unwrap();
        assert_eq!((counts.transactions, counts.blocks), (1, 1), "{:?}", findings.list());
    }
}
