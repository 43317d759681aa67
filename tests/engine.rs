//! Archives and kits in a real engine: `docker load` gives each image its id, what can run runs, and `restore.sh` puts a
//! kit in place. `skopeo` reads the same archives. Each is skipped with a word where its program is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::engine::Engine;
use careen_tests::{Disk, Known, careen, compare, disks, target};
use serde_json::Value;

fn folder(name: &str) -> PathBuf {
    let folder = target().join("corpus/engine").join(name.replace('/', "_"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The disks that nothing happened to.
fn whole_disks() -> impl Iterator<Item = &'static Disk> {
    disks().all.iter().filter(|disk| {
        let is_whole = matches!(disk.known, Known::Docker { .. } | Known::Containerd(_));
        is_whole && (disk.name.starts_with("cases/") || disk.name.starts_with("corpus/"))
    })
}

/// The images of all these disks, each once: an archive of one is compared with the truth on every disk elsewhere.
fn images() -> Vec<(&'static Disk, Value)> {
    let mut seen = BTreeSet::new();
    let all = whole_disks().flat_map(|disk| list(disk, "images").into_iter().map(move |image| (disk, image)));
    all.filter(|(_, image)| image["kind"] != "intermediate" && seen.insert(image["id"].to_string())).collect()
}

fn list(disk: &Disk, command: &str) -> Vec<Value> {
    let answer = careen([command, &disk.file.to_string_lossy(), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    answer.as_array().unwrap().clone()
}

/// Whether an image of a disk has this file.
fn has(disk: &Disk, id: &str, path: &str) -> bool {
    careen(["ls", &disk.file.to_string_lossy(), "--of", &format!("image:{id}"), path]).code == 0
}

/// One image: exported, loaded, named as it was, run.
fn loads(engine: &Engine, disk: &Disk, image: &Value, archive: &Path) -> Result<(), String> {
    let id = image["id"].as_str().unwrap();
    let (file, scope) = (disk.file.to_string_lossy(), format!("image:{id}"));
    let exported = careen(["export", &file, &scope, "--format", "docker", "-o", &archive.to_string_lossy()]);
    exported.expect(&[0])?;
    let manifest = compare::json(&archive.with_extension("tar.manifest.json"))?;
    let has_zstd = manifest["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "export-zstd");
    let loaded = engine.ask(["load", "-i", &archive.to_string_lossy()]);
    if has_zstd && engine.ask(["version", "--format", "{{.Server.Version}}"])?.starts_with("20.") {
        // As we say ourselves; in a kit such layers are unpacked.
        return loaded.err().map(drop).ok_or_else(|| "an engine loaded layers packed with zstd".to_owned());
    }
    loaded?;
    let config = image["config_digest"].as_str().unwrap_or(id);
    let inspected: Value =
        serde_json::from_str(&engine.ask(["image", "inspect", config])?).map_err(|e| e.to_string())?;
    let tags: Vec<&str> = inspected[0]["RepoTags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in image["names"].as_array().unwrap() {
        if !tags.contains(&name.as_str().unwrap()) {
            return Err(format!("{id} was loaded as {tags:?}, without {name}"));
        }
    }
    let words = [("/bin/busybox", ["echo", "alive"]), ("/bin/sh", ["-c", "echo alive"])];
    if let Some((program, words)) = words.into_iter().find(|(program, _)| has(disk, id, program)) {
        let run = ["run", "--rm", "--network", "none", "--entrypoint", program, config];
        let said = engine.ask(run.into_iter().chain(words))?;
        if said != "alive" {
            return Err(format!("{id} said {said:?}"));
        }
    }
    Ok(())
}

#[test]
fn images_are_loaded_under_their_ids_and_run() {
    let Some(engine) = Engine::start("load") else { return };
    let (mut count, mut wrong) = (0, Vec::new());
    let folder = folder("load");
    for (disk, image) in images() {
        count += 1;
        if let Err(reason) = loads(&engine, disk, &image, &folder.join("image.tar")) {
            wrong.push(format!("{}: {}: {reason}", disk.name, image["id"]));
        }
        engine.clear();
    }
    fs::remove_dir_all(folder).unwrap();
    println!("{count} images were loaded");
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn skopeo_reads_the_same_archives() {
    if !Command::new("skopeo").arg("--version").output().is_ok_and(|it| it.status.success()) {
        println!("skipped: skopeo is not on this machine");
        return;
    }
    let mut wrong = Vec::new();
    let folder = folder("skopeo");
    for (disk, image) in images() {
        let file = disk.file.to_string_lossy();
        // An index of several platforms is not one image; it stands in a layout of OCI.
        let scope = format!("image:{}", image["id"].as_str().unwrap());
        for (format, transport) in [("docker", "docker-archive"), ("oci", "oci-archive")] {
            let archive = folder.join("image.tar");
            careen(["export", &file, &scope, "--format", format, "-o", &archive.to_string_lossy()])
                .expect(&[0])
                .unwrap();
            let to = folder.join("to");
            let _ = fs::remove_dir_all(&to);
            // Several names of one image are several entries of an index, of which one has to be chosen.
            let index = Command::new("tar").arg("-xOf").arg(&archive).arg("index.json").output().unwrap();
            let index: Value = serde_json::from_slice(&index.stdout).unwrap();
            let entries = index["manifests"].as_array().unwrap();
            let tag = &entries[0]["annotations"]["org.opencontainers.image.ref.name"];
            let from = match tag.as_str().filter(|_| format == "oci" && entries.len() > 1) {
                Some(tag) => format!("{transport}:{}:{tag}", archive.display()),
                None => format!("{transport}:{}", archive.display()),
            };
            let mut skopeo = Command::new("skopeo");
            skopeo.args(["--insecure-policy", "copy", "--quiet", &from, &format!("dir:{}", to.display())]);
            let output = skopeo.output().unwrap();
            if !output.status.success() {
                wrong.push(format!("{}: {scope} {format}: {}", disk.name, String::from_utf8_lossy(&output.stderr)));
                continue;
            }
            let manifest = compare::json(&to.join("manifest.json")).unwrap();
            let config = image["config_digest"].as_str().unwrap_or_default();
            if manifest["config"]["digest"] != config {
                wrong.push(format!("{}: {scope} {format}: {}", disk.name, manifest["config"]["digest"]));
            }
        }
    }
    fs::remove_dir_all(folder).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Objects of a tree by path, without what another place cannot have: links from without, and times of directories that
/// the engine touches when it fills them.
fn listing(words: &[&str]) -> Vec<Value> {
    let mut lines =
        careen([&["ls", "-R", "--hash", "--json"], words].concat()).expect(&[0]).unwrap().json_lines().unwrap();
    lines.retain(|line| line["type"] != "s");
    for line in &mut lines {
        line.as_object_mut().unwrap().remove("nlink");
    }
    lines
}

/// A container runs as an image, with the files that it had added.
fn is_as_it_was(engine: &Engine, disk: &Disk, container: &Value) {
    let image = container["image"].as_str().unwrap();
    engine.ask(["image", "inspect", image]).unwrap();
    let id = container["id"].as_str().unwrap();
    let words = ["changes", &*disk.file.to_string_lossy(), id, "--json"];
    let changes = careen(words).expect(&[0]).unwrap().json().unwrap();
    let added =
        changes.as_array().unwrap().iter().filter(|change| change["kind"] == "A" && change["path_hex"].is_null());
    let added: Vec<&str> = added.map(|change| change["path"].as_str().unwrap()).take(20).collect();
    let has_busybox = careen(["ls", &*disk.file.to_string_lossy(), "--of", &format!("container:{id}"), "/bin/busybox"]);
    if has_busybox.code != 0 {
        return;
    }
    let run = ["run", "--rm", "--network", "none", "--entrypoint", "/bin/busybox", image, "sh", "-c"];
    let script = "for path in \"$@\"; do [ -e \"$path\" ] || [ -L \"$path\" ] || echo \"$path\"; done; echo alive";
    let said = engine.ask(run.into_iter().chain([script, "sh"]).chain(added)).unwrap();
    assert_eq!(said, "alive", "{image}");
}

#[test]
fn a_kit_is_put_in_place() {
    let Some(engine) = Engine::start("kit") else { return };
    for disk in whole_disks().filter(|disk| disk.name == "cases/tiny" || disk.name == "corpus/modern") {
        let folder = folder(&format!("kit-{}", disk.name));
        let kit = folder.join("kit");
        let file = disk.file.to_string_lossy();
        let told =
            careen(["kit", &file, "--out", &kit.to_string_lossy(), "--json"]).expect(&[0]).unwrap().json().unwrap();
        let restore = || {
            let mut command = Command::new("sh");
            command.arg(kit.join("restore.sh")).env("DOCKER_HOST", engine.host()).current_dir("/");
            let output = command.output().unwrap();
            (
                output.status.success(),
                String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
            )
        };
        let (is_done, said) = restore();
        // Without a bridge this daemon makes no networks; everything else has to be in place.
        let complaints: Vec<&str> = said.lines().filter(|line| line.starts_with("restore.sh: the ")).collect();
        assert!(is_done || complaints.iter().all(|line| line.contains("the network ")), "{}: {said}", disk.name);
        for id in told["images"].as_array().unwrap() {
            let image = list(disk, "images").into_iter().find(|image| image["id"] == *id).unwrap();
            engine.ask(["image", "inspect", image["config_digest"].as_str().unwrap()]).unwrap();
        }
        for container in told["containers"].as_array().unwrap() {
            is_as_it_was(&engine, disk, container);
        }
        let volumes = list(disk, "volumes");
        assert_eq!(told["volumes"].as_array().unwrap().len(), volumes.len());
        for volume in told["volumes"].as_array().unwrap() {
            let name = volume["name"].as_str().unwrap();
            let inspected: Value =
                serde_json::from_str(&engine.ask(["volume", "inspect", "--", name]).unwrap()).unwrap();
            let said = volumes.iter().find(|volume| volume["name"] == name).unwrap();
            let or_none = |value: &Value| if value.is_null() { serde_json::json!({}) } else { value.clone() };
            assert_eq!(or_none(&inspected[0]["Labels"]), or_none(&said["labels"]), "{name}");
            assert_eq!(or_none(&inspected[0]["Options"]), or_none(&said["options"]), "{name}");
            if volume["is_filled"] == true {
                let ours = listing(&[&engine.mountpoint(name).unwrap().to_string_lossy()]);
                let theirs = listing(&[&file, "--of", &format!("volume:{name}")]);
                compare::listings(&theirs, &ours).unwrap_or_else(|reason| panic!("{}: {name}: {reason}", disk.name));
            }
        }
        // Again: what is there is left alone.
        let (_, said) = restore();
        assert!(!said.contains("was made"), "{said}");
        // A file that is not as it was: nothing is done.
        for volume in &volumes {
            engine.ask(["volume", "rm", "--", volume["name"].as_str().unwrap()]).unwrap();
        }
        fs::write(kit.join("kit.json"), "{}").unwrap();
        let (is_done, said) = restore();
        assert!(!is_done && said.contains("kit.json: FAILED") && said.contains("nothing was done"), "{said}");
        assert_eq!(engine.ask(["volume", "ls", "-q"]).unwrap(), "");
        engine.clear();
        fs::remove_dir_all(folder).unwrap();
    }
}
