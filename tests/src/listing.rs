//! Listings of files, as `careen ls -R --hash --json` prints them.

use serde_json::Value;

use crate::{Disk, careen};

/// Everything in a scope of a disk.
pub fn list(disk: &Disk, scope: &str) -> Result<Vec<Value>, String> {
    let file = disk.file.to_string_lossy();
    careen(["ls", &file, "--of", scope, "-R", "--hash", "--json"]).expect(&[0])?.json_lines()
}

/// The first 12 digits of an id.
pub fn short(id: &str) -> &str {
    let digits = id.trim_start_matches("sha256:");
    digits.get(..12).unwrap_or(digits)
}

/// What lies under a directory of a filesystem, with paths from that directory.
pub fn below(lines: &[Value], directory: &str) -> Vec<Value> {
    let from_there = |path: &str| {
        let rest = path.strip_prefix('/')?.strip_prefix(directory)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
    };
    let mut inside = Vec::new();
    for line in lines {
        let Some(path) = line["path"].as_str().and_then(from_there) else { continue };
        let mut line = line.clone();
        line["path"] = Value::String(path);
        if let Some(first) = line["hl"].as_str().and_then(from_there) {
            line["hl"] = Value::String(first);
        }
        if let Some(bytes) = line["path_hex"].as_str() {
            line["path_hex"] = Value::String(bytes.get(2 * (directory.len() + 1)..).unwrap_or_default().to_owned());
        }
        inside.push(line);
    }
    inside
}
