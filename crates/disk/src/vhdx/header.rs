//! The two headers (2.2.2): which one is current, and whether the log is empty.

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::{HEADERS, checksum};
use crate::guid::Guid;

const LENGTH: u64 = 4096;

/// A header that matches its checksum.
struct Header {
    sequence_number: u64,
    log_guid: Guid,
    log_length: u32,
    log_offset: u64,
}

/// The range of the file that holds the log, from the start of the file.
pub(super) type LogRange = (u64, u64);

/// Where the log lies, from the current header: the valid one with the greater sequence number. `None` when no header
/// is valid, which is a finding and no reason to stop: the region tables do not depend on the headers.
///
/// An error of kind `Unsupported` when the log has to be replayed.
pub(super) fn read(
    file: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Option<LogRange>, ReadError> {
    let mut current: Option<Header> = None;
    let mut failures = Vec::new();
    for (number, offset) in (1..).zip(HEADERS) {
        let place = place.then(format_args!("VHDX header {number}"));
        match read_one(file, offset, &place, limits) {
            Ok(header) if current.as_ref().is_some_and(|other| other.sequence_number >= header.sequence_number) => {}
            Ok(header) => current = Some(header),
            Err(error) if matches!(error.kind, careen_evidence::ErrorKind::Unsupported(_)) => return Err(error),
            Err(error) => failures.push(error),
        }
    }
    let Some(header) = current else {
        let reason = failures.iter().map(ReadError::reason).collect::<Vec<_>>().join("; ");
        findings.add(&codes::VHDX_HEADERS, place, &[("reason", &reason)]);
        return Ok(None);
    };
    failures.iter().for_each(|error| findings.add_error(&codes::VHDX_HEADER, error));
    if header.log_guid != Guid::ZERO {
        return Err(ReadError::unsupported(
            place,
            format_args!(
                "the VHDX log holds writes that have not reached their place (log {}); replaying it is not handled \
                 yet: attach the disk once in Windows, or run `qemu-img check -r all` on a copy, then open that",
                header.log_guid
            ),
        ));
    }
    Ok(Some((header.log_offset, u64::from(header.log_length))))
}

fn read_one(file: &dyn ByteSource, offset: u64, place: &Place, limits: &Limits) -> Result<Header, ReadError> {
    let bytes = read_vec(file, place, offset, LENGTH, limits)?;
    let fields = Fields::new("vhdx header", place, &bytes);
    let signature = fields.array::<4>(0)?;
    let stored = fields.u32_le(4)?;
    let sequence_number = fields.u64_le(8)?;
    let log_guid = Guid(fields.array(48)?);
    let log_version = fields.u16_le(64)?;
    let version = fields.u16_le(66)?;
    let log_length = fields.u32_le(68)?;
    let log_offset = fields.u64_le(72)?;
    if &signature != b"head" {
        return Err(fields.corrupt(format_args!("signature is {:02x?}, expected \"head\"", signature)));
    }
    let computed = checksum(&bytes);
    if stored != computed {
        return Err(fields.corrupt(format_args!("checksum is {stored:#010x}, its bytes give {computed:#010x}")));
    }
    if version != 1 {
        return Err(ReadError::unsupported(place, format_args!("vhdx version {version}, only version 1 is known")));
    }
    // The log's version only matters when there is a log (2.2.2).
    if log_version != 0 && log_guid != Guid::ZERO {
        return Err(ReadError::unsupported(place, format_args!("vhdx log version {log_version}, only 0 is known")));
    }
    Ok(Header { sequence_number, log_guid, log_length, log_offset })
}
