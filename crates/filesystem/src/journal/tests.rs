//! Tests of the replay on journals built by hand.

#![allow(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use careen_evidence::Findings;
use careen_model::JournalReplay;
use proptest::prelude::*;

use super::test_journal::{ASYNC, BLOCK, FAST, FS_BLOCKS, REVOKE, TestJournal, V2, V3, WIDE};
use super::{MAGIC, Replay};

/// The checksum kinds and block number widths a journal can have: (v1, incompat).
const KINDS: [(bool, u32); 8] = [
    (false, 0),
    (false, WIDE),
    (true, 0),
    (true, WIDE),
    (false, V2),
    (false, V2 | WIDE),
    (false, V3),
    (false, V3 | WIDE),
];

/// What each replayed block is filled with.
fn fills(journal: &TestJournal, replay: &Replay) -> BTreeMap<u64, u8> {
    let fill = |offset: u64| journal.bytes[usize::try_from(offset).unwrap() + BLOCK - 1];
    replay.blocks.iter().map(|(block, copy)| (*block, fill(copy.offset))).collect()
}

fn found(findings: &Findings) -> Vec<(&'static str, String)> {
    findings.list().iter().map(|f| (f.code.name, f.place.to_string())).collect()
}

/// Replays a journal that must be in order but for the named findings.
fn replayed(journal: &TestJournal, expected: &[(&'static str, &str)]) -> (BTreeMap<u64, u8>, Option<JournalReplay>) {
    let (replay, findings) = journal.replay();
    let expected: Vec<_> = expected.iter().map(|(code, place)| (*code, (*place).to_owned())).collect();
    assert_eq!(found(&findings), expected);
    let replay = replay.unwrap();
    (fills(journal, &replay), replay.counts)
}

fn refused(journal: &TestJournal) -> String {
    journal.replay().0.unwrap_err().to_string()
}

#[test]
fn the_last_copy_of_a_block_wins_with_every_kind_of_checksum() {
    for (v1, incompat) in KINDS {
        let journal = TestJournal::new(64, 5, 77, v1, incompat)
            .log(&[(10, 1), (11, 2), (12, 3)])
            .log(&[(13, 4)])
            .commit()
            .log(&[(11, 5)])
            .commit();
        let (fills, counts) = replayed(&journal, &[]);
        assert_eq!(fills, [(10, 1), (11, 5), (12, 3), (13, 4)].into(), "{v1} {incompat:#x}");
        assert_eq!(counts, Some(JournalReplay { transactions: 2, blocks: 4, revoked: 0 }));
    }
}

#[test]
fn a_revoked_block_comes_back_only_from_later_transactions() {
    for (v1, incompat) in KINDS {
        let journal = TestJournal::new(64, 1, 1, v1, incompat | REVOKE)
            .log(&[(10, 1), (11, 1), (12, 1)])
            .commit()
            .revoke(&[10, 11, 12])
            .log(&[(12, 2)]) // same transaction: revoked with it
            .commit()
            .log(&[(11, 3)])
            .commit();
        let (fills, counts) = replayed(&journal, &[]);
        assert_eq!(fills, [(11, 3)].into(), "{v1} {incompat:#x}");
        assert_eq!(counts, Some(JournalReplay { transactions: 3, blocks: 1, revoked: 4 }));
    }
}

#[test]
fn an_empty_log_needs_no_replay() {
    let clean = TestJournal::new(64, 0, 9, false, V3);
    assert_eq!(clean.replay().0.unwrap(), Replay::default());
    let mounted_and_nothing_written = TestJournal::new(64, 1, 9, false, V3);
    assert_eq!(mounted_and_nothing_written.replay().0.unwrap(), Replay::default());
    assert_eq!(found(&mounted_and_nothing_written.replay().1), []);
}

#[test]
fn a_transaction_without_commit_block_is_left_out_with_a_note() {
    let journal = TestJournal::new(64, 1, 1, false, V3).log(&[(10, 1)]).commit().log(&[(10, 2), (11, 2)]);
    let (fills, counts) = replayed(&journal, &[("journal-unfinished", "inode 8 › journal block 7")]);
    assert_eq!(fills, [(10, 1)].into());
    assert_eq!(counts.unwrap().transactions, 1);
}

#[test]
fn the_log_goes_on_at_its_first_block_after_its_last() {
    for (v1, incompat) in KINDS {
        // 20 blocks, of which 1 to 19 are the log; the descriptor stands at 17, its data at 18, 19, 1, 2.
        let journal = TestJournal::new(20, 17, u32::MAX, v1, incompat)
            .log(&[(1, 1), (2, 2), (3, 3), (4, 4)])
            .commit()
            .log(&[(2, 9)]) // sequence 0
            .commit()
            .revoke(&[3])
            .commit();
        assert_eq!(journal.position(), 9);
        let (fills, counts) = replayed(&journal, &[]);
        assert_eq!(fills, [(1, 1), (2, 9), (4, 4)].into(), "{v1} {incompat:#x}");
        assert_eq!(counts, Some(JournalReplay { transactions: 3, blocks: 3, revoked: 1 }));
    }
}

#[test]
fn a_log_that_is_full_to_the_last_block_ends_there() {
    let mut journal = TestJournal::new(10, 4, 1, false, V3);
    for fill in 1..=3 {
        journal = journal.log(&[(7, fill)]).commit();
    }
    assert_eq!(journal.position(), 4);
    assert_eq!(replayed(&journal, &[]).0, [(7, 3)].into());
}

#[test]
fn a_descriptor_that_names_more_blocks_than_the_log_has_ends_it() {
    let mut journal = TestJournal::new(8, 1, 1, false, 0).log(&[(7, 1)]).commit();
    // A descriptor block of transaction 2 without LAST_TAG: 124 tags.
    let mut bytes = vec![0; BLOCK];
    bytes[..4].copy_from_slice(&MAGIC.to_be_bytes());
    bytes[7] = 1;
    bytes[11] = 2;
    (12..BLOCK).step_by(8).for_each(|at| bytes[(at + 7).min(BLOCK - 1)] = 2);
    journal.bytes[4 * BLOCK..5 * BLOCK].copy_from_slice(&bytes);
    assert_eq!(replayed(&journal, &[("journal-transaction", "inode 8 › journal block 1")]).0, [(7, 1)].into());
}

#[test]
fn the_log_ends_before_the_fast_commit_area() {
    // 1500 blocks, the last 256 of them for fast commits: the log ends at 1244.
    let journal = TestJournal::new(1500, 1242, 5, false, V3 | FAST).log(&[(1, 1), (2, 2)]).commit();
    assert_eq!(journal.position(), 3);
    assert_eq!(replayed(&journal, &[]).0, [(1, 1), (2, 2)].into());
    // Without room for both there is no area.
    let small = TestJournal::new(600, 598, 5, false, V3).log(&[(1, 1), (2, 2)]).commit().superblock(0x28, V3 | FAST);
    assert_eq!(replayed(&small, &[]).0, [(1, 1), (2, 2)].into());
}

#[test]
fn fast_commits_that_belong_to_the_log_are_told() {
    let log = TestJournal::new(1500, 1, 5, false, V3 | FAST).log(&[(1, 1)]).commit();
    let with_area = |tid: u32| {
        let mut records = vec![9, 0, 8, 0, 0, 0, 0, 0]; // head: 8 bytes, fc_features
        records.extend(tid.to_le_bytes()); // fc_tid
        records.extend([6, 0, 4, 0, 1, 2, 3, 4]); // inode
        records.extend([8, 0, 8, 0]); // tail: 8 bytes
        records.extend(tid.to_le_bytes()); // fc_tid
        let sum = crate::checksum::crc32c(0, &records);
        records.extend(sum.to_le_bytes()); // fc_crc
        let mut journal = log.clone();
        journal.bytes[1245 * BLOCK..1245 * BLOCK + records.len()].copy_from_slice(&records);
        journal
    };
    replayed(&with_area(6), &[("journal-fast-commits", "inode 8")]);
    assert_eq!(with_area(6).replay().0.unwrap().fast.count, 1);
    replayed(&with_area(5), &[]); // made obsolete by transaction 5 itself
    let mut damaged = with_area(6);
    damaged.bytes[1245 * BLOCK + 17] ^= 1;
    replayed(&damaged, &[]);
}

#[test]
fn an_escaped_block_is_marked() {
    let mut journal = TestJournal::new(64, 1, 1, false, V3);
    let mut data = MAGIC.to_be_bytes().to_vec();
    data.resize(BLOCK, 7);
    journal.log_data(&[(10, vec![1; BLOCK]), (11, data)]);
    let journal = journal.commit();
    let blocks = journal.replay().0.unwrap().blocks;
    assert!(!blocks[&10].escaped);
    assert!(blocks[&11].escaped);
    assert_eq!(blocks[&11].offset, 3 * 1024);
}

#[test]
fn block_numbers_have_64_bits_and_must_lie_in_the_filesystem() {
    let journal =
        TestJournal::new(64, 1, 1, false, V3 | WIDE).log(&[(FS_BLOCKS - 1, 1), (FS_BLOCKS, 2), (1 << 32, 3)]).commit();
    let outside = [
        ("journal-block-outside", "inode 8 › journal block 4"),
        ("journal-block-outside", "inode 8 › journal block 3"),
    ];
    assert_eq!(replayed(&journal, &outside).0, [(FS_BLOCKS - 1, 1)].into());
}

#[test]
fn a_damaged_block_is_shown_as_before_with_its_own_checksum() {
    for incompat in [V2, V2 | WIDE, V3, V3 | WIDE] {
        let journal =
            TestJournal::new(64, 1, 1, false, incompat).log(&[(10, 1)]).commit().log(&[(10, 2), (11, 2)]).damage(2, 99);
        let found = [("journal-block-checksum", "inode 8 › journal block 5")];
        assert_eq!(replayed(&journal.commit(), &found).0, [(10, 1), (11, 2)].into());
    }
}

#[test]
fn a_damaged_descriptor_or_revocation_block_ends_the_log() {
    for incompat in [V2, V3] {
        let start = TestJournal::new(64, 1, 1, false, incompat).log(&[(10, 1)]).commit();
        let found = [("journal-transaction", "inode 8 › journal block 4")];
        let descriptor = start.clone().log(&[(10, 2)]).damage(2, 500).commit().log(&[(11, 3)]).commit();
        assert_eq!(replayed(&descriptor, &found).0, [(10, 1)].into());
        let revocation = start.clone().revoke(&[10]).damage(1, 500).commit();
        assert_eq!(replayed(&revocation, &found).0, [(10, 1)].into());
        // Without a commit block it is the normal end of a torn log.
        let torn = start.clone().log(&[(10, 2)]).damage(2, 500);
        assert_eq!(replayed(&torn, &[("journal-unfinished", "inode 8 › journal block 6")]).0, [(10, 1)].into());
        // With an earlier time it is a leftover of an earlier use.
        let stale = start.log(&[(10, 2)]).damage(2, 500).at_time(1_600_000_000).commit();
        assert_eq!(replayed(&stale, &[("journal-stale", "inode 8 › journal block 6")]).0, [(10, 1)].into());
    }
}

#[test]
fn a_log_that_goes_on_behind_a_damaged_block_has_lost_something() {
    for incompat in [V2, V3] {
        let start = TestJournal::new(64, 1, 1, false, incompat).log(&[(10, 1)]).commit();
        // The header of a descriptor, a revocation and a commit block: magic, type, sequence.
        let ways = [
            start.clone().log(&[(10, 2)]).damage(2, 0).commit(),
            start.clone().revoke(&[10]).damage(1, 7).commit(),
            start.clone().commit().damage(1, 8),
        ];
        for way in ways {
            let found = [("journal-transaction", "inode 8 › journal block 4")];
            assert_eq!(replayed(&way.log(&[(11, 3)]).commit(), &found).0, [(10, 1)].into());
        }
    }
    // Without checksums the following transaction tells it, if this one has begun.
    let lost = TestJournal::new(64, 1, 1, false, 0).log(&[(10, 1)]).commit().damage(1, 0).log(&[(10, 2)]).commit();
    assert_eq!(replayed(&lost, &[("journal-transaction", "inode 8 › journal block 3")]).0, [].into());
}

#[test]
fn a_wrong_checksum_in_a_commit_block_ends_the_log() {
    for (v1, incompat) in [(true, 0), (false, V2), (false, V3)] {
        let start = TestJournal::new(64, 1, 1, v1, incompat).log(&[(10, 1)]).commit();
        let damaged = start.clone().log(&[(10, 2)]).commit().damage(1, 0x12).log(&[(10, 3)]).commit();
        let found = [("journal-transaction", "inode 8 › journal block 6")];
        assert_eq!(replayed(&damaged, &found).0, [(10, 1)].into(), "{v1} {incompat:#x}");
        let stale = start.log(&[(10, 2)]).at_time(1).commit().damage(1, 0x12);
        assert_eq!(
            replayed(&stale, &[("journal-stale", "inode 8 › journal block 6")]).0,
            [(10, 1)].into(),
            "{v1} {incompat:#x}"
        );
    }
}

#[test]
fn version_1_sums_the_whole_transaction() {
    let start = TestJournal::new(64, 1, 1, true, 0).log(&[(10, 1)]).commit();
    let data = start.clone().log(&[(10, 2), (11, 2)]).damage(1, 1000).commit();
    assert_eq!(replayed(&data, &[("journal-transaction", "inode 8 › journal block 7")]).0, [(10, 1)].into());
    // Unused checksum fields: written before the feature was switched on.
    let before = TestJournal::new(64, 1, 1, false, 0).log(&[(10, 1)]).commit().superblock(0x24, 1);
    assert_eq!(replayed(&before, &[]).0, [(10, 1)].into());
}

#[test]
fn an_asynchronous_commit_block_may_overtake_its_transaction() {
    for (v1, incompat) in [(true, ASYNC), (false, ASYNC | V3)] {
        let torn =
            TestJournal::new(64, 1, 1, v1, incompat).log(&[(10, 1)]).commit().log(&[(10, 2)]).commit().damage(1, 0x12);
        let found = [("journal-unfinished", "inode 8 › journal block 7")];
        assert_eq!(replayed(&torn, &found).0, [(10, 1)].into(), "{v1} {incompat:#x}");
        let damaged = torn.log(&[(10, 3)]).commit();
        let found = [("journal-transaction", "inode 8 › journal block 6")];
        assert_eq!(replayed(&damaged, &found).0, [(10, 1)].into(), "{v1} {incompat:#x}");
    }
}

#[test]
fn a_revocation_block_that_claims_too_much_ends_the_log() {
    let start = TestJournal::new(64, 1, 1, false, 0).log(&[(10, 1)]).commit().revoke(&[10]);
    // r_count at 12: 20 becomes 0x100014.
    let damaged = start.damage(1, 13).commit();
    assert_eq!(replayed(&damaged, &[("journal-transaction", "inode 8 › journal block 4")]).0, [(10, 1)].into());
}

#[test]
fn a_journal_cut_short_is_followed_as_far_as_it_goes() {
    let mut journal = TestJournal::new(64, 1, 1, false, V3).log(&[(10, 1)]).commit().log(&[(11, 1), (12, 1)]).commit();
    journal.bytes.truncate(6 * BLOCK);
    let found = [("journal-short", "inode 8"), ("journal-transaction", "inode 8 › journal block 7")];
    assert_eq!(replayed(&journal, &found).0, [(10, 1)].into());
}

#[test]
fn what_the_superblock_says_of_damage_is_told() {
    let log = || TestJournal::new(64, 1, 1, false, V3).log(&[(10, 1)]).commit();
    // s_errno: -5
    replayed(&log().superblock(0x20, 0xffff_fffb), &[("journal-errno", "inode 8")]);
    let mut flipped = log();
    flipped.bytes[0x300] ^= 1;
    assert_eq!(replayed(&flipped, &[("journal-superblock-checksum", "inode 8")]).0, [(10, 1)].into());
}

#[test]
fn a_superblock_of_version_1_has_no_features() {
    let journal = TestJournal::new(64, 1, 1, false, 0).log(&[(10, 1)]).commit();
    // h_blocktype; s_feature_incompat is not valid then.
    let journal = journal.superblock(0x04, 3).superblock(0x28, 0xffff_ffff);
    assert_eq!(replayed(&journal, &[]).0, [(10, 1)].into());
}

#[test]
fn a_superblock_that_cannot_be_followed_is_refused() {
    let journal = |offset, word| refused(&TestJournal::new(64, 1, 1, false, V3).superblock(offset, word));
    let prefix = "inode 8: journal superblock: ";
    assert_eq!(journal(0x00, 0), format!("{prefix}h_magic is 0x0, expected 0xc03b3998"));
    assert_eq!(journal(0x04, 1), format!("{prefix}h_blocktype is 1, expected 3 or 4"));
    assert_eq!(journal(0x0c, 4096), format!("{prefix}s_blocksize is 4096, expected the filesystem's 1024"));
    assert_eq!(journal(0x14, 0), format!("{prefix}s_first is 0, expected 1 to 63"));
    assert_eq!(journal(0x14, 64), format!("{prefix}s_first is 64, expected 1 to 63"));
    assert_eq!(journal(0x10, 0), format!("{prefix}s_first is 1, expected 1 to 0"));
    assert_eq!(journal(0x1c, 64), format!("{prefix}s_start is 64, expected 0 or 1 to 63"));
    assert_eq!(journal(0x28, 0x50), "inode 8: journal features 0x40");
    assert_eq!(journal(0x50, 1 << 24), "inode 8: journal checksum type 1");
    assert!(journal(0x28, V2 | V3).contains("name several checksum versions"));
    assert!(journal(0x24, 1).contains("name several checksum versions"));
    let mut empty = TestJournal::new(64, 1, 1, false, V3);
    empty.bytes.truncate(1000);
    assert!(empty.replay().0.is_err());
}

#[test]
fn a_limit_ends_the_scan_with_a_finding() {
    use careen_evidence::{Limits, Place};
    let journal = TestJournal::new(64, 1, 1, false, V3).log(&[(10, 1), (11, 1)]).commit().log(&[(12, 1)]).commit();
    let mut findings = Findings::new();
    let limits = Limits { entries: 2, ..Limits::default() };
    let source = std::rc::Rc::new(journal.bytes.clone());
    let replay = super::replay(source, &Place::new("j"), 1024, FS_BLOCKS, &limits, &mut findings).unwrap();
    assert_eq!(replay.blocks.len(), 2);
    assert_eq!(found(&findings), [("limit-reached", "j › journal block 5".to_owned())]);
}

/// A journal with everything in it.
fn rich(v1: bool, incompat: u32) -> TestJournal {
    TestJournal::new(40, 30, 3, v1, incompat)
        .log(&[(1, 1), (2, 1), (3, 1)])
        .commit()
        .revoke(&[2, 9])
        .log(&[(4, 2), (5, 2)])
        .log(&[(6, 2)])
        .commit()
        .log(&[(1, 3), (2, 3)])
        .commit()
        .log(&[(7, 4)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the damage, the replay ends, and what it gives lies within the journal and the filesystem.
    #[test]
    fn damage_never_leads_outside(
        kind in 0..KINDS.len(),
        changes in prop::collection::vec((0..40_usize * BLOCK, any::<u8>(), prop::bool::weighted(0.7)), 1..20),
    ) {
        let (v1, incompat) = KINDS[kind];
        let mut journal = rich(v1, incompat);
        for (at, byte, headers) in changes {
            // Mostly into the first bytes of blocks, where the fields are.
            let at = if headers { at / BLOCK * BLOCK + at % 64 } else { at };
            journal.bytes[at] = byte;
        }
        if let (Ok(replay), _) = journal.replay() {
            for (block, copy) in replay.blocks {
                prop_assert!(block < FS_BLOCKS);
                prop_assert!(copy.offset + 1024 <= 40 * 1024);
            }
        }
    }

    /// Checksums of version 3: one wrong bit in the log never brings wrong bytes, and what is missing is told.
    #[test]
    fn one_wrong_bit_is_never_replayed(at in BLOCK..40 * BLOCK, bit in 0..8_u8) {
        let intact = rich(false, V3 | WIDE);
        let (before, _) = intact.replay();
        let before = before.unwrap();
        let mut damaged = intact.clone();
        damaged.bytes[at] ^= 1 << bit;
        let (after, findings) = damaged.replay();
        let after = after.unwrap();
        for (block, copy) in &after.blocks {
            let start = usize::try_from(copy.offset).unwrap();
            prop_assert_eq!(&damaged.bytes[start..start + BLOCK], &intact.bytes[start..start + BLOCK], "block {}", block);
        }
        prop_assert!(after.blocks == before.blocks || !findings.list().is_empty());
    }
}
