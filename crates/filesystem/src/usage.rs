//! Who takes the blocks of a filesystem: its inodes, and its own structures.
//!
//! Kernel documentation, "Layout", "Block Group Descriptors" and "Index Nodes" (`i_blocks`). An inode's blocks are all that
//! were allocated to it: content, extent tree, attributes. A block of attributes that several inodes share is counted
//! with each by the filesystem and once here.

use std::collections::HashSet;

use careen_evidence::{Fields, Findings, NodeId, ReadError};

use crate::features::{incompat, ro_compat};
use crate::group::{Group, base_blocks};
use crate::inode::{Record, flags};
use crate::superblock::Superblock;
use crate::tree::Ext4;
use crate::volume::Volume;

/// The inode of the space kept for more descriptors.
const RESIZE_INODE: u32 = 7;
/// The journal's inode, unless the superblock names another.
const JOURNAL_INODE: u32 = 8;
/// `i_blocks` counts in these.
const SECTOR: u64 = 512;

/// Bytes that the filesystem takes for itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    /// Superblocks and group descriptors with their copies, and the room kept for more of them.
    pub superblocks: u64,
    /// Bitmaps of blocks and inodes.
    pub bitmaps: u64,
    /// Inode tables.
    pub inode_tables: u64,
    /// The journal.
    pub journal: u64,
    /// Other reserved inodes: quotas, the list of bad blocks, large attributes.
    pub reserved: u64,
}

/// What an inode takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allocated {
    /// Bytes of its blocks, without that of its attributes.
    pub bytes: u64,
    /// Block with its attributes, 0 for none; several inodes may share one.
    pub attributes: u64,
}

/// Adds up what inodes take, each shared block once.
#[derive(Debug, Default)]
pub struct Shared(HashSet<u64>);

impl Shared {
    /// Bytes that come with this inode, given that others were counted before.
    pub fn add(&mut self, allocated: Allocated, block_size: u64) -> u64 {
        let is_new = allocated.attributes != 0 && self.0.insert(allocated.attributes);
        allocated.bytes.saturating_add(if is_new { block_size } else { 0 })
    }
}

/// What all inodes take together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// What the filesystem takes for itself.
    pub overhead: Overhead,
    /// Bytes of all files and directories, those without name too.
    pub files: u64,
}

impl Ext4 {
    /// Adds up all that is taken, in the order of the disk. Damage becomes findings.
    pub fn usage(&self, findings: &mut Findings) -> Result<Usage, ReadError> {
        let volume = self.volume();
        let superblock = &volume.superblock;
        let mut usage = Usage { overhead: of_structures(superblock), files: 0 };
        let mut shared = Shared::default();
        each_record(volume, findings, &mut |number, record| {
            let Ok(allocated) = read(volume, record) else { return };
            let bytes = shared.add(allocated, volume.block_size());
            let Overhead { superblocks, journal, reserved, .. } = &mut usage.overhead;
            let is_attribute = record.get(0x20..0x24).and_then(|field| Some(u32::from_le_bytes(*field.first_chunk()?)));
            let is_attribute = is_attribute.is_some_and(|i_flags| i_flags & flags::EA_INODE != 0);
            let sum = match number {
                2 => &mut usage.files,
                RESIZE_INODE => superblocks,
                JOURNAL_INODE => journal,
                _ if number < superblock.first_inode
                    || is_attribute
                    || [superblock.orphan_file, superblock.project_quota].contains(&number) =>
                {
                    reserved
                }
                _ => &mut usage.files,
            };
            *sum = sum.saturating_add(bytes);
        })?;
        Ok(usage)
    }

    /// What the inode of a node takes; nothing for a node that has none of its own.
    pub fn allocated(&self, node: NodeId) -> Result<Allocated, ReadError> {
        let volume = self.volume();
        if node.0 > u64::from(volume.superblock.inodes) {
            return Ok(Allocated::default());
        }
        read(volume, Record::read(volume, node.0)?.bytes())
    }

    /// Bytes in a block.
    pub fn block_size(&self) -> u64 {
        self.volume().block_size()
    }

    /// Whether none of `count` blocks from `first` on is in use, by the bitmaps. Blocks that the filesystem does not have
    /// are in no use.
    pub fn is_free(&self, first: u64, count: u64) -> Result<bool, ReadError> {
        let volume = self.volume();
        let superblock = &volume.superblock;
        let end = first.saturating_add(count).min(superblock.blocks);
        if first < u64::from(superblock.first_data_block) {
            return Ok(false);
        }
        let mut block = first;
        while block < end {
            let group = block
                .saturating_sub(u64::from(superblock.first_data_block))
                .checked_div(u64::from(superblock.blocks_per_group))
                .unwrap_or(0);
            let after = superblock.first_block_of_group(group.saturating_add(1)).min(end).max(block.saturating_add(1));
            let Some(descriptor) = volume.groups.get(group) else { return Ok(false) };
            if !is_free_in(volume, group, descriptor, block, after)? {
                return Ok(false);
            }
            block = after;
        }
        Ok(true)
    }
}

/// Whether the blocks up to `end`, all of one group, are not in use.
fn is_free_in(volume: &Volume, number: u64, group: Group, first: u64, end: u64) -> Result<bool, ReadError> {
    let superblock = &volume.superblock;
    let start = superblock.first_block_of_group(number);
    let Some(bitmap) = group.block_bitmap else {
        // Never written: only the filesystem's own structures are in use, all of them at the start of the group.
        let table = group.inode_table.saturating_add(table_blocks(superblock));
        let is_own = (start..superblock.first_block_of_group(number.saturating_add(1))).contains(&group.inode_table);
        let own = if is_own { table } else { start.saturating_add(base_blocks(superblock, number)) };
        return Ok(first >= own);
    };
    let bitmap = volume.block(bitmap)?;
    let cluster = u64::from(superblock.cluster_blocks);
    let bit_of = |block: u64| block.saturating_sub(start).checked_div(cluster).unwrap_or(0);
    let mut bit = bit_of(first);
    let last = bit_of(end.saturating_sub(1));
    while bit <= last {
        let byte = usize::try_from(bit / 8).ok().and_then(|at| bitmap.get(at)).copied().unwrap_or(u8::MAX);
        if bit.is_multiple_of(8) && bit.saturating_add(7) <= last {
            if byte != 0 {
                return Ok(false);
            }
            bit = bit.saturating_add(8);
        } else {
            if byte >> (bit % 8) & 1 == 1 {
                return Ok(false);
            }
            bit = bit.saturating_add(1);
        }
    }
    Ok(true)
}

/// What the structures take whose places follow from the superblock.
fn of_structures(superblock: &Superblock) -> Overhead {
    let groups = superblock.groups();
    let block = u64::from(superblock.block_size);
    // The boot block, where the first group begins behind it.
    let mut superblocks = u64::from(superblock.first_data_block);
    for group in 0..groups {
        superblocks = superblocks.saturating_add(base_blocks(superblock, group));
    }
    let bytes = |blocks: u64| blocks.saturating_mul(block);
    Overhead {
        superblocks: bytes(superblocks),
        bitmaps: bytes(groups.saturating_mul(2)),
        inode_tables: bytes(groups.saturating_mul(table_blocks(superblock))),
        journal: 0,
        reserved: if superblock.features.has_incompat(incompat::MMP) { block } else { 0 },
    }
}

fn table_blocks(superblock: &Superblock) -> u64 {
    u64::from(superblock.inodes_per_group)
        .saturating_mul(u64::from(superblock.inode_size))
        .div_ceil(u64::from(superblock.block_size))
}

/// Visits the records of all inodes that were ever used. A deleted one takes nothing any more.
fn each_record(volume: &Volume, findings: &mut Findings, visit: &mut dyn FnMut(u32, &[u8])) -> Result<(), ReadError> {
    let superblock = &volume.superblock;
    let size = usize::from(superblock.inode_size);
    let per_block = superblock.block_size.checked_div(u32::from(superblock.inode_size)).unwrap_or(1);
    for (index, group) in volume.groups.iter().enumerate() {
        let Some(group) = group else { continue };
        let before = (index as u64).saturating_mul(u64::from(superblock.inodes_per_group));
        let last = before.saturating_add(u64::from(group.touched_inodes)).min(u64::from(superblock.inodes));
        let blocks = u64::from(group.touched_inodes).div_ceil(u64::from(per_block));
        volume.for_each_block(group.inode_table, blocks, &mut |number, block| {
            let block = match block {
                Ok(block) => block,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    findings.add_failure(&ReadError { place: volume.block_place(number), ..error });
                    return Ok(());
                }
            };
            let passed = number.saturating_sub(group.inode_table).saturating_mul(u64::from(per_block));
            let first = before.saturating_add(passed).saturating_add(1);
            for (number, record) in (first..=last).zip(block.chunks_exact(size)) {
                if let Ok(number) = u32::try_from(number) {
                    visit(number, record);
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Reads `i_blocks` and the block of attributes.
fn read(volume: &Volume, record: &[u8]) -> Result<Allocated, ReadError> {
    let superblock = &volume.superblock;
    let fields = Fields::new("inode", &volume.place, record);
    let i_mode = fields.u16_le(0)?;
    if i_mode == 0 {
        return Ok(Allocated::default());
    }
    let is_huge = superblock.features.has_ro_compat(ro_compat::HUGE_FILE);
    let l_i_blocks_high = if is_huge { u64::from(fields.u16_le(0x74)?) } else { 0 };
    let i_blocks = l_i_blocks_high << 32 | u64::from(fields.u32_le(0x1c)?);
    let i_flags = fields.u32_le(0x20)?;
    // A huge file counts in blocks.
    let unit = if is_huge && i_flags & flags::HUGE_FILE != 0 { u64::from(superblock.block_size) } else { SECTOR };
    let l_i_file_acl_high = if superblock.is_64bit() { u64::from(fields.u16_le(0x76)?) } else { 0 };
    let i_file_acl = l_i_file_acl_high << 32 | u64::from(fields.u32_le(0x68)?);
    let bytes = i_blocks.saturating_mul(unit);
    let total = superblock.blocks.saturating_mul(u64::from(superblock.block_size));
    if bytes > total || i_file_acl >= superblock.blocks {
        return Err(fields.corrupt(format_args!("i_blocks is {i_blocks}, more than the filesystem has")));
    }
    let of_attributes = if i_file_acl == 0 { 0 } else { u64::from(superblock.block_size) };
    Ok(Allocated { bytes: bytes.saturating_sub(of_attributes), attributes: i_file_acl })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use careen_evidence::{Findings, NodeId};

    use super::{Allocated, Shared};
    use crate::test_image::{BLOCK, REGULAR, TestImage};

    /// Of the image that other tests use too: superblock, descriptors, two bitmaps, 16 blocks of inode table.
    const OWN: u64 = 20 * BLOCK as u64;

    #[test]
    fn inodes_and_structures_are_added_up() {
        let mut image = TestImage::new();
        for (number, sectors, acl) in [(8_u32, 64_u32, 0_u32), (12, 6, 40), (13, 4, 40), (7, 2, 0)] {
            image.inode(number, REGULAR, 0, 0, &[]);
            image.set_inode(number, 0x1c, &sectors.to_le_bytes()); // i_blocks_lo
            image.set_inode(number, 0x68, &acl.to_le_bytes()); // i_file_acl_lo
        }
        let (filesystem, _) = image.open().unwrap();
        let usage = filesystem.usage(&mut Findings::new()).unwrap();
        assert_eq!(usage.overhead.journal, 64 * 512);
        let overhead = usage.overhead;
        // The boot block and the room for more descriptors.
        assert_eq!(overhead.superblocks + overhead.bitmaps + overhead.inode_tables, OWN + BLOCK as u64 + 2 * 512);
        // 12 and 13 share a block of attributes; the root directory's i_blocks was not set.
        assert_eq!(usage.files, 10 * 512 - 1024);
        assert_eq!(filesystem.allocated(NodeId(12)).unwrap(), Allocated { bytes: 2048, attributes: 40 });
        assert_eq!(filesystem.allocated(NodeId(1 << 32)).unwrap(), Allocated::default());
    }

    #[test]
    fn a_shared_block_is_counted_once() {
        let mut shared = Shared::default();
        let one = Allocated { bytes: 10, attributes: 7 };
        assert_eq!((shared.add(one, 100), shared.add(one, 100)), (110, 10));
        assert_eq!(shared.add(Allocated { bytes: 1, attributes: 0 }, 100), 1);
    }

    #[test]
    fn what_the_bitmap_says_is_free() {
        let mut image = TestImage::new();
        image.put(3 * BLOCK, &[0xff; 8]); // blocks 1 to 64
        image.put(3 * BLOCK + 8, &[0b0000_0010]); // block 66
        let (filesystem, _) = image.open().unwrap();
        let is_free = |first, count| filesystem.is_free(first, count).unwrap();
        assert!(is_free(67, 189) && is_free(65, 1) && is_free(300, 5));
        assert!(!is_free(66, 1) && !is_free(60, 10) && !is_free(65, 3) && !is_free(0, 1));
    }
}
