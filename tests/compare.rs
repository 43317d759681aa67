//! Several disks side by side, through the command: what is on which disk is what each disk's own survey says.

use std::collections::{BTreeMap, BTreeSet};

use careen_tests::{Disk, careen, disks};
use serde_json::Value;

/// Two disks that hold different things: the corpus' when it is there.
fn two() -> [&'static Disk; 2] {
    let get = |names: [&str; 2]| names.into_iter().find_map(|name| disks().get(name)).expect("a disk unpacks");
    [get(["corpus/tiny", "cases/tiny"]), get(["corpus/real", "cases/qcow2-mbr"])]
}

fn file(disk: &Disk) -> &str {
    disk.file.to_str().unwrap()
}

fn survey(disk: &Disk) -> Value {
    careen(["survey", "--quick", "--json", file(disk)]).expect(&[0, 3]).unwrap().json().unwrap()
}

#[test]
fn what_each_disk_holds_is_what_its_survey_says() {
    let [one, other] = two();
    let found = careen(["compare", "--json", file(one), file(other)]).expect(&[0, 3]).unwrap().json().unwrap();
    let surveys = [survey(one), survey(other)];
    for (kind, key) in [("images", "id"), ("containers", "id"), ("volumes", "name")] {
        let mut said: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for (at, survey) in (0..).zip(&surveys) {
            let all = survey[kind].as_array().unwrap().iter().filter(|one| one["kind"] != "intermediate");
            let ids: Vec<&str> = all.map(|one| one[key].as_str().unwrap()).collect();
            assert_eq!(found["disks"][usize::try_from(at).unwrap()][kind], ids.len(), "{kind} of disk {at}");
            for id in ids {
                said.entry(id).or_default().insert(at);
            }
        }
        let ours: BTreeMap<&str, BTreeSet<u64>> = found[kind]
            .as_array()
            .unwrap()
            .iter()
            .map(|holding| {
                let disks = holding["disks"].as_array().unwrap().iter().map(|at| at.as_u64().unwrap());
                (holding["id"].as_str().unwrap(), disks.collect())
            })
            .collect();
        assert_eq!(ours, said, "{kind}");
    }
    assert!(found["images"].as_array().is_some_and(|images| !images.is_empty()));
}

#[test]
fn last_use_is_the_newest_time_on_the_disk() {
    let [one, other] = two();
    let found = careen(["compare", "--json", file(one), file(other)]).expect(&[0, 3]).unwrap().json().unwrap();
    for (at, disk) in [one, other].into_iter().enumerate() {
        let survey = survey(disk);
        let times = |list: &str, fields: &[&str]| -> Vec<String> {
            let all = survey[list].as_array().unwrap().iter();
            all.flat_map(|one| fields.iter().filter_map(|field| one[*field].as_str().map(str::to_owned))).collect()
        };
        let mut all = times("filesystems", &["last_mounted", "last_written"]);
        all.extend(times("containers", &["created", "started", "finished"]));
        let newest = all.iter().max_by_key(|time| time.trim_end_matches('Z')).unwrap();
        assert_eq!(found["disks"][at]["last_used"]["time"], newest.as_str());
    }
}

#[test]
fn a_disk_and_itself_have_nothing_apart() {
    let [disk, _] = two();
    let text = careen(["compare", file(disk), file(disk)]).expect(&[0, 3]).unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let (_, apart) = text.split_once("ONLY ON").unwrap();
    assert_eq!(apart.lines().count(), 1, "{apart}");
}

#[test]
fn the_survey_of_several_disks_begins_with_them_side_by_side() {
    let [one, other] = two();
    let answer = careen(["survey", "--quick", file(one), file(other)]).expect(&[0, 3]).unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let compared = careen(["compare", file(one), file(other)]).expect(&[0, 3]).unwrap().stdout;
    assert!(text.starts_with(&*String::from_utf8(compared).unwrap()), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("== ")).count(), 2);
}

#[test]
fn one_disk_alone_is_no_comparison() {
    assert_eq!(careen(["compare", file(two()[0])]).code, 2);
}
