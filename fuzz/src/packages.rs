//! Package databases.

use careen_evidence::{CancelToken, Findings, MemoryTree};
use careen_packages::catalog_tree;

use crate::LIMITS;

/// dpkg's status file; what follows a NUL is a file of `status.d`.
pub fn dpkg(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0);
    let mut tree = MemoryTree::new("tree");
    tree.file("/var/lib/dpkg/status", parts.next().unwrap_or_default());
    tree.file("/var/lib/dpkg/status.d/one", parts.next().unwrap_or_default());
    catalog(&tree);
}

/// Files of Python distributions, divided by NUL.
pub fn python(input: &[u8]) {
    const PLACES: [&str; 8] = [
        "a-1.dist-info/METADATA",
        "a-1.dist-info/RECORD",
        "a-1.dist-info/direct_url.json",
        "b-2.egg-info/PKG-INFO",
        "c.egg-info",
        "d.egg-link",
        "easy-install.pth",
        "__editable__.e.pth",
    ];
    let mut tree = MemoryTree::new("tree");
    for (place, part) in PLACES.iter().zip(input.split(|byte| *byte == 0)) {
        tree.file(&format!("/usr/lib/python3/dist-packages/{place}"), part);
    }
    catalog(&tree);
}

/// A conda environment's records and history, divided by NUL.
pub fn conda(input: &[u8]) {
    let mut parts = input.split(|byte| *byte == 0);
    let mut tree = MemoryTree::new("tree");
    tree.file("/opt/conda/conda-meta/a-1-0.json", parts.next().unwrap_or_default());
    tree.file("/opt/conda/conda-meta/history", parts.next().unwrap_or_default());
    tree.file("/opt/conda/envs/e/conda-meta/b-1-0.json", parts.next().unwrap_or_default());
    catalog(&tree);
}

/// rpm's database, of whichever kind its first bytes tell; with the log of a database of SQLite beside it where the input
/// has one: behind the last place where the magic of a log stands at a multiple of 512 bytes.
pub fn rpm(input: &[u8]) {
    let is_log = |at: &usize| input[*at..].starts_with(&[0x37, 0x7f, 0x06, 0x82]);
    let log = (0..input.len()).step_by(512).rev().find(is_log).unwrap_or(input.len());
    let mut tree = MemoryTree::new("tree");
    tree.file("/var/lib/rpm/rpmdb.sqlite", &input[..log]);
    tree.file("/var/lib/rpm/rpmdb.sqlite-wal", &input[log..]);
    catalog(&tree);
}

/// apk's database.
pub fn apk(input: &[u8]) {
    let mut tree = MemoryTree::new("tree");
    tree.file("/lib/apk/db/installed", input);
    catalog(&tree);
}

fn catalog(tree: &MemoryTree) {
    drop(catalog_tree(tree, &LIMITS, &CancelToken::default(), &mut Findings::new(), &mut |_| {}));
}
