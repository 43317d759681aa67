//! The block allocation table (2.5): where each block of the virtual disk lies.
//!
//! Payload entries stand in chunks; after each full chunk comes one entry for its sector bitmap block, which only
//! differencing disks use. Entries are read when they are needed, through a small cache of pages.

use std::num::NonZeroU64;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Fields, Findings, Place, ReadError};
use careen_model::codes::disk as codes;

use super::HEADER_SECTION;
use super::metadata::Metadata;
use super::region::{Region, Regions};
use crate::mapped::{Content, Mapping, Run};

/// Sectors that one sector bitmap block describes (2.4); a chunk is that many sectors of the disk.
const SECTORS_PER_BITMAP: u64 = 1 << 23;
const ENTRY: u64 = 8;
/// Bits 20 to 63 of an entry are the block's place in units of 1 MiB (2.5.1), so with the rest cleared they are bytes.
const PLACE_MASK: u64 = !0xF_FFFF;

/// Pages of the table kept in memory: 1 MiB in all.
const PAGE: u32 = 64 << 10;
const PAGES: usize = 16;

/// Most of the table that is checked on opening: that of a 2 TiB disk with the smallest blocks.
const CHECKED_BYTES: u64 = 16 << 20;
/// Bytes of the table read at once while checking.
const CHECK_STEP: u64 = 1 << 20;

/// What a payload entry says (2.5.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    /// Not present, undefined, zero or unmapped: without a parent all of these read as zeros.
    Empty,
    /// Stored at this byte of the file.
    Stored(u64),
}

/// The table of an open file.
pub(super) struct BlockTable {
    pages: Cached,
    /// Bytes of the file.
    file_length: u64,
    region: Region,
    /// Ranges of the file no block may lie in: headers, log, metadata, the table itself.
    taken: Vec<(u64, u64)>,
    block_size: NonZeroU64,
    chunk_ratio: NonZeroU64,
    virtual_size: u64,
    place: Place,
}

impl BlockTable {
    pub(super) fn new(
        file: Rc<dyn ByteSource>,
        regions: &Regions,
        log: Option<(u64, u64)>,
        metadata: &Metadata,
        place: &Place,
    ) -> Self {
        let chunk = SECTORS_PER_BITMAP.saturating_mul(metadata.sector_size.get());
        let mut taken = vec![
            (0, HEADER_SECTION),
            (regions.metadata.offset, regions.metadata.length),
            (regions.bat.offset, regions.bat.length),
        ];
        taken.extend(log);
        BlockTable {
            file_length: file.len(),
            pages: Cached::new(file, PAGE, PAGES),
            region: regions.bat,
            taken,
            block_size: metadata.block_size,
            chunk_ratio: NonZeroU64::new(chunk / metadata.block_size).unwrap_or(NonZeroU64::MIN),
            virtual_size: metadata.virtual_size,
            place: place.clone(),
        }
    }

    /// Payload blocks of the disk.
    fn blocks(&self) -> u64 {
        self.virtual_size.div_ceil(self.block_size.get())
    }

    /// Position of a payload block's entry in the table, counted in entries.
    fn index(&self, block: u64) -> u64 {
        block.saturating_add(block / self.chunk_ratio)
    }

    /// Bytes of the disk that lie in a block; the last one may be short.
    fn length(&self, block: u64) -> u64 {
        let start = block.saturating_mul(self.block_size.get());
        self.virtual_size.saturating_sub(start).min(self.block_size.get())
    }

    /// Bytes of the table that are in the file.
    fn table_bytes(&self) -> u64 {
        self.file_length.saturating_sub(self.region.offset).min(self.region.length)
    }

    fn place(&self, block: u64) -> Place {
        self.place.then(format_args!("VHDX block {block}"))
    }

    /// Reads the entry of a payload block.
    fn entry(&self, block: u64) -> Result<u64, ReadError> {
        let at = self.index(block).saturating_mul(ENTRY);
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
    fn decode(&self, entry: u64) -> Result<Block, String> {
        let position = entry & PLACE_MASK;
        match entry & 7 {
            0..=3 => return Ok(Block::Empty),
            6 => {}
            7 => return Err("its state is 7 (partially present), which only a disk with a parent may have".to_owned()),
            state => return Err(format!("its state is {state}, which is reserved")),
        }
        let end = position.saturating_add(self.block_size.get());
        let overlaps = |&&(start, length): &&(u64, u64)| position < start.saturating_add(length) && start < end;
        match self.taken.iter().find(overlaps) {
            Some((start, _)) => {
                Err(format!("it lies at {position:#x}, over a structure of the file itself at {start:#x}"))
            }
            None => Ok(Block::Stored(position)),
        }
    }

    /// Looks for blocks that cannot be read and tells them, each kind in one finding with its count.
    pub(super) fn check(&self, place: &Place, findings: &mut Findings) {
        let blocks = self.blocks();
        let present = self.table_bytes() / ENTRY;
        // The first payload block whose entry is beyond what is present of the table.
        let period = self.chunk_ratio.saturating_add(1);
        let told = present.saturating_sub(present / period).min(blocks);
        if told < blocks {
            let lost = self.virtual_size.saturating_sub(told.saturating_mul(self.block_size.get()));
            let missing = blocks.saturating_sub(told);
            findings.add(&codes::VHDX_BAT_CUT, place, &[("missing", &missing), ("total", &blocks), ("bytes", &lost)]);
        }
        let mut tally = Tally::default();
        let mut block = 0;
        let end = present.min(self.index(blocks)).saturating_mul(ENTRY).min(CHECKED_BYTES);
        let mut at = 0;
        while at < end && block < told {
            let length = CHECK_STEP.min(end.saturating_sub(at));
            let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
            if let Err(error) = self.pages.read_exact_at(self.region.offset.saturating_add(at), &mut bytes) {
                findings.add_failure(&error);
                break;
            }
            let first = at / ENTRY;
            for (index, entry) in (first..).zip(bytes.chunks_exact(8)) {
                // The entry that closes each chunk is that of its sector bitmap.
                if block < told && index % period != self.chunk_ratio.get() {
                    let entry = Fields::new("vhdx bat entry", place, entry).u64_le(0).unwrap_or(0);
                    self.tally(block, entry, &mut tally);
                    block = block.saturating_add(1);
                }
            }
            at = at.saturating_add(length);
        }
        if block < told {
            findings.add(&codes::TABLE_PARTLY_CHECKED, place, &[("checked", &block), ("total", &blocks)]);
        }
        tally.tell(place, findings);
    }

    fn tally(&self, block: u64, entry: u64, tally: &mut Tally) {
        match self.decode(entry) {
            Ok(Block::Empty) => {}
            Ok(Block::Stored(position)) => {
                tally.present = tally.present.saturating_add(1);
                let length = self.length(block);
                let missing = position.saturating_add(length).saturating_sub(self.file_length).min(length);
                if missing > 0 {
                    tally.missing = tally.missing.saturating_add(1);
                    tally.missing_bytes = tally.missing_bytes.saturating_add(missing);
                }
            }
            Err(reason) => {
                tally.invalid = tally.invalid.saturating_add(1);
                tally.first_invalid.get_or_insert((block, reason));
            }
        }
    }
}

/// What the check of the table counted.
#[derive(Default)]
struct Tally {
    present: u64,
    missing: u64,
    missing_bytes: u64,
    invalid: u64,
    first_invalid: Option<(u64, String)>,
}

impl Tally {
    fn tell(&self, place: &Place, findings: &mut Findings) {
        if self.missing > 0 {
            findings.add(
                &codes::VHDX_BLOCKS_MISSING,
                place,
                &[("missing", &self.missing), ("present", &self.present), ("bytes", &self.missing_bytes)],
            );
        }
        if let Some((first, reason)) = &self.first_invalid {
            findings.add(
                &codes::VHDX_BLOCKS_INVALID,
                place,
                &[("count", &self.invalid), ("first", first), ("reason", reason)],
            );
        }
    }
}

impl Mapping for BlockTable {
    fn virtual_size(&self) -> u64 {
        self.virtual_size
    }

    fn run(&self, offset: u64) -> Result<Run, ReadError> {
        let (block, within) = (offset / self.block_size, offset % self.block_size);
        let length = self.length(block).saturating_sub(within);
        let decoded = self.decode(self.entry(block)?);
        let stored = match decoded {
            Ok(Block::Empty) => return Ok(Run { length, content: Content::Zeros }),
            Ok(Block::Stored(position)) => position.saturating_add(within),
            Err(reason) => return Err(ReadError::corrupt(&self.place(block), format_args!("vhdx block: {reason}"))),
        };
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
