//! Licences in `copyright` files, compared with what python-debian finds in the same ones (`copyright/judge.py`).

#![allow(clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use careen_evidence::{CancelToken, Findings, Limits, MemoryTree};
use careen_packages::{catalog_system, dpkg_licenses};

#[test]
fn licences_are_those_that_python_debian_finds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/copyright");
    let truth: BTreeMap<String, Vec<String>> =
        serde_json::from_slice(&fs::read(folder.join("truth.json")).unwrap()).unwrap();
    let mut tree = MemoryTree::new("disk");
    let mut status = String::new();
    for name in truth.keys() {
        status.push_str(&format!("Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"));
        let text = fs::read(folder.join(format!("{name}.txt"))).unwrap();
        tree.file(&format!("/usr/share/doc/{name}/copyright"), text);
    }
    tree.file("/var/lib/dpkg/status", status);
    let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
    let packages = catalog_system(&tree, &limits, &cancel, &mut findings).unwrap();
    let licenses = dpkg_licenses(&tree, &packages, &limits, &cancel, &mut findings).unwrap();
    let found: BTreeMap<usize, Vec<&str>> = licenses.iter().map(|(at, text)| (*at, text.lines().collect())).collect();
    let (mut same, mut missing, mut extra) = (0, Vec::new(), Vec::new());
    for (at, package) in packages.iter().enumerate() {
        let (ours, theirs) = (found.get(&at).cloned().unwrap_or_default(), &truth[&package.name]);
        same += theirs.iter().filter(|it| ours.contains(&it.as_str())).count();
        missing.extend(theirs.iter().filter(|it| !ours.contains(&it.as_str())).map(|it| (&package.name, it.clone())));
        extra.extend(ours.iter().filter(|it| !theirs.iter().any(|their| their == *it)).map(|it| (&package.name, *it)));
    }
    println!("licences of {} files: same {same}, missing {missing:?}, extra {extra:?}", packages.len());
    assert_eq!((packages.len(), missing.len(), extra.len()), (truth.len(), 0, 0));
    assert!(same > 10 && findings.list().is_empty());
}
