//! Each rule of the overlay by itself. Layers are the directories `/0` (lowest), `/1`, … of one tree in memory.

#![allow(clippy::arithmetic_side_effects)]

use std::cell::Cell;

use careen_evidence::{CancelToken, ErrorKind, MemoryTree, Visit, lookup_path, read_file, walk};

use super::*;

fn tree() -> MemoryTree {
    MemoryTree::new("disk")
}

fn merged(tree: MemoryTree, layers: usize) -> MergedTree {
    let roots = (0..layers).rev().map(|layer| tree.node(&format!("/{layer}"))).collect();
    MergedTree::new(Rc::new(tree), roots, Place::new("image"), &Limits::default())
}

/// Every path with its content, `/` after a directory.
fn view(tree: &MergedTree) -> Vec<String> {
    let mut lines = Vec::new();
    walk(tree, &Limits::default(), &CancelToken::default(), &mut Findings::new(), &mut |met, findings| {
        let path = String::from_utf8(met.path.to_vec()).unwrap();
        if path != "/" {
            lines.push(match met.stat.kind {
                Kind::Directory => format!("{path}/"),
                Kind::File => {
                    let content = read_file(tree, met.node, &Limits::default(), findings);
                    format!("{path}={}", String::from_utf8(content.unwrap()).unwrap())
                }
                kind => format!("{path} {kind:?}"),
            });
        }
        assert_eq!(lookup_path(tree, met.path, findings).unwrap(), Some(met.node));
        Ok(Visit::Enter)
    })
    .unwrap();
    lines
}

fn at(tree: &MergedTree, path: &str) -> NodeId {
    lookup_path(tree, path.as_bytes(), &mut Findings::new()).unwrap().unwrap()
}

fn codes_of(tree: &MergedTree, path: &str) -> Vec<&'static str> {
    let mut findings = Findings::new();
    lookup_path(tree, path.as_bytes(), &mut findings).unwrap();
    findings.list().iter().map(|finding| finding.code.name).collect()
}

#[test]
fn names_are_the_union_and_the_topmost_wins() {
    let mut disk = tree();
    disk.file("/0/d/low", "0");
    disk.file("/0/d/both", "0");
    disk.file("/1/d/both", "1");
    disk.file("/1/d/high", "1");
    let merged = merged(disk, 2);
    assert_eq!(view(&merged), ["/d/", "/d/both=1", "/d/high=1", "/d/low=0"]);
    assert_eq!(merged.origin(at(&merged, "/d/low")).unwrap().0, 0);
    assert_eq!(merged.origin(at(&merged, "/d")).unwrap().0, 1);
}

#[test]
fn a_whiteout_hides_and_is_never_listed() {
    let mut disk = tree();
    disk.file("/0/file", "0");
    disk.file("/0/dir/x", "0");
    disk.char_device("/1/file", 0, 0);
    disk.char_device("/1/dir", 0, 0);
    disk.char_device("/1/nothing", 0, 0);
    disk.char_device("/1/null", 1, 3);
    assert_eq!(view(&merged(disk, 2)), ["/null CharDevice"]);
}

#[test]
fn a_whiteout_ends_the_search_even_between_layers() {
    let mut disk = tree();
    disk.file("/0/d/old", "0");
    disk.char_device("/1/d", 0, 0);
    disk.file("/2/d/new", "2");
    assert_eq!(view(&merged(disk, 3)), ["/d/", "/d/new=2"]);
}

#[test]
fn an_empty_file_with_the_whiteout_mark_is_one() {
    let mut disk = tree();
    disk.file("/0/d/gone", "0");
    disk.file("/0/d/kept", "0");
    let directory = disk.directory("/1/d");
    disk.xattr(directory, "trusted.overlay.opaque", "x");
    for (path, content) in [("/1/d/gone", ""), ("/1/d/kept", "1")] {
        let node = disk.file(path, content);
        disk.xattr(node, "trusted.overlay.whiteout", "");
    }
    assert_eq!(view(&merged(disk, 2)), ["/d/", "/d/kept=1"]);
}

#[test]
fn an_opaque_directory_hides_what_lies_below_but_not_on_a_root() {
    let mut disk = tree();
    disk.file("/0/d/old", "0");
    disk.file("/0/e/old", "0");
    disk.file("/1/d/new", "1");
    disk.file("/1/e/new", "1");
    for (path, prefix) in [("/1/d", "trusted"), ("/1/e", "user"), ("/1", "trusted")] {
        let node = disk.node(path);
        disk.xattr(node, &format!("{prefix}.overlay.opaque"), "y");
    }
    let merged = merged(disk, 2);
    assert_eq!(view(&merged), ["/d/", "/d/new=1", "/e/", "/e/new=1"]);
    assert_eq!(view(&merged.with_marks(MarkNames::Trusted)), ["/d/", "/d/new=1", "/e/", "/e/new=1", "/e/old=0"]);
}

#[test]
fn kinds_that_differ_do_not_merge() {
    let mut disk = tree();
    disk.file("/0/a/x", "0");
    disk.file("/1/a", "1");
    // The file in the middle ends the merging of the directories around it.
    disk.file("/0/b/low", "0");
    disk.file("/1/b", "1");
    disk.file("/2/b/high", "2");
    assert_eq!(view(&merged(disk, 3)), ["/a=1", "/b/", "/b/high=2"]);
}

#[test]
fn redirects_lead_to_the_old_name_or_path() {
    let mut disk = tree();
    disk.file("/0/old/x", "0");
    disk.file("/0/far/away/y", "0");
    let renamed = disk.directory("/1/new");
    disk.xattr(renamed, "trusted.overlay.redirect", "old");
    disk.char_device("/1/old", 0, 0);
    let moved = disk.directory("/1/sub/moved");
    disk.xattr(moved, "trusted.overlay.redirect", "/far/away");
    disk.char_device("/1/far", 0, 0);
    assert_eq!(view(&merged(disk, 2)), ["/new/", "/new/x=0", "/sub/", "/sub/moved/", "/sub/moved/y=0"]);
}

#[test]
fn a_redirect_to_nothing_or_to_no_path_is_told() {
    let mut disk = tree();
    disk.directory("/0");
    for (name, target) in [("/1/a", "gone"), ("/1/b", "../b"), ("/1/c", "/x//y")] {
        let node = disk.directory(name);
        disk.xattr(node, "trusted.overlay.redirect", target);
    }
    let merged = merged(disk, 2);
    for path in ["/a", "/b", "/c"] {
        assert_eq!(codes_of(&merged, path), ["overlay-redirect-broken"], "{path}");
    }
    assert_eq!(view(&merged), ["/a/", "/b/", "/c/"]);
}

#[test]
fn metacopy_takes_the_content_from_below() {
    let mut disk = tree();
    disk.file("/0/file", "content");
    disk.file("/0/dir/before", "moved");
    let above = disk.file("/1/file", "");
    disk.xattr(above, "trusted.overlay.metacopy", "");
    disk.xattr(above, "user.note", "new");
    disk.stat_mut(above, |stat| (stat.mode, stat.size) = (0o600, 7));
    let renamed = disk.file("/2/after", "");
    disk.xattr(renamed, "trusted.overlay.metacopy", "");
    disk.xattr(renamed, "trusted.overlay.redirect", "/dir/before");
    disk.stat_mut(renamed, |stat| stat.size = 99);
    let merged = merged(disk, 3);
    assert_eq!(view(&merged), ["/after=moved", "/dir/", "/dir/before=moved", "/file=content"]);
    let mut findings = Findings::new();
    let node = at(&merged, "/file");
    let stat = merged.stat(node, &mut findings).unwrap();
    assert_eq!((stat.mode, stat.size, merged.origin(node).unwrap().0), (0o600, 7, 1));
    assert_eq!(merged.xattrs(node, &mut findings).unwrap(), [(b"user.note".to_vec(), b"new".to_vec())]);
    merged.open(node, &mut findings).unwrap();
    assert_eq!(findings.list(), []);
    merged.open(at(&merged, "/after"), &mut findings).unwrap();
    assert_eq!(findings.list()[0].code.name, "overlay-metacopy-size");
}

#[test]
fn metacopy_without_content_is_listed_and_told() {
    let mut disk = tree();
    disk.directory("/0/file");
    let above = disk.file("/1/file", "");
    disk.xattr(above, "trusted.overlay.metacopy", "");
    let merged = merged(disk, 2);
    assert_eq!(codes_of(&merged, "/file"), ["overlay-metacopy-without-data"]);
    let error = merged.open(at(&merged, "/file"), &mut Findings::new()).err().unwrap();
    assert_eq!(error.to_string(), format!("disk › node {}: no layer below holds the content", above.0));
}

#[test]
fn links_share_an_inode_and_layers_of_different_trees_never_do() {
    let (mut low, mut high) = (tree(), tree());
    let node = low.file("/a", "");
    low.hard_link(low.root(), "b", node);
    high.file("/c", "");
    let layers: Vec<(Rc<dyn FileTree>, NodeId)> = vec![(Rc::new(high), NodeId(0)), (Rc::new(low), NodeId(0))];
    let merged = MergedTree::over(layers, Place::new("image"), &Limits::default());
    let stat = |path: &str| merged.stat(at(&merged, path), &mut Findings::new()).unwrap();
    assert_eq!((stat("/a").inode, stat("/a").nlink), (stat("/b").inode, 2));
    assert_ne!(stat("/a").inode, stat("/c").inode);
    assert_ne!(at(&merged, "/a"), at(&merged, "/c"));
    assert_eq!(at(&merged, "/a"), at(&merged, "/b"));
}

#[test]
fn a_tree_without_layers_is_an_empty_directory() {
    let merged = MergedTree::new(Rc::new(tree()), Vec::new(), Place::new("image"), &Limits::default());
    assert_eq!(view(&merged), [""; 0]);
    assert_eq!(merged.origin(merged.root()), None);
    assert!(merged.open(merged.root(), &mut Findings::new()).is_err());
    assert!(merged.stat(NodeId(7 << 48), &mut Findings::new()).is_err());
}

/// A tree in which one directory cannot be read.
struct Broken {
    inner: MemoryTree,
    bad: NodeId,
    lookups: Cell<u32>,
}

impl Broken {
    fn new(inner: MemoryTree, bad: NodeId) -> Self {
        Broken { inner, bad, lookups: Cell::new(0) }
    }

    fn check(&self, node: NodeId) -> Result<(), ReadError> {
        let error = || ReadError::corrupt(&self.inner.place(node), "bad block");
        if node == self.bad { Err(error()) } else { Ok(()) }
    }
}

impl FileTree for Broken {
    fn root(&self) -> NodeId {
        self.inner.root()
    }

    fn place(&self, node: NodeId) -> Place {
        self.inner.place(node)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.inner.stat(node, findings)
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        self.check(directory)?;
        self.inner.list(directory, findings)
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        self.lookups.set(self.lookups.get() + 1);
        self.check(directory)?;
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
}

#[test]
fn a_layer_directory_that_cannot_be_read_is_told_and_the_others_are_shown() {
    let mut disk = tree();
    disk.file("/0/d/low", "0");
    disk.file("/1/d/high", "1");
    let (bad, roots) = (disk.node("/1/d"), vec![disk.node("/1"), disk.node("/0")]);
    let merged = MergedTree::new(Rc::new(Broken::new(disk, bad)), roots, Place::new("image"), &Limits::default());
    let mut findings = Findings::new();
    let directory = at(&merged, "/d");
    assert_eq!(merged.list(directory, &mut findings).unwrap().len(), 1);
    assert_eq!(findings.list()[0].code.name, "overlay-layer-unreadable");
    assert_eq!(codes_of(&merged, "/d/low"), ["overlay-layer-unreadable"]);
}

#[test]
fn a_directory_that_no_layer_can_list_is_an_error() {
    let mut disk = tree();
    disk.file("/0/d/low", "0");
    let (bad, roots) = (disk.node("/0/d"), vec![disk.node("/0")]);
    let merged = MergedTree::new(Rc::new(Broken::new(disk, bad)), roots, Place::new("image"), &Limits::default());
    let error = merged.list(at(&merged, "/d"), &mut Findings::new()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt("bad block".to_owned()));
}

fn causes(merged: &MergedTree, path: &str) -> Vec<(usize, Cause, bool)> {
    let versions = merged.history(path.as_bytes(), &mut Findings::new()).unwrap();
    versions.iter().map(|version| (version.from, version.cause, version.node.is_some())).collect()
}

#[test]
fn history_tells_every_change_of_a_path_once() {
    let mut disk = tree();
    disk.file("/0/d/file", "0");
    disk.file("/1/d/other", "1");
    disk.file("/2/d/file", "2");
    disk.char_device("/3/d/file", 0, 0);
    disk.char_device("/4/d/file", 0, 0);
    disk.file("/5/d/file", "5");
    disk.directory("/6/d");
    let opaque = disk.directory("/7/d");
    disk.xattr(opaque, "trusted.overlay.opaque", "y");
    disk.file("/8/elsewhere", "8");
    let merged = merged(disk, 9);
    use Cause::{AncestorOpaque, Here, Whiteout};
    let file = [(0, Here, true), (2, Here, true), (3, Whiteout, false), (5, Here, true), (7, AncestorOpaque, false)];
    assert_eq!(causes(&merged, "/d/file"), file);
    assert_eq!(causes(&merged, "d//other/"), [(1, Here, true), (7, AncestorOpaque, false)]);
    assert_eq!(causes(&merged, "/never"), []);
    assert_eq!(causes(&merged, "/").len(), 9);
    let versions = merged.history(b"/d/file", &mut Findings::new()).unwrap();
    let content = |from: usize| {
        let version = versions.iter().find(|version| version.from == from).unwrap();
        read_file(&*merged.view_up_to(from), version.node.unwrap(), &Limits::default(), &mut Findings::new()).unwrap()
    };
    assert_eq!((content(0), content(2), content(5)), (b"0".to_vec(), b"2".to_vec(), b"5".to_vec()));
}

#[test]
fn history_follows_renamed_and_replaced_directories() {
    let mut disk = tree();
    disk.file("/0/old/file", "0");
    let renamed = disk.directory("/1/new");
    disk.xattr(renamed, "trusted.overlay.redirect", "old");
    disk.char_device("/1/old", 0, 0);
    disk.file("/2/new", "2");
    let merged = merged(disk, 3);
    use Cause::{AncestorRedirected, AncestorReplaced, Here};
    assert_eq!(causes(&merged, "/new/file"), [(1, AncestorRedirected, true), (2, AncestorReplaced, false)]);
    assert_eq!(causes(&merged, "/old/file"), [(0, Here, true), (1, AncestorReplaced, false)]);
}

#[test]
fn history_of_many_paths_through_many_layers_stays_cheap() {
    let (layers, files) = (60, 300);
    let mut disk = tree();
    for layer in 0..layers {
        disk.file(&format!("/{layer}/usr/lib/site/changed{layer}"), "");
    }
    for file in 0..files {
        disk.file(&format!("/0/usr/lib/site/file{file}"), "");
    }
    let roots = (0..layers).rev().map(|layer| disk.node(&format!("/{layer}"))).collect();
    let counted = Rc::new(Broken::new(disk, NodeId(u64::MAX)));
    let merged =
        MergedTree::new(Rc::clone(&counted) as Rc<dyn FileTree>, roots, Place::new("image"), &Limits::default());
    for file in 0..files {
        assert_eq!(causes(&merged, &format!("/usr/lib/site/file{file}")), [(0, Cause::Here, true)]);
    }
    // One look-up for each file and layer, one in the only view that has it, and the way to the directory once.
    assert!(counted.lookups.get() <= files * (layers + 1) + 3 * layers + 3, "{}", counted.lookups.get());
}

#[test]
fn names_that_delete_are_marks_where_the_driver_writes_them() {
    let mut disk = tree();
    for path in ["/0/a", "/0/d/low", "/0/kept", "/0/both", "/0/e/low"] {
        disk.file(path, "0");
    }
    disk.file("/1/.wh.a", "");
    disk.file("/1/d/.wh..wh..opq", "");
    disk.file("/1/d/high", "1");
    disk.file("/1/.wh..wh.plnk", "");
    disk.file("/1/.wh.both", "");
    disk.file("/1/both", "1");
    disk.file("/1/.wh.e", "");
    disk.file("/1/.wh.nothing", "");
    let merged = merged(disk, 2).with_named_whiteouts();
    assert_eq!(view(&merged), ["/both=1", "/d/", "/d/high=1", "/kept=0"]);
    let find = |path: &str| lookup_path(&merged, path.as_bytes(), &mut Findings::new()).unwrap();
    for path in ["/a", "/.wh.a", "/e", "/d/low", "/d/.wh..wh..opq", "/.wh..wh.plnk"] {
        assert_eq!(find(path), None, "{path}");
    }
    assert_eq!(view(&merged.without_top()), ["/a=0", "/both=0", "/d/", "/d/low=0", "/e/", "/e/low=0", "/kept=0"]);
}
