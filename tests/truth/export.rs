//! `careen export` and GNU tar, as root, against a walk through the kernel: what was unpacked is what was there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use careen_tests::listing::short;
use careen_tests::{Disk, Outcome, careen, compare, target};
use serde_json::Value;

use crate::listing;
use crate::records::Truth;

/// The merged tree of an image.
pub fn image(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    unpacked(disk, truth, &format!("image:{id}"), listing::said_of_image(truth, id)?)
}

/// The merged tree of a container.
pub fn container(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    unpacked(disk, truth, &format!("container:{id}"), truth.manifest(&format!("container-{}", short(id)))?)
}

/// The content of a volume.
pub fn volume(disk: &Disk, truth: &Truth, name: &str) -> Outcome {
    unpacked(disk, truth, &format!("volume:{name}"), truth.manifest(&format!("volume-{name}"))?)
}

/// Whether owners and devices can be made here.
pub fn can_unpack() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n")
}

fn unpacked(disk: &Disk, truth: &Truth, scope: &str, mut said: Vec<Value>) -> Outcome {
    let folder = target().join("corpus/export").join(format!("{}-{scope}", disk.name).replace(['/', ':'], "_"));
    let outcome = unpack(disk, scope, &folder).and_then(|mut ours| {
        // Sockets are left out. An image without layers has no root either. The overlay counts links that another layer
        // has; a link with one name is none.
        said.retain(|line| line["type"] != "s");
        if said.is_empty() && ours.len() == 1 {
            return Ok(());
        }
        if scope.starts_with("container:") {
            listing::without_time_of_root(truth, &mut said, &mut ours);
        }
        for line in said.iter_mut().chain(&mut ours) {
            line.as_object_mut().ok_or("a line is no object")?.remove("nlink");
        }
        compare::listings(&said, &ours)
    });
    let _ = fs::remove_dir_all(&folder);
    outcome
}

/// Exports a scope, unpacks it and lists what came of it.
fn unpack(disk: &Disk, scope: &str, folder: &Path) -> Result<Vec<Value>, String> {
    let shown = |error| format!("{}: {error}", folder.display());
    let tree = folder.join("tree");
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(&tree).map_err(shown)?;
    let (file, archive) = (disk.file.to_string_lossy(), folder.join("archive.tar"));
    careen(["export", &file, scope, "-o", &archive.to_string_lossy()]).expect(&[0])?;
    let manifest = compare::json(&folder.join("archive.tar.manifest.json"))?;
    let mut tar = Command::new("tar");
    tar.args(["--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "-xpf"])
        .arg(&archive)
        .arg("-C")
        .arg(&tree);
    let output = tar.output().map_err(|error| format!("tar: {error}"))?;
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(format!("tar: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let lines = careen(["ls", &tree.to_string_lossy(), "-R", "--hash", "--json"]).expect(&[0])?.json_lines()?;
    let rows = manifest["entries"].as_array().ok_or("the manifest has no entries")?;
    let held: Vec<&Value> = rows.iter().filter(|row| row["missing"].is_null()).collect();
    // The top of the archive of an image without layers has no entry.
    if held.len() != lines.len() && lines.len() > 1 {
        return Err(format!("the manifest has {} entries, {} were unpacked", held.len(), lines.len()));
    }
    let by_path: BTreeMap<&str, &Value> =
        lines.iter().map(|line| (line["path"].as_str().unwrap_or_default(), line)).collect();
    for row in held {
        let path =
            if row["name"] == "." { "/".into() } else { format!("/{}", row["name"].as_str().unwrap_or_default()) };
        let line = by_path.get(path.as_str()).ok_or_else(|| format!("{path} was not unpacked"))?;
        let is_link = !row["link_to"].is_null();
        if !is_link && (row["sha256"] != line["sha256"] || row["size"] != line["size"]) {
            return Err(format!("{path}: the manifest says {row}, unpacked it is {line}"));
        }
    }
    Ok(lines)
}

/// An archive of an image: each layer has the digest that `docker save` wrote, the configuration is the image's id.
pub fn archive(disk: &Disk, truth: &Truth, id: &str) -> Outcome {
    let Some(said) = truth.saved(id)? else { return Ok(()) };
    let folder = target().join("corpus/export").join(format!("{}-save-{}", disk.name.replace('/', "_"), short(id)));
    let _ = fs::remove_dir_all(&folder);
    let outcome = archive_in(disk, id, &said, &folder);
    let _ = fs::remove_dir_all(&folder);
    outcome
}

fn archive_in(disk: &Disk, id: &str, said: &Value, folder: &Path) -> Outcome {
    let shown = |error| format!("{}: {error}", folder.display());
    fs::create_dir_all(folder).map_err(shown)?;
    let (file, archive) = (disk.file.to_string_lossy(), folder.join("image.tar"));
    let scope = format!("image:{id}");
    careen(["export", &file, &scope, "--format", "docker", "-o", &archive.to_string_lossy()]).expect(&[0])?;
    let tar = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(folder).output();
    let tar = tar.map_err(|error| format!("tar: {error}"))?;
    if !tar.status.success() || !tar.stderr.is_empty() {
        return Err(format!("tar: {}", String::from_utf8_lossy(&tar.stderr)));
    }
    let ours = compare::json(&folder.join("manifest.json"))?;
    let digest = |path: &str| -> Result<String, String> {
        let output = Command::new("sha256sum").arg(folder.join(path)).output().map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&output.stdout).get(..64).unwrap_or_default().to_owned())
    };
    let path = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let said_digest = |value: &Value| said["files"][path(value)]["sha256"].as_str().unwrap_or_default().to_owned();
    let (theirs, ours) = (&said["manifest"][0], &ours[0]);
    let (config, expected) = (digest(&path(&ours["Config"]))?, said_digest(&theirs["Config"]));
    if config != expected {
        return Err(format!("the configuration has the digest {config}, docker wrote {expected}"));
    }
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let layers = list(&ours["Layers"]).iter().map(|layer| digest(&path(layer))).collect::<Result<Vec<_>, _>>()?;
    let expected: Vec<String> = list(&theirs["Layers"]).iter().map(said_digest).collect();
    if layers != expected || ours["RepoTags"] != theirs["RepoTags"] && !theirs["RepoTags"].is_null() {
        return Err(format!("ours: {ours}, digests {layers:?}; docker wrote {theirs}, digests {expected:?}"));
    }
    Ok(())
}

/// Every layer of a disk without damage is exact.
pub fn verified(disk: &Disk, _: &Truth) -> Outcome {
    let answer = careen(["verify", &disk.file.to_string_lossy(), "--json"]).expect(&[0])?.json()?;
    let layers = answer["layers"].as_array().ok_or("no layers")?;
    let wrong: Vec<String> =
        layers.iter().filter(|layer| layer["state"] != "exact").map(|layer| layer.to_string()).collect();
    compare::verdict(&wrong)
}
