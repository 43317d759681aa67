//! What the journal's fast commits change: inodes, where files lie, and names in directories.
//!
//! Behavior of the kernel's replay (`ext4_fc_replay` in `fs/ext4/fast_commit.c`): an inode's record is taken over except for
//! `i_block` of files with extents, whose extents are changed range by range; names are put into directories and taken out of
//! them. The kernel writes all of it to the disk; here it is laid over what is read of the disk.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Entry, NodeId};

use crate::extents;
use crate::inode::flags;
use crate::mapping::Run;

/// Where `i_block` and what follows it stand in an inode's record.
const I_BLOCK: usize = 0x28;
const I_GENERATION: usize = 0x64;
const I_FLAGS: usize = 0x20;

/// One record of a fast commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Blocks of a file lie here now.
    Map { inode: u32, logical: u32, length: u32, physical: u64, is_written: bool },
    /// Blocks of a file are a hole now.
    Unmap { inode: u32, logical: u32, length: u32 },
    /// A new object with its first name.
    Create { directory: u32, inode: u32, name: Vec<u8> },
    /// One name more.
    Link { directory: u32, inode: u32, name: Vec<u8> },
    /// One name less.
    Unlink { directory: u32, inode: u32, name: Vec<u8> },
    /// The record of an inode.
    Inode { inode: u32, record: Vec<u8> },
}

/// A change of where a file lies: first block and length within the file, and the new place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    logical: u32,
    length: u32,
    /// `None` for a hole; the place is `None` for blocks that were never written.
    run: Option<Option<u64>>,
}

/// What all fast commits together change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FastCommits {
    /// How many there are.
    pub(crate) count: u64,
    records: BTreeMap<u32, Vec<u8>>,
    ranges: BTreeMap<u32, Vec<Range>>,
    /// Directory → name → inode, or nothing where the name was taken out.
    names: BTreeMap<u32, BTreeMap<Vec<u8>, Option<u32>>>,
    /// What lost a name.
    unlinked: BTreeSet<u32>,
    /// What was made.
    created: BTreeSet<u32>,
}

impl FastCommits {
    /// Adds the changes of a whole fast commit.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) {
        self.count = self.count.saturating_add(1);
        for change in changes {
            match change {
                Change::Map { inode, logical, length, physical, is_written } => {
                    let run = Some(is_written.then_some(physical));
                    self.ranges.entry(inode).or_default().push(Range { logical, length, run });
                }
                Change::Unmap { inode, logical, length } => {
                    self.ranges.entry(inode).or_default().push(Range { logical, length, run: None });
                }
                Change::Create { directory, inode, name } => {
                    self.created.insert(inode);
                    self.names.entry(directory).or_default().insert(name, Some(inode));
                }
                Change::Link { directory, inode, name } => {
                    self.names.entry(directory).or_default().insert(name, Some(inode));
                }
                Change::Unlink { directory, inode, name } => {
                    self.unlinked.insert(inode);
                    self.names.entry(directory).or_default().insert(name, None);
                }
                Change::Inode { inode, record } => {
                    self.records.insert(inode, record);
                }
            }
        }
    }

    /// Whether an inode's record was changed: its checksum is that of a record nobody wrote.
    pub(crate) fn changes_record(&self, number: u32) -> bool {
        self.records.contains_key(&number)
    }

    /// Whether an inode lost a name, and may have none left.
    pub(crate) fn is_unlinked(&self, number: u32) -> bool {
        self.unlinked.contains(&number)
    }

    /// Whether an inode was made by a fast commit. A directory of this kind has no blocks of its own yet.
    pub(crate) fn is_created(&self, number: u32) -> bool {
        self.created.contains(&number)
    }

    /// The highest inode with a changed record among these numbers.
    pub(crate) fn last_within(&self, first: u32, last: u32) -> Option<u32> {
        if first > last {
            return None;
        }
        self.records.range(first..=last).next_back().map(|(number, _)| *number)
    }

    /// The record of an inode as it is after the fast commits; `None` when they do not change it.
    pub(crate) fn record(&self, number: u32, on_disk: &[u8]) -> Option<Vec<u8>> {
        let new = self.records.get(&number)?;
        let mut record = on_disk.to_vec();
        let flags = new.get(I_FLAGS..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word));
        let has_extents = flags & flags::EXTENTS != 0;
        // A short target of a link, a device number and inline data stand in `i_block`.
        let kept = if has_extents { I_BLOCK..I_GENERATION } else { 0..0 };
        for (at, (to, from)) in record.iter_mut().zip(new).enumerate() {
            if !kept.contains(&at) {
                *to = *from;
            }
        }
        if has_extents
            && let Some(block) = record.get_mut(kept)
            && !block.starts_with(&extents::MAGIC.to_le_bytes())
        {
            block.fill(0);
            // struct ext4_extent_header: eh_magic, eh_entries, eh_max.
            let header = [extents::MAGIC, 0, 4].map(u16::to_le_bytes);
            block.iter_mut().zip(header.as_flattened()).for_each(|(to, from)| *to = *from);
        }
        Some(record)
    }

    /// The runs of a file, in order, as they are after the fast commits; `is_inside` tells whether blocks lie within the
    /// filesystem. What does not is left as it was.
    pub(crate) fn runs(&self, number: u32, runs: Vec<Run>, is_inside: impl Fn(u64, u64) -> bool) -> Vec<Run> {
        let Some(changes) = self.ranges.get(&number) else { return runs };
        let mut by_start: BTreeMap<u64, Run> = runs.into_iter().map(|run| (u64::from(run.logical), run)).collect();
        for Range { logical, length, run } in changes {
            let place = run.flatten();
            if place.is_some_and(|physical| !is_inside(physical, u64::from(*length))) {
                continue;
            }
            let start = u64::from(*logical);
            let end = start.saturating_add(u64::from(*length));
            let before = by_start.range(..start).next_back().map(|(at, _)| *at);
            let within = by_start.range(start..end).map(|(at, _)| *at);
            let touched: Vec<u64> = before.into_iter().chain(within).collect();
            for at in touched {
                let Some(old) = by_start.remove(&at) else { continue };
                for part in [part(&old, at, old.end().min(start)), part(&old, end.max(at), old.end())] {
                    by_start.extend(part.map(|part| (u64::from(part.logical), part)));
                }
            }
            if let Some(physical) = run.filter(|_| *length > 0) {
                by_start.insert(start, Run { logical: *logical, length: *length, physical });
            }
        }
        by_start.into_values().collect()
    }

    /// The entries of a directory, sorted by name, as they are after the fast commits.
    pub(crate) fn entries(&self, directory: u32, entries: Vec<Entry>) -> Vec<Entry> {
        let Some(changes) = self.names.get(&directory) else { return entries };
        let mut by_name: BTreeMap<Vec<u8>, Entry> =
            entries.into_iter().map(|entry| (entry.name.clone(), entry)).collect();
        for (name, inode) in changes {
            match inode {
                Some(inode) => {
                    let entry = Entry { name: name.clone(), node: NodeId(u64::from(*inode)), kind: None };
                    by_name.insert(name.clone(), entry);
                }
                None => drop(by_name.remove(name)),
            }
        }
        by_name.into_values().filter(|entry| !entry.name.is_empty() && !entry.name.contains(&b'/')).collect()
    }
}

/// The blocks `start..end` of a run, if there are any.
fn part(run: &Run, start: u64, end: u64) -> Option<Run> {
    let skip = start.checked_sub(u64::from(run.logical))?;
    let length = u32::try_from(end.checked_sub(start)?).ok().filter(|length| *length > 0)?;
    let logical = u32::try_from(start).ok()?;
    Some(Run { logical, length, physical: run.physical.map(|physical| physical.saturating_add(skip)) })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    fn run(logical: u32, length: u32, physical: u64) -> Run {
        Run { logical, length, physical: Some(physical) }
    }

    fn after(changes: Vec<Change>, runs: Vec<Run>) -> Vec<Run> {
        let mut fast = FastCommits::default();
        fast.commit(changes);
        fast.runs(12, runs, |first, length| first + length <= 1000)
    }

    fn map(logical: u32, length: u32, physical: u64) -> Change {
        Change::Map { inode: 12, logical, length, physical, is_written: true }
    }

    #[test]
    fn ranges_take_the_place_of_what_lay_there() {
        let unmap = |logical, length| Change::Unmap { inode: 12, logical, length };
        let base = || vec![run(0, 10, 100), run(20, 5, 300)];
        assert_eq!(
            after(vec![map(4, 2, 500)], base()),
            [run(0, 4, 100), run(4, 2, 500), run(6, 4, 106), run(20, 5, 300)]
        );
        assert_eq!(after(vec![map(8, 14, 500)], base()), [run(0, 8, 100), run(8, 14, 500), run(22, 3, 302)]);
        assert_eq!(after(vec![unmap(5, u32::MAX)], base()), [run(0, 5, 100)]);
        assert_eq!(after(vec![unmap(0, 30), map(3, 1, 7)], base()), [run(3, 1, 7)]);
        // Outside of the filesystem.
        assert_eq!(after(vec![map(0, 10, 995)], base()), base());
        let unwritten = Change::Map { inode: 12, logical: 0, length: 3, physical: 5, is_written: false };
        assert_eq!(after(vec![unwritten], base())[0], Run { logical: 0, length: 3, physical: None });
    }

    #[test]
    fn names_come_and_go() {
        let entry = |name: &str, node| Entry { name: name.as_bytes().to_vec(), node: NodeId(node), kind: None };
        let mut fast = FastCommits::default();
        fast.commit(vec![
            Change::Create { directory: 2, inode: 20, name: b"b".to_vec() },
            Change::Unlink { directory: 2, inode: 11, name: b"a".to_vec() },
            Change::Link { directory: 2, inode: 13, name: b"a/".to_vec() },
        ]);
        fast.commit(vec![Change::Link { directory: 2, inode: 20, name: b"d".to_vec() }]);
        let entries = fast.entries(2, vec![entry("a", 11), entry("c", 12)]);
        assert_eq!(entries, [entry("b", 20), entry("c", 12), entry("d", 20)]);
        assert_eq!(fast.entries(3, vec![entry("a", 11)]), [entry("a", 11)]);
        assert!(fast.is_unlinked(11) && fast.is_created(20) && fast.count == 2);
    }

    #[test]
    fn a_record_keeps_its_extents() {
        let mut fast = FastCommits::default();
        let mut new = vec![9; 160];
        new[I_FLAGS..I_FLAGS + 4].copy_from_slice(&flags::EXTENTS.to_le_bytes());
        fast.commit(vec![Change::Inode { inode: 12, record: new.clone() }]);
        let mut old = vec![1; 256];
        old[I_BLOCK..I_BLOCK + 2].copy_from_slice(&extents::MAGIC.to_le_bytes());
        let record = fast.record(12, &old).unwrap();
        assert_eq!((record[0], record[I_BLOCK + 5], record[I_GENERATION], record[200]), (9, 1, 9, 1));
        // A new inode has an empty tree.
        let record = fast.record(12, &[1; 256]).unwrap();
        assert_eq!(record[I_BLOCK..I_BLOCK + 6], [0x0a, 0xf3, 0, 0, 4, 0]);
        // A link's target stands there.
        new[I_FLAGS..I_FLAGS + 4].fill(0);
        fast.commit(vec![Change::Inode { inode: 12, record: new }]);
        assert_eq!(fast.record(12, &old).unwrap()[I_BLOCK], 9);
        assert_eq!(fast.record(13, &old), None);
    }
}
