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

/// An executable: what Go's and Rust's tools write into it, and the C library's own version.
pub fn program(input: &[u8]) {
    let mut tree = MemoryTree::new("tree");
    let mut bytes = input.to_vec();
    // Smaller files are not looked into.
    bytes.resize(bytes.len().max(4096), 0);
    let node = tree.file("/usr/bin/program", &bytes);
    tree.stat_mut(node, |stat| stat.mode = 0o755);
    tree.file("/usr/lib/libc.so.6", &bytes);
    catalog(&tree);
}

/// A Java archive.
pub fn java(input: &[u8]) {
    let mut tree = MemoryTree::new("tree");
    tree.file("/app/app.jar", input);
    catalog(&tree);
}

/// Records that are text, each kind with the same bytes.
pub fn records(input: &[u8]) {
    const PLACES: [&str; 16] = [
        "/app/node_modules/a/package.json",
        "/app/package-lock.json",
        "/app/yarn.lock",
        "/app/pnpm-lock.yaml",
        "/app/App.deps.json",
        "/app/vendor/composer/installed.json",
        "/app/composer.lock",
        "/gems/specifications/g-1.gemspec",
        "/lib/R/library/r/DESCRIPTION",
        "/julia/Manifest.toml",
        "/perl/perllocal.pod",
        "/perl/.meta/p-1/install.json",
        "/var/lib/pacman/local/p-1/desc",
        "/opt/freesurfer/build-stamp.txt",
        "/usr/local/cuda/version.json",
        "/etc/os-release",
    ];
    let mut tree = MemoryTree::new("tree");
    for place in PLACES {
        tree.file(place, input);
    }
    catalog(&tree);
}

fn catalog(tree: &MemoryTree) {
    drop(catalog_tree(tree, &LIMITS, &CancelToken::default(), &mut Findings::new(), &mut |_| {}));
}
