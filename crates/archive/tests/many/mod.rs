//! A tree that is larger than what lies on any disk at hand, and takes no memory.

use std::ops::Range;
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Entry, FileTree, Findings, Kind, MemoryTree, NodeId, Place, ReadError, Stat, Xattrs,
};

/// So many directories with so many files of three bytes each, and a file `0large` that is mostly a hole.
pub struct Many {
    pub directories: u64,
    pub files: u64,
    pub large: u64,
}

/// Two MiB of data at the start of the large file and two at its end.
const EDGE: u64 = 2 << 20;
/// Nodes: the root, the large file, then each directory with its files.
const ROOT: NodeId = NodeId(0);
const LARGE: NodeId = NodeId(1);
const FIRST: u64 = 2;

struct Large(u64);

impl ByteSource for Large {
    fn len(&self) -> u64 {
        self.0
    }
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        for (at, byte) in (offset..).zip(buf) {
            *byte = if at < EDGE || at >= self.0 - EDGE { (at % 251) as u8 } else { 0 };
        }
        Ok(())
    }
    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        match offset {
            at if at >= self.0 => None,
            at if at >= EDGE => Some(at.max(self.0 - EDGE)..self.0),
            at => Some(at..EDGE),
        }
    }
}

impl Many {
    /// Position of a node within its directory, 0 for the directory itself.
    fn within(&self, node: NodeId) -> u64 {
        (node.0 - FIRST) % (self.files + 1)
    }
}

impl FileTree for Many {
    fn root(&self) -> NodeId {
        ROOT
    }
    fn place(&self, node: NodeId) -> Place {
        Place::new(format!("node {}", node.0))
    }
    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        let tree = MemoryTree::new("disk");
        let stat = tree.stat(tree.root(), &mut Findings::new())?;
        let (kind, size) = match node {
            ROOT => (Kind::Directory, 0),
            LARGE => (Kind::File, self.large),
            node if self.within(node) == 0 => (Kind::Directory, 0),
            _ => (Kind::File, 3),
        };
        Ok(Stat { kind, size, mode: 0o644, inode: node.0 + 2, nlink: 1, ..stat })
    }
    fn list(&self, directory: NodeId, _: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let entry = |name: String, node: u64| Entry { name: name.into(), node: NodeId(node), kind: None };
        if directory == ROOT {
            let first = (self.large > 0).then(|| entry("0large".to_owned(), LARGE.0));
            let directories = (0..self.directories).map(|at| entry(format!("d{at:04}"), FIRST + at * (self.files + 1)));
            return Ok(first.into_iter().chain(directories).collect());
        }
        Ok((0..self.files).map(|at| entry(format!("f{at:07}"), directory.0 + 1 + at)).collect())
    }
    fn xattrs(&self, _: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        Ok(Xattrs::new())
    }
    fn link_target(&self, _: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        Ok(Vec::new())
    }
    fn open(&self, node: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        Ok(if node == LARGE { Rc::new(Large(self.large)) } else { Rc::new(b"abc".to_vec()) })
    }
}
