//! Docker's own records: images and layers of a graph driver, containers, volumes, networks, build cache, plugins, swarm.
//!
//! Layout: moby `daemon/internal/{image,layer,refstore}`, `daemon/container`, `daemon/volume`, `daemon/libnetwork`,
//! from Docker 1.10 on. Everything is read once, when the store is opened: a store has thousands of records at the most.
//!
//! Promised: never panics; what is broken is a finding, and whatever does not depend on it is read. Records repair one
//! another where the repair can be proved (a hash, a name on both sides) and never by likeness.
//!
//! Not handled: the files of layers by the drivers btrfs, zfs, devicemapper and windowsfilter; half-removed and
//! half-made layers, which are named only.

pub mod build_cache;
mod builds;
mod containers;
mod derived;
mod distribution;
mod engine;
mod graph;
mod holds;
mod images;
mod layers;
mod networks;
mod repositories;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{ErrorKind, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, codes};
use careen_model::{
    BuildCacheRecord, BuildRecord, Container, Hidden, Image, Layer, Network, Plugin, Store, StoreKind, Swarm, Volume,
};
use serde_json::Value;

use crate::digest::is_hex64;
use crate::records::{Object, Records, Spent};
use crate::roots::DataRoot;
use containers::{Containers, Mount};
use derived::Witnesses;
pub(crate) use derived::{newest_first, source_of_build};
use distribution::Distribution;
use graph::Graph;
use images::Images;
use layers::Layers;
pub(crate) use layers::MAX_LAYERS;
use volumes::Volumes;

/// A Docker data root with its records.
///
/// Of a root with a containerd store this holds the containers, volumes and networks; it then has no images.
pub struct ClassicStore {
    tree: Rc<dyn FileTree>,
    limits: Limits,
    spent: Rc<Spent>,
    store: Store,
    place: Place,
    graph: Graph,
    images: Images,
    layers: Layers,
    layer_list: Vec<Layer>,
    containers: Containers,
    mounts: BTreeMap<String, Mount>,
    volumes: Volumes,
    networks: Vec<Network>,
    build_cache: Vec<BuildCacheRecord>,
    builds: Vec<BuildRecord>,
    plugins: Vec<Plugin>,
    swarm: Option<Swarm>,
}

impl ClassicStore {
    /// Reads the records of a data root; those it lacks are empty lists.
    pub fn open(tree: Rc<dyn FileTree>, root: &DataRoot, limits: &Limits, findings: &mut Findings) -> ClassicStore {
        let spent = Rc::clone(&root.spent);
        let records = Records { tree: &*tree, limits, spent: &spent };
        let docker = root.docker.clone().unwrap_or(Object { node: root.node, path: root.path.clone() });
        let place = records.place(&docker);
        let is_classic = root.kind == StoreKind::DockerClassic;

        let graph = Graph::open(&records, &docker, &root.driver, findings);
        let homes = if is_classic { homes(&records, &docker, &root.driver, findings) } else { Vec::new() };
        let names_file = find(&records, &homes, "repositories.json", findings);
        let names = names_file.as_ref().map(|file| repositories::read(&records, file, findings));
        let (names, has_names) = names.unwrap_or_default();
        let image_database = find(&records, &homes, "imagedb", findings);
        let mut images = Images::read(&records, image_database.as_ref(), names, &root.id, findings);
        if is_classic && image_database.is_none() {
            findings.add(&codes::store::IMAGE_RECORDS_MISSING, &place, &[("driver", &root.driver)]);
        }
        if names_file.is_none() && !images.list.is_empty() {
            let values: &[(&str, &dyn std::fmt::Display)] =
                &[("reason", &"repositories.json is not there"), ("count", &0)];
            findings.add(&codes::store::REPOSITORIES_BROKEN, &place, values);
        }

        let layer_database = find(&records, &homes, "layerdb", findings);
        let mounts = layer_database.as_ref().map(|database| containers::read_mounts(&records, database, findings));
        let mounts = mounts.unwrap_or_default();
        let layers = layer_database.as_ref().map(|database| {
            Layers::read(&records, database, &graph, &images.list, &layers_of_containers(&mounts), findings)
        });
        let layers = layers.unwrap_or_default();
        let containers = match root.is_first {
            true => Containers::read(&records, root, &docker, findings),
            false => Containers::default(),
        };
        // Told with the first root alone.
        let mut met = Findings::new();
        let builds = builds::read(&records, &docker, if root.is_first { findings } else { &mut met });
        let witnesses = Witnesses {
            containers: containers.list.iter().filter(|container| is_classic && container.store == root.id).collect(),
            mounts: &mounts,
            builds: &builds,
            layers: &layers,
            has_names,
            has_records: !images.configurations.is_empty(),
            store: &root.id,
            place: &place,
        };
        witnesses.derive(&mut images, findings);
        images.put_kinds();
        images.put_layers(&layers, graph.has_directories(), &place, findings);
        let distribution = find(&records, &homes, "distribution", findings);
        let distribution = Distribution::read(&records, distribution.as_ref(), &images.list, findings);
        for image in &mut images.list {
            let is_described = images.configurations.contains_key(&image.id);
            image.registry = distribution.registry(image, has_names && is_described);
        }
        if !has_names {
            images.tell_traces(&place, findings);
        }
        let layer_list = layers.list(&root.id, &images.list, graph.has_directories());

        let mut store = ClassicStore {
            limits: *limits,
            store: root.store(),
            place,
            graph,
            images,
            layers,
            layer_list,
            containers,
            mounts,
            volumes: Volumes::default(),
            networks: Vec::new(),
            build_cache: Vec::new(),
            builds: Vec::new(),
            plugins: Vec::new(),
            swarm: None,
            tree: Rc::clone(&tree),
            spent: Rc::clone(&spent),
        };
        if root.is_first {
            let (list, configurations) = (&store.containers.list, &store.containers.configurations);
            let mounts = volumes::mounts(list, configurations);
            let members = networks::members(list, configurations);
            store.volumes = Volumes::read(&records, &docker, &mounts, findings);
            store.networks = networks::read(&records, &docker, &members, findings);
            let classic = root.stores.classic.first().map(|(_, id)| id.as_str());
            let stores = (classic, root.stores.containerd.as_deref());
            store.build_cache = build_cache::read(&records, &docker, stores, findings);
            store.builds = builds;
            store.plugins = engine::read_plugins(&records, &docker, findings);
            store.swarm = engine::read_swarm(&records, &docker, findings);
        }
        if is_classic {
            store.check(&records, findings);
        }
        records.tell_left_out(&store.place, findings);
        store
    }

    fn records(&self) -> Records<'_> {
        Records { tree: &*self.tree, limits: &self.limits, spent: &self.spent }
    }

    /// The row of this store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Every image record, by id.
    pub fn images(&self) -> &[Image] {
        &self.images.list
    }

    /// Every layer record, by chain id.
    pub fn layers(&self) -> &[Layer] {
        &self.layer_list
    }

    /// Every container, by id. Those of the engine's other store stand here too, with that store's id.
    pub fn containers(&self) -> &[Container] {
        &self.containers.list
    }

    /// Every volume, by name; sizes are not known yet.
    pub fn volumes(&self) -> &[Volume] {
        &self.volumes.list
    }

    /// Every network, by id.
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// Says that the engine in use does not show the images of this store.
    pub fn hide(&mut self) {
        for image in &mut self.images.list {
            image.hidden = image.hidden.or(Some(Hidden::OtherStore));
        }
    }

    /// When an image of this store was last tagged.
    pub fn last_tagged(&self) -> impl Iterator<Item = &str> {
        self.images.last_tagged.values().map(String::as_str)
    }

    /// Records of the build cache, by id. Whether an image shares their layers is not known yet
    /// ([`crate::complete_build_cache`]).
    pub fn build_cache(&self) -> &[BuildCacheRecord] {
        &self.build_cache
    }

    /// The directory with the files of what the graph driver calls so.
    pub fn directory_of_cache_id(&self, cache_id: &str, findings: &mut Findings) -> Option<NodeId> {
        let content = self.graph.content(&self.records(), cache_id, findings)?;
        Some(content.node)
    }

    /// Builds that are remembered, by id.
    pub fn builds(&self) -> &[BuildRecord] {
        &self.builds
    }

    /// Plugins, by id.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The swarm the engine is a node of.
    pub fn swarm(&self) -> Option<&Swarm> {
        self.swarm.as_ref()
    }

    /// An image's configuration as it is stored.
    pub fn image_config(&self, id: &str) -> Option<&Value> {
        self.images.configurations.get(id)
    }

    /// The bytes of an image's configuration as they are stored: their digest is the image's id.
    pub fn image_config_bytes(&self, id: &str, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let missing = || ReadError::corrupt(&self.place, format_args!("image {id}: its configuration is not there"));
        self.records().bytes(self.images.files.get(id).ok_or_else(missing)?, findings)
    }

    /// The image the classic builder built this one upon.
    pub fn image_parent(&self, id: &str) -> Option<&str> {
        self.images.parents.get(id).map(String::as_str)
    }

    /// When an image was last tagged, as the engine wrote it.
    pub fn image_last_tagged(&self, id: &str) -> Option<&str> {
        self.images.last_tagged.get(id).map(String::as_str)
    }

    /// A container's `config.v2.json`.
    pub fn container_config(&self, id: &str) -> Option<&Value> {
        self.containers.configurations.get(id)
    }

    /// A container's `hostconfig.json`.
    pub fn container_host_config(&self, id: &str) -> Option<&Value> {
        self.containers.host_configurations.get(id)
    }

    /// The directory with a container's records: its configuration, its log, what the engine mounts into it.
    pub fn container_directory(&self, id: &str) -> Option<NodeId> {
        self.containers.directories.get(id).map(|object| object.node)
    }

    /// The directories of an image's layers, topmost first. Where a layer is missing the list ends above it, with a
    /// finding; an error when the topmost one is missing. Empty for an image without layers.
    pub fn image_layers(&self, id: &str, findings: &mut Findings) -> Result<Vec<NodeId>, ReadError> {
        let image = self.images.list.iter().find(|image| image.id == id);
        let image = image.filter(|image| self.images.is_described(&image.id)).ok_or_else(|| {
            ReadError::corrupt(
                &self.place,
                format_args!("image {id}: its configuration, which names its layers, is not there"),
            )
        })?;
        match image.layers.last() {
            Some(top) => self.layer_stack(&top.chain_id, findings),
            None => Ok(Vec::new()),
        }
    }

    /// The directory with the files of one layer.
    pub fn layer_directory(&self, chain_id: &str) -> Result<NodeId, ReadError> {
        self.check_driver(&self.graph.driver)?;
        let content = self.layers.content(chain_id).ok_or_else(|| layers::missing(&self.place, chain_id))?;
        Ok(content.node)
    }

    /// Whether deletions stand in the layers as names that begin with `.wh.`.
    pub fn has_named_whiteouts(&self) -> bool {
        self.graph.has_named_whiteouts()
    }

    /// Whether deletions stand in the layers as devices and attributes, which a copy of the files may have lost.
    pub fn has_overlay_marks(&self) -> bool {
        self.graph.has_overlay_marks()
    }

    /// Whether the directory of a layer has everything beneath as well.
    pub fn is_whole_layer(&self, chain_id: &str) -> bool {
        self.layers.is_whole(chain_id)
    }

    /// The directory with the record of one layer, in which `tar-split.json.gz` says how it was packed.
    pub fn layer_record(&self, chain_id: &str) -> Option<NodeId> {
        self.layers.record(chain_id).map(|object| object.node)
    }

    /// The directories of a layer and all beneath it, topmost first; a missing layer as in
    /// [`ClassicStore::image_layers`].
    pub fn layer_stack(&self, chain_id: &str, findings: &mut Findings) -> Result<Vec<NodeId>, ReadError> {
        self.check_driver(&self.graph.driver)?;
        let (directories, missing) = self.layers.stack(chain_id);
        if let Some(missing) = missing {
            if directories.is_empty() {
                return Err(layers::missing(&self.place, &missing));
            }
            let place = self.place.then(chain_id);
            let values: &[(&str, &dyn std::fmt::Display)] = &[("layer", &missing), ("count", &directories.len())];
            findings.add(&codes::store::LAYER_STACK_CUT, &place, values);
        }
        Ok(directories)
    }

    /// The directories of a container: its own changes, what the engine put beneath, then its image's layers. With a
    /// driver that copies everything the first one is all there is.
    pub fn container_layers(&self, id: &str, findings: &mut Findings) -> Result<Vec<NodeId>, ReadError> {
        let mount = self.mount(id)?;
        let upper = self.container_upper(id, findings)?;
        let is_whole = mount.mount_id.as_deref().is_some_and(|own| self.graph.is_whole(&self.records(), own, findings));
        let beneath = if is_whole { Vec::new() } else { self.beneath_container(id, findings)? };
        Ok([vec![upper], beneath].concat())
    }

    /// The directories beneath a container's own layer, with which the engine compares it.
    pub fn beneath_container(&self, id: &str, findings: &mut Findings) -> Result<Vec<NodeId>, ReadError> {
        let mount = self.mount(id)?;
        let records = self.records();
        let init = mount.init_id.as_deref();
        let content = init.and_then(|init| self.graph.content(&records, init, findings));
        let has_init = content.is_some();
        let mut directories: Vec<NodeId> = content.into_iter().map(|object| object.node).collect();
        if has_init && init.is_some_and(|init| self.graph.is_whole(&records, init, findings)) {
            return Ok(directories);
        }
        match self.chain_of_container(id) {
            Some(chain_id) => match self.layer_stack(chain_id, findings) {
                Ok(layers) => directories.extend(layers),
                Err(error) => findings.add_error(&codes::store::CONTAINER_IMAGE_LOST, &error),
            },
            None => {
                // The record of the image beneath is lost; the directory itself still names those under it.
                let top = init.filter(|_| has_init).or(mount.mount_id.as_deref());
                let lower = top.and_then(|top| self.graph.lower(&records, top, findings)).unwrap_or_default();
                for cache_id in lower.iter().filter(|cache_id| mount.init_id.as_ref() != Some(*cache_id)) {
                    directories.extend(self.graph.content(&records, cache_id, findings).map(|object| object.node));
                }
            }
        }
        Ok(directories)
    }

    /// The directory with a container's own changes.
    pub fn container_upper(&self, id: &str, findings: &mut Findings) -> Result<NodeId, ReadError> {
        let mount = self.mount(id)?;
        let records = self.records();
        let mount_id = mount.mount_id.as_deref();
        let upper = mount_id.and_then(|mount_id| self.graph.content(&records, mount_id, findings));
        let upper = upper.ok_or_else(|| {
            ReadError::corrupt(&self.place, format_args!("container {id}: the directory with its changes is not there"))
        })?;
        Ok(upper.node)
    }

    /// The directory with a volume's content.
    pub fn volume_directory(&self, name: &str) -> Option<NodeId> {
        self.volumes.directories.get(name).map(|object| object.node)
    }

    /// Paths of the directories that the engine names for an image in `inspect`, topmost first.
    pub fn image_directories(&self, id: &str) -> Vec<String> {
        let top = self.images.list.iter().find(|image| image.id == id).and_then(|image| image.layers.last());
        top.map(|top| self.directories_of_chain(&top.chain_id)).unwrap_or_default()
    }

    /// Paths of the directories that the engine names for a container in `inspect`, topmost first.
    pub fn container_directories(&self, id: &str) -> Vec<String> {
        let Some(mount) = self.mounts.get(id) else { return Vec::new() };
        let own = [&mount.mount_id, &mount.init_id].into_iter().flatten();
        let mut directories: Vec<String> = own.map(|cache_id| self.graph.content_path(cache_id)).collect();
        let chain = self.chain_of_container(id);
        directories.extend(chain.map(|chain| self.directories_of_chain(chain)).into_iter().flatten());
        directories
    }

    fn directories_of_chain(&self, chain: &str) -> Vec<String> {
        let cache_ids = self.layers.cache_ids(chain).unwrap_or_default();
        cache_ids.into_iter().map(|cache_id| self.graph.content_path(cache_id)).collect()
    }

    /// The record of a container's layers.
    fn mount(&self, id: &str) -> Result<&Mount, ReadError> {
        let driver = self.container_config(id).and_then(|config| config.get("Driver")).and_then(Value::as_str);
        self.check_driver(driver.unwrap_or(&self.graph.driver))?;
        self.mounts.get(id).ok_or_else(|| {
            ReadError::corrupt(&self.place, format_args!("container {id}: layerdb/mounts has no record of its layers"))
        })
    }

    /// The topmost layer of the image beneath a container: by the record of its layers, else by its image.
    fn chain_of_container(&self, id: &str) -> Option<&str> {
        if let Some(parent) = self.mounts.get(id).and_then(|mount| mount.parent.as_deref()) {
            return Some(parent);
        }
        let container = self.containers.list.iter().find(|container| container.id == id)?;
        let image = self.images.list.iter().find(|image| Some(&image.id) == container.image_id.as_ref())?;
        image.layers.last().map(|layer| layer.chain_id.as_str())
    }

    fn check_driver(&self, driver: &str) -> Result<(), ReadError> {
        if driver == self.graph.driver && self.graph.is_readable() {
            return Ok(());
        }
        Err(ReadError::unsupported(&self.place, format_args!("files of layers by the storage driver {driver}")))
    }

    /// Looks for what the engine would stumble over.
    fn check(&self, records: &Records<'_>, findings: &mut Findings) {
        if !self.graph.is_readable() && !self.layer_list.is_empty() {
            let driver = &self.graph.driver;
            let code = match self.graph.is_known() {
                true => &codes::derived::DRIVER_ELSEWHERE,
                false => &codes::store::DRIVER_UNREAD,
            };
            findings.add(code, &self.place, &[("driver", driver)]);
        }
        self.check_unused(findings);
        self.layers.check_names(records, &self.graph, findings);
        let mut known: BTreeSet<&str> = self.layer_list.iter().filter_map(|layer| layer.cache_id.as_deref()).collect();
        for mount in self.mounts.values() {
            let own: Vec<&str> = [&mount.mount_id, &mount.init_id].into_iter().flatten().map(String::as_str).collect();
            known.extend(&own);
            let beneath = match &mount.parent {
                Some(parent) => self.layers.cache_ids(parent),
                None => None,
            };
            for position in 0..own.len() {
                let above = own.get(position..).unwrap_or_default();
                if let Some(beneath) = &beneath {
                    self.graph.check(records, &[above, beneath].concat(), findings);
                }
            }
        }
        self.graph.check_short_names(records, known.into_iter(), findings);
        self.check_containers(records, findings);
    }

    /// Layers that nothing uses.
    fn check_unused(&self, findings: &mut Findings) {
        let of_images = self.images.list.iter().flat_map(|image| &image.layers).map(|layer| layer.chain_id.as_str());
        let of_containers = self.mounts.values().filter_map(|mount| mount.parent.as_deref());
        let of_builds = self.build_cache.iter().filter_map(|record| record.chain_id.as_deref());
        let used = derived::with_all_beneath(&self.layers, of_images.chain(of_containers).chain(of_builds));
        let unused = self.layer_list.iter().filter(|layer| !used.contains(layer.chain_id.as_str()));
        let (count, size) = unused.fold((0_u64, 0_u64), |(count, size), layer| {
            (count.saturating_add(1), size.saturating_add(layer.size.unwrap_or(0)))
        });
        if count > 0 {
            findings.add(&codes::derived::LAYERS_UNUSED, &self.place, &[("count", &count), ("size", &size)]);
        }
    }

    /// Containers without layers, and layers without container.
    fn check_containers(&self, records: &Records<'_>, findings: &mut Findings) {
        let here = self.containers.list.iter().filter(|container| container.store == self.store.id);
        for container in here.clone() {
            let Err(error) = self.container_upper(&container.id, findings) else { continue };
            let place = self.place.then(&container.id);
            if matches!(error.kind, ErrorKind::Unsupported(_)) {
                // Where no layer of the store is read, that is told once.
                if self.graph.is_readable() {
                    findings.add_failure(&ReadError::new(error.kind, place));
                }
            } else {
                let values: &[(&str, &dyn std::fmt::Display)] =
                    &[("container", &container.id), ("reason", &error.reason())];
                findings.add(&codes::store::CONTAINER_LAYER_LOST, &place, values);
            }
        }
        let known: BTreeSet<&str> = here.map(|container| container.id.as_str()).collect();
        for (id, mount) in self.mounts.iter().filter(|(id, _)| is_hex64(id) && !known.contains(id.as_str())) {
            let place = records.place(&mount.object);
            findings.add(&codes::store::CONTAINER_RECORD_MISSING, &place, &[("container", id)]);
        }
    }
}

/// Where image records may lie: as the engine lays them out, then as hand-made copies have them.
fn homes(records: &Records<'_>, docker: &Object, driver: &str, findings: &mut Findings) -> Vec<Object> {
    let paths: [&[&str]; 4] = [&["image", driver], &[driver], &[], &["image"]];
    paths.iter().filter_map(|path| records.directory(docker, path, findings)).collect()
}

/// What lies under this name in the first of these directories that has something there.
fn find(records: &Records<'_>, homes: &[Object], name: &str, findings: &mut Findings) -> Option<Object> {
    let found: Vec<Object> = homes.iter().filter_map(|home| records.child(home, name, findings)).collect();
    let mut with_content = found.iter().filter(|object| {
        !records.is_kind(object, Kind::Directory, findings) || !records.entries(object, findings).is_empty()
    });
    with_content.next().cloned().or_else(|| found.into_iter().next())
}

/// Cache ids of containers' own layers with the chain id right beneath each.
fn layers_of_containers(mounts: &BTreeMap<String, Mount>) -> Vec<(String, Option<String>)> {
    let mut layers = Vec::new();
    for mount in mounts.values() {
        match (&mount.mount_id, &mount.init_id) {
            (Some(mount_id), Some(init_id)) => {
                layers.extend([(init_id.clone(), mount.parent.clone()), (mount_id.clone(), None)]);
            }
            (Some(cache_id), None) | (None, Some(cache_id)) => layers.push((cache_id.clone(), mount.parent.clone())),
            (None, None) => {}
        }
    }
    layers
}
