//! A small Docker data root to damage in the tests.
#![allow(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Limits, MemoryTree};
use serde_json::{Value, json};

use super::ClassicStore;
use crate::bbolt::testing::{Node, file, leaf};
use crate::digest::{chain_id, sha256};
use crate::roots::find_roots;

/// Objects by path; a symbolic link's content begins with `->`, a directory's is `dir`.
pub struct DataRoot {
    pub objects: BTreeMap<String, Vec<u8>>,
}

/// A store and what was found on the way to it.
pub struct Opened {
    pub tree: Rc<MemoryTree>,
    pub store: ClassicStore,
    pub findings: Findings,
}

/// 64 digits that tell things apart in a test.
pub fn hex(text: &str) -> String {
    sha256(text.as_bytes()).split_off("sha256:".len())
}

/// A digest that tells things apart in a test.
pub fn digest(text: &str) -> String {
    sha256(text.as_bytes())
}

/// The overlay2 short name of a layer.
pub fn short(name: &str) -> String {
    format!("{:A<26}", name.to_uppercase())
}

/// Chain ids of the layers `base`, `app` and `top`, each over the one before.
pub fn chain(name: &str) -> String {
    let base = digest("base");
    let app = chain_id(Some(&base), &digest("app"));
    match name {
        "base" => base,
        "app" => app,
        _ => chain_id(Some(&app), &digest("top")),
    }
}

impl DataRoot {
    /// Images `alpine:3` (layer base), `localhost:5000/x:1` (base, app, top), an intermediate one (base, app) and a
    /// dangling one (base); the container `web` of `localhost:5000/x:1`, three volumes, a network.
    pub fn new() -> Self {
        let mut root = DataRoot { objects: BTreeMap::new() };
        root.layer("base", None, "");
        root.layer("app", Some("base"), "l/BASEAAAAAAAAAAAAAAAAAAAAAA");
        root.layer("top", Some("app"), "l/APPAAAAAAAAAAAAAAAAAAAAAAA:l/BASEAAAAAAAAAAAAAAAAAAAAAA");
        let alpine = root.image("alpine", &["base"], "2024-05-05T10:00:00.5Z");
        let step = root.image("step", &["base", "app"], "0001-01-01T00:00:00Z");
        let x = root.image("x", &["base", "app", "top"], "2024-05-06T12:00:00+02:00");
        root.image("dangling", &["base"], "yesterday");
        let metadata = |id: &str, name: &str| format!("image/overlay2/imagedb/metadata/sha256/{}/{name}", &id[7..]);
        root.put(&metadata(&x, "parent"), &step);
        root.put(&metadata(&x, "lastUpdated"), "2024-05-07T00:00:00Z");
        let pulled = format!("alpine@{}", digest("manifest"));
        let names = json!({"Repositories": {
            "alpine": {"alpine:latest": alpine, "alpine:3": alpine, pulled: alpine},
            "localhost:5000/x": {"localhost:5000/x:1": x},
        }});
        root.put("image/overlay2/repositories.json", names.to_string());
        root.container(&x);
        root.volumes();
        root.networks();
        root
    }

    pub fn put(&mut self, path: &str, content: impl AsRef<[u8]>) {
        self.objects.insert(path.to_owned(), content.as_ref().to_vec());
    }

    /// Takes away an object and everything beneath it.
    pub fn remove(&mut self, path: &str) {
        let beneath = format!("{path}/");
        self.objects.retain(|known, _| known != path && !known.starts_with(&beneath));
    }

    /// Changes the JSON of a file.
    pub fn edit(&mut self, path: &str, change: impl FnOnce(&mut Value)) {
        let mut value = serde_json::from_slice(&self.objects[path]).unwrap();
        change(&mut value);
        self.put(path, value.to_string());
    }

    fn layer(&mut self, name: &str, parent: Option<&str>, lower: &str) {
        let record = record(name);
        self.put(&format!("{record}/diff"), digest(name));
        self.put(&format!("{record}/cache-id"), format!("cache-{name}"));
        self.put(&format!("{record}/size"), "100");
        if let Some(parent) = parent {
            self.put(&format!("{record}/parent"), chain(parent));
        }
        self.directory(&format!("cache-{name}"), name, lower);
    }

    /// A directory of overlay2 with its short name.
    fn directory(&mut self, cache_id: &str, name: &str, lower: &str) {
        self.put(&format!("overlay2/{cache_id}/diff"), "dir");
        self.put(&format!("overlay2/{cache_id}/link"), short(name));
        if !lower.is_empty() {
            self.put(&format!("overlay2/{cache_id}/lower"), lower);
        }
        self.put(&format!("overlay2/l/{}", short(name)), format!("->../{cache_id}/diff"));
    }

    fn image(&mut self, name: &str, layers: &[&str], created: &str) -> String {
        let diff_ids: Vec<String> = layers.iter().map(|layer| digest(layer)).collect();
        let config = json!({"created": created, "architecture": "amd64", "os": "linux", "author": name,
            "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = config.to_string();
        let id = sha256(config.as_bytes());
        self.put(&format!("image/overlay2/imagedb/content/sha256/{}", &id[7..]), config);
        id
    }

    fn container(&mut self, image: &str) {
        let id = hex("web");
        let config = json!({
            "ID": id, "Name": "/web", "Driver": "overlay2", "Path": "sh", "Args": ["-c", "true"], "Image": image,
            "Created": "2024-05-08T00:00:00Z",
            "State": {"Running": true, "ExitCode": 0, "StartedAt": "2024-05-08T00:00:01Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Config": {"Image": "localhost:5000/x:1", "Labels": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web"}},
            "MountPoints": {"/data": {"Type": "volume", "Name": "data", "Driver": "local"}, "/etc/x": {"Type": "bind", "Name": ""}},
        });
        self.put(&format!("containers/{id}/config.v2.json"), config.to_string());
        self.put(&format!("containers/{id}/hostconfig.json"), r#"{"Binds":null}"#);
        let mounts = format!("image/overlay2/layerdb/mounts/{id}");
        self.put(&format!("{mounts}/mount-id"), "rw");
        self.put(&format!("{mounts}/init-id"), "rw-init");
        self.put(&format!("{mounts}/parent"), chain("top"));
        let lower = ["top", "app", "base"].map(|layer| format!("l/{}", short(layer))).join(":");
        self.directory("rw-init", "init", &lower);
        self.directory("rw", "rw", &format!("l/{}:{lower}", short("init")));
    }

    fn volumes(&mut self) {
        let anonymous = hex("anonymous");
        for name in ["data", "nfs", &anonymous] {
            self.put(&format!("volumes/{name}/_data"), "dir");
        }
        let options = r#"{"MountType":"nfs","MountOpts":"addr=192.0.2.7","MountDevice":":/x","Quota":{"Size":0}}"#;
        self.put("volumes/nfs/opts.json", options);
        let row = |name: &str, labels: Value, options: Value| {
            let row = json!({"Name": name, "Driver": "local", "Labels": labels, "Options": options});
            Node::Value(row.to_string().into_bytes())
        };
        let mut rows = vec![
            (anonymous.as_str(), row(&anonymous, Value::Null, Value::Null)),
            ("data", row("data", json!({"keep": "yes"}), json!({}))),
            ("nfs", row("nfs", json!({}), json!({"type": "nfs", "o": "addr=192.0.2.7", "device": ":/x"}))),
        ];
        rows.sort_by_key(|(name, _)| *name);
        self.put("volumes/metadata.db", database("volumes", &rows));
    }

    fn networks(&mut self) {
        let id = hex("network");
        let network =
            json!({"id": id, "name": "shop_default", "networkType": "bridge", "scope": "local", "labels": {"a": "b"}});
        // An index, then JSON.
        let value = [7_u64.to_le_bytes().to_vec(), network.to_string().into_bytes()].concat();
        let key = format!("docker/network/v1.0/network/{id}/");
        let rows = [("docker/network/v1.0/endpoint/e/", Node::Value(vec![])), (key.as_str(), Node::Value(value))];
        self.put("network/files/local-kv.db", database("libnetwork", &rows));
    }

    /// The data root as a tree, at `/data/docker`.
    pub fn tree(&self) -> MemoryTree {
        let mut tree = MemoryTree::new("disk");
        for (path, content) in &self.objects {
            let path = format!("/data/docker/{path}");
            match content.strip_prefix(b"->") {
                Some(target) => tree.symlink(&path, &String::from_utf8_lossy(target)),
                None if content == b"dir" => tree.directory(&path),
                None => tree.file(&path, content),
            };
        }
        tree
    }

    /// Finds and opens the first store of the root.
    pub fn open(&self) -> Opened {
        self.open_with(&Limits::default())
    }

    /// The same within these limits.
    pub fn open_with(&self, limits: &Limits) -> Opened {
        let (tree, mut findings) = (Rc::new(self.tree()), Findings::new());
        let roots = find_roots(&*tree, &[], limits, &CancelToken::default(), &mut findings).unwrap();
        let root = roots.iter().find(|root| root.docker.is_some()).expect("a Docker data root");
        let store = ClassicStore::open(Rc::clone(&tree) as Rc<dyn FileTree>, root, limits, &mut findings);
        Opened { tree, store, findings }
    }
}

/// Path of a layer's record.
pub fn record(name: &str) -> String {
    format!("image/overlay2/layerdb/sha256/{}", &chain(name)[7..])
}

/// A bbolt file with one bucket of these rows.
pub fn database(bucket: &'static str, rows: &[(&str, Node)]) -> Vec<u8> {
    let mut bytes = file(4);
    leaf(&mut bytes, 2, &[(bucket, Node::Paged(3))]);
    leaf(&mut bytes, 3, rows);
    bytes
}

impl Opened {
    /// Codes of the findings.
    pub fn codes(&self) -> Vec<&'static str> {
        self.findings.list().iter().map(|finding| finding.code.name).collect()
    }

    /// Directories told by path within the data root.
    pub fn node(&self, path: &str) -> careen_evidence::NodeId {
        let node = self.tree.node(&format!("/data/docker/{path}"));
        assert_ne!(node, self.tree.root(), "{path} is not there");
        node
    }
}
