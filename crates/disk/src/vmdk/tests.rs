#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::{ErrorKind, NeedsFile};
use flate2::{Compress, Compression as Level, FlushCompress};
use proptest::prelude::*;

use super::*;
use crate::With;

/// Grains of 4 KiB, four to a table, six and a half to the disk.
const GRAIN: usize = 4096;
const SIZE: usize = 6 * GRAIN + GRAIN / 2;
const TEXT_AT: usize = 512;
const DIRECTORY_AT: usize = 1536;
const TABLE_AT: usize = 2048;
const SECOND_AT: usize = 2560;
const GRAIN_AT: usize = 4096;

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put32(file: &mut [u8], at: usize, value: usize) {
    put(file, at, &(value as u32).to_le_bytes());
}

fn put64(file: &mut [u8], at: usize, value: usize) {
    put(file, at, &(value as u64).to_le_bytes());
}

/// A sparse extent: grain 1 stored (0xCC), 2 zero, the others absent; the second table has none.
fn sparse(text: &str) -> Vec<u8> {
    let mut file = vec![0; GRAIN_AT + GRAIN];
    put(&mut file, 0, SIGNATURE);
    put32(&mut file, 4, 1); // version
    put32(&mut file, 8, 0b111); // flags: newlines, redundant directory, zero grains
    put64(&mut file, 12, SIZE / 512); // capacity
    put64(&mut file, 20, GRAIN / 512); // grainSize
    put64(&mut file, 28, if text.is_empty() { 0 } else { TEXT_AT / 512 }); // descriptorOffset
    put64(&mut file, 36, 2); // descriptorSize
    put32(&mut file, 44, 4); // numGTEsPerGT
    put64(&mut file, 56, DIRECTORY_AT / 512); // gdOffset
    put(&mut file, 73, b"\n \r\n"); // newline characters
    put(&mut file, TEXT_AT, text.as_bytes());
    put32(&mut file, DIRECTORY_AT, TABLE_AT / 512);
    put32(&mut file, DIRECTORY_AT + 4, SECOND_AT / 512);
    put32(&mut file, TABLE_AT + 4, GRAIN_AT / 512);
    put32(&mut file, TABLE_AT + 8, 1);
    file[GRAIN_AT..].fill(0xCC);
    file
}

const ALONE: &str = "# Disk DescriptorFile\nversion=1\nCID=0000000a\nparentCID=ffffffff\nRW 52 SPARSE \"x.vmdk\"\n";

fn expected() -> Vec<u8> {
    let mut disk = vec![0; SIZE];
    disk[GRAIN..2 * GRAIN].fill(0xCC);
    disk
}

/// A stream-optimized disk: the same, its grain packed, its directory told at the end.
fn stream() -> Vec<u8> {
    let mut file = sparse(ALONE);
    file.truncate(GRAIN_AT);
    put32(&mut file, 4, 3); // version
    put32(&mut file, 8, 0x30001); // flags: newlines, compressed, markers
    put(&mut file, 77, &[1, 0]); // compressAlgorithm
    put32(&mut file, TABLE_AT + 8, 0);
    let mut packed = Vec::with_capacity(GRAIN);
    Compress::new(Level::fast(), true).compress_vec(&[0xCC; GRAIN], &mut packed, FlushCompress::Finish).unwrap();
    file.extend((GRAIN as u64 / 512).to_le_bytes()); // lba
    file.extend((packed.len() as u32).to_le_bytes()); // size
    file.extend(packed);
    file.resize(file.len().next_multiple_of(512), 0);
    let footer = file[..512].to_vec();
    put64(&mut file, 56, usize::MAX); // gdOffset: at the end
    file.extend([0; 512]); // the marker of the footer
    file.extend(footer);
    file.extend([0; 512]); // the marker of the end of the stream
    file
}

fn opened(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let named = |(name, file): &(&str, Vec<u8>)| NamedFile { name: (*name).to_owned(), source: Rc::new(file.clone()) };
    let files: Vec<_> = files.iter().map(named).collect();
    let with = With { files: &files, snapshot: None };
    let disk = crate::open_with(Rc::new(file), &with, &Place::new("a.vmdk"), &Limits::default(), &mut findings);
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn read(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> (Vec<u8>, Vec<&'static str>) {
    let (disk, codes) = opened(file, files);
    let disk = disk.unwrap();
    assert_eq!(disk.format, Format::Vmdk);
    let mut bytes = vec![9; disk.virtual_size as usize];
    disk.source.read_exact_at(0, &mut bytes).unwrap();
    (bytes, codes)
}

fn needed(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> NeedsFile {
    match opened(file, files).0.map(|_| ()).unwrap_err().kind {
        ErrorKind::NeedsFile(needs) => needs,
        other => panic!("{other:?}"),
    }
}

#[test]
fn grains_are_stored_zero_or_absent() {
    assert_eq!(read(sparse(ALONE), &[]), (expected(), vec![]));
    assert_eq!(read(stream(), &[]), (expected(), vec![]));
    // What a stream lost with its end is said, not shown as zeros.
    let mut file = stream();
    file.truncate(file.len() - 100);
    let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("the file has been cut"), "{error}");
}

#[test]
fn the_second_directory_stands_in_for_the_first() {
    let mut file = sparse(ALONE);
    put64(&mut file, 48, SECOND_AT / 512 + 1); // rgdOffset
    put32(&mut file, SECOND_AT + 512, TABLE_AT / 512);
    put32(&mut file, DIRECTORY_AT, 0);
    assert_eq!(read(file.clone(), &[]), (expected(), vec![]));
    put32(&mut file, DIRECTORY_AT, 1 << 30);
    assert_eq!(read(file, &[]), (expected(), vec![]));
}

const FOUR: &str = "# Disk DescriptorFile\nCID=0000000b\nparentCID=ffffffff\n# Extents\nRW 52 SPARSE \"a b-s001.vmdk\"\n\
                    RW 2 ZERO\nRW 3 FLAT \"a-flat.vmdk\" 1\nRDONLY 1 VMFS \"a-flat.vmdk\"\n";

#[test]
fn extents_in_several_files_make_one_disk() {
    let flat: Vec<u8> = (0..4_u8).flat_map(|sector| [sector; 512]).collect();
    let files = [("a-flat.vmdk", flat.clone()), ("A b-s001.vmdk", sparse(""))];
    let wanted = [expected(), vec![0; 1024], flat[512..].to_vec(), vec![0; 512]].concat();
    // The first part has no description of its own, which matters only when it is opened by itself.
    assert_eq!(read(FOUR.into(), &files), (wanted.clone(), vec![]));
    assert_eq!(read(sparse(""), &[]), (expected(), vec!["vmdk-extent-alone"]));
    let needs = needed(FOUR.into(), &files[..1]);
    assert_eq!((needs.is_part, needs.names), (true, vec!["a b-s001.vmdk".to_owned()]));
    assert_eq!(needed(FOUR.into(), &[]).names.len(), 2);
    // A part that is damaged as a whole takes no other with it.
    let (disk, codes) = opened(FOUR.into(), &[("a-flat.vmdk", flat[..1024].to_vec()), ("a b-s001.vmdk", vec![0; 100])]);
    assert_eq!(codes, ["vmdk-extent", "vmdk-extent-short"]);
    let source = disk.unwrap().source;
    source.read_exact_at(SIZE as u64, &mut [0; 1536]).unwrap();
    assert!(source.read_exact_at(0, &mut [0]).is_err() && source.read_exact_at(SIZE as u64 + 1536, &mut [0]).is_err());
    // More than the part itself has.
    let longer = FOUR.replace("RW 52", "RW 60");
    let (disk, codes) = opened(longer.into(), &files);
    assert_eq!(codes, ["vmdk-extent-short"]);
    assert!(disk.unwrap().source.read_exact_at(SIZE as u64, &mut [0]).is_err());
}

#[test]
fn absent_grains_show_the_parent() {
    let child = sparse(&ALONE.replace("ffffffff", "0000000b\nparentFileNameHint=\"/x/base.vmdk\""));
    let base = |id: &str| (ALONE.replace("0000000a", id).replace("52 SPARSE", "10 FLAT"), ("x.vmdk", vec![7; 5120]));
    let mut wanted = expected();
    wanted[..GRAIN].fill(7);
    let (text, data) = base("0000000b");
    assert_eq!(read(child.clone(), &[("b", text.clone().into()), data.clone()]), (wanted.clone(), vec![]));
    let (other, _) = base("0000000c");
    let files = [("base.vmdk", other.clone().into()), data];
    assert_eq!(read(child.clone(), &files), (wanted, vec!["vmdk-parent-changed"]));
    let needs = needed(child.clone(), &[("c", other.into())]);
    assert_eq!(
        (needs.is_part, needs.names, needs.linkages),
        (false, vec!["/x/base.vmdk".into()], vec!["0000000b".into()])
    );
    assert_eq!(needed(child, &[("base.vmdk", text.into())]).names, ["x.vmdk"]);
}

#[test]
fn what_is_legal_and_not_handled_is_named() {
    for (text, named) in [
        ("RW 1 VMFSSPARSE \"a\"", "VMFSSPARSE"),
        ("RW 1 SESPARSE \"a\"", "SESPARSE"),
        ("encryption.keySafe = \"vmware:key\"", "encrypted"),
    ] {
        for file in [sparse(text), format!("# Disk DescriptorFile\n{text}").into()] {
            let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
            assert!(matches!(&error.kind, ErrorKind::Unsupported(told) if told.contains(named)), "{error}");
        }
    }
    for (at, value, named) in [(4, 9, "version 9"), (77, 2, "compression 2")] {
        let mut file = stream();
        put32(&mut file, at, value);
        let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
        assert!(matches!(&error.kind, ErrorKind::Unsupported(told) if told.contains(named)), "{error}");
    }
}

#[test]
fn impossible_numbers_are_refused_or_told() {
    for (at, value, text) in [(20, 3, "grainSize is 3"), (20, 1 << 20, "grainSize is"), (44, 0, "numGTEsPerGT is 0")] {
        let mut file = sparse(ALONE);
        put32(&mut file, at, value);
        let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
        assert!(matches!(&error.kind, ErrorKind::Corrupt(told) if told.contains(text)), "{error}");
    }
    for (text, told) in [
        ("", "names no extents"),
        ("RW x FLAT \"a\"", "no size"),
        ("RW 1 FLAT a", "no file name"),
        ("RW 1 FLAT \"a\" x", "no offset"),
        ("RW 1 WARP \"a\"", "kind is not known"),
        ("RW 18446744073709551615 ZERO", "an extent of"),
        ("RW 36028797018963967 ZERO\nRW 36028797018963967 ZERO", "an extent of"),
    ] {
        let error = opened(format!("# Disk DescriptorFile\n{text}\n").into(), &[]).0.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
    }
    for (at, value, code) in [
        (72, 1_u32, "vmdk-unclean-shutdown"),
        (73, 0x0A, "vmdk-newlines"),
        (28, 1 << 30, "vmdk-descriptor"),
        (DIRECTORY_AT, 1 << 30, "vmdk-tables-missing"),
        (56, 1 << 30, "vmdk-tables-missing"),
        (TABLE_AT + 4, 1 << 30, "vmdk-grains-missing"),
    ] {
        let mut file = sparse(ALONE);
        put(&mut file, at, &value.to_le_bytes()[..if at == 72 { 1 } else { 4 }]);
        assert_eq!(opened(file, &[]).1, [code]);
    }
    let mut file = sparse(ALONE);
    put32(&mut file, 8, 1); // no zero grains: then 1 is a place
    let (disk, codes) = opened(file, &[]);
    assert_eq!(codes, ["vmdk-grains-invalid"]);
    let error = disk.unwrap().source.read_exact_at(2 * GRAIN as u64, &mut [0]).unwrap_err();
    assert!(error.to_string().contains("over the header"), "{error}");
}

#[test]
fn packed_grains_that_do_not_unpack_are_errors() {
    for (at, value, text) in [
        (GRAIN_AT, 9, "lba is 9, expected 8"),
        (GRAIN_AT + 8, 0, "size is 0"),
        (GRAIN_AT + 8, 1 << 30, "size is"),
        (GRAIN_AT + 8, GRAIN, "beyond the end of the file"),
        (GRAIN_AT + 12, 0xFFFF, "vmdk compressed grain"),
    ] {
        let mut file = stream();
        put32(&mut file, at, value);
        let error = opened(file, &[]).0.unwrap().source.read_exact_at(GRAIN as u64, &mut [0]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any damage ends in data, an error or a finding; never in a panic or endless work.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((0..6_usize, 0..130_usize, any::<u8>()), 1..10),
        kind in 0..3_usize,
        length in 0..3 * GRAIN,
    ) {
        let mut file = [sparse(ALONE), stream(), FOUR.as_bytes().to_vec()][kind].clone();
        for (structure, at, value) in changes {
            let places = [0, TEXT_AT, DIRECTORY_AT, TABLE_AT, GRAIN_AT, file.len() - 1024.min(file.len())];
            if let Some(byte) = file.get_mut(places[structure] + at) {
                *byte = value;
            }
        }
        if length % 2 == 0 {
            file.truncate(length);
        }
        let files = [("a-flat.vmdk", vec![7; 2048]), ("a b-s001.vmdk", sparse("")), ("x.vmdk", sparse(ALONE))];
        if let Ok(disk) = opened(file, &files).0 {
            let mut bytes = vec![0; 4096];
            for step in 0..64 {
                let _ = disk.source.read_exact_at(disk.virtual_size / 64 * step, &mut bytes);
            }
        }
    }
}
