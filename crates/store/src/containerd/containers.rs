//! Containers that containerd knows by itself: those of Kubernetes, nerdctl and ctr. Docker's are in its own records.
//!
//! containerd keeps how a container is to be run, not whether it runs: state and exit code are unknown.

use careen_evidence::Findings;
use careen_model::Container;
use serde_json::Value;

use super::metadata::{ContainerRecord, Namespace};
use crate::digest::is_hex64;

/// Labels with a container's name, the first that is there.
const NAMES: [&str; 2] = ["nerdctl/name", "io.kubernetes.container.name"];

/// The containers of a name space, by id.
pub(super) fn list(space: &Namespace, store: &str) -> Vec<Container> {
    space.containers.iter().map(|(id, record)| container(id, record, space, store)).collect()
}

fn container(id: &str, record: &ContainerRecord, space: &Namespace, store: &str) -> Container {
    let name = NAMES.iter().find_map(|label| record.labels.get(*label).cloned());
    let spec: Option<Value> = record.spec.as_deref().and_then(|spec| serde_json::from_slice(spec).ok());
    let arguments = spec.as_ref().and_then(|spec| spec.get("process")?.get("args")?.as_array());
    let image = record.image.as_ref();
    Container {
        id: id.to_owned(),
        // A name that is an id says nothing more.
        name: name.unwrap_or_else(|| if is_hex64(id) { String::new() } else { id.to_owned() }),
        store: store.to_owned(),
        image: image.map(|image| super::names::familiar(image)),
        image_id: image.and_then(|image| space.images.get(image)?.digest.clone()),
        created: record.created.clone(),
        started: None,
        finished: None,
        state: None,
        exit_code: None,
        command: arguments.into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect(),
        compose: None,
    }
}

/// Tells of containers of Docker's without snapshot, and of snapshots without container.
pub(super) fn check(
    containers: &[&Container],
    snapshots: &[&str],
    has_snapshot: impl Fn(&str) -> bool,
    reason: &str,
    place: &careen_evidence::Place,
    findings: &mut Findings,
) {
    use careen_evidence::codes::store::{CONTAINER_LAYER_LOST, CONTAINER_RECORD_MISSING};
    for container in containers.iter().filter(|container| !has_snapshot(&container.id)) {
        let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &container.id), ("reason", &reason)];
        findings.add(&CONTAINER_LAYER_LOST, &place.then(&container.id), values);
    }
    for id in snapshots.iter().filter(|id| is_hex64(id)) {
        if !containers.iter().any(|container| container.id == **id) {
            findings.add(&CONTAINER_RECORD_MISSING, &place.then(id), &[("container", id)]);
        }
    }
}
