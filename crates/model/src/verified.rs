//! Whether layers can be given as the very bytes they were packed as.

use serde::{Deserialize, Serialize};

use crate::{CrossCheck, ImageKind, VerifiedBlob};

/// How well a layer is proven; the worst comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exactness {
    /// The bytes that can be put together have the layer's digest.
    Exact,
    /// Its files are there; a layer made anew of them has another digest.
    Rebuilt,
    /// Some of its files are not as they were when it was packed.
    Damaged,
    /// Its files are not there.
    Missing,
}

/// What was found out about a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiedLayer {
    /// Id of the store it lies in.
    pub store: String,
    /// sha256 over this and all layers beneath.
    pub chain_id: String,
    /// sha256 that its bytes have to have; `None` when it is not known.
    pub diff_id: Option<String>,
    /// How well it is proven.
    pub state: Exactness,
    /// Length of the bytes that were put together.
    pub size: Option<u64>,
    /// Why it is not exact, or not from its own store.
    pub reason: Option<String>,
    /// The files that are damaged, the first thousand of them.
    pub files: Vec<DamagedFile>,
    /// Ids of the images that use it.
    pub images: Vec<String>,
}

/// A file that is not as it was when its layer was packed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DamagedFile {
    /// Its path in the layer, without a slash before it; bytes that are not UTF-8 as U+FFFD.
    pub path: String,
    /// What is wrong.
    pub reason: String,
}

/// What was found out about an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiedImage {
    /// Its id.
    pub id: String,
    /// Id of the store it lies in.
    pub store: String,
    /// How it can be named.
    pub kind: ImageKind,
    /// Its names.
    pub names: Vec<String>,
    /// The worst of its layers.
    pub state: Exactness,
}

/// Layers, and the images that use them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verified {
    /// The images that were asked for, or all.
    pub images: Vec<VerifiedImage>,
    /// Their layers, each once.
    pub layers: Vec<VerifiedLayer>,
    /// What a second reader says of the files, when that was asked for.
    pub cross_check: Option<CrossCheck>,
    /// The blobs of the stores that were asked for.
    #[serde(default)]
    pub blobs: Vec<VerifiedBlob>,
}
