//! The replay judged by e2fsprogs: `debugfs` writes transactions into a filesystem's journal, `e2fsck` replays them on
//! a copy, and the copy must read like the original does with its journal replayed in memory.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use careen_evidence::{CancelToken, Findings, Kind, Limits, Place, Visit, walk};
use careen_filesystem::Ext4;

const BLOCK: usize = 1024;
const MAGIC: [u8; 4] = [0xc0, 0x3b, 0x39, 0x98];

/// Output of a tool of e2fsprogs, which often stands in a folder that only root looks into.
fn run(tool: &str, arguments: &[&str]) -> Option<String> {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(tool).args(arguments).env("PATH", path).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// An empty folder for one case.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Path → content of every file, or what the filesystem says of it.
fn read(disk: &Path) -> (BTreeMap<String, Vec<u8>>, Rc<Ext4>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let limits = Limits::default();
    let source = Rc::new(fs::read(disk).unwrap());
    let tree = Ext4::open(source, &Place::new("disk"), &limits, &mut findings).unwrap();
    let mut files = BTreeMap::new();
    walk(&*tree, &limits, &CancelToken::default(), &mut findings, &mut |walked, findings| {
        let mut content = format!("{:?}", walked.stat).into_bytes();
        if walked.stat.kind == Kind::File {
            let source = careen_evidence::FileTree::open(&*tree, walked.node, findings)?;
            content = vec![0; usize::try_from(source.len()).unwrap()];
            source.read_exact_at(0, &mut content)?;
        }
        files.insert(String::from_utf8_lossy(walked.path).into_owned(), content);
        Ok(Visit::Enter)
    })
    .unwrap();
    let codes = findings.list().iter().map(|finding| finding.code.name).collect();
    (files, tree, codes)
}

/// `count` blocks of one byte each; `escaped` ones begin with the journal's magic.
fn blocks(count: usize, fill: u8, escaped: bool) -> Vec<u8> {
    let mut bytes = vec![fill; count * BLOCK];
    if escaped {
        bytes.chunks_mut(BLOCK).for_each(|block| block[..4].copy_from_slice(&MAGIC));
    }
    bytes
}

/// One filesystem, one way of keeping a journal. False without e2fsprogs.
fn case(name: &str, features: &str, open: &str, expected_feature: &str) -> bool {
    let folder = folder(name);
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    fs::create_dir(at("content")).unwrap();
    fs::write(at("content/file"), blocks(8, b'a', false)).unwrap();
    fs::write(at("content/other"), blocks(3, b'o', false)).unwrap();
    let (disk, content) = (at("disk"), at("content"));
    let make = ["-q", "-t", "ext4", "-b", "1024", "-O", features, "-J", "size=1", "-d", &content, &disk, "16M"];
    if run("mke2fs", &make).is_none() {
        return false;
    }

    let owned = run("debugfs", &["-R", "blocks /file", &disk]).unwrap();
    let b: Vec<&str> = owned.split_whitespace().collect();
    assert_eq!(b.len(), 8, "blocks of /file: {owned}");
    let writes = [
        ("first", blocks(6, b'1', false)),
        ("second", blocks(1, b'2', true)),
        ("third", blocks(1, b'3', false)),
        ("lost", blocks(2, b'x', false)),
    ];
    for (name, bytes) in &writes {
        fs::write(at(name), bytes).unwrap();
    }
    let commands = [
        format!("jo {open}"),
        format!("jw -b {} {}", b[..6].join(","), at("first")),
        format!("jw -b {} {}", b[1], at("second")),
        format!("jw -r {},{}", b[2], b[3]), // with blocks as well, debugfs forgets the commit block
        format!("jw -b {} {}", b[3], at("third")),
        format!("jw -b {} -c {}", b[6..8].join(","), at("lost")), // no commit block
        "jc".to_owned(),
    ];
    fs::write(at("commands"), commands.join("\n")).unwrap();
    run("debugfs", &["-w", "-f", &at("commands"), &disk]).unwrap();
    let said = run("dumpe2fs", &["-h", &disk]).unwrap();
    assert!(said.contains(expected_feature), "{name}: {expected_feature} not in {said}");

    // By the rules of the journal: the last copy wins, a revoked one does not count, nor does what was not finished.
    let (files, tree, codes) = read(Path::new(&disk));
    let expected: Vec<u8> = [
        blocks(1, b'1', false),
        blocks(1, b'2', true),
        blocks(1, b'a', false),
        blocks(1, b'3', false),
        blocks(2, b'1', false),
        blocks(2, b'a', false),
    ]
    .concat();
    assert!(files["/file"] == expected, "{name}: /file is not what the journal says");
    let counts = tree.summary(0).journal_replayed.unwrap();
    assert_eq!((counts.transactions, counts.blocks, counts.revoked), (4, 5, 2), "{name}");
    assert_eq!(codes, ["journal-unfinished"], "{name}");

    // And by the judge.
    let copy = at("judged");
    fs::copy(&disk, &copy).unwrap();
    run("e2fsck", &["-y", "-E", "journal_only", &copy]).unwrap();
    let (judged, tree, _) = read(Path::new(&copy));
    assert_eq!(tree.summary(0).journal_replayed, None, "{name}: e2fsck did not replay");
    assert!(files == judged, "{name}: e2fsck replays to something else");
    fs::remove_dir_all(folder).unwrap();
    true
}

#[test]
fn debugfs_writes_journals_of_every_kind_and_e2fsck_replays_them_alike() {
    let cases = [
        ("v3-64", "metadata_csum,64bit", "-c -v 3", "journal_checksum_v3"),
        ("v3-32", "metadata_csum,^64bit", "-c -v 3", "journal_checksum_v3"),
        ("v2-64", "metadata_csum,64bit", "-c -v 2", "journal_checksum_v2"),
        ("v2-32", "metadata_csum,^64bit", "-c -v 2", "journal_checksum_v2"),
        ("plain-64", "^metadata_csum,64bit", "", "journal_64bit"),
        ("plain-32", "^metadata_csum,^64bit", "", "needs_recovery"),
        ("ext3", "^extent,^flex_bg,^64bit,^metadata_csum", "", "needs_recovery"),
    ];
    for (name, features, open, expected_feature) in cases {
        if !case(name, features, open, expected_feature) {
            println!("skipped: mke2fs (e2fsprogs) is not on this machine");
            return;
        }
    }
}
