//! containerd's image store: a database, snapshots and blobs, under one directory.
//!
//! Layout: containerd 2, `core/metadata/buckets.go` for the database, and as each module names it; what Docker makes of
//! it: moby `daemon/containerd`. dockerd's own containerd also runs containers for the classic store, which keeps
//! manifests of pulled images in its content (moby `daemon/internal/distribution/manifest.go`): a root without a single
//! image or snapshot is no store.
//!
//! Promised: never panics; each of database, snapshots and blobs stands in for what is lost of the others where a digest or
//! a recorded name proves it. What is derived is told apart from what was read.
//!
//! Not handled: snapshotters other than overlayfs and native, whose images are read from their blobs; blobs under other
//! algorithms than sha256.

mod cleaning;
mod containers;
mod content;
mod contents;
mod document;
mod images;
mod layers;
mod lost;
mod metadata;
mod names;
mod recognize;
mod snapshots;
mod store;
#[cfg(test)]
mod tests;
mod uppers;
mod values;

use careen_evidence::{Findings, Kind};

use content::Content;

use crate::digest::is_hex64;
use crate::records::{Object, Records};
pub use cleaning::Cleaned;
pub use layers::LayerFiles;
pub(crate) use metadata::Metadata;
pub(crate) use snapshots::Snapshotter;
pub use store::{ContainerdStore, StackedLayer};

/// The namespace Docker works in.
pub(crate) const DOCKER_NAMESPACE: &str = "moby";

/// Directory names of containerd's plugins.
pub(crate) const METADATA: &str = "io.containerd.metadata.v1.bolt";
pub(crate) const CONTENT: &str = "io.containerd.content.v1.content";
const SNAPSHOTTER: &str = "io.containerd.snapshotter.v1.";

/// A containerd root, with its databases.
#[derive(Clone, Debug)]
pub(crate) struct ContainerdRoot {
    pub directory: Object,
    pub metadata: Metadata,
    /// Snapshotters that hold snapshots.
    pub snapshotters: Vec<Snapshotter>,
}

impl ContainerdRoot {
    /// Reads the databases of a containerd root.
    pub fn read(records: &Records<'_>, directory: Object, findings: &mut Findings) -> ContainerdRoot {
        let mut snapshotters = Vec::new();
        for (name, object) in records.entries(&directory, findings) {
            if let Some(snapshotter) = name.strip_prefix(SNAPSHOTTER)
                && records.is_kind(&object, Kind::Directory, findings)
            {
                snapshotters.extend(Snapshotter::read(records, snapshotter, object, findings));
            }
        }
        let metadata = Metadata::read(records, &directory, findings);
        ContainerdRoot { directory, metadata, snapshotters }
    }

    /// Whether there is no image in it: no snapshot, no image's name and, where the database cannot tell, no packed layer.
    pub fn is_empty(&self, records: &Records<'_>) -> bool {
        let is_unnamed = self.metadata.namespaces.values().all(|space| space.images.is_empty());
        // What is met on the way is told when the content is read as a store's.
        let has_layers = || Content::read(records, &self.directory, &mut Findings::new()).has_layers(records);
        self.snapshotters.is_empty() && is_unnamed && (self.metadata.is_whole || !has_layers())
    }

    /// Whether the blob with this digest is there.
    pub fn has_blob(&self, records: &Records<'_>, digest: &str) -> bool {
        let untold = &mut Findings::new();
        let blobs = records.directory(&self.directory, &[CONTENT, "blobs", "sha256"], untold);
        let digits = digest.strip_prefix("sha256:").filter(|digits| is_hex64(digits));
        blobs.zip(digits).is_some_and(|(blobs, digits)| records.child(&blobs, digits, untold).is_some())
    }

    /// The snapshotter in use: overlayfs, which is Docker's, where there are several.
    pub fn driver(&self) -> Option<&str> {
        let overlayfs = self.snapshotters.iter().find(|snapshotter| snapshotter.name == "overlayfs");
        overlayfs.or(self.snapshotters.first()).map(|snapshotter| snapshotter.name.as_str())
    }

    /// The namespaces with images or snapshots, Docker's first.
    pub fn namespaces(&self) -> Vec<&str> {
        let with_images = self.metadata.namespaces.iter().filter(|(_, space)| !space.images.is_empty());
        let mut all: Vec<&str> = with_images.map(|(name, _)| name.as_str()).collect();
        if all.is_empty() {
            all = self.snapshotters.iter().flat_map(Snapshotter::namespaces).collect();
        }
        all.sort_by_key(|name| (*name != DOCKER_NAMESPACE, *name));
        all.dedup();
        all
    }

    /// Whether Docker's namespace has images; where the database is lost, whether it has snapshots.
    pub fn has_docker_images(&self) -> bool {
        self.namespaces().contains(&DOCKER_NAMESPACE)
    }

    /// Whether one of these containers has its layers here: a lease or a snapshot has its name.
    pub fn serves<'c>(&self, mut containers: impl Iterator<Item = &'c str>) -> bool {
        let leases = self.metadata.namespaces.get(DOCKER_NAMESPACE).map(|space| &space.leases);
        containers.any(|id| {
            let has_snapshot = |snapshotter: &Snapshotter| snapshotter.key_of(DOCKER_NAMESPACE, id, None).is_some();
            is_hex64(id)
                && (leases.is_some_and(|leases| leases.contains_key(id)) || self.snapshotters.iter().any(has_snapshot))
        })
    }
}
