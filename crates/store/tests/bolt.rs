//! Real databases of Docker, containerd and BuildKit: read as an independent reader reads them, and with every page
//! damaged in turn.
//!
//! `tests/bolt/*.zst` were written by dockerd 20.10 and 29, containerd 1.6 and 2. What is in them was told by the crate
//! `bbolt-rs` 1.3.10: one line a key, as [`lines`] writes them. That crate cannot open a database without free list, so
//! it was given an empty one for `moby-meta.db`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;
use std::io::Read;
use std::rc::Rc;

use careen_evidence::{Findings, Limits, Place};
use careen_store::bbolt::{Bucket, Database, Item};
use sha2::{Digest, Sha256};

/// Bytes of a page in all of them.
const PAGE: usize = 4096;

/// Name, number of lines and digest of the lines that the independent reader told.
const TOLD: &[(&str, usize, &str)] = &[
    ("containerd-meta.db", 1749, "7cf98da44b19485c2a5695aefccf36183a5d975c3aee5a09d9fca169cf5681d3"),
    ("moby-meta.db", 2796, "63e241b40b8c90c961b76e6f77d050d45e973d69af419b14e186b7d72a1437a3"),
    ("buildkit-metadata_v2.db", 96, "f8eb9948f42c14a67df7a5e232a8d3affb30d7dcd4012d1e0151dc0ce50ad9e2"),
    ("local-kv.db", 16, "a012791dbb5b3799f91b741d40f908267ecc8cba9c1971818f20c2342ef1f025"),
];

fn bytes(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/bolt/{name}.zst", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(&*std::fs::read(path).unwrap()).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key with its value; of a bucket without one.
type Pair = (Vec<u8>, Option<Vec<u8>>);

/// Every key beneath a bucket, with the names of the buckets above it.
type Keys = BTreeSet<(Vec<Vec<u8>>, Pair)>;

fn walk(database: &Database, bucket: &Bucket, path: &[Vec<u8>], found: &mut Keys) {
    let mut below = Vec::new();
    let visit = &mut |key: &[u8], item: Item<'_>| match item {
        Item::Value(value) => drop(found.insert((path.to_vec(), (key.to_vec(), Some(value.to_vec()))))),
        Item::Bucket(bucket) => {
            found.insert((path.to_vec(), (key.to_vec(), None)));
            below.push(([path, &[key.to_vec()]].concat(), bucket));
        }
    };
    database.visit(bucket, &mut Findings::new(), visit).unwrap();
    for (path, bucket) in below {
        walk(database, &bucket, &path, found);
    }
}

fn all(database: &Database) -> Keys {
    let mut found = Keys::new();
    walk(database, &database.root(), &[], &mut found);
    found
}

/// The keys as the independent reader told them: in hexadecimal digits, sorted.
fn lines(keys: &Keys) -> Vec<String> {
    let line = |(path, (key, value)): &(Vec<Vec<u8>>, Pair)| {
        let path: String = path.iter().map(|name| format!("{}/", hex(name))).collect();
        let value = value.as_ref().map_or_else(|| "/".to_owned(), |value| format!("={}", hex(value)));
        format!("{path}{}{value}", hex(key))
    };
    let mut lines: Vec<String> = keys.iter().map(line).collect();
    lines.sort();
    lines
}

fn pairs(keys: &Keys) -> BTreeSet<Pair> {
    keys.iter().map(|(_, pair)| pair.clone()).collect()
}

/// Whether this page is part of a longer one: it has no header, and nothing on the disk covers its content.
fn is_within(file: &[u8], page: usize) -> bool {
    let field = |at: usize, range: std::ops::Range<usize>| {
        let mut bytes = [0; 8];
        bytes[..range.len()].copy_from_slice(&file[at * PAGE..][range]);
        u64::from_le_bytes(bytes)
    };
    (2..page).any(|at| {
        let follow = usize::try_from(field(at, 12..16)).unwrap();
        field(at, 0..8) == at as u64 && [1, 2].contains(&field(at, 8..10)) && at + follow >= page
    })
}

fn open(bytes: Vec<u8>, findings: &mut Findings) -> Database {
    Database::open(Rc::new(bytes), &Place::new("db"), &Limits::default(), findings).unwrap()
}

#[test]
fn an_independent_reader_finds_the_same_keys() {
    for (name, count, digest) in TOLD {
        let mut findings = Findings::new();
        let database = open(bytes(name), &mut findings);
        let lines = lines(&all(&database));
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        assert_eq!(lines.len(), *count, "{name}");
        assert_eq!(hex(&Sha256::digest(text)), *digest, "{name}");
        assert!(findings.list().is_empty() && database.is_whole(), "{name}: {:?}", findings.list());
        assert!(database.lost_pages(&mut findings).unwrap().is_empty());
        let earlier = database.other_state(&mut findings).unwrap().unwrap();
        assert!(earlier.is_whole() && earlier.transaction() < database.transaction(), "{name}");
    }
}

/// Harms the page of a file that begins at a position.
type Harm = fn(&mut [u8], usize);

/// What is done to a page.
const DAMAGES: &[(&str, Harm)] = &[
    ("zeros", |file, at| file[at..at + PAGE].fill(0)),
    ("ones", |file, at| file[at..at + PAGE].fill(0xff)),
    ("a torn write", |file, at| file[at..at + 512].fill(0)),
    ("another page", |file, at| file.copy_within(2 * PAGE..3 * PAGE, at)),
    ("foreign content", |file, at| {
        for (offset, byte) in file[at..at + PAGE].iter_mut().enumerate() {
            *byte = (offset * 167 + 13).to_le_bytes()[0];
        }
    }),
];

#[test]
fn every_page_damaged_in_turn_takes_no_other_with_it_and_invents_nothing() {
    for (name, ..) in TOLD {
        let whole = bytes(name);
        let database = open(whole.clone(), &mut Findings::new());
        let newest = all(&database);
        let pairs_of_newest = pairs(&newest);
        let earlier = all(&database.other_state(&mut Findings::new()).unwrap().unwrap());
        // Behind the last page that was ever used there are only zeros.
        let used = whole.iter().rposition(|byte| *byte != 0).unwrap() / PAGE + 1;
        for page in (0..used).filter(|page| !is_within(&whole, *page)) {
            // All damages to every page of the small ones; of the large ones each page gets one, in turn.
            let turn = |kind: usize| used < 100 || kind == page % DAMAGES.len();
            for (_, (damage, harm)) in DAMAGES.iter().enumerate().filter(|(kind, _)| turn(*kind)) {
                let case = format!("{name}, page {page}: {damage}");
                let mut damaged = whole.clone();
                harm(&mut damaged, page * PAGE);
                let mut findings = Findings::new();
                let database = open(damaged.clone(), &mut findings);
                let shown = all(&database);
                if shown == newest {
                    continue;
                }
                assert!(!findings.list().is_empty(), "{case}: something is missing without a finding");
                if database.is_whole() {
                    assert_eq!(shown, earlier, "{case}");
                    continue;
                }
                assert!(shown.is_subset(&newest), "{case}: shows what was not there");
                let mut left = pairs(&shown);
                for lost in database.lost_pages(&mut findings).unwrap() {
                    let mut found = Keys::new();
                    walk(&database, &lost.keys, &[], &mut found);
                    let found = pairs(&found);
                    assert!(!lost.is_certain || found.is_subset(&pairs_of_newest), "{case}: finds what was deleted");
                    left.extend(found);
                }
                // What is lost for good stood on this page, or on those that follow it within one long page.
                let follow = u32::from_le_bytes(whole[page * PAGE + 12..page * PAGE + 16].try_into().unwrap());
                let end = (page + 1 + usize::try_from(follow.min(64)).unwrap()) * PAGE;
                let region = &whole[page * PAGE..end.min(whole.len())];
                for (key, value) in pairs_of_newest.difference(&left) {
                    let wanted = [key.as_slice(), value.as_deref().unwrap_or_default()].concat();
                    let is_there = region.windows(wanted.len().max(1)).any(|bytes| bytes == wanted);
                    assert!(is_there, "{case}: {:?} is lost too", String::from_utf8_lossy(key));
                }
            }
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_read_up_to_the_cut() {
    let whole = bytes("containerd-meta.db");
    let newest = all(&open(whole.clone(), &mut Findings::new()));
    for pages in (3..283).step_by(7) {
        let mut findings = Findings::new();
        let database = open(whole[..pages * PAGE + 100].to_vec(), &mut findings);
        assert!(all(&database).is_subset(&newest), "{pages} pages");
        assert!(findings.list().iter().any(|finding| finding.code.name == "bolt-file-cut"), "{pages} pages");
    }
}

#[test]
fn without_both_meta_pages_the_keys_are_found() {
    for (name, ..) in TOLD {
        let mut file = bytes(name);
        let wanted = pairs(&all(&open(file.clone(), &mut Findings::new())));
        file[..2 * PAGE].fill(0);
        let (place, limits, mut findings) = (Place::new("db"), Limits::default(), Findings::new());
        assert!(Database::open(Rc::new(file.clone()), &place, &limits, &mut findings).is_err());
        let database = Database::open_without_meta(Rc::new(file), &place, &limits, &mut findings).unwrap();
        assert!(all(&database).is_empty() && !database.is_whole());
        let mut found = Keys::new();
        for lost in database.lost_pages(&mut findings).unwrap() {
            assert!(!lost.is_certain);
            walk(&database, &lost.keys, &[], &mut found);
        }
        assert!(wanted.is_subset(&pairs(&found)), "{name}");
        let codes: Vec<&str> = findings.list().iter().map(|finding| finding.code.name).collect();
        assert_eq!(codes, ["bolt-meta-lost", "bolt-keys-uncertain"]);
    }
}
