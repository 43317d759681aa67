#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use std::rc::Rc;

use careen_evidence::{ErrorKind, Findings, Limits, Place, ReadError};
use proptest::prelude::*;

use super::*;
use crate::Disk;
use crate::guid::Guid;

pub(crate) const MIB: usize = 1 << 20;
pub(crate) const METADATA_AT: usize = 2 * MIB;
pub(crate) const BAT_AT: usize = 3 * MIB;
/// Where the one stored block of [`build`] lies, and its number.
pub(crate) const BLOCK_AT: usize = 4 * MIB;
pub(crate) const STORED: usize = 2;

pub(crate) fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Writes the checksum of a structure of `length` bytes.
pub(crate) fn seal(file: &mut [u8], at: usize, length: usize) {
    let sum = checksum(&file[at..at + length]);
    put(file, at + 4, &sum.to_le_bytes());
}

pub(crate) fn put_header(file: &mut [u8], at: usize, sequence: u64, log: [u8; 16]) {
    put(file, at, b"head");
    put(file, at + 8, &sequence.to_le_bytes()); // SequenceNumber
    put(file, at + 32, &[0x22; 16]); // DataWriteGuid
    put(file, at + 48, &log); // LogGuid
    put(file, at + 66, &1_u16.to_le_bytes()); // Version
    put(file, at + 68, &(MIB as u32).to_le_bytes()); // LogLength
    put(file, at + 72, &(MIB as u64).to_le_bytes()); // LogOffset
    seal(file, at, 4096);
}

pub(crate) fn put_regions(file: &mut [u8], at: usize) {
    put(file, at, b"regi");
    put(file, at + 8, &2_u32.to_le_bytes()); // EntryCount
    for (index, (guid, offset)) in [
        ("66 77 c2 2d 23 f6 00 42 9d 64 11 5e 9b fd 4a 08", BAT_AT),
        ("06 a2 7c 8b 90 47 9a 4b b8 fe 57 5f 05 0f 88 6e", METADATA_AT),
    ]
    .into_iter()
    .enumerate()
    {
        let guid: Vec<u8> = guid.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        put(file, at + 16 + index * 32, &guid); // Guid
        put(file, at + 32 + index * 32, &(offset as u64).to_le_bytes()); // FileOffset
        put(file, at + 40 + index * 32, &(MIB as u32).to_le_bytes()); // Length
        put(file, at + 44 + index * 32, &1_u32.to_le_bytes()); // Required
    }
    seal(file, at, 64 << 10);
}

/// Writes a metadata item: entry `index` of the table, its bytes at 64 KiB + 16 × `index`.
pub(crate) fn put_item(file: &mut [u8], index: usize, id: Guid, flags: u32, bytes: &[u8]) {
    let (entry, item) = (METADATA_AT + 32 + index * 32, (64 << 10) + index * 16);
    put(file, entry, &id.0); // ItemId
    put(file, entry + 16, &(item as u32).to_le_bytes()); // Offset
    put(file, entry + 20, &(bytes.len() as u32).to_le_bytes()); // Length
    put(file, entry + 24, &flags.to_le_bytes()); // IsUser 1, IsVirtualDisk 2, IsRequired 4
    put(file, METADATA_AT + item, bytes);
    put(file, METADATA_AT + 10, &(index as u16 + 1).to_le_bytes()); // EntryCount
}

pub(crate) const FILE_PARAMETERS: Guid = Guid::new(0xCAA1_6737, 0xFA36, 0x4D43, 0xB3B6, 0x33F0_AA44_E76B);
const DISK_SIZE: Guid = Guid::new(0x2FA5_4224, 0xCD1B, 0x4876, 0xB211, 0x5DBE_D83B_F4B8);
const DISK_ID: Guid = Guid::new(0xBECA_12AB, 0xB2E6, 0x4523, 0x93EF, 0xC309_E000_C746);
const LOGICAL: Guid = Guid::new(0x8141_BF1D, 0xA96F, 0x4709, 0xBA47, 0xF233_A8FA_AB5F);

pub(crate) fn put_entry(file: &mut [u8], block: usize, entry: u64) {
    put(file, BAT_AT + block * 8, &entry.to_le_bytes());
}

/// A disk of 4.5 MiB in blocks of 1 MiB, of which block 2 is stored: its bytes count up.
pub(crate) fn build() -> Vec<u8> {
    let mut file = vec![0; 5 * MIB];
    put(&mut file, 0, b"vhdxfile");
    put_header(&mut file, 64 << 10, 7, [0; 16]);
    put_header(&mut file, 128 << 10, 8, [0; 16]);
    put_regions(&mut file, 192 << 10);
    put_regions(&mut file, 256 << 10);
    put(&mut file, METADATA_AT, b"metadata");
    put_item(&mut file, 0, FILE_PARAMETERS, 4, &[0, 0, 0x10, 0, 0, 0, 0, 0]); // BlockSize, flags
    put_item(&mut file, 1, DISK_SIZE, 6, &(4 * MIB as u64 + MIB as u64 / 2).to_le_bytes());
    put_item(&mut file, 2, DISK_ID, 6, &[0x11; 16]);
    put_item(&mut file, 3, LOGICAL, 6, &512_u32.to_le_bytes());
    put_entry(&mut file, STORED, BLOCK_AT as u64 | 6);
    put_entry(&mut file, 0, 2); // zero
    put_entry(&mut file, 1, (77 << 20) | 3); // unmapped: its old place means nothing
    for (byte, value) in file[BLOCK_AT..].iter_mut().zip(0_u64..) {
        *byte = (value % 251) as u8;
    }
    file
}

fn opened(file: Vec<u8>) -> (Result<Disk, ReadError>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let disk = crate::open(Rc::new(file), &Place::new("test"), &Limits::default(), &mut findings);
    (disk, findings.list().iter().map(|finding| finding.code.name).collect())
}

/// The whole disk, which must open and be read without error.
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

fn corruption(file: Vec<u8>) -> String {
    match opened(file).0.map(|_| ()).unwrap_err().kind {
        ErrorKind::Corrupt(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn stored_blocks_are_read_and_all_others_are_zeros() {
    let file = build();
    let (bytes, codes) = read(file.clone());
    let stored = STORED * MIB..(STORED + 1) * MIB;
    assert_eq!(bytes[stored.clone()], file[BLOCK_AT..]);
    assert!(bytes[..stored.start].iter().chain(&bytes[stored.end..]).all(|byte| *byte == 0));
    assert!(codes.is_empty(), "{codes:?}");
    let disk = opened(file).0.unwrap();
    assert_eq!((disk.format.name(), disk.sector_size), ("vhdx", 512));
    assert_eq!(disk.data_write_id.as_deref(), Some("22222222-2222-2222-2222-222222222222"));
    assert_eq!(disk.identifier.as_deref(), Some("11111111-1111-1111-1111-111111111111"));
    assert!(disk.source.read_exact_at(disk.virtual_size - 3, &mut [0; 4]).is_err());
}

#[test]
fn entries_of_sector_bitmaps_are_passed_over() {
    // Blocks of 256 MiB: 16 to a chunk. Entry 16 is the bitmap's, entry 17 is block 16.
    let mut file = build();
    put_item(&mut file, 0, FILE_PARAMETERS, 4, &[0, 0, 0, 0x10, 0, 0, 0, 0]);
    put_item(&mut file, 1, DISK_SIZE, 6, &(17_u64 << 28).to_le_bytes());
    put(&mut file, METADATA_AT + 10, &[4, 0]);
    put(&mut file, BAT_AT, &[0; 64]);
    put_entry(&mut file, 16, 6 | (1 << 40)); // would be past the end of the file if it were a block
    put_entry(&mut file, 17, BLOCK_AT as u64 | 6);
    let (disk, codes) = opened(file.clone());
    let mut bytes = vec![0; MIB];
    disk.unwrap().source.read_exact_at(16 << 28, &mut bytes).unwrap();
    assert_eq!(bytes, file[BLOCK_AT..]);
    assert_eq!(codes, ["vhdx-blocks-missing"], "only block 16 itself, whose 255 other MiB are not there");
}

#[test]
fn one_bad_header_or_table_is_told_and_the_other_is_used() {
    let good = read(build()).0;
    for (at, code) in [
        (0, "vhdx-identifier"),
        ((64 << 10) + 9, "vhdx-header"),
        ((128 << 10) + 9, "vhdx-header"),
        ((192 << 10) + 17, "vhdx-region-table"),
        ((256 << 10) + 17, "vhdx-region-table"),
    ] {
        let mut file = build();
        file[at] ^= 0xFF;
        assert_eq!(read(file), (good.clone(), vec![code]), "byte {at:#x}");
    }
}

#[test]
fn without_a_whole_header_or_table_reading_goes_on_as_far_as_it_can() {
    let good = read(build()).0;
    let mut file = build();
    (file[64 << 10], file[128 << 10]) = (0, 0);
    assert_eq!(read(file), (good.clone(), vec!["vhdx-headers"]));
    // A checksum that is wrong while the entries are there.
    let mut file = build();
    (file[(192 << 10) + 4], file[(256 << 10) + 60000]) = (0, 1);
    assert_eq!(read(file), (good.clone(), vec!["vhdx-region-tables"]));
    // Both gone: the file is searched for what they named.
    let mut file = build();
    (file[192 << 10], file[256 << 10]) = (0, 0);
    assert_eq!(read(file.clone()), (good, vec!["vhdx-regions-searched"]));
    put(&mut file, BAT_AT, &[9; 8]);
    assert!(corruption(file).starts_with("both region tables are unreadable"));
}

#[test]
fn the_header_with_the_greater_sequence_number_says_whether_there_is_a_log() {
    let mut file = build();
    put_header(&mut file, 64 << 10, 6, [1; 16]);
    assert!(read(file.clone()).1.is_empty());
    put_header(&mut file, 64 << 10, 9, [1; 16]);
    assert_eq!(read(file).1, ["vhdx-log-unreadable"], "there is a log, and no entry in it");
}

#[test]
fn what_is_legal_and_not_handled_is_named() {
    let mut file = build();
    put_item(&mut file, 4, Guid([0xAB; 16]), 4, &[0; 8]);
    assert!(refusal(file.clone()).contains("unknown kind ABABABAB-ABAB-ABAB-ABAB-ABABABABABAB"));
    put_item(&mut file, 4, Guid([0xAB; 16]), 1, &[0; 8]);
    assert!(read(file).1.is_empty(), "an item that is not required is no reason to refuse");

    let mut file = build();
    for table in REGION_TABLES.map(|at| at as usize) {
        put(&mut file, table + 8, &3_u32.to_le_bytes());
        put(&mut file, table + 80, &[0xCD; 16]);
        put(&mut file, table + 108, &1_u32.to_le_bytes());
        seal(&mut file, table, 64 << 10);
    }
    assert!(refusal(file).contains("required vhdx region of unknown kind CDCDCDCD"));

    let mut file = build();
    for at in HEADERS.map(|at| at as usize) {
        put(&mut file, at + 66, &2_u16.to_le_bytes());
        seal(&mut file, at, 4096);
    }
    assert!(refusal(file).contains("vhdx version 2"));
}

/// Code and values of the first finding.
fn first_finding(file: Vec<u8>) -> (&'static str, String, String) {
    let mut findings = Findings::new();
    crate::open(Rc::new(file), &Place::new("test"), &Limits::default(), &mut findings).unwrap();
    let finding = &findings.list()[0];
    (finding.code.name, finding.values["reason"].clone(), finding.values["value"].clone())
}

#[test]
fn metadata_that_are_impossible_or_missing_are_replaced_and_told() {
    let good = read(build()).0;
    for (index, id, bytes, reason, value) in [
        (0, FILE_PARAMETERS, &[0, 0, 0x18, 0, 0, 0, 0, 0][..], "block size is 1572864", "1048576 bytes"),
        (0, Guid([7; 16]), &[0; 8][..], "file parameters is missing", "1048576 bytes"),
        (1, DISK_SIZE, &[1, 2, 0, 0, 0, 0, 0, 0][..], "it is 513", "the greatest size that its tables allow"),
        (1, DISK_SIZE, &[0, 0, 0, 0, 0, 0, 0, 1][..], "up to 64 TiB", "the greatest size that its tables allow"),
        (1, Guid([7; 16]), &[0; 8][..], "virtual disk size is missing", "the greatest size that its tables allow"),
        (3, LOGICAL, &[0, 4, 0, 0][..], "it is 1024, expected 512 or 4096", "512 bytes"),
        (3, Guid([7; 16]), &[0; 4][..], "logical sector size is missing", "512 bytes"),
    ] {
        let mut file = build();
        put_item(&mut file, index, id, 2, bytes);
        put(&mut file, METADATA_AT + 10, &[4, 0]);
        let (code, told, instead) = first_finding(file.clone());
        assert!(code == "vhdx-metadata-guessed" && told.contains(reason) && instead == value, "{told} {instead}");
        let disk = opened(file).0.unwrap();
        let mut bytes = vec![9; good.len()];
        disk.source.read_exact_at(0, &mut bytes).unwrap();
        assert!(bytes == good, "{reason}");
        // A table of 1 MiB has room for 131072 entries, of which 31 are those of bitmaps.
        let room = ((131_072 - 31) * MIB) as u64;
        assert_eq!(disk.virtual_size, if index == 1 { room } else { good.len() as u64 });
    }
}

#[test]
fn without_any_metadata_the_table_of_blocks_and_what_is_usual_do() {
    let good = read(build()).0;
    let mut file = build();
    put(&mut file, METADATA_AT, &[0; 64]);
    let (disk, codes) = opened(file.clone());
    assert_eq!(codes, ["vhdx-metadata-guessed"; 3]);
    let mut bytes = vec![9; good.len()];
    disk.unwrap().source.read_exact_at(0, &mut bytes).unwrap();
    assert!(bytes == good);
    // And without a block, nothing says how long blocks are.
    put_entry(&mut file, STORED, 0);
    assert!(corruption(file).contains("signature is"));
}

#[test]
fn a_whole_partition_table_tells_the_size_that_the_metadata_do_not() {
    let mut file = build();
    put_item(&mut file, 1, Guid([7; 16]), 2, &[0; 8]);
    put(&mut file, METADATA_AT + 10, &[4, 0]);
    put_entry(&mut file, STORED, 0);
    put_entry(&mut file, 0, BLOCK_AT as u64 | 6);
    let header = BLOCK_AT + 512;
    put(&mut file, header, &[0; 512]);
    put(&mut file, header, b"EFI PART");
    put(&mut file, header + 12, &92_u32.to_le_bytes()); // HeaderSize
    put(&mut file, header + 24, &1_u64.to_le_bytes()); // MyLBA
    put(&mut file, header + 32, &9215_u64.to_le_bytes()); // AlternateLBA: the last sector of 4.5 MiB
    put(&mut file, header + 84, &128_u32.to_le_bytes()); // SizeOfPartitionEntry
    let sum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(&file[header..header + 92]);
    put(&mut file, header + 16, &sum.to_le_bytes()); // HeaderCRC32
    assert_eq!(opened(file).0.unwrap().virtual_size, 9216 * 512);
}

#[test]
fn blocks_that_share_their_place_are_told() {
    let mut file = build();
    put_entry(&mut file, 3, BLOCK_AT as u64 | 6);
    let (bytes, codes) = read(file);
    assert_eq!(codes, ["vhdx-blocks-shared"]);
    assert_eq!(bytes[STORED * MIB..(STORED + 1) * MIB], bytes[3 * MIB..4 * MIB]);
    // Blocks of 2 MiB, one MiB apart.
    let mut file = build();
    put_item(&mut file, 0, FILE_PARAMETERS, 4, &[0, 0, 0x20, 0, 0, 0, 0, 0]);
    put(&mut file, METADATA_AT + 10, &[4, 0]);
    file.resize(8 * MIB, 0);
    put(&mut file, BAT_AT, &[0; 64]);
    put_entry(&mut file, 0, BLOCK_AT as u64 | 6);
    put_entry(&mut file, 1, (BLOCK_AT + MIB) as u64 | 6);
    assert_eq!(read(file).1, ["vhdx-blocks-shared"]);
}

#[test]
fn blocks_that_take_room_are_told_unless_they_always_do() {
    let pieces = opened(build()).0.unwrap().pieces.unwrap();
    let stored: Vec<u64> = (0..pieces.count()).filter(|block| pieces.is_stored(*block).unwrap()).collect();
    assert_eq!((pieces.size(), stored), (MIB as u64, vec![STORED as u64]));
    let mut file = build();
    // LeaveBlockAllocated
    put_item(&mut file, 0, FILE_PARAMETERS, 4, &[0, 0, 0x10, 0, 1, 0, 0, 0]);
    put(&mut file, METADATA_AT + 10, &[4, 0]);
    assert!(opened(file).0.unwrap().pieces.is_none());
}

#[test]
fn a_block_past_the_end_is_an_error_and_counted() {
    let mut file = build();
    put_entry(&mut file, 3, (8 * MIB as u64) | 6);
    file.truncate(BLOCK_AT + MIB / 4);
    let (disk, codes) = opened(file.clone());
    let disk = disk.unwrap();
    assert_eq!(codes, ["vhdx-blocks-missing"]);
    let mut bytes = vec![0; MIB / 4];
    disk.source.read_exact_at(STORED as u64 * MIB as u64, &mut bytes).unwrap();
    assert_eq!(bytes, file[BLOCK_AT..]);
    let start = STORED as u64 * MIB as u64 + MIB as u64 / 4;
    let error = disk.source.read_exact_at(start - 1, &mut [0; 2]).unwrap_err();
    assert!(error.to_string().starts_with("test › VHDX block 2: vhdx block: its bytes at 0x440000"), "{error}");
    assert!(disk.source.read_exact_at(3 * MIB as u64, &mut [0; 1]).is_err());
    disk.source.read_exact_at(4 * MIB as u64, &mut [0; 100]).unwrap();
}

#[test]
fn an_entry_that_points_at_the_files_own_structures_or_has_no_state_is_an_error() {
    for (entry, text) in [
        (6, "over a structure of the file itself at 0x0"),
        (METADATA_AT as u64 | 6, "at 0x200000"),
        (BAT_AT as u64 | 6, "at 0x300000"),
        (MIB as u64 | 6, "at 0x100000"),
        (5, "its state is 5"),
        (BLOCK_AT as u64 | 7, "partially present"),
    ] {
        let mut file = build();
        put_entry(&mut file, 3, entry);
        let (disk, codes) = opened(file);
        assert_eq!(codes, ["vhdx-blocks-invalid"]);
        let error = disk.unwrap().source.read_exact_at(3 * MIB as u64 + 5, &mut [0; 1]).unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_cut_table_is_told_and_its_blocks_are_errors() {
    let mut file = build();
    file.truncate(BAT_AT + 3 * 8 + 3);
    let mut findings = Findings::new();
    let disk = crate::open(Rc::new(file), &Place::new("test"), &Limits::default(), &mut findings).unwrap();
    assert_eq!(findings.list()[0].code.name, "vhdx-bat-cut");
    assert_eq!(findings.list()[0].values["missing"], "2");
    disk.source.read_exact_at(0, &mut [0; 4096]).unwrap();
    assert!(disk.source.read_exact_at(3 * MIB as u64, &mut [0; 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any damage to the structures ends in data, an error or a finding; never in a panic or endless work.
    #[test]
    fn damage_never_panics(changes in prop::collection::vec((0..6_usize, 0..600_usize, any::<u8>()), 1..12), resealed: bool) {
        let mut file = build();
        let structures = [64 << 10, 128 << 10, 192 << 10, METADATA_AT, METADATA_AT + (64 << 10), BAT_AT];
        for (structure, at, value) in changes {
            file[structures[structure] + at] = value;
        }
        if resealed {
            seal(&mut file, 64 << 10, 4096);
            seal(&mut file, 128 << 10, 4096);
            seal(&mut file, 192 << 10, 64 << 10);
        }
        if let Ok(disk) = opened(file).0 {
            let mut bytes = vec![0; 4096];
            for step in 0..64 {
                let at = disk.virtual_size / 64 * step;
                let _ = disk.source.read_exact_at(at, &mut bytes);
            }
        }
    }
}
