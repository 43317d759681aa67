//! Whose a file is, by where it lies.

use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, NodeId, lookup_path};
use careen_model::Layer;
use careen_store::LayerFiles;

use crate::Session;

/// Whose blocks are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// A layer of images: store and chain id.
    Layer(String, String),
    /// What a container wrote: store and id.
    Container(String, String),
    /// A container's log.
    Log(String, String),
    /// A volume: store and name.
    Volume(String, String),
    BuildCache(String),
    Content(String),
    /// An unpacked layer that belongs to no image known here, and its directory's name.
    Snapshot(String, String),
    /// A layer's directory that no record names.
    Orphan(String, String),
    /// Whatever else lies in a data root.
    Records(String),
    /// A directory at the top of the filesystem, beside data roots.
    Other(String),
    /// Files without a name.
    Nameless,
}

/// Owners of directories.
#[derive(Default)]
pub(super) struct Owners {
    by_path: BTreeMap<Vec<u8>, Owner>,
    by_node: BTreeMap<NodeId, Owner>,
    /// Of the snapshots of a store, by number.
    by_number: BTreeMap<(String, String), Owner>,
}

impl Owners {
    /// The owner of what lies at `path`, given that of the directory it lies in.
    pub(super) fn of(&self, path: &[u8], node: NodeId, above: Option<&Owner>) -> Owner {
        if let Some(owner) = self.by_path.get(path).or_else(|| self.by_node.get(&node)) {
            return owner.clone();
        }
        match above {
            Some(Owner::Records(store)) => match of_records(path, store) {
                Owner::Snapshot(store, number) => {
                    let known = self.by_number.get(&(store.clone(), number.clone()));
                    known.cloned().unwrap_or(Owner::Snapshot(store, number))
                }
                owner => owner,
            },
            Some(Owner::Other(name)) if !name.is_empty() => Owner::Other(name.clone()),
            None | Some(Owner::Other(_)) => {
                let first = path.split(|byte| *byte == b'/').nth(1).unwrap_or_default();
                Owner::Other(String::from_utf8_lossy(first).into_owned())
            }
            Some(owner) => owner.clone(),
        }
    }

    fn put(&mut self, path: &str, owner: Owner) {
        self.by_path.insert(path.as_bytes().to_vec(), owner);
    }
}

/// The owner of what lies right in a directory of records, wherever the data root lies.
fn of_records(path: &[u8], store: &str) -> Owner {
    let names: Vec<&[u8]> = path.rsplitn(4, |byte| *byte == b'/').collect();
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    match names.as_slice() {
        [name, id, b"containers", ..]
            if *name == b"local-logs"
                || name.starts_with(b"container-cached.log")
                || name.strip_prefix(*id).is_some_and(|rest| rest.starts_with(b"-json.log")) =>
        {
            Owner::Log(store.to_owned(), text(id))
        }
        [b"io.containerd.content.v1.content", ..] => Owner::Content(store.to_owned()),
        [number, b"snapshots", snapshotter, ..] if snapshotter.starts_with(b"io.containerd.snapshotter.v1.") => {
            Owner::Snapshot(store.to_owned(), text(number))
        }
        _ => Owner::Records(store.to_owned()),
    }
}

/// Whether the engine's builder named a directory: 25 digits of base 36 (moby/buildkit `identity/randomid.go`).
fn is_of_builder(name: &str) -> bool {
    name.len() == 25 && name.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

impl Session {
    /// Owners of the directories of one filesystem.
    pub(super) fn owners(&self, filesystem: usize, findings: &mut Findings) -> Owners {
        let mut owners = Owners::default();
        for open in self.stores.iter().filter(|open| open.filesystem == filesystem) {
            let (id, path) = (&open.store.id, open.store.path.trim_end_matches('/'));
            // Two stores may share a data root; the first one has its records.
            let root = if path.is_empty() { "/" } else { path };
            owners.by_path.entry(root.as_bytes().to_vec()).or_insert_with(|| Owner::Records(id.clone()));
            owners.put(&format!("{path}/buildkit"), Owner::BuildCache(id.clone()));
            let store = &open.classic;
            for volume in store.volumes() {
                let directory = volume.path.strip_suffix("/_data").unwrap_or(&volume.path);
                owners.put(directory, Owner::Volume(id.clone(), volume.name.clone()));
            }
            let mut known: BTreeMap<String, Owner> = BTreeMap::new();
            // What builds left is theirs, unless an image has it too.
            let of_builds: Vec<_> = store.build_cache().iter().filter(|record| record.store == *id).collect();
            let is_of_builds = |layer: &Layer| {
                layer.images.is_empty()
                    && of_builds.iter().any(|record| record.chain_id.as_ref() == Some(&layer.chain_id))
            };
            for layer in open.images().layers() {
                let Some(cache_id) = &layer.cache_id else { continue };
                let owner = match is_of_builds(layer) {
                    true => Owner::BuildCache(id.clone()),
                    false => Owner::Layer(id.clone(), layer.chain_id.clone()),
                };
                if open.containerd.is_some() {
                    owners.by_number.insert((id.clone(), cache_id.clone()), owner);
                } else {
                    known.insert(cache_id.clone(), owner);
                }
            }
            for container in store.containers() {
                // The first two are its own and what the engine put beneath.
                for directory in store.container_directories(&container.id).iter().take(2) {
                    for name in directory.split('/').filter(|name| name.len() > 2) {
                        let is_own = name.ends_with("-init") || directory.contains(&format!("/{name}/diff"));
                        if is_own {
                            let owner = Owner::Container(id.clone(), container.id.clone());
                            known.entry(name.to_owned()).or_insert(owner);
                        }
                    }
                }
            }
            for cache_id in of_builds.iter().filter_map(|record| record.cache_id.clone()) {
                known.entry(cache_id).or_insert_with(|| Owner::BuildCache(id.clone()));
            }
            for folder in ["", "/dir", "/diff"] {
                let directory = format!("{path}/{}{folder}", open.store.driver);
                for name in names(&*open.tree, &directory, findings) {
                    let owner = match known.get(&name) {
                        Some(owner) => owner.clone(),
                        None if is_of_builder(&name) => Owner::BuildCache(id.clone()),
                        None if ["l", "dir", "diff", "layers", "mnt"].contains(&name.as_str()) => continue,
                        None => Owner::Orphan(id.clone(), name.clone()),
                    };
                    owners.put(&format!("{directory}/{name}"), owner);
                }
            }
        }
        self.add_snapshots_of_containers(filesystem, &mut owners);
        owners
    }

    /// What containers wrote whose layers are snapshots of a containerd.
    fn add_snapshots_of_containers(&self, filesystem: usize, owners: &mut Owners) {
        // What is wrong with them is told where their files are asked for.
        let mut untold = Findings::new();
        for container in self.containers() {
            let Some((open, store)) = self.containerd_of(container) else { continue };
            if open.filesystem != filesystem {
                continue;
            }
            let layers = store.container_layers(&container.id, &mut untold).unwrap_or_default();
            for layer in layers.into_iter().take_while(|layer| layer.diff_id.is_none()) {
                if let LayerFiles::Directory(node) | LayerFiles::Whole(node) = layer.files {
                    let owner = Owner::Container(open.store.id.clone(), container.id.clone());
                    owners.by_node.insert(node, owner);
                }
            }
        }
    }
}

/// Names of the directories in a directory; none where there is no such directory.
fn names(tree: &dyn FileTree, path: &str, findings: &mut Findings) -> Vec<String> {
    let Ok(Some(directory)) = lookup_path(tree, path.as_bytes(), findings) else { return Vec::new() };
    let entries = tree.list(directory, findings).unwrap_or_default();
    let directories = entries.into_iter().filter(|entry| entry.kind.is_none_or(|kind| kind == Kind::Directory));
    directories.filter_map(|entry| String::from_utf8(entry.name).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_nearest_directory_that_has_an_owner() {
        let mut owners = Owners::default();
        let node = NodeId(1);
        let (records, layer) = (Owner::Records("s".into()), Owner::Layer("s".into(), "c".into()));
        owners.put("/docker", records.clone());
        owners.put("/docker/overlay2/x", layer.clone());
        assert_eq!(owners.of(b"/", node, None), Owner::Other(String::new()));
        assert_eq!(owners.of(b"/etc", node, Some(&Owner::Other(String::new()))), Owner::Other("etc".into()));
        assert_eq!(owners.of(b"/etc/a", node, Some(&Owner::Other("etc".into()))), Owner::Other("etc".into()));
        assert_eq!(owners.of(b"/docker", node, Some(&Owner::Other(String::new()))), records);
        assert_eq!(owners.of(b"/docker/overlay2/x", node, Some(&records)), layer);
        assert_eq!(owners.of(b"/docker/overlay2/x/diff/containers", node, Some(&layer)), layer);
    }

    #[test]
    fn logs_blobs_and_snapshots_are_told_by_where_they_lie() {
        let of = |path: &str| of_records(path.as_bytes(), "s");
        let log = Owner::Log("s".into(), "ab".into());
        assert_eq!(of("/d/containers/ab/ab-json.log"), log);
        assert_eq!(of("/d/containers/ab/ab-json.log.1.gz"), log);
        assert_eq!(of("/d/containers/ab/local-logs"), log);
        assert_eq!(of("/d/containers/ab/config.v2.json"), Owner::Records("s".into()));
        assert_eq!(of("/d/x/io.containerd.content.v1.content"), Owner::Content("s".into()));
        let snapshot = Owner::Snapshot("s".into(), "12".into());
        assert_eq!(of("/c/io.containerd.snapshotter.v1.overlayfs/snapshots/12"), snapshot);
        assert!(is_of_builder("0123456789abcdefghijklmno") && !is_of_builder("0123456789ABCDEFGHIJKLMNO"));
    }
}
