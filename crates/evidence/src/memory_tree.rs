//! A tree built in memory: what the tests of stores, overlays and packages stand on.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_model::{Place, Timestamp};

use crate::{ByteSource, Entry, FileTree, Findings, Kind, NodeId, ReadError, Stat, Xattrs};

/// A file tree held in memory.
#[derive(Clone, Debug)]
pub struct MemoryTree {
    name: String,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug)]
struct Node {
    stat: Stat,
    content: Vec<u8>,
    entries: BTreeMap<Vec<u8>, NodeId>,
    xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl MemoryTree {
    /// An empty tree, called `name` in places.
    pub fn new(name: &str) -> Self {
        let mut tree = MemoryTree { name: name.to_owned(), nodes: Vec::new() };
        tree.add(Kind::Directory, Vec::new());
        tree
    }

    /// Adds a regular file, and the directories above it as needed.
    pub fn file(&mut self, path: &str, content: impl AsRef<[u8]>) -> NodeId {
        self.place_at(path, Kind::File, content.as_ref().to_vec())
    }

    /// Adds a directory, and those above it as needed.
    pub fn directory(&mut self, path: &str) -> NodeId {
        self.place_at(path, Kind::Directory, Vec::new())
    }

    /// Adds a symbolic link.
    pub fn symlink(&mut self, path: &str, target: &str) -> NodeId {
        self.place_at(path, Kind::Symlink, target.as_bytes().to_vec())
    }

    /// Adds a character device; 0:0 is an overlay whiteout.
    pub fn char_device(&mut self, path: &str, major: u32, minor: u32) -> NodeId {
        let node = self.place_at(path, Kind::CharDevice, Vec::new());
        self.stat_mut(node, |stat| stat.rdev = (major, minor));
        node
    }

    /// Gives `node` one name more, in `directory`.
    pub fn hard_link(&mut self, directory: NodeId, name: &str, node: NodeId) {
        if let Some(found) = self.get_mut(directory) {
            found.entries.insert(name.as_bytes().to_vec(), node);
        }
        self.stat_mut(node, |stat| stat.nlink = stat.nlink.saturating_add(1));
    }

    /// Sets an extended attribute.
    pub fn xattr(&mut self, node: NodeId, name: &str, value: impl AsRef<[u8]>) {
        if let Some(found) = self.get_mut(node) {
            found.xattrs.insert(name.as_bytes().to_vec(), value.as_ref().to_vec());
        }
    }

    /// Changes the metadata of a node.
    pub fn stat_mut(&mut self, node: NodeId, change: impl FnOnce(&mut Stat)) {
        if let Some(found) = self.get_mut(node) {
            change(&mut found.stat);
        }
    }

    /// The node at `path`; the root when there is none.
    pub fn node(&self, path: &str) -> NodeId {
        crate::lookup_path(self, path.as_bytes(), &mut Findings::new()).ok().flatten().unwrap_or(self.root())
    }

    fn place_at(&mut self, path: &str, kind: Kind, content: Vec<u8>) -> NodeId {
        let mut directory = NodeId(0);
        let mut names = path.split('/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let existing = self.get(directory).and_then(|found| found.entries.get(name.as_bytes()).copied());
            let is_last = names.peek().is_none();
            directory = match existing {
                Some(node) if !is_last || kind == Kind::Directory => node,
                _ => {
                    let node =
                        if is_last { self.add(kind, content.clone()) } else { self.add(Kind::Directory, Vec::new()) };
                    if let Some(above) = self.get_mut(directory) {
                        above.entries.insert(name.as_bytes().to_vec(), node);
                    }
                    node
                }
            };
        }
        directory
    }

    fn add(&mut self, kind: Kind, content: Vec<u8>) -> NodeId {
        let node = NodeId(self.nodes.len() as u64);
        let time = Timestamp::default();
        let stat = Stat {
            kind,
            mode: if kind == Kind::Directory { 0o755 } else { 0o644 },
            uid: 0,
            gid: 0,
            size: content.len() as u64,
            atime: time,
            mtime: time,
            ctime: time,
            crtime: None,
            nlink: 1,
            // From 1: no filesystem has an inode 0.
            inode: node.0.saturating_add(1),
            rdev: (0, 0),
        };
        self.nodes.push(Node { stat, content, entries: BTreeMap::new(), xattrs: BTreeMap::new() });
        node
    }

    fn get(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(node.0).ok()?)
    }

    fn get_mut(&mut self, node: NodeId) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(node.0).ok()?)
    }

    fn expect(&self, node: NodeId) -> Result<&Node, ReadError> {
        self.get(node).ok_or_else(|| ReadError::corrupt(&self.place(node), "no such node"))
    }
}

impl FileTree for MemoryTree {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn place(&self, node: NodeId) -> Place {
        Place::new(&self.name).then(format_args!("node {}", node.0))
    }

    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        Ok(self.expect(node)?.stat)
    }

    fn list(&self, directory: NodeId, _: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let entries = self.expect(directory)?.entries.iter();
        Ok(entries.map(|(name, node)| Entry { name: name.clone(), node: *node, kind: None }).collect())
    }

    fn xattrs(&self, node: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        Ok(self.expect(node)?.xattrs.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    fn link_target(&self, node: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        Ok(self.expect(node)?.content.clone())
    }

    fn open(&self, node: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        Ok(Rc::new(self.expect(node)?.content.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, read_file, resolve_object, resolve_path};

    #[test]
    fn paths_resolve_through_links_and_never_leave_the_root() {
        let mut tree = MemoryTree::new("test");
        tree.file("/usr/lib/a", "content");
        tree.symlink("/lib", "usr/lib");
        tree.symlink("/usr/up", "/../../lib/../lib/a");
        tree.symlink("/loop", "loop");
        let mut findings = Findings::new();
        let a = tree.node("/usr/lib/a");
        for path in ["/lib/a", "../lib/a", "/usr/up", "usr/./lib//a"] {
            assert_eq!(resolve_path(&tree, path.as_bytes(), &mut findings).unwrap(), Some(a), "{path}");
        }
        for path in ["/loop", "/lib/a/b", "/nothing"] {
            assert_eq!(resolve_path(&tree, path.as_bytes(), &mut findings).unwrap(), None, "{path}");
        }
        assert_eq!(read_file(&tree, a, &Limits::default(), &mut findings).unwrap(), b"content");
        assert!(read_file(&tree, tree.root(), &Limits::default(), &mut findings).is_err());
    }

    #[test]
    fn an_object_is_found_itself_under_its_own_path() {
        let mut tree = MemoryTree::new("disk");
        let file = tree.file("/d/e/f", "x");
        tree.symlink("/l", "d/../d/e");
        let link = tree.symlink("/d/e/link", "/nowhere");
        let root = tree.root();
        let mut findings = Findings::new();
        for (path, found) in [
            ("/l/f", Some((file, "/d/e/f"))),
            ("l/./../e/f", Some((file, "/d/e/f"))),
            ("/l/link", Some((link, "/d/e/link"))),
            ("/", Some((root, ""))),
            ("d/../..", Some((root, ""))),
            ("/l/link/f", None),
        ] {
            let found = found.map(|(node, path)| (node, path.as_bytes().to_vec()));
            assert_eq!(resolve_object(&tree, path.as_bytes(), &mut findings).unwrap(), found, "{path}");
        }
    }
}
