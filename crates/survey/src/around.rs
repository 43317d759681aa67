//! A tree without what lies in some of its directories, which stand there as if they were empty.

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{ByteSource, Entry, FileTree, Findings, NodeId, Place, ReadError, Stat, Xattrs};

/// The tree around some directories.
pub(crate) struct Around {
    pub(crate) tree: Rc<dyn FileTree>,
    /// The directories whose content is left out.
    pub(crate) without: BTreeSet<NodeId>,
}

impl FileTree for Around {
    fn root(&self) -> NodeId {
        self.tree.root()
    }

    fn place(&self, node: NodeId) -> Place {
        self.tree.place(node)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.tree.stat(node, findings)
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        if self.without.contains(&directory) { Ok(Vec::new()) } else { self.tree.list(directory, findings) }
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        if self.without.contains(&directory) { Ok(None) } else { self.tree.lookup(directory, name, findings) }
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.tree.xattrs(node, findings)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.tree.link_target(node, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.tree.open(node, findings)
    }

    fn above(&self, directory: NodeId) -> Option<NodeId> {
        self.tree.above(directory)
    }

    fn prefetch(&self, nodes: &[NodeId]) {
        self.tree.prefetch(nodes);
    }
}

#[cfg(test)]
mod tests {
    use careen_evidence::MemoryTree;
    use careen_evidence::{lookup_path, resolve_path};

    use super::*;

    #[test]
    fn what_lies_in_the_directories_is_not_there() {
        let mut disk = MemoryTree::new("disk");
        disk.file("/etc/os-release", "ID=x\n");
        disk.file("/var/lib/docker/overlay2/a/diff/x", "");
        disk.symlink("/docker", "var/lib/docker");
        let without = BTreeSet::from([disk.node("/var/lib/docker")]);
        let tree = Around { tree: Rc::new(disk), without };
        let mut findings = Findings::new();
        let mut is_there = |path: &str| resolve_path(&tree, path.as_bytes(), &mut findings).unwrap().is_some();
        assert!(is_there("/etc/os-release") && is_there("/var/lib/docker"));
        assert!(!is_there("/var/lib/docker/overlay2") && !is_there("/docker/overlay2/a/diff/x"));
        let store = lookup_path(&tree, b"/var/lib/docker", &mut findings).unwrap().unwrap();
        assert_eq!(tree.list(store, &mut findings).unwrap(), []);
    }
}
