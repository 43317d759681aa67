//! The build cache: `buildkit/metadata_v2.db` over a graph driver, `buildkit/containerd-<snapshotter>/metadata_v2.db`
//! over containerd (BuildKit `cache/metadata.go`, `cache/metadata/metadata.go`).
//!
//! Bucket `_main`, in it a bucket a record, in it `{"value":…}` by key. Over a graph driver `buildkit/snapshots.db` tells
//! the layer or directory of a record (moby `daemon/internal/builder-next/adapters/snapshot`): bucket by the record's
//! id with `chainid`, the layer that it has become, and `committed`, its directory where that is not called by its id.
//!
//! Shown as `docker buildx du` shows it (`cache/manager.go`, `DiskUsage`): a record that shares its data with a writable
//! one is left out in favor of that one, and so is one that is marked as deleted.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, Place, ReadError, codes};
use careen_model::BuildCacheRecord;
use serde_json::Value;

use crate::bbolt::{Bucket, Database, Item};
use crate::digest::digest_of_hex;
use crate::records::{Object, Records};

/// Directories in `buildkit` in which the builder keeps its records over a snapshotter of containerd.
const OF_CONTAINERD: &str = "containerd-";

/// The records of a Docker root: those over its graph driver and those over containerd, with the store's id each.
pub(super) fn read(
    records: &Records<'_>,
    docker: &Object,
    stores: (Option<&str>, Option<&str>),
    findings: &mut Findings,
) -> Vec<BuildCacheRecord> {
    let Some(directory) = records.directory(docker, &["buildkit"], findings) else { return Vec::new() };
    let (classic, containerd) = stores;
    let mut list = Vec::new();
    if let Some(file) = records.child(&directory, "metadata_v2.db", findings) {
        let snapshots = read_snapshots(records, &directory, findings);
        let store = classic.or(containerd).unwrap_or_default();
        let blobs = records.directory(&directory, &["content", "blobs", "sha256"], findings);
        let blobs = blobs.map(|blobs| records.entries(&blobs, findings)).unwrap_or_default();
        let blobs = blobs.into_iter().map(|(name, _)| digest_of_hex(&name)).collect();
        list.extend(read_one(records, &file, Some(&OverDriver { snapshots, blobs }), store, findings));
    }
    for (name, object) in records.directories(&directory, findings) {
        if name.starts_with(OF_CONTAINERD)
            && let Some(file) = records.child(&object, "metadata_v2.db", findings)
        {
            let store = containerd.or(classic).unwrap_or_default();
            list.extend(read_one(records, &file, None, store, findings));
        }
    }
    list.sort_by(|left, right| left.id.cmp(&right.id));
    list
}

/// The records of one database.
fn read_one(
    records: &Records<'_>,
    file: &Object,
    over_driver: Option<&OverDriver>,
    store: &str,
    findings: &mut Findings,
) -> Vec<BuildCacheRecord> {
    let place = records.place(file);
    let read = open(records, file, &place, findings).and_then(|database| {
        let Some(main) = database.bucket(&[b"_main"], findings)? else { return Ok(BTreeMap::new()) };
        values(records, &database, &main, &place, findings)
    });
    match read {
        Ok(by_id) => {
            let doubles = doubles(&by_id);
            let is_shown = |id: &str, record: &Fields| !doubles.contains_key(id) && !record.is("cache.deleted");
            let shown = by_id.iter().filter(|(id, record)| is_shown(id, record));
            let mut list: Vec<BuildCacheRecord> =
                shown.map(|(id, fields)| describe(id, fields, over_driver, store)).collect();
            // What is known of the double holds for the one in its place.
            for record in &mut list {
                let double = doubles.iter().find(|(_, writable)| **writable == record.id);
                if let Some(fields) = double.and_then(|(id, _)| by_id.get(id)) {
                    record.size = record.size.or_else(|| fields.size());
                }
            }
            list
        }
        Err(error) => {
            findings.add_error(&codes::resources::BUILD_CACHE_UNREADABLE, &error);
            Vec::new()
        }
    }
}

fn open(records: &Records<'_>, file: &Object, place: &Place, findings: &mut Findings) -> Result<Database, ReadError> {
    Database::open(records.tree.open(file.node, findings)?, place, records.limits, findings)
}

/// What one record says, by key.
#[derive(Default)]
struct Fields(BTreeMap<String, Value>);

impl Fields {
    fn text(&self, key: &str) -> Option<String> {
        self.0.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let list = self.0.get(key).and_then(Value::as_array).into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn is(&self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool) == Some(true)
    }

    /// Nanoseconds since 1970, as RFC 3339.
    fn time(&self, key: &str) -> Option<String> {
        let nanoseconds = self.0.get(key).and_then(Value::as_i64)?;
        jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).ok().map(|time| time.to_string())
    }

    /// -1 stands for a size that was not counted yet.
    fn size(&self) -> Option<u64> {
        self.0.get("snapshot.size").and_then(Value::as_u64)
    }
}

/// What the records in a bucket say; a value that cannot be read is told and left out.
fn values(
    records: &Records<'_>,
    database: &Database,
    main: &Bucket,
    place: &Place,
    findings: &mut Findings,
) -> Result<BTreeMap<String, Fields>, ReadError> {
    let mut buckets = Vec::new();
    database.visit(main, findings, &mut |key, item| {
        if let Item::Bucket(bucket) = item {
            buckets.push((String::from_utf8_lossy(key).into_owned(), bucket));
        }
    })?;
    let mut by_id = BTreeMap::new();
    for (id, bucket) in buckets {
        let mut broken = Vec::new();
        let mut fields = Fields::default();
        database.visit(&bucket, findings, &mut |key, item| {
            // A value that was taken away is an empty one.
            if let Item::Value(bytes) = item
                && !bytes.is_empty()
            {
                let key = String::from_utf8_lossy(key).into_owned();
                match records.parse(bytes, &place.then(&id).then(&key)) {
                    Ok(mut value) => {
                        let value = value.get_mut("value").map(Value::take).unwrap_or_default();
                        fields.0.insert(key, value);
                    }
                    Err(error) => broken.push(error),
                }
            }
        })?;
        for error in broken {
            findings.add(
                &codes::resources::BUILD_CACHE_RECORD_BROKEN,
                &error.place,
                &[("record", &id), ("reason", &error.reason())],
            );
        }
        by_id.insert(id, fields);
    }
    Ok(by_id)
}

/// Records that share their data with a writable one, with that one's id.
fn doubles(by_id: &BTreeMap<String, Fields>) -> BTreeMap<String, String> {
    let double = |(id, fields): (&String, &Fields)| {
        let writable = fields.text("cache.equalMutable")?;
        (writable != *id && by_id.contains_key(&writable)).then(|| (id.clone(), writable))
    };
    by_id.iter().filter_map(double).collect()
}

fn describe(id: &str, fields: &Fields, over_driver: Option<&OverDriver>, store: &str) -> BuildCacheRecord {
    let snapshot = over_driver.map(|over| over.snapshots.get(id).cloned().unwrap_or_default());
    let chain_id = snapshot.as_ref().and_then(|snapshot| snapshot.chain_id.clone());
    let is_blob = fields.is("cache.blobonly");
    // Of a record that is only a blob, what counts is the blob, where it was fetched at all.
    let blob_size = over_driver.filter(|_| is_blob).and_then(|over| {
        let is_here = fields.text("cache.blob").is_some_and(|blob| over.blobs.contains(&blob));
        if is_here { fields.0.get("cache.blobsize").and_then(Value::as_u64) } else { Some(0) }
    });
    let mut parents: Vec<String> = fields.text("cache.parent").into_iter().collect();
    parents.extend(fields.texts("cache.mergeParents"));
    parents.extend(["cache.lowerDiffParent", "cache.upperDiffParent"].iter().filter_map(|key| fields.text(key)));
    BuildCacheRecord {
        id: id.to_owned(),
        store: store.to_owned(),
        kind: fields.text("cache.recordType").unwrap_or_else(|| "regular".to_owned()),
        description: fields.text("cache.description"),
        parents,
        created: fields.time("cache.createdAt"),
        last_used: fields.time("cache.lastUsedAt"),
        usage_count: fields.0.get("cache.usageCount").and_then(Value::as_u64).unwrap_or(0),
        size: fields.size().or(blob_size),
        mutable: !fields.is("snapshot.committed"),
        in_use: false,
        shared: false,
        // Old builders gave the snapshot the id of the record.
        snapshot: Some(fields.text("cache.snapshot").unwrap_or_else(|| id.to_owned())),
        // A layer's directory is the layer's.
        cache_id: snapshot
            .filter(|_| chain_id.is_none() && !is_blob)
            .map(|snapshot| snapshot.committed.unwrap_or_else(|| id.to_owned())),
        chain_id: chain_id.or_else(|| fields.text("cache.chainID")),
        images: fields.texts("cache.imageRefs"),
    }
}

/// What stands beside the records where they lie over a graph driver.
struct OverDriver {
    snapshots: BTreeMap<String, Snapshot>,
    /// Digests of the blobs that were fetched: `content/blobs/sha256`.
    blobs: BTreeSet<String>,
}

/// What `snapshots.db` says of a record.
#[derive(Clone, Default)]
struct Snapshot {
    chain_id: Option<String>,
    committed: Option<String>,
}

/// `snapshots.db`, by record.
fn read_snapshots(records: &Records<'_>, directory: &Object, findings: &mut Findings) -> BTreeMap<String, Snapshot> {
    let mut snapshots = BTreeMap::new();
    let Some(file) = records.child(directory, "snapshots.db", findings) else { return snapshots };
    let place = records.place(&file);
    let read = open(records, &file, &place, findings).and_then(|database| {
        let mut buckets = Vec::new();
        database.visit(&database.root(), findings, &mut |key, item| {
            if let Item::Bucket(bucket) = item {
                buckets.push((String::from_utf8_lossy(key).into_owned(), bucket));
            }
        })?;
        for (id, bucket) in buckets {
            let mut snapshot = Snapshot::default();
            database.visit(&bucket, findings, &mut |key, item| {
                let Item::Value(value) = item else { return };
                let text = Some(String::from_utf8_lossy(value).into_owned()).filter(|text| !text.is_empty());
                match key {
                    b"chainid" => snapshot.chain_id = text,
                    b"committed" => snapshot.committed = text,
                    _ => {}
                }
            })?;
            snapshots.insert(id, snapshot);
        }
        Ok(())
    });
    if let Err(error) = read {
        findings.add_error(&codes::resources::BUILD_CACHE_UNREADABLE, &error);
    }
    snapshots
}

/// Marks the records whose layers an image uses too, and all that those were built upon (`cache/manager.go`,
/// `markShared`): `is_used` tells it of a store and a chain id. A size that BuildKit had not counted is that of the
/// layer.
pub fn complete(
    list: &mut [BuildCacheRecord],
    is_used: &dyn Fn(&str, &str) -> bool,
    size_of: &dyn Fn(&str) -> Option<u64>,
) {
    let by_id: BTreeMap<String, usize> = list.iter().enumerate().map(|(at, record)| (record.id.clone(), at)).collect();
    let is_of_image = |it: &BuildCacheRecord| it.chain_id.as_deref().is_some_and(|chain| is_used(&it.store, chain));
    let mut ahead: Vec<usize> = (0..).zip(list.iter()).filter(|(_, it)| is_of_image(it)).map(|(at, _)| at).collect();
    while let Some(at) = ahead.pop() {
        if let Some(record) = list.get_mut(at).filter(|record| !record.shared) {
            record.shared = true;
            ahead.extend(record.parents.iter().filter_map(|parent| by_id.get(parent)));
        }
    }
    for record in list.iter_mut().filter(|record| record.size.is_none()) {
        record.size = record.chain_id.as_deref().and_then(size_of);
    }
}
