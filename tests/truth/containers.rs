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
        if let Ok(Value::Array(said)) = compare::json(&folder.join("containers.inspect.json")) {
            let (half, disk_of_trial) = (folder.file_name().unwrap_or_default().to_string_lossy(), disk.clone());
            trials.push(trial(disk, &format!("run_again/{half}"), move || run_again(&disk_of_trial, &said)));
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

/// The command line of each container, as a shell reads it, asks for what the engine was asked for.
fn run_again(disk: &Disk, said: &[Value]) -> Outcome {
    let ours = careen(["containers", &*disk.file.to_string_lossy(), "--json"]).expect(&[0, 3])?.json()?;
    let mut wrong = Vec::new();
    for said in said {
        let own = ours.as_array().into_iter().flatten().find(|own| own["id"] == said["Id"]);
        let line = own.and_then(|own| own["details"]["run"][0].as_str()).unwrap_or_default();
        let words = read_by_a_shell(line)?;
        let (config, host) = (&said["Config"], &said["HostConfig"]);
        let mut options: Vec<(&str, String)> = Vec::new();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().map(text).collect() };
        options.push(("--name", text(&said["Name"]).trim_start_matches('/').to_owned()));
        options.extend(list(&host["Binds"]).into_iter().map(|bind| ("-v", bind)));
        options.extend(list(&host["CapAdd"]).into_iter().map(|capability| ("--cap-add", capability)));
        if host["Memory"].as_u64().is_some_and(|memory| memory > 0) {
            options.push(("--memory", format!("{}m", host["Memory"].as_u64().unwrap_or(0) >> 20)));
        }
        match (host["RestartPolicy"]["Name"].as_str(), host["RestartPolicy"]["MaximumRetryCount"].as_u64()) {
            (Some("" | "no") | None, _) => {}
            (Some(name), Some(0) | None) => options.push(("--restart", name.to_owned())),
            (Some(name), Some(count)) => options.push(("--restart", format!("{name}:{count}"))),
        }
        for (key, value) in host["LogConfig"]["Config"].as_object().into_iter().flatten() {
            options.push(("--log-opt", format!("{key}={}", text(value))));
        }
        if host["NetworkMode"] == "none" {
            options.push(("--network", "none".to_owned()));
        }
        for (name, value) in &options {
            if !words.windows(2).any(|pair| pair[0] == *name && pair[1] == *value) {
                wrong.push(format!("{}: {name} {value} is not in {line}", said["Name"]));
            }
        }
        let ports = host["PortBindings"].as_object().map_or(0, |ports| ports.len());
        if words.iter().filter(|word| *word == "-p").count() != ports {
            wrong.push(format!("{}: {ports} ports are not in {line}", said["Name"]));
        }
        // What is run stands behind the image, unless it is the image's own.
        let image = words.iter().rposition(|word| *word == text(&config["Image"]));
        let arguments = image.map(|at| words[at + 1..].to_vec()).unwrap_or_default();
        let command = list(&config["Cmd"]);
        if image.is_none() || !(arguments.is_empty() || arguments.ends_with(&command)) {
            wrong.push(format!("{}: {command:?} does not end {line}", said["Name"]));
        }
    }
    compare::verdict(&wrong)
}

/// The words of a command line.
fn read_by_a_shell(line: &str) -> Result<Vec<String>, String> {
    let script = format!("for word in {line}; do printf '%s\\0' \"$word\"; done");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!("sh does not read {line}"));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(text.split_terminator('\0').map(str::to_owned).collect())
}
