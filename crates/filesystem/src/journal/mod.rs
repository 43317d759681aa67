//! Replay of a jbd2 journal, in memory.
//!
//! After a crash the newest metadata of a filesystem stands in its journal only. The kernel copies it home at the
//! next mount; here nothing is written, and the answer is a map from blocks of the filesystem to their copies in the
//! journal, which [`Patched`](crate::patched::Patched) lays over the disk.
//!
//! Kernel documentation, "Journal (jbd2)"; behavior of the kernel's `fs/jbd2/recovery.c`: the log is followed from
//! `s_start` for as long as transactions with the expected number end in a valid commit block; a block revoked by a
//! transaction is not taken from it or an earlier one; the last copy of a block wins. All checksum versions, 64-bit
//! block numbers, escaped blocks, asynchronous commits and the wrap at the end of the log are handled.
//!
//! Where the kernel refuses to mount (a corrupt transaction before intact ones, a corrupt block), the intact part
//! before the defect is used and a finding tells what is missing. A last transaction without commit block is what a
//! power cut leaves behind and no damage. Never panics; work and memory are bounded by the journal's length.

mod blocks;
mod fast_commit;
mod log;
mod scan;
mod superblock;
#[cfg(test)]
mod test_journal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::codes::filesystem as codes;
use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};
use careen_model::JournalReplay;

use blocks::Checksums;
use log::Log;
use scan::{Logged, Scanned};
use superblock::Superblock;

use crate::fast::FastCommits;

/// `h_magic` of every block the journal writes for itself, and what an escaped block begins with.
pub(crate) const MAGIC: u32 = 0xc03b_3998;

/// Where the newest copy of a filesystem block stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JournalCopy {
    /// Byte offset from the start of the journal.
    pub(crate) offset: u64,
    /// The block begins with [`MAGIC`], which the journal replaced by zeros.
    pub(crate) escaped: bool,
}

/// What a replay gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Replay {
    /// Filesystem block number → its copy. All blocks lie within the filesystem, all copies within the journal.
    pub(crate) blocks: BTreeMap<u64, JournalCopy>,
    /// `None` when the journal holds no finished transaction.
    pub(crate) counts: Option<JournalReplay>,
    /// What is to be laid over the filesystem when the blocks are in their places.
    pub(crate) fast: FastCommits,
}

/// Follows the log of `journal` (the content of the journal inode) and tells which blocks of the filesystem it
/// replaces. An error means that the journal as a whole cannot be used.
pub(crate) fn replay(
    journal: Rc<dyn ByteSource>,
    place: &Place,
    fs_block_size: u32,
    fs_blocks: u64,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Replay, ReadError> {
    let superblock = Superblock::read(&*journal, place, fs_block_size, findings)?;
    if superblock.start == 0 {
        return Ok(Replay::default());
    }
    let log = Log::new(&*journal, place, &superblock);
    let scanned = scan::scan(&log, limits, findings)?;
    let fast = match superblock.fast_commit {
        true => fast_commit::read(&log, scanned.next_sequence)?,
        false => FastCommits::default(),
    };
    if fast.count > 0 {
        findings.add(&codes::JOURNAL_FAST_COMMITS, place, &[("count", &fast.count)]);
    }
    if scanned.transactions == 0 {
        return Ok(Replay { fast, ..Replay::default() });
    }
    Ok(Replay { fast, ..copy_home(&log, &scanned, fs_blocks, findings)? })
}

/// Picks the last good copy of each block. From the newest copy back, so that each block is read and summed once.
fn copy_home(log: &Log, scanned: &Scanned, fs_blocks: u64, findings: &mut Findings) -> Result<Replay, ReadError> {
    let mut blocks = BTreeMap::new();
    let mut counts = JournalReplay { transactions: u64::from(scanned.transactions), ..JournalReplay::default() };
    let mut buffer = log.buffer();
    for logged in scanned.logged.iter().rev() {
        if scanned.revokes.get(&logged.fs_block).is_some_and(|revoked| logged.transaction <= *revoked) {
            counts.revoked = counts.revoked.saturating_add(1);
            continue;
        }
        if blocks.contains_key(&logged.fs_block) {
            continue;
        }
        if logged.fs_block >= fs_blocks {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("block", &logged.fs_block), ("blocks", &fs_blocks)];
            findings.add(&codes::JOURNAL_BLOCK_OUTSIDE, &log.place(logged.journal_block), &values);
            continue;
        }
        match verify(log, logged, &mut buffer) {
            Ok(true) => {
                let copy = JournalCopy { offset: log.offset(logged.journal_block), escaped: logged.escaped };
                blocks.insert(logged.fs_block, copy);
            }
            Ok(false) => findings.add(
                &codes::JOURNAL_BLOCK_CHECKSUM,
                &log.place(logged.journal_block),
                &[("block", &logged.fs_block)],
            ),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => findings.add_failure(&error),
        }
    }
    counts.blocks = blocks.len() as u64;
    Ok(Replay { blocks, counts: Some(counts), fast: FastCommits::default() })
}

/// Whether a logged block is as its tag says. Without checksums in the tags the block is not even read.
fn verify(log: &Log, logged: &Logged, buffer: &mut [u8]) -> Result<bool, ReadError> {
    let superblock = log.superblock;
    match superblock.format.checksums {
        Checksums::None | Checksums::V1 => log.check_reach(logged.journal_block).map(|()| true),
        version => {
            log.read(logged.journal_block, buffer)?;
            let sum = superblock.data_checksum(logged.sequence, buffer);
            // Version 2 has room for the lower half only.
            Ok(if version == Checksums::V3 { sum == logged.checksum } else { sum & 0xffff == logged.checksum })
        }
    }
}
