//! Names of images: `repositories.json` (moby `daemon/internal/refstore/store.go`).
//!
//! `{"Repositories": {<repository>: {<reference>: <image id>}}}`. Where the file is cut, the references before the cut
//! are taken from its text.

use std::collections::BTreeMap;

use careen_evidence::{Findings, Place, ReadError, codes};
use serde_json::{Map, Value};

use crate::digest::is_digest;
use crate::records::{Object, Records, left_out};

/// References by the image they name.
pub(super) type Names = BTreeMap<String, Vec<String>>;

/// The references in this file, by image id, and whether all of it could be read.
pub(super) fn read(records: &Records<'_>, file: &Object, findings: &mut Findings) -> (Names, bool) {
    let mut is_whole = true;
    let mut names = Names::new();
    let mut add = |reference: &str, id: &str| {
        names.entry(id.to_owned()).or_default().push(familiar(reference).to_owned());
    };
    let bytes = match records.bytes(file, findings) {
        Ok(bytes) => bytes,
        Err(error) => {
            findings.add_failure(&error);
            return (names, false);
        }
    };
    let place = records.place(file);
    match records.parse(&bytes, &place).and_then(|file| repositories_of(file, &place)) {
        Ok(repositories) => {
            for (repository, references) in &repositories {
                let place = place.then(repository);
                let Some(references) = references.as_object() else {
                    left_out(repository, references, "an object of references", &place, findings);
                    continue;
                };
                for (reference, id) in references {
                    match id.as_str().filter(|id| is_digest(id)) {
                        Some(id) => add(reference, id),
                        None => left_out(reference, id, "the id of an image", &place.then(reference), findings),
                    }
                }
            }
        }
        Err(error) => {
            is_whole = false;
            let saved = references_in(&String::from_utf8_lossy(&bytes));
            let values: &[(&str, &dyn std::fmt::Display)] = &[("reason", &error.reason()), ("count", &saved.len())];
            findings.add(&codes::store::REPOSITORIES_BROKEN, &error.place, values);
            for (reference, id) in saved {
                add(&reference, &id);
            }
        }
    }
    (names, is_whole)
}

/// The object behind `Repositories`; the engine writes it even when it is empty.
fn repositories_of(mut file: Value, place: &Place) -> Result<Map<String, Value>, ReadError> {
    match file.get_mut("Repositories").map(Value::take) {
        Some(Value::Object(repositories)) => Ok(repositories),
        Some(other) => {
            Err(ReadError::corrupt(place, format_args!("Repositories is {}, expected an object", kind(&other))))
        }
        None => Err(ReadError::corrupt(place, "Repositories is missing")),
    }
}

/// What JSON calls a value of this kind.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Pairs `"<reference>":"sha256:<64 digits>"` in a text that is no JSON any more.
fn references_in(text: &str) -> Vec<(String, String)> {
    // Odd pieces stand between quotation marks. References have no escapes in them.
    let pieces: Vec<&str> = text.split('"').collect();
    let mut found = Vec::new();
    for window in pieces.windows(4) {
        if let [reference, colon, id, _] = window
            && colon.trim() == ":"
            && is_digest(id)
            && is_reference(reference)
        {
            found.push(((*reference).to_owned(), (*id).to_owned()));
        }
    }
    found
}

/// Whether this has the characters of a reference, and a tag or a digest.
fn is_reference(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed) && text.contains([':', '@'])
}

/// The short form people use: without Docker Hub's host and its `library`.
pub(super) fn familiar(reference: &str) -> &str {
    let on_hub = reference.strip_prefix("docker.io/").or_else(|| reference.strip_prefix("index.docker.io/"));
    on_hub.map_or(reference, |path| path.strip_prefix("library/").unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_before_a_cut_are_saved() {
        let id = format!("sha256:{}", "a".repeat(64));
        let text = format!(r#"{{"Repositories":{{"x":{{"x:1":"{id}","x@sha256:00" : "{id}"}},"y":{{"y:2":"sha256:aaa"#);
        let found = references_in(&text);
        assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["x:1", "x@sha256:00"]);
        assert!(references_in("").is_empty());
    }

    #[test]
    fn the_hub_is_not_named() {
        for (reference, short) in [
            ("docker.io/library/alpine:3", "alpine:3"),
            ("docker.io/me/x:1", "me/x:1"),
            ("alpine:3", "alpine:3"),
            ("ghcr.io/library/x:1", "ghcr.io/library/x:1"),
        ] {
            assert_eq!(familiar(reference), short);
        }
    }
}
