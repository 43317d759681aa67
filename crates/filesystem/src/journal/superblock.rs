//! The journal superblock: 1024 bytes at the start of the journal, big-endian like all of the journal.
//!
//! Kernel documentation, "Journal (jbd2)", "Super Block" (`struct journal_superblock_s`). `s_num_fc_blks` at 0x54 is
//! from the kernel's `include/linux/jbd2.h`. `s_head` (0x58) only tells a clean journal where to write next and is
//! not used.

use careen_evidence::codes::filesystem as codes;
use careen_evidence::{ByteSource, Fields, Findings, Place, ReadError};

use super::MAGIC;
use super::blocks::{Checksums, Format};
use crate::checksum::{crc32c, crc32c_without};

const LENGTH: usize = 1024;
/// Block types of `s_header`.
const VERSION_1: u32 = 3;
const VERSION_2: u32 = 4;
/// Table "jbd2_compat".
const COMPAT_CHECKSUM: u32 = 0x1;
/// Table "jbd2_incompat". Revocation records (0x1) are understood whether announced or not, as in the kernel.
const INCOMPAT_REVOKE: u32 = 0x1;
const INCOMPAT_64BIT: u32 = 0x2;
const INCOMPAT_ASYNC_COMMIT: u32 = 0x4;
const INCOMPAT_CSUM_V2: u32 = 0x8;
const INCOMPAT_CSUM_V3: u32 = 0x10;
const INCOMPAT_FAST_COMMIT: u32 = 0x20;
const INCOMPAT_KNOWN: u32 = INCOMPAT_REVOKE
    | INCOMPAT_64BIT
    | INCOMPAT_ASYNC_COMMIT
    | INCOMPAT_CSUM_V2
    | INCOMPAT_CSUM_V3
    | INCOMPAT_FAST_COMMIT;
/// Table "jbd2_checksum_type".
const CHECKSUM_CRC32C: u8 = 4;
/// Size of the fast-commit area when `s_num_fc_blks` is 0 (`JBD2_DEFAULT_FAST_COMMIT_BLOCKS`).
const DEFAULT_FAST_COMMIT_BLOCKS: u32 = 256;
/// The kernel takes no fast-commit area from a log that would become shorter than this (`JBD2_MIN_JOURNAL_BLOCKS`).
const MIN_JOURNAL_BLOCKS: u32 = 1024;

/// The journal superblock, checked: `first` < `log_end` ≤ `max_len`, and `start` is 0 or within the log.
#[derive(Debug)]
pub(super) struct Superblock {
    /// Bytes, the same as the filesystem's.
    pub(super) block_size: u32,
    /// Blocks of the journal, as claimed.
    pub(super) max_len: u32,
    /// First block of the log, and where it goes on after its end.
    pub(super) first: u32,
    /// First block after the log: the fast-commit area or the end of the journal.
    pub(super) log_end: u32,
    /// Number of the first transaction to replay.
    pub(super) sequence: u32,
    /// Block it begins at; 0 for an empty log.
    pub(super) start: u32,
    /// How the log's blocks are laid out.
    pub(super) format: Format,
    /// A commit block may reach the disk before its transaction.
    pub(super) async_commit: bool,
    /// There is a fast-commit area.
    pub(super) fast_commit: bool,
}

impl Superblock {
    /// The superblock of this journal. An error if the log cannot be followed: not a journal, made for another block
    /// size, without room for a log, or with features that are not known.
    pub(super) fn read(
        journal: &dyn ByteSource,
        place: &Place,
        fs_block_size: u32,
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let mut bytes = [0; LENGTH];
        journal.read_exact_at(0, &mut bytes)?;
        let fields = Fields::new("journal superblock", place, &bytes);
        let h_magic = fields.u32_be(0x0)?;
        let h_blocktype = fields.u32_be(0x4)?;
        let s_blocksize = fields.u32_be(0xc)?;
        let s_maxlen = fields.u32_be(0x10)?;
        let s_first = fields.u32_be(0x14)?;
        let s_sequence = fields.u32_be(0x18)?;
        let s_start = fields.u32_be(0x1c)?;
        let s_errno = fields.u32_be(0x20)?;
        // The rest is valid in version 2 only.
        let s_feature_compat = fields.u32_be(0x24)?;
        let s_feature_incompat = fields.u32_be(0x28)?;
        let s_uuid: [u8; 16] = fields.array(0x30)?;
        let s_checksum_type = fields.u8(0x50)?;
        let s_num_fc_blks = fields.u32_be(0x54)?;
        let s_checksum = fields.u32_be(0xfc)?;

        if h_magic != MAGIC {
            return Err(fields.corrupt(format_args!("h_magic is {h_magic:#x}, expected {MAGIC:#x}")));
        }
        let (compat, incompat) = match h_blocktype {
            VERSION_1 => (0, 0),
            VERSION_2 => (s_feature_compat, s_feature_incompat),
            other => return Err(fields.corrupt(format_args!("h_blocktype is {other}, expected 3 or 4"))),
        };
        if s_blocksize != fs_block_size {
            let what = format_args!("s_blocksize is {s_blocksize}, expected the filesystem's {fs_block_size}");
            return Err(fields.corrupt(what));
        }
        let unknown = incompat & !INCOMPAT_KNOWN;
        if unknown != 0 {
            return Err(ReadError::unsupported(place, format_args!("journal features {unknown:#x}")));
        }
        let checksums = checksums(&fields, compat, incompat)?;
        if matches!(checksums, Checksums::V2 | Checksums::V3) {
            if s_checksum_type != CHECKSUM_CRC32C {
                return Err(ReadError::unsupported(place, format_args!("journal checksum type {s_checksum_type}")));
            }
            // Used all the same: the transactions have numbers and checksums of their own.
            if crc32c_without(!0, &bytes, 0xfc, 0x100) != s_checksum {
                findings.add(&codes::JOURNAL_SUPERBLOCK_CHECKSUM, place, &[]);
            }
        }
        if s_errno != 0 {
            // Linux error numbers are stored negative.
            findings.add(&codes::JOURNAL_ERRNO, place, &[("errno", &s_errno.cast_signed().unsigned_abs())]);
        }
        let blocks = journal.len().checked_div(u64::from(s_blocksize)).unwrap_or(0);
        if u64::from(s_maxlen) > blocks {
            findings.add(&codes::JOURNAL_SHORT, place, &[("claimed", &s_maxlen), ("blocks", &blocks)]);
        }

        let fast_commit = incompat & INCOMPAT_FAST_COMMIT != 0;
        let area = if s_num_fc_blks == 0 { DEFAULT_FAST_COMMIT_BLOCKS } else { s_num_fc_blks };
        let log_end =
            s_maxlen.checked_sub(area).filter(|end| fast_commit && *end >= MIN_JOURNAL_BLOCKS).unwrap_or(s_maxlen);
        if s_first == 0 || s_first >= log_end {
            return Err(
                fields.corrupt(format_args!("s_first is {s_first}, expected 1 to {}", log_end.saturating_sub(1)))
            );
        }
        if s_start != 0 && (s_start < s_first || s_start >= log_end) {
            let what = format_args!("s_start is {s_start}, expected 0 or {s_first} to {}", log_end.saturating_sub(1));
            return Err(fields.corrupt(what));
        }
        Ok(Superblock {
            block_size: s_blocksize,
            max_len: s_maxlen,
            first: s_first,
            log_end,
            sequence: s_sequence,
            start: s_start,
            format: Format { wide: incompat & INCOMPAT_64BIT != 0, checksums, seed: crc32c(!0, &s_uuid) },
            async_commit: incompat & INCOMPAT_ASYNC_COMMIT != 0,
            fast_commit,
        })
    }

    /// The checksum of a block logged by transaction `sequence`, as its tag keeps it.
    pub(super) fn data_checksum(&self, sequence: u32, block: &[u8]) -> u32 {
        crc32c(crc32c(self.format.seed, &sequence.to_be_bytes()), block)
    }
}

/// The one checksum version in use; the kernel refuses any two together.
fn checksums(fields: &Fields, compat: u32, incompat: u32) -> Result<Checksums, ReadError> {
    let v1 = compat & COMPAT_CHECKSUM != 0;
    let v2 = incompat & INCOMPAT_CSUM_V2 != 0;
    let v3 = incompat & INCOMPAT_CSUM_V3 != 0;
    match (v1, v2, v3) {
        (false, false, false) => Ok(Checksums::None),
        (true, false, false) => Ok(Checksums::V1),
        (false, true, false) => Ok(Checksums::V2),
        (false, false, true) => Ok(Checksums::V3),
        _ => Err(fields.corrupt(format_args!(
            "s_feature_compat {compat:#x} and s_feature_incompat {incompat:#x} name several checksum versions, \
             expected one at most"
        ))),
    }
}
