//! A directory of the operating system as a tree of files.
//!
//! Read as it stands: links are shown and never followed, so nothing outside of it is read. Other filesystems mounted
//! below it are part of it. What the system does not tell (owners and modes on Windows) is left at a plain value, and the
//! survey is told that it is lost.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Cached, Counted, Counts, Entry, FileTree, Findings, Kind, NodeId, Place, ReadError, Stat, Xattrs,
};
use careen_model::Timestamp;
use careen_survey::{Directory, Lost};

use crate::disk_file;

/// Bytes read of a file at least, and how many such pieces of it are kept.
const LINE: u32 = 32 << 10;
const LINES: usize = 4;

/// Opens a directory.
pub fn open(path: &Path) -> Directory {
    let counts = Counts::default();
    let tree = HostTree { root: path.to_owned(), nodes: RefCell::default(), counts: counts.clone() };
    let lost = if cfg!(unix) { Lost::Attributes } else { Lost::Metadata };
    Directory { name: path.display().to_string(), tree: Rc::new(tree), lost, counts }
}

/// The files below a directory. A node is a position in the list of names met so far, counted from 1; the root is 0.
struct HostTree {
    root: PathBuf,
    nodes: RefCell<Nodes>,
    counts: Counts,
}

#[derive(Default)]
struct Nodes {
    /// Directory and name.
    names: Vec<(NodeId, OsString)>,
    numbers: HashMap<(NodeId, OsString), NodeId>,
}

impl HostTree {
    fn path(&self, node: NodeId) -> PathBuf {
        let nodes = self.nodes.borrow();
        let name = |node: NodeId| nodes.names.get(usize::try_from(node.0).ok()?.checked_sub(1)?);
        let mut names: Vec<&OsStr> = Vec::new();
        let mut next = node;
        // A directory is met before its names.
        while let Some((directory, own)) = name(next) {
            names.push(own);
            next = *directory;
        }
        names.iter().rev().fold(self.root.clone(), |path, name| path.join(name))
    }

    fn number(&self, directory: NodeId, name: OsString) -> NodeId {
        let mut nodes = self.nodes.borrow_mut();
        let key = (directory, name);
        if let Some(known) = nodes.numbers.get(&key) {
            return *known;
        }
        nodes.names.push(key.clone());
        let number = NodeId(nodes.names.len() as u64);
        nodes.numbers.insert(key, number);
        number
    }

    fn failed(&self, node: NodeId, error: io::Error) -> ReadError {
        ReadError::io(&self.place(node), error)
    }
}

impl FileTree for HostTree {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn place(&self, node: NodeId) -> Place {
        Place::new(self.path(node).to_string_lossy())
    }

    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        let path = self.path(node);
        // The directory itself may have been named by a link to it.
        let found = if node.0 == 0 { fs::metadata(path) } else { fs::symlink_metadata(path) };
        found.map(|metadata| stat(&metadata, node)).map_err(|error| self.failed(node, error))
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let found = fs::read_dir(self.path(directory)).map_err(|error| self.failed(directory, error))?;
        let mut entries = Vec::new();
        for entry in found {
            match entry {
                Ok(entry) => {
                    let name = entry.file_name();
                    let bytes = name.as_encoded_bytes().to_vec();
                    let kind = entry.file_type().ok().map(kind);
                    entries.push(Entry { name: bytes, node: self.number(directory, name), kind });
                }
                Err(error) => findings.add_failure(&self.failed(directory, error)),
            }
        }
        entries.sort();
        Ok(entries)
    }

    fn lookup(&self, directory: NodeId, name: &[u8], _: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let is_name = !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/');
        let Some(name) = os_name(name).filter(|_| is_name) else { return Ok(None) };
        match fs::symlink_metadata(self.path(directory).join(&name)) {
            Ok(_) => Ok(Some(self.number(directory, name))),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(self.failed(directory, error)),
        }
    }

    fn xattrs(&self, node: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        xattrs(&self.path(node)).map_err(|error| self.failed(node, error))
    }

    fn link_target(&self, node: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let target = fs::read_link(self.path(node)).map_err(|error| self.failed(node, error))?;
        Ok(target.as_os_str().as_encoded_bytes().to_vec())
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        // Opening a FIFO would wait for a writer; opening a link would read what it leads to.
        if self.stat(node, findings)?.kind != Kind::File {
            return Err(ReadError::corrupt(&self.place(node), "this is no regular file"));
        }
        let file = File::open(self.path(node)).map_err(|error| self.failed(node, error))?;
        let source = Counted::new(disk_file::source(file, self.place(node))?, self.counts.clone());
        Ok(Rc::new(Cached::new(Rc::new(source), LINE, LINES)))
    }
}

#[cfg(unix)]
fn os_name(name: &[u8]) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    Some(OsStr::from_bytes(name).to_owned())
}

#[cfg(not(unix))]
fn os_name(name: &[u8]) -> Option<OsString> {
    std::str::from_utf8(name).ok().map(OsString::from)
}

#[cfg(unix)]
fn kind(kind: fs::FileType) -> Kind {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Symlink,
        kind if kind.is_fifo() => Kind::Fifo,
        kind if kind.is_char_device() => Kind::CharDevice,
        kind if kind.is_block_device() => Kind::BlockDevice,
        kind if kind.is_socket() => Kind::Socket,
        _ => Kind::File,
    }
}

#[cfg(not(unix))]
fn kind(kind: fs::FileType) -> Kind {
    match kind {
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_symlink() => Kind::Symlink,
        _ => Kind::File,
    }
}

#[cfg(unix)]
fn stat(metadata: &Metadata, _: NodeId) -> Stat {
    use std::os::unix::fs::MetadataExt;
    let time = |seconds, nanoseconds| Timestamp { seconds, nanoseconds: u32::try_from(nanoseconds).unwrap_or(0) };
    let rdev = metadata.rdev();
    Stat {
        kind: kind(metadata.file_type()),
        mode: u16::try_from(metadata.mode() & 0o7777).unwrap_or(0),
        uid: metadata.uid(),
        gid: metadata.gid(),
        size: metadata.size(),
        atime: time(metadata.atime(), metadata.atime_nsec()),
        mtime: time(metadata.mtime(), metadata.mtime_nsec()),
        ctime: time(metadata.ctime(), metadata.ctime_nsec()),
        crtime: None,
        nlink: u32::try_from(metadata.nlink()).unwrap_or(u32::MAX),
        inode: metadata.ino(),
        rdev: (rustix::fs::major(rdev), rustix::fs::minor(rdev)),
    }
}

#[cfg(not(unix))]
fn stat(metadata: &Metadata, node: NodeId) -> Stat {
    let since = metadata.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let mtime = since.map_or_else(Timestamp::default, |since| Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        nanoseconds: since.subsec_nanos(),
    });
    let kind = kind(metadata.file_type());
    Stat {
        kind,
        mode: if kind == Kind::Directory { 0o755 } else { 0o644 },
        uid: 0,
        gid: 0,
        size: metadata.len(),
        atime: mtime,
        mtime,
        ctime: mtime,
        crtime: None,
        nlink: 1,
        inode: node.0.saturating_add(1),
        rdev: (0, 0),
    }
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn xattrs(path: &Path) -> io::Result<Xattrs> {
    use rustix::fs::{lgetxattr, llistxattr};
    use rustix::io::Errno;
    /// Longest list of names, and longest value, that Linux gives.
    const LONGEST: usize = 64 << 10;

    let mut names = vec![0; LONGEST];
    let length = match llistxattr(path, &mut names[..]) {
        Ok(length) => length,
        Err(Errno::NOTSUP) => 0,
        Err(error) => return Err(error.into()),
    };
    names.truncate(length);
    let mut xattrs = Xattrs::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; LONGEST];
        match lgetxattr(path, name, &mut value[..]) {
            Ok(length) => {
                value.truncate(length);
                xattrs.push((name.to_vec(), value));
            }
            // Gone since, or not for this user.
            Err(Errno::NODATA | Errno::ACCESS | Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
    }
    xattrs.sort();
    Ok(xattrs)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn xattrs(_: &Path) -> io::Result<Xattrs> {
    Ok(Xattrs::new())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use careen_evidence::{Limits, lookup_path, read_file};

    use super::*;

    #[test]
    fn a_directory_is_shown_as_it_is_and_links_are_not_followed() {
        let folder = std::env::temp_dir().join(format!("careen-directory-{}", std::process::id()));
        fs::create_dir_all(folder.join("d")).unwrap();
        fs::write(folder.join("d/f"), "content").unwrap();
        fs::hard_link(folder.join("d/f"), folder.join("h")).unwrap();
        symlink("/etc", folder.join("out")).unwrap();

        let tree = open(&folder).tree;
        let mut findings = Findings::new();
        let names: Vec<_> = tree.list(tree.root(), &mut findings).unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names, [b"d".to_vec(), b"h".to_vec(), b"out".to_vec()]);
        let mut node = |path: &str| lookup_path(&*tree, path.as_bytes(), &mut findings).unwrap();
        let (file, link, out) = (node("/d/f").unwrap(), node("/h").unwrap(), node("/out").unwrap());
        assert_eq!((node("/out/passwd"), node("/none")), (None, None));
        assert_eq!(read_file(&*tree, file, &Limits::default(), &mut findings).unwrap(), b"content");
        let mut stat = |node| tree.stat(node, &mut findings).unwrap();
        assert_eq!((stat(file).inode, stat(file).nlink), (stat(link).inode, 2));
        assert_eq!(stat(out).kind, Kind::Symlink);
        assert_eq!(tree.link_target(out, &mut findings).unwrap(), b"/etc");
        assert!(tree.open(out, &mut findings).is_err());
        assert_eq!(tree.lookup(tree.root(), b"..", &mut findings).unwrap(), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
