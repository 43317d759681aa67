//! The packages of images, containers and the host, each with the layer that brought it.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, ReadError};
use careen_model::{Details, Ecosystem, Image, ImageKind, ImagePackages, Package, Stage};
use careen_packages::{Found, catalog_file, catalog_tree};
use careen_report::labels;
use careen_store::MergedTree;

use crate::{Observer, Scope, Session};

impl Session {
    /// The scopes whose packages are compared: every image but the classic builder's intermediate ones, and on request
    /// the containers and the operating system around the data root.
    pub fn package_scopes(&self, containers: bool, host: bool) -> Vec<Scope> {
        let images = self.compared_images().map(|image| Scope::Image(image.id.clone()));
        let containers = self.containers().filter(|_| containers).map(|it| Scope::Container(it.id.clone()));
        images.chain(containers).chain(host.then_some(Scope::Host)).collect()
    }

    /// The packages of an image, a container or the host; read once, then remembered.
    pub fn packages_of(&mut self, scope: &Scope, observer: Observer<'_>) -> Result<Rc<ImagePackages>, ReadError> {
        if let Some(known) = self.packages.get(scope) {
            return Ok(Rc::clone(known));
        }
        let mut findings = Findings::new();
        let result = self.read_packages(scope, observer, &mut findings);
        self.absorb(findings);
        let packages = Rc::new(result?);
        self.packages.insert(scope.clone(), Rc::clone(&packages));
        Ok(packages)
    }

    fn read_packages(
        &self,
        scope: &Scope,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<ImagePackages, ReadError> {
        match scope {
            Scope::Image(name) => {
                let found = self.find_image(name)?;
                let (tree, diff_ids) = self.image_tree(&found, findings)?;
                let label = self.column_label(found.item);
                let packages = self.catalog_layers(&tree, &diff_ids, &label, observer, findings)?;
                Ok(named(label, found.item.id.clone(), packages))
            }
            Scope::Container(name) => {
                let found = self.find_container(name)?;
                let (tree, diff_ids) = self.container_tree(&found, findings)?;
                let label = format!("container:{}", found.item.name);
                let packages = self.catalog_layers(&tree, &diff_ids, &label, observer, findings)?;
                Ok(named(label, found.item.id.clone(), packages))
            }
            other => {
                let tree = self.tree(other, findings)?;
                let label = other.to_string();
                let packages = self.catalog(&*tree, &label, observer, findings)?;
                Ok(named(label, String::new(), packages))
            }
        }
    }

    /// What an image's column is called among all that are compared.
    fn column_label(&self, image: &Image) -> String {
        let compared: Vec<Image> = self.compared_images().cloned().collect();
        let position = compared.iter().position(|other| other.store == image.store && other.id == image.id);
        position.and_then(|position| labels(&compared).into_iter().nth(position)).unwrap_or_else(|| image.label())
    }

    /// Images that count in matrices.
    fn compared_images(&self) -> impl Iterator<Item = &Image> {
        self.images().filter(|image| image.kind != ImageKind::Intermediate)
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        label: &str,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Found, ReadError> {
        let options = self.options();
        observer(self.progress(Stage::Packages, label, 0, None));
        catalog_tree(tree, &options.limits, &options.cancel, findings, &mut |visited| {
            observer(self.progress(Stage::Packages, label, visited, None));
        })
    }

    /// As [`Session::catalog`], with the layer of each package. `diff_ids` belong to the layers from the lowest; `None`
    /// for a layer that is not part of an image.
    fn catalog_layers(
        &self,
        tree: &MergedTree,
        diff_ids: &[Option<String>],
        label: &str,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Found, ReadError> {
        let mut found = self.catalog(tree, label, observer, findings)?;
        let mut by_database: BTreeMap<(Ecosystem, String), Vec<&mut Package>> = BTreeMap::new();
        for package in &mut found.packages {
            by_database.entry((package.ecosystem(), package.found_at.clone())).or_default().push(package);
        }
        for ((ecosystem, path), packages) in by_database {
            self.options().cancel.check()?;
            self.note_layers(tree, diff_ids, ecosystem, &path, packages, findings)?;
        }
        Ok(found)
    }

    /// Sets the layer of the packages of one database: the lowest from which upward every layer's own copy of the
    /// database has the package at this version.
    fn note_layers(
        &self,
        tree: &MergedTree,
        diff_ids: &[Option<String>],
        ecosystem: Ecosystem,
        path: &str,
        packages: Vec<&mut Package>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let versions = tree.history(path.as_bytes(), findings)?;
        let Some((top, lower)) = versions.split_last() else { return Ok(()) };
        let mut standing: Vec<(&mut Package, usize)> =
            packages.into_iter().map(|package| (package, top.from)).collect();
        let mut done = Vec::new();
        for version in lower.iter().rev() {
            // Damage in a database of a lower layer hides nothing of this image: its own findings were told already.
            let mut unheard = Findings::new();
            let copy = match version.node {
                Some(node) => {
                    let view = tree.view_up_to(version.from);
                    catalog_file(&*view, ecosystem, path.as_bytes(), node, &self.options().limits, &mut unheard)
                }
                None => Vec::new(),
            };
            let (still, broken): (Vec<_>, Vec<_>) =
                standing.into_iter().partition(|(package, _)| copy.iter().any(|other| is_same(package, other)));
            standing = still.into_iter().map(|(package, _)| (package, version.from)).collect();
            done.extend(broken);
            if standing.is_empty() {
                break;
            }
        }
        for (package, from) in done.into_iter().chain(standing) {
            package.layer = diff_ids.get(from).cloned().flatten();
        }
        Ok(())
    }
}

/// Whether two copies of a database have the same package at the same version, installed or not.
fn is_same(a: &Package, b: &Package) -> bool {
    a.name == b.name
        && a.version == b.version
        && match (&a.details, &b.details) {
            (
                Details::Apt { architecture, status, .. },
                Details::Apt { architecture: other_architecture, status: other_status, .. },
            ) => architecture == other_architecture && state(status) == state(other_status),
            (Details::Conda { build, .. }, Details::Conda { build: other, .. }) => build == other,
            (Details::Pip { .. }, Details::Pip { .. }) => true,
            _ => false,
        }
}

/// The state in dpkg's three words of status: what the package is, not what is wanted of it.
fn state(status: &str) -> &str {
    status.rsplit(' ').next().unwrap_or(status)
}

fn named(image: String, image_id: String, found: Found) -> ImagePackages {
    ImagePackages { image, image_id, ecosystems: found.ecosystems, packages: found.packages }
}
