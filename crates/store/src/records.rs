//! Reading the small files Docker keeps its records in, told by their path within the filesystem.

use careen_evidence::{Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, codes, read_file};
use serde_json::Value;

/// Longest JSON file that is read. The largest Docker writes are containers' configurations, far below 1 MiB.
const MAX_JSON: u64 = 16 << 20;
/// Longest text file that is read: an id, a number, or the list of 128 lower directories.
const MAX_TEXT: u64 = 64 << 10;
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

/// A tree in which records are looked up. What cannot be read becomes a finding and counts as not there.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    pub tree: &'a dyn FileTree,
    pub limits: &'a Limits,
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

    /// A text file without white space around its content; `None` when it is not there or cannot be read.
    pub fn text(&self, directory: &Object, name: &str, findings: &mut Findings) -> Option<String> {
        let file = self.child(directory, name, findings)?;
        let limits = Limits { bytes: self.limits.bytes.min(MAX_TEXT), ..*self.limits };
        let bytes = kept(read_file(self.tree, file.node, &limits, findings), findings)?;
        Some(String::from_utf8_lossy(&bytes).trim().to_owned())
    }

    /// The bytes of a JSON file, at most 16 MiB.
    pub fn bytes(&self, file: &Object, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let limits = Limits { bytes: self.limits.bytes.min(MAX_JSON), ..*self.limits };
        read_file(self.tree, file.node, &limits, findings)
    }

    /// A file that holds a JSON object.
    pub fn json(&self, file: &Object, findings: &mut Findings) -> Result<Value, ReadError> {
        parse_object(&self.bytes(file, findings)?, &self.place(file))
    }
}

/// A JSON object; everything Docker keeps as JSON is one.
pub(crate) fn parse_object(bytes: &[u8], place: &Place) -> Result<Value, ReadError> {
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

/// The texts of an object behind a key; what is no text is left out.
pub(crate) fn texts_of(object: &Value, key: &str) -> std::collections::BTreeMap<String, String> {
    let entries = object.get(key).and_then(Value::as_object).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
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
    fn json_that_nests_without_end_is_an_error() {
        let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
        assert!(parse_object(&deep, &Place::new("x")).is_err());
        assert!(parse_object(b"[]", &Place::new("x")).unwrap_err().reason().contains("no object"));
    }
}
