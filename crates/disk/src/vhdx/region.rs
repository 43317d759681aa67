//! The two region tables (2.2.3): where the block allocation table and the metadata lie.

use careen_evidence::{ByteSource, ErrorKind, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::{HEADER_SECTION, REGION_TABLES, checksum, search};
use crate::guid::Guid;

const LENGTH: u64 = 64 << 10;
const ENTRY: usize = 32;
/// Most entries a table may have (2.2.3.1).
const MAX_ENTRIES: u32 = 2047;

const BAT: Guid = Guid::new(0x2DC2_7766, 0xF623, 0x4200, 0x9D64, 0x115E_9BFD_4A08);
const METADATA: Guid = Guid::new(0x8B7C_A206, 0x4790, 0x4B9A, 0xB8FE, 0x575F_050F_886E);

/// A region of the file, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) offset: u64,
    pub(super) length: u64,
}

/// The regions this reader knows.
#[derive(Debug)]
pub(super) struct Regions {
    pub(super) bat: Region,
    pub(super) metadata: Region,
}

/// A region table, and why its checksum says it is not to be trusted.
struct Table {
    regions: Regions,
    mismatch: Option<ReadError>,
}

/// The regions, from the first table that is whole, else from one that is readable though its checksum is wrong, else
/// from what lies in the file.
pub(super) fn read(
    file: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Regions, ReadError> {
    let mut whole = None;
    let mut doubtful = None;
    let mut failures = Vec::new();
    for (number, offset) in (1..).zip(REGION_TABLES) {
        let place = place.then(format_args!("VHDX region table {number}"));
        match read_one(file, offset, &place, limits) {
            Ok(Table { regions, mismatch: None }) => whole = whole.or(Some(regions)),
            Ok(Table { regions, mismatch: Some(error) }) => {
                doubtful = doubtful.or(Some((regions, error.clone())));
                failures.push(error);
            }
            Err(error) if matches!(error.kind, ErrorKind::Unsupported(_)) => return Err(error),
            Err(error) => failures.push(error),
        }
    }
    if let Some(regions) = whole {
        failures.iter().for_each(|error| findings.add_error(&codes::VHDX_REGION_TABLE, error));
        return Ok(regions);
    }
    if let Some((regions, error)) = doubtful {
        findings.add_error(&codes::VHDX_REGION_TABLES, &error);
        return Ok(regions);
    }
    let reasons = failures.iter().map(ReadError::reason).collect::<Vec<_>>().join("; ");
    if let Some(regions) = search::regions(file) {
        let (bat, metadata) = (regions.bat.offset, regions.metadata.offset);
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("reason", &reasons), ("bat", &bat), ("metadata", &metadata)];
        findings.add(&codes::VHDX_REGIONS_SEARCHED, place, &values);
        return Ok(regions);
    }
    Err(ReadError::corrupt(place, format_args!("both region tables are unreadable: {reasons}")))
}

fn read_one(file: &dyn ByteSource, offset: u64, place: &Place, limits: &Limits) -> Result<Table, ReadError> {
    let bytes = read_vec(file, place, offset, LENGTH, limits)?;
    let fields = Fields::new("vhdx region table", place, &bytes);
    let signature = fields.array::<4>(0)?;
    let stored = fields.u32_le(4)?;
    let entry_count = fields.u32_le(8)?;
    if &signature != b"regi" {
        return Err(fields.corrupt(format_args!("signature is {signature:02x?}, expected \"regi\"")));
    }
    let computed = checksum(&bytes);
    let mismatch = (stored != computed)
        .then(|| fields.corrupt(format_args!("checksum is {stored:#010x}, its bytes give {computed:#010x}")));
    if entry_count > MAX_ENTRIES {
        return Err(fields.corrupt(format_args!("entry count is {entry_count}, expected at most {MAX_ENTRIES}")));
    }
    let (mut bat, mut metadata) = (None, None);
    for index in 0..usize::try_from(entry_count).unwrap_or(0) {
        let entry = Fields::new(
            "vhdx region table entry",
            place,
            fields.bytes(index.saturating_mul(ENTRY).saturating_add(16), ENTRY)?,
        );
        let guid = Guid(entry.array(0)?);
        let file_offset = entry.u64_le(16)?;
        let length = entry.u32_le(24)?;
        let required = entry.u32_le(28)? & 1 != 0;
        let known = match guid {
            BAT => &mut bat,
            METADATA => &mut metadata,
            // An entry of a table that is damaged cannot be told from an unknown region.
            _ if required && mismatch.is_none() => {
                return Err(ReadError::unsupported(place, format_args!("required vhdx region of unknown kind {guid}")));
            }
            _ => continue,
        };
        if file_offset < HEADER_SECTION {
            return Err(entry.corrupt(format_args!("region {guid} lies at {file_offset:#x}, within the headers")));
        }
        *known = Some(Region { offset: file_offset, length: u64::from(length) });
    }
    let bat = bat.ok_or_else(|| fields.corrupt("it names no block allocation table"))?;
    let metadata = metadata.ok_or_else(|| fields.corrupt("it names no metadata region"))?;
    Ok(Table { regions: Regions { bat, metadata }, mismatch })
}
