//! The data root as one archive, as it is published for Docker Desktop: opened again, it holds what the disk holds.

use std::fs;

use careen_tests::{careen, disks, target};
use serde_json::Value;

fn ids(survey: &Value, list: &str, key: &str) -> Vec<String> {
    let mut ids: Vec<String> =
        survey[list].as_array().unwrap().iter().map(|one| one[key].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[test]
fn a_data_root_is_read_again_from_its_archive() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let file = disk.file.to_string_lossy();
    let folder = target().join("corpus/data-root");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let ask = |disk: &str| careen(["survey", disk, "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    let survey = ask(&file);
    let store = format!("store:{}", survey["stores"][0]["id"].as_str().unwrap());
    let words = ["export", &file, &store, "-o", &folder.to_string_lossy(), "--json"];
    let written = careen(words).expect(&[0]).unwrap().json().unwrap();
    let archive = written["file"].as_str().unwrap();
    let name = archive.rsplit('/').next().unwrap();
    let digits = name.strip_prefix("docker_data_from_docker_data_").and_then(|rest| rest.strip_suffix(".tgz")).unwrap();
    assert!(digits.len() == 15 && digits.replace('_', "").bytes().all(|byte| byte.is_ascii_digit()), "{name}");
    let again = ask(archive);
    for (list, key) in [("images", "id"), ("containers", "id"), ("volumes", "name"), ("networks", "id")] {
        assert_eq!(ids(&again, list, key), ids(&survey, list, key), "{list}");
    }
    let verified = careen(["verify", archive, "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    for layer in verified["layers"].as_array().unwrap() {
        assert_eq!(layer["state"], "exact", "{layer}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What is told before an archive is written is what is in it then.
#[test]
fn an_archive_holds_what_was_told_before() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let file = disk.file.to_string_lossy();
    let archive = target().join("corpus/weighed.tar").to_string_lossy().into_owned();
    let ask = |words: &[&str]| careen(words).expect(&[0]).unwrap().json().unwrap();
    let images = ask(&["images", &file, "--json"]);
    let image = format!("image:{}", images[0]["id"].as_str().unwrap());
    let volumes = ask(&["volumes", &file, "--quick", "--json"]);
    let volume = format!("volume:{}", volumes[0]["name"].as_str().unwrap());
    for scopes in
        [&["fs", "--path", "/data/docker/containers", "--path", "/data/docker/volumes"][..], &[&image, &volume]]
    {
        let weight = ask(&[&["export", &file, "--weigh", "--json"], scopes].concat());
        let written = ask(&[&["export", &file, "--json", "-o", &archive], scopes].concat());
        assert_eq!((&weight["bytes"], &weight["without_size"]), (&written["bytes"], &0.into()), "{scopes:?}");
        assert_eq!(weight["entries"], written["entries"], "{scopes:?}");
    }
    // Of images the layers count, each once.
    let name = |at: usize| format!("image:{}", images[at]["id"].as_str().unwrap());
    let (one, both) = (vec![name(0)], vec![name(0), name(0)]);
    let weigh = |scopes: &[String]| {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        ask(&[&["export", &file, "--weigh", "--json", "--format", "docker"], &scopes[..]].concat())
    };
    assert_eq!(weigh(&one), weigh(&both));
    assert_eq!(weigh(&one)["bytes"], images[0]["size"]);
    let _ = fs::remove_file(&archive);
    let _ = fs::remove_file(format!("{archive}.manifest.json"));
}
