//! Files against another reader of ext4: the two agree, or the difference is one that is known.

use careen_tests::{Disk, Known, careen, disks};
use serde_json::Value;

fn cross_check(disk: &Disk, scopes: &[&str]) -> Value {
    let file = disk.file.to_string_lossy();
    let words = [&["verify", &*file, "--cross-check", "--json"], scopes].concat();
    careen(words).expect(&[0, 3]).unwrap().json().unwrap()["cross_check"].take()
}

fn kinds(check: &Value) -> Vec<&str> {
    check["differences"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

/// The scope of an image with layers.
fn first_image(disk: &Disk) -> String {
    let images = careen(["images", &disk.file.to_string_lossy(), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    let largest = images.as_array().unwrap().iter().max_by_key(|image| image["size"].as_u64()).unwrap();
    format!("image:{}", largest["id"].as_str().unwrap())
}

#[test]
fn two_readers_agree_on_disks_that_nothing_happened_to() {
    let mut count = 0;
    for disk in &disks().all {
        let is_docker = matches!(disk.known, Known::Docker { .. } | Known::Containerd(_));
        let is_committed = disk.name.starts_with("cases/");
        if !is_docker || !(is_committed || disk.name.starts_with("corpus/")) {
            continue;
        }
        // The other reader needs minutes for the gigabytes of holes in the volumes of the corpus.
        let image = first_image(disk);
        let scopes = [image.as_str()];
        let check = cross_check(disk, if is_committed { &[] } else { &scopes });
        count += 1;
        assert!(check["files"].as_u64() > Some(if is_committed { 100 } else { 10 }), "{}: {check}", disk.name);
        assert_eq!(check["different"], check["explained"], "{}: {check}", disk.name);
        assert!(check["not_compared"].as_array().unwrap().is_empty(), "{}: {check}", disk.name);
    }
    assert!(count > 0);
}

#[test]
fn a_journal_that_was_replayed_is_in_what_the_other_reads() {
    for disk in disks().all.iter().filter(|disk| disk.name.contains("/crash-")) {
        let check = cross_check(disk, &["fs"]);
        assert!(check["files"].as_u64() > Some(100), "{}: {check}", disk.name);
        assert_eq!(check["same"], check["files"], "{}: {check}", disk.name);
    }
}

/// Room that was allocated and never written: zeros to the kernel, not so to the other reader.
#[test]
fn where_the_other_is_known_to_be_wrong_that_is_said() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let volumes = careen(["volumes", &disk.file.to_string_lossy(), "--json"]).expect(&[0]).unwrap().json().unwrap();
    let volumes =
        volumes.as_array().unwrap().iter().map(|volume| format!("volume:{}", volume["name"].as_str().unwrap()));
    let volumes: Vec<String> = volumes.collect();
    let check = cross_check(disk, &volumes.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(kinds(&check), ["unwritten-extent"], "{check}");
    assert!(check["differences"][0]["path"].as_str().unwrap().ends_with("/unwritten.bin"), "{check}");
    assert_eq!((&check["different"], &check["explained"]), (&1.into(), &1.into()));
}

/// The other reader refuses a filesystem whose superblock or descriptors are damaged; given ours, it reads on.
#[test]
fn a_repaired_filesystem_is_whole_to_the_other() {
    let of = |name: &str| disks().all.iter().find(move |disk| disk.name.ends_with(name));
    for name in ["damage-primary-superblock", "damage-superblock-and-gdt", "damage-gdt-block"] {
        let Some(disk) = of(name) else {
            println!("skipped: {name} is not made here");
            continue;
        };
        let check = cross_check(disk, &["fs"]);
        assert!(check["files"].as_u64() > Some(1000), "{name}: {check}");
        assert_eq!(check["different"], check["explained"], "{name}: {check}");
    }
}

#[test]
fn a_scope_without_layers_is_refused_unless_files_are_asked_for() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let file = disk.file.to_string_lossy();
    assert_eq!(careen(["verify", &*file, "fs"]).code, 1);
    assert_eq!(careen(["verify", &*file, "fs", "--cross-check"]).code, 0);
}
