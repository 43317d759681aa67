//! VHDX, fixed, dynamic and differencing ([MS-VHDX] version 8.0, sections 2.1 to 2.6).
//!
//! Promised: both headers and both region tables are checked against their CRC-32C and the better one is used; a log
//! that holds writes is replayed in memory, and the file is never written; the block allocation table is read in pages.
//! A block whose place is missing, or lies over the file's own structures, is an error when it is read and is counted
//! in a finding on opening. Where both region tables or an item of the metadata are gone, what the rest of the file
//! implies stands in for them, with a finding. A differencing disk is read together with the files it was made upon,
//! which the caller gives; without them it is an error that names them.
//!
//! Not handled, refused by name: unknown required regions and metadata items.
//!
//! [MS-VHDX]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/

mod bat;
mod chain;
mod check;
mod header;
mod locator;
mod log;
mod metadata;
mod region;
mod replay;
mod search;

use crc::{CRC_32_ISCSI, Crc, Digest, Table};

pub(crate) use chain::open;

/// File type identifier (2.2.1).
pub(crate) const SIGNATURE: &[u8; 8] = b"vhdxfile";

/// Places of the headers and of the region tables (2.2).
pub(crate) const HEADERS: [u64; 2] = [64 << 10, 128 << 10];
pub(crate) const REGION_TABLES: [u64; 2] = [192 << 10, 256 << 10];

/// End of the header section; nothing else may lie below it (2.2).
const HEADER_SECTION: u64 = 1 << 20;

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
