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

/// One value of the record; `name` and `name_raw` stand in the headers too.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(rename = "type")]
    kind: u64,
    #[serde(default)]
    size: i64,
    /// Absent or null where there is nothing.
    #[serde(default, borrow)]
    payload: Option<&'a str>,
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
    let json = unpack(record, place, limits)?;
    let mut layer = Layer { pieces: Vec::new(), length: 0, place: place.clone() };
    let mut values = serde_json::Deserializer::from_slice(&json).into_iter::<Entry<'_>>();
    for (number, value) in values.by_ref().enumerate() {
        cancel.check()?;
        let bad = |what: &dyn std::fmt::Display| {
            ReadError::corrupt(&place.then(format_args!("entry {number}")), format_args!("tar-split entry: {what}"))
        };
        let entry = value.map_err(|error| bad(&error))?;
        let size = u64::try_from(entry.size).map_err(|_| bad(&format_args!("size is {}", entry.size)))?;
        match entry.kind {
            SEGMENT => {
                let payload = base64::decode(entry.payload.unwrap_or_default().as_bytes());
                layer.add(Piece::Bytes(payload.ok_or_else(|| bad(&"payload is no base64"))?));
            }
            FILE => layer.add(Piece::Content(size)),
            kind => return Err(bad(&format_args!("type is {kind}, expected 1 or 2"))),
        }
    }
    let layer: Rc<dyn ByteSource> = Rc::new(layer);
    let mut tree = ArchiveTree::new(Rc::clone(&layer), place.clone());
    let pass = Pass { names: Names::Layer, limits, cancel, progress: &mut |_, _| {} };
    index(&mut Plain::new(layer), &mut tree, place, pass, findings)?;
    tree.forget_content();
    Ok(tree)
}

/// Everything that the record holds.
fn unpack(record: Rc<dyn ByteSource>, place: &Place, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let mut met = Findings::new();
    let mut packed = Packed::new(record, place);
    let mut json = Vec::new();
    let mut buf = vec![0; 64 << 10];
    loop {
        let count = packed.read(&mut buf)?;
        json.extend_from_slice(buf.get(..count).unwrap_or_default());
        if json.len() as u64 > limits.bytes {
            let what = format_args!("a record of more than {} bytes", limits.bytes);
            return Err(ReadError::over_limit(place, what));
        }
        if count < buf.len() {
            break;
        }
    }
    packed.finish(&mut met);
    match met.list().first() {
        Some(finding) => {
            let code = finding.code.name;
            Err(ReadError::corrupt(&finding.place, format_args!("the record cannot be unpacked whole ({code})")))
        }
        None => Ok(json),
    }
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
