//! The block allocation table (section "Block Allocation Table and Data Blocks").

use std::num::NonZeroU64;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Findings, Place, ReadError};
use careen_model::codes::disk as codes;

use super::SECTOR;
use super::dynamic::{self, DynamicHeader};
use super::footer::{self, Footer, Kind};
use crate::mapped::{Content, Mapping, Run};

/// An entry of a block that is not stored.
const UNUSED: u32 = 0xFFFF_FFFF;
/// Bytes of an entry.
const ENTRY: u64 = 4;
/// Pages of the table and of sector bitmaps kept in memory: 1 MiB in all.
const PAGE: u32 = 16 << 10;
const PAGES: usize = 64;
/// Sectors of a bitmap that are looked at ahead: all of a usual block.
const AHEAD: u64 = 4096;
/// Most entries that are checked on opening: those of 2 TiB, the most the format can hold, in blocks of 512 KiB.
const CHECKED: u64 = 4 << 20;

/// The table of a dynamic or differencing disk.
pub(super) struct BlockTable {
    pages: Cached,
    file_length: u64,
    table_offset: u64,
    entries: u64,
    block_size: NonZeroU64,
    /// Bytes of the sector bitmap in front of each block, whole sectors.
    bitmap_length: u64,
    is_differencing: bool,
    virtual_size: u64,
    /// Where the dynamic disk header lies.
    header_offset: u64,
    place: Place,
}

impl BlockTable {
    pub(super) fn new(file: Rc<dyn ByteSource>, footer: &Footer, header: &DynamicHeader, place: &Place) -> Self {
        let sectors = header.block_size.get() / SECTOR;
        BlockTable {
            file_length: file.len(),
            pages: Cached::new(file, PAGE, PAGES),
            table_offset: header.table_offset,
            entries: u64::from(header.max_table_entries),
            block_size: header.block_size,
            bitmap_length: sectors.div_ceil(8).next_multiple_of(SECTOR),
            is_differencing: footer.kind == Kind::Differencing,
            virtual_size: footer.current_size,
            header_offset: footer.data_offset,
            place: place.clone(),
        }
    }

    /// Blocks of the disk.
    fn blocks(&self) -> u64 {
        self.virtual_size.div_ceil(self.block_size.get())
    }

    fn error(&self, block: u64, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(&self.place.then(format_args!("vhd block {block}")), what)
    }

    /// Entries that are both counted by the header and in the file.
    fn present(&self) -> u64 {
        self.entries.min(self.file_length.saturating_sub(self.table_offset) / ENTRY)
    }

    /// Where the sector bitmap of a block lies in the file; `None` when the block is not stored.
    fn place_of(&self, block: u64) -> Result<Option<u64>, ReadError> {
        if block >= self.present() {
            let what = format_args!("vhd block allocation table: it has {} entries in the file", self.present());
            return Err(self.error(block, what));
        }
        let mut entry = [0; 4];
        self.pages.read_exact_at(self.table_offset.saturating_add(block.saturating_mul(ENTRY)), &mut entry)?;
        match u32::from_be_bytes(entry) {
            UNUSED => Ok(None),
            sector => {
                let position = u64::from(sector).saturating_mul(SECTOR);
                self.may_lie_at(position).map_err(|reason| self.error(block, reason))?;
                Ok(Some(position))
            }
        }
    }

    /// Whether a block may lie at this byte: not over the footer's copy, the header and the table.
    fn may_lie_at(&self, position: u64) -> Result<(), String> {
        let end = position.saturating_add(self.bitmap_length).saturating_add(self.block_size.get());
        let table_end = self.table_offset.saturating_add(self.blocks().min(self.entries).saturating_mul(ENTRY));
        let header_end = self.header_offset.saturating_add(dynamic::LENGTH);
        for (start, stop, what) in [
            (0, footer::LENGTH, "the copy of the footer"),
            (self.header_offset, header_end, "the header"),
            (self.table_offset, table_end, "the block allocation table"),
        ] {
            if position < stop && start < end {
                return Err(format!("it lies at {position:#x}, over {what}"));
            }
        }
        Ok(())
    }

    /// How many bytes from this offset in a block are alike: whether they are stored, and how many follow of the kind.
    fn alike(&self, block: u64, bitmap: u64, within: u64) -> Result<(bool, u64), ReadError> {
        if bitmap.saturating_add(self.bitmap_length) > self.file_length {
            return Err(
                self.error(block, format_args!("its sector bitmap at {bitmap:#x} lies beyond the end of the file"))
            );
        }
        let first = within / SECTOR;
        let sectors = (self.block_size.get() / SECTOR).min(first.saturating_add(AHEAD));
        let byte_of = |sector: u64| -> Result<u8, ReadError> {
            let mut byte = [0];
            self.pages.read_exact_at(bitmap.saturating_add(sector / 8), &mut byte)?;
            Ok(byte[0])
        };
        // The highest bit of a byte is its first sector.
        let bit = |byte: u8, sector: u64| byte & 0x80_u8.wrapping_shr(u32::try_from(sector % 8).unwrap_or(0)) != 0;
        let mut byte = byte_of(first)?;
        let is_stored = bit(byte, first);
        let mut next = first.saturating_add(1);
        while next < sectors {
            if next.is_multiple_of(8) {
                byte = byte_of(next)?;
            }
            if bit(byte, next) != is_stored {
                break;
            }
            next = next.saturating_add(1);
        }
        Ok((is_stored, next.saturating_mul(SECTOR).saturating_sub(within)))
    }
}

impl Mapping for BlockTable {
    fn virtual_size(&self) -> u64 {
        self.virtual_size
    }

    fn run(&self, offset: u64) -> Result<Run, ReadError> {
        let (block, within) = (offset / self.block_size, offset % self.block_size);
        let length = self.block_size.get().saturating_sub(within).min(self.virtual_size.saturating_sub(offset));
        let absent = |length| Run {
            length,
            content: if self.is_differencing { Content::Below(offset) } else { Content::Zeros },
        };
        let Some(bitmap) = self.place_of(block)? else { return Ok(absent(length)) };
        let (is_stored, alike) = if self.is_differencing { self.alike(block, bitmap, within)? } else { (true, length) };
        let length = length.min(alike);
        if !is_stored {
            return Ok(absent(length));
        }
        let position = bitmap.saturating_add(self.bitmap_length).saturating_add(within);
        let available = self.file_length.saturating_sub(position);
        if available == 0 {
            let end = self.file_length;
            let what = format_args!("its bytes at {position:#x} lie beyond the end of the file at {end:#x}");
            return Err(self.error(block, what));
        }
        Ok(Run { length: length.min(available), content: Content::Stored(position) })
    }
}

/// Looks for blocks that cannot be read and tells them, each kind in one finding with its count.
pub(super) fn check(table: &BlockTable, place: &Place, findings: &mut Findings) {
    let (blocks, present) = (table.blocks(), table.present());
    if present < blocks {
        let lost = table.virtual_size.saturating_sub(present.saturating_mul(table.block_size.get()));
        let missing = blocks.saturating_sub(present);
        findings.add(&codes::VHD_BAT_CUT, place, &[("missing", &missing), ("total", &blocks), ("bytes", &lost)]);
    }
    let (mut stored, mut missing, mut missing_bytes, mut invalid) = (0_u64, 0_u64, 0_u64, 0_u64);
    let mut first_invalid = None;
    let end = present.min(blocks);
    for block in 0..end.min(CHECKED) {
        match table.place_of(block) {
            Ok(None) => {}
            Ok(Some(bitmap)) => {
                stored = stored.saturating_add(1);
                let start = block.saturating_mul(table.block_size.get());
                let length = table.virtual_size.saturating_sub(start).min(table.block_size.get());
                let stop = bitmap.saturating_add(table.bitmap_length).saturating_add(length);
                let beyond = stop.saturating_sub(table.file_length).min(length);
                if beyond > 0 {
                    missing = missing.saturating_add(1);
                    missing_bytes = missing_bytes.saturating_add(beyond);
                }
            }
            Err(error) => {
                invalid = invalid.saturating_add(1);
                first_invalid.get_or_insert((block, error));
            }
        }
    }
    if end > CHECKED {
        findings.add(&codes::TABLE_PARTLY_CHECKED, place, &[("checked", &CHECKED), ("total", &blocks)]);
    }
    if missing > 0 {
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("missing", &missing), ("present", &stored), ("bytes", &missing_bytes)];
        findings.add(&codes::VHD_BLOCKS_MISSING, place, &values);
    }
    if let Some((first, error)) = &first_invalid {
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("count", &invalid), ("first", first), ("reason", &error.reason())];
        findings.add(&codes::VHD_BLOCKS_INVALID, place, &values);
    }
}
