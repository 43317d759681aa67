//! All that a containerd's database names, as lists: what `ctr content`, `leases`, `snapshots`, `containers` and
//! `sandboxes` print.
//!
//! A blob is kept while something refers to it: an image, a lease, or a label of another blob (containerd 2,
//! `core/metadata/gc.go`). A download that was not finished lies in `ingest/<hash>/{data,ref,startedat,updatedat,total}`
//! (`plugins/content/local/store.go`).

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{CancelToken, Findings, NodeId, ReadError, read_file};
use careen_model::{
    ContainerdContainer, ContainerdContents, ContainerdNamespace, ContentBlob, DatabaseState, Ingest, SnapshotRow,
};
use serde_json::{Value, json};

use super::ContainerdStore;
use super::content::Content;
use super::images::REFERENCE;
use super::metadata::Namespace;
use super::names::familiar;
use super::snapshots::{SnapshotKind, parts};
use super::values::time;
use crate::digest::{is_digest, sha256_of};
use crate::records::{Object, Records, kept};

impl ContainerdStore {
    /// What the store's name space holds.
    pub fn contents(&self, findings: &mut Findings) -> ContainerdContents {
        let metadata = &self.root.metadata;
        let nothing = Namespace::default();
        let space = metadata.namespaces.get(&self.namespace).unwrap_or(&nothing);
        let database = match (metadata.is_whole, metadata.is_earlier) {
            (true, false) => DatabaseState::Whole,
            (true, true) => DatabaseState::Earlier,
            (false, _) => DatabaseState::Damaged,
        };
        let containers = space.containers.iter().map(|(id, record)| ContainerdContainer {
            id: id.clone(),
            image: record.image.clone(),
            runtime: record.runtime.clone(),
            snapshotter: record.snapshotter.clone(),
            snapshot_key: record.snapshot_key.clone(),
            sandbox: record.sandbox.clone(),
            created: record.created.clone(),
            updated: record.updated.clone(),
            labels: record.labels.clone(),
        });
        ContainerdContents {
            path: if self.root.directory.path.is_empty() { "/".to_owned() } else { self.root.directory.path.clone() },
            database,
            namespaces: metadata.namespaces.iter().map(|(name, space)| numbers(name, space)).collect(),
            content: self.blobs(space, findings),
            ingests: ingests(&self.records(), &self.content, space, findings),
            leases: space.leases.values().cloned().collect(),
            snapshots: self.snapshot_rows(space),
            containers: containers.collect(),
            sandboxes: space.sandboxes.values().cloned().collect(),
        }
    }

    /// Digests of all blobs that are there or that the database names, with their place on the disk.
    pub fn blobs_by_name(&self) -> BTreeMap<String, Option<NodeId>> {
        let there = self.content.blobs.iter().map(|(digest, blob)| (digest.clone(), Some(blob.node)));
        let space = self.root.metadata.namespaces.get(&self.namespace);
        let recorded = space.into_iter().flat_map(|space| space.blobs.keys()).map(|digest| (digest.clone(), None));
        let mut all: BTreeMap<String, Option<NodeId>> = recorded.collect();
        all.extend(there);
        all
    }

    /// The digest of a blob's bytes, and how many they are.
    pub fn digest_of(
        &self,
        blob: NodeId,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<(String, u64), ReadError> {
        let source = self.tree.open(blob, findings)?;
        Ok((sha256_of(&*source, cancel)?, source.len()))
    }

    /// A container that containerd knows by itself, as `ctr containers info` prints it; `None` when there is none of this
    /// id.
    pub fn container_document(&self, id: &str) -> Option<Value> {
        let record = self.root.metadata.namespaces.get(&self.namespace)?.containers.get(id)?;
        let spec: Option<Value> = record.spec.as_deref().and_then(|spec| serde_json::from_slice(spec).ok());
        Some(json!({
            "ID": id,
            "Labels": record.labels,
            "Image": record.image,
            "Runtime": { "Name": record.runtime },
            "SnapshotKey": record.snapshot_key,
            "Snapshotter": record.snapshotter,
            "CreatedAt": record.created,
            "UpdatedAt": record.updated,
            "SandboxID": record.sandbox,
            "Spec": spec,
        }))
    }

    fn blobs(&self, space: &Namespace, findings: &mut Findings) -> Vec<ContentBlob> {
        let references = references(space);
        let records = self.records();
        records.prefetch(self.content.blobs.values());
        let row = |(digest, node): (String, Option<NodeId>)| {
            let stat = node.and_then(|node| kept(records.tree.stat(node, findings), findings));
            let record = space.blobs.get(&digest);
            ContentBlob {
                size: stat.map(|stat| stat.size),
                recorded_size: record.and_then(|record| record.size),
                recorded: record.is_some(),
                created: record.and_then(|record| record.created.clone()),
                updated: record.and_then(|record| record.updated.clone()),
                labels: record.map(|record| record.labels.clone()).unwrap_or_default(),
                referred_by: references.get(&digest).into_iter().flatten().cloned().collect(),
                digest,
            }
        };
        self.blobs_by_name().into_iter().map(row).collect()
    }

    fn snapshot_rows(&self, space: &Namespace) -> Vec<SnapshotRow> {
        let mut rows: BTreeMap<(String, String), SnapshotRow> = BTreeMap::new();
        for (snapshotter, records) in &space.snapshots {
            for (key, record) in records {
                let row = SnapshotRow {
                    snapshotter: snapshotter.clone(),
                    key: key.clone(),
                    parent: record.parent.clone(),
                    created: record.created.clone(),
                    labels: record.labels.clone(),
                    ..SnapshotRow::default()
                };
                rows.insert((snapshotter.clone(), key.clone()), row);
            }
        }
        for snapshotter in &self.root.snapshotters {
            for (whole, snapshot) in &snapshotter.snapshots {
                let Some((_, _, name)) = parts(whole).filter(|(space, ..)| *space == self.namespace) else { continue };
                let key = (snapshotter.name.clone(), name.to_owned());
                let recorded = space.snapshots.get(&snapshotter.name).and_then(|records| records.get(name));
                // Of several with the name, the one that the name space means.
                let is_other = recorded.and_then(|record| record.name.as_ref()).is_some_and(|known| known != whole);
                if is_other {
                    continue;
                }
                let row = rows.entry(key).or_insert_with(|| SnapshotRow {
                    snapshotter: snapshotter.name.clone(),
                    key: name.to_owned(),
                    parent: snapshot.parent.as_deref().and_then(parts).map(|(.., name)| name.to_owned()),
                    ..SnapshotRow::default()
                });
                let kind = match snapshot.kind {
                    SnapshotKind::View => "view",
                    SnapshotKind::Active => "active",
                    SnapshotKind::Committed => "committed",
                };
                (row.kind, row.number, row.size) = (Some(kind.to_owned()), Some(snapshot.number), snapshot.size);
            }
        }
        rows.into_values().collect()
    }
}

fn numbers(name: &str, space: &Namespace) -> ContainerdNamespace {
    ContainerdNamespace {
        name: name.to_owned(),
        labels: space.labels.clone(),
        images: space.images.len() as u64,
        content: space.blobs.len() as u64,
        snapshots: space.snapshots.values().map(|records| records.len() as u64).sum(),
        leases: space.leases.len() as u64,
        containers: space.containers.len() as u64,
        sandboxes: space.sandboxes.len() as u64,
    }
}

/// What refers to each blob.
fn references(space: &Namespace) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut add = |digest: &str, what: String| {
        all.entry(digest.to_owned()).or_default().insert(what);
    };
    for (name, image) in &space.images {
        if let Some(digest) = &image.digest {
            add(digest, format!("image:{}", familiar(name)));
        }
    }
    for (digest, blob) in &space.blobs {
        for (label, named) in &blob.labels {
            // Label `containerd.io/gc.ref.content`, with or without something behind it.
            if label.starts_with(REFERENCE.trim_end_matches('.')) && is_digest(named) {
                add(named, format!("blob:{digest}"));
            }
        }
    }
    for lease in space.leases.values() {
        for digest in &lease.content {
            add(digest, format!("lease:{}", lease.id));
        }
    }
    all
}

/// Downloads that were not finished: those with a directory, and those that are recorded only.
fn ingests(records: &Records<'_>, content: &Content, space: &Namespace, findings: &mut Findings) -> Vec<Ingest> {
    let mut found: BTreeMap<String, Ingest> = BTreeMap::new();
    for directory in &content.ingests {
        let mut ingest = ingest(records, directory, findings);
        let named = space.ingests.iter().find(|(_, record)| record.reference.as_ref() == Some(&ingest.reference));
        if let Some((name, record)) = named {
            (ingest.reference, ingest.expected) = (name.clone(), record.expected.clone());
        }
        found.insert(ingest.reference.clone(), ingest);
    }
    for (name, record) in &space.ingests {
        found.entry(name.clone()).or_insert_with(|| Ingest {
            reference: name.clone(),
            expected: record.expected.clone(),
            ..Ingest::default()
        });
    }
    found.into_values().collect()
}

fn ingest(records: &Records<'_>, directory: &Object, findings: &mut Findings) -> Ingest {
    /// Longest time as Go writes it.
    const TIME: u64 = 16;
    let moment = |name: &str, findings: &mut Findings| -> Option<String> {
        let file = records.child(directory, name, findings)?;
        let limits = careen_evidence::Limits { bytes: TIME, ..*records.limits };
        let bytes: Result<Vec<u8>, ReadError> = read_file(records.tree, file.node, &limits, findings);
        time(&kept(bytes, findings)?)
    };
    let (started, updated) = (moment("startedat", findings), moment("updatedat", findings));
    let data = records.child(directory, "data", findings);
    let size = data.and_then(|data| kept(records.tree.stat(data.node, findings), findings)).map(|stat| stat.size);
    Ingest {
        reference: records.text(directory, "ref", findings).unwrap_or_else(|| directory.path.clone()),
        size,
        total: records.word(directory, "total", findings).and_then(|total| total.parse().ok()),
        expected: None,
        started,
        updated,
        directory: Some(directory.path.clone()),
    }
}
