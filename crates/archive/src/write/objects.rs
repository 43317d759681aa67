//! The objects that go into an archive, one after another.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Stat, Step, Walk};

use crate::write::Selection;

/// Where a filesystem shows what has lost its name.
const LOST_FOUND: &[u8] = b"lost+found";

/// An object that goes into the archive.
pub(crate) struct Object {
    pub(crate) tree: Rc<dyn FileTree>,
    pub(crate) node: NodeId,
    pub(crate) stat: Stat,
    /// Path in the archive without a slash at its start or end; empty for the top of the archive.
    pub(crate) name: Vec<u8>,
}

/// What comes next.
pub(crate) enum Next {
    Object(Object),
    /// Something that cannot be read.
    Missed {
        name: Vec<u8>,
        error: ReadError,
    },
}

/// All objects of the selections, in the order of walks.
pub(crate) struct Objects {
    selections: VecDeque<Selection>,
    walk: Option<Walk>,
    limits: Limits,
    cancel: CancelToken,
    /// What was met right below `/lost+found` of the selection that is gone through.
    found: HashSet<NodeId>,
    /// Path in the archive of the object before.
    before: Vec<u8>,
}

impl Objects {
    pub(crate) fn new(selections: Vec<Selection>, limits: &Limits, cancel: &CancelToken) -> Objects {
        let selections = selections.into();
        let (found, before) = (HashSet::new(), Vec::new());
        Objects { selections, walk: None, limits: *limits, cancel: cancel.clone(), found, before }
    }

    /// The next object; `None` at the end. An error when cancelled, or when the start of a selection cannot be read.
    pub(crate) fn next(&mut self, findings: &mut Findings) -> Result<Option<Next>, ReadError> {
        loop {
            let Some(selection) = self.selections.front() else { return Ok(None) };
            let tree = Rc::clone(&selection.tree);
            let walk = self.walk.get_or_insert_with(|| Walk::new(selection.start, &self.limits));
            match walk.step(&*tree, &self.cancel, findings)? {
                None => self.end_selection(findings),
                Some(Step::Missed { path, error }) => {
                    return Ok(Some(Next::Missed { name: name_of(selection, path), error }));
                }
                Some(Step::Met(met)) => {
                    let name = name_of(selection, met.path);
                    // Without an inode it is not on the disk: the root of an image that has no layers.
                    if name.is_empty() && met.stat.inode == 0 {
                        continue;
                    }
                    if let Some(below) = met.path.strip_prefix(b"/").and_then(|path| path.strip_prefix(LOST_FOUND))
                        && below.starts_with(b"/")
                    {
                        self.found.insert(met.node);
                    }
                    if !is_safe(&name) {
                        let what = "its name would lead out of the archive";
                        return Ok(Some(Next::Missed { name, error: ReadError::corrupt(&tree.place(met.node), what) }));
                    }
                    let (node, stat) = (met.node, met.stat);
                    // Names come in order, so the first object of this name, or what is below it, came right before.
                    // Unpacked through a first one that is a symbolic link, a second one would lead anywhere.
                    let is_second = !name.is_empty() && is_at_or_below(&self.before, &name);
                    if is_second {
                        walk.skip();
                        let what = "its directory has another object of this name";
                        return Ok(Some(Next::Missed { name, error: ReadError::corrupt(&tree.place(node), what) }));
                    }
                    self.before.clone_from(&name);
                    return Ok(Some(Next::Object(Object { tree, node, stat, name })));
                }
            }
        }
    }

    /// Goes on with the next selection. What was added to `/lost+found` after that was listed comes first: only in
    /// reading the rest of the tree was the damage met that cost files their names.
    fn end_selection(&mut self, findings: &mut Findings) {
        self.walk = None;
        let Some(done) = self.selections.pop_front() else { return };
        let known = std::mem::take(&mut self.found);
        if done.start != done.tree.root() {
            return;
        }
        let Ok(Some(directory)) = done.tree.lookup(done.start, LOST_FOUND, &mut Findings::new()) else { return };
        for late in done.tree.list(directory, findings).unwrap_or_default().into_iter().rev() {
            if !known.contains(&late.node) {
                let name = joined(&joined(&done.name, LOST_FOUND), &late.name);
                let tree = Rc::clone(&done.tree);
                self.selections.push_front(Selection { tree, start: late.node, name, label: done.label.clone() });
            }
        }
    }
}

/// The path in the archive of what a walk met.
fn name_of(selection: &Selection, path: &[u8]) -> Vec<u8> {
    joined(&selection.name, path.strip_prefix(b"/").unwrap_or(path))
}

fn joined(above: &[u8], name: &[u8]) -> Vec<u8> {
    match (above, name) {
        (b"", name) => name.to_vec(),
        (above, b"") => above.to_vec(),
        (above, name) => [above, b"/", name].concat(),
    }
}

/// Whether a path is this one or leads below it.
fn is_at_or_below(path: &[u8], top: &[u8]) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// Whether a path leads nowhere but into the archive.
pub(crate) fn is_safe(name: &[u8]) -> bool {
    name.is_empty()
        || name
            .split(|byte| *byte == b'/')
            .all(|part| !part.is_empty() && part != b"." && part != b".." && !part.contains(&0))
}

/// What is known of a file that has more names than one.
#[derive(Clone)]
pub(crate) enum First {
    /// The name under which it is in the archive.
    Name(Vec<u8>),
    /// It is not, for this reason.
    Missing(String),
}

/// Files with more names than one, of which not all were met.
#[derive(Default)]
pub(crate) struct Links(HashMap<(*const u8, u64), (First, u32)>);

impl Links {
    /// What became of the first name of this object, if this is not it.
    pub(crate) fn first(&mut self, object: &Object) -> Option<First> {
        let key = key(object)?;
        let (first, left) = self.0.get_mut(&key)?;
        let first = first.clone();
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.0.remove(&key);
        }
        Some(first)
    }

    /// Notes what became of the first name.
    pub(crate) fn note(&mut self, object: &Object, first: First) {
        if let Some(key) = key(object) {
            self.0.insert(key, (first, object.stat.nlink.saturating_sub(1)));
        }
    }
}

/// What the names of one file have in common; `None` for an object that has one name.
fn key(object: &Object) -> Option<(*const u8, u64)> {
    let is_linked = object.stat.kind != Kind::Directory && object.stat.nlink > 1;
    is_linked.then(|| (Rc::as_ptr(&object.tree).cast::<u8>(), object.stat.inode))
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn names_that_climb_are_told() {
        for name in [&b"a"[..], b"", b"a/b", b"..a/b..", b" "] {
            assert!(is_safe(name), "{}", name.escape_ascii());
        }
        for name in [&b".."[..], b"/a", b"a/../b", b"a//b", b"a/", b"./a", b"a\0"] {
            assert!(!is_safe(name), "{}", name.escape_ascii());
        }
    }
}
