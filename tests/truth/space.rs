//! `careen space`: the parts add up to what the filesystem says is in use.

use careen_tests::{Disk, Outcome, careen, compare};
use serde_json::Value;

/// How far the sum may be from what the filesystem says, in parts of a thousand.
const PARTS_OF_A_THOUSAND: u64 = 1;

/// The sum of all areas, of each area's parts, and the size of what is known otherwise.
pub fn adds_up(disk: &Disk) -> Outcome {
    let file = disk.file.to_string_lossy();
    let space = careen(["space", &*file, "--json"]).expect(&[0, 3])?.json()?;
    let mut wrong = Vec::new();
    for filesystem in space["filesystems"].as_array().into_iter().flatten() {
        let (Some(used), Some(counted)) = (filesystem["used"].as_u64(), filesystem["counted"].as_u64()) else {
            wrong.push(format!("a filesystem without its sums: {filesystem}"));
            continue;
        };
        if used.abs_diff(counted).saturating_mul(1000) > used.saturating_mul(PARTS_OF_A_THOUSAND) {
            wrong.push(format!("the filesystem says {used} bytes are in use, the parts are {counted}"));
        }
        check(&filesystem["area"], &mut wrong);
    }
    if space["filesystems"].as_array().is_none_or(Vec::is_empty) {
        wrong.push("no filesystem".to_owned());
    }
    let mut last = 0;
    for prune in space["prune"].as_array().into_iter().flatten() {
        let sum: u64 =
            ["containers", "images", "build_cache", "volumes"].iter().filter_map(|key| prune[key].as_u64()).sum();
        if prune["total"] != sum {
            wrong.push(format!("{prune} does not add up"));
        }
        last = sum.max(last);
    }
    // Everything together frees the most.
    if space["prune"][3]["total"] != last {
        wrong.push(format!("{} is not the most", space["prune"][3]));
    }
    compare::verdict(&wrong)
}

fn check(area: &Value, wrong: &mut Vec<String>) {
    let parts = area["areas"].as_array().cloned().unwrap_or_default();
    if parts.is_empty() {
        return;
    }
    let sum: u64 = parts.iter().filter_map(|part| part["bytes"].as_u64()).sum();
    if area["bytes"] != sum {
        wrong.push(format!("{} {} has {} bytes, its parts {sum}", area["kind"], area["name"], area["bytes"]));
    }
    for part in &parts {
        check(part, wrong);
    }
}
