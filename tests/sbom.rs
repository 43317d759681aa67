//! Lists of parts are valid by the official rules: CycloneDX 1.6 by its schema, SPDX 2.3 by the SPDX project's own validator.

use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::{careen, disks, root, target};
use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Where the lists of the committed disk are, by image and for all of them.
fn lists(name: &str) -> Vec<PathBuf> {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    // Two tests may ask for the same ones at once.
    let unique = std::thread::current().name().unwrap_or_default().to_owned();
    let folder = target().join("corpus/sbom").join(unique);
    let _ = std::fs::remove_dir_all(&folder);
    careen(["packages", &*disk.file.to_string_lossy(), "--out", &*folder.to_string_lossy()]).expect(&[0]).unwrap();
    let files = std::fs::read_dir(folder.join("sbom")).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.to_string_lossy().ends_with(&format!(".{name}.json"))).collect()
}

fn read(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
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
        let _ = std::fs::remove_dir_all(&judge);
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
        let installed = pip.arg(&judge).arg(format!("spdx-tools=={SPDX_TOOLS}")).status();
        if !installed.is_ok_and(|status| status.success()) {
            // Where everything has to be tested, it has to be there.
            assert!(std::env::var_os("CI").is_none(), "spdx-tools cannot be installed");
            println!("skipped: spdx-tools cannot be installed, and SPDX is not validated");
            return;
        }
        std::fs::write(judge.join("ready"), "").unwrap();
    }
    let files = lists("spdx");
    assert!(files.len() > 3, "{files:?}");
    let said = Command::new("python3").env("PYTHONPATH", &judge).args(["-c", SPDX]).args(&files).output().unwrap();
    let (out, errors) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success() && out.is_empty(), "{out}{errors}");
}
