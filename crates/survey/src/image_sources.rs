//! What images are put together from again: configurations to the byte, layers by record, blob or directory.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_archive::write::{ImageSource, LayerForm, LayerRecord, LayerSource, StoredImage};
use careen_evidence::{Findings, ReadError};
use careen_model::{Container, Image};
use careen_store::{ContainerdStore, LayerFiles};
use serde_json::{Value, json};

use crate::image_store::ImageStore;
use crate::session::OpenStore;
use crate::trees::{Found, FoundImage};
use crate::{Scope, Session};

/// The record within the directory of a layer's record.
const RECORD: &[u8] = b"tar-split.json.gz";

impl Session {
    /// What an archive of a scope is made from: an image, or a container as an image.
    pub(crate) fn image_source(&self, scope: &Scope, findings: &mut Findings) -> Result<ImageSource, ReadError> {
        match scope {
            Scope::Image(name) => self.source_of_image(&self.find_image(name)?, findings),
            Scope::Container(name) => self.source_of_container(&self.find_container(name)?, findings),
            _ => Err(ReadError::unsupported(
                &self.place,
                format_args!("{scope} as an image, expected image:NAME or container:NAME"),
            )),
        }
    }

    fn source_of_image(&self, found: &FoundImage<'_>, findings: &mut Findings) -> Result<ImageSource, ReadError> {
        let image = found.item;
        let config = self.config_bytes(found.open, image, findings)?;
        let layers = self.sources_of_layers(found.open, image, findings)?;
        let stored = match found.open.images() {
            ImageStore::Classic(_) => None,
            ImageStore::Containerd(store) => stored(found.open, store, image, findings),
        };
        Ok(ImageSource { id: image.id.clone(), names: image.names.clone(), config, layers, stored })
    }

    /// A container's changes as one more layer above its image, with the container's own configuration.
    fn source_of_container(
        &self,
        found: &Found<'_, Container>,
        findings: &mut Findings,
    ) -> Result<ImageSource, ReadError> {
        let container = found.item;
        let bad =
            |what: String| ReadError::corrupt(&self.place.then(format_args!("container:{}", container.name)), what);
        let id = container.image_id.as_deref().ok_or_else(|| bad("its image is not known".to_owned()))?;
        let beneath = self.find_image(id)?;
        let mut source = self.source_of_image(&beneath, findings)?;
        let config = found.store.container_config(&container.id).and_then(|config| config.get("Config"));
        let config = config.ok_or_else(|| bad("its configuration cannot be read".to_owned()))?;
        let mut image: Value = serde_json::from_slice(&source.config)
            .map_err(|error| bad(format!("the configuration of its image {id} is no JSON: {error}")))?;
        let step = format!("careen export container:{}", container.name);
        let time = [&container.finished, &container.started, &container.created].into_iter().flatten().next();
        commit(&mut image, config, &step, time.map(String::as_str));
        let upper = match self.containerd_of(container) {
            Some((open, store)) => store.container_upper(&container.id, findings).map(|node| (open.tree.clone(), node)),
            None => {
                let upper = found.store.container_upper(&container.id, findings);
                upper.map(|node| (found.open.tree.clone(), node))
            }
        };
        source.layers.push(LayerSource {
            name: format!("changes:{}", container.name),
            diff_id: None,
            forms: Vec::new(),
            without: None,
            tree: upper.map_err(|error| error.to_string()),
        });
        source.stored = None;
        source.id = format!("container:{}", container.name);
        source.names = vec![format!("careen/{}:latest", name_part(&container.name))];
        source.config = image.to_string().into_bytes();
        Ok(source)
    }

    /// The configuration of an image to the byte.
    fn config_bytes(&self, open: &OpenStore, image: &Image, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        match open.images() {
            ImageStore::Classic(store) => store.image_config_bytes(&image.id, findings),
            ImageStore::Containerd(store) => {
                let digest = image.config_digest.as_deref().unwrap_or_default();
                store.document_bytes(digest, findings)
            }
        }
    }

    fn sources_of_layers(
        &self,
        open: &OpenStore,
        image: &Image,
        findings: &mut Findings,
    ) -> Result<Vec<LayerSource>, ReadError> {
        let mut layers = Vec::new();
        for layer in &image.layers {
            layers.push(self.layer_source(open, &layer.chain_id, Some(&layer.diff_id), findings)?);
        }
        Ok(layers)
    }

    /// What a layer is put together from: what its own store has of it, then what other stores of the disk have of the
    /// same layer. An error only when cancelled.
    pub(crate) fn layer_source(
        &self,
        open: &OpenStore,
        chain: &str,
        diff_id: Option<&str>,
        findings: &mut Findings,
    ) -> Result<LayerSource, ReadError> {
        let own = self.layer_form(open, chain, findings);
        let without = told(own.as_ref().err())?;
        let mut forms: Vec<LayerForm> = own.into_iter().collect();
        let mut met = Findings::new();
        let mut tree = match self.layer_directory(open, chain, &mut met) {
            Ok(tree) => Ok(tree),
            Err(error) => Err(told(Some(&error))?.unwrap_or_default()),
        };
        // What is wrong with another store's copy does not touch this answer.
        let mut unheard = Findings::new();
        let mut records: Vec<LayerRecord> = Vec::new();
        let mut directories: Vec<crate::witness::LayerTree> = Vec::new();
        for (other, chain) in self.same_layers(open, chain, diff_id) {
            match self.layer_form(other, chain, &mut unheard) {
                Err(error) if error.is_cancelled() => return Err(error),
                Ok(form) => forms.push(form),
                Err(_) => {}
            }
            if !matches!(other.images().layer_files(chain), Ok(LayerFiles::Directory(_))) {
                continue;
            }
            match self.layer_directory(other, chain, &mut unheard) {
                Err(error) if error.is_cancelled() => return Err(error),
                Ok(directory) => directories.push(directory),
                Err(_) => {}
            }
        }
        // What is wrong with its files matters when they are all there is; else it is told once no copy will do.
        if forms.len() < 2 {
            findings.absorb(met);
        }
        // A record is of use with any directory that has the files of the same layer.
        records.extend(forms.iter().filter_map(|form| match form {
            LayerForm::Record(record) => Some(record.clone()),
            _ => None,
        }));
        for record in records {
            for (tree, root) in directories.iter().chain(&tree) {
                if !Rc::ptr_eq(tree, &record.tree) || *root != record.root {
                    let with = LayerRecord { tree: Rc::clone(tree), root: *root, ..record.clone() };
                    forms.push(LayerForm::Record(with));
                }
            }
        }
        if tree.is_err()
            && let Some(directory) = directories.into_iter().next()
        {
            tree = Ok(directory);
        }
        Ok(LayerSource { name: chain.to_owned(), diff_id: diff_id.map(str::to_owned), forms, without, tree })
    }

    /// The layers of all stores with this diffID, but for this one.
    pub(crate) fn same_layers<'a>(
        &'a self,
        open: &'a OpenStore,
        chain: &'a str,
        diff_id: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a OpenStore, &'a str)> {
        let all = self.stores.iter().flat_map(|other| other.images().layers().iter().map(move |layer| (other, layer)));
        all.filter(move |(other, layer)| {
            let is_own = other.store.id == open.store.id && layer.chain_id == chain;
            diff_id.is_some() && layer.diff_id.as_deref() == diff_id && !is_own
        })
        .map(|(other, layer)| (other, layer.chain_id.as_str()))
        .take(MAX_COPIES)
    }

    fn layer_form(&self, open: &OpenStore, chain: &str, findings: &mut Findings) -> Result<LayerForm, ReadError> {
        let tree = &open.tree;
        let missing = |what: &str| ReadError::corrupt(&self.place.then(chain), format_args!("{what} is not there"));
        match open.images() {
            ImageStore::Classic(store) => {
                let directory = store.layer_record(chain).ok_or_else(|| missing("tar-split.json.gz"))?;
                let node = tree.lookup(directory, RECORD, findings)?.ok_or_else(|| missing("tar-split.json.gz"))?;
                let (record, place) = (tree.open(node, findings)?, tree.place(node));
                let root = store.layer_directory(chain)?;
                Ok(LayerForm::Record(LayerRecord { record, place, tree: tree.clone(), root }))
            }
            ImageStore::Containerd(store) => match store.layer_blob(chain) {
                Some(LayerFiles::Blob { node, .. }) => {
                    Ok(LayerForm::Blob { source: tree.open(node, findings)?, place: tree.place(node) })
                }
                _ => Err(missing("its blob")),
            },
        }
    }

    /// The files of a layer as a tree.
    pub(crate) fn layer_directory(
        &self,
        open: &OpenStore,
        chain: &str,
        findings: &mut Findings,
    ) -> Result<crate::witness::LayerTree, ReadError> {
        let files = open.images().layer_files(chain)?;
        if let LayerFiles::Whole(node) = files {
            let what = "its directory holds the files of the layers beneath as well";
            return Err(ReadError::unsupported(&open.tree.place(node), what));
        }
        let trees = self.layer_trees(open, vec![files], findings)?;
        trees.into_iter().next().ok_or_else(|| ReadError::corrupt(&self.place.then(chain), "it has no files"))
    }
}

/// What an error says, unless it is that of a cancellation.
fn told(error: Option<&ReadError>) -> Result<Option<String>, ReadError> {
    match error {
        Some(error) if error.is_cancelled() => Err(error.clone()),
        error => Ok(error.map(ReadError::to_string)),
    }
}

/// Copies of one layer in other stores that are tried: a disk has a handful of stores.
const MAX_COPIES: usize = 16;
/// Most blobs of one image that are taken: an index of many platforms with attestations has some dozen.
const MAX_BLOBS: usize = 4096;

/// An image as the content store has it: every blob that its target leads to and that is there. `None` when one of those
/// without which it is no image is not.
fn stored(open: &OpenStore, store: &ContainerdStore, image: &Image, findings: &mut Findings) -> Option<StoredImage> {
    let target = store.image_descriptor(&image.id)?;
    let config = image.config_digest.clone()?;
    let (mut ahead, mut blobs, mut layers) = (vec![image.id.clone()], BTreeMap::new(), None);
    let mut has_zstd = false;
    while let Some(digest) = ahead.pop() {
        if blobs.contains_key(&digest) || blobs.len() >= MAX_BLOBS {
            continue;
        }
        let Some(node) = store.blob(&digest, findings) else { continue };
        blobs.insert(digest.clone(), open.tree.open(node, findings).ok()?);
        // Layers are no documents: those are small and begin with a brace.
        let Ok(bytes) = store.document_bytes(&digest, &mut Findings::new()) else { continue };
        let Some(document) = bytes.starts_with(b"{").then(|| serde_json::from_slice::<Value>(&bytes).ok()).flatten()
        else {
            continue;
        };
        let digest_of = |value: &Value| value.get("digest").and_then(Value::as_str).map(str::to_owned);
        let list = |key: &str| -> Vec<String> {
            document.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(digest_of).collect()
        };
        let own = document.get("config").and_then(digest_of);
        if own.as_ref() == Some(&config) {
            layers = Some(list("layers"));
            let kinds = document.get("layers").and_then(Value::as_array).into_iter().flatten();
            let mut kinds = kinds.filter_map(|layer| layer.get("mediaType").and_then(Value::as_str));
            has_zstd = kinds.any(|kind| kind.ends_with("+zstd") || kind.ends_with(".zstd"));
        }
        ahead.extend(own.into_iter().chain(list("layers")).chain(list("manifests")));
    }
    let layers = layers?;
    let is_whole = std::iter::once(&config).chain(&layers).all(|digest| blobs.contains_key(digest));
    is_whole.then(|| StoredImage { target, config, layers, blobs: blobs.into_iter().collect(), has_zstd })
}

/// Makes the configuration of an image that of a container which ran on it (moby `daemon/commit.go`).
fn commit(image: &mut Value, container: &Value, step: &str, time: Option<&str>) {
    let Some(fields) = image.as_object_mut() else { return };
    let mut config = container.clone();
    if let Some(config) = config.as_object_mut() {
        // These belong to the container alone.
        config.retain(|key, value| !matches!(key.as_str(), "Hostname" | "Domainname" | "Image") && !value.is_null());
    }
    fields.retain(|key, _| !matches!(key.as_str(), "container" | "container_config" | "id" | "parent"));
    fields.insert("config".to_owned(), config);
    let mut history = json!({ "created_by": step });
    if let Some(time) = time {
        fields.insert("created".to_owned(), json!(time));
        if let Some(history) = history.as_object_mut() {
            history.insert("created".to_owned(), json!(time));
        }
    }
    match fields.get_mut("history").and_then(Value::as_array_mut) {
        Some(steps) => steps.push(history),
        None => drop(fields.insert("history".to_owned(), json!([history]))),
    }
}

/// A container's name as part of an image's: small letters, digits, and single signs between them.
fn name_part(name: &str) -> String {
    let mut part = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => part.push(letter),
            _ if part.is_empty() || part.ends_with('-') => {}
            _ => part.push('-'),
        }
    }
    let part = part.trim_end_matches('-');
    if part.is_empty() { "container".to_owned() } else { part.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_containers_become_names_of_images() {
        for (name, part) in [("web-1", "web-1"), ("My__App.", "my-app"), ("-", "container")] {
            assert_eq!(name_part(name), part);
        }
    }

    #[test]
    fn a_container_s_configuration_takes_the_place_of_its_image_s() {
        let mut image =
            json!({"config": {"Cmd": ["a"]}, "container": "x", "history": [{"created_by": "b"}], "os": "linux"});
        let container = json!({"Cmd": ["c"], "Hostname": "h", "Volumes": null});
        commit(&mut image, &container, "careen", Some("2024-01-01T00:00:00Z"));
        let expected = json!({
            "config": {"Cmd": ["c"]}, "os": "linux", "created": "2024-01-01T00:00:00Z",
            "history": [{"created_by": "b"}, {"created_by": "careen", "created": "2024-01-01T00:00:00Z"}]
        });
        assert_eq!(image, expected);
    }
}
