//! Networks: `network/files/local-kv.db`, a bbolt file with the bucket `libnetwork` (moby `daemon/libnetwork/datastore`).
//!
//! Keys are `docker/network/v1.0/network/<id>/`; a value is a little-endian 64-bit index, then JSON.

use careen_evidence::{Fields, Findings, Place, ReadError, codes};
use careen_model::Network;
use serde_json::Value;

use crate::bbolt::{Database, Item};
use crate::records::{Object, Records, text_of, texts_of};

const KEY_START: &str = "docker/network/v1.0/network/";
/// Bytes of the index before the JSON.
const INDEX_SIZE: usize = 8;

/// The networks of a Docker root, by id.
pub(super) fn read(records: &Records<'_>, docker: &Object, findings: &mut Findings) -> Vec<Network> {
    let mut networks = Vec::new();
    let Some(directory) = records.directory(docker, &["network", "files"], findings) else { return networks };
    let Some(file) = records.child(&directory, "local-kv.db", findings) else {
        let reason = "local-kv.db is not there";
        findings.add(&codes::store::NETWORK_DATABASE_UNREADABLE, &records.place(&directory), &[("reason", &reason)]);
        return networks;
    };
    let place = records.place(&file);
    let read = records.tree.open(file.node, findings).and_then(|source| {
        let database = Database::open(source, &place, records.limits, findings)?;
        // The bucket is made with the first network; the engine makes some when it starts.
        let Some(bucket) = database.bucket(&[b"libnetwork"], findings)? else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        database.visit(&bucket, findings, &mut |key, item| {
            let id = std::str::from_utf8(key).ok().and_then(|key| key.strip_prefix(KEY_START));
            if let (Some(id), Item::Value(value)) = (id, item) {
                rows.push((id.trim_end_matches('/').to_owned(), value.to_vec()));
            }
        })?;
        Ok(rows)
    });
    match read {
        Ok(rows) => {
            for (id, value) in rows {
                match parse(records, &id, &value, &place.then(&id), findings) {
                    Ok(network) => networks.push(network),
                    Err(error) => {
                        let values: &[(&str, &dyn std::fmt::Display)] =
                            &[("network", &id), ("reason", &error.reason())];
                        findings.add(&codes::store::NETWORK_RECORD_BROKEN, &error.place, values);
                    }
                }
            }
        }
        Err(error) => findings.add_error(&codes::store::NETWORK_DATABASE_UNREADABLE, &error),
    }
    networks
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
    Ok(Network {
        id: id.to_owned(),
        name: text("name"),
        driver: text("networkType"),
        scope: text("scope"),
        labels: texts_of(&network, "labels", place, findings),
    })
}
