//! Archives of files as trees of files: tar, and tar packed with gzip; and the other way round ([`write`]).
//!
//! [`detect`] tells an archive by its content; [`open`] reads its headers once, from the first to the last, and gives an
//! [`ArchiveTree`]. Formats: ustar and pax (POSIX.1-2017), GNU tar's (long names, sparse files, large numbers), star's and
//! the seventh edition's, with hard links, sparse files in each of GNU tar's four ways, and extended attributes; gzip
//! (RFC 1952) with any number of members. [`open_layer`] reads a packed layer of an image, with gzip or zstd (RFC 8878) or
//! without, and shows it as the overlay driver lays it out; [`layer_of_tar_split`] gives the tree of an image's layer as it was packed, by the
//! record the engine keeps of it.
//!
//! Promised: later entries override earlier ones, as when they are unpacked; no name leads out of the tree; where no header
//! stands the next one is looked for, block by block, and where the archive is cut everything before the cut is there, both
//! with a finding; the memory for the tree is bounded by `Limits::entries`. Content is not held: it is read from the archive
//! when it is asked for.
//!
//! Not handled: entries that go on in another volume (told), ACLs of Solaris and star (`SCHILY.acl.*`), other compressions.

mod anywhere;
mod base64;
mod extended;
mod gzip;
mod header;
mod index;
mod layer;
mod sparse;
mod stream;
mod tar_split;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod testing;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
mod tree;
pub mod write;
mod zstd;

use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, CancelToken, Findings, Limits, Place, ReadError};

use crate::gzip::Packed;
use crate::header::{BLOCK, Block, MAGIC, MAGIC_AT};
use crate::index::{Names, Pass, index};
use crate::stream::{Forward, Plain};

pub use layer::open_layer;
pub use tar_split::layer_of_tar_split;
pub use tree::ArchiveTree;

/// Inflated bytes kept, and how many at a time.
const CACHE_LINE: u32 = 256 << 10;
const CACHE_LINES: usize = 64;

/// What kind of archive it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// tar.
    Tar,
    /// tar packed with gzip.
    TarGz,
}

impl Format {
    /// Its name in the overview.
    pub fn name(self) -> &'static str {
        match self {
            Format::Tar => "tar",
            Format::TarGz => "tar.gz",
        }
    }
}

/// An archive that was opened.
pub struct Archive {
    /// Its files.
    pub tree: Rc<ArchiveTree>,
    /// Bytes of the archive, unpacked.
    pub size: u64,
    /// Whether the attributes by which an overlay marks its directories are in it. Most tools leave them out.
    pub has_overlay_marks: bool,
}

/// What kind of archive this is, by its content; `None` when it is none that [`open`] reads.
pub fn detect(source: &Rc<dyn ByteSource>) -> Result<Option<Format>, ReadError> {
    let mut block = [0; BLOCK];
    if source.len() < BLOCK as u64 {
        // A packed archive may be shorter than a header.
        let count = usize::try_from(source.len()).unwrap_or(0);
        source.read_exact_at(0, block.get_mut(..count).unwrap_or_default())?;
    } else {
        source.read_exact_at(0, &mut block)?;
    }
    if block.starts_with(gzip::MAGIC) {
        let mut first = [0; BLOCK];
        let is_whole = gzip::first_bytes(Rc::clone(source), &mut first) == BLOCK;
        return Ok((is_whole && is_header(&first)).then_some(Format::TarGz));
    }
    Ok(is_header(&block).then_some(Format::Tar))
}

/// Whether an archive may begin with this block: by its magic, which a damaged header may still have, or by its checksum,
/// which is all that the seventh edition's headers have.
fn is_header(block: &[u8; BLOCK]) -> bool {
    block.get(MAGIC_AT..).is_some_and(|rest| rest.starts_with(MAGIC))
        || matches!(Block::read(block), Block::Header(header) if !header.name.is_empty())
}

/// What a file packed with gzip holds, to be read anywhere: one pass over it is made now. What stands before a cut or
/// damaged place is there, with a finding. `place` is the file's.
pub fn unpack(
    source: Rc<dyn ByteSource>,
    place: &Place,
    findings: &mut Findings,
) -> Result<Rc<dyn ByteSource>, ReadError> {
    let mut packed = Packed::new(source, place);
    packed.advance(u64::MAX)?;
    Ok(Rc::new(Cached::new(Rc::new(packed.finish(findings)), CACHE_LINE, CACHE_LINES)))
}

/// Opens an archive. `progress` hears how many bytes of the file are done, of how many.
///
/// Damage is a finding. An error only when cancelled.
pub fn open(
    format: Format,
    source: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    cancel: &CancelToken,
    progress: &mut dyn FnMut(u64, u64),
    findings: &mut Findings,
) -> Result<Archive, ReadError> {
    let pass = Pass { names: Names::Plain, limits, cancel, progress };
    let mut tree = ArchiveTree::new(Rc::clone(&source), place.clone());
    let (seen, size) = match format {
        Format::Tar => {
            let size = source.len();
            (index(&mut Plain::new(source), &mut tree, place, pass, findings)?, size)
        }
        Format::TarGz => {
            let mut packed = Packed::new(source, place);
            let seen = index(&mut packed, &mut tree, place, pass, findings)?;
            let unpacked = packed.finish(findings);
            let size = unpacked.len();
            tree.read_from(Rc::new(Cached::new(Rc::new(unpacked), CACHE_LINE, CACHE_LINES)));
            (seen, size)
        }
    };
    Ok(Archive { tree: Rc::new(tree), size, has_overlay_marks: seen.overlay_marks })
}
