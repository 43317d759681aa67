//! Lists of parts are valid by the official rules: CycloneDX 1.6 by its schema, SPDX 2.3 by the SPDX project's own validator.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::{careen, disks, root, target};
use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Where the lists of the committed disk are, by image and for all of them, and those of a system with licences.
fn lists(name: &str) -> Vec<PathBuf> {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    // Two tests may ask for the same ones at once.
    let unique = std::thread::current().name().unwrap_or_default().to_owned();
    let folder = target().join("corpus/sbom").join(unique);
    let _ = fs::remove_dir_all(&folder);
    let of_disk = folder.join("disk");
    careen(["packages", &*disk.file.to_string_lossy(), "--out", &*of_disk.to_string_lossy()]).expect(&[0]).unwrap();
    let files =
        [of_disk, licensed(&folder)].map(|folder| fs::read_dir(folder.join("sbom")).unwrap()).into_iter().flatten();
    let files = files.map(|entry| entry.unwrap().path());
    files.filter(|file| file.to_string_lossy().ends_with(&format!(".{name}.json"))).collect()
}

/// The lists of a system whose packages have the licences that the tests of `careen-packages` read.
fn licensed(folder: &Path) -> PathBuf {
    let (system, out) = (folder.join("system"), folder.join("licensed"));
    let put = |path: &str, bytes: &[u8]| {
        let path = system.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let mut status = String::new();
    for entry in fs::read_dir(root().join("crates/packages/tests/copyright")).unwrap() {
        let file = entry.unwrap().path();
        let Some(name) = file.file_name().unwrap().to_string_lossy().strip_suffix(".txt").map(str::to_owned) else {
            continue;
        };
        status.push_str(&format!("Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"));
        put(&format!("usr/share/doc/{name}/copyright"), &fs::read(&file).unwrap());
    }
    put("var/lib/dpkg/status", status.as_bytes());
    let words = ["packages", &*system.to_string_lossy(), "--of", "fs", "--out", &*out.to_string_lossy()];
    careen(words).expect(&[0]).unwrap();
    out
}

#[test]
fn licences_of_dpkg_stand_in_both() {
    let folder = target().join("corpus/sbom/licences");
    let _ = fs::remove_dir_all(&folder);
    let lists = licensed(&folder).join("sbom");
    let parts = read(&lists.join("fs.cdx.json"))["components"].as_array().unwrap().clone();
    let of = |name: &str| parts.iter().find(|part| part["name"] == name).unwrap()["licenses"].clone();
    assert_eq!(of("draft"), serde_json::json!([{"license": {"id": "Apache-2.0"}}]));
    assert_eq!(
        of("header"),
        serde_json::json!([{
            "expression": "(MPL-2.0 OR LGPL-3.0-or-later) AND MPL-2.0 AND GFDL-1.3-no-invariants-or-later",
        }])
    );
    assert_eq!(of("none"), Value::Null);
    let spdx = read(&lists.join("fs.spdx.json"));
    let packages = spdx["packages"].as_array().unwrap();
    let whole = packages.iter().find(|package| package["name"] == "defined").unwrap();
    let declared = whole["licenseDeclared"].as_str().unwrap();
    let (known, other) = declared.split_once(" AND ").unwrap();
    assert_eq!(known, "MIT");
    let named = spdx["hasExtractedLicensingInfos"].as_array().unwrap().iter();
    let named: Vec<&Value> = named.filter(|it| it["licenseId"] == other).map(|it| &it["name"]).collect();
    assert_eq!(named, ["public-domain"]);
    fs::remove_dir_all(folder).unwrap();
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn cyclonedx() -> Validator {
    let schema = |name: &str| read(&root().join(format!("tests/sbom/{name}.SNAPSHOT.schema.json")));
    let mut registry = Registry::new();
    for name in ["spdx", "jsf-0.82"] {
        // Under the name by which the main one refers to it, beside itself.
        registry =
            registry.add(format!("http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json"), schema(name)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).offline().build(&schema("bom-1.6")).unwrap()
}

#[test]
fn cyclonedx_is_valid_by_its_schema() {
    let validator = cyclonedx();
    let files = lists("cdx");
    assert!(files.len() > 3, "{files:?}");
    let mut parts = 0;
    for file in &files {
        let list = read(file);
        if let Err(error) = validator.validate(&list) {
            panic!("{}: at {}: {error}", file.display(), error.instance_path());
        }
        parts += list["components"].as_array().map_or(0, Vec::len);
    }
    assert!(parts > 100, "{parts}");
    let has_parts = |list: &Value| list["components"].as_array().is_some_and(|parts| !parts.is_empty());
    let mut wrong = files.iter().map(|file| read(file)).find(has_parts).expect("a list with parts");
    wrong["components"][0]["type"] = "nonsense".into();
    assert!(!validator.is_valid(&wrong));
}

/// With its JSON schema at hand, named by `CAREEN_SPDX_SCHEMA`.
#[test]
fn spdx_is_valid_by_its_schema() {
    let Some(file) = std::env::var_os("CAREEN_SPDX_SCHEMA") else {
        println!("skipped: the JSON schema of SPDX, which CAREEN_SPDX_SCHEMA would name");
        return;
    };
    let validator = jsonschema::options().offline().build(&read(Path::new(&file))).unwrap();
    for file in lists("spdx") {
        if let Err(error) = validator.validate(&read(&file)) {
            panic!("{}: at {}: {error}", file.display(), error.instance_path());
        }
    }
}

/// The version of SPDX's own validator.
const SPDX_TOOLS: &str = "0.8.5";

/// Says what is wrong with each file.
const SPDX: &str = "\
import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
for name in sys.argv[1:]:
    document = parse_file(name)
    assert document.packages, name
    for message in validate_full_spdx_document(document):
        print(name, message.validation_message)
";

#[test]
fn spdx_is_valid_by_its_own_validator() {
    let judge = target().join(format!("spdx-tools-{SPDX_TOOLS}"));
    if !judge.join("ready").exists() {
        let _ = fs::remove_dir_all(&judge);
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
        let installed = pip.arg(&judge).arg(format!("spdx-tools=={SPDX_TOOLS}")).status();
        if !installed.is_ok_and(|status| status.success()) {
            // Where everything has to be tested, it has to be there.
            assert!(std::env::var_os("CI").is_none(), "spdx-tools cannot be installed");
            println!("skipped: spdx-tools cannot be installed, and SPDX is not validated");
            return;
        }
        fs::write(judge.join("ready"), "").unwrap();
    }
    let files = lists("spdx");
    assert!(files.len() > 3, "{files:?}");
    let said = Command::new("python3").env("PYTHONPATH", &judge).args(["-c", SPDX]).args(&files).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success() && out.is_empty(), "{out}{errors}");
}
