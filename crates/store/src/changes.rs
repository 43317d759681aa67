//! What a container changed: the tree it had against the tree beneath its own layer, as `docker diff` compares them
//! (moby `pkg/archive/changes.go`, `changes_linux.go`; the same for both of the engine's stores).
//!
//! Two objects are the same when mode, owner, group, device and `security.capability` are; of what is no directory, size
//! and time of change too. A directory with a change below it counts as changed. Of a directory that is gone nothing
//! below is told; of one that was added, everything.
//!
//! Only what stands in the container's own layer is looked at: everything else is the same by its nature. So the cost is
//! that of the layer, whatever the size of the image.

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, NodeId, Pair, ReadError, Stat, kept, pairs};
use careen_model::{ChangeKind, Timestamp};

use crate::overlay::MergedTree;

/// Told of each change: its kind and its path from the root.
pub type EmitChange<'a> = &'a mut dyn FnMut(ChangeKind, &[u8]) -> Result<(), ReadError>;

/// A directory that is gone through.
struct Open {
    path_length: usize,
    /// Names of both trees, in byte order.
    names: std::vec::IntoIter<Pair>,
    /// It was told itself, or need not be.
    is_told: bool,
}

/// Compares `new`, the tree a container had, with `old`, the same without its topmost layer. Paths come in byte order of
/// their names, each directory before what it holds. What cannot be read is a finding and is left out.
pub fn changes(
    new: &MergedTree,
    old: &MergedTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
    emit: EmitChange<'_>,
) -> Result<(), ReadError> {
    let root = pairs((new, Some(new.root())), (old, Some(old.root())), findings)?;
    let mut stack = vec![Open { path_length: 0, names: root, is_told: true }];
    let mut path = Vec::new();
    let mut met = 0_u64;
    while let Some(top) = stack.last_mut() {
        cancel.check()?;
        path.truncate(top.path_length);
        let Some(Pair { name, first: node, second: before }) = top.names.next() else {
            stack.pop();
            continue;
        };
        met = met.saturating_add(1);
        if met > limits.entries {
            let place = new.place(new.root());
            findings.add_failure(&ReadError::over_limit(&place, format_args!("more than {} names", limits.entries)));
            return Ok(());
        }
        path.push(b'/');
        path.extend_from_slice(&name);
        let Some(node) = node else {
            told(&mut stack, &path, emit)?;
            emit(ChangeKind::Deleted, &path)?;
            continue;
        };
        // What another layer gives was there before; a directory may still hold what this layer changed, if it is in it.
        if before.is_some() && !is_own(new, node) {
            continue;
        }
        let Some(stat) = kept(new.stat(node, findings), findings)? else { continue };
        let kind = match before {
            None => Some(ChangeKind::Added),
            Some(before) => {
                let Some(old_stat) = kept(old.stat(before, findings), findings)? else { continue };
                let is_same = is_same(&stat, &old_stat)
                    && (stat.kind == Kind::Symlink
                        || capability(new, node, findings) == capability(old, before, findings));
                (!is_same).then_some(ChangeKind::Changed)
            }
        };
        if let Some(kind) = kind {
            told(&mut stack, &path, emit)?;
            emit(kind, &path)?;
        }
        if stat.kind != Kind::Directory {
            continue;
        }
        if stack.len() as u64 >= u64::from(limits.depth) {
            let reason = format!("directories nest deeper than {}", limits.depth);
            findings.add_failure(&ReadError::over_limit(&new.place(node), reason));
            continue;
        }
        let names = pairs((new, Some(node)), (old, before), findings);
        if let Some(names) = kept(names, findings)? {
            stack.push(Open { path_length: path.len(), names, is_told: kind.is_some() });
        }
    }
    Ok(())
}

/// Whether the topmost layer has this object.
fn is_own(tree: &MergedTree, node: NodeId) -> bool {
    tree.origin(node).is_none_or(|(layer, _)| layer.saturating_add(1) >= tree.layer_count())
}

/// Tells of the directories above a change that were not told yet.
fn told(stack: &mut [Open], path: &[u8], emit: EmitChange<'_>) -> Result<(), ReadError> {
    // The path of a directory is the beginning of the path of what it holds.
    for open in stack.iter_mut().filter(|open| !open.is_told) {
        open.is_told = true;
        emit(ChangeKind::Changed, path.get(..open.path_length).unwrap_or_default())?;
    }
    Ok(())
}

/// `statDifferent`, the other way round.
fn is_same(new: &Stat, old: &Stat) -> bool {
    let is_directory = old.kind == Kind::Directory;
    (new.kind, new.mode, new.uid, new.gid, new.rdev) == (old.kind, old.mode, old.uid, old.gid, old.rdev)
        && (is_directory || (new.size == old.size && is_same_time(new.mtime, old.mtime)))
}

/// `sameFsTimeSpec`: archives may not have kept what is below a second.
fn is_same_time(a: Timestamp, b: Timestamp) -> bool {
    a.seconds == b.seconds && (a.nanoseconds == b.nanoseconds || a.nanoseconds == 0 || b.nanoseconds == 0)
}

/// `security.capability` of an object; what cannot be read counts as none, with a finding.
fn capability(tree: &MergedTree, node: NodeId, findings: &mut Findings) -> Option<Vec<u8>> {
    match tree.xattrs(node, findings) {
        Ok(xattrs) => xattrs.into_iter().find(|(name, _)| name == b"security.capability").map(|(_, value)| value),
        Err(error) => {
            findings.add_failure(&error);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use careen_evidence::{MemoryTree, Place};

    use super::*;

    /// The changes that the directory `/upper` makes to `/lower`, one a line.
    fn told(tree: MemoryTree) -> Vec<String> {
        let layers = vec![tree.node("/upper"), tree.node("/lower")];
        let new = MergedTree::new(Rc::new(tree), layers, Place::new("container"), &Limits::default());
        let (mut told, mut findings) = (Vec::new(), Findings::new());
        let (limits, cancel) = (Limits::default(), CancelToken::default());
        changes(&new, &new.without_top(), &limits, &cancel, &mut findings, &mut |kind, path| {
            told.push(format!("{} {}", kind.letter(), String::from_utf8_lossy(path)));
            Ok(())
        })
        .unwrap();
        assert_eq!(findings.list().len(), 0);
        told
    }

    #[test]
    fn a_change_brings_the_directories_above_it() {
        let mut tree = MemoryTree::new("disk");
        tree.file("/lower/etc/conf/a", "1");
        tree.file("/lower/usr/b", "1");
        let changed = tree.file("/upper/etc/conf/a", "22");
        tree.stat_mut(changed, |stat| stat.mtime.seconds = 5);
        tree.directory("/upper/usr");
        tree.file("/upper/new/x/y", "");
        let expected = ["C /etc", "C /etc/conf", "C /etc/conf/a", "A /new", "A /new/x", "A /new/x/y"];
        assert_eq!(told(tree), expected);
    }

    #[test]
    fn what_was_copied_up_unchanged_is_the_same() {
        let mut tree = MemoryTree::new("disk");
        for layer in ["/lower", "/upper"] {
            let file = tree.file(&format!("{layer}/d/same"), "1");
            let nanoseconds = if layer == "/lower" { 0 } else { 7 };
            tree.stat_mut(file, |stat| stat.mtime = Timestamp { seconds: 9, nanoseconds });
        }
        // A directory's own time and size say nothing.
        let directory = tree.node("/upper/d");
        tree.stat_mut(directory, |stat| stat.mtime.seconds = 1000);
        assert_eq!(told(tree), [""; 0]);
    }

    #[test]
    fn mode_owner_and_capabilities_are_changes() {
        let mut tree = MemoryTree::new("disk");
        for layer in ["/lower", "/upper"] {
            for name in ["capable", "mode", "owner"] {
                tree.file(&format!("{layer}/{name}"), "1");
            }
            tree.directory(&format!("{layer}/dir"));
        }
        let (capable, mode) = (tree.node("/upper/capable"), tree.node("/upper/mode"));
        tree.xattr(capable, "security.capability", "x");
        tree.stat_mut(mode, |stat| stat.mode = 0o700);
        let (owner, directory) = (tree.node("/upper/owner"), tree.node("/upper/dir"));
        tree.stat_mut(owner, |stat| stat.uid = 7);
        tree.stat_mut(directory, |stat| stat.mode = 0o711);
        assert_eq!(told(tree), ["C /capable", "C /dir", "C /mode", "C /owner"]);
    }

    #[test]
    fn deletions_are_told_once_and_only_of_what_was_there() {
        let mut tree = MemoryTree::new("disk");
        tree.file("/lower/gone/below", "");
        tree.file("/lower/again/old", "");
        tree.file("/lower/kind/below", "");
        for name in ["gone", "never"] {
            tree.char_device(&format!("/upper/{name}"), 0, 0);
        }
        tree.file("/upper/again/new", "");
        let again = tree.node("/upper/again");
        tree.xattr(again, "trusted.overlay.opaque", "y");
        tree.file("/upper/kind", "now a file");
        assert_eq!(told(tree), ["C /again", "A /again/new", "D /again/old", "D /gone", "C /kind"]);
    }
}
