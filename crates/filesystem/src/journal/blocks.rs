//! The blocks of a log: descriptor, revocation and commit block, each under a common 12-byte header.
//!
//! Kernel documentation, "Journal (jbd2)", "Block Header", "Descriptor Block", "Revocation Block", "Commit Block".
//! A tag's size is that of the kernel's `journal_tag_bytes`: the documentation leaves out that version 2 checksums
//! lengthen a tag by two bytes.

use careen_evidence::{Fields, Place, ReadError};

use super::MAGIC;
use crate::checksum::crc32c_without;

/// `h_blocktype`.
const DESCRIPTOR: u32 = 1;
const COMMIT: u32 = 2;
const REVOKE: u32 = 5;
/// Table "jbd2_tag_flags". The flag for deleted blocks (4) is written by nobody and ignored by the kernel.
const ESCAPED: u32 = 1;
const SAME_UUID: u32 = 2;
const LAST_TAG: u32 = 8;
/// Bytes of the common header, of a tag's UUID and of the checksum at the end of descriptor and revocation blocks.
const HEADER: usize = 12;
const TAG_UUID: usize = 16;
const TAIL: usize = 4;
/// `r_count` counts the bytes in use from the start of the block, the header of a revocation block with them.
const REVOKE_HEADER: usize = 16;
/// Where a commit block has `h_chksum[0]`.
const COMMIT_CHECKSUM: usize = 0x10;
/// `h_chksum_type` and `h_chksum_size` of version 1.
const CRC32: u8 = 1;
const CRC32_SIZE: u8 = 4;

/// Which checksums the log has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksums {
    /// None.
    None,
    /// One CRC-32 for all descriptor and data blocks of a transaction, in its commit block.
    V1,
    /// CRC-32C of each block, the lower half of it in the tags.
    V2,
    /// CRC-32C of each block, whole in longer tags.
    V3,
}

/// How the blocks of a log are laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    /// Block numbers have 64 bits.
    pub(super) wide: bool,
    /// Which checksums there are.
    pub(super) checksums: Checksums,
    /// What every CRC-32C starts from: that of the journal's UUID.
    pub(super) seed: u32,
}

impl Format {
    fn has_tail(self) -> bool {
        matches!(self.checksums, Checksums::V2 | Checksums::V3)
    }

    /// Bytes of a tag without its UUID.
    fn tag_size(self) -> usize {
        match (self.checksums, self.wide) {
            (Checksums::V3, _) => 16,
            (Checksums::V2, true) => 14,
            (Checksums::V2, false) => 10,
            (_, true) => 12,
            (_, false) => 8,
        }
    }

    /// Where the tail of a descriptor or revocation block starts.
    fn end(self, block: &[u8]) -> usize {
        if self.has_tail() { block.len().saturating_sub(TAIL) } else { block.len() }
    }

    /// Whether the checksum at the end of a descriptor or revocation block is right, or there is none.
    pub(super) fn tail_matches(self, block: &[u8]) -> bool {
        let end = self.end(block);
        let stored = block.get(end..).and_then(|tail| tail.try_into().ok()).map(u32::from_be_bytes);
        !self.has_tail() || stored == Some(crc32c_without(self.seed, block, end, block.len()))
    }

    /// Whether the checksum of version 2 or 3 in a commit block is right.
    fn commit_matches(self, block: &[u8]) -> bool {
        let end = COMMIT_CHECKSUM.saturating_add(TAIL);
        let stored = block.get(COMMIT_CHECKSUM..end).and_then(|field| field.try_into().ok()).map(u32::from_be_bytes);
        stored == Some(crc32c_without(self.seed, block, COMMIT_CHECKSUM, end))
    }
}

/// What a block is, by its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlockKind {
    Descriptor,
    Commit,
    Revoke,
}

/// The kind of a block that belongs to transaction `sequence`; `None` where the log does not go on.
pub(super) fn kind(block: &[u8], sequence: u32) -> Option<BlockKind> {
    let (h_magic, rest) = block.split_first_chunk()?;
    let (h_blocktype, rest) = rest.split_first_chunk()?;
    let (h_sequence, _) = rest.split_first_chunk()?;
    if u32::from_be_bytes(*h_magic) != MAGIC || u32::from_be_bytes(*h_sequence) != sequence {
        return None;
    }
    match u32::from_be_bytes(*h_blocktype) {
        DESCRIPTOR => Some(BlockKind::Descriptor),
        COMMIT => Some(BlockKind::Commit),
        REVOKE => Some(BlockKind::Revoke),
        _ => None,
    }
}

/// Whether a block is one of transaction `sequence` by its checksum, though not by its header.
pub(super) fn header_lost(block: &[u8], sequence: u32, format: Format) -> bool {
    let mut restored = block.to_vec();
    format.has_tail()
        && [DESCRIPTOR, REVOKE, COMMIT].into_iter().any(|h_blocktype| {
            let words = [MAGIC, h_blocktype, sequence].map(u32::to_be_bytes);
            restored.iter_mut().zip(words.as_flattened()).for_each(|(to, from)| *to = *from);
            if h_blocktype == COMMIT { format.commit_matches(&restored) } else { format.tail_matches(&restored) }
        })
}

/// One entry of a descriptor block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// Filesystem block the logged block belongs to.
    pub(super) fs_block: u64,
    /// Checksum of the logged block, where the format has one.
    pub(super) checksum: u32,
    /// The logged block lost its first four bytes, [`MAGIC`].
    pub(super) escaped: bool,
}

/// The tags of a descriptor block, in the order of the blocks that follow it. There is always one at least.
pub(super) fn tags(block: &[u8], place: &Place, format: Format) -> Result<Vec<Tag>, ReadError> {
    let fields = Fields::new("journal descriptor block", place, block);
    let (size, end) = (format.tag_size(), format.end(block));
    let mut tags = Vec::new();
    let mut at = HEADER;
    while at.saturating_add(size) <= end {
        let t_blocknr = fields.u32_be(at)?;
        let (t_flags, t_checksum) = if format.checksums == Checksums::V3 {
            (fields.u32_be(at.saturating_add(4))?, fields.u32_be(at.saturating_add(12))?)
        } else {
            (u32::from(fields.u16_be(at.saturating_add(6))?), u32::from(fields.u16_be(at.saturating_add(4))?))
        };
        let t_blocknr_high = if format.wide { fields.u32_be(at.saturating_add(8))? } else { 0 };
        tags.push(Tag {
            fs_block: u64::from(t_blocknr_high) << 32 | u64::from(t_blocknr),
            checksum: t_checksum,
            escaped: t_flags & ESCAPED != 0,
        });
        if t_flags & LAST_TAG != 0 {
            break;
        }
        at = at.saturating_add(size).saturating_add(if t_flags & SAME_UUID == 0 { TAG_UUID } else { 0 });
    }
    Ok(tags)
}

/// The filesystem blocks that a revocation block names.
pub(super) fn revoked(block: &[u8], place: &Place, format: Format) -> Result<Vec<u64>, ReadError> {
    let fields = Fields::new("journal revocation block", place, block);
    let r_count = fields.u32_be(HEADER)?;
    let end = format.end(block);
    let used = usize::try_from(r_count).ok().filter(|used| *used <= end);
    let Some(used) = used else {
        return Err(fields.corrupt(format_args!("r_count is {r_count}, expected {REVOKE_HEADER} to {end}")));
    };
    let records = block.get(REVOKE_HEADER..used).unwrap_or(&[]);
    Ok(if format.wide {
        records.as_chunks().0.iter().map(|record| u64::from_be_bytes(*record)).collect()
    } else {
        records.as_chunks().0.iter().map(|record| u64::from(u32::from_be_bytes(*record))).collect()
    })
}

/// What a commit block says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit {
    /// Seconds since 1970.
    pub(super) time: u64,
    /// Whether its checksum is right, or there is none.
    pub(super) intact: bool,
}

/// Reads a commit block. `transaction_crc32` is the CRC-32 over the transaction's descriptor and data blocks, for
/// checksums of version 1.
pub(super) fn commit(block: &[u8], place: &Place, format: Format, transaction_crc32: u32) -> Result<Commit, ReadError> {
    let fields = Fields::new("journal commit block", place, block);
    let h_chksum_type = fields.u8(0xc)?;
    let h_chksum_size = fields.u8(0xd)?;
    let h_chksum = fields.u32_be(COMMIT_CHECKSUM)?;
    let h_commit_sec = fields.u64_be(0x30)?;
    let intact = match format.checksums {
        Checksums::None => true,
        // All three fields zero: written before the feature was switched on.
        Checksums::V1 => match (h_chksum_type, h_chksum_size) {
            (0, 0) => h_chksum == 0,
            (CRC32, CRC32_SIZE) => h_chksum == transaction_crc32,
            _ => false,
        },
        Checksums::V2 | Checksums::V3 => format.commit_matches(block),
    };
    Ok(Commit { time: h_commit_sec, intact })
}
