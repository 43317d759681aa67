//! A containerd that served no Docker, against what `ctr` printed of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use careen_tests::listing::list;
use careen_tests::{Disk, Outcome, careen, compare};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::trial;

/// Everything that is said about such a disk.
pub fn trials(disk: &Disk, folder: &Path) -> Vec<Trial> {
    type Check = fn(&Disk, &Path) -> Outcome;
    let checks: [(&str, Check); 4] =
        [("images", images), ("layers", layers), ("containers", containers), ("trees", trees)];
    let each = checks.into_iter().map(|(name, check)| {
        let (disk_of_trial, folder) = (disk.clone(), folder.to_owned());
        trial(disk, name, move || check(&disk_of_trial, &folder))
    });
    each.collect()
}

fn ask(disk: &Disk, command: &str) -> Result<Vec<Value>, String> {
    match careen([command, &disk.file.to_string_lossy(), "--json"]).expect(&[0])?.json()? {
        Value::Array(list) => Ok(list),
        other => Err(format!("{command}: {other} is no list")),
    }
}

/// The rows of a table that `ctr` printed, without its head.
fn table(folder: &Path, name: &str) -> Result<Vec<Vec<String>>, String> {
    let file = folder.join(name);
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    Ok(text.lines().skip(1).map(words).collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Each reference has its target, and there is no other image.
fn images(disk: &Disk, folder: &Path) -> Outcome {
    let mut said = BTreeSet::new();
    for row in table(folder, "ctr-images.txt")? {
        let name = row[0].strip_prefix("docker.io/").unwrap_or(&row[0]);
        said.insert(vec![row[2].clone(), name.to_owned()]);
    }
    let mut ours = BTreeSet::new();
    for image in ask(disk, "images")? {
        if image["state"] != "whole" || !image["hidden"].is_null() {
            return Err(format!("not shown as whole: {image}"));
        }
        let names = image["names"].as_array().into_iter().flatten();
        ours.extend(names.map(|name| vec![text(&image["id"]), text(name)]));
    }
    compare::sets("image", &said, &ours)
}

/// The snapshots by their names.
fn snapshots(folder: &Path) -> Result<BTreeMap<String, Value>, String> {
    match compare::json(&folder.join("ctr-snapshots.json"))? {
        Value::Object(all) => Ok(all.into_iter().collect()),
        _ => Err("ctr-snapshots.json is no object".to_owned()),
    }
}

/// Chain id, parent and directory of every committed snapshot.
fn layers(disk: &Disk, folder: &Path) -> Outcome {
    let said = snapshots(folder)?.into_values().filter(|snapshot| snapshot["Kind"] == "Committed");
    let said = said.map(|snapshot| {
        let directory = text(&snapshot["dirs"][0]);
        let number = directory.rsplit('/').nth(1).unwrap_or_default().to_owned();
        vec![text(&snapshot["Name"]), text(&snapshot["Parent"]), number]
    });
    let ours = ask(disk, "layers")?.into_iter();
    let ours = ours.map(|layer| vec![text(&layer["chain_id"]), text(&layer["parent"]), text(&layer["cache_id"])]);
    compare::sets("layer", &said.collect(), &ours.collect())
}

/// Every container, and the image it was made from.
fn containers(disk: &Disk, folder: &Path) -> Outcome {
    let rows = table(folder, "ctr-containers.txt")?.into_iter();
    let said = rows.map(|row| vec![row[0].clone(), row[1].trim_start_matches("docker.io/").to_owned()]);
    let ours = ask(disk, "containers")?.into_iter().map(|one| vec![text(&one["id"]), text(&one["image"])]);
    compare::sets("container", &said.collect(), &ours.collect())
}

/// The merged trees of snapshots: those of images, by the image whose topmost layer they are, and of the container.
fn trees(disk: &Disk, folder: &Path) -> Outcome {
    let images = ask(disk, "images")?;
    let mut wrong = Vec::new();
    let mut compared = 0;
    let shown = |error: std::io::Error| error.to_string();
    for entry in std::fs::read_dir(folder.join("manifest")).map_err(shown)? {
        let file = entry.map_err(shown)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(key) = name.strip_prefix("snapshot-").and_then(|name| name.split('.').next()) else { continue };
        let top = |image: &&Value| {
            let layers = image["layers"].as_array().and_then(|layers| layers.last());
            layers.is_some_and(|layer| text(&layer["chain_id"]).trim_start_matches("sha256:").starts_with(key))
        };
        let scope = match images.iter().find(top) {
            Some(image) => format!("image:{}", text(&image["id"])),
            None => format!("container:{key}"),
        };
        compared += 1;
        let said = compare::json_lines(&file)?;
        wrong.extend(compare::listings(&said, &list(disk, &scope)?).err().map(|text| format!("{scope}: {text}")));
    }
    if compared == 0 {
        return Err("there is no listing of a snapshot".to_owned());
    }
    compare::verdict(&wrong)
}
