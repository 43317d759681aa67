//! A container as `docker inspect` prints it.
//!
//! The engine keeps a container in its own shape (`config.v2.json`) and prints another: fields are left out, moved or
//! worked out. Source: moby `daemon/inspect.go` and `daemon/inspect_linux.go`.

use careen_evidence::ReadError;
use serde_json::{Map, Value, json};

use super::image::{container_config, graph_driver};
use super::text;
use crate::Session;
use crate::session::OpenStore;

impl Session {
    pub(super) fn inspect_container(&self, name: &str) -> Result<Value, ReadError> {
        let found = self.find_container(name)?;
        let container = found.item;
        let of_containerd = found.open.containerd.as_ref().filter(|_| found.open.of_docker.is_empty());
        if let Some(document) = of_containerd.and_then(|store| store.container_document(&container.id)) {
            return Ok(document);
        }
        let config = found.store.container_config(&container.id).ok_or_else(|| {
            ReadError::corrupt(
                &self.place,
                format_args!("container {}: its configuration cannot be read", container.id),
            )
        })?;
        let copied = |key: &str| config.get(key).cloned().unwrap_or(Value::Null);
        let mut state = copied("State");
        if let (Value::Object(state), Some(known)) = (&mut state, container.state) {
            state.insert("Status".into(), json!(known));
            // What Docker keeps for itself, and what it leaves out when there is no health check.
            state.remove("RemovalInProgress");
            if state.get("Health").is_some_and(Value::is_null) {
                state.remove("Health");
            }
        }
        let mounts = list_mounts(config, |volume| self.recorded_path(found.open, volume));
        let directories = found.store.container_directories(&container.id);
        let mut shown = json!({
            "Id": container.id,
            "Created": copied("Created"),
            "Path": copied("Path"),
            "Args": copied("Args"),
            "State": state,
            "Image": copied("Image"),
            "ResolvConfPath": copied("ResolvConfPath"),
            "HostnamePath": copied("HostnamePath"),
            "HostsPath": copied("HostsPath"),
            "LogPath": copied("LogPath"),
            "Name": copied("Name"),
            "RestartCount": copied("RestartCount"),
            "Driver": copied("Driver"),
            "Platform": copied("OS"),
            "MountLabel": copied("MountLabel"),
            "ProcessLabel": copied("ProcessLabel"),
            "AppArmorProfile": copied("AppArmorProfile"),
            "ExecIDs": Value::Null,
            "HostConfig": found.store.container_host_config(&container.id),
            "GraphDriver": graph_driver(&text(config, "Driver"), &directories),
            "Mounts": mounts,
            "Config": container_config(config.get("Config")),
            "NetworkSettings": network_settings(config.get("NetworkSettings")),
        });
        if let Value::Object(shown) = &mut shown {
            // Of an image in containerd's store, the manifest that was chosen for this machine.
            if let Some(manifest) = config.get("ImageManifest").filter(|manifest| manifest.is_object()) {
                let mut manifest = manifest.clone();
                if let (Value::Object(manifest), Some(platform)) = (&mut manifest, config.get("ImagePlatform")) {
                    manifest.entry("platform").or_insert_with(|| platform.clone());
                }
                shown.insert("ImageManifestDescriptor".into(), manifest);
            }
            // Newer engines leave this out, of their records too.
            if let (Some(Value::Object(settings)), None) =
                (shown.get_mut("Config"), config.get("Config").and_then(|settings| settings.get("OnBuild")))
            {
                settings.remove("OnBuild");
            }
        }
        Ok(shown)
    }

    /// Where the content of a volume of a store lies on this disk, if the volume is there.
    pub(crate) fn recorded_path(&self, store: &OpenStore, volume: &str) -> Option<&str> {
        let own = |index: usize| self.stores.get(index).is_some_and(|other| std::ptr::eq(other, store));
        let found = self.volumes.iter().find(|open| open.volume.name == volume && own(open.store));
        found.map(|open| open.volume.path.as_str())
    }
}

/// `Mounts`: from `MountPoints` of the record. The source of a volume is worked out when a container starts and is not
/// kept in its record.
fn list_mounts<'a>(config: &Value, path: impl Fn(&str) -> Option<&'a str>) -> Vec<Value> {
    let mounts = config.get("MountPoints").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let shown = mounts.map(|mount| {
        let copied = |key: &str| mount.get(key).cloned().unwrap_or_else(|| json!(""));
        let name = text(mount, "Name");
        let source = match text(mount, "Source") {
            kept if kept.is_empty() => json!(path(&name).unwrap_or_default()),
            kept => json!(kept),
        };
        let mut shown = json!({
            "Type": copied("Type"), "Source": source, "Destination": copied("Destination"),
            "Mode": copied("Relabel"), "RW": copied("RW"), "Propagation": copied("Propagation"),
        });
        if let (Value::Object(shown), false) = (&mut shown, name.is_empty()) {
            shown.insert("Name".into(), json!(name));
            shown.insert("Driver".into(), copied("Driver"));
        }
        shown
    });
    shown.collect()
}

/// The fields that the engine repeats beside `Networks` for its default network.
const OF_THE_DEFAULT_NETWORK: [&str; 8] = [
    "EndpointID",
    "Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "MacAddress",
];

/// What the engine keeps of its networks for itself.
const PRIVATE: [&str; 5] =
    ["HasSwarmEndpoint", "IsAnonymousEndpoint", "Service", "IPAMOperational", "DesiredMacAddress"];

/// `NetworkSettings`: what is private left out, no ports shown as an empty map, and the addresses in the default
/// network, `bridge`, repeated beside the networks.
fn network_settings(stored: Option<&Value>) -> Value {
    let Some(Value::Object(stored)) = stored else { return Value::Null };
    let mut shown = stored.clone();
    shown.retain(|key, _| !PRIVATE.contains(&key.as_str()));
    if shown.get("Ports").is_none_or(Value::is_null) {
        shown.insert("Ports".into(), json!({}));
    }
    if let Some(Value::Object(networks)) = shown.get_mut("Networks") {
        for network in networks.values_mut().filter_map(Value::as_object_mut) {
            network.retain(|key, _| !PRIVATE.contains(&key.as_str()));
        }
    }
    // Engines from 29 on keep and show none of what follows.
    if stored.contains_key("SandboxID") && !stored.contains_key("Bridge") {
        return Value::Object(shown);
    }
    let default = shown.get("Networks").and_then(|networks| networks.get("bridge")).cloned().unwrap_or(Value::Null);
    for key in OF_THE_DEFAULT_NETWORK {
        let unset = if key.ends_with("PrefixLen") { json!(0) } else { json!("") };
        shown.insert(key.into(), default.get(key).cloned().unwrap_or(unset));
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_without_recorded_source_is_shown_where_it_lies() {
        let config = json!({ "MountPoints": {
            "/a": { "Type": "volume", "Name": "data", "Source": "", "Destination": "/a", "Driver": "local", "RW": true },
            "/b": { "Type": "bind", "Name": "", "Source": "/home/me", "Destination": "/b", "RW": false },
            "/c": { "Type": "volume", "Name": "gone", "Destination": "/c", "Driver": "local", "RW": true },
        }});
        let shown = list_mounts(&config, |name| (name == "data").then_some("/docker/volumes/data/_data"));
        assert_eq!(shown[0]["Source"], "/docker/volumes/data/_data");
        assert_eq!(shown[0]["Driver"], "local");
        assert_eq!(shown[1]["Source"], "/home/me");
        assert!(shown[1].get("Name").is_none());
        assert_eq!(shown[2]["Source"], "");
    }

    #[test]
    fn addresses_in_the_default_network_are_repeated_and_private_fields_left_out() {
        let shown = network_settings(Some(&json!({
            "Ports": null, "Service": null, "HasSwarmEndpoint": false,
            "Networks": { "bridge": { "IPAddress": "172.17.0.2", "IPPrefixLen": 16, "IPAMOperational": true } },
        })));
        assert_eq!(shown["Ports"], json!({}));
        assert_eq!(shown["IPAddress"], "172.17.0.2");
        assert_eq!(shown["IPPrefixLen"], 16);
        assert_eq!(shown["Gateway"], "");
        assert!(shown.get("Service").is_none());
        assert!(shown["Networks"]["bridge"].get("IPAMOperational").is_none());
    }

    #[test]
    fn without_a_default_network_its_addresses_are_empty() {
        let shown = network_settings(Some(&json!({ "Networks": { "none": { "IPAddress": "10.0.0.1" } } })));
        assert_eq!(shown["IPAddress"], "");
        assert_eq!(shown["IPPrefixLen"], 0);
    }
}
