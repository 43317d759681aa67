//! What has to be true of a disk that was made of another one: the same disk in other containers, and disks of which
//! part is gone or damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::disks::{Damage, Disk, Known};
use crate::{Outcome, careen, compare, listing};

/// How much may be read to show the overview of a disk of 1 TiB.
const OVERVIEW_READS: u64 = 64 << 20;

/// A check with its name.
pub type Check = (&'static str, Box<dyn FnOnce() -> Outcome + Send>);

/// Every check of a disk against the one it was made of; none for a disk that was not.
pub fn of_variant(disk: &Disk, base: &Disk) -> Vec<Check> {
    let pair = Arc::new((disk.clone(), base.clone()));
    let check = |name: &'static str, check: fn(&Disk, &Disk) -> Outcome| -> Check {
        let pair = Arc::clone(&pair);
        (name, Box::new(move || check(&pair.0, &pair.1)))
    };
    match &disk.known {
        Known::SameAs { layout, .. } => {
            let with_layout = |name: &'static str, check: fn(&Disk, &Disk, &str) -> Outcome| -> Check {
                let (pair, layout) = (Arc::clone(&pair), layout.clone());
                (name, Box::new(move || check(&pair.0, &pair.1, &layout)))
            };
            let mut checks = vec![
                with_layout("survey", survey_is_the_same),
                with_layout("files", files_are_the_same),
                with_layout("packages", packages_are_the_same),
            ];
            if disk.name.ends_with("-1t") {
                checks.push(check("overview_reads_little", |disk, _| overview_reads_little(disk)));
            }
            if disk.name.ends_with("headers-bad") {
                checks.push(check("is_named", |disk, _| is_named(disk, "header")));
            }
            checks
        }
        Known::Cut { .. } => vec![
            check("what_is_shown_is_right", |disk, base| what_is_shown_is_right(disk, base, &Damage::default())),
            check("loss_is_said", |disk, _| loss_is_said(disk)),
        ],
        Known::Damaged { damage, .. } => {
            let with_damage = |name: &'static str, check: fn(&Disk, &Disk, &Damage) -> Outcome| -> Check {
                let (pair, damage) = (Arc::clone(&pair), damage.clone());
                (name, Box::new(move || check(&pair.0, &pair.1, &damage)))
            };
            let mut checks = vec![
                with_damage("what_is_shown_is_right", what_is_shown_is_right),
                with_damage("records_are_there", records_are_there),
                with_damage("damage_is_said", damage_is_said),
            ];
            if disk.name.contains("modern-damage-") {
                checks.push(check("images_are_read", images_are_read));
            }
            if disk.name.ends_with("qcow2-snapshot") {
                checks.push(check("snapshot_is_offered", |disk, _| snapshot_is_offered(disk)));
                checks.push(check("snapshot_is_the_base", snapshot_is_the_base));
            }
            checks
        }
        Known::Docker { .. } | Known::Containerd(_) | Known::Filesystem(_) | Known::Named(_) => Vec::new(),
    }
}

/// Name of the snapshot that the corpus makes before it damages the disk.
const SNAPSHOT: &str = "before-loss";

/// The snapshot stands in the survey of the active state.
fn snapshot_is_offered(disk: &Disk) -> Outcome {
    let survey = careen(["survey", &disk.file.to_string_lossy(), "--quick", "--json"]).expect(&[0, 3])?.json()?;
    let shown = &survey["disk"]["snapshots"][0];
    if shown["name"] == SNAPSHOT && shown["created"].is_string() && survey["disk"]["snapshot"].is_null() {
        is_named(disk, SNAPSHOT)
    } else {
        Err(format!("{}", survey["disk"]))
    }
}

/// In its snapshot the disk is what it was made of.
fn snapshot_is_the_base(disk: &Disk, base: &Disk) -> Outcome {
    let file = disk.file.to_string_lossy();
    let answer = careen(["ls", &*file, "--snapshot", SNAPSHOT, "-R", "--hash", "--json"]).expect(&[0])?;
    compare::listings(&listing::list(base, "fs")?, &answer.json_lines()?)
}

fn survey_is_the_same(disk: &Disk, base: &Disk, layout: &str) -> Outcome {
    let stores = |survey: &Value| survey["stores"].as_array().cloned().unwrap_or_default();
    let (mut said, mut ours) = (survey(base)?, survey(disk)?);
    let (old, new) = (stores(&said), stores(&ours));
    let paths: Vec<&str> = new.iter().filter_map(|store| store["path"].as_str()).collect();
    if old.len() != new.len() || !paths.iter().all(|path| path.trim_start_matches('/').starts_with(layout)) {
        return Err(format!("stores at {paths:?}, expected {} below {layout}", old.len()));
    }
    for key in ["images", "containers", "networks", "volumes"] {
        for (survey, stores) in [(&mut said, &old), (&mut ours, &new)] {
            without_the_place(&mut survey[key], stores);
        }
        if let Some(text) = compare::difference(&said[key], &ours[key]) {
            return Err(format!("{key}{text}"));
        }
    }
    Ok(())
}

/// Takes out of records what depends on where the data root lies: store ids may be made of its path.
fn without_the_place(records: &mut Value, stores: &[Value]) {
    for record in records.as_array_mut().into_iter().flatten() {
        for field in ["store", "path"] {
            let Some(text) = record[field].as_str() else { continue };
            let index = stores.iter().position(|store| {
                store["id"] == text || store["path"].as_str().is_some_and(|path| text.starts_with(path))
            });
            let rest = text.rsplit_once("volumes/").map_or("", |(_, rest)| rest).to_owned();
            record[field] = Value::String(format!("{index:?} {rest}"));
        }
    }
}

fn files_are_the_same(disk: &Disk, base: &Disk, layout: &str) -> Outcome {
    let root = survey(base)?["stores"][0]["path"].as_str().unwrap_or_default().trim_start_matches('/').to_owned();
    let said = listing::below(&listing::list(base, "fs")?, &root);
    let ours = listing::below(&listing::list(disk, "fs")?, layout);
    if said.len() < 100 {
        return Err(format!("only {} files below {root} of {}", said.len(), base.name));
    }
    compare::listings(&said, &ours)
}

fn packages_are_the_same(disk: &Disk, base: &Disk, _layout: &str) -> Outcome {
    let packages = |disk: &Disk| careen(["packages", &disk.file.to_string_lossy(), "--json"]).expect(&[0])?.json();
    match compare::difference(&packages(base)?, &packages(disk)?) {
        None => Ok(()),
        Some(text) => Err(format!("packages{text}")),
    }
}

fn overview_reads_little(disk: &Disk) -> Outcome {
    let survey = careen(["survey", &disk.file.to_string_lossy(), "--json"]).expect(&[0])?.json()?;
    match survey["disk"]["bytes_read"].as_u64() {
        Some(bytes) if bytes < OVERVIEW_READS => Ok(()),
        bytes => Err(format!("the overview read {bytes:?} bytes, expected less than {OVERVIEW_READS}")),
    }
}

fn loss_is_said(disk: &Disk) -> Outcome {
    let answer = careen(["survey", &disk.file.to_string_lossy(), "--json"]).expect(&[1, 3])?;
    if answer.code == 1 {
        return if answer.stderr.contains(file_name(disk)) {
            Ok(())
        } else {
            Err(format!("no place in {:?}", answer.stderr))
        };
    }
    let survey = answer.json()?;
    let findings = survey["findings"].as_array().cloned().unwrap_or_default();
    match findings.iter().any(|finding| finding["severity"] == "loss") {
        true => Ok(()),
        false => Err(format!("no finding of a loss among {} findings", findings.len())),
    }
}

/// Whatever is listed is as on the other disk, but for what the damage itself changed. Less may be listed, if a loss
/// is told.
fn what_is_shown_is_right(disk: &Disk, base: &Disk, damage: &Damage) -> Outcome {
    let answer = careen(["ls", &disk.file.to_string_lossy(), "-R", "--hash", "--json"]).expect(&[0, 1, 3])?;
    let said = listing::list(base, "fs")?;
    let mut said: BTreeMap<String, Value> = said.into_iter().map(|line| (key(&line), line)).collect();
    let is_whole = answer.code == 0;
    // A directory whose inode is gone has neither times nor an owner, which is told.
    let has_rebuilt = answer.stderr.contains("[ext4-directory-rebuilt]");
    let mut wrong = Vec::new();
    for mut own in answer.json_lines()? {
        let path = own["path"].as_str().unwrap_or_default().to_owned();
        // A file whose directory is gone is shown there by its number.
        let is_found = path.starts_with("/lost+found/#");
        // Where they are shown is made up when the directory for it is gone.
        let is_rebuilt = (has_rebuilt || path == "/lost+found") && own["type"] == "d" && own["mtime_ns"] == 0;
        match said.remove(&key(&own)) {
            _ if damage.touches(&path) || is_found => {}
            Some(said) if is_rebuilt && said["type"] == "d" => {}
            None => wrong.push(format!("{} is not on the disk", own["path"])),
            Some(mut said) => {
                // What could not be read has no hash; its first path may be one that could not be read either. And
                // nothing on the disk covers the content of files with a checksum.
                for field in ["sha256", "hl", "xattrs", "overlay", "link", "link_hex"] {
                    let is_gone = own.get(field).is_none() && !is_whole;
                    if is_gone || field == "hl" && !is_whole || field == "sha256" && damage.hits_content {
                        said.as_object_mut().map(|said| said.remove(field));
                        own.as_object_mut().map(|own| own.remove(field));
                    }
                }
                if own["type"] == "d" && damage.is_right_below(&path) {
                    // Something in it was removed.
                    said["mtime_ns"] = own["mtime_ns"].clone();
                }
                if said != own {
                    wrong.push(format!("said: {said}\nours: {own}"));
                }
            }
        }
    }
    // Without a loss nothing may be missing.
    if is_whole {
        let missing = said.values().filter_map(|line| line["path"].as_str()).filter(|path| !damage.touches(path));
        wrong.extend(missing.map(|path| format!("{path} is not listed, and no loss is told")));
    }
    compare::verdict(&wrong)
}

/// Every image, container and volume is still listed, whatever else is known of it; the images whose records were hit
/// are not shown as whole.
fn records_are_there(disk: &Disk, base: &Disk, damage: &Damage) -> Outcome {
    let ours = careen(["survey", &disk.file.to_string_lossy(), "--quick", "--json"]).expect(&[0, 3])?.json()?;
    let said = survey(base)?;
    let mut wrong = Vec::new();
    for (kind, field) in [("images", "id"), ("containers", "id"), ("volumes", "name")] {
        let keys = |survey: &Value| -> BTreeSet<String> {
            let all = survey[kind].as_array().into_iter().flatten();
            all.filter_map(|one| one[field].as_str().map(str::to_owned)).collect()
        };
        let (said, ours) = (keys(&said), keys(&ours));
        wrong.extend(said.difference(&ours).map(|id| format!("{kind}: {id} is gone")));
        wrong.extend(ours.difference(&said).map(|id| format!("{kind}: {id} is not on the disk")));
    }
    for image in ours["images"].as_array().into_iter().flatten() {
        if image["id"].as_str() == damage.image.as_deref() && image["state"] == "whole" && image["hidden"].is_null() {
            wrong.push(format!("the damaged image {} is shown as whole", image["id"]));
        }
    }
    compare::verdict(&wrong)
}

/// What the engine puts beneath a container, which the classic builder leaves beneath the layers it makes: only the
/// snapshots have it, no packed layer.
const OF_THE_ENGINE: [&str; 11] = [
    "/",
    "/.dockerenv",
    "/dev",
    "/dev/console",
    "/dev/pts",
    "/dev/shm",
    "/etc",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/mtab",
    "/etc/resolv.conf",
];

/// Each image still has its files, from whichever form of its layers is left.
fn images_are_read(disk: &Disk, base: &Disk) -> Outcome {
    let mut wrong = Vec::new();
    for image in
        survey(base)?["images"].as_array().into_iter().flatten().filter(|image| image["kind"] != "intermediate")
    {
        let scope = format!("image:{}", image["id"].as_str().unwrap_or_default());
        wrong.extend(is_read((disk, &scope), (base, &scope)).err());
    }
    compare::verdict(&wrong)
}

/// A scope of a disk has the files of another disk's, from whichever form of its layers is left.
pub fn is_read((disk, scope): (&Disk, &str), (base, same): (&Disk, &str)) -> Outcome {
    let is_own = |line: &Value| {
        let path = line["path"].as_str().unwrap_or_default();
        !OF_THE_ENGINE.contains(&path) && !["/proc", "/sys"].contains(&path)
    };
    let mut said: Vec<Value> = listing::list(base, same)?.into_iter().filter(is_own).collect();
    let ours: Vec<Value> = listing::list(disk, scope)?.into_iter().filter(is_own).collect();
    for (said, own) in said.iter_mut().zip(&ours) {
        // A directory that no packed layer has an entry for was made when it was unpacked.
        if own["type"] == "d" && own["mtime_ns"] == 0 {
            said["mtime_ns"] = own["mtime_ns"].clone();
        }
    }
    compare::listings(&said, &ours).map_err(|text| format!("{scope}: {text}"))
}

/// Something is told of this disk that is not told of the other one.
fn damage_is_said(disk: &Disk, base: &Disk, damage: &Damage) -> Outcome {
    if damage.is_silent {
        return Ok(());
    }
    let ours = told(disk)?;
    let said = told(base)?;
    match ours.difference(&said).next() {
        Some(_) => Ok(()),
        None => Err(format!("nothing is told of the damage; what is told of both disks: {said:?}")),
    }
}

/// Codes of the findings of damage and loss of a disk, after a look at all files: an overview does not meet them all.
pub fn told(disk: &Disk) -> Result<BTreeSet<String>, String> {
    let doctor = careen(["doctor", &disk.file.to_string_lossy(), "--json"]).expect(&[0, 3])?.json()?;
    let findings = doctor["findings"].as_array().cloned().unwrap_or_default();
    let bad = findings.iter().filter(|finding| finding["severity"] != "note");
    Ok(bad.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect())
}

fn key(line: &Value) -> String {
    line.get("path_hex").unwrap_or(&line["path"]).to_string()
}

/// The disk is refused, or shown with a remark, and the text says why in this word.
pub fn is_named(disk: &Disk, word: &str) -> Outcome {
    let answer = careen(["survey", &disk.file.to_string_lossy(), "--json"]).expect(&[0, 1, 3])?;
    let text = match answer.code {
        1 => answer.stderr,
        _ => answer.json()?["findings"].to_string(),
    };
    if text.to_lowercase().contains(word) { Ok(()) } else { Err(format!("{word:?} is not in: {text}")) }
}

fn survey(disk: &Disk) -> Result<Value, String> {
    careen(["survey", &disk.file.to_string_lossy(), "--json"]).expect(&[0])?.json()
}

fn file_name(disk: &Disk) -> &str {
    disk.file.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
