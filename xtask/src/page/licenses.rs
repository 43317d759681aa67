//! The licenses of all that is compiled into the page, as cargo knows them, with the texts that its packages bring.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{cargo, output};

const HEAD: &str = "\
Careen is licensed under MIT or Apache-2.0, as you choose.

The page is built from the packages below, and from the standard library of Rust (MIT OR Apache-2.0, Copyright (c) The
Rust Project Contributors, https://github.com/rust-lang/rust). The texts of their licenses follow. Where a package may be
used under MIT or another license, it is used under MIT.
";

/// Crates of ours that are compiled for the browser.
const PROGRAMS: [&str; 2] = ["careen-app", "careen-worker"];

/// The text.
pub fn text() -> Result<String, String> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version", "1", "--locked", "--quiet"]);
    metadata.args(["--filter-platform", "wasm32-unknown-unknown"]);
    let metadata = output(&mut metadata).ok_or("cargo metadata failed")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = linked(&metadata);
    let mut list = String::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for package in packages {
        let word = |field: &str| package[field].as_str().unwrap_or_default();
        let name = format!("{} {}", word("name"), word("version"));
        let (license, source) = (word("license"), word("repository"));
        if license.is_empty() && word("license_file").is_empty() {
            return Err(format!("{name} declares no license"));
        }
        list.push_str(&format!("{name}: {license}  {source}\n"));
        let folder = Path::new(word("manifest_path")).parent().unwrap_or(Path::new("."));
        let mut own = texts_in(folder, license);
        if own.is_empty() {
            let authors: Vec<&str> =
                package["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            own.push(format!("The package brings no text. License: {license}. Authors: {}", authors.join(", ")));
        }
        for text in own {
            texts.entry(text).or_default().push(name.clone());
        }
    }
    // Most widely used first; the same text stands once.
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by_key(|(_, names)| (std::cmp::Reverse(names.len()), names.first().cloned()));
    let line = "-".repeat(100);
    let texts: String =
        texts.iter().map(|(text, names)| format!("\n{line}\n{}\n\n{text}\n", names.join(", "))).collect();
    Ok(format!("{HEAD}\n{list}{texts}"))
}

/// The packages of others that the programs are linked from, by name. What only runs while they are built is not in them.
fn linked(metadata: &Value) -> Vec<&Value> {
    let all = |value: &'static str, of: &'_ Value| of[value].as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<&str, &Value> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let dependencies: BTreeMap<String, Vec<String>> = all("nodes", &metadata["resolve"])
        .iter()
        .map(|node| {
            let normal = |dependency: &Value| all("dep_kinds", dependency).iter().any(|kind| kind["kind"].is_null());
            let of = all("deps", node).iter().filter(|it| normal(it)).map(|it| text_of(&it["pkg"])).collect();
            (text_of(&node["id"]), of)
        })
        .collect();
    let mut open: Vec<String> = packages
        .iter()
        .filter(|(_, package)| PROGRAMS.iter().any(|program| package["name"] == *program))
        .map(|(id, _)| (*id).to_owned())
        .collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(package) = packages.get(id.as_str()) else { continue };
        let is_macro = all("targets", package).iter().any(|target| target["kind"][0] == "proc-macro");
        if !is_macro && seen.insert(id.clone()) {
            open.extend(dependencies.get(&id).into_iter().flatten().cloned());
        }
    }
    let mut linked: Vec<&Value> = seen.iter().filter_map(|id| packages.get(id.as_str()).copied()).collect();
    linked.retain(|package| !package["source"].is_null());
    linked.sort_by_key(|package| (text_of(&package["name"]), text_of(&package["version"])));
    linked
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The license texts in a package: only MIT's where the package may be used under it.
fn texts_in(folder: &Path, license: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| {
            let name = name.to_ascii_uppercase();
            ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"].iter().any(|word| name.starts_with(word))
        })
        .collect();
    names.sort();
    let is_choice = license.contains(" OR ") || license.contains('/');
    let mit = names.iter().find(|name| name.to_ascii_uppercase().contains("MIT")).cloned();
    if let (true, Some(mit)) = (is_choice && license.contains("MIT"), mit) {
        names = vec![mit];
    }
    let read = |name: &String| fs::read_to_string(folder.join(name)).ok();
    names.iter().filter_map(read).map(|text| text.replace('\r', "").trim().to_owned()).collect()
}
