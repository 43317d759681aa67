//! What no registry has: all volumes, images that were made here, and containers that changed their files.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, ReadError, kept};
use careen_model::{
    ContainerOnlyHere, Image, ImageKind, ImageOnlyHere, OnlyHere, RegistryState, Stage, VolumeOnlyHere,
};

use crate::volumes::{Measured, measure};
use crate::{Observer, Scope, Session};

impl Session {
    /// What no registry has, and what it weighs. Volumes and the containers' own layers are walked; what of them cannot
    /// be read is told in `findings`. An error only when cancelled.
    pub fn only_here(&self, observer: Observer<'_>, findings: &mut Findings) -> Result<OnlyHere, ReadError> {
        let mut here = OnlyHere::default();
        for open in &self.volumes {
            let volume = &open.volume;
            let known = volume.size.zip(volume.files).map(|(size, files)| Measured { size, files });
            let measured = match known {
                Some(known) => Some(known),
                None => self.weigh(&volume.name, || self.volume_tree(open), observer, findings)?,
            };
            here.volumes.push(VolumeOnlyHere {
                name: volume.name.clone(),
                anonymous: volume.anonymous,
                size: measured.map(|measured| measured.size),
                files: measured.map(|measured| measured.files),
                used_by: volume.used_by.clone(),
            });
        }
        // By diffID: the same layer is written once.
        let mut layers: BTreeMap<&str, Option<u64>> = BTreeMap::new();
        let add = |image: &Image, all: &mut Vec<(String, Option<u64>)>| {
            all.extend(image.layers.iter().map(|layer| (layer.diff_id.clone(), layer.size)));
        };
        let mut taken = Vec::new();
        for image in self.images().filter(|image| is_only_here(image)) {
            add(image, &mut taken);
            here.images.push(ImageOnlyHere {
                id: image.id.clone(),
                store: image.store.clone(),
                names: image.names.clone(),
                registry: image.registry.as_ref().map(|registry| registry.state),
                size: image.size,
            });
        }
        for container in self.containers() {
            let scope = Scope::Changes(container.id.clone());
            let measured =
                self.weigh(&container.name, || self.tree(&scope, &mut Findings::new()), observer, findings)?;
            if measured.is_some_and(|measured| measured.files == 0) {
                continue;
            }
            let image = container.image_id.as_ref();
            if let Some(image) = image.and_then(|id| self.images().find(|image| image.id == *id)) {
                add(image, &mut taken);
            }
            here.containers.push(ContainerOnlyHere {
                id: container.id.clone(),
                name: container.name.clone(),
                store: container.store.clone(),
                image: container.image.clone(),
                size: measured.map(|measured| measured.size),
                files: measured.map(|measured| measured.files),
            });
        }
        layers.extend(taken.iter().map(|(diff_id, size)| (diff_id.as_str(), *size)));
        let sizes = here.volumes.iter().map(|volume| volume.size);
        let sizes = sizes.chain(here.containers.iter().map(|container| container.size)).chain(layers.into_values());
        let (mut size, mut without) = (0_u64, 0_u64);
        for known in sizes {
            size = size.saturating_add(known.unwrap_or(0));
            without = without.saturating_add(u64::from(known.is_none()));
        }
        (here.size, here.without_size) = (size, without);
        Ok(here)
    }

    /// What lies in a tree; `None` when it cannot be walked to its end, which is told.
    fn weigh(
        &self,
        name: &str,
        tree: impl FnOnce() -> Result<Rc<dyn FileTree>, ReadError>,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Option<Measured>, ReadError> {
        self.options().cancel.check()?;
        let mut report = || observer(self.progress(Stage::Volumes, name, 0, None));
        report();
        let Some(tree) = kept(tree(), findings)? else { return Ok(None) };
        // Losses elsewhere say nothing of this tree.
        let mut met = Findings::new();
        let measured = measure(&*tree, self.options(), &mut report, &mut met);
        findings.absorb(met);
        Ok(kept(measured, findings)?.flatten())
    }
}

/// Whether nothing says that a registry has this image. Those of the classic builder's steps go with the images they led
/// to.
fn is_only_here(image: &Image) -> bool {
    let is_known = image.registry.as_ref().is_some_and(|registry| registry.state == RegistryState::Known);
    !is_known && image.kind != ImageKind::Intermediate
}
