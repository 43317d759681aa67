//! What fills a disk: every block in use put to whom it belongs, each once.
//!
//! Files are counted by their blocks (`st_blocks`), a file with several names where it is met first. What the filesystem
//! takes for itself, and files without a name, are added, so that the parts add up to what it says is in use.

mod areas;
mod owners;
mod prune;

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, ReadError, Visit, walk};
use careen_filesystem::{Ext4, Overhead, Shared};
use careen_model::{Area, AreaKind, Compaction, FilesystemSpace, Space, Stage};

use crate::session::About;
use crate::{Observer, Session};
use owners::{Owner, Owners};

/// Objects walked between two reports of progress.
const REPORT_EVERY: u64 = 4096;

/// Bytes and objects of one owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Taken {
    bytes: u64,
    files: u64,
}

impl Taken {
    fn add(&mut self, other: Taken) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.files = self.files.saturating_add(other.files);
    }
}

/// What each owner takes in one filesystem.
type ByOwner = BTreeMap<Owner, Taken>;

impl Session {
    /// Walks every filesystem and adds up what takes its space. What cannot be read is a finding and is missing from the
    /// sum. An error only when cancelled.
    pub fn space(&mut self, observer: Observer<'_>) -> Result<Space, ReadError> {
        let mut findings = Findings::new();
        let mut space = Space::default();
        let mut all = ByOwner::new();
        for index in 0..self.filesystems.len() {
            let Some(open) = self.filesystems.get(index) else { break };
            let tree = Rc::clone(&open.tree);
            let ext4 = match &open.about {
                About::Ext4(ext4) => Some(Rc::clone(ext4)),
                About::Copy(_) => None,
            };
            let summary = open.summary();
            let owners = self.owners(index, &mut findings);
            let mut taken = self.walk_space(&*tree, ext4.as_deref(), &owners, observer, &mut findings)?;
            let mut overhead = None;
            if let Some(ext4) = &ext4 {
                let usage = ext4.usage(&mut findings)?;
                let named = taken.values().fold(0_u64, |sum, taken| sum.saturating_add(taken.bytes));
                let nameless = usage.files.saturating_sub(named);
                taken.insert(Owner::Nameless, Taken { bytes: nameless, files: 0 });
                overhead = Some(usage.overhead);
            }
            let mut area = areas::of_filesystem(self, index, &taken);
            area.name = format!("fs:{}", summary.id);
            area.areas.extend(overhead.map(of_itself));
            areas::settle(&mut area);
            for (owner, taken) in taken {
                all.entry(owner).or_default().add(taken);
            }
            space.filesystems.push(FilesystemSpace {
                id: summary.id,
                size: summary.size,
                used: summary.used,
                counted: area.bytes,
                area,
            });
        }
        space.images = areas::of_images(self, &all);
        space.prune = prune::prune(self, &all);
        space.compaction = self.compaction(&mut findings)?;
        self.absorb(findings);
        Ok(space)
    }

    fn walk_space(
        &self,
        tree: &dyn FileTree,
        ext4: Option<&Ext4>,
        owners: &Owners,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<ByOwner, ReadError> {
        let mut taken = ByOwner::new();
        let mut snapshots: BTreeMap<Owner, Owner> = BTreeMap::new();
        let (mut shared, mut seen, mut met) = (Shared::default(), HashSet::new(), 0_u64);
        // Owners of the directories that were entered, with the length of their paths.
        let mut above: Vec<(usize, Owner)> = Vec::new();
        let place = tree.place(tree.root());
        walk(tree, &self.options.limits, &self.options.cancel, findings, &mut |object, findings| {
            met = met.saturating_add(1);
            if met.is_multiple_of(REPORT_EVERY) {
                observer(self.progress(Stage::Files, place.as_str(), met, None));
            }
            while above.last().is_some_and(|(length, _)| !is_below(object.path, *length)) {
                above.pop();
            }
            let inherited = above.last().map(|(_, owner)| owner);
            let owner = owners.of(object.path, object.node, inherited);
            if let Some(snapshot @ Owner::Snapshot(..)) = inherited
                && *snapshot != owner
            {
                // The directory around the files belongs to whom they do.
                snapshots.insert(snapshot.clone(), owner.clone());
            }
            if object.stat.kind == Kind::Directory {
                let length = if object.path == b"/" { 0 } else { object.path.len() };
                above.push((length, owner.clone()));
            }
            let is_first = object.stat.kind == Kind::Directory || object.stat.nlink < 2 || seen.insert(object.node);
            let bytes = match ext4 {
                _ if !is_first => 0,
                None if object.stat.kind == Kind::File => object.stat.size,
                None => 0,
                Some(ext4) => match ext4.allocated(object.node) {
                    Ok(allocated) => shared.add(allocated, ext4.block_size()),
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => {
                        findings.add_failure(&error);
                        0
                    }
                },
            };
            taken.entry(owner).or_default().add(Taken { bytes, files: 1 });
            Ok(Visit::Enter)
        })?;
        for (snapshot, owner) in snapshots {
            if let Some(around) = taken.remove(&snapshot) {
                taken.entry(owner).or_default().add(around);
            }
        }
        Ok(taken)
    }

    /// Looks for blocks of the disk file that hold free space alone.
    fn compaction(&self, findings: &mut Findings) -> Result<Option<Compaction>, ReadError> {
        let Some(pieces) = &self.pieces else { return Ok(None) };
        let mut found = Compaction { block_size: pieces.size(), stored: 0, free: 0, bytes: 0 };
        for number in 0..pieces.count() {
            self.options.cancel.check()?;
            match pieces.is_stored(number) {
                Ok(true) => {}
                Ok(false) => continue,
                // A table that cannot be read was told when the disk was opened.
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => continue,
            }
            found.stored = found.stored.saturating_add(1);
            let start = number.saturating_mul(pieces.size());
            match self.is_free(start, pieces.size()) {
                Ok(true) => found.free = found.free.saturating_add(1),
                Ok(false) => {}
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => findings.add_failure(&error),
            }
        }
        found.bytes = found.free.saturating_mul(found.block_size);
        Ok(Some(found))
    }

    /// Whether bytes of the disk lie in one filesystem and are free there.
    fn is_free(&self, start: u64, length: u64) -> Result<bool, ReadError> {
        let end = start.saturating_add(length);
        for open in &self.filesystems {
            let (About::Ext4(ext4), Some(size)) = (&open.about, open.summary().size) else { continue };
            let last = open.start.saturating_add(size);
            if start < open.start || start >= last {
                continue;
            }
            let block = ext4.block_size();
            let first = start.saturating_sub(open.start).checked_div(block).unwrap_or(0);
            let after = end.min(last).saturating_sub(open.start).div_ceil(block);
            // What lies behind a filesystem may belong to another partition.
            let is_all = end <= last || self.filesystems.len() == 1;
            return Ok(is_all && ext4.is_free(first, after.saturating_sub(first))?);
        }
        Ok(false)
    }
}

/// Whether a path is that of a directory with this many bytes, or below it.
fn is_below(path: &[u8], length: usize) -> bool {
    length == 0 || path.get(length) == Some(&b'/')
}

fn of_itself(overhead: Overhead) -> Area {
    let part = |kind, bytes| areas::area(kind, "", None, Taken { bytes, files: 0 });
    let mut area = areas::area(AreaKind::Overhead, "", None, Taken::default());
    area.areas = vec![
        part(AreaKind::Superblocks, overhead.superblocks),
        part(AreaKind::Bitmaps, overhead.bitmaps),
        part(AreaKind::InodeTables, overhead.inode_tables),
        part(AreaKind::Journal, overhead.journal),
        part(AreaKind::Reserved, overhead.reserved),
    ];
    area
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_below_its_directories() {
        assert!(is_below(b"/a/b", 2) && is_below(b"/a", 0) && !is_below(b"/ab", 2) && !is_below(b"/a", 2));
    }
}
