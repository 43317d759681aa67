//! From a scope to the tree it names.

use std::rc::Rc;

use careen_evidence::{FileTree, Findings, NodeId, ReadError, SubTree};
use careen_model::{Container, Image, Layer};
use careen_store::{ClassicStore, MergedTree};

use crate::Scope;
use crate::session::{OpenFilesystem, OpenStore, OpenVolume, Session};

/// Something of a store, and the store it lies in.
pub(crate) struct Found<'a, T> {
    pub(crate) open: &'a OpenStore,
    pub(crate) store: &'a ClassicStore,
    pub(crate) item: &'a T,
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
                let upper = found.store.container_upper(&found.item.id, findings)?;
                Ok(Rc::new(SubTree::new(Rc::clone(&found.open.tree), upper)))
            }
            Scope::Volume(name) => self.volume_tree(self.find_volume(name)?),
            Scope::Layer(name) => {
                let found = self.find_layer(name)?;
                let directory = found.store.layer_directory(&found.item.chain_id)?;
                Ok(Rc::new(SubTree::new(Rc::clone(&found.open.tree), directory)))
            }
            Scope::Store(id) => self
                .stores
                .iter()
                .find(|open| open.store.id == *id)
                .map(|open| self.store_tree(open))
                .ok_or_else(|| self.nothing(scope, self.stores.iter().map(|open| open.store.id.clone()))),
            Scope::Host => {
                let host = self.stores.iter().find_map(|open| self.filesystems.get(open.filesystem));
                host.or(self.filesystems.first())
                    .map(|open| Rc::clone(&open.tree) as Rc<dyn FileTree>)
                    .ok_or_else(|| self.nothing(scope, std::iter::empty()))
            }
            Scope::Filesystem(number) => Ok(Rc::clone(&self.find_filesystem(*number, scope)?.tree) as Rc<dyn FileTree>),
        }
    }

    /// The merged tree of an image, and the diffIDs of its layers from the lowest.
    pub(crate) fn image_tree(
        &self,
        found: &Found<'_, Image>,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let layers = found.store.image_layers(&found.item.id, findings)?;
        let diff_ids = diff_ids_of(found.item, layers.len());
        Ok((self.merged(found.open, layers, &Scope::Image(found.item.label())), diff_ids))
    }

    /// The merged tree a container had, and the diffIDs of its layers from the lowest: none for its own.
    pub(crate) fn container_tree(
        &self,
        found: &Found<'_, Container>,
        findings: &mut Findings,
    ) -> Result<(MergedTree, DiffIds), ReadError> {
        let container = found.item;
        let layers = found.store.container_layers(&container.id, findings)?;
        let image = found.store.images().iter().find(|image| Some(&image.id) == container.image_id.as_ref());
        let mut diff_ids =
            image.map_or_else(Vec::new, |image| diff_ids_of(image, layers.len().saturating_sub(OWN_LAYERS)));
        diff_ids.resize(layers.len(), None);
        Ok((self.merged(found.open, layers, &Scope::Container(container.name.clone())), diff_ids))
    }

    /// A merged tree over directories of one store, topmost first.
    fn merged(&self, open: &OpenStore, layers: Vec<NodeId>, scope: &Scope) -> MergedTree {
        MergedTree::new(Rc::clone(&open.tree), layers, self.place.then(scope), &self.options().limits)
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
        let label = |image: &Image| format!("{} ({})", image.label(), image.short_id());
        self.find(ClassicStore::images, &[&by_name, &by_digest, &|image| has_id(&image.id, name)], &scope, &label)
    }

    /// The container with this name, id or unique prefix of an id.
    pub(crate) fn find_container(&self, name: &str) -> Result<Found<'_, Container>, ReadError> {
        let scope = Scope::Container(name.to_owned());
        let by_name = |container: &Container| container.name == name.trim_start_matches('/');
        let label = |container: &Container| format!("{} ({})", container.name, short(&container.id));
        self.find(ClassicStore::containers, &[&by_name, &|container| has_id(&container.id, name)], &scope, &label)
    }

    /// The layer with this chain id or unique prefix of one.
    fn find_layer(&self, name: &str) -> Result<Found<'_, Layer>, ReadError> {
        let scope = Scope::Layer(name.to_owned());
        self.find(ClassicStore::layers, &[&|layer| has_id(&layer.chain_id, name)], &scope, &|layer| {
            short(&layer.chain_id).to_owned()
        })
    }

    pub(crate) fn find_volume(&self, name: &str) -> Result<&OpenVolume, ReadError> {
        let exact: Vec<&OpenVolume> = self.volumes.iter().filter(|open| open.volume.name == name).collect();
        let prefix = || self.volumes.iter().filter(|open| open.volume.anonymous && open.volume.name.starts_with(name));
        let found = if exact.is_empty() { prefix().collect() } else { exact };
        let scope = Scope::Volume(name.to_owned());
        match found.as_slice() {
            [one] => Ok(one),
            [] => Err(self.nothing(&scope, self.volumes.iter().map(|open| open.volume.name.clone()))),
            several => Err(self.ambiguous(&scope, several.iter().map(|open| open.volume.path.clone()).collect())),
        }
    }

    fn find_filesystem(&self, number: Option<u32>, scope: &Scope) -> Result<&OpenFilesystem, ReadError> {
        let found = match number {
            Some(id) => self.filesystems.iter().find(|open| open.id == id),
            None => {
                let with_store = self.stores.first().and_then(|open| self.filesystems.get(open.filesystem));
                with_store.or(self.filesystems.first())
            }
        };
        found.ok_or_else(|| self.nothing(scope, self.filesystems.iter().map(|open| format!("fs:{}", open.id))))
    }

    /// The one item that the first matching rule finds, in any classic store.
    fn find<'a, T>(
        &'a self,
        items: impl Fn(&'a ClassicStore) -> &'a [T],
        rules: &[&dyn Fn(&T) -> bool],
        scope: &Scope,
        label: &dyn Fn(&T) -> String,
    ) -> Result<Found<'a, T>, ReadError> {
        let all = || {
            let classic = self.stores.iter().filter_map(|open| open.classic.as_ref().map(|store| (open, store)));
            classic.flat_map(|(open, store)| items(store).iter().map(move |item| Found { open, store, item }))
        };
        for rule in rules {
            let mut found: Vec<Found<'a, T>> = all().filter(|found| rule(found.item)).collect();
            match found.len() {
                0 => {}
                1 => return found.pop().ok_or_else(|| self.nothing(scope, std::iter::empty())),
                _ => return Err(self.ambiguous(scope, found.iter().map(|found| label(found.item)).collect())),
            }
        }
        Err(self.nothing(scope, all().map(|found| label(found.item))))
    }

    fn nothing(&self, scope: &Scope, known: impl Iterator<Item = String>) -> ReadError {
        /// How many names an error lists.
        const SHOWN: usize = 8;
        let mut known: Vec<String> = known.collect();
        let more = known.len().saturating_sub(SHOWN);
        known.truncate(SHOWN);
        let list = match (known.is_empty(), more) {
            (true, _) => "there is none of this kind".to_owned(),
            (false, 0) => format!("there is {}", known.join(", ")),
            (false, more) => format!("there is {} and {more} more", known.join(", ")),
        };
        ReadError::corrupt(&self.place, format_args!("no {scope} on this disk; {list}"))
    }

    fn ambiguous(&self, scope: &Scope, candidates: Vec<String>) -> ReadError {
        ReadError::corrupt(
            &self.place,
            format_args!("{scope} could be any of {}; give a longer id", candidates.join(", ")),
        )
    }
}

/// Whether `wanted` is this id or the beginning of it, with or without `sha256:`. Shorter than 4 digits is no id.
fn has_id(id: &str, wanted: &str) -> bool {
    let digits = |text: &'_ str| text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
    let wanted = digits(wanted);
    wanted.len() >= 4 && digits(id).starts_with(&wanted)
}

/// The first 12 digits of an id.
fn short(id: &str) -> &str {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    digits.get(..12).unwrap_or(digits)
}
