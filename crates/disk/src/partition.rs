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
/// use was initialized by mistake. A table that leads to nothing but filesystems of Windows counts, but an ext
/// filesystem that fills the disk beneath it is offered as well, as a range with index 0.
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
        (Some(ranges), Some(record)) if record.hybrid_sectors().next().is_some() && has_protective => {
            let starts =
                |sector: &u64| ranges.iter().any(|range| range.start == sector.saturating_mul(disk.sector_size));
            let (count, others) =
                (record.hybrid_sectors().count(), record.hybrid_sectors().filter(|at| !starts(at)).count());
            told.add(&codes::MBR_HYBRID, place, &[("count", &count), ("others", &others)]);
            (PartitionScheme::Gpt, "GPT", ranges)
        }
        (None, Some(record)) if has_entries && (!has_protective || record.hybrid_sectors().next().is_some()) => {
            let ranges = mbr::ranges(&record, source, disk.sector_size, place, limits, &mut told);
            (PartitionScheme::Mbr, "MBR", ranges)
        }
        (Some(ranges), _) => (PartitionScheme::Gpt, "GPT", ranges),
        (None, record) => {
            if record.is_some_and(|record| record.is_initialized()) && probe::ext(source).is_some() {
                findings.add(&codes::DISK_INITIALIZED_MBR, place, &[]);
            }
            // What is told of a broken table only matters when nothing covers the disk.
            if recognized(disk).is_none() {
                findings.absorb(told);
            }
            return whole(disk);
        }
    };
    let contents = contents(disk, &ranges);
    if contents.is_empty()
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
    let mut ranges = ranges;
    // Windows may also have formatted what it had initialized. Its own filesystems are small as long as they are empty,
    // so nearly all of what was there before still is.
    if contents.iter().all(|content| content.is_of_windows()) && covers(disk) {
        findings.add(&codes::DISK_FORMATTED, place, &[("scheme", &name)]);
        ranges.push(whole_range(disk));
    }
    Partitions { scheme, ranges }
}

fn whole(disk: &Disk) -> Partitions {
    Partitions { scheme: PartitionScheme::None, ranges: vec![whole_range(disk)] }
}

fn whole_range(disk: &Disk) -> Range {
    Range { index: 0, kind: String::new(), start: 0, size: disk.virtual_size }
}

/// Whether an ext filesystem begins where the disk does and fills most of it. One that does not fill it is rather a
/// remainder of what was there before the partitions.
fn covers(disk: &Disk) -> bool {
    let half = disk.virtual_size / 2;
    probe::ext_size(&*disk.source).is_some_and(|size| size > half && size <= disk.virtual_size)
}

/// What covers the disk as a whole.
fn recognized(disk: &Disk) -> Option<Content> {
    probe(&*disk.source, &Place::default(), &mut Findings::new())
}

/// What of the contents of the ranges is recognized.
fn contents(disk: &Disk, ranges: &[Range]) -> Vec<Content> {
    let content = |range: &Range| {
        let size = disk.virtual_size.saturating_sub(range.start).min(range.size);
        let window = Window::new(Rc::clone(&disk.source), Place::default(), range.start, size);
        probe(&window, &Place::default(), &mut Findings::new())
    };
    ranges.iter().filter_map(content).collect()
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
