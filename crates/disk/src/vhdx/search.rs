//! What can be concluded when a table that would say so is gone.

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Place, ReadError};

use super::HEADER_SECTION;
use super::metadata::{self, MAX_BLOCK, MAX_DISK, MIN_BLOCK};
use super::region::{Region, Regions};

/// Regions begin at whole units (2.2.3.2), and all writers put them at the beginning of the file.
const UNIT: u64 = 1 << 20;
const SEARCHED: u64 = 64 << 20;
/// Bytes by which a block allocation table is told from other data.
const SAMPLE: u64 = 64 << 10;
/// Most of a table that is looked through: that of a 2 TiB disk with the smallest blocks.
const MOST: u64 = 16 << 20;

/// The regions by their contents: the metadata by its signature, the table by entries that all could be true, of which
/// the one that begins with the most blocks counts. `None` when either is not found.
pub(super) fn regions(file: &dyn ByteSource) -> Option<Regions> {
    let mut found: (Option<u64>, Option<(usize, u64)>) = (None, None);
    let mut offset = HEADER_SECTION;
    while offset < SEARCHED.min(file.len()) {
        let sample = read(file, offset, SAMPLE).ok()?;
        if sample.starts_with(metadata::SIGNATURE) {
            found.0 = found.0.or(Some(offset));
        } else if let Some(blocks) = blocks(&sample)
            && blocks.len() > found.1.map_or(0, |(most, _)| most)
        {
            found.1 = Some((blocks.len(), offset));
        }
        offset = offset.saturating_add(UNIT);
    }
    let (metadata, (_, bat)) = (found.0?, found.1?);
    // The table ends where the next thing begins, or where something else than entries does.
    let mut end = bat.saturating_add(MOST).min(file.len());
    if metadata > bat {
        end = end.min(metadata);
    }
    let mut at = bat;
    while at < end {
        let Some(blocks) = blocks(&read(file, at, SAMPLE).ok()?) else { break };
        end = blocks.into_iter().filter(|block| *block > bat).fold(end, u64::min);
        at = at.saturating_add(SAMPLE);
    }
    let length = at.min(end).saturating_sub(bat);
    Some(Regions { bat: Region { offset: bat, length }, metadata: Region { offset: metadata, length: UNIT } })
}

/// The block size, from how far apart the blocks of the table lie: blocks that follow each other without a gap, as
/// they do where a disk was filled, are as far apart as they are long.
pub(super) fn block_size(file: &dyn ByteSource, bat: &Region) -> Option<NonZeroU64> {
    let bytes = read(file, bat.offset, bat.length.min(MOST)).ok()?;
    let mut starts = blocks(&bytes).filter(|starts| !starts.is_empty())?;
    starts.push(file.len());
    starts.sort_unstable();
    let gaps = starts.windows(2).map(|pair| pair.iter().rev().copied().reduce(u64::saturating_sub).unwrap_or(0));
    let least = gaps.min()?;
    // The greatest power of two that fits.
    let size = 1_u64.checked_shl(least.checked_ilog2()?)?;
    NonZeroU64::new(size.min(MAX_BLOCK)).filter(|_| size >= MIN_BLOCK)
}

/// Places of the blocks in these bytes of a table, also those beyond the end of a cut file; `None` when an entry
/// cannot be one.
fn blocks(table: &[u8]) -> Option<Vec<u64>> {
    let mut places = Vec::new();
    for entry in table.chunks_exact(8) {
        let entry = entry.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
        let (state, reserved, place) = (entry & 7, entry >> 3 & 0x1_FFFF, entry & !0xF_FFFF);
        match state {
            0..=3 if reserved == 0 => {}
            6 | 7 if reserved == 0 && (HEADER_SECTION..MAX_DISK).contains(&place) => places.push(place),
            _ => return None,
        }
    }
    Some(places)
}

fn read(file: &dyn ByteSource, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
    let length = file.len().saturating_sub(offset).min(length);
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| ReadError::over_limit(&Place::default(), "table"))?];
    file.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}
