//! Builds that BuildKit remembers: `buildkit/history.db`, with containerd's store `history_c8d.db` (BuildKit
//! `solver/llbsolver/history.go`): bucket `_records`, by id a `BuildHistoryRecord` (`api/services/control/control.proto`).

use std::collections::BTreeMap;

use careen_evidence::{Findings, codes};
use careen_model::{BuildRecord, BuildSteps};

use crate::bbolt::{Database, Item};
use crate::digest::is_digest;
use crate::protobuf::{Fields, Value};
use crate::records::{Object, Records};

/// Names of the database, over a graph driver and over containerd.
const NAMES: [&str; 2] = ["history.db", "history_c8d.db"];

/// The builds that the builder of a Docker root remembers, by id.
pub(super) fn read(records: &Records<'_>, docker: &Object, findings: &mut Findings) -> Vec<BuildRecord> {
    let mut builds = Vec::new();
    let Some(directory) = records.directory(docker, &["buildkit"], findings) else { return builds };
    for name in NAMES {
        let Some(file) = records.child(&directory, name, findings) else { continue };
        let place = records.place(&file);
        let mut messages = Vec::new();
        let read = records.tree.open(file.node, findings).and_then(|source| {
            let database = Database::open(source, &place, records.limits, findings)?;
            let Some(bucket) = database.bucket(&[b"_records"], findings)? else { return Ok(()) };
            database.visit(&bucket, findings, &mut |key, item| {
                if let Item::Value(value) = item {
                    messages.push((String::from_utf8_lossy(key).into_owned(), value.to_vec()));
                }
            })
        });
        if let Err(error) = read {
            findings.add_error(&codes::resources::BUILDS_UNREADABLE, &error);
        }
        for (id, message) in messages {
            match parse(&id, &docker.path, &message) {
                Ok(build) => builds.push(build),
                Err(reason) => findings.add(
                    &codes::resources::BUILD_RECORD_BROKEN,
                    &place.then(&id),
                    &[("build", &id), ("reason", &reason)],
                ),
            }
        }
    }
    builds.sort_by(|left, right| left.id.cmp(&right.id));
    builds
}

/// BuildHistoryRecord: Ref 1, Frontend 2, FrontendAttrs 3, Exporters 4, error 5, CreatedAt 6, CompletedAt 7,
/// ExporterResponse 9, Result 10, Results 11, pinned 14, numCachedSteps 15, numTotalSteps 16, numCompletedSteps 17.
fn parse(id: &str, root: &str, message: &[u8]) -> Result<BuildRecord, &'static str> {
    let mut build = BuildRecord {
        id: id.to_owned(),
        root: if root.is_empty() { "/".to_owned() } else { root.to_owned() },
        frontend: None,
        options: BTreeMap::new(),
        names: Vec::new(),
        images: Vec::new(),
        started: None,
        finished: None,
        error: None,
        steps: BuildSteps::default(),
        pinned: false,
    };
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(text)) if text != id.as_bytes() => return Err("its id is not that of its key"),
            (2, Value::Bytes(text)) => build.frontend = Some(lossy(text)),
            (3, Value::Bytes(entry)) => build.options.extend([pair(entry)?]),
            (4, Value::Bytes(exporter)) => build.names.extend(name_of(exporter)?),
            (5, Value::Bytes(status)) => build.error = message_of(status)?,
            (6, Value::Bytes(time)) => build.started = time_of(time)?,
            (7, Value::Bytes(time)) => build.finished = time_of(time)?,
            (9, Value::Bytes(entry)) => add_response(&mut build, entry)?,
            (10, Value::Bytes(result)) => build.images.extend(digests_of(result)?),
            (11, Value::Bytes(entry)) => {
                let mut fields = Fields(entry);
                while let Some((number, value)) = fields.next()? {
                    if let (2, Value::Bytes(result)) = (number, value) {
                        build.images.extend(digests_of(result)?);
                    }
                }
            }
            (14, Value::Number(number)) => build.pinned = number != 0,
            (15, Value::Number(number)) => build.steps.cached = number,
            (16, Value::Number(number)) => build.steps.total = number,
            (17, Value::Number(number)) => build.steps.completed = number,
            _ => {}
        }
    }
    for list in [&mut build.names, &mut build.images] {
        list.sort();
        list.dedup();
    }
    Ok(build)
}

/// What the exporter answered (`exporter/containerimage/exptypes/types.go`).
fn add_response(build: &mut BuildRecord, entry: &[u8]) -> Result<(), &'static str> {
    let (key, text) = pair(entry)?;
    match key.as_str() {
        "containerimage.digest" | "containerimage.config.digest" if is_digest(&text) => build.images.push(text),
        "image.name" => build.names.extend(names_in(&text)),
        _ => {}
    }
    Ok(())
}

/// BuildResultInfo: ResultDeprecated 1 and the values of Results 3 are Descriptors, with their digest 2.
fn digests_of(result: &[u8]) -> Result<Vec<String>, &'static str> {
    let mut digests = Vec::new();
    let mut add = |descriptor: &[u8]| -> Result<(), &'static str> {
        let mut fields = Fields(descriptor);
        while let Some((number, value)) = fields.next()? {
            if let (2, Value::Bytes(text)) = (number, value) {
                digests.extend(Some(lossy(text)).filter(|text| is_digest(text)));
            }
        }
        Ok(())
    };
    let mut fields = Fields(result);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(descriptor)) => add(descriptor)?,
            (3, Value::Bytes(entry)) => {
                let mut entry = Fields(entry);
                while let Some((number, value)) = entry.next()? {
                    if let (2, Value::Bytes(descriptor)) = (number, value) {
                        add(descriptor)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(digests)
}

fn names_in(text: &str) -> impl Iterator<Item = String> {
    text.split(',').filter(|name| !name.is_empty()).map(str::to_owned)
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// An entry of a map: key 1, value 2.
fn pair(entry: &[u8]) -> Result<(String, String), &'static str> {
    let (mut key, mut text) = (String::new(), String::new());
    let mut fields = Fields(entry);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => key = lossy(bytes),
            (2, Value::Bytes(bytes)) => text = lossy(bytes),
            _ => {}
        }
    }
    Ok((key, text))
}

/// Exporter: Type 1, Attrs 2. The names of an image are one attribute, joined by commas.
fn name_of(exporter: &[u8]) -> Result<Vec<String>, &'static str> {
    let mut names = Vec::new();
    let mut fields = Fields(exporter);
    while let Some((number, value)) = fields.next()? {
        if let (2, Value::Bytes(entry)) = (number, value)
            && let (key, text) = pair(entry)?
            && key == "name"
        {
            names.extend(names_in(&text));
        }
    }
    Ok(names)
}

/// google.rpc.Status: code 1, message 2.
fn message_of(status: &[u8]) -> Result<Option<String>, &'static str> {
    let mut message = None;
    let mut fields = Fields(status);
    while let Some((number, value)) = fields.next()? {
        if let (2, Value::Bytes(text)) = (number, value) {
            message = Some(lossy(text));
        }
    }
    Ok(message)
}

/// google.protobuf.Timestamp: seconds 1, nanos 2.
fn time_of(time: &[u8]) -> Result<Option<String>, &'static str> {
    let (mut seconds, mut nanoseconds) = (0_u64, 0_u64);
    let mut fields = Fields(time);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Number(number)) => seconds = number,
            (2, Value::Number(number)) => nanoseconds = number,
            _ => {}
        }
    }
    let (Ok(seconds), Ok(nanoseconds)) = (i64::try_from(seconds), i32::try_from(nanoseconds)) else { return Ok(None) };
    Ok(jiff::Timestamp::new(seconds, nanoseconds).ok().map(|time| time.to_string()))
}
