//! Finding the first difference between what was said and what we say.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Reads a JSON file of the truth.
pub fn json(file: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))
}

/// Reads a file of JSON lines of the truth, packed with zstd.
pub fn json_lines(file: &Path) -> Result<Vec<Value>, String> {
    let output = Command::new("zstd").arg("-dcq").arg(file).output().map_err(|error| format!("zstd: {error}"))?;
    if !output.status.success() {
        return Err(format!("{}: {}", file.display(), String::from_utf8_lossy(&output.stderr).trim()));
    }
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|error| format!("{}: {error}", file.display()))).collect()
}

/// Where two values differ, if they do. An object may have more fields than was said, never fewer; everything else is
/// equal only when it is the same.
pub fn difference(said: &Value, ours: &Value) -> Option<String> {
    match (said, ours) {
        (Value::Object(said), Value::Object(ours)) => said.iter().find_map(|(key, value)| match ours.get(key) {
            Some(own) => difference(value, own).map(|text| format!(".{key}{text}")),
            None => Some(format!(".{key}: {value} was said, ours has no such field")),
        }),
        (Value::Array(said), Value::Array(ours)) if said.len() == ours.len() => {
            let pairs = said.iter().zip(ours).enumerate();
            pairs.into_iter().find_map(|(index, (said, own))| Some(format!("[{index}]{}", difference(said, own)?)))
        }
        _ if said == ours => None,
        _ => Some(format!(": {said} was said, ours is {ours}")),
    }
}

/// Compares two lists whose items have a key. With `whole` nothing may be in ours that was not said.
pub fn by_key(what: &str, key: &str, said: &[Value], ours: &Value, whole: bool) -> Result<(), String> {
    let ours = ours.as_array().ok_or_else(|| format!("{what}: the answer is no array"))?;
    let mut left = BTreeMap::new();
    for own in ours {
        if left.insert(own[key].to_string(), own).is_some() {
            return Err(format!("{what}: {} stands twice in the answer", own[key]));
        }
    }
    let mut wrong = Vec::new();
    for said in said {
        match left.remove(&said[key].to_string()) {
            Some(own) => wrong.extend(difference(said, own).map(|text| format!("{} {}{text}", what, said[key]))),
            None => wrong.push(format!("{what} {} is not in the answer", said[key])),
        }
    }
    if whole {
        wrong.extend(left.keys().map(|key| format!("{what} {key} is in the answer and was not said")));
    }
    verdict(&wrong)
}

/// Fails with the first few of these and their number.
pub fn verdict(wrong: &[String]) -> Result<(), String> {
    const SHOWN: usize = 8;
    if wrong.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = wrong.iter().take(SHOWN).map(String::as_str).collect();
    Err(format!("{} differences\n{}", wrong.len(), shown.join("\n")))
}

/// Compares two sets of rows.
pub fn sets(what: &str, said: &BTreeSet<Vec<String>>, ours: &BTreeSet<Vec<String>>) -> Result<(), String> {
    let missing = said.difference(ours).map(|row| format!("{what}: missing {row:?}"));
    let more = ours.difference(said).map(|row| format!("{what}: not said {row:?}"));
    verdict(&missing.chain(more).collect::<Vec<_>>())
}

/// Compares two listings line by line.
pub fn listings(said: &[Value], ours: &[Value]) -> Result<(), String> {
    let differing = said.iter().zip(ours).position(|(said, ours)| said != ours);
    if differing.is_none() && said.len() == ours.len() {
        return Ok(());
    }
    let line = differing.unwrap_or(said.len().min(ours.len()));
    let shown = |lines: &[Value]| lines.get(line).map_or_else(|| "nothing".to_owned(), Value::to_string);
    let differing = said.iter().zip(ours).filter(|(said, ours)| said != ours).count();
    Err(format!(
        "{} lines were said, ours are {}; {differing} pairs differ, the first in line {}\nsaid: {}\nours: {}\n{}",
        said.len(),
        ours.len(),
        line + 1,
        shown(said),
        shown(ours),
        paths_apart(said, ours)
    ))
}

/// Paths that stand in one listing alone.
fn paths_apart(said: &[Value], ours: &[Value]) -> String {
    let paths = |lines: &[Value]| lines.iter().map(|line| line["path"].to_string()).collect::<BTreeSet<_>>();
    let (said, ours) = (paths(said), paths(ours));
    let first = |paths: Vec<&String>| {
        format!("{} ({})", paths.len(), paths.into_iter().take(4).cloned().collect::<Vec<_>>().join(", "))
    };
    format!(
        "paths missing: {}; paths not said: {}",
        first(said.difference(&ours).collect()),
        first(ours.difference(&said).collect())
    )
}
