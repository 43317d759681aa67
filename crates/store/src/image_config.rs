//! What the configuration of an image says of it, in whichever store it lies.

use careen_evidence::{Findings, Place, codes};
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

/// Labels that tell what an image is (OCI image specification 1.1, annotations.md) and what Compose built it for.
const TELLING_LABELS: [&str; 7] = [
    "org.opencontainers.image.ref.name",
    "org.opencontainers.image.title",
    "org.opencontainers.image.version",
    "org.opencontainers.image.source",
    "com.docker.compose.project",
    "com.docker.compose.service",
    "maintainer",
];
/// Longest value of a label that is shown in a sentence.
const LONGEST_VALUE: usize = 100;

/// Tells by what an image without a name can be known: its labels, and the repositories its layers are known from. These
/// are no names: an image inherits them from the one it was built upon.
pub(crate) fn tell_traces(image: &Image, config: Option<&Value>, place: &Place, findings: &mut Findings) {
    let labels = config.and_then(|config| config.get("config")).and_then(|config| config.get("Labels"));
    let mut traces: Vec<String> = Vec::new();
    for label in TELLING_LABELS {
        if let Some(value) = labels.and_then(|labels| text_of(labels, label)) {
            let value: String = value.chars().take(LONGEST_VALUE).collect();
            traces.push(format!("{label}={value}"));
        }
    }
    let repositories = image.registry.iter().flat_map(|registry| &registry.repositories);
    traces.extend(repositories.map(|repository| format!("layers of {repository}")));
    if !traces.is_empty() {
        let values: &[(&str, &dyn std::fmt::Display)] = &[("image", &image.id), ("traces", &traces.join(", "))];
        findings.add(&codes::store::IMAGE_NAME_TRACES, &place.then(&image.id), values);
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
