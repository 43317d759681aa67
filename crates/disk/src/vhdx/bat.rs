//! The block allocation table (2.5): where each block of the virtual disk lies.
//!
//! Payload entries stand in chunks; after each full chunk comes one entry for its sector bitmap block, which says for
//! a block that is partially present which of its sectors a differencing disk has. Entries are read when they are
//! needed, through a small cache of pages.

use std::num::NonZeroU64;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Place, ReadError};

use super::HEADER_SECTION;
use super::metadata::{MAX_DISK, Metadata};
use super::region::{Region, Regions};
use crate::Pieces;
use crate::mapped::{Content, Mapped, Mapping, Run};

/// Sectors that one sector bitmap block describes (2.4); a chunk is that many sectors of the disk.
const SECTORS_PER_BITMAP: u64 = 1 << 23;
/// Length of a sector bitmap block.
const BITMAP: u64 = 1 << 20;
/// Bytes of a bitmap that are looked at for one run: 4096 sectors.
const BITMAP_STEP: u64 = 512;
pub(super) const ENTRY: u64 = 8;
/// Bits 20 to 63 of an entry are the block's place in units of 1 MiB (2.5.1), so with the rest cleared they are bytes.
const PLACE_MASK: u64 = !0xF_FFFF;

/// Pages of the table and of bitmaps kept in memory: 1 MiB in all.
const PAGE: u32 = 64 << 10;
const PAGES: usize = 16;

/// What a payload entry says (2.5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// Undefined, zero or unmapped, or not present in a disk without a parent: all of these read as zeros.
    Zeros,
    /// As the parent has it.
    Below,
    /// Stored at this byte of the file.
    Stored(u64),
    /// At this byte of the file those sectors that the sector bitmap names; the others as the parent has them.
    Partial(u64),
}

/// The table of an open file.
pub(super) struct BlockTable {
    pub(super) pages: Cached,
    /// Bytes of the file.
    pub(super) file_length: u64,
    pub(super) region: Region,
    /// Ranges of the file no block may lie in: headers, log, metadata, the table itself.
    taken: Vec<(u64, u64)>,
    has_parent: bool,
    pub(super) block_size: NonZeroU64,
    sector_size: NonZeroU64,
    pub(super) chunk_ratio: NonZeroU64,
    pub(super) virtual_size: u64,
    place: Place,
}

impl BlockTable {
    /// A table whose disk is as large as the metadata say, else as large as the table allows.
    pub(super) fn new(
        file: Rc<dyn ByteSource>,
        regions: &Regions,
        log: Option<(u64, u64)>,
        metadata: &Metadata,
        place: &Place,
    ) -> Self {
        let chunk = SECTORS_PER_BITMAP.saturating_mul(metadata.sector_size.get());
        let chunk_ratio = NonZeroU64::new(chunk / metadata.block_size).unwrap_or(NonZeroU64::MIN);
        let mut taken = vec![
            (0, HEADER_SECTION),
            (regions.metadata.offset, regions.metadata.length),
            (regions.bat.offset, regions.bat.length),
        ];
        taken.extend(log);
        let entries = regions.bat.length / ENTRY;
        let blocks = entries.saturating_sub(entries / chunk_ratio.saturating_add(1));
        let most = blocks.saturating_mul(metadata.block_size.get()).min(MAX_DISK);
        BlockTable {
            file_length: file.len(),
            pages: Cached::new(file, PAGE, PAGES),
            region: regions.bat,
            taken,
            has_parent: metadata.parent.is_some(),
            block_size: metadata.block_size,
            sector_size: metadata.sector_size,
            chunk_ratio,
            virtual_size: metadata.virtual_size.unwrap_or(most),
            place: place.clone(),
        }
    }

    /// Payload blocks of the disk.
    pub(super) fn blocks(&self) -> u64 {
        self.virtual_size.div_ceil(self.block_size.get())
    }

    /// Position of a payload block's entry in the table, counted in entries.
    pub(super) fn index(&self, block: u64) -> u64 {
        block.saturating_add(block / self.chunk_ratio)
    }

    /// Bytes of the disk that lie in a block; the last one may be short.
    pub(super) fn length(&self, block: u64) -> u64 {
        let start = block.saturating_mul(self.block_size.get());
        self.virtual_size.saturating_sub(start).min(self.block_size.get())
    }

    /// Bytes of the table that are in the file.
    pub(super) fn table_bytes(&self) -> u64 {
        self.file_length.saturating_sub(self.region.offset).min(self.region.length)
    }

    fn place(&self, block: u64) -> Place {
        self.place.then(format_args!("VHDX block {block}"))
    }

    /// Reads the entry at a position of the table; `block` is the one it is needed for.
    fn entry(&self, index: u64, block: u64) -> Result<u64, ReadError> {
        let at = index.saturating_mul(ENTRY);
        if at.saturating_add(ENTRY) > self.table_bytes() {
            let what = format_args!(
                "vhdx block allocation table: entry at byte {at:#x} is missing, {:#x} bytes of the table are in the file",
                self.table_bytes()
            );
            return Err(ReadError::corrupt(&self.place(block), what));
        }
        let mut entry = [0; 8];
        self.pages.read_exact_at(self.region.offset.saturating_add(at), &mut entry)?;
        Ok(u64::from_le_bytes(entry))
    }

    /// What an entry means, or why it means nothing.
    pub(super) fn decode(&self, entry: u64) -> Result<Block, String> {
        let position = entry & PLACE_MASK;
        let block = match entry & 7 {
            0 if self.has_parent => return Ok(Block::Below),
            0..=3 => return Ok(Block::Zeros),
            6 => Block::Stored(position),
            7 if self.has_parent => Block::Partial(position),
            7 => return Err("its state is 7 (partially present), which only a disk with a parent may have".to_owned()),
            state => return Err(format!("its state is {state}, which is reserved")),
        };
        self.check_place(position, self.block_size.get()).map(|()| block)
    }

    /// Whether something may lie there: not over a structure of the file.
    fn check_place(&self, position: u64, length: u64) -> Result<(), String> {
        let end = position.saturating_add(length);
        let overlaps = |&&(start, length): &&(u64, u64)| position < start.saturating_add(length) && start < end;
        match self.taken.iter().find(overlaps) {
            Some((start, _)) => {
                Err(format!("it lies at {position:#x}, over a structure of the file itself at {start:#x}"))
            }
            None => Ok(()),
        }
    }

    /// The sectors from `offset` of the disk that are all stored in this file, or all in the parent: whether they are
    /// stored, and their length up to the end of `length` bytes. The bitmap's bits stand for the sectors of the chunk
    /// in order, the lowest one first (2.4).
    fn sectors(&self, block: u64, offset: u64, length: u64) -> Result<(bool, u64), ReadError> {
        let corrupt =
            |what: String| ReadError::corrupt(&self.place(block), format_args!("vhdx sector bitmap block: {what}"));
        let chunk = block / self.chunk_ratio;
        let index =
            chunk.saturating_mul(self.chunk_ratio.get().saturating_add(1)).saturating_add(self.chunk_ratio.get());
        let entry = self.entry(index, block)?;
        let bitmap = entry & PLACE_MASK;
        if entry & 7 != 6 {
            return Err(corrupt(format!("its state is {}, expected 6 (present)", entry & 7)));
        }
        self.check_place(bitmap, BITMAP).map_err(corrupt)?;

        let sector = offset / self.sector_size % SECTORS_PER_BITMAP;
        let (first, bit) = (sector / 8, sector % 8);
        let count = BITMAP_STEP.min(BITMAP.saturating_sub(first));
        let at = bitmap.saturating_add(first);
        let available = self.file_length.saturating_sub(at).min(count);
        if available == 0 {
            return Err(corrupt(format!("its bytes at {at:#x} lie beyond the end of the file")));
        }
        let mut bytes = vec![0; usize::try_from(available).unwrap_or(0)];
        self.pages.read_exact_at(at, &mut bytes)?;
        let mut bits = bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        let mut bits = bits.by_ref().skip(usize::try_from(bit).unwrap_or(0));
        let is_stored = bits.next().unwrap_or(false);
        let more = bits.take_while(|bit| *bit == is_stored).count() as u64;
        // The first sector may be entered in its middle.
        let ahead = self.sector_size.get().saturating_sub(offset % self.sector_size);
        let run = more.saturating_mul(self.sector_size.get()).saturating_add(ahead);
        Ok((is_stored, run.min(length)))
    }
}

impl Pieces for Mapped<BlockTable> {
    fn size(&self) -> u64 {
        self.mapping.block_size.get()
    }

    fn count(&self) -> u64 {
        self.mapping.blocks()
    }

    fn is_stored(&self, number: u64) -> Result<bool, ReadError> {
        let entry = self.mapping.entry(self.mapping.index(number), number)?;
        let block = self.mapping.decode(entry).map_err(|what| ReadError::corrupt(&self.mapping.place(number), what))?;
        Ok(matches!(block, Block::Stored(_) | Block::Partial(_)))
    }
}

impl Mapping for BlockTable {
    fn virtual_size(&self) -> u64 {
        self.virtual_size
    }

    fn run(&self, offset: u64) -> Result<Run, ReadError> {
        let (block, within) = (offset / self.block_size, offset % self.block_size);
        let length = self.length(block).saturating_sub(within);
        let (position, length) = match self.decode(self.entry(self.index(block), block)?) {
            Ok(Block::Zeros) => return Ok(Run { length, content: Content::Zeros }),
            Ok(Block::Below) => return Ok(Run { length, content: Content::Below(offset) }),
            Ok(Block::Stored(position)) => (position, length),
            Ok(Block::Partial(position)) => match self.sectors(block, offset, length)? {
                (true, length) => (position, length),
                (false, length) => return Ok(Run { length, content: Content::Below(offset) }),
            },
            Err(reason) => return Err(ReadError::corrupt(&self.place(block), format_args!("vhdx block: {reason}"))),
        };
        let stored = position.saturating_add(within);
        let available = self.file_length.saturating_sub(stored);
        if available == 0 {
            let what = format_args!(
                "vhdx block: its bytes at {stored:#x} lie beyond the end of the file at {:#x}",
                self.file_length
            );
            return Err(ReadError::corrupt(&self.place(block), what));
        }
        Ok(Run { length: length.min(available), content: Content::Stored(stored) })
    }
}
