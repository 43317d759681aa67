//! A tree of files, by node.

use std::rc::Rc;

use careen_model::{Place, Timestamp};

use crate::{ByteSource, Findings, Limits, ReadError, read_vec};

pub use careen_model::FileType as Kind;

/// A file or directory within one [`FileTree`]; of no meaning in another tree. In an ext4 tree it is the inode number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u64);

/// What `lstat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Kind of object.
    pub kind: Kind,
    /// Permission bits with setuid, setgid and sticky: 12 bits.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Length in bytes: of the content, of a link's target, of a directory's blocks.
    pub size: u64,
    /// Last access.
    pub atime: Timestamp,
    /// Last change of the content.
    pub mtime: Timestamp,
    /// Last change of the inode.
    pub ctime: Timestamp,
    /// Creation, where it is recorded.
    pub crtime: Option<Timestamp>,
    /// Number of hard links.
    pub nlink: u32,
    /// Number that two paths share exactly when they are hard links of one file.
    pub inode: u64,
    /// Major and minor device number; zeros for all but devices.
    pub rdev: (u32, u32),
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its bytes: no slash, no zero byte, never `.` or `..`.
    pub name: Vec<u8>,
    /// What it leads to.
    pub node: NodeId,
    /// The kind the directory records, where it does.
    pub kind: Option<Kind>,
}

/// Extended attributes: full name (`security.capability`) and value, sorted by name.
pub type Xattrs = Vec<(Vec<u8>, Vec<u8>)>;

/// A tree of files: a filesystem, a merged image, an archive, a volume.
///
/// Every method may meet damage, hence `findings`: it returns what is left, and an error only when nothing is.
pub trait FileTree {
    /// The directory at the top.
    fn root(&self) -> NodeId;

    /// Where this node lies, for messages.
    fn place(&self, node: NodeId) -> Place;

    /// Metadata of a node.
    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError>;

    /// The names in a directory, sorted by their bytes, each once.
    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError>;

    /// The node behind one name of a directory, `None` when the directory has no such name.
    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        Ok(self.list(directory, findings)?.into_iter().find(|entry| entry.name == name).map(|entry| entry.node))
    }

    /// The extended attributes of a node.
    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError>;

    /// The target of a symbolic link.
    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError>;

    /// The content of a regular file. Holes read as zeros; what is damaged or missing is an error when it is read.
    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError>;

    /// The directory in which this one, which was listed just now, says that it lies; `None` where it does not say so.
    fn above(&self, _directory: NodeId) -> Option<NodeId> {
        None
    }

    /// Tells that these nodes are about to be asked for, so that what describes them can be read in few, ordered
    /// requests. Never fails; what cannot be read shows when it is asked for.
    fn prefetch(&self, _nodes: &[NodeId]) {}
}

/// The node at `path` (relative to the root, slashes between names, a leading one allowed), symbolic links not
/// followed; `None` when a name is missing or something on the way is no directory.
pub fn lookup_path(tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
    let mut node = tree.root();
    for name in names(path) {
        if tree.stat(node, findings)?.kind != Kind::Directory {
            return Ok(None);
        }
        match tree.lookup(node, name, findings)? {
            Some(next) => node = next,
            None => return Ok(None),
        }
    }
    Ok(Some(node))
}

/// Longest chain of symbolic links followed, as the kernel's own (`path_resolution(7)`).
const MAX_LINKS: u32 = 40;

/// The node at `path` as a process whose root is the tree's root would find it: symbolic links are followed, `..`
/// never leaves the root. `None` when it does not lead anywhere.
pub fn resolve_path(tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
    Ok(resolve(tree, path, true, findings)?.map(|(node, _)| node))
}

/// The object at a path, itself and not what it leads to when it is a symbolic link, and its own path: names with a slash
/// before each, none of them a link, `.` or `..`; empty for the root. Links on the way are followed as by [`resolve_path`].
pub fn resolve_object(
    tree: &dyn FileTree,
    path: &[u8],
    findings: &mut Findings,
) -> Result<Option<(NodeId, Vec<u8>)>, ReadError> {
    resolve(tree, path, false, findings)
}

fn resolve(
    tree: &dyn FileTree,
    path: &[u8],
    follows_last: bool,
    findings: &mut Findings,
) -> Result<Option<(NodeId, Vec<u8>)>, ReadError> {
    // Names still to go, the next one last; directories passed and the length of their paths, for `..`.
    let mut ahead: Vec<Vec<u8>> = names(path).map(<[u8]>::to_vec).collect();
    ahead.reverse();
    let mut passed = vec![(tree.root(), 0)];
    let mut own = Vec::new();
    let mut links = 0_u32;
    while let Some(name) = ahead.pop() {
        let Some(&(directory, length)) = passed.last() else { return Ok(None) };
        own.truncate(length);
        if name == b".." {
            if passed.len() > 1 {
                passed.pop();
            }
            continue;
        }
        if tree.stat(directory, findings)?.kind != Kind::Directory {
            return Ok(None);
        }
        let Some(node) = tree.lookup(directory, &name, findings)? else { return Ok(None) };
        let is_link = tree.stat(node, findings)?.kind == Kind::Symlink;
        if is_link && (follows_last || !ahead.is_empty()) {
            links = links.saturating_add(1);
            if links > MAX_LINKS {
                return Ok(None);
            }
            let target = tree.link_target(node, findings)?;
            if target.first() == Some(&b'/') {
                passed.truncate(1);
            }
            let mut more: Vec<Vec<u8>> = names(&target).map(<[u8]>::to_vec).collect();
            more.reverse();
            ahead.append(&mut more);
        } else {
            own.push(b'/');
            own.extend_from_slice(&name);
            passed.push((node, own.len()));
        }
    }
    Ok(passed.last().map(|(node, length)| {
        own.truncate(*length);
        (*node, own)
    }))
}

/// The names of a path, empty ones and `.` left out.
fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

/// The whole content of a regular file, at most `limits.bytes` of it.
pub fn read_file(
    tree: &dyn FileTree,
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<u8>, ReadError> {
    let place = tree.place(node);
    let kind = tree.stat(node, findings)?.kind;
    if kind != Kind::File {
        return Err(ReadError::corrupt(&place, format_args!("kind is {kind:?}, expected a regular file")));
    }
    let source = tree.open(node, findings)?;
    read_vec(&*source, &place, 0, source.len(), limits)
}
