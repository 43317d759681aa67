//! What a containerd keeps besides images and containers as Docker shows them: blobs, leases, snapshots, sandboxes,
//! downloads that were not finished.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Exactness, Store};

/// A store with all that its database names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoreContents {
    /// Its row.
    #[serde(flatten)]
    pub store: Store,
    /// What is containerd's; `None` for a store of graph drivers.
    pub containerd: Option<ContainerdContents>,
}

/// What a name space of a containerd holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerdContents {
    /// Directory of the containerd within its filesystem.
    pub path: String,
    /// How far `meta.db` could be read.
    pub database: DatabaseState,
    /// All name spaces of this containerd; the lists below are of the store's own.
    pub namespaces: Vec<ContainerdNamespace>,
    /// Blobs that are there or recorded, by digest.
    pub content: Vec<ContentBlob>,
    /// Downloads that were not finished, by reference.
    pub ingests: Vec<Ingest>,
    /// What is kept from being cleaned up, by id.
    pub leases: Vec<Lease>,
    /// By snapshotter, then by key.
    pub snapshots: Vec<SnapshotRow>,
    /// Containers that containerd knows by itself, by id. Docker's are there while they run.
    pub containers: Vec<ContainerdContainer>,
    /// By id.
    pub sandboxes: Vec<Sandbox>,
}

/// How far a database could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseState {
    /// All of it.
    Whole,
    /// An earlier state of it.
    Earlier,
    /// Some of it, or nothing.
    #[default]
    Damaged,
}

/// A name space, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerdNamespace {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Names of images.
    pub images: u64,
    /// Recorded blobs.
    pub content: u64,
    /// Recorded snapshots.
    pub snapshots: u64,
    /// Leases.
    pub leases: u64,
    /// Containers.
    pub containers: u64,
    /// Sandboxes.
    pub sandboxes: u64,
}

/// A blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContentBlob {
    /// Its name.
    pub digest: String,
    /// Its length on the disk; `None` when it is not there.
    pub size: Option<u64>,
    /// The length that the database has.
    pub recorded_size: Option<u64>,
    /// Whether the database of this name space names it.
    pub recorded: bool,
    /// When it was recorded.
    pub created: Option<String>,
    /// When its record was last changed.
    pub updated: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What keeps it from being cleaned up: `image:NAME`, `blob:DIGEST`, `lease:ID`.
    pub referred_by: Vec<String>,
}

/// A download that was not finished.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ingest {
    /// What it is of.
    pub reference: String,
    /// Bytes that are there; `None` when its directory is not.
    pub size: Option<u64>,
    /// Bytes that it is to have.
    pub total: Option<u64>,
    /// The digest that it is to have.
    pub expected: Option<String>,
    /// When it began.
    pub started: Option<String>,
    /// When bytes were last added.
    pub updated: Option<String>,
    /// Its directory.
    pub directory: Option<String>,
}

/// What keeps things from being cleaned up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lease {
    /// Its id; Docker's are those of its containers.
    pub id: String,
    /// When it was made.
    pub created: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Digests of blobs.
    pub content: Vec<String>,
    /// Snapshots, as `SNAPSHOTTER/KEY`.
    pub snapshots: Vec<String>,
    /// References of downloads.
    pub ingests: Vec<String>,
}

/// A snapshot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRow {
    /// Who keeps it.
    pub snapshotter: String,
    /// Its name in the name space.
    pub key: String,
    /// The one beneath.
    pub parent: Option<String>,
    /// `active`, `committed` or `view`; `None` when the snapshotter's database does not tell.
    pub kind: Option<String>,
    /// Number of its directory.
    pub number: Option<u64>,
    /// Bytes it takes, once it is committed.
    pub size: Option<u64>,
    /// When it was made.
    pub created: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A container as containerd has it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerdContainer {
    /// Its id.
    pub id: String,
    /// The image's name.
    pub image: Option<String>,
    /// The runtime's name.
    pub runtime: Option<String>,
    /// Who keeps its files.
    pub snapshotter: Option<String>,
    /// The snapshot with its files.
    pub snapshot_key: Option<String>,
    /// The sandbox it runs in.
    pub sandbox: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// When its record was last changed.
    pub updated: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// A sandbox: what the containers of a pod share.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sandbox {
    /// Its id.
    pub id: String,
    /// Who runs it.
    pub sandboxer: Option<String>,
    /// The runtime's name.
    pub runtime: Option<String>,
    /// When it was made.
    pub created: Option<String>,
    /// When its record was last changed.
    pub updated: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What was found out about a blob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiedBlob {
    /// Id of the store it lies in.
    pub store: String,
    /// Its name.
    pub digest: String,
    /// `exact` when its bytes have the digest that is its name, else `damaged` or `missing`.
    pub state: Exactness,
    /// Its length on the disk.
    pub size: Option<u64>,
    /// Why it is not exact.
    pub reason: Option<String>,
}
