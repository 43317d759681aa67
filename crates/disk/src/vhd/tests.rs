#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::{ErrorKind, NeedsFile};
use proptest::prelude::*;

use super::*;
use crate::With;

const BLOCK: usize = 64 << 10;
const SIZE: usize = 3 * BLOCK + BLOCK / 2;
const HEADER_AT: usize = 512;
const TABLE_AT: usize = 1536;
/// The bitmap of the stored block 1: one sector of 512 bytes, then its data.
const BLOCK_AT: usize = 2048;

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn put32(file: &mut [u8], at: usize, value: u32) {
    put(file, at, &value.to_be_bytes());
}

fn put64(file: &mut [u8], at: usize, value: u64) {
    put(file, at, &value.to_be_bytes());
}

fn footer(kind: u32, id: u8) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    put(&mut bytes, 0, SIGNATURE);
    put32(&mut bytes, 8, 2); // Features: reserved
    put32(&mut bytes, 12, 0x1_0000); // File Format Version
    put64(&mut bytes, 16, if kind == 2 { u64::MAX } else { HEADER_AT as u64 }); // Data Offset
    put64(&mut bytes, 40, 1); // Original Size, of no account
    put64(&mut bytes, 48, SIZE as u64); // Current Size
    put32(&mut bytes, 60, kind); // Disk Type
    put(&mut bytes, 68, &[id; 16]); // Unique Id
    seal(&mut bytes, footer::CHECKSUM);
    bytes
}

fn seal(bytes: &mut [u8], at: usize) {
    let sum = footer::checksum(bytes, at);
    put32(bytes, at, sum);
}

fn fixed() -> Vec<u8> {
    [vec![7; SIZE], footer(2, 1)].concat()
}

/// A disk of 3.5 blocks of which block 1 is stored and consists of 0xCC.
pub(crate) fn dynamic(kind: u32, id: u8) -> Vec<u8> {
    let mut file = vec![0; BLOCK_AT + 512 + BLOCK];
    put(&mut file, 0, &footer(kind, id));
    put(&mut file, HEADER_AT, b"cxsparse");
    put64(&mut file, HEADER_AT + 8, u64::MAX); // Data Offset
    put64(&mut file, HEADER_AT + 16, TABLE_AT as u64); // Table Offset
    put32(&mut file, HEADER_AT + 24, 0x1_0000); // Header Version
    put32(&mut file, HEADER_AT + 28, 4); // Max Table Entries
    put32(&mut file, HEADER_AT + 32, BLOCK as u32); // Block Size
    seal(&mut file[HEADER_AT..HEADER_AT + 1024], dynamic::CHECKSUM);
    file[TABLE_AT..TABLE_AT + 512].fill(0xFF);
    put32(&mut file, TABLE_AT + 4, (BLOCK_AT / 512) as u32);
    file[BLOCK_AT..BLOCK_AT + 512].fill(0xFF);
    file[BLOCK_AT + 512..].fill(0xCC);
    file.extend(footer(kind, id));
    file
}

/// The same upon the disk with unique id sixteen times 9: of block 1 it has sectors 1 and 8 to 10.
fn differencing() -> Vec<u8> {
    let mut file = dynamic(4, 2);
    put(&mut file, HEADER_AT + 40, &[9; 16]); // Parent Unique ID
    let name: Vec<u8> = "base.vhd".encode_utf16().flat_map(u16::to_be_bytes).collect();
    put(&mut file, HEADER_AT + 64, &name); // Parent Unicode Name
    let (end, path) =
        (file.len() - 512, ".\\d\\base.vhd".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    let locator = HEADER_AT + dynamic::LOCATORS + 24; // the second entry
    put(&mut file, locator, b"W2ru"); // Platform Code
    put32(&mut file, locator + 4, 1); // Platform Data Space
    put32(&mut file, locator + 8, path.len() as u32); // Platform Data Length
    put64(&mut file, locator + 16, end as u64); // Platform Data Offset
    seal(&mut file[HEADER_AT..HEADER_AT + 1024], dynamic::CHECKSUM);
    file[BLOCK_AT..BLOCK_AT + 512].fill(0);
    put(&mut file, BLOCK_AT, &[0b0100_0000, 0b1110_0000]);
    let footer = file.split_off(end);
    [file, path, vec![0; 1000], footer].concat()
}

fn opened(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let named = |(name, file): &(&str, Vec<u8>)| NamedFile { name: (*name).to_owned(), source: Rc::new(file.clone()) };
    let files: Vec<_> = files.iter().map(named).collect();
    let with = With { files: &files, snapshot: None };
    let disk = crate::open_with(Rc::new(file), &with, &Place::new("a.vhd"), &Limits::default(), &mut findings);
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn read(file: Vec<u8>, files: &[(&str, Vec<u8>)]) -> (Vec<u8>, Vec<&'static str>) {
    let (disk, codes) = opened(file, files);
    let disk = disk.unwrap();
    assert_eq!((disk.format, disk.virtual_size), (Format::Vhd, SIZE as u64));
    let mut bytes = vec![9; SIZE];
    disk.source.read_exact_at(0, &mut bytes).unwrap();
    (bytes, codes)
}

fn expected() -> Vec<u8> {
    [vec![0; BLOCK], vec![0xCC; BLOCK], vec![0; BLOCK + BLOCK / 2]].concat()
}

#[test]
fn fixed_disks_are_read_and_short_ones_told() {
    assert_eq!(read(fixed(), &[]), (vec![7; SIZE], vec![]));
    // The footer of the first versions has 511 bytes.
    let (disk, codes) = opened(fixed()[..SIZE + 511].to_vec(), &[]);
    let mut bytes = vec![9; SIZE];
    disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 7) && codes.is_empty(), "{codes:?}");
    let short = [vec![7; SIZE - 1000], footer(2, 1)].concat();
    let (disk, codes) = opened(short, &[]);
    assert_eq!(codes, ["vhd-fixed-short"]);
    let source = disk.unwrap().source;
    source.read_exact_at(0, &mut vec![0; SIZE - 1000]).unwrap();
    assert!(source.read_exact_at(SIZE as u64 - 1000, &mut [0]).is_err());
}

#[test]
fn dynamic_disks_are_read() {
    assert_eq!(read(dynamic(3, 1), &[]), (expected(), vec![]));
    let id = opened(dynamic(3, 0xAB), &[]).0.unwrap().identifier;
    assert_eq!(id.unwrap(), "ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB");
}

#[test]
fn each_footer_stands_in_for_the_other() {
    let end = dynamic(3, 1).len() - 512;
    let mut file = dynamic(3, 1);
    file[..512].fill(0);
    assert_eq!(read(file, &[]), (expected(), vec![]));
    for at in [end, end + 100] {
        let mut file = dynamic(3, 1);
        file[at] ^= 1;
        assert_eq!(read(file, &[]), (expected(), vec!["vhd-footer"]));
    }
    let mut file = dynamic(3, 1);
    file[100] ^= 1;
    file[end + 100] ^= 1;
    assert_eq!(read(file, &[]), (expected(), vec!["vhd-footers"]));
    let mut file = dynamic(3, 1);
    put32(&mut file, 60, 9); // Disk Type
    put32(&mut file, end + 60, 9);
    let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("vhd footer: disk_type is 9"), "{error}");
}

#[test]
fn a_saved_state_is_told() {
    let mut file = fixed();
    file[SIZE + 84] = 1;
    seal(&mut file[SIZE..], footer::CHECKSUM);
    assert_eq!(read(file, &[]).1, ["vhd-saved-state"]);
}

#[test]
fn headers_that_are_impossible_are_refused() {
    for (at, value, text) in [
        (HEADER_AT, 0, "no cookie"),
        (HEADER_AT + 24, 0x2_0000, "version 0x20000"),
        (HEADER_AT + 32, 0, "block_size is not"),
        (HEADER_AT + 32, 100, "block_size is not"),
    ] {
        let mut file = dynamic(3, 1);
        put32(&mut file, at, value);
        let error = opened(file, &[]).0.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    let mut file = dynamic(3, 1);
    file[HEADER_AT + 60] ^= 1; // a reserved byte
    assert_eq!(read(file, &[]), (expected(), vec!["vhd-dynamic-header"]));
}

#[test]
fn blocks_that_cannot_be_there_are_errors_and_counted() {
    let mut file = dynamic(3, 1);
    put32(&mut file, TABLE_AT, 1 << 30); // past the end
    put32(&mut file, TABLE_AT + 8, 1); // over the header
    let (disk, codes) = opened(file, &[]);
    assert_eq!(codes, ["vhd-blocks-missing", "vhd-blocks-invalid"]);
    let source = disk.unwrap().source;
    for (offset, text) in [(0, "beyond the end of the file"), (2 * BLOCK as u64, "over the header")] {
        let error = source.read_exact_at(offset, &mut [0]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
    source.read_exact_at(BLOCK as u64, &mut [0; BLOCK]).unwrap();
    // A table with fewer entries than blocks.
    let mut file = dynamic(3, 1);
    put32(&mut file, HEADER_AT + 28, 2);
    seal(&mut file[HEADER_AT..HEADER_AT + 1024], dynamic::CHECKSUM);
    let (disk, codes) = opened(file, &[]);
    assert_eq!(codes, ["vhd-bat-cut"]);
    assert!(disk.unwrap().source.read_exact_at(2 * BLOCK as u64, &mut [0]).is_err());
    // A cut file: its footer is gone too.
    let mut file = dynamic(3, 1);
    file.truncate(BLOCK_AT + 5000);
    assert_eq!(opened(file, &[]).1, ["vhd-footer", "vhd-blocks-missing"]);
}

#[test]
fn sectors_come_from_the_file_that_the_bitmap_names() {
    let mut wanted = vec![7; SIZE];
    for sector in [1, 8, 9, 10] {
        wanted[BLOCK + sector * 512..][..512].fill(0xCC);
    }
    let base = [vec![7; SIZE], footer(2, 9)].concat();
    // By its identity, whatever it is called; else by its name, which is told.
    assert_eq!(read(differencing(), &[("x", fixed()), ("renamed", base.clone())]), (wanted.clone(), vec![]));
    assert_eq!(read(differencing(), &[("BASE.vhd", fixed())]), (wanted, vec!["vhd-parent-changed"]));
    let ErrorKind::NeedsFile(needs) = opened(differencing(), &[("x", fixed())]).0.map(|_| ()).unwrap_err().kind else {
        panic!("no file is needed");
    };
    let expected = NeedsFile {
        reason: needs.reason.clone(),
        is_part: false,
        names: vec![".\\d\\base.vhd".to_owned(), "base.vhd".to_owned()],
        linkages: vec!["09090909-0909-0909-0909-090909090909".to_owned()],
    };
    assert_eq!(needs, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any damage ends in data, an error or a finding; never in a panic or endless work.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((0..5_usize, 0..130_usize, any::<u8>()), 1..10),
        is_sealed: bool,
        length in 0..2 * BLOCK,
    ) {
        let mut file = differencing();
        for (structure, at, value) in changes {
            file[[0, HEADER_AT, TABLE_AT, BLOCK_AT, HEADER_AT + dynamic::LOCATORS][structure] + at] = value;
        }
        if is_sealed {
            seal(&mut file[..512], footer::CHECKSUM);
            seal(&mut file[HEADER_AT..HEADER_AT + 1024], dynamic::CHECKSUM);
            let end = file.len() - 512;
            file[end..].fill(0);
        }
        if length % 2 == 0 {
            file.truncate(length);
        }
        if let Ok(disk) = opened(file, &[("base.vhd", fixed()), ("b", dynamic(3, 9))]).0 {
            let mut bytes = vec![0; 4096];
            for step in 0..64 {
                let _ = disk.source.read_exact_at(disk.virtual_size / 64 * step, &mut bytes);
            }
        }
    }
}
