//! What an archive of images is made from.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, FileTree, Findings, Limits, NodeId, ReadError};
use serde_json::Value;

use crate::write::packed_layer::{Assembled, LayerForm, PackedLayer};

/// An image that goes into an archive.
pub struct ImageSource {
    /// Its id, by which messages call it too.
    pub id: String,
    /// Its names as people write them, `alpine:3`.
    pub names: Vec<String>,
    /// Its configuration, to the byte.
    pub config: Vec<u8>,
    /// Its layers, the lowest first.
    pub layers: Vec<LayerSource>,
    /// As a content store has it. When all of that is whole it is what is written, and nothing is put together.
    pub stored: Option<StoredImage>,
}

/// An image as a content store has it.
pub struct StoredImage {
    /// The descriptor of its index or manifest.
    pub target: Value,
    /// Digest of its configuration, and those of its layers' blobs, the lowest first.
    pub config: String,
    /// See `config`.
    pub layers: Vec<String>,
    /// Every blob that can be reached from the target and is there, by digest.
    pub blobs: Vec<(String, Rc<dyn ByteSource>)>,
    /// Whether a layer is packed with zstd, which not every engine knows.
    pub has_zstd: bool,
}

/// A layer that goes into an archive.
pub struct LayerSource {
    /// What messages call it: its chain id.
    pub name: String,
    /// `sha256:…` that its bytes have to have; `None` for one that was never packed.
    pub diff_id: Option<String>,
    /// Where its very bytes may come from, in the order they are tried: the first that has the digest is taken.
    pub forms: Vec<LayerForm>,
    /// Why its own store has none of them, when it has none.
    pub without: Option<String>,
    /// Its files, for when it has to be made anew; or why they are not there.
    pub tree: Result<(Rc<dyn FileTree>, NodeId), String>,
}

/// Puts a layer together without keeping it: what `verify` tells.
pub fn assemble(
    layer: &LayerForm,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Assembled, ReadError> {
    let mut packed = PackedLayer::new(layer, limits, cancel);
    let mut out = Vec::new();
    while packed.step(&mut out, findings)? {
        out.clear();
    }
    Ok(packed.finish())
}
