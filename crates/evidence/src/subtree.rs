//! A directory of a tree as a tree of its own.

use std::rc::Rc;

use careen_model::Place;

use crate::{ByteSource, Entry, FileTree, Findings, NodeId, ReadError, Stat, Xattrs};

/// The tree below one directory: a volume, a layer's directory, a data root.
pub struct SubTree {
    inner: Rc<dyn FileTree>,
    root: NodeId,
}

impl SubTree {
    /// The tree below `root`.
    pub fn new(inner: Rc<dyn FileTree>, root: NodeId) -> Self {
        SubTree { inner, root }
    }
}

impl FileTree for SubTree {
    fn root(&self) -> NodeId {
        self.root
    }

    fn place(&self, node: NodeId) -> Place {
        self.inner.place(node)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.inner.stat(node, findings)
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        self.inner.list(directory, findings)
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        self.inner.lookup(directory, name, findings)
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.inner.xattrs(node, findings)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.inner.link_target(node, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.inner.open(node, findings)
    }

    fn above(&self, directory: NodeId) -> Option<NodeId> {
        self.inner.above(directory)
    }

    fn prefetch(&self, nodes: &[NodeId]) {
        self.inner.prefetch(nodes);
    }
}
