//! The merged tree of an image, a container or any other stack of overlay layers, as the kernel's overlayfs shows it.
//!
//! Read after Linux, Documentation/filesystems/overlayfs.rst, and compared with a mounted overlay in
//! `tests/overlay_kernel.rs`. Handled: whiteouts (character device 0:0, and the empty regular file with the `whiteout`
//! attribute), opaque directories, redirects (relative and absolute, followed as with `redirect_dir=follow`), metacopy,
//! both attribute prefixes, attributes of a nested overlay, and the marks by name of aufs. As in the kernel, an `opaque` mark on a layer's own root
//! means nothing.
//!
//! Promised: no panic on any marks; every search ends, because it moves only from a layer to those below it; memory is
//! kept only for directories that several layers have, bounded by [`Limits::entries`].
//!
//! Different from the kernel, on purpose: where it refuses a name with an error (an invalid redirect, a metacopy
//! without content, a layer that cannot be read), what is left is shown with a finding. An empty file with the
//! `whiteout` attribute in a directory that is not marked `x` is listed by the kernel although it cannot be opened; here
//! it is a whiteout everywhere. Not handled: data-only layers, fs-verity digests of metacopy files.

mod history;
mod lookup;
mod marks;
mod named_marks;
mod nodes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, Stat, Xattrs, codes,
};
use careen_model::Timestamp;

pub use history::{Cause, Version};
pub use marks::MarkNames;

use lookup::Listed;
use marks::Marks;
use named_marks::NamedMarks;
use nodes::{Nodes, Object, Real};

/// A directory that is one layer of the stack.
#[derive(Clone)]
struct Layer {
    tree: Rc<dyn FileTree>,
    root: NodeId,
    /// Layers with the same number lie in the same tree.
    tree_number: usize,
}

/// Several directories shown as one tree.
///
/// Layers are counted from the lowest one, 0, as an image lists them.
pub struct MergedTree {
    name: Place,
    limits: Limits,
    names: MarkNames,
    /// Topmost first.
    layers: Vec<Layer>,
    /// The root directory of each layer.
    roots: Rc<[Real]>,
    nodes: Nodes,
    history: history::Cache,
}

impl MergedTree {
    /// The merged tree of directories of one tree, the topmost first. `name` is what messages call the whole; an object
    /// in it has the place it has in its layer.
    pub fn new(tree: Rc<dyn FileTree>, layers: Vec<NodeId>, name: Place, limits: &Limits) -> Self {
        Self::over(layers.into_iter().map(|root| (Rc::clone(&tree), root)).collect(), name, limits)
    }

    /// The merged tree of directories that may lie in different trees, the topmost first.
    pub fn over(layers: Vec<(Rc<dyn FileTree>, NodeId)>, name: Place, limits: &Limits) -> Self {
        let mut trees: Vec<Rc<dyn FileTree>> = Vec::new();
        let numbered = layers.into_iter().map(|(tree, root)| {
            let known = trees.iter().position(|other| Rc::ptr_eq(other, &tree));
            let tree_number = known.unwrap_or_else(|| {
                trees.push(Rc::clone(&tree));
                trees.len().saturating_sub(1)
            });
            Layer { tree, root, tree_number }
        });
        Self::from_layers(numbered.collect(), name, limits)
    }

    fn from_layers(layers: Vec<Layer>, name: Place, limits: &Limits) -> Self {
        let roots: Rc<[Real]> =
            layers.iter().enumerate().map(|(layer, found)| Real { layer, node: found.root }).collect();
        let nodes = Nodes::new(Rc::clone(&roots), limits);
        let (names, history) = (MarkNames::default(), history::Cache::default());
        MergedTree { name, limits: *limits, names, layers, roots, nodes, history }
    }

    /// The same tree, with the names its marks are known to have.
    #[must_use]
    pub fn with_marks(self, names: MarkNames) -> Self {
        MergedTree { names, ..self }
    }

    /// The same tree, with deletions that are names in its layers (`.wh.NAME`), as aufs has them.
    #[must_use]
    pub fn with_named_whiteouts(mut self) -> Self {
        let mut shown: BTreeMap<usize, Rc<dyn FileTree>> = BTreeMap::new();
        for layer in &mut self.layers {
            let tree = Rc::clone(&layer.tree);
            layer.tree = Rc::clone(shown.entry(layer.tree_number).or_insert_with(|| Rc::new(NamedMarks(tree))));
        }
        self
    }

    /// The same tree without its topmost layer.
    #[must_use]
    pub fn without_top(&self) -> Self {
        let beneath = self.layers.get(1..).unwrap_or_default().to_vec();
        Self::from_layers(beneath, self.name.clone(), &self.limits).with_marks(self.names)
    }

    /// Number of layers.
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }

    /// The layer (from the lowest, 0) and the node in that layer's tree that give a node its metadata: for a directory
    /// the topmost one. `None` for the root of a tree without layers and for a node of another tree.
    pub fn origin(&self, node: NodeId) -> Option<(usize, NodeId)> {
        let top = self.nodes.object(node)?.top()?;
        Some((self.counted_from_lowest(top.layer)?, top.node))
    }

    /// The tree of the layer that gives a node its metadata and content, and the node there. Two merged trees that give
    /// the same have the same object.
    pub fn source(&self, node: NodeId) -> Option<(&Rc<dyn FileTree>, NodeId)> {
        let top = self.nodes.object(node)?.top()?;
        Some((&self.layer(top)?.tree, top.node))
    }

    /// A position counted from the top as one counted from the lowest layer, and the other way round.
    fn counted_from_lowest(&self, layer: usize) -> Option<usize> {
        self.layers.len().checked_sub(layer)?.checked_sub(1)
    }

    fn layer(&self, real: Real) -> Option<&Layer> {
        self.layers.get(real.layer)
    }

    fn place_of(&self, real: Real) -> Place {
        self.layer(real).map_or_else(|| self.name.clone(), |layer| layer.tree.place(real.node))
    }

    fn object(&self, node: NodeId) -> Result<Object, ReadError> {
        self.nodes
            .object(node)
            .filter(|object| object.top().is_none_or(|top| top.layer < self.layers.len()))
            .ok_or_else(|| ReadError::corrupt(&self.name, format_args!("no node {} in this tree", node.0)))
    }

    /// The object that gives a node its metadata, with its layer.
    fn top(&self, node: NodeId) -> Result<Option<(&Layer, Real, Object)>, ReadError> {
        let object = self.object(node)?;
        Ok(object.top().and_then(|real| Some((self.layer(real)?, real, object))))
    }

    /// The marks on an object. When its attributes cannot be read, that is told and it is taken as unmarked.
    fn marks_of(&self, real: Real, findings: &mut Findings) -> Result<Marks, ReadError> {
        let Some(layer) = self.layer(real) else { return Ok(Marks::default()) };
        match layer.tree.xattrs(real.node, findings) {
            Ok(xattrs) => Ok(self.names.read(&xattrs)),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                findings.add_error(&codes::store::OVERLAY_MARKS_UNREADABLE, &error);
                Ok(Marks::default())
            }
        }
    }

    /// Whether an object says that its name is deleted.
    fn is_whiteout(&self, real: Real, kind: Kind, marks: &Marks, findings: &mut Findings) -> Result<bool, ReadError> {
        let may_be = kind == Kind::CharDevice || (kind == Kind::File && marks.is_whiteout);
        let Some(layer) = self.layer(real).filter(|_| may_be) else { return Ok(false) };
        match layer.tree.stat(real.node, findings) {
            Ok(stat) if kind == Kind::CharDevice => Ok(stat.rdev == (0, 0)),
            Ok(stat) => Ok(stat.size == 0),
            // It stays listed, and asking for its metadata says why it is not there.
            Err(error) if !error.is_cancelled() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Tells that a layer's part of the answer is missing; a cancellation is passed on.
    fn told_unreadable(&self, error: ReadError, findings: &mut Findings) -> Result<(), ReadError> {
        if error.is_cancelled() {
            return Err(error);
        }
        findings.add_error(&codes::store::OVERLAY_LAYER_UNREADABLE, &error);
        Ok(())
    }

    /// The names of every directory of a stack, each with the position it was met at.
    fn list_stack(&self, stack: &[Real], findings: &mut Findings) -> Result<Vec<(Vec<u8>, Listed)>, ReadError> {
        let mut all = Vec::new();
        let mut first_error = None;
        let mut is_any_read = stack.is_empty();
        for (position, real) in stack.iter().enumerate() {
            let Some(layer) = self.layer(*real) else { continue };
            match layer.tree.list(real.node, findings) {
                Ok(entries) => {
                    is_any_read = true;
                    let nodes: Vec<NodeId> = entries.iter().map(|entry| entry.node).collect();
                    layer.tree.prefetch(&nodes);
                    let total = all.len().saturating_add(entries.len()) as u64;
                    if total > self.limits.entries {
                        let what = format_args!("{total} names in one merged directory");
                        return Err(ReadError::over_limit(&self.place_of(*real), what));
                    }
                    let listed = |entry: Entry| (entry.name, Listed { position, node: entry.node, kind: entry.kind });
                    all.extend(entries.into_iter().map(listed));
                }
                Err(error) => {
                    first_error.get_or_insert(error.clone());
                    self.told_unreadable(error, findings)?;
                }
            }
        }
        match first_error {
            Some(error) if !is_any_read => Err(error),
            _ => Ok(all),
        }
    }
}

impl FileTree for MergedTree {
    fn root(&self) -> NodeId {
        Nodes::ROOT
    }

    fn place(&self, node: NodeId) -> Place {
        match self.nodes.object(node).and_then(|object| object.top()) {
            Some(real) if node != Nodes::ROOT => self.place_of(real),
            _ => self.name.clone(),
        }
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        let Some((layer, real, object)) = self.top(node)? else { return Ok(empty_root()) };
        let mut stat = layer.tree.stat(real.node, findings)?;
        if let Object::Merged(stack) = &object
            && stack.len() > 1
        {
            // The kernel does not count the subdirectories of a merged directory.
            stat.nlink = 1;
        }
        // Inode numbers of different trees must not meet; those of one tree stay as they are.
        stat.inode ^= (layer.tree_number as u64) << 48;
        Ok(stat)
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let object = self.object(directory)?;
        let stack = object.stack();
        let mut all = self.list_stack(stack, findings)?;
        all.sort_by(|(a, at), (b, bt)| a.cmp(b).then(at.position.cmp(&bt.position)));
        let place = self.place(directory);
        let mut entries = Vec::new();
        let mut names = all.into_iter().peekable();
        while let Some((name, first)) = names.next() {
            let mut listed = vec![first];
            while let Some((_, next)) = names.next_if(|(next, _)| *next == name) {
                listed.push(next);
            }
            if let Some((object, kind)) = self.resolve(stack, &name, Some(&listed), findings)? {
                entries.push(Entry { name, node: self.nodes.number(&object, &place)?, kind });
            }
        }
        Ok(entries)
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let object = self.object(directory)?;
        match self.resolve(object.stack(), name, None, findings)? {
            Some((object, _)) => self.nodes.number(&object, &self.place(directory)).map(Some),
            None => Ok(None),
        }
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        let Some((layer, real, _)) = self.top(node)? else { return Ok(Xattrs::new()) };
        Ok(self.names.visible(layer.tree.xattrs(real.node, findings)?))
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        match self.top(node)? {
            Some((layer, real, _)) => layer.tree.link_target(real.node, findings),
            None => Err(ReadError::corrupt(&self.name, "the root is a directory, expected a symbolic link")),
        }
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        match self.top(node)? {
            Some((_, top, Object::Metacopy { data, .. })) => {
                let missing = || ReadError::corrupt(&self.place_of(top), "no layer below holds the content");
                let data = data.ok_or_else(missing)?;
                let source = self.layer(data).ok_or_else(missing)?.tree.open(data.node, findings)?;
                let size = self.stat(node, findings)?.size;
                if source.len() != size {
                    let values: [(&str, &dyn std::fmt::Display); 2] = [("size", &size), ("length", &source.len())];
                    findings.add(&codes::store::OVERLAY_METACOPY_SIZE, &self.place_of(top), &values);
                }
                Ok(source)
            }
            Some((layer, real, _)) => layer.tree.open(real.node, findings),
            None => Err(ReadError::corrupt(&self.name, "the root is a directory, expected a regular file")),
        }
    }

    fn prefetch(&self, nodes: &[NodeId]) {
        let mut by_tree: BTreeMap<usize, (usize, Vec<NodeId>)> = BTreeMap::new();
        for object in nodes.iter().filter_map(|node| self.nodes.object(*node)) {
            for real in object.stack() {
                if let Some(layer) = self.layer(*real) {
                    by_tree.entry(layer.tree_number).or_insert((real.layer, Vec::new())).1.push(real.node);
                }
            }
        }
        for (layer, nodes) in by_tree.into_values() {
            if let Some(layer) = self.layers.get(layer) {
                layer.tree.prefetch(&nodes);
            }
        }
    }
}

/// The root of an image without layers.
fn empty_root() -> Stat {
    let time = Timestamp::default();
    Stat {
        kind: Kind::Directory,
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 0,
        atime: time,
        mtime: time,
        ctime: time,
        crtime: None,
        nlink: 1,
        inode: 0,
        rdev: (0, 0),
    }
}
