//! What is wrong with a block allocation table, counted when a file is opened.

use careen_evidence::{ByteSource, Fields, Findings, Place};
use careen_model::codes::disk as codes;

use super::bat::{Block, BlockTable, ENTRY};

/// Most of the table that is checked on opening: that of a 2 TiB disk with the smallest blocks.
const CHECKED_BYTES: u64 = 16 << 20;
/// Bytes of the table read at once while checking.
const CHECK_STEP: u64 = 1 << 20;
/// Unit of the places of blocks.
const UNIT: u64 = 1 << 20;
/// Most of a file in which blocks are compared with each other, 16 TiB: two MiB of memory.
const MOST_UNITS: u64 = 16 << 20;

/// Looks for blocks that cannot be read and tells them, each kind in one finding with its count.
pub(super) fn check(table: &BlockTable, place: &Place, findings: &mut Findings) {
    let blocks = table.blocks();
    let present = table.table_bytes() / ENTRY;
    // The first payload block whose entry is beyond what is present of the table.
    let period = table.chunk_ratio.saturating_add(1);
    let told = present.saturating_sub(present / period).min(blocks);
    if told < blocks {
        let lost = table.virtual_size.saturating_sub(told.saturating_mul(table.block_size.get()));
        let missing = blocks.saturating_sub(told);
        findings.add(&codes::VHDX_BAT_CUT, place, &[("missing", &missing), ("total", &blocks), ("bytes", &lost)]);
    }
    let mut tally = Tally::default();
    let mut block = 0;
    let end = present.min(table.index(blocks)).saturating_mul(ENTRY).min(CHECKED_BYTES);
    let mut at = 0;
    while at < end && block < told {
        let length = CHECK_STEP.min(end.saturating_sub(at));
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        if let Err(error) = table.pages.read_exact_at(table.region.offset.saturating_add(at), &mut bytes) {
            findings.add_failure(&error);
            break;
        }
        let first = at / ENTRY;
        for (index, entry) in (first..).zip(bytes.chunks_exact(8)) {
            // The entry that closes each chunk is that of its sector bitmap.
            if block < told && index % period != table.chunk_ratio.get() {
                let entry = Fields::new("vhdx bat entry", place, entry).u64_le(0).unwrap_or(0);
                tally.count(table, block, entry);
                block = block.saturating_add(1);
            }
        }
        at = at.saturating_add(length);
    }
    if block < told {
        findings.add(&codes::TABLE_PARTLY_CHECKED, place, &[("checked", &block), ("total", &blocks)]);
    }
    tally.tell(place, findings);
}

/// What the check of the table counted.
#[derive(Default)]
struct Tally {
    present: u64,
    missing: u64,
    missing_bytes: u64,
    invalid: u64,
    first_invalid: Option<(u64, String)>,
    /// One bit for each MiB of the file: whether a block lies there.
    used: Vec<u64>,
    shared: u64,
    first_shared: Option<u64>,
}

impl Tally {
    fn count(&mut self, table: &BlockTable, block: u64, entry: u64) {
        match table.decode(entry) {
            Ok(Block::Zeros | Block::Below) => {}
            Ok(Block::Stored(position) | Block::Partial(position)) => {
                self.present = self.present.saturating_add(1);
                let length = table.length(block);
                let missing = position.saturating_add(length).saturating_sub(table.file_length).min(length);
                if missing > 0 {
                    self.missing = self.missing.saturating_add(1);
                    self.missing_bytes = self.missing_bytes.saturating_add(missing);
                }
                if self.take(position, table.block_size.get(), table.file_length) {
                    self.shared = self.shared.saturating_add(1);
                    self.first_shared.get_or_insert(block);
                }
            }
            Err(reason) => {
                self.invalid = self.invalid.saturating_add(1);
                self.first_invalid.get_or_insert((block, reason));
            }
        }
    }

    /// Marks a range of the file as taken by a block; gives whether any of it was before.
    fn take(&mut self, position: u64, length: u64, file_length: u64) -> bool {
        let units = file_length.div_ceil(UNIT).min(MOST_UNITS);
        let end = position.saturating_add(length).div_ceil(UNIT).min(units);
        let mut is_shared = false;
        for unit in position / UNIT..end {
            let (word, bit) = (usize::try_from(unit / 64).unwrap_or(usize::MAX), 1 << (unit % 64));
            if self.used.len() <= word {
                self.used.resize(word.saturating_add(1), 0);
            }
            if let Some(word) = self.used.get_mut(word) {
                is_shared |= *word & bit != 0;
                *word |= bit;
            }
        }
        is_shared
    }

    fn tell(&self, place: &Place, findings: &mut Findings) {
        if self.missing > 0 {
            findings.add(
                &codes::VHDX_BLOCKS_MISSING,
                place,
                &[("missing", &self.missing), ("present", &self.present), ("bytes", &self.missing_bytes)],
            );
        }
        if let Some((first, reason)) = &self.first_invalid {
            findings.add(
                &codes::VHDX_BLOCKS_INVALID,
                place,
                &[("count", &self.invalid), ("first", first), ("reason", reason)],
            );
        }
        if let Some(first) = &self.first_shared {
            findings.add(&codes::VHDX_BLOCKS_SHARED, place, &[("count", &self.shared), ("first", first)]);
        }
    }
}
