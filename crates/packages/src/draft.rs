//! How most catalogers put a package together.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError, read_file};
use careen_model::codes::packages as codes;
use careen_model::{Declared, Details, Ecosystem, Package};

use crate::path;

/// A package of which only the values of its ecosystem's own columns are missing.
pub struct Draft {
    ecosystem: Ecosystem,
    name: String,
    version: String,
    purl: String,
    found_at: String,
    declared: Declared,
}

impl Draft {
    /// A package that declares nothing.
    pub fn new(
        ecosystem: Ecosystem,
        name: impl Into<String>,
        version: impl Into<String>,
        purl: String,
        found_at: String,
    ) -> Self {
        let (name, version) = (name.into(), version.into());
        Draft { ecosystem, name, version, purl, found_at, declared: Declared::default() }
    }

    /// With what it says of itself.
    pub fn declaring(mut self, declared: Declared) -> Self {
        self.declared = declared;
        self
    }

    /// The package with the values of [`Ecosystem::columns`], in their order.
    pub fn with(self, values: impl IntoIterator<Item = impl Into<String>>) -> Package {
        let Draft { ecosystem, name, version, purl, found_at, declared } = self;
        let values = values.into_iter().map(Into::into).collect();
        Package {
            name,
            version,
            purl,
            found_at,
            layer: None,
            declared,
            details: Details::Other { of: ecosystem, values },
        }
    }
}

/// A record's bytes, `most` of them at most; `None` with a finding when it cannot be read, and without one when it is no
/// file.
pub fn record(
    tree: &dyn FileTree,
    ecosystem: Ecosystem,
    path: &[u8],
    node: NodeId,
    most: u64,
    limits: &Limits,
    findings: &mut Findings,
) -> Option<Vec<u8>> {
    let limits = Limits { bytes: limits.bytes.min(most), ..*limits };
    let read = |findings: &mut Findings| match tree.stat(node, findings)?.kind {
        Kind::File => read_file(tree, node, &limits, findings).map(Some),
        _ => Ok(None),
    };
    read(findings).unwrap_or_else(|error| {
        lost(tree, ecosystem, path, node, error.reason(), findings);
        None
    })
}

/// The text of the file at `path`, links followed; `None` when there is none, and with a finding when it cannot be read.
pub fn text_beside(
    tree: &dyn FileTree,
    ecosystem: Ecosystem,
    path: &[u8],
    limits: &Limits,
    findings: &mut Findings,
) -> Option<String> {
    let node = crate::resolve(tree, path, findings).ok().flatten()?;
    let bytes = record(tree, ecosystem, path, node, LARGEST_RECORD, limits, findings)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Largest record of one package. Real ones have a few kilobytes.
pub const LARGEST_RECORD: u64 = 4 << 20;

/// Tells that a record is lost.
pub fn lost(
    tree: &dyn FileTree,
    ecosystem: Ecosystem,
    path: &[u8],
    node: NodeId,
    reason: impl std::fmt::Display,
    findings: &mut Findings,
) {
    let place = tree.place(node).then(path::text(path));
    findings.add(&codes::PACKAGE_RECORD_LOST, &place, &[("ecosystem", &ecosystem.name()), ("reason", &reason)]);
}

/// As [`lost`], for an error; a cancellation is none.
pub fn failed(
    tree: &dyn FileTree,
    ecosystem: Ecosystem,
    path: &[u8],
    node: NodeId,
    error: &ReadError,
    findings: &mut Findings,
) {
    if !error.is_cancelled() {
        lost(tree, ecosystem, path, node, error.reason(), findings);
    }
}
