//! From a scope to the tree it names.

use std::rc::Rc;

use careen_evidence::{FileTree, Findings, ReadError, SubTree, codes};
use careen_model::{Container, Image, Layer};
use careen_store::{ClassicStore, ContainerdStore, LayerFiles, MergedTree};

use crate::Scope;
use crate::image_store::{ImageStore, Stacked};
use crate::names::{Named, has_id, labels, one_of, sentence};
use crate::session::{OpenFilesystem, OpenStore, OpenVolume, Session};

/// Something of a store, and the store with its record.
pub(crate) struct Found<'a, T, S = &'a ClassicStore> {
    pub(crate) open: &'a OpenStore,
    pub(crate) store: S,
    pub(crate) item: &'a T,
    /// Ids of all stores with a record of it: more than one where a data root was copied.
    stores: Vec<String>,
}

/// An image and the store it lies in.
pub(crate) type FoundImage<'a> = Found<'a, Image, ImageStore<'a>>;

/// Whether something is meant.
type Rule<'r, T, S> = &'r dyn Fn(S, &T) -> bool;

/// Layers of a container above those of its image: its changes, and what the engine put beneath them.
const OWN_LAYERS: usize = 2;

/// diffIDs of a stack of layers, the lowest first; `None` for a layer that is not part of an image.
pub(crate) type DiffIds = Vec<Option<String>>;

impl Session {
    /// The tree a scope names. Fails when nothing, or more than one thing, goes by that name.
    pub fn tree(&self, scope: &Scope, findings: &mut Findings) -> Result<Rc<dyn FileTree>, ReadError> {
        match scope {
            Scope::Image(name) => Ok(Rc::new(self.image_tree(&self.find_image(name)?, findings)?.0)),
            Scope::Container(name) => Ok(Rc::new(self.container_tree(&self.find_container(name)?, findings)?.0)),
            Scope::Changes(name) => {
                let found = self.find_container(name)?;
                self.note_copies(&found, scope, findings);
                let id = &found.item.id;
                let (open, upper) = match self.containerd_of(found.item) {
                    Some((open, store)) => (open, store.container_upper(id, findings)?),
                    None => (found.open, found.store.container_upper(id, findings)?),
                };
                self.note_lost_marks(open, upper, &found.item.name, findings)?;
                Ok(Rc::new(SubTree::new(Rc::clone(&open.tree), upper)))
            }
            Scope::Volume(name) => self.volume_tree(self.find_volume(name)?),
            Scope::Layer(name) => {
                let found = self.find_layer(name)?;
                self.note_copies(&found, scope, findings);
                let files = found.store.layer_files(&found.item.chain_id)?;
                self.layer_tree(found.open, files, findings)
            }
            Scope::Store(id) => self.find_store(id).map(|open| self.store_tree(open)),
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
        found: &FoundImage<'_>,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let scope = Scope::Image(found.item.label());
        self.note_copies(found, &scope, findings);
        let layers = found.store.image_layers(found.item, findings)?;
        self.merged(found.open, layers, &scope, findings)
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
        let (open, layers) = match self.containerd_of(container) {
            Some((open, store)) => {
                let layers = store.container_layers(&container.id, findings)?;
                (open, layers.into_iter().map(|layer| (layer.files, layer.diff_id)).collect())
            }
            None => (found.open, classic_layers(found, findings)?),
        };
        if let Some((LayerFiles::Directory(upper), _)) = layers.first() {
            self.note_lost_marks(open, *upper, &container.name, findings)?;
        }
        self.merged(open, layers, &scope, findings)
    }

    /// What a container is compared with to tell what it changed: what lies beneath its own layer. `tree` is its whole
    /// tree.
    pub(crate) fn beneath_container(
        &self,
        found: &Found<'_, Container>,
        tree: &MergedTree,
        findings: &mut Findings,
    ) -> Result<MergedTree, ReadError> {
        if tree.layer_count() > 1 || self.containerd_of(found.item).is_some() {
            return Ok(tree.without_top());
        }
        // Its directory has everything, and so has the one it was copied from.
        let beneath = found.store.beneath_container(&found.item.id, findings)?;
        let beneath = beneath.into_iter().map(|node| (LayerFiles::Directory(node), None)).collect();
        Ok(self.merged(found.open, beneath, &Scope::Container(found.item.name.clone()), findings)?.0)
    }

    /// The containerd with the layers of a container.
    pub(crate) fn containerd_of(&self, container: &Container) -> Option<(&OpenStore, &ContainerdStore)> {
        let open = self.stores.iter().find(|open| open.store.id == container.store)?;
        Some((open, open.containerd.as_ref()?))
    }

    /// A merged tree over layers of one store, topmost first, and their diffIDs from the lowest.
    fn merged(
        &self,
        open: &OpenStore,
        layers: Vec<Stacked>,
        scope: &Scope,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let (files, mut diff_ids): (Vec<LayerFiles>, DiffIds) = layers.into_iter().unzip();
        diff_ids.reverse();
        let layers = self.layer_trees(open, files, findings)?;
        let tree = MergedTree::over(layers, self.place.then(scope), &self.options().limits);
        let tree = if open.images().has_named_whiteouts() { tree.with_named_whiteouts() } else { tree };
        Ok((tree, diff_ids))
    }

    pub(crate) fn volume_tree(&self, open: &OpenVolume) -> Result<Rc<dyn FileTree>, ReadError> {
        let scope = Scope::Volume(open.volume.name.clone());
        let store = self.stores.get(open.store);
        let directory = store.and_then(|store| store.classic.volume_directory(&open.volume.name));
        match (store, directory) {
            (Some(store), Some(node)) => Ok(Rc::new(SubTree::new(Rc::clone(&store.tree), node))),
            _ => Err(ReadError::corrupt(
                &self.place.then(&scope),
                format_args!("its directory {} is not there", open.volume.path),
            )),
        }
    }

    /// The image with this name, digest, id or unique prefix of an id. A name without a tag means `latest`.
    pub(crate) fn find_image(&self, name: &str) -> Result<FoundImage<'_>, ReadError> {
        let latest = format!("{name}:latest");
        let by_reference = |store: ImageStore<'_>, image: &Image| {
            store.image_references(&image.id).iter().any(|known| known == name || *known == latest)
        };
        let by_name = |_, image: &Image| image.names.iter().any(|known| known == name || *known == latest);
        let by_digest = |_, image: &Image| image.digests.iter().any(|known| known == name);
        let by_id = |_, image: &Image| has_id(&image.id, name);
        let scope = Scope::Image(name.to_owned());
        let all = self.stores.iter().flat_map(|open| {
            let store = open.images();
            store.images().iter().map(move |image| (open, store, image))
        });
        self.find(all.collect(), &[&by_reference, &by_name, &by_digest, &by_id], &scope)
    }

    /// The container with this name, id or unique prefix of an id.
    pub(crate) fn find_container(&self, name: &str) -> Result<Found<'_, Container>, ReadError> {
        let scope = Scope::Container(name.to_owned());
        let by_name = |_, container: &Container| container.name == name.trim_start_matches('/');
        let by_id = |_, container: &Container| has_id(&container.id, name);
        let all = self.stores.iter().flat_map(|open| {
            let of_containerd = open.containerd.iter().flat_map(ContainerdStore::containers);
            let all = open.classic.containers().iter().chain(of_containerd);
            all.map(move |container| (open, &open.classic, container))
        });
        self.find(all.collect(), &[&by_name, &by_id], &scope)
    }

    /// The store with this id.
    pub(crate) fn find_store(&self, id: &str) -> Result<&OpenStore, ReadError> {
        self.stores.iter().find(|open| open.store.id == id).ok_or_else(|| {
            let known: Vec<String> = self.stores.iter().map(|open| open.store.id.clone()).collect();
            self.nothing(&Scope::Store(id.to_owned()), &known)
        })
    }

    /// The layer with this chain id or unique prefix of one.
    pub(crate) fn find_layer(&self, name: &str) -> Result<Found<'_, Layer, ImageStore<'_>>, ReadError> {
        let scope = Scope::Layer(name.to_owned());
        let all = self.stores.iter().flat_map(|open| {
            let store = open.images();
            store.layers().iter().map(move |layer| (open, store, layer))
        });
        self.find(all.collect(), &[&|_, layer: &Layer| has_id(&layer.chain_id, name)], &scope)
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

    /// The one item that the first matching rule finds among those of all stores.
    fn find<'a, T: Named, S: Copy>(
        &self,
        all: Vec<(&'a OpenStore, S, &'a T)>,
        rules: &[Rule<'_, T, S>],
        scope: &Scope,
    ) -> Result<Found<'a, T, S>, ReadError> {
        for rule in rules {
            let fitting: Vec<_> = all.iter().filter(|(_, store, item)| rule(*store, item)).collect();
            let candidates: Vec<&T> = fitting.iter().map(|(_, _, item)| *item).collect();
            match one_of(&candidates).and_then(|at| fitting.get(at)) {
                Some((open, store, item)) => {
                    let stores = candidates.iter().map(|item| item.store().to_owned()).collect();
                    return Ok(Found { open, store: *store, item, stores });
                }
                None if candidates.is_empty() => {}
                None => return Err(self.ambiguous(scope, &labels(&candidates))),
            }
        }
        let all: Vec<&T> = all.iter().map(|(_, _, item)| *item).collect();
        Err(self.nothing(scope, &labels(&all)))
    }

    /// Tells of records of the same thing in other data roots, which were not looked into.
    fn note_copies<T: Named, S>(&self, found: &Found<'_, T, S>, scope: &Scope, findings: &mut Findings) {
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

/// The layers of a container of the classic store, topmost first.
pub(crate) fn classic_layers(found: &Found<'_, Container>, findings: &mut Findings) -> Result<Vec<Stacked>, ReadError> {
    let layers = found.store.container_layers(&found.item.id, findings)?;
    let image = found.store.images().iter().find(|image| Some(&image.id) == found.item.image_id.as_ref());
    // Where a layer is missing, the stack ends above it.
    let count = layers.len().saturating_sub(OWN_LAYERS);
    let missing = image.map_or(0, |image| image.layers.len().saturating_sub(count));
    let of_image = image.into_iter().flat_map(|image| image.layers.iter().skip(missing).rev());
    let of_image = of_image.map(|layer| Some(layer.diff_id.clone()));
    let diff_ids = std::iter::repeat_n(None, OWN_LAYERS).chain(of_image).chain(std::iter::repeat(None));
    Ok(layers.into_iter().map(LayerFiles::Directory).zip(diff_ids).collect())
}
