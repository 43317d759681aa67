//! Plugins and the swarm of an engine.
//!
//! `plugins/<id>/config.json` (moby `daemon/pkg/plugin/v2/plugin.go`); `swarm/docker-state.json`, what the node was
//! started with (`daemon/cluster/noderunner.go`), `swarm/state.json`, the managers it knew (swarmkit
//! `node/node.go`), `swarm/raft`, the state of the swarm, encrypted, on managers alone.
//!
//! Not handled: what is in the raft log; its key is protected by the swarm itself.

use careen_evidence::{Findings, Kind, ReadError, codes};
use careen_model::{Plugin, Swarm, SwarmManager};
use serde_json::Value;

use crate::digest::is_hex64;
use crate::records::{Object, Records, kept, text_of};

/// The plugins of a Docker root, by id.
pub(super) fn read_plugins(records: &Records<'_>, docker: &Object, findings: &mut Findings) -> Vec<Plugin> {
    let Some(directory) = records.directory(docker, &["plugins"], findings) else { return Vec::new() };
    let mut plugins = Vec::new();
    for (id, object) in records.directories(&directory, findings) {
        if !is_hex64(&id) {
            continue;
        }
        let record = match records.child(&object, "config.json", findings) {
            Some(file) => records.json(&file, findings),
            None => {
                let place = records.place(&object);
                Err(ReadError::corrupt(&place, "config.json is not there"))
            }
        };
        let record = record.unwrap_or_else(|error| {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("plugin", &id), ("reason", &error.reason())];
            findings.add(&codes::resources::PLUGIN_RECORD_BROKEN, &error.place, values);
            Value::Null
        });
        let plugin = record.get("plugin").unwrap_or(&Value::Null);
        let config = plugin.get("Config").unwrap_or(&Value::Null);
        let types = config.get("Interface").and_then(|interface| interface.get("Types")).and_then(Value::as_array);
        plugins.push(Plugin {
            id,
            root: path_of(docker),
            name: text_of(plugin, "Name").map(str::to_owned),
            reference: text_of(plugin, "PluginReference").map(str::to_owned),
            description: text_of(config, "Description").map(str::to_owned),
            provides: types.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            enabled: plugin.get("Enabled").and_then(Value::as_bool),
        });
    }
    plugins
}

/// The swarm a Docker root is a node of; `None` where it is of none.
pub(super) fn read_swarm(records: &Records<'_>, docker: &Object, findings: &mut Findings) -> Option<Swarm> {
    let directory = records.directory(docker, &["swarm"], findings)?;
    let raft = records.directory(&directory, &["raft"], findings);
    let state = records.child(&directory, "docker-state.json", findings);
    if raft.is_none() && state.is_none() {
        return None;
    }
    let state = state.map(|file| records.json(&file, findings)).unwrap_or_else(|| {
        let place = records.place(&directory);
        Err(ReadError::corrupt(&place, "docker-state.json is not there"))
    });
    let state = state.unwrap_or_else(|error| {
        findings.add_error(&codes::resources::SWARM_STATE_BROKEN, &error);
        Value::Null
    });
    let certificate = records
        .directory(&directory, &["certificates"], findings)
        .and_then(|certificates| records.child(&certificates, "swarm-node.crt", findings));
    let text = |key: &str| text_of(&state, key).map(str::to_owned);
    Some(Swarm {
        root: path_of(docker),
        is_manager: raft.is_some(),
        has_certificate: certificate.is_some_and(|file| records.is_kind(&file, Kind::File, findings)),
        listen_address: text("ListenAddr"),
        advertise_address: text("AdvertiseAddr"),
        remote_address: text("RemoteAddr"),
        managers: read_managers(records, &directory, findings),
    })
}

/// `state.json`: an array of addresses with the nodes' ids. It is written again by the engine when it is lost.
fn read_managers(records: &Records<'_>, directory: &Object, findings: &mut Findings) -> Vec<SwarmManager> {
    let Some(file) = records.child(directory, "state.json", findings) else { return Vec::new() };
    let bytes = kept(records.bytes(&file, findings), findings).unwrap_or_default();
    let Ok(Value::Array(list)) = serde_json::from_slice(&bytes) else { return Vec::new() };
    let manager = |entry: &Value| {
        let text = |keys: [&str; 2]| keys.iter().find_map(|key| text_of(entry, key)).map(str::to_owned);
        Some(SwarmManager { node_id: text(["node_id", "NodeID"])?, address: text(["addr", "Addr"])? })
    };
    list.iter().filter_map(manager).collect()
}

fn path_of(docker: &Object) -> String {
    if docker.path.is_empty() { "/".to_owned() } else { docker.path.clone() }
}
