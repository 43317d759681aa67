//! What the files that install packages anew are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{
    FileTree, Findings, Kind, Limits, NodeId, ReadError, kept, lookup_path, read_file, resolve_path,
};
use careen_model::{Ecosystem, ImagePackages, LOCKED, RebuiltKind};
use careen_packages::dpkg_log;
use careen_report::rebuild::{self as report, Chosen, Pins, Recipe};
use serde_json::Value;

use super::Plan;
use super::sources::is_portable;
use super::stream::Content;
use crate::kit::unique;
use crate::trees::FoundImage;
use crate::{Observer, Scope, Session};

/// Bytes of a small record of a distribution.
const LARGEST_RECORD: u64 = 64 << 10;
/// Bytes of a log of dpkg.
const LARGEST_LOG: u64 = 16 << 20;
const DPKG_LOG: &[u8] = b"/var/log/dpkg.log";

impl Session {
    /// The packages of an image; what is wrong with them is told by the rebuild too.
    pub(super) fn packages_to_rebuild(
        &mut self,
        id: &str,
        plan: &mut Plan,
        observer: Observer<'_>,
    ) -> Result<Option<Rc<ImagePackages>>, ReadError> {
        let scope = Scope::Image(id.to_owned());
        if let Some(known) = self.packages.get(&scope) {
            return Ok(Some(Rc::clone(known)));
        }
        let mut findings = Findings::new();
        let read = self.read_packages(&scope, observer, &mut findings);
        plan.findings.absorb(findings.clone());
        self.absorb(findings);
        let Some(packages) = kept(read, &mut plan.findings)? else { return Ok(None) };
        let packages = Rc::new(packages);
        self.packages.insert(scope, Rc::clone(&packages));
        Ok(Some(packages))
    }

    /// Writes the files that install the packages of an image anew.
    pub(super) fn pin(
        &self,
        found: &FoundImage<'_>,
        recipe: &Recipe<'_>,
        packages: &ImagePackages,
        chosen: &Chosen,
        folder: &str,
        plan: &mut Plan,
    ) -> Result<(), ReadError> {
        let of = format!("image:{}", found.item.id);
        let Some((tree, _)) = kept(self.image_tree(found, &mut plan.findings), &mut plan.findings)? else {
            return Ok(());
        };
        let tree: Rc<dyn FileTree> = Rc::new(tree);
        let mut origins = BTreeMap::new();
        for package in packages.packages.iter().filter(|package| package.ecosystem() == Ecosystem::Pip) {
            self.options.cancel.check()?;
            let Some(path) = report::origin_path(package) else { continue };
            let bytes = self.small(&*tree, path.as_bytes(), LARGEST_RECORD, &mut plan.findings)?;
            if let Some(origin) = bytes.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
                origins.insert(package.found_at.clone(), origin);
            }
        }
        let worked = self.small(&*tree, DPKG_LOG, LARGEST_LOG, &mut plan.findings)?;
        let worked = worked.and_then(|bytes| dpkg_log(&bytes).into_iter().map(|worked| worked.time).max());
        let created = || found.item.created.clone().map(|time| (time, "the time the image was made"));
        let installed = worked.map(|time| (time, "the last entry of /var/log/dpkg.log")).or_else(created);
        let pins = Pins { recipe, packages, origins: &origins, installed };
        for chosen in [None, Some(chosen)] {
            for file in report::pinned(&pins, chosen) {
                plan.text(format!("{folder}/{}", file.name), file.kind, &of, &file.reason, file.text, file.guesses);
            }
        }
        self.lock_files(&tree, packages, &of, folder, plan)
    }

    /// The lock files of the image, and the lists of what was asked for beside them.
    fn lock_files(
        &self,
        tree: &Rc<dyn FileTree>,
        packages: &ImagePackages,
        of: &str,
        folder: &str,
        plan: &mut Plan,
    ) -> Result<(), ReadError> {
        const BESIDE: [&str; 4] = ["package.json", "composer.json", "Gemfile", "Cargo.toml"];
        let locked = packages.packages.iter().filter(|package| package.value("state") == LOCKED);
        let files: BTreeSet<&str> = locked.map(|package| package.found_at.as_str()).collect();
        let mut taken = BTreeSet::new();
        let mut folders: BTreeMap<&str, String> = BTreeMap::new();
        for file in files {
            let Some((directory, name)) = file.rsplit_once('/') else { continue };
            let is_first = !folders.contains_key(directory);
            let own =
                folders.entry(directory).or_insert_with(|| unique(directory.trim_matches('/'), &mut taken)).clone();
            let beside = BESIDE.iter().copied().filter(|_| is_first);
            for name in std::iter::once(name).chain(beside).filter(|name| is_portable(name.as_bytes(), true)) {
                let path = format!("{directory}/{name}");
                let Some(node) = self.file_at(&**tree, path.as_bytes(), &mut plan.findings)? else { continue };
                let content = Content::Files { tree: Rc::clone(tree), node };
                let reason = format!("{path} of the image");
                plan.put(
                    format!("{folder}/locks/{own}/{name}"),
                    RebuiltKind::Packages,
                    of,
                    &reason,
                    content,
                    Vec::new(),
                );
            }
        }
        Ok(())
    }

    /// A regular file by its own path.
    fn file_at(&self, tree: &dyn FileTree, path: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let Some(node) = kept(lookup_path(tree, path, findings), findings)?.flatten() else { return Ok(None) };
        let stat = kept(tree.stat(node, findings), findings)?;
        Ok(stat.filter(|stat| stat.kind == Kind::File).map(|_| node))
    }

    /// A small file, through links.
    fn small(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        most: u64,
        findings: &mut Findings,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(node) = kept(resolve_path(tree, path, findings), findings)?.flatten() else { return Ok(None) };
        let stat = kept(tree.stat(node, findings), findings)?;
        if stat.is_none_or(|stat| stat.kind != Kind::File || stat.size > most) {
            return Ok(None);
        }
        let limits = Limits { bytes: self.options.limits.bytes.min(most), ..self.options.limits };
        kept(read_file(tree, node, &limits, findings), findings)
    }
}
