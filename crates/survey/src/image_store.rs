//! Images and layers of either kind of store, through one door.

use careen_evidence::{Findings, NodeId, ReadError};
use careen_model::{Image, Layer};
use careen_store::{ClassicStore, ContainerdStore, LayerFiles};
use serde_json::Value;

use crate::session::OpenStore;

/// A store with images.
#[derive(Clone, Copy)]
pub(crate) enum ImageStore<'a> {
    /// Docker's graph drivers.
    Classic(&'a ClassicStore),
    /// containerd's.
    Containerd(&'a ContainerdStore),
}

/// A layer of a stack, and its diffID when it is part of an image.
pub(crate) type Stacked = (LayerFiles, Option<String>);

impl OpenStore {
    /// Where its images are.
    pub(crate) fn images(&self) -> ImageStore<'_> {
        self.containerd.as_ref().map_or(ImageStore::Classic(&self.classic), ImageStore::Containerd)
    }
}

impl<'a> ImageStore<'a> {
    pub(crate) fn images(self) -> &'a [Image] {
        match self {
            ImageStore::Classic(store) => store.images(),
            ImageStore::Containerd(store) => store.images(),
        }
    }

    pub(crate) fn layers(self) -> &'a [Layer] {
        match self {
            ImageStore::Classic(store) => store.layers(),
            ImageStore::Containerd(store) => store.layers(),
        }
    }

    /// An image's configuration as it is stored.
    pub(crate) fn image_config(self, id: &str) -> Option<&'a Value> {
        match self {
            ImageStore::Classic(store) => store.image_config(id),
            ImageStore::Containerd(store) => store.image_config(id),
        }
    }

    /// The image the classic builder built this one upon.
    pub(crate) fn image_parent(self, id: &str) -> Option<&'a str> {
        match self {
            ImageStore::Classic(store) => store.image_parent(id),
            ImageStore::Containerd(store) => store.image_parent(id),
        }
    }

    /// When an image was last tagged, as the engine wrote it.
    pub(crate) fn image_last_tagged(self, id: &str) -> Option<&'a str> {
        match self {
            ImageStore::Classic(store) => store.image_last_tagged(id),
            ImageStore::Containerd(store) => store.image_last_tagged(id),
        }
    }

    /// The names of an image as its database has them, where those are longer than what is shown.
    pub(crate) fn image_references(self, id: &str) -> &'a [String] {
        match self {
            ImageStore::Classic(_) => &[],
            ImageStore::Containerd(store) => store.image_references(id),
        }
    }

    /// The layers of an image, topmost first; where one is missing the list ends above it.
    pub(crate) fn image_layers(self, image: &Image, findings: &mut Findings) -> Result<Vec<Stacked>, ReadError> {
        match self {
            ImageStore::Classic(store) => {
                let layers = store.image_layers(&image.id, findings)?;
                // A directory with everything beneath does not tell which layer brought what.
                let top = image.layers.last().filter(|_| image.layers.len() > 1);
                let is_whole = top.is_some_and(|top| store.is_whole_layer(&top.chain_id));
                let diff_ids = image.layers.iter().rev().map(|layer| (!is_whole).then(|| layer.diff_id.clone()));
                Ok(layers.into_iter().map(LayerFiles::Directory).zip(diff_ids).collect())
            }
            ImageStore::Containerd(store) => {
                let layers = store.image_layers(&image.id, findings)?;
                Ok(layers.into_iter().map(|layer| (layer.files, layer.diff_id)).collect())
            }
        }
    }

    /// Whether deletions stand in the layers as names that begin with `.wh.`.
    pub(crate) fn has_named_whiteouts(self) -> bool {
        matches!(self, ImageStore::Classic(store) if store.has_named_whiteouts())
    }

    /// Whether deletions stand in the layers as devices and attributes, which a copy of the files may have lost.
    pub(crate) fn has_overlay_marks(self) -> bool {
        match self {
            ImageStore::Classic(store) => store.has_overlay_marks(),
            ImageStore::Containerd(_) => true,
        }
    }

    /// The files of one layer alone.
    pub(crate) fn layer_files(self, chain_id: &str) -> Result<LayerFiles, ReadError> {
        match self {
            ImageStore::Classic(store) => store.layer_directory(chain_id).map(LayerFiles::Directory),
            ImageStore::Containerd(store) => store.layer_files(chain_id),
        }
    }

    /// The layer whose directory this is.
    pub(crate) fn chain_at(self, directory: NodeId) -> Option<&'a str> {
        let is_it = |layer: &&Layer| match self.layer_files(&layer.chain_id) {
            Ok(LayerFiles::Directory(node)) => node == directory,
            _ => false,
        };
        self.layers().iter().find(is_it).map(|layer| layer.chain_id.as_str())
    }
}
