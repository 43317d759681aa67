//! What differs between two scopes, against what is known of both by other ways.

use std::collections::{BTreeMap, BTreeSet};

use careen_tests::{Disk, careen, disks};
use serde_json::Value;

/// A committed disk with images built upon one another, and containers.
fn disk() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}

fn ask(words: &[&str]) -> Value {
    let file = disk().file.to_string_lossy();
    let words = [&words[..1], &[&*file], &words[1..], &["--json"]].concat();
    careen(words).expect(&[0]).unwrap().json().unwrap()
}

/// Paths of one kind of a list of changes or differences.
fn paths(list: &Value, kind: &str) -> BTreeSet<String> {
    let of_kind = list.as_array().unwrap().iter().filter(|entry| entry["kind"] == kind);
    of_kind.map(|entry| entry["path"].as_str().unwrap().to_owned()).collect()
}

/// What the engine itself puts between an image and a container (moby `daemon/initlayer/setup_unix.go`); `docker diff`
/// does not count it.
const OF_THE_ENGINE: [&str; 15] = [
    "/.dockerenv",
    "/dev",
    "/dev/console",
    "/dev/pts",
    "/dev/shm",
    "/etc",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/mtab",
    "/etc/resolv.conf",
    "/proc",
    "/run",
    "/sys",
    "/tmp",
    "/var",
];

fn without_the_engine(mut paths: BTreeSet<String>) -> BTreeSet<String> {
    paths.retain(|path| !OF_THE_ENGINE.contains(&path.as_str()));
    paths
}

#[test]
fn a_container_differs_from_its_image_by_what_it_changed() {
    let mut compared = 0;
    for container in ask(&["containers"]).as_array().unwrap() {
        let (id, image) = (container["id"].as_str().unwrap(), container["image_id"].as_str().unwrap());
        let changes = ask(&["changes", id]);
        let difference = ask(&["compare", &format!("image:{image}"), &format!("container:{id}")]);
        let files = &difference["files"];
        assert_eq!(paths(files, "D"), paths(&changes, "D"), "{id}");
        // Of a directory that was added, only itself is told.
        let added = paths(&changes, "A");
        let is_first = |path: &&String| path.rsplit_once('/').is_none_or(|(above, _)| !added.contains(above));
        let first = added.iter().filter(is_first).cloned().collect();
        assert_eq!(without_the_engine(paths(files, "A")), without_the_engine(first), "{id}");
        // A change of times alone is none here.
        let changed = without_the_engine(paths(files, "C"));
        assert!(changed.is_subset(&paths(&changes, "C")), "{id}: {changed:?}");
        compared += changed.len() + added.len();
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn nothing_differs_from_itself() {
    for image in ask(&["images"]).as_array().unwrap() {
        let scope = format!("image:{}", image["id"].as_str().unwrap());
        let difference = ask(&["compare", &scope, &scope]);
        for part in ["packages", "configuration", "files"] {
            assert_eq!(difference[part], Value::Array(Vec::new()), "{scope} {part}");
        }
    }
}

#[test]
fn packages_and_settings_of_two_images_are_told_by_name() {
    let images = ask(&["images"]);
    let ids: Vec<&str> = images.as_array().unwrap().iter().map(|image| image["id"].as_str().unwrap()).collect();
    let installed = |id: &str| -> BTreeSet<(String, String, String)> {
        let packages = ask(&["packages", "--of", &format!("image:{id}")]);
        let field = |package: &Value, name: &str| package[name].as_str().unwrap().to_owned();
        let all = packages.as_array().unwrap().iter();
        all.map(|it| (field(it, "ecosystem"), field(it, "package"), field(it, "version"))).collect()
    };
    let (mut packages, mut settings) = (0, 0);
    for pair in ids.windows(2) {
        let difference = ask(&["compare", &format!("image:{}", pair[0]), &format!("image:{}", pair[1])]);
        let (first, second) = (installed(pair[0]), installed(pair[1]));
        for package in difference["packages"].as_array().unwrap() {
            let name = package["package"].as_str().unwrap();
            for (versions, all, other) in [(&package["first"], &first, &second), (&package["second"], &second, &first)]
            {
                for version in versions.as_str().into_iter().flat_map(|versions| versions.split(" | ")) {
                    assert!(all.iter().any(|(_, _, own)| own == version), "{name} {version}");
                    packages += 1;
                }
                assert!(versions.is_string() || !other.is_empty(), "{name}");
            }
        }
        settings += difference["configuration"].as_array().unwrap().len();
    }
    assert!(packages > 5 && settings > 5, "{packages} {settings}");
}

/// What the layers' own directories have at each path: by path, the size of a file or `None` for a whiteout, by layer.
fn in_layers(chain_ids: &[String]) -> BTreeMap<String, BTreeMap<usize, Option<u64>>> {
    let mut found: BTreeMap<String, BTreeMap<usize, Option<u64>>> = BTreeMap::new();
    for (at, chain_id) in chain_ids.iter().enumerate() {
        let file = disk().file.to_string_lossy();
        let list = careen(["ls", &*file, "-R", "--of", &format!("layer:{chain_id}"), "--json"]).expect(&[0]).unwrap();
        for entry in list.json_lines().unwrap() {
            let path = entry["path"].as_str().unwrap().to_owned();
            let is_whiteout = entry["type"] == "c" && entry["rdev"] == serde_json::json!([0, 0]);
            if entry["type"] == "f" || is_whiteout {
                found.entry(path).or_default().insert(at + 1, entry["size"].as_u64());
            }
        }
    }
    found
}

#[test]
fn the_versions_of_a_file_are_what_the_layers_directories_have() {
    let (mut compared, mut removed) = (0, 0);
    for image in ask(&["images"]).as_array().unwrap().iter().filter(|image| image["kind"] != "intermediate") {
        let scope = format!("image:{}", image["id"].as_str().unwrap());
        let layers = image["layers"].as_array().unwrap();
        let chain_ids: Vec<String> = layers.iter().map(|it| it["chain_id"].as_str().unwrap().to_owned()).collect();
        let in_layers = in_layers(&chain_ids);
        // Those that more than one layer has something to say of, and a few others.
        let of_several = in_layers.iter().filter(|(_, layers)| layers.len() > 1).take(6);
        for (path, expected) in of_several.chain(in_layers.iter().take(2)) {
            // A whiteout of what is not there changes nothing.
            let (mut stands, mut kept) = (false, Vec::new());
            for (layer, size) in expected {
                if stands || size.is_some() {
                    kept.push((*layer as u64, *size));
                }
                stands = size.is_some();
            }
            let expected = kept;
            if expected.is_empty() {
                continue;
            }
            let versions = ask(&["versions", path, "--of", &scope]);
            let versions = versions.as_array().unwrap();
            let told: Vec<(u64, Option<u64>)> =
                versions.iter().map(|it| (it["layer"].as_u64().unwrap(), it["entry"]["size"].as_u64())).collect();
            assert_eq!(told, expected, "{scope} {path}");
            for version in versions {
                let at = version["layer"].as_u64().unwrap() as usize - 1;
                assert_eq!(version["chain_id"], chain_ids[at].as_str(), "{scope} {path}");
                removed += usize::from(version["entry"].is_null());
            }
            compared += 1;
        }
    }
    assert!(compared > 20 && removed > 0, "{compared} files compared, {removed} removed");
}

#[test]
fn a_container_has_versions_of_its_own() {
    let containers = ask(&["containers"]);
    let mut own = 0;
    for id in containers.as_array().unwrap().iter().map(|container| container["id"].as_str().unwrap()) {
        for path in paths(&ask(&["changes", id]), "A").into_iter().take(2) {
            let versions = ask(&["versions", &path, "--of", &format!("container:{id}")]);
            let last = versions.as_array().unwrap().last().unwrap();
            assert_eq!(last["layer"], last["layers"], "{id} {path}: the topmost layer is the container's");
            assert!(last["chain_id"].is_null() && !last["entry"].is_null(), "{id} {path}: {last}");
            own += 1;
        }
    }
    assert!(own > 0);
    let file = disk().file.to_string_lossy();
    for (scope, path, word) in [("fs", "/", "expected image: or container:"), ("IMAGE", "/not/there", "no such file")] {
        let image = ask(&["images"])[0]["id"].as_str().unwrap().to_owned();
        let scope = scope.replace("IMAGE", &format!("image:{image}"));
        let refused = careen(["versions", &*file, path, "--of", &scope]).expect(&[1]).unwrap();
        assert!(refused.stderr.contains(word), "{}", refused.stderr);
    }
}
