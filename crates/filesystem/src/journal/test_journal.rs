//! A journal built by hand, for tests: writes the blocks that a kernel would write.

#![allow(clippy::arithmetic_side_effects)]

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};

use super::{MAGIC, Replay, replay};
use crate::checksum::crc32c;

/// Block size of the test journals.
pub(super) const BLOCK: usize = 1024;
/// Blocks of the filesystem that the test journals belong to.
pub(super) const FS_BLOCKS: u64 = 5000;
const UUID: [u8; 16] = *b"journal-of-tests";

pub(super) const REVOKE: u32 = 0x1;
pub(super) const WIDE: u32 = 0x2;
pub(super) const ASYNC: u32 = 0x4;
pub(super) const V2: u32 = 0x8;
pub(super) const V3: u32 = 0x10;
pub(super) const FAST: u32 = 0x20;

/// A journal under construction.
#[derive(Clone)]
pub(super) struct TestJournal {
    pub(super) bytes: Vec<u8>,
    v1: bool,
    incompat: u32,
    sequence: u32,
    next: u32,
    time: u64,
    crc32: Vec<u8>,
}

impl TestJournal {
    /// An empty journal of `blocks` blocks whose log starts at block `start` with transaction `sequence`.
    pub(super) fn new(blocks: u32, start: u32, sequence: u32, v1: bool, incompat: u32) -> Self {
        let mut bytes = vec![0; BLOCK * blocks as usize];
        let words = [
            (0x00, MAGIC),         // h_magic
            (0x04, 4),             // h_blocktype: superblock, version 2
            (0x0c, 1024),          // s_blocksize
            (0x10, blocks),        // s_maxlen
            (0x14, 1),             // s_first
            (0x18, sequence),      // s_sequence
            (0x1c, start),         // s_start
            (0x20, 0),             // s_errno
            (0x24, u32::from(v1)), // s_feature_compat
            (0x28, incompat),      // s_feature_incompat
            (0x50, 4 << 24),       // s_checksum_type: CRC-32C, then padding
        ];
        for (offset, word) in words {
            put(&mut bytes, offset, word);
        }
        bytes[0x30..0x40].copy_from_slice(&UUID);
        let mut journal =
            TestJournal { bytes, v1, incompat, sequence, next: start, time: 1_700_000_000, crc32: vec![] };
        journal.seal();
        journal
    }

    /// Changes a word of the superblock.
    pub(super) fn superblock(mut self, offset: usize, word: u32) -> Self {
        put(&mut self.bytes, offset, word);
        self.seal();
        self
    }

    /// Writes the superblock's checksum, `s_checksum` at 0xfc.
    fn seal(&mut self) {
        put(&mut self.bytes, 0xfc, 0);
        let sum = crc32c(!0, &self.bytes[..1024]);
        put(&mut self.bytes, 0xfc, sum);
    }

    /// The block number the next block of the log goes to.
    pub(super) fn position(&self) -> u32 {
        self.next
    }

    /// Sets the time of the following commit blocks.
    pub(super) fn at_time(mut self, seconds: u64) -> Self {
        self.time = seconds;
        self
    }

    /// A descriptor block and its logged blocks, each filled with one byte: (filesystem block, fill).
    pub(super) fn log(mut self, blocks: &[(u64, u8)]) -> Self {
        let data: Vec<(u64, Vec<u8>)> = blocks.iter().map(|(block, fill)| (*block, vec![*fill; BLOCK])).collect();
        self.log_data(&data);
        self
    }

    pub(super) fn log_data(&mut self, blocks: &[(u64, Vec<u8>)]) {
        let mut descriptor = self.header(1);
        let mut at = 12;
        let mut stored = Vec::new();
        for (index, (block, data)) in blocks.iter().enumerate() {
            let mut data = data.clone();
            let escaped = data.starts_with(&MAGIC.to_be_bytes());
            if escaped {
                data[..4].fill(0);
            }
            let last = index + 1 == blocks.len();
            let flags = u32::from(escaped) | if index > 0 { 2 } else { 0 } | if last { 8 } else { 0 };
            let sum = crc32c(crc32c(crc32c(!0, &UUID), &self.sequence.to_be_bytes()), &data);
            let (low, high) = (u32::try_from(block & 0xffff_ffff).unwrap(), u32::try_from(block >> 32).unwrap());
            put(&mut descriptor, at, low); // t_blocknr
            if self.incompat & V3 != 0 {
                put(&mut descriptor, at + 4, flags); // t_flags
                put(&mut descriptor, at + 8, high); // t_blocknr_high
                put(&mut descriptor, at + 12, sum); // t_checksum
                at += 16;
            } else {
                let half = if self.incompat & V2 != 0 { sum << 16 } else { 0 };
                put(&mut descriptor, at + 4, half | flags); // t_checksum, t_flags
                at += 8;
                if self.incompat & WIDE != 0 {
                    put(&mut descriptor, at, high); // t_blocknr_high
                    at += 4;
                }
                at += if self.incompat & V2 != 0 { 2 } else { 0 };
            }
            if index == 0 {
                descriptor[at..at + 16].copy_from_slice(&UUID); // no SAME_UUID
                at += 16;
            }
            stored.push(data);
        }
        self.tail(&mut descriptor);
        stored.insert(0, descriptor);
        for block in stored {
            self.crc32.extend(&block);
            self.push(&block);
        }
    }

    /// A revocation block.
    pub(super) fn revoke(mut self, blocks: &[u64]) -> Self {
        let mut block = self.header(5);
        let mut at = 16;
        for number in blocks {
            if self.incompat & WIDE != 0 {
                block[at..at + 8].copy_from_slice(&number.to_be_bytes());
                at += 8;
            } else {
                put(&mut block, at, u32::try_from(*number).unwrap());
                at += 4;
            }
        }
        put(&mut block, 12, u32::try_from(at).unwrap()); // r_count
        self.tail(&mut block);
        self.push(&block);
        self
    }

    /// A commit block; the next transaction begins.
    pub(super) fn commit(mut self) -> Self {
        let mut block = self.header(2);
        block[0x30..0x38].copy_from_slice(&self.time.to_be_bytes()); // h_commit_sec
        if self.v1 {
            block[0xc] = 1; // h_chksum_type: CRC-32
            block[0xd] = 4; // h_chksum_size
            put(&mut block, 0x10, crc32_be(&self.crc32)); // h_chksum[0]
        } else if self.incompat & (V2 | V3) != 0 {
            let sum = crc32c(crc32c(!0, &UUID), &block);
            put(&mut block, 0x10, sum);
        }
        self.push(&block);
        self.sequence = self.sequence.wrapping_add(1);
        self.crc32.clear();
        self
    }

    /// Flips one bit of a byte of the block `back` blocks before the next one.
    pub(super) fn damage(mut self, back: u32, byte: usize) -> Self {
        let block = self.next - back;
        self.bytes[block as usize * BLOCK + byte] ^= 0x10;
        self
    }

    pub(super) fn replay(&self) -> (Result<Replay, ReadError>, Findings) {
        let mut findings = Findings::new();
        let source: Rc<dyn ByteSource> = Rc::new(self.bytes.clone());
        let limits = Limits::default();
        let replay = replay(source, &Place::new("inode 8"), 1024, FS_BLOCKS, &limits, &mut findings);
        (replay, findings)
    }

    fn header(&self, kind: u32) -> Vec<u8> {
        let mut block = vec![0; BLOCK];
        put(&mut block, 0, MAGIC); // h_magic
        put(&mut block, 4, kind); // h_blocktype
        put(&mut block, 8, self.sequence); // h_sequence
        block
    }

    fn tail(&self, block: &mut [u8]) {
        if self.incompat & (V2 | V3) != 0 {
            let sum = crc32c(crc32c(!0, &UUID), block);
            put(block, BLOCK - 4, sum); // t_checksum, r_checksum
        }
    }

    fn push(&mut self, block: &[u8]) {
        let at = self.next as usize * BLOCK;
        self.bytes[at..at + BLOCK].copy_from_slice(block);
        let fast = if self.incompat & FAST != 0 { 256 } else { 0 };
        let end = u32::try_from(self.bytes.len() / BLOCK).unwrap() - fast;
        self.next = if self.next + 1 == end { 1 } else { self.next + 1 };
    }
}

/// The kernel's `crc32_be`, bit by bit.
fn crc32_be(bytes: &[u8]) -> u32 {
    bytes.iter().fold(!0, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte) << 24, |sum, _| {
            if sum & 0x8000_0000 == 0 { sum << 1 } else { sum << 1 ^ 0x04c1_1db7 }
        })
    })
}

fn put(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_be_bytes());
}
