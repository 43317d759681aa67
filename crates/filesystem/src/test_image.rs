//! A small ext4 filesystem put together by hand, for the tests of this crate.
//!
//! 256 blocks of 1 KiB in one group: 1 superblock, 2 group descriptors, 3 and 4 bitmaps (never read), 5 to 20 the
//! table of 64 inodes of 256 bytes, 21 the root directory; a test puts what it wants from block 32 on.

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use std::rc::Rc;

use careen_evidence::{Findings, Limits, NodeId, Place, ReadError};

use crate::Ext4;
use crate::checksum::{crc32c, crc32c_without};
use crate::features::{compat, incompat, ro_compat};
use crate::inode::flags;
use crate::volume::Volume;

pub(crate) const BLOCK: usize = 1024;
const BLOCKS: usize = 256;
const INODES: u32 = 64;
const INODE: usize = 256;
const INODE_TABLE: usize = 5;
const ROOT_BLOCK: u32 = 21;
const UUID: [u8; 16] = *b"0123456789abcdef";

pub(crate) const REGULAR: u16 = 0o100_644;
pub(crate) const DIRECTORY: u16 = 0o40_755;
pub(crate) const SYMLINK: u16 = 0o120_777;

/// The bytes of the filesystem; every method leaves the checksums of what it wrote right.
#[derive(Clone)]
pub(crate) struct TestImage {
    pub(crate) bytes: Vec<u8>,
}

impl TestImage {
    /// An empty root directory and nothing else.
    pub(crate) fn new() -> Self {
        let mut image = TestImage { bytes: vec![0; BLOCKS * BLOCK] };
        image.superblock();
        image.descriptor();
        image.directory(2, ROOT_BLOCK, &[]);
        image
    }

    fn superblock(&mut self) {
        let sb = BLOCK;
        self.put(sb, &INODES.to_le_bytes()); // s_inodes_count
        self.put(sb + 0x4, &(BLOCKS as u32).to_le_bytes()); // s_blocks_count_lo
        self.put(sb + 0x14, &1_u32.to_le_bytes()); // s_first_data_block
        self.put(sb + 0x20, &8192_u32.to_le_bytes()); // s_blocks_per_group
        self.put(sb + 0x24, &8192_u32.to_le_bytes()); // s_clusters_per_group
        self.put(sb + 0x28, &INODES.to_le_bytes()); // s_inodes_per_group
        self.put(sb + 0x38, &0xef53_u16.to_le_bytes()); // s_magic
        self.put(sb + 0x3a, &1_u16.to_le_bytes()); // s_state: clean
        self.put(sb + 0x4c, &1_u32.to_le_bytes()); // s_rev_level
        self.put(sb + 0x54, &11_u32.to_le_bytes()); // s_first_ino
        self.put(sb + 0x58, &(INODE as u16).to_le_bytes()); // s_inode_size
        let incompat = incompat::FILETYPE | incompat::EXTENTS | incompat::BITS_64 | incompat::INLINE_DATA;
        self.put(sb + 0x60, &(incompat | incompat::EA_INODE | incompat::ENCRYPT).to_le_bytes());
        self.put(sb + 0x64, &(ro_compat::METADATA_CSUM | ro_compat::SPARSE_SUPER).to_le_bytes());
        self.put(sb + 0x68, &UUID); // s_uuid
        self.put(sb + 0x78, b"hand-made"); // s_volume_name
        self.put(sb + 0xfe, &64_u16.to_le_bytes()); // s_desc_size
        self.put(sb + 0x175, &[1]); // s_checksum_type: crc32c
        self.seal_superblock();
    }

    /// Sets a field of the superblock.
    pub(crate) fn set_superblock(&mut self, offset: usize, field: &[u8]) {
        self.put(BLOCK + offset, field);
        self.seal_superblock();
    }

    fn seal_superblock(&mut self) {
        let sum = crc32c(!0, &self.bytes[BLOCK..BLOCK + 0x3fc]);
        self.put(BLOCK + 0x3fc, &sum.to_le_bytes());
    }

    fn descriptor(&mut self) {
        let at = 2 * BLOCK;
        self.put(at, &3_u32.to_le_bytes()); // bg_block_bitmap_lo
        self.put(at + 0x4, &4_u32.to_le_bytes()); // bg_inode_bitmap_lo
        self.put(at + 0x8, &(INODE_TABLE as u32).to_le_bytes()); // bg_inode_table_lo
        self.put(at + 0xc, &200_u16.to_le_bytes()); // bg_free_blocks_count_lo
        self.put(at + 0xe, &40_u16.to_le_bytes()); // bg_free_inodes_count_lo
        self.put(at + 0x1c, &16_u16.to_le_bytes()); // bg_itable_unused_lo: inodes 49 to 64
        self.seal_descriptor();
    }

    /// Sets a field of the group descriptor.
    pub(crate) fn set_descriptor(&mut self, offset: usize, field: &[u8]) {
        self.put(2 * BLOCK + offset, field);
        self.seal_descriptor();
    }

    fn seal_descriptor(&mut self) {
        let at = 2 * BLOCK;
        let sum = crc32c_without(crc32c(seed(), &[0; 4]), &self.bytes[at..at + 64], 0x1e, 0x20);
        self.put(at + 0x1e, &(sum as u16).to_le_bytes());
    }

    /// Writes bytes anywhere.
    pub(crate) fn put(&mut self, offset: usize, bytes: &[u8]) {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// Writes a data block, zeros behind `content`.
    pub(crate) fn block(&mut self, number: u32, content: &[u8]) {
        let at = number as usize * BLOCK;
        self.bytes[at..at + BLOCK].fill(0);
        self.put(at, content);
    }

    /// Writes an inode with one link.
    pub(crate) fn inode(&mut self, number: u32, i_mode: u16, i_size: u64, i_flags: u32, i_block: &[u8]) {
        let at = inode_offset(number);
        self.bytes[at..at + INODE].fill(0);
        self.put(at, &i_mode.to_le_bytes());
        self.put(at + 0x4, &(i_size as u32).to_le_bytes()); // i_size_lo
        self.put(at + 0x1a, &1_u16.to_le_bytes()); // i_links_count
        self.put(at + 0x20, &i_flags.to_le_bytes());
        self.put(at + 0x28, i_block);
        self.put(at + 0x64, &7_u32.to_le_bytes()); // i_generation
        self.put(at + 0x6c, &((i_size >> 32) as u32).to_le_bytes()); // i_size_high
        self.put(at + 0x80, &32_u16.to_le_bytes()); // i_extra_isize
        self.seal_inode(number);
    }

    /// Sets a field of an inode.
    pub(crate) fn set_inode(&mut self, number: u32, offset: usize, field: &[u8]) {
        self.put(inode_offset(number) + offset, field);
        self.seal_inode(number);
    }

    fn seal_inode(&mut self, number: u32) {
        let at = inode_offset(number);
        self.put(at + 0x7c, &[0; 2]);
        self.put(at + 0x82, &[0; 2]);
        let sum = crc32c(self.inode_seed(number), &self.bytes[at..at + INODE]);
        self.put(at + 0x7c, &(sum as u16).to_le_bytes()); // i_checksum_lo
        self.put(at + 0x82, &((sum >> 16) as u16).to_le_bytes()); // i_checksum_hi
    }

    /// Start value of the checksums of what belongs to an inode.
    pub(crate) fn inode_seed(&self, number: u32) -> u32 {
        let generation = &self.bytes[inode_offset(number) + 0x64..inode_offset(number) + 0x68];
        crc32c(crc32c(seed(), &number.to_le_bytes()), generation)
    }

    /// Writes a directory of one block, with its inode.
    pub(crate) fn directory(&mut self, number: u32, block: u32, entries: &[(u32, &[u8], u8)]) {
        self.inode(number, DIRECTORY, BLOCK as u64, flags::EXTENTS, &extent_root(&[(0, 1, block)]));
        self.directory_block(number, block, entries);
    }

    /// Writes a block of directory entries (inode, name, file type) of directory `number`, with its checksum.
    pub(crate) fn directory_block(&mut self, number: u32, block: u32, entries: &[(u32, &[u8], u8)]) {
        let mut content = Vec::new();
        for (index, (inode, name, file_type)) in entries.iter().enumerate() {
            let is_last = index + 1 == entries.len();
            let length = if is_last { BLOCK - 12 - content.len() } else { (8 + name.len().max(1)).next_multiple_of(4) };
            let start = content.len();
            content.extend(inode.to_le_bytes());
            content.extend((length as u16).to_le_bytes()); // rec_len
            content.extend([name.len() as u8, *file_type]); // name_len, file_type
            content.extend(*name);
            content.resize(start + length, 0);
        }
        if entries.is_empty() {
            content.extend([0, 0, 0, 0]); // no inode
            content.extend((BLOCK as u16 - 12).to_le_bytes()); // rec_len up to the tail
            content.resize(BLOCK - 12, 0);
        }
        content.extend([0, 0, 0, 0, 12, 0, 0, 0xde]); // ext4_dir_entry_tail
        let sum = crc32c(self.inode_seed(number), &content[..BLOCK - 12]);
        content.extend(sum.to_le_bytes()); // det_checksum
        self.block(block, &content);
    }

    /// Writes a block of an extent tree of inode `number`, with its checksum.
    pub(crate) fn extent_block(&mut self, number: u32, block: u32, depth: u16, entries: &[[u8; 12]]) {
        let mut content = extent_header(entries.len() as u16, 84, depth).to_vec();
        content.extend(entries.concat());
        content.resize(1020, 0);
        let sum = crc32c(self.inode_seed(number), &content);
        content.extend(sum.to_le_bytes()); // et_checksum
        self.block(block, &content);
    }

    /// Opens the filesystem; the findings are those of opening it.
    pub(crate) fn open(&self) -> Result<(Rc<Ext4>, Findings), ReadError> {
        let mut findings = Findings::new();
        let source = Rc::new(self.bytes.clone());
        Ok((Ext4::open(source, &Place::new("disk"), &Limits::default(), &mut findings)?, findings))
    }

    /// The filesystem's blocks, for tests below the tree.
    pub(crate) fn volume(&self) -> Rc<Volume> {
        let source = Rc::new(self.bytes.clone());
        Rc::new(Volume::open(source, &Place::new("disk"), &Limits::default(), &mut Findings::new()).unwrap())
    }
}

/// Seed of all checksums.
pub(crate) fn seed() -> u32 {
    crc32c(!0, &UUID)
}

/// Byte offset of an inode's record.
pub(crate) fn inode_offset(number: u32) -> usize {
    INODE_TABLE * BLOCK + (number as usize - 1) * INODE
}

/// The root of an extent tree without nodes below: (ee_block, ee_len, ee_start), at most four.
pub(crate) fn extent_root(extents: &[(u32, u16, u32)]) -> Vec<u8> {
    let mut root = extent_header(extents.len() as u16, 4, 0).to_vec();
    for (block, length, start) in extents {
        root.extend(extent(*block, *length, *start));
    }
    root
}

/// `ext4_extent_header`.
pub(crate) fn extent_header(entries: u16, max: u16, depth: u16) -> [u8; 12] {
    let mut header = [0; 12];
    header[..2].copy_from_slice(&0xf30a_u16.to_le_bytes()); // eh_magic
    header[2..4].copy_from_slice(&entries.to_le_bytes());
    header[4..6].copy_from_slice(&max.to_le_bytes());
    header[6..8].copy_from_slice(&depth.to_le_bytes());
    header
}

/// `ext4_extent`.
pub(crate) fn extent(ee_block: u32, ee_len: u16, ee_start: u32) -> [u8; 12] {
    let mut extent = [0; 12];
    extent[..4].copy_from_slice(&ee_block.to_le_bytes());
    extent[4..6].copy_from_slice(&ee_len.to_le_bytes());
    extent[8..].copy_from_slice(&ee_start.to_le_bytes()); // ee_start_lo
    extent
}

/// `ext4_extent_idx`.
pub(crate) fn extent_index(ei_block: u32, ei_leaf: u32) -> [u8; 12] {
    let mut index = [0; 12];
    index[..4].copy_from_slice(&ei_block.to_le_bytes());
    index[4..8].copy_from_slice(&ei_leaf.to_le_bytes()); // ei_leaf_lo
    index
}

/// Names of the codes that were found, in order.
pub(crate) fn names(findings: &Findings) -> Vec<&'static str> {
    findings.list().iter().map(|finding| finding.code.name).collect()
}

/// The reason of the first finding.
pub(crate) fn reason(findings: &Findings) -> String {
    findings.list()[0].values["reason"].clone()
}

/// A node.
pub(crate) fn node(number: u32) -> NodeId {
    NodeId(u64::from(number))
}

/// The features that say there is a journal.
pub(crate) fn with_journal(image: &mut TestImage) {
    image.set_superblock(0x5c, &compat::HAS_JOURNAL.to_le_bytes());
}
