//! Indexes and manifests.
//!
//! OCI image specification 1.1, `image-index.md`, `manifest.md`, `descriptor.md`; Docker's own media types have the same
//! fields (distribution, `manifest-v2-2.md`). A builder's attestations are manifests too (BuildKit,
//! `docs/attestations/attestation-storage.md`): they are no images.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::digest::is_digest;

/// Most layers of a manifest, and manifests of an index, that are looked at.
const MAX_LISTED: usize = 512;

/// What names a blob.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Descriptor {
    pub digest: String,
    pub media_type: String,
    pub size: Option<u64>,
    pub annotations: BTreeMap<String, String>,
    /// Architecture and operating system, in an index.
    pub platform: Option<(String, String)>,
}

/// What a blob with JSON turned out to be.
#[derive(Debug)]
pub(super) enum Document {
    Index { manifests: Vec<Descriptor>, annotations: BTreeMap<String, String> },
    Manifest { config: Descriptor, layers: Vec<Descriptor>, annotations: BTreeMap<String, String> },
}

impl Document {
    /// The index or manifest in this JSON; `None` for anything else.
    pub fn of(value: &Value) -> Option<Document> {
        let list = |key: &str| -> Option<Vec<Descriptor>> {
            match value.get(key)? {
                Value::Array(list) => Some(list.iter().take(MAX_LISTED).filter_map(Descriptor::of).collect()),
                Value::Null => Some(Vec::new()),
                _ => None,
            }
        };
        let annotations = texts(value.get("annotations"));
        if let Some(config) = value.get("config").and_then(Descriptor::of) {
            return Some(Document::Manifest { config, layers: list("layers")?, annotations });
        }
        let manifests = list("manifests").filter(|_| value.get("manifests").is_some_and(Value::is_array))?;
        Some(Document::Index { manifests, annotations })
    }

    /// The digests it names.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let (one, list) = match self {
            Document::Index { manifests, .. } => (None, manifests),
            Document::Manifest { config, layers, .. } => (Some(config), layers),
        };
        one.into_iter().chain(list).map(|descriptor| descriptor.digest.as_str())
    }

    /// Whether it tells how something was built, and is no image.
    pub fn is_attestation(&self) -> bool {
        match self {
            Document::Manifest { layers, .. } => {
                !layers.is_empty() && layers.iter().all(|layer| layer.media_type.starts_with("application/vnd.in-toto"))
            }
            Document::Index { .. } => false,
        }
    }
}

impl Descriptor {
    fn of(value: &Value) -> Option<Descriptor> {
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let digest = text(value, "digest");
        let platform = value.get("platform").filter(|platform| platform.is_object());
        is_digest(&digest).then(|| Descriptor {
            digest,
            media_type: text(value, "mediaType"),
            size: value.get("size").and_then(Value::as_u64),
            annotations: texts(value.get("annotations")),
            platform: platform.map(|platform| (text(platform, "architecture"), text(platform, "os"))),
        })
    }

    /// Whether an index names an attestation by it.
    pub fn is_attestation(&self) -> bool {
        let is_unknown = |platform: &(String, String)| platform.0 == "unknown" && platform.1 == "unknown";
        self.annotations.contains_key("vnd.docker.reference.type") || self.platform.as_ref().is_some_and(is_unknown)
    }

    /// As JSON.
    pub fn to_json(&self) -> Value {
        let mut value = json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.size });
        if let (Value::Object(value), false) = (&mut value, self.annotations.is_empty()) {
            value.insert("annotations".into(), json!(self.annotations));
        }
        value
    }
}

fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let texts = value.and_then(Value::as_object).into_iter().flatten();
    texts.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
