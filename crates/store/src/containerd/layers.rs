//! Layers: a snapshot under the chain id, and a blob with the layer packed. Either is enough to read it.
//!
//! What a snapshotter has under a chain id is what the blob unpacks to (containerd 2, `core/unpack/unpacker.go`). A blob
//! that the database does not record is none that is missing: containerd may be told to let go of what is unpacked
//! (`discard_unpacked_layers`).

use std::collections::BTreeMap;

use careen_evidence::{Findings, NodeId, Place, ReadError, codes};
use careen_model::{Hidden, Image, ImageState, Layer, LayerState};

use super::ContainerdRoot;
use super::content::Content;
use super::document::Descriptor;
use super::images::Images;
use super::metadata::Namespace;
use super::snapshots::{SnapshotKind, Snapshotter, parts};
use crate::classic::MAX_LAYERS;
use crate::digest::is_digest;
use crate::records::{Object, Records};

/// Most images named in one finding.
const MAX_SHOWN: usize = 5;

/// Where the files of a layer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LayerFiles {
    /// In this directory, as overlayfs lays them out.
    Directory(NodeId),
    /// In this directory, together with those of all layers beneath.
    Whole(NodeId),
    /// In this blob: a tar, plain or packed.
    Blob {
        /// The file.
        node: NodeId,
        /// Its name.
        digest: String,
    },
}

/// The layers of a name space by their chain ids.
#[derive(Default)]
pub(super) struct Layers {
    records: BTreeMap<String, Record>,
}

/// What is known of a layer.
#[derive(Default)]
struct Record {
    diff_id: Option<String>,
    parent: Option<String>,
    /// The snapshotter, by its position, and the whole key of its snapshot.
    snapshot: Option<(usize, String)>,
    /// Number of the snapshot's directory.
    number: Option<u64>,
    size: Option<u64>,
    /// The directory with its files.
    content: Option<Object>,
    /// Whether that has the files of the layers beneath too.
    is_whole_view: bool,
    /// Its blob, when one is there.
    blob: Option<Object>,
    digest: String,
    /// Whether the blob is as long as the manifest says.
    is_blob_whole: bool,
    /// Whether there should be a snapshot: one is recorded, or records of snapshots are lost.
    is_snapshot_lost: bool,
}

/// A blob that is not what it should be, and the images that need it.
struct Broken {
    images: Vec<String>,
    /// Its length, and what it should be; `None` for one that is not there.
    length: Option<(u64, u64)>,
}

impl Layers {
    /// Puts together what snapshots and images know of layers.
    pub fn read(
        records: &Records<'_>,
        root: &ContainerdRoot,
        (namespace, space): (&str, &Namespace),
        content: &Content,
        images: &mut Images,
        place: &Place,
        findings: &mut Findings,
    ) -> Layers {
        let mut layers = Layers::default();
        layers.add_snapshots(records, root, (namespace, space), findings);
        let is_lost = !root.snapshotters.iter().all(|snapshotter| snapshotter.is_whole);
        let mut broken = BTreeMap::new();
        for image in &mut images.list {
            let Some(details) = images.details.get(&image.id) else { continue };
            let mut beneath: Option<&str> = None;
            for (position, layer) in image.layers.iter().enumerate() {
                let record = layers.records.entry(layer.chain_id.clone()).or_default();
                record.diff_id.get_or_insert_with(|| layer.diff_id.clone());
                record.is_snapshot_lost |= is_lost && record.content.is_none();
                if let Some(beneath) = beneath {
                    record.parent.get_or_insert_with(|| beneath.to_owned());
                }
                if let Some(blob) = details.layers.get(position).filter(|_| record.digest.is_empty()) {
                    record.add_blob(records, content, blob, findings);
                }
                beneath = Some(&layer.chain_id);
            }
            for blob in &details.layers {
                let state = blob_state(records, content, space, blob, root.metadata.is_whole, findings);
                if let Err(length) = state {
                    let known = Broken { images: Vec::new(), length };
                    let broken: &mut Broken = broken.entry(blob.digest.clone()).or_insert(known);
                    broken.images.push(image.label());
                    image.state = match (length, image.state) {
                        (None, _) => ImageState::Incomplete,
                        (Some(_), ImageState::Whole) => ImageState::Damaged,
                        (Some(_), state) => state,
                    };
                }
            }
        }
        layers.tell(&broken, place, findings);
        layers.put_into(root, images, place, findings);
        layers
    }

    /// The snapshots that are layers of images.
    fn add_snapshots(
        &mut self,
        records: &Records<'_>,
        root: &ContainerdRoot,
        (namespace, space): (&str, &Namespace),
        findings: &mut Findings,
    ) {
        for (position, snapshotter) in root.snapshotters.iter().enumerate() {
            let known = space.snapshots.get(&snapshotter.name);
            let mut names: Vec<(&str, Option<&str>)> =
                known.into_iter().flatten().map(|(key, record)| (key.as_str(), record.name.as_deref())).collect();
            if names.is_empty() || !root.metadata.is_whole {
                let all = snapshotter.snapshots.keys().filter_map(|key| parts(key));
                names.extend(all.filter(|(space, ..)| *space == namespace).map(|(_, _, name)| (name, None)));
            }
            for (chain, known_key) in names {
                let Some(key) = snapshotter.key_of(namespace, chain, known_key).filter(|_| is_digest(chain)) else {
                    continue;
                };
                let Some(snapshot) = snapshotter.snapshots.get(key) else { continue };
                let record = self.records.entry(chain.to_owned()).or_default();
                if snapshot.kind != SnapshotKind::Committed || record.content.is_some() {
                    continue;
                }
                let parent = snapshot.parent.as_deref().and_then(parts).map(|(_, _, name)| name.to_owned());
                record.parent = parent.filter(|parent| is_digest(parent));
                record.snapshot = Some((position, key.to_owned()));
                (record.number, record.size) = (Some(snapshot.number), snapshot.size);
                record.content = snapshotter.content(records, snapshot.number, findings);
                record.is_whole_view = snapshotter.is_layered() == Some(false);
                record.is_snapshot_lost = record.content.is_none() && snapshotter.is_layered().is_some();
            }
        }
    }

    /// Tells which blobs are broken.
    fn tell(&self, broken: &BTreeMap<String, Broken>, place: &Place, findings: &mut Findings) {
        for (digest, blob) in broken {
            let shown = blob.images.iter().take(MAX_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let has_files = self.records.values().any(|record| record.digest == *digest && record.content.is_some());
            let place = place.then(digest);
            let count = blob.images.len();
            let mut values: Vec<(&str, &dyn std::fmt::Display)> =
                vec![("blob", digest), ("count", &count), ("images", &shown)];
            match (&blob.length, has_files) {
                (None, true) => findings.add(&codes::store::BLOB_MISSING, &place, &values),
                (None, false) => findings.add(&codes::store::LAYER_BLOB_MISSING, &place, &values),
                (Some((length, expected)), _) => {
                    values.extend([("length", length as &dyn std::fmt::Display), ("expected", expected)]);
                    findings.add(&codes::store::BLOB_LENGTH, &place, &values);
                }
            }
        }
    }

    /// Tells each image what is left of its layers.
    fn put_into(&self, root: &ContainerdRoot, images: &mut Images, place: &Place, findings: &mut Findings) {
        for image in &mut images.list {
            for layer in &mut image.layers {
                layer.size = self.records.get(&layer.chain_id).and_then(|record| record.size);
                layer.state = self.state(&layer.chain_id);
            }
            let has_config = images.details.get(&image.id).is_some_and(|details| details.config.is_some());
            let is_described = has_config || !image.layers.is_empty();
            // The classic builder's layers stand on what it put beneath its containers: that is unpacked too.
            let top = image.layers.last().and_then(|layer| self.snapshot(root, &layer.chain_id));
            let size = top.and_then(|(snapshotter, key)| match snapshotter.chain(key) {
                (chain, None) => sum(chain.iter().map(|(_, snapshot)| snapshot.size)),
                _ => None,
            });
            let size = size.or_else(|| sum(image.layers.iter().map(|layer| layer.size)));
            image.size = size.filter(|_| is_described);
            if let Some(layer) = image.layers.iter().rev().find(|layer| layer.state == LayerState::Missing) {
                image.state = ImageState::Incomplete;
                image.hidden = image.hidden.or(Some(Hidden::BrokenChain));
                let values: &[(&str, &dyn std::fmt::Display)] = &[("layer", &layer.chain_id), ("image", &image.id)];
                findings.add(&codes::store::LAYER_NOWHERE, &place.then(&image.id).then(&layer.chain_id), values);
            } else if image.state == ImageState::Whole
                && image.layers.iter().any(|layer| layer.state == LayerState::Damaged)
            {
                image.state = ImageState::Damaged;
            }
        }
    }

    fn state(&self, chain: &str) -> LayerState {
        match self.records.get(chain) {
            None => LayerState::Missing,
            Some(record) if record.content.is_some() => LayerState::Whole,
            Some(Record { blob: None, .. }) => LayerState::Missing,
            Some(record) if record.is_snapshot_lost || !record.is_blob_whole => LayerState::Damaged,
            Some(_) => LayerState::Whole,
        }
    }

    /// The snapshot of a layer.
    pub fn snapshot<'s>(&'s self, root: &'s ContainerdRoot, chain: &str) -> Option<(&'s Snapshotter, &'s str)> {
        let (position, key) = self.records.get(chain)?.snapshot.as_ref()?;
        Some((root.snapshotters.get(*position)?, key))
    }

    /// Where the files of one layer are.
    pub fn files(&self, chain: &str) -> Option<LayerFiles> {
        let record = self.records.get(chain)?;
        match (&record.content, &record.blob) {
            (Some(content), _) if record.is_whole_view => Some(LayerFiles::Whole(content.node)),
            (Some(content), _) => Some(LayerFiles::Directory(content.node)),
            (None, Some(_)) => self.blob(chain),
            (None, None) => None,
        }
    }

    /// The blob of one layer, when it is there.
    pub fn blob(&self, chain: &str) -> Option<LayerFiles> {
        let record = self.records.get(chain)?;
        let blob = record.blob.as_ref()?;
        Some(LayerFiles::Blob { node: blob.node, digest: record.digest.clone() })
    }

    /// The layers with a blob and without a directory: chain id, blob and its name.
    pub fn without_directory(&self) -> impl Iterator<Item = (&str, NodeId, &str)> {
        self.records.iter().filter_map(|(chain, record)| {
            let blob = record.blob.as_ref().filter(|_| record.content.is_none())?;
            Some((chain.as_str(), blob.node, record.digest.as_str()))
        })
    }

    /// Notes in which directory a layer was found again.
    pub fn found_at(&mut self, chain: &str, number: u64) {
        if let Some(record) = self.records.get_mut(chain).filter(|record| record.number.is_none()) {
            record.number = Some(number);
        }
    }

    pub fn diff_id(&self, chain: &str) -> Option<&str> {
        self.records.get(chain)?.diff_id.as_deref()
    }

    /// The chain ids of a layer and all beneath it, topmost first.
    pub fn chain<'c>(&'c self, chain: &'c str) -> Vec<&'c str> {
        let mut all = Vec::new();
        let mut next = Some(chain);
        while let Some(chain) = next.filter(|_| all.len() < MAX_LAYERS) {
            all.push(chain);
            next = self.records.get(chain).and_then(|record| record.parent.as_deref());
        }
        all
    }

    /// The rows of the list of layers, by chain id.
    pub fn list(&self, store: &str, images: &[Image]) -> Vec<Layer> {
        let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for image in images {
            for layer in &image.layers {
                users.entry(&layer.chain_id).or_default().push(image.id.clone());
            }
        }
        let row = |(chain, record): (&String, &Record)| Layer {
            store: store.to_owned(),
            chain_id: chain.clone(),
            diff_id: record.diff_id.clone(),
            parent: record.parent.clone(),
            cache_id: record.number.map(|number| number.to_string()),
            size: record.size,
            state: self.state(chain),
            images: users.remove(chain.as_str()).unwrap_or_default(),
        };
        self.records.iter().map(row).collect()
    }
}

impl Record {
    fn add_blob(&mut self, records: &Records<'_>, content: &Content, blob: &Descriptor, findings: &mut Findings) {
        self.digest.clone_from(&blob.digest);
        self.blob = content.blobs.get(&blob.digest).cloned();
        let Some(object) = &self.blob else { return };
        let length = records.tree.stat(object.node, findings).map(|stat| stat.size);
        self.is_blob_whole = length.is_ok_and(|length| blob.size.is_none_or(|size| size == length));
    }
}

/// The sum of these sizes, when all are known.
fn sum(mut sizes: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    sizes.try_fold(0_u64, |sum, size| Some(sum.saturating_add(size?)))
}

/// Whether a blob is there as it should be; else its length and what that should be.
fn blob_state(
    records: &Records<'_>,
    content: &Content,
    space: &Namespace,
    blob: &Descriptor,
    is_recorded_whole: bool,
    findings: &mut Findings,
) -> Result<(), Option<(u64, u64)>> {
    let Some(object) = content.blobs.get(&blob.digest) else {
        let is_expected = space.blobs.contains_key(&blob.digest) || !is_recorded_whole;
        return if is_expected { Err(None) } else { Ok(()) };
    };
    match (records.tree.stat(object.node, findings), blob.size) {
        (Ok(stat), Some(size)) if stat.size != size => Err(Some((stat.size, size))),
        (Ok(_), _) => Ok(()),
        (Err(_), _) => Err(None),
    }
}

/// An error for a layer that is neither unpacked nor packed anywhere.
pub(super) fn missing(place: &Place, chain: &str) -> ReadError {
    ReadError::corrupt(place, format_args!("layer {chain}: neither its snapshot nor its blob is there"))
}
