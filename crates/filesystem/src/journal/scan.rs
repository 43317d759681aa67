//! The first pass over the log: where it ends, and what the finished transactions before that log and revoke.
//!
//! The kernel reads the log three times (`do_one_pass`: scan, revoke, replay). Here the first pass also keeps the
//! tags and revocations of each transaction, which go into the answer with its commit block.

use std::collections::BTreeMap;
use std::fmt::Display;

use careen_evidence::codes::filesystem as codes;
use careen_evidence::{ErrorKind, Findings, Limits, Place, ReadError};
use crc::{CRC_32_MPEG_2, Crc, Digest, Table};

use super::blocks::{self, BlockKind, Checksums};
use super::log::Log;

/// The kernel's `crc32_be` started with ones: the checksum of a whole transaction in version 1.
static CRC32_BE: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_MPEG_2);

/// Most blocks that are followed: 16 GiB of usual blocks, sixteen times the largest journal that mke2fs makes unasked.
const MOST_LOGGED: u64 = 4 << 20;

/// A copy of a filesystem block in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) fs_block: u64,
    pub(super) journal_block: u32,
    /// Number of its transaction in the log, from 0; unlike the sequence number it never wraps.
    pub(super) transaction: u32,
    /// Sequence number of its transaction.
    pub(super) sequence: u32,
    pub(super) checksum: u32,
    pub(super) escaped: bool,
}

/// What the finished transactions of a log say.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// Finished transactions.
    pub(super) transactions: u32,
    /// Sequence number after theirs.
    pub(super) next_sequence: u32,
    /// Their blocks, oldest first.
    pub(super) logged: Vec<Logged>,
    /// Filesystem block → number of the last transaction that revoked it.
    pub(super) revokes: BTreeMap<u64, u32>,
}

/// Follows the log from its start to its end. Whatever stops it early is a finding; the only error is cancellation.
pub(super) fn scan(log: &Log, limits: &Limits, findings: &mut Findings) -> Result<Scanned, ReadError> {
    let mut scan = Scan {
        log,
        limits,
        position: log.superblock.start,
        left: log.capacity(),
        sequence: log.superblock.sequence,
        last_time: 0,
        open: Open::default(),
        suspect: None,
        failed_commit: None,
        done: Scanned { next_sequence: log.superblock.sequence, ..Scanned::default() },
    };
    match scan.run() {
        End::Corrupt(error) if error.is_cancelled() => return Err(error),
        end => scan.report(end, findings),
    }
    Ok(scan.done)
}

/// Why the scan stopped.
enum End {
    /// The log does not go on here: the usual end.
    Log(u32),
    /// A stale block of an earlier use of the journal that happens to have the next number.
    Stale(Place),
    /// The transaction is damaged, or could not be read.
    Corrupt(ReadError),
}

/// The transaction being read.
#[derive(Default)]
struct Open {
    /// Blocks of its own were met.
    begun: bool,
    logged: Vec<Logged>,
    revoked: Vec<u64>,
    crc32: Option<Digest<'static, u32, Table<16>>>,
}

struct Scan<'a> {
    log: &'a Log<'a>,
    limits: &'a Limits,
    /// Next block to read.
    position: u32,
    /// Blocks of the ring not read yet: a log that goes on after so many bites its own tail.
    left: u32,
    /// Sequence number of the transaction being read.
    sequence: u32,
    /// Time of the last good commit. Times do not run backwards in one life of a journal, so a transaction with a
    /// wrong checksum and an earlier time is a stale one.
    last_time: u64,
    open: Open,
    /// A descriptor or revocation block of the open transaction with a wrong checksum.
    suspect: Option<ReadError>,
    /// Asynchronous commits: a commit block with a wrong checksum. It may have overtaken its transaction in a power
    /// cut; only another commit block after it proves damage.
    failed_commit: Option<ReadError>,
    done: Scanned,
}

impl Scan<'_> {
    fn run(&mut self) -> End {
        let mut block = self.log.buffer();
        loop {
            match self.step(&mut block) {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                Err(error) => return End::Corrupt(error),
            }
        }
    }

    /// Reads the next block that the journal wrote for itself, with the logged blocks it describes.
    fn step(&mut self, block: &mut [u8]) -> Result<Option<End>, ReadError> {
        if self.left == 0 {
            // Full to the last block: legal, but what follows is the log's own start.
            return Ok(Some(End::Log(self.position)));
        }
        let number = self.position;
        self.log.read(number, block)?;
        let Some(kind) = blocks::kind(block, self.sequence) else {
            self.check_end(block)?;
            return Ok(Some(End::Log(number)));
        };
        self.advance()?;
        self.open.begun = true;
        let place = self.log.place(number);
        match kind {
            BlockKind::Descriptor => self.descriptor(block, &place)?,
            BlockKind::Revoke => self.revocation(block, &place)?,
            BlockKind::Commit => return self.commit(block, &place),
        }
        Ok(None)
    }

    /// Tells a damaged block from the end of the log, which the kernel does not. Reads one block at most.
    fn check_end(&self, block: &mut [u8]) -> Result<(), ReadError> {
        let place = self.log.place(self.position);
        if blocks::header_lost(block, self.sequence, self.log.superblock.format) {
            return Err(ReadError::corrupt(&place, "its header is wrong, by its checksum it belongs here"));
        }
        // No transaction begins before the one in front of it has its commit block.
        if self.open.begun && self.left > 1 {
            self.log.read(self.log.after(self.position), block)?;
            if blocks::kind(block, self.sequence.wrapping_add(1)).is_some() {
                return Err(ReadError::corrupt(
                    &place,
                    "the next transaction begins behind it, expected a commit block",
                ));
            }
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), ReadError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            let what = format_args!("journal descriptor block: more blocks than the log's {}", self.log.capacity());
            ReadError::corrupt(&self.log.place(self.position), what)
        })?;
        self.position = self.log.after(self.position);
        Ok(())
    }

    /// Notes the blocks that follow a descriptor block, and passes over them.
    fn descriptor(&mut self, block: &mut [u8], place: &Place) -> Result<(), ReadError> {
        let format = self.log.superblock.format;
        self.check_tail(block, place);
        let tags = blocks::tags(block, place, format)?;
        let summed = format.checksums == Checksums::V1;
        if summed {
            self.open.crc32.get_or_insert_with(|| CRC32_BE.digest()).update(block);
        }
        for tag in tags {
            self.check_count(place)?;
            self.open.logged.push(Logged {
                fs_block: tag.fs_block,
                journal_block: self.position,
                transaction: self.done.transactions,
                sequence: self.sequence,
                checksum: tag.checksum,
                escaped: tag.escaped,
            });
            if summed {
                self.log.read(self.position, block)?;
                self.open.crc32.get_or_insert_with(|| CRC32_BE.digest()).update(block);
            }
            self.advance()?;
        }
        Ok(())
    }

    fn revocation(&mut self, block: &[u8], place: &Place) -> Result<(), ReadError> {
        self.check_tail(block, place);
        let revoked = blocks::revoked(block, place, self.log.superblock.format)?;
        self.open.revoked.extend(revoked);
        self.check_count(place)
    }

    /// A wrong checksum is no error yet: an unfinished transaction may have such a block.
    fn check_tail(&mut self, block: &[u8], place: &Place) {
        if self.suspect.is_none() && !self.log.superblock.format.tail_matches(block) {
            self.suspect = Some(ReadError::corrupt(place, "its checksum does not match"));
        }
    }

    fn check_count(&self, place: &Place) -> Result<(), ReadError> {
        let counts = [self.done.logged.len(), self.open.logged.len(), self.done.revokes.len(), self.open.revoked.len()];
        let count: u64 = counts.iter().fold(0, |sum, count| sum.saturating_add(*count as u64));
        let most = self.limits.entries.min(MOST_LOGGED);
        if count >= most {
            return Err(ReadError::over_limit(
                place,
                format_args!("more than {most} blocks in the journal's transactions"),
            ));
        }
        Ok(())
    }

    /// Closes the open transaction, if its commit block is good.
    fn commit(&mut self, block: &[u8], place: &Place) -> Result<Option<End>, ReadError> {
        if let Some(failed) = self.failed_commit.take() {
            return Ok(Some(End::Corrupt(failed)));
        }
        let crc32 = self.open.crc32.take().unwrap_or_else(|| CRC32_BE.digest()).finalize();
        let commit = blocks::commit(block, place, self.log.superblock.format, crc32)?;
        let suspect = self.suspect.take();
        let stale = commit.time < self.last_time;
        match suspect {
            Some(_) if stale => return Ok(Some(End::Stale(place.clone()))),
            Some(error) => return Ok(Some(End::Corrupt(error))),
            None if commit.intact => self.close(commit.time),
            None if stale => return Ok(Some(End::Stale(place.clone()))),
            None => {
                let error = ReadError::corrupt(place, "the checksum in its commit block does not match");
                if !self.log.superblock.async_commit {
                    return Ok(Some(End::Corrupt(error)));
                }
                self.failed_commit = Some(error);
            }
        }
        self.open = Open::default();
        self.sequence = self.sequence.wrapping_add(1);
        Ok(None)
    }

    /// Takes over what a finished transaction says.
    fn close(&mut self, time: u64) {
        self.last_time = time;
        self.done.logged.append(&mut self.open.logged);
        for fs_block in self.open.revoked.drain(..) {
            self.done.revokes.insert(fs_block, self.done.transactions);
        }
        self.done.transactions = self.done.transactions.saturating_add(1);
        self.done.next_sequence = self.sequence.wrapping_add(1);
    }

    fn report(&self, end: End, findings: &mut Findings) {
        let transaction = self.done.next_sequence;
        let unfinished = self.open.begun || self.failed_commit.is_some();
        match end {
            End::Log(block) if unfinished => {
                findings.add(&codes::JOURNAL_UNFINISHED, &self.log.place(block), &[("transaction", &transaction)]);
            }
            End::Log(_) => {}
            End::Stale(place) => findings.add(&codes::JOURNAL_STALE, &place, &[("transaction", &transaction)]),
            End::Corrupt(error) if matches!(error.kind, ErrorKind::OverLimit(_)) => findings.add_failure(&error),
            End::Corrupt(error) => {
                let values: [(&str, &dyn Display); 2] = [("transaction", &transaction), ("reason", &error.reason())];
                findings.add(&codes::JOURNAL_TRANSACTION, &error.place, &values);
            }
        }
    }
}
