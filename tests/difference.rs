//! What differs between two scopes, against what is known of both by other ways.

use std::collections::BTreeSet;

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
