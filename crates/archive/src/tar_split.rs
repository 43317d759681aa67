//! A layer of an image as it was packed, by the record that the engine keeps to pack it again.
//!
//! vbatts/tar-split, `tar/storage/entry.go` and `packer.go`: `tar-split.json.gz` is gzip over JSON values one after another,
//! in the order of `position`. Of type 2 ("segment") the payload, in base64, is the bytes of headers and filling as they
//! stood in the layer's tar; of type 1 ("file") `size` says how many bytes of content stood there, which the record leaves
//! out. So headers can be read from it as from the tar itself: names, kinds, owners, modes, links, attributes, and the `.wh.`
//! names that say what the layer deletes.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, Findings, Limits, Place, ReadError};
use serde::Deserialize;

use crate::base64;
use crate::gzip::Packed;
use crate::index::{Names, Pass, index};
use crate::stream::{Forward, Plain};
use crate::tree::ArchiveTree;

/// `Type` of an entry with bytes of the tar.
const SEGMENT: u64 = 2;
/// `Type` of an entry that stands for a file's content.
const FILE: u64 = 1;

/// One value of the record.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: u64,
    #[serde(default)]
    name: String,
    /// The name in base64, where it is not UTF-8.
    #[serde(default)]
    name_raw: String,
    #[serde(default)]
    size: i64,
    /// Absent or null where there is nothing.
    #[serde(default, borrow)]
    payload: Option<&'a str>,
}

/// What the record says comes next in the layer's tar.
pub(crate) enum Part {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The content of a file.
    Content {
        /// Its path in the layer.
        name: Vec<u8>,
        size: u64,
        /// CRC-64 of it, as the engine took it when it unpacked the layer; `None` for an empty file.
        sum: Option<u64>,
    },
}

/// The parts of a layer's tar, read one by one.
pub(crate) struct Parts {
    packed: Option<Packed>,
    place: Place,
    limit: u64,
    number: u64,
    /// What was unpacked; lines before `start` are done with.
    text: Vec<u8>,
    start: usize,
    is_at_end: bool,
}

/// Bytes of a record unpacked at a time.
const AHEAD: usize = 64 << 10;

impl Parts {
    pub(crate) fn new(record: Rc<dyn ByteSource>, place: &Place, limits: &Limits) -> Parts {
        Parts {
            packed: Some(Packed::new(record, place)),
            place: place.clone(),
            limit: limits.bytes,
            number: 0,
            text: Vec::new(),
            start: 0,
            is_at_end: false,
        }
    }

    /// The next part; `None` at the end of a record that is whole.
    pub(crate) fn next(&mut self) -> Result<Option<Part>, ReadError> {
        let end = loop {
            let rest = self.text.get(self.start..).unwrap_or_default();
            match rest.iter().position(|byte| *byte == b'\n') {
                Some(0) => self.start = self.start.saturating_add(1),
                Some(length) => break self.start.saturating_add(length),
                None if self.is_at_end && rest.is_empty() => return Ok(None),
                None if self.is_at_end => break self.text.len(),
                None => self.unpack_more()?,
            }
        };
        let line = self.text.get(self.start..end).unwrap_or_default();
        let part = part(line).map_err(|what| {
            let place = self.place.then(format_args!("entry {}", self.number));
            ReadError::corrupt(&place, format_args!("tar-split entry: {what}"))
        })?;
        self.start = end;
        self.number = self.number.saturating_add(1);
        Ok(Some(part))
    }

    fn unpack_more(&mut self) -> Result<(), ReadError> {
        self.text.drain(..self.start.min(self.text.len()));
        self.start = 0;
        let before = self.text.len();
        if before as u64 > self.limit {
            let what = format_args!("an entry of more than {} bytes", self.limit);
            return Err(ReadError::over_limit(&self.place, what));
        }
        self.text.resize(before.saturating_add(AHEAD), 0);
        let Some(packed) = &mut self.packed else { return Ok(()) };
        let count = packed.read(self.text.get_mut(before..).unwrap_or_default())?;
        self.text.truncate(before.saturating_add(count));
        if count == AHEAD {
            return Ok(());
        }
        self.is_at_end = true;
        let mut met = Findings::new();
        if let Some(packed) = self.packed.take() {
            packed.finish(&mut met);
        }
        match met.list().first() {
            Some(finding) => {
                let code = finding.code.name;
                Err(ReadError::corrupt(&finding.place, format_args!("the record cannot be unpacked whole ({code})")))
            }
            None => Ok(()),
        }
    }
}

/// The part that a line of the record stands for, or what is wrong with it.
fn part(line: &[u8]) -> Result<Part, String> {
    let entry: Entry<'_> = serde_json::from_slice(line).map_err(|error| error.to_string())?;
    let size = u64::try_from(entry.size).map_err(|_| format!("size is {}", entry.size))?;
    let payload = base64::decode(entry.payload.unwrap_or_default().as_bytes()).ok_or("payload is no base64")?;
    match entry.kind {
        SEGMENT => Ok(Part::Bytes(payload)),
        FILE => {
            let name = match entry.name_raw.as_str() {
                "" => entry.name.into_bytes(),
                raw => base64::decode(raw.as_bytes()).ok_or("name_raw is no base64")?,
            };
            let sum = payload.as_slice().try_into().ok().map(u64::from_be_bytes);
            Ok(Part::Content { name, size, sum })
        }
        kind => Err(format!("type is {kind}, expected 1 or 2")),
    }
}

/// The tree of a layer by the bytes of its `tar-split.json.gz`, as the overlay driver lays it out: what the layer deletes is
/// a character device 0:0, and a directory that hides what lies below has the attribute `trusted.overlay.opaque`. Files have
/// no content: reading one is an error.
///
/// An error when the record cannot be read to its end, since what is missing of it cannot be told.
pub fn layer_of_tar_split(
    record: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<ArchiveTree, ReadError> {
    let mut layer = Layer { pieces: Vec::new(), length: 0, place: place.clone() };
    let mut parts = Parts::new(record, place, limits);
    let mut kept = 0_u64;
    while let Some(part) = parts.next()? {
        cancel.check()?;
        layer.add(match part {
            Part::Bytes(bytes) => Piece::Bytes(bytes),
            Part::Content { size, .. } => Piece::Content(size),
        });
        kept = kept.saturating_add(layer.last_length());
        if kept > limits.bytes {
            let what = format_args!("a record of headers of more than {} bytes", limits.bytes);
            return Err(ReadError::over_limit(place, what));
        }
    }
    let layer: Rc<dyn ByteSource> = Rc::new(layer);
    let mut tree = ArchiveTree::new(Rc::clone(&layer), place.clone());
    let pass = Pass { names: Names::Layer, limits, cancel, progress: &mut |_, _| {} };
    index(&mut Plain::new(layer), &mut tree, place, pass, findings)?;
    tree.forget_content();
    Ok(tree)
}

/// A stretch of the layer's tar.
enum Piece {
    Bytes(Vec<u8>),
    /// So many bytes of a file's content.
    Content(u64),
}

/// The layer's tar without the content of its files.
struct Layer {
    /// In order, each with the position it begins at.
    pieces: Vec<(u64, Piece)>,
    length: u64,
    place: Place,
}

impl Layer {
    fn add(&mut self, piece: Piece) {
        let length = match &piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::Content(length) => *length,
        };
        if length > 0 {
            self.pieces.push((self.length, piece));
            self.length = self.length.saturating_add(length);
        }
    }

    /// Bytes that the piece added last takes in memory.
    fn last_length(&self) -> u64 {
        match self.pieces.last() {
            Some((_, Piece::Bytes(bytes))) => bytes.len() as u64,
            _ => 0,
        }
    }
}

impl ByteSource for Layer {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let missing = || ReadError::corrupt(&self.place, format_args!("the bytes at {offset:#x} are no header"));
        let first = self.pieces.partition_point(|(start, _)| *start <= offset).saturating_sub(1);
        let mut filled = 0;
        for (start, piece) in self.pieces.iter().skip(first) {
            let position = offset.saturating_add(filled as u64);
            let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) else { break };
            let Piece::Bytes(bytes) = piece else { return Err(missing()) };
            let at = usize::try_from(position.saturating_sub(*start)).unwrap_or(usize::MAX);
            let found = bytes.get(at..).unwrap_or_default();
            let count = found.len().min(rest.len());
            let (now, found) = (rest.get_mut(..count), found.get(..count));
            if let (Some(now), Some(found)) = (now, found) {
                now.copy_from_slice(found);
            }
            filled = filled.saturating_add(count);
        }
        if filled == buf.len() { Ok(()) } else { Err(missing()) }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::io::Write;

    use careen_evidence::{FileTree, Kind, lookup_path};

    use super::*;
    use crate::testing::{Tar, header};

    /// Base64 as the engine writes it.
    fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let group = |group: &[u8]| {
            let word = group.iter().chain(&[0, 0]).take(3).fold(0, |word, byte| word << 8 | usize::from(*byte));
            let digits = (0..4).map(|at| char::from(DIGITS[word >> (18 - 6 * at) & 63]));
            digits.take(group.len() + 1).chain("==".chars()).take(4).collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }

    fn pack(text: &str) -> Rc<dyn ByteSource> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        Rc::new(encoder.finish().unwrap())
    }

    fn layer(record: Rc<dyn ByteSource>) -> Result<(ArchiveTree, usize), ReadError> {
        let (limits, mut findings) = (Limits::default(), Findings::new());
        let tree = layer_of_tar_split(record, &Place::new("split"), &limits, &CancelToken::default(), &mut findings)?;
        Ok((tree, findings.list().len()))
    }

    #[test]
    fn a_layer_is_told_by_its_headers() {
        let before = Tar::default()
            .entry(header("d/.wh..wh..opq", b'0', 0), b"")
            .entry(header("d/", b'5', 0), b"")
            .entry(header(".wh.gone", b'0', 0), b"")
            .entry(header(".wh..wh.plnk", b'5', 0), b"")
            .entry(header("d/f", b'0', 5), b"");
        let mut after = vec![0; 507];
        after.extend_from_slice(&Tar::default().link("d/h", b'1', "d/f").end());
        let record = format!(
            "{{\"type\":2,\"payload\":\"{}\",\"position\":0}}\n\
             {{\"type\":1,\"name\":\"d/f\",\"size\":5,\"payload\":\"AAAA\",\"position\":1}}\n\
             {{\"type\":2,\"payload\":\"{}\",\"position\":2}}\n{{\"type\":2,\"payload\":null,\"position\":3}}",
            encode(&before.0),
            encode(&after)
        );
        let (tree, told) = layer(pack(&record)).unwrap();
        assert_eq!(told, 0);
        let mut findings = Findings::new();
        let mut node = |path: &str| lookup_path(&tree, path.as_bytes(), &mut findings).unwrap();
        let (directory, gone, file, link) = (node("/d"), node("/gone"), node("/d/f"), node("/d/h"));
        assert_eq!((file, node("/.wh..wh.plnk"), node("/d/.wh..wh..opq")), (link, None, None));
        let mut stat = |node: Option<careen_evidence::NodeId>| tree.stat(node.unwrap(), &mut findings).unwrap();
        assert_eq!((stat(gone).kind, stat(gone).rdev), (Kind::CharDevice, (0, 0)));
        assert_eq!((stat(file).size, stat(file).nlink, stat(directory).kind), (5, 2, Kind::Directory));
        let marks = tree.xattrs(directory.unwrap(), &mut findings).unwrap();
        assert_eq!(marks, [(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())]);
        let content = tree.open(file.unwrap(), &mut findings).unwrap();
        assert!(content.read_exact_at(0, &mut [0; 5]).is_err());
    }

    #[test]
    fn a_record_that_is_not_whole_is_refused() {
        for (text, reason) in [
            ("{\"type\":2,\"payload\":\"A\"}", "payload is no base64"),
            ("{\"type\":3}", "type is 3"),
            ("{\"type\":1,\"size\":-1}", "size is -1"),
            ("{\"type\":2,\"payload\":", "EOF"),
        ] {
            let error = layer(pack(text)).err().unwrap();
            assert!(error.reason().contains(reason), "{error}");
        }
        let error = layer(Rc::new(vec![0x1F, 0x8B, 8])).err().unwrap();
        assert!(error.reason().contains("gzip-cut"), "{error}");
    }
}
