//! `io.containerd.metadata.v1.bolt/meta.db`: what containerd knows, name space by name space.
//!
//! containerd 2, `core/metadata/buckets.go`: `v1/<namespace>/{images,content/blob,content/ingests,snapshots/<snapshotter>,
//! leases,containers,sandboxes,labels}`.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, ReadError, codes};

use super::METADATA;
use super::values::{Contents, any_value};
use crate::bbolt::Database;
use crate::records::{Object, Records, kept};

/// The whole database, as far as it can be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metadata {
    pub namespaces: BTreeMap<String, Namespace>,
    /// Whether it was opened and every page of it could be read, so that what is not in it is not there.
    pub is_whole: bool,
    /// Whether an earlier state is shown: what was added since is not in it.
    pub is_earlier: bool,
}

/// What belongs to one name space.
#[derive(Clone, Debug, Default)]
pub(crate) struct Namespace {
    /// By the full reference.
    pub images: BTreeMap<String, ImageRecord>,
    /// By digest.
    pub blobs: BTreeMap<String, BlobRecord>,
    /// By snapshotter, then by key.
    pub snapshots: BTreeMap<String, BTreeMap<String, SnapshotRecord>>,
    /// Docker keeps one for each container on this store, under the container's id (`daemon/containerd/
    /// image_snapshot.go`).
    pub leases: BTreeSet<String>,
    /// By id.
    pub containers: BTreeMap<String, ContainerRecord>,
    pub sandboxes: BTreeSet<String>,
    /// Downloads that were not finished.
    pub ingests: u64,
}

/// A named image.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageRecord {
    pub digest: Option<String>,
    pub media_type: Option<String>,
    pub size: Option<u64>,
    pub annotations: BTreeMap<String, String>,
    pub updated: Option<String>,
    pub labels: BTreeMap<String, String>,
}

/// A blob of the content store.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlobRecord {
    pub labels: BTreeMap<String, String>,
}

/// A snapshot as its name space knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SnapshotRecord {
    /// Its key in the snapshotter's own database.
    pub name: Option<String>,
    /// Key of the one beneath.
    pub parent: Option<String>,
    pub created: Option<String>,
}

/// A container that containerd ran, or was told of.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContainerRecord {
    pub image: Option<String>,
    pub snapshot_key: Option<String>,
    pub created: Option<String>,
    pub labels: BTreeMap<String, String>,
    /// The OCI runtime specification, as JSON.
    pub spec: Option<Vec<u8>>,
}

impl Metadata {
    /// Reads the database of a containerd root. One that is not there or cannot be opened is empty.
    pub fn read(records: &Records<'_>, root: &Object, findings: &mut Findings) -> Metadata {
        let mut metadata = Metadata::default();
        let file = records
            .directory(root, &[METADATA], findings)
            .and_then(|directory| records.child(&directory, "meta.db", findings));
        let Some(file) = file else {
            let error = ReadError::corrupt(&records.place(root).then(METADATA), "meta.db is not there");
            findings.add_error(&codes::store::CONTAINERD_DATABASE_UNREADABLE, &error);
            return metadata;
        };
        let mut met = Findings::new();
        if let Some(database) = open(records, &file, &mut met) {
            metadata.is_whole = database.is_whole();
            metadata.is_earlier = met.list().iter().any(|finding| {
                let code = finding.code.name;
                code == codes::store::BOLT_EARLIER_STATE.name || code == codes::store::BOLT_META_INVALID.name
            });
            kept(metadata.read_namespaces(&database, &mut met), &mut met);
        }
        findings.absorb(met);
        metadata
    }

    fn read_namespaces(&mut self, database: &Database, findings: &mut Findings) -> Result<(), ReadError> {
        let Some(top) = database.bucket(&[b"v1"], findings)? else { return Ok(()) };
        for (name, contents) in Contents::read(database, &top, findings)?.each(database, findings)? {
            let mut space = Namespace::default();
            for (name, image) in contents.within(database, "images", findings)?.each(database, findings)? {
                let target = image.within(database, "target", findings)?;
                let record = ImageRecord {
                    digest: target.text("digest"),
                    media_type: target.text("mediatype"),
                    size: target.count("size"),
                    annotations: image.within(database, "annotations", findings)?.texts(),
                    updated: image.time("updatedat"),
                    labels: image.within(database, "labels", findings)?.texts(),
                };
                space.images.insert(name, record);
            }
            let content = contents.within(database, "content", findings)?;
            for (digest, blob) in content.within(database, "blob", findings)?.each(database, findings)? {
                let labels = blob.within(database, "labels", findings)?.texts();
                space.blobs.insert(digest, BlobRecord { labels });
            }
            space.ingests = content.within(database, "ingests", findings)?.each(database, findings)?.len() as u64;
            for (snapshotter, snapshots) in
                contents.within(database, "snapshots", findings)?.each(database, findings)?
            {
                let all = snapshots.each(database, findings)?.into_iter();
                let record = |snapshot: Contents| SnapshotRecord {
                    name: snapshot.text("name"),
                    parent: snapshot.text("parent"),
                    created: snapshot.time("createdat"),
                };
                space.snapshots.insert(snapshotter, all.map(|(key, snapshot)| (key, record(snapshot))).collect());
            }
            for (id, container) in contents.within(database, "containers", findings)?.each(database, findings)? {
                let record = ContainerRecord {
                    image: container.text("image"),
                    snapshot_key: container.text("snapshotKey"),
                    created: container.time("createdat"),
                    labels: container.within(database, "labels", findings)?.texts(),
                    spec: container.bytes("spec").and_then(any_value).map(<[u8]>::to_vec),
                };
                space.containers.insert(id, record);
            }
            let names = |contents: Vec<(String, Contents)>| contents.into_iter().map(|(name, _)| name).collect();
            space.leases = names(contents.within(database, "leases", findings)?.each(database, findings)?);
            space.sandboxes = names(contents.within(database, "sandboxes", findings)?.each(database, findings)?);
            self.namespaces.insert(name, space);
        }
        Ok(())
    }
}

/// Opens a database; one that cannot be opened is a finding.
pub(super) fn open(records: &Records<'_>, file: &Object, findings: &mut Findings) -> Option<Database> {
    let opened = records
        .tree
        .open(file.node, findings)
        .and_then(|source| Database::open(source, &records.place(file), records.limits, findings));
    opened.map_err(|error| findings.add_error(&codes::store::CONTAINERD_DATABASE_UNREADABLE, &error)).ok()
}
