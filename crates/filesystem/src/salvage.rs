//! Files and directories to which no name leads any more.
//!
//! When a directory lost names, or a directory's inode is damaged, what lay in it is still in the inode tables.
//! As `e2fsck` does in its second to fourth pass, all inodes and all directories are read once; then, other than
//! there, directories whose inodes are lost are put together again from their blocks (see
//! [`rebuild`](crate::rebuild)). Whatever is still nameless gets the name `#inode`. None of this is done on a
//! filesystem without such damage.
//!
//! Not shown: inodes whose checksum is wrong and to which no name leads, and deleted files.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{Entry, Findings, Kind, NodeId, ReadError, codes::filesystem as codes};

use crate::inode::{Inode, ROOT};
use crate::rebuild::{self, Rebuilt};
use crate::volume::Volume;
use crate::{directory, scan};

/// An inode that can be relied on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    /// Whether its checksum proves it, or there are no checksums: it may be shown though no name leads to it.
    is_proven: bool,
    /// Whether a directory names it.
    is_named: bool,
    /// Whether a fast commit took a name from it: without another one it is deleted.
    is_deleted: bool,
}

/// What was found.
pub(crate) struct Salvage {
    /// Directories whose inodes are lost, by their numbers.
    pub(crate) directories: BTreeMap<u32, Rc<Rebuilt>>,
    /// What no name leads to, with a name made from its number.
    pub(crate) strays: Rc<[Entry]>,
    /// What there is to tell about the strays.
    pub(crate) findings: Findings,
}

impl Salvage {
    /// Searches the whole filesystem. The only error is cancellation.
    pub(crate) fn search(volume: &Volume) -> Result<Self, ReadError> {
        let mut findings = Findings::new();
        let mut census = Census::take(volume, &mut findings)?;
        census.read_directories(volume)?;
        let mut directories = BTreeMap::new();
        if census.has_lost_directories {
            directories = rebuild::directories(volume, &census.known, &mut findings)?;
            for (number, rebuilt) in &directories {
                census.note(volume, *number, &rebuilt.entries);
            }
        }
        let strays = census.strays(&directories);
        if census.position(ROOT).is_none() && !directories.contains_key(&ROOT) && !strays.is_empty() {
            // The strays have to hang on something.
            directories.insert(ROOT, Rc::new(Rebuilt::empty(volume, ROOT)));
        }
        if !strays.is_empty() {
            let place = volume.place.then("lost+found");
            volume.report(&mut findings, &codes::STRAYS, &place, &[("count", &strays.len())]);
        }
        Ok(Salvage { directories, strays: strays.into(), findings })
    }
}

/// All inodes in use, and which directory leads to which other.
#[derive(Default)]
struct Census {
    /// In the order of their numbers.
    known: Vec<Known>,
    /// Numbers of a directory and of one named in it.
    edges: BTreeSet<(u32, u32)>,
    /// Whether a name leads to a directory that is not among those known.
    has_lost_directories: bool,
    /// Directories named somewhere that are not among those known.
    lost_and_named: BTreeSet<u32>,
}

impl Census {
    /// Reads all inode tables.
    fn take(volume: &Volume, findings: &mut Findings) -> Result<Self, ReadError> {
        let mut census = Census::default();
        let most = volume.limits.entries;
        let mut left_out = 0_u64;
        let has_checksums = volume.has_checksums();
        // What is wrong with an inode is told where a name leads to it, lost names where the directory is listed.
        let mut untold = Findings::new();
        scan::inodes(volume, &mut untold, &mut |inode| {
            if !inode.is_usable(volume) {
                return Ok(());
            }
            if census.known.len() as u64 >= most {
                left_out = left_out.saturating_add(1);
                return Ok(());
            }
            let is_deleted = volume.fast().is_some_and(|fast| fast.is_unlinked(inode.number));
            let is_proven = inode.is_credible || !has_checksums;
            census.known.push(Known { number: inode.number, kind: inode.kind, is_proven, is_named: false, is_deleted });
            Ok(())
        })?;
        if left_out > 0 {
            let reason = format!("more than {most} inodes are in use, {left_out} of them were not looked at");
            findings.add_failure(&ReadError::over_limit(&volume.place, reason));
        }
        census.has_lost_directories = census.position(ROOT).is_none();
        Ok(census)
    }

    fn position(&self, number: u32) -> Option<usize> {
        self.known.binary_search_by_key(&number, |known| known.number).ok()
    }

    /// Reads all directories. What is wrong with one of them is told when it is listed.
    fn read_directories(&mut self, volume: &Volume) -> Result<(), ReadError> {
        let directories = self.known.iter().filter(|known| known.kind == Kind::Directory);
        let numbers: Vec<u32> = directories.map(|known| known.number).collect();
        for number in numbers {
            let mut untold = Findings::new();
            let inode = Inode::read(volume, u64::from(number), &mut untold);
            match inode.and_then(|inode| directory::list(volume, &inode, &mut untold)) {
                Ok(names) => self.note(volume, number, &names.entries),
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Notes what a directory names.
    fn note(&mut self, volume: &Volume, directory: u32, entries: &[Entry]) {
        for entry in entries {
            let Ok(number) = u32::try_from(entry.node.0) else { continue };
            let position = self.position(number);
            let known = position.and_then(|position| self.known.get_mut(position));
            let is_directory = match known {
                Some(known) => {
                    known.is_named = true;
                    known.kind == Kind::Directory
                }
                None if entry.kind == Some(Kind::Directory) => {
                    self.has_lost_directories = true;
                    self.lost_and_named.insert(number);
                    true
                }
                None => false,
            };
            if is_directory && (self.edges.len() as u64) < volume.limits.entries {
                self.edges.insert((directory, number));
            }
        }
    }

    /// What no name leads to, or what only leads to itself; `rebuilt` are directories that are not among those known.
    fn strays(&self, rebuilt: &BTreeMap<u32, Rc<Rebuilt>>) -> Vec<Entry> {
        let mut reached = BTreeSet::new();
        self.reach(ROOT, &mut reached);
        let mut strays = Vec::new();
        let nameless = self
            .known
            .iter()
            .filter(|known| !known.is_named && known.number != ROOT && known.is_proven && !known.is_deleted);
        let nameless_rebuilt =
            rebuilt.keys().filter(|number| !self.lost_and_named.contains(number) && **number != ROOT);
        let mut add = |number: u32, kind: Kind, reached: &mut BTreeSet<u32>| {
            if kind == Kind::Directory {
                self.reach(number, reached);
            }
            let name = format!("#{number}").into_bytes();
            strays.push(Entry { name, node: NodeId(u64::from(number)), kind: Some(kind) });
        };
        for known in nameless {
            add(known.number, known.kind, &mut reached);
        }
        for number in nameless_rebuilt {
            add(*number, Kind::Directory, &mut reached);
        }
        // What is left are directories that contain each other, and damaged ones.
        for known in self.known.iter().filter(|known| known.kind == Kind::Directory && known.is_proven) {
            if !reached.contains(&known.number) {
                add(known.number, Kind::Directory, &mut reached);
            }
        }
        strays.sort_by(|a, b| a.name.cmp(&b.name));
        strays
    }

    /// Adds the directories that can be reached from this one.
    fn reach(&self, from: u32, reached: &mut BTreeSet<u32>) {
        let mut ahead = vec![from];
        while let Some(number) = ahead.pop() {
            if reached.insert(number) {
                ahead.extend(self.edges.range((number, 0)..=(number, u32::MAX)).map(|(_, child)| *child));
            }
        }
    }
}
