#![allow(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use careen_evidence::{Findings, Limits, Place};

use super::testing::{Node, PAGE, branch, file, leaf, meta, set_freelist};
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
    let damages: [(&str, &str, Damage); 8] = [
        ("bolt-page-misplaced", "id is 9", |page| page[0] = 9),
        ("bolt-page-type", "flags are 0x0012", |page| page[8] = 0x12),
        ("bolt-page-lost", "beyond its end", |page| page[10..12].fill(0xff)),
        ("bolt-page-lost", "beyond its end", |page| page[20..24].fill(0xff)),
        ("bolt-page-lost", "beyond its end", |page| page[24..28].fill(0xff)),
        ("bolt-page-lost", "beyond its end", |page| page[28..32].fill(0xff)),
        // Overflow pages up to the end of the address space.
        ("bolt-page-lost", "limit", |page| page[12..16].fill(0xff)),
        // The key of the second element becomes that of the first.
        ("bolt-page-lost", "does not follow", |page| page[16 + 32 + 4] = b'1'),
    ];
    for (code, reason, damage) in damages {
        let mut file = sample();
        damage(&mut file[4 * PAGE..5 * PAGE]);
        let mut findings = Findings::new();
        let place = Place::new("test.db");
        let database = Database::open(Rc::new(file), &place, &Limits::default(), &mut findings).unwrap();
        let mut content = Vec::new();
        flatten(&database, &database.root(), "", &mut findings, &mut content);
        assert_eq!(content, ["a/3=three", "b/k=inline"], "{reason}");
        let [finding] = findings.list() else { panic!("{reason}: {:?}", findings.list()) };
        assert_eq!(finding.code.name, code);
        assert!(finding.values["reason"].contains(reason), "{reason}: {}", finding.values["reason"]);
    }
}

#[test]
fn a_cycle_ends() {
    let mut file = sample();
    branch(&mut file, 3, &[("1", 4), ("3", 3)]);
    let (content, findings) = read(file).unwrap();
    assert_eq!(content, ["a/1=one", "a/2=two", "b/k=inline"]);
    assert_eq!(findings, ["bolt-page-twice"]);
}

#[test]
fn a_bucket_within_itself_ends() {
    let mut file = sample();
    leaf(&mut file, 5, &[("3", Node::Paged(3))]);
    let mut findings = Findings::new();
    Database::open(Rc::new(file), &Place::new("test.db"), &Limits::default(), &mut findings).unwrap();
    assert_eq!(findings.list()[0].code.name, "bolt-page-twice");
}

#[test]
fn page_numbers_beyond_the_file_are_not_followed() {
    for page in [8, u64::MAX] {
        let mut file = sample();
        branch(&mut file, 3, &[("1", 4), ("3", page)]);
        assert_eq!(read(file).unwrap().1, ["bolt-page-beyond"]);
    }
}

#[test]
fn a_page_behind_the_end_of_a_cut_file_is_told() {
    let mut file = sample();
    file.truncate(5 * PAGE + 17);
    let (content, findings) = read(file).unwrap();
    assert_eq!(content, ["a/1=one", "a/2=two", "b/k=inline"]);
    assert_eq!(findings, ["bolt-file-cut"]);
}

#[test]
fn what_the_engine_would_print_is_told_with_its_numbers() {
    let mut file = sample();
    file[4 * PAGE + 8] = 0x12;
    let mut findings = Findings::new();
    Database::open(Rc::new(file), &Place::new("test.db"), &Limits::default(), &mut findings).unwrap();
    let message = findings.list()[0].message(careen_model::Language::English);
    assert!(message.contains("\"panic: invalid page type: 4: 12\""), "{message}");
}

#[test]
fn the_other_meta_page_tells_of_another_state() {
    let mut file = sample();
    leaf(&mut file, 6, &[("new", value("state"))]);
    meta(&mut file, 0, 6, 9);
    let state = |file: &[u8]| {
        let (place, mut findings) = (Place::new("test.db"), Findings::new());
        let database = Database::open(Rc::new(file.to_vec()), &place, &Limits::default(), &mut findings).unwrap();
        let other = database.other_state(&mut Findings::new()).unwrap();
        (database.transaction(), other.map(|other| (other.transaction(), other.is_whole())))
    };
    assert_eq!(state(&file), (9, Some((7, true))));
    // The newest state is broken: it is what the other meta page tells of.
    file[6 * PAGE + 8] = 0;
    assert_eq!(state(&file), (7, Some((9, false))));
    file[PAGE + 16] ^= 1;
    assert_eq!(state(&file), (9, None));
}

/// Gives a file a free list on page 7 that names these pages, in both metas.
fn with_free_list(mut file: Vec<u8>, pages: &[u64]) -> Vec<u8> {
    for number in [0, 1] {
        set_freelist(&mut file, number, 7);
    }
    let start = 7 * PAGE;
    file[start..start + 8].copy_from_slice(&7_u64.to_le_bytes()); // id
    file[start + 8] = 0x10; // flags: free list
    file[start + 10] = u8::try_from(pages.len()).unwrap(); // count
    for (at, page) in pages.iter().enumerate() {
        file[start + 16 + at * 8..][..8].copy_from_slice(&page.to_le_bytes());
    }
    file
}

#[test]
fn a_broken_free_list_hides_nothing() {
    type Damage = fn(&mut [u8]);
    let damages: [(&str, Damage); 5] = [
        ("has the id 8", |page| page[0] = 8),
        ("the flags 0x0002", |page| page[8] = 2),
        ("do not fit", |page| page[11] = 0x7f),
        // The count stands in the first number.
        ("do not fit", |page| page[10..12].fill(0xff)),
        ("names page 200", |page| page[16] = 200),
    ];
    let whole = with_free_list(sample(), &[6]);
    assert_eq!(read(whole.clone()).unwrap().1, [""; 0]);
    for (reason, damage) in damages {
        let mut file = whole.clone();
        damage(&mut file[7 * PAGE..]);
        if reason == "do not fit" {
            file[7 * PAGE + 16 + 7] = 0x0f;
        }
        let mut findings = Findings::new();
        let place = Place::new("test.db");
        let database = Database::open(Rc::new(file), &place, &Limits::default(), &mut findings).unwrap();
        let mut content = Vec::new();
        flatten(&database, &database.root(), "", &mut findings, &mut content);
        assert_eq!(content.len(), 4);
        let [finding] = findings.list() else { panic!("{reason}: {:?}", findings.list()) };
        assert_eq!(finding.code.name, "bolt-freelist-broken");
        assert!(finding.values["reason"].contains(reason), "{reason}: {}", finding.values["reason"]);
    }
    assert_eq!(read(with_free_list(sample(), &[4, 6])).unwrap().1, ["bolt-free-page-in-use"]);
}

/// Number of a page that no tree leads to, whether it was lost for certain, and its keys.
type Lost = (u64, bool, Vec<String>);

fn lost(file: Vec<u8>) -> (Vec<Lost>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let place = Place::new("test.db");
    let database = Database::open(Rc::new(file), &place, &Limits::default(), &mut findings).unwrap();
    let mut found = Vec::new();
    for page in database.lost_pages(&mut findings).unwrap() {
        let mut content = Vec::new();
        flatten(&database, &page.keys, "", &mut findings, &mut content);
        found.push((page.number, page.is_certain, content));
    }
    (found, findings.list().iter().map(|finding| finding.code.name).collect())
}

#[test]
fn leaves_beneath_a_lost_branch_are_found_and_deleted_ones_are_not() {
    let mut file = sample();
    leaf(&mut file, 6, &[("old", value("state"))]);
    assert_eq!(lost(file.clone()), (vec![], vec![]));
    file[3 * PAGE + 8] = 0;
    let beneath = |is_certain| {
        [(4, vec!["1=one", "2=two"]), (5, vec!["3=three"])]
            .map(|(page, keys)| (page, is_certain, keys.into_iter().map(str::to_owned).collect::<Vec<_>>()))
    };
    let (found, findings) = lost(with_free_list(file.clone(), &[6]));
    assert_eq!(found, beneath(true));
    assert_eq!(findings, ["bolt-page-type", "bolt-keys-found"]);
    // Nobody can tell a replaced leaf from a lost one without the free list.
    let (found, findings) = lost(file);
    assert_eq!(found[..2], beneath(false));
    assert_eq!(found[2], (6, false, vec!["old=state".to_owned()]));
    assert_eq!(findings, ["bolt-page-type", "bolt-keys-uncertain"]);
}

#[test]
fn a_bucket_on_a_found_page_leads_to_its_leaves() {
    let mut file = sample();
    // The root is gone; on page 6 stands another leaf with a bucket whose leaf is page 5, and one that is itself.
    file[2 * PAGE + 8] = 0;
    leaf(&mut file, 6, &[("deep", Node::Paged(5)), ("loop", Node::Paged(6))]);
    let (found, _) = lost(with_free_list(file, &[]));
    let numbers: Vec<u64> = found.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, [4, 6]);
    assert_eq!(found[1].2[0], "deep/3=three");
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
