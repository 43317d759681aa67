//! A folder as a browser hands it over: the files below it with their paths, and nothing else.
//!
//! WHATWG HTML, "file upload state" (`webkitdirectory`), and the File and Directory Entries API. There are no owners, modes,
//! links, devices or attributes, and from a picker no empty directories either. A layer of which only its `link` file is
//! there had such a directory; it is put back, since a layer without it would count as missing.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Cached, Counted, Counts, Entry, FileTree, Findings, Kind, NodeId, Place, ReadError, Stat, Xattrs,
};
use careen_model::Timestamp;

use crate::{Directory, Lost};

/// Bytes read of a file at least, and how many such pieces of it are kept. A read costs a browser as much as the transfer
/// of 225 KiB.
const LINE: u32 = 256 << 10;
const LINES: usize = 4;

/// A file of a folder.
pub struct FolderFile {
    /// Its path below the folder, with slashes.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed last.
    pub modified: Timestamp,
}

/// Opens the file at a position of the list.
pub type OpenFile = Box<dyn Fn(usize) -> Result<Rc<dyn ByteSource>, ReadError>>;

/// The folder `name` with these files, each of which `open` gives the bytes of. `directories` are paths of directories
/// that may have no file below them. Of several files with one path the first counts.
pub fn folder(name: &str, files: &[FolderFile], directories: &[String], open: OpenFile) -> Directory {
    let counts = Counts::default();
    let mut tree = FolderTree {
        place: Place::new(name),
        nodes: vec![Node { parent: 0, name: Vec::new(), body: Body::Directory(BTreeMap::new()) }],
        open,
        counts: counts.clone(),
    };
    for (at, file) in files.iter().enumerate() {
        tree.put(&file.path, Body::File { at, size: file.size, modified: file.modified });
    }
    for path in directories {
        tree.put(path, Body::Directory(BTreeMap::new()));
    }
    tree.put_back_layers();
    Directory { name: name.to_owned(), tree: Rc::new(tree), lost: Lost::Metadata, counts }
}

/// The files of a folder. A node is a position in the list; the root is 0.
struct FolderTree {
    place: Place,
    nodes: Vec<Node>,
    open: OpenFile,
    counts: Counts,
}

struct Node {
    parent: usize,
    name: Vec<u8>,
    body: Body,
}

enum Body {
    Directory(BTreeMap<Vec<u8>, usize>),
    File { at: usize, size: u64, modified: Timestamp },
}

impl FolderTree {
    /// Puts an object at a path, unless one is there or a file stands in the way.
    fn put(&mut self, path: &str, body: Body) {
        let mut names: Vec<&str> = path.split('/').filter(|name| !matches!(*name, "" | "." | "..")).collect();
        let Some(last) = names.pop() else { return };
        let mut directory = 0;
        for name in names {
            match self.child_or(directory, name, || Body::Directory(BTreeMap::new())) {
                Some(next) => directory = next,
                None => return,
            }
        }
        self.child_or(directory, last, || body);
    }

    /// The object of this name in a directory, made when it is not there; `None` when the directory is a file.
    fn child_or(&mut self, directory: usize, name: &str, make: impl FnOnce() -> Body) -> Option<usize> {
        let next = self.nodes.len();
        let Body::Directory(names) = &mut self.nodes.get_mut(directory)?.body else { return None };
        let node = *names.entry(name.as_bytes().to_vec()).or_insert(next);
        if node == next {
            self.nodes.push(Node { parent: directory, name: name.as_bytes().to_vec(), body: make() });
        }
        Some(node)
    }

    /// Gives each layer of overlay2 whose directory was empty its directory again.
    fn put_back_layers(&mut self) {
        let is_layer = |node: &Node| match (&node.body, self.nodes.get(node.parent)) {
            (Body::Directory(names), Some(above)) => {
                above.name == b"overlay2" && names.contains_key(&b"link"[..]) && !names.contains_key(&b"diff"[..])
            }
            _ => false,
        };
        let layers: Vec<usize> =
            self.nodes.iter().enumerate().filter(|(_, node)| is_layer(node)).map(|(at, _)| at).collect();
        for layer in layers {
            self.child_or(layer, "diff", || Body::Directory(BTreeMap::new()));
        }
    }

    fn node(&self, node: NodeId) -> Result<&Node, ReadError> {
        let found = usize::try_from(node.0).ok().and_then(|at| self.nodes.get(at));
        found.ok_or_else(|| ReadError::corrupt(&self.place, format_args!("no object {} in this folder", node.0)))
    }

    fn names(&self, directory: NodeId) -> Result<&BTreeMap<Vec<u8>, usize>, ReadError> {
        match &self.node(directory)?.body {
            Body::Directory(names) => Ok(names),
            Body::File { .. } => Err(ReadError::corrupt(&self.place(directory), "this is no directory")),
        }
    }
}

impl FileTree for FolderTree {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn place(&self, node: NodeId) -> Place {
        let mut names = Vec::new();
        let mut at = usize::try_from(node.0).unwrap_or(0);
        // A directory is made before what is in it, so its number is lower.
        while let Some(node) = self.nodes.get(at).filter(|_| at > 0) {
            names.push(String::from_utf8_lossy(&node.name));
            at = node.parent;
        }
        let path: String = names.iter().rev().flat_map(|name| ["/", name]).collect();
        if path.is_empty() { self.place.clone() } else { self.place.then(path) }
    }

    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        let (kind, mode, size, mtime) = match &self.node(node)?.body {
            Body::Directory(_) => (Kind::Directory, 0o755, 0, Timestamp::default()),
            Body::File { size, modified, .. } => (Kind::File, 0o644, *size, *modified),
        };
        Ok(Stat {
            kind,
            mode,
            uid: 0,
            gid: 0,
            size,
            atime: mtime,
            mtime,
            ctime: mtime,
            crtime: None,
            nlink: 1,
            inode: node.0.saturating_add(1),
            rdev: (0, 0),
        })
    }

    fn list(&self, directory: NodeId, _: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let kind = |at: usize| match self.nodes.get(at)?.body {
            Body::Directory(_) => Some(Kind::Directory),
            Body::File { .. } => Some(Kind::File),
        };
        let entry =
            |(name, at): (&Vec<u8>, &usize)| Entry { name: name.clone(), node: NodeId(*at as u64), kind: kind(*at) };
        Ok(self.names(directory)?.iter().map(entry).collect())
    }

    fn lookup(&self, directory: NodeId, name: &[u8], _: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        Ok(self.names(directory)?.get(name).map(|at| NodeId(*at as u64)))
    }

    fn xattrs(&self, _: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        Ok(Xattrs::new())
    }

    fn link_target(&self, node: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        Err(ReadError::corrupt(&self.place(node), "this is no symbolic link"))
    }

    fn open(&self, node: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        match self.node(node)?.body {
            Body::File { at, .. } => {
                let counted = Counted::new((self.open)(at)?, self.counts.clone());
                Ok(Rc::new(Cached::new(Rc::new(counted), LINE, LINES)))
            }
            Body::Directory(_) => Err(ReadError::corrupt(&self.place(node), "this is no regular file")),
        }
    }
}

#[cfg(test)]
mod tests {
    use careen_evidence::{Limits, lookup_path, read_file};

    use super::*;

    fn tree(paths: &[&str], directories: &[&str]) -> Directory {
        let modified = Timestamp { seconds: 7, nanoseconds: 5_000_000 };
        let file = |path: &&str| FolderFile { path: (*path).to_owned(), size: path.len() as u64, modified };
        let files: Vec<FolderFile> = paths.iter().map(file).collect();
        let contents: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let directories: Vec<String> = directories.iter().map(|path| (*path).to_owned()).collect();
        let open = move |at: usize| -> Result<Rc<dyn ByteSource>, ReadError> {
            Ok(Rc::new(contents.get(at).map(|content| content.as_bytes().to_vec()).unwrap_or_default()))
        };
        folder("root", &files, &directories, Box::new(open))
    }

    #[test]
    fn paths_become_a_tree() {
        let Directory { tree, counts, lost, .. } = tree(&["a/b/f", "a/g", "z", "z", "../a/h", "z/in-a-file"], &["e/e"]);
        let mut findings = Findings::new();
        let mut node = |path: &str| lookup_path(&*tree, path.as_bytes(), &mut findings).unwrap();
        let (file, empty, other) = (node("/a/b/f").unwrap(), node("/e/e").unwrap(), node("/a/h"));
        assert_eq!((node("/z/in-a-file"), node("/none"), other.is_some()), (None, None, true));
        assert_eq!(tree.place(file).to_string(), "root › /a/b/f");
        assert_eq!(read_file(&*tree, file, &Limits::default(), &mut findings).unwrap(), b"a/b/f");
        assert_eq!((counts.bytes(), lost), (5, Lost::Metadata));
        let stat = tree.stat(file, &mut findings).unwrap();
        assert_eq!((stat.kind, stat.size, stat.mtime.seconds), (Kind::File, 5, 7));
        assert!(tree.list(empty, &mut findings).unwrap().is_empty());
        assert!(tree.list(file, &mut findings).is_err() && tree.open(empty, &mut findings).is_err());
        let names: Vec<Vec<u8>> =
            tree.list(tree.root(), &mut findings).unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, [b"a", b"e", b"z"]);
    }

    #[test]
    fn a_layer_without_files_has_its_directory() {
        let Directory { tree, .. } =
            tree(&["overlay2/x/link", "overlay2/y/link", "overlay2/y/diff/f", "other/link"], &[]);
        let mut findings = Findings::new();
        let mut has = |path: &str| lookup_path(&*tree, path.as_bytes(), &mut findings).unwrap().is_some();
        assert!(has("/overlay2/x/diff") && has("/overlay2/y/diff/f") && !has("/other/diff"));
    }
}
