//! Snapshots: `io.containerd.snapshotter.v1.<name>/{metadata.db,snapshots/<number>}`.
//!
//! containerd 2, `core/snapshots/storage/bolt.go`: `v1/snapshots/<namespace>/<sequence>/<name>` with the number of the
//! directory, the kind, the parent's key and, once committed, what it takes. `plugins/snapshots/overlay`: the files are
//! in `snapshots/<number>/fs`, each layer's own; `plugins/snapshots/native`: in `snapshots/<number>`, whole copies.
//!
//! Not handled: snapshotters that keep their files elsewhere or in another form (btrfs, blockfile, erofs, devmapper,
//! stargz, zfs): what is in them is named, and images are read from their blobs.

use std::collections::BTreeMap;

use careen_evidence::{Findings, Kind, NodeId, ReadError, codes};

use super::metadata::open;
use super::values::Contents;
use crate::records::{Object, Records, kept};

/// Deepest chain of snapshots followed.
const MAX_CHAIN: usize = 512;

/// What a snapshotter has.
#[derive(Clone, Debug)]
pub(crate) struct Snapshotter {
    pub name: String,
    /// `io.containerd.snapshotter.v1.<name>`.
    pub directory: Object,
    /// By the whole key.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Directories by their numbers.
    pub directories: BTreeMap<u64, Object>,
    /// Whether its database could be read whole.
    pub is_whole: bool,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    /// Of its directory.
    pub number: u64,
    pub kind: SnapshotKind,
    /// Whole key of the one beneath.
    pub parent: Option<String>,
    /// Bytes it takes, recorded when it was committed.
    pub size: Option<u64>,
    /// The image it was unpacked for: its name, and the digest of its manifest.
    pub image: Option<(String, String)>,
}

/// What the unpacker notes on a snapshot of a pulled image (containerd 2, `pkg/snapshotters/annotations.go`); labels with
/// this beginning are handed on to the snapshotter (`core/snapshots/snapshotter.go`, `FilterInheritedLabels`).
const IMAGE_NAME: &str = "containerd.io/snapshot/cri.image-ref";
const IMAGE_MANIFEST: &str = "containerd.io/snapshot/cri.manifest-digest";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SnapshotKind {
    /// For reading only.
    View,
    /// Being written: a container's.
    Active,
    /// Finished: a layer's.
    Committed,
}

impl Snapshotter {
    /// Reads a snapshotter's database and the names of its directories; `None` when it has none of both.
    pub fn read(records: &Records<'_>, name: &str, directory: Object, findings: &mut Findings) -> Option<Snapshotter> {
        let mut found = Snapshotter {
            name: name.to_owned(),
            snapshots: BTreeMap::new(),
            directories: BTreeMap::new(),
            is_whole: false,
            directory,
        };
        if let Some(snapshots) = records.directory(&found.directory, &["snapshots"], findings) {
            for (name, object) in records.entries(&snapshots, findings) {
                match name.parse() {
                    Ok(number) => drop(found.directories.insert(number, object)),
                    // `new-…` and `rm-…` are what an interrupted operation leaves.
                    Err(_) => records.leftover(&object, &name, findings),
                }
            }
        }
        match records.child(&found.directory, "metadata.db", findings) {
            Some(file) => {
                if let Some(database) = open(records, &file, findings) {
                    found.is_whole = database.is_whole();
                    kept(found.read_database(&database, findings), findings);
                }
            }
            None if !found.directories.is_empty() => {
                let error = ReadError::corrupt(&records.place(&found.directory), "metadata.db is not there");
                findings.add_error(&codes::store::CONTAINERD_DATABASE_UNREADABLE, &error);
            }
            None => {}
        }
        (!found.snapshots.is_empty() || !found.directories.is_empty()).then_some(found)
    }

    fn read_database(&mut self, database: &crate::bbolt::Database, findings: &mut Findings) -> Result<(), ReadError> {
        let Some(bucket) = database.bucket(&[b"v1", b"snapshots"], findings)? else { return Ok(()) };
        for (key, snapshot) in Contents::read(database, &bucket, findings)?.each(database, findings)? {
            let kind = match snapshot.bytes("kind") {
                Some([1]) => SnapshotKind::View,
                Some([2]) => SnapshotKind::Active,
                Some([3]) => SnapshotKind::Committed,
                _ => continue,
            };
            let Some(number) = snapshot.number("id") else { continue };
            let size = snapshot.count("size").filter(|_| kind == SnapshotKind::Committed);
            let labels = snapshot.within(database, "labels", findings)?;
            let image = labels.text(IMAGE_NAME).zip(labels.text(IMAGE_MANIFEST));
            self.snapshots.insert(key, Snapshot { number, kind, parent: snapshot.text("parent"), size, image });
        }
        Ok(())
    }

    /// Whether the files of a snapshot are its own, or those of all beneath it too; `None` for a snapshotter whose files
    /// are not read.
    pub fn is_layered(&self) -> Option<bool> {
        match self.name.as_str() {
            "overlayfs" | "fuse-overlayfs" => Some(true),
            "native" => Some(false),
            _ => None,
        }
    }

    /// The directory with the files of a snapshot.
    pub fn content(&self, records: &Records<'_>, number: u64, findings: &mut Findings) -> Option<Object> {
        let directory = self.directories.get(&number)?;
        if !records.is_kind(directory, Kind::Directory, findings) {
            return None;
        }
        match self.is_layered()? {
            true => records.directory(directory, &["fs"], findings),
            false => Some(directory.clone()),
        }
    }

    /// The whole key of a snapshot by its name in a name space: the one that `known` gives, else the newest.
    pub fn key_of(&self, namespace: &str, name: &str, known: Option<&str>) -> Option<&str> {
        if let Some((key, _)) = known.and_then(|known| self.snapshots.get_key_value(known)) {
            return Some(key);
        }
        let is_it = |key: &&String| parts(key).is_some_and(|(space, _, its)| space == namespace && its == name);
        let newest = self.snapshots.keys().filter(is_it).max_by_key(|key| parts(key).map(|(_, sequence, _)| sequence));
        newest.map(String::as_str)
    }

    /// A snapshot and all beneath it, topmost first, with their keys; and the first key that is not there.
    pub fn chain<'s>(&'s self, key: &'s str) -> (Vec<(&'s str, &'s Snapshot)>, Option<&'s str>) {
        let mut chain = Vec::new();
        let mut next = Some(key);
        while let Some(key) = next {
            let Some(snapshot) = self.snapshots.get(key).filter(|_| chain.len() < MAX_CHAIN) else {
                return (chain, Some(key));
            };
            chain.push((key, snapshot));
            next = snapshot.parent.as_deref();
        }
        (chain, None)
    }

    /// The name spaces that its keys name.
    pub fn namespaces(&self) -> impl Iterator<Item = &str> {
        self.snapshots.keys().filter_map(|key| parts(key)).map(|(space, _, _)| space)
    }

    /// Directories that no snapshot of the database has.
    pub fn unassigned(&self) -> impl Iterator<Item = (u64, NodeId)> {
        let known: std::collections::BTreeSet<u64> = self.snapshots.values().map(|snapshot| snapshot.number).collect();
        self.directories
            .iter()
            .filter(move |(number, _)| !known.contains(number))
            .map(|(number, at)| (*number, at.node))
    }
}

/// The parts of a whole key: name space, sequence, name.
pub(super) fn parts(key: &str) -> Option<(&str, u64, &str)> {
    let (namespace, rest) = key.split_once('/')?;
    let (sequence, name) = rest.split_once('/')?;
    Some((namespace, sequence.parse().ok()?, name))
}
