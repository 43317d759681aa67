//! What rpm, R, npm, yarn, pnpm, RubyGems and composer say is installed, against what is read from the disk: in images,
//! containers, volumes and on the host. `tests/managers/make.sh` made the disk and wrote down what they said.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use careen_tests::{careen, compare, target, unpack};
use serde_json::Value;

/// Rows of values.
type Rows = BTreeSet<Vec<String>>;

fn case() -> PathBuf {
    careen_tests::root().join("tests/cases/managers")
}

/// A row of a CSV file, by column.
type Row = BTreeMap<String, String>;

/// The tables of one scope, by ecosystem; what the system beneath is, is in none of the tools' lists.
fn tables(disk: &Path, scope: &str) -> (BTreeMap<String, Vec<Row>>, PathBuf) {
    let out = target().join("corpus/managers-out").join(scope.replace([':', '/'], "-"));
    let _ = std::fs::remove_dir_all(&out);
    let words = ["packages".as_ref(), disk.as_os_str(), "--of".as_ref(), scope.as_ref(), "--out".as_ref()];
    careen(words.into_iter().chain([out.as_os_str()])).expect(&[0]).unwrap();
    let mut tables = BTreeMap::new();
    for entry in std::fs::read_dir(&out).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_str().unwrap();
        let Some(ecosystem) = name.strip_suffix("_packages_by_image.csv").filter(|it| *it != "os") else { continue };
        let mut reader = csv::Reader::from_path(&file).unwrap();
        let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
        tables.insert(ecosystem.to_owned(), rows);
    }
    (tables, out)
}

/// The values of some columns of each row, without the apostrophes that keep spreadsheets from computing.
fn columns(rows: &[&Row], names: &[&str]) -> Rows {
    let value = |row: &Row, name: &&str| {
        let cell = &row[*name];
        cell.strip_prefix("'@").map_or_else(|| cell.clone(), |rest| format!("@{rest}"))
    };
    rows.iter().map(|row| names.iter().map(|name| value(row, name)).collect()).collect()
}

/// The first values of each row that a tool said.
fn said(list: &Value, count: usize) -> Rows {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(|row| row.as_array().unwrap()[..count].iter().map(text).collect()).collect()
}

/// Two sets of rows are the same, and no row was there twice.
fn same(what: &str, theirs: &Rows, ours: &Rows, rows: usize, wrong: &mut Vec<String>) {
    wrong.extend(compare::sets(what, theirs, ours).err());
    if rows != ours.len() {
        wrong.push(format!("{what}: {rows} rows, of which {} are different", ours.len()));
    }
}

/// Directory of a path.
fn above(path: &str) -> String {
    path.rsplit_once('/').unwrap().0.to_owned()
}

fn rows(tables: &BTreeMap<String, Vec<Row>>, ecosystem: &str, keep: impl Fn(&Row) -> bool) -> Vec<Row> {
    tables.get(ecosystem).into_iter().flatten().filter(|row| keep(row)).cloned().collect()
}

/// Name, version, licence, supplier and digest of each part in the list of parts.
fn parts(out: &Path) -> Rows {
    let mut files = std::fs::read_dir(out.join("sbom")).unwrap().map(|entry| entry.unwrap().path());
    let file = files.find(|file| file.to_string_lossy().ends_with(".cdx.json")).unwrap();
    let list = compare::json(&file).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let parts = list["components"].as_array().unwrap().iter().map(|part| {
        let license = &part["licenses"][0];
        let license = [&license["expression"], &license["license"]["id"], &license["license"]["name"]]
            .into_iter()
            .find_map(Value::as_str)
            .unwrap_or_default();
        let [name, version, supplier, digest] =
            [&part["name"], &part["version"], &part["supplier"]["name"], &part["hashes"][0]["content"]].map(text);
        vec![name, version, license.to_owned(), supplier, digest]
    });
    parts.collect()
}

fn of_rpm(scope: &str, said_of: &Value, disk: &Path, tables: &BTreeMap<String, Vec<Row>>, out: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let own = rows(tables, "rpm", |_| true);
    let names = ["package", "version", "architecture", "source", "modularity"];
    let packages = &said_of["packages"];
    let ours = columns(&own.iter().collect::<Vec<_>>(), &names);
    same(&format!("{scope}: rpm"), &said(packages, 5), &ours, own.len(), &mut wrong);
    // What each says of itself: licence, vendor, digest of its header.
    let declared: Rows =
        said(packages, 8).into_iter().map(|row| [0, 1, 5, 6, 7].map(|at| row[at].clone()).to_vec()).collect();
    let listed: Rows = parts(out).into_iter().filter(|row| !row[4].is_empty()).collect();
    wrong.extend(compare::sets(&format!("{scope}: what packages of rpm declare"), &declared, &listed).err());
    let Some(files) = said_of["files"].as_array() else { return wrong };
    let ask = |kind: &str| -> Vec<Value> {
        let words = ["packages", &disk.to_string_lossy(), "--of", scope, "--files", kind, "--json"].map(str::to_owned);
        careen(words).expect(&[0]).unwrap().json().unwrap().as_array().unwrap().clone()
    };
    let text = |file: &Value, key: &str| file[key].as_str().unwrap().to_owned();
    // `rpm -Va`: `..5......` where content changed, `missing` where a file is gone.
    let verified: BTreeMap<&str, &str> = said_of["verify"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap().split_once(' ').unwrap())
        .map(|(mark, path)| (path, if mark == "missing" { "missing" } else { "changed" }))
        .collect();
    let theirs: Rows = files
        .iter()
        .map(|path| vec![path.as_str().unwrap().to_owned()])
        .filter(|path| verified.get(path[0].as_str()) != Some(&"missing"))
        .collect();
    let ours: Rows = ask("owned").iter().map(|file| vec![text(file, "path")]).collect();
    wrong.extend(compare::sets(&format!("{scope}: files of rpm"), &theirs, &ours).err());
    let theirs: Rows = verified.iter().map(|(path, state)| vec![(*path).to_owned(), (*state).to_owned()]).collect();
    let ours: Rows = ask("changed").iter().map(|file| vec![text(file, "path"), text(file, "state")]).collect();
    wrong.extend(compare::sets(&format!("{scope}: changed files of rpm"), &theirs, &ours).err());
    wrong
}

fn of_libraries(scope: &str, said_of: &Value, tables: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut own = rows(tables, "cran", |_| true);
    for row in &mut own {
        row.entry("built".to_owned()).and_modify(|built| *built = built.trim_start_matches("R ").to_owned());
    }
    let names = ["package", "version", "repository", "built", "environment"];
    let ours = columns(&own.iter().collect::<Vec<_>>(), &names);
    same(&format!("{scope}: R"), &said(&said_of["cran"], 5), &ours, own.len(), &mut wrong);

    let own = rows(tables, "gem", |_| true);
    let ours = columns(&own.iter().collect::<Vec<_>>(), &["package", "version", "platform", "environment"]);
    same(&format!("{scope}: gems"), &said(&said_of["gem"], 4), &ours, own.len(), &mut wrong);

    for (key, is_locked) in [("installed", false), ("locked", true)] {
        let mut own = rows(tables, "composer", |row| (row["state"] == "locked") == is_locked);
        for row in &mut own {
            // What is installed lies in `vendor`; composer is asked in the directory of the project.
            row.entry("environment".to_owned()).and_modify(|it| *it = it.trim_end_matches("/vendor").to_owned());
        }
        let ours = columns(&own.iter().collect::<Vec<_>>(), &["package", "version", "environment"]);
        same(&format!("{scope}: composer, {key}"), &said(&said_of["composer"][key], 3), &ours, own.len(), &mut wrong);

        let mut own = rows(tables, "npm", |row| (row["state"] == "locked") == is_locked);
        for row in &mut own {
            let place = if is_locked { row["environment"].clone() } else { above(&row["found_at"]) };
            row.insert("place".to_owned(), place);
        }
        let ours = columns(&own.iter().collect::<Vec<_>>(), &["package", "version", "place"]);
        same(&format!("{scope}: npm, {key}"), &said(&said_of["npm"][key], 3), &ours, own.len(), &mut wrong);
    }
    wrong
}

/// yarn and pnpm tell neither where a module lies nor how often.
fn of_others(scope: &str, said_of: &Value, tables: &BTreeMap<String, Vec<Row>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (program, is_locked) in [("yarn", false), ("yarn", true), ("pnpm", false), ("pnpm", true)] {
        let mut own = rows(tables, "npm", |row| {
            (row["state"] == "locked") == is_locked && row["found_at"].starts_with(&format!("/srv/{program}/"))
        });
        let mut theirs = said(&said_of[program], 2);
        if program == "yarn" && !is_locked {
            // It tells modules by the names that they go by, and versions without what they were built as.
            for row in &mut own {
                let directory = above(&row["found_at"]);
                let name = directory.rsplit_once("node_modules/").unwrap().1.to_owned();
                let version = row["version"].split('+').next().unwrap().to_owned();
                row.extend([("package".to_owned(), name), ("version".to_owned(), version)]);
            }
        } else if program == "yarn" {
            // A lock file has no name for it but its own.
            let other = theirs.take(&vec!["another-name".to_owned(), "3.1.0".to_owned()]);
            theirs.extend(other.map(|row| vec!["branch".to_owned(), row[1].clone()]));
        }
        let ours = columns(&own.iter().collect::<Vec<_>>(), &["package", "version"]);
        wrong.extend(compare::sets(&format!("{scope}: {program}, locked: {is_locked}"), &theirs, &ours).err());
    }
    wrong
}

#[test]
fn what_is_read_is_what_the_package_managers_say() {
    let disk = unpack(&case().join("disk.raw.zst"), "managers").unwrap();
    let said = compare::json(&case().join("said.json")).unwrap();
    let mut wrong = Vec::new();
    let (mut scopes, mut packages) = (0, 0);
    for (scope, said_of) in said.as_object().unwrap().iter().filter(|(scope, _)| *scope != "tools") {
        scopes += 1;
        let (tables, out) = tables(&disk, scope);
        packages += tables.values().map(Vec::len).sum::<usize>();
        let found: Vec<&str> = tables.keys().map(String::as_str).collect();
        let expected: &[&str] = if said_of["rpm"].is_object() {
            wrong.extend(of_rpm(scope, &said_of["rpm"], &disk, &tables, &out));
            &["rpm"]
        } else if said_of["npm"].is_object() {
            wrong.extend(of_libraries(scope, said_of, &tables));
            &["composer", "cran", "gem", "npm"]
        } else {
            wrong.extend(of_others(scope, said_of, &tables));
            &["npm"]
        };
        if found != expected {
            wrong.push(format!("{scope}: it has {found:?}, expected {expected:?}"));
        }
        std::fs::remove_dir_all(out).unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(scopes, 8);
    println!("{packages} packages of {scopes} scopes");
}
