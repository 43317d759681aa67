//! Images and their layers.

use serde::{Deserialize, Serialize};

/// How an image can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageKind {
    /// Has at least one `name:tag`.
    Tagged,
    /// Known only by a repository digest.
    DigestOnly,
    /// No name, and no other image was built on it.
    Dangling,
    /// No name; a step of the classic builder beneath another image.
    Intermediate,
}

/// Whether an image is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageState {
    /// Every layer is there.
    Whole,
    /// Something of it fails a check.
    Damaged,
    /// Layers or the configuration are missing.
    Incomplete,
}

/// Why the engine would not list an image that is on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hidden {
    /// A layer of its chain is gone or unreadable.
    BrokenChain,
    /// Its configuration does not match its name or does not parse.
    ConfigInvalid,
    /// It lies in the store the engine does not use.
    OtherStore,
    /// No database names it.
    NoNameInDatabase,
}

/// Whether a layer's directory is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LayerState {
    /// Metadata and directory are there.
    Whole,
    /// Something of it fails a check.
    Damaged,
    /// Its metadata or directory is gone.
    Missing,
}

/// A layer as a part of an image, lowest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerOfImage {
    /// sha256 of the uncompressed layer tar.
    pub diff_id: String,
    /// sha256 over this and all layers beneath.
    pub chain_id: String,
    /// Unpacked size as the store recorded it.
    pub size: Option<u64>,
    /// Whether it is there.
    pub state: LayerState,
}

/// An image record of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// `sha256:…`, as `docker images` shows it.
    pub id: String,
    /// Id of the store it lies in.
    pub store: String,
    /// How it can be named.
    pub kind: ImageKind,
    /// Familiar references, `alpine:3`, in byte order.
    pub names: Vec<String>,
    /// `repo@sha256:…`, in byte order.
    pub digests: Vec<String>,
    /// When it was built.
    pub created: Option<String>,
    /// CPU architecture.
    pub architecture: Option<String>,
    /// Operating system.
    pub os: Option<String>,
    /// Sum of its layers' sizes, unpacked; `None` when one is unknown.
    pub size: Option<u64>,
    /// Its layers, lowest first.
    pub layers: Vec<LayerOfImage>,
    /// Whether it is complete.
    pub state: ImageState,
    /// Why the engine would not show it; `None` when it would.
    pub hidden: Option<Hidden>,
    /// Digest of its configuration.
    pub config_digest: Option<String>,
    /// What registries know of it; `None` where nothing tells.
    pub registry: Option<Registry>,
}

/// Whether an image can be had again from a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegistryState {
    /// It was pulled or pushed: a repository digest, or the repository its manifest came from, names it.
    Known,
    /// Some of its layers came from a registry; the image itself was made here.
    Layers,
    /// Nothing of it is in a registry that the engine knows of: this disk has the only copy.
    LocalOnly,
}

/// What registries know of an image, as far as the engine remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registry {
    /// How much of it.
    pub state: RegistryState,
    /// Repositories, with their registry unless it is Docker Hub, in byte order.
    pub repositories: Vec<String>,
}

impl Image {
    /// What a column or a row calls this image: its first name in byte order, else the first 12 digits of its id.
    pub fn label(&self) -> String {
        self.names.first().cloned().unwrap_or_else(|| self.short_id())
    }

    /// The first 12 hexadecimal digits of the id, as Docker shortens it.
    pub fn short_id(&self) -> String {
        self.id.strip_prefix("sha256:").unwrap_or(&self.id).chars().take(12).collect()
    }
}

/// A layer of a store, whether or not an image uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// Id of the store it lies in.
    pub store: String,
    /// sha256 over this and all layers beneath.
    pub chain_id: String,
    /// sha256 of the uncompressed layer tar.
    pub diff_id: Option<String>,
    /// Chain id of the layer beneath; `None` for a lowest layer.
    pub parent: Option<String>,
    /// Directory name in the graph driver.
    pub cache_id: Option<String>,
    /// Unpacked size as the store recorded it.
    pub size: Option<u64>,
    /// Whether its directory is there.
    pub state: LayerState,
    /// Ids of the images that use it, in byte order.
    pub images: Vec<String>,
}
