//! From a scope to the tree it names.

use std::rc::Rc;

use careen_evidence::{FileTree, Findings, NodeId, ReadError, SubTree, codes};
use careen_model::{Container, Image, Layer};
use careen_store::{ClassicStore, MergedTree};

use crate::Scope;
use crate::names::{Named, has_id, labels, one_of, sentence};
use crate::session::{OpenFilesystem, OpenStore, OpenVolume, Session};

/// Something of a store, and the store it lies in.
pub(crate) struct Found<'a, T> {
    pub(crate) open: &'a OpenStore,
    pub(crate) store: &'a ClassicStore,
    pub(crate) item: &'a T,
    /// Ids of all stores with a record of it: more than one where a data root was copied.
    stores: Vec<String>,
}

/// Layers of a container above those of its image: its changes, and what the engine put beneath them.
const OWN_LAYERS: usize = 2;

/// diffIDs of a stack of layers, the lowest first; `None` for a layer that is not part of an image.
pub(crate) type DiffIds = Vec<Option<String>>;

/// The diffIDs of the topmost `count` layers of an image: where a layer is missing, a stack ends above it.
fn diff_ids_of(image: &Image, count: usize) -> DiffIds {
    let missing = image.layers.len().saturating_sub(count);
    image.layers.iter().skip(missing).map(|layer| Some(layer.diff_id.clone())).collect()
}

impl Session {
    /// The tree a scope names. Fails when nothing, or more than one thing, goes by that name.
    pub fn tree(&self, scope: &Scope, findings: &mut Findings) -> Result<Rc<dyn FileTree>, ReadError> {
        match scope {
            Scope::Image(name) => Ok(Rc::new(self.image_tree(&self.find_image(name)?, findings)?.0)),
            Scope::Container(name) => Ok(Rc::new(self.container_tree(&self.find_container(name)?, findings)?.0)),
            Scope::Changes(name) => {
                let found = self.find_container(name)?;
                self.note_copies(&found, scope, findings);
                let upper = found.store.container_upper(&found.item.id, findings)?;
                self.note_lost_marks(found.open, upper, &found.item.name, findings)?;
                Ok(Rc::new(SubTree::new(Rc::clone(&found.open.tree), upper)))
            }
            Scope::Volume(name) => self.volume_tree(self.find_volume(name)?),
            Scope::Layer(name) => {
                let found = self.find_layer(name)?;
                self.note_copies(&found, scope, findings);
                let directory = found.store.layer_directory(&found.item.chain_id)?;
                self.layer_tree(found.open, found.store, directory, findings)
            }
            Scope::Store(id) => {
                self.stores.iter().find(|open| open.store.id == *id).map(|open| self.store_tree(open)).ok_or_else(
                    || {
                        let known: Vec<String> = self.stores.iter().map(|open| open.store.id.clone()).collect();
                        self.nothing(scope, &known)
                    },
                )
            }
            Scope::Host => {
                let host = self.stores.iter().find_map(|open| self.filesystems.get(open.filesystem));
                host.or(self.filesystems.first())
                    .map(|open| Rc::clone(&open.tree))
                    .ok_or_else(|| self.nothing(scope, &[]))
            }
            Scope::Filesystem(number) => Ok(Rc::clone(&self.find_filesystem(*number, scope)?.tree)),
        }
    }

    /// The merged tree of an image, and the diffIDs of its layers from the lowest.
    pub(crate) fn image_tree(
        &self,
        found: &Found<'_, Image>,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let scope = Scope::Image(found.item.label());
        self.note_copies(found, &scope, findings);
        let layers = found.store.image_layers(&found.item.id, findings)?;
        let diff_ids = diff_ids_of(found.item, layers.len());
        Ok((self.merged(found, layers, &scope, findings)?, diff_ids))
    }

    /// The merged tree a container had, and the diffIDs of its layers from the lowest: none for its own.
    pub(crate) fn container_tree(
        &self,
        found: &Found<'_, Container>,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let container = found.item;
        let scope = Scope::Container(container.name.clone());
        self.note_copies(found, &scope, findings);
        let layers = found.store.container_layers(&container.id, findings)?;
        if let Some(upper) = layers.first() {
            self.note_lost_marks(found.open, *upper, &container.name, findings)?;
        }
        let image = found.store.images().iter().find(|image| Some(&image.id) == container.image_id.as_ref());
        let mut diff_ids =
            image.map_or_else(Vec::new, |image| diff_ids_of(image, layers.len().saturating_sub(OWN_LAYERS)));
        diff_ids.resize(layers.len(), None);
        Ok((self.merged(found, layers, &scope, findings)?, diff_ids))
    }

    /// A merged tree over directories of one store, topmost first.
    fn merged<T>(
        &self,
        found: &Found<'_, T>,
        layers: Vec<NodeId>,
        scope: &Scope,
        findings: &mut Findings,
    ) -> Result<MergedTree, ReadError> {
        let layers = self.witnessed(found.open, found.store, layers, findings)?;
        Ok(MergedTree::over(layers, self.place.then(scope), &self.options().limits))
    }

    pub(crate) fn volume_tree(&self, open: &OpenVolume) -> Result<Rc<dyn FileTree>, ReadError> {
        let scope = Scope::Volume(open.volume.name.clone());
        let store = self.stores.get(open.store);
        let directory = store.and_then(|store| store.classic.as_ref()?.volume_directory(&open.volume.name));
        match (store, directory) {
            (Some(store), Some(node)) => Ok(Rc::new(SubTree::new(Rc::clone(&store.tree), node))),
            _ => Err(ReadError::corrupt(
                &self.place.then(&scope),
                format_args!("its directory {} is not there", open.volume.path),
            )),
        }
    }

    /// The image with this name, digest, id or unique prefix of an id. A name without a tag means `latest`.
    pub(crate) fn find_image(&self, name: &str) -> Result<Found<'_, Image>, ReadError> {
        let latest = format!("{name}:latest");
        let by_name = |image: &Image| image.names.iter().any(|known| known == name || *known == latest);
        let by_digest = |image: &Image| image.digests.iter().any(|known| known == name);
        let scope = Scope::Image(name.to_owned());
        self.find(ClassicStore::images, &[&by_name, &by_digest, &|image| has_id(&image.id, name)], &scope)
    }

    /// The container with this name, id or unique prefix of an id.
    pub(crate) fn find_container(&self, name: &str) -> Result<Found<'_, Container>, ReadError> {
        let scope = Scope::Container(name.to_owned());
        let by_name = |container: &Container| container.name == name.trim_start_matches('/');
        self.find(ClassicStore::containers, &[&by_name, &|container| has_id(&container.id, name)], &scope)
    }

    /// The layer with this chain id or unique prefix of one.
    fn find_layer(&self, name: &str) -> Result<Found<'_, Layer>, ReadError> {
        let scope = Scope::Layer(name.to_owned());
        self.find(ClassicStore::layers, &[&|layer| has_id(&layer.chain_id, name)], &scope)
    }

    pub(crate) fn find_volume(&self, name: &str) -> Result<&OpenVolume, ReadError> {
        let exact: Vec<&OpenVolume> = self.volumes.iter().filter(|open| open.volume.name == name).collect();
        let prefix = || self.volumes.iter().filter(|open| open.volume.anonymous && open.volume.name.starts_with(name));
        let found = if exact.is_empty() { prefix().collect() } else { exact };
        let scope = Scope::Volume(name.to_owned());
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let mut known: Vec<&OpenVolume> = self.volumes.iter().collect();
                known.sort_by_key(|open| open.volume.anonymous);
                let known: Vec<String> = known.into_iter().map(|open| open.volume.name.clone()).collect();
                Err(self.nothing(&scope, &known))
            }
            several => {
                let paths: Vec<String> = several.iter().map(|open| open.volume.path.clone()).collect();
                Err(self.ambiguous(&scope, &paths))
            }
        }
    }

    pub(crate) fn find_filesystem(&self, number: Option<u32>, scope: &Scope) -> Result<&OpenFilesystem, ReadError> {
        let found = match number {
            Some(id) => self.filesystems.iter().find(|open| open.id == id),
            None => {
                let with_store = self.stores.first().and_then(|open| self.filesystems.get(open.filesystem));
                with_store.or(self.filesystems.first())
            }
        };
        found.ok_or_else(|| {
            let known: Vec<String> = self.filesystems.iter().map(|open| format!("fs:{}", open.id)).collect();
            self.nothing(scope, &known)
        })
    }

    /// The one item that the first matching rule finds, in any classic store.
    fn find<'a, T: Named>(
        &'a self,
        items: impl Fn(&'a ClassicStore) -> &'a [T],
        rules: &[&dyn Fn(&T) -> bool],
        scope: &Scope,
    ) -> Result<Found<'a, T>, ReadError> {
        let classic = self.stores.iter().filter_map(|open| open.classic.as_ref().map(|store| (open, store)));
        let all = classic.flat_map(|(open, store)| items(store).iter().map(move |item| (open, store, item)));
        let all: Vec<(&OpenStore, &ClassicStore, &T)> = all.collect();
        for rule in rules {
            let fitting: Vec<_> = all.iter().filter(|(_, _, item)| rule(item)).collect();
            let candidates: Vec<&T> = fitting.iter().map(|(_, _, item)| *item).collect();
            match one_of(&candidates).and_then(|at| fitting.get(at)) {
                Some((open, store, item)) => {
                    let stores = candidates.iter().map(|item| item.store().to_owned()).collect();
                    return Ok(Found { open, store, item, stores });
                }
                None if candidates.is_empty() => {}
                None => return Err(self.ambiguous(scope, &labels(&candidates))),
            }
        }
        let all: Vec<&T> = all.iter().map(|(_, _, item)| *item).collect();
        Err(self.nothing(scope, &labels(&all)))
    }

    /// Tells of records of the same thing in other data roots, which were not looked into.
    fn note_copies<T: Named>(&self, found: &Found<'_, T>, scope: &Scope, findings: &mut Findings) {
        if found.stores.len() > 1 {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("stores", &sentence(&found.stores)), ("store", &found.item.store())];
            findings.add(&codes::survey::SEVERAL_RECORDS, &self.place.then(scope), &values);
        }
    }

    fn nothing(&self, scope: &Scope, known: &[String]) -> ReadError {
        let known = match known {
            [] => "there is none of this kind".to_owned(),
            known => format!("there is {}", sentence(known)),
        };
        ReadError::corrupt(&self.place, format_args!("no {scope} on this disk; {known}"))
    }

    fn ambiguous(&self, scope: &Scope, candidates: &[String]) -> ReadError {
        let candidates = sentence(candidates);
        ReadError::corrupt(&self.place, format_args!("{scope} could be any of {candidates}; give a longer id"))
    }
}
