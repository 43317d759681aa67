//! What a search finds, against the lists of the same disk and against grep over what an image unpacks to.

use std::collections::BTreeSet;
use std::process::Command;

use careen_tests::{Disk, careen, disks, target};
use serde_json::Value;

/// A committed disk with images that share layers.
fn disk() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}

fn ask(words: &[&str]) -> Vec<Value> {
    let file = disk().file.to_string_lossy();
    let words = [&words[..1], &[&*file], &words[1..], &["--json"]].concat();
    let answer = careen(words).expect(&[0]).unwrap();
    // A listing is one object a line.
    answer.json().map_or_else(|_| answer.json_lines().unwrap(), |all| all.as_array().unwrap().clone())
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn of_kind<'a>(hits: &'a [Value], kind: &str) -> Vec<&'a Value> {
    hits.iter().filter(|hit| hit["kind"] == kind).collect()
}

/// Images that are more than a step of a build: ids, and the first names of those that have one.
fn images() -> Vec<(String, Option<String>)> {
    let all = ask(&["images"]);
    let shown = all.iter().filter(|image| image["kind"] != "intermediate");
    let name = |image: &Value| image["names"].as_array()?.first()?.as_str().map(str::to_owned);
    shown.map(|image| (format!("image:{}", text(image, "id")), name(image))).collect()
}

#[test]
fn everything_with_a_name_is_found_by_it() {
    let find = |kind: &str, name: &str| {
        let found = ask(&["search", name]);
        assert!(!of_kind(&found, kind).is_empty(), "{kind} {name}");
    };
    let (_, name) = images().into_iter().find(|(_, name)| name.is_some()).expect("an image with a name");
    find("image", &name.unwrap());
    for (command, kind) in [("containers", "container"), ("volumes", "volume"), ("networks", "network")] {
        let all = ask(&[command]);
        find(kind, text(all.last().expect("one of each kind"), "name"));
    }
    find("container", &text(&ask(&["containers"])[0], "id")[..12]);
    let packages = ask(&["packages"]);
    let package = packages.first().expect("a package");
    let found = ask(&["search", text(package, "package")]);
    let is_it = |hit: &Value| hit["name"] == package["package"] && hit["version"] == package["version"];
    assert!(of_kind(&found, "package").into_iter().any(is_it), "{package}");
}

#[test]
fn files_of_an_image_are_those_of_its_listing() {
    for (image, _) in images() {
        let all = ask(&["ls", "--of", &image, "-R"]);
        let named = |path: &str| path.rsplit('/').next().unwrap().to_lowercase().contains('a');
        let wanted: Vec<&str> = all.iter().map(|entry| text(entry, "path")).filter(|path| named(path)).collect();
        let found = ask(&["search", "A", "--of", &image, "--limit", "1000000"]);
        let found: Vec<&str> = of_kind(&found, "file").iter().map(|hit| text(hit, "path")).collect();
        assert_eq!(found, wanted, "{image}");
    }
}

#[test]
fn layers_are_searched_once_and_each_hit_can_be_opened() {
    let found = ask(&["search", "*", "--limit", "1000000"]);
    let files = of_kind(&found, "file");
    let in_layers: Vec<&&Value> = files.iter().filter(|hit| !hit["layer"].is_null()).collect();
    let places: BTreeSet<(&str, &str)> = in_layers.iter().map(|hit| (text(hit, "layer"), text(hit, "path"))).collect();
    assert_eq!(places.len(), in_layers.len());
    // What an image shows besides directories, which several layers may have, comes from one hit.
    for (image, name) in images() {
        let listing = ask(&["ls", "--of", &image, "-R"]);
        let known: BTreeSet<&str> =
            listing.iter().filter(|it| it["type"] != "d").map(|entry| text(entry, "path")).collect();
        // One without a name is called by the first digits of its id.
        let short = image.trim_start_matches("image:sha256:").chars().take(12).collect();
        let scopes = [image.clone(), format!("image:{}", name.unwrap_or(short))];
        let is_in = |hit: &Value| {
            let all = hit["also_in"].as_array().into_iter().flatten().chain([&hit["scope"]]);
            all.filter_map(Value::as_str).any(|scope| scopes.iter().any(|own| own == scope))
        };
        let shown: Vec<&str> =
            in_layers.iter().filter(|hit| hit["type"] != "d" && is_in(hit)).map(|hit| text(hit, "path")).collect();
        assert_eq!(shown.len(), known.len(), "{image}");
        assert_eq!(shown.into_iter().collect::<BTreeSet<_>>(), known, "{image}");
    }
    let file = disk().file.to_string_lossy();
    let mut opened = 0;
    for hit in files.iter().filter(|hit| hit["type"] == "f" && hit["path_hex"].is_null()).step_by(97) {
        careen(["cat", &*file, "--of", text(hit, "scope"), text(hit, "path")]).expect(&[0]).unwrap();
        opened += 1;
    }
    assert!(opened > 5, "{opened}");
}

#[test]
fn text_is_found_where_grep_finds_it() {
    let folder = target().join("corpus/search");
    let _ = std::fs::remove_dir_all(&folder);
    let mut lines = 0;
    for (at, (image, _)) in images().iter().enumerate().take(3) {
        let unpacked = folder.join(at.to_string());
        std::fs::create_dir_all(&unpacked).unwrap();
        let archive = folder.join(format!("{at}.tar"));
        let (file, tar) = (disk().file.to_string_lossy(), archive.to_string_lossy());
        careen(["export", &*file, image, "-o", &*tar, "--format", "tar"]).expect(&[0]).unwrap();
        let tar = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(&unpacked).arg("--no-same-owner").status();
        assert!(tar.unwrap().success());
        // The folder of the scope.
        let root = std::fs::read_dir(&unpacked).unwrap().next().unwrap().unwrap().path();
        let root = if root.is_dir() && std::fs::read_dir(&unpacked).unwrap().count() == 1 { root } else { unpacked };
        for word in ["root", "license", "="] {
            let mut grep = Command::new("grep");
            grep.env("LC_ALL", "C").args(["-rniF", "--binary-files=without-match", word, "."]);
            let grep = grep.current_dir(&root).output().unwrap();
            let wanted: BTreeSet<(String, u64)> = String::from_utf8_lossy(&grep.stdout)
                .lines()
                .filter_map(|line| {
                    let mut parts = line.splitn(3, ':');
                    Some((parts.next()?.strip_prefix('.')?.to_owned(), parts.next()?.parse().ok()?))
                })
                .collect();
            let hits = ask(&["search", word, "--content", "--of", image, "--limit", "1000000"]);
            let cut: BTreeSet<&str> =
                hits.iter().filter(|hit| hit["more"] == true).map(|hit| text(hit, "path")).collect();
            let found: BTreeSet<(String, u64)> =
                hits.iter().filter_map(|hit| Some((text(hit, "path").to_owned(), hit["line"].as_u64()?))).collect();
            let wanted_whole: BTreeSet<_> =
                wanted.iter().filter(|(path, _)| !cut.contains(path.as_str())).cloned().collect();
            let found_whole: BTreeSet<_> =
                found.iter().filter(|(path, _)| !cut.contains(path.as_str())).cloned().collect();
            assert_eq!(found_whole, wanted_whole, "{image} {word}");
            assert!(found.is_subset(&wanted), "{image} {word}");
            lines += found.len();
        }
    }
    assert!(lines > 10, "{lines}");
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let file = disk().file.to_string_lossy();
    assert_eq!(careen(["search", &*file, ""]).code, 1);
    assert_eq!(careen(["search", &*file, "x", "--of", "image:nothing"]).code, 1);
    let answer = careen(["search", &*file, "a", "--limit", "3"]).expect(&[0]).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer.stdout).lines().count(), 3);
    assert!(answer.stderr.contains("more than 3 hits"), "{}", answer.stderr);
}
