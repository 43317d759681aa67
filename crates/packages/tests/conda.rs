//! An environment that rattler made of packages, compared with what rattler reads of it (`conda/make.py`).

#![allow(clippy::panic, clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use careen_evidence::{CancelToken, Findings, Limits, MemoryTree};
use careen_model::{Details, Ecosystem, Package, PackageFileState};
use careen_packages::{Ownership, catalog_tree};
use serde_json::{Value, json};

/// Puts a directory and all below it into a tree.
fn put(tree: &mut MemoryTree, from: &Path, at: &str) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{at}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            put(tree, &entry.path(), &path);
        } else {
            tree.file(&path, fs::read(entry.path()).unwrap());
        }
    }
}

/// As the truth has it.
fn told(package: &Package, files: &[String]) -> Value {
    let Details::Conda { build, channel, environment } = &package.details else { panic!("{package:?}") };
    assert_eq!(environment, "/opt/lab");
    let subdir = package.purl.split(['?', '&']).find_map(|part| part.strip_prefix("subdir="));
    let declared = &package.declared;
    json!({
        "name": package.name,
        "version": package.version,
        "build": build,
        "channel": channel,
        "subdir": subdir,
        "license": declared.license,
        "sha256": declared.digest.strip_prefix("sha256:"),
        "requires": declared.requires,
        "requested": declared.requested == Some(true),
        "files": files,
    })
}

#[test]
fn an_environment_holds_what_rattler_reads_of_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conda");
    let truth: Value = serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let mut tree = MemoryTree::new("disk");
    put(&mut tree, &folder.join("environment"), "/opt/lab");
    let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
    let found = catalog_tree(&tree, &limits, &cancel, &mut findings, &mut |_| {}).unwrap();
    let of_conda = |package: &Package| package.ecosystem() == Ecosystem::Conda;
    let packages: Vec<Package> = found.packages.into_iter().filter(of_conda).collect();
    let owned = Ownership::of(&tree, &packages, &limits, &cancel, &mut findings).unwrap();
    let ours = packages.iter().enumerate().map(|(at, package)| {
        let files = owned.files_of(at, &tree, &limits, &cancel, &mut findings).unwrap();
        // A file into which the installation wrote its own path is as it was installed.
        assert!(files.iter().all(|file| file.state == PackageFileState::Owned), "{files:?}");
        // Its record belongs to a package too, but is not one of the files that it brought.
        let paths = files.iter().map(|file| file.path.trim_start_matches("/opt/lab/"));
        let files: Vec<String> = paths.filter(|path| !path.starts_with("conda-meta/")).map(str::to_owned).collect();
        told(package, &files)
    });
    let ours: Vec<Value> = ours.collect();
    assert_eq!(json!(ours), truth["packages"]);
    assert!(findings.list().is_empty());
}
