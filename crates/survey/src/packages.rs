//! The packages of images, containers and the host, each with the layer that brought it.

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, NodeId, ReadError};
use careen_model::{Ecosystem, Image, ImageKind, ImagePackages, Package, PackageFile, PackageFileState, Stage};
use careen_packages::{Found, Ownership, catalog_tree};
use careen_report::labels;
use careen_store::MergedTree;

use crate::around::Around;
use crate::layers::note_layers;
use crate::{Observer, Scope, Session};

impl Session {
    /// The scopes whose packages are compared: every image but the classic builder's intermediate ones, and on request
    /// the containers and the operating system around the data root.
    pub fn package_scopes(&self, containers: bool, host: bool) -> Vec<Scope> {
        let images = self.compared_images().map(|image| Scope::Image(image.id.clone()));
        let mut met = BTreeSet::new();
        let containers = self.containers().filter(|it| containers && met.insert(&it.id));
        let containers = containers.map(|it| Scope::Container(it.id.clone()));
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

    /// The files of a scope that are in one of these states, by the lists of its package managers. `Changed` reads every
    /// file whose digest a list has.
    pub fn package_files(
        &mut self,
        scope: &Scope,
        states: &[PackageFileState],
        observer: Observer<'_>,
    ) -> Result<Vec<PackageFile>, ReadError> {
        let packages = self.packages_of(scope, observer)?;
        let tree = self.tree_of_packages(scope, &mut Findings::new())?;
        let (limits, cancel) = (self.options().limits, self.options().cancel.clone());
        let mut findings = Findings::new();
        let files = Ownership::of(&*tree, &packages.packages, &limits, &cancel, &mut findings).and_then(|ownership| {
            ownership.files(&*tree, &|state| states.contains(&state), &limits, &cancel, &mut findings, &mut |visited| {
                observer(self.progress(Stage::Files, &packages.image, visited, None));
            })
        });
        self.absorb(findings);
        files
    }

    /// The files that one package of a scope owns, by path, and whether they changed. Reads every file of it whose digest
    /// its list has.
    pub fn files_of_package(&mut self, scope: &Scope, package: &Package) -> Result<Vec<PackageFile>, ReadError> {
        let tree = self.tree_of_packages(scope, &mut Findings::new())?;
        // Those that own directories may lie within one another's; of the others one list is enough.
        let packages: Vec<Package> = match package.ecosystem() {
            of @ (Ecosystem::Npm | Ecosystem::Cran | Ecosystem::Gem) => {
                let all = self.packages_of(scope, &mut |_| {})?;
                all.packages.iter().filter(|other| other.ecosystem() == of).cloned().collect()
            }
            _ => vec![package.clone()],
        };
        let Some(owner) = packages.iter().position(|known| known == package) else { return Ok(Vec::new()) };
        let (limits, cancel) = (self.options().limits, self.options().cancel.clone());
        let mut findings = Findings::new();
        let files = Ownership::of(&*tree, &packages, &limits, &cancel, &mut findings)
            .and_then(|ownership| ownership.files_of(owner, &*tree, &limits, &cancel, &mut findings));
        self.absorb(findings);
        files
    }

    pub(crate) fn read_packages(
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
                let tree = self.tree_of_packages(other, findings)?;
                let label = other.to_string();
                let packages = self.catalog(&*tree, &label, observer, findings)?;
                Ok(named(label, String::new(), packages))
            }
        }
    }

    /// The tree whose packages are those of a scope: the system around a data root has none of those in the data root.
    pub(crate) fn tree_of_packages(
        &self,
        scope: &Scope,
        findings: &mut Findings,
    ) -> Result<Rc<dyn FileTree>, ReadError> {
        let tree = self.tree(scope, findings)?;
        if *scope != Scope::Host {
            return Ok(tree);
        }
        let stores = self.stores.iter().filter(|open| Rc::ptr_eq(&open.tree, &tree));
        let stores: BTreeSet<NodeId> = stores.map(|open| open.root).collect();
        Ok(Rc::new(Around { tree, without: stores }))
    }

    /// What an image's column is called among all that are compared.
    pub(crate) fn column_label(&self, image: &Image) -> String {
        let compared: Vec<Image> = self.compared_images().cloned().collect();
        let position = compared.iter().position(|other| other.id == image.id);
        position.and_then(|position| labels(&compared).into_iter().nth(position)).unwrap_or_else(|| image.label())
    }

    /// Images that count in matrices; one that lies in several data roots counts once.
    fn compared_images(&self) -> impl Iterator<Item = &Image> {
        let mut met = BTreeSet::new();
        let images = self.images().filter(|image| image.kind != ImageKind::Intermediate);
        images.filter(move |image| met.insert(&image.id))
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
        note_layers(tree, diff_ids, &mut found.packages, self.options(), findings)?;
        Ok(found)
    }
}

fn named(image: String, image_id: String, found: Found) -> ImagePackages {
    ImagePackages { image, image_id, ecosystems: found.ecosystems, packages: found.packages }
}
