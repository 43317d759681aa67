//! A journal on a disk of its own (`mke2fs -O journal_dev`), found by its UUID.
//!
//! Kernel documentation, "Journal (jbd2)", "External Journal": at byte 1024 a superblock of the filesystem's form with
//! `INCOMPAT_JOURNAL_DEV`, whose `s_uuid` is the filesystem's `s_journal_uuid`; the journal superblock in the block behind
//! it. The blocks of the log are counted from the start of the disk (Linux, `fs/jbd2/journal.c`, `jbd2_journal_bmap`).
//!
//! Not handled: which filesystems use the journal (`s_users`); the kernel lets only one.

use std::rc::Rc;

use careen_evidence::{ByteSource, ReadError};

use crate::features::incompat;

/// Where the superblock begins, and how much of it is looked at.
const SUPERBLOCK: u64 = 1024;
const LOOKED_AT: usize = 0x78;
/// `s_magic`.
const MAGIC: [u8; 2] = [0x53, 0xEF];
/// Smallest block, and the largest power of two above it.
const SMALLEST_BLOCK: u64 = 1024;
const MAX_LOG_BLOCK_SIZE: u32 = 6;

/// The journal with this UUID, when one of these disks is it. What cannot be read is none.
pub(crate) fn find(disks: Vec<Rc<dyn ByteSource>>, uuid: &[u8; 16]) -> Option<Rc<dyn ByteSource>> {
    disks.into_iter().find_map(|disk| {
        let block_size = block_size(&*disk, uuid)?;
        // Block 1 holds the superblock where blocks have 1024 bytes; else it is in block 0.
        let block = SUPERBLOCK.checked_div(block_size)?.checked_add(1)?;
        let journal: Rc<dyn ByteSource> =
            Rc::new(OnDisk { superblock: block.checked_mul(block_size)?, block_size, disk });
        Some(journal)
    })
}

/// Bytes in a block of the journal on this disk; `None` when it is not the one with this UUID.
fn block_size(disk: &dyn ByteSource, uuid: &[u8; 16]) -> Option<u64> {
    let mut bytes = [0; LOOKED_AT];
    disk.read_exact_at(SUPERBLOCK, &mut bytes).ok()?;
    let word = |at: usize| -> Option<u32> { Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)) };
    let s_log_block_size = word(0x18)?;
    let s_magic = bytes.get(0x38..0x3a)?;
    let s_feature_incompat = word(0x60)?;
    let s_uuid = bytes.get(0x68..0x78)?;
    let is_it = s_magic == MAGIC && s_feature_incompat & incompat::JOURNAL_DEV != 0 && s_uuid == uuid;
    (is_it && s_log_block_size <= MAX_LOG_BLOCK_SIZE).then(|| SMALLEST_BLOCK << s_log_block_size)
}

/// A journal's disk as a journal: its superblock in block 0, where a journal in a file has it.
struct OnDisk {
    disk: Rc<dyn ByteSource>,
    block_size: u64,
    /// Where the journal superblock begins.
    superblock: u64,
}

impl ByteSource for OnDisk {
    fn len(&self) -> u64 {
        self.disk.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let in_first = self.block_size.saturating_sub(offset).min(buf.len() as u64);
        let (first, rest) = buf.split_at_mut(usize::try_from(in_first).unwrap_or(0));
        if !first.is_empty() {
            self.disk.read_exact_at(self.superblock.saturating_add(offset), first)?;
        }
        match rest.is_empty() {
            true => Ok(()),
            false => self.disk.read_exact_at(offset.saturating_add(in_first), rest),
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    const UUID: [u8; 16] = [0xab; 16];

    /// A disk of eight blocks, each filled with its number, with the superblock of a journal's disk.
    fn disk(log_block_size: u32) -> Vec<u8> {
        let block = 1024_usize << log_block_size;
        let mut bytes: Vec<u8> = (0..8_u8).flat_map(|number| vec![number; block]).collect();
        let fields: [(usize, &[u8]); 4] = [
            (0x18, &log_block_size.to_le_bytes()),
            (0x38, &MAGIC),
            (0x60, &incompat::JOURNAL_DEV.to_le_bytes()),
            (0x68, &UUID),
        ];
        for (at, value) in fields {
            bytes[1024 + at..1024 + at + value.len()].copy_from_slice(value);
        }
        bytes
    }

    #[test]
    fn a_journal_is_known_by_its_uuid_and_begins_with_its_superblock() {
        for (log_block_size, superblock) in [(0, 2), (1, 1), (2, 1)] {
            let journal = find(vec![Rc::new(vec![0_u8; 9]), Rc::new(disk(log_block_size))], &UUID).unwrap();
            let block = 1024_usize << log_block_size;
            let mut bytes = vec![0; 4 * block];
            journal.read_exact_at(0, &mut bytes).unwrap();
            assert_eq!((bytes[0], bytes[block - 1], bytes[3 * block]), (superblock, superblock, 3));
            journal.read_exact_at(block as u64 * 5 + 1, &mut bytes[..2]).unwrap();
            assert_eq!(bytes[..2], [5, 5]);
        }
    }

    #[test]
    fn another_disk_is_not_taken_for_it() {
        let find = |bytes: Vec<u8>| super::find(vec![Rc::new(bytes)], &UUID).is_some();
        assert!(find(disk(0)));
        for (at, value) in [(0x38, 0), (0x60, 0), (0x68, 0), (0x18, 7)] {
            let mut bytes = disk(0);
            bytes[1024 + at] = value;
            assert!(!find(bytes), "{at:#x}");
        }
        assert!(!find(disk(0)[..1100].to_vec()));
    }
}
