#![allow(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Limits, MemoryTree};
use careen_model::{Container, Hidden, ImageKind, ImageState, LayerState, StoreKind};
use serde_json::{Value, json};

use super::names::{familiar, repository};
use super::*;
use crate::bbolt::testing::{Node, file, leaf};
use crate::digest::{chain_id, sha256};
use crate::roots::{DataRoot, find_roots};

mod contents;
mod lost;

const ROOT: &str = "/containerd";
/// Packed layers begin as gzip does.
const LAYERS: [&[u8]; 2] = [&[0x1F, 0x8B, 8, 0, 0, 1], &[0x1F, 0x8B, 8, 0, 0, 2]];

/// What a bucket holds.
#[derive(Clone)]
enum Entry {
    Value(Vec<u8>),
    Bucket(BTreeMap<String, Entry>),
}

fn text(text: &str) -> Entry {
    Entry::Value(text.as_bytes().to_vec())
}

/// A containerd root with one image of two layers and one container, as Docker leaves them.
struct Builder {
    metadata: BTreeMap<String, Entry>,
    snapshots: BTreeMap<String, Entry>,
    blobs: BTreeMap<String, Vec<u8>>,
    directories: Vec<String>,
    snapshotter: &'static str,
    manifest: String,
    config: String,
    chain: [String; 2],
}

/// Puts a value at the end of this path of buckets.
fn put(bucket: &mut BTreeMap<String, Entry>, path: &[&str], value: Entry) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        bucket.insert((*first).to_owned(), value);
        return;
    }
    match bucket.entry((*first).to_owned()).or_insert_with(|| Entry::Bucket(BTreeMap::new())) {
        Entry::Bucket(below) => put(below, rest, value),
        Entry::Value(_) => panic!("{first} is a value"),
    }
}

/// A bbolt file with these buckets, each on a page of its own.
fn database(root: &BTreeMap<String, Entry>) -> Vec<u8> {
    fn count(bucket: &BTreeMap<String, Entry>) -> usize {
        let below = |entry: &Entry| if let Entry::Bucket(below) = entry { count(below) } else { 0 };
        1 + bucket.values().map(below).sum::<usize>()
    }
    fn write(bytes: &mut [u8], bucket: &BTreeMap<String, Entry>, page: usize, next: &mut usize) {
        let mut nodes = Vec::new();
        for (key, entry) in bucket {
            nodes.push(match entry {
                Entry::Value(value) => (key.as_str(), Node::Value(value.clone())),
                Entry::Bucket(below) => {
                    let own = *next;
                    *next += 1;
                    write(bytes, below, own, next);
                    (key.as_str(), Node::Paged(own as u64))
                }
            });
        }
        leaf(bytes, page, &nodes);
    }
    let mut bytes = file(2 + count(root));
    write(&mut bytes, root, 2, &mut 3);
    bytes
}

impl Builder {
    fn new() -> Builder {
        let (low, high) = (sha256(b"low"), sha256(b"high"));
        let chain = [low.clone(), chain_id(Some(&low), &high)];
        let config = json!({
            "architecture": "amd64", "os": "linux", "created": "2023-05-05T10:00:00Z",
            "config": {"Cmd": ["sh"]}, "rootfs": {"type": "layers", "diff_ids": [low, high]},
        });
        let mut built = Builder {
            metadata: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            blobs: BTreeMap::new(),
            directories: Vec::new(),
            snapshotter: "overlayfs",
            manifest: String::new(),
            config: String::new(),
            chain,
        };
        built.config = built.blob(config.to_string().as_bytes(), &[]);
        let mut layers = Vec::new();
        for (bytes, diff_id) in LAYERS.iter().zip([&low, &high]) {
            let digest = built.blob(bytes, &[("containerd.io/uncompressed", diff_id)]);
            layers.push(json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest, "size": bytes.len(),
            }));
        }
        let digests: Vec<String> = layers.iter().map(|layer| layer["digest"].as_str().unwrap().to_owned()).collect();
        let config = built.config.clone();
        let manifest = json!({
            "schemaVersion": 2, "layers": layers,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 1},
        });
        let labels = [
            ("containerd.io/gc.ref.content.config", config.as_str()),
            ("containerd.io/gc.ref.content.l.0", &digests[0]),
            ("containerd.io/gc.ref.content.l.1", &digests[1]),
        ];
        built.manifest = built.blob(manifest.to_string().as_bytes(), &labels);
        let target = built.manifest.clone();
        built.image("docker.io/library/shop:1", &target, &[]);
        let (chain, id) = (built.chain.clone(), "c".repeat(64));
        built.snapshot(1, &chain[0], None, 3, 10);
        built.snapshot(2, &chain[1], Some(&chain[0]), 3, 20);
        built.snapshot(3, &format!("{id}-init"), Some(&chain[1]), 3, 5);
        built.snapshot(4, &id, Some(&format!("{id}-init")), 2, 0);
        built
    }

    /// A blob, with its record and these labels.
    fn blob(&mut self, bytes: &[u8], labels: &[(&str, &str)]) -> String {
        let digest = sha256(bytes);
        let path = ["v1", "moby", "content", "blob", digest.as_str()];
        put(&mut self.metadata, &[&path[..], &["size"]].concat(), Entry::Value(vec![2]));
        for (label, value) in labels {
            put(&mut self.metadata, &[&path[..], &["labels", label]].concat(), text(value));
        }
        self.blobs.insert(digest.clone(), bytes.to_vec());
        digest
    }

    fn image(&mut self, name: &str, target: &str, labels: &[(&str, &str)]) {
        let path = ["v1", "moby", "images", name];
        put(&mut self.metadata, &[&path[..], &["target", "digest"]].concat(), text(target));
        let kind = "application/vnd.oci.image.manifest.v1+json";
        put(&mut self.metadata, &[&path[..], &["target", "mediatype"]].concat(), text(kind));
        for (label, value) in labels {
            put(&mut self.metadata, &[&path[..], &["labels", label]].concat(), text(value));
        }
    }

    /// A snapshot in both databases, and its directory. The key's number is not that of the directory.
    fn snapshot(&mut self, number: u8, name: &str, parent: Option<&str>, kind: u8, size: u8) {
        let key = |name: &str| -> String {
            let all = ["-init", "c"].iter().position(|end| name.ends_with(end));
            format!("moby/{}/{name}", 70 + all.unwrap_or(9))
        };
        put(&mut self.metadata, &["v1", "moby", "snapshots", self.snapshotter, name, "name"], text(&key(name)));
        let path = ["v1", "snapshots", &key(name)].map(str::to_owned);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut at = |field: &str, value: Entry| put(&mut self.snapshots, &[&path[..], &[field]].concat(), value);
        at("id", Entry::Value(vec![number]));
        at("kind", Entry::Value(vec![kind]));
        at("size", Entry::Value(vec![size * 2]));
        if let Some(parent) = parent {
            at("parent", text(&key(parent)));
        }
        self.directories.push(format!("{number}/fs"));
    }

    fn tree(&self) -> MemoryTree {
        let mut tree = MemoryTree::new("disk");
        if !self.metadata.is_empty() {
            tree.file(&format!("{ROOT}/{METADATA}/meta.db"), database(&self.metadata));
        }
        let snapshotter = format!("{ROOT}/{SNAPSHOTTER}{}", self.snapshotter);
        if !self.snapshots.is_empty() {
            tree.file(&format!("{snapshotter}/metadata.db"), database(&self.snapshots));
        }
        for directory in &self.directories {
            tree.directory(&format!("{snapshotter}/snapshots/{directory}"));
        }
        for (digest, bytes) in &self.blobs {
            tree.file(&format!("{ROOT}/{CONTENT}/blobs/sha256/{}", &digest[7..]), bytes);
        }
        tree
    }

    fn open(&self) -> Opened {
        let (tree, mut findings) = (Rc::new(self.tree()), Findings::new());
        let roots = roots(&tree, &mut findings);
        let root = roots.first().expect("a root");
        let store =
            ContainerdStore::open(Rc::clone(&tree) as Rc<dyn FileTree>, root, &Limits::default(), &mut findings);
        Opened { tree, store: store.expect("a store"), findings }
    }
}

fn roots(tree: &MemoryTree, findings: &mut Findings) -> Vec<DataRoot> {
    find_roots(tree, &[], &Limits::default(), &CancelToken::default(), findings).unwrap()
}

struct Opened {
    tree: Rc<MemoryTree>,
    store: ContainerdStore,
    findings: Findings,
}

impl Opened {
    fn codes(&self) -> Vec<&'static str> {
        self.findings.list().iter().map(|finding| finding.code.name).collect()
    }

    /// The files of an image, topmost first: numbers of directories, and `blob`.
    fn stack(&mut self, id: &str) -> Vec<String> {
        let layers = self.store.image_layers(id, &mut self.findings).unwrap();
        layers.iter().map(|layer| self.shown(&layer.files)).collect()
    }

    fn shown(&self, files: &LayerFiles) -> String {
        match files {
            LayerFiles::Blob { .. } => "blob".to_owned(),
            LayerFiles::Directory(node) => self.path_of(*node),
            LayerFiles::Whole(node) => format!("{} and all beneath", self.path_of(*node)),
        }
    }

    /// Where a directory lies among the snapshots.
    fn path_of(&self, node: careen_evidence::NodeId) -> String {
        let base = |snapshotter: &str| format!("{ROOT}/{SNAPSHOTTER}{snapshotter}/snapshots");
        let paths = ["overlayfs", "native"].into_iter().flat_map(|name| {
            (1..5).flat_map(move |number| [(name, format!("{number}")), (name, format!("{number}/fs"))])
        });
        let mut found = paths.filter(|(name, path)| self.tree.node(&format!("{}/{path}", base(name))) == node);
        found.next().map(|(_, path)| path).unwrap_or_default()
    }
}

fn container(image: &str, image_id: &str) -> Container {
    Container {
        id: "c".repeat(64),
        name: "web".into(),
        store: "overlayfs".into(),
        image: Some(image.into()),
        image_id: Some(image_id.into()),
        created: None,
        started: None,
        finished: None,
        state: None,
        exit_code: None,
        command: Vec::new(),
        compose: None,
    }
}

#[test]
fn an_image_is_its_target_with_its_layers() {
    let builder = Builder::new();
    let mut opened = builder.open();
    let image = opened.store.images()[0].clone();
    assert_eq!(
        (image.id.as_str(), image.names, image.kind),
        (&*builder.manifest, vec!["shop:1".into()], ImageKind::Tagged)
    );
    assert_eq!(image.digests, [format!("shop@{}", builder.manifest)]);
    assert_eq!((image.size, image.state, image.hidden), (Some(30), ImageState::Whole, None));
    assert_eq!(image.config_digest.as_deref(), Some(&*builder.config));
    assert_eq!(opened.stack(&builder.manifest), ["2/fs", "1/fs"]);
    let layers = opened.store.layers();
    let high = layers.iter().find(|layer| layer.chain_id == builder.chain[1]).unwrap();
    assert_eq!(
        (high.cache_id.as_deref(), high.parent.as_ref(), high.size),
        (Some("2"), Some(&builder.chain[0]), Some(20))
    );
    assert_eq!(layers.len(), 2);
    let id = "c".repeat(64);
    let stack = opened.store.container_layers(&id, &mut opened.findings).unwrap();
    assert_eq!(
        stack.iter().map(|layer| opened.shown(&layer.files)).collect::<Vec<_>>(),
        ["4/fs", "3/fs", "2/fs", "1/fs"]
    );
    assert_eq!(stack.iter().filter(|layer| layer.diff_id.is_some()).count(), 2);
    assert!(opened.store.container_upper(&id, &mut opened.findings).is_ok());
    assert_eq!(opened.codes(), [""; 0]);
}

#[test]
fn names_that_mean_nothing_are_none_and_built_upon_is_intermediate() {
    let mut builder = Builder::new();
    let target = builder.manifest.clone();
    put(&mut builder.metadata, &["v1", "moby", "images"], Entry::Bucket(BTreeMap::new()));
    builder.image(&format!("moby-dangling@{target}"), &target, &[]);
    assert_eq!(builder.open().store.images()[0].kind, ImageKind::Dangling);
    let other = builder.blob(b"{\"config\":null,\"manifests\":[]}", &[]);
    builder.image(&format!("moby-dangling@{other}"), &other, &[("org.mobyproject.image.parent", &target)]);
    let opened = builder.open();
    let first = opened.store.images().iter().find(|image| image.id == target).unwrap();
    assert_eq!((first.kind, first.names.len(), first.digests.len()), (ImageKind::Intermediate, 0, 0));
    assert_eq!(opened.store.image_parent(&other), Some(&*target));
    builder.image(&format!("reg.example:5000/a/b@{target}"), &target, &[]);
    let opened = builder.open();
    let first = opened.store.images().iter().find(|image| image.id == target).unwrap();
    assert_eq!((first.kind, &first.digests[0]), (ImageKind::DigestOnly, &format!("reg.example:5000/a/b@{target}")));
}

#[test]
fn references_are_shortened_as_docker_does() {
    assert_eq!(familiar("docker.io/library/alpine:3"), "alpine:3");
    assert_eq!(familiar("docker.io/a/b"), "a/b");
    assert_eq!(familiar("docker.io/library/a/b"), "library/a/b");
    assert_eq!(familiar("quay.io/library/x:1"), "quay.io/library/x:1");
    assert_eq!((repository("r:5000/a:1"), repository("r:5000/a"), repository("a")), ("r:5000/a", "r:5000/a", "a"));
}

#[test]
fn of_an_index_the_manifest_that_is_there_counts() {
    let mut builder = Builder::new();
    let gone = sha256(b"another platform");
    let manifest = |digest: &str, architecture: &str| json!({"mediaType": "m", "digest": digest, "size": 1, "platform": {"architecture": architecture, "os": "linux"}});
    let attestation = builder.blob(b"{}", &[]);
    let mut about = manifest(&attestation, "unknown");
    about["platform"]["os"] = json!("unknown");
    let index = json!({"manifests": [manifest(&gone, "amd64"), about, manifest(&builder.manifest, "arm64")]});
    let index = builder.blob(index.to_string().as_bytes(), &[]);
    builder.image("docker.io/library/many:1", &index, &[]);
    let mut opened = builder.open();
    assert_eq!(opened.store.images().len(), 2);
    assert_eq!(opened.stack(&index), ["2/fs", "1/fs"]);
    assert_eq!(opened.codes(), [""; 0]);
}

#[test]
fn without_the_database_images_are_found_by_their_manifests() {
    let mut builder = Builder::new();
    builder.metadata.clear();
    let mut opened = builder.open();
    let image = &opened.store.images()[0];
    assert_eq!((image.id.as_str(), image.hidden), (&*builder.manifest, Some(Hidden::NoNameInDatabase)));
    assert_eq!((image.size, image.state, image.names.len()), (Some(30), ImageState::Whole, 0));
    assert_eq!(opened.stack(&builder.manifest), ["2/fs", "1/fs"]);
    assert_eq!(opened.codes(), ["containerd-database-unreadable"]);
    opened.store.tell_lost(&mut opened.findings);
    assert_eq!(opened.codes()[1..], ["image-name-lost"]);
    // What a container was made from names it.
    let mut opened = builder.open();
    opened.store.learn(&[&container("shop", &builder.manifest)], &[], &mut opened.findings);
    opened.store.tell_lost(&mut opened.findings);
    assert_eq!(opened.store.images()[0].names, ["shop:latest"]);
    assert_eq!(opened.codes()[1..], ["image-name-derived"]);
}

#[test]
fn what_a_build_made_has_the_name_that_the_build_gave_it() {
    let mut builder = Builder::new();
    builder.metadata.clear();
    let mut opened = builder.open();
    let build = |name: &str, finished: &str, made: &str| careen_model::BuildRecord {
        id: finished.to_owned(),
        root: "/".to_owned(),
        frontend: None,
        options: std::collections::BTreeMap::new(),
        names: vec![name.to_owned()],
        images: vec![made.to_owned()],
        started: None,
        finished: Some(finished.to_owned()),
        error: None,
        steps: careen_model::BuildSteps::default(),
        pinned: false,
    };
    let builds = [
        build("docker.io/library/old:1", "2024-01-01T00:00:00Z", "sha256:other"),
        build("docker.io/me/shop:1", "2024-01-02T00:00:00Z", &builder.manifest),
    ];
    opened.store.learn(&[], &builds, &mut opened.findings);
    opened.store.tell_lost(&mut opened.findings);
    assert_eq!(opened.store.images()[0].names, ["me/shop:1"]);
    assert!(opened.codes().contains(&"image-name-derived") && !opened.codes().contains(&"image-name-lost"));
}

#[test]
fn annotations_and_sources_name_an_image_that_lost_its_name() {
    let mut builder = Builder::new();
    builder.metadata.clear();
    let named = json!({
        "manifests": [{"mediaType": "m", "digest": builder.manifest, "size": 1,
            "annotations": {"io.containerd.image.name": "docker.io/library/shop:2",
                "org.opencontainers.image.ref.name": "2"}}],
    });
    let index = builder.blob(named.to_string().as_bytes(), &[]);
    builder.metadata.clear();
    let opened = builder.open();
    let image = &opened.store.images()[0];
    assert_eq!((opened.store.images().len(), image.id.as_str()), (1, &*index));
    assert_eq!((&image.names, image.hidden), (&vec!["shop:2".to_owned()], Some(Hidden::NoNameInDatabase)));
    assert!(opened.codes().contains(&"image-name-derived"));
}

#[test]
fn without_snapshots_layers_are_read_from_their_blobs() {
    let mut builder = Builder::new();
    builder.snapshots.clear();
    let mut opened = builder.open();
    let image = opened.store.images()[0].clone();
    assert_eq!((image.state, image.size, image.hidden), (ImageState::Damaged, None, None));
    assert!(image.layers.iter().all(|layer| layer.state == LayerState::Damaged));
    assert_eq!(opened.stack(&builder.manifest), ["blob", "blob"]);
    assert_eq!(opened.codes(), ["containerd-database-unreadable"]);
    opened.store.tell_lost(&mut opened.findings);
    assert_eq!(opened.codes()[1..], ["snapshots-unassigned"]);
    assert!(opened.store.container_upper(&"c".repeat(64), &mut opened.findings).is_err());
    opened.store.learn(&[&container("shop:1", &builder.manifest)], &[], &mut opened.findings);
    assert!(opened.codes().contains(&"container-layer-lost"));
}

#[test]
fn without_both_databases_the_blobs_are_enough() {
    let mut builder = Builder::new();
    builder.metadata.clear();
    builder.snapshots.clear();
    builder.directories.clear();
    let mut opened = builder.open();
    assert_eq!(opened.stack(&builder.manifest), ["blob", "blob"]);
    assert_eq!(opened.store.images()[0].hidden, Some(Hidden::NoNameInDatabase));
}

#[test]
fn a_missing_snapshot_is_read_from_its_blob_and_a_missing_blob_from_its_snapshot() {
    let mut builder = Builder::new();
    builder.directories.retain(|directory| directory != "1/fs");
    let mut opened = builder.open();
    assert_eq!(opened.stack(&builder.manifest), ["2/fs", "blob"]);
    assert_eq!(opened.store.images()[0].state, ImageState::Damaged);

    let mut builder = Builder::new();
    let digest = sha256(LAYERS[0]);
    builder.blobs.remove(&digest);
    let mut opened = builder.open();
    assert_eq!(
        (opened.stack(&builder.manifest), opened.codes()),
        (vec!["2/fs".into(), "1/fs".into()], vec!["blob-missing"])
    );
    assert_eq!(opened.store.images()[0].state, ImageState::Incomplete);
    // One that the database does not record was let go of.
    let Some(Entry::Bucket(v1)) = builder.metadata.get_mut("v1") else { panic!() };
    let Some(Entry::Bucket(moby)) = v1.get_mut("moby") else { panic!() };
    let Some(Entry::Bucket(content)) = moby.get_mut("content") else { panic!() };
    let Some(Entry::Bucket(blobs)) = content.get_mut("blob") else { panic!() };
    blobs.remove(&digest);
    let opened = builder.open();
    assert_eq!((opened.store.images()[0].state, opened.codes()), (ImageState::Whole, vec![]));
    // Neither form.
    builder.directories.retain(|directory| directory != "1/fs");
    let mut opened = builder.open();
    assert_eq!(opened.store.images()[0].hidden, Some(Hidden::BrokenChain));
    assert_eq!(opened.stack(&builder.manifest), ["2/fs"]);
    assert_eq!(opened.codes(), ["layer-nowhere", "layer-stack-cut"]);
}

#[test]
fn a_broken_manifest_or_configuration_costs_no_layer() {
    let mut builder = Builder::new();
    let manifest = builder.manifest.clone();
    builder.blobs.get_mut(&manifest).unwrap().truncate(40);
    let mut opened = builder.open();
    let image = opened.store.images()[0].clone();
    assert_eq!((image.state, image.hidden, image.size), (ImageState::Damaged, Some(Hidden::ConfigInvalid), Some(30)));
    assert_eq!(opened.stack(&manifest), ["2/fs", "1/fs"]);
    assert_eq!(opened.codes(), ["image-document-invalid"]);

    let mut builder = Builder::new();
    let config = builder.config.clone();
    builder.blobs.remove(&config);
    let mut opened = builder.open();
    assert_eq!(opened.store.images()[0].names, ["shop:1"]);
    assert_eq!(opened.stack(&builder.manifest), ["2/fs", "1/fs"]);
    assert!(opened.store.image_config(&builder.manifest).is_none());
    assert_eq!(opened.codes(), ["image-document-invalid"]);
}

#[test]
fn changed_bytes_are_told() {
    let mut builder = Builder::new();
    let config = builder.config.clone();
    let changed: Value = json!({"rootfs": {"diff_ids": [sha256(b"low"), sha256(b"high")]}, "os": "linux"});
    builder.blobs.insert(config, changed.to_string().into_bytes());
    let layer = sha256(LAYERS[1]);
    builder.blobs.get_mut(&layer).unwrap().truncate(3);
    let opened = builder.open();
    assert_eq!(opened.store.images()[0].state, ImageState::Damaged);
    assert_eq!(opened.codes(), ["blob-changed", "blob-length"]);
}

#[test]
fn a_native_snapshot_is_a_whole_view() {
    let mut builder = Builder::new();
    builder.snapshotter = "native";
    let mut opened = builder.open();
    assert_eq!(opened.store.store().driver, "native");
    assert_eq!(opened.stack(&builder.manifest), ["2 and all beneath"]);
    assert!(opened.store.container_upper(&"c".repeat(64), &mut opened.findings).is_err());
    builder.snapshotter = "erofs";
    let mut opened = builder.open();
    assert_eq!(opened.stack(&builder.manifest), ["blob", "blob"]);
    opened.store.tell_lost(&mut opened.findings);
    assert_eq!(opened.codes(), ["snapshotter-unread"]);
}

#[test]
fn each_name_space_with_images_is_a_store() {
    let mut builder = Builder::new();
    let Some(Entry::Bucket(v1)) = builder.metadata.get_mut("v1") else { panic!() };
    let moby = v1["moby"].clone();
    v1.insert("k8s.io".into(), moby);
    put(v1, &["k8s.io", "containers", "pod", "image"], text("docker.io/library/shop:1"));
    let spec = br#"{"process":{"args":["sleep","1"]}}"#;
    let any = [&[0x0A, 1, b'x', 0x12, u8::try_from(spec.len()).unwrap()][..], spec].concat();
    put(v1, &["k8s.io", "containers", "pod", "spec"], Entry::Value(any));
    let (tree, mut findings) = (Rc::new(builder.tree()), Findings::new());
    let roots = roots(&tree, &mut findings);
    let rows: Vec<_> = roots.iter().map(|root| (root.id.as_str(), root.kind, root.namespace.as_deref())).collect();
    let kind = StoreKind::Containerd;
    assert_eq!(rows, [("overlayfs", kind, Some("moby")), ("overlayfs-2", kind, Some("k8s.io"))]);
    let tree: Rc<dyn FileTree> = tree;
    let store = ContainerdStore::open(tree, &roots[1], &Limits::default(), &mut findings).unwrap();
    let pod = &store.containers()[0];
    assert_eq!((pod.id.as_str(), pod.image_id.as_ref(), pod.state), ("pod", Some(&builder.manifest), None));
    assert_eq!(pod.command, ["sleep", "1"]);
}
