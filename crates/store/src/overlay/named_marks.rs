//! Layers whose deletions are names: aufs, and fuse-overlayfs where it may not make devices, shown as the kernel's
//! overlayfs marks them.
//!
//! `.wh.NAME` deletes NAME, `.wh..wh..opq` hides what lies below its directory; other names that begin with `.wh..wh.`
//! are aufs' own (Linux aufs, `aufs.5`, "Whiteout"; fuse-overlayfs, `main.c`). A name that stands beside its own
//! whiteout is there.

use std::rc::Rc;

use careen_evidence::{ByteSource, Entry, FileTree, Findings, Kind, NodeId, Place, ReadError, Stat, Xattrs};

const WHITEOUT: &[u8] = b".wh.";
const OWN: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";

/// On the number of a file that is shown as a whiteout. Nodes of a tree are numbered below it.
const AS_WHITEOUT: u64 = 1 << 47;

/// A tree in which such names are marks.
pub(super) struct NamedMarks(pub(super) Rc<dyn FileTree>);

impl NamedMarks {
    /// The number by which the whiteout at this node is known.
    fn whiteout(&self, node: NodeId) -> Result<NodeId, ReadError> {
        if node.0 >= AS_WHITEOUT {
            return Err(ReadError::over_limit(&self.0.place(node), format_args!("node {} of a layer", node.0)));
        }
        Ok(NodeId(node.0 | AS_WHITEOUT))
    }
}

/// The node behind a number, and whether it is shown as a whiteout.
fn plain(node: NodeId) -> (NodeId, bool) {
    let is_whiteout = node.0 >> 47 == 1;
    (if is_whiteout { NodeId(node.0 ^ AS_WHITEOUT) } else { node }, is_whiteout)
}

impl FileTree for NamedMarks {
    fn root(&self) -> NodeId {
        self.0.root()
    }

    fn place(&self, node: NodeId) -> Place {
        self.0.place(plain(node).0)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        let (node, is_whiteout) = plain(node);
        let stat = self.0.stat(node, findings)?;
        Ok(if is_whiteout { Stat { kind: Kind::CharDevice, rdev: (0, 0), size: 0, ..stat } } else { stat })
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let (marks, mut entries): (Vec<Entry>, Vec<Entry>) =
            self.0.list(directory, findings)?.into_iter().partition(|entry| entry.name.starts_with(WHITEOUT));
        let there = entries.len();
        for entry in marks.into_iter().filter(|entry| !entry.name.starts_with(OWN)) {
            let name = entry.name.get(WHITEOUT.len()..).unwrap_or_default().to_vec();
            let is_there = |entries: &[Entry]| entries.binary_search_by(|entry| entry.name.cmp(&name)).is_ok();
            if !name.is_empty() && !is_there(entries.get(..there).unwrap_or_default()) {
                let node = self.whiteout(entry.node)?;
                entries.push(Entry { name, node, kind: Some(Kind::CharDevice) });
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        if name.starts_with(WHITEOUT) {
            return Ok(None);
        }
        if let Some(node) = self.0.lookup(directory, name, findings)? {
            return Ok(Some(node));
        }
        let mark = self.0.lookup(directory, &[WHITEOUT, name].concat(), findings)?;
        mark.map(|node| self.whiteout(node)).transpose()
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        let (node, is_whiteout) = plain(node);
        if is_whiteout {
            return Ok(Xattrs::new());
        }
        let mut xattrs = self.0.xattrs(node, findings)?;
        if self.0.stat(node, findings)?.kind == Kind::Directory && self.0.lookup(node, OPAQUE, findings)?.is_some() {
            xattrs.push((b"trusted.overlay.opaque".to_vec(), b"y".to_vec()));
            xattrs.sort();
        }
        Ok(xattrs)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.0.link_target(plain(node).0, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.0.open(plain(node).0, findings)
    }

    fn prefetch(&self, nodes: &[NodeId]) {
        self.0.prefetch(&nodes.iter().map(|node| plain(*node).0).collect::<Vec<_>>());
    }
}
