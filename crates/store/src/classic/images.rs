//! Image records: `imagedb/content/sha256/<id>`, the configuration whose digest is the image's id, and
//! `imagedb/metadata/sha256/<id>/{parent,lastUpdated}` (moby `daemon/internal/image/fs.go`).
//!
//! A configuration that is not what its name says is shown as far as it parses; the engine would hide it.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Place, ReadError, codes};
use careen_model::{Hidden, Image, ImageKind, ImageState, LayerOfImage, LayerState};
use serde_json::Value;

use super::layers::{Layers, MAX_LAYERS};
use super::repositories::Names;
use crate::digest::{digest_of_hex, is_digest, is_hex64, sha256};
use crate::image_config::{describe, empty_image, tell_traces};
use crate::records::{Object, Records, left_out};

/// Most images named in one finding.
const MAX_SHOWN: usize = 5;

/// The images of a store.
#[derive(Default)]
pub(super) struct Images {
    /// By id, in byte order.
    pub list: Vec<Image>,
    /// Configurations that parse, by image id.
    pub configurations: BTreeMap<String, Value>,
    /// Ids of images whose layers were told by a container.
    pub derived: BTreeSet<String>,
    /// The files they stand in.
    pub files: BTreeMap<String, Object>,
    /// Image the classic builder built upon, by image id.
    pub parents: BTreeMap<String, String>,
    /// When an image was last tagged, as the engine wrote it.
    pub last_tagged: BTreeMap<String, String>,
}

impl Images {
    /// Reads every record of `database` (`imagedb`), and puts the names to them.
    pub fn read(
        records: &Records<'_>,
        database: Option<&Object>,
        names: Names,
        store: &str,
        findings: &mut Findings,
    ) -> Images {
        let mut images = Images::default();
        if let Some(database) = database {
            images.read_configurations(records, database, store, findings);
            images.read_metadata(records, database, findings);
        }
        images.put_names(records, database, names, store, findings);
        images.put_kinds();
        images
    }

    fn read_configurations(&mut self, records: &Records<'_>, database: &Object, store: &str, findings: &mut Findings) {
        let Some(directory) = records.directory(database, &["content", "sha256"], findings) else { return };
        let entries = records.entries(&directory, findings);
        records.prefetch(entries.iter().map(|(_, object)| object));
        for (name, file) in entries {
            if !is_hex64(&name) {
                records.leftover(&file, &name, findings);
                continue;
            }
            let id = digest_of_hex(&name);
            let mut image = empty_image(store, &id);
            self.files.insert(id.clone(), file.clone());
            match self.read_configuration(records, &file, &id, findings) {
                Ok((configuration, is_exact)) => {
                    describe(&mut image, &configuration);
                    if !is_exact {
                        (image.state, image.hidden) = (ImageState::Damaged, Some(Hidden::ConfigInvalid));
                    }
                    self.configurations.insert(id, configuration);
                }
                Err(error) => {
                    (image.state, image.hidden) = (ImageState::Damaged, Some(Hidden::ConfigInvalid));
                    let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &id), ("reason", &error.reason())];
                    findings.add(&codes::store::IMAGE_CONFIG_INVALID, &error.place, values);
                }
            }
            self.list.push(image);
        }
    }

    /// A configuration, and whether its digest is the image's id.
    fn read_configuration(
        &self,
        records: &Records<'_>,
        file: &Object,
        id: &str,
        findings: &mut Findings,
    ) -> Result<(Value, bool), ReadError> {
        let place = records.place(file);
        let bytes = records.bytes(file, findings)?;
        let configuration = records.parse(&bytes, &place)?;
        let Some(rootfs) = configuration.get("rootfs").and_then(Value::as_object) else {
            return Err(ReadError::corrupt(&place, "image configuration: rootfs is missing"));
        };
        let layers = rootfs.get("diff_ids").and_then(Value::as_array).map_or(0, Vec::len);
        if layers > MAX_LAYERS {
            let what = format_args!("image configuration: diff_ids has {layers} layers, expected {MAX_LAYERS} at most");
            return Err(ReadError::corrupt(&place, what));
        }
        let digest = sha256(&bytes);
        if digest != id {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &id), ("digest", &digest)];
            findings.add(&codes::store::IMAGE_CONFIG_DIGEST, &place, values);
        }
        Ok((configuration, digest == id))
    }

    fn read_metadata(&mut self, records: &Records<'_>, database: &Object, findings: &mut Findings) {
        let Some(directory) = records.directory(database, &["metadata", "sha256"], findings) else { return };
        for (name, object) in records.directories(&directory, findings) {
            if !is_hex64(&name) {
                records.leftover(&object, &name, findings);
                continue;
            }
            let id = digest_of_hex(&name);
            let mut read = |name: &str, is_right: &dyn Fn(&str) -> bool, expected: &str| {
                let text = records.word(&object, name, findings)?;
                if !is_right(&text) {
                    left_out(name, &format_args!("{text:?}"), expected, &records.place(&object).then(name), findings);
                }
                Some(text).filter(|text| is_right(text))
            };
            let parent = read("parent", &is_digest, "sha256: and 64 digits");
            let time = read("lastUpdated", &|text| !text.is_empty(), "a time");
            self.parents.extend(parent.map(|parent| (id.clone(), parent)));
            self.last_tagged.extend(time.map(|time| (id, time)));
        }
    }

    /// Gives the images their names. A name of an image that has no record makes one, so that it is not forgotten.
    fn put_names(
        &mut self,
        records: &Records<'_>,
        database: Option<&Object>,
        names: Names,
        store: &str,
        findings: &mut Findings,
    ) {
        let known: BTreeSet<String> = self.list.iter().map(|image| image.id.clone()).collect();
        for (id, references) in names.iter().filter(|(id, _)| !known.contains(*id)) {
            let place = database.map(|database| records.place(database)).unwrap_or_default();
            let values: &[(&str, &dyn std::fmt::Display)] = &[("image", id), ("names", &references.join(", "))];
            findings.add(&codes::store::IMAGE_RECORD_MISSING, &place.then(id), values);
            let mut image = empty_image(store, id);
            (image.state, image.hidden) = (ImageState::Incomplete, Some(Hidden::ConfigInvalid));
            self.list.push(image);
        }
        self.list.sort_by(|left, right| left.id.cmp(&right.id));
        for image in &mut self.list {
            let references = names.get(&image.id).into_iter().flatten().cloned();
            let (digests, tags): (BTreeSet<String>, BTreeSet<String>) = references.partition(|name| name.contains('@'));
            (image.names, image.digests) = (tags.into_iter().collect(), digests.into_iter().collect());
        }
    }

    /// Whether the layers of an image are known.
    pub fn is_described(&self, id: &str) -> bool {
        self.configurations.contains_key(id) || self.derived.contains(id)
    }

    /// Sorts the images by how they can be named.
    pub fn put_kinds(&mut self) {
        let parents: BTreeSet<&String> = self.parents.values().collect();
        for image in &mut self.list {
            image.kind = match (image.names.is_empty(), image.digests.is_empty()) {
                (false, _) => ImageKind::Tagged,
                (true, false) => ImageKind::DigestOnly,
                (true, true) if parents.contains(&image.id) => ImageKind::Intermediate,
                (true, true) => ImageKind::Dangling,
            };
        }
    }

    /// Tells what else there is to know an image by that has no name.
    pub fn tell_traces(&self, place: &Place, findings: &mut Findings) {
        let is_nameless = |image: &&Image| image.kind == ImageKind::Dangling;
        for image in self.list.iter().filter(is_nameless) {
            tell_traces(image, self.configurations.get(&image.id), place, findings);
        }
    }

    /// Tells each image what is left of its layers.
    pub fn put_layers(&mut self, layers: &Layers, has_directories: bool, place: &Place, findings: &mut Findings) {
        // Labels of the images that lack a layer's record, by the topmost such layer.
        let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for image in &mut self.list {
            for layer in &mut image.layers {
                layer.size = layers.size(&layer.chain_id);
                layer.state = layers.state(&layer.chain_id, has_directories);
            }
            if let Some(layer) = image.layers.iter().rev().find(|layer| !layers.has_record(&layer.chain_id)) {
                missing.entry(layer.chain_id.clone()).or_default().push(image.label());
            }
            // A configuration that cannot be read does not tell the layers, so their sizes are not known to be none.
            let is_described = self.configurations.contains_key(&image.id) || self.derived.contains(&image.id);
            let mut sizes = image.layers.iter().map(|layer| layer.size);
            let sum = sizes.try_fold(0_u64, |sum, size| Some(sum.saturating_add(size?)));
            image.size = sum.filter(|_| is_described);
            let is_any = |state| image.layers.iter().any(|layer| layer.state == state);
            if is_any(LayerState::Missing) {
                image.state = ImageState::Incomplete;
            } else if image.state == ImageState::Whole && is_any(LayerState::Damaged) {
                image.state = ImageState::Damaged;
            }
            let is_known = |layer: &LayerOfImage| layers.is_known_to_engine(&layer.chain_id);
            if image.hidden.is_none() && !image.layers.iter().all(is_known) {
                image.hidden = Some(Hidden::BrokenChain);
            }
        }
        for (layer, images) in missing {
            let shown = images.iter().take(MAX_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let values: &[(&str, &dyn std::fmt::Display)] =
                &[("layer", &layer), ("count", &images.len()), ("images", &shown)];
            findings.add(&codes::store::LAYER_RECORD_MISSING, &place.then(&layer), values);
        }
    }
}
