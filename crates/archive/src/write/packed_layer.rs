//! A layer of an image as the very bytes it was packed as: from the engine's record of it and the layer's directory, or
//! from a blob.
//!
//! vbatts/tar-split, `tar/asm/assemble.go`: what the record has as bytes comes from it, the content of files from the
//! directory. The record has a CRC-64 (polynomial of ISO 3309) of each file, which tells the one that is damaged.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError};
use crc::{CRC_64_GO_ISO, Crc, Table};
use sha2::{Digest, Sha256};

use crate::stream::{Forward, Plain};
use crate::tar_split::{Part, Parts};
use crate::write::content::{STEP, hex};
use crate::{gzip, zstd};

static CRC_64: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_GO_ISO);

/// Files of a layer that are told as damaged one by one.
const MOST_BAD: usize = 1000;

/// Where the parts of a layer lie.
#[derive(Clone)]
pub struct LayerRecord {
    /// Its `tar-split.json.gz`.
    pub record: Rc<dyn ByteSource>,
    /// Where that lies.
    pub place: Place,
    /// The tree with the layer's directory.
    pub tree: Rc<dyn FileTree>,
    /// That directory.
    pub root: NodeId,
}

/// What the bytes of a layer are made of.
#[derive(Clone)]
pub enum LayerForm {
    /// The record that Docker's classic store keeps, and a directory.
    Record(LayerRecord),
    /// These bytes as they are.
    Raw(Rc<dyn ByteSource>),
    /// A tar in a content store, plain or packed with gzip or zstd.
    Blob {
        /// The blob.
        source: Rc<dyn ByteSource>,
        /// Where it lies.
        place: Place,
    },
}

impl LayerForm {
    /// Where its content lies; empty for bytes as they are.
    pub fn place(&self) -> Place {
        match self {
            LayerForm::Record(record) => record.tree.place(record.root),
            LayerForm::Blob { place, .. } => place.clone(),
            LayerForm::Raw(_) => Place::default(),
        }
    }
}

/// A file that is not as it was when the layer was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile {
    /// Its path in the layer, without `./` or a slash before it.
    pub path: Vec<u8>,
    /// What is wrong.
    pub reason: String,
}

/// The bytes of a layer, put together as they are asked for.
pub struct PackedLayer {
    source: Source,
    cancel: CancelToken,
    digest: Sha256,
    length: u64,
    bad: Vec<BadFile>,
    bad_count: u64,
}

enum Source {
    Record { parts: Box<Parts>, finder: Finder, file: Option<Box<OpenFile>> },
    Blob(Box<dyn Forward>),
}

struct OpenFile {
    name: Vec<u8>,
    source: Rc<dyn ByteSource>,
    position: u64,
    sum: Option<u64>,
    crc: crc::Digest<'static, u64, Table<16>>,
}

/// What came of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    /// `sha256:…` of the bytes; where files are bad it says nothing.
    pub digest: String,
    /// Their number.
    pub length: u64,
    /// Files that are damaged, the first thousand of them.
    pub bad: Vec<BadFile>,
    /// How many there are.
    pub bad_count: u64,
}

impl PackedLayer {
    /// Begins with the first byte.
    pub fn new(layer: &LayerForm, limits: &Limits, cancel: &CancelToken) -> PackedLayer {
        let source = match layer {
            LayerForm::Record(layer) => Source::Record {
                parts: Box::new(Parts::new(Rc::clone(&layer.record), &layer.place, limits)),
                finder: Finder { tree: Rc::clone(&layer.tree), root: layer.root, open: Vec::new() },
                file: None,
            },
            LayerForm::Raw(source) => Source::Blob(Box::new(Plain::new(Rc::clone(source)))),
            LayerForm::Blob { source, place } => {
                let mut magic = [0; 4];
                // A blob whose first bytes cannot be read says so when it is read.
                let _ = source.read_exact_at(0, &mut magic);
                let source = Rc::clone(source);
                Source::Blob(if magic.starts_with(gzip::MAGIC) {
                    Box::new(gzip::Packed::new(source, place))
                } else if magic == zstd::MAGIC || zstd::is_skippable(magic) {
                    Box::new(zstd::Packed::new(source, place))
                } else {
                    Box::new(Plain::new(source))
                })
            }
        };
        PackedLayer { source, cancel: cancel.clone(), digest: Sha256::new(), length: 0, bad: Vec::new(), bad_count: 0 }
    }

    /// Puts the next bytes behind `out`, some MiB at the most; `false` at the end. The content of a file that cannot be
    /// read, or that has another length, is left out. An error when the record cannot be read to its end.
    pub fn step(&mut self, out: &mut Vec<u8>, findings: &mut Findings) -> Result<bool, ReadError> {
        self.cancel.check()?;
        let start = out.len();
        let (goes_on, bad) = match &mut self.source {
            Source::Record { parts, finder, file } => match file.take() {
                Some(open) => (true, read(open, file, out)),
                None => match parts.next()? {
                    None => (false, None),
                    Some(Part::Bytes(bytes)) => {
                        out.extend_from_slice(&bytes);
                        (true, None)
                    }
                    Some(Part::Content { size: 0, .. }) => (true, None),
                    Some(Part::Content { name, size, sum }) => match finder.open(&name, size, findings) {
                        Ok(source) => {
                            let crc = CRC_64.digest();
                            *file = Some(Box::new(OpenFile { name, source, position: 0, sum, crc }));
                            (true, None)
                        }
                        Err(error) => (true, Some((name, error))),
                    },
                },
            },
            Source::Blob(bytes) => {
                let room = usize::try_from(STEP).unwrap_or(0);
                out.resize(start.saturating_add(room), 0);
                let read = bytes.read(out.get_mut(start..).unwrap_or_default());
                out.truncate(start.saturating_add(*read.as_ref().unwrap_or(&0)));
                (read? == room, None)
            }
        };
        if let Some((name, error)) = bad {
            self.bad(&name, error)?;
        }
        let bytes = out.get(start..).unwrap_or_default();
        self.digest.update(bytes);
        self.length = self.length.saturating_add(bytes.len() as u64);
        Ok(goes_on)
    }

    /// What came of it, once there is nothing more to read.
    pub fn finish(self) -> Assembled {
        let digest = format!("sha256:{}", hex(&self.digest.finalize()));
        Assembled { digest, length: self.length, bad: self.bad, bad_count: self.bad_count }
    }

    /// Notes a file that is damaged.
    fn bad(&mut self, name: &[u8], error: ReadError) -> Result<(), ReadError> {
        if error.is_cancelled() {
            return Err(error);
        }
        self.bad_count = self.bad_count.saturating_add(1);
        if self.bad.len() < MOST_BAD {
            let path = names(name).collect::<Vec<_>>().join(&b'/');
            self.bad.push(BadFile { path, reason: error.reason().to_owned() });
        }
        Ok(())
    }
}

/// Puts the next bytes of a file behind `out`; one that is not at its end goes back to `next`. What is bad about it, if
/// that shows now.
fn read(mut file: Box<OpenFile>, next: &mut Option<Box<OpenFile>>, out: &mut Vec<u8>) -> Option<(Vec<u8>, ReadError)> {
    let start = out.len();
    let count = file.source.len().saturating_sub(file.position).min(STEP);
    out.resize(start.saturating_add(usize::try_from(count).unwrap_or(0)), 0);
    let buf = out.get_mut(start..).unwrap_or_default();
    if let Err(error) = file.source.read_exact_at(file.position, buf) {
        out.truncate(start);
        return Some((file.name, error));
    }
    file.crc.update(buf);
    file.position = file.position.saturating_add(count);
    if file.position < file.source.len() {
        *next = Some(file);
        return None;
    }
    let OpenFile { name, sum, crc, .. } = *file;
    let found = crc.finalize();
    let sum = sum.filter(|sum| *sum != found)?;
    let what = format_args!("CRC-64 is {found:016x}, the layer was packed with {sum:016x}");
    Some((name, ReadError::corrupt(&Place::default(), what)))
}

/// Finds files by their paths; those of a layer come directory by directory, so each is listed once or twice.
struct Finder {
    tree: Rc<dyn FileTree>,
    root: NodeId,
    /// Directories on the way to the file found last: the name of each but the root's, and what is in it.
    open: Vec<(Vec<u8>, Vec<Entry>)>,
}

impl Finder {
    /// The content of a file that has to have this size.
    fn open(&mut self, name: &[u8], size: u64, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        let place = self.tree.place(self.root).then(String::from_utf8_lossy(name));
        let node = self.find(name, findings)?;
        let node = node.ok_or_else(|| ReadError::corrupt(&place, "the file is not there"))?;
        if self.tree.stat(node, findings)?.kind != Kind::File {
            return Err(ReadError::corrupt(&place, "it is no regular file any more"));
        }
        let source = self.tree.open(node, findings)?;
        if source.len() != size {
            let what = format_args!("it has {} bytes, the layer was packed with {size}", source.len());
            return Err(ReadError::corrupt(&place, what));
        }
        Ok(source)
    }

    fn find(&mut self, path: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let names: Vec<&[u8]> = names(path).collect();
        let Some((last, above)) = names.split_last() else { return Ok(None) };
        if self.open.is_empty() {
            self.open.push((Vec::new(), self.tree.list(self.root, findings)?));
        }
        let known = self.open.iter().skip(1).zip(above).take_while(|((open, _), name)| open == *name).count();
        self.open.truncate(known.saturating_add(1));
        for name in above.iter().skip(known) {
            let Some(node) = self.entry(name) else { return Ok(None) };
            if self.tree.stat(node, findings)?.kind != Kind::Directory {
                return Ok(None);
            }
            self.open.push((name.to_vec(), self.tree.list(node, findings)?));
        }
        Ok(self.entry(last))
    }

    /// What the directory opened last has under a name.
    fn entry(&self, name: &[u8]) -> Option<NodeId> {
        let (_, entries) = self.open.last()?;
        let at = entries.binary_search_by(|entry| entry.name.as_slice().cmp(name)).ok()?;
        entries.get(at).map(|entry| entry.node)
    }
}

/// The names of a path.
fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}
