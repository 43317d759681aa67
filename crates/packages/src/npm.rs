//! Node's modules: `package.json` of what lies in a `node_modules` (of a project, global, in pnpm's store) or in Debian's
//! `/usr/share/nodejs`, and what lock files of projects name (`package-lock.json`, `yarn.lock`, `pnpm-lock.yaml`).
//!
//! A module may be a link to a directory elsewhere (workspaces, `npm link`); one to another directory of modules, as pnpm
//! has them, is that module by another name and is not told twice.
//!
//! What only a lock file names has the state `locked` and does not count as installed. A `package.json` elsewhere (the
//! project's own, those within a module) is no installed module, and lock files within modules say nothing about what is
//! installed; both are left out.

mod locks;

use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Details, Ecosystem, LINKED, LOCKED, Package};
use serde::Deserialize;
use serde_json::Value;

use crate::draft::{Draft, LARGEST_RECORD, failed, lost, record};
use crate::{Cataloger, hex, path, purl::purl};

/// The cataloger of Node's modules.
pub struct Npm;

const LOCKS: [&[u8]; 4] = [b"package-lock.json", b"npm-shrinkwrap.json", b"yarn.lock", b"pnpm-lock.yaml"];

/// Lock files of large projects have several megabytes.
const LARGEST_LOCK: u64 = 64 << 20;

/// What is used of a `package.json`.
#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    name: Value,
    #[serde(default)]
    version: Value,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    licenses: Value,
    #[serde(default)]
    author: Value,
    #[serde(default)]
    dependencies: Value,
    /// Written by npm until version 6.
    #[serde(default, rename = "_integrity")]
    integrity: Value,
    /// The same: whether a person asked for it.
    #[serde(default, rename = "_requiredBy")]
    required_by: Value,
}

impl Cataloger for Npm {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Npm
    }

    /// The directory of modules itself, since an empty one is an environment too.
    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        match kind {
            Kind::Directory => name == b"node_modules",
            Kind::File if name == b"package.json" => environment(directory).is_some(),
            Kind::File => LOCKS.contains(&name) && !path::has(directory, b"node_modules"),
            Kind::Symlink => environment(path).is_some(),
            _ => false,
        }
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        if matches!(tree.stat(node, findings), Ok(stat) if stat.kind == Kind::Symlink) {
            return linked(self, tree, path, node, limits, findings);
        }
        let (directory, name) = path::split(path);
        if name == b"node_modules" {
            return Vec::new();
        }
        let most = if name == b"package.json" { LARGEST_RECORD } else { LARGEST_LOCK };
        let Some(bytes) = record(tree, Ecosystem::Npm, path, node, most, limits, findings) else { return Vec::new() };
        let found_at = path::text(path);
        let read = match name {
            b"package.json" => {
                let environment = path::text(environment(directory).unwrap_or(directory));
                installed(&bytes, &environment, &found_at).map(|package| package.into_iter().collect())
            }
            b"yarn.lock" => Ok(locks::yarn(&String::from_utf8_lossy(&bytes))),
            b"pnpm-lock.yaml" => Ok(locks::pnpm(&String::from_utf8_lossy(&bytes))),
            _ => locks::npm(&bytes),
        };
        match read {
            Ok(found) if name == b"package.json" => found,
            Ok(found) => found.into_iter().map(|package| placed(package, directory, &found_at)).collect(),
            Err(reason) => {
                lost(tree, Ecosystem::Npm, path, node, reason, findings);
                Vec::new()
            }
        }
    }
}

/// The module behind a link that stands among modules.
fn linked(
    npm: &Npm,
    tree: &dyn FileTree,
    path: &[u8],
    link: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Package> {
    let target = match tree.link_target(link, findings) {
        Ok(target) => path::normalize(path::parent(path), &target),
        Err(error) => {
            failed(tree, Ecosystem::Npm, path, link, &error, findings);
            return Vec::new();
        }
    };
    if environment(&target).is_some() {
        return Vec::new();
    }
    let manifest = path::join(path, b"package.json");
    match crate::resolve(tree, &manifest, findings) {
        Ok(Some(node)) => {
            let mut found = npm.catalog(tree, &manifest, node, limits, findings);
            for package in &mut found {
                if let Details::Other { values, .. } = &mut package.details
                    && let Some(state) = values.first_mut()
                {
                    LINKED.clone_into(state);
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// What a lock file names, with the file and its directory.
fn placed(mut package: Package, directory: &[u8], found_at: &str) -> Package {
    package.found_at = found_at.to_owned();
    package.details = Details::Other { of: Ecosystem::Npm, values: vec![LOCKED.to_owned(), path::text(directory)] };
    package
}

/// The directory that holds the modules of which this one is one, whose name may have a scope; `None` when it is none.
fn environment(module: &[u8]) -> Option<&[u8]> {
    let above = path::parent(module);
    let modules = if path::name(above).starts_with(b"@") { path::parent(above) } else { above };
    if path::name(module).starts_with(b".") {
        return None;
    }
    match path::name(modules) {
        b"node_modules" => Some(path::parent(modules)),
        b"nodejs" if path::name(path::parent(modules)) == b"share" => Some(path::parent(path::parent(modules))),
        _ => None,
    }
}

/// The module that a `package.json` tells; none where it names nothing (a directory of a module that has only a type).
fn installed(bytes: &[u8], environment: &str, found_at: &str) -> Result<Option<Package>, String> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let manifest: Manifest = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let (Some(name), Some(version)) = (word(&manifest.name), word(&manifest.version)) else { return Ok(None) };
    let declared = Declared {
        license: Some(license(&manifest.license))
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| license(&manifest.licenses)),
        supplier: person(&manifest.author),
        digest: integrity(manifest.integrity.as_str().unwrap_or_default()),
        requires: manifest.dependencies.as_object().map_or_else(Vec::new, |all| all.keys().cloned().collect()),
        requested: manifest
            .required_by
            .as_array()
            .map(|by| by.iter().any(|it| matches!(it.as_str(), Some("#USER" | "/")))),
        ..Declared::default()
    };
    let draft = Draft::new(Ecosystem::Npm, name, version, url(name, version), found_at.to_owned());
    Ok(Some(draft.declaring(declared).with(["installed", environment])))
}

fn word(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// A text, an object with a `type`, or a list of either.
fn license(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
        Value::Array(all) => {
            let names = all.iter().filter(|it| !it.is_array()).map(license).filter(|it| !it.is_empty());
            names.collect::<Vec<_>>().join(" OR ")
        }
        _ => String::new(),
    }
}

/// A text or an object with a name.
fn person(value: &Value) -> String {
    let name = value.as_str().or_else(|| value.get("name")?.as_str());
    name.unwrap_or_default().to_owned()
}

/// `sha512-…` in base64 (Subresource Integrity) as `sha512:` and digits; empty for any other text.
fn integrity(text: &str) -> String {
    let first = text.split_ascii_whitespace().next().unwrap_or_default();
    let Some((kind, digest)) = first.split_once('-') else { return String::new() };
    hex::from_base64(digest).map_or_else(String::new, |bytes| format!("{kind}:{}", hex::digits(&bytes)))
}

fn url(name: &str, version: &str) -> String {
    match name.split_once('/') {
        Some((scope, name)) => purl("npm", scope, name, version, &[]),
        None => purl("npm", "", name, version, &[]),
    }
}

/// A package that a lock file names; its place is filled in by who read the file.
fn locked(name: &str, version: &str, declared: Declared) -> Package {
    let draft = Draft::new(Ecosystem::Npm, name, version, url(name, version), String::new());
    draft.declaring(declared).with([LOCKED, ""])
}

/// The same package may be named for several places.
fn distinct(packages: impl IntoIterator<Item = Package>) -> Vec<Package> {
    let by_name: BTreeMap<(String, String), Package> =
        packages.into_iter().map(|it| ((it.name.clone(), it.version.clone()), it)).collect();
    by_name.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_a_directory_of_modules_is_installed() {
        let of = |path: &str| environment(path.as_bytes()).map(path::text);
        assert_eq!(of("/app/node_modules/a"), Some("/app".into()));
        assert_eq!(of("/app/node_modules/@s/a"), Some("/app".into()));
        assert_eq!(of("/usr/share/nodejs/a"), Some("/usr".into()));
        assert_eq!(of("/app/node_modules/a/test"), None);
        assert_eq!(of("/app/node_modules/.pnpm"), None);
        assert_eq!(of("/app"), None);
    }

    #[test]
    fn odd_manifests_are_read_as_npm_reads_them() {
        let text = r##"{"name":"@s/a","version":"1.0.0","licenses":[{"type":"MIT"},"ISC"],"author":{"name":"x"},
            "dependencies":{"b":"^1"},"_integrity":"sha1-AAE=","_requiredBy":["#USER"]}"##;
        let package = installed(text.as_bytes(), "/app", "/x").unwrap().unwrap();
        let declared = &package.declared;
        assert_eq!((package.purl.as_str(), declared.license.as_str()), ("pkg:npm/%40s/a@1.0.0", "MIT OR ISC"));
        assert_eq!((declared.supplier.as_str(), declared.digest.as_str()), ("x", "sha1:0001"));
        assert_eq!((declared.requires.as_slice(), declared.requested), (["b".to_owned()].as_slice(), Some(true)));
        assert_eq!(installed(br#"{"type":"module"}"#, "", ""), Ok(None));
        assert!(installed(b"{", "", "").is_err());
    }
}
