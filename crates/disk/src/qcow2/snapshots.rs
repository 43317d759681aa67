//! The snapshot table (section "Snapshots"): only the names, for a finding.

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::header::Header;

/// Bytes of an entry before its variable part.
const FIXED: u64 = 40;
/// How many names are told.
const TOLD: u32 = 20;

/// Tells which internal snapshots the file has.
pub(super) fn tell(file: &dyn ByteSource, header: &Header, place: &Place, limits: &Limits, findings: &mut Findings) {
    if header.snapshots == 0 {
        return;
    }
    let place = place.then("qcow2 snapshot table");
    let mut names = Vec::new();
    let mut at = header.snapshots_offset;
    for _ in 0..header.snapshots.min(TOLD) {
        match read_one(file, at, &place, limits) {
            Ok((name, next)) => {
                names.push(name);
                at = next;
            }
            Err(error) => {
                findings.add_error(&codes::QCOW2_SNAPSHOT_TABLE, &error);
                break;
            }
        }
    }
    let mut names = names.join(", ");
    if header.snapshots > TOLD {
        names.push_str(", …");
    }
    findings.add(&codes::QCOW2_SNAPSHOTS, &place, &[("count", &header.snapshots), ("names", &names)]);
}

/// Name of the snapshot whose entry starts at this byte of the file, and where the next entry starts.
fn read_one(file: &dyn ByteSource, at: u64, place: &Place, limits: &Limits) -> Result<(String, u64), ReadError> {
    let bytes = read_vec(file, place, at, FIXED, limits)?;
    let fields = Fields::new("qcow2 snapshot", place, &bytes);
    let id_length = u64::from(fields.u16_be(12)?);
    let name_length = u64::from(fields.u16_be(14)?);
    let extra_length = u64::from(fields.u32_be(36)?);
    let name_start = at.saturating_add(FIXED).saturating_add(extra_length).saturating_add(id_length);
    let name = read_vec(file, place, name_start, name_length, limits)?;
    let length = name_start.saturating_add(name_length).saturating_sub(at);
    let next = at.saturating_add(length.checked_next_multiple_of(8).unwrap_or(length));
    Ok((String::from_utf8_lossy(&name).into_owned(), next))
}
