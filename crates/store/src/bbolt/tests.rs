#![allow(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use careen_evidence::{Findings, Limits, Place};

use super::testing::{Node, PAGE, branch, file, leaf, meta};
use super::{Bucket, Database, Item};

/// Everything in a bucket, as `key=value` and `key/…`.
fn flatten(database: &Database, bucket: &Bucket, prefix: &str, findings: &mut Findings, out: &mut Vec<String>) {
    let mut items = Vec::new();
    database
        .visit(bucket, findings, &mut |key, item| {
            let key = format!("{prefix}{}", String::from_utf8_lossy(key));
            items.push(match item {
                Item::Value(value) => (format!("{key}={}", String::from_utf8_lossy(value)), None),
                Item::Bucket(bucket) => (format!("{key}/"), Some(bucket)),
            });
        })
        .unwrap();
    for (text, bucket) in items {
        match bucket {
            Some(bucket) => flatten(database, &bucket, &text, findings, out),
            None => out.push(text),
        }
    }
}

/// The content of a file, and the codes of what is wrong with it.
fn read(bytes: Vec<u8>) -> Result<(Vec<String>, Vec<&'static str>), String> {
    let mut findings = Findings::new();
    let place = Place::new("test.db");
    let database =
        Database::open(Rc::new(bytes), &place, &Limits::default(), &mut findings).map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    flatten(&database, &database.root(), "", &mut findings, &mut out);
    Ok((out, findings.list().iter().map(|finding| finding.code.name).collect()))
}

fn value(text: &str) -> Node {
    Node::Value(text.as_bytes().to_vec())
}

/// Root bucket on page 2 with a bucket `a` on pages 3 (branch), 4 and 5 (leaves) and an inline bucket `b`.
fn sample() -> Vec<u8> {
    let mut file = file(8);
    leaf(&mut file, 2, &[("a", Node::Paged(3)), ("b", Node::Inline(vec![("k", b"inline".to_vec())]))]);
    branch(&mut file, 3, &[("1", 4), ("3", 5)]);
    leaf(&mut file, 4, &[("1", value("one")), ("2", value("two"))]);
    leaf(&mut file, 5, &[("3", value("three"))]);
    file
}

#[test]
fn paged_and_inline_buckets_are_read_in_order() {
    let (content, findings) = read(sample()).unwrap();
    assert_eq!(content, ["a/1=one", "a/2=two", "a/3=three", "b/k=inline"]);
    assert!(findings.is_empty());
}

#[test]
fn a_bucket_is_found_by_the_names_on_the_way() {
    let mut findings = Findings::new();
    let place = Place::new("test.db");
    let database = Database::open(Rc::new(sample()), &place, &Limits::default(), &mut findings).unwrap();
    assert_eq!(database.transaction(), 7);
    assert!(database.bucket(&[b"a"], &mut findings).unwrap().is_some());
    for missing in [&[b"c".as_slice()], &[b"a".as_slice(), b"1"][..]] {
        assert!(database.bucket(missing, &mut findings).unwrap().is_none());
    }
}

#[test]
fn a_value_longer_than_a_page_overflows() {
    let mut file = file(8);
    let long = "x".repeat(2 * PAGE);
    leaf(&mut file, 2, &[("k", value(&long))]);
    assert_eq!(read(file).unwrap().0, [format!("k={long}")]);
}

#[test]
fn an_empty_root_is_an_empty_database() {
    let mut file = file(3);
    leaf(&mut file, 2, &[]);
    assert_eq!(read(file).unwrap(), (vec![], vec![]));
}

#[test]
fn the_newest_valid_meta_page_wins() {
    let mut file = sample();
    leaf(&mut file, 6, &[("new", value("state"))]);
    meta(&mut file, 0, 6, 9);
    assert_eq!(read(file.clone()).unwrap(), (vec!["new=state".to_owned()], vec![]));
    // One bit of the newer meta's transaction number.
    file[16 + 48] ^= 1;
    let (content, findings) = read(file).unwrap();
    assert_eq!((content.len(), findings), (4, vec!["bolt-meta-invalid"]));
}

#[test]
fn the_second_meta_page_is_found_without_the_first() {
    let mut file = sample();
    file[..PAGE].fill(0);
    let (content, findings) = read(file).unwrap();
    assert_eq!((content.len(), findings), (4, vec!["bolt-meta-invalid"]));
}

#[test]
fn the_state_before_is_used_when_the_newest_tree_is_broken() {
    let mut file = sample();
    meta(&mut file, 0, 7, 9);
    let (content, findings) = read(file).unwrap();
    assert_eq!((content.len(), findings), (4, vec!["bolt-earlier-state"]));
}

#[test]
fn a_lost_page_leaves_the_others() {
    type Damage = fn(&mut [u8]);
    let damages: [(&str, Damage); 8] = [
        ("id is 9", |page| page[0] = 9),
        ("flags are 0x0012", |page| page[8] = 0x12),
        ("beyond its end", |page| page[10..12].fill(0xff)),
        ("beyond its end", |page| page[20..24].fill(0xff)),
        ("beyond its end", |page| page[24..28].fill(0xff)),
        ("beyond its end", |page| page[28..32].fill(0xff)),
        // Overflow pages up to the end of the address space.
        ("limit", |page| page[12..16].fill(0xff)),
        // The key of the second element becomes that of the first.
        ("does not follow", |page| page[16 + 32 + 4] = b'1'),
    ];
    for (reason, damage) in damages {
        let mut file = sample();
        damage(&mut file[4 * PAGE..5 * PAGE]);
        let mut findings = Findings::new();
        let place = Place::new("test.db");
        let database = Database::open(Rc::new(file), &place, &Limits::default(), &mut findings).unwrap();
        let mut content = Vec::new();
        flatten(&database, &database.root(), "", &mut findings, &mut content);
        assert_eq!(content, ["a/3=three", "b/k=inline"], "{reason}");
        let [finding] = findings.list() else { panic!("{reason}: {:?}", findings.list()) };
        assert_eq!(finding.code.name, "bolt-page-lost");
        assert!(finding.values["reason"].contains(reason), "{reason}: {}", finding.values["reason"]);
    }
}

#[test]
fn a_cycle_ends() {
    let mut file = sample();
    branch(&mut file, 3, &[("1", 4), ("3", 3)]);
    let (content, findings) = read(file).unwrap();
    assert_eq!(content, ["a/1=one", "a/2=two", "b/k=inline"]);
    assert_eq!(findings, ["bolt-page-lost"]);
}

#[test]
fn a_bucket_within_itself_ends() {
    let mut file = sample();
    leaf(&mut file, 5, &[("3", Node::Paged(3))]);
    let mut findings = Findings::new();
    Database::open(Rc::new(file), &Place::new("test.db"), &Limits::default(), &mut findings).unwrap();
    assert_eq!(findings.list()[0].code.name, "bolt-page-lost");
}

#[test]
fn page_numbers_beyond_the_file_are_not_followed() {
    for page in [8, u64::MAX] {
        let mut file = sample();
        branch(&mut file, 3, &[("1", 4), ("3", page)]);
        assert_eq!(read(file).unwrap().1, ["bolt-page-lost"]);
    }
}

#[test]
fn a_file_without_meta_is_an_error() {
    for (bytes, reason) in [(vec![], "lie beyond the end"), (vec![0; 65536], "flags are 0x0000")] {
        assert!(read(bytes).unwrap_err().contains(reason));
    }
    let mut file = sample();
    file[16] = 0;
    file[PAGE + 16] = 0;
    assert!(read(file).unwrap_err().contains("magic is 0xed0cda00"));
}

#[test]
fn no_wrong_byte_adds_a_key() {
    let file = sample();
    let (original, _) = read(file.clone()).unwrap();
    // Headers, elements and the first keys of every page. Pages have no checksum: keys and values are believed.
    for position in (0..file.len()).filter(|position| position % PAGE < 128) {
        let mut damaged = file.clone();
        damaged[position] ^= 0x55;
        let content = read(damaged).map(|(content, _)| content).unwrap_or_default();
        assert!(content.len() <= original.len(), "{position}: {content:?}");
    }
}
