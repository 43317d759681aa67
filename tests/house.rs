//! The shape of this repository: which crate may know which, and how long a file may grow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use careen_tests::{root, workspace};

/// The longest a source file may be. Past it, look for the second subject in it.
const MOST_LINES: usize = 600;

/// Which crates of ours each crate may be built from. Readers know none of their neighbours; `survey` strings them
/// together; the page links no parser.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("evidence", &["model"]),
    ("disk", &["evidence", "model"]),
    ("filesystem", &["evidence", "model"]),
    ("archive", &["evidence", "model"]),
    ("store", &["evidence", "model"]),
    ("packages", &["evidence", "model"]),
    ("report", &["model"]),
    ("protocol", &["model"]),
    ("survey", &["archive", "disk", "evidence", "filesystem", "model", "packages", "report", "store"]),
    ("worker", &["evidence", "model", "protocol", "survey"]),
    ("app", &["model", "protocol"]),
    ("cli", &["evidence", "model", "report", "survey"]),
    // These bring no part of the product.
    ("tests", &[]),
    ("xtask", &["tests"]),
];

/// Crates that speak to a browser and may stand only in these of ours.
const OF_THE_BROWSER: &[&str] = &["wasm-bindgen", "web-sys", "js-sys", "gloo", "leptos"];
const IN_THE_BROWSER: &[&str] = &["worker", "app"];

#[test]
fn arrows_between_crates_hold() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for member in workspace::crates().unwrap() {
        let name = short(&member.name);
        let Some(may_know) = allowed.get(name) else {
            wrong.push(format!("{name} has no row in the table of arrows"));
            continue;
        };
        for known in &member.dependencies {
            if is_ours(known) && !may_know.contains(&short(known)) {
                wrong.push(format!("{name} is built from {}, which it must not know", short(known)));
            }
            if OF_THE_BROWSER.iter().any(|of| known == of || known.starts_with(&format!("{of}-")))
                && !IN_THE_BROWSER.contains(&name)
            {
                wrong.push(format!("{name} is built from {known}, which belongs in {IN_THE_BROWSER:?} alone"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for file in sources(&["rs", "mjs", "css", "sh"]) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        if lines > MOST_LINES {
            long.push(format!("{}: {lines} lines", file.display()));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn every_finding_code_is_used() {
    // A row is used where its constant stands as `codes::…::NAME`, outside the table itself.
    let table = root().join("crates/model/src/codes");
    let rows: BTreeSet<String> = walk(&table)
        .into_iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let names = text.lines().filter_map(|line| Some(line.trim().split_once(" = \"")?.0.to_owned()));
            names
                .filter(|name| {
                    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!rows.is_empty(), "no row was found in {}", table.display());
    let used: String = sources(&["rs"])
        .into_iter()
        .filter(|file| !file.starts_with(&table))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let words: BTreeSet<&str> = used.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let unused: Vec<&String> = rows.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(unused.is_empty(), "codes that no reader uses: {unused:?}");
}

#[test]
fn committed_disks_are_small() {
    const MOST_BYTES: u64 = 20 << 20;
    let bytes: u64 = walk(&root().join("tests/cases")).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes <= MOST_BYTES, "tests/cases holds {bytes} bytes");
}

/// The name of a crate without the project's.
fn short(name: &str) -> &str {
    name.strip_prefix("careen-").unwrap_or(name)
}

fn is_ours(name: &str) -> bool {
    name.starts_with("careen-") || name == "xtask"
}

/// Our own source files with one of these endings.
fn sources(extensions: &[&str]) -> Vec<PathBuf> {
    let folders = ["crates", "tests", "xtask", "www", "benches", "fuzz"];
    let files = folders.iter().flat_map(|folder| walk(&root().join(folder)));
    files.filter(|file| file.extension().is_some_and(|own| extensions.iter().any(|wanted| own == *wanted))).collect()
}

/// Every file below a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}
