//! Whole trees, made by hand: what is found, what is told, and what was opened.

mod apt;
mod conda;
mod damage;
mod ecosystems;
mod files;
mod pip;
mod programs;
mod rpm;
mod system;

use std::cell::RefCell;
use std::rc::Rc;

use careen_evidence::{ByteSource, Entry, MemoryTree, Place, Stat, Xattrs};
use careen_model::{Declared, Details};

use super::*;

fn catalog(tree: &dyn FileTree) -> (Found, Vec<&'static str>) {
    let mut findings = Findings::new();
    let found = catalog_tree(tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
    (found, findings.list().iter().map(|finding| finding.code.name).collect())
}

/// Name and version of every package.
fn named(found: &Found) -> Vec<(&str, &str)> {
    found.packages.iter().map(|package| (package.name.as_str(), package.version.as_str())).collect()
}

fn status(text: impl AsRef<[u8]>) -> MemoryTree {
    let mut tree = MemoryTree::new("test");
    tree.file("/var/lib/dpkg/status", text);
    tree
}

#[test]
fn a_layers_own_copy_is_read_by_the_path_a_package_was_found_at() {
    let mut tree = status("Package: a\nStatus: install ok installed\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/b-1.dist-info/METADATA", "Name: b\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/e.egg/EGG-INFO/PKG-INFO", "Name: e\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/f-1.egg-info", "Name: f\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/g.egg-link", "/src");
    tree.file("/src/g.egg-info/PKG-INFO", "Name: g\nVersion: 1\n");
    tree.file("/opt/x/conda-meta/c-1-0.json", r#"{"name":"c","version":"1"}"#);
    tree.file("/var/lib/dpkg/status.d/d", "Package: d\nVersion: 1\n");
    let (found, _) = catalog(&tree);
    assert_eq!(found.packages.len(), 7);
    for package in &found.packages {
        let path = package.found_at.as_bytes();
        let node = tree.node(&package.found_at);
        let again = catalog_file(&tree, package.ecosystem(), path, node, &Limits::default(), &mut Findings::new());
        assert_eq!(
            again.iter().map(|package| (&package.name, &package.version)).collect::<Vec<_>>(),
            [(&package.name, &package.version)],
            "{}",
            package.found_at
        );
    }
}

#[test]
fn only_claimed_files_are_opened() {
    let mut inner = status("Package: a\nStatus: install ok installed\nVersion: 1\n");
    for path in
        ["/usr/bin/python3", "/var/lib/dpkg/available", "/usr/lib/python3/dist-packages/a.py", "/conda-meta/state"]
    {
        inner.file(path, "x");
    }
    inner.file("/usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
    inner.file("/usr/lib/python3/dist-packages/a-1.dist-info/RECORD", "x");
    let tree = Overlaid { inner, damaged: 0..0, opened: RefCell::default() };
    catalog(&tree);
    let expected = ["/var/lib/dpkg/status", "/usr/lib/python3/dist-packages/a-1.dist-info/METADATA"];
    let expected: Vec<NodeId> = expected.iter().map(|path| tree.inner.node(path)).collect();
    assert_eq!(*tree.opened.borrow(), expected);
}

#[test]
fn cancelling_ends_the_walk() {
    let tree = status("");
    let cancel = CancelToken::default();
    cancel.cancel();
    let result = catalog_tree(&tree, &Limits::default(), &cancel, &mut Findings::new(), &mut |_| {});
    assert!(result.unwrap_err().is_cancelled());
}

/// A tree that counts what is opened and whose files cannot be read in one range.
struct Overlaid {
    inner: MemoryTree,
    damaged: std::ops::Range<u64>,
    opened: RefCell<Vec<NodeId>>,
}

struct Damaged {
    inner: Rc<dyn ByteSource>,
    damaged: std::ops::Range<u64>,
}

impl ByteSource for Damaged {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset < self.damaged.end && self.damaged.start < offset + buf.len() as u64 {
            return Err(ReadError::io(&Place::new("bad sector"), "cannot be read"));
        }
        self.inner.read_exact_at(offset, buf)
    }
}

impl FileTree for Overlaid {
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
        self.inner.list(directory, findings)
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.inner.xattrs(node, findings)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.inner.link_target(node, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.opened.borrow_mut().push(node);
        Ok(Rc::new(Damaged { inner: self.inner.open(node, findings)?, damaged: self.damaged.clone() }))
    }
}
