//! What containerd's own cleaning would remove once images and leases are gone.
//!
//! containerd 2, `core/metadata/gc.go`: images, leases, containers and what has the label `containerd.io/gc.root` are
//! kept; from a blob the labels `containerd.io/gc.ref.content…` lead to blobs and `containerd.io/gc.ref.snapshot.…` to
//! snapshots, and from a snapshot the way leads to the one beneath. Whatever is not reached is removed. Name spaces are
//! cleaned apart, but a blob that another one names stays.
//!
//! Not handled: leases that have expired (they are taken as kept), references from images' and snapshots' own labels.

use std::collections::BTreeSet;

use careen_evidence::Findings;

use super::ContainerdStore;
use super::images::REFERENCE;
use super::metadata::Namespace;
use super::snapshots::parts;
use crate::digest::is_digest;

/// Keeps what bears it.
const ROOT: &str = "containerd.io/gc.root";
/// What labels begin with that lead to snapshots.
const SNAPSHOT: &str = "containerd.io/gc.ref.snapshot.";

/// What would be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Bytes of blobs, in whole blocks.
    pub blobs: u64,
    /// Directories of snapshots: their numbers, and their names in the name space.
    pub snapshots: Vec<(u64, String)>,
}

impl ContainerdStore {
    /// What would be removed if of the images only those with the ids that `keeps_image` keeps were there, and of the
    /// leases those that `keeps_lease` keeps. Nothing where the database is not whole. `block` is the filesystem's unit in
    /// bytes.
    pub fn cleaned(
        &self,
        keeps_image: &dyn Fn(&str) -> bool,
        keeps_lease: &dyn Fn(&str) -> bool,
        block: u64,
        findings: &mut Findings,
    ) -> Cleaned {
        let Some(space) = self.root.metadata.namespaces.get(&self.namespace) else { return Cleaned::default() };
        if !self.root.metadata.is_whole || self.root.metadata.is_earlier {
            return Cleaned::default();
        }
        let (blobs, snapshots) = reached(space, keeps_image, keeps_lease);
        let others = || self.root.metadata.namespaces.iter().filter(|(name, _)| **name != self.namespace);
        let records = self.records();
        let mut cleaned = Cleaned::default();
        for digest in space.blobs.keys().filter(|digest| !blobs.contains(digest.as_str())) {
            let is_elsewhere = others().any(|(_, space)| space.blobs.contains_key(digest));
            let Some(blob) = self.content.blobs.get(digest).filter(|_| !is_elsewhere) else { continue };
            let size = records.tree.stat(blob.node, findings).map_or(0, |stat| stat.size);
            let whole = size.div_ceil(block.max(1)).saturating_mul(block.max(1));
            cleaned.blobs = cleaned.blobs.saturating_add(whole);
        }
        for snapshotter in &self.root.snapshotters {
            for (key, snapshot) in &snapshotter.snapshots {
                let Some((_, _, name)) = parts(key).filter(|(space, ..)| *space == self.namespace) else { continue };
                if !snapshots.contains(&(snapshotter.name.as_str(), name)) {
                    cleaned.snapshots.push((snapshot.number, name.to_owned()));
                }
            }
        }
        cleaned
    }
}

/// What is reached: digests of blobs; snapshotters and names of snapshots.
fn reached<'s>(
    space: &'s Namespace,
    keeps_image: &dyn Fn(&str) -> bool,
    keeps_lease: &dyn Fn(&str) -> bool,
) -> (BTreeSet<&'s str>, BTreeSet<(&'s str, &'s str)>) {
    let mut blobs: BTreeSet<&str> = BTreeSet::new();
    let mut snapshots: BTreeSet<(&str, &str)> = BTreeSet::new();
    let targets = space.images.values().filter_map(|image| image.digest.as_deref());
    let mut next_blobs: Vec<&str> = targets.filter(|digest| keeps_image(digest)).collect();
    next_blobs.extend(
        space.blobs.iter().filter(|(_, blob)| blob.labels.contains_key(ROOT)).map(|(digest, _)| digest.as_str()),
    );
    let mut next_snapshots: Vec<(&str, &str)> = Vec::new();
    for lease in space.leases.values().filter(|lease| keeps_lease(&lease.id)) {
        next_blobs.extend(lease.content.iter().map(String::as_str));
        next_snapshots.extend(lease.snapshots.iter().filter_map(|snapshot| snapshot.split_once('/')));
    }
    for container in space.containers.values() {
        next_snapshots.extend(container.snapshotter.as_deref().zip(container.snapshot_key.as_deref()));
    }
    for (snapshotter, records) in &space.snapshots {
        let rooted = records.iter().filter(|(_, record)| record.labels.contains_key(ROOT));
        next_snapshots.extend(rooted.map(|(key, _)| (snapshotter.as_str(), key.as_str())));
    }
    while let Some(digest) = next_blobs.pop() {
        let Some(blob) = space.blobs.get(digest).filter(|_| blobs.insert(digest)) else { continue };
        for (label, value) in &blob.labels {
            if label.starts_with(REFERENCE.trim_end_matches('.')) && is_digest(value) {
                next_blobs.push(value);
            } else if let Some(rest) = label.strip_prefix(SNAPSHOT) {
                // The snapshotter, and something behind it where there are several.
                next_snapshots.push((rest.split('/').next().unwrap_or(rest), value));
            }
        }
    }
    while let Some((snapshotter, key)) = next_snapshots.pop() {
        if !snapshots.insert((snapshotter, key)) {
            continue;
        }
        let record = space.snapshots.get(snapshotter).and_then(|records| records.get(key));
        next_snapshots.extend(record.and_then(|record| record.parent.as_deref()).map(|parent| (snapshotter, parent)));
    }
    (blobs, snapshots)
}
