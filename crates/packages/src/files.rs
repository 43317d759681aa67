//! Which package owns a file, and what the file was when it was installed: the lists that package managers keep.
//!
//! - dpkg: `info/*.list`, `info/*.md5sums`, and the digests of configuration files in `status` (`Conffiles`); the
//!   `.md5sums` of `status.d`;
//! - rpm: the lists in the headers; apk: those in its database, links left out of comparison; pacman: `files`, without
//!   digests;
//! - Python: `RECORD`; conda: `paths_data` and `files` of its records;
//! - Node, R and Ruby keep no lists: a module, a library, a gem owns all that lies in its directory; a program or an archive
//!   that tells what it was built from owns itself.
//!
//! Paths are told as the tree has them, symbolic links on the way followed (`/bin/ls` of a list is `/usr/bin/ls` where `/bin`
//! is a link). Where several packages own a file the system's own package manager counts before the others.

mod digests;
mod lists;

use std::collections::{BTreeMap, HashMap};

use careen_evidence::{
    ByteSource, CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Visit, kept, resolve_path, walk,
    walk_from,
};
use careen_model::{Ecosystem, Package, PackageFile, PackageFileState};

use crate::path;
pub use digests::Digest;

/// What a list says of one file.
struct Owned {
    /// Place in the list of packages.
    owner: usize,
    digest: Option<Digest>,
    is_configuration: bool,
}

/// The files of packages.
pub struct Ownership<'a> {
    packages: &'a [Package],
    files: BTreeMap<Vec<u8>, Owned>,
    directories: BTreeMap<Vec<u8>, usize>,
}

impl<'a> Ownership<'a> {
    /// Reads every list of a tree. `packages` are those that were found in it.
    pub fn of(
        tree: &dyn FileTree,
        packages: &'a [Package],
        limits: &Limits,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let mut reading =
            Reading { tree, limits, canonical: HashMap::new(), files: BTreeMap::new(), directories: BTreeMap::new() };
        let mut databases: BTreeMap<(Ecosystem, &str), Vec<usize>> = BTreeMap::new();
        for (at, package) in packages.iter().enumerate().filter(|(_, package)| package.is_installed()) {
            databases.entry((package.ecosystem(), &package.found_at)).or_default().push(at);
        }
        let of_system =
            |of: Ecosystem| matches!(of, Ecosystem::Apk | Ecosystem::Apt | Ecosystem::Pacman | Ecosystem::Rpm);
        let (first, then): (Vec<_>, Vec<_>) = databases.into_iter().partition(|((of, _), _)| of_system(*of));
        for ((ecosystem, found_at), owners) in first.into_iter().chain(then) {
            cancel.check()?;
            reading.read(ecosystem, found_at.as_bytes(), &owners, packages, findings)?;
        }
        Ok(Ownership { packages, files: reading.files, directories: reading.directories })
    }

    /// Every regular file and link of the tree that `wanted` asks for, in the order of a walk; what is on a list and not
    /// there comes last.
    pub fn files(
        &self,
        tree: &dyn FileTree,
        wanted: &dyn Fn(PackageFileState) -> bool,
        limits: &Limits,
        cancel: &CancelToken,
        findings: &mut Findings,
        observer: &mut dyn FnMut(u64),
    ) -> Result<Vec<PackageFile>, ReadError> {
        let compares = wanted(PackageFileState::Changed);
        let mut told = Vec::new();
        let mut met = std::collections::BTreeSet::new();
        let mut visited = 0_u64;
        walk(tree, limits, cancel, findings, &mut |object, findings| {
            visited = visited.saturating_add(1);
            if visited.is_multiple_of(512) {
                observer(visited);
            }
            if !matches!(object.stat.kind, Kind::File | Kind::Symlink) {
                // What the kernel shows there belongs to no image.
                let is_kernels = matches!(object.path, b"/proc" | b"/sys" | b"/dev");
                return Ok(if is_kernels { Visit::Skip } else { Visit::Enter });
            }
            let owned = self.files.get_key_value(object.path);
            if let Some((path, _)) = owned {
                met.insert(path.as_slice());
            }
            let owner = owned.map(|(_, owned)| owned.owner).or_else(|| self.directory_of(object.path));
            let expected = owned.and_then(|(_, owned)| owned.digest.as_ref());
            let mut found = None;
            let state = match owner {
                None => PackageFileState::Unowned,
                Some(_) if compares && object.stat.kind == Kind::File => {
                    found = expected.and_then(|expected| changed(tree, object.node, expected, findings));
                    if found.is_some() { PackageFileState::Changed } else { PackageFileState::Owned }
                }
                Some(_) => PackageFileState::Owned,
            };
            if wanted(state) {
                let is_configuration = owned.is_some_and(|(_, owned)| owned.is_configuration);
                told.push(self.told(object.path, state, owner, expected, found, is_configuration));
            }
            Ok(Visit::Enter)
        })?;
        if wanted(PackageFileState::Missing) {
            for (path, owned) in self.files.iter().filter(|(path, _)| !met.contains(path.as_slice())) {
                // A digest tells a file from a directory that a list names too.
                if owned.digest.is_some() && !is_there(tree, path, findings) {
                    let state = PackageFileState::Missing;
                    let expected = owned.digest.as_ref();
                    told.push(self.told(path, state, Some(owned.owner), expected, None, owned.is_configuration));
                }
            }
        }
        Ok(told)
    }

    /// Every regular file and link that one of the packages owns, by path, and whether it changed; what it owns by
    /// directory included. `owner` is its place in the list of packages. Only these files are looked at.
    pub fn files_of(
        &self,
        owner: usize,
        tree: &dyn FileTree,
        limits: &Limits,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<Vec<PackageFile>, ReadError> {
        let mut told = BTreeMap::new();
        for (path, owned) in self.files.iter().filter(|(_, owned)| owned.owner == owner) {
            cancel.check()?;
            let met = kept(careen_evidence::lookup_path(tree, path, findings), findings)?.flatten();
            let kind = met.map(|node| tree.stat(node, findings).map(|stat| stat.kind));
            let expected = owned.digest.as_ref();
            let (state, found) = match (met, kind) {
                (Some(node), Some(Ok(Kind::File))) => {
                    match expected.and_then(|expected| changed(tree, node, expected, findings)) {
                        Some(found) => (PackageFileState::Changed, Some(found)),
                        None => (PackageFileState::Owned, None),
                    }
                }
                (Some(_), Some(Ok(Kind::Symlink))) => (PackageFileState::Owned, None),
                // A digest tells a file from a directory that a list names too.
                (None, _) if expected.is_some() => (PackageFileState::Missing, None),
                _ => continue,
            };
            told.insert(path.clone(), self.told(path, state, Some(owner), expected, found, owned.is_configuration));
        }
        for (directory, _) in self.directories.iter().filter(|(_, of)| **of == owner) {
            let Some(start) = kept(careen_evidence::lookup_path(tree, directory, findings), findings)?.flatten() else {
                continue;
            };
            walk_from(tree, start, limits, cancel, findings, &mut |object, _| {
                let path = if object.path == b"/" { directory.clone() } else { [directory, object.path].concat() };
                let is_other = self.directories.get(&path).is_some_and(|of| *of != owner);
                if matches!(object.stat.kind, Kind::File | Kind::Symlink) && !self.files.contains_key(&path) {
                    let state = PackageFileState::Owned;
                    told.insert(path.clone(), self.told(&path, state, Some(owner), None, None, false));
                }
                Ok(if is_other { Visit::Skip } else { Visit::Enter })
            })?;
        }
        Ok(told.into_values().collect())
    }

    fn directory_of(&self, path: &[u8]) -> Option<usize> {
        if self.directories.is_empty() {
            return None;
        }
        let mut directory = path::parent(path);
        while !directory.is_empty() {
            if let Some(owner) = self.directories.get(directory) {
                return Some(*owner);
            }
            directory = path::parent(directory);
        }
        None
    }

    fn told(
        &self,
        path: &[u8],
        state: PackageFileState,
        owner: Option<usize>,
        expected: Option<&Digest>,
        found: Option<Digest>,
        is_configuration: bool,
    ) -> PackageFile {
        let package = owner.and_then(|owner| self.packages.get(owner));
        PackageFile {
            path: path::text(path),
            state,
            ecosystem: package.map(Package::ecosystem),
            package: package.map(|package| package.name.clone()),
            version: package.map(|package| package.version.clone()),
            expected: expected.map(ToString::to_string),
            found: found.map(|found| found.to_string()),
            configuration: is_configuration,
        }
    }
}

/// The digest a file has, when it is not the one that is expected. One that cannot be read is a finding and no change.
fn changed(tree: &dyn FileTree, node: NodeId, expected: &Digest, findings: &mut Findings) -> Option<Digest> {
    let digest = tree.open(node, findings).and_then(|source| digests::of(&*source, expected.kind));
    match digest {
        Ok(found) => (found != *expected).then_some(found),
        Err(error) => {
            findings.add_failure(&error);
            None
        }
    }
}

fn is_there(tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> bool {
    let (directory, name) = path::split(path);
    let above = resolve_path(tree, directory, findings).ok().flatten();
    above.is_some_and(|above| matches!(tree.lookup(above, name, findings), Ok(Some(_))))
}

/// Lists being read.
struct Reading<'a> {
    tree: &'a dyn FileTree,
    limits: &'a Limits,
    /// Directory as a list names it → as the tree has it.
    canonical: HashMap<Vec<u8>, Vec<u8>>,
    files: BTreeMap<Vec<u8>, Owned>,
    directories: BTreeMap<Vec<u8>, usize>,
}

impl Reading<'_> {
    /// Notes that a package owns a file; who owns it already keeps it, and so does a digest that is known.
    fn own(
        &mut self,
        path: &[u8],
        owner: usize,
        digest: Option<Digest>,
        is_configuration: bool,
        findings: &mut Findings,
    ) {
        if self.files.len() as u64 >= self.limits.entries {
            return;
        }
        let (directory, name) = path::split(path);
        if name.is_empty() {
            return;
        }
        let path = path::join(&self.canonical(directory, MOST_LINKS, findings), name);
        let known = self.files.entry(path).or_insert(Owned { owner, digest: None, is_configuration });
        known.is_configuration |= is_configuration;
        known.digest = known.digest.take().or(digest);
    }

    /// A directory with the links on the way to it followed; what is not there stays as it is named.
    fn canonical(&mut self, directory: &[u8], links: u32, findings: &mut Findings) -> Vec<u8> {
        if directory.is_empty() {
            return Vec::new();
        }
        if let Some(known) = self.canonical.get(directory) {
            return known.clone();
        }
        let (above, name) = path::split(directory);
        let above = self.canonical(above, links, findings);
        let plain = path::join(&above, name);
        let target = careen_evidence::lookup_path(self.tree, &plain, findings).ok().flatten().and_then(|node| {
            let is_link = self.tree.stat(node, findings).is_ok_and(|stat| stat.kind == Kind::Symlink);
            if is_link { self.tree.link_target(node, findings).ok() } else { None }
        });
        let found = match (target, links.checked_sub(1)) {
            (Some(target), Some(left)) => self.canonical(&path::normalize(&above, &target), left, findings),
            _ => plain,
        };
        self.canonical.insert(directory.to_vec(), found.clone());
        found
    }
}

/// Longest chain of links followed.
const MOST_LINKS: u32 = 40;

/// The whole of a source in pieces.
fn pieces(source: &dyn ByteSource, mut take: impl FnMut(&[u8])) -> Result<(), ReadError> {
    let mut buffer = vec![0; 256 << 10];
    let mut offset = 0_u64;
    while offset < source.len() {
        let length = usize::try_from(source.len().saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(piece) = buffer.get_mut(..length) else { break };
        source.read_exact_at(offset, piece)?;
        take(piece);
        offset = offset.saturating_add(piece.len() as u64);
    }
    Ok(())
}
