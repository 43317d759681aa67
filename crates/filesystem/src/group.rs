//! Block group descriptors: where each group's inode table lies and how much of it is in use.
//!
//! Kernel documentation, "Block Group Descriptors" (`struct ext4_group_desc`) and "Meta Block Groups". Descriptors
//! have 32 bytes, or `s_desc_size` with the 64bit feature; with `meta_bg` they are spread over the disk.

use careen_evidence::{Fields, Findings, ReadError, codes::filesystem as codes};

use crate::checksum::{crc16, crc32c, crc32c_without};
use crate::features::incompat;
use crate::superblock::{Checksums, Superblock};
use crate::volume::Volume;

/// `bg_flags`: the inode table and bitmap were never written.
const INODE_UNINIT: u16 = 1;
/// `bg_checksum` is a field of two bytes at this offset.
const CHECKSUM_OFFSET: usize = 0x1e;

/// What is kept of one group's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// First block of the inode table.
    pub(crate) inode_table: u64,
    /// Clusters not in use.
    pub(crate) free_clusters: u32,
    /// Inodes not in use.
    pub(crate) free_inodes: u32,
    /// Inodes from the start of the table that were ever used; all of them unless the descriptor's checksum proves
    /// that fewer are.
    pub(crate) touched_inodes: u32,
}

/// All groups in order; `None` where a descriptor cannot be read or points outside the filesystem.
#[derive(Default)]
pub(crate) struct Groups(Vec<Option<Group>>);

impl Groups {
    /// Reads the descriptors of every group.
    pub(crate) fn read(volume: &Volume, findings: &mut Findings) -> Result<Self, ReadError> {
        let superblock = &volume.superblock;
        let size = u64::from(superblock.descriptor_size);
        let place = volume.place.then("group descriptors");
        let bytes = superblock.groups().saturating_mul(size);
        if bytes > volume.limits.bytes || bytes > volume.source().len() {
            let claimed = superblock.groups();
            return Err(ReadError::over_limit(&place, format_args!("{claimed} groups, more than there is room for")));
        }
        let mut groups = Groups(Vec::new());
        for (first, count) in descriptor_runs(superblock) {
            volume.for_each_block(first, count, &mut |number, block| {
                match block {
                    Ok(block) => groups.append(volume, block, findings)?,
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => {
                        let error = ReadError { place: volume.block_place(number), ..error };
                        volume.report_error(findings, &codes::GROUP_UNREADABLE, &error);
                        groups.append_missing(superblock);
                    }
                }
                Ok(())
            })?;
        }
        Ok(groups)
    }

    /// The group with this number.
    pub(crate) fn get(&self, number: u64) -> Option<Group> {
        usize::try_from(number).ok().and_then(|index| self.0.get(index).copied()).flatten()
    }

    /// All groups in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Option<Group>> {
        self.0.iter().copied()
    }

    fn append(&mut self, volume: &Volume, block: &[u8], findings: &mut Findings) -> Result<(), ReadError> {
        let superblock = &volume.superblock;
        for descriptor in block.chunks_exact(usize::from(superblock.descriptor_size)) {
            let number = self.0.len() as u64;
            if number >= superblock.groups() {
                break;
            }
            let group = parse(volume, number, descriptor, findings)?;
            self.0.push(group);
        }
        Ok(())
    }

    /// One block's worth of groups whose descriptors are lost.
    fn append_missing(&mut self, superblock: &Superblock) {
        let per_block = superblock.block_size.checked_div(u32::from(superblock.descriptor_size)).unwrap_or(1);
        for _ in 0..per_block {
            if (self.0.len() as u64) < superblock.groups() {
                self.0.push(None);
            }
        }
    }
}

/// The runs of blocks that hold the descriptors, in the order of their groups: one after the superblock, then one
/// block for each meta group.
fn descriptor_runs(superblock: &Superblock) -> Vec<(u64, u64)> {
    let per_block = u64::from(superblock.block_size).checked_div(u64::from(superblock.descriptor_size)).unwrap_or(1);
    let blocks = superblock.groups().div_ceil(per_block.max(1));
    let after_superblock = superblock.own_block().saturating_add(1);
    if !superblock.features.has_incompat(incompat::META_BG) {
        return vec![(after_superblock, blocks)];
    }
    let first_meta = u64::from(superblock.first_meta_group).min(blocks);
    let mut runs = vec![(after_superblock, first_meta)];
    for meta_group in first_meta..blocks {
        let group = meta_group.saturating_mul(per_block);
        let mut before = u64::from(superblock.has_superblock_copy(group));
        // With blocks of 1 KiB and group 0 beginning at block 0 (bigalloc), the boot block comes before the superblock.
        if group == 0 && superblock.block_size == 1024 && superblock.first_data_block == 0 {
            before = before.saturating_add(1);
        }
        runs.push((superblock.first_block_of_group(group).saturating_add(before), 1));
    }
    runs
}

/// Reads one descriptor; `None` when it points outside the filesystem.
fn parse(volume: &Volume, number: u64, descriptor: &[u8], findings: &mut Findings) -> Result<Option<Group>, ReadError> {
    let superblock = &volume.superblock;
    let fields = Fields::new("group descriptor", &volume.place, descriptor);
    let is_wide = superblock.is_64bit();
    let high = |offset: usize| if is_wide { fields.u16_le(offset).map(u32::from) } else { Ok(0) };

    let bg_inode_table_hi = if is_wide { fields.u32_le(0x28)? } else { 0 };
    let inode_table = u64::from(bg_inode_table_hi) << 32 | u64::from(fields.u32_le(0x8)?);
    let free_clusters = high(0x2c)? << 16 | u32::from(fields.u16_le(0xc)?);
    let free_inodes = high(0x2e)? << 16 | u32::from(fields.u16_le(0xe)?);
    let bg_flags = fields.u16_le(0x12)?;
    let bg_itable_unused = high(0x32)? << 16 | u32::from(fields.u16_le(0x1c)?);
    let bg_checksum = fields.u16_le(CHECKSUM_OFFSET)?;

    let place = || volume.place.then(format_args!("{} group {number}", superblock.features.kind()));
    let computed = checksum(superblock, number, descriptor);
    if let Some(computed) = computed
        && computed != bg_checksum
    {
        let values = (format!("{bg_checksum:#06x}"), format!("{computed:#06x}"));
        let values: [(&str, &dyn std::fmt::Display); 2] = [("stored", &values.0), ("computed", &values.1)];
        volume.report(findings, &codes::GROUP_CHECKSUM, &place(), &values);
    }
    let table_blocks = u64::from(superblock.inodes_per_group)
        .saturating_mul(u64::from(superblock.inode_size))
        .div_ceil(u64::from(superblock.block_size));
    let is_inside = inode_table > u64::from(superblock.first_data_block)
        && inode_table.checked_add(table_blocks).is_some_and(|end| end <= superblock.blocks);
    if !is_inside {
        let reason = format!(
            "group descriptor: bg_inode_table is {inode_table}, expected a block of the filesystem, which has {}",
            superblock.blocks
        );
        volume.report(findings, &codes::GROUP_UNREADABLE, &place(), &[("reason", &reason)]);
        return Ok(None);
    }
    // Only a proven descriptor may say that inodes need not be looked at.
    let touched_inodes = if computed != Some(bg_checksum) {
        superblock.inodes_per_group
    } else if bg_flags & INODE_UNINIT != 0 {
        0
    } else {
        superblock.inodes_per_group.saturating_sub(bg_itable_unused)
    };
    Ok(Some(Group { inode_table, free_clusters, free_inodes, touched_inodes }))
}

/// What `bg_checksum` should be, `None` when descriptors are not summed.
fn checksum(superblock: &Superblock, number: u64, descriptor: &[u8]) -> Option<u16> {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    let after = CHECKSUM_OFFSET.saturating_add(2);
    match superblock.checksums {
        Checksums::None | Checksums::Unknown => None,
        Checksums::Crc32c => {
            let sum = crc32c_without(crc32c(superblock.seed, &number), descriptor, CHECKSUM_OFFSET, after);
            u16::try_from(sum & 0xffff).ok()
        }
        Checksums::GroupCrc16(seed) => {
            // Here the field is left out rather than taken as zeros.
            let sum = crc16(crc16(seed, &number), descriptor.get(..CHECKSUM_OFFSET)?);
            Some(crc16(sum, descriptor.get(after..)?))
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use super::*;
    use crate::test_image::{TestImage, inode_offset, names, reason};

    #[test]
    fn a_descriptor_is_read_under_its_checksum() {
        let group = TestImage::new().volume().groups.get(0).unwrap();
        assert_eq!(group, Group { inode_table: 5, free_clusters: 200, free_inodes: 40, touched_inodes: 48 });
    }

    #[test]
    fn without_a_right_checksum_the_whole_inode_table_counts() {
        let mut image = TestImage::new();
        image.put(2 * 1024 + 0x16, &[1]);
        let (_, findings) = image.open().unwrap();
        assert_eq!(names(&findings), ["ext4-group-checksum"]);
        assert_eq!(image.volume().groups.get(0).unwrap().touched_inodes, 64);
    }

    #[test]
    fn a_table_that_was_never_written_is_not_scanned() {
        let mut image = TestImage::new();
        image.put(inode_offset(20), &[0xff; 128]);
        image.set_descriptor(0x12, &[1, 0]); // bg_flags: INODE_UNINIT
        assert_eq!(image.volume().groups.get(0).unwrap().touched_inodes, 0);
    }

    #[test]
    fn an_inode_table_outside_the_filesystem_is_lost() {
        for table in [0_u32, 1, 241, u32::MAX] {
            let mut image = TestImage::new();
            image.set_descriptor(0x8, &table.to_le_bytes());
            let (filesystem, mut findings) = image.open().unwrap();
            assert_eq!(names(&findings), ["ext4-group-unreadable"]);
            assert!(reason(&findings).contains(&format!("bg_inode_table is {table}")));
            assert_eq!(filesystem.summary(0).inodes_used, None);
            let error = filesystem.list(filesystem.root(), &mut findings).unwrap_err();
            assert_eq!(error.to_string(), "disk › ext4 inode 2: the inode table of group 0 cannot be found");
        }
    }

    #[test]
    fn descriptors_of_meta_groups_lie_in_their_groups() {
        let mut superblock = TestImage::new().volume().superblock.clone();
        superblock.features.incompat |= incompat::META_BG;
        superblock.blocks_per_group = 100;
        superblock.blocks = 100 * 40 + 1;
        superblock.first_meta_group = 1;
        // 16 descriptors of 64 bytes a block; group 16 has no copy of the superblock, group 32 has none either.
        assert_eq!(descriptor_runs(&superblock), [(2, 1), (1601, 1), (3201, 1)]);
        superblock.first_meta_group = 0;
        superblock.features.ro_compat = 0;
        assert_eq!(descriptor_runs(&superblock), [(2, 0), (2, 1), (1602, 1), (3202, 1)]);
    }

    #[test]
    fn the_old_checksum_leaves_its_own_field_out() {
        let mut superblock = TestImage::new().volume().superblock.clone();
        superblock.checksums = Checksums::GroupCrc16(0x1234);
        let mut descriptor = [7; 64];
        let sum = checksum(&superblock, 5, &descriptor).unwrap();
        descriptor[0x1e] = 9;
        assert_eq!(checksum(&superblock, 5, &descriptor), Some(sum));
        descriptor[0x20] = 9;
        assert_ne!(checksum(&superblock, 5, &descriptor), Some(sum));
    }
}
