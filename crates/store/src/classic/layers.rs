//! Layer records: `layerdb/sha256/<chain id>/{diff,parent,cache-id,size}` (moby `daemon/internal/layer/filestore.go`).
//!
//! The engine forgets a layer without usable `diff`, `size` or `cache-id`, and with it every image above. Here each of
//! them is repaired where something else proves it: diff id and parent by the configurations of the images, whose chain
//! ids are hashes over both; the directory by the names that overlay2's directories have for one another.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Code, Findings, Kind, NodeId, ReadError, codes};
use careen_model::{Image, Layer, LayerState};

use super::graph::Graph;
use crate::digest::{chain_id, digest_of_hex, is_digest, is_hex64};
use crate::records::{Object, Records};

/// Deepest stack followed. The engine makes at most 125 layers (`daemon/internal/layer/layer_store.go`).
pub(crate) const MAX_LAYERS: usize = 512;
/// Most layers whose lost directory is searched for: each search looks at every directory nobody names.
const MAX_SEARCHES: usize = 256;

/// The layers of a store by their chain ids.
#[derive(Default)]
pub(super) struct Layers {
    records: BTreeMap<String, Record>,
}

/// What is known of a layer.
struct Record {
    object: Object,
    diff_id: Option<String>,
    parent: Option<String>,
    cache_id: Option<String>,
    size: Option<u64>,
    /// The directory with its files.
    content: Option<Object>,
    /// That directory has everything beneath as well.
    is_whole: bool,
    /// Whether the engine would forget it.
    is_dropped: bool,
    /// Whether any of its record had to be repaired or contradicts another.
    is_damaged: bool,
}

impl Layers {
    /// Reads the records; `containers` are the cache ids of containers' own layers with the chain id beneath each.
    pub fn read(
        records: &Records<'_>,
        database: &Object,
        graph: &Graph,
        images: &[Image],
        containers: &[(String, Option<String>)],
        findings: &mut Findings,
    ) -> Layers {
        let mut layers = Layers::default();
        if let Some(directory) = records.directory(database, &["sha256"], findings) {
            let entries = records.directories(&directory, findings);
            let (whole, half): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(name, _)| is_hex64(name));
            for (name, object) in whole {
                layers.records.insert(digest_of_hex(&name), Record::read(records, object, findings));
            }
            // `<chain id>-<random>-removing` is a layer whose removal was interrupted.
            for (name, object) in half {
                let chain = name.ends_with("-removing").then(|| name.get(..64)).flatten().filter(|hex| is_hex64(hex));
                let code = &codes::derived::LAYER_HALF_REMOVED;
                layers.adopt(records, graph, (&name, object), chain.map(digest_of_hex), code, findings);
            }
        }
        if let Some(directory) = records.directory(database, &["tmp"], findings) {
            for (name, object) in records.entries(&directory, findings) {
                layers.adopt(records, graph, (&name, object), None, &codes::derived::LAYER_HALF_MADE, findings);
            }
        }
        layers.prove(records, images, findings);
        layers.find_directories(records, graph, containers, findings);
        layers
    }

    /// Takes a record that the engine left behind half removed or half made, when its chain id is proved by what it says
    /// itself, its directory is there, and there is no other record of the layer. `chain` is the id its name says.
    fn adopt(
        &mut self,
        records: &Records<'_>,
        graph: &Graph,
        (name, object): (&str, Object),
        chain: Option<String>,
        code: &'static Code,
        findings: &mut Findings,
    ) {
        let mut met = Findings::new();
        let is_directory = records.is_kind(&object, Kind::Directory, &mut met);
        let record = is_directory.then(|| Record::read(records, object.clone(), &mut met));
        let proven = record.as_ref().and_then(|it| Some(chain_id(it.parent.as_deref(), it.diff_id.as_deref()?)));
        let has_files =
            record.as_ref().and_then(|record| graph.content(records, record.cache_id.as_deref()?, &mut met)).is_some();
        match (record, proven) {
            (Some(record), Some(proven))
                if has_files && chain.is_none_or(|chain| chain == proven) && !self.records.contains_key(&proven) =>
            {
                findings.add(code, &records.place(&object), &[("layer", &proven)]);
                self.records.insert(proven, Record { is_dropped: true, is_damaged: true, ..record });
            }
            _ => records.leftover(&object, name, findings),
        }
    }

    /// Puts in from the images' configurations what the records lack of diff id and parent, and checks the chain.
    fn prove(&mut self, records: &Records<'_>, images: &[Image], findings: &mut Findings) {
        let mut proven: BTreeMap<&str, (&str, Option<&str>)> = BTreeMap::new();
        for image in images {
            let mut beneath = None;
            for layer in &image.layers {
                proven.insert(&layer.chain_id, (&layer.diff_id, beneath));
                beneath = Some(layer.chain_id.as_str());
            }
        }
        for (chain, record) in &mut self.records {
            let known = proven.get(chain.as_str());
            let of_record = record.diff_id.as_ref().map(|diff| chain_id(record.parent.as_deref(), diff));
            if of_record.as_ref() == Some(chain) {
                continue;
            }
            record.is_damaged = true;
            record.is_dropped |= record.diff_id.is_none();
            let place = records.place(&record.object);
            match known {
                Some((diff_id, parent)) => {
                    record.diff_id = Some((*diff_id).to_owned());
                    record.parent = parent.map(str::to_owned);
                    findings.add(&codes::store::LAYER_RECORD_REPAIRED, &place, &[("layer", chain)]);
                }
                None => findings.add(&codes::store::LAYER_RECORD_BROKEN, &place, &[("layer", chain)]),
            }
        }
    }

    /// Finds the directory of every layer, by its record or, where that has lost it, by what proves it.
    fn find_directories(
        &mut self,
        records: &Records<'_>,
        graph: &Graph,
        containers: &[(String, Option<String>)],
        findings: &mut Findings,
    ) {
        graph.prefetch(records, self.records.values().filter_map(|record| record.cache_id.as_deref()));
        for record in self.records.values_mut() {
            record.content = record.cache_id.as_deref().and_then(|id| graph.content(records, id, findings));
            record.is_whole = record.cache_id.as_deref().is_some_and(|id| graph.is_whole(records, id, findings));
        }
        if !graph.has_directories() {
            return;
        }
        let lost: Vec<String> = self
            .records
            .iter()
            .filter(|(_, record)| record.content.is_none())
            .map(|(chain, _)| chain.clone())
            .collect();
        // Directories that belong to something known, and those that stand right above each layer.
        let mut named: BTreeSet<String> = containers.iter().map(|(cache_id, _)| cache_id.clone()).collect();
        let mut above: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (cache_id, parent) in containers {
            above.entry(parent.clone().unwrap_or_default()).or_default().push(cache_id.clone());
        }
        for record in self.records.values() {
            if let (Some(cache_id), Some(_)) = (&record.cache_id, &record.content) {
                named.insert(cache_id.clone());
                above.entry(record.parent.clone().unwrap_or_default()).or_default().push(cache_id.clone());
            }
        }
        for (count, chain) in lost.into_iter().enumerate() {
            let Some(record) = self.records.get(&chain) else { continue };
            let beneath = record.parent.as_ref().map(|parent| self.records.get(parent)?.cache_id.as_deref());
            let found = match beneath {
                _ if count >= MAX_SEARCHES => None,
                Some(None) => None,
                beneath => {
                    let above = above.get(&chain).map_or(&[][..], Vec::as_slice);
                    graph.find(records, above, beneath.flatten(), |name| is_nameless(&named, name), findings)
                }
            };
            let place = records.place(&record.object).then("cache-id");
            let Some(record) = self.records.get_mut(&chain) else { continue };
            record.is_dropped |= record.cache_id.is_none();
            record.content = found.as_deref().and_then(|cache_id| graph.content(records, cache_id, findings));
            match (&record.content, found) {
                (Some(_), Some(found)) => {
                    let values: &[(&str, &dyn std::fmt::Display)] = &[("layer", &chain), ("directory", &found)];
                    findings.add(&codes::store::LAYER_DIRECTORY_FOUND, &place, values);
                    record.is_damaged = true;
                    named.insert(found.clone());
                    record.cache_id = Some(found);
                }
                _ => {
                    let cache_id = record.cache_id.as_deref().unwrap_or("");
                    let values: &[(&str, &dyn std::fmt::Display)] = &[("layer", &chain), ("directory", &cache_id)];
                    findings.add(&codes::store::LAYER_DIRECTORY_MISSING, &place, values);
                }
            }
        }
    }

    /// Checks the names the engine mounts by against the records.
    pub fn check_names(&self, records: &Records<'_>, graph: &Graph, findings: &mut Findings) {
        for (chain, record) in &self.records {
            let whole = record.content.is_some().then(|| self.cache_ids(chain)).flatten();
            if let Some(stack) = whole {
                graph.check(records, &stack, findings);
            }
        }
    }

    /// The cache ids of a layer and all beneath it, nearest first; `None` when one of them is unknown.
    pub fn cache_ids(&self, chain: &str) -> Option<Vec<&str>> {
        let mut cache_ids = Vec::new();
        let mut next = Some(chain);
        while let Some(chain) = next {
            let record = self.records.get(chain).filter(|_| cache_ids.len() < MAX_LAYERS)?;
            cache_ids.push(record.cache_id.as_deref()?);
            next = record.parent.as_deref();
        }
        Some(cache_ids)
    }

    /// Whether the layer's files are there, as far as its record tells. `has_directories` is false for drivers that keep
    /// them elsewhere.
    pub fn state(&self, chain: &str, has_directories: bool) -> LayerState {
        match self.records.get(chain) {
            None => LayerState::Missing,
            Some(record) if has_directories && record.content.is_none() => LayerState::Missing,
            Some(record) if record.is_damaged || record.is_dropped => LayerState::Damaged,
            Some(_) => LayerState::Whole,
        }
    }

    /// Chain ids and diff ids of a layer and all beneath it as far as there are records, lowest first. A diff id that is
    /// lost is empty.
    pub fn chain(&self, top: &str) -> Vec<(String, String)> {
        let mut chain = Vec::new();
        let mut next = Some(top);
        while let Some(id) = next.filter(|_| chain.len() < MAX_LAYERS) {
            let record = self.records.get(id);
            let diff_id = record.and_then(|record| record.diff_id.clone());
            chain.push((id.to_owned(), diff_id.unwrap_or_default()));
            next = record.and_then(|record| record.parent.as_deref());
        }
        chain.reverse();
        chain
    }

    /// Chain ids of the layers upon which no other lies.
    pub fn tops(&self) -> Vec<&str> {
        let parents: BTreeSet<&str> = self.records.values().filter_map(|record| record.parent.as_deref()).collect();
        self.records.keys().map(String::as_str).filter(|chain| !parents.contains(chain)).collect()
    }

    /// The layer beneath, by the record.
    pub fn parent(&self, chain: &str) -> Option<&str> {
        self.records.get(chain)?.parent.as_deref()
    }

    /// Size as recorded.
    pub fn size(&self, chain: &str) -> Option<u64> {
        self.records.get(chain)?.size
    }

    /// Whether the engine has this layer and all beneath it.
    pub fn is_known_to_engine(&self, chain: &str) -> bool {
        self.records.get(chain).is_some_and(|record| !record.is_dropped)
    }

    /// Whether there is a record of this layer.
    pub fn has_record(&self, chain: &str) -> bool {
        self.records.contains_key(chain)
    }

    /// The directory with the files of a layer.
    pub fn content(&self, chain: &str) -> Option<&Object> {
        self.records.get(chain)?.content.as_ref()
    }

    /// Whether the directory of a layer has everything beneath as well.
    pub fn is_whole(&self, chain: &str) -> bool {
        self.records.get(chain).is_some_and(|record| record.is_whole)
    }

    /// The directory with the record of a layer.
    pub fn record(&self, chain: &str) -> Option<&Object> {
        self.records.get(chain).map(|record| &record.object)
    }

    /// The directories with the files of a layer and all beneath it, topmost first, and the first layer that is not
    /// there: what lies beneath it is left out, since what it replaced or deleted would come back. A directory that has
    /// everything beneath as well ends the list.
    pub fn stack(&self, chain: &str) -> (Vec<NodeId>, Option<String>) {
        let mut directories = Vec::new();
        let mut next = Some(chain);
        while let Some(chain) = next {
            let record = self.records.get(chain).filter(|_| directories.len() < MAX_LAYERS);
            let Some((record, content)) = record.and_then(|record| Some((record, record.content.as_ref()?))) else {
                return (directories, Some(chain.to_owned()));
            };
            directories.push(content.node);
            next = record.parent.as_deref().filter(|_| !record.is_whole);
        }
        (directories, None)
    }

    /// The rows of the list of layers, by chain id.
    pub fn list(&self, store: &str, images: &[Image], has_directories: bool) -> Vec<Layer> {
        let mut users: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for image in images {
            for layer in &image.layers {
                users.entry(&layer.chain_id).or_default().push(image.id.clone());
            }
        }
        self.records
            .iter()
            .map(|(chain, record)| Layer {
                store: store.to_owned(),
                chain_id: chain.clone(),
                diff_id: record.diff_id.clone(),
                parent: record.parent.clone(),
                cache_id: record.cache_id.clone(),
                size: record.size,
                state: self.state(chain, has_directories),
                images: users.remove(chain.as_str()).unwrap_or_default(),
            })
            .collect()
    }
}

/// Whether a directory of the driver belongs to nothing that is known.
fn is_nameless(named: &BTreeSet<String>, name: &str) -> bool {
    !named.contains(name) && !name.strip_suffix("-init").is_some_and(|mount| named.contains(mount))
}

impl Record {
    fn read(records: &Records<'_>, object: Object, findings: &mut Findings) -> Record {
        let text = |name: &str, findings: &mut Findings| records.word(&object, name, findings);
        let diff_id = text("diff", findings).filter(|diff| is_digest(diff));
        let parent = text("parent", findings);
        let cache_id = text("cache-id", findings).filter(|id| !id.is_empty());
        let size: Option<u64> = text("size", findings).and_then(|size| size.parse().ok());
        if size.is_none() {
            findings.add(&codes::store::LAYER_SIZE_UNKNOWN, &records.place(&object).then("size"), &[]);
        }
        let is_dropped = diff_id.is_none() || cache_id.is_none() || size.is_none();
        Record {
            diff_id,
            parent,
            cache_id,
            size,
            content: None,
            is_whole: false,
            is_dropped,
            is_damaged: size.is_none(),
            object,
        }
    }
}

/// An error for a layer that is not there at all.
pub(super) fn missing(place: &careen_evidence::Place, chain: &str) -> ReadError {
    ReadError::corrupt(place, format_args!("layer {chain}: its files are not there"))
}
