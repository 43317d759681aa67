//! The master boot record and its chain of extended partitions.
//!
//! There is no standard; this follows what Linux does (`block/partitions/msdos.c`) in what it accepts and how it
//! counts. Starts and lengths are 32-bit counts of the disk's sectors.

use std::collections::BTreeSet;

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError};
use careen_model::codes::disk as codes;

use crate::partition::{Range, read_at};

const LENGTH: usize = 512;
const ENTRIES: usize = 446;
const ENTRY: usize = 16;
const SIGNATURE: [u8; 2] = [0x55, 0xAA];

/// Type of the entry that covers a GPT disk for programs that do not know GPT.
const PROTECTIVE: u8 = 0xEE;

/// Longest chain of extended records followed, and so most logical partitions; Linux stops at 256 in all.
const MAX_CHAIN: u32 = 256;

/// One of the four entries of a record.
#[derive(Clone, Copy, Debug)]
struct Entry {
    status: u8,
    kind: u8,
    /// First sector; what it is counted from depends on where the entry stands.
    first: u32,
    sectors: u32,
}

impl Entry {
    fn is_used(self) -> bool {
        self.kind != 0 && self.sectors != 0
    }

    /// CHS-addressed, LBA-addressed and Linux's own type of extended partition.
    fn is_extended(self) -> bool {
        matches!(self.kind, 0x05 | 0x0F | 0x85)
    }
}

/// A sector with a boot signature and four entries.
pub(crate) struct Record {
    entries: [Entry; 4],
    /// By which Windows knows a disk; zero where no Windows has written the record.
    disk_signature: u32,
}

impl Record {
    /// Whether it stands before a GPT.
    pub(crate) fn is_protective(&self) -> bool {
        self.entries.iter().any(|entry| entry.kind == PROTECTIVE)
    }

    /// First sectors of the entries beside the protective one: those of a hybrid record, for systems that do not know
    /// GPT.
    pub(crate) fn hybrid_sectors(&self) -> impl Iterator<Item = u64> {
        let others = self.entries.iter().filter(|entry| entry.is_used() && entry.kind != PROTECTIVE);
        others.map(|entry| u64::from(entry.first))
    }

    /// Whether it is what Windows writes on a disk that it initializes, before any partition is made.
    pub(crate) fn is_initialized(&self) -> bool {
        let is_empty = |entry: &Entry| entry.kind == 0 && entry.first == 0 && entry.sectors == 0;
        self.disk_signature != 0 && self.entries.iter().all(is_empty)
    }

    /// Whether its entries can be a partition table, not boot code or the parameters of a filesystem: a status that is
    /// allowed in all of them, and all used ones but those past a cut begin on the disk behind the record.
    pub(crate) fn is_sane(&self, disk_size: u64, sector_size: u64) -> bool {
        let is_status_sane = self.entries.iter().all(|entry| entry.status & 0x7F == 0);
        let mut used = self.entries.iter().filter(|entry| entry.is_used());
        let starts_on_disk =
            |entry: &Entry| entry.first > 0 && u64::from(entry.first).saturating_mul(sector_size) < disk_size;
        is_status_sane && used.clone().all(|entry| entry.first > 0) && used.any(starts_on_disk)
    }
}

/// The record in the first sector of the disk; `None` without a boot signature.
pub(crate) fn read_record(source: &dyn ByteSource, place: &Place) -> Result<Option<Record>, ReadError> {
    record_at(source, 0, place)
}

fn record_at(source: &dyn ByteSource, offset: u64, place: &Place) -> Result<Option<Record>, ReadError> {
    let Some(bytes) = read_at(source, offset, LENGTH) else { return Ok(None) };
    let bytes = bytes?;
    let fields = Fields::new("boot record", place, &bytes);
    if fields.array::<2>(510)? != SIGNATURE {
        return Ok(None);
    }
    let entry = |index: usize| -> Result<Entry, ReadError> {
        let at = index.saturating_mul(ENTRY).saturating_add(ENTRIES);
        let entry = Fields::new("partition entry", place, fields.bytes(at, ENTRY)?);
        Ok(Entry { status: entry.u8(0)?, kind: entry.u8(4)?, first: entry.u32_le(8)?, sectors: entry.u32_le(12)? })
    };
    let disk_signature = fields.u32_le(440)?;
    Ok(Some(Record { entries: [entry(0)?, entry(1)?, entry(2)?, entry(3)?], disk_signature }))
}

/// The partitions of a record, primary ones first, then the logical ones of its first extended partition.
pub(crate) fn ranges(
    record: &Record,
    source: &dyn ByteSource,
    sector_size: u64,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Range> {
    let bytes = |sectors: u64| sectors.saturating_mul(sector_size);
    let mut ranges = Vec::new();
    for (index, entry) in (1..).zip(record.entries) {
        if entry.is_used() && entry.kind != PROTECTIVE {
            let (start, size) = (bytes(u64::from(entry.first)), bytes(u64::from(entry.sectors)));
            ranges.push(Range { index, kind: format!("{:#04x}", entry.kind), start, size });
        }
    }
    for extended in record.entries.iter().filter(|entry| entry.is_used() && entry.is_extended()) {
        let chain = Chain { source, sector_size, start: u64::from(extended.first), place };
        if let Err(error) = chain.follow(limits, &mut ranges) {
            findings.add_error(&codes::MBR_EXTENDED, &error);
        }
    }
    ranges
}

/// The records of an extended partition: each describes one logical partition and where the next record is.
struct Chain<'a> {
    source: &'a dyn ByteSource,
    sector_size: u64,
    /// First sector of the extended partition, from which the places of further records are counted.
    start: u64,
    place: &'a Place,
}

impl Chain<'_> {
    fn follow(&self, limits: &Limits, ranges: &mut Vec<Range>) -> Result<(), ReadError> {
        let mut visited = BTreeSet::new();
        let mut sector = self.start;
        let most = u64::from(MAX_CHAIN).min(limits.entries);
        while visited.insert(sector) {
            let place = self.place.then(format_args!("extended boot record at sector {sector}"));
            if visited.len() as u64 > most {
                let what = format_args!("the chain has more than {most} records");
                return Err(ReadError::over_limit(&place, what));
            }
            let offset = sector.saturating_mul(self.sector_size);
            let missing =
                || ReadError::corrupt(&place, "there is no boot record, or it lies beyond the end of the disk");
            let record = record_at(self.source, offset, &place)?.ok_or_else(missing)?;
            for entry in record.entries.iter().filter(|entry| entry.is_used() && !entry.is_extended()) {
                let first = sector.saturating_add(u64::from(entry.first));
                let logical = ranges.iter().filter(|range| range.index > 4).count();
                ranges.push(Range {
                    index: u32::try_from(logical).unwrap_or(u32::MAX).saturating_add(5),
                    kind: format!("{:#04x}", entry.kind),
                    start: first.saturating_mul(self.sector_size),
                    size: u64::from(entry.sectors).saturating_mul(self.sector_size),
                });
            }
            match record.entries.iter().find(|entry| entry.is_used() && entry.is_extended()) {
                Some(next) => sector = self.start.saturating_add(u64::from(next.first)),
                None => return Ok(()),
            }
        }
        let place = self.place.then(format_args!("extended boot record at sector {sector}"));
        Err(ReadError::corrupt(&place, "the chain leads back to a record it already passed"))
    }
}
