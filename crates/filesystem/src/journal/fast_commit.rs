//! Fast commits: small changes kept in an area after the log, between two transactions.
//!
//! Kernel documentation, "Journal (jbd2)", "Fast commits"; layout from the kernel's `fs/ext4/fast_commit.h`, all
//! little-endian unlike the rest of the journal. They say what changed and not which blocks: what becomes of it is the
//! business of [`fast`](crate::fast).

use careen_evidence::{Fields, Place, ReadError};

use super::log::Log;
use crate::checksum::crc32c;
use crate::fast::{Change, FastCommits};

/// `struct ext4_fc_tl`: tag and length, two bytes each.
const HEADER: usize = 4;
const TAG_ADD_RANGE: u16 = 1;
const TAG_DEL_RANGE: u16 = 2;
const TAG_CREAT: u16 = 3;
const TAG_LINK: u16 = 4;
const TAG_UNLINK: u16 = 5;
const TAG_INODE: u16 = 6;
const TAG_PAD: u16 = 7;
const TAG_TAIL: u16 = 8;
const TAG_HEAD: u16 = 9;
/// A longer `ee_len` is that of an extent that was never written, plus this.
const MAX_WRITTEN: u16 = 0x8000;

/// The fast commits that belong on top of the log, as far as they are whole. `sequence` is the number of the
/// transaction they would have become part of. What is behind the last whole one is what a power cut leaves behind.
pub(super) fn read(log: &Log, sequence: u32) -> Result<FastCommits, ReadError> {
    let mut area = Area { sequence, crc: 0, open: Vec::new(), done: FastCommits::default() };
    // The kernel leaves one block between the log and the area unused (`j_fc_first`).
    let Some(first) = log.superblock.log_end.checked_add(1) else { return Ok(area.done) };
    let mut block = log.buffer();
    for number in first..log.superblock.max_len {
        match log.read(number, &mut block).and_then(|()| area.read(&block, &log.place(number))) {
            Ok(true) => {}
            Err(error) if error.is_cancelled() => return Err(error),
            Ok(false) | Err(_) => break,
        }
    }
    Ok(area.done)
}

struct Area {
    sequence: u32,
    /// Checksum over the open fast commit so far.
    crc: u32,
    /// What the open fast commit changes.
    open: Vec<Change>,
    done: FastCommits,
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
                TAG_HEAD => {
                    // struct ext4_fc_head: fc_features, of which none is known, fc_tid.
                    let (fc_features, fc_tid) = (fields.u32_le(value)?, fields.u32_le(value.saturating_add(4))?);
                    if fc_features != 0 || fc_tid != self.sequence {
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
                    self.done.commit(std::mem::take(&mut self.open));
                    self.crc = 0;
                }
                // Padding is summed as well and ends its block.
                TAG_PAD => self.add(fields.bytes(at, HEADER.saturating_add(fc_len))?),
                TAG_ADD_RANGE..=TAG_INODE => {
                    let record = Fields::new("fast commit record", place, fields.bytes(value, fc_len)?);
                    self.open.push(change(fc_tag, record)?);
                    self.add(fields.bytes(at, HEADER.saturating_add(fc_len))?);
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

/// What a record changes.
fn change(tag: u16, record: Fields<'_>) -> Result<Change, ReadError> {
    let rest = |from: usize| record.all().get(from..).unwrap_or_default().to_vec();
    Ok(match tag {
        // struct ext4_fc_add_range: fc_ino, fc_ex, which is a struct ext4_extent.
        TAG_ADD_RANGE => {
            let (ee_block, ee_len) = (record.u32_le(4)?, record.u16_le(8)?);
            let (ee_start_hi, ee_start_lo) = (record.u16_le(10)?, record.u32_le(12)?);
            let physical = u64::from(ee_start_hi) << 32 | u64::from(ee_start_lo);
            let is_written = ee_len <= MAX_WRITTEN;
            let length = if is_written { ee_len } else { ee_len.saturating_sub(MAX_WRITTEN) };
            Change::Map { inode: record.u32_le(0)?, logical: ee_block, length: u32::from(length), physical, is_written }
        }
        // struct ext4_fc_del_range: fc_ino, fc_lblk, fc_len.
        TAG_DEL_RANGE => {
            Change::Unmap { inode: record.u32_le(0)?, logical: record.u32_le(4)?, length: record.u32_le(8)? }
        }
        // struct ext4_fc_dentry_info: fc_parent_ino, fc_ino, fc_dname.
        TAG_CREAT => Change::Create { directory: record.u32_le(0)?, inode: record.u32_le(4)?, name: rest(8) },
        TAG_LINK => Change::Link { directory: record.u32_le(0)?, inode: record.u32_le(4)?, name: rest(8) },
        TAG_UNLINK => Change::Unlink { directory: record.u32_le(0)?, inode: record.u32_le(4)?, name: rest(8) },
        // struct ext4_fc_inode: fc_ino, fc_raw_inode.
        _ => Change::Inode { inode: record.u32_le(0)?, record: rest(4) },
    })
}
