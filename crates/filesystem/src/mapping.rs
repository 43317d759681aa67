//! Which blocks of the disk hold which blocks of a file, whether an extent tree or a block map says so.

use std::collections::BTreeSet;
use std::ops::Range;

use careen_evidence::{Findings, ReadError, codes::filesystem as codes};

use crate::inode::{Inode, flags};
use crate::volume::Volume;
use crate::{block_map, extents};

/// Blocks a file can have at most; logical block numbers have 32 bits.
pub(crate) const MAX_BLOCKS: u64 = 1 << 32;

/// Neighboring blocks of a file that are neighbors on the disk as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// First block within the file.
    pub(crate) logical: u32,
    /// Number of blocks.
    pub(crate) length: u32,
    /// First block on the disk; `None` for blocks that are allocated but were never written and read as zeros.
    pub(crate) physical: Option<u64>,
}

impl Run {
    /// First block of the file after the run.
    pub(crate) fn end(&self) -> u64 {
        u64::from(self.logical).saturating_add(u64::from(self.length))
    }
}

/// A range of a file whose place on the disk is not known.
#[derive(Clone, Debug)]
struct Gap {
    /// First block within the file.
    start: u64,
    /// First block after the range.
    end: u64,
    /// Why.
    error: ReadError,
}

/// All runs of a file in order. Blocks in no run are holes, unless a gap covers them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    runs: Vec<Run>,
    gaps: Vec<Gap>,
}

impl Mapping {
    /// The mapping of an inode's content. Damage becomes findings and gaps.
    pub(crate) fn of(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<Self, ReadError> {
        let mut builder = Builder {
            volume,
            inode,
            findings,
            mapping: Mapping::default(),
            visited: BTreeSet::new(),
            end: inode.size.div_ceil(volume.block_size()).min(MAX_BLOCKS),
        };
        if inode.has_flag(flags::EXTENTS) {
            extents::map(&mut builder)?;
        } else {
            block_map::map(&mut builder)?;
        }
        builder.doubt_size();
        let mut mapping = builder.mapping;
        if let Some(fast) = volume.fast() {
            let blocks = volume.superblock.blocks;
            let is_inside = |first: u64, length: u64| first > 0 && first.saturating_add(length) <= blocks;
            mapping.runs = fast.runs(inode.number, std::mem::take(&mut mapping.runs), is_inside);
        }
        mapping.order_gaps();
        Ok(mapping)
    }

    /// Sorts the gaps and joins those that overlap, the error of the first standing for all of them.
    fn order_gaps(&mut self) {
        self.gaps.sort_by_key(|gap| gap.start);
        self.gaps.dedup_by(|later, first| {
            let is_joined = later.start <= first.end;
            if is_joined {
                first.end = first.end.max(later.end);
            }
            is_joined
        });
    }

    /// The runs in order.
    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Whether parts of the file are missing from the mapping because of damage.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.gaps.is_empty()
    }

    /// The runs from the one that holds block `logical`, or from the first after it.
    pub(crate) fn runs_from(&self, logical: u64) -> &[Run] {
        let first = self.runs.partition_point(|run| run.end() <= logical);
        self.runs.get(first..).unwrap_or(&[])
    }

    /// The first blocks from `logical` on that are not known to be zeros: written ones, side by side, or a gap.
    pub(crate) fn data_from(&self, logical: u64) -> Option<Range<u64>> {
        let mut runs = self.runs_from(logical).iter().filter(|run| run.physical.is_some());
        let written = runs.next().map(|first| {
            let start = u64::from(first.logical).max(logical);
            runs.try_fold(
                first.end(),
                |end, next| if u64::from(next.logical) == end { Ok(next.end()) } else { Err(end) },
            )
            .map_or_else(|end| start..end, |end| start..end)
        });
        let first = self.gaps.partition_point(|gap| gap.end <= logical);
        let gap = self.gaps.get(first).map(|gap| gap.start.max(logical)..gap.end);
        match (written, gap) {
            (Some(written), Some(gap)) if gap.start < written.start => Some(gap),
            (written, gap) => written.or(gap),
        }
    }

    /// The error that covers a block of the range `start..end`, if one does.
    pub(crate) fn gap_in(&self, start: u64, end: u64) -> Option<&ReadError> {
        let first = self.gaps.partition_point(|gap| gap.end <= start);
        self.gaps.get(first).filter(|gap| gap.start < end).map(|gap| &gap.error)
    }
}

/// Puts a mapping together, run by run in logical order.
pub(crate) struct Builder<'a> {
    pub(crate) volume: &'a Volume,
    pub(crate) inode: &'a Inode,
    pub(crate) findings: &'a mut Findings,
    mapping: Mapping,
    /// Blocks of the tree that were read, so that none is read twice however they point at each other.
    visited: BTreeSet<u64>,
    /// First block that lies behind the end of the content.
    pub(crate) end: u64,
}

impl Builder<'_> {
    /// Adds a run behind the last one; it is joined to that where both are one piece.
    pub(crate) fn push(&mut self, run: Run) {
        if let Some(last) = self.mapping.runs.last_mut() {
            let continues = match (last.physical, run.physical) {
                (Some(before), Some(now)) => before.checked_add(u64::from(last.length)) == Some(now),
                (None, None) => true,
                _ => false,
            };
            if continues
                && last.end() == u64::from(run.logical)
                && let Some(length) = last.length.checked_add(run.length)
            {
                last.length = length;
                return;
            }
        }
        if self.mapping.runs.len() as u64 >= self.volume.limits.entries {
            let place = self.volume.inode_place(u64::from(self.inode.number));
            let reason = format!("its content lies in more than {} pieces", self.volume.limits.entries);
            self.push_gap(u64::from(run.logical), MAX_BLOCKS, ReadError::over_limit(&place, reason));
            return;
        }
        self.mapping.runs.push(run);
    }

    /// Marks a range as not readable, with a finding.
    pub(crate) fn push_gap(&mut self, start: u64, end: u64, error: ReadError) {
        // What lies behind the end of the content is missed by nobody.
        if start < self.end || end == u64::MAX {
            self.volume.report_error(self.findings, &codes::BLOCK_MAPPING, &error);
        }
        let is_full = self.mapping.gaps.len() as u64 >= self.volume.limits.entries;
        match self.mapping.gaps.last_mut() {
            // Damaged block maps yield a gap for each block, side by side. When there are too many others, what lies
            // between two of them counts as damaged, too.
            Some(last) if is_full || (last.start <= start && start <= last.end) => {
                if start > last.end || end < last.start {
                    let reason = format!("more than {} parts of it are damaged", self.volume.limits.entries);
                    let error = ReadError::over_limit(&error.place, reason);
                    self.findings.add_failure(&error);
                }
                last.start = last.start.min(start);
                last.end = last.end.max(end);
            }
            _ => self.mapping.gaps.push(Gap { start, end, error }),
        }
    }

    /// Makes the hole at the end of the content a gap where the size that claims it cannot be believed: no file can be
    /// so large, or the inode is damaged and would be larger than the whole filesystem. Otherwise one wrong bit
    /// would be read as terabytes of zeros.
    fn doubt_size(&mut self) {
        let size = self.inode.size;
        let claimed = size.div_ceil(self.volume.block_size());
        let present = self.next_logical();
        let hole = claimed.saturating_sub(present);
        let is_doubtful = claimed > MAX_BLOCKS || (!self.inode.is_credible && hole > self.volume.superblock.blocks);
        if is_doubtful {
            let error = self.corrupt(format_args!("inode: i_size is {size}, but its blocks end with block {present}"));
            self.push_gap(present, u64::MAX, error);
        }
    }

    /// First block that no run covers yet.
    pub(crate) fn next_logical(&self) -> u64 {
        self.mapping.runs.last().map_or(0, Run::end)
    }

    /// Notes that a block of the tree is read now; an error when it was read before.
    pub(crate) fn visit(&mut self, block: u64) -> Result<(), ReadError> {
        if self.visited.insert(block) {
            Ok(())
        } else {
            Err(self.corrupt(format_args!("block {block} is used twice in the tree of its blocks")))
        }
    }

    /// Whether a run of blocks lies within the filesystem; block 0 is never part of a file.
    pub(crate) fn check_run(&self, physical: u64, length: u64) -> Result<(), ReadError> {
        let blocks = self.volume.superblock.blocks;
        if physical > 0 && physical.checked_add(length).is_some_and(|end| end <= blocks) {
            Ok(())
        } else {
            Err(self.corrupt(format_args!(
                "its content is said to lie in {length} blocks from block {physical}, the filesystem has {blocks}"
            )))
        }
    }

    /// An error at this inode.
    pub(crate) fn corrupt(&self, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(&self.volume.inode_place(u64::from(self.inode.number)), what)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use std::rc::Rc;

    use careen_evidence::{Limits, Place};

    use super::*;
    use crate::test_image::{REGULAR, TestImage, names};

    /// Start and end of the gaps of inode 12, whose block map has numbers beyond the disk for blocks 0, 1, 3 and all
    /// of 12 to 267.
    fn gaps(limits: Limits) -> (Mapping, Vec<(u64, u64)>, Findings) {
        let mut image = TestImage::new();
        let map = [9999_u32, 9999, 100, 9999, 0, 0, 0, 0, 0, 0, 0, 0, 50].map(u32::to_le_bytes).concat();
        image.inode(12, REGULAR, 300 * 1024, 0, &map);
        image.block(50, &[0xff; 1024]);
        let mut findings = Findings::new();
        let volume = Volume::open(Rc::new(image.bytes), &Place::new("disk"), &limits, &mut findings).unwrap();
        let inode = Inode::read(&volume, 12, &mut findings).unwrap();
        let mapping = Mapping::of(&volume, &inode, &mut findings).unwrap();
        let gaps = mapping.gaps.iter().map(|gap| (gap.start, gap.end)).collect();
        (mapping, gaps, findings)
    }

    #[test]
    fn gaps_side_by_side_are_one() {
        let (mapping, gaps, findings) = gaps(Limits { entries: 3, ..Limits::default() });
        assert_eq!((gaps, names(&findings)), (vec![(0, 2), (3, 4), (12, 268)], vec!["ext4-block-mapping"]));
        assert!(mapping.gap_in(2, 3).is_none() && mapping.gap_in(267, 268).is_some());
    }

    #[test]
    fn too_many_gaps_are_joined_over_what_lies_between_them() {
        let (mapping, gaps, findings) = gaps(Limits { entries: 2, ..Limits::default() });
        assert_eq!((gaps, names(&findings)), (vec![(0, 2), (3, 268)], vec!["ext4-block-mapping", "limit-reached"]));
        assert!(mapping.gap_in(2, 3).is_none() && mapping.gap_in(7, 8).is_some());
    }
}
