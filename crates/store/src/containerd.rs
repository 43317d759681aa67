//! What a containerd root holds, as far as telling whose it is needs: namespaces, and whether there are images.
//!
//! Layout: containerd 2, `core/metadata/buckets.go` for the database. dockerd's own containerd also runs containers
//! for the classic store, which keeps manifests of pulled images in its content (moby `daemon/internal/distribution/
//! manifest.go`): a root without a single image or snapshot is no store.
//!
//! Not handled: images, content and snapshots themselves.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Kind, codes};

use crate::bbolt::{Database, Item};
use crate::digest::is_hex64;
use crate::records::{Object, Records, kept};

/// The namespace Docker works in.
pub(crate) const DOCKER_NAMESPACE: &str = "moby";

/// Directory names of containerd's plugins.
pub(crate) const METADATA: &str = "io.containerd.metadata.v1.bolt";
pub(crate) const CONTENT: &str = "io.containerd.content.v1.content";
const SNAPSHOTTER: &str = "io.containerd.snapshotter.v1.";

/// A containerd root.
pub(crate) struct ContainerdRoot {
    pub directory: Object,
    namespaces: BTreeMap<String, Namespace>,
    /// Snapshotters that hold snapshots.
    snapshotters: Vec<String>,
}

#[derive(Default)]
struct Namespace {
    has_images: bool,
    /// Leases by their id. Docker keeps one for each container on this store, under the container's id
    /// (`daemon/containerd/image_snapshot.go`).
    leases: BTreeSet<String>,
}

impl ContainerdRoot {
    /// Looks into a containerd root.
    pub fn read(records: &Records<'_>, directory: Object, findings: &mut Findings) -> ContainerdRoot {
        let mut snapshotters = Vec::new();
        for (name, object) in records.entries(&directory, findings) {
            if let Some(snapshotter) = name.strip_prefix(SNAPSHOTTER)
                && records.is_kind(&object, Kind::Directory, findings)
                && let Some(snapshots) = records.directory(&object, &["snapshots"], findings)
                && !records.entries(&snapshots, findings).is_empty()
            {
                snapshotters.push(snapshotter.to_owned());
            }
        }
        let namespaces = read_namespaces(records, &directory, findings);
        ContainerdRoot { directory, namespaces, snapshotters }
    }

    /// Whether there is no image in it: no snapshot and no image's name.
    pub fn is_empty(&self) -> bool {
        self.snapshotters.is_empty() && !self.namespaces.values().any(|space| space.has_images)
    }

    /// The snapshotter in use: overlayfs, which is Docker's, where there are several.
    pub fn driver(&self) -> Option<&str> {
        let overlayfs = self.snapshotters.iter().find(|name| *name == "overlayfs");
        overlayfs.or(self.snapshotters.first()).map(String::as_str)
    }

    /// The namespace with the images: Docker's where it has some, else the only one that has.
    pub fn namespace(&self) -> Option<&str> {
        if self.has_docker_images() {
            return Some(DOCKER_NAMESPACE);
        }
        let mut named = self.namespaces.iter().filter(|(_, space)| space.has_images).map(|(name, _)| name.as_str());
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether Docker's namespace has images.
    pub fn has_docker_images(&self) -> bool {
        self.namespaces.get(DOCKER_NAMESPACE).is_some_and(|space| space.has_images)
    }

    /// Whether one of these containers has its layers here.
    pub fn serves<'c>(&self, mut containers: impl Iterator<Item = &'c str>) -> bool {
        let space = self.namespaces.get(DOCKER_NAMESPACE);
        space.is_some_and(|space| containers.any(|id| space.leases.contains(id)))
    }
}

/// Namespaces of `meta.db`: buckets `v1/<namespace>/{images,leases,…}`.
fn read_namespaces(records: &Records<'_>, root: &Object, findings: &mut Findings) -> BTreeMap<String, Namespace> {
    let mut namespaces = BTreeMap::new();
    let Some(file) = records
        .directory(root, &[METADATA], findings)
        .and_then(|directory| records.child(&directory, "meta.db", findings))
    else {
        return namespaces;
    };
    let opened = records
        .tree
        .open(file.node, findings)
        .and_then(|source| Database::open(source, &records.place(&file), records.limits, findings));
    let database = match opened {
        Ok(database) => database,
        Err(error) => {
            findings.add_error(&codes::store::CONTAINERD_DATABASE_UNREADABLE, &error);
            return namespaces;
        }
    };
    let read = database.bucket(&[b"v1"], findings).and_then(|bucket| {
        let Some(bucket) = bucket else { return Ok(()) };
        let mut spaces = Vec::new();
        database.visit(&bucket, findings, &mut |key, item| {
            if let Item::Bucket(bucket) = item {
                spaces.push((String::from_utf8_lossy(key).into_owned(), bucket));
            }
        })?;
        for (name, bucket) in spaces {
            let mut parts = BTreeMap::new();
            database.visit(&bucket, findings, &mut |key, item| {
                if let Item::Bucket(bucket) = item {
                    parts.insert(key.to_vec(), bucket);
                }
            })?;
            let mut space = Namespace::default();
            if let Some(images) = parts.get(b"images".as_slice()) {
                database.visit(images, findings, &mut |_, _| space.has_images = true)?;
            }
            if let Some(leases) = parts.get(b"leases".as_slice()) {
                database.visit(leases, findings, &mut |key, _| {
                    space.leases.extend(std::str::from_utf8(key).ok().filter(|id| is_hex64(id)).map(str::to_owned));
                })?;
            }
            namespaces.insert(name, space);
        }
        Ok(())
    });
    kept(read, findings);
    namespaces
}
