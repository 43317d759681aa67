//! `history` and `inspect` as Docker prints them, from the records on the disk.

mod container;
mod image;

use careen_evidence::{ErrorKind, Findings, ReadError};
use careen_model::{HistoryStep, StoreContents};
use serde_json::{Value, json};

use crate::trees::FoundImage;
use crate::{Scope, Session};

/// What Docker prints for a time that was never set.
const YEAR_1: &str = "0001-01-01T00:00:00Z";

impl Session {
    /// The steps of an image, newest first, as `docker history --no-trunc --human=false` shows them.
    pub fn history(&self, name: &str) -> Result<Vec<HistoryStep>, ReadError> {
        let found = self.find_image(name)?;
        let config = self.image_config(&found)?;
        let mut layers = found.item.layers.iter();
        let mut steps: Vec<HistoryStep> = list(config.get("history"))
            .iter()
            .map(|entry| {
                let has_layer = entry.get("empty_layer").and_then(Value::as_bool) != Some(true);
                let layer = if has_layer { layers.next() } else { None };
                // A layer is missing from the configuration, or its size from the store: unknown is not zero.
                let size = match (has_layer, layer) {
                    (false, _) => "0".to_owned(),
                    (true, layer) => {
                        layer.and_then(|layer| layer.size).map(|size| size.to_string()).unwrap_or_default()
                    }
                };
                let created = seconds(entry.get("created").and_then(Value::as_str).unwrap_or(YEAR_1));
                HistoryStep {
                    id: "<missing>".to_owned(),
                    created_at: created.clone(),
                    created_since: created,
                    created_by: text(entry, "created_by"),
                    size,
                    comment: text(entry, "comment"),
                    layer: layer.map(|layer| layer.diff_id.clone()),
                }
            })
            .collect();
        steps.reverse();
        // The classic builder kept a record of each step; the chain of parents names them.
        let mut id = Some(found.item.id.clone());
        for step in &mut steps {
            let Some(known) = id else { break };
            id = found.store.image_parent(&known).map(str::to_owned);
            step.id = known;
        }
        Ok(steps)
    }

    /// What `docker inspect` prints for an image, a container or a volume, and for a containerd's container what
    /// `ctr containers info` does: an array of one object. Directories are named as they lie on this disk. Of a store, all
    /// that its database names ([`StoreContents`]).
    pub fn inspect(&self, scope: &Scope, findings: &mut Findings) -> Result<Value, ReadError> {
        let object = match scope {
            Scope::Image(name) => self.inspect_image(name)?,
            Scope::Container(name) | Scope::Changes(name) => self.inspect_container(name)?,
            Scope::Volume(name) => self.inspect_volume(name, findings)?,
            Scope::Store(id) => self.inspect_store(id, findings)?,
            other => {
                let text = format!("inspect of {other}, expected image:, container:, volume: or store:");
                return Err(ReadError::new(ErrorKind::Unsupported(text), self.place.clone()));
            }
        };
        Ok(Value::Array(vec![object]))
    }

    fn inspect_store(&self, id: &str, findings: &mut Findings) -> Result<Value, ReadError> {
        let open = self.find_store(id)?;
        let containerd = open.containerd.as_ref().map(|store| store.contents(findings));
        let contents = StoreContents { store: open.store.clone(), containerd };
        serde_json::to_value(contents)
            .map_err(|error| ReadError::corrupt(&self.place, format_args!("store {id} as JSON: {error}")))
    }

    fn image_config<'a>(&self, found: &FoundImage<'a>) -> Result<&'a Value, ReadError> {
        found.store.image_config(&found.item.id).ok_or_else(|| {
            ReadError::corrupt(&self.place, format_args!("image {}: its configuration cannot be read", found.item.id))
        })
    }

    fn inspect_volume(&self, name: &str, findings: &mut Findings) -> Result<Value, ReadError> {
        let tree = self.tree(&Scope::Volume(name.to_owned()), findings)?;
        let volume = &self.find_volume(name)?.volume;
        // Docker shows the ctime of the volume's content directory (volume/local/local_unix.go).
        let created = tree.stat(tree.root(), findings)?.ctime;
        let created = jiff::Timestamp::from_second(created.seconds).ok().map(|time| time.to_string());
        let none_if_empty = |map: &std::collections::BTreeMap<String, String>| (!map.is_empty()).then(|| json!(map));
        Ok(json!({
            "CreatedAt": created,
            "Driver": volume.driver,
            "Labels": volume.labels.as_ref().and_then(none_if_empty),
            "Mountpoint": volume.path,
            "Name": volume.name,
            "Options": none_if_empty(&volume.options),
            "Scope": "local",
        }))
    }
}

/// A time of Docker's in whole seconds, UTC; what is no time stays as it is written.
fn seconds(time: &str) -> String {
    let parsed = time.parse::<jiff::Timestamp>().ok();
    let whole = parsed.and_then(|time| jiff::Timestamp::from_second(time.as_second()).ok());
    whole.map_or_else(|| time.to_owned(), |time| time.to_string())
}

fn text(object: &Value, key: &str) -> String {
    object.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut_to_seconds_in_utc() {
        assert_eq!(seconds("2026-11-21T07:19:48.826687112Z"), "2026-11-21T07:19:48Z");
        assert_eq!(seconds("2026-11-21T09:19:48.9+02:00"), "2026-11-21T07:19:48Z");
        assert_eq!(seconds(YEAR_1), YEAR_1);
    }
}
