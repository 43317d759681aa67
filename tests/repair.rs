//! One image in two stores of a disk, one of them damaged: what is bad in one is given from the other where its digest
//! proves it, and told.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::{Answer, careen, disks, target};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A data root with one image in Docker's own store, and the same image with packed layers in a containerd's.
struct Twice {
    folder: PathBuf,
    /// The image with most layers that it has.
    image: Value,
    /// The digest of its index entry, which is its id in the containerd.
    manifest: String,
}

impl Twice {
    /// Makes it from a whole disk. `None`, and a printed word, where owners and devices cannot be made.
    fn new(name: &str) -> Option<Twice> {
        if !Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n") {
            println!("skipped: only root can unpack a data root");
            return None;
        }
        let folder = target().join("corpus/repair").join(name);
        let _ = fs::remove_dir_all(&folder);
        let root = folder.join("docker");
        fs::create_dir_all(&root).unwrap();
        let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
        let file = disk.file.to_string_lossy();
        let ask = |words: &[&str]| careen(words).expect(&[0]).unwrap().json().unwrap();
        let survey = ask(&["survey", "--quick", "--json", &file]);
        let archive = folder.join("root.tar").to_string_lossy().into_owned();
        let store = format!("store:{}", survey["stores"][0]["id"].as_str().unwrap());
        careen(["export", &file, &store, "-o", &archive]).expect(&[0]).unwrap();
        let tar = ["--xattrs", "--xattrs-include=*", "-xpf", &archive, "--exclude=./volumes/*", "--exclude=volumes/*"];
        run(Command::new("tar").args(tar).arg("-C").arg(&root));
        fs::remove_file(&archive).unwrap();
        // Whatever was in a containerd of its own goes.
        let _ = fs::remove_dir_all(root.join("containerd"));
        let images = survey["images"].as_array().unwrap().iter().filter(|image| image["kind"] == "tagged");
        let image = images.max_by_key(|image| image["size"].as_u64()).unwrap().clone();
        let id = image["id"].as_str().unwrap();
        let saved = folder.join("image.tar").to_string_lossy().into_owned();
        careen(["export", &file, &format!("image:{id}"), "--format", "docker", "-o", &saved]).expect(&[0]).unwrap();
        let unpacked = folder.join("saved");
        fs::create_dir_all(&unpacked).unwrap();
        run(Command::new("tar").arg("-xf").arg(&saved).arg("-C").arg(&unpacked));
        let blobs = folder.join("containerd/daemon/io.containerd.content.v1.content/blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let put = |bytes: &[u8]| -> Value {
            let digest = sha256(bytes);
            fs::write(blobs.join(&digest), bytes).unwrap();
            json!({"digest": format!("sha256:{digest}"), "size": bytes.len()})
        };
        let with = |mut descriptor: Value, kind: &str| {
            descriptor["mediaType"] = kind.into();
            descriptor
        };
        let list: Value = serde_json::from_slice(&fs::read(unpacked.join("manifest.json")).unwrap()).unwrap();
        let read = |path: &Value| fs::read(unpacked.join(path.as_str().unwrap())).unwrap();
        let layers = list[0]["Layers"].as_array().unwrap().iter().map(|path| {
            let mut gzip = Command::new("gzip");
            gzip.arg("-c").arg(unpacked.join(path.as_str().unwrap()));
            with(put(&gzip.output().unwrap().stdout), "application/vnd.oci.image.layer.v1.tar+gzip")
        });
        let layers: Vec<Value> = layers.collect();
        let config = with(put(&read(&list[0]["Config"])), "application/vnd.oci.image.config.v1+json");
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers});
        let manifest = put(manifest.to_string().as_bytes())["digest"].as_str().unwrap().to_owned();
        fs::remove_dir_all(unpacked).unwrap();
        fs::remove_file(saved).unwrap();
        Some(Twice { folder, image, manifest })
    }

    fn ask(&self, command: &str, words: &[&str]) -> Answer {
        careen([&[command, &*self.folder.to_string_lossy()], words].concat())
    }

    /// Exports the image by this id: exit code, messages, the manifest.
    fn export(&self, id: &str) -> (i32, String, Value) {
        let archive = self.folder.with_extension("tar");
        let file = archive.to_string_lossy();
        let answer = self.ask("export", &[&format!("image:{id}"), "--format", "docker", "-o", &file]);
        let manifest = fs::read(format!("{file}.manifest.json")).unwrap();
        (answer.code, answer.stderr, serde_json::from_slice(&manifest).unwrap())
    }

    fn blob(&self, digest: &str) -> PathBuf {
        let blobs = self.folder.join("containerd/daemon/io.containerd.content.v1.content/blobs/sha256");
        blobs.join(digest.trim_start_matches("sha256:"))
    }
}

impl Drop for Twice {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Turns over a bit in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// The largest file of the largest layer of an image in Docker's own store, and the record of that layer.
fn in_layer(twice: &Twice) -> (PathBuf, PathBuf) {
    let layers = twice.ask("layers", &["--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    let is_own = |layer: &&Value| {
        let images = layer["images"].as_array().unwrap();
        !layer["cache_id"].is_null() && images.contains(&twice.image["id"])
    };
    let layers = layers.as_array().unwrap().iter().filter(is_own);
    let layer = layers.max_by_key(|layer| layer["size"].as_u64()).expect("the image has layers");
    let chain = layer["chain_id"].as_str().unwrap().trim_start_matches("sha256:");
    let root = twice.folder.join("docker");
    let record = root.join("image/overlay2/layerdb/sha256").join(chain).join("tar-split.json.gz");
    let diff = root.join("overlay2").join(layer["cache_id"].as_str().unwrap()).join("diff");
    let find = Command::new("find").arg(&diff).args(["-type", "f", "-printf", "%s %p\\n"]).output().unwrap();
    let lines = String::from_utf8_lossy(&find.stdout).into_owned();
    let largest =
        lines.lines().filter_map(|line| line.split_once(' ')).max_by_key(|(size, _)| size.parse::<u64>().unwrap());
    (PathBuf::from(largest.unwrap().1), record)
}

fn is_whole(manifest: &Value, id: &str) {
    let image = &manifest["images"][0];
    assert_eq!(image["written_id"], id, "{image}");
    assert!(image["layers"].as_array().unwrap().iter().all(|layer| layer["state"] == "exact"), "{image}");
}

#[test]
fn a_damaged_file_or_record_is_made_good_by_a_blob() {
    for what in ["file", "record"] {
        let Some(twice) = Twice::new(what) else { return };
        let id = twice.image["id"].as_str().unwrap();
        let (file, record) = in_layer(&twice);
        let (code, said, manifest) = twice.export(id);
        assert_eq!((code, said.contains("layer-from-copy")), (0, false), "{said}");
        is_whole(&manifest, id);
        damage(if what == "file" { &file } else { &record });
        let (code, said, manifest) = twice.export(id);
        assert_eq!((code, said.contains("layer-from-copy")), (0, true), "{what}: {said}");
        is_whole(&manifest, id);
        let verified =
            twice.ask("verify", &[&format!("image:{id}"), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
        let layers = verified["layers"].as_array().unwrap();
        assert!(layers.iter().all(|layer| layer["state"] == "exact"), "{verified}");
        assert_eq!(layers.iter().filter(|layer| layer["reason"].is_string()).count(), 1, "{verified}");
        // Without the blob it is made anew, and that is told.
        fs::remove_dir_all(twice.folder.join("containerd")).unwrap();
        let (_, said, manifest) = twice.export(id);
        assert!(said.contains("export-layer-rebuilt"), "{what}: {said}");
        assert_ne!(manifest["images"][0]["written_id"], id);
    }
}

#[test]
fn a_damaged_blob_is_made_good_by_the_engine_s_record() {
    let Some(twice) = Twice::new("blob") else { return };
    let id = twice.image["id"].as_str().unwrap();
    let (code, _, manifest) = twice.export(&twice.manifest);
    assert_eq!(code, 0);
    is_whole(&manifest, &twice.manifest);
    let document: Value = serde_json::from_slice(&fs::read(twice.blob(&twice.manifest)).unwrap()).unwrap();
    let layers = document["layers"].as_array().unwrap();
    let largest = layers.iter().max_by_key(|layer| layer["size"].as_u64()).unwrap();
    damage(&twice.blob(largest["digest"].as_str().unwrap()));
    let (code, said, manifest) = twice.export(&twice.manifest);
    assert_eq!((code, said.contains("export-blob-bad")), (0, true), "{said}");
    assert!(said.contains("layer-from-copy"), "{said}");
    // Put together anew the manifest is another, but the configuration, and with it the id engines show, is the same.
    is_whole(&manifest, id);
}

#[test]
fn a_container_that_cannot_be_an_image_is_kept_as_files() {
    let Some(twice) = Twice::new("container") else { return };
    let here = twice.ask("kit", &["--list", "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
    let containers = here["containers"].as_array().unwrap();
    let most = containers.iter().max_by_key(|container| container["files"].as_u64()).unwrap();
    let id = most["id"].as_str().unwrap();
    fs::write(twice.folder.join("docker/containers").join(id).join("config.v2.json"), "").unwrap();
    let kit = twice.folder.with_extension("kit");
    let _ = fs::remove_dir_all(&kit);
    let told = twice.ask("kit", &["--out", &kit.to_string_lossy(), "--json"]);
    assert!(told.stderr.contains("kit-changes-only"), "{}", told.stderr);
    let told = told.expect(&[0, 3]).unwrap().json().unwrap();
    let container = told["containers"].as_array().unwrap().iter().find(|container| container["id"] == id).unwrap();
    assert!(container["image"].is_null(), "{container}");
    let archive = kit.join(container["file"].as_str().unwrap());
    let list = Command::new("tar").arg("-tf").arg(archive).output().unwrap();
    let entries = String::from_utf8_lossy(&list.stdout).lines().count() as u64;
    // The top of the archive is one more.
    assert_eq!(Some(entries), most["files"].as_u64().map(|files| files + 1));
    fs::remove_dir_all(kit).unwrap();
}
