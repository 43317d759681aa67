//! VHDX, fixed and dynamic ([MS-VHDX] version 8.0, sections 2.1 to 2.6).
//!
//! Promised: both headers and both region tables are checked against their CRC-32C and the better one is used; a log
//! that holds writes is replayed in memory, and the file is never written; the block allocation table is read in pages.
//! A block whose place is missing, or lies over the file's own structures, is an error when it is read and is counted
//! in a finding on opening.
//!
//! Not handled, refused by name: differencing disks (2.6.2.6), unknown required regions and metadata items.
//!
//! [MS-VHDX]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/

mod bat;
mod header;
mod log;
mod metadata;
mod region;
mod replay;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};
use careen_model::codes::disk as codes;
use crc::{CRC_32_ISCSI, Crc, Digest, Table};

use crate::mapped::Mapped;
use crate::{Disk, Format};
use bat::BlockTable;

/// File type identifier (2.2.1).
pub(crate) const SIGNATURE: &[u8; 8] = b"vhdxfile";

/// Places of the headers and of the region tables (2.2).
pub(crate) const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
pub(crate) const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];

/// End of the header section; nothing else may lie below it (2.2).
const HEADER_SECTION: u64 = 1 << 20;

/// Opens a VHDX file.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let mut signature = [0; SIGNATURE.len()];
    if file.read_exact_at(0, &mut signature).is_err() || &signature != SIGNATURE {
        findings.add(&codes::VHDX_IDENTIFIER, place, &[]);
    }
    let headers = header::read(&*file, place, limits, findings)?;
    let log = headers.whole().and_then(|header| log::range(header, place).ok());
    let file = replay::replayed(&file, &headers, place, findings);
    let regions = region::read(&*file, place, limits, findings)?;
    let metadata = metadata::read(&*file, &regions.metadata, place, limits)?;
    let table = BlockTable::new(Rc::clone(&file), &regions, log, &metadata, place);
    table.check(place, findings);
    Ok(Disk {
        format: Format::Vhdx,
        virtual_size: metadata.virtual_size,
        sector_size: metadata.sector_size.get(),
        identifier: metadata.identifier.map(|id| id.to_string()),
        data_write_id: headers.whole().map(|header| header.data_write_guid.to_string()),
        source: Rc::new(Mapped { mapping: table, file, place: place.clone() }),
    })
}

static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

/// CRC-32C of a structure whose own checksum field counts as zeros, as in headers, region tables and log entries.
fn checksum(structure: &[u8]) -> u32 {
    let mut digest = CRC32C.digest();
    update_without_checksum(&mut digest, structure);
    digest.finalize()
}

/// Sums the beginning of a structure, its checksum (four bytes at 4) as zeros.
fn update_without_checksum(digest: &mut Digest<'_, u32, Table<16>>, structure: &[u8]) {
    digest.update(structure.get(..4).unwrap_or(structure));
    digest.update(&[0; 4]);
    digest.update(structure.get(8..).unwrap_or(&[]));
}

#[cfg(test)]
pub(crate) mod tests;
