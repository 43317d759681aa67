//! qcow2, versions 2 and 3 (qemu's `docs/interop/qcow2`).
//!
//! Promised: L1 and L2 tables are read in pages, reference counts are not needed. A table or cluster whose place is
//! missing from the file is an error when it is read; when the file is shorter than its own reference counts say, what
//! is missing is counted in a finding on opening. Cluster sizes from 512 bytes to 2 MiB, clusters packed with zlib and
//! zstd, zero clusters, extended L2 entries. Internal snapshots are listed, and one of them can be read in place of
//! the active state. A backing file (any format that is read here) and an external data file are taken from the files
//! at hand; without them it is an error that names them. The backing file may be shorter than the disk: what lies
//! beyond its end is zeros.
//!
//! Not handled, refused by name: encryption, unknown incompatible features.

mod check;
mod header;
mod snapshots;
mod tables;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};
use careen_model::codes::disk as codes;

use crate::beside::{Beside, needs_parent, needs_parts};
use crate::mapped::Mapped;
use crate::{DEFAULT_SECTOR, Disk, Format};
use header::{Backing, Header};
use tables::{ClusterTables, State};

/// First four bytes of versions 1, 2 and 3.
pub(crate) const SIGNATURE: &[u8; 4] = b"QFI\xfb";

/// Opens a qcow2 file, in the state of the snapshot with this name or id if one is wanted.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    snapshot: Option<&str>,
    beside: &mut Beside,
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
    let entries = snapshots::read(&*file, &header, place, limits, findings);
    let (state, shown_place) = match snapshot {
        Some(wanted) => {
            let entry = snapshots::find(&entries, wanted, place)?;
            (entry.state, place.then(format_args!("snapshot {}", entry.shown.name)))
        }
        None => {
            snapshots::tell(&entries, &header, place, findings);
            let l1_size = u64::from(header.l1_size);
            (State { size: header.size, l1_size, l1_table_offset: header.l1_table_offset }, place.clone())
        }
    };
    let data = data_file(&header, beside, place)?;
    let below = match &header.backing {
        Some(backing) => Some(open_backing(backing, beside, place, limits, findings)?.source),
        None => None,
    };
    let tables = ClusterTables::new(Rc::clone(&file), data.as_deref(), &header, state, &shown_place);
    check::check(&tables, &*file, &header, &shown_place, limits, findings);
    let mapped = Mapped { mapping: tables, below, file: data.unwrap_or(file), place: shown_place };
    Ok(Disk {
        format: Format::Qcow2,
        virtual_size: state.size,
        sector_size: DEFAULT_SECTOR,
        identifier: None,
        data_write_id: None,
        snapshots: entries.into_iter().map(|entry| entry.shown).collect(),
        pieces: None,
        source: Rc::new(mapped),
    })
}

/// The file that holds the clusters, where it is another one.
fn data_file(header: &Header, beside: &mut Beside, place: &Place) -> Result<Option<Rc<dyn ByteSource>>, ReadError> {
    let Some(name) = &header.data_file else { return Ok(None) };
    match beside.take_named(&[name]) {
        Some(file) => Ok(Some(file.source)),
        None if name.is_empty() => {
            let what = "a qcow2 disk whose data lies in another file, whose name it does not say: `qemu-img amend -o \
                        data_file=NAME` on a copy writes the name down";
            Err(ReadError::unsupported(place, what))
        }
        None => Err(needs_parts(place, "a qcow2 disk whose data lies in another file", vec![name.clone()])),
    }
}

fn open_backing(
    backing: &Backing,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let path = backing.name.strip_prefix("file:").unwrap_or(&backing.name);
    let Some(file) = beside.take_named(&[path]) else {
        let names = if path.is_empty() { Vec::new() } else { vec![path.to_owned()] };
        return Err(needs_parent(place, "a qcow2 disk with a backing file", names, Vec::new()));
    };
    // A guest can write what looks like a header to the start of a raw disk, so the format that was noted decides.
    let format = (backing.format.as_deref() == Some("raw")).then_some(Format::Raw);
    let place = Place::new(&file.name);
    crate::open_layer(file, format, None, beside, &place, limits, findings)
}

#[cfg(test)]
pub(crate) mod tests;
