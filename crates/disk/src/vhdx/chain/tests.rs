#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::{ErrorKind, Findings, Limits, NeedsFile, Place, ReadError};
use proptest::prelude::*;

use super::super::locator::tests as locator;
use super::super::tests::{BLOCK_AT, FILE_PARAMETERS, METADATA_AT, MIB, STORED, build, put, put_entry, put_item, seal};
use super::super::{HEADERS, metadata};
use super::*;

/// Where the block and the sector bitmap of [`child`] lie, and the entry of the bitmap: behind 4096 blocks of 1 MiB.
const CHILD_BLOCK_AT: usize = 5 * MIB;
const BITMAP_AT: usize = 6 * MIB;
const BITMAP_ENTRY: usize = 4096;

/// A file whose data-write GUID is sixteen times this byte.
fn with_state(mut file: Vec<u8>, state: u8) -> Vec<u8> {
    for header in HEADERS.map(|at| at as usize) {
        put(&mut file, header + 32, &[state; 16]);
        seal(&mut file, header, 4096);
    }
    file
}

/// A differencing disk upon a file whose data-write GUID is sixteen times this byte. All of its block 2 is 0xCC, of
/// which the bitmap gives it sectors 1, 8, 9 and 10; block 1 is empty, block 0 not present.
fn child(parent: u8, name: &str) -> Vec<u8> {
    let mut file = build();
    file.resize(7 * MIB, 0);
    put_item(&mut file, 0, FILE_PARAMETERS, 4, &[0, 0, 0x10, 0, 2, 0, 0, 0]); // HasParent
    let linkage = format!("{{{}}}", Guid([parent; 16]));
    let pairs = [("parent_linkage", &*linkage), ("relative_path", name), ("absolute_win32_path", "c:\\x\\y.vhdx")];
    let item = locator::build(&pairs);
    put_item(&mut file, 4, metadata::PARENT_LOCATOR, 4, &item);
    put_entry(&mut file, 0, 0);
    put_entry(&mut file, STORED, CHILD_BLOCK_AT as u64 | 7);
    put_entry(&mut file, BITMAP_ENTRY, BITMAP_AT as u64 | 6);
    file[CHILD_BLOCK_AT..][..MIB].fill(0xCC);
    let sectors = STORED * MIB / 512; // bits stand for the sectors of the chunk
    put(&mut file, BITMAP_AT + sectors / 8, &[0b0000_0010, 0b0000_0111]);
    file
}

fn opened(file: Vec<u8>, parents: &[(&str, Vec<u8>)]) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let parents: Vec<_> = parents
        .iter()
        .map(|(name, file)| NamedFile { name: (*name).to_owned(), source: Rc::new(file.clone()) })
        .collect();
    let place = Place::new("child.avhdx");
    let disk = crate::open_with(
        Rc::new(file),
        &crate::With { files: &parents, snapshot: None },
        &place,
        &Limits::default(),
        &mut findings,
    );
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn needed(file: Vec<u8>, parents: &[(&str, Vec<u8>)]) -> NeedsFile {
    match opened(file, parents).0.map(|_| ()).unwrap_err().kind {
        ErrorKind::NeedsFile(needs) => needs,
        other => panic!("{other:?}"),
    }
}

fn read(disk: &Disk, offset: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![9; length];
    disk.source.read_exact_at(offset as u64, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_child_without_its_parent_names_it() {
    let needs = needed(child(0x44, "..\\base.vhdx"), &[]);
    assert_eq!(needs.names, ["..\\base.vhdx", "c:\\x\\y.vhdx"]);
    assert_eq!(needs.linkages, ["44444444-4444-4444-4444-444444444444"]);
    assert!(needs.reason.contains("which was at ..\\base.vhdx or c:\\x\\y.vhdx"));
    // Another disk, of another name and state, is not taken for it.
    assert_eq!(needed(child(0x44, "..\\base.vhdx"), &[("other.vhdx", build())]), needs);
    assert_eq!(needed(child(0x44, "..\\base.vhdx"), &[("notes.txt", b"text".to_vec())]), needs);
}

#[test]
fn sectors_come_from_the_file_that_the_bitmap_names() {
    let base = with_state(build(), 0x44);
    let (disk, codes) = opened(child(0x44, "base.vhdx"), &[("whatever it is called", base.clone())]);
    let disk = disk.unwrap();
    assert_eq!(codes, [""; 0]);
    let mut wanted = base[BLOCK_AT..].to_vec();
    wanted[512..1024].fill(0xCC);
    wanted[8 * 512..11 * 512].fill(0xCC);
    assert!(read(&disk, STORED * MIB, MIB) == wanted);
    for (from, length) in [(0, 513), (511, 2), (700, 100), (1000, 100), (10 * 512 + 300, 5000)] {
        assert_eq!(read(&disk, STORED * MIB + from, length), wanted[from..from + length], "{from}");
    }
    assert_eq!(disk.data_write_id.unwrap(), "22222222-2222-2222-2222-222222222222", "the child's own");
}

#[test]
fn each_state_of_a_block_says_whether_the_parent_counts() {
    // In the parent, block 2 is stored; in the child it has each state in turn.
    let base = with_state(build(), 0x44);
    for (entry, first) in [
        (0, base[BLOCK_AT + 600]),
        (1, 0),
        (2, 0),
        (3, 0),
        (CHILD_BLOCK_AT as u64 | 6, 0xCC),
        (CHILD_BLOCK_AT as u64 | 7, 0xCC),
    ] {
        let mut file = child(0x44, "base.vhdx");
        put_entry(&mut file, STORED, entry);
        let disk = opened(file, &[("base.vhdx", base.clone())]).0.unwrap();
        assert_eq!(read(&disk, STORED * MIB + 600, 1), [first], "{entry:#x}");
    }
}

#[test]
fn a_bitmap_that_is_not_there_makes_its_sectors_errors() {
    for (entry, text) in [
        (0, "its state is 0, expected 6"),
        (6, "over a structure of the file itself"),
        ((99 * MIB) as u64 | 6, "beyond the end of the file"),
    ] {
        let mut file = child(0x44, "base.vhdx");
        put_entry(&mut file, BITMAP_ENTRY, entry);
        let disk = opened(file, &[("base.vhdx", with_state(build(), 0x44))]).0.unwrap();
        let error = disk.source.read_exact_at((STORED * MIB) as u64, &mut [0]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(read(&disk, 0, 1), [0]);
    }
}

#[test]
fn a_parent_of_the_right_name_and_another_state_is_used_and_told() {
    let base = with_state(build(), 0x45);
    let (disk, codes) = opened(child(0x44, "..\\Base.vhdx"), &[("base.vhdx", base.clone())]);
    assert_eq!(codes, ["vhdx-parent-changed"]);
    assert_eq!(read(&disk.unwrap(), STORED * MIB, 3), base[BLOCK_AT..BLOCK_AT + 3]);
    // One of the right state is preferred to it.
    let right = with_state(build(), 0x44);
    let (_, codes) = opened(child(0x44, "base.vhdx"), &[("base.vhdx", base), ("copy", right)]);
    assert_eq!(codes, [""; 0]);
}

#[test]
fn the_second_linkage_will_do() {
    let mut file = child(0x44, "base.vhdx");
    let (one, two) = (format!("{{{}}}", Guid([0x77; 16])), format!("{{{}}}", Guid([0x44; 16])));
    let item = locator::build(&[("parent_linkage", &one), ("parent_linkage2", &two)]);
    put_item(&mut file, 4, metadata::PARENT_LOCATOR, 4, &item);
    assert!(opened(file, &[("copy", with_state(build(), 0x44))]).0.is_ok());
}

#[test]
fn chains_are_followed_and_end() {
    // Three files; the one in the middle has block 0, and its own sectors of block 2 lie below those of the topmost.
    let mut middle = with_state(child(0x44, "base.vhdx"), 0x55);
    middle.resize(8 * MIB, 0xDD);
    put_entry(&mut middle, 0, (7 * MIB) as u64 | 6);
    middle[CHILD_BLOCK_AT..][..MIB].fill(0xDD);
    put(&mut middle, BITMAP_AT + STORED * MIB / 512 / 8, &[0b0000_0110]);
    let base = with_state(build(), 0x44);
    let top = child(0x55, "middle.avhdx");
    let (disk, codes) = opened(top.clone(), &[("base.vhdx", base.clone()), ("middle.avhdx", middle.clone())]);
    let disk = disk.unwrap();
    assert_eq!(codes, [""; 0]);
    let at = |sector: usize| read(&disk, STORED * MIB + sector * 512, 1)[0];
    assert_eq!([at(0), at(1), at(2), at(3)], [base[BLOCK_AT], 0xCC, 0xDD, base[BLOCK_AT + 3 * 512]]);
    assert_eq!(read(&disk, 0, 1), [0xDD]);

    let needs = needed(top.clone(), &[("middle.avhdx", middle)]);
    assert_eq!(needs.linkages, ["44444444-4444-4444-4444-444444444444"], "what is missing is named, not what is there");
    // A file that is its own parent.
    let own = with_state(child(0x55, "own.avhdx"), 0x55);
    assert_eq!(needed(top, &[("own.avhdx", own.clone())]).names[0], "own.avhdx");
    let many: Vec<_> = (0..100).map(|_| ("own.avhdx", own.clone())).collect();
    let error = opened(own, &many).0.map(|_| ()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::OverLimit(_)), "{error}");
}

#[test]
fn what_lies_beyond_a_shorter_parent_is_zeros() {
    let mut base = with_state(build(), 0x44);
    put(&mut base, METADATA_AT + (64 << 10) + 16, &((2 * MIB + MIB / 2) as u64).to_le_bytes()); // VirtualDiskSize
    let mut file = child(0x44, "base.vhdx");
    put_entry(&mut file, STORED, 0);
    let disk = opened(file, &[("base.vhdx", base.clone())]).0.unwrap();
    let found = read(&disk, STORED * MIB + MIB / 2 - 2, 4);
    assert_eq!(found, [base[BLOCK_AT + MIB / 2 - 2], base[BLOCK_AT + MIB / 2 - 1], 0, 0]);
}

#[test]
fn a_damaged_locator_leaves_the_parent_without_name() {
    let mut file = child(0x44, "base.vhdx");
    put(&mut file, METADATA_AT + (64 << 10) + 64, &[0xFF]); // LocatorType
    let (disk, codes) = opened(file, &[]);
    assert_eq!(codes, ["vhdx-parent-locator"]);
    assert!(disk.map(|_| ()).unwrap_err().to_string().contains("whose name is not known"));
    let mut file = child(0x44, "base.vhdx");
    put(&mut file, METADATA_AT + 10, &[4, 0]); // the item is not in the table
    assert_eq!(opened(file, &[]).1, ["vhdx-parent-locator"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damage_never_panics(changes in prop::collection::vec((0..5_usize, 0..300_usize, any::<u8>()), 1..12)) {
        let mut file = child(0x44, "base.vhdx");
        let bitmap = BITMAP_AT + STORED * MIB / 512 / 8;
        let structures =
            [METADATA_AT, METADATA_AT + (64 << 10), BLOCK_AT - MIB, BLOCK_AT - MIB + BITMAP_ENTRY * 8, bitmap];
        for (structure, at, value) in changes {
            file[structures[structure] + at] = value;
        }
        if let Ok(disk) = opened(file, &[("base.vhdx", with_state(build(), 0x44))]).0 {
            let mut bytes = vec![0; 4096];
            for step in 0..64 {
                let _ = disk.source.read_exact_at(disk.virtual_size / 64 * step, &mut bytes);
            }
        }
    }
}
