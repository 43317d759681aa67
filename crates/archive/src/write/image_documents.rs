//! The small files of an archive of images: configurations, indexes, `manifest.json`.

use careen_evidence::{Place, codes::export as codes};
use serde_json::{Value, json};

use crate::write::OnDamage;
use crate::write::image_source::{ImageSource, LayerSource};
use crate::write::images::digits;
use crate::write::manifest::{Report, json as text_of};
use crate::write::packed_layer::{BadFile, LayerForm};

/// What came of a layer.
pub(crate) struct Outcome<'a> {
    /// Digest and length, or why it is not there.
    pub(crate) found: Result<(String, u64), &'a str>,
    /// Whether its bytes are those it was packed as.
    pub(crate) is_exact: bool,
    /// What is wrong with it in its own store.
    pub(crate) reason: Option<&'a str>,
    /// Files of it that are bad there.
    pub(crate) bad: &'a [BadFile],
    /// The form it is given from, when that is not the first.
    pub(crate) form: Option<&'a LayerForm>,
}

/// The media type of a manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The configuration of an image whose layers have these digests: as it is where they are its own.
pub(crate) fn configuration(image: &ImageSource, diff_ids: &[String]) -> Result<Vec<u8>, String> {
    let is_same = image.layers.iter().zip(diff_ids).all(|(layer, digest)| layer.diff_id.as_ref() == Some(digest));
    if is_same {
        return Ok(image.config.clone());
    }
    let mut config: Value = serde_json::from_slice(&image.config).map_err(|error| error.to_string())?;
    let rootfs = config.get_mut("rootfs").and_then(Value::as_object_mut).ok_or("rootfs is missing")?;
    rootfs.insert("diff_ids".to_owned(), json!(diff_ids));
    Ok(text_of(&config).into_bytes())
}

/// The entries of an index for an image: one for each name, or one without.
pub(crate) fn entries(descriptor: &Value, names: &[String]) -> Vec<Value> {
    if names.is_empty() {
        return vec![descriptor.clone()];
    }
    names.iter().map(|name| annotated(descriptor, name)).collect()
}

/// The entry of an image in `manifest.json`.
pub(crate) fn docker_manifest(config: &str, names: &[String], layers: &[String]) -> Value {
    let path = |digest: &str| format!("blobs/sha256/{}", digits(digest));
    json!({
        "Config": path(config),
        "RepoTags": if names.is_empty() { Value::Null } else { json!(names) },
        "Layers": layers.iter().map(|digest| path(digest)).collect::<Vec<_>>(),
    })
}

/// A descriptor with the name that engines give the image when they load it.
fn annotated(descriptor: &Value, name: &str) -> Value {
    let mut descriptor = descriptor.clone();
    let tag = name.rsplit_once(':').map_or(name, |(_, tag)| tag);
    if let Some(fields) = descriptor.as_object_mut() {
        let annotations =
            json!({"io.containerd.image.name": full_name(name), "org.opencontainers.image.ref.name": tag});
        fields.insert("annotations".to_owned(), annotations);
    }
    descriptor
}

/// A name with the registry and library that people leave out (`distribution/reference`, `ParseNormalizedNamed`).
fn full_name(name: &str) -> String {
    match name.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
        None => format!("docker.io/library/{name}"),
    }
}

/// What the manifest tells of a layer.
pub(crate) fn tell_layer(layer: &LayerSource, outcome: &Outcome<'_>) -> Value {
    let bad = outcome.bad.iter();
    let damaged: Vec<Value> =
        bad.map(|bad| json!({"path": String::from_utf8_lossy(&bad.path), "reason": bad.reason})).collect();
    let mut row = match &outcome.found {
        Ok((digest, size)) => {
            let state = match &layer.diff_id {
                None => "made",
                Some(_) if outcome.is_exact => "exact",
                Some(_) => "rebuilt",
            };
            json!({"name": layer.name, "diff_id": layer.diff_id, "written": digest, "size": size, "state": state})
        }
        Err(reason) => {
            json!({"name": layer.name, "diff_id": layer.diff_id, "written": null, "state": "missing", "reason": reason})
        }
    };
    if let Some(fields) = row.as_object_mut() {
        if let Some(reason) = outcome.reason {
            fields.insert("reason".to_owned(), json!(reason));
        }
        if !damaged.is_empty() {
            fields.insert("damaged_files".to_owned(), Value::Array(damaged));
        }
    }
    row
}

/// The findings about a layer that is not simply exact.
pub(crate) fn tell_outcome(
    layer: &LayerSource,
    image: &str,
    outcome: &Outcome<'_>,
    on_damage: OnDamage,
    report: &mut Report,
) {
    let (Ok(_), Some(reason)) = (&outcome.found, outcome.reason) else { return };
    let place = Place::new(&layer.name);
    if outcome.is_exact {
        let copy = outcome.form.map(LayerForm::place).unwrap_or_default();
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("layer", &layer.name), ("reason", &reason), ("copy", &copy)];
        report.findings.add(&codes::LAYER_FROM_COPY, &place, &values);
        return;
    }
    let values: [(&str, &dyn std::fmt::Display); 3] = [("layer", &layer.name), ("image", &image), ("reason", &reason)];
    report.findings.add(&codes::EXPORT_LAYER_REBUILT, &place, &values);
    // Left out, each is told by itself; kept, they are told here.
    if let (Some(first), OnDamage::Gaps) = (outcome.bad.first(), on_damage) {
        let values: [(&str, &dyn std::fmt::Display); 4] = [
            ("layer", &layer.name),
            ("count", &outcome.bad.len()),
            ("path", &String::from_utf8_lossy(&first.path)),
            ("reason", &first.reason),
        ];
        report.findings.add(&codes::LAYER_FILES_DAMAGED, &place, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::full_name;

    #[test]
    fn names_get_what_people_leave_out() {
        for (name, full) in [
            ("alpine:3", "docker.io/library/alpine:3"),
            ("a/b:1", "docker.io/a/b:1"),
            ("localhost:5000/a:1", "localhost:5000/a:1"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
            ("localhost/a:1", "localhost/a:1"),
        ] {
            assert_eq!(full_name(name), full);
        }
    }
}
