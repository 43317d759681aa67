//! What happened, and when: against what the engine said of its containers, and against the files' own times.

use careen_tests::{Disk, careen, disks};
use serde_json::Value;

/// A committed disk with containers that wrote files.
fn disk() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}

fn ask(words: &[&str]) -> Vec<Value> {
    let file = disk().file.to_string_lossy();
    let words = [&["timeline", &*file, "--json"], words].concat();
    let answer = careen(words).expect(&[0]).unwrap().json().unwrap();
    answer.as_array().unwrap().clone()
}

fn containers() -> Vec<Value> {
    let file = disk().file.to_string_lossy();
    careen(["containers", &file, "--json"]).expect(&[0]).unwrap().json().unwrap().as_array().unwrap().clone()
}

#[test]
fn events_are_in_order_and_of_the_kinds_asked_for() {
    let all = ask(&[]);
    let times: Vec<&str> = all.iter().map(|event| event["time"].as_str().unwrap()).collect();
    // Fractions have as many digits as they need; to the second their text is in order.
    assert!(times.windows(2).all(|pair| pair[0][..19] <= pair[1][..19]), "{times:?}");
    for kind in ["container", "image", "log", "health"] {
        let events = ask(&["--kind", kind]);
        let of_kind: Vec<&Value> = all.iter().filter(|event| event["kind"] == kind).collect();
        assert_eq!(events.iter().collect::<Vec<_>>(), of_kind, "{kind}");
    }
    assert!(!all.iter().any(|event| event["kind"] == "file"));
}

#[test]
fn containers_were_made_started_and_ended_when_the_engine_says() {
    let all = ask(&["--kind", "container"]);
    for container in containers() {
        let scope = format!("container:{}", container["name"].as_str().unwrap());
        let own: Vec<&Value> = all.iter().filter(|event| event["scope"] == scope.as_str()).collect();
        for (what, key) in [("created", "created"), ("started", "started"), ("ended", "finished")] {
            let told = own.iter().find(|event| event["what"] == what).map(|event| &event["time"]);
            assert_eq!(told.unwrap_or(&Value::Null), &container[key], "{scope} {what}");
        }
    }
    assert!(!all.is_empty());
}

#[test]
fn files_are_told_of_what_is_asked_for_with_their_own_times() {
    let changed = containers().into_iter().find_map(|container| {
        let id = container["id"].as_str().unwrap().to_owned();
        let file = disk().file.to_string_lossy();
        let scope = format!("changes:{id}");
        let listed = careen(["ls", &file, "--of", &scope, "-R", "--json"]).expect(&[0]).unwrap().json_lines().unwrap();
        let files: Vec<Value> =
            listed.into_iter().filter(|entry| ["f", "l"].contains(&entry["type"].as_str().unwrap())).collect();
        (files.len() > 3).then_some((id, files))
    });
    let (id, files) = changed.expect("a container that wrote files");
    let events = ask(&["--of", &format!("container:{id}"), "--kind", "file"]);
    let mut told: Vec<&str> = events.iter().map(|event| event["detail"].as_str().unwrap()).collect();
    let mut wanted: Vec<&str> = files.iter().map(|entry| entry["path"].as_str().unwrap()).collect();
    told.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(told, wanted);
    let newest = files.iter().max_by_key(|entry| entry["mtime_ns"].as_i64()).unwrap();
    assert_eq!(events.last().unwrap()["detail"], newest["path"]);
}

#[test]
fn what_has_no_timeline_is_refused() {
    let file = disk().file.to_string_lossy();
    let answer = careen(["timeline", &file, "--of", "container:nobody"]);
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert_eq!(careen(["timeline", &file, "--of", "host"]).code, 1);
    assert_eq!(careen(["timeline", &file, "--kind", "nothing"]).code, 2);
}
