//! Containers: `containers/<id>/{config.v2.json,hostconfig.json}` (moby `daemon/container/{container,state}.go`), and
//! where their own layers lie: `layerdb/mounts/<id>/{mount-id,init-id,parent}` (`daemon/internal/layer/filestore.go`).

use std::collections::BTreeMap;

use careen_evidence::{Findings, Kind, Place, ReadError, codes};
use careen_model::{Compose, Container, ContainerState};
use serde_json::Value;

use crate::digest::{is_digest, is_hex64};
use crate::records::{Object, Records, kept, text_of, texts_of, time_of};
use crate::roots::DataRoot;

/// The containers of a Docker root.
#[derive(Default)]
pub(super) struct Containers {
    /// By id, in byte order.
    pub list: Vec<Container>,
    pub configurations: BTreeMap<String, Value>,
    pub host_configurations: BTreeMap<String, Value>,
    /// Where the records of each lie, by id.
    pub directories: BTreeMap<String, Object>,
}

/// Where a container's own layers lie.
#[derive(Clone, Debug)]
pub(super) struct Mount {
    pub object: Object,
    /// Directory of its changes.
    pub mount_id: Option<String>,
    /// Directory of what the engine put beneath: hosts, resolv.conf, mount points.
    pub init_id: Option<String>,
    /// Chain id of its image.
    pub parent: Option<String>,
}

impl Containers {
    /// Reads every container of a Docker root, those that lie in its other stores too.
    pub fn read(records: &Records<'_>, root: &DataRoot, docker: &Object, findings: &mut Findings) -> Containers {
        let mut containers = Containers::default();
        let Some(directory) = records.directory(docker, &["containers"], findings) else { return containers };
        for (id, object) in records.directories(&directory, findings) {
            if is_hex64(&id) {
                containers.read_one(records, root, &id, &object, findings);
            } else {
                records.leftover(&object, &id, findings);
            }
        }
        containers
    }

    fn read_one(&mut self, records: &Records<'_>, root: &DataRoot, id: &str, object: &Object, findings: &mut Findings) {
        self.directories.insert(id.to_owned(), object.clone());
        let configuration = read_configuration(records, id, object, findings);
        if let Some(file) = records.child(object, "hostconfig.json", findings) {
            match records.json(&file, findings) {
                Ok(value) => {
                    self.host_configurations.insert(id.to_owned(), value);
                }
                Err(error) => {
                    let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &id), ("reason", &error.reason())];
                    findings.add(&codes::store::CONTAINER_HOST_CONFIG_LOST, &error.place, values);
                }
            }
        }
        let Some(configuration) = configuration else {
            self.list.push(unknown(id, &root.id));
            return;
        };
        let container = describe(id, root, &configuration, &records.place(object), findings);
        self.list.push(container);
        self.configurations.insert(id.to_owned(), configuration);
    }
}

/// A container's configuration: `config.v2.json`, or the newest whole one of the copies that interrupted writes left.
fn read_configuration(records: &Records<'_>, id: &str, object: &Object, findings: &mut Findings) -> Option<Value> {
    let error = match records.child(object, "config.v2.json", findings) {
        None => ReadError::corrupt(&records.place(object), "config.v2.json is not there"),
        Some(file) => match records.json(&file, findings) {
            Ok(value) => return Some(value),
            Err(error) => error,
        },
    };
    let mut newest = None;
    for (name, file) in records.entries(object, findings) {
        if name.starts_with(".tmp-config.v2.json")
            && let Some(stat) = kept(records.tree.stat(file.node, findings), findings)
            && stat.kind == Kind::File
            && let Ok(value) = records.json(&file, findings)
            && text_of(&value, "ID") == Some(id)
            && newest.as_ref().is_none_or(|(mtime, _, _)| *mtime < stat.mtime)
        {
            newest = Some((stat.mtime, name, value));
        }
    }
    let reason = error.reason();
    match newest {
        Some((_, name, value)) => {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &id), ("reason", &reason), ("file", &name)];
            findings.add(&codes::store::CONTAINER_CONFIG_COPY, &error.place, values);
            Some(value)
        }
        None => {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &id), ("reason", &reason)];
            findings.add(&codes::store::CONTAINER_CONFIG_LOST, &error.place, values);
            None
        }
    }
}

/// A container of which only the id is known.
fn unknown(id: &str, store: &str) -> Container {
    Container {
        id: id.to_owned(),
        name: String::new(),
        store: store.to_owned(),
        image: None,
        image_id: None,
        created: None,
        started: None,
        finished: None,
        state: None,
        exit_code: None,
        command: Vec::new(),
        compose: None,
    }
}

fn describe(id: &str, root: &DataRoot, configuration: &Value, place: &Place, findings: &mut Findings) -> Container {
    let empty = Value::Null;
    let state = configuration.get("State").unwrap_or(&empty);
    let settings = configuration.get("Config").unwrap_or(&empty);
    let labels = texts_of(settings, "Labels", place, findings);
    let arguments = configuration.get("Args").and_then(Value::as_array).into_iter().flatten();
    let command = text_of(configuration, "Path").into_iter().chain(arguments.filter_map(Value::as_str));
    let name = text_of(configuration, "Name").unwrap_or("");
    Container {
        name: name.strip_prefix('/').unwrap_or(name).to_owned(),
        store: store_of(root, text_of(configuration, "Driver")).to_owned(),
        image: text_of(settings, "Image").map(str::to_owned),
        image_id: text_of(configuration, "Image").map(str::to_owned),
        created: time_of(configuration, "Created"),
        started: time_of(state, "StartedAt"),
        finished: time_of(state, "FinishedAt"),
        state: state.is_object().then(|| recorded_state(state)),
        exit_code: state.get("ExitCode").and_then(Value::as_i64),
        command: command.map(str::to_owned).collect(),
        compose: labels.get("com.docker.compose.project").map(|project| Compose {
            project: project.clone(),
            service: labels.get("com.docker.compose.service").cloned(),
        }),
        ..unknown(id, &root.id)
    }
}

/// Id of the store a container with this driver lies in.
fn store_of<'r>(root: &'r DataRoot, driver: Option<&str>) -> &'r str {
    let Some(driver) = driver else { return &root.id };
    let classic = root.stores.classic.iter().find(|(known, _)| known == driver).map(|(_, id)| id);
    classic.or(root.stores.containerd.as_ref()).unwrap_or(&root.id)
}

/// The word the engine has for a state (`State.StateString`); a removal that had begun counts as dead.
fn recorded_state(state: &Value) -> ContainerState {
    let is = |key: &str| state.get(key).and_then(Value::as_bool) == Some(true);
    match () {
        () if is("Running") && is("Paused") => ContainerState::Paused,
        () if is("Running") && is("Restarting") => ContainerState::Restarting,
        () if is("Running") => ContainerState::Running,
        () if is("RemovalInProgress") || is("Dead") => ContainerState::Dead,
        () if time_of(state, "StartedAt").is_none() => ContainerState::Created,
        () => ContainerState::Exited,
    }
}

/// Where the layers of containers lie, by container id.
pub(super) fn read_mounts(
    records: &Records<'_>,
    database: &Object,
    findings: &mut Findings,
) -> BTreeMap<String, Mount> {
    let mut mounts = BTreeMap::new();
    let Some(directory) = records.directory(database, &["mounts"], findings) else { return mounts };
    for (id, object) in records.directories(&directory, findings) {
        let mut broken = Vec::new();
        let mut read = |name: &'static str, is_right: &dyn Fn(&str) -> bool, findings: &mut Findings| {
            let text = records.word(&object, name, findings)?;
            if !is_right(&text) {
                broken.push(name);
            }
            Some(text).filter(|text| is_right(text))
        };
        let mount_id = read("mount-id", &|text| !text.is_empty(), findings);
        let init_id = read("init-id", &|text| !text.is_empty(), findings);
        let parent = read("parent", &is_digest, findings);
        if !broken.is_empty() {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("container", &id), ("files", &broken.join(", "))];
            findings.add(&codes::store::CONTAINER_MOUNT_BROKEN, &records.place(&object), values);
        }
        // The engine always makes the second name of the first (`layer_store.go`, `initMount`).
        let mount_id = mount_id.or_else(|| init_id.as_deref()?.strip_suffix("-init").map(str::to_owned));
        let init_id = init_id.or_else(|| mount_id.as_ref().map(|mount_id| format!("{mount_id}-init")));
        mounts.insert(id, Mount { object, mount_id, init_id, parent });
    }
    mounts
}
