//! Images, containers, volumes, networks and layers against what the engine printed of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use careen_tests::{Disk, Outcome, careen, compare};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What Docker prints for a time that was never set.
const YEAR_1: &str = "0001-01-01T00:00:00Z";

/// Networks that every engine makes anew when it starts.
const BUILT_IN_NETWORKS: [&str; 3] = ["bridge", "host", "none"];

/// What the engine said of a disk.
pub struct Truth {
    folder: PathBuf,
    /// Whether it speaks of everything on the disk.
    pub whole: bool,
    /// `docker image inspect` of every image, intermediate ones too.
    pub images: Vec<Value>,
    /// `docker history`, by the id of each image that `docker images` lists.
    pub history: BTreeMap<String, Value>,
    /// `docker inspect` of every container.
    pub containers: Vec<Value>,
    /// `docker volume inspect` of every volume.
    pub volumes: Vec<Value>,
    networks: Vec<Value>,
    layers: Vec<Value>,
    /// Of containerd's store, the bytes that each image takes unpacked, by id; `None` for the classic store.
    unpacked: Option<BTreeMap<String, Value>>,
    /// States that a clean stop wrote after the rest had been noted, by container.
    states_at_end: Value,
}

impl Truth {
    /// Reads a folder in the corpus' shape.
    pub fn load(folder: &Path, whole: bool) -> Result<Truth, String> {
        let list = |name: &str| match compare::json(&folder.join(name))? {
            Value::Array(list) => Ok(list),
            _ => Err(format!("{}/{name} is no list", folder.display())),
        };
        let history = match compare::json(&folder.join("history.json"))? {
            Value::Object(history) => history.into_iter().collect(),
            _ => return Err("history.json is no object".to_owned()),
        };
        let end = folder.join("state-at-end.json");
        let is_containerd = folder.join("ctr-snapshots.json").is_file();
        Ok(Truth {
            folder: folder.to_owned(),
            whole,
            images: list("images.inspect.json")?,
            history,
            containers: list("containers.inspect.json")?,
            volumes: list("volumes.inspect.json")?,
            networks: list("networks.inspect.json")?,
            layers: if is_containerd { snapshots(folder)? } else { list("layers.json")? },
            unpacked: if is_containerd { Some(unpacked(&list("images.manifests.json")?)) } else { None },
            states_at_end: if end.is_file() { compare::json(&end)? } else { Value::Null },
        })
    }

    /// A listing of files.
    pub fn manifest(&self, name: &str) -> Result<Vec<Value>, String> {
        compare::json_lines(&self.folder.join(format!("manifest/{name}.jsonl.zst")))
    }

    /// The package lists of an image or a container, `None` when there was no root filesystem to ask.
    pub fn packages(&self, name: &str) -> Option<Value> {
        compare::json(&self.folder.join(format!("packages-{name}.json"))).ok()
    }

    /// What `docker save` wrote of an image; `None` when it wrote nothing.
    pub fn saved(&self, id: &str) -> Result<Option<Value>, String> {
        let saved = compare::json(&self.folder.join("save.json"))?;
        Ok(saved.get(id).filter(|saved| saved["manifest"].is_array()).cloned())
    }

    /// Every image.
    pub fn image_ids(&self) -> Vec<String> {
        strings(&self.images, "Id")
    }

    /// The images that `docker images` lists: all but the intermediate ones.
    pub fn listed_image_ids(&self) -> Vec<String> {
        self.history.keys().cloned().collect()
    }

    /// Every container.
    pub fn container_ids(&self) -> Vec<String> {
        strings(&self.containers, "Id")
    }

    /// Every volume.
    pub fn volume_names(&self) -> Vec<String> {
        strings(&self.volumes, "Name")
    }

    /// A container's `State`, as it was when the disk was taken away.
    pub fn state(&self, container: &Value) -> Value {
        let mut state = container["State"].clone();
        let Some(end) = container["Id"].as_str().and_then(|id| self.states_at_end.get(id)) else { return state };
        for field in ["ExitCode", "FinishedAt", "Paused", "Running"] {
            state[field] = end[field].clone();
        }
        if end["Running"] == false {
            state["Pid"] = json!(0);
        }
        state["Status"] = match (&end["Running"], &end["Paused"], end["FinishedAt"].as_str()) {
            (_, Value::Bool(true), _) => json!("paused"),
            (Value::Bool(true), ..) => json!("running"),
            (_, _, Some(YEAR_1)) => json!("created"),
            _ => json!("exited"),
        };
        state
    }

    fn layer(&self, chain: &str) -> Option<&Value> {
        self.layers.iter().find(|layer| layer["chain_id"] == chain)
    }

    /// The chain ids of an image, lowest first.
    fn chain(&self, image: &Value) -> Vec<String> {
        let mut chain: Vec<String> = Vec::new();
        for diff in strings_of(&image["RootFS"]["Layers"]) {
            let next = match chain.last() {
                None => diff,
                Some(parent) => format!("sha256:{:x}", Sha256::digest(format!("{parent} {diff}"))),
            };
            chain.push(next);
        }
        chain
    }

    /// Whether it speaks of containerd's store.
    pub fn is_containerd(&self) -> bool {
        self.unpacked.is_some()
    }
}

/// The layers that `ctr` lists as snapshots.
fn snapshots(folder: &Path) -> Result<Vec<Value>, String> {
    let all = compare::json(&folder.join("ctr-snapshots.json"))?;
    let all: Vec<&Value> = match &all {
        Value::Object(all) => all.values().collect(),
        Value::Array(all) => all.iter().collect(),
        _ => return Err("ctr-snapshots.json is no list".to_owned()),
    };
    let is_layer = |snapshot: &&&Value| {
        snapshot["Kind"] == "Committed" && snapshot["Name"].as_str().is_some_and(|name| name.starts_with("sha256:"))
    };
    let layer = |snapshot: &&Value| {
        let number = snapshot["dirs"][0].as_str().and_then(|directory| directory.rsplit('/').nth(1));
        json!({ "chain_id": snapshot["Name"], "cache_id": number })
    };
    Ok(all.iter().filter(is_layer).map(layer).collect())
}

/// What each image takes unpacked: of an index, the one manifest that is there.
fn unpacked(images: &[Value]) -> BTreeMap<String, Value> {
    let size = |image: &Value| {
        let manifests = image["Manifests"].as_array().into_iter().flatten();
        let there = manifests.filter(|manifest| manifest["Available"] == true && manifest["Kind"] == "image");
        there.map(|manifest| manifest["ImageData"]["Size"]["Unpacked"].clone()).next()
    };
    images.iter().filter_map(|image| Some((image["Id"].as_str()?.to_owned(), size(image)?))).collect()
}

/// `careen images`.
pub fn images(disk: &Disk, truth: &Truth) -> Outcome {
    let said: Vec<Value> = truth.images.iter().map(|image| image_record(truth, image)).collect();
    compare::by_key("image", "id", &said, &ask(disk, "images")?, truth.whole)
}

fn image_record(truth: &Truth, image: &Value) -> Value {
    // An engine with containerd's store counts a name with a digest among the tags too.
    let mut names: Vec<String> =
        strings_of(&image["RepoTags"]).into_iter().filter(|name| !name.contains('@')).collect();
    let mut digests = strings_of(&image["RepoDigests"]);
    names.sort();
    digests.sort();
    let listed = image["Id"].as_str().is_some_and(|id| truth.history.contains_key(id));
    let kind = match (names.is_empty(), digests.is_empty(), listed) {
        (false, ..) => "tagged",
        (_, false, _) => "digest-only",
        (_, _, true) => "dangling",
        _ => "intermediate",
    };
    let size = match (&truth.unpacked, image["Id"].as_str()) {
        (Some(unpacked), Some(id)) => unpacked.get(id).cloned().unwrap_or_default(),
        _ => image["Size"].clone(),
    };
    // Of two stores, the one the engine was switched to is shown.
    let hidden = if truth.whole || truth.is_containerd() { Value::Null } else { json!("other-store") };
    let mut layers: Vec<Value> = truth
        .chain(image)
        .iter()
        .filter_map(|chain| truth.layer(chain))
        .map(|layer| {
            json!({
                "diff_id": layer["diff_id"], "chain_id": layer["chain_id"], "size": layer["size"], "state": "whole",
            })
        })
        .collect();
    let mut record = json!({
        "id": image["Id"], "kind": kind, "names": names, "digests": digests, "created": image["Created"],
        "architecture": image["Architecture"], "os": image["Os"], "size": size, "layers": null,
        "state": "whole", "hidden": hidden, "config_digest": image["Id"],
    });
    if truth.is_containerd() {
        // Told of neither here: the id is that of a manifest, and sizes of layers stand in the history.
        record.as_object_mut().map(|record| record.remove("config_digest"));
        for (layer, diff_id) in layers.iter_mut().zip(strings_of(&image["RootFS"]["Layers"])) {
            layer["diff_id"] = json!(diff_id);
            layer.as_object_mut().map(|layer| layer.remove("size"));
        }
    }
    record["layers"] = json!(layers);
    record
}

/// `careen containers`.
pub fn containers(disk: &Disk, truth: &Truth) -> Outcome {
    let said: Vec<Value> = truth.containers.iter().map(|container| container_record(truth, container)).collect();
    compare::by_key("container", "id", &said, &ask(disk, "containers")?, truth.whole)
}

fn container_record(truth: &Truth, container: &Value) -> Value {
    let state = truth.state(container);
    let time = |value: &Value| if value == YEAR_1 { Value::Null } else { value.clone() };
    let mut command = vec![container["Path"].clone()];
    command.extend(container["Args"].as_array().into_iter().flatten().cloned());
    let labels = &container["Config"]["Labels"];
    let compose = match &labels["com.docker.compose.project"] {
        Value::Null => Value::Null,
        project => json!({ "project": project, "service": labels["com.docker.compose.service"] }),
    };
    json!({
        "id": container["Id"], "name": container["Name"].as_str().unwrap_or_default().trim_start_matches('/'),
        "image": container["Config"]["Image"], "image_id": container["Image"], "created": container["Created"],
        "started": time(&state["StartedAt"]), "finished": time(&state["FinishedAt"]), "state": state["Status"],
        "exit_code": state["ExitCode"], "command": command, "compose": compose,
    })
}

/// `careen volumes`.
pub fn volumes(disk: &Disk, truth: &Truth) -> Outcome {
    let root = data_root(disk)?;
    let said = truth.volumes.iter().map(|volume| volume_record(truth, volume, &root)).collect::<Result<Vec<_>, _>>()?;
    let mut ours = ask(disk, "volumes")?;
    if !truth.whole {
        // Containers of the other half may use the same volumes.
        let known: BTreeSet<String> =
            truth.containers.iter().filter_map(|container| Some(container["Name"].as_str()?[1..].to_owned())).collect();
        for volume in ours.as_array_mut().into_iter().flatten() {
            if let Some(names) = volume["used_by"].as_array_mut() {
                names.retain(|name| name.as_str().is_some_and(|name| known.contains(name)));
            }
        }
    }
    compare::by_key("volume", "name", &said, &ours, truth.whole)
}

fn volume_record(truth: &Truth, volume: &Value, root: &str) -> Result<Value, String> {
    let name = volume["Name"].as_str().unwrap_or_default();
    let files = truth.manifest(&format!("volume-{name}"))?;
    let size: u64 = files
        .iter()
        .filter(|line| line.get("hl").is_none())
        .map(|line| match (&line["size"], &line["link_hex"], &line["link"]) {
            (Value::Number(size), ..) => size.as_u64().unwrap_or(0),
            (_, Value::String(hex), _) => hex.len() as u64 / 2,
            (_, _, Value::String(link)) => link.len() as u64,
            _ => 0,
        })
        .sum();
    let mut used_by: Vec<&str> = truth
        .containers
        .iter()
        .filter(|container| container["Mounts"].as_array().into_iter().flatten().any(|mount| mount["Name"] == name))
        .filter_map(|container| container["Name"].as_str())
        .map(|name| name.trim_start_matches('/'))
        .collect();
    used_by.sort_unstable();
    let or_empty = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
    Ok(json!({
        "name": name, "driver": volume["Driver"], "labels": or_empty(&volume["Labels"]),
        "options": or_empty(&volume["Options"]),
        "anonymous": name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "size": size, "files": files.len() - 1, "path": format!("{root}/volumes/{name}/_data"), "used_by": used_by,
    }))
}

/// `careen networks`.
pub fn networks(disk: &Disk, truth: &Truth) -> Outcome {
    let said: Vec<Value> = truth
        .networks
        .iter()
        .filter(|network| truth.whole || !BUILT_IN_NETWORKS.iter().any(|name| network["Name"] == *name))
        .map(|network| {
            json!({
                "id": network["Id"], "name": network["Name"], "driver": network["Driver"],
                "scope": network["Scope"], "labels": network["Labels"],
            })
        })
        .collect();
    compare::by_key("network", "id", &said, &ask(disk, "networks")?, truth.whole)
}

/// `careen layers`.
pub fn layers(disk: &Disk, truth: &Truth) -> Outcome {
    let said: Vec<Value> = truth
        .layers
        .iter()
        .map(|layer| {
            let uses = |image: &&Value| truth.chain(image).iter().any(|chain| layer["chain_id"] == **chain);
            let mut images: Vec<&str> =
                truth.images.iter().filter(uses).filter_map(|image| image["Id"].as_str()).collect();
            images.sort_unstable();
            let mut record = layer.clone();
            record["images"] = json!(images);
            record["state"] = json!("whole");
            record
        })
        .collect();
    compare::by_key("layer", "chain_id", &said, &ask(disk, "layers")?, truth.whole)
}

/// `careen survey` holds the same records as the commands that print one list.
pub fn survey(disk: &Disk, truth: &Truth) -> Outcome {
    let survey = careen(["survey", &disk.file.to_string_lossy(), "--json"]).expect(&good_codes(truth))?.json()?;
    for list in ["images", "containers", "volumes", "networks"] {
        let mut said = ask(disk, list)?;
        for record in said.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            // How a container was set up is told with the list of containers alone.
            record.remove("details");
        }
        if let Some(text) = compare::difference(&said, &survey[list]) {
            return Err(format!("{list}{text}"));
        }
    }
    let findings: Vec<String> = survey["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|finding| truth.whole && finding["severity"] != "note")
        .map(|finding| format!("a disk without damage has the finding {finding}"))
        .collect();
    compare::verdict(&findings)
}

/// Exit codes of a whole answer: findings of a loss are allowed where part of the disk is of a kind that is not read.
pub fn good_codes(truth: &Truth) -> Vec<i32> {
    if truth.whole { vec![0] } else { vec![0, 3] }
}

/// The answer of a command that prints one list.
fn ask(disk: &Disk, command: &str) -> Result<Value, String> {
    careen([command, &disk.file.to_string_lossy(), "--json"]).expect(&[0, 3])?.json()
}

/// Path of Docker's data root.
pub fn data_root(disk: &Disk) -> Result<String, String> {
    let survey = careen(["survey", &disk.file.to_string_lossy(), "--json", "--quick"]).expect(&[0, 3])?.json()?;
    let stores = survey["stores"].as_array().into_iter().flatten();
    // Of two stores of one Docker, containerd's has the path of containerd.
    let mut docker: Vec<&Value> = stores.filter(|store| store["kind"] != "containerd").collect();
    docker.sort_by_key(|store| store["kind"] != "docker-classic");
    let root = docker.first().and_then(|store| store["path"].as_str()).ok_or("survey: there is no Docker")?;
    Ok(root.trim_end_matches('/').to_owned())
}

fn strings(records: &[Value], field: &str) -> Vec<String> {
    records.iter().filter_map(|record| record[field].as_str().map(str::to_owned)).collect()
}

fn strings_of(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
