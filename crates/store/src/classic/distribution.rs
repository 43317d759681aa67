//! Where layers came from or went to: `distribution/v2metadata-by-diffid/sha256/<diff id>`, an array of `{Digest,
//! SourceRepository, HMAC}` (moby `daemon/internal/distribution/metadata/v2_metadata_service.go`).
//!
//! The engine writes an entry when it pulls a layer and when it pushes one, so that a layer without any is in no registry
//! that this engine knows of.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::Findings;
use careen_model::{Image, Registry, RegistryState};

use super::repositories::familiar;
use crate::records::{Object, Records, kept, text_of};

/// Repositories by diff id.
pub(super) struct Distribution {
    sources: BTreeMap<String, BTreeSet<String>>,
    /// Whether the directory is there, so that a layer it does not name is in no registry.
    is_there: bool,
}

impl Distribution {
    /// Reads what is known of the layers of these images; `directory` is `distribution`.
    pub fn read(
        records: &Records<'_>,
        directory: Option<&Object>,
        images: &[Image],
        findings: &mut Findings,
    ) -> Distribution {
        let by_diff_id =
            directory.and_then(|directory| records.directory(directory, &["v2metadata-by-diffid", "sha256"], findings));
        // The engine makes the directory when it starts, what is in it when it needs it.
        let mut distribution = Distribution { sources: BTreeMap::new(), is_there: directory.is_some() };
        let Some(by_diff_id) = by_diff_id else { return distribution };
        let wanted: BTreeSet<&str> =
            images.iter().flat_map(|image| image.layers.iter().map(|layer| layer.diff_id.as_str())).collect();
        for (name, file) in records.entries(&by_diff_id, findings) {
            let diff_id = crate::digest::digest_of_hex(&name);
            if wanted.contains(diff_id.as_str()) {
                let sources = sources_of(records, &file, findings);
                distribution.sources.insert(diff_id, sources);
            }
        }
        distribution
    }

    /// What registries know of an image; `None` where nothing tells. `has_names` says that no repository digest can be
    /// missing.
    pub fn registry(&self, image: &Image, has_names: bool) -> Option<Registry> {
        let sources = |layer: &careen_model::LayerOfImage| self.sources.get(&layer.diff_id).into_iter().flatten();
        let mut all: BTreeSet<String> = image.layers.iter().flat_map(sources).cloned().collect();
        all.extend(image.digests.iter().filter_map(|digest| Some(digest.split_once('@')?.0.to_owned())));
        let is_known = |layer: &careen_model::LayerOfImage| sources(layer).next().is_some();
        let state = match () {
            () if !image.digests.is_empty() => RegistryState::Known,
            () if image.layers.iter().any(is_known) => RegistryState::Layers,
            () if has_names && self.is_there => RegistryState::LocalOnly,
            () => return None,
        };
        Some(Registry { state, repositories: all.into_iter().collect() })
    }
}

/// The repositories in one file; a broken one tells of none.
fn sources_of(records: &Records<'_>, file: &Object, findings: &mut Findings) -> BTreeSet<String> {
    let bytes = kept(records.bytes(file, findings), findings).unwrap_or_default();
    // An array is no record of its own; it is read as the only field of one.
    let wrapped = [b"{\"list\":".as_slice(), &bytes, b"}"].concat();
    let parsed = records.parse(&wrapped, &records.place(file));
    let list = parsed.as_ref().ok().and_then(|value| value.get("list")).and_then(serde_json::Value::as_array);
    let sources = list.into_iter().flatten().filter_map(|entry| text_of(entry, "SourceRepository"));
    sources.map(|source| familiar(source).to_owned()).collect()
}
