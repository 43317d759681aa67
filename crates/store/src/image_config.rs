//! What the configuration of an image says of it, in whichever store it lies.

use careen_model::{Image, ImageKind, ImageState, LayerOfImage, LayerState};
use serde_json::Value;

use crate::digest::chain_ids;
use crate::records::{text_of, time_of};

/// An image of which nothing but its id is known.
pub(crate) fn empty_image(store: &str, id: &str) -> Image {
    Image {
        id: id.to_owned(),
        store: store.to_owned(),
        kind: ImageKind::Dangling,
        names: Vec::new(),
        digests: Vec::new(),
        created: None,
        architecture: None,
        os: None,
        size: None,
        layers: Vec::new(),
        state: ImageState::Whole,
        hidden: None,
        config_digest: Some(id.to_owned()),
        registry: None,
    }
}

/// Takes from an image configuration (OCI image specification 1.1, config.md) what is shown of it.
pub(crate) fn describe(image: &mut Image, configuration: &Value) {
    image.created = time_of(configuration, "created");
    image.architecture = text_of(configuration, "architecture").map(str::to_owned);
    image.os = text_of(configuration, "os").map(str::to_owned);
    let diff_ids = configuration.get("rootfs").and_then(|rootfs| rootfs.get("diff_ids")).and_then(Value::as_array);
    let diff_ids: Vec<&str> = diff_ids.into_iter().flatten().map(|id| id.as_str().unwrap_or("")).collect();
    let chain_ids = chain_ids(diff_ids.iter().copied());
    let layer = |(diff_id, chain_id): (&&str, String)| LayerOfImage {
        diff_id: (*diff_id).to_owned(),
        chain_id,
        size: None,
        state: LayerState::Missing,
    };
    image.layers = diff_ids.iter().zip(chain_ids).map(layer).collect();
}
