//! How what stands at a path changed from layer to layer.
//!
//! Layers `0..=k` alone are a view of their own, and what a path shows there can differ from the view below only when
//! layer `k` itself touches the path: it has something there, or something on the way that hides or moves what lies
//! below. So the layers are first asked in their own trees, which is cheap and remembered by directory, and only the
//! views of those that touch the path are looked into.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError};

use super::MergedTree;
use super::nodes::{Object, Real};

/// What a layer did to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// It has something at the path.
    Here,
    /// It deletes the path.
    Whiteout,
    /// It deletes a directory above, or has something there that is no directory.
    AncestorReplaced,
    /// It has a directory above that hides what lies below.
    AncestorOpaque,
    /// It has a directory above that was renamed, so other directories lie below.
    AncestorRedirected,
}

/// What stands at a path from one layer upward, until the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The layer that brought it, counted from the lowest, 0.
    pub from: usize,
    /// What that layer did.
    pub cause: Cause,
    /// The layer and the node in that layer's tree that give it its metadata; `None` when nothing stands there any
    /// more. Equal origins of two paths or images of one tree are the same file.
    pub origin: Option<(usize, NodeId)>,
    /// Its node in [`MergedTree::view_up_to`] of `from`, where its content can be read.
    pub node: Option<NodeId>,
}

/// One directory of one layer on the way to a path.
#[derive(Clone, Copy, Default)]
struct Step {
    /// The layer's directory at this path, where it has one.
    directory: Option<NodeId>,
    /// What the layer did to everything below this path, if anything.
    cause: Option<Cause>,
}

/// What is asked for again and again: packages share their directories.
#[derive(Default)]
pub(super) struct Cache {
    /// By layer from the lowest.
    views: RefCell<HashMap<usize, Rc<MergedTree>>>,
    /// By directory path; one step for each layer, topmost first.
    steps: RefCell<HashMap<Vec<u8>, Rc<[Step]>>>,
    /// By directory path; the node in this tree.
    directories: RefCell<HashMap<Vec<u8>, Option<NodeId>>>,
}

/// Steps kept before the cache starts anew, so that it stays within a few MiB whatever is asked.
const KEPT_STEPS: usize = 1 << 17;

impl MergedTree {
    /// The versions of what stands at `path` (from the root; symbolic links are not followed), the lowest layer first.
    /// Empty when nothing ever stood there. A directory has a new version wherever the set of layers' directories
    /// behind it changes, not when something in it does.
    pub fn history(&self, path: &[u8], findings: &mut Findings) -> Result<Vec<Version>, ReadError> {
        let (directory, name) = split(path);
        let steps = self.steps(&directory, findings)?;
        let mut versions = Vec::new();
        let mut before: Option<Object> = None;
        for layer in (0..self.layers.len()).rev() {
            let Some(step) = steps.get(layer) else { continue };
            let at_path = match &name {
                Some(name) => self.step(layer, *step, name, findings)?.1,
                None => Some(Cause::Here),
            };
            let (Some(cause), Some(from)) = (at_path, self.counted_from_lowest(layer)) else { continue };
            let view = self.view_up_to(from);
            let node = view.node_at(&directory, name.as_deref(), findings)?;
            let object = node.and_then(|node| view.nodes.object(node)).map(|object| view.comparable(object));
            if object != before {
                let origin = node.and_then(|node| view.origin(node));
                versions.push(Version { from, cause, origin, node });
                before = object;
            }
        }
        Ok(versions)
    }

    /// The tree of the layers `0..=layer` alone, counted from the lowest: what an image of only those would show.
    pub fn view_up_to(&self, layer: usize) -> Rc<MergedTree> {
        let mut views = self.history.views.borrow_mut();
        let view = views.entry(layer).or_insert_with(|| {
            let above = self.layers.len().saturating_sub(layer.saturating_add(1));
            let layers = self.layers.get(above..).unwrap_or_default().to_vec();
            let name = self.name.then(format_args!("layers up to {layer}"));
            Rc::new(MergedTree::from_layers(layers, name, &self.limits).with_marks(self.names))
        });
        Rc::clone(view)
    }

    /// The node at a name of a directory path.
    fn node_at(
        &self,
        directory: &[u8],
        name: Option<&[u8]>,
        findings: &mut Findings,
    ) -> Result<Option<NodeId>, ReadError> {
        let known = self.history.directories.borrow().get(directory).copied();
        let found = match known {
            Some(found) => found,
            None => {
                let found = careen_evidence::lookup_path(self, directory, findings)?;
                let mut directories = self.history.directories.borrow_mut();
                if directories.len() >= KEPT_STEPS {
                    directories.clear();
                }
                directories.insert(directory.to_vec(), found);
                found
            }
        };
        match (found, name) {
            (Some(node), Some(name)) if self.stat(node, findings)?.kind == Kind::Directory => {
                self.lookup(node, name, findings)
            }
            (Some(_), Some(_)) => Ok(None),
            (found, _) => Ok(found),
        }
    }

    /// How each layer stands to a directory path.
    fn steps(&self, path: &[u8], findings: &mut Findings) -> Result<Rc<[Step]>, ReadError> {
        // The longest part of the path that is known, and the names after it.
        let mut known = path.to_vec();
        let mut ahead = Vec::new();
        let mut steps = loop {
            if let Some(steps) = self.history.steps.borrow().get(&known) {
                break Rc::clone(steps);
            }
            match split(&known) {
                (above, Some(name)) => {
                    ahead.push(name);
                    known = above;
                }
                (_, None) => {
                    break self.layers.iter().map(|layer| Step { directory: Some(layer.root), cause: None }).collect();
                }
            }
        };
        while let Some(name) = ahead.pop() {
            let mut next = Vec::with_capacity(steps.len());
            for (layer, step) in steps.iter().enumerate() {
                next.push(self.step(layer, *step, &name, findings)?.0);
            }
            steps = next.into();
            known.push(b'/');
            known.extend_from_slice(&name);
            let mut cache = self.history.steps.borrow_mut();
            if cache.len().saturating_mul(steps.len()) >= KEPT_STEPS {
                cache.clear();
            }
            cache.insert(known.clone(), Rc::clone(&steps));
        }
        Ok(steps)
    }

    /// What one layer has under a name of a directory: how it stands to what is below, and what it did to the name.
    fn step(
        &self,
        layer: usize,
        above: Step,
        name: &[u8],
        findings: &mut Findings,
    ) -> Result<(Step, Option<Cause>), ReadError> {
        let absent = (Step { directory: None, cause: above.cause }, above.cause);
        let (Some(directory), Some(found)) = (above.directory, self.layers.get(layer)) else { return Ok(absent) };
        // A layer that cannot be searched is told by the view, which meets the same error.
        let Some(node) = passed_over(found.tree.lookup(directory, name, findings))?.flatten() else {
            return Ok(absent);
        };
        let real = Real { layer, node };
        let kind = passed_over(found.tree.stat(node, findings))?.map(|stat| stat.kind);
        let marks = match kind {
            Some(Kind::File | Kind::Directory) => self.marks_of(real, findings)?,
            _ => Default::default(),
        };
        if kind != Some(Kind::Directory) {
            let is_whiteout = match kind {
                Some(kind) => self.is_whiteout(real, kind, &marks, findings)?,
                None => false,
            };
            let cause = if is_whiteout { Cause::Whiteout } else { Cause::Here };
            return Ok((Step { directory: None, cause: Some(Cause::AncestorReplaced) }, Some(cause)));
        }
        let cause = match marks {
            _ if marks.is_opaque => Some(Cause::AncestorOpaque),
            _ if marks.redirect.is_some() => Some(Cause::AncestorRedirected),
            _ => above.cause,
        };
        Ok((Step { directory: Some(node), cause }, Some(Cause::Here)))
    }

    /// The object with its layers counted from the lowest, so that those of different views compare.
    fn comparable(&self, object: Object) -> Object {
        let turn = |real: Real| Real { layer: self.counted_from_lowest(real.layer).unwrap_or(real.layer), ..real };
        match object {
            Object::Single(real) => Object::Single(turn(real)),
            Object::Merged(stack) => Object::Merged(stack.iter().copied().map(turn).collect()),
            Object::Metacopy { top, data } => Object::Metacopy { top: turn(top), data: data.map(turn) },
        }
    }
}

/// The value, nothing when it could not be read; a cancellation is passed on.
fn passed_over<T>(result: Result<T, ReadError>) -> Result<Option<T>, ReadError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_cancelled() => Err(error),
        Err(_) => Ok(None),
    }
}

/// The directory of a path and the last name, both without needless slashes; the root has no name.
fn split(path: &[u8]) -> (Vec<u8>, Option<Vec<u8>>) {
    let mut names: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    let last = names.pop().map(<[u8]>::to_vec);
    let mut directory = Vec::new();
    for name in names {
        directory.push(b'/');
        directory.extend_from_slice(name);
    }
    (directory, last)
}
