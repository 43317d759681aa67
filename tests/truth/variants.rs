//! The same disk in other containers, and disks of which part is gone.

use std::collections::BTreeMap;
use std::sync::Arc;

use careen_tests::{Disk, careen};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::{Outcome, compare, filesystem, listing, trial};

/// How much may be read to show the overview of a disk of 1 TiB.
const OVERVIEW_READS: u64 = 64 << 20;

/// A disk that holds what `base` holds, its data root at `layout`.
pub fn same(disk: &Disk, base: &Disk, layout: &str, trials: &mut Vec<Trial>) {
    let pair = Arc::new((disk.clone(), base.clone(), layout.to_owned()));
    let of = |pair: &Arc<(Disk, Disk, String)>, check: fn(&Disk, &Disk, &str) -> Outcome| {
        let pair = Arc::clone(pair);
        move || check(&pair.0, &pair.1, &pair.2)
    };
    trials.push(trial(disk, "survey", of(&pair, survey_is_the_same)));
    trials.push(trial(disk, "files", of(&pair, files_are_the_same)));
    trials.push(trial(disk, "packages", of(&pair, packages_are_the_same)));
    if disk.name.ends_with("-1t") {
        let disk_of_trial = disk.clone();
        trials.push(trial(disk, "overview_reads_little", move || overview_reads_little(&disk_of_trial)));
    }
    if disk.name.ends_with("headers-bad") {
        let disk_of_trial = disk.clone();
        trials.push(trial(disk, "is_named", move || is_named(&disk_of_trial, "header")));
    }
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
    let said = filesystem::below(&listing::list(base, "fs")?, &root);
    let ours = filesystem::below(&listing::list(disk, "fs")?, layout);
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

/// A disk of which part is gone: what is shown is right, and what is gone has been said.
pub fn cut(disk: &Disk, base: &Disk, trials: &mut Vec<Trial>) {
    let pair = (disk.clone(), base.clone());
    trials.push(trial(disk, "what_is_shown_is_right", move || what_is_shown_is_right(&pair.0, &pair.1)));
    let disk_of_trial = disk.clone();
    trials.push(trial(disk, "loss_is_said", move || loss_is_said(&disk_of_trial)));
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

fn what_is_shown_is_right(disk: &Disk, base: &Disk) -> Outcome {
    let answer = careen(["ls", &disk.file.to_string_lossy(), "-R", "--hash", "--json"]).expect(&[0, 1, 3])?;
    let said = listing::list(base, "fs")?;
    if answer.code == 0 {
        // What was cut off belonged to no file: then nothing may be missing.
        return compare::listings(&said, &answer.json_lines()?);
    }
    let said: BTreeMap<String, Value> = said.into_iter().map(|line| (key(&line), line)).collect();
    let mut wrong = Vec::new();
    for mut own in answer.json_lines()? {
        match said.get(&key(&own)) {
            None => wrong.push(format!("{} is not on the disk", own["path"])),
            Some(said) => {
                let mut said = said.clone();
                // What could not be read has no hash; its first path may be one that could not be read either.
                for field in ["sha256", "hl", "xattrs", "overlay", "link", "link_hex"] {
                    if own.get(field).is_none() || field == "hl" {
                        said.as_object_mut().map(|said| said.remove(field));
                        own.as_object_mut().map(|own| own.remove(field));
                    }
                }
                if said != own {
                    wrong.push(format!("said: {said}\nours: {own}"));
                }
            }
        }
    }
    compare::verdict(&wrong)
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
