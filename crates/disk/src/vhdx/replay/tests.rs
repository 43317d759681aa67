#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use careen_evidence::{Findings, Limits, Place};
use proptest::prelude::*;

use super::super::HEADERS;
use super::super::tests::{BAT_AT, BLOCK_AT, MIB, STORED, build, put, put_header, seal};
use crate::Disk;

const LOG_AT: usize = MIB;
const LOG_LENGTH: usize = MIB;
const GUID: [u8; 16] = [0x5A; 16];
const SECTOR: usize = 4096;

/// A descriptor of an entry, and the sector that goes with it.
#[derive(Clone)]
enum Change {
    Zeros(u64, u64),
    Sector(u64, Box<[u8; SECTOR]>),
}

/// An entry as a writer makes it; the fields are public to be made wrong.
#[derive(Clone)]
struct Entry {
    sequence: u64,
    /// Place of the tail in the ring.
    tail: usize,
    guid: [u8; 16],
    flushed: u64,
    last: u64,
    changes: Vec<Change>,
    /// What the data sectors say, if not the entry's own sequence number.
    data_sequence: Option<u64>,
}

fn entry(sequence: u64, tail: usize, changes: Vec<Change>) -> Entry {
    let size = 5 * MIB as u64;
    Entry { sequence, tail, guid: GUID, flushed: size, last: size, changes, data_sequence: None }
}

impl Entry {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; (64 + 32 * self.changes.len()).next_multiple_of(SECTOR)];
        let mut data = Vec::new();
        for (index, change) in self.changes.iter().enumerate() {
            let at = 64 + index * 32;
            let start = match change {
                Change::Zeros(start, length) => {
                    put(&mut bytes, at, b"zero");
                    put(&mut bytes, at + 8, &length.to_le_bytes()); // ZeroLength
                    start
                }
                Change::Sector(start, sector) => {
                    put(&mut bytes, at, b"desc");
                    put(&mut bytes, at + 4, &sector[4092..]); // TrailingBytes
                    put(&mut bytes, at + 8, &sector[..8]); // LeadingBytes
                    let sequence = self.data_sequence.unwrap_or(self.sequence);
                    let mut stored = sector.to_vec();
                    put(&mut stored, 0, b"data");
                    put(&mut stored, 4, &((sequence >> 32) as u32).to_le_bytes()); // SequenceHigh
                    put(&mut stored, 4092, &(sequence as u32).to_le_bytes()); // SequenceLow
                    data.extend(stored);
                    start
                }
            };
            put(&mut bytes, at + 16, &start.to_le_bytes()); // FileOffset
            put(&mut bytes, at + 24, &self.sequence.to_le_bytes()); // SequenceNumber
        }
        bytes.extend(data);
        let length = bytes.len();
        put(&mut bytes, 0, b"loge");
        put(&mut bytes, 8, &(length as u32).to_le_bytes()); // EntryLength
        put(&mut bytes, 12, &(self.tail as u32).to_le_bytes()); // Tail
        put(&mut bytes, 16, &self.sequence.to_le_bytes()); // SequenceNumber
        put(&mut bytes, 24, &(self.changes.len() as u32).to_le_bytes()); // DescriptorCount
        put(&mut bytes, 32, &self.guid); // LogGuid
        put(&mut bytes, 48, &self.flushed.to_le_bytes()); // FlushedFileOffset
        put(&mut bytes, 56, &self.last.to_le_bytes()); // LastFileOffset
        seal(&mut bytes, 0, length);
        bytes
    }
}

/// Writes bytes into the ring from a position on, past its end to its start, and gives the position behind them.
fn put_ring(file: &mut [u8], position: usize, bytes: &[u8]) -> usize {
    for (index, sector) in bytes.chunks(SECTOR).enumerate() {
        put(file, LOG_AT + (position + index * SECTOR) % LOG_LENGTH, sector);
    }
    (position + bytes.len()) % LOG_LENGTH
}

/// A disk whose log is in use and holds these entries one after another from a position on.
fn with_log(position: usize, entries: &[Entry]) -> Vec<u8> {
    let mut file = build();
    put_header(&mut file, 64 << 10, 9, GUID);
    put_header(&mut file, 128 << 10, 10, GUID);
    entries.iter().fold(position, |position, entry| put_ring(&mut file, position, &entry.bytes()));
    file
}

/// The sector of the table with an entry changed: block → what it says.
fn table(file: &[u8], block: usize, says: u64) -> Change {
    let mut sector: [u8; SECTOR] = file[BAT_AT..BAT_AT + SECTOR].try_into().unwrap();
    sector[block * 8..][..8].copy_from_slice(&says.to_le_bytes());
    Change::Sector(BAT_AT as u64, Box::new(sector))
}

/// A sector of the stored block, all of one byte.
fn payload(index: usize, byte: u8) -> Change {
    Change::Sector((BLOCK_AT + index * SECTOR) as u64, Box::new([byte; SECTOR]))
}

fn open(file: &[u8]) -> (Disk, Vec<(&'static str, String)>) {
    let mut findings = Findings::new();
    let source = std::rc::Rc::new(file.to_vec());
    let disk = crate::open(source, &Place::new("test"), &Limits::default(), &mut findings).unwrap();
    let told = |finding: &careen_model::Finding| {
        let value = |name: &str| finding.values.get(name).cloned();
        (finding.code.name, value("reason").or_else(|| value("count")).unwrap_or_default())
    };
    (disk, findings.list().iter().map(told).collect())
}

/// Codes of the findings, and the first byte of these sectors of the stored block.
fn first_bytes<const N: usize>(file: &[u8], sectors: [usize; N]) -> (Vec<&'static str>, [u8; N]) {
    let (disk, told) = open(file);
    let read = |sector: usize| {
        let mut byte = [0];
        disk.source.read_exact_at((STORED * MIB + sector * SECTOR) as u64, &mut byte).unwrap();
        byte[0]
    };
    (told.into_iter().map(|(code, _)| code).collect(), sectors.map(read))
}

/// Why the log was not replayed.
fn reason(file: &[u8]) -> String {
    let (_, told) = open(file);
    let (code, reason) = told.into_iter().next().unwrap();
    assert_eq!(code, "vhdx-log-unreadable");
    reason
}

/// First byte of a sector of the stored block when nothing is laid over it.
fn plain(sector: usize) -> u8 {
    (sector * SECTOR % 251) as u8
}

#[test]
fn sectors_and_zeros_are_laid_over_the_file_in_order() {
    let file = with_log(
        0,
        &[
            entry(7, 0, vec![payload(0, 1), payload(1, 1), payload(2, 1), payload(3, 1)]),
            entry(8, 0, vec![Change::Zeros((BLOCK_AT + SECTOR) as u64, 2 * SECTOR as u64), payload(3, 2)]),
            entry(9, 0, vec![payload(2, 3)]),
        ],
    );
    let found = first_bytes(&file, [0, 1, 2, 3, 4]);
    assert_eq!(found, (vec!["vhdx-log-replayed"], [1, 0, 3, 2, plain(4)]));
    let (disk, _) = open(&file);
    let mut bytes = vec![9; 3 * SECTOR];
    disk.source.read_exact_at((STORED * MIB) as u64 + 100, &mut bytes).unwrap();
    let wanted = [vec![1; SECTOR - 100], vec![0; SECTOR], vec![3; SECTOR], vec![2; 100]].concat();
    assert!(bytes == wanted, "leading and trailing bytes, and reads across pieces");
}

#[test]
fn the_table_of_blocks_is_read_as_the_log_leaves_it() {
    let mut file = with_log(0, &[]);
    let change = table(&file, STORED, BLOCK_AT as u64 | 6);
    put(&mut file, BAT_AT, &[0; SECTOR]);
    put_ring(&mut file, 0, &entry(1, 0, vec![change]).bytes());
    assert_eq!(first_bytes(&file, [1]), (vec!["vhdx-log-replayed"], [plain(1)]));
}

#[test]
fn a_sequence_may_go_on_at_the_start_of_the_ring_even_within_an_entry() {
    let start = LOG_LENGTH - 3 * SECTOR;
    let file = with_log(
        start,
        &[
            entry(1, start, vec![payload(0, 1)]),
            entry(2, start, vec![payload(0, 2), payload(1, 2)]),
            entry(3, start, vec![payload(2, 3)]),
        ],
    );
    assert_eq!(first_bytes(&file, [0, 1, 2]), (vec!["vhdx-log-replayed"], [2, 2, 3]));
}

#[test]
fn only_entries_from_the_tail_on_count() {
    // The first entry has been put in place long ago, and its sector has changed since.
    let file = with_log(
        0,
        &[
            entry(1, 0, vec![payload(0, 1)]),
            entry(2, 2 * SECTOR, vec![payload(1, 2)]),
            entry(3, 2 * SECTOR, vec![payload(2, 3)]),
        ],
    );
    assert_eq!(first_bytes(&file, [0, 1, 2]), (vec!["vhdx-log-replayed"], [plain(0), 2, 3]));
}

#[test]
fn the_newest_sequence_wins_over_stale_ones_and_other_logs() {
    let mut other = entry(900, 0, vec![payload(0, 9)]);
    other.guid = [0xBB; 16];
    let second = other.bytes().len();
    let third = second + entry(5, 0, vec![payload(0, 5)]).bytes().len();
    let file = with_log(
        0,
        &[
            other,
            entry(5, second, vec![payload(0, 5)]),
            entry(40, third, vec![payload(1, 4)]),
            entry(41, third, vec![payload(2, 4)]),
        ],
    );
    assert_eq!(first_bytes(&file, [0, 1, 2]), (vec!["vhdx-log-replayed"], [plain(0), 4, 4]));
}

#[test]
fn what_a_power_cut_tore_is_left_out_and_told() {
    let whole = [entry(1, 0, vec![payload(0, 1)]), entry(2, 0, vec![payload(1, 2)])];
    let mut torn = entry(3, 0, vec![payload(0, 9), payload(1, 9)]);
    torn.data_sequence = Some(77); // its checksum is right
    let file = with_log(0, &[&whole[..], &[torn.clone()]].concat());
    assert_eq!(first_bytes(&file, [0, 1]), (vec!["vhdx-log-replayed", "vhdx-log-torn"], [1, 2]));

    torn.data_sequence = None;
    let mut file = with_log(0, &[&whole[..], &[torn]].concat());
    put(&mut file, LOG_AT + 6 * SECTOR, &[0; SECTOR]); // its last sector never came
    assert_eq!(first_bytes(&file, [0, 1]), (vec!["vhdx-log-replayed", "vhdx-log-torn"], [1, 2]));
}

#[test]
fn entries_behind_a_damaged_one_are_told() {
    let entries: Vec<_> = (1..=5).map(|number| entry(number, 0, vec![payload(number as usize, 7)])).collect();
    let mut file = with_log(0, &entries);
    file[LOG_AT + 4 * SECTOR + 5000] ^= 1; // in the third
    let (codes, bytes) = first_bytes(&file, [1, 2, 3, 4, 5]);
    assert_eq!(codes, ["vhdx-log-replayed", "vhdx-log-torn", "vhdx-log-broken"]);
    assert_eq!(bytes, [7, 7, plain(3), plain(4), plain(5)]);
    assert_eq!(open(&file).1[2].1, "2");
}

#[test]
fn a_file_grows_by_zeros_as_its_log_says() {
    let mut file = with_log(0, &[]);
    let mut grown = entry(1, 0, vec![table(&file, 3, (5 * MIB) as u64 | 6)]);
    grown.last = 6 * MIB as u64;
    put_ring(&mut file, 0, &grown.bytes());
    let (disk, told) = open(&file);
    assert_eq!(told.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["vhdx-log-replayed", "vhdx-log-growth"]);
    let mut bytes = vec![9; MIB + 10];
    disk.source.read_exact_at((3 * MIB - 10) as u64, &mut bytes).unwrap();
    assert!(bytes[..10] == file[5 * MIB - 10..] && bytes[10..] == vec![0; MIB]);
}

#[test]
fn what_a_cut_file_lost_does_not_become_zeros() {
    let mut file = with_log(0, &[]);
    let mut grown = entry(1, 0, vec![table(&file, 3, (5 * MIB) as u64 | 6)]);
    (grown.flushed, grown.last) = (6 * MIB as u64, 7 * MIB as u64);
    put_ring(&mut file, 0, &grown.bytes());
    let (disk, told) = open(&file);
    let codes: Vec<_> = told.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, ["vhdx-log-replayed", "vhdx-file-cut", "vhdx-blocks-missing"]);
    assert!(disk.source.read_exact_at(3 * MIB as u64, &mut [0]).is_err());
}

#[test]
fn entries_that_break_a_rule_are_not_replayed() {
    let at = BLOCK_AT as u64;
    let good = entry(1, 0, vec![payload(0, 1)]);
    // Byte of the entry, new bytes, and whether its checksum is made right again.
    let broken: &[(usize, &[u8], &str)] = &[
        (8, &0_u32.to_le_bytes(), "entry length 0"),
        (8, &4097_u32.to_le_bytes(), "entry length within a sector"),
        (8, &(MIB as u32 + 4096).to_le_bytes(), "entry longer than the log"),
        (8, &u32::MAX.to_le_bytes(), "entry length beyond all"),
        (8, &4096_u32.to_le_bytes(), "no room for the data sector"),
        (12, &100_u32.to_le_bytes(), "tail within a sector"),
        (12, &(MIB as u32).to_le_bytes(), "tail beyond the log"),
        (12, &8192_u32.to_le_bytes(), "tail where no entry is"),
        (16, &0_u64.to_le_bytes(), "sequence number 0"),
        (24, &2_u32.to_le_bytes(), "a descriptor without signature"),
        (24, &u32::MAX.to_le_bytes(), "more descriptors than bytes"),
        (32, &[0; 16], "another log's identity"),
        (64, b"none", "descriptor signature"),
        (64 + 16, &(at + 8).to_le_bytes(), "sector within a sector"),
        (64 + 16, &u64::MAX.to_le_bytes(), "sector beyond all"),
        (64 + 16, &(u64::MAX - 4095).to_le_bytes(), "sector that ends beyond all"),
        (64 + 24, &2_u64.to_le_bytes(), "descriptor of another entry"),
        (SECTOR, b"loge", "data sector signature"),
        (SECTOR + 4, &1_u32.to_le_bytes(), "data sector's upper sequence number"),
        (SECTOR + 4092, &2_u32.to_le_bytes(), "data sector's lower sequence number"),
        (SECTOR + 100, &[0xFF], ""), // only the checksum tells
    ];
    for (at, bytes, what) in broken {
        let mut entry = good.bytes();
        put(&mut entry, *at, bytes);
        if !what.is_empty() {
            let claimed = u32::from_le_bytes(entry[8..12].try_into().unwrap()) as usize;
            let length = claimed.clamp(SECTOR, entry.len());
            seal(&mut entry, 0, length);
        }
        let mut file = with_log(0, &[]);
        put_ring(&mut file, 0, &entry);
        assert!(reason(&file).contains("none of its entries makes a whole sequence"), "{what}");
    }
    let zeros = |start, length| with_log(0, &[entry(1, 0, vec![Change::Zeros(start, length)])]);
    assert!(reason(&zeros(at, 100)).contains("none of its entries"), "zeros within a sector");
    assert!(reason(&zeros(at, u64::MAX - 4095)).contains("none of its entries"), "zeros beyond all");
    // Longer than the file, but a range: what lies behind them is not covered.
    assert_eq!(first_bytes(&zeros(at, 1 << 60), [0]), (vec!["vhdx-log-replayed"], [0]));
}

#[test]
fn sequences_that_lead_nowhere_end() {
    // A ring full of entries, each of which follows the one before, and the tail of each lies behind it.
    let length = entry(1, 0, vec![]).bytes().len();
    let count = LOG_LENGTH / length;
    let entries: Vec<_> =
        (0..count).map(|index| entry(index as u64 + 1, (index + 1) * length % LOG_LENGTH, vec![])).collect();
    // Only the last one's tail, the first entry, leads to itself: through the whole ring.
    assert_eq!(first_bytes(&with_log(0, &entries), [0]), (vec!["vhdx-log-replayed"], [plain(0)]));
    let entries: Vec<_> = entries.into_iter().map(|entry| Entry { sequence: 5, ..entry }).collect();
    assert!(reason(&with_log(0, &entries)).contains("none of its entries"), "numbers that do not go on");
}

#[test]
fn a_log_that_cannot_be_there_is_told_and_the_disk_is_read() {
    for (at, bytes, text) in [
        (68, &0_u32.to_le_bytes()[..], "it has 0x0 bytes"),
        (68, &4096_u32.to_le_bytes()[..], "expected whole MiB"),
        (68, &(1_u32 << 30).to_le_bytes()[..], "vhdx log of 1073741824 bytes"),
        (72, &(64_u64 << 10).to_le_bytes()[..], "it has 0x100000 bytes at 0x10000"),
        (72, &(1_u64 << 40).to_le_bytes()[..], "beyond the end of the file"),
        (72, &(u64::MAX - 0xF_FFFF).to_le_bytes()[..], "at 0xfffffffffff00000"),
        (64, &1_u16.to_le_bytes()[..], "log version 1"),
    ] {
        let mut file = with_log(0, &[entry(1, 0, vec![payload(0, 1)])]);
        for header in HEADERS.map(|at| at as usize) {
            put(&mut file, header + at, bytes);
            seal(&mut file, header, 4096);
        }
        let told = reason(&file);
        assert!(told.contains(text), "{told}");
        assert_eq!(first_bytes(&file, [0]).1, [plain(0)]);
    }
}

#[test]
fn a_header_whose_checksum_is_wrong_may_still_name_the_log() {
    let mut file = with_log(0, &[entry(1, 0, vec![payload(0, 1)])]);
    (file[(64 << 10) + 4000], file[(128 << 10) + 4000]) = (1, 1);
    assert_eq!(first_bytes(&file, [0]), (vec!["vhdx-headers-log", "vhdx-log-replayed"], [1]));
    put(&mut file, LOG_AT, &[0; SECTOR]);
    assert_eq!(first_bytes(&file, [0]), (vec!["vhdx-headers"], [plain(0)]));
}

#[test]
fn checksums_of_a_ring_that_claims_too_much_are_bounded() {
    // Every sector claims to be an entry of half the log: 256 × 128 sectors, of which only 4 × 256 are summed.
    let mut file = with_log(0, &[]);
    for position in (0..LOG_LENGTH).step_by(SECTOR) {
        let mut sector = entry(9, position, vec![]).bytes();
        put(&mut sector, 8, &(LOG_LENGTH as u32 / 2).to_le_bytes());
        put(&mut file, LOG_AT + position, &sector);
    }
    assert!(reason(&file).contains("none of its entries"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any damage to a log, sealed again or not, ends in a disk that can be read or in errors.
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((0..5_usize, 0..200_usize, any::<u8>()), 1..10),
        position in 0..256_usize,
        resealed: bool,
    ) {
        let position = position * SECTOR;
        let first = entry(1, position, vec![payload(0, 1), Change::Zeros(BAT_AT as u64, 4096)]);
        let second = entry(2, position, vec![payload(1, 2), payload(2, 2)]);
        let mut bytes = [first.bytes(), second.bytes()].concat();
        for (part, at, value) in changes {
            bytes[part * SECTOR + at] = value;
        }
        if resealed {
            seal(&mut bytes, 0, 2 * SECTOR);
            seal(&mut bytes[2 * SECTOR..], 0, 3 * SECTOR);
        }
        let mut file = with_log(0, &[]);
        put_ring(&mut file, position, &bytes);
        // A sealed entry may say that the metadata are anything: a refusal is right then.
        let source = std::rc::Rc::new(file);
        if let Ok(disk) = crate::open(source, &Place::new("test"), &Limits::default(), &mut Findings::new()) {
            let mut start = vec![0; disk.virtual_size.min(1 << 20) as usize];
            let _ = disk.source.read_exact_at(0, &mut start);
        }
    }
}
