//! Zips are read back here by their central directory, as every unpacker reads them, and each local header is compared
//! with it. How other programs unpack them is tried in `tests/zip.rs` of this crate.

use std::io::Read;

use careen_evidence::{FileTree, Findings, MemoryTree, NodeId};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::*;
use crate::write::tests::{export, odd, selection};
use crate::write::{Chunk, Export, Format, OnDamage};

/// An entry as the zip has it.
struct Entry {
    name: String,
    mode: u32,
    content: Vec<u8>,
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn place(value: u64) -> usize {
    usize::try_from(value).unwrap()
}

/// All entries, in the order of the central directory.
fn unzip(zip: &[u8]) -> Vec<Entry> {
    let end = &zip[zip.len() - 22..];
    assert_eq!(end[..4], *b"PK\x05\x06");
    let (count, mut at) = (number(&end[10..12]), place(number(&end[16..20])));
    assert_eq!(at + place(number(&end[12..16])) + 22, zip.len());
    let mut entries = Vec::new();
    for _ in 0..count {
        let central = &zip[at..];
        assert_eq!(central[..4], *b"PK\x01\x02");
        let (method, crc, packed, size) =
            (number(&central[10..12]), number(&central[16..20]), number(&central[20..24]), number(&central[24..28]));
        let (name_length, extra_length) = (place(number(&central[28..30])), place(number(&central[30..32])));
        let name = std::str::from_utf8(&central[46..46 + name_length]).unwrap().to_owned();
        let local = &zip[place(number(&central[42..46]))..];
        assert_eq!(local[..4], *b"PK\x03\x04");
        assert_eq!((&local[4..14], &local[26..28]), (&central[6..16], &central[28..30]), "{name}");
        let content_at = 30 + name_length + place(number(&local[28..30]));
        assert_eq!(&local[30..30 + name_length], name.as_bytes());
        let bytes = &local[content_at..content_at + place(packed)];
        let has_descriptor = number(&central[8..10]) & 8 != 0;
        // A zip64 field in front of all others makes sizes of eight bytes.
        let is_large = local[30 + name_length..].starts_with(&[1, 0]);
        if has_descriptor {
            let length = if is_large { 24 } else { 16 };
            let descriptor = &local[content_at + place(packed)..][..length];
            let told = if is_large {
                [&b"PK\x07\x08"[..], &central[16..24], &[0; 4], &central[24..28], &[0; 4]].concat()
            } else {
                [&b"PK\x07\x08"[..], &central[16..28]].concat()
            };
            assert_eq!(descriptor, told, "{name}");
        } else {
            assert_eq!(local[14..26], central[16..28], "{name}");
        }
        let mut content = Vec::new();
        match method {
            0 => content.extend_from_slice(bytes),
            8 => drop(flate2::read::DeflateDecoder::new(bytes).read_to_end(&mut content).unwrap()),
            other => panic!("method {other}"),
        }
        let mut sum = flate2::Crc::new();
        sum.update(&content);
        assert_eq!((u64::from(sum.sum()), content.len() as u64), (crc, size), "{name}");
        entries.push(Entry { name, mode: place(number(&central[40..42])) as u32, content });
        at += 46 + name_length + extra_length;
    }
    entries
}

fn zip(tree: Rc<dyn FileTree>, name: &str) -> (Vec<Entry>, Value, Vec<&'static str>) {
    let (archive, manifest, codes) = export(Format::Zip, vec![selection(tree, name)], OnDamage::Skip).unwrap();
    (unzip(&archive), manifest, codes)
}

fn get<'a>(entries: &'a [Entry], name: &str) -> &'a Entry {
    entries.iter().find(|entry| entry.name == name).unwrap_or_else(|| panic!("{name} is not there"))
}

fn text(entries: &[Entry], name: &str) -> String {
    String::from_utf8(get(entries, name).content.clone()).unwrap()
}

fn sample() -> MemoryTree {
    let mut tree = MemoryTree::new("disk");
    let file = tree.file("/d/file", "content");
    tree.stat_mut(file, |stat| (stat.uid, stat.gid, stat.mode) = (999, 998, 0o4755));
    tree.xattr(file, "user.x", [1, 2]);
    let directory = tree.directory("/d");
    tree.hard_link(directory, "link", file);
    tree.symlink("/s", "d/file");
    tree.char_device("/null", 1, 3);
    tree.file("/aux.txt", "a");
    tree.file("/A", "large");
    tree.file("/a", "small");
    tree.file("/empty", "");
    tree.file("/large", vec![7; 5 << 20]);
    tree
}

#[test]
fn a_zip_has_what_a_zip_can_hold_and_tells_of_the_rest() {
    let (entries, manifest, codes) = zip(Rc::new(sample()), "");
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let expected = ["A", "a~2", "_aux.txt", "d/", "d/file", "d/link", "empty", "large", "s", NOT_HELD, MANIFEST];
    assert_eq!(names, expected);
    assert_eq!(codes, ["export-renamed", "export-renamed", "export-not-held"]);
    let modes = ["d/file", "d/", "s"].map(|name| get(&entries, name).mode);
    assert_eq!(modes, [0o104_755, 0o040_755, 0o120_644]);
    assert_eq!((text(&entries, "d/link"), text(&entries, "s")), ("content".into(), "d/file".into()));
    let told: Vec<String> =
        text(&entries, NOT_HELD).lines().filter(|line| line.contains('\t')).map(str::to_owned).collect();
    let expected = [
        "name\ta~2\ta",
        "name\t_aux.txt\taux.txt",
        "attributes\td/file\tuser.x=0102",
        "owner\td/file\t999:998",
        "hard link\td/link\tthe same file as d/file",
        "attributes\td/link\tuser.x=0102",
        "owner\td/link\t999:998",
        "character device\tnull\tmode 0644 owner 0:0 number 1:3",
    ];
    assert_eq!(told, expected);
    // Both manifests are the same, but for what the inner one cannot know.
    let inner: Value = serde_json::from_str(&text(&entries, MANIFEST)).unwrap();
    let mut outer = manifest.clone();
    outer.as_object_mut().unwrap().remove("archive").unwrap();
    assert_eq!(inner, outer);
    for row in inner["entries"].as_array().unwrap().iter().filter(|row| row["sha256"].is_string()) {
        let content = &get(&entries, row["name"].as_str().unwrap()).content;
        assert_eq!(row["sha256"], hex(&Sha256::digest(content)), "{row}");
    }
    let row = inner["entries"].as_array().unwrap().iter().find(|row| row["name"] == "a~2").unwrap();
    assert_eq!(row["renamed_from"], "a");
}

#[test]
fn the_same_trees_give_the_same_bytes() {
    let written = || export(Format::Zip, vec![selection(Rc::new(sample()), "in")], OnDamage::Skip).unwrap().0;
    assert!(written() == written());
}

#[test]
fn a_file_that_cannot_be_read_leaves_nothing_in_the_zip() {
    for size in [5000, 9 << 20] {
        let (entries, manifest, codes) = zip(odd(size), "in/it");
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["in/it/", "in/it/fine", "in/it/holes", NOT_HELD, MANIFEST]);
        assert_eq!(codes, ["export-left-out", "export-left-out", "export-not-held"]);
        assert_eq!(manifest["summary"]["missing"], 2);
        assert_eq!(get(&entries, "in/it/holes").content, [vec![1; 5000], vec![0; 5000]].concat());
    }
    let error = export(Format::Zip, vec![selection(odd(5000), "")], OnDamage::Stop).unwrap_err();
    assert_eq!(error.to_string(), "sector: gone");
    let (archive, manifest, codes) = export(Format::Zip, vec![selection(odd(9 << 20), "")], OnDamage::Gaps).unwrap();
    assert_eq!(codes, ["export-gaps", "export-not-held"]);
    let entries = unzip(&archive);
    let content = &get(&entries, "bad").content;
    let bad = manifest["entries"].as_array().unwrap().iter().find(|row| row["name"] == "bad").unwrap();
    let zeros = content.iter().filter(|byte| **byte == 0).count();
    assert_eq!((content.len(), &bad["gaps"][0]["length"]), (9 << 20, &zeros.into()));
}

/// Bytes, then a hole, then bytes.
struct Holes3(u64);

impl ByteSource for Holes3 {
    fn len(&self) -> u64 {
        self.0
    }
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let is_data = |at: u64| at < 100_000 || at >= self.0 - 100_000;
        for (at, byte) in (offset..).zip(buf) {
            *byte = if is_data(at) { (at % 251) as u8 } else { 0 };
        }
        Ok(())
    }
    fn data_from(&self, offset: u64) -> Option<std::ops::Range<u64>> {
        let last = self.0 - 100_000;
        match offset {
            at if at >= self.0 => None,
            at if at >= 100_000 => Some(at.max(last)..self.0),
            at => Some(at..100_000),
        }
    }
}

#[test]
fn zeros_that_were_packed_once_are_unpacked_everywhere() {
    // Between two and three of the blocks of zeros.
    for size in [200_001, (11 << 20) + 77] {
        let content = Content::new(Rc::new(Holes3(size)), Default::default(), Holes::LeftOut, OnDamage::Stop);
        let (mut packing, mut zeros, mut out) = (Packing::new(content, Deflate::new()), Zeros::default(), Vec::new());
        while packing.step(&mut zeros, &mut out).unwrap() {}
        let packed = packing.finish();
        let mut content = Vec::new();
        flate2::read::DeflateDecoder::new(&*out).read_to_end(&mut content).unwrap();
        let mut whole = vec![0; place(size)];
        Holes3(size).read_exact_at(0, &mut whole).unwrap();
        assert!(content == whole);
        let mut sum = flate2::Crc::new();
        sum.update(&whole);
        assert_eq!((packed.crc, packed.size, packed.packed), (sum.sum(), size, out.len() as u64));
        assert_eq!(packed.content.finish().sha256, hex(&Sha256::digest(&whole)));
    }
}

#[test]
fn a_side_text_that_grows_large_is_written_in_parts() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/f", "");
    let selections = vec![selection(Rc::new(tree), "")];
    let mut stream = ZipStream::new(selections, OnDamage::Skip, &Limits::default(), &CancelToken::default());
    let mut report = Report::begin("zip", &[], "skip");
    // Numbers that do not pack well, as digests do not.
    let mut state = 1_u64;
    let mut lines = 0;
    while stream.not_held.kept.length() < PART {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        stream.list("owner", &format!("{state:x}{:x}", state.wrapping_mul(state)), "1:1");
        lines += 1;
    }
    let mut out = Vec::new();
    while stream.step(&mut out, &mut report).unwrap() {}
    let entries = unzip(&out);
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let first = format!("{NOT_HELD}.001");
    assert_eq!(names, [first.as_str(), "f", MANIFEST]);
    assert_eq!(text(&entries, &first).lines().filter(|line| line.starts_with("owner\t")).count(), lines);
}

/// Two objects of one name in a directory, as damage or an enemy leaves them, first a link, then a directory; and names
/// that climb.
struct Twice(MemoryTree);

impl FileTree for Twice {
    fn root(&self) -> NodeId {
        self.0.root()
    }
    fn place(&self, node: NodeId) -> careen_evidence::Place {
        self.0.place(node)
    }
    fn stat(&self, node: NodeId, findings: &mut careen_evidence::Findings) -> Result<careen_evidence::Stat, ReadError> {
        self.0.stat(node, findings)
    }
    fn list(
        &self,
        directory: NodeId,
        findings: &mut careen_evidence::Findings,
    ) -> Result<Vec<careen_evidence::Entry>, ReadError> {
        let mut entries = self.0.list(directory, findings)?;
        for entry in &mut entries {
            entry.name = match entry.name.as_slice() {
                b"x2" => b"x".to_vec(),
                b"x3" => b"..".to_vec(),
                b"x4" => b"../../etc/passwd".to_vec(),
                b"x5" => b"/etc/passwd".to_vec(),
                other => other.to_vec(),
            };
        }
        Ok(entries)
    }
    fn xattrs(&self, node: NodeId, findings: &mut careen_evidence::Findings) -> Result<Xattrs, ReadError> {
        self.0.xattrs(node, findings)
    }
    fn link_target(&self, node: NodeId, findings: &mut careen_evidence::Findings) -> Result<Vec<u8>, ReadError> {
        self.0.link_target(node, findings)
    }
    fn open(&self, node: NodeId, findings: &mut careen_evidence::Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.0.open(node, findings)
    }
}

#[test]
fn nothing_is_unpacked_through_a_link_of_the_archive() {
    let mut tree = MemoryTree::new("disk");
    tree.symlink("/x", "/etc");
    tree.file("/x2/passwd", "root::0:0");
    tree.file("/x3", "up");
    tree.file("/x4", "up and away");
    tree.file("/x5", "away");
    tree.file("/y", "y");
    let tree: Rc<dyn FileTree> = Rc::new(Twice(tree));
    let (entries, _, codes) = zip(Rc::clone(&tree), "");
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!((names, codes), (vec!["x", "y", MANIFEST], vec!["export-left-out"; 4]));
    let (_, manifest, codes) = export(Format::Tar, vec![selection(tree, "")], OnDamage::Skip).unwrap();
    let rows = manifest["entries"].as_array().unwrap();
    let names: Vec<&str> =
        rows.iter().filter(|row| row["missing"].is_null()).map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((names, codes), (vec![".", "x", "y"], vec!["export-left-out"; 4]));
}

/// Hands out pieces that were laid ready.
struct Ready(std::collections::VecDeque<Piece>, Findings);

impl Pieces for Ready {
    fn next_piece(&mut self) -> Result<Option<Piece>, ReadError> {
        Ok(self.0.pop_front())
    }

    fn findings(&self) -> &Findings {
        &self.1
    }

    fn missing(&self) -> u64 {
        1
    }
}

fn of_pieces(pieces: &[(&str, &[u8], PieceState)]) -> (Result<(), ReadError>, Vec<u8>, Vec<u8>, Export) {
    let piece = |(path, bytes, state): &(&str, &[u8], PieceState)| Piece {
        path: (*path).to_owned(),
        bytes: bytes.to_vec(),
        mode: 0o755,
        state: *state,
    };
    let pieces = Ready(pieces.iter().map(piece).collect(), Findings::new());
    let mut export = Export::of_pieces(Box::new(pieces), &["image:a".to_owned()]);
    let (mut chunk, mut zip, mut manifest) = (Chunk::default(), Vec::new(), Vec::new());
    loop {
        match export.next(&mut chunk) {
            Err(error) => return (Err(error), zip, manifest, export),
            Ok(goes_on) => {
                zip.append(&mut chunk.archive);
                manifest.append(&mut chunk.manifest);
                if !goes_on {
                    return (Ok(()), zip, manifest, export);
                }
            }
        }
    }
}

#[test]
fn pieces_become_files_and_a_dropped_one_is_not_in_the_zip() {
    use PieceState::{Complete, Dropped, GoesOn};
    let long = [7; 100_000];
    let (ended, zip, manifest, export) = of_pieces(&[
        ("images/", b"", Complete),
        ("images/Dockerfile", b"FROM scratch\n", Complete),
        ("lost", b"half", GoesOn),
        ("lost", b"", Dropped),
        ("never", b"", Dropped),
        ("long", &long, GoesOn),
        ("long", b"", GoesOn),
        ("long", b"end", Complete),
        ("empty", b"", Complete),
    ]);
    ended.unwrap();
    let files: Vec<(String, u32, Vec<u8>)> =
        unzip(&zip).into_iter().map(|entry| (entry.name, entry.mode, entry.content)).collect();
    let whole = [&long[..], b"end"].concat();
    let expected = [
        ("images/", 0o040_755, &b""[..]),
        ("images/Dockerfile", 0o100_755, b"FROM scratch\n"),
        ("long", 0o100_755, &whole),
        ("empty", 0o100_755, b""),
    ];
    assert_eq!(files, expected.map(|(name, mode, content)| (name.to_owned(), mode, content.to_vec())));
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["archive"]["sha256"], crate::write::content::hex(&Sha256::digest(&zip)));
    assert_eq!(manifest["entries"].as_array().unwrap().len(), 6);
    assert_eq!(manifest["entries"][3]["missing"], "it could not be read to its end");
    assert_eq!((export.summary().entries, export.summary().missing), (4, 1));
}

#[test]
fn a_piece_that_would_lead_out_ends_the_zip() {
    for path in ["../x", "/x", "a//b", "a/../b", "", "/"] {
        let (ended, ..) = of_pieces(&[(path, b"x", PieceState::Complete)]);
        assert!(ended.unwrap_err().to_string().contains("would lead out"), "{path:?}");
    }
}
