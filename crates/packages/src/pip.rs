//! Python distributions, whoever installed them: pip, conda, dpkg, setuptools.
//!
//! What `importlib.metadata` and `pip list --path` see in a directory named `site-packages` or `dist-packages`, in every
//! environment of the tree: `*.dist-info` with `METADATA` (Recording installed projects, PyPA), `*.egg-info` as a
//! directory with `PKG-INFO` or as a file, `*.egg`, and `*.egg-link` with the source directory it leads to.
//!
//! Name and version are those of the metadata (Core metadata specifications); where it lacks them, or is missing, the
//! name of the directory tells them, with a finding. When a directory holds several versions of one distribution, all
//! are listed with a note, since which one Python takes depends on the order of the directory.
//!
//! Not claimed: metadata outside such directories (vendored in `setuptools/_vendor`, `pip install --target`), because
//! no interpreter of the tree finds it by itself. An egg that is a zip archive is told by its file's name.

mod distribution;
mod metadata;

use std::borrow::Cow;
use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, lookup_path};
use careen_model::codes::packages as codes;
use careen_model::{Details, Ecosystem, Package};

use crate::{Cataloger, barren, path};
use distribution::Site;

/// The cataloger of Python's packages.
pub struct Pip;

/// Metadata within the directory of a distribution; the first one that is there counts, as in `importlib.metadata`.
const METADATA: [&[u8]; 2] = [b"METADATA", b"PKG-INFO"];

/// Whether Python looks for distributions in this directory: `site-packages`, or Debian's `dist-packages`.
pub fn is_site_directory(path: &[u8]) -> bool {
    matches!(path::name(path), b"site-packages" | b"dist-packages")
}

impl Cataloger for Pip {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pip
    }

    /// The directory itself, since an empty one is an environment without packages, and each record in it.
    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        match kind {
            Kind::Directory if is_site_directory(path) => true,
            Kind::Directory => {
                is_site_directory(directory) && has_suffix(name, &[b".dist-info", b".egg-info", b".egg"])
            }
            Kind::File => is_site_directory(directory) && has_suffix(name, &[b".egg-info", b".egg-link", b".egg"]),
            _ => false,
        }
    }

    /// A record is read from its directory, so that nothing below a site directory is walked.
    fn enters(&self, tree: &dyn FileTree, directory: &[u8], node: NodeId, findings: &mut Findings) -> bool {
        !is_site_directory(path::parent(directory)) && !barren::is_barren(tree, directory, node, findings)
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        if is_site_directory(path) {
            return Vec::new();
        }
        // A metadata file stands for the distribution it describes; that of an egg lies one directory deeper.
        let mut record = path;
        if METADATA.contains(&path::name(record)) {
            record = path::parent(record);
            if path::name(record) == b"EGG-INFO" {
                record = path::parent(record);
            }
        }
        let node = if record == path {
            node
        } else {
            match lookup_path(tree, record, findings) {
                Ok(Some(node)) => node,
                Ok(None) => return Vec::new(),
                Err(error) => {
                    findings.add_failure(&error);
                    return Vec::new();
                }
            }
        };
        match Site::new(tree, path::parent(record), limits).distributions(record, node, findings) {
            Ok(packages) => packages,
            Err(error) => {
                findings.add_failure(&error);
                Vec::new()
            }
        }
    }
}

fn has_suffix(name: &[u8], suffixes: &[&[u8]]) -> bool {
    suffixes.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// Notes distributions that one directory holds in several versions.
pub fn note_several_versions(tree: &dyn FileTree, packages: &[Package], findings: &mut Findings) {
    let mut versions: BTreeMap<(&str, Cow<'_, str>), Vec<&Package>> = BTreeMap::new();
    for package in packages {
        if let Details::Pip { .. } = package.details {
            let record = path::parent(package.found_at.as_bytes());
            let directory = std::str::from_utf8(path::parent(record)).unwrap_or_default();
            versions.entry((directory, package.normalized_name())).or_default().push(package);
        }
    }
    for ((directory, name), found) in versions {
        let first = found.first().map(|package| &package.version);
        if found.iter().any(|package| Some(&package.version) != first) {
            let list: Vec<&str> = found.iter().map(|package| package.version.as_str()).collect();
            let place = tree.place(tree.root()).then(format_args!("{directory}/{name}"));
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("package", &name), ("directory", &directory), ("versions", &list.join(", "))];
            findings.add(&codes::PIP_SEVERAL_VERSIONS, &place, &values);
        }
    }
}
