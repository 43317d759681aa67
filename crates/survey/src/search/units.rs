//! What a search goes through, in which order.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use careen_evidence::{Findings, NodeId, ReadError};
use careen_model::{Container, ImageKind};
use careen_store::LayerFiles;

use crate::{Scope, Session};

/// A piece of a search.
pub(super) enum Unit {
    /// Everything that stands in records, and findings.
    Records,
    /// The packages of a scope.
    Packages(Scope),
    /// The files of a tree.
    Files {
        /// What hits say.
        scope: Scope,
        /// What is opened.
        from: Scope,
        /// Directories that are searched as something else.
        elsewhere: Rc<HashSet<NodeId>>,
        /// Of a layer of images: whether its deletions are names, and the images that have it.
        layer: Option<(bool, Vec<InImage>)>,
    },
}

/// A layer's place in an image.
#[derive(Clone)]
pub(super) struct InImage {
    pub(super) id: String,
    pub(super) scope: Scope,
    /// Position from the lowest layer, of so many.
    pub(super) at: usize,
    pub(super) layers: usize,
}

impl Session {
    /// The units of one scope.
    pub(super) fn units_of(&self, scope: &Scope, content: bool) -> Result<Vec<Unit>, ReadError> {
        let has_packages = !content
            && match scope {
                Scope::Image(name) => self.find_image(name).map(|_| true)?,
                Scope::Container(name) => self.find_container(name).map(|_| true)?,
                Scope::Host => true,
                other => {
                    // Whether it is there is known at once.
                    self.tree(other, &mut Findings::new())?;
                    false
                }
            };
        let packages = has_packages.then(|| Unit::Packages(scope.clone()));
        Ok(packages.into_iter().chain([files(scope.clone(), scope.clone(), &Rc::default())]).collect())
    }

    /// The units of the whole disk.
    pub(super) fn all_units(&self, content: bool) -> Vec<Unit> {
        let mut units = Vec::new();
        if !content {
            units.push(Unit::Records);
            units.extend(self.package_scopes(false, false).into_iter().map(Unit::Packages));
        }
        // By filesystem, what is searched as something else than a part of it.
        let mut taken: BTreeMap<usize, HashSet<NodeId>> = BTreeMap::new();
        let nowhere = Rc::default();
        units.extend(self.layer_units(&mut taken, &nowhere));
        let mut met = BTreeSet::new();
        for container in self.containers().filter(|it| met.insert(it.id.clone())) {
            let Some((filesystem, directory)) = self.upper_of(container) else { continue };
            if taken.entry(filesystem).or_default().insert(directory) {
                let named = self.find_container(&container.name).is_ok_and(|found| found.item.id == container.id);
                let name = if named { container.name.clone() } else { container.id.clone() };
                units.push(files(Scope::Changes(name), Scope::Changes(container.id.clone()), &nowhere));
            }
        }
        for volume in &self.volumes {
            let Some(open) = self.stores.get(volume.store) else { continue };
            let Some(directory) = open.classic.volume_directory(&volume.volume.name) else { continue };
            // Two volumes of one name in two data roots cannot be told apart by a scope; the second is met as files.
            let scope = Scope::Volume(volume.volume.name.clone());
            let is_meant = self.find_volume(&volume.volume.name).is_ok_and(|found| found.store == volume.store);
            if is_meant && taken.entry(open.filesystem).or_default().insert(directory) {
                units.push(files(scope.clone(), scope, &nowhere));
            }
        }
        for (at, open) in self.filesystems.iter().enumerate() {
            let scope = Scope::Filesystem(Some(open.id));
            let elsewhere = Rc::new(taken.remove(&at).unwrap_or_default());
            units.push(files(scope.clone(), scope, &elsewhere));
        }
        units
    }

    /// The layers: those of images in the order of the images, the lowest first, then all others.
    fn layer_units(&self, taken: &mut BTreeMap<usize, HashSet<NodeId>>, nowhere: &Rc<HashSet<NodeId>>) -> Vec<Unit> {
        let mut units = Vec::new();
        let mut met = BTreeSet::new();
        for open in &self.stores {
            let store = open.images();
            let mut users: BTreeMap<&str, Vec<InImage>> = BTreeMap::new();
            let mut chains: Vec<&str> = Vec::new();
            for image in store.images() {
                // Steps of the classic builder show what the image they became shows.
                let is_shown = image.kind != ImageKind::Intermediate;
                let scope = self.scope_of_image(image);
                for (at, layer) in image.layers.iter().enumerate() {
                    chains.push(&layer.chain_id);
                    if is_shown {
                        let (id, scope) = (image.id.clone(), scope.clone());
                        let place = InImage { id, scope, at, layers: image.layers.len() };
                        users.entry(&layer.chain_id).or_default().push(place);
                    }
                }
            }
            chains.extend(store.layers().iter().map(|layer| layer.chain_id.as_str()));
            let mut of_store = BTreeSet::new();
            for chain in chains {
                if met.contains(chain) || !of_store.insert(chain) {
                    continue;
                }
                let Ok(found) = store.layer_files(chain) else { continue };
                // One that is in two data roots is searched in the one that its name means.
                if !self.find_layer(chain).is_ok_and(|found| found.open.store.id == open.store.id) {
                    continue;
                }
                met.insert(chain);
                if let LayerFiles::Directory(node) | LayerFiles::Whole(node) = found {
                    taken.entry(open.filesystem).or_default().insert(node);
                }
                let scope = Scope::Layer(chain.to_owned());
                let layer = Some((store.has_named_whiteouts(), users.remove(chain).unwrap_or_default()));
                units.push(Unit::Files { scope: scope.clone(), from: scope, elsewhere: Rc::clone(nowhere), layer });
            }
        }
        units
    }

    /// The directory with what a container changed, and the filesystem it lies in.
    fn upper_of(&self, container: &Container) -> Option<(usize, NodeId)> {
        // What is wrong with it is told when it is opened.
        let mut untold = Findings::new();
        let found = self.find_container(&container.id).ok()?;
        let (open, upper) = match self.containerd_of(found.item) {
            Some((open, store)) => (open, store.container_upper(&container.id, &mut untold)),
            None => (found.open, found.store.container_upper(&container.id, &mut untold)),
        };
        Some((open.filesystem, upper.ok()?))
    }
}

fn files(scope: Scope, from: Scope, elsewhere: &Rc<HashSet<NodeId>>) -> Unit {
    Unit::Files { scope, from, elsewhere: Rc::clone(elsewhere), layer: None }
}
