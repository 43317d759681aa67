//! VMDK of VMware's hosted products and what others write after it (VMware, "Virtual Disk Format 5.0"): sparse and flat
//! extents, in one file or many, and stream-optimized disks.
//!
//! Promised: grain directories and tables are read in pages, their second copy where the first is lost. A grain whose
//! place is missing from the file is an error when it is read and is counted in a finding on opening. Extents, and for
//! a disk with a parent that parent, are taken from the files at hand by the names in the description; without them it
//! is an error that names them. An extent file that is damaged as a whole takes no other with it.
//!
//! Not handled, refused by name: extents that only ESX writes (VMFSSPARSE, SESPARSE, raw devices), encryption. Of a
//! stream-optimized file whose end is missing nothing is read.

mod descriptor;
mod grains;
mod header;

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError, Window, check_range, read_vec};
use careen_model::codes::disk as codes;

use crate::beside::{Beside, NamedFile, last_part, needs_parent, needs_parts};
use crate::joined::Joined;
use crate::mapped::Mapped;
use crate::{DEFAULT_SECTOR, Disk, Format};
use descriptor::{Descriptor, Extent, Stored};
use grains::{GrainTables, Tally};

pub(crate) use header::SIGNATURE;

/// How a description begins that is a file of its own.
pub(crate) const DESCRIPTION: &[u8; 21] = b"# Disk DescriptorFile";

/// Unit of places and lengths.
const SECTOR: u64 = 512;
/// Longest description that is read; those of a thousand extents have 60 KiB.
const LONGEST: u64 = 1 << 20;

/// Opens a VMDK disk by its description or by the one file that holds it.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let mut signature = [0; 4];
    let is_extent = file.read_exact_at(0, &mut signature).is_ok() && &signature == SIGNATURE;
    let mut own = None;
    let descriptor = if is_extent {
        let header = header::read(&*file, place, limits, findings)?;
        let descriptor = embedded(&*file, &header, place, limits, findings)?;
        let capacity = header.capacity;
        own = Some(file);
        // The file may have been renamed since: what it says of itself is what it is.
        let itself = Extent { sectors: capacity / SECTOR, stored: Stored::Sparse(String::new()) };
        let extents = if descriptor.extents.len() > 1 { descriptor.extents } else { vec![itself] };
        Descriptor { extents, ..descriptor }
    } else {
        let text = text(&*file, 0, file.len(), place, limits)?;
        let descriptor = Descriptor::parse(&text, place)?;
        if descriptor.extents.is_empty() {
            return Err(ReadError::corrupt(place, "vmdk descriptor: it names no extents"));
        }
        descriptor
    };
    let files = extent_files(&descriptor.extents, own, beside, place)?;
    let parent = match descriptor.parent_content_id {
        Some(id) => Some(open_parent(id, &descriptor, beside, place, limits, findings)?.source),
        None => None,
    };
    let mut disk = Joined::new(place);
    let mut tally = Tally::default();
    for (extent, file) in descriptor.extents.iter().zip(files) {
        let start = disk.len();
        let length = extent.sectors.checked_mul(SECTOR).filter(|length| start.checked_add(*length).is_some());
        let length = length.ok_or_else(|| {
            ReadError::corrupt(place, format_args!("vmdk descriptor: an extent of {} sectors", extent.sectors))
        })?;
        // Below each extent lies the same stretch of the parent, zeros where that is shorter.
        let below = parent.as_ref().map(|parent| -> Rc<dyn ByteSource> {
            let there = parent.len().saturating_sub(start).min(length);
            Rc::new(Window::new(Rc::clone(parent), place.clone(), start.min(parent.len()), there))
        });
        disk.push(open_extent(extent, file, length, below, place, limits, &mut tally, findings))?;
    }
    tally.tell(place, findings);
    Ok(Disk {
        format: Format::Vmdk,
        virtual_size: disk.len(),
        sector_size: DEFAULT_SECTOR,
        identifier: None,
        data_write_id: None,
        snapshots: Vec::new(),
        pieces: None,
        source: Rc::new(disk),
    })
}

/// The description inside a sparse extent. A disk that lies in one file does not need it, so damage is only told.
fn embedded(
    file: &dyn ByteSource,
    header: &header::Header,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Descriptor, ReadError> {
    if header.descriptor_offset == 0 {
        findings.add(&codes::VMDK_EXTENT_ALONE, place, &[]);
        return Ok(Descriptor::default());
    }
    let read = text(file, header.descriptor_offset, header.descriptor_size, place, limits)
        .and_then(|text| Descriptor::parse(&text, place));
    match read {
        Ok(descriptor) => Ok(descriptor),
        Err(error) if matches!(error.kind, careen_evidence::ErrorKind::Unsupported(_)) => Err(error),
        Err(error) => {
            findings.add_error(&codes::VMDK_DESCRIPTOR, &error);
            Ok(Descriptor::default())
        }
    }
}

fn text(file: &dyn ByteSource, at: u64, length: u64, place: &Place, limits: &Limits) -> Result<String, ReadError> {
    let bytes = read_vec(file, place, at, length.min(LONGEST), limits)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A file for each extent, `None` for those that have none. What is missing is named all at once.
fn extent_files(
    extents: &[Extent],
    own: Option<Rc<dyn ByteSource>>,
    beside: &mut Beside,
    place: &Place,
) -> Result<Vec<Option<NamedFile>>, ReadError> {
    let mut own = own.map(|source| NamedFile { name: place.as_str().to_owned(), source });
    // Several extents may lie in one file.
    let mut known: BTreeMap<&str, Option<NamedFile>> = BTreeMap::new();
    let (mut files, mut missing) = (Vec::new(), Vec::new());
    for extent in extents {
        let (Stored::Sparse(name) | Stored::Flat(name, _)) = &extent.stored else {
            files.push(None);
            continue;
        };
        if let Some(file) = known.get(name.as_str()) {
            files.push(file.clone());
            continue;
        }
        let file = own.take().or_else(|| beside.take_named(&[name]));
        if file.is_none() {
            missing.push(name.clone());
        }
        known.insert(name, file.clone());
        files.push(file);
    }
    if missing.is_empty() {
        Ok(files)
    } else {
        Err(needs_parts(place, "a VMDK disk whose data lies in other files", missing))
    }
}

/// One extent as a source of `length` bytes.
#[allow(clippy::too_many_arguments)] // what an extent is made of, and what every reader is given
fn open_extent(
    extent: &Extent,
    file: Option<NamedFile>,
    length: u64,
    below: Option<Rc<dyn ByteSource>>,
    place: &Place,
    limits: &Limits,
    tally: &mut Tally,
    findings: &mut Findings,
) -> Rc<dyn ByteSource> {
    let Some(NamedFile { name, source }) = file else { return Rc::new(Zeros(length)) };
    let place = if name == place.as_str() { place.clone() } else { place.then(&name) };
    if let Stored::Flat(_, offset) = &extent.stored {
        let start = offset.saturating_mul(SECTOR);
        let missing = start.saturating_add(length).saturating_sub(source.len()).min(length);
        if missing > 0 {
            findings.add(&codes::VMDK_FLAT_SHORT, &place, &[("missing", &missing)]);
        }
        return Rc::new(Window::new(source, place, start, length));
    }
    match header::read(&*source, &place, limits, findings) {
        Ok(header) => {
            if header.capacity < length {
                let missing = length.saturating_sub(header.capacity);
                findings.add(&codes::VMDK_FLAT_SHORT, &place, &[("missing", &missing)]);
            }
            let mapping = GrainTables::new(Rc::clone(&source), header, length, below.is_some(), &place);
            tally.count(&mapping);
            Rc::new(Mapped { mapping, file: source, below, place })
        }
        Err(error) => {
            findings.add(&codes::VMDK_EXTENT, &place, &[("bytes", &length), ("reason", &error.reason())]);
            // Nothing of it can be read, and it is no zeros.
            Rc::new(Window::new(Rc::new(Vec::new()), place, 0, length))
        }
    }
}

/// An extent that is not stored.
struct Zeros(u64);

impl ByteSource for Zeros {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        check_range(&Place::default(), offset, buf.len(), self.0)?;
        buf.fill(0);
        Ok(())
    }
}

/// Takes the parent out of the files at hand: the one whose content id is the one that was noted when the child was made,
/// else the one that is called as the parent was, which may have been written to since.
fn open_parent(
    wanted: u32,
    descriptor: &Descriptor,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let id = |file: &NamedFile| content_id(&*file.source, place, limits);
    let hint: Vec<String> = descriptor.parent_hint.iter().cloned().collect();
    let is_called = |file: &NamedFile| {
        hint.iter().any(|hint| last_part(hint).to_lowercase() == last_part(&file.name).to_lowercase())
    };
    // A snapshot that nothing was written to has the content id of what it was made upon: the name goes first.
    let is_parent = |file: &NamedFile| id(file) == Some(wanted);
    let linked = beside.take(|file| is_called(file) && is_parent(file)).or_else(|| beside.take(is_parent));
    let parent = match linked {
        Some(parent) => parent,
        None => {
            let Some(parent) = beside.take_named(&hint) else {
                return Err(needs_parent(place, "a VMDK disk with a parent", hint, vec![format!("{wanted:08x}")]));
            };
            let found = id(&parent).map_or_else(|| "unknown".to_owned(), |id| format!("{id:08x}"));
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("parent", &parent.name), ("found", &found), ("expected", &format!("{wanted:08x}"))];
            findings.add(&codes::VMDK_PARENT_CHANGED, place, &values);
            parent
        }
    };
    let place = Place::new(&parent.name);
    crate::open_layer(parent, None, None, beside, &place, limits, findings)
}

/// The content id of a VMDK disk.
fn content_id(file: &dyn ByteSource, place: &Place, limits: &Limits) -> Option<u32> {
    let mut head = [0; DESCRIPTION.len()];
    file.read_exact_at(0, &mut head).ok()?;
    let text = if head.eq_ignore_ascii_case(DESCRIPTION) {
        text(file, 0, file.len(), place, limits).ok()?
    } else {
        let header = header::read(file, place, limits, &mut Findings::new()).ok()?;
        text(file, header.descriptor_offset, header.descriptor_size, place, limits).ok()?
    };
    Descriptor::parse(&text, place).ok()?.content_id
}

#[cfg(test)]
mod tests;
