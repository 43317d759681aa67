//! Packages in a file tree, each read from the files its own tools keep.
//!
//! One module an ecosystem, all in one list ([`CATALOGERS`]); one walk of a tree serves them all. Nothing is run and
//! nothing is asked of a network: what is told is what the databases say.
//!
//! Promised: no bytes make it panic or loop; a record that cannot be read is lost alone, with a finding; no file is
//! opened that no cataloger claims, but for the head of executables, which alone tells what they were built from. Not handled: the layer that brought a package ([`careen_model::Package::layer`]
//! stays `None`; whoever knows the layers compares each layer's own copy of a database through [`catalog_file`]), and
//! trees within the tree that are no environment of it (a chroot's dpkg database, packages unpacked in conda's cache,
//! distributions vendored inside other distributions).

mod apk;
mod apt;
mod barren;
mod cargo;
mod composer;
mod conda;
mod cran;
mod distribution;
mod draft;
mod executable;
mod files;
mod gem;
mod go;
mod hex;
mod java;
mod npm;
mod nuget;
mod pacman;
mod path;
mod pip;
mod purl;
mod requirements;
mod rpm;
mod small;
mod sqlite;
mod system;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests;
mod tools;
mod zip;

use std::collections::BTreeSet;

use careen_evidence::{
    CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Stat, Visit, kept, resolve_path, walk,
};
use careen_model::{Ecosystem, Package};

use executable::Executable;

pub use apt::{Worked, apt_history, dpkg_licenses, dpkg_log};
pub use files::Ownership;

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

    /// Whether this object is a database or record of the ecosystem, by its path and kind alone. A symbolic link is asked
    /// for as such first, and else as what it leads to.
    fn claims(&self, _path: &[u8], _kind: Kind) -> bool {
        false
    }

    /// What an executable file tells of what it was built from.
    fn inspect(&self, _executable: &Executable, _path: &[u8]) -> Result<Vec<Package>, ReadError> {
        Ok(Vec::new())
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
pub const CATALOGERS: &[&dyn Cataloger] = &[
    &apk::Apk,
    &apt::Apt,
    &cargo::Cargo,
    &composer::Composer,
    &conda::Conda,
    &cran::Cran,
    &gem::Gem,
    &go::Go,
    &java::Java,
    &npm::Npm,
    &nuget::Nuget,
    &pacman::Pacman,
    &pip::Pip,
    &requirements::Requirements,
    &rpm::Rpm,
    &small::Julia,
    &small::Lua,
    &small::Perl,
    &system::System,
    &tools::Tools,
];

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
    let (mut ecosystems, mut packages) = catalog_places(tree, limits, cancel, findings)?;
    let mut visited = 0_u64;
    // Programs with several names, which are looked into once.
    let mut programs = BTreeSet::new();
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
        if is_program(met.path, &met.stat) && (met.stat.nlink == 1 || programs.insert(met.node)) {
            let found = inspect(tree, met.path, met.node, limits, findings)?;
            ecosystems.extend(found.iter().map(Package::ecosystem));
            packages.extend(found);
        }
        let enter = met.stat.kind == Kind::Directory && !barren::is_barren(tree, met.path, met.node, findings);
        Ok(if enter { Visit::Enter } else { Visit::Skip })
    })?;
    observer(visited);
    cancel.check()?;
    packages.sort();
    pip::merge_records(&mut packages);
    pip::note_several_versions(tree, &packages, findings);
    Ok(Found { ecosystems: ecosystems.into_iter().collect(), packages })
}

/// The packages in the databases of the system's own package managers, which stand at fixed places, without a walk.
///
/// An error only when cancelled.
pub fn catalog_system(
    tree: &dyn FileTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Vec<Package>, ReadError> {
    catalog_places(tree, limits, cancel, findings).map(|(_, packages)| packages)
}

/// The ecosystems that have a database at one of their places, and the packages in those.
fn catalog_places(
    tree: &dyn FileTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<(BTreeSet<Ecosystem>, Vec<Package>), ReadError> {
    let (mut ecosystems, mut packages) = (BTreeSet::new(), Vec::new());
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
    Ok((ecosystems, packages))
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

/// Whether a file may be a program to look into: executable (or one of Windows by its name, which needs no permission), and
/// not a shared library. Libraries are thousands in an image, and what Go and Rust build as such is rare.
fn is_program(path: &[u8], stat: &Stat) -> bool {
    const SMALLEST: u64 = 4096;
    let name = path::name(path);
    let is_library = name.ends_with(b".so") || name.windows(4).any(|part| part == b".so.");
    let is_executable = stat.mode & 0o111 != 0 || name.ends_with(b".exe");
    stat.kind == Kind::File && is_executable && stat.size >= SMALLEST && !is_library
}

/// What a program tells of what it was built from. What cannot be read is a finding; an error only when cancelled.
fn inspect(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<Package>, ReadError> {
    let opened = Executable::open(tree, node, limits, findings);
    let Some(executable) = kept(opened, findings)?.flatten() else { return Ok(Vec::new()) };
    let mut packages = Vec::new();
    for cataloger in CATALOGERS {
        match cataloger.inspect(&executable, path) {
            Ok(mut found) => packages.append(&mut found),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => draft::failed(tree, cataloger.ecosystem(), path, node, &error, findings),
        }
    }
    Ok(packages)
}

/// How many objects are visited between two calls of the observer.
const OBSERVED_EVERY: u64 = 512;

/// The object a cataloger is to look at: the one met (a symbolic link too, when links are claimed), or the one a link
/// leads to when its name would be claimed (package managers that link instead of copying: uv, Nix).
fn claimed(
    cataloger: &dyn Cataloger,
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    kind: Kind,
    findings: &mut Findings,
) -> Result<Option<(NodeId, Kind)>, ReadError> {
    if kind != Kind::Symlink || cataloger.claims(path, Kind::Symlink) {
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
