//! `careen history` and `careen inspect` against what the engine printed.

use careen_tests::{Disk, Outcome, careen, compare};
use serde_json::Value;

use crate::records::{Truth, data_root};

/// Where the engine saw its data root when the truth was taken.
const ENGINE_ROOT: &str = "/var/lib/docker";

/// `careen history DISK IMAGE`.
pub fn history(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let ours = careen(["history", &disk.file.to_string_lossy(), id, "--json"]).expect(&[0])?.json()?;
    told(compare::difference(&truth.history[id], &ours))
}

/// `careen inspect DISK image:ID`.
pub fn image(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let ours = inspect(disk, &format!("image:{id}"))?;
    let mut said = find(&truth.images, "Id", id);
    on_this_disk(&mut said["GraphDriver"], disk)?;
    for list in ["RepoTags", "RepoDigests"] {
        // The engine prints them in the order of its map.
        if let Some(names) = said[list].as_array_mut() {
            names.sort_by_key(Value::to_string);
        }
    }
    told(compare::difference(&said, &ours))
}

/// `careen inspect DISK container:ID`.
pub fn container(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let mut ours = inspect(disk, &format!("container:{id}"))?;
    let mut said = find(&truth.containers, "Id", id);
    let ran = said["State"]["Running"] == true;
    said["State"] = truth.state(&said);
    on_this_disk(&mut said["GraphDriver"], disk)?;
    if let Some(said) = said.as_object_mut() {
        // Measured on request, by walking.
        said.remove("SizeRw");
        said.remove("SizeRootFs");
    }
    if let Some(Value::Object(health)) = said.pointer_mut("/State/Health") {
        // The checks went on after the truth was taken.
        health.remove("Log");
        health.remove("FailingStreak");
        if truth.is_containerd() {
            // Not written with each check.
            health.remove("Status");
        }
    }
    if ran {
        // It ran when the truth was taken: the shutdown after that took its endpoints down.
        for value in [&mut said, &mut ours] {
            for network in value["NetworkSettings"]["Networks"].as_object_mut().into_iter().flatten() {
                network.1["EndpointID"] = Value::Null;
            }
        }
    }
    for value in [&mut said, &mut ours] {
        // Some sources are recorded, others worked out. The engine prints them in the order of its map.
        on_this_disk(&mut value["Mounts"], disk)?;
        if let Some(mounts) = value["Mounts"].as_array_mut() {
            mounts.sort_by_key(|mount| mount["Destination"].to_string());
        }
    }
    told(compare::difference(&said, &ours))
}

/// `careen inspect DISK volume:NAME`, each.
pub fn volumes(disk: &Disk, truth: &Truth) -> Outcome {
    let mut wrong = Vec::new();
    for name in truth.volume_names() {
        let ours = inspect(disk, &format!("volume:{name}"))?;
        let mut said = find(&truth.volumes, "Name", &name);
        on_this_disk(&mut said["Mountpoint"], disk)?;
        for map in ["Labels", "Options"] {
            // Nothing is an empty map or null, depending on how the volume was made.
            if said[map].as_object().is_some_and(serde_json::Map::is_empty) && ours[map].is_null() {
                said[map] = Value::Null;
            }
        }
        wrong.extend(compare::difference(&said, &ours).map(|text| format!("volume {name}{text}")));
    }
    compare::verdict(&wrong)
}

fn inspect(disk: &Disk, scope: &str) -> Result<Value, String> {
    let answer = careen(["inspect", &disk.file.to_string_lossy(), scope, "--json"]).expect(&[0])?;
    match answer.json()? {
        Value::Array(mut list) if list.len() == 1 => Ok(list.remove(0)),
        other => Err(format!("{}: expected an array of one, got {other}", answer.line)),
    }
}

/// Directories in our answers are named as they lie on the disk.
fn on_this_disk(value: &mut Value, disk: &Disk) -> Outcome {
    let root = data_root(disk)?;
    rename(value, &root);
    Ok(())
}

fn rename(value: &mut Value, root: &str) {
    match value {
        Value::String(text) => *text = text.replace(ENGINE_ROOT, root),
        Value::Array(list) => list.iter_mut().for_each(|value| rename(value, root)),
        Value::Object(map) => map.values_mut().for_each(|value| rename(value, root)),
        _ => {}
    }
}

fn find(records: &[Value], field: &str, id: &str) -> Value {
    records.iter().find(|record| record[field] == id).cloned().unwrap_or_default()
}

fn told(difference: Option<String>) -> Outcome {
    difference.map_or(Ok(()), Err)
}
