//! Images whose records are lost, as far as containers tell them: a container's record names the image it was made from
//! by id and by name, and the record of its layers names the topmost layer of that image. Builds that are remembered name
//! what they made as well.
//!
//! Where no record of any image is left, the stacks of layers are listed as what they are: files without a name.
//!
//! What is derived is marked so: the image is incomplete and hidden, and a finding says what it was taken from. An image
//! that was removed while a container of it stayed is not brought back; it is told with the container.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Place, codes};
use careen_model::{BuildRecord, Container, Hidden, ImageState, LayerOfImage, LayerState};

use super::containers::Mount;
use super::images::Images;
use super::layers::Layers;
use super::repositories::familiar;
use crate::digest::{is_digest, is_hex64};
use crate::image_config::empty_image;

/// What images are derived with.
pub(super) struct Witnesses<'a> {
    /// The containers of this store.
    pub containers: Vec<&'a Container>,
    pub mounts: &'a BTreeMap<String, Mount>,
    /// The builds that are remembered.
    pub builds: &'a [BuildRecord],
    pub layers: &'a Layers,
    /// Whether the file of names could be read, so that an image without a name has none.
    pub has_names: bool,
    /// Whether any record of an image could be found at all.
    pub has_records: bool,
    pub store: &'a str,
    pub place: &'a Place,
}

impl Witnesses<'_> {
    /// Puts in what containers know of images that have lost their records, and tells of images that are gone.
    pub fn derive(&self, images: &mut Images, findings: &mut Findings) {
        for container in &self.containers {
            let Some(id) = container.image_id.as_deref().filter(|id| is_digest(id)) else { continue };
            let is_listed = images.list.iter().any(|image| image.id == id);
            if !is_listed && self.has_records {
                self.tell_gone(container, id, findings);
                continue;
            }
            if !is_listed {
                let mut image = empty_image(self.store, id);
                (image.state, image.hidden) = (ImageState::Incomplete, Some(Hidden::ConfigInvalid));
                let at = images.list.partition_point(|known| known.id.as_str() < id);
                images.list.insert(at, image);
            }
            if !images.configurations.contains_key(id) && !images.derived.contains(id) {
                self.put_layers(images, container, id, findings);
            }
            if let Some(reference) = container.image.as_deref().filter(|_| !self.has_names || !is_listed) {
                let source = format!("the container {}, which was made from it", label(container));
                self.put_name(images, reference, id, &source, findings);
            }
        }
        if !self.has_names {
            self.put_names_of_builds(images, findings);
        }
        if !self.has_records {
            self.add_stacks(images, findings);
        }
    }

    /// Lists what is left where no record of an image is: every layer upon which no other lies, with all beneath it, is
    /// what an image consisted of. Its id is lost; it is listed under the chain id of that layer.
    fn add_stacks(&self, images: &mut Images, findings: &mut Findings) {
        let known: BTreeSet<String> =
            images.list.iter().flat_map(|image| &image.layers).map(|layer| layer.chain_id.clone()).collect();
        let mut count = 0_u64;
        for top in self.layers.tops().into_iter().filter(|top| !known.contains(*top)) {
            let mut image = empty_image(self.store, top);
            (image.state, image.hidden) = (ImageState::Incomplete, Some(Hidden::ConfigInvalid));
            image.config_digest = None;
            image.layers = rows(self.layers.chain(top));
            images.derived.insert(top.to_owned());
            images.list.push(image);
            count = count.saturating_add(1);
        }
        if count > 0 {
            images.list.sort_by(|left, right| left.id.cmp(&right.id));
            findings.add(&codes::derived::IMAGES_BY_LAYERS, self.place, &[("count", &count)]);
        }
    }

    /// The layers beneath a container are those of its image.
    fn put_layers(&self, images: &mut Images, container: &Container, id: &str, findings: &mut Findings) {
        let top = self.mounts.get(&container.id).and_then(|mount| mount.parent.as_deref());
        let Some(chain) = top.map(|top| self.layers.chain(top)) else { return };
        let Some(image) = images.list.iter_mut().find(|image| image.id == id) else { return };
        image.layers = rows(chain);
        images.derived.insert(id.to_owned());
        let values: &[(&str, &dyn std::fmt::Display)] =
            &[("image", &id), ("count", &image.layers.len()), ("container", &label(container))];
        findings.add(&codes::derived::IMAGE_DERIVED, &self.place.then(id), values);
    }

    /// What builds called the images they made; a name that several had is that of the last one.
    fn put_names_of_builds(&self, images: &mut Images, findings: &mut Findings) {
        for build in newest_first(self.builds) {
            let made: Vec<String> = images.list.iter().map(|image| image.id.clone()).collect();
            for id in made.into_iter().filter(|id| build.images.contains(id)) {
                for name in &build.names {
                    self.put_name(images, familiar(name), &id, &source_of_build(build), findings);
                }
            }
        }
    }

    /// A name that a trace gives to an image, unless another image has it.
    fn put_name(&self, images: &mut Images, reference: &str, id: &str, source: &str, findings: &mut Findings) {
        let is_id = reference.contains('@') || is_hex64(reference) || is_digest(reference);
        let short = id.strip_prefix("sha256:").unwrap_or(id);
        if is_id || short.starts_with(reference) {
            return;
        }
        let after_slash = reference.rsplit('/').next().unwrap_or(reference);
        let name = if after_slash.contains(':') { reference.to_owned() } else { format!("{reference}:latest") };
        if images.list.iter().any(|image| image.names.contains(&name)) {
            return;
        }
        if let Some(image) = images.list.iter_mut().find(|image| image.id == id) {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &id), ("names", &name), ("source", &source)];
            findings.add(&codes::store::IMAGE_NAME_DERIVED, &self.place.then(id).then(&name), values);
            image.names.push(name);
            image.names.sort();
        }
    }

    fn tell_gone(&self, container: &Container, id: &str, findings: &mut Findings) {
        let image = container.image.as_deref().unwrap_or(id);
        let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &label(container)), ("image", &image)];
        findings.add(&codes::derived::CONTAINER_IMAGE_GONE, &self.place.then(&container.id), values);
    }
}

/// Chain ids and diff ids as the layers of an image, of which nothing is known yet.
fn rows(chain: Vec<(String, String)>) -> Vec<LayerOfImage> {
    let row = |(chain_id, diff_id)| LayerOfImage { diff_id, chain_id, size: None, state: LayerState::Missing };
    chain.into_iter().map(row).collect()
}

/// The builds that ended, the last one first.
pub(crate) fn newest_first(builds: &[BuildRecord]) -> Vec<&BuildRecord> {
    let mut ended: Vec<&BuildRecord> = builds.iter().filter(|build| build.error.is_none()).collect();
    ended.sort_by(|left, right| (&right.finished, &left.id).cmp(&(&left.finished, &right.id)));
    ended
}

/// A build as the source of a name.
pub(crate) fn source_of_build(build: &BuildRecord) -> String {
    match &build.finished {
        Some(time) => format!("the build of {time}, which made it"),
        None => format!("the build {}, which made it", build.id),
    }
}

fn label(container: &Container) -> &str {
    if container.name.is_empty() { &container.id } else { &container.name }
}

/// Chain ids that something uses: these, and all beneath them.
pub(super) fn with_all_beneath<'l>(layers: &'l Layers, tops: impl Iterator<Item = &'l str>) -> BTreeSet<&'l str> {
    let mut used = BTreeSet::new();
    for top in tops {
        let mut next = Some(top);
        while let Some(chain) = next.filter(|chain| used.insert(*chain)) {
            next = layers.parent(chain);
        }
    }
    used
}
