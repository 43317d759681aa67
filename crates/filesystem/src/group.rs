//! Block group descriptors: where each group's inode table lies and how much of it is in use.
//!
//! Kernel documentation, "Block Group Descriptors" (`struct ext4_group_desc`) and "Meta Block Groups". Descriptors
//! have 32 bytes, or `s_desc_size` with the 64bit feature; with `meta_bg` they are spread over the disk. Copies of them
//! stand behind the copies of the superblock; the kernel writes them once, and when a filesystem is enlarged.

use careen_evidence::{Fields, Findings, ReadError, codes::filesystem as codes};

use crate::checksum::{crc16, crc32c, crc32c_without};
use crate::features::{compat, incompat};
use crate::superblock::{Checksums, Superblock};
use crate::volume::Volume;

/// `bg_flags`: the inode table and bitmap were never written.
const INODE_UNINIT: u16 = 1;
/// `bg_flags`: the block bitmap was never written.
const BLOCK_UNINIT: u16 = 2;
/// `bg_checksum` is a field of two bytes at this offset.
const CHECKSUM_OFFSET: usize = 0x1e;

/// Copies of a descriptor that are tried at most; a filesystem without `sparse_super` has one in each group.
const COPIES: usize = 16;
/// Blocks of copies that may be read in vain before no more are tried.
const VAIN: u32 = 1024;

/// What is kept of one group's descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// First block of the inode table.
    pub(crate) inode_table: u64,
    /// Block of the bitmap of clusters in use; `None` when it was never written.
    pub(crate) block_bitmap: Option<u64>,
    /// Clusters and inodes not in use; `None` where only a copy tells, for copies are as old as the filesystem.
    pub(crate) free: Option<Free>,
    /// Inodes from the start of the table that were ever used; all of them unless the descriptor's checksum proves
    /// that fewer are.
    pub(crate) touched_inodes: u32,
}

/// What is not in use in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) clusters: u32,
    pub(crate) inodes: u32,
}

/// A descriptor as it was judged.
enum Judged {
    /// Nothing speaks against it.
    Sound(Group),
    /// Its checksum does not match, or its inode table lies in another group than it may.
    Doubtful(Group, Doubt),
    /// It points outside the filesystem, or cannot be read.
    Lost(ReadError),
}

/// What speaks against a descriptor that could be right.
enum Doubt {
    /// The checksum it holds and the one its bytes give.
    Checksum(u16, u16),
    /// Anything else.
    Sense(String),
}

/// All groups in order; `None` where a descriptor cannot be read or points outside the filesystem.
#[derive(Default)]
pub(crate) struct Groups(Vec<Option<Group>>);

impl Groups {
    /// Reads the descriptors of every group. For those that are damaged their copies are read; what is taken from one
    /// of them, and what is lost, is told.
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
        let mut tries = VAIN;
        for (first, count) in descriptor_runs(superblock) {
            volume.for_each_block(first, count, &mut |number, block| match block {
                Err(error) if error.is_cancelled() => Err(error),
                block => groups.append(volume, number, block, &mut tries, findings),
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

    /// Adds the groups whose descriptors are in this block.
    fn append(
        &mut self,
        volume: &Volume,
        number: u64,
        block: Result<&[u8], ReadError>,
        tries: &mut u32,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let superblock = &volume.superblock;
        let first = self.0.len() as u64;
        let count = descriptors_per_block(superblock).min(superblock.groups().saturating_sub(first));
        let block = block.map_err(|error| ReadError { place: volume.block_place(number), ..error });
        let mut judged = judge_block(volume, first, count, block)?;
        if judged.iter().any(|judged| !matches!(judged, Judged::Sound(_))) {
            take_copies(volume, number, first, &mut judged, tries, findings)?;
        }
        for (group, judged) in (first..).zip(judged) {
            self.0.push(settle(volume, group, judged, findings));
        }
        Ok(())
    }
}

/// Judges `count` descriptors from that of group `first` on, all of which are in this block.
fn judge_block(
    volume: &Volume,
    first: u64,
    count: u64,
    block: Result<&[u8], ReadError>,
) -> Result<Vec<Judged>, ReadError> {
    match block {
        Ok(block) => {
            let descriptors = block.chunks_exact(usize::from(volume.superblock.descriptor_size));
            (first..first.saturating_add(count))
                .zip(descriptors)
                .map(|(group, bytes)| judge(volume, group, bytes))
                .collect()
        }
        Err(error) => Ok((0..count).map(|_| Judged::Lost(error.clone())).collect()),
    }
}

/// Replaces the damaged descriptors of block `number`, the first of which is that of group `first`, by sound copies,
/// as far as there are any; without one, by a doubtful copy of what is lost.
fn take_copies(
    volume: &Volume,
    number: u64,
    first: u64,
    judged: &mut [Judged],
    tries: &mut u32,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let count = judged.len() as u64;
    for copy in copies(&volume.superblock, first) {
        if *tries == 0 || judged.iter().all(|judged| matches!(judged, Judged::Sound(_))) {
            break;
        }
        let block = match volume.read_run(copy, 1) {
            Ok(block) => block,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => continue,
        };
        let mut replaced = 0_u64;
        let mut reason = String::new();
        for (known, other) in judged.iter_mut().zip(judge_block(volume, first, count, Ok(&block))?) {
            let better = match (&*known, other) {
                (Judged::Sound(_), _) | (_, Judged::Lost(_)) | (Judged::Doubtful(..), Judged::Doubtful(..)) => continue,
                // Copies are not kept up: what they say of the use of a group was true long ago.
                (_, Judged::Sound(group)) => Judged::Sound(of_copy(volume, group)),
                (_, Judged::Doubtful(group, doubt)) => Judged::Doubtful(of_copy(volume, group), doubt),
            };
            if reason.is_empty() {
                reason = known.reason();
            }
            *known = better;
            replaced = replaced.saturating_add(1);
        }
        if replaced == 0 {
            *tries = tries.saturating_sub(1);
        } else {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("count", &replaced), ("reason", &reason), ("copy", &copy)];
            volume.report(findings, &codes::GROUP_COPY, &volume.block_place(number), &values);
        }
    }
    Ok(())
}

fn of_copy(volume: &Volume, group: Group) -> Group {
    Group { free: None, touched_inodes: volume.superblock.inodes_per_group, ..group }
}

impl Judged {
    /// What is wrong, without a place.
    fn reason(&self) -> String {
        match self {
            Judged::Sound(_) => String::new(),
            Judged::Doubtful(_, Doubt::Checksum(stored, computed)) => {
                format!("group descriptor: bg_checksum is {stored:#06x}, its bytes give {computed:#06x}")
            }
            Judged::Doubtful(_, Doubt::Sense(reason)) => reason.clone(),
            Judged::Lost(error) => error.reason().to_owned(),
        }
    }
}

/// Tells what is wrong with a descriptor that no copy replaces, and gives what can be used of it.
fn settle(volume: &Volume, number: u64, judged: Judged, findings: &mut Findings) -> Option<Group> {
    let place = || volume.place.then(format_args!("{} group {number}", volume.superblock.features.kind()));
    match judged {
        Judged::Sound(group) => Some(group),
        Judged::Doubtful(group, Doubt::Checksum(stored, computed)) => {
            let values = (format!("{stored:#06x}"), format!("{computed:#06x}"));
            let values: [(&str, &dyn std::fmt::Display); 2] = [("stored", &values.0), ("computed", &values.1)];
            volume.report(findings, &codes::GROUP_CHECKSUM, &place(), &values);
            Some(group)
        }
        Judged::Doubtful(group, Doubt::Sense(reason)) => {
            volume.report(findings, &codes::GROUP_FIELD, &place(), &[("reason", &reason)]);
            Some(group)
        }
        Judged::Lost(error) => {
            // One unreadable block is one finding; a descriptor of its own has its group's place.
            let place = if error.place == volume.place { place() } else { error.place.clone() };
            volume.report(findings, &codes::GROUP_UNREADABLE, &place, &[("reason", &error.reason())]);
            None
        }
    }
}

/// Descriptors in a block.
fn descriptors_per_block(superblock: &Superblock) -> u64 {
    u64::from(superblock.block_size).checked_div(u64::from(superblock.descriptor_size)).unwrap_or(1).max(1)
}

/// The runs of blocks that hold the descriptors, in the order of their groups: one after the superblock, then one
/// block for each meta group.
pub(crate) fn descriptor_runs(superblock: &Superblock) -> Vec<(u64, u64)> {
    let per_block = descriptors_per_block(superblock);
    let blocks = superblock.groups().div_ceil(per_block);
    let after_superblock = superblock.own_block().saturating_add(1);
    if !superblock.features.has_incompat(incompat::META_BG) {
        return vec![(after_superblock, blocks)];
    }
    let first_meta = u64::from(superblock.first_meta_group).min(blocks);
    let mut runs = vec![(after_superblock, first_meta)];
    runs.extend((first_meta..blocks).map(|meta| (in_meta_group(superblock, meta.saturating_mul(per_block)), 1)));
    runs
}

/// Blocks at the start of a group that hold a superblock or descriptors (`ext4_num_base_meta_blocks`).
pub(crate) fn base_blocks(superblock: &Superblock, group: u64) -> u64 {
    let per_block = descriptors_per_block(superblock);
    let blocks = superblock.groups().div_ceil(per_block);
    let own = u64::from(superblock.has_superblock_copy(group));
    let meta = group.checked_div(per_block).unwrap_or(0);
    if !superblock.features.has_incompat(incompat::META_BG) || meta < u64::from(superblock.first_meta_group) {
        let before = match superblock.features.has_incompat(incompat::META_BG) {
            true => u64::from(superblock.first_meta_group).min(blocks),
            false => blocks,
        };
        return own.saturating_mul(before.saturating_add(1));
    }
    // One block, in the first, the second and the last group of a meta group.
    let within = group.checked_rem(per_block).unwrap_or(0);
    let has_descriptors = within < 2 || within == per_block.saturating_sub(1);
    own.saturating_add(u64::from(has_descriptors))
}

/// The block for descriptors in a group of a meta group.
fn in_meta_group(superblock: &Superblock, group: u64) -> u64 {
    let mut before = u64::from(superblock.has_superblock_copy(group));
    // With blocks of 1 KiB and group 0 beginning at block 0 (bigalloc), the boot block comes before the superblock.
    if group == 0 && superblock.block_size == 1024 && superblock.first_data_block == 0 {
        before = before.saturating_add(1);
    }
    superblock.first_block_of_group(group).saturating_add(before)
}

/// The blocks that hold copies of the descriptors from that of group `first` on: behind the copies of the superblock
/// or, within a meta group, in its second and its last group.
fn copies(superblock: &Superblock, first: u64) -> Vec<u64> {
    let per_block = descriptors_per_block(superblock);
    let index = first.checked_div(per_block).unwrap_or(0);
    let groups = superblock.groups();
    if superblock.features.has_incompat(incompat::META_BG) && index >= u64::from(superblock.first_meta_group) {
        let last = first.saturating_add(per_block).saturating_sub(1);
        let others = [first.saturating_add(1), last].into_iter().filter(|group| *group < groups);
        return others.map(|group| in_meta_group(superblock, group)).collect();
    }
    let holders: Vec<u64> = if superblock.features.has_compat(compat::SPARSE_SUPER2) {
        let named = superblock.backup_groups.map(u64::from);
        named.into_iter().filter(|group| (1..groups).contains(group)).collect()
    } else {
        (1..groups).filter(|group| superblock.has_superblock_copy(*group)).take(COPIES).collect()
    };
    holders
        .into_iter()
        .map(|group| superblock.first_block_of_group(group).saturating_add(1).saturating_add(index))
        .collect()
}

/// Reads one descriptor and judges it by its checksum and by sense.
fn judge(volume: &Volume, number: u64, descriptor: &[u8]) -> Result<Judged, ReadError> {
    let superblock = &volume.superblock;
    let fields = Fields::new("group descriptor", &volume.place, descriptor);
    let is_wide = superblock.is_64bit();
    let high = |offset: usize| if is_wide { fields.u16_le(offset).map(u32::from) } else { Ok(0) };

    let bg_inode_table_hi = if is_wide { fields.u32_le(0x28)? } else { 0 };
    let inode_table = u64::from(bg_inode_table_hi) << 32 | u64::from(fields.u32_le(0x8)?);
    let free = Free {
        clusters: high(0x2c)? << 16 | u32::from(fields.u16_le(0xc)?),
        inodes: high(0x2e)? << 16 | u32::from(fields.u16_le(0xe)?),
    };
    let bg_flags = fields.u16_le(0x12)?;
    let bg_itable_unused = high(0x32)? << 16 | u32::from(fields.u16_le(0x1c)?);
    let bg_checksum = fields.u16_le(CHECKSUM_OFFSET)?;

    let table_blocks = u64::from(superblock.inodes_per_group)
        .saturating_mul(u64::from(superblock.inode_size))
        .div_ceil(u64::from(superblock.block_size));
    let end = inode_table.saturating_add(table_blocks);
    if inode_table <= u64::from(superblock.first_data_block) || end > superblock.blocks {
        return Ok(Judged::Lost(fields.corrupt(format_args!(
            "bg_inode_table is {inode_table}, expected a block of the filesystem, which has {}",
            superblock.blocks
        ))));
    }
    let computed = checksum(superblock, number, descriptor);
    // Only a proven descriptor may say that inodes need not be looked at.
    let touched_inodes = if computed != Some(bg_checksum) {
        superblock.inodes_per_group
    } else if bg_flags & INODE_UNINIT != 0 {
        0
    } else {
        superblock.inodes_per_group.saturating_sub(bg_itable_unused)
    };
    let bg_block_bitmap_hi = if is_wide { fields.u32_le(0x20)? } else { 0 };
    let bg_block_bitmap = u64::from(bg_block_bitmap_hi) << 32 | u64::from(fields.u32_le(0x0)?);
    let has_bitmap = bg_flags & BLOCK_UNINIT == 0;
    let group =
        Group { inode_table, block_bitmap: has_bitmap.then_some(bg_block_bitmap), free: Some(free), touched_inodes };
    if let Some(computed) = computed
        && computed != bg_checksum
    {
        return Ok(Judged::Doubtful(group, Doubt::Checksum(bg_checksum, computed)));
    }
    // `ext4_check_descriptors`: without `flex_bg` a table lies in its own group.
    let first = superblock.first_block_of_group(number);
    let after = superblock.first_block_of_group(number.saturating_add(1)).min(superblock.blocks);
    if !superblock.features.has_incompat(incompat::FLEX_BG) && (inode_table < first || end > after) {
        let error = fields.corrupt(format_args!(
            "bg_inode_table is {inode_table}, expected a block of the group, {first} to {after}"
        ));
        return Ok(Judged::Doubtful(group, Doubt::Sense(error.reason().to_owned())));
    }
    Ok(Judged::Sound(group))
}

/// What `bg_checksum` should be, `None` when descriptors are not summed.
pub(crate) fn checksum(superblock: &Superblock, number: u64, descriptor: &[u8]) -> Option<u16> {
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
        assert_eq!(
            group,
            Group {
                inode_table: 5,
                block_bitmap: Some(3),
                free: Some(Free { clusters: 200, inodes: 40 }),
                touched_inodes: 48
            }
        );
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
        // Copies: in the second and the last group of a meta group; of those before, behind the superblocks' copies.
        assert_eq!(copies(&superblock, 16), [1701, 3101]);
        assert_eq!(copies(&superblock, 32), [3301], "the last meta group has only 8 groups");
        assert_eq!(copies(&superblock, 0), [102, 302, 502, 702, 902, 2502, 2702]);
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
