//! The tree that the entries of an archive make.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, Stat, Window, Xattrs,
};
use careen_model::Timestamp;

use crate::sparse::{Piece, SparseFile};

/// Bytes of names, targets and attributes that count as one entry more against [`Limits::entries`].
const BYTES_AN_ENTRY: u64 = 64;
/// Permissions of a directory that no entry describes.
const IMPLIED_MODE: u16 = 0o755;

/// The files of a tar archive. Nodes are numbered as their entries stand in it, from 1 for the root.
pub struct ArchiveTree {
    source: Rc<dyn ByteSource>,
    place: Place,
    nodes: Vec<Node>,
    /// Whether an entry describes the root.
    is_root_described: bool,
    /// What the nodes take of [`Limits::entries`].
    taken: u64,
}

/// An object.
struct Node {
    meta: Meta,
    links: u32,
    /// Its first name and the directory that has it; the root has itself.
    name: Rc<[u8]>,
    parent: u32,
    body: Body,
    xattrs: Option<Box<Xattrs>>,
}

/// What a header says of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) kind: Kind,
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Timestamp,
    pub(crate) device: (u32, u32),
}

/// What belongs to one kind alone.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// The names in a directory.
    Directory(BTreeMap<Rc<[u8]>, u32>),
    /// The content of a file, in one piece.
    File { position: u64, size: u64 },
    /// The content of a file with holes.
    Sparse { size: u64, pieces: Rc<[Piece]> },
    /// A file whose content cannot be told from the archive, and why.
    Unreadable { size: u64, reason: Box<str> },
    /// The target of a symbolic link.
    Symlink(Box<[u8]>),
    /// Devices, FIFOs.
    Nothing,
}

/// Why an object found no place in the tree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The tree is as large as it may be.
    Full,
    /// The path has more names than it may have.
    Deep,
    /// A hard link to a file that is not there.
    NoTarget,
}

/// Where an entry came to stand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// A name on the way was no directory; it is one now.
    pub(crate) replaced_file: bool,
}

impl ArchiveTree {
    pub(crate) fn new(source: Rc<dyn ByteSource>, place: Place) -> Self {
        let meta = Meta {
            kind: Kind::Directory,
            mode: IMPLIED_MODE,
            uid: 0,
            gid: 0,
            mtime: Timestamp::default(),
            device: (0, 0),
        };
        let root = Node {
            meta,
            links: 1,
            name: Rc::from(&b""[..]),
            parent: 0,
            body: Body::Directory(BTreeMap::new()),
            xattrs: None,
        };
        ArchiveTree { source, place, nodes: vec![root], is_root_described: false, taken: 1 }
    }

    /// Gives a root that no entry describes the owner, mode and time of this one: a layer leaves them as they are beneath.
    pub fn inherit_root(&mut self, beneath: &Stat) {
        if let (false, Some(root)) = (self.is_root_described, self.nodes.first_mut()) {
            let Stat { mode, uid, gid, mtime, .. } = *beneath;
            root.meta = Meta { mode, uid, gid, mtime, ..root.meta };
        }
    }

    /// Lets go of the archive's bytes: the files keep their names and metadata.
    pub(crate) fn forget_content(&mut self) {
        self.source = Rc::new(Vec::new());
    }

    /// Puts the bytes the contents are read from in the place of those the entries were found in.
    pub(crate) fn read_from(&mut self, source: Rc<dyn ByteSource>) {
        self.source = source;
    }

    /// Puts an object at a path; what stood there gives way, but a directory keeps its names when it is met again.
    pub(crate) fn put(
        &mut self,
        path: &[&[u8]],
        meta: Meta,
        body: Body,
        xattrs: Xattrs,
        limits: &Limits,
    ) -> Result<Placed, Refusal> {
        let kept = xattrs
            .iter()
            .fold(0_u64, |sum, (name, value)| sum.saturating_add(name.len() as u64).saturating_add(value.len() as u64));
        let pieces = match &body {
            Body::Symlink(target) => target.len() as u64,
            Body::Sparse { pieces, .. } => (pieces.len() as u64).saturating_mul(24),
            _ => 0,
        };
        self.take(kept.saturating_add(pieces), limits)?;
        let xattrs = (!xattrs.is_empty()).then(|| Box::new(xattrs));
        let Some((last, above)) = path.split_last() else {
            if let Some(root) = self.nodes.first_mut().filter(|_| meta.kind == Kind::Directory) {
                (root.meta, root.xattrs) = (meta, xattrs);
                self.is_root_described = true;
            }
            return Ok(Placed { replaced_file: false });
        };
        let (parent, replaced_file) = self.directories(above, limits)?;
        if let Some(node) = self.child(parent, last)
            && meta.kind == Kind::Directory
            && self.is_directory(node)
        {
            if let Some(node) = self.node_mut(node) {
                (node.meta, node.xattrs) = (meta, xattrs);
            }
            return Ok(Placed { replaced_file });
        }
        let node = self.add(parent, last, meta, body, limits)?;
        if let Some(node) = self.node_mut(node) {
            node.xattrs = xattrs;
        }
        Ok(Placed { replaced_file })
    }

    /// Gives the file at `target` one name more.
    pub(crate) fn link(&mut self, path: &[&[u8]], target: &[&[u8]], limits: &Limits) -> Result<Placed, Refusal> {
        let mut node = 0;
        for name in target {
            node = self.child(node, name).ok_or(Refusal::NoTarget)?;
        }
        let Some((last, above)) = path.split_last().filter(|_| !self.is_directory(node)) else {
            return Err(Refusal::NoTarget);
        };
        let (parent, replaced_file) = self.directories(above, limits)?;
        if self.child(parent, last) == Some(node) {
            return Ok(Placed { replaced_file });
        }
        self.take(last.len() as u64, limits)?;
        if let Some(node) = self.node_mut(node) {
            node.links = node.links.saturating_add(1);
        }
        self.name(parent, Rc::from(*last), node);
        Ok(Placed { replaced_file })
    }

    /// Sets an attribute of the directory at a path, which is made when it is not there.
    pub(crate) fn mark(&mut self, path: &[&[u8]], name: &[u8], value: &[u8], limits: &Limits) -> Result<(), Refusal> {
        let (node, _) = self.directories(path, limits)?;
        if let Some(node) = self.node_mut(node) {
            let xattrs = node.xattrs.get_or_insert_default();
            xattrs.retain(|(known, _)| known != name);
            xattrs.push((name.to_vec(), value.to_vec()));
            xattrs.sort();
        }
        Ok(())
    }

    /// The attributes that are kept of a directory's earlier entry.
    pub(crate) fn xattrs_at(&self, path: &[&[u8]]) -> Option<&Xattrs> {
        let mut node = 0;
        for name in path {
            node = self.child(node, name)?;
        }
        self.node(NodeId(u64::from(node).saturating_add(1)))?.xattrs.as_deref()
    }

    /// The directory at a path, made as far as it is not there, and whether something else had to give way.
    fn directories(&mut self, path: &[&[u8]], limits: &Limits) -> Result<(u32, bool), Refusal> {
        if path.len() as u64 >= u64::from(limits.depth) {
            return Err(Refusal::Deep);
        }
        let (mut directory, mut replaced) = (0, false);
        for name in path {
            let found = self.child(directory, name);
            directory = match found.filter(|node| self.is_directory(*node)) {
                Some(node) => node,
                None => {
                    replaced |= found.is_some();
                    let meta = Meta {
                        kind: Kind::Directory,
                        mode: IMPLIED_MODE,
                        uid: 0,
                        gid: 0,
                        mtime: Timestamp::default(),
                        device: (0, 0),
                    };
                    self.add(directory, name, meta, Body::Directory(BTreeMap::new()), limits)?
                }
            };
        }
        Ok((directory, replaced))
    }

    fn add(&mut self, parent: u32, name: &[u8], meta: Meta, body: Body, limits: &Limits) -> Result<u32, Refusal> {
        let number = u32::try_from(self.nodes.len()).map_err(|_| Refusal::Full)?;
        self.take((name.len() as u64).saturating_add(BYTES_AN_ENTRY), limits)?;
        let name: Rc<[u8]> = Rc::from(name);
        self.nodes.push(Node { meta, links: 1, name: Rc::clone(&name), parent, body, xattrs: None });
        self.name(parent, name, number);
        Ok(number)
    }

    /// Writes a name into a directory; what had it before has one name less.
    fn name(&mut self, directory: u32, name: Rc<[u8]>, node: u32) {
        let before = match self.node_mut(directory).map(|node| &mut node.body) {
            Some(Body::Directory(names)) => names.insert(name, node),
            _ => None,
        };
        if let Some(before) = before.and_then(|before| self.node_mut(before)) {
            before.links = before.links.saturating_sub(1);
        }
    }

    /// Counts what is kept; all of it stands against [`Limits::entries`].
    fn take(&mut self, bytes: u64, limits: &Limits) -> Result<(), Refusal> {
        let taken = self.taken.saturating_add(bytes.checked_div(BYTES_AN_ENTRY).unwrap_or(0));
        if taken > limits.entries {
            return Err(Refusal::Full);
        }
        self.taken = taken;
        Ok(())
    }

    fn child(&self, directory: u32, name: &[u8]) -> Option<u32> {
        match &self.nodes.get(usize::try_from(directory).ok()?)?.body {
            Body::Directory(names) => names.get(name).copied(),
            _ => None,
        }
    }

    fn is_directory(&self, node: u32) -> bool {
        let node = usize::try_from(node).ok().and_then(|node| self.nodes.get(node));
        node.is_some_and(|node| node.meta.kind == Kind::Directory)
    }

    fn node_mut(&mut self, node: u32) -> Option<&mut Node> {
        self.nodes.get_mut(usize::try_from(node).ok()?)
    }

    fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(usize::try_from(node.0).ok()?.checked_sub(1)?)
    }

    fn expect(&self, node: NodeId) -> Result<&Node, ReadError> {
        self.node(node)
            .ok_or_else(|| ReadError::corrupt(&self.place, format_args!("no node {} in this archive", node.0)))
    }
}

impl FileTree for ArchiveTree {
    fn root(&self) -> NodeId {
        NodeId(1)
    }

    fn place(&self, node: NodeId) -> Place {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut next = self.node(node);
        // Parents have smaller numbers or were directories before, so there is a way up; its length is bounded anyway.
        while let Some(node) = next.filter(|node| !node.name.is_empty() && names.len() < self.nodes.len()) {
            names.push(&node.name);
            next = self.node(NodeId(u64::from(node.parent).saturating_add(1)));
        }
        let path = names.iter().rev().fold(Vec::new(), |mut path, name| {
            path.push(b'/');
            path.extend_from_slice(name);
            path
        });
        self.place.then(if path.is_empty() { "/".into() } else { String::from_utf8_lossy(&path) })
    }

    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        let found = self.expect(node)?;
        let size = match &found.body {
            Body::File { size, .. } | Body::Sparse { size, .. } | Body::Unreadable { size, .. } => *size,
            Body::Symlink(target) => target.len() as u64,
            Body::Directory(_) | Body::Nothing => 0,
        };
        let Meta { kind, mode, uid, gid, mtime, device } = found.meta;
        Ok(Stat {
            kind,
            mode,
            uid,
            gid,
            size,
            // An archive has one time of each object.
            atime: mtime,
            mtime,
            ctime: mtime,
            crtime: None,
            nlink: found.links,
            inode: node.0,
            rdev: device,
        })
    }

    fn list(&self, directory: NodeId, _: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let Body::Directory(names) = &self.expect(directory)?.body else {
            return Err(ReadError::corrupt(&self.place(directory), "this is no directory"));
        };
        let entry = |(name, node): (&Rc<[u8]>, &u32)| {
            let node = NodeId(u64::from(*node).saturating_add(1));
            Entry { name: name.to_vec(), node, kind: self.node(node).map(|node| node.meta.kind) }
        };
        Ok(names.iter().map(entry).collect())
    }

    fn lookup(&self, directory: NodeId, name: &[u8], _: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        Ok(match &self.expect(directory)?.body {
            Body::Directory(names) => names.get(name).map(|node| NodeId(u64::from(*node).saturating_add(1))),
            _ => None,
        })
    }

    fn xattrs(&self, node: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        Ok(self.expect(node)?.xattrs.as_deref().cloned().unwrap_or_default())
    }

    fn link_target(&self, node: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        match &self.expect(node)?.body {
            Body::Symlink(target) => Ok(target.to_vec()),
            _ => Err(ReadError::corrupt(&self.place(node), "this is no symbolic link")),
        }
    }

    fn open(&self, node: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        let (inner, place) = (Rc::clone(&self.source), self.place(node));
        match &self.expect(node)?.body {
            Body::File { position, size } => Ok(Rc::new(Window::new(inner, place, *position, *size))),
            Body::Sparse { size, pieces } => {
                Ok(Rc::new(SparseFile { inner, place, length: *size, pieces: Rc::clone(pieces) }))
            }
            Body::Unreadable { reason, .. } => Err(ReadError::corrupt(&place, reason)),
            _ => Err(ReadError::corrupt(&place, "this is no regular file")),
        }
    }
}
