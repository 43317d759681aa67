//! `careen logs` and `careen changes` against what the engine printed, container by container.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use careen_tests::{Disk, Known, Outcome, careen, compare};
use libtest_mimic::Trial;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::trial;

/// Where something is said about the containers of a disk.
fn folders(disk: &Disk) -> Vec<PathBuf> {
    let mut folders = match &disk.known {
        Known::Docker { folder, .. } => vec![folder.clone()],
        _ => Vec::new(),
    };
    // The halves of a disk that is not classic alone.
    if let (Some(name), Some(corpus)) = (disk.name.strip_prefix("corpus/"), std::env::var_os("CAREEN_CORPUS")) {
        let truth = Path::new(&corpus).join("truth").join(name);
        folders.extend([truth.clone(), truth.join("store")]);
    }
    folders.sort();
    folders.dedup();
    folders
}

/// A trial for the log and for the changes of each container.
pub fn trials(disk: &Disk) -> Vec<Trial> {
    let mut trials = Vec::new();
    for folder in folders(disk) {
        for (id, said) in object(&folder.join("logs.json")) {
            let (name, disk_of_trial) = (format!("logs/{}", short(&id)), disk.clone());
            trials.push(trial(disk, &name, move || logs(&disk_of_trial, &id, &said)));
        }
        // Layers of containerd's store have no layerdb, which is what this file was made from.
        if !folder.join("layers.json").is_file() {
            continue;
        }
        for (id, said) in object(&folder.join("diff.json")) {
            let (name, disk_of_trial) = (format!("diff/{}", short(&id)), disk.clone());
            trials.push(trial(disk, &name, move || changes(&disk_of_trial, &id, &said)));
        }
    }
    trials
}

fn object(file: &Path) -> Map<String, Value> {
    match compare::json(file) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

fn logs(disk: &Disk, id: &str, said: &Value) -> Outcome {
    let file = disk.file.to_string_lossy();
    let mut wrong = Vec::new();
    for stream in ["stdout", "stderr"] {
        for (option, mark) in [(None, ""), (Some("--timestamps"), "_ts")] {
            let words = ["logs", &*file, id, "--stream", stream];
            let answer = careen(words.into_iter().chain(option)).expect(&[0])?;
            let sum: String = Sha256::digest(&answer.stdout).iter().map(|byte| format!("{byte:02x}")).collect();
            let field = format!("{stream}{mark}_sha256");
            if said[&field] != sum.as_str() {
                let bytes = answer.stdout.len();
                wrong.push(format!("{field}: {} was said, ours is {sum} of {bytes} bytes", said[&field]));
            }
        }
    }
    // Both streams together have as many bytes, and the last record is the last that each of them has.
    let both = careen(["logs", &*file, id]).expect(&[0])?.stdout;
    let bytes = said["stdout_bytes"].as_u64().unwrap_or(0) + said["stderr_bytes"].as_u64().unwrap_or(0);
    if both.len() as u64 != bytes {
        wrong.push(format!("both streams have {bytes} bytes, ours {}", both.len()));
    }
    let last = careen(["logs", &*file, id, "--tail", "1"]).expect(&[0])?.stdout;
    if !both.ends_with(&last) || last.is_empty() != both.is_empty() {
        wrong.push(format!("the last record is not the end of the log: {:?}", String::from_utf8_lossy(&last)));
    }
    compare::verdict(&wrong)
}

fn changes(disk: &Disk, id: &str, said: &Value) -> Outcome {
    let answer = careen(["changes", &*disk.file.to_string_lossy(), id]).expect(&[0])?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let ours: BTreeSet<Vec<String>> = text.lines().map(|line| vec![line.to_owned()]).collect();
    if ours.len() != text.lines().count() {
        return Err("a path stands twice".to_owned());
    }
    let said = said.as_array().into_iter().flatten();
    let said = said.filter_map(|line| Some(vec![line.as_str()?.to_owned()])).collect();
    compare::sets("changes", &said, &ours)
}
