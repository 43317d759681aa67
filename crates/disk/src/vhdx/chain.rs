//! A VHDX file, and the files a differencing disk (2.6.2.6) was made upon, down to one that has no parent.

use std::rc::Rc;

use careen_evidence::{ByteSource, ErrorKind, Findings, Limits, NeedsFile, Place, ReadError};
use careen_model::codes::disk as codes;

use super::bat::BlockTable;
use super::header::Header;
use super::locator::Locator;
use super::metadata::{self, Metadata};
use super::{SIGNATURE, check, header, log, region, replay};
use crate::guid::Guid;
use crate::mapped::Mapped;
use crate::{Disk, Format, NamedFile, Pieces, gpt};

/// Longest chain that is followed: as reading goes down it file by file, it also bounds how deep calls nest.
const MOST_FILES: usize = 64;

/// One file of a chain.
struct Layer {
    file: Rc<dyn ByteSource>,
    place: Place,
    header: Option<Header>,
    metadata: Metadata,
    table: BlockTable,
}

/// Opens a VHDX file, and for a differencing disk those of `parents` that it stands on.
///
/// An error of kind `NeedsFile` says which file is wanted when it is not among them.
pub(crate) fn open(
    file: Rc<dyn ByteSource>,
    parents: &[NamedFile],
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let mut rest: Vec<&NamedFile> = parents.iter().collect();
    let mut layer = Layer::read(file, place.clone(), limits, findings)?;
    let mut above = Vec::new();
    while let Some(locator) = &layer.metadata.parent {
        if above.len() >= MOST_FILES {
            let what = format_args!("a chain of more than {MOST_FILES} differencing vhdx files");
            return Err(ReadError::over_limit(&layer.place, what));
        }
        // Each file is used once, so a file that names itself ends the chain.
        let parent = choose(locator, &mut rest, &layer.place, limits, findings)?;
        let below = Layer::read(Rc::clone(&parent.source), Place::new(&parent.name), limits, findings)?;
        above.push(std::mem::replace(&mut layer, below));
    }
    let mut disk = layer.into_disk(None);
    for layer in above.into_iter().rev() {
        disk = layer.into_disk(Some(disk.source));
    }
    Ok(disk)
}

/// Takes the parent out of the files at hand: the one whose data-write GUID is the one that was noted when the child
/// was made, else the one that is called as the parent was, whose contents may have changed since.
fn choose<'a>(
    locator: &Locator,
    rest: &mut Vec<&'a NamedFile>,
    child: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<&'a NamedFile, ReadError> {
    let state = |file: &NamedFile| match header::read(&*file.source, child, limits, &mut Findings::new()) {
        Ok(headers) => headers.whole().map(|header| header.data_write_guid),
        Err(_) => None,
    };
    let states: Vec<Option<Guid>> = rest.iter().map(|file| state(file)).collect();
    let is_linked = |state: &Option<Guid>| state.is_some_and(|state| locator.linkages.contains(&state));
    if let Some(index) = states.iter().position(is_linked) {
        return Ok(rest.swap_remove(index));
    }
    let linkages: Vec<String> = locator.linkages.iter().map(Guid::to_string).collect();
    if let Some(index) = rest.iter().position(|file| locator.names(&file.name)) {
        let parent = rest.swap_remove(index);
        let found = states.get(index).copied().flatten().map_or_else(|| "unknown".to_owned(), |id| id.to_string());
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("parent", &parent.name), ("found", &found), ("expected", &linkages.join(", "))];
        findings.add(&codes::VHDX_PARENT_CHANGED, child, &values);
        return Ok(parent);
    }
    let at = match locator.paths.as_slice() {
        [] => "whose name is not known".to_owned(),
        paths => format!("which was at {}", paths.join(" or ")),
    };
    let reason = format!(
        "a differencing VHDX: it holds only what changed since its parent disk, {at}; open it together with that file"
    );
    let needs = NeedsFile { reason, is_part: false, names: locator.paths.clone(), linkages };
    Err(ReadError::new(ErrorKind::NeedsFile(needs), child.clone()))
}

impl Layer {
    fn read(
        file: Rc<dyn ByteSource>,
        place: Place,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Layer, ReadError> {
        let mut signature = [0; SIGNATURE.len()];
        if file.read_exact_at(0, &mut signature).is_err() || &signature != SIGNATURE {
            findings.add(&codes::VHDX_IDENTIFIER, &place, &[]);
        }
        let headers = header::read(&*file, &place, limits, findings)?;
        let log = headers.whole().and_then(|header| log::range(header, &place).ok());
        let file = replay::replayed(&file, &headers, &place, findings);
        let regions = region::read(&*file, &place, limits, findings)?;
        let metadata = metadata::read(&*file, &regions, &place, limits, findings)?;
        let table = BlockTable::new(Rc::clone(&file), &regions, log, &metadata, &place);
        check::check(&table, &place, findings);
        Ok(Layer { file, place, header: headers.whole().cloned(), metadata, table })
    }

    fn into_disk(self, below: Option<Rc<dyn ByteSource>>) -> Disk {
        let sector_size = self.metadata.sector_size.get();
        let mut mapped = Mapped { mapping: self.table, file: self.file, below, place: self.place };
        if self.metadata.virtual_size.is_none()
            && let Some(size) = gpt::disk_size(&mapped, sector_size)
        {
            mapped.mapping.virtual_size = size.min(mapped.mapping.virtual_size);
        }
        let mapped = Rc::new(mapped);
        Disk {
            format: Format::Vhdx,
            virtual_size: mapped.mapping.virtual_size,
            sector_size,
            identifier: self.metadata.identifier.map(|id| id.to_string()),
            data_write_id: self.header.map(|header| header.data_write_guid.to_string()),
            snapshots: Vec::new(),
            source: Rc::clone(&mapped) as Rc<dyn ByteSource>,
            pieces: (!self.metadata.is_fixed).then_some(mapped as Rc<dyn Pieces>),
        }
    }
}

#[cfg(test)]
mod tests;
