//! Images: names of `meta.db`, each with a target, which is a manifest or an index of manifests.
//!
//! As Docker shows them (moby `daemon/containerd/{image,image_list,image_inspect}.go`): the id is the digest of the
//! target; names that begin with `moby-dangling@` are none; a name without digest gives a repository digest too; of an
//! index the manifest counts that is there, attestations never. `org.mobyproject.image.parent` is the image the classic
//! builder built upon.
//!
//! Where the database is broken, images are found by their manifests among the blobs, and named as far as anything else
//! names them. Where a manifest is broken, the labels of its blob tell what it named.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Place, ReadError, codes};
use careen_model::{Hidden, Image, ImageKind, ImageState, Registry, RegistryState};
use serde_json::Value;

use super::content::Content;
use super::document::{Descriptor, Document};
use super::metadata::{ImageRecord, Metadata, Namespace};
use super::names::{Names, familiar, repository};
use crate::classic::MAX_LAYERS;
use crate::digest::{is_digest, is_hex64};
use crate::image_config::{describe, empty_image, tell_traces};
use crate::records::Records;

/// The label by which Docker remembers what an image was built upon.
const PARENT: &str = "org.mobyproject.image.parent";
/// The label, on a compressed layer, with its diff id.
const UNCOMPRESSED: &str = "containerd.io/uncompressed";
/// What labels begin with that keep other blobs from being collected.
pub(super) const REFERENCE: &str = "containerd.io/gc.ref.content.";
/// What labels begin with that tell the repository a blob was pulled from.
pub(super) const SOURCE: &str = "containerd.io/distribution.source.";
/// Deepest nesting of indexes followed.
const MAX_NESTING: usize = 4;

/// The images of a store.
#[derive(Default)]
pub(super) struct Images {
    /// By id, in byte order.
    pub list: Vec<Image>,
    pub details: BTreeMap<String, Details>,
}

/// What is known of an image besides its row.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// References as the database has them.
    pub references: Vec<String>,
    pub target: Descriptor,
    /// The manifest that was chosen.
    pub manifest: Option<Descriptor>,
    pub config: Option<Value>,
    /// Blobs of its layers, lowest first, in the order of the row's layers.
    pub layers: Vec<Descriptor>,
    /// Size of the configuration's blob.
    pub config_size: Option<u64>,
    pub parent: Option<String>,
    pub last_tagged: Option<String>,
}

/// What images are read with.
pub(super) struct Reader<'r> {
    pub records: Records<'r>,
    pub content: &'r Content,
    pub metadata: &'r Metadata,
    pub space: &'r Namespace,
    pub store: &'r str,
    pub place: Place,
}

impl Reader<'_> {
    /// Every image of the name space.
    pub fn read(&self, findings: &mut Findings) -> Images {
        let mut images = Images::default();
        let mut targets: BTreeMap<&str, Vec<(&str, &ImageRecord)>> = BTreeMap::new();
        for (name, record) in &self.space.images {
            match record.digest.as_deref().filter(|digest| is_digest(digest)) {
                Some(digest) => targets.entry(digest).or_default().push((name, record)),
                None => {
                    let shown = record.digest.as_deref().unwrap_or("nothing");
                    let expected = "sha256: and 64 digits";
                    crate::records::left_out("target", &shown, expected, &self.place.then(name), findings);
                }
            }
        }
        let mut reached = BTreeSet::new();
        for (digest, named) in &targets {
            let (mut image, details) = self.image(digest, named, &mut reached, findings);
            let names = Names::of(named.iter().map(|(name, _)| *name), digest);
            (image.names, image.digests) = (names.tags, names.digests);
            images.add(image, details);
        }
        self.add_unnamed(&mut images, &mut reached, findings);
        images.finish();
        images
    }

    /// An image by its target, with what can be read of it; its names are not put in.
    fn image(
        &self,
        digest: &str,
        named: &[(&str, &ImageRecord)],
        reached: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) -> (Image, Details) {
        let mut image = Image { config_digest: None, ..empty_image(self.store, digest) };
        let record = named.first().map(|(_, record)| *record);
        let mut details = Details {
            references: named.iter().map(|(name, _)| (*name).to_owned()).collect(),
            target: Descriptor {
                digest: digest.to_owned(),
                media_type: record.and_then(|record| record.media_type.clone()).unwrap_or_default(),
                size: record.and_then(|record| record.size),
                annotations: record.map(|record| record.annotations.clone()).unwrap_or_default(),
                platform: None,
            },
            parent: named.iter().find_map(|(_, record)| record.labels.get(PARENT).cloned()),
            last_tagged: named.iter().filter_map(|(_, record)| record.updated.clone()).max(),
            ..Details::default()
        };
        let target = details.target.clone();
        if let Some((manifest, config, layers)) = self.manifest(&mut image, &target, 0, reached, findings) {
            reached.extend(layers.iter().map(|layer| layer.digest.clone()));
            reached.insert(config.digest.clone());
            (details.manifest, details.layers, details.config_size) = (Some(manifest), layers, config.size);
            image.config_digest = Some(config.digest.clone());
            details.config = self.configuration(&mut image, &config, &details.layers, findings);
        }
        image.registry = self.registry(&details);
        (image, details)
    }

    /// What registries know of an image, by the labels that pulls and pushes leave on its blobs; `None` where the labels
    /// are lost.
    fn registry(&self, details: &Details) -> Option<Registry> {
        let sources = |descriptor: &Descriptor| -> Option<BTreeSet<String>> {
            let labels = &self.space.blobs.get(&descriptor.digest)?.labels;
            let named = labels.iter().filter_map(|(label, value)| Some((label.strip_prefix(SOURCE)?, value)));
            let split = named.flat_map(|(host, value)| value.split(',').map(move |name| format!("{host}/{name}")));
            Some(split.filter(|name| !name.ends_with('/')).map(|name| familiar(&name)).collect())
        };
        let own = sources(&details.target);
        let manifest = details.manifest.as_ref().and_then(sources);
        let layers: Vec<_> = details.layers.iter().map(sources).collect();
        let is_named = |found: &Option<BTreeSet<String>>| found.as_ref().is_some_and(|names| !names.is_empty());
        let state = match () {
            () if is_named(&own) || is_named(&manifest) => RegistryState::Known,
            () if layers.iter().any(is_named) => RegistryState::Layers,
            () if own.is_some() => RegistryState::LocalOnly,
            () => return None,
        };
        let all: BTreeSet<String> = [own, manifest].into_iter().chain(layers).flatten().flatten().collect();
        Some(Registry { state, repositories: all.into_iter().collect() })
    }

    /// The manifest at a target: itself, or the one of an index that fits best; with its configuration and layers.
    fn manifest(
        &self,
        image: &mut Image,
        target: &Descriptor,
        nesting: usize,
        reached: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) -> Option<(Descriptor, Descriptor, Vec<Descriptor>)> {
        reached.insert(target.digest.clone());
        match self.document(image, target, findings)? {
            Document::Manifest { config, layers, .. } => Some((target.clone(), config, layers)),
            Document::Index { manifests, .. } => {
                reached.extend(manifests.iter().map(|manifest| manifest.digest.clone()));
                let is_image = |manifest: &&Descriptor| !manifest.is_attestation();
                let chosen = manifests.iter().filter(is_image).max_by_key(|manifest| self.fitness(manifest));
                match chosen.filter(|_| nesting < MAX_NESTING) {
                    Some(chosen) => {
                        if let Some((architecture, os)) = &chosen.platform {
                            (image.architecture, image.os) = (Some(architecture.clone()), Some(os.clone()));
                        }
                        self.manifest(image, &chosen.clone(), nesting.saturating_add(1), reached, findings)
                    }
                    None => {
                        self.invalid(image, &"the index names no image", findings);
                        None
                    }
                }
            }
        }
    }

    /// How well a manifest of an index serves: whether it is there, then whether it is of the usual platform; of equal
    /// ones the first.
    fn fitness(&self, manifest: &Descriptor) -> (bool, bool) {
        let is_usual = |platform: &(String, String)| platform.0 == "amd64" && platform.1 == "linux";
        (self.content.blobs.contains_key(&manifest.digest), manifest.platform.as_ref().is_some_and(is_usual))
    }

    /// The index or manifest with this digest; where the blob is broken, what the labels of its record say that it named.
    fn document(&self, image: &mut Image, target: &Descriptor, findings: &mut Findings) -> Option<Document> {
        let digest = &target.digest;
        let read = self.content.document(&self.records, digest, &self.place, findings).and_then(|(value, is_exact)| {
            let place = self.place.then(digest);
            let document = Document::of(&value);
            Ok((document.ok_or_else(|| ReadError::corrupt(&place, "neither a manifest nor an index"))?, is_exact))
        });
        match read {
            Ok((document, is_exact)) => {
                if !is_exact {
                    self.changed(digest, findings);
                    image.state = ImageState::Damaged;
                }
                Some(document)
            }
            Err(error) => {
                self.invalid(image, &error.reason(), findings);
                let labels = &self.space.blobs.get(digest)?.labels;
                from_labels(labels, target.media_type.contains("index") || target.media_type.contains("list"))
            }
        }
    }

    /// The configuration of an image. Where it is not there, the layers are known by the labels of their blobs.
    fn configuration(
        &self,
        image: &mut Image,
        config: &Descriptor,
        layers: &[Descriptor],
        findings: &mut Findings,
    ) -> Option<Value> {
        let read = self.content.document(&self.records, &config.digest, &self.place, findings);
        let read = read.and_then(|(value, is_exact)| {
            let diff_ids = value.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")).and_then(Value::as_array);
            let count = diff_ids.map_or(0, Vec::len);
            if count > MAX_LAYERS {
                let what =
                    format_args!("image configuration: diff_ids has {count} layers, expected {MAX_LAYERS} at most");
                return Err(ReadError::corrupt(&self.place.then(&config.digest), what));
            }
            Ok((value, is_exact))
        });
        match read {
            Ok((value, is_exact)) => {
                let platform = (image.architecture.take(), image.os.take());
                describe(image, &value);
                image.architecture = image.architecture.take().or(platform.0);
                image.os = image.os.take().or(platform.1);
                if !is_exact {
                    self.changed(&config.digest, findings);
                    image.state = ImageState::Damaged;
                }
                Some(value)
            }
            Err(error) => {
                self.invalid(image, &error.reason(), findings);
                let diff_ids: Option<Vec<String>> = layers.iter().map(|layer| self.diff_id(layer)).collect();
                let known = serde_json::json!({ "rootfs": { "diff_ids": diff_ids.unwrap_or_default() } });
                let platform = (image.architecture.take(), image.os.take());
                describe(image, &known);
                (image.architecture, image.os) = platform;
                None
            }
        }
    }

    /// The diff id of a layer by its blob's record; one that is not compressed is its own.
    fn diff_id(&self, layer: &Descriptor) -> Option<String> {
        let label = self.space.blobs.get(&layer.digest).and_then(|blob| blob.labels.get(UNCOMPRESSED));
        let is_plain = layer.media_type.ends_with(".tar");
        label.cloned().or_else(|| is_plain.then(|| layer.digest.clone())).filter(|digest| is_digest(digest))
    }

    fn invalid(&self, image: &mut Image, reason: &dyn std::fmt::Display, findings: &mut Findings) {
        (image.state, image.hidden) = (ImageState::Damaged, Some(Hidden::ConfigInvalid));
        let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &image.id), ("reason", reason)];
        findings.add(&codes::store::IMAGE_DOCUMENT_INVALID, &self.place.then(&image.id), values);
    }

    fn changed(&self, digest: &str, findings: &mut Findings) {
        findings.add(&codes::store::BLOB_CHANGED, &self.place.then(digest), &[("blob", &digest)]);
    }

    /// Images that nothing in the database names: those whose manifests it does not know because it is broken, or shown
    /// in an earlier state.
    fn add_unnamed(&self, images: &mut Images, reached: &mut BTreeSet<String>, findings: &mut Findings) {
        if self.metadata.is_whole && !self.metadata.is_earlier {
            return;
        }
        let is_recorded = |digest: &String| {
            self.metadata.is_whole && self.metadata.namespaces.values().any(|space| space.blobs.contains_key(digest))
        };
        let mut documents: BTreeMap<&String, Document> = BTreeMap::new();
        let unknown =
            self.content.blobs.iter().filter(|(digest, _)| !reached.contains(*digest) && !is_recorded(digest));
        for (digest, blob) in unknown {
            // What cannot be read as a document is none of ours; as a layer it is told where it is one.
            let mut met = Findings::new();
            if self.content.may_be_document(&self.records, blob, &mut met)
                && let Ok((value, _)) = self.content.document(&self.records, digest, &self.place, &mut met)
                && let Some(document) = Document::of(&value)
            {
                documents.insert(digest, document);
            }
        }
        let named: BTreeSet<&str> = documents.values().flat_map(Document::digests).collect();
        let is_there = |digest: &String| self.content.blobs.contains_key(digest);
        let is_image = |document: &Document| match document {
            Document::Index { manifests, .. } => {
                manifests.iter().any(|manifest| !manifest.is_attestation() && is_there(&manifest.digest))
            }
            Document::Manifest { config, .. } => {
                let kind = &config.media_type;
                !document.is_attestation() && (kind.contains("image.config") || kind.contains("container.image"))
            }
        };
        for (digest, document) in &documents {
            if named.contains(digest.as_str()) || !is_image(document) {
                continue;
            }
            let (mut image, mut details) = self.image(digest, &[], reached, findings);
            image.hidden = Some(Hidden::NoNameInDatabase);
            let names = self.traces(digest, document);
            let shown = names.tags.iter().chain(&names.digests).cloned().collect::<Vec<_>>().join(", ");
            if !shown.is_empty() {
                let values: &[(&str, &dyn std::fmt::Display)] =
                    &[("image", digest), ("names", &shown), ("source", &"the annotations and labels of its blobs")];
                findings.add(&codes::store::IMAGE_NAME_DERIVED, &self.place.then(digest), values);
            }
            (image.names, image.digests) = (names.tags, names.digests);
            details.references.clone_from(&names.references);
            images.add(image, details);
        }
    }

    /// What names an image besides the database: annotations that archives bring along, and the repository it was pulled
    /// from.
    fn traces(&self, digest: &str, document: &Document) -> Names {
        let (own, beneath): (_, &[Descriptor]) = match document {
            Document::Index { manifests, annotations } => (annotations, manifests),
            Document::Manifest { annotations, .. } => (annotations, &[]),
        };
        let all = std::iter::once(own).chain(beneath.iter().map(|descriptor| &descriptor.annotations));
        let references: BTreeSet<&str> = all
            .flat_map(|annotations| {
                let full = annotations.get("io.containerd.image.name");
                // The other one may hold the tag alone.
                let other = annotations.get("org.opencontainers.image.ref.name");
                full.into_iter().chain(other.filter(|name| name.contains([':', '/'])))
            })
            .map(String::as_str)
            .collect();
        let mut names = Names::of(references.into_iter(), digest);
        for space in self.metadata.namespaces.values() {
            let labels = space.blobs.get(digest).map(|blob| &blob.labels);
            for (label, repositories) in labels.into_iter().flatten() {
                let Some(registry) = label.strip_prefix(SOURCE) else { continue };
                for name in repositories.split(',').filter(|name| !name.is_empty()) {
                    names.digests.push(format!("{}@{digest}", familiar(&format!("{registry}/{name}"))));
                }
            }
        }
        names.digests.sort();
        names.digests.dedup();
        names
    }
}

impl Images {
    fn add(&mut self, image: Image, details: Details) {
        self.details.insert(image.id.clone(), details);
        self.list.push(image);
    }

    /// Sorts the list and tells what kind each image is.
    fn finish(&mut self) {
        self.list.sort_by(|left, right| left.id.cmp(&right.id));
        let parents: BTreeSet<&str> = self.details.values().filter_map(|details| details.parent.as_deref()).collect();
        for image in &mut self.list {
            image.kind = match (image.names.is_empty(), image.digests.is_empty()) {
                (false, _) => ImageKind::Tagged,
                (true, false) => ImageKind::DigestOnly,
                (true, true) if parents.contains(image.id.as_str()) => ImageKind::Intermediate,
                (true, true) => ImageKind::Dangling,
            };
        }
    }

    /// Names the images that lost their names by the labels of the snapshots that were unpacked for them: a name and the
    /// digest of the manifest each.
    pub fn learn_from_snapshots<'s>(
        &mut self,
        labels: impl Iterator<Item = &'s (String, String)>,
        place: &Place,
        findings: &mut Findings,
    ) {
        let labels: BTreeSet<&(String, String)> = labels.collect();
        for (reference, manifest) in labels {
            let is_it = |details: &Details| details.manifest.as_ref().is_some_and(|found| found.digest == *manifest);
            let own: Vec<String> =
                self.details.iter().filter(|(_, details)| is_it(details)).map(|(id, _)| id.clone()).collect();
            // The name stands for the image itself, or for the index that names it.
            if let [id] = own.as_slice() {
                self.learn(id, &familiar(reference), "the labels of its unpacked layers", place, findings);
            }
        }
    }

    /// Names an image that lost its names by what another trace calls it.
    pub fn learn(&mut self, id: &str, reference: &str, source: &str, place: &Place, findings: &mut Findings) {
        let Some(image) = self.list.iter().find(|image| image.id == id) else { return };
        let is_id = is_hex64(reference) || is_digest(reference) || id.contains(reference);
        if image.hidden != Some(Hidden::NoNameInDatabase) || is_id {
            return;
        }
        let is_digest_only = reference.contains('@');
        let name = if is_digest_only || repository(reference).len() != reference.len() {
            reference.to_owned()
        } else {
            format!("{reference}:latest")
        };
        // Of several images that had one name, the first that is told of has it.
        if self.list.iter().any(|image| image.names.contains(&name) || image.digests.contains(&name)) {
            return;
        }
        let Some(image) = self.list.iter_mut().find(|image| image.id == id) else { return };
        let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &id), ("names", &name), ("source", &source)];
        findings.add(&codes::store::IMAGE_NAME_DERIVED, &place.then(id).then(&name), values);
        if is_digest_only {
            image.digests.push(name);
            image.digests.sort();
        } else {
            let digest = format!("{}@{id}", repository(&name));
            image.names.push(name);
            image.names.sort();
            if !image.digests.contains(&digest) {
                image.digests.push(digest);
                image.digests.sort();
            }
        }
        image.kind = if image.names.is_empty() { ImageKind::DigestOnly } else { ImageKind::Tagged };
    }
}

impl Images {
    /// Tells which images have lost their names.
    pub fn tell_nameless(&self, place: &Place, findings: &mut Findings) {
        let lost = self.list.iter().filter(|image| image.hidden == Some(Hidden::NoNameInDatabase));
        for image in lost.filter(|image| image.names.is_empty() && image.digests.is_empty()) {
            findings.add(&codes::store::IMAGE_NAME_LOST, &place.then(&image.id), &[("image", &image.id)]);
            let config = self.details.get(&image.id).and_then(|details| details.config.as_ref());
            tell_traces(image, config, place, findings);
        }
    }
}

/// What a manifest or an index named, by the labels that keep it from being collected: `config`, `l.<n>`, `m.<n>`; Docker's
/// own builder numbers them all, the configuration first.
fn from_labels(labels: &BTreeMap<String, String>, is_index: bool) -> Option<Document> {
    let mut config = None;
    let mut listed: BTreeMap<u32, Descriptor> = BTreeMap::new();
    for (label, digest) in labels {
        let Some(role) = label.strip_prefix(REFERENCE).filter(|_| is_digest(digest)) else { continue };
        let named = Descriptor { digest: digest.clone(), ..Descriptor::default() };
        let number = role.strip_prefix("l.").or(role.strip_prefix("m.")).unwrap_or(role).parse().ok();
        match (role, number) {
            ("config", _) => config = Some(named),
            ("0", _) if !is_index => config = config.or(Some(named)),
            (_, Some(number)) => drop(listed.insert(number, named)),
            _ => {}
        }
    }
    let listed: Vec<Descriptor> = listed.into_values().collect();
    match (config, is_index) {
        (_, true) if !listed.is_empty() => Some(Document::Index { manifests: listed, annotations: BTreeMap::new() }),
        (Some(config), false) => Some(Document::Manifest { config, layers: listed, annotations: BTreeMap::new() }),
        _ => None,
    }
}
