//! The snapshot table (section "Snapshots"): states of the disk that were kept inside the file.

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::header::Header;
use super::tables::State;
use crate::Snapshot;

/// Bytes of an entry before its variable part.
const FIXED: u64 = 40;
/// Extra data of version 3 that is read: the size of the disk lies at byte 8 of it.
const EXTRA: u64 = 16;
/// Most snapshots that are listed, as many as QEMU allows.
const MOST: u32 = 65_536;
/// How many names are told in the finding.
const TOLD: usize = 20;

/// A snapshot with what is needed to read it.
pub(super) struct Entry {
    pub(super) shown: Snapshot,
    pub(super) state: State,
}

/// The snapshots of the file, in the order of its table. What breaks the table off is told as a finding.
pub(super) fn read(
    file: &dyn ByteSource,
    header: &Header,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Entry> {
    let place = place.then("qcow2 snapshot table");
    let (mut entries, mut at, mut length) = (Vec::new(), header.snapshots_offset, 0_u64);
    for index in 0..header.snapshots {
        let read = match index < MOST && length <= limits.bytes {
            true => read_one(file, at, header, &place, limits),
            false => Err(ReadError::over_limit(&place, format_args!("{} snapshots", header.snapshots))),
        };
        match read {
            Ok((entry, next)) => {
                entries.push(entry);
                length = length.saturating_add(next.saturating_sub(at));
                at = next;
            }
            Err(error) => {
                findings.add_error(&codes::QCOW2_SNAPSHOT_TABLE, &error);
                break;
            }
        }
    }
    entries
}

/// Tells which snapshots there are beside the state that is shown.
pub(super) fn tell(entries: &[Entry], header: &Header, place: &Place, findings: &mut Findings) {
    if header.snapshots == 0 {
        return;
    }
    let mut names: Vec<&str> = entries.iter().take(TOLD).map(|entry| entry.shown.name.as_str()).collect();
    if usize::try_from(header.snapshots).is_ok_and(|count| count > names.len()) {
        names.push("…");
    }
    let place = place.then("qcow2 snapshot table");
    findings.add(&codes::QCOW2_SNAPSHOTS, &place, &[("count", &header.snapshots), ("names", &names.join(", "))]);
}

/// The snapshot of this name, or else of this id.
pub(super) fn find<'a>(entries: &'a [Entry], wanted: &str, place: &Place) -> Result<&'a Entry, ReadError> {
    let by = |key: fn(&Snapshot) -> &str| entries.iter().find(|entry| key(&entry.shown) == wanted);
    by(|shown| &shown.name).or_else(|| by(|shown| &shown.id)).ok_or_else(|| {
        let names: Vec<&str> = entries.iter().map(|entry| entry.shown.name.as_str()).take(TOLD).collect();
        let has = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        ReadError::unsupported(place, format_args!("snapshot {wanted:?}, the disk has {has}"))
    })
}

/// The snapshot whose entry starts at this byte of the file, and where the next entry starts.
fn read_one(
    file: &dyn ByteSource,
    at: u64,
    header: &Header,
    place: &Place,
    limits: &Limits,
) -> Result<(Entry, u64), ReadError> {
    let bytes = read_vec(file, place, at, FIXED, limits)?;
    let fields = Fields::new("qcow2 snapshot", place, &bytes);
    let l1_table_offset = fields.u64_be(0)?;
    let l1_size = fields.u32_be(8)?;
    let id_length = u64::from(fields.u16_be(12)?);
    let name_length = u64::from(fields.u16_be(14)?);
    let created = fields.u32_be(16)?;
    let nanoseconds = fields.u32_be(20)?;
    let extra_length = u64::from(fields.u32_be(36)?);
    if l1_table_offset % header.cluster_size != 0 {
        return Err(fields.corrupt(format_args!("l1_table_offset is {l1_table_offset:#x}, expected whole clusters")));
    }
    let extra_start = at.saturating_add(FIXED);
    let extra = read_vec(file, place, extra_start, extra_length.min(EXTRA), limits)?;
    // Version 2 has none: the disk cannot have changed its size since.
    let size = Fields::new("qcow2 snapshot", place, &extra).u64_be(8).unwrap_or(header.size);
    let id_start = extra_start.saturating_add(extra_length);
    let texts = read_vec(file, place, id_start, id_length.saturating_add(name_length), limits)?;
    let (id, name) = texts.split_at_checked(usize::try_from(id_length).unwrap_or(0)).unwrap_or((&texts, &[]));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = Snapshot { id: text(id), name: text(name), created, nanoseconds, virtual_size: size };
    let length = id_start.saturating_add(texts.len() as u64).saturating_sub(at);
    let next = at.saturating_add(length.checked_next_multiple_of(8).unwrap_or(length));
    Ok((Entry { shown, state: State { size, l1_size: u64::from(l1_size), l1_table_offset } }, next))
}
