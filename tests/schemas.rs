//! What every command prints as JSON is valid by its schema in docs/schemas.

use std::path::PathBuf;

use careen_tests::{Disk, careen, disks, root};
use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Reads a schema by the name of its command.
fn schema(command: &str) -> Value {
    let file: PathBuf = root().join(format!("docs/schemas/{command}.schema.json"));
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Validates each of these values by the schema of a command.
#[track_caller]
fn is_valid(command: &str, values: &[Value]) {
    let survey = schema("survey");
    let own = schema(command);
    jsonschema::draft202012::meta::validate(&own).unwrap_or_else(|error| panic!("{command}.schema.json: {error}"));
    let id = survey["$id"].as_str().unwrap().to_owned();
    let registry = Registry::new().add(id, survey).unwrap().prepare().unwrap();
    let validator: Validator = jsonschema::options().with_registry(&registry).offline().build(&own).unwrap();
    for value in values {
        if let Err(error) = validator.validate(value) {
            panic!("{command}: at {}: {error}", error.instance_path());
        }
    }
    assert!(!values.is_empty(), "{command} printed nothing");
}

fn tiny() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}

fn ask(command: &str, options: &[&str]) -> careen_tests::Answer {
    let file = tiny().file.to_string_lossy();
    let words = [&[command, &*file, "--json"], options].concat();
    careen(words).expect(&[0]).unwrap()
}

#[test]
fn commands_that_print_one_value() {
    for command in ["survey", "images", "containers", "volumes", "networks", "build-cache", "layers", "packages"] {
        let answer = ask(command, &[]).json().unwrap();
        assert!(answer.as_array().is_none_or(|list| !list.is_empty()), "{command} printed an empty list");
        is_valid(command, &[answer]);
    }
    is_valid("space", &[ask("space", &[]).json().unwrap()]);
    is_valid("survey", &[ask("survey", &["--quick"]).json().unwrap()]);
    is_valid("doctor", &[ask("doctor", &[]).json().unwrap(), ask("doctor", &["--quick"]).json().unwrap()]);
    is_valid("packages", &[ask("packages", &["--containers", "--host"]).json().unwrap()]);
    let image = ask("images", &[]).json().unwrap()[0]["id"].as_str().unwrap().to_owned();
    let files = ["owned", "unowned", "changed"]
        .map(|kind| ask("packages", &["--of", &format!("image:{image}"), "--files", kind]).json().unwrap());
    is_valid("package-files", &files);
}

#[test]
fn listings() {
    is_valid("ls", &ask("ls", &["-R", "--hash"]).json_lines().unwrap());
    is_valid("ls", &ask("ls", &[]).json_lines().unwrap());
}

#[test]
fn documents() {
    let image = ask("images", &[]).json().unwrap()[0]["id"].as_str().unwrap().to_owned();
    let container = ask("containers", &[]).json().unwrap()[0]["id"].as_str().unwrap().to_owned();
    let volume = ask("volumes", &[]).json().unwrap()[0]["name"].as_str().unwrap().to_owned();
    let store = ask("survey", &["--quick"]).json().unwrap()["stores"][0]["id"].as_str().unwrap().to_owned();
    is_valid("inspect-store", &[ask("inspect", &[&format!("store:{store}")]).json().unwrap()]);
    is_valid("history", &[ask("history", &[&image]).json().unwrap()]);
    is_valid("versions", &[ask("versions", &["/etc", "--of", &format!("container:{container}")]).json().unwrap()]);
    for scope in [format!("image:{image}"), format!("container:{container}"), format!("volume:{volume}")] {
        is_valid("inspect", &[ask("inspect", &[&scope]).json().unwrap()]);
    }
}

#[test]
fn what_containers_printed_and_changed() {
    let containers = ask("containers", &[]).json().unwrap();
    let ids = containers.as_array().unwrap().iter().map(|container| container["id"].as_str().unwrap());
    let (mut lines, mut changes) = (Vec::new(), Vec::new());
    for id in ids {
        let file = tiny().file.to_string_lossy();
        // A container whose driver keeps no log has none to print.
        let logs = careen(["logs", &*file, id, "--json", "--tail", "100"]).expect(&[0, 1]).unwrap();
        lines.extend(logs.json_lines().unwrap());
        changes.push(ask("changes", &[id]).json().unwrap());
    }
    is_valid("logs", &lines);
    is_valid("changes", &changes);
}

#[test]
fn what_happened() {
    is_valid("timeline", &[ask("timeline", &[]).json().unwrap(), ask("timeline", &["--of", "fs"]).json().unwrap()]);
}

#[test]
fn what_a_search_finds() {
    let (names, text) = (ask("search", &["a"]), ask("search", &["root", "--content"]));
    is_valid("search", &[names.json().unwrap(), text.json().unwrap()]);
}

#[test]
fn reports() {
    let folder = careen_tests::target().join("corpus/schemas");
    std::fs::create_dir_all(&folder).unwrap();
    let written = ["report.html", "report.md", "report.zip"].map(|name| {
        let file = folder.join(name).to_string_lossy().into_owned();
        ask("report", &["-o", &file, "--quick"]).json().unwrap()
    });
    is_valid("report", &written);
}

#[test]
fn archives_and_their_manifests() {
    let folder = careen_tests::target().join("corpus/schemas");
    std::fs::create_dir_all(&folder).unwrap();
    let image = ask("images", &[]).json().unwrap()[0]["id"].as_str().unwrap().to_owned();
    let volume = ask("volumes", &[]).json().unwrap()[0]["name"].as_str().unwrap().to_owned();
    let (image, volume) = (format!("image:{image}"), format!("volume:{volume}"));
    for (name, format, scopes) in [
        ("archive.tar", "tar", [&image, &volume].as_slice()),
        ("archive.tgz", "tar.gz", &[&volume]),
        ("archive.zip", "zip", &[&image, &volume]),
        ("images.tar", "docker", &[&image]),
        ("layout.tar", "oci", &[&image]),
    ] {
        let file = folder.join(name).to_string_lossy().into_owned();
        let scopes = scopes.iter().map(|scope| scope.as_str());
        let options: Vec<&str> = scopes.chain(["-o", &file, "--format", format]).collect();
        is_valid("export", &[ask("export", &options).json().unwrap()]);
        is_valid("export-weight", &[ask("export", &[&options[..], &["--weigh"]].concat()).json().unwrap()]);
        let manifest = std::fs::read(format!("{file}.manifest.json")).unwrap();
        is_valid("export-manifest", &[serde_json::from_slice(&manifest).unwrap()]);
    }
}

#[test]
fn kits() {
    is_valid("kit-list", &[ask("kit", &["--list"]).json().unwrap()]);
    let folder = careen_tests::target().join("corpus/schemas/kit");
    let _ = std::fs::remove_dir_all(&folder);
    let told = ask("kit", &["--out", &folder.to_string_lossy()]).json().unwrap();
    let own = std::fs::read(folder.join("kit.json")).unwrap();
    is_valid("kit", &[told, serde_json::from_slice(&own).unwrap()]);
}

#[test]
fn what_was_rebuilt() {
    let folder = careen_tests::target().join("corpus/schemas/rebuild");
    let _ = std::fs::remove_dir_all(&folder);
    let told = ask("rebuild", &["--out", &folder.to_string_lossy()]).json().unwrap();
    let own = std::fs::read(folder.join("rebuild.json")).unwrap();
    is_valid("rebuild", &[told, serde_json::from_slice(&own).unwrap()]);
}

#[test]
fn what_is_proven_of_layers() {
    is_valid("verify", &[ask("verify", &[]).json().unwrap(), ask("verify", &["--cross-check"]).json().unwrap()]);
}

#[test]
fn disks_side_by_side() {
    let file = tiny().file.to_string_lossy();
    is_valid("compare", &[careen(["compare", &file, &file, "--json"]).expect(&[0]).unwrap().json().unwrap()]);
}

#[test]
fn scopes_side_by_side() {
    let images = ask("images", &[]).json().unwrap();
    let ids: Vec<String> =
        images.as_array().unwrap().iter().map(|image| format!("image:{}", image["id"].as_str().unwrap())).collect();
    let all: Vec<_> = ids.windows(2).map(|two| ask("compare", &[&two[0], &two[1]]).json().unwrap()).collect();
    is_valid("compare-scopes", &all);
}

#[test]
fn several_disks_print_one_value_a_line() {
    let file = tiny().file.to_string_lossy();
    let lines = careen(["survey", &file, &file, "--json"]).expect(&[0]).unwrap().json_lines().unwrap();
    assert_eq!(lines.len(), 2);
    is_valid("survey", &lines);
}

#[test]
fn a_schema_refuses_what_is_wrong() {
    let mut survey = ask("survey", &[]).json().unwrap();
    survey["images"][0]["kind"] = "nonsense".into();
    let schema = schema("survey");
    assert!(!jsonschema::options().offline().build(&schema).unwrap().is_valid(&survey));
}
