//! Whole archives, made by hand.

use std::rc::Rc;

use careen_evidence::{FileTree, Kind, NodeId, lookup_path, read_file};

use super::*;
use crate::testing::{Tar, header, seal};

struct Opened {
    tree: Rc<ArchiveTree>,
    codes: Vec<&'static str>,
    marks: bool,
}

impl Opened {
    fn node(&self, path: &str) -> Option<NodeId> {
        lookup_path(&*self.tree, path.as_bytes(), &mut Findings::new()).unwrap()
    }

    fn stat(&self, path: &str) -> careen_evidence::Stat {
        self.tree.stat(self.node(path).expect(path), &mut Findings::new()).unwrap()
    }

    fn text(&self, path: &str) -> String {
        let node = self.node(path).expect(path);
        let bytes = read_file(&*self.tree, node, &Limits::default(), &mut Findings::new()).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

fn open_with(bytes: Vec<u8>, limits: Limits) -> Opened {
    let source: Rc<dyn ByteSource> = Rc::new(bytes);
    let format = detect(&source).unwrap().expect("an archive");
    let (place, cancel, mut findings) = (Place::new("a.tar"), CancelToken::default(), Findings::new());
    let archive = open(format, source, &place, &limits, &cancel, &mut |_, _| {}, &mut findings).unwrap();
    let codes = findings.list().iter().map(|finding| finding.code.name).collect();
    Opened { tree: archive.tree, codes, marks: archive.has_overlay_marks }
}

fn opened(bytes: Vec<u8>) -> Opened {
    open_with(bytes, Limits::default())
}

#[test]
fn a_plain_archive_is_a_tree() {
    let found = opened(
        Tar::default()
            .entry(header("./", b'5', 0), b"")
            .entry(header("./d/", b'5', 0), b"")
            .file("./d/f", b"content")
            .link("./d/s", b'2', "f")
            .link("./h", b'1', "./d/f")
            .file("implied/x", b"")
            .end(),
    );
    assert_eq!(found.codes, [""; 0]);
    assert_eq!(found.text("/h"), "content");
    assert_eq!((found.stat("/h").inode, found.stat("/h").nlink), (found.stat("/d/f").inode, 2));
    assert_eq!(found.tree.link_target(found.node("/d/s").unwrap(), &mut Findings::new()).unwrap(), b"f");
    assert_eq!((found.stat("/implied").kind, found.stat("/implied").mode), (Kind::Directory, 0o755));
    assert_eq!(found.tree.place(found.node("/d/f").unwrap()).to_string(), "a.tar › /d/f");
    assert!(!found.marks);
}

#[test]
fn later_entries_override_earlier_ones() {
    let found = opened(
        Tar::default()
            .file("a", b"old")
            .link("b", b'1', "a")
            .file("d/kept", b"1")
            .file("a", b"new")
            .entry(header("d/", b'5', 0), b"")
            .end(),
    );
    assert_eq!((found.text("/a"), found.text("/b"), found.text("/d/kept")), ("new".into(), "old".into(), "1".into()));
    assert_eq!((found.stat("/b").nlink, found.stat("/d").mode), (1, 0o644));
}

#[test]
fn extended_headers_stand_in_for_the_next_entry_alone() {
    let long = "n".repeat(300);
    let found = opened(
        Tar::default()
            .pax(b'g', &[("uid", b"7")])
            .pax(
                b'x',
                &[
                    ("path", long.as_bytes()),
                    ("mtime", b"5.25"),
                    ("gid", b"9"),
                    ("size", b"3"),
                    ("SCHILY.xattr.trusted.overlay.opaque", b"y"),
                ],
            )
            .entry(header("short", b'0', 0), b"abc")
            .file("next", b"")
            .end(),
    );
    assert_eq!(found.codes, [""; 0]);
    let stat = found.stat(&long);
    assert_eq!((stat.uid, stat.gid, stat.mtime.nanoseconds, found.text(&long)), (7, 9, 250_000_000, "abc".into()));
    let xattrs = found.tree.xattrs(found.node(&long).unwrap(), &mut Findings::new()).unwrap();
    assert_eq!(xattrs, [(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())]);
    assert!(found.marks);
    assert_eq!((found.stat("/next").uid, found.stat("/next").gid), (7, 0));
}

#[test]
fn long_names_of_gnu_tar_are_read() {
    let (name, target) = ("d/".repeat(80) + "name", "t".repeat(120));
    let (long, to) = (format!("{name}\0"), format!("{target}\0"));
    let found = opened(
        Tar::default()
            .entry(header("././@LongLink", b'K', to.len() as u64), to.as_bytes())
            .entry(header("././@LongLink", b'L', long.len() as u64), long.as_bytes())
            .link("d/cut", b'2', "cut")
            .end(),
    );
    let node = found.node(&name).unwrap();
    assert_eq!(found.tree.link_target(node, &mut Findings::new()).unwrap(), target.as_bytes());
}

#[test]
fn sparse_files_of_all_four_ways_are_read() {
    let mut old = header("old", b'S', 512 + 1);
    old[257..265].copy_from_slice(b"ustar  \0");
    old[386..410].copy_from_slice(b"00000000001\x0000000001000\0");
    old[482] = 1;
    old[483..495].copy_from_slice(b"00000002000\0");
    seal(&mut old);
    let mut more = [0; 512];
    more[..24].copy_from_slice(b"00000001777\x0000000000001\0");
    let data = [vec![b'a'; 512], vec![b'b']].concat();
    let map = b"1\n1023\n1\n";
    let mut with_map = map.to_vec();
    with_map.resize(512, 0);
    with_map.push(b'c');
    let found = opened(
        Tar::default()
            .entry(old, &[&more[..], &data].concat())
            .pax(
                b'x',
                &[
                    ("GNU.sparse.size", b"4"),
                    ("GNU.sparse.numblocks", b"1"),
                    ("GNU.sparse.offset", b"3"),
                    ("GNU.sparse.numbytes", b"1"),
                ],
            )
            .file("v00", b"x")
            .pax(b'x', &[("GNU.sparse.name", b"v01"), ("GNU.sparse.size", b"5"), ("GNU.sparse.map", b"1,2")])
            .file("GNUSparseFile.0/v01", b"yz")
            .pax(
                b'x',
                &[
                    ("GNU.sparse.major", b"1"),
                    ("GNU.sparse.minor", b"0"),
                    ("GNU.sparse.name", b"v10"),
                    ("GNU.sparse.realsize", b"1024"),
                ],
            )
            .entry(header("GNUSparseFile.0/v10", b'0', 513), &with_map)
            .file("after", b"end")
            .end(),
    );
    assert_eq!(found.codes, [""; 0]);
    let old = found.text("/old");
    assert_eq!((old.len(), &old[..2], &old[512..514], &old[1022..]), (1024, "\0a", "a\0", "\0b"));
    assert_eq!((found.text("/v00"), found.text("/v01")), ("\0\0\0x".into(), "\0yz\0\0".into()));
    assert_eq!(found.text("/v10"), "\0".repeat(1023) + "c");
    assert_eq!(found.text("/after"), "end");
}

#[test]
fn a_sparse_file_with_a_wrong_map_is_listed_and_cannot_be_read() {
    let found = opened(
        Tar::default()
            .pax(b'x', &[("GNU.sparse.size", b"5"), ("GNU.sparse.map", b"4,2")])
            .file("f", b"yz")
            .file("after", b"")
            .end(),
    );
    assert_eq!(found.codes, ["tar-sparse-bad"]);
    assert_eq!(found.stat("/f").size, 5);
    assert!(found.tree.open(found.node("/f").unwrap(), &mut Findings::new()).is_err());
    assert!(found.node("/after").is_some());
}

#[test]
fn a_bad_header_is_told_and_the_next_good_one_found() {
    let mut bytes = Tar::default().file("a", b"1").file("b", b"2").file("c", b"3").end();
    bytes[1024 + 5] ^= 0xFF;
    let found = opened(bytes);
    assert_eq!(found.codes, ["tar-header-bad"]);
    assert_eq!((found.text("/a"), found.node("/b"), found.text("/c")), ("1".into(), None, "3".into()));
}

#[test]
fn a_cut_archive_keeps_what_stands_before_the_cut() {
    let mut bytes = Tar::default().file("a", b"1").file("b", &[b'2'; 3000]).end();
    bytes.truncate(2000);
    let found = opened(bytes);
    assert_eq!(found.codes, ["tar-cut"]);
    assert_eq!((found.text("/a"), found.stat("/b").size), ("1".into(), 3000));
    let file = found.tree.open(found.node("/b").unwrap(), &mut Findings::new()).unwrap();
    file.read_exact_at(0, &mut [0; 400]).unwrap();
    assert!(file.read_exact_at(400, &mut [0; 100]).is_err());
    // Within a header, and at the end of an entry.
    let bytes = Tar::default().file("a", b"1").file("b", b"").0;
    assert_eq!(opened(bytes[..1100].to_vec()).codes, ["tar-cut"]);
    assert_eq!(opened(bytes[..1024].to_vec()).codes, ["tar-unended"]);
}

#[test]
fn what_follows_the_end_is_told() {
    let joined = [Tar::default().file("a", b"").end(), Tar::default().file("b", b"").end()].concat();
    let found = opened(joined);
    assert_eq!(found.codes, ["tar-goes-on"]);
    assert!(found.node("/b").is_some());
    let mut bytes = Tar::default().file("a", b"").end();
    bytes.extend_from_slice(&[7; 512]);
    assert_eq!(opened(bytes).codes, ["tar-trailing"]);
}

#[test]
fn names_that_climb_stay_in_the_tree() {
    let found = opened(Tar::default().file("../../etc/passwd", b"x").file("/abs/../b", b"y").end());
    assert_eq!(found.codes, ["tar-name-climbs"; 2]);
    assert_eq!((found.text("/etc/passwd"), found.text("/b")), ("x".into(), "y".into()));
}

#[test]
fn a_name_below_a_link_does_not_follow_it() {
    let found = opened(Tar::default().link("a", b'2', "/etc").file("a/passwd", b"x").end());
    assert_eq!(found.codes, ["tar-name-below-file"]);
    assert_eq!((found.stat("/a").kind, found.text("/a/passwd")), (Kind::Directory, "x".into()));
}

#[test]
fn what_cannot_be_shown_is_told() {
    let found = opened(
        Tar::default()
            .link("h", b'1', "nowhere")
            .link("late", b'1', "f")
            .entry(header("m", b'M', 3), b"...")
            .entry(header("label", b'V', 0), b"")
            .entry(header("odd", b'Y', 1), b"o")
            .entry(header("odd2", b'Y', 1), b"o")
            .entry(header("pax", b'x', 8), b"no pax\n\n")
            .file("f", b"x")
            .end(),
    );
    assert_eq!(found.codes, ["tar-entry-left-out", "tar-kind-unknown", "tar-field-bad", "tar-entry-left-out"]);
    assert_eq!((found.text("/odd"), found.text("/late"), found.stat("/f").nlink), ("o".into(), "x".into(), 2));
    assert_eq!((found.node("/h"), found.node("/m"), found.node("/label")), (None, None, None));
}

#[test]
fn devices_and_directories_of_the_seventh_edition_are_read() {
    let mut device = header("null", b'3', 0);
    device[329..337].copy_from_slice(b"0000001\0");
    device[337..345].copy_from_slice(b"0000003\0");
    seal(&mut device);
    let mut directory = header("d/", 0, 0);
    directory[257..265].fill(0);
    seal(&mut directory);
    let found = opened(Tar::default().entry(directory, b"").entry(device, b"").entry(header("p", b'6', 0), b"").end());
    assert_eq!((found.stat("/null").kind, found.stat("/null").rdev), (Kind::CharDevice, (1, 3)));
    assert_eq!((found.stat("/d").kind, found.stat("/p").kind), (Kind::Directory, Kind::Fifo));
}

#[test]
fn limits_end_the_reading_and_are_told() {
    let many = (0..20).fold(Tar::default(), |tar, at| tar.file(&format!("f{at}"), b"")).end();
    let found = open_with(many, Limits { entries: 11, ..Limits::default() });
    assert_eq!(found.codes, ["limit-reached"]);
    assert_eq!((found.node("/f9").is_some(), found.node("/f10").is_some()), (true, false));
    // Memory for attributes counts too.
    let large = vec![b'v'; 10_000];
    let fat = Tar::default().pax(b'x', &[("SCHILY.xattr.user.a", &large)]).file("a", b"").end();
    assert_eq!(open_with(fat, Limits { entries: 100, ..Limits::default() }).codes, ["limit-reached"]);
    let deep = "d/".repeat(20);
    let deep = Tar::default().file(&format!("{deep}f"), b"").file("g", b"x").end();
    let found = open_with(deep, Limits { depth: 10, ..Limits::default() });
    assert_eq!((found.codes.as_slice(), found.text("/g")), (&["limit-reached"][..], "x".into()));
}

#[test]
fn an_extended_header_beyond_all_measure_is_not_taken_into_memory() {
    let found = opened(Tar::default().file("a", b"").entry(header("pax", b'x', 1 << 32), b"").end());
    assert_eq!(found.codes[0], "tar-entry-left-out");
}

#[test]
fn a_file_larger_than_any_archive_is_cut() {
    let mut block = header("a", b'0', 0);
    block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    seal(&mut block);
    let found = opened(Tar::default().entry(block, b"x").end());
    assert_eq!((found.codes.as_slice(), found.stat("/a").size), (&["tar-cut"][..], (1 << 63) - 1));
}

#[test]
fn packed_archives_are_read_and_told_from_other_packed_files() {
    use std::io::Write;
    let pack = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let tar = Tar::default().file("a", b"1").file("big", &[b'2'; 3_000_000]).file("z", b"3").end();
    let found = opened(pack(&tar));
    assert_eq!(found.codes, [""; 0]);
    assert_eq!((found.text("/z"), found.text("/big").len(), found.text("/a")), ("3".into(), 3_000_000, "1".into()));
    let mut cut = pack(&tar);
    cut.truncate(cut.len() / 2);
    let found = opened(cut);
    assert_eq!((found.codes.as_slice(), found.text("/a")), (&["tar-cut", "gzip-cut"][..], "1".into()));
    let other: Rc<dyn ByteSource> = Rc::new(pack(&[b'x'; 2000]));
    assert_eq!(detect(&other).unwrap(), None);
    for none in [Vec::new(), vec![0; 4096], b"text".to_vec(), vec![0x1F, 0x8B, 8]] {
        let source: Rc<dyn ByteSource> = Rc::new(none);
        assert_eq!(detect(&source).unwrap(), None);
    }
}

#[test]
fn a_cancelled_pass_ends() {
    let source: Rc<dyn ByteSource> = Rc::new(Tar::default().file("a", b"").end());
    let cancel = CancelToken::default();
    cancel.cancel();
    let (limits, mut findings) = (Limits::default(), Findings::new());
    let result = open(Format::Tar, source, &Place::new("a"), &limits, &cancel, &mut |_, _| {}, &mut findings);
    assert!(result.is_err_and(|error| error.is_cancelled()));
}

proptest::proptest! {
    #[test]
    fn no_bytes_stop_the_reader(at in 0_usize..6000, with in proptest::collection::vec(proptest::num::u8::ANY, 1..40)) {
        let mut bytes = Tar::default()
            .pax(b'x', &[("GNU.sparse.major", b"1"), ("GNU.sparse.realsize", b"9"), ("path", b"p")])
            .file("a", b"1\n0\n1\n")
            .link("h", b'1', "p")
            .file("d/b", &[1; 700])
            .end();
        let at = at % bytes.len();
        for (byte, with) in bytes[at..].iter_mut().zip(with) {
            *byte = with;
        }
        let source: Rc<dyn ByteSource> = Rc::new(bytes);
        let (limits, mut findings) = (Limits::default(), Findings::new());
        let place = Place::new("a");
        let archive =
            open(Format::Tar, source, &place, &limits, &CancelToken::default(), &mut |_, _| {}, &mut findings).unwrap();
        careen_evidence::walk(&*archive.tree, &limits, &CancelToken::default(), &mut findings, &mut |met, findings| {
            if let Ok(file) = archive.tree.open(met.node, findings) {
                drop(file.read_exact_at(0, &mut [0; 4]));
            }
            Ok(careen_evidence::Visit::Enter)
        }).unwrap();
    }
}
