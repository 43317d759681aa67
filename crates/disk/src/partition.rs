//! What divides a disk: which table counts when several are there, and where each partition lies.

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError, Window};
use careen_model::PartitionScheme;
use careen_model::codes::disk as codes;

use crate::probe::{self, Content, probe};
use crate::{Disk, gpt, mbr};

/// A range of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Number as Linux counts it: GPT entries and primary MBR partitions from 1, logical ones from 5; 0 for the whole
    /// disk.
    pub index: u32,
    /// Type as the table gives it: `0x83` for MBR, a GUID in capitals for GPT, empty without a table.
    pub kind: String,
    /// First byte, from the start of the virtual disk.
    pub start: u64,
    /// Length in bytes, as the table gives it.
    pub size: u64,
}

/// What divides the disk, and into what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    /// What table it is.
    pub scheme: PartitionScheme,
    /// The ranges in the order of the table.
    pub ranges: Vec<Range>,
}

/// Reads the partition table. Without one, or where a filesystem covers the whole disk, the one range is the disk.
///
/// A table that leads to something recognized counts. One that does not is taken for a leftover when the disk as a
/// whole is recognized: a disk that once had partitions was formatted as a whole, or the other way round, a disk in
/// use was initialized by mistake.
pub fn partitions(disk: &Disk, place: &Place, limits: &Limits, findings: &mut Findings) -> Partitions {
    let source = &*disk.source;
    let record = match mbr::read_record(source, place) {
        Ok(record) => record,
        Err(error) => {
            findings.add_failure(&error);
            None
        }
    };
    let has_protective = record.as_ref().is_some_and(mbr::Record::is_protective);
    let has_entries = record.as_ref().is_some_and(|record| record.is_sane(disk.virtual_size, disk.sector_size));

    let mut told = Findings::new();
    // A stale GPT may survive under an MBR written later; systems then go by the MBR, and so do we.
    let gpt =
        if has_protective || !has_entries { gpt::read(disk, has_protective, place, limits, &mut told) } else { None };
    let (scheme, name, ranges) = match (gpt, record) {
        (Some(ranges), _) => (PartitionScheme::Gpt, "GPT", ranges),
        (None, Some(record)) if has_entries && !has_protective => {
            let ranges = mbr::ranges(&record, source, disk.sector_size, place, limits, &mut told);
            (PartitionScheme::Mbr, "MBR", ranges)
        }
        _ => {
            // What is told of a broken table only matters when nothing covers the disk.
            if recognized(disk).is_none() {
                findings.absorb(told);
            }
            return whole(disk);
        }
    };
    if !leads_somewhere(disk, &ranges)
        && let Some(content) = recognized(disk)
    {
        let is_first = probe::ext(source) == Some(content) || !content.is_ext();
        let code = if is_first { &codes::PARTITION_TABLE_IGNORED } else { &codes::DISK_INITIALIZED };
        findings.add(code, place, &[("scheme", &name)]);
        return whole(disk);
    }
    findings.absorb(told);
    for range in &ranges {
        let missing = range.start.saturating_add(range.size).saturating_sub(disk.virtual_size).min(range.size);
        if missing > 0 {
            let place = place.then(format_args!("partition {}", range.index));
            findings.add(&codes::PARTITION_BEYOND_END, &place, &[("number", &range.index), ("missing", &missing)]);
        }
    }
    Partitions { scheme, ranges }
}

fn whole(disk: &Disk) -> Partitions {
    let range = Range { index: 0, kind: String::new(), start: 0, size: disk.virtual_size };
    Partitions { scheme: PartitionScheme::None, ranges: vec![range] }
}

/// What covers the disk as a whole.
fn recognized(disk: &Disk) -> Option<Content> {
    probe(&*disk.source, &Place::default(), &mut Findings::new())
}

/// Whether any of the ranges holds something that is recognized.
fn leads_somewhere(disk: &Disk, ranges: &[Range]) -> bool {
    ranges.iter().any(|range| {
        let size = disk.virtual_size.saturating_sub(range.start).min(range.size);
        let window = Window::new(Rc::clone(&disk.source), Place::default(), range.start, size);
        probe(&window, &Place::default(), &mut Findings::new()).is_some()
    })
}

/// `count` bytes at `offset`; `None` where the source is shorter.
pub(crate) fn read_at(source: &dyn ByteSource, offset: u64, count: usize) -> Option<Result<Vec<u8>, ReadError>> {
    let end = offset.checked_add(count as u64)?;
    (end <= source.len()).then(|| {
        let mut bytes = vec![0; count];
        source.read_exact_at(offset, &mut bytes).map(|()| bytes)
    })
}

#[cfg(test)]
mod tests;
