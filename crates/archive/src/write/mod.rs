//! Archives of trees: tar (POSIX.1-2017 `pax`, with GNU tar's sparse files), packed with gzip or not, and zip.
//!
//! An [`Export`] is pulled: each [`Export::next`] gives the next few bytes of the archive and of its manifest, so that
//! whoever writes them sets the pace and may stop between any two. Memory stays flat: at most some MiB of content, the
//! names of the directories on the way, and of files with several names those whose other names are still to come. (A zip
//! has its list of names at its end, which is kept packed until then.)
//!
//! Promised: same trees, same bytes; no absolute name and none with `..`; what cannot be read is left out or marked as a
//! gap, as was chosen, and told in the manifest and by a finding, never filled in silence.

mod content;
mod gzip;
mod header;
mod image_documents;
mod image_source;
mod images;
mod manifest;
mod objects;
mod packed_layer;
mod packing;
mod tar;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::unreachable)]
mod tests;
mod zip;

use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Limits, NodeId, Place, ReadError};

use self::images::ImageStream;
use self::manifest::Report;
use self::tar::{Dialect, TarStream};
use self::zip::{PiecesStream, ZipStream};

pub use self::image_source::{ImageSource, LayerSource, StoredImage, assemble};
pub use self::manifest::Summary;
pub use self::packed_layer::{Assembled, BadFile, LayerForm, LayerRecord};
pub use self::packing::Packing;
pub use self::zip::{Piece, PieceState, Pieces};

/// What is done about a file that cannot be read whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDamage {
    /// The export ends.
    Stop,
    /// The file is left out. Files of more than 4 MiB are read twice, since what was written cannot be taken back.
    #[default]
    Skip,
    /// The file is kept, with zeros in the place of what cannot be read.
    Gaps,
}

impl OnDamage {
    /// Its name in manifests.
    fn name(self) -> &'static str {
        match self {
            OnDamage::Stop => "stop",
            OnDamage::Skip => "skip",
            OnDamage::Gaps => "gaps",
        }
    }
}

/// The kinds of archive that trees are put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// tar.
    #[default]
    Tar,
    /// tar packed with gzip.
    TarGz,
    /// zip.
    Zip,
}

impl Format {
    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Format::Tar => "tar",
            Format::TarGz => "tar.gz",
            Format::Zip => "zip",
        }
    }
}

/// Something that goes into an archive.
pub struct Selection {
    /// Where it lies.
    pub tree: Rc<dyn FileTree>,
    /// The object; with a directory all below it.
    pub start: NodeId,
    /// Its path in the archive, with slashes between names; empty for a directory whose content is to stand at the top.
    pub name: Vec<u8>,
    /// What the manifest calls it.
    pub label: String,
}

/// Bytes of an archive and of its manifest, each to be written behind those before.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// Of the archive.
    pub archive: Vec<u8>,
    /// Of the manifest, which is JSON.
    pub manifest: Vec<u8>,
}

/// An archive that is being written.
pub struct Export {
    entries: Entries,
    /// None when somebody else does it.
    packing: Option<Packing>,
    report: Report,
    /// Bytes before any packing.
    unpacked: u64,
    is_ended: bool,
}

/// What the archive is of.
enum Entries {
    Files(Box<TarStream>),
    Zip(Box<ZipStream>),
    Pieces(Box<PiecesStream>),
    Images(Box<ImageStream>),
}

/// The form of an archive of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// What `docker save` writes and `docker load` reads, in the layout of OCI.
    Docker,
    /// OCI's image layout alone, as one tar file.
    Oci,
}

/// A chunk is handed out once it is this large, or once a step was taken that gave no bytes.
const ENOUGH: usize = 1 << 20;

impl Export {
    /// An archive of these, in their order. Nothing is read yet. An error for a name that would lead out of the archive.
    pub fn new(
        format: Format,
        selections: Vec<Selection>,
        on_damage: OnDamage,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> Result<Export, ReadError> {
        if let Some(selection) = selections.iter().find(|selection| !objects::is_safe(&selection.name)) {
            let what =
                format_args!("the name {:?} would lead out of the archive", String::from_utf8_lossy(&selection.name));
            return Err(ReadError::unsupported(&Place::new(&selection.label), what));
        }
        let mut scopes: Vec<String> = selections.iter().map(|selection| selection.label.clone()).collect();
        scopes.dedup();
        let entries = match format {
            Format::Tar | Format::TarGz => {
                Entries::Files(Box::new(TarStream::new(selections, on_damage, Dialect::Plain, limits, cancel)))
            }
            Format::Zip => Entries::Zip(Box::new(ZipStream::new(selections, on_damage, limits, cancel))),
        };
        let report = Report::begin(format.name(), &scopes, on_damage.name());
        Ok(Export::begin(entries, Packing::of_files(format), report))
    }

    /// An archive of images. Nothing is read yet; the first chunks are empty, while the layers are looked through.
    pub fn of_images(
        format: ImageFormat,
        images: Vec<ImageSource>,
        scopes: &[String],
        on_damage: OnDamage,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> Export {
        let (name, is_docker) = match format {
            ImageFormat::Docker => ("docker", true),
            ImageFormat::Oci => ("oci", false),
        };
        let report = Report::begin(name, scopes, on_damage.name());
        let images = ImageStream::new(is_docker, images, on_damage, limits, cancel);
        Export::begin(Entries::Images(Box::new(images)), Packing::of_images(), report)
    }

    /// A zip of files that are handed out by whoever makes them.
    pub fn of_pieces(pieces: Box<dyn Pieces>, scopes: &[String]) -> Export {
        let report = Report::begin(Format::Zip.name(), scopes, OnDamage::Skip.name());
        Export::begin(Entries::Pieces(Box::new(PiecesStream::new(pieces))), Packing::of_files(Format::Zip), report)
    }

    fn begin(entries: Entries, packing: Packing, report: Report) -> Export {
        Export { entries, packing: Some(packing), report, unpacked: 0, is_ended: false }
    }

    /// Leaves packing, counting and digesting to whoever takes the bytes, by a [`Packing`] of its own. The manifest then
    /// lacks its end, which is [`Export::end_of_manifest`].
    pub fn without_packing(self) -> Export {
        Export { packing: None, ..self }
    }

    /// Puts the next bytes into `chunk` in place of what it held; `false` when the archive is complete, and then the
    /// chunk has its last bytes. Some chunks are empty: a large file is being looked through. An error when cancelled,
    /// when something cannot be read at all, or when damage was to end it; what was handed out is then no archive.
    pub fn next(&mut self, chunk: &mut Chunk) -> Result<bool, ReadError> {
        chunk.archive.clear();
        chunk.manifest.clear();
        if self.is_ended {
            return Ok(false);
        }
        let raw = &mut chunk.archive;
        let mut goes_on = true;
        while goes_on && raw.len() < ENOUGH {
            let before = raw.len();
            goes_on = match &mut self.entries {
                Entries::Files(files) => files.step(raw, &mut self.report),
                Entries::Zip(zip) => zip.step(raw, &mut self.report),
                Entries::Pieces(pieces) => pieces.step(raw, &mut self.report),
                Entries::Images(images) => images.step(raw, &mut self.report),
            }?;
            if raw.len() == before {
                break;
            }
        }
        if !goes_on && !matches!(self.entries, Entries::Zip(_) | Entries::Pieces(_)) {
            raw.extend_from_slice(&tar::END);
        }
        self.unpacked = self.unpacked.saturating_add(raw.len() as u64);
        if let Some(packing) = &mut self.packing {
            packing.pack(raw, !goes_on);
        }
        if !goes_on {
            self.is_ended = true;
            match &self.entries {
                Entries::Files(_) | Entries::Pieces(_) => self.report.end_entries(""),
                // It has ended them itself.
                Entries::Zip(_) => {}
                Entries::Images(images) => self.report.end_entries(&images.told()),
            }
            if let Some(packing) = &self.packing {
                let end = Export::end_of_manifest(packing.written(), &packing.sha256());
                self.report.text.extend_from_slice(end.as_bytes());
            }
        }
        chunk.manifest.append(&mut self.report.text);
        Ok(goes_on)
    }

    /// How the manifest of a complete archive of this size and digest (in hexadecimal) ends.
    pub fn end_of_manifest(written: u64, sha256: &str) -> String {
        Report::end(Some((written, sha256)))
    }

    /// What was met so far.
    pub fn findings(&self) -> &Findings {
        &self.report.findings
    }

    /// How much is in the archive so far.
    pub fn summary(&self) -> Summary {
        self.report.summary
    }

    /// Bytes of the archive that were handed out.
    pub fn written(&self) -> u64 {
        self.packing.as_ref().map_or(self.unpacked, Packing::written)
    }

    /// The same before it was packed: what tells how far an archive has come whose packed size is not known.
    pub fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// sha256 of what was handed out, in hexadecimal; empty when somebody else packs.
    pub fn sha256(&self) -> String {
        self.packing.as_ref().map_or_else(String::new, Packing::sha256)
    }
}
