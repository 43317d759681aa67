//! Volumes: directories beneath `volumes/`, what `volumes/metadata.db` knows of them (a bbolt file, moby
//! `daemon/volume/service/db.go`), and `volumes/<name>/opts.json` (`daemon/volume/local/local.go`).
//!
//! Not handled: sizes, which need a walk.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Kind, Place, ReadError, codes};
use careen_model::{Container, Volume, VolumeMount};
use serde_json::Value;

use super::holds;
use crate::bbolt::{Database, Item};
use crate::digest::is_hex64;
use crate::records::{Object, Records, text_of, texts_of};

/// Label of a volume that the engine made for an image's `VOLUME`.
const ANONYMOUS_LABEL: &str = "com.docker.volume.anonymous";
/// The driver whose volumes lie in the data root.
const LOCAL: &str = "local";

/// The volumes of a Docker root.
#[derive(Default)]
pub(super) struct Volumes {
    /// By name, in byte order.
    pub list: Vec<Volume>,
    /// Directories with their content, by name.
    pub directories: BTreeMap<String, Object>,
}

/// Who mounts which volume where, by its name.
pub(super) type Mounts = BTreeMap<String, Vec<VolumeMount>>;

/// The volumes that containers say they mount.
pub(super) fn mounts(containers: &[Container], configurations: &BTreeMap<String, Value>) -> Mounts {
    let mut mounts = Mounts::new();
    for container in containers {
        let points = configurations.get(&container.id).and_then(|config| config.get("MountPoints"));
        for (path, point) in points.and_then(Value::as_object).into_iter().flatten() {
            let Some(volume) = text_of(point, "Name") else { continue };
            let name = if container.name.is_empty() { &container.id } else { &container.name };
            mounts.entry(volume.to_owned()).or_default().push(VolumeMount {
                container: name.clone(),
                container_id: container.id.clone(),
                image: container.image.clone(),
                path: path.clone(),
                read_only: point.get("RW").and_then(Value::as_bool) == Some(false),
            });
        }
    }
    for list in mounts.values_mut() {
        list.sort();
    }
    mounts
}

impl Volumes {
    /// Reads the volumes; `mounts` tells who mounts one.
    pub fn read(records: &Records<'_>, docker: &Object, mounts: &Mounts, findings: &mut Findings) -> Volumes {
        let mut volumes = Volumes::default();
        let Some(directory) = records.directory(docker, &["volumes"], findings) else { return volumes };
        let mut directories = records.directories(&directory, findings);
        directories.retain(|(name, object)| {
            let content = records.directory(object, &["_data"], findings);
            let is_volume = content.is_some() || records.child(object, "opts.json", findings).is_some();
            match content {
                Some(content) => drop(volumes.directories.insert(name.clone(), content)),
                None if !is_volume => records.leftover(object, name, findings),
                None => {}
            }
            is_volume
        });
        let database = records.child(&directory, "metadata.db", findings);
        let mut rows = match database {
            Some(file) => read_database(records, &file, findings),
            None if directories.is_empty() => Rows::default(),
            None => {
                let place = records.place(&directory);
                let reason = "metadata.db is not there";
                findings.add(&codes::store::VOLUME_DATABASE_UNREADABLE, &place, &[("reason", &reason)]);
                Rows::default()
            }
        };
        for (name, object) in directories {
            // A database that was read whole and does not name a volume has no labels for it.
            let unnamed = rows.is_whole.then_some(Value::Null);
            let row = rows.by_name.remove(&name).or_else(|| rows.found.remove(&name).map(Some)).unwrap_or(unnamed);
            let content = volumes.directories.get(&name);
            let holds = content.map(|content| holds::databases(records, content, findings)).unwrap_or_default();
            let volume = describe(records, name, &object, row, mounts, findings);
            volumes.list.push(Volume { holds, ..volume });
        }
        for (name, row) in rows.by_name {
            let Some(row) = row else { continue };
            let driver = text_of(&row, "Driver").unwrap_or(LOCAL);
            let values: &[(&str, &dyn std::fmt::Display)] = &[("volume", &name), ("driver", &driver)];
            let place = records.place(&directory).then(&name);
            let code = match driver {
                LOCAL => &codes::store::VOLUME_DIRECTORY_MISSING,
                _ => &codes::store::VOLUME_OF_PLUGIN,
            };
            findings.add(code, &place, values);
        }
        volumes
    }
}

/// The rows of `metadata.db`.
#[derive(Default)]
struct Rows {
    /// By volume name; `None` for a row that cannot be read.
    by_name: BTreeMap<String, Option<Value>>,
    /// Rows that the database has lost, of which there is one reading only.
    found: BTreeMap<String, Value>,
    /// Whether all of the database could be read.
    is_whole: bool,
}

fn read_database(records: &Records<'_>, file: &Object, findings: &mut Findings) -> Rows {
    let place = records.place(file);
    let mut rows = Rows::default();
    let read = records.tree.open(file.node, findings).and_then(|source| {
        match Database::open(source.clone(), &place, records.limits, findings) {
            Ok(database) => {
                let read = read_rows(records, &database, &place, &mut rows, findings);
                rows.find(records, &database, &place, findings)?;
                read
            }
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                if let Ok(database) = Database::open_without_meta(source, &place, records.limits, findings) {
                    rows.find(records, &database, &place, findings)?;
                }
                Err(error)
            }
        }
    });
    if let Err(error) = read {
        findings.add_error(&codes::store::VOLUME_DATABASE_UNREADABLE, &error);
    }
    rows
}

/// The rows that the tree of a database leads to.
fn read_rows(
    records: &Records<'_>,
    database: &Database,
    place: &Place,
    rows: &mut Rows,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let bucket = database.bucket(&[b"volumes"], findings)?;
    let bucket = bucket.ok_or_else(|| ReadError::corrupt(place, "bolt database: it has no bucket `volumes`"))?;
    let mut values = Vec::new();
    database.visit(&bucket, findings, &mut |key, item| {
        if let Item::Value(value) = item {
            let name = String::from_utf8_lossy(key).into_owned();
            let row = records.parse(value, &place.then(&name));
            values.push((name, row));
        }
    })?;
    for (name, row) in values {
        if let Err(error) = &row {
            let values: &[(&str, &dyn std::fmt::Display)] = &[("volume", &name), ("reason", &error.reason())];
            findings.add(&codes::store::VOLUME_RECORD_BROKEN, &error.place, values);
        }
        rows.by_name.insert(name, row.ok());
    }
    rows.is_whole = database.is_whole();
    Ok(())
}

impl Rows {
    /// Looks for rows on pages that no tree leads to. A row says its own name; where two say different things of one
    /// volume, neither is used.
    fn find(
        &mut self,
        records: &Records<'_>,
        database: &Database,
        place: &Place,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let mut found: BTreeMap<String, Option<Value>> = BTreeMap::new();
        database.lost_values(findings, &mut |_, key, value| {
            if let Ok(name) = std::str::from_utf8(key)
                && let Ok(row) = records.parse(value, place)
                && text_of(&row, "Name") == Some(name)
                && text_of(&row, "Driver").is_some()
            {
                let known = found.entry(name.to_owned()).or_insert_with(|| Some(row.clone()));
                if known.as_ref().is_some_and(|known| *known != row) {
                    *known = None;
                }
            }
        })?;
        self.found = found.into_iter().filter_map(|(name, row)| Some((name, row?))).collect();
        if !self.found.is_empty() {
            findings.add(&codes::resources::VOLUME_ROWS_FOUND, place, &[("count", &self.found.len())]);
        }
        Ok(())
    }
}

/// A volume with its row of the database: null when the database does not name it, `None` when that is not known.
fn describe(
    records: &Records<'_>,
    name: String,
    object: &Object,
    row: Option<Value>,
    mounts: &Mounts,
    findings: &mut Findings,
) -> Volume {
    let place = records.place(object);
    let labels = row.as_ref().map(|row| texts_of(row, "Labels", &place, findings));
    let mut options = row.as_ref().map(|row| texts_of(row, "Options", &place, findings)).unwrap_or_default();
    if options.is_empty()
        && let Some(file) = records.child(object, "opts.json", findings)
        && records.is_kind(&file, Kind::File, findings)
    {
        match records.json(&file, findings) {
            Ok(saved) => options = local_options(&saved),
            Err(error) => {
                let values: &[(&str, &dyn std::fmt::Display)] = &[("volume", &name), ("reason", &error.reason())];
                findings.add(&codes::store::VOLUME_OPTIONS_BROKEN, &error.place, values);
            }
        }
    }
    // Only the driver `local` keeps volumes here, so the directory tells it where the database does not.
    let driver = row.as_ref().and_then(|row| text_of(row, "Driver")).unwrap_or(LOCAL);
    let mounts = mounts.get(&name).cloned().unwrap_or_default();
    let users: BTreeSet<String> = mounts.iter().map(|mount| mount.container.clone()).collect();
    let is_labelled = labels.as_ref().is_some_and(|labels| labels.contains_key(ANONYMOUS_LABEL));
    Volume {
        driver: Some(driver.to_owned()),
        labels,
        options,
        anonymous: is_labelled || is_hex64(&name),
        size: None,
        files: None,
        path: object.path_of("_data"),
        used_by: users.into_iter().collect(),
        mounts,
        holds: Vec::new(),
        name,
    }
}

/// Driver options under the names people give them with `docker volume create --opt`.
fn local_options(saved: &Value) -> BTreeMap<String, String> {
    let pairs = [("type", "MountType"), ("o", "MountOpts"), ("device", "MountDevice")];
    let mut options: BTreeMap<String, String> = pairs
        .iter()
        .filter_map(|(option, key)| Some(((*option).to_owned(), text_of(saved, key)?.to_owned())))
        .collect();
    let size = saved.get("Quota").and_then(|quota| quota.get("Size")).and_then(Value::as_u64);
    if let Some(size) = size.filter(|size| *size > 0) {
        options.insert("size".to_owned(), size.to_string());
    }
    options
}
