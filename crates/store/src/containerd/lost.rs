//! What directories of snapshots are when the snapshotter's database is lost: layers by their files, containers by the
//! traces that [`super::uppers`] takes as evidence. What is assigned so is told, and what is not is listed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Place, codes};
use careen_model::Container;
use jiff::Timestamp;

use super::recognize::{Recognized, is_unpacked_from};
use super::snapshots::{Snapshot, SnapshotKind, Snapshotter, parts};
use super::uppers::{Claim, assign};
use super::{ContainerdRoot, ContainerdStore, LayerFiles};
use crate::classic::MAX_LAYERS;
use crate::digest::is_digest;

/// Most directories that are named in one finding.
const MAX_NAMED: usize = 512;
/// Most packed layers whose directories are looked for.
const MAX_SOUGHT: usize = 4096;

impl ContainerdStore {
    /// The packed layers, by their chain ids, that may tell which directories they were unpacked to, because the database
    /// that said so is lost; empty where it is not.
    pub fn unplaced_layers(&self) -> Vec<(String, LayerFiles)> {
        if !self.root.snapshotters.iter().any(is_lost) {
            return Vec::new();
        }
        let layers = self.layers.without_directory().take(MAX_SOUGHT);
        layers
            .map(|(chain, node, digest)| (chain.to_owned(), LayerFiles::Blob { node, digest: digest.to_owned() }))
            .collect()
    }

    /// Looks for the directory that a layer was unpacked to. `packed` are its files; its first ones, unless `is_all`.
    pub fn recognize_layer(&mut self, chain: &str, packed: &dyn FileTree, is_all: bool) {
        let untold = &mut Findings::new();
        let mut found = Vec::new();
        for (position, snapshotter) in self.root.snapshotters.iter().enumerate().filter(|(_, one)| is_lost(one)) {
            for (number, _) in snapshotter.unassigned() {
                let content = snapshotter.content(&self.records(), number, untold);
                if content.is_some_and(|content| is_unpacked_from(&*self.tree, content.node, packed, is_all)) {
                    found.push((position, number));
                }
            }
        }
        for (position, number) in found {
            let recognized = self.recognized.entry(position).or_default();
            recognized.entry(number).or_default().insert(chain.to_owned());
        }
    }

    /// Puts to containers the directories with their changes, where the database that named them is lost and other traces
    /// prove them. `docker` are Docker's containers of this store. To be called after [`ContainerdStore::recognize_layer`].
    ///
    /// Only for a filesystem as it was: a copy has other inodes and times.
    pub fn assign_directories(&mut self, docker: &[&Container], findings: &mut Findings) {
        self.note_recognized(findings);
        let mut assigned = Vec::new();
        for (position, snapshotter) in self.root.snapshotters.iter().enumerate().filter(|(_, one)| is_lost(one)) {
            let claims = self.claims(snapshotter, docker);
            let layers = self.layers_of(position, snapshotter);
            for (claim, uppers) in assign(&self.records(), snapshotter, &layers, &claims) {
                let Some(claim) = claims.get(claim) else { continue };
                let chain = claim.chains.first().cloned().unwrap_or_default();
                assigned.push((position, claim.id.clone(), chain, uppers));
            }
        }
        if assigned.is_empty() {
            return;
        }
        let root = Rc::make_mut(&mut self.root);
        for (position, id, chain, uppers) in assigned {
            let Some(snapshotter) = root.snapshotters.get_mut(position) else { continue };
            let key = |name: &str| format!("{}/0/{name}", self.namespace);
            let above = |name: String, number, kind, parent: &str| {
                (key(&name), Snapshot { number, kind, parent: Some(key(parent)), size: None, image: None })
            };
            let beneath = format!("{id}-init");
            let parent = if uppers.init.is_some() { &beneath } else { &chain };
            let values: &[(&str, &dyn std::fmt::Display)] =
                &[("container", &id), ("directory", &uppers.upper), ("layer", &chain), ("delay", &uppers.delay)];
            findings.add(&codes::store::CONTAINER_LAYER_DERIVED, &self.place.then(&snapshotter.name).then(&id), values);
            snapshotter.snapshots.extend([above(id.clone(), uppers.upper, SnapshotKind::Active, parent)]);
            if let Some(init) = uppers.init {
                snapshotter.snapshots.extend([above(beneath.clone(), init, SnapshotKind::Committed, &chain)]);
            }
        }
    }

    /// Tells which images have lost their names, and which directories are nobody's, once everything that may tell was
    /// asked.
    pub fn tell_lost(&self, findings: &mut Findings) {
        self.images.tell_nameless(&self.place, findings);
        tell_unread(&self.root, &self.recognized, &self.place, findings);
    }

    /// Shows the layers that were recognized, where it is one directory for one layer.
    fn note_recognized(&mut self, findings: &mut Findings) {
        for (position, recognized) in &self.recognized {
            let Some(snapshotter) = self.root.snapshotters.get(*position) else { continue };
            let mut places: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for (number, chains) in recognized {
                for chain in chains {
                    places.entry(chain).or_default().push(*number);
                }
            }
            for (chain, numbers) in places {
                if let [number] = numbers.as_slice()
                    && recognized.get(number).is_some_and(|chains| chains.len() == 1)
                {
                    self.layers.found_at(chain, *number);
                }
            }
            let count = recognized.len();
            findings.add(&codes::store::LAYERS_RECOGNIZED, &self.place.then(&snapshotter.name), &[("count", &count)]);
        }
        self.layer_list = self.layers.list(&self.store.id, &self.images.list);
    }

    /// The layers in the directories of a snapshotter, by record or by their files.
    fn layers_of(&self, position: usize, snapshotter: &Snapshotter) -> Recognized {
        let mut layers = self.recognized.get(&position).cloned().unwrap_or_default();
        for (key, snapshot) in &snapshotter.snapshots {
            if let Some((_, _, name)) = parts(key).filter(|(.., name)| is_digest(name)) {
                layers.entry(snapshot.number).or_default().insert(name.to_owned());
            }
        }
        layers
    }

    /// The containers whose directories are sought.
    fn claims(&self, snapshotter: &Snapshotter, docker: &[&Container]) -> Vec<Claim> {
        let time = |time: &Option<String>| time.as_deref().and_then(|time| time.parse::<Timestamp>().ok());
        let space = self.root.metadata.namespaces.get(&self.namespace);
        let records = space.and_then(|space| space.snapshots.get(&snapshotter.name));
        let record = |key: &str| records.and_then(|records| records.get(key));
        let mut claims = Vec::new();
        for container in docker.iter().filter(|container| self.snapshot_of(&container.id).is_none()) {
            let image = self.images.list.iter().find(|image| Some(&image.id) == container.image_id.as_ref());
            let (Some(image), Some(from)) = (image, time(&container.created)) else { continue };
            let chains = image.layers.iter().rev().map(|layer| layer.chain_id.clone()).collect();
            let to = record(&container.id).and_then(|record| time(&record.created));
            claims.push(Claim { id: container.id.clone(), chains, from, to, is_after: false });
        }
        for container in self.containers.iter().filter(|container| self.snapshot_of(&container.id).is_none()) {
            let own = space.and_then(|space| space.containers.get(&container.id));
            let key = own.and_then(|own| own.snapshot_key.as_deref()).unwrap_or(&container.id);
            let Some(from) = record(key).and_then(|record| time(&record.created)) else { continue };
            let mut chains: Vec<String> = Vec::new();
            let mut next = record(key).and_then(|record| record.parent.clone());
            while let Some(chain) = next.filter(|_| chains.len() < MAX_LAYERS) {
                next = record(&chain).and_then(|record| record.parent.clone());
                chains.push(chain);
            }
            claims.push(Claim { id: key.to_owned(), chains, from, to: None, is_after: true });
        }
        claims
    }
}

/// Whether the database of a snapshotter is lost whose directories are layers.
fn is_lost(snapshotter: &Snapshotter) -> bool {
    !snapshotter.is_whole && snapshotter.is_layered() == Some(true)
}

/// Names the snapshotters whose files are not read, and directories that are nobody's.
fn tell_unread(
    root: &ContainerdRoot,
    recognized: &BTreeMap<usize, Recognized>,
    place: &Place,
    findings: &mut Findings,
) {
    for (position, snapshotter) in root.snapshotters.iter().enumerate() {
        let place = place.then(&snapshotter.name);
        if snapshotter.is_layered().is_none() {
            findings.add(&codes::store::SNAPSHOTTER_UNREAD, &place, &[("snapshotter", &snapshotter.name)]);
        }
        let known: BTreeSet<u64> = recognized.get(&position).into_iter().flatten().map(|(number, _)| *number).collect();
        let unassigned = snapshotter.unassigned().filter(|(number, _)| !known.contains(number));
        let mut unassigned: Vec<String> = unassigned.map(|(number, _)| number.to_string()).collect();
        if unassigned.is_empty() {
            continue;
        }
        let count = unassigned.len();
        unassigned.truncate(MAX_NAMED);
        let shown = unassigned.join(", ");
        let values: &[(&str, &dyn std::fmt::Display)] = &[("count", &count), ("directories", &shown)];
        let code = match snapshotter.is_whole {
            // containerd removes such directories when it starts.
            true => &codes::store::SNAPSHOTS_LEFT_OVER,
            false => &codes::store::SNAPSHOTS_UNASSIGNED,
        };
        findings.add(code, &place, values);
    }
}
