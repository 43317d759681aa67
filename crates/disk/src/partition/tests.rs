#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use crc::{CRC_32_ISO_HDLC, Crc};
use proptest::prelude::*;

use super::*;
use crate::Format;

const DISK: usize = 4 << 20;

fn put(disk: &mut [u8], at: usize, bytes: &[u8]) {
    disk[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Writes a boot record at a sector: entries of type, first sector, sectors.
fn put_record(disk: &mut [u8], sector: usize, entries: &[(u8, u32, u32)]) {
    for (index, (kind, first, sectors)) in entries.iter().enumerate() {
        let at = sector * 512 + 446 + index * 16;
        disk[at + 4] = *kind;
        put(disk, at + 8, &first.to_le_bytes());
        put(disk, at + 12, &sectors.to_le_bytes());
    }
    put(disk, sector * 512 + 510, &[0x55, 0xAA]);
}

/// Writes an ext4 superblock of a filesystem that starts at `at`, as the copy in this group.
fn put_ext4(disk: &mut [u8], at: usize, group: u16) {
    put(disk, at, &100_u32.to_le_bytes()); // s_inodes_count
    put(disk, at + 0x04, &4096_u32.to_le_bytes()); // s_blocks_count_lo
    put(disk, at + 0x20, &8192_u32.to_le_bytes()); // s_blocks_per_group
    put(disk, at + 0x28, &100_u32.to_le_bytes()); // s_inodes_per_group
    put(disk, at + 0x38, &[0x53, 0xEF]); // s_magic
    put(disk, at + 0x4C, &1_u32.to_le_bytes()); // s_rev_level
    put(disk, at + 0x5A, &group.to_le_bytes()); // s_block_group_nr
    put(disk, at + 0x60, &0x42_u32.to_le_bytes()); // s_feature_incompat: filetype, extents
}

const LINUX: &str = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
const LINUX_BYTES: [u8; 16] =
    [0xAF, 0x3D, 0xC6, 0x0F, 0x83, 0x84, 0x72, 0x47, 0x8E, 0x79, 0x3D, 0x69, 0xD8, 0x47, 0x7D, 0xE4];

/// Writes a GPT with its copy at the end and the record before it: partition 1 from sector 64 to 95, 3 from 96 to 127.
fn put_gpt(disk: &mut [u8], sector: usize) {
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    put_record(disk, 0, &[(0xEE, 1, u32::MAX)]);
    let last = disk.len() / sector - 1;
    let mut entries = vec![0; 128 * 128];
    for (index, first) in [(0, 64_u64), (2, 96)] {
        put(&mut entries, index * 128, &LINUX_BYTES); // PartitionTypeGUID
        put(&mut entries, index * 128 + 32, &first.to_le_bytes()); // StartingLBA
        put(&mut entries, index * 128 + 40, &(first + 31).to_le_bytes()); // EndingLBA
    }
    let entry_sectors = entries.len() / sector;
    for (at, other, entries_at) in [(1, last, 2), (last, 1, last - entry_sectors)] {
        let mut header = vec![0; 92];
        put(&mut header, 0, b"EFI PART");
        put(&mut header, 8, &0x0001_0000_u32.to_le_bytes()); // Revision
        put(&mut header, 12, &92_u32.to_le_bytes()); // HeaderSize
        put(&mut header, 24, &(at as u64).to_le_bytes()); // MyLBA
        put(&mut header, 32, &(other as u64).to_le_bytes()); // AlternateLBA
        put(&mut header, 72, &(entries_at as u64).to_le_bytes()); // PartitionEntryLBA
        put(&mut header, 80, &128_u32.to_le_bytes()); // NumberOfPartitionEntries
        put(&mut header, 84, &128_u32.to_le_bytes()); // SizeOfPartitionEntry
        put(&mut header, 88, &crc.checksum(&entries).to_le_bytes()); // PartitionEntryArrayCRC32
        let sum = crc.checksum(&header);
        put(&mut header, 16, &sum.to_le_bytes()); // HeaderCRC32
        put(disk, at * sector, &header);
        put(disk, entries_at * sector, &entries);
    }
}

/// Scheme, ranges as index, start and size, and codes of the findings.
type Found = (PartitionScheme, Vec<(u32, u64, u64)>, Vec<&'static str>);

fn found_with_sector(disk: Vec<u8>, sector_size: u64) -> Found {
    let virtual_size = disk.len() as u64;
    let disk = Disk {
        format: Format::Raw,
        virtual_size,
        sector_size,
        identifier: None,
        data_write_id: None,
        snapshots: Vec::new(),
        pieces: None,
        source: Rc::new(disk),
    };
    let mut findings = Findings::new();
    let found = partitions(&disk, &Place::new("test"), &Limits::default(), &mut findings);
    let ranges = found.ranges.iter().map(|range| (range.index, range.start, range.size)).collect();
    (found.scheme, ranges, findings.list().iter().map(|finding| finding.code.name).collect())
}

fn found(disk: Vec<u8>) -> Found {
    found_with_sector(disk, 512)
}

fn whole() -> Vec<(u32, u64, u64)> {
    vec![(0, 0, DISK as u64)]
}

#[test]
fn a_disk_without_table_is_one_range() {
    assert_eq!(found(vec![0; DISK]), (PartitionScheme::None, whole(), vec![]));
    assert_eq!(found(vec![0; 100]), (PartitionScheme::None, vec![(0, 0, 100)], vec![]));
    assert_eq!(found(vec![]), (PartitionScheme::None, vec![(0, 0, 0)], vec![]));
    let mut disk = vec![0; DISK];
    put_record(&mut disk, 0, &[]);
    assert_eq!(found(disk), (PartitionScheme::None, whole(), vec![]));
}

#[test]
fn primary_and_logical_partitions_are_counted_as_linux_counts_them() {
    let mut disk = vec![0; DISK];
    put_record(&mut disk, 0, &[(0x82, 64, 100), (0, 0, 0), (0x83, 200, 100), (0x05, 1000, 3000)]);
    put_record(&mut disk, 1000, &[(0x83, 10, 50), (0x05, 500, 600)]); // the next record: 1000 + 500
    put_record(&mut disk, 1500, &[(0x83, 20, 60)]);
    let (scheme, ranges, codes) = found(disk.clone());
    let sectors = |(index, start, size): (u32, u64, u64)| (index, start * 512, size * 512);
    let wanted = [(1, 64, 100), (3, 200, 100), (4, 1000, 3000), (5, 1010, 50), (6, 1520, 60)].map(sectors);
    assert_eq!((scheme, ranges, codes), (PartitionScheme::Mbr, wanted.to_vec(), vec![]));

    // A chain that leads back.
    put_record(&mut disk, 1500, &[(0x83, 20, 60), (0x05, 500, 600)]);
    assert_eq!(found(disk.clone()).2, ["mbr-extended-chain"]);
    // A chain that breaks off.
    put(&mut disk, 1500 * 512 + 510, &[0, 0]);
    let (_, ranges, codes) = found(disk);
    assert_eq!((ranges.len(), codes), (4, vec!["mbr-extended-chain"]));
}

#[test]
fn types_are_written_as_the_contract_says() {
    let mut disk = vec![0; DISK];
    put_record(&mut disk, 0, &[(0x07, 64, 100)]);
    let source = Disk {
        format: Format::Raw,
        virtual_size: DISK as u64,
        sector_size: 512,
        identifier: None,
        data_write_id: None,
        snapshots: Vec::new(),
        pieces: None,
        source: Rc::new(disk),
    };
    let found = partitions(&source, &Place::new("test"), &Limits::default(), &mut Findings::new());
    assert_eq!(found.ranges[0].kind, "0x07");
    let mut disk = vec![0; DISK];
    put_gpt(&mut disk, 512);
    let source = Disk { source: Rc::new(disk), ..source };
    let found = partitions(&source, &Place::new("test"), &Limits::default(), &mut Findings::new());
    assert_eq!(found.ranges[0].kind, LINUX);
}

#[test]
fn a_partition_beyond_the_end_is_told() {
    let mut disk = vec![0; DISK];
    put_record(&mut disk, 0, &[(0x83, 64, 100_000), (0x83, 200_000, 10)]);
    let (_, ranges, codes) = found(disk);
    assert_eq!((ranges.len(), codes), (2, vec!["partition-beyond-end", "partition-beyond-end"]));
}

#[test]
fn a_filesystem_over_the_whole_disk_wins_over_the_rest_of_a_table() {
    let mut disk = vec![0; DISK];
    put_ext4(&mut disk, 1024, 0);
    put(&mut disk, 510, &[0x55, 0xAA]);
    assert_eq!(found(disk.clone()), (PartitionScheme::None, whole(), vec![]));
    put(&mut disk, 446, &[0x42; 64]); // boot code where the entries would be
    assert_eq!(found(disk.clone()), (PartitionScheme::None, whole(), vec![]));
    put(&mut disk, 446, &[0; 64]);
    put_record(&mut disk, 0, &[(0x83, 2000, 1000)]);
    assert_eq!(found(disk.clone()), (PartitionScheme::None, whole(), vec!["partition-table-ignored"]));
    put_ext4(&mut disk, 2000 * 512 + 1024, 0); // now the table leads to a filesystem
    assert_eq!(found(disk), (PartitionScheme::Mbr, vec![(1, 2000 * 512, 1000 * 512)], vec![]));
}

fn gpt_ranges(sector: u64) -> Vec<(u32, u64, u64)> {
    vec![(1, 64 * sector, 32 * sector), (3, 96 * sector, 32 * sector)]
}

#[test]
fn a_guid_partition_table_is_read_with_either_sector_size() {
    for (written, told) in [(512, 512), (4096, 4096), (512, 4096), (4096, 512)] {
        let mut disk = vec![0; DISK];
        put_gpt(&mut disk, written);
        let (scheme, ranges, codes) = found_with_sector(disk, told);
        assert_eq!((scheme, ranges), (PartitionScheme::Gpt, gpt_ranges(written as u64)), "{written} {told}");
        assert_eq!(codes.contains(&"gpt-sector-size"), written as u64 != told, "{written} {told} {codes:?}");
        assert!(codes.len() <= 1);
    }
}

#[test]
fn the_copy_at_the_end_stands_in_for_a_bad_table() {
    for at in [512, 512 + 60, 1024 + 33] {
        let mut disk = vec![0; DISK];
        put_gpt(&mut disk, 512);
        disk[at] ^= 1;
        assert_eq!(found(disk), (PartitionScheme::Gpt, gpt_ranges(512), vec!["gpt-primary"]), "byte {at}");
    }
}

#[test]
fn without_a_good_copy_what_is_left_is_used_or_told() {
    let mut disk = vec![0; DISK];
    put_gpt(&mut disk, 512);
    disk[1024 + 56] ^= 1; // a name in the entries
    disk[DISK - 512] ^= 1; // the other header
    assert_eq!(found(disk.clone()), (PartitionScheme::Gpt, gpt_ranges(512), vec!["gpt-entries"]));
    disk[512] ^= 1;
    assert_eq!(found(disk), (PartitionScheme::None, whole(), vec!["gpt-unreadable"]));
}

#[test]
fn a_table_without_its_protective_record_counts_unless_another_one_does() {
    let mut disk = vec![0; DISK];
    put_gpt(&mut disk, 512);
    put(&mut disk, 0, &[0; 512]);
    assert_eq!(found(disk.clone()), (PartitionScheme::Gpt, gpt_ranges(512), vec!["gpt-without-protective-mbr"]));
    put_record(&mut disk, 0, &[(0x83, 500, 600)]);
    assert_eq!(found(disk), (PartitionScheme::Mbr, vec![(1, 500 * 512, 600 * 512)], vec![]));
}

#[test]
fn a_disk_initialized_over_a_filesystem_is_seen_as_that_filesystem() {
    let mut disk = vec![0; 16 << 20];
    put_ext4(&mut disk, 8193 * 1024, 1); // the backup of a filesystem with blocks of 1 KiB
    put_gpt(&mut disk, 512);
    let size = disk.len() as u64;
    assert_eq!(found(disk), (PartitionScheme::None, vec![(0, 0, size)], vec!["disk-initialized-over"]));
}

#[test]
fn what_windows_formatted_over_a_filesystem_is_offered_beside_it() {
    let mut disk = vec![0; 16 << 20];
    let size = disk.len() as u64;
    let blocks = (size / 1024) as u32;
    put_ext4(&mut disk, 8193 * 1024, 1); // group 1 of blocks of 1 KiB
    put(&mut disk, 8193 * 1024 + 4, &blocks.to_le_bytes()); // s_blocks_count_lo
    put_gpt(&mut disk, 512);
    put(&mut disk, 64 * 512 + 3, b"NTFS    "); // the new volume, in the first partition
    let (scheme, ranges, codes) = found(disk.clone());
    assert_eq!((scheme, codes), (PartitionScheme::Gpt, vec!["disk-formatted-over"]));
    assert_eq!(ranges, [gpt_ranges(512), vec![(0, 0, size)]].concat());
    // A filesystem that fills only a part of the disk was there before the partitions.
    put(&mut disk, 8193 * 1024 + 4, &(blocks / 2).to_le_bytes());
    assert_eq!(found(disk.clone()), (PartitionScheme::Gpt, gpt_ranges(512), vec![]));
    // And a partition with something of Linux in it is in use.
    put(&mut disk, 8193 * 1024 + 4, &blocks.to_le_bytes());
    put_ext4(&mut disk, 96 * 512 + 1024, 0);
    assert_eq!(found(disk), (PartitionScheme::Gpt, gpt_ranges(512), vec![]));

    // The same with an MBR, which leaves even the first superblock.
    let mut disk = vec![0; DISK];
    put_ext4(&mut disk, 1024, 0);
    put_record(&mut disk, 0, &[(0x07, 2048, 4096)]);
    put(&mut disk, 2048 * 512 + 3, b"NTFS    ");
    let wanted = vec![(1, 2048 * 512, 4096 * 512), (0, 0, DISK as u64)];
    assert_eq!(found(disk), (PartitionScheme::Mbr, wanted, vec!["disk-formatted-over"]));
}

#[test]
fn an_empty_record_of_windows_over_a_filesystem_is_told() {
    let mut disk = vec![0; DISK];
    put_ext4(&mut disk, 1024, 0);
    put_record(&mut disk, 0, &[]);
    put(&mut disk, 440, &[1, 2, 3, 4]); // the disk's signature
    assert_eq!(found(disk), (PartitionScheme::None, whole(), vec!["disk-initialized-unharmed"]));
}

#[test]
fn of_a_hybrid_record_the_gpt_counts_as_long_as_it_can_be_read() {
    let mut disk = vec![0; DISK];
    put_gpt(&mut disk, 512);
    put_record(&mut disk, 0, &[(0xEE, 1, 63), (0x83, 64, 32), (0x83, 200, 10)]);
    assert_eq!(found(disk.clone()), (PartitionScheme::Gpt, gpt_ranges(512), vec!["mbr-hybrid"]));
    (disk[512], disk[DISK - 512]) = (0, 0);
    let wanted = vec![(2, 64 * 512, 32 * 512), (3, 200 * 512, 10 * 512)];
    assert_eq!(found(disk), (PartitionScheme::Mbr, wanted, vec!["gpt-unreadable"]));
}

#[test]
fn a_table_with_too_many_entries_is_not_read() {
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let mut disk = vec![0; DISK];
    put_gpt(&mut disk, 512);
    put(&mut disk, 512 + 80, &u32::MAX.to_le_bytes());
    put(&mut disk, 512 + 16, &[0; 4]);
    let sum = crc.checksum(&disk[512..512 + 92]);
    put(&mut disk, 512 + 16, &sum.to_le_bytes());
    assert_eq!(found(disk).2, ["gpt-primary"]);
}

proptest! {
    #[test]
    fn damage_never_panics(
        changes in prop::collection::vec((prop::sample::select(vec![446_usize, 512, 1024, 1000 * 512 + 446, DISK - 512]), 0..66_usize, any::<u8>()), 0..8),
        is_gpt: bool,
        length in 0..DISK,
    ) {
        let mut disk = vec![0; DISK];
        if is_gpt {
            put_gpt(&mut disk, 512);
        } else {
            put_record(&mut disk, 0, &[(0x82, 64, 100), (0x05, 1000, 3000)]);
            put_record(&mut disk, 1000, &[(0x83, 10, 50), (0x05, 500, 600)]);
        }
        for (structure, at, value) in changes {
            disk[structure + at] = value;
        }
        if length % 2 == 0 {
            disk.truncate(length);
        }
        let size = disk.len() as u64;
        let (scheme, ranges, _) = found(disk);
        prop_assert!(ranges.len() <= 300);
        prop_assert!(scheme != PartitionScheme::None || ranges == [(0, 0, size)]);
    }
}
