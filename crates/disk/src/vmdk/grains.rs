//! Grain directory, grain tables and grains of a sparse extent (sections "Grain Directory and Grain Tables" and
//! "Stream-Optimized Compressed Sparse Extents").

use std::num::NonZeroU64;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Fields, Findings, Place, ReadError};
use careen_model::codes::disk as codes;

use super::SECTOR;
use super::header::Header;
use crate::mapped::{Content, Mapping, Run};
use crate::packed::{Compression, Unpacker};

/// Bytes of an entry of the directory or of a table.
const ENTRY: u64 = 4;
/// Pages of the tables kept in memory: at most 256 KiB in an extent.
const PAGE: u32 = 16 << 10;
const PAGES: usize = 16;
/// In front of a compressed grain: its first sector on the disk (8 bytes), the length of its data (4 bytes).
const MARKER: u64 = 12;

/// Where a grain is.
enum Grain {
    Absent,
    Zeros,
    /// Stored or packed, from this byte of the file.
    At(u64),
}

/// The tables of an extent.
pub(super) struct GrainTables {
    file: Rc<dyn ByteSource>,
    pages: Cached,
    unpacker: Unpacker,
    header: Header,
    file_length: u64,
    /// Bytes of the disk in this extent, as the disk counts them.
    length: u64,
    /// Bytes of the disk that one table covers.
    table_covers: NonZeroU64,
    is_backed: bool,
    place: Place,
}

impl GrainTables {
    /// The tables of an extent that stands for `length` bytes of the disk.
    pub(super) fn new(file: Rc<dyn ByteSource>, header: Header, length: u64, is_backed: bool, place: &Place) -> Self {
        GrainTables {
            pages: Cached::new(Rc::clone(&file), PAGE, PAGES),
            unpacker: Unpacker::new(Compression::Zlib, "vmdk compressed grain", header.grain_size.get()),
            file_length: file.len(),
            file,
            length,
            table_covers: header.grain_size.saturating_mul(header.table_entries),
            header,
            is_backed,
            place: place.clone(),
        }
    }

    fn error(&self, offset: u64, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(&self.place.then(format_args!("vmdk grain at {offset:#x}")), what)
    }

    /// The entry at this byte of the file, a place in bytes; `None` beyond its end.
    fn entry(&self, at: u64) -> Result<Option<u64>, ReadError> {
        if at.checked_add(ENTRY).is_none_or(|end| end > self.file_length) {
            return Ok(None);
        }
        let mut bytes = [0; 4];
        self.pages.read_exact_at(at, &mut bytes)?;
        Ok(Some(u64::from(u32::from_le_bytes(bytes)).saturating_mul(SECTOR)))
    }

    /// Where the grain table with this number lies in the file; `None` when there is none. What the directory lost may
    /// still be in its copy.
    fn table(&self, number: u64) -> Result<Option<u64>, ReadError> {
        let offset = number.saturating_mul(self.table_covers.get());
        let length = self.header.table_entries.get().saturating_mul(ENTRY);
        let is_there = |table: &u64| *table != 0 && table.saturating_add(length) <= self.file_length;
        let within = number.saturating_mul(ENTRY);
        let first = self.entry(self.header.directory.saturating_add(within))?;
        if let Some(table) = first.filter(is_there) {
            return Ok(Some(table));
        }
        if let Some(redundant) = self.header.redundant {
            let second = self.entry(redundant.saturating_add(within))?;
            if let Some(table) = second.filter(is_there) {
                return Ok(Some(table));
            }
        }
        match first {
            Some(0) => Ok(None),
            Some(table) => {
                let what = format_args!("vmdk grain table {number} at {table:#x} lies beyond the end of the file");
                Err(self.error(offset, what))
            }
            None => {
                let what = format_args!("vmdk grain directory: entry {number} lies beyond the end of the file");
                Err(self.error(offset, what))
            }
        }
    }

    fn grain(&self, offset: u64) -> Result<Grain, ReadError> {
        if offset >= self.header.capacity {
            let what = format_args!("the extent has {:#x} bytes by its own header", self.header.capacity);
            return Err(self.error(offset, what));
        }
        let Some(table) = self.table(offset / self.table_covers)? else { return Ok(Grain::Absent) };
        let index = (offset % self.table_covers) / self.header.grain_size;
        let entry = self.entry(table.saturating_add(index.saturating_mul(ENTRY)))?;
        self.decode(entry.unwrap_or(0)).map_err(|reason| self.error(offset, reason))
    }

    /// What an entry of a table means, or why it means nothing.
    fn decode(&self, position: u64) -> Result<Grain, String> {
        match position {
            0 => Ok(Grain::Absent),
            SECTOR if self.header.has_zero_grains => Ok(Grain::Zeros),
            _ if self.header.is_taken(position, self.file_length) => {
                Err(format!("it lies at {position:#x}, over the header or the description"))
            }
            _ => Ok(Grain::At(position)),
        }
    }

    /// The unpacked bytes of the grain that starts at this byte of the file.
    fn unpack(&self, offset: u64, position: u64) -> Result<Rc<[u8]>, ReadError> {
        if let Some(bytes) = self.unpacker.kept(position) {
            return Ok(bytes);
        }
        let place = self.place.then(format_args!("vmdk grain at {offset:#x}"));
        let start = offset.saturating_sub(offset % self.header.grain_size);
        let grain = self.header.grain_size.get();
        // Deflate makes nothing much longer than it was.
        let longest = grain.saturating_mul(2);
        let available = self.file_length.saturating_sub(position);
        let (data, length) = if self.header.has_markers {
            if available < MARKER {
                return Err(ReadError::corrupt(
                    &place,
                    format_args!("it lies at {position:#x}, beyond the end of the file"),
                ));
            }
            let mut marker = [0; 12];
            self.file.read_exact_at(position, &mut marker)?;
            let fields = Fields::new("vmdk grain marker", &place, &marker);
            let lba = fields.u64_le(0)?;
            let size = u64::from(fields.u32_le(8)?);
            if lba != start / SECTOR {
                return Err(fields.corrupt(format_args!("lba is {lba}, expected {}", start / SECTOR)));
            }
            if size == 0 || size > longest {
                return Err(fields.corrupt(format_args!("size is {size}, expected up to {longest}")));
            }
            if size > available.saturating_sub(MARKER) {
                return Err(fields.corrupt("its data lie beyond the end of the file"));
            }
            (position.saturating_add(MARKER), size)
        } else {
            (position, available.min(longest))
        };
        let mut packed = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(data, &mut packed)?;
        let needed = self.header.capacity.saturating_sub(start).min(grain);
        self.unpacker.unpack(position, &packed, needed, &place)
    }
}

impl Mapping for GrainTables {
    fn virtual_size(&self) -> u64 {
        self.length
    }

    fn run(&self, offset: u64) -> Result<Run, ReadError> {
        let within = offset % self.header.grain_size;
        let to_end = self.length.min(self.header.capacity).saturating_sub(offset);
        let length = self.header.grain_size.get().saturating_sub(within).min(to_end);
        match self.grain(offset)? {
            Grain::Absent if self.is_backed => Ok(Run { length, content: Content::Below(offset) }),
            Grain::Absent | Grain::Zeros => Ok(Run { length, content: Content::Zeros }),
            Grain::At(position) if self.header.is_compressed => {
                let from = usize::try_from(within).unwrap_or(usize::MAX);
                Ok(Run { length, content: Content::Unpacked(self.unpack(offset, position)?, from) })
            }
            Grain::At(start) => {
                let position = start.saturating_add(within);
                let available = self.file_length.saturating_sub(position);
                if available == 0 {
                    let end = self.file_length;
                    let what = format_args!("its bytes at {position:#x} lie beyond the end of the file at {end:#x}");
                    return Err(self.error(offset, what));
                }
                Ok(Run { length: length.min(available), content: Content::Stored(position) })
            }
        }
    }
}

/// What was counted of the tables of a disk, extent by extent.
#[derive(Default)]
pub(super) struct Tally {
    tables: u64,
    missing_tables: u64,
    first_table: Option<ReadError>,
    present: u64,
    missing: u64,
    missing_bytes: u64,
    invalid: u64,
    first_invalid: Option<String>,
    /// Bytes of tables gone through.
    checked: u64,
    unchecked: u64,
}

/// Most of the tables that is gone through on opening, in bytes: those of 64 GiB in grains of 64 KiB.
const CHECKED_BYTES: u64 = 4 << 20;

impl Tally {
    /// Goes through the tables of an extent.
    pub(super) fn count(&mut self, tables: &GrainTables) {
        let (grain, covers) = (tables.header.grain_size.get(), tables.table_covers.get());
        let size = tables.length.min(tables.header.capacity);
        let total = size.div_ceil(covers);
        let bytes = tables.header.table_entries.get().saturating_mul(ENTRY);
        let directories = [Some(tables.header.directory), tables.header.redundant].into_iter().flatten();
        let there = directories.map(|at| tables.file_length.saturating_sub(at) / ENTRY).max().unwrap_or(0).min(total);
        if there < total {
            let lost = size.saturating_sub(there.saturating_mul(covers));
            self.missing_bytes = self.missing_bytes.saturating_add(lost);
            self.missing_tables = self.missing_tables.saturating_add(total.saturating_sub(there));
            self.first_table = self.first_table.take().or_else(|| tables.table(there).err());
        }
        for number in 0..there {
            if self.checked >= CHECKED_BYTES {
                self.unchecked = self.unchecked.saturating_add(there.saturating_sub(number));
                return;
            }
            self.checked = self.checked.saturating_add(ENTRY);
            let table = match tables.table(number) {
                Ok(Some(table)) => table,
                Ok(None) => continue,
                Err(error) => {
                    self.missing_tables = self.missing_tables.saturating_add(1);
                    let start = number.saturating_mul(covers);
                    let lost = size.saturating_sub(start).min(covers);
                    self.missing_bytes = self.missing_bytes.saturating_add(lost);
                    self.first_table.get_or_insert(error);
                    continue;
                }
            };
            self.tables = self.tables.saturating_add(1);
            self.checked = self.checked.saturating_add(bytes);
            for index in 0..tables.header.table_entries.get() {
                let offset = number.saturating_mul(covers).saturating_add(index.saturating_mul(grain));
                if offset >= size {
                    break;
                }
                let entry = tables.entry(table.saturating_add(index.saturating_mul(ENTRY))).ok().flatten();
                match tables.decode(entry.unwrap_or(0)) {
                    Ok(Grain::Absent | Grain::Zeros) => {}
                    Ok(Grain::At(position)) => {
                        self.present = self.present.saturating_add(1);
                        let length = size.saturating_sub(offset).min(grain);
                        // How long a packed grain is, only its marker tells.
                        let needed = if tables.header.is_compressed { MARKER } else { length };
                        let missing = position.saturating_add(needed).saturating_sub(tables.file_length).min(needed);
                        if missing > 0 {
                            self.missing = self.missing.saturating_add(1);
                            let lost = if tables.header.is_compressed { length } else { missing };
                            self.missing_bytes = self.missing_bytes.saturating_add(lost);
                        }
                    }
                    Err(reason) => {
                        self.invalid = self.invalid.saturating_add(1);
                        self.first_invalid.get_or_insert_with(|| format!("grain at {offset:#x}: {reason}"));
                    }
                }
            }
        }
    }

    /// Tells what cannot be read, each kind in one finding with its count.
    pub(super) fn tell(&self, place: &Place, findings: &mut Findings) {
        if let Some(error) = &self.first_table {
            let total = self.tables.saturating_add(self.missing_tables);
            findings.add(
                &codes::VMDK_TABLES_MISSING,
                place,
                &[("missing", &self.missing_tables), ("total", &total), ("reason", &error.reason())],
            );
        }
        if self.missing > 0 {
            findings.add(
                &codes::VMDK_GRAINS_MISSING,
                place,
                &[("missing", &self.missing), ("present", &self.present), ("bytes", &self.missing_bytes)],
            );
        }
        if let Some(reason) = &self.first_invalid {
            findings.add(&codes::VMDK_GRAINS_INVALID, place, &[("count", &self.invalid), ("reason", reason)]);
        }
        if self.unchecked > 0 {
            let total = self.tables.saturating_add(self.missing_tables).saturating_add(self.unchecked);
            let checked = total.saturating_sub(self.unchecked);
            findings.add(&codes::TABLE_PARTLY_CHECKED, place, &[("checked", &checked), ("total", &total)]);
        }
    }
}
