//! VHD, fixed, dynamic and differencing (Microsoft, "Virtual Hard Disk Image Format Specification", version 1.0).
//!
//! Promised: the footer at the end and its copy at the start are checked against their checksums and the better one is
//! used; the block allocation table is read in pages. A block whose place is missing from the file, or lies over its
//! own structures, is an error when it is read and is counted in a finding on opening. A differencing disk is read
//! together with the disks it was made upon, which are taken from the files at hand; without them it is an error that
//! names them.
//!
//! The size of the disk is the current size of the footer, as Hyper-V counts it, never the geometry. The sector bitmaps
//! of a dynamic disk are not read: what was never written in a block that is there is zeros anyway.
//!
//! Not handled: guessing where the block allocation table lies when the header of a dynamic disk is gone.

mod dynamic;
mod footer;
mod table;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError, Window};
use careen_model::codes::disk as codes;

use crate::beside::{Beside, NamedFile, needs_parent};
use crate::mapped::Mapped;
use crate::{DEFAULT_SECTOR, Disk, Format};
use dynamic::DynamicHeader;
use footer::Kind;
use table::BlockTable;

pub(crate) use footer::SIGNATURE;

/// Unit of the places in the block allocation table.
const SECTOR: u64 = 512;

/// Opens a VHD file.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let footer = footer::read(&*file, place, findings)?;
    if footer.is_saved {
        findings.add(&codes::VHD_SAVED_STATE, place, &[]);
    }
    let disk = |source| Disk {
        format: Format::Vhd,
        virtual_size: footer.current_size,
        sector_size: DEFAULT_SECTOR,
        identifier: Some(footer.unique_id.to_string()),
        data_write_id: None,
        snapshots: Vec::new(),
        pieces: None,
        source,
    };
    if footer.kind == Kind::Fixed {
        // One that is found at the start only says that the file lost its end, and where its data lie is not known.
        let stored = footer.place;
        if stored < footer.current_size {
            let missing = footer.current_size.saturating_sub(stored);
            findings.add(&codes::VHD_FIXED_SHORT, place, &[("missing", &missing)]);
        }
        // What lies beyond the footer is no data: reading there is an error.
        let data = Window::new(file, place.clone(), 0, stored);
        return Ok(disk(Rc::new(Window::new(Rc::new(data), place.clone(), 0, footer.current_size))));
    }
    let header = dynamic::read(&*file, &footer, place, limits, findings)?;
    let below = match footer.kind {
        Kind::Differencing => Some(open_parent(&header, beside, place, limits, findings)?.source),
        Kind::Fixed | Kind::Dynamic => None,
    };
    let table = BlockTable::new(Rc::clone(&file), &footer, &header, place);
    table::check(&table, place, findings);
    Ok(disk(Rc::new(Mapped { mapping: table, below, file, place: place.clone() })))
}

/// Takes the parent out of the files at hand: the one whose unique id is the one that was noted when the child was made,
/// else the one that is called as the parent was.
fn open_parent(
    header: &DynamicHeader,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let id =
        |file: &NamedFile| footer::read(&*file.source, place, &mut Findings::new()).ok().map(|footer| footer.unique_id);
    let wanted = header.parent_id;
    let parent = match beside.take(|file| id(file) == Some(wanted)) {
        Some(parent) => parent,
        None => {
            let Some(parent) = beside.take_named(&header.parent_paths) else {
                let names = header.parent_paths.clone();
                return Err(needs_parent(place, "a differencing VHD", names, vec![wanted.to_string()]));
            };
            let found = id(&parent).map_or_else(|| "unknown".to_owned(), |id| id.to_string());
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("parent", &parent.name), ("found", &found), ("expected", &wanted)];
            findings.add(&codes::VHD_PARENT_CHANGED, place, &values);
            parent
        }
    };
    let place = Place::new(&parent.name);
    crate::open_layer(parent, None, None, beside, &place, limits, findings)
}

#[cfg(test)]
mod tests;
