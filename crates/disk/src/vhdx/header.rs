//! The two headers (2.2.2): which one is current, where the log lies, and which state of the data the file holds.

use careen_evidence::{ByteSource, ErrorKind, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::{HEADERS, checksum};
use crate::guid::Guid;

const LENGTH: u64 = 4096;

/// The fields of a header that a reader needs.
#[derive(Clone, Debug)]
pub(super) struct Header {
    sequence_number: u64,
    /// Changes whenever the bytes the guest sees change; a differencing disk names its parent by it.
    pub(super) data_write_guid: Guid,
    /// Whose entries of the log count; zero when the log is empty.
    pub(super) log_guid: Guid,
    pub(super) log_version: u16,
    pub(super) log_length: u64,
    /// First byte of the log, from the start of the file.
    pub(super) log_offset: u64,
}

/// What is known from the headers.
pub(super) enum Headers {
    /// One matches its checksum; of two, the one with the greater sequence number counts.
    Whole(Header),
    /// Neither does, for this reason. The newer one of those that still look like headers goes with it.
    Bad(String, Option<Header>),
}

impl Headers {
    /// The current header, if it is whole.
    pub(super) fn whole(&self) -> Option<&Header> {
        match self {
            Headers::Whole(header) => Some(header),
            Headers::Bad(..) => None,
        }
    }
}

/// A header, and why its checksum says it is not to be trusted.
struct Read {
    header: Header,
    mismatch: Option<ReadError>,
}

/// Reads both headers. One bad header is a finding; two are told by the caller, who knows what became of the log.
///
/// An error of kind `Unsupported` when a whole header is of a version that is not known.
pub(super) fn read(
    file: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Headers, ReadError> {
    let (mut whole, mut doubtful) = (Vec::new(), Vec::new());
    let mut failures = Vec::new();
    for (number, offset) in (1..).zip(HEADERS) {
        let place = place.then(format_args!("VHDX header {number}"));
        match read_one(file, offset, &place, limits) {
            Ok(Read { header, mismatch: None }) => whole.push(header),
            Ok(Read { header, mismatch: Some(error) }) => {
                doubtful.push(header);
                failures.push(error);
            }
            Err(error) if matches!(error.kind, ErrorKind::Unsupported(_)) => return Err(error),
            Err(error) => failures.push(error),
        }
    }
    let newest = |headers: Vec<Header>| headers.into_iter().max_by_key(|header| header.sequence_number);
    if let Some(header) = newest(whole) {
        failures.iter().for_each(|error| findings.add_error(&codes::VHDX_HEADER, error));
        return Ok(Headers::Whole(header));
    }
    let reason = failures.iter().map(ReadError::reason).collect::<Vec<_>>().join("; ");
    Ok(Headers::Bad(reason, newest(doubtful)))
}

fn read_one(file: &dyn ByteSource, offset: u64, place: &Place, limits: &Limits) -> Result<Read, ReadError> {
    let bytes = read_vec(file, place, offset, LENGTH, limits)?;
    let fields = Fields::new("vhdx header", place, &bytes);
    let signature = fields.array::<4>(0)?;
    let stored = fields.u32_le(4)?;
    let sequence_number = fields.u64_le(8)?;
    let data_write_guid = Guid(fields.array(32)?);
    let log_guid = Guid(fields.array(48)?);
    let log_version = fields.u16_le(64)?;
    let version = fields.u16_le(66)?;
    let log_length = fields.u32_le(68)?;
    let log_offset = fields.u64_le(72)?;
    if &signature != b"head" {
        return Err(fields.corrupt(format_args!("signature is {:02x?}, expected \"head\"", signature)));
    }
    let computed = checksum(&bytes);
    let mismatch = (stored != computed)
        .then(|| fields.corrupt(format_args!("checksum is {stored:#010x}, its bytes give {computed:#010x}")));
    if version != 1 {
        // The version of a header that is damaged says nothing about the file.
        return Err(mismatch.unwrap_or_else(|| {
            ReadError::unsupported(place, format_args!("vhdx version {version}, only version 1 is known"))
        }));
    }
    let log_length = u64::from(log_length);
    let header = Header { sequence_number, data_write_guid, log_guid, log_version, log_length, log_offset };
    Ok(Read { header, mismatch })
}
