//! An image as `docker inspect` prints it.
//!
//! Source: moby `daemon/images/image_inspect.go` for the classic store, `daemon/containerd/image_inspect.go` for
//! containerd's, whose engines leave out what is long empty.

use careen_evidence::ReadError;
use careen_model::Image;
use careen_store::ContainerdStore;
use serde_json::{Value, json};

use super::{YEAR_1, list, text};
use crate::Session;
use crate::image_store::ImageStore;

impl Session {
    pub(super) fn inspect_image(&self, name: &str) -> Result<Value, ReadError> {
        let found = self.find_image(name)?;
        let (image, config) = (found.item, self.image_config(&found)?);
        let (parent, tagged) = (found.store.image_parent(&image.id), found.store.image_last_tagged(&image.id));
        let store = match found.store {
            ImageStore::Classic(store) => store,
            ImageStore::Containerd(store) => return Ok(of_containerd(image, config, store)),
        };
        let directories = store.image_directories(&image.id);
        let mut object = json!({
            "Id": image.id,
            "RepoTags": image.names,
            "RepoDigests": image.digests,
            "Parent": parent.unwrap_or_default(),
            "Comment": comment(config),
            "Created": config.get("created"),
            "Container": text(config, "container"),
            "ContainerConfig": container_config(config.get("container_config")),
            "DockerVersion": text(config, "docker_version"),
            "Author": text(config, "author"),
            "Config": container_config(config.get("config")),
            "Architecture": text(config, "architecture"),
            "Os": text(config, "os"),
            "Size": image.size,
            "VirtualSize": image.size,
            "GraphDriver": graph_driver(&found.open.store.driver, &directories),
            "RootFS": { "Type": "layers" },
            "Metadata": { "LastTagTime": tagged.unwrap_or(YEAR_1) },
        });
        put_optional(&mut object, image, config);
        Ok(object)
    }
}

/// An image of containerd's store.
fn of_containerd(image: &Image, config: &Value, store: &ContainerdStore) -> Value {
    let tagged = store.image_last_tagged(&image.id).unwrap_or(YEAR_1);
    // A name with a digest counts as a tag there.
    let with_digest = store.image_references(&image.id).iter().filter(|name| name.contains('@'));
    let with_digest =
        with_digest.filter_map(|name| image.digests.iter().find(|digest| name.ends_with(digest.as_str())));
    let tags: Vec<&String> = image.names.iter().chain(with_digest).collect();
    // Docker counts an image packed and unpacked.
    let size = image.size.zip(store.image_blobs_size(&image.id)).and_then(|(files, blobs)| files.checked_add(blobs));
    let mut object = json!({
        "Id": image.id,
        "RepoTags": tags,
        "RepoDigests": image.digests,
        "Parent": store.image_parent(&image.id).unwrap_or_default(),
        "Comment": comment(config),
        "Created": config.get("created"),
        "DockerVersion": "",
        "Author": text(config, "author"),
        "Config": image_config(config.get("config")),
        "Architecture": text(config, "architecture"),
        "Os": text(config, "os"),
        "Size": size,
        "GraphDriver": graph_driver(&store.store().driver, &[]),
        "RootFS": { "Type": "layers" },
        "Metadata": { "LastTagTime": tagged },
        "Descriptor": store.image_descriptor(&image.id),
    });
    put_optional(&mut object, image, config);
    object
}

/// What stands in the answer only when there is something.
fn put_optional(object: &mut Value, image: &Image, config: &Value) {
    if let Some(Value::Object(root)) = object.get_mut("RootFS")
        && !image.layers.is_empty()
    {
        root.insert("Layers".into(), image.layers.iter().map(|layer| layer.diff_id.clone()).collect());
    }
    if let (Value::Object(object), Some(variant)) = (object, config.get("variant")) {
        object.insert("Variant".into(), variant.clone());
    }
}

/// The comment of an image: its own, else that of its last step.
fn comment(config: &Value) -> String {
    match text(config, "comment") {
        own if own.is_empty() => {
            list(config.get("history")).last().map(|step| text(step, "comment")).unwrap_or_default()
        }
        own => own,
    }
}

/// The directories of a graph driver as Docker names them.
pub(super) fn graph_driver(driver: &str, directories: &[String]) -> Value {
    let Some((upper, lower)) = directories.split_first() else { return json!({ "Name": driver, "Data": null }) };
    let base = upper.strip_suffix("/diff").unwrap_or(upper);
    let mut data = json!({
        "MergedDir": format!("{base}/merged"), "UpperDir": upper, "WorkDir": format!("{base}/work"),
    });
    if let (Value::Object(data), false) = (&mut data, lower.is_empty()) {
        data.insert("LowerDir".into(), lower.join(":").into());
    }
    json!({ "Name": driver, "Data": data })
}

/// A container configuration with every key Docker prints: builders leave out what is empty.
pub(super) fn container_config(stored: Option<&Value>) -> Value {
    let mut all = json!({
        "Hostname": "", "Domainname": "", "User": "", "AttachStdin": false, "AttachStdout": false,
        "AttachStderr": false, "Tty": false, "OpenStdin": false, "StdinOnce": false, "Env": null, "Cmd": null,
        "Image": "", "Volumes": null, "WorkingDir": "", "Entrypoint": null, "OnBuild": null, "Labels": null,
    });
    if let (Value::Object(all), Some(Value::Object(stored))) = (&mut all, stored) {
        all.extend(stored.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    all
}

/// The configuration of an image of containerd's store, as Docker prints it: its own keys and no others (moby
/// `docker-image-spec`), the first eight always.
fn image_config(stored: Option<&Value>) -> Value {
    const SHOWN: [&str; 5] = ["ArgsEscaped", "ExposedPorts", "Healthcheck", "Shell", "StopSignal"];
    let mut all = json!({
        "Cmd": null, "Entrypoint": null, "Env": null, "Labels": null, "OnBuild": null, "User": "", "Volumes": null,
        "WorkingDir": "",
    });
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if let (Value::Object(all), Some(Value::Object(stored))) = (&mut all, stored) {
        for (key, value) in stored {
            if all.contains_key(key) || (SHOWN.contains(&key.as_str()) && !is_empty(value)) {
                all.insert(key.clone(), value.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparse_configuration_is_shown_with_every_key() {
        let shown = container_config(Some(&json!({ "Cmd": ["sh"], "Healthcheck": {} })));
        assert_eq!(shown["Cmd"], json!(["sh"]));
        assert_eq!(shown["Hostname"], "");
        assert!(shown.get("Healthcheck").is_some());
    }

    #[test]
    fn of_an_image_of_containerd_only_its_own_keys_are_shown() {
        let stored = json!({ "Cmd": ["sh"], "Hostname": "x", "Shell": [], "StopSignal": "SIGINT" });
        let shown = image_config(Some(&stored));
        assert_eq!(
            (&shown["Cmd"], &shown["StopSignal"], &shown["User"]),
            (&json!(["sh"]), &json!("SIGINT"), &json!(""))
        );
        assert!(shown.get("Hostname").is_none() && shown.get("Shell").is_none());
    }
}
