//! Files as `ls --json` shows them.

use std::collections::{HashMap, HashSet};

use careen_evidence::{
    CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Stat, Visit, resolve_path, walk_from,
};
use careen_model::FileEntry;
use sha2::{Digest, Sha256};

/// Bytes of a file hashed at a time; also the size of a bulk read.
const HASH_CHUNK: usize = 4 << 20;

/// What a listing shows besides the metadata.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListOptions {
    /// Everything below, not only the directory's own names.
    pub recursive: bool,
    /// The sha256 of each regular file.
    pub hash: bool,
    /// The overlay's own marks, in scopes that are bare layer directories.
    pub overlay_marks: bool,
}

/// Lists what lies at `path` of `tree`, object by object, in the order of a walk.
///
/// A directory shows its names; with `recursive` itself and everything below it. Anything else shows itself.
/// Symbolic links on the way to `path` are followed, as a shell would. What cannot be read is a finding and is left out.
pub fn list(
    tree: &dyn FileTree,
    path: &[u8],
    options: ListOptions,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
    emit: &mut dyn FnMut(FileEntry) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let start = find(tree, path, findings)?;
    let mut prefix = clean(path);
    if prefix == b"/" {
        prefix.clear();
    }
    let mut lister = Lister { tree, options, limits, cancel, links: FirstPaths::default(), found: HashSet::new() };
    lister.below(start, &prefix, findings, emit)?;
    if options.recursive && start == tree.root() {
        lister.late(findings, emit)?;
    }
    Ok(())
}

/// Where a filesystem shows what has lost its name.
const LOST_FOUND: &[u8] = b"/lost+found";

struct Lister<'a> {
    tree: &'a dyn FileTree,
    options: ListOptions,
    limits: &'a Limits,
    cancel: &'a CancelToken,
    links: FirstPaths,
    /// What was met right below `/lost+found`.
    found: HashSet<NodeId>,
}

impl Lister<'_> {
    /// Lists what lies at `start`, whose path is `prefix`; that of the root is empty.
    fn below(
        &mut self,
        start: NodeId,
        prefix: &[u8],
        findings: &mut Findings,
        emit: &mut dyn FnMut(FileEntry) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let Lister { tree, options, limits, cancel, .. } = *self;
        walk_from(tree, start, limits, cancel, findings, &mut |met, findings| {
            let is_start = met.path == b"/";
            // Without an inode it is not on the disk: the root of an image that has no layers.
            let is_unseen = met.stat.inode == 0 || (met.stat.kind == Kind::Directory && !options.recursive);
            if is_start && is_unseen {
                return Ok(Visit::Enter);
            }
            let mut full = prefix.to_vec();
            if !is_start {
                full.extend_from_slice(met.path);
            } else if full.is_empty() {
                full.push(b'/');
            }
            if let Some([b'/', name @ ..]) = full.strip_prefix(LOST_FOUND)
                && !name.contains(&b'/')
            {
                self.found.insert(met.node);
            }
            let mut entry = entry(tree, met.node, &full, met.stat, options, findings);
            self.links.note(&mut entry, met.stat.inode);
            emit(entry)?;
            Ok(if options.recursive || is_start { Visit::Enter } else { Visit::Skip })
        })
    }

    /// Lists what was added to `/lost+found` after that was listed: only in reading the rest of the tree was the
    /// damage met that cost files their names.
    fn late(
        &mut self,
        findings: &mut Findings,
        emit: &mut dyn FnMut(FileEntry) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        // Whatever there is to tell about these was told on the way.
        let mut told = Findings::new();
        let name = LOST_FOUND.get(1..).unwrap_or(LOST_FOUND);
        let Ok(Some(directory)) = self.tree.lookup(self.tree.root(), name, &mut told) else { return Ok(()) };
        for late in self.tree.list(directory, findings).unwrap_or_default() {
            if !self.found.contains(&late.node) {
                self.below(late.node, &[LOST_FOUND, &late.name].join(&b'/'), findings, emit)?;
            }
        }
        Ok(())
    }
}

/// The node at `path`, or an error that says that there is none.
pub fn find(tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> Result<NodeId, ReadError> {
    resolve_path(tree, path, findings)?.ok_or_else(|| not_there(tree, path))
}

/// The error for a path that leads nowhere in a tree.
pub(crate) fn not_there(tree: &dyn FileTree, path: &[u8]) -> ReadError {
    let shown = String::from_utf8_lossy(path);
    ReadError::not_there(&tree.place(tree.root()), format_args!("no such file or directory: {shown:?}"))
}

/// One object as `ls --json` shows it; `hl` is left to the one who knows the whole listing.
pub fn entry(
    tree: &dyn FileTree,
    node: NodeId,
    path: &[u8],
    stat: Stat,
    options: ListOptions,
    findings: &mut Findings,
) -> FileEntry {
    let (path, path_hex) = text(path);
    let mut entry = FileEntry {
        path,
        path_hex,
        kind: stat.kind,
        mode: format!("{:04o}", stat.mode),
        uid: stat.uid,
        gid: stat.gid,
        size: (stat.kind == Kind::File).then_some(stat.size),
        mtime_ns: stat.mtime.nanoseconds_since_epoch(),
        rdev: matches!(stat.kind, Kind::CharDevice | Kind::BlockDevice).then_some([stat.rdev.0, stat.rdev.1]),
        link: None,
        link_hex: None,
        nlink: (stat.kind != Kind::Directory && stat.nlink > 1).then_some(stat.nlink),
        hl: None,
        sha256: None,
        xattrs: Default::default(),
        overlay: Default::default(),
    };
    if stat.kind == Kind::Symlink
        && let Some(target) = kept(tree.link_target(node, findings), findings)
    {
        let (link, link_hex) = text(&target);
        (entry.link, entry.link_hex) = (Some(link), link_hex);
    }
    if options.hash && stat.kind == Kind::File {
        let digest = sha256(tree, node, findings);
        entry.sha256 = kept(digest, findings);
    }
    for (name, value) in kept(tree.xattrs(node, findings), findings).unwrap_or_default() {
        let name = String::from_utf8_lossy(&name).into_owned();
        match name.strip_prefix("trusted.overlay.") {
            None => {
                entry.xattrs.insert(name, hex(&value));
            }
            // The kernel's bookkeeping (origin, impure, nlink, …) says nothing about the tree.
            Some("opaque" | "redirect" | "metacopy" | "whiteout") if options.overlay_marks => {
                entry.overlay.insert(name, String::from_utf8_lossy(&value).into_owned());
            }
            Some(_) => {}
        }
    }
    entry
}

/// The sha256 of a regular file's content, in hexadecimal.
pub fn sha256(tree: &dyn FileTree, node: NodeId, findings: &mut Findings) -> Result<String, ReadError> {
    let content = tree.open(node, findings)?;
    let mut digest = Sha256::new();
    let mut position = 0_u64;
    let mut buffer = Vec::new();
    while position < content.len() {
        let left = content.len().saturating_sub(position);
        let count = usize::try_from(left).unwrap_or(HASH_CHUNK).min(HASH_CHUNK);
        buffer.resize(count, 0);
        content.read_exact_at(position, &mut buffer)?;
        digest.update(&buffer);
        position = position.saturating_add(count as u64);
    }
    Ok(hex(&digest.finalize()))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes as text, and in hexadecimal too when they are not UTF-8.
fn text(bytes: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some(hex(bytes))),
    }
}

/// A path with one slash before each name and none after the last; the root is `/`.
fn clean(path: &[u8]) -> Vec<u8> {
    let mut clean = Vec::new();
    for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".") {
        clean.push(b'/');
        clean.extend_from_slice(name);
    }
    if clean.is_empty() {
        clean.push(b'/');
    }
    clean
}

/// The answer, or a finding in its place.
fn kept<T>(answer: Result<T, ReadError>, findings: &mut Findings) -> Option<T> {
    answer.map_err(|error| findings.add_failure(&error)).ok()
}

/// The first path of each hard-linked file met on a walk.
#[derive(Default)]
struct FirstPaths(HashMap<u64, String>);

impl FirstPaths {
    fn note(&mut self, entry: &mut FileEntry, inode: u64) {
        if entry.nlink.is_none() {
            return;
        }
        match self.0.get(&inode) {
            Some(first) => entry.hl = Some(first.clone()),
            None => {
                self.0.insert(inode, entry.path.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use careen_evidence::{ByteSource, Entry, ErrorKind, MemoryTree, Place, Xattrs};

    use super::*;

    fn listed(tree: &MemoryTree, path: &str, options: ListOptions) -> Vec<FileEntry> {
        let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
        let mut entries = Vec::new();
        list(tree, path.as_bytes(), options, &limits, &cancel, &mut findings, &mut |entry| {
            entries.push(entry);
            Ok(())
        })
        .unwrap();
        assert!(findings.list().is_empty());
        entries
    }

    fn paths(entries: &[FileEntry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    const EVERYTHING: ListOptions = ListOptions { recursive: true, hash: true, overlay_marks: true };

    #[test]
    fn a_directory_shows_its_names_and_recursively_itself_first() {
        let mut tree = MemoryTree::new("test");
        for path in ["/a/c/d", "/a/b", "/e"] {
            tree.file(path, "");
        }
        assert_eq!(paths(&listed(&tree, "a/", ListOptions::default())), ["/a/b", "/a/c"]);
        assert_eq!(paths(&listed(&tree, "/a", EVERYTHING)), ["/a", "/a/b", "/a/c", "/a/c/d"]);
        assert_eq!(paths(&listed(&tree, "/a/b", ListOptions::default())), ["/a/b"]);
        assert_eq!(paths(&listed(&tree, "/", EVERYTHING))[0], "/");
    }

    #[test]
    fn hard_links_name_the_first_path_of_their_file() {
        let mut tree = MemoryTree::new("test");
        let file = tree.file("/a", "content");
        tree.hard_link(tree.root(), "b", file);
        let entries = listed(&tree, "/", EVERYTHING);
        assert_eq!((entries[1].nlink, entries[1].hl.as_deref()), (Some(2), None));
        assert_eq!((entries[2].nlink, entries[2].hl.as_deref()), (Some(2), Some("/a")));
        // sha256 of "content", as sha256sum(1) gives it.
        let digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";
        assert_eq!(entries[2].sha256.as_deref(), Some(digest));
    }

    /// A tree whose `/lost+found` is empty until `/var` was listed.
    struct Damaged {
        tree: MemoryTree,
        is_met: Cell<bool>,
    }

    impl FileTree for Damaged {
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
            self.is_met.set(self.is_met.get() || directory == self.tree.node("/var"));
            if directory == self.tree.node("/lost+found") && !self.is_met.get() {
                return Ok(Vec::new());
            }
            self.tree.list(directory, findings)
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
    }

    #[test]
    fn what_is_found_late_is_listed_at_the_end() {
        let mut tree = MemoryTree::new("test");
        for path in ["/lost+found/#12/a", "/lost+found/#13", "/var/x"] {
            tree.file(path, "");
        }
        let tree = Damaged { tree, is_met: Cell::new(false) };
        let list_all = || {
            let mut shown = Vec::new();
            let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
            list(&tree, b"/", EVERYTHING, &limits, &cancel, &mut findings, &mut |entry| {
                shown.push(entry.path);
                Ok(())
            })
            .unwrap();
            shown
        };
        let lost = ["/lost+found/#12", "/lost+found/#12/a", "/lost+found/#13"];
        assert_eq!(list_all(), [&["/", "/lost+found", "/var", "/var/x"][..], &lost].concat());
        // The next time they are known from the start.
        assert_eq!(list_all(), [&["/", "/lost+found"][..], &lost, &["/var", "/var/x"]].concat());
    }

    #[test]
    fn the_overlay_s_marks_stand_apart_and_its_bookkeeping_nowhere() {
        let mut tree = MemoryTree::new("test");
        let node = tree.directory("/d");
        tree.xattr(node, "trusted.overlay.opaque", "y");
        tree.xattr(node, "trusted.overlay.origin", [0, 251]);
        tree.xattr(node, "user.note", [0xff]);
        let shown = &listed(&tree, "/", EVERYTHING)[1];
        assert_eq!(shown.overlay, [("trusted.overlay.opaque".to_owned(), "y".to_owned())].into());
        assert_eq!(shown.xattrs, [("user.note".to_owned(), "ff".to_owned())].into());
        assert!(listed(&tree, "/", ListOptions::default())[0].overlay.is_empty());
    }

    #[test]
    fn a_path_that_leads_nowhere_is_an_error_that_names_it() {
        let tree = MemoryTree::new("test");
        let error = find(&tree, b"/no\nwhere", &mut Findings::new()).unwrap_err();
        assert!(error.reason().contains("no such file or directory"), "{error}");
        assert!(matches!(error.kind, ErrorKind::NotThere(_)), "a wrong path is no damage of the disk");
    }
}
