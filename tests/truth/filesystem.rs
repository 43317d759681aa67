//! A disk that was cut off in the middle of its work, against the kernel's own recovery.

use std::path::Path;

use careen_tests::Disk;
use serde_json::Value;

use crate::Outcome;
use crate::{compare, listing};

/// The whole filesystem reads as after the kernel replayed its journal.
pub fn listing_is_the_kernels(disk: &Disk, truth: &Path) -> Outcome {
    let said = compare::json_lines(truth)?;
    let mut ours = listing::list(disk, "fs")?;
    for line in &mut ours {
        // The truth leaves the overlay's marks out.
        line.as_object_mut().map(|line| line.remove("overlay"));
    }
    compare::listings(&said, &ours)
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
