//! Packages in a file tree, each read from the files its own tools keep.
//!
//! One module an ecosystem, all in one list ([`CATALOGERS`]); one walk of a tree serves them all. Nothing is run and
//! nothing is asked of a network: what is told is what the databases say.
//!
//! Promised: no bytes make it panic or loop; a record that cannot be read is lost alone, with a finding; no file is
//! opened that no cataloger claims. Not handled: the layer that brought a package ([`careen_model::Package::layer`]
//! stays `None`; whoever knows the layers compares each layer's own copy of a database through [`catalog_file`]), and
//! trees within the tree that are no environment of it (a chroot's dpkg database, packages unpacked in conda's cache,
//! distributions vendored inside other distributions).

mod apk;
mod apt;
mod barren;
mod conda;
mod distribution;
mod draft;
mod hex;
mod pacman;
mod path;
mod pip;
mod purl;
mod rpm;
mod sqlite;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests;

use std::collections::BTreeSet;

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Visit, resolve_path, walk};
use careen_model::{Ecosystem, Package};

pub use apk::Apk;
pub use apt::{Apt, Worked, apt_history, dpkg_log};
pub use conda::Conda;
pub use pacman::Pacman;
pub use pip::Pip;
pub use rpm::Rpm;

/// What knows the databases of one ecosystem.
///
/// Paths start with `/` at the root of the tree. A cataloger sees a tree and nothing of the disk under it.
pub trait Cataloger {
    /// Whose packages it reads.
    fn ecosystem(&self) -> Ecosystem;

    /// Databases that stand at a fixed path; symbolic links on the way are followed.
    fn places(&self) -> &'static [&'static [u8]] {
        &[]
    }

    /// Whether this object is a database or record of the ecosystem, by its path and kind alone.
    fn claims(&self, _path: &[u8], _kind: Kind) -> bool {
        false
    }

    /// Whether something it claims can lie below this directory.
    fn enters(&self, _tree: &dyn FileTree, _directory: &[u8], _node: NodeId, _findings: &mut Findings) -> bool {
        false
    }

    /// The packages in one claimed object, or in one file named by [`Package::found_at`]. It may look at what lies
    /// beside it. What cannot be read becomes a finding.
    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package>;
}

/// Every cataloger. A new ecosystem is a module and a line here.
pub const CATALOGERS: &[&dyn Cataloger] = &[&Apk, &Apt, &Conda, &Pacman, &Pip, &Rpm];

/// What a tree holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Ecosystems whose database is there at all, even an empty one, in the order of their names.
    pub ecosystems: Vec<Ecosystem>,
    /// The packages, sorted.
    pub packages: Vec<Package>,
}

/// All packages of a tree.
///
/// `observer` is told now and then how many objects were visited. An error only when cancelled or when the root cannot
/// be read.
pub fn catalog_tree(
    tree: &dyn FileTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
    observer: &mut dyn FnMut(u64),
) -> Result<Found, ReadError> {
    let mut ecosystems = BTreeSet::new();
    let mut packages = Vec::new();
    for cataloger in CATALOGERS {
        // Several places may lead to one database.
        let mut met = BTreeSet::new();
        for place in cataloger.places() {
            cancel.check()?;
            if let Some(node) = resolve(tree, place, findings)?
                && met.insert(node)
            {
                ecosystems.insert(cataloger.ecosystem());
                packages.append(&mut cataloger.catalog(tree, place, node, limits, findings));
            }
        }
    }
    let mut visited = 0_u64;
    walk(tree, limits, cancel, findings, &mut |met, findings| {
        visited = visited.saturating_add(1);
        if visited.is_multiple_of(OBSERVED_EVERY) {
            observer(visited);
        }
        for cataloger in CATALOGERS {
            if let Some((node, kind)) = claimed(*cataloger, tree, met.path, met.node, met.stat.kind, findings)?
                && cataloger.claims(met.path, kind)
            {
                ecosystems.insert(cataloger.ecosystem());
                packages.append(&mut cataloger.catalog(tree, met.path, node, limits, findings));
            }
        }
        let enter = met.stat.kind == Kind::Directory
            && CATALOGERS.iter().any(|cataloger| cataloger.enters(tree, met.path, met.node, findings));
        Ok(if enter { Visit::Enter } else { Visit::Skip })
    })?;
    observer(visited);
    cancel.check()?;
    packages.sort();
    pip::merge_records(&mut packages);
    pip::note_several_versions(tree, &packages, findings);
    Ok(Found { ecosystems: ecosystems.into_iter().collect(), packages })
}

/// The packages of `ecosystem` in the one file or database at `path`, as [`Package::found_at`] names it, in this tree:
/// how a layer's own copy of a database is read. `node` is the object at `path`.
pub fn catalog_file(
    tree: &dyn FileTree,
    ecosystem: Ecosystem,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Package> {
    let mut packages = Vec::new();
    for cataloger in CATALOGERS.iter().filter(|cataloger| cataloger.ecosystem() == ecosystem) {
        packages.append(&mut cataloger.catalog(tree, path, node, limits, findings));
    }
    packages.sort();
    packages
}

/// How many objects are visited between two calls of the observer.
const OBSERVED_EVERY: u64 = 512;

/// The object a cataloger is to look at: the one met, or the one a symbolic link leads to when its name would be
/// claimed (package managers that link instead of copying: uv, Nix).
fn claimed(
    cataloger: &dyn Cataloger,
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    kind: Kind,
    findings: &mut Findings,
) -> Result<Option<(NodeId, Kind)>, ReadError> {
    if kind != Kind::Symlink {
        return Ok(Some((node, kind)));
    }
    if !cataloger.claims(path, Kind::File) && !cataloger.claims(path, Kind::Directory) {
        return Ok(None);
    }
    let Some(target) = resolve(tree, path, findings)? else { return Ok(None) };
    match tree.stat(target, findings) {
        Ok(stat) => Ok(Some((target, stat.kind))),
        Err(error) => told(error, findings).map(|()| None),
    }
}

/// The node at `path`, links followed; what cannot be read on the way is a finding.
fn resolve(tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
    match resolve_path(tree, path, findings) {
        Ok(node) => Ok(node),
        Err(error) => told(error, findings).map(|()| None),
    }
}

/// Makes a finding of an error; a cancellation stays an error.
fn told(error: ReadError, findings: &mut Findings) -> Result<(), ReadError> {
    if error.is_cancelled() {
        return Err(error);
    }
    findings.add_failure(&error);
    Ok(())
}
