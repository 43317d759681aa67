//! One name space of a containerd root as a store.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Limits, NodeId, Place, ReadError, codes, read_file};
use careen_model::{BuildRecord, Container, Hidden, Image, Layer, Store, StoreKind};
use serde_json::Value;

use super::content::Content;
use super::images::{Images, Reader};
use super::layers::{LayerFiles, Layers, missing};
use super::metadata::Namespace;
use super::names::familiar;
use super::recognize::Recognized;
use super::snapshots::{SnapshotKind, Snapshotter, parts};
use super::{ContainerdRoot, containers};
use crate::classic::{newest_first, source_of_build};
use crate::records::Records;
use crate::roots::DataRoot;

/// Images, layers and containers in one name space of a containerd root.
///
/// Docker's containers are in [`crate::ClassicStore`]; here are their layers.
pub struct ContainerdStore {
    pub(super) limits: Limits,
    pub(super) store: Store,
    pub(super) place: Place,
    pub(super) root: Rc<ContainerdRoot>,
    pub(super) namespace: String,
    pub(super) images: Images,
    pub(super) layers: Layers,
    pub(super) layer_list: Vec<Layer>,
    pub(super) containers: Vec<Container>,
    pub(super) content: Content,
    /// What directories were found to be without their database, by the snapshotter's position.
    pub(super) recognized: BTreeMap<usize, Recognized>,
    pub(super) tree: Rc<dyn FileTree>,
    spent: Rc<crate::records::Spent>,
}

/// A layer of a stack, topmost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackedLayer {
    /// Where its files are.
    pub files: LayerFiles,
    /// Its diff id, when an image tells it.
    pub diff_id: Option<String>,
}

impl ContainerdStore {
    /// Reads the images and layers of a data root; `None` for one that has no containerd.
    pub fn open(
        tree: Rc<dyn FileTree>,
        root: &DataRoot,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Option<ContainerdStore> {
        let containerd = Rc::clone(root.containerd.as_ref()?);
        let spent = Rc::clone(&root.spent);
        let records = Records { tree: &*tree, limits, spent: &spent };
        let place = records.place(&containerd.directory);
        let namespace = root.namespace.clone().unwrap_or_default();
        let nothing = Namespace::default();
        let space = containerd.metadata.namespaces.get(&namespace).unwrap_or(&nothing);

        let content = Content::read(&records, &containerd.directory, findings);
        let metadata = &containerd.metadata;
        let reader = Reader { records, content: &content, metadata, space, store: &root.id, place: place.clone() };
        let mut images = reader.read(findings);
        let snapshots = containerd.snapshotters.iter().flat_map(|snapshotter| snapshotter.snapshots.values());
        images.learn_from_snapshots(snapshots.filter_map(|it| it.image.as_ref()), &place, findings);
        let own = (namespace.as_str(), space);
        let layers = Layers::read(&records, &containerd, own, &content, &mut images, &place, findings);
        let layer_list = layers.list(&root.id, &images.list);
        let is_alone = root.kind == StoreKind::Containerd;
        let containers = if is_alone { containers::list(space, &root.id) } else { Vec::new() };
        let ingests = content.ingests.len();
        if ingests > 0 {
            findings.add(&codes::store::INGESTS_UNFINISHED, &place, &[("count", &ingests)]);
        }
        records.tell_left_out(&place, findings);
        Some(ContainerdStore {
            limits: *limits,
            store: root.store(),
            place,
            namespace,
            images,
            layers,
            layer_list,
            containers,
            content,
            recognized: BTreeMap::new(),
            root: containerd,
            tree: Rc::clone(&tree),
            spent,
        })
    }

    pub(super) fn records(&self) -> Records<'_> {
        Records { tree: &*self.tree, limits: &self.limits, spent: &self.spent }
    }

    /// The row of this store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Every image, by id.
    pub fn images(&self) -> &[Image] {
        &self.images.list
    }

    /// Every layer that a snapshot or an image names, by chain id.
    pub fn layers(&self) -> &[Layer] {
        &self.layer_list
    }

    /// The containers of a containerd that serves no Docker, by id.
    pub fn containers(&self) -> &[Container] {
        &self.containers
    }

    /// Takes Docker's containers of this store and the builds it remembers: what containers were made from and what builds
    /// made names images that have lost their names; containers without snapshot are told, as are snapshots without
    /// container.
    pub fn learn(&mut self, containers: &[&Container], builds: &[BuildRecord], findings: &mut Findings) {
        for build in newest_first(builds) {
            for (id, name) in build.images.iter().flat_map(|id| build.names.iter().map(move |name| (id, name))) {
                self.images.learn(id, &familiar(name), &source_of_build(build), &self.place, findings);
            }
        }
        for container in containers {
            if let (Some(id), Some(name)) = (&container.image_id, &container.image) {
                // Made from a digest, it was not made from a name.
                if !name.contains('@') {
                    let source = format!("the container {}, which was made from it", container.name);
                    self.images.learn(id, name, &source, &self.place, findings);
                }
            }
        }
        let active = |snapshotter: &'_ Snapshotter| -> Vec<String> {
            let all = snapshotter.snapshots.iter().filter(|(_, snapshot)| snapshot.kind == SnapshotKind::Active);
            all.filter_map(|(key, _)| Some(parts(key)?.2.to_owned())).collect()
        };
        let snapshots: Vec<String> = self.root.snapshotters.iter().flat_map(active).collect();
        let snapshots: Vec<&str> = snapshots.iter().map(String::as_str).collect();
        let has_snapshot = |id: &str| self.snapshot_of(id).is_some();
        let reason = match self.root.snapshotters.iter().all(|snapshotter| snapshotter.is_whole) {
            true => "no snapshot has its name",
            false => "the database of the snapshots is lost, and it cannot be told for sure which directory is its own",
        };
        containers::check(containers, &snapshots, has_snapshot, reason, &self.place, findings);
    }

    /// Says that the engine in use does not show the images of this store.
    pub fn hide(&mut self) {
        for image in &mut self.images.list {
            image.hidden = image.hidden.or(Some(Hidden::OtherStore));
        }
    }

    /// When images of this store were last tagged.
    pub fn last_tagged(&self) -> impl Iterator<Item = &str> {
        self.images.details.values().filter_map(|details| details.last_tagged.as_deref())
    }

    /// An image's configuration as it is stored.
    pub fn image_config(&self, id: &str) -> Option<&Value> {
        self.images.details.get(id)?.config.as_ref()
    }

    /// The blob with this digest, when it is there.
    pub fn blob(&self, digest: &str, findings: &mut Findings) -> Option<NodeId> {
        let digits = digest.strip_prefix("sha256:")?;
        let records = self.records();
        let blobs = records.directory(&self.root.directory, &[super::CONTENT, "blobs", "sha256"], findings)?;
        records.child(&blobs, digits, findings).map(|object| object.node)
    }

    /// The bytes of a small blob, such as a configuration or a manifest.
    pub fn document_bytes(&self, digest: &str, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let missing = || ReadError::corrupt(&self.place.then(digest), "the blob is not there");
        let node = self.blob(digest, findings).ok_or_else(missing)?;
        let limits = Limits { bytes: self.limits.bytes.min(super::content::MAX_DOCUMENT), ..self.limits };
        read_file(&*self.tree, node, &limits, findings)
    }

    /// The image the classic builder built this one upon.
    pub fn image_parent(&self, id: &str) -> Option<&str> {
        self.images.details.get(id)?.parent.as_deref()
    }

    /// When an image was last tagged.
    pub fn image_last_tagged(&self, id: &str) -> Option<&str> {
        self.images.details.get(id)?.last_tagged.as_deref()
    }

    /// The references of an image as the database has them.
    pub fn image_references(&self, id: &str) -> &[String] {
        self.images.details.get(id).map_or(&[], |details| &details.references)
    }

    /// The descriptor of an image's target, as JSON.
    pub fn image_descriptor(&self, id: &str) -> Option<Value> {
        self.images.details.get(id).map(|details| details.target.to_json())
    }

    /// Bytes that the blobs of an image take: manifest, configuration and layers; `None` when one is not known.
    pub fn image_blobs_size(&self, id: &str) -> Option<u64> {
        let details = self.images.details.get(id)?;
        let manifest = details.manifest.as_ref()?.size?;
        let mut sizes = details.layers.iter().map(|layer| layer.size);
        let start = manifest.checked_add(details.config_size?)?;
        sizes.try_fold(start, |sum, size| sum.checked_add(size?))
    }

    /// The layers of an image, topmost first. Where a layer is missing the list ends above it, with a finding; an error
    /// when the topmost one is missing. Empty for an image without layers.
    pub fn image_layers(&self, id: &str, findings: &mut Findings) -> Result<Vec<StackedLayer>, ReadError> {
        let image = self.images.list.iter().find(|image| image.id == id);
        let has_config = self.image_config(id).is_some();
        let image = image.filter(|image| has_config || !image.layers.is_empty()).ok_or_else(|| {
            let what = format_args!("image {id}: its configuration, which names its layers, is not there");
            ReadError::corrupt(&self.place, what)
        })?;
        let whole = image.layers.last().and_then(|top| {
            let (snapshotter, key) = self.layers.snapshot(&self.root, &top.chain_id)?;
            // What lies in the snapshots beneath is the image, the classic builder's own among them.
            self.directories(snapshotter, key, findings)
        });
        match whole {
            Some(whole) => Ok(whole),
            None => self.stack(image.layers.iter().rev().map(|layer| layer.chain_id.as_str()), findings),
        }
    }

    /// A snapshot and all beneath it, topmost first; `None` unless each of them is there.
    fn directories(&self, snapshotter: &Snapshotter, key: &str, findings: &mut Findings) -> Option<Vec<StackedLayer>> {
        let (chain, lost) = snapshotter.chain(key);
        let mut stack = Vec::new();
        for (key, snapshot) in chain {
            let directory = snapshotter.content(&self.records(), snapshot.number, findings)?;
            let name = parts(key).map_or(key, |(_, _, name)| name);
            if snapshotter.is_layered() != Some(true) {
                return Some(vec![self.stacked(name, LayerFiles::Whole(directory.node))]);
            }
            stack.push(self.stacked(name, LayerFiles::Directory(directory.node)));
        }
        lost.is_none().then_some(stack)
    }

    /// The files of one layer alone.
    pub fn layer_files(&self, chain_id: &str) -> Result<LayerFiles, ReadError> {
        self.layers.files(chain_id).ok_or_else(|| missing(&self.place, chain_id))
    }

    /// The blob of one layer, when it is there.
    pub fn layer_blob(&self, chain_id: &str) -> Option<LayerFiles> {
        self.layers.blob(chain_id)
    }

    /// A container's own changes, what the engine put beneath, then its image's layers.
    pub fn container_layers(&self, id: &str, findings: &mut Findings) -> Result<Vec<StackedLayer>, ReadError> {
        let (snapshotter, key) = self.snapshot_of(id).ok_or_else(|| self.unassigned(id))?;
        let (chain, lost) = snapshotter.chain(key);
        let records = self.records();
        let mut stack = Vec::new();
        for (key, snapshot) in chain {
            let name = parts(key).map_or(key, |(_, _, name)| name);
            match snapshotter.content(&records, snapshot.number, findings) {
                Some(directory) if snapshotter.is_layered() != Some(true) => {
                    return Ok(vec![self.stacked(name, LayerFiles::Whole(directory.node))]);
                }
                Some(directory) => stack.push(self.stacked(name, LayerFiles::Directory(directory.node))),
                None if stack.is_empty() => return Err(self.unassigned(id)),
                None => match self.layers.blob(name) {
                    Some(files) => stack.push(self.stacked(name, files)),
                    None => {
                        self.cut(id, name, stack.len(), findings);
                        return Ok(stack);
                    }
                },
            }
        }
        if let Some(lost) = lost {
            // The record of the layer beneath is lost; its image still tells which those are.
            let name = parts(lost).map_or(lost, |(_, _, name)| name);
            match self.stack(self.layers.chain(name).into_iter(), findings) {
                Ok(beneath) => stack.extend(beneath),
                Err(error) => findings.add_error(&codes::store::CONTAINER_IMAGE_LOST, &error),
            }
        }
        Ok(stack)
    }

    /// The directory with a container's own changes.
    pub fn container_upper(&self, id: &str, findings: &mut Findings) -> Result<NodeId, ReadError> {
        let (snapshotter, key) = self.snapshot_of(id).ok_or_else(|| self.unassigned(id))?;
        if snapshotter.is_layered() != Some(true) {
            let what = format_args!("changes of a container by the snapshotter {}", snapshotter.name);
            return Err(ReadError::unsupported(&self.place, what));
        }
        let snapshot = snapshotter.snapshots.get(key);
        let directory = snapshot.and_then(|found| snapshotter.content(&self.records(), found.number, findings));
        directory.map(|directory| directory.node).ok_or_else(|| self.unassigned(id))
    }

    /// The snapshot of a container.
    pub(super) fn snapshot_of(&self, id: &str) -> Option<(&Snapshotter, &str)> {
        let space = self.root.metadata.namespaces.get(&self.namespace);
        let record = space.and_then(|space| space.containers.get(id));
        let name = record.and_then(|record| record.snapshot_key.as_deref()).unwrap_or(id);
        self.root.snapshotters.iter().find_map(|snapshotter| {
            let known = space.and_then(|space| space.snapshots.get(&snapshotter.name)?.get(name)?.name.as_deref());
            Some((snapshotter, snapshotter.key_of(&self.namespace, name, known)?))
        })
    }

    fn unassigned(&self, id: &str) -> ReadError {
        let what = format_args!("container {id}: no snapshot is known to hold its changes");
        ReadError::corrupt(&self.place, what)
    }

    /// The layers with these chain ids, topmost first.
    fn stack<'c>(
        &self,
        chains: impl Iterator<Item = &'c str>,
        findings: &mut Findings,
    ) -> Result<Vec<StackedLayer>, ReadError> {
        let mut stack = Vec::new();
        for chain in chains {
            match self.layers.files(chain) {
                Some(files) => {
                    let is_all = matches!(files, LayerFiles::Whole(_));
                    stack.push(self.stacked(chain, files));
                    if is_all {
                        break;
                    }
                }
                None if stack.is_empty() => return Err(missing(&self.place, chain)),
                None => {
                    self.cut(chain, chain, stack.len(), findings);
                    break;
                }
            }
        }
        Ok(stack)
    }

    /// One layer of a stack, by its chain id or the name of another snapshot.
    fn stacked(&self, chain: &str, files: LayerFiles) -> StackedLayer {
        // What a layer of a whole view brought cannot be told from what lies beneath.
        let is_one = !matches!(files, LayerFiles::Whole(_));
        let diff_id = self.layers.diff_id(chain).filter(|_| is_one).map(str::to_owned);
        StackedLayer { files, diff_id }
    }

    /// Tells that a stack ends above a layer, since what that replaced or deleted would come back.
    fn cut(&self, of: &str, layer: &str, count: usize, findings: &mut Findings) {
        let values: &[(&str, &dyn std::fmt::Display)] = &[("layer", &layer), ("count", &count)];
        findings.add(&codes::store::LAYER_STACK_CUT, &self.place.then(of), values);
    }
}
