//! Stores of containerd whose databases are gone: first `meta.db`, then the snapshotter's `metadata.db`, then both. What
//! is shown then is compared with what the same disk shows with them, which is compared with the engine elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use careen_tests::checks::is_read;
use careen_tests::{Disk, Known, careen, compare, listing, of_corpus};
use serde_json::Value;

const META: &str = "io.containerd.metadata.v1.bolt/meta.db";
const SNAPSHOTS: &str = "io.containerd.snapshotter.v1.overlayfs/metadata.db";

/// A disk that is removed when the test is done.
struct Copy(Disk);

impl Drop for Copy {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0.file));
    }
}

/// A disk of the corpus, and a copy without these files of its containerd; `None` where there is no corpus, or no debugfs
/// to take them out with.
fn without(name: &str, databases: &[&str]) -> Option<(Disk, Copy)> {
    let has_debugfs = Command::new("debugfs").arg("-V").output().is_ok();
    let (file, folder) = match of_corpus(name) {
        Ok(found) if has_debugfs => found,
        Ok(_) => return skipped("there is no debugfs"),
        Err(reason) => return skipped(&reason),
    };
    let disk = |file: PathBuf| Disk { name: format!("corpus/{name}"), file, known: Known::Containerd(folder.clone()) };
    let base = disk(file);

    let root = match name {
        "both" => "/data/desktop-containerd/daemon",
        "store" => "/containerd/daemon",
        _ => "/data/docker/containerd/daemon",
    };
    let taken = databases.concat().replace('/', "-");
    let copy = careen_tests::target().join("corpus").join(format!("{name}-without-{taken}.raw"));
    let copied = Command::new("cp").arg("--sparse=always").args([&base.file, &copy]).status();
    assert!(copied.is_ok_and(|status| status.success()));
    let copy = Copy(disk(copy));
    for database in databases {
        let request = format!("rm {root}/{database}");
        let output = Command::new("debugfs").args(["-w", "-R", &request]).arg(&copy.0.file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.lines().count() <= 1, "{request}: {said}");
    }
    Some((base, copy))
}

fn skipped<T>(reason: &str) -> Option<T> {
    println!("skipped: {reason}");
    None
}

fn survey(disk: &Disk) -> Value {
    careen(["survey", &disk.file.to_string_lossy(), "--quick", "--json"]).expect(&[0, 3]).unwrap().json().unwrap()
}

fn list<'v>(survey: &'v Value, kind: &str) -> impl Iterator<Item = &'v Value> {
    survey[kind].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The ids of what a finding tells of.
fn told(survey: &Value, code: &str, value: &str) -> BTreeSet<String> {
    let found = list(survey, "findings").filter(|finding| finding["code"] == code);
    found.map(|finding| text(&finding["values"][value]).to_owned()).collect()
}

/// Images with all their files, and for each name either itself or a finding. One that an index names has no trace of its
/// own without the database: it is shown as that index.
fn images(disk: &Disk, base: &Disk, survey: &Value, before: &Value) {
    let lost: BTreeSet<String> =
        ["image-name-lost", "image-name-derived"].iter().flat_map(|code| told(survey, code, "image")).collect();
    for image in list(before, "images").filter(|image| image["kind"] != "intermediate") {
        let same = |field: &str| list(survey, "images").find(|now| now[field] == image[field]);
        let now = same("id").or(same("config_digest")).unwrap_or_else(|| panic!("{image} is gone"));
        let scope = |image: &Value| format!("image:{}", text(&image["id"]));
        is_read((disk, &scope(now)), (base, &scope(image))).unwrap();
        let has = |name: &Value| now["names"].as_array().unwrap().contains(name);
        let is_named = image["names"].as_array().unwrap().iter().all(has) && now["hidden"] == image["hidden"];
        assert!(is_named || lost.contains(text(&now["id"])), "the names of {image} are lost in silence");
        // A build remembers what it made and what that was called.
        let builds = list(before, "builds").filter(|build| build["images"].as_array().unwrap().contains(&now["id"]));
        for build in builds {
            for name in list(build, "names") {
                let name = Value::from(text(name).trim_start_matches("docker.io/").trim_start_matches("library/"));
                assert!(!image["names"].as_array().unwrap().contains(&name) || has(&name), "{name} of {image}");
            }
        }
    }
}

/// Containers whose directory is found again have all that they had, and those without are told. Ids of the former.
fn containers(disk: &Disk, base: &Disk, survey: &Value, before: &Value) -> BTreeSet<String> {
    let (derived, lost) =
        (told(survey, "container-layer-derived", "container"), told(survey, "container-layer-lost", "container"));
    let own = list(before, "containers").filter(|container| text(&container["store"]).starts_with("overlayfs"));
    for container in own {
        let id = text(&container["id"]);
        assert!(derived.contains(id) != lost.contains(id), "{id}: {derived:?}, {lost:?}");
        let scope = format!("changes:{id}");
        if derived.contains(id) {
            let (said, ours) = (listing::list(base, &scope).unwrap(), listing::list(disk, &scope).unwrap());
            compare::listings(&said, &ours).unwrap();
            let scope = format!("container:{id}");
            is_read((disk, &scope), (base, &scope)).unwrap();
        } else {
            assert_eq!(careen(["ls", &disk.file.to_string_lossy(), "--of", &scope]).code, 1);
        }
    }
    derived
}

/// Numbers of directories that are told to be nobody's.
fn unassigned(survey: &Value) -> BTreeSet<String> {
    let all = told(survey, "snapshots-unassigned", "directories");
    all.iter().flat_map(|all| all.split(", ")).map(str::to_owned).collect()
}

/// Everything about a disk of Docker's without its snapshots' database. The corpus made its containers one after the
/// other, so that each has its directory again.
fn without_snapshots(name: &str, databases: &[&str]) {
    let Some((base, copy)) = without(name, databases) else { return };
    let (before, survey) = (survey(&base), survey(&copy.0));
    images(&copy.0, &base, &survey, &before);
    let assigned = containers(&copy.0, &base, &survey, &before);
    assert_eq!(assigned.len(), 13, "{assigned:?}");
    // What containers and layers have is not among what nobody has.
    let left = unassigned(&survey);
    for directory in told(&survey, "container-layer-derived", "directory") {
        assert!(!left.contains(&directory));
    }
    assert!(told(&survey, "layers-recognized", "count").len() == 1);
    let layers = careen(["layers", &copy.0.file.to_string_lossy(), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    let known = careen(["layers", &base.file.to_string_lossy(), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    for layer in layers.as_array().unwrap().iter().filter(|layer| !layer["cache_id"].is_null()) {
        let same = known.as_array().unwrap().iter().find(|known| known["chain_id"] == layer["chain_id"]).unwrap();
        assert_eq!(same["cache_id"], layer["cache_id"], "{layer}");
        assert!(!left.contains(text(&layer["cache_id"])));
    }
}

/// Everything about a disk of Docker's without containerd's own database: the snapshots still have their names.
fn without_names(name: &str) {
    let Some((base, copy)) = without(name, &[META]) else { return };
    let (before, survey) = (survey(&base), survey(&copy.0));
    images(&copy.0, &base, &survey, &before);
    for container in list(&before, "containers") {
        let scope = format!("container:{}", text(&container["id"]));
        is_read((&copy.0, &scope), (&base, &scope)).unwrap();
    }
}

#[test]
fn modern_without_names() {
    without_names("modern");
}

#[test]
fn modern_without_snapshots() {
    without_snapshots("modern", &[SNAPSHOTS]);
}

#[test]
fn modern_without_both() {
    without_snapshots("modern", &[META, SNAPSHOTS]);
}

#[test]
fn both_without_names() {
    without_names("both");
}

#[test]
fn both_without_snapshots() {
    without_snapshots("both", &[SNAPSHOTS]);
}

#[test]
fn both_without_both() {
    without_snapshots("both", &[META, SNAPSHOTS]);
}

/// A containerd without Docker: its container wrote nothing, so that nothing tells which directory is its own.
#[test]
fn store_without_each() {
    for databases in [&[META][..], &[SNAPSHOTS], &[META, SNAPSHOTS]] {
        let Some((base, copy)) = without("store", databases) else { return };
        let (before, survey) = (survey(&base), survey(&copy.0));
        images(&copy.0, &base, &survey, &before);
        if databases.contains(&SNAPSHOTS) {
            assert_eq!(unassigned(&survey).len(), 1);
            assert!(told(&survey, "container-layer-derived", "container").is_empty());
        }
    }
}
