//! qcow2, versions 2 and 3 (qemu's `docs/interop/qcow2`).
//!
//! Promised: L1 and L2 tables are read in pages, reference counts are not needed. A table or cluster whose place is
//! missing from the file is an error when it is read; when the file is shorter than its own reference counts say, what
//! is missing is counted in a finding on opening. Cluster sizes from 512 bytes to 2 MiB, clusters packed with zlib and
//! zstd, zero clusters, extended L2 entries.
//!
//! Not handled, refused by name: backing files, external data files, encryption, unknown incompatible features.
//! Internal snapshots are named in a finding; the active state is what is read.

mod check;
mod header;
mod packed;
mod snapshots;
mod tables;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};
use careen_model::codes::disk as codes;

use crate::mapped::Mapped;
use crate::{DEFAULT_SECTOR, Disk, Format};
use tables::ClusterTables;

/// First four bytes of versions 1, 2 and 3.
pub(crate) const SIGNATURE: &[u8; 4] = b"QFI\xfb";

/// Opens a qcow2 file.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let header = header::read(&*file, place, limits)?;
    if header.dirty {
        findings.add(&codes::QCOW2_DIRTY, place, &[]);
    }
    if header.corrupt {
        findings.add(&codes::QCOW2_CORRUPT, place, &[]);
    }
    snapshots::tell(&*file, &header, place, limits, findings);
    let tables = ClusterTables::new(Rc::clone(&file), &header, place);
    check::check(&tables, &*file, &header, place, limits, findings);
    Ok(Disk {
        format: Format::Qcow2,
        virtual_size: header.size,
        sector_size: DEFAULT_SECTOR,
        identifier: None,
        data_write_id: None,
        source: Rc::new(Mapped { mapping: tables, below: None, file, place: place.clone() }),
    })
}

#[cfg(test)]
pub(crate) mod tests;
