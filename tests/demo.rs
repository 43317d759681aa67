//! The demo disk against what was put on it: the package files byte for byte, everything else as the engine said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use careen_tests::{careen, root};
use serde_json::Value;

/// The disk, unpacked.
fn disk() -> &'static Path {
    static DISK: OnceLock<PathBuf> = OnceLock::new();
    DISK.get_or_init(|| {
        let unpacked =
            Command::new("gzip").args(["-dc"]).arg(root().join("www/demo/careen-demo.vhdx.gz")).output().unwrap();
        assert!(unpacked.status.success());
        let file = folder("disk").join("careen-demo.vhdx");
        fs::write(&file, unpacked.stdout).unwrap();
        file
    })
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn truth() -> PathBuf {
    root().join("tests/cases/demo")
}

/// What the engine said of one kind of thing, by name or id.
fn engine(kind: &str, key: &str) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(truth().join("engine.json")).unwrap();
    by_key(serde_json::from_str::<Value>(&text).unwrap()[kind].clone(), key)
}

fn by_key(list: Value, key: &str) -> BTreeMap<String, Value> {
    let Value::Array(list) = list else { panic!("not a list: {list}") };
    list.into_iter().map(|item| (item[key].as_str().unwrap().to_owned(), item)).collect()
}

/// What the command says, which has to be whole.
fn answer(words: &[&str]) -> Value {
    let (command, options) = words.split_first().unwrap();
    let disk = disk().to_str().unwrap();
    careen([*command, disk, "--json"].iter().chain(options)).expect(&[0]).unwrap().json().unwrap()
}

fn files(scope: &str) -> Vec<Value> {
    let disk = disk().to_str().unwrap();
    careen(["ls", disk, "--of", scope, "-R", "--hash", "--json"]).expect(&[0]).unwrap().json_lines().unwrap()
}

/// Two lists have the same members, and each has the same fields.
#[track_caller]
fn agree(ours: &BTreeMap<String, Value>, theirs: &BTreeMap<String, Value>, fields: &[&str]) {
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (key, theirs) in theirs {
        for field in fields {
            assert_eq!(ours[key][*field], theirs[*field], "{field} of {key}");
        }
    }
}

#[test]
fn the_package_files_are_those_the_images_were_made_of() {
    let out = folder("packages");
    careen([Path::new("packages"), disk(), Path::new("--out"), &out]).expect(&[0]).unwrap();
    let mut compared = 0;
    for entry in fs::read_dir(truth()).unwrap() {
        let expected = entry.unwrap().path();
        if expected.extension().is_some_and(|extension| extension == "csv") {
            let ours = fs::read_to_string(out.join(expected.file_name().unwrap())).unwrap();
            assert_eq!(ours, fs::read_to_string(&expected).unwrap(), "{}", expected.display());
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}

#[test]
fn images_containers_and_networks_are_those_the_engine_told() {
    agree(&by_key(answer(&["images"]), "id"), &engine("images", "id"), &["names", "digests", "size"]);
    let fields = ["id", "image_id", "state", "exit_code"];
    agree(&by_key(answer(&["containers"]), "name"), &engine("containers", "name"), &fields);
    agree(&by_key(answer(&["networks"]), "name"), &engine("networks", "name"), &["id", "driver", "scope", "labels"]);
}

#[test]
fn volumes_hold_their_files_the_late_ones_too() {
    let told = engine("volumes", "name");
    agree(&by_key(answer(&["volumes"]), "name"), &told, &["labels"]);
    for (name, volume) in told {
        let found: BTreeMap<String, Value> = files(&format!("volume:{name}"))
            .into_iter()
            .filter(|file| file["type"] == "f")
            .map(|file| (file["path"].as_str().unwrap().trim_start_matches('/').to_owned(), file["sha256"].clone()))
            .collect();
        assert_eq!(serde_json::to_value(found).unwrap(), volume["files"], "{name}");
    }
}

#[test]
fn changes_that_only_the_journal_holds_are_seen() {
    let survey = answer(&["survey"]);
    assert_eq!(survey["filesystems"][0]["state"], "needs-recovery");
    let paths = |scope| -> BTreeSet<String> {
        files(scope).iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
    };
    let (image, container) = (paths("image:hanbit/analysis:2.1"), paths("container:field-notebook"));
    let told = engine("containers", "name");
    for change in told["field-notebook"]["changes"].as_array().unwrap() {
        let (kind, path) = change.as_str().unwrap().split_once(' ').unwrap();
        let expected = match kind {
            "A" => (false, true),
            "D" => (true, false),
            _ => (true, true),
        };
        assert_eq!((image.contains(path), container.contains(path)), expected, "{change}");
    }
}
