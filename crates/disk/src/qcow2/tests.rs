#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::{ErrorKind, NeedsFile};
use flate2::{Compress, Compression as Level, FlushCompress};
use proptest::prelude::*;

use super::*;
use crate::{NamedFile, With};

const CLUSTER: usize = 1 << 14;
const L1_AT: usize = 3 * CLUSTER;
const L2_AT: usize = 4 * CLUSTER;
const DATA_AT: usize = 5 * CLUSTER;
/// Where the packed cluster starts: not at the start of a cluster.
const PACKED_AT: usize = 6 * CLUSTER + 100;

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put32(file: &mut [u8], at: usize, value: u32) {
    put(file, at, &value.to_be_bytes());
}

fn put64(file: &mut [u8], at: usize, value: u64) {
    put(file, at, &value.to_be_bytes());
}

fn pattern() -> Vec<u8> {
    (0..CLUSTER).map(|i| (i % 241) as u8).collect()
}

fn deflated() -> Vec<u8> {
    let mut packed = Vec::with_capacity(CLUSTER);
    let mut stream = Compress::new(Level::fast(), false);
    stream.compress_vec(&pattern(), &mut packed, FlushCompress::Finish).unwrap();
    packed
}

/// The entry of a compressed cluster of `length` bytes at `position`, for clusters of 2^14 bytes.
fn packed_entry(position: usize, length: usize) -> u64 {
    let sectors = (position + length - 1) / 512 - position / 512;
    (1 << 62) | ((sectors as u64) << (62 - (14 - 8))) | position as u64
}

/// Version 3, clusters of 16 KiB, a disk of 6.5 clusters: stored, absent, zero, packed, and absent to the end.
pub(crate) fn build() -> Vec<u8> {
    let mut file = vec![0; 7 * CLUSTER];
    put(&mut file, 0, SIGNATURE);
    put32(&mut file, 4, 3); // version
    put32(&mut file, 20, 14); // cluster_bits
    put64(&mut file, 24, 6 * CLUSTER as u64 + CLUSTER as u64 / 2); // size
    put32(&mut file, 36, 1); // l1_size
    put64(&mut file, 40, L1_AT as u64); // l1_table_offset
    put64(&mut file, 48, CLUSTER as u64); // refcount_table_offset
    put32(&mut file, 56, 1); // refcount_table_clusters
    put32(&mut file, 96, 4); // refcount_order
    put32(&mut file, 100, 112); // header_length
    put64(&mut file, CLUSTER, 2 * CLUSTER as u64); // refcount table: the block
    for cluster in 0..7 {
        put(&mut file, 2 * CLUSTER + cluster * 2, &[0, 1]); // refcount block
    }
    put64(&mut file, L1_AT, (1 << 63) | L2_AT as u64);
    put64(&mut file, L2_AT, (1 << 63) | DATA_AT as u64); // stored
    put64(&mut file, L2_AT + 16, 1); // zero
    let packed = deflated();
    put64(&mut file, L2_AT + 24, packed_entry(PACKED_AT, packed.len()));
    put(&mut file, DATA_AT, &pattern());
    put(&mut file, PACKED_AT, &packed);
    file
}

fn expected() -> Vec<u8> {
    let mut disk = vec![0; 6 * CLUSTER + CLUSTER / 2];
    put(&mut disk, 0, &pattern());
    put(&mut disk, 3 * CLUSTER, &pattern());
    disk
}

fn opened(file: Vec<u8>) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let disk = crate::open(Rc::new(file), &Place::new("test"), &Limits::default(), &mut findings);
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn read(file: Vec<u8>) -> (Vec<u8>, Vec<&'static str>) {
    let (disk, codes) = opened(file);
    let disk = disk.unwrap();
    let mut bytes = vec![9; disk.virtual_size as usize];
    disk.source.read_exact_at(0, &mut bytes).unwrap();
    (bytes, codes)
}

fn refusal(file: Vec<u8>) -> String {
    match opened(file).0.map(|_| ()).unwrap_err().kind {
        ErrorKind::Unsupported(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_of_cluster_is_read() {
    let (bytes, codes) = read(build());
    assert!(bytes == expected() && codes.is_empty(), "{codes:?}");
    // The same through odd pieces.
    let disk = opened(build()).0.unwrap();
    let mut at = 0;
    for piece in expected().chunks(1234) {
        let mut bytes = vec![9; piece.len()];
        disk.source.read_exact_at(at, &mut bytes).unwrap();
        assert_eq!(bytes, piece, "at {at}");
        at += piece.len() as u64;
    }
    assert!(disk.source.read_exact_at(at, &mut [0; 1]).is_err());
}

#[test]
fn clusters_that_follow_each_other_are_read_in_one_request() {
    use careen_evidence::{Counted, Counts};
    let mut file = build();
    file.resize(12 * CLUSTER, 7);
    for cluster in 0..4 {
        put64(&mut file, L2_AT + cluster * 8, (8 + cluster as u64) * CLUSTER as u64);
    }
    let counts = Counts::default();
    let source = Rc::new(Counted::new(Rc::new(file), counts.clone()));
    let disk = crate::open(source, &Place::new("test"), &Limits::default(), &mut Findings::new()).unwrap();
    disk.source.read_exact_at(0, &mut [0; 1]).unwrap();
    let before = counts.requests();
    let mut bytes = vec![0; 4 * CLUSTER];
    disk.source.read_exact_at(0, &mut bytes).unwrap();
    assert_eq!((counts.requests() - before, bytes.iter().all(|byte| *byte == 7)), (1, true));
}

#[test]
fn version_2_has_no_zero_flag() {
    let mut file = build();
    put32(&mut file, 4, 2);
    put64(&mut file, L2_AT + 16, 0);
    assert!(read(file.clone()).0 == expected());
    put64(&mut file, L2_AT + 16, 1);
    let disk = opened(file).0.unwrap();
    let error = disk.source.read_exact_at(2 * CLUSTER as u64, &mut [0; 1]).unwrap_err();
    assert!(error.to_string().contains("zero flag is not allowed"), "{error}");
}

#[test]
fn clusters_packed_with_zstd_are_read() {
    let mut file = build();
    put64(&mut file, 72, 1 << 3); // incompatible_features: compression type
    file[104] = 1; // compression_type
    let packed = ruzstd::encoding::compress_to_vec(&pattern()[..], ruzstd::encoding::CompressionLevel::Fastest);
    put64(&mut file, L2_AT + 24, packed_entry(PACKED_AT, packed.len()));
    put(&mut file, PACKED_AT, &packed);
    assert!(read(file).0 == expected());
}

#[test]
fn subclusters_are_read_one_by_one() {
    let mut file = build();
    put64(&mut file, 72, 1 << 4); // incompatible_features: extended L2
    put(&mut file, L2_AT, &[0; 64]);
    put64(&mut file, L2_AT, DATA_AT as u64);
    put64(&mut file, L2_AT + 8, (2 << 32) | 0b1101); // subclusters 0, 2, 3 stored, 1 zero, the rest absent
    put64(&mut file, L2_AT + 16, DATA_AT as u64);
    put64(&mut file, L2_AT + 24, u64::from(u32::MAX)); // all stored
    let sub = CLUSTER / 32;
    let mut wanted = vec![0; 6 * CLUSTER + CLUSTER / 2];
    for part in [0, 2, 3] {
        put(&mut wanted, part * sub, &pattern()[part * sub..][..sub]);
    }
    put(&mut wanted, CLUSTER, &pattern());
    assert!(read(file.clone()).0 == wanted);
    let mut backed = file.clone();
    put64(&mut backed, 8, 1000); // backing_file_offset
    put32(&mut backed, 16, 4); // backing_file_size
    put(&mut backed, 1000, b"base");
    wanted[4 * sub..CLUSTER].fill(7);
    wanted[2 * CLUSTER..].fill(7);
    let (disk, _) = opened_with(backed, &[("base", vec![7; 7 * CLUSTER])]);
    let mut bytes = vec![9; wanted.len()];
    disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
    assert!(bytes == wanted);
    put64(&mut file, L2_AT + 8, (1 << 32) | 1); // both zero and stored
    let error = opened(file).0.unwrap().source.read_exact_at(0, &mut [0; 1]).unwrap_err();
    assert!(error.to_string().contains("both stored and zero"), "{error}");
}

#[test]
fn what_is_legal_and_not_handled_is_named() {
    let named = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut file = build();
        change(&mut file);
        refusal(file)
    };
    assert!(named(&|file| put32(file, 4, 1)).contains("version 1"));
    assert!(named(&|file| put32(file, 4, 4)).contains("version 4"));
    assert!(named(&|file| put32(file, 32, 1)).contains("AES"));
    assert!(named(&|file| put32(file, 32, 2)).contains("LUKS"));
    assert!(named(&|file| file[104] = 2).contains("compression type 2"));
    let unknown = named(&|file| {
        put64(file, 72, (1 << 9) | (1 << 40));
        put32(file, 112, 0x6803_F857); // feature name table
        put32(file, 116, 96);
        put(file, 120, b"\0\x09warp drive\0");
        put(file, 168, b"\x01\x28a compatible feature\0");
    });
    assert!(unknown.ends_with("\"warp drive\" (bit 9), bit 40"), "{unknown}");
}

#[test]
fn impossible_headers_are_refused_with_field_and_value() {
    for (at, value, text) in [
        (20, 8, "cluster_bits is 8, expected 9 to 21"),
        (20, 31, "cluster_bits is 31, expected 9 to 21"),
        (44, 100, "l1_table_offset is 0x64"),
        (96, 7, "refcount_order is 7"),
        (100, 96, "header_length is 96"),
    ] {
        let mut file = build();
        put32(&mut file, at, value);
        let error = opened(file).0.map(|_| ()).unwrap_err();
        assert!(matches!(&error.kind, ErrorKind::Corrupt(told) if told.contains(text)), "{error}");
    }
    let mut file = build();
    file.truncate(50);
    assert!(matches!(opened(file).0.map(|_| ()).unwrap_err().kind, ErrorKind::Corrupt(_)));
}

#[test]
fn dirty_and_corrupt_files_are_read_and_told() {
    let mut file = build();
    put64(&mut file, 72, 3);
    let (bytes, codes) = read(file);
    assert!(bytes == expected());
    assert_eq!(codes, ["qcow2-dirty", "qcow2-corrupt"]);
}

/// The same disk with two snapshots: `first` (id 1), in which cluster 0 is absent and cluster 1 stored, on a disk of two
/// clusters, and `second` (id x), which has no L1 table.
pub(crate) fn with_snapshots() -> Vec<u8> {
    let mut file = build();
    let (table, l1, l2) = (file.len(), file.len() + CLUSTER, file.len() + 2 * CLUSTER);
    file.resize(table + 3 * CLUSTER, 0);
    put32(&mut file, 60, 2); // nb_snapshots
    put64(&mut file, 64, table as u64); // snapshots_offset
    put64(&mut file, table, l1 as u64); // l1_table_offset
    put32(&mut file, table + 8, 1); // l1_size
    put(&mut file, table + 12, &[0, 1, 0, 5]); // length of id and name
    put32(&mut file, table + 16, 1_700_000_000); // date in seconds
    put32(&mut file, table + 20, 7); // and nanoseconds
    put32(&mut file, table + 36, 16); // extra data
    put64(&mut file, table + 48, 2 * CLUSTER as u64); // size of the disk
    put(&mut file, table + 56, b"1first"); // id and name: 62 bytes in all, padded to 64
    put(&mut file, table + 64 + 12, &[0, 1, 0, 6]);
    put(&mut file, table + 64 + 40, b"xsecond");
    put64(&mut file, l1, l2 as u64);
    put64(&mut file, l2 + 8, DATA_AT as u64);
    file
}

#[test]
fn snapshots_are_listed_and_named() {
    let mut findings = Findings::new();
    let mut file = with_snapshots();
    let disk = crate::open(Rc::new(file.clone()), &Place::new("test"), &Limits::default(), &mut findings).unwrap();
    assert_eq!(findings.list()[0].values["names"], "first, second");
    let first = &disk.snapshots[0];
    assert_eq!((first.id.as_str(), first.name.as_str()), ("1", "first"));
    assert_eq!((first.created, first.nanoseconds, first.virtual_size), (1_700_000_000, 7, 2 * CLUSTER as u64));
    assert_eq!(disk.snapshots[1].virtual_size, disk.virtual_size);
    put64(&mut file, 64, 1 << 50);
    assert_eq!(opened(file.clone()).1, ["qcow2-snapshot-table", "qcow2-snapshots"]);
    // Of four billion entries those that are there are listed.
    put64(&mut file, 64, 7 * CLUSTER as u64);
    put32(&mut file, 60, u32::MAX);
    let (disk, codes) = opened(file);
    assert_eq!(codes, ["qcow2-snapshot-table", "qcow2-snapshots"]);
    assert!(disk.unwrap().snapshots.len() > 2);
}

#[test]
fn a_snapshot_is_a_disk_of_its_own() {
    let open = |file: Vec<u8>, name: &str| {
        let mut findings = Findings::new();
        let with = With { snapshot: Some(name), ..With::default() };
        let disk = crate::open_with(Rc::new(file), &with, &Place::new("test"), &Limits::default(), &mut findings)?;
        let codes: Vec<_> = findings.list().iter().map(|finding| finding.code.name).collect();
        Ok::<_, ReadError>((disk, codes))
    };
    for name in ["first", "1"] {
        let (disk, codes) = open(with_snapshots(), name).unwrap();
        assert_eq!((disk.virtual_size, codes.len()), (2 * CLUSTER as u64, 0));
        let mut bytes = vec![9; 2 * CLUSTER];
        disk.source.read_exact_at(0, &mut bytes).unwrap();
        assert!(bytes[..CLUSTER].iter().all(|byte| *byte == 0) && bytes[CLUSTER..] == pattern());
        assert!(disk.source.read_exact_at(2 * CLUSTER as u64, &mut [0]).is_err());
    }
    assert_eq!(open(with_snapshots(), "second").unwrap().1, ["qcow2-tables-missing"]);
    let error = open(with_snapshots(), "third").map(|_| ()).unwrap_err();
    assert!(error.to_string().ends_with("snapshot \"third\", the disk has first, second"), "{error}");
    let error = open(vec![1; 4096], "first").map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("only qcow2 disks hold snapshots"), "{error}");
    let mut file = with_snapshots();
    file[7 * CLUSTER + 7] = 1; // l1_table_offset of the first
    assert_eq!(opened(file).1, ["qcow2-snapshot-table", "qcow2-snapshots"]);
}

fn opened_with(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let named = |(name, file): &(&str, Vec<u8>)| NamedFile { name: (*name).to_owned(), source: Rc::new(file.clone()) };
    let files: Vec<_> = files.iter().map(named).collect();
    let with = With { files: &files, snapshot: None };
    let disk = crate::open_with(Rc::new(file), &with, &Place::new("top"), &Limits::default(), &mut findings);
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn needed(error: ReadError) -> NeedsFile {
    match error.kind {
        ErrorKind::NeedsFile(needs) => needs,
        other => panic!("{other:?}"),
    }
}

/// The same disk with a backing file of this name and perhaps format.
fn overlay(name: &str, format: Option<&str>) -> Vec<u8> {
    let mut file = build();
    put64(&mut file, 8, 1000); // backing_file_offset
    put32(&mut file, 16, name.len() as u32); // backing_file_size
    put(&mut file, 1000, name.as_bytes());
    if let Some(format) = format {
        put32(&mut file, 112, 0xE279_2ACA); // backing file format
        put32(&mut file, 116, format.len() as u32);
        put(&mut file, 120, format.as_bytes());
    }
    file
}

#[test]
fn absent_clusters_show_the_backing_file_and_zeros_past_its_end() {
    // Shorter than the disk, it ends within the second cluster, which is absent above; the third is zero above.
    let base = vec![7; CLUSTER + 100];
    let mut wanted = expected();
    wanted[CLUSTER..CLUSTER + 100].fill(7);
    for (name, path) in [("base.raw", "base.raw"), ("base.raw", "/disks/base.raw"), ("BASE.RAW", "file:base.raw")] {
        let (disk, codes) = opened_with(overlay(path, Some("raw")), &[("other", vec![1]), (name, base.clone())]);
        let mut bytes = vec![9; wanted.len()];
        disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
        assert!(bytes == wanted && codes.is_empty(), "{codes:?}");
    }
    // A whole L2 table that is absent shows it too, and so does a longer one as far as the disk goes.
    let mut file = overlay("base.raw", None);
    put64(&mut file, L1_AT, 0);
    let (disk, _) = opened_with(file, &[("base.raw", vec![7; 20 * CLUSTER])]);
    let mut bytes = vec![9; wanted.len()];
    disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 7));
}

#[test]
fn the_noted_format_of_a_backing_file_decides() {
    let base = build();
    let read = |format| {
        let (disk, _) = opened_with(overlay("base", format), &[("base", base.clone())]);
        let mut bytes = vec![9; 4];
        disk.unwrap().source.read_exact_at(CLUSTER as u64, &mut bytes).unwrap();
        bytes
    };
    assert_eq!(read(Some("raw")), base[CLUSTER..CLUSTER + 4]);
    // Cluster 1 of the disk in it is absent.
    assert_eq!((read(Some("qcow2")), read(None)), (vec![0; 4], vec![0; 4]));
}

#[test]
fn chains_are_followed_and_each_file_is_used_once() {
    let files = [("c", vec![7; 8 * CLUSTER]), ("b", overlay("c", None))];
    let (disk, _) = opened_with(overlay("b", None), &files);
    let mut bytes = vec![9; 4];
    disk.unwrap().source.read_exact_at(CLUSTER as u64, &mut bytes).unwrap();
    assert_eq!(bytes, [7; 4]);
    let needs = needed(opened_with(overlay("b", None), &files[1..]).0.map(|_| ()).unwrap_err());
    assert_eq!((needs.is_part, needs.names), (false, vec!["c".to_owned()]));
    // A file that names itself, and a name that cannot be read.
    assert_eq!(
        needed(opened_with(overlay("b", None), &[("b", overlay("b", None))]).0.map(|_| ()).unwrap_err()).names,
        ["b"]
    );
    let mut file = overlay("b", None);
    put64(&mut file, 8, 1 << 60);
    assert!(needed(opened_with(file, &files).0.map(|_| ()).unwrap_err()).names.is_empty());
    let long: Vec<_> = (0..100).map(|_| ("b", overlay("b", None))).collect();
    let error = opened_with(overlay("b", None), &long).0.map(|_| ()).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::OverLimit(_)), "{error}");
}

/// The same disk with its clusters in another file: cluster 0 at its very start.
fn external() -> (Vec<u8>, Vec<u8>) {
    let mut file = build();
    put64(&mut file, 72, 1 << 2); // incompatible_features: external data file
    put32(&mut file, 112, 0x4441_5441); // external data file name
    put32(&mut file, 116, 8);
    put(&mut file, 120, b"data.raw");
    put64(&mut file, L2_AT, 1 << 63); // at offset 0, which bit 63 says
    put64(&mut file, L2_AT + 24, (1 << 63) | CLUSTER as u64);
    (file, [pattern(), pattern()].concat())
}

#[test]
fn clusters_in_an_external_data_file_are_read_from_it() {
    let (mut file, mut data) = external();
    let (disk, codes) = opened_with(file.clone(), &[("data.raw", data.clone())]);
    let mut bytes = vec![9; expected().len()];
    disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
    assert!(bytes == expected() && codes.is_empty(), "{codes:?}");
    let needs = needed(opened(file.clone()).0.map(|_| ()).unwrap_err());
    assert_eq!((needs.is_part, needs.names), (true, vec!["data.raw".to_owned()]));
    data.truncate(CLUSTER + 10);
    assert_eq!(opened_with(file.clone(), &[("data.raw", data.clone())]).1, ["qcow2-clusters-missing"]);
    put64(&mut file, L2_AT + 24, packed_entry(0, 10));
    assert_eq!(opened_with(file.clone(), &[("data.raw", data)]).1, ["qcow2-clusters-invalid"]);
    put32(&mut file, 112, 0); // no name
    assert!(refusal(file).contains("whose name it does not say"));
}

#[test]
fn clusters_past_the_end_are_errors_and_counted() {
    let mut file = build();
    file.truncate(DATA_AT + 5000);
    let (disk, codes) = opened(file);
    let disk = disk.unwrap();
    assert_eq!(codes, ["qcow2-clusters-missing"]);
    disk.source.read_exact_at(0, &mut [0; 5000]).unwrap();
    for offset in [5000, 3 * CLUSTER as u64] {
        let error = disk.source.read_exact_at(offset, &mut [0; 1]).unwrap_err();
        assert!(error.to_string().contains("beyond the end of the file"), "{error}");
    }
    disk.source.read_exact_at(2 * CLUSTER as u64, &mut [0; 64]).unwrap();
}

#[test]
fn tables_past_the_end_are_errors_and_counted() {
    for (length, text) in [(L2_AT, "qcow2 L2 table"), (L1_AT, "qcow2 L1 table")] {
        let mut file = build();
        file.truncate(length);
        let (disk, codes) = opened(file);
        assert_eq!(codes, ["qcow2-tables-missing"], "{text}");
        let error = disk.unwrap().source.read_exact_at(0, &mut [0; 1]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    let mut file = build();
    put64(&mut file, 24, 1 << 40); // a disk that needs more L1 entries than there are
    assert_eq!(opened(file).1, ["qcow2-tables-missing"]);
}

#[test]
fn packed_clusters_that_do_not_unpack_are_errors() {
    for (at, bytes) in [(PACKED_AT, [0xFF_u8; 8]), (L2_AT + 24, packed_entry(PACKED_AT, 1).to_be_bytes())] {
        let mut file = build();
        // Nothing after the packed bytes may help.
        put(&mut file, PACKED_AT + deflated().len(), &[0xFF; 600]);
        put(&mut file, at, &bytes);
        file.truncate(PACKED_AT + 20);
        let error = opened(file).0.unwrap().source.read_exact_at(3 * CLUSTER as u64, &mut [0; 1]).unwrap_err();
        assert!(error.to_string().contains("qcow2 compressed cluster"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any damage ends in data, an error or a finding; never in a panic or endless work.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((0..9_usize, 0..130_usize, any::<u8>()), 1..10),
        is_zstd: bool,
        is_extended: bool,
        length in 0..20 * CLUSTER,
        snapshot in prop::option::of(Just("first")),
    ) {
        // A backing file and an external data file are at hand, wanted or not; the backing name is that of the file.
        let mut file = if length % 3 == 0 { overlay("base", None) } else { with_snapshots() };
        if is_zstd {
            file[79] = 1 << 3;
            file[104] = 1;
            let packed = ruzstd::encoding::compress_to_vec(&pattern()[..], ruzstd::encoding::CompressionLevel::Fastest);
            put(&mut file, PACKED_AT, &packed);
        }
        if is_extended {
            file[79] |= 1 << 4;
        }
        for (structure, at, value) in changes {
            let places = [0, CLUSTER, 2 * CLUSTER, L1_AT, L2_AT, PACKED_AT, 7 * CLUSTER, 8 * CLUSTER, 9 * CLUSTER];
            if let Some(byte) = file.get_mut(places[structure] + at) {
                *byte = value;
            }
        }
        if length % 2 == 0 {
            file.truncate(length);
        }
        let files = [build(), vec![7; CLUSTER]].map(|file| NamedFile { name: "base".to_owned(), source: Rc::new(file) });
        let with = With { files: &files, snapshot };
        let disk = crate::open_with(Rc::new(file), &with, &Place::new("x"), &Limits::default(), &mut Findings::new());
        if let Ok(disk) = disk {
            let mut bytes = vec![0; 4096];
            for step in 0..64 {
                let _ = disk.source.read_exact_at(disk.virtual_size / 64 * step, &mut bytes);
            }
        }
    }
}
