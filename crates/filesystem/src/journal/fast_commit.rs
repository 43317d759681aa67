//! Fast commits: small changes kept in an area after the log, between two transactions.
//!
//! Kernel documentation, "Journal (jbd2)", "Fast commits"; layout from the kernel's `fs/ext4/fast_commit.h`, all
//! little-endian unlike the rest of the journal. They are recognized and counted here, not replayed.

use careen_evidence::codes::filesystem as codes;
use careen_evidence::{Fields, Findings, Place, ReadError};

use super::log::Log;
use crate::checksum::crc32c;

/// `struct ext4_fc_tl`: tag and length, two bytes each.
const HEADER: usize = 4;
const TAG_PAD: u16 = 7;
const TAG_TAIL: u16 = 8;
const TAG_HEAD: u16 = 9;

/// Adds a finding if the area holds fast commits that belong on top of the log. `sequence` is the number of the
/// transaction they would have become part of.
pub(super) fn report(log: &Log, sequence: u32, findings: &mut Findings) {
    // The kernel leaves one block between the log and the area unused (`j_fc_first`).
    let Some(first) = log.superblock.log_end.checked_add(1) else { return };
    let mut area = Area { sequence, crc: 0, commits: 0 };
    let mut block = log.buffer();
    for number in first..log.superblock.max_len {
        let place = log.place(number);
        if log.read(number, &mut block).is_err() || !matches!(area.read(&block, &place), Ok(true)) {
            break;
        }
    }
    if area.commits > 0 {
        findings.add(&codes::JOURNAL_FAST_COMMITS, &log.place(first), &[("count", &area.commits)]);
    }
}

struct Area {
    sequence: u32,
    /// Checksum over the open fast commit so far.
    crc: u32,
    commits: u64,
}

impl Area {
    /// Reads the records of one block. True if the next block goes on.
    fn read(&mut self, block: &[u8], place: &Place) -> Result<bool, ReadError> {
        let fields = Fields::new("fast commit", place, block);
        let mut at = 0_usize;
        while at.saturating_add(HEADER) <= block.len() {
            let fc_tag = fields.u16_le(at)?;
            let fc_len = usize::from(fields.u16_le(at.saturating_add(2))?);
            let value = at.saturating_add(HEADER);
            match fc_tag {
                // Padding is summed as well and ends its block.
                1..=TAG_PAD => self.add(fields.bytes(at, HEADER.saturating_add(fc_len))?),
                TAG_HEAD => {
                    // struct ext4_fc_head: fc_features, fc_tid.
                    if fields.u32_le(value.saturating_add(4))? != self.sequence {
                        return Ok(false);
                    }
                    self.add(fields.bytes(at, HEADER.saturating_add(fc_len))?);
                }
                TAG_TAIL => {
                    // struct ext4_fc_tail: fc_tid, fc_crc. The checksum covers all up to itself.
                    self.add(fields.bytes(at, HEADER.saturating_add(4))?);
                    let fc_tid = fields.u32_le(value)?;
                    let fc_crc = fields.u32_le(value.saturating_add(4))?;
                    if fc_tid != self.sequence || fc_crc != self.crc {
                        return Ok(false);
                    }
                    self.commits = self.commits.saturating_add(1);
                    self.crc = 0;
                }
                _ => return Ok(false),
            }
            at = value.saturating_add(fc_len);
        }
        Ok(true)
    }

    fn add(&mut self, record: &[u8]) {
        self.crc = crc32c(self.crc, record);
    }
}
