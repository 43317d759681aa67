//! Networks: `network/files/local-kv.db`, a bbolt file with the bucket `libnetwork` (moby `daemon/libnetwork/datastore`,
//! `daemon/libnetwork/network.go`).
//!
//! Keys are `docker/network/v1.0/network/<id>/`; a value is a little-endian 64-bit index, then JSON, in which lists and
//! what stands in them are JSON as texts. Which containers are on a network is told by the containers themselves.

use std::collections::BTreeMap;

use careen_evidence::{Fields, Findings, Place, ReadError, codes};
use careen_model::{Container, Network, NetworkMember, Subnet};
use serde_json::Value;

use crate::bbolt::{Database, Item};
use crate::records::{Object, Records, text_of, texts_of, time_of};

const KEY_START: &str = "docker/network/v1.0/network/";
/// Bytes of the index before the JSON.
const INDEX_SIZE: usize = 8;

/// Who is on which network, by its id.
pub(super) type Members = BTreeMap<String, Vec<NetworkMember>>;

/// The networks that containers say they are on.
pub(super) fn members(containers: &[Container], configurations: &BTreeMap<String, Value>) -> Members {
    let mut members = Members::new();
    for container in containers {
        let settings = configurations.get(&container.id).and_then(|config| config.get("NetworkSettings"));
        let networks = settings.and_then(|settings| settings.get("Networks")).and_then(Value::as_object);
        for endpoint in networks.into_iter().flat_map(|networks| networks.values()) {
            let Some(id) = text_of(endpoint, "NetworkID") else { continue };
            let name = if container.name.is_empty() { &container.id } else { &container.name };
            members.entry(id.to_owned()).or_default().push(NetworkMember {
                container: name.clone(),
                container_id: container.id.clone(),
                ipv4: text_of(endpoint, "IPAddress").map(str::to_owned),
                ipv6: text_of(endpoint, "GlobalIPv6Address").map(str::to_owned),
            });
        }
    }
    for list in members.values_mut() {
        list.sort();
    }
    members
}

/// The networks of a Docker root, by id. Of rows that a broken database has lost, those are used that are in use for
/// certain or that a container names.
pub(super) fn read(records: &Records<'_>, docker: &Object, members: &Members, findings: &mut Findings) -> Vec<Network> {
    let mut networks = Vec::new();
    let Some(directory) = records.directory(docker, &["network", "files"], findings) else { return networks };
    let Some(file) = records.child(&directory, "local-kv.db", findings) else {
        let reason = "local-kv.db is not there";
        findings.add(&codes::store::NETWORK_DATABASE_UNREADABLE, &records.place(&directory), &[("reason", &reason)]);
        return networks;
    };
    let place = records.place(&file);
    let rows = read_rows(records, &file, members, findings).unwrap_or_else(|error| {
        findings.add_error(&codes::store::NETWORK_DATABASE_UNREADABLE, &error);
        BTreeMap::new()
    });
    for (id, value) in rows {
        match parse(records, &id, &value, &place.then(&id), findings) {
            Ok(network) => {
                let containers = members.get(&id).cloned().unwrap_or_default();
                networks.push(Network { containers, ..network });
            }
            Err(error) => {
                let values: &[(&str, &dyn std::fmt::Display)] = &[("network", &id), ("reason", &error.reason())];
                findings.add(&codes::store::NETWORK_RECORD_BROKEN, &error.place, values);
            }
        }
    }
    networks
}

/// The values of the networks' keys, by network id.
fn read_rows(
    records: &Records<'_>,
    file: &Object,
    members: &Members,
    findings: &mut Findings,
) -> Result<BTreeMap<String, Vec<u8>>, ReadError> {
    let place = records.place(file);
    let source = records.tree.open(file.node, findings)?;
    let mut rows = BTreeMap::new();
    let (database, error) = match Database::open(source.clone(), &place, records.limits, findings) {
        Ok(database) => (database, None),
        Err(error) if error.is_cancelled() => return Err(error),
        // What is found in spite of it does not make the database readable.
        Err(error) => match Database::open_without_meta(source, &place, records.limits, findings) {
            Ok(database) => (database, Some(error)),
            Err(_) => return Err(error),
        },
    };
    // The bucket is made with the first network; the engine makes some when it starts.
    if let Some(bucket) = database.bucket(&[b"libnetwork"], findings)? {
        database.visit(&bucket, findings, &mut |key, item| {
            if let (Some(id), Item::Value(value)) = (network_of(key), item) {
                rows.insert(id, value.to_vec());
            }
        })?;
    }
    let mut found = BTreeMap::new();
    database.lost_values(findings, &mut |is_certain, key, value| {
        if let Some(id) = network_of(key)
            && (is_certain || members.contains_key(&id))
            && !rows.contains_key(&id)
        {
            found.insert(id, value.to_vec());
        }
    })?;
    if !found.is_empty() {
        findings.add(&codes::resources::NETWORKS_FOUND, &place, &[("count", &found.len())]);
    }
    rows.extend(found);
    if let Some(error) = error {
        findings.add_error(&codes::store::NETWORK_DATABASE_UNREADABLE, &error);
    }
    Ok(rows)
}

/// The id in the key of a network.
fn network_of(key: &[u8]) -> Option<String> {
    let id = std::str::from_utf8(key).ok()?.strip_prefix(KEY_START)?;
    Some(id.trim_end_matches('/').to_owned())
}

fn parse(
    records: &Records<'_>,
    id: &str,
    value: &[u8],
    place: &Place,
    findings: &mut Findings,
) -> Result<Network, ReadError> {
    let fields = Fields::new("network record", place, value);
    let json = fields.bytes(INDEX_SIZE, value.len().saturating_sub(INDEX_SIZE))?;
    let network: Value = records.parse(json, place)?;
    let text = |key: &str| text_of(&network, key).unwrap_or("").to_owned();
    let is = |key: &str| network.get(key).and_then(Value::as_bool) == Some(true);
    let mut subnets = subnets_of(records, &network, ["ipamV4Info", "ipamV4Config"], place);
    subnets.extend(subnets_of(records, &network, ["ipamV6Info", "ipamV6Config"], place));
    let generic = network.get("generic").and_then(|generic| generic.get("com.docker.network.generic"));
    Ok(Network {
        id: id.to_owned(),
        name: text("name"),
        driver: text("networkType"),
        scope: text("scope"),
        labels: texts_of(&network, "labels", place, findings),
        created: time_of(&network, "created"),
        internal: is("internal"),
        attachable: is("attachable"),
        ingress: is("ingress"),
        ipv6: is("enableIPv6"),
        subnets,
        options: generic.map(options_of).unwrap_or_default(),
        containers: Vec::new(),
    })
}

/// Driver options as they were given; the bridge driver keeps its own beside them in another row.
fn options_of(generic: &Value) -> BTreeMap<String, String> {
    let options = generic.as_object().into_iter().flatten();
    options.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

/// The ranges of a network. `info` is a list of pools with the gateway as an address with prefix; `config` is what the
/// network was made with, in the same order.
fn subnets_of(records: &Records<'_>, network: &Value, [info, config]: [&str; 2], place: &Place) -> Vec<Subnet> {
    let list = |key: &str| -> Vec<Value> {
        let text = text_of(network, key).unwrap_or("[]");
        // An array is no record of its own; it is read as the only field of one.
        let wrapped = format!("{{\"list\":{text}}}");
        let parsed = records.parse(wrapped.as_bytes(), &place.then(key)).ok();
        parsed.and_then(|mut value| value.get_mut("list").map(Value::take)).and_then(as_list).unwrap_or_default()
    };
    let configured = list(config);
    let mut subnets = Vec::new();
    for (at, pool) in list(info).iter().enumerate() {
        let data = text_of(pool, "IPAMData").and_then(|data| records.parse(data.as_bytes(), &place.then(info)).ok());
        let Some(subnet) = data.as_ref().and_then(|data| text_of(data, "Pool")) else { continue };
        let gateway = data.as_ref().and_then(|data| text_of(data, "Gateway"));
        let range = configured.get(at).and_then(|config| text_of(config, "SubPool"));
        subnets.push(Subnet {
            subnet: subnet.to_owned(),
            gateway: gateway.map(|gateway| gateway.split('/').next().unwrap_or(gateway).to_owned()),
            ip_range: range.map(str::to_owned),
        });
    }
    subnets
}

fn as_list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(list) => Some(list),
        _ => None,
    }
}
