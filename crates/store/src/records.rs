//! Reading the small files Docker keeps its records in, told by their path within the filesystem.

use std::cell::Cell;
use std::collections::BTreeMap;

use careen_evidence::{Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, codes, read_file};
use serde_json::Value;

/// Longest JSON file that is read. The largest Docker writes are containers' configurations, far below 1 MiB.
const MAX_JSON: u64 = 16 << 20;
/// Longest text file that is read: the list of 128 lower directories.
const MAX_TEXT: u64 = 64 << 10;
/// Longest text that is one word: an id, a number, a time, a name of a directory.
const MAX_WORD: u64 = 512;
/// What the JSON of all stores of a filesystem may take in memory, in [`Limits::bytes`]. A container's records take
/// about 50 KiB by [`memory_of`], so that 20,000 of them are read.
const MEMORY_LIMITS: u64 = 4;
/// Most records of one kind: a store with more is not a store.
const MAX_RECORDS: usize = 1 << 20;

/// A file or directory, with its path within the filesystem.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub node: NodeId,
    /// Starts with `/`; the root is empty, so that names can be put after it.
    pub path: String,
}

impl Object {
    /// The path of `name` in this directory.
    pub fn path_of(&self, name: &str) -> String {
        format!("{}/{name}", self.path)
    }
}

/// What the JSON records of a filesystem's stores have taken so far.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    /// Memory that was given away, and bytes that were read in vain.
    memory: Cell<u64>,
    /// Records that were refused.
    left_out: Cell<u64>,
}

impl Spent {
    /// Takes the number of records that were refused since it was last asked.
    pub fn take_left_out(&self) -> u64 {
        self.left_out.take()
    }
}

/// A tree in which records are looked up. What cannot be read becomes a finding and counts as not there.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    pub tree: &'a dyn FileTree,
    pub limits: &'a Limits,
    pub spent: &'a Spent,
}

impl Records<'_> {
    /// Where an object lies, for findings.
    pub fn place(&self, object: &Object) -> Place {
        self.tree.place(object.node).then(if object.path.is_empty() { "/" } else { &object.path })
    }

    /// The object called `name` in a directory.
    pub fn child(&self, directory: &Object, name: &str, findings: &mut Findings) -> Option<Object> {
        let found = self.tree.lookup(directory.node, name.as_bytes(), findings);
        let node = kept(found, findings)??;
        Some(Object { node, path: directory.path_of(name) })
    }

    /// The directory at the end of these names; symbolic links are not followed.
    pub fn directory(&self, from: &Object, names: &[&str], findings: &mut Findings) -> Option<Object> {
        let mut directory = from.clone();
        for name in names {
            directory = self.child(&directory, name, findings)?;
            if !self.is_kind(&directory, Kind::Directory, findings) {
                return None;
            }
        }
        Some(directory)
    }

    /// Whether an object is of this kind.
    pub fn is_kind(&self, object: &Object, kind: Kind, findings: &mut Findings) -> bool {
        kept(self.tree.stat(object.node, findings), findings).is_some_and(|stat| stat.kind == kind)
    }

    /// The names in a directory with their objects. A name that is not UTF-8 is none of Docker's: it is told and left
    /// out.
    pub fn entries(&self, directory: &Object, findings: &mut Findings) -> Vec<(String, Object)> {
        let entries = kept(self.tree.list(directory.node, findings), findings).unwrap_or_default();
        if entries.len() > MAX_RECORDS {
            let reason = format!("{} names in one directory of records, at most {MAX_RECORDS} are read", entries.len());
            findings.add_failure(&ReadError::over_limit(&self.place(directory), reason));
        }
        let mut named = Vec::new();
        for Entry { name, node, .. } in entries.into_iter().take(MAX_RECORDS) {
            match String::from_utf8(name) {
                Ok(name) => named.push((name.clone(), Object { node, path: directory.path_of(&name) })),
                Err(error) => {
                    let name = String::from_utf8_lossy(error.as_bytes()).into_owned();
                    self.leftover(&Object { node, path: directory.path_of(&name) }, &name, findings);
                }
            }
        }
        named
    }

    /// The directories in a directory.
    pub fn directories(&self, directory: &Object, findings: &mut Findings) -> Vec<(String, Object)> {
        let mut entries = self.entries(directory, findings);
        self.prefetch(entries.iter().map(|(_, object)| object));
        entries.retain(|(_, object)| self.is_kind(object, Kind::Directory, findings));
        entries
    }

    /// Tells the tree that these objects are about to be asked for.
    pub fn prefetch<'o>(&self, objects: impl Iterator<Item = &'o Object>) {
        let nodes: Vec<NodeId> = objects.map(|object| object.node).collect();
        self.tree.prefetch(&nodes);
    }

    /// Notes something that is recognized and not read.
    pub fn leftover(&self, object: &Object, name: &str, findings: &mut Findings) {
        findings.add(&codes::store::STORE_LEFTOVER, &self.place(object), &[("name", &name)]);
    }

    /// A text file of one word, without the white space around it; `None` when it is not there or cannot be read.
    pub fn word(&self, directory: &Object, name: &str, findings: &mut Findings) -> Option<String> {
        self.text_up_to(MAX_WORD, directory, name, findings)
    }

    /// A text file of at most 64 KiB, as [`Records::word`].
    pub fn text(&self, directory: &Object, name: &str, findings: &mut Findings) -> Option<String> {
        self.text_up_to(MAX_TEXT, directory, name, findings)
    }

    fn text_up_to(&self, most: u64, directory: &Object, name: &str, findings: &mut Findings) -> Option<String> {
        let file = self.child(directory, name, findings)?;
        let limits = Limits { bytes: self.limits.bytes.min(most), ..*self.limits };
        let bytes = kept(read_file(self.tree, file.node, &limits, findings), findings)?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The bytes of a JSON file, at most 16 MiB. An error when there is no memory left for what they say.
    pub fn bytes(&self, file: &Object, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let size = self.tree.stat(file.node, findings)?.size;
        if size > self.memory_left() {
            return Err(self.refused(&self.place(file)));
        }
        let limits = Limits { bytes: self.limits.bytes.min(MAX_JSON), ..*self.limits };
        read_file(self.tree, file.node, &limits, findings)
    }

    /// A file that holds a JSON object.
    pub fn json(&self, file: &Object, findings: &mut Findings) -> Result<Value, ReadError> {
        self.parse(&self.bytes(file, findings)?, &self.place(file))
    }

    /// A JSON object; everything Docker keeps as JSON is one. An error when it would take more memory than the records
    /// of the filesystem's stores may take together.
    pub fn parse(&self, bytes: &[u8], place: &Place) -> Result<Value, ReadError> {
        let memory = memory_of(bytes);
        let is_refused = memory > self.memory_left();
        let taken = if is_refused { bytes.len() as u64 } else { memory };
        self.spent.memory.set(self.spent.memory.get().saturating_add(taken));
        if is_refused {
            return Err(self.refused(place));
        }
        parse_object(bytes, place)
    }

    fn memory_for_all(&self) -> u64 {
        self.limits.bytes.saturating_mul(MEMORY_LIMITS)
    }

    fn memory_left(&self) -> u64 {
        self.memory_for_all().saturating_sub(self.spent.memory.get())
    }

    fn refused(&self, place: &Place) -> ReadError {
        self.spent.left_out.set(self.spent.left_out.get().saturating_add(1));
        let most = self.memory_for_all() >> 20;
        ReadError::over_limit(place, format_args!("the records read before it take all of {most} MiB of memory"))
    }

    /// Tells how many records were left out because those before them took all the memory there is for them.
    pub fn tell_left_out(&self, place: &Place, findings: &mut Findings) {
        let count = self.spent.take_left_out();
        if count > 0 {
            let most = self.memory_for_all() >> 20;
            findings.add(&codes::store::RECORDS_LEFT_OUT, place, &[("count", &count), ("limit", &most)]);
        }
    }
}

/// The most memory that this JSON takes as a [`Value`], estimated before it is taken: an object begins with a table of
/// eleven names and values, an array with room for four, and every further value needs its place in one of them.
fn memory_of(bytes: &[u8]) -> u64 {
    let is_empty = |at: usize| bytes.get(at.saturating_add(1)).is_some_and(|next| matches!(next, b'}' | b']'));
    bytes.iter().enumerate().fold(bytes.len() as u64, |sum, (at, byte)| {
        sum.saturating_add(match byte {
            b'{' if !is_empty(at) => 640,
            b',' | b'[' if !is_empty(at) => 128,
            _ => 0,
        })
    })
}

fn parse_object(bytes: &[u8], place: &Place) -> Result<Value, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::corrupt(place, "the file is empty, expected JSON"));
    }
    match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(ReadError::corrupt(place, "the JSON is no object")),
        Err(error) => Err(ReadError::corrupt(place, format_args!("invalid JSON: {error}"))),
    }
}

/// The answer, or a finding in its place.
pub(crate) fn kept<T>(answer: Result<T, ReadError>, findings: &mut Findings) -> Option<T> {
    answer.map_err(|error| findings.add_failure(&error)).ok()
}

/// The text behind a key of an object; `None` when there is none or it is empty.
pub(crate) fn text_of<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The texts of an object behind a key; what is no text is told and left out.
pub(crate) fn texts_of(object: &Value, key: &str, place: &Place, findings: &mut Findings) -> BTreeMap<String, String> {
    let texts = match object.get(key) {
        None | Some(Value::Null) => return BTreeMap::new(),
        Some(Value::Object(texts)) => texts,
        Some(other) => {
            left_out(key, other, "an object of texts", place, findings);
            return BTreeMap::new();
        }
    };
    let mut kept = BTreeMap::new();
    for (name, value) in texts {
        match value {
            Value::String(text) => drop(kept.insert(name.clone(), text.clone())),
            other => left_out(&format!("{key} › {name}"), other, "a text", &place.then(key).then(name), findings),
        }
    }
    kept
}

/// Tells of a value that is not what its field holds, and that is therefore left out.
pub(crate) fn left_out(
    field: &str,
    value: &dyn std::fmt::Display,
    expected: &str,
    place: &Place,
    findings: &mut Findings,
) {
    /// Characters of the value that are told.
    const SHOWN: usize = 80;
    let text = value.to_string();
    let shown: String = text.chars().take(SHOWN).collect();
    let shown = if shown.len() < text.len() { format!("{shown}…") } else { shown };
    let values: &[(&str, &dyn std::fmt::Display)] = &[("field", &field), ("value", &shown), ("expected", &expected)];
    findings.add(&codes::store::RECORD_VALUE_LEFT_OUT, place, values);
}

/// A time as RFC 3339 in UTC; `None` for Docker's year 1, which means never, and for what is no time.
pub(crate) fn time_of(object: &Value, key: &str) -> Option<String> {
    let time: jiff::Timestamp = text_of(object, key)?.parse().ok()?;
    let is_never = time.as_second() == YEAR_1 && time.subsec_nanosecond() == 0;
    (!is_never).then(|| time.to_string())
}

/// 0001-01-01T00:00:00Z, Go's zero time.
const YEAR_1: i64 = -62_135_596_800;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_utc_and_never_is_nothing() {
        let object = json!({"never": "0001-01-01T00:00:00Z", "zone": "2023-05-05T12:00:00.5+02:00", "epoch": "1970-01-01T00:00:00Z", "odd": "yesterday", "number": 3});
        assert_eq!(time_of(&object, "never"), None);
        assert_eq!(time_of(&object, "zone").as_deref(), Some("2023-05-05T10:00:00.5Z"));
        assert_eq!(time_of(&object, "epoch").as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!((time_of(&object, "odd"), time_of(&object, "number"), time_of(&object, "gone")), (None, None, None));
    }

    #[test]
    fn what_is_no_text_is_told() {
        let object = json!({"labels": {"a": "b", "c": 3, "d": null}, "none": null, "list": ["x"]});
        let (place, mut findings) = (Place::new("record"), Findings::new());
        assert_eq!(texts_of(&object, "labels", &place, &mut findings), BTreeMap::from([("a".into(), "b".into())]));
        assert!(texts_of(&object, "none", &place, &mut findings).is_empty());
        assert!(texts_of(&object, "gone", &place, &mut findings).is_empty());
        let told = |findings: &Findings| -> Vec<String> {
            findings.list().iter().map(|found| format!("{}={}", found.values["field"], found.values["value"])).collect()
        };
        assert_eq!(told(&findings), ["labels › c=3", "labels › d=null"]);
        assert!(texts_of(&object, "list", &place, &mut findings).is_empty());
        assert_eq!(told(&findings)[2], r#"list=["x"]"#);
    }

    #[test]
    fn memory_is_never_estimated_too_low() {
        // What an allocator is asked for: tables of names and values, arrays that grow by doubling, texts.
        fn asked(value: &Value) -> u64 {
            match value {
                Value::Array(list) => {
                    let room = if list.is_empty() { 0 } else { list.len().next_power_of_two().max(4) };
                    32 * room as u64 + list.iter().map(asked).sum::<u64>()
                }
                Value::Object(map) => {
                    let tables = if map.is_empty() { 0 } else { 1 + map.len() as u64 / 6 };
                    630 * tables + map.iter().map(|(key, value)| key.len() as u64 + asked(value)).sum::<u64>()
                }
                Value::String(text) => text.len() as u64,
                _ => 0,
            }
        }
        let many: BTreeMap<String, u8> = (0..1000).map(|key| (key.to_string(), 0)).collect();
        for value in [
            json!([]),
            json!({}),
            json!([0]),
            json!([[0], [0], [[[0]]]]),
            json!({"a": {"b": {"c": {}}}}),
            json!(vec![json!({"a": 0}); 100]),
            json!(vec![0; 1025]),
            json!(many),
            json!({"text": "x".repeat(5000)}),
        ] {
            let bytes = value.to_string().into_bytes();
            assert!(memory_of(&bytes) >= asked(&value), "{} < {} for {value}", memory_of(&bytes), asked(&value));
        }
        assert!(memory_of(br#"{"a":[],"b":{}}"#) < 1000);
    }

    #[test]
    fn json_that_nests_without_end_is_an_error() {
        let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
        assert!(parse_object(&deep, &Place::new("x")).is_err());
        assert!(parse_object(b"[]", &Place::new("x")).unwrap_err().reason().contains("no object"));
    }
}
