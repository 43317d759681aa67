//! Directories no environment lies in: the walk leaves them out, which saves most of its time on a large image.

use careen_evidence::{FileTree, Findings, NodeId};

use crate::path;

/// Directories whose content the Filesystem Hierarchy Standard gives to the kernel or to documentation and data.
const BARREN: &[&[u8]] = &[
    b"/dev",
    b"/proc",
    b"/sys",
    b"/usr/include",
    b"/usr/share/doc",
    b"/usr/share/fonts",
    b"/usr/share/i18n",
    b"/usr/share/icons",
    b"/usr/share/info",
    b"/usr/share/locale",
    b"/usr/share/man",
    b"/usr/share/zoneinfo",
];

/// Whether no environment of Python or conda can lie below `directory`.
pub fn is_barren(tree: &dyn FileTree, directory: &[u8], node: NodeId, findings: &mut Findings) -> bool {
    BARREN.contains(&directory)
        || matches!(path::name(directory), b"__pycache__" | b".git")
        || is_conda_cache(tree, directory, node, findings)
}

/// Whether `directory` is conda's cache of unpacked packages, `pkgs` of an installation. What lies there looks like
/// environments (`pkgs/six-1.16.0-py_0/site-packages/…`), but nothing is installed from it until it is linked.
/// conda marks a cache with the file `urls.txt`, and the older one with `urls`.
fn is_conda_cache(tree: &dyn FileTree, directory: &[u8], node: NodeId, findings: &mut Findings) -> bool {
    path::name(directory) == b"pkgs"
        && [b"urls.txt".as_slice(), b"urls"].iter().any(|name| matches!(tree.lookup(node, name, findings), Ok(Some(_))))
}
