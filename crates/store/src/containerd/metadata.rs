//! `io.containerd.metadata.v1.bolt/meta.db`: what containerd knows, name space by name space.
//!
//! containerd 2, `core/metadata/buckets.go`: `v1/<namespace>/{images,content/blob,content/ingests,snapshots/<snapshotter>,
//! leases,containers,labels}`. The code that keeps sandboxes leaves out `v1`, other than the layout that it documents: they
//! are looked for in both places.

use std::collections::BTreeMap;

use careen_evidence::{Findings, ReadError, codes};
use careen_model::{Lease, Sandbox};

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
    pub leases: BTreeMap<String, Lease>,
    /// By id.
    pub containers: BTreeMap<String, ContainerRecord>,
    pub sandboxes: BTreeMap<String, Sandbox>,
    /// Downloads that were not finished, by their reference.
    pub ingests: BTreeMap<String, IngestRecord>,
    pub labels: BTreeMap<String, String>,
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
    pub size: Option<u64>,
    pub created: Option<String>,
    pub updated: Option<String>,
    pub labels: BTreeMap<String, String>,
}

/// A download that was not finished, as its name space knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct IngestRecord {
    /// Its reference in the content store, where its directory names it by that.
    pub reference: Option<String>,
    pub expected: Option<String>,
}

/// A snapshot as its name space knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct SnapshotRecord {
    /// Its key in the snapshotter's own database.
    pub name: Option<String>,
    /// Key of the one beneath.
    pub parent: Option<String>,
    pub created: Option<String>,
    pub labels: BTreeMap<String, String>,
}

/// A container that containerd ran, or was told of.
#[derive(Clone, Debug, Default)]
pub(crate) struct ContainerRecord {
    pub image: Option<String>,
    pub snapshotter: Option<String>,
    pub snapshot_key: Option<String>,
    pub runtime: Option<String>,
    pub sandbox: Option<String>,
    pub created: Option<String>,
    pub updated: Option<String>,
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
                let record = BlobRecord {
                    size: blob.count("size"),
                    created: blob.time("createdat"),
                    updated: blob.time("updatedat"),
                    labels: blob.within(database, "labels", findings)?.texts(),
                };
                space.blobs.insert(digest, record);
            }
            for (name, ingest) in content.within(database, "ingests", findings)?.each(database, findings)? {
                let record = IngestRecord { reference: ingest.text("ref"), expected: ingest.text("expected") };
                space.ingests.insert(name, record);
            }
            for (snapshotter, snapshots) in
                contents.within(database, "snapshots", findings)?.each(database, findings)?
            {
                let mut all = BTreeMap::new();
                for (key, snapshot) in snapshots.each(database, findings)? {
                    let record = SnapshotRecord {
                        name: snapshot.text("name"),
                        parent: snapshot.text("parent"),
                        created: snapshot.time("createdat"),
                        labels: snapshot.within(database, "labels", findings)?.texts(),
                    };
                    all.insert(key, record);
                }
                space.snapshots.insert(snapshotter, all);
            }
            for (id, container) in contents.within(database, "containers", findings)?.each(database, findings)? {
                let record = ContainerRecord {
                    image: container.text("image"),
                    snapshotter: container.text("snapshotter"),
                    snapshot_key: container.text("snapshotKey"),
                    runtime: container.within(database, "runtime", findings)?.text("name"),
                    sandbox: container.text("sandboxid"),
                    created: container.time("createdat"),
                    updated: container.time("updatedat"),
                    labels: container.within(database, "labels", findings)?.texts(),
                    spec: container.bytes("spec").and_then(any_value).map(<[u8]>::to_vec),
                };
                space.containers.insert(id, record);
            }
            for (id, lease) in contents.within(database, "leases", findings)?.each(database, findings)? {
                space.leases.insert(id.clone(), read_lease(database, id, &lease, findings)?);
            }
            space.labels = contents.within(database, "labels", findings)?.texts();
            let mut sandboxes = contents.within(database, "sandboxes", findings)?.each(database, findings)?;
            if let Some(beside) = database.bucket(&[name.as_bytes(), b"sandboxes"], findings)? {
                sandboxes.extend(Contents::read(database, &beside, findings)?.each(database, findings)?);
            }
            for (id, sandbox) in sandboxes {
                let row = Sandbox {
                    id: id.clone(),
                    sandboxer: sandbox.text("sandboxer"),
                    runtime: sandbox.within(database, "runtime", findings)?.text("name"),
                    created: sandbox.time("createdat"),
                    updated: sandbox.time("updatedat"),
                    labels: sandbox.within(database, "labels", findings)?.texts(),
                };
                space.sandboxes.insert(id, row);
            }
            self.namespaces.insert(name, space);
        }
        Ok(())
    }
}

/// A lease with what it keeps.
fn read_lease(database: &Database, id: String, lease: &Contents, findings: &mut Findings) -> Result<Lease, ReadError> {
    let mut snapshots = Vec::new();
    for (snapshotter, keys) in lease.within(database, "snapshots", findings)?.each(database, findings)? {
        snapshots.extend(keys.names().map(|key| format!("{snapshotter}/{key}")));
    }
    Ok(Lease {
        id,
        created: lease.time("createdat"),
        labels: lease.within(database, "labels", findings)?.texts(),
        content: lease.within(database, "content", findings)?.names().collect(),
        snapshots,
        ingests: lease.within(database, "ingests", findings)?.names().collect(),
    })
}

/// Opens a database; one that cannot be opened is a finding.
pub(super) fn open(records: &Records<'_>, file: &Object, findings: &mut Findings) -> Option<Database> {
    let opened = records
        .tree
        .open(file.node, findings)
        .and_then(|source| Database::open(source, &records.place(file), records.limits, findings));
    opened.map_err(|error| findings.add_error(&codes::store::CONTAINERD_DATABASE_UNREADABLE, &error)).ok()
}
