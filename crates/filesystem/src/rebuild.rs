//! Directories whose inodes are lost, put together again from their blocks.
//!
//! A directory's first block begins with the entries `.` and `..`, which name the directory itself and the one above
//! it (kernel documentation, "Directory Entries"). Its further blocks say nothing of the sort; but every block holds a
//! checksum that starts from one of the inode's number and generation ("Checksums"). A CRC can be run backwards, so
//! the first block gives away that start value, and the others are those from which the same one comes out.
//!
//! Only blocks that the bitmaps call in use and that belong to no known inode are looked at: what lost inodes had.
//!
//! Not found: blocks after the first one where blocks have no checksums; directories in their inodes (inline data).

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{Entry, Fields, Findings, Kind, Place, ReadError, codes::filesystem as codes};

use crate::bitmap::Bitmap;
use crate::directory::FirstNames;
use crate::inode::Inode;
use crate::mapping::Mapping;
use crate::salvage::Known;
use crate::volume::Volume;
use crate::{directory, htree};

/// A directory whose inode is lost.
pub(crate) struct Rebuilt {
    /// Number and size; the rest of it is made up.
    pub(crate) inode: Inode,
    /// Sorted by name.
    pub(crate) entries: Rc<[Entry]>,
    /// What there is to tell about them.
    pub(crate) findings: Findings,
}

impl Rebuilt {
    /// A directory of which nothing is left.
    pub(crate) fn empty(volume: &Volume, number: u32) -> Self {
        let inode = Inode::of_lost_directory(number, 0, 0);
        Rebuilt::new(volume, inode, &[], Vec::new(), Findings::new())
    }

    /// A directory with these `entries`, found in `blocks`.
    fn new(volume: &Volume, inode: Inode, blocks: &[u64], entries: Vec<Entry>, mut findings: Findings) -> Self {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("blocks", &blocks.len()), ("names", &entries.len())];
        let is_whole = volume.has_checksums() && inode.seed != 0;
        let code = if is_whole { &codes::DIRECTORY_REBUILT } else { &codes::DIRECTORY_REBUILT_IN_PART };
        volume.report(&mut findings, code, &volume.inode_place(u64::from(inode.number)), &values);
        Rebuilt { inode, entries: entries.into(), findings }
    }
}

/// What blocks say of the directories they belong to.
#[derive(Default)]
struct Blocks {
    /// First blocks, by the number of their directory.
    first: BTreeMap<u32, First>,
    /// Blocks of entries by the start value of their checksum.
    by_seed: BTreeMap<u32, Vec<u64>>,
}

#[derive(Clone, Copy)]
struct First {
    block: u64,
    /// Number of the directory above.
    above: u32,
    /// Start value of the directory's checksums, where there are any and the block is whole.
    seed: Option<u32>,
}

/// All directories whose blocks are found and that are not among the `known` inodes, by number.
pub(crate) fn directories(
    volume: &Volume,
    known: &[Known],
    findings: &mut Findings,
) -> Result<BTreeMap<u32, Rc<Rebuilt>>, ReadError> {
    let Some(claimed) = claimed(volume, known, findings)? else { return Ok(BTreeMap::new()) };
    let mut blocks = Blocks::default();
    let mut budget = volume.limits.bytes.checked_div(volume.block_size()).unwrap_or(0);
    for (first, count) in unclaimed(volume, &claimed) {
        let now = count.min(budget);
        budget = budget.saturating_sub(now);
        volume.for_each_block(first, now, &mut |number, block| match block {
            Ok(block) => {
                blocks.look_at(volume, known, number, block);
                Ok(())
            }
            Err(error) if error.is_cancelled() => Err(error),
            Err(_) => Ok(()),
        })?;
        if now < count {
            let reason = format!("lost directories were looked for in {} bytes only", volume.limits.bytes);
            findings.add_failure(&ReadError::over_limit(&volume.place, reason));
            break;
        }
    }
    blocks.first.iter().map(|(number, first)| Ok((*number, Rc::new(blocks.rebuild(volume, *number, first)?)))).collect()
}

/// The blocks that known inodes and the inode tables lie in; `None` when they are too many to keep count of.
fn claimed(volume: &Volume, known: &[Known], findings: &mut Findings) -> Result<Option<Bitmap>, ReadError> {
    let superblock = &volume.superblock;
    let Some(mut claimed) = Bitmap::new(superblock.blocks, &volume.limits) else {
        let reason = format!("{} blocks are too many to look for lost directories in them", superblock.blocks);
        findings.add_failure(&ReadError::over_limit(&volume.place, reason));
        return Ok(None);
    };
    let table = u64::from(superblock.inodes_per_group)
        .saturating_mul(u64::from(superblock.inode_size))
        .div_ceil(volume.block_size());
    for group in volume.groups.iter().flatten() {
        claimed.set(group.inode_table, table);
    }
    // The journal is full of old copies of directories.
    for number in (1..superblock.first_inode.min(64)).chain(known.iter().map(|known| known.number)) {
        let mut untold = Findings::new();
        let inode = match Inode::read(volume, u64::from(number), &mut untold) {
            Ok(inode) => inode,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => continue,
        };
        if inode.has_blocks() && inode.is_usable(volume) {
            let mapping = match Mapping::of(volume, &inode, &mut untold) {
                Ok(mapping) => mapping,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => continue,
            };
            for (first, length) in mapping.runs().iter().filter_map(|run| Some((run.physical?, run.length))) {
                claimed.set(first, u64::from(length));
            }
        }
    }
    Ok(Some(claimed))
}

/// Runs of blocks in use, by the bitmaps, that are not in `claimed`.
fn unclaimed<'a>(volume: &'a Volume, claimed: &'a Bitmap) -> impl Iterator<Item = (u64, u64)> + 'a {
    let superblock = &volume.superblock;
    let cluster = u64::from(superblock.cluster_blocks);
    let groups = (0..).zip(volume.groups.iter()).filter_map(|(number, group)| Some((number, group?.block_bitmap?)));
    groups.flat_map(move |(number, bitmap)| {
        let first = superblock.first_block_of_group(number);
        let end = superblock.first_block_of_group(number.saturating_add(1)).min(superblock.blocks);
        // A bitmap that cannot be read says nothing: its group is searched whole.
        let bitmap = volume.block(bitmap).ok();
        let is_wanted = move |block: u64| {
            let bit = block.saturating_sub(first).checked_div(cluster).unwrap_or(0);
            let byte = |bitmap: &[u8]| bitmap.get(usize::try_from(bit / 8).ok()?).copied();
            let is_used = bitmap.as_deref().and_then(byte).is_none_or(|byte| byte >> (bit % 8) & 1 == 1);
            is_used && !claimed.has(block)
        };
        let mut next = first;
        std::iter::from_fn(move || {
            let start = (next..end).find(|block| is_wanted(*block))?;
            let after = (start..end).find(|block| !is_wanted(*block)).unwrap_or(end);
            next = after;
            Some((start, after.saturating_sub(start)))
        })
    })
}

impl Blocks {
    /// Notes what a block says, if it is one of a directory.
    fn look_at(&mut self, volume: &Volume, known: &[Known], number: u64, block: &[u8]) {
        let place = Place::default();
        let fields = Fields::new("directory block", &place, block);
        let is_known = |inode: u32| known.binary_search_by_key(&inode, |known| known.number).ok();
        let has_checksums = volume.has_checksums();
        let names = directory::first_names(fields);
        let is_index = names.as_ref().is_some_and(|names| names.is_index);
        // An index keeps what stood at the end of the block before, so it must not be asked for as a leaf.
        let seed = if is_index { htree::seed(fields) } else { directory::leaf_seed(fields) };
        let seed = seed.ok().filter(|_| has_checksums);
        if let Some(FirstNames { own: inode, above, .. }) = names
            && (1..=volume.superblock.inodes).contains(&inode)
            && is_known(inode).is_none()
        {
            let first = First { block: number, above, seed };
            let is_directory = |inode: u32| {
                is_known(inode).and_then(|at| known.get(at)).is_some_and(|known| known.kind == Kind::Directory)
            };
            let other = self.first.entry(inode).or_insert(first);
            // Of two, that one is older whose parent is gone.
            if !is_directory(other.above) && is_directory(above) {
                *other = first;
            }
        } else if let Some(seed) = seed {
            self.by_seed.entry(seed).or_default().push(number);
        }
    }

    /// Puts a directory together.
    fn rebuild(&self, volume: &Volume, number: u32, first: &First) -> Result<Rebuilt, ReadError> {
        let mut findings = Findings::new();
        let mut blocks = vec![first.block];
        blocks.extend(first.seed.and_then(|seed| self.by_seed.get(&seed)).into_iter().flatten());
        let size = (blocks.len() as u64).saturating_mul(volume.block_size());
        let inode = Inode::of_lost_directory(number, first.seed.unwrap_or(0), size);
        let entries = directory::in_blocks(volume, &inode, &blocks, &mut findings)?.entries;
        Ok(Rebuilt::new(volume, inode, &blocks, entries, findings))
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests;
