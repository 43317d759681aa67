use std::ops::Range;

use careen_evidence::{ByteSource, Entry, Kind, MemoryTree, Stat, Xattrs};
use careen_model::Timestamp;
use serde_json::Value;

use super::*;
use crate::{Format as Read, open};

fn selection(tree: Rc<dyn FileTree>, name: &str) -> Selection {
    let start = tree.root();
    Selection { tree, start, name: name.as_bytes().to_vec(), label: "test".into() }
}

/// Archive and manifest of these, and the codes of what was found.
fn export(
    format: Format,
    selections: Vec<Selection>,
    on_damage: OnDamage,
) -> Result<(Vec<u8>, Value, Vec<&'static str>), ReadError> {
    let mut export = Export::new(format, selections, on_damage, &Limits::default(), &CancelToken::default())?;
    let (mut archive, mut manifest, mut chunk) = (Vec::new(), Vec::new(), Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk)?;
        assert!(chunk.archive.len() < 6 << 20, "memory is flat");
        archive.extend_from_slice(&chunk.archive);
        manifest.extend_from_slice(&chunk.manifest);
        if !goes_on {
            break;
        }
    }
    assert_eq!(export.written(), archive.len() as u64);
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["archive"]["sha256"], hex(&Sha256::digest(&archive)));
    Ok((archive, manifest, export.findings().list().iter().map(|finding| finding.code.name).collect()))
}

fn read(archive: Vec<u8>, format: Read) -> Rc<dyn FileTree> {
    let mut findings = Findings::new();
    let source: Rc<dyn ByteSource> = Rc::new(archive);
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let archive = open(format, source, &Place::new("tar"), &limits, &cancel, &mut |_, _| {}, &mut findings).unwrap();
    assert!(findings.list().is_empty(), "{:?}", findings.list());
    archive.tree
}

/// One line for each object of a tree.
fn listing(tree: &dyn FileTree) -> Vec<String> {
    let mut lines = Vec::new();
    let mut findings = Findings::new();
    careen_evidence::walk(tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |met, findings| {
        let Stat { kind, mode, uid, gid, mtime, nlink, rdev, .. } = met.stat;
        let content = match kind {
            Kind::File => {
                let source = tree.open(met.node, findings).unwrap();
                let mut bytes = vec![0; usize::try_from(source.len()).unwrap()];
                source.read_exact_at(0, &mut bytes).unwrap();
                hex(&Sha256::digest(&bytes))
            }
            Kind::Symlink => String::from_utf8(tree.link_target(met.node, findings).unwrap()).unwrap(),
            _ => String::new(),
        };
        let links = if kind == Kind::Directory { 0 } else { nlink };
        let xattrs = tree.xattrs(met.node, findings).unwrap();
        lines.push(format!(
            "{} {kind:?} {mode:o} {uid}:{gid} {mtime:?} {links} {rdev:?} {xattrs:?} {content}",
            met.path.escape_ascii()
        ));
        Ok(careen_evidence::Visit::Enter)
    })
    .unwrap();
    lines
}

fn sample() -> MemoryTree {
    let mut tree = MemoryTree::new("disk");
    let file = tree.file("/d/file", "content");
    tree.stat_mut(file, |stat| {
        stat.mtime = Timestamp { seconds: -5, nanoseconds: 1 };
        (stat.uid, stat.gid, stat.mode) = (4_000_000_000, 70_000, 0o4755);
    });
    tree.xattr(file, "security.capability", [0, 1, 2, b'\n']);
    let directory = tree.directory("/d");
    tree.hard_link(directory, "link", file);
    tree.symlink("/s", &"t".repeat(150));
    tree.char_device("/null", 1, 3);
    tree.file(&format!("/{}/{}", "한".repeat(40), "n".repeat(250)), "x");
    tree.file("/large", vec![7; 5 << 20]);
    tree
}

#[test]
fn an_archive_is_read_as_the_tree_it_was_made_of() {
    for (format, read_as) in [(Format::Tar, Read::Tar), (Format::TarGz, Read::TarGz)] {
        let tree = Rc::new(sample());
        let written = || export(format, vec![selection(Rc::clone(&tree) as _, "")], OnDamage::Skip).unwrap();
        let (archive, manifest, codes) = written();
        assert_eq!(listing(&*read(archive.clone(), read_as)), listing(&*tree));
        assert_eq!(codes, [""; 0]);
        assert!(written().0 == archive, "the same bytes each time");
        let rows = manifest["entries"].as_array().unwrap();
        assert_eq!(rows.len(), listing(&*tree).len());
        let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
        assert_eq!(row("d/file")["sha256"], hex(&Sha256::digest("content")));
        assert_eq!((&row("d/link")["link_to"], &row(".")["type"]), (&"d/file".into(), &"d".into()));
        assert_eq!(manifest["summary"]["bytes"], 7 + 1 + (5 << 20));
    }
}

/// A tree in which some bytes of `/bad` cannot be read, and the second half of `/holes` is none.
struct Odd(MemoryTree);

struct Bytes {
    bytes: Vec<u8>,
    bad: Range<u64>,
    data: u64,
}

impl ByteSource for Bytes {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset < self.bad.end && offset + buf.len() as u64 > self.bad.start {
            return Err(ReadError::io(&Place::new("sector"), "gone"));
        }
        self.bytes.read_exact_at(offset, buf)
    }
    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        (offset < self.data).then_some(offset..self.data)
    }
}

impl FileTree for Odd {
    fn root(&self) -> NodeId {
        self.0.root()
    }
    fn place(&self, node: NodeId) -> Place {
        self.0.place(node)
    }
    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.0.stat(node, findings)
    }
    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        self.0.list(directory, findings)
    }
    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.0.xattrs(node, findings)
    }
    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.0.link_target(node, findings)
    }
    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        let bytes = careen_evidence::read_file(&self.0, node, &Limits::default(), findings)?;
        let length = bytes.len() as u64;
        let is_bad = node == self.0.node("/bad");
        let data = if node == self.0.node("/holes") { length / 2 } else { length };
        Ok(Rc::new(Bytes { bytes, bad: if is_bad { length - 2000..length - 1990 } else { 0..0 }, data }))
    }
}

fn odd(size: usize) -> Rc<Odd> {
    let mut tree = MemoryTree::new("disk");
    let bad = tree.file("/bad", vec![7; size]);
    tree.hard_link(tree.root(), "bad2", bad);
    tree.file("/fine", "fine");
    tree.file("/holes", [vec![1; 5000], vec![0; 5000]].concat());
    tree.file("/socket", "");
    let socket = tree.node("/socket");
    tree.stat_mut(socket, |stat| stat.kind = Kind::Socket);
    Rc::new(Odd(tree))
}

#[test]
fn a_file_that_cannot_be_read_whole_is_left_out_under_all_its_names() {
    for size in [5000, 9 << 20] {
        let (archive, manifest, codes) =
            export(Format::Tar, vec![selection(odd(size), "in/it")], OnDamage::Skip).unwrap();
        let paths: Vec<String> =
            listing(&*read(archive, Read::Tar)).iter().map(|line| line.split(' ').next().unwrap().into()).collect();
        assert_eq!(paths, ["/", "/in", "/in/it", "/in/it/fine", "/in/it/holes"]);
        assert_eq!(codes, ["export-left-out", "export-left-out", "export-not-held"]);
        let rows = manifest["entries"].as_array().unwrap();
        let missing: Vec<_> = rows.iter().filter(|row| row["missing"].is_string()).map(|row| &row["name"]).collect();
        assert_eq!(missing, ["in/it/bad", "in/it/bad2", "in/it/socket"]);
        assert_eq!((&manifest["summary"]["missing"], &manifest["summary"]["not_held"]), (&2.into(), &1.into()));
    }
}

#[test]
fn gaps_are_told_and_the_rest_is_kept() {
    let (archive, manifest, codes) = export(Format::Tar, vec![selection(odd(9 << 20), "")], OnDamage::Gaps).unwrap();
    assert_eq!(codes, ["export-gaps", "export-not-held"]);
    let tree = read(archive, Read::Tar);
    let mut findings = Findings::new();
    let node = careen_evidence::lookup_path(&*tree, b"/bad", &mut findings).unwrap().unwrap();
    let bytes = careen_evidence::read_file(&*tree, node, &Limits::default(), &mut findings).unwrap();
    let zeros = bytes.iter().filter(|byte| **byte == 0).count() as u64;
    let bad = manifest["entries"].as_array().unwrap().iter().find(|row| row["name"] == "bad").unwrap();
    assert_eq!(bad["gaps"][0]["length"], zeros);
    assert!(zeros > 0 && zeros <= 2048 && bytes.len() == 9 << 20);
}

#[test]
fn damage_ends_the_export_where_that_was_chosen() {
    let error = export(Format::Tar, vec![selection(odd(5000), "")], OnDamage::Stop).unwrap_err();
    assert_eq!(error.to_string(), "sector: gone");
}

#[test]
fn holes_take_no_room() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/holes", [vec![1; 500_000], vec![0; 500_000]].concat());
    let tree = Rc::new(Odd(tree));
    let (archive, _, _) = export(Format::Tar, vec![selection(Rc::clone(&tree) as _, "")], OnDamage::Skip).unwrap();
    assert!(archive.len() < 510_000, "{}", archive.len());
    assert_eq!(listing(&*read(archive, Read::Tar)), listing(&*tree));
}

#[test]
fn names_that_lead_out_are_refused() {
    for name in ["../a", "/a", "a/../../b"] {
        assert!(export(Format::Tar, vec![selection(odd(10), name)], OnDamage::Skip).is_err(), "{name}");
    }
}
