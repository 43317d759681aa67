//! Which layer a directory of snapshots was unpacked from, where the database that says so is lost: told by comparing the
//! directory with the packed layer.
//!
//! Unpacking (containerd 2, `pkg/archive/tar.go`) gives each object the kind, mode, owner, size and time that its header
//! has. A directory in which every object of a layer stands just so was unpacked from it, or from one that says the same.
//! What a container or a builder wrote has marks of the overlay instead (`trusted.overlay.origin`), and is none.
//!
//! Promised: a layer whose objects say nothing that others may not say too (no file, and no directory with a time)
//! recognizes nothing.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, Stat};

/// Most objects of one layer that are compared.
const MAX_COMPARED: usize = 4096;
/// The attribute that the overlay gives to what was copied up from below.
pub(super) const ORIGIN: &[u8] = b"trusted.overlay.origin";

/// What directories were unpacked from: chain ids by a directory's number. Several, where the same layer stands on
/// different ones.
pub(super) type Recognized = BTreeMap<u64, BTreeSet<String>>;

/// Whether `directory` of `tree` was unpacked from the layer with these files. With `is_all` they are all that the layer
/// has, else the first ones.
pub(super) fn is_unpacked_from(tree: &dyn FileTree, directory: NodeId, packed: &dyn FileTree, is_all: bool) -> bool {
    // What cannot be read is not the same.
    compare(tree, directory, packed, is_all, &mut Findings::new()).unwrap_or(false)
}

fn compare(
    tree: &dyn FileTree,
    directory: NodeId,
    packed: &dyn FileTree,
    is_all: bool,
    untold: &mut Findings,
) -> Result<bool, ReadError> {
    let mut both = vec![(packed.root(), directory)];
    let (mut compared, mut telling) = (0_usize, 0_usize);
    while let Some((ours, theirs)) = both.pop() {
        let entries = packed.list(ours, untold)?;
        if is_all && tree.list(theirs, untold)?.len() != entries.len() {
            return Ok(false);
        }
        for entry in entries {
            if compared >= MAX_COMPARED {
                return Ok(telling > 0);
            }
            compared = compared.saturating_add(1);
            let Some(there) = tree.lookup(theirs, &entry.name, untold)? else { return Ok(false) };
            let (said, stat) = (packed.stat(entry.node, untold)?, tree.stat(there, untold)?);
            let is_link = said.kind == Kind::Symlink && stat.kind == Kind::Symlink;
            let is_same = match is_link {
                true => packed.link_target(entry.node, untold)? == tree.link_target(there, untold)?,
                false => is_same(&said, &stat),
            };
            if !is_same || tree.xattrs(there, untold)?.iter().any(|(name, _)| name == ORIGIN) {
                return Ok(false);
            }
            if said.kind == Kind::File || said.mtime.seconds != 0 {
                telling = telling.saturating_add(1);
            }
            if said.kind == Kind::Directory {
                both.push((entry.node, there));
            }
        }
    }
    Ok(telling > 0)
}

/// Whether an object on the disk is as its header says. A directory without a time has no header of its own: it was made
/// for what lies in it.
fn is_same(said: &Stat, stat: &Stat) -> bool {
    if said.kind != stat.kind || said.rdev != stat.rdev {
        return false;
    }
    let is_whiteout = said.kind == Kind::CharDevice && said.rdev == (0, 0);
    let is_implied = said.kind == Kind::Directory && said.mtime.seconds == 0;
    // Headers may keep whole seconds only.
    let is_same_time = said.mtime.seconds == stat.mtime.seconds
        && (said.mtime.nanoseconds == 0 || said.mtime.nanoseconds == stat.mtime.nanoseconds);
    let is_same_size = said.kind != Kind::File || said.size == stat.size;
    is_whiteout
        || is_implied
        || is_same_time && is_same_size && (said.mode, said.uid, said.gid) == (stat.mode, stat.uid, stat.gid)
}
