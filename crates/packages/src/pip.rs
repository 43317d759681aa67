//! Python distributions, whoever installed them: pip, conda, dpkg, setuptools.
//!
//! What `importlib.metadata` and `pip list --path` see in a directory named `site-packages` or `dist-packages`, in every
//! environment of the tree: `*.dist-info` with `METADATA` (Recording installed projects, PyPA), `*.egg-info` as a
//! directory with `PKG-INFO` or as a file, `*.egg`, and `*.egg-link` with the source directory it leads to.
//!
//! Name and version are those of the metadata (Core metadata specifications); where it lacks them, or is missing, the
//! name of the directory tells them, with a finding. When a directory holds several versions of one distribution, all
//! are listed with a note, since which one Python takes depends on the order of the directory. Several records of the same
//! version (Debian ships a `.dist-info` and an `.egg-info` of some packages) are one package, as in pip's list.
//!
//! Not claimed: metadata outside such directories (vendored in `setuptools/_vendor`, `pip install --target`), because
//! no interpreter of the tree finds it by itself. An egg that is a zip archive is told by its file's name.

mod distribution;
mod metadata;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, lookup_path};
use careen_model::codes::packages as codes;
use careen_model::{Ecosystem, Package};

use crate::{Cataloger, path, purl::purl};
use distribution::Site;

/// The cataloger of Python's packages.
pub struct Pip;

/// Metadata within the directory of a distribution; the first one that is there counts, as in `importlib.metadata`.
const METADATA: [&[u8]; 2] = [b"METADATA", b"PKG-INFO"];

/// Whether Python looks for distributions in this directory: `site-packages`, or Debian's `dist-packages`.
pub fn is_site_directory(path: &[u8]) -> bool {
    matches!(path::name(path), b"site-packages" | b"dist-packages")
}

/// Whether a path lies in such a directory: what distributions bring with them is none of the tree's environments.
pub fn is_within_site(path: &[u8]) -> bool {
    path::has(path, b"site-packages") || path::has(path, b"dist-packages")
}

impl Cataloger for Pip {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pip
    }

    /// The directory itself, since an empty one is an environment without packages, and each record in it.
    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        if is_within_site(path::parent(directory)) || (is_site_directory(path) && is_within_site(directory)) {
            return false;
        }
        match kind {
            Kind::Directory if is_site_directory(path) => true,
            Kind::Directory => {
                is_site_directory(directory) && has_suffix(name, &[b".dist-info", b".egg-info", b".egg"])
            }
            Kind::File => is_site_directory(directory) && has_suffix(name, &[b".egg-info", b".egg-link", b".egg"]),
            _ => false,
        }
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
        let record = record_of(path);
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

/// The package URL of a distribution: in lower case, with `-` for `_` (purl-spec, PURL-TYPES).
pub fn url(name: &str, version: &str) -> String {
    purl("pypi", "", &name.to_lowercase().replace('_', "-"), version, &[])
}

fn has_suffix(name: &[u8], suffixes: &[&[u8]]) -> bool {
    suffixes.iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
}

/// The record a path stands for: a metadata file stands for the directory that holds it; that of an egg lies one
/// directory deeper.
fn record_of(path: &[u8]) -> &[u8] {
    let (directory, name) = path::split(path);
    match path::split(directory) {
        _ if !METADATA.contains(&name) => path,
        (egg, b"EGG-INFO") => egg,
        _ => directory,
    }
}

/// The directory a package's record lies in.
fn directory_of(package: &Package) -> &str {
    let directory = path::parent(record_of(package.found_at.as_bytes()));
    std::str::from_utf8(directory).unwrap_or_default()
}

/// Leaves one of several records of the same version of a distribution in one directory, a `.dist-info` rather than
/// another: Debian ships some packages with both, and pip lists them once. `packages` must be sorted, and is afterwards.
pub fn merge_records(packages: &mut Vec<Package>) {
    let is_pip = |package: &Package| package.ecosystem() == Ecosystem::Pip;
    packages.sort_by_key(|package| is_pip(package) && !package.found_at.ends_with(".dist-info/METADATA"));
    let mut seen = BTreeSet::new();
    packages.retain(|package| {
        let key =
            || (directory_of(package).to_owned(), package.normalized_name().into_owned(), package.version.clone());
        !is_pip(package) || seen.insert(key())
    });
    packages.sort();
}

/// Notes distributions that one directory holds in several versions.
pub fn note_several_versions(tree: &dyn FileTree, packages: &[Package], findings: &mut Findings) {
    let mut versions: BTreeMap<(&str, Cow<'_, str>), Vec<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| package.ecosystem() == Ecosystem::Pip) {
        versions.entry((directory_of(package), package.normalized_name())).or_default().push(&package.version);
    }
    for ((directory, name), versions) in versions.into_iter().filter(|(_, versions)| versions.len() > 1) {
        let place = tree.place(tree.root()).then(format_args!("{directory}/{name}"));
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("package", &name), ("directory", &directory), ("versions", &versions.join(", "))];
        findings.add(&codes::PIP_SEVERAL_VERSIONS, &place, &values);
    }
}
