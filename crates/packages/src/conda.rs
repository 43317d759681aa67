//! conda's records: one JSON file a package in `conda-meta`, in the base installation and in every environment.
//!
//! A directory with `conda-meta/history` or any `conda-meta/*.json` is an environment; its path is the directory above.
//! A record that cannot be read is told from its file's name, which conda itself insists on being
//! `name-version-build.json`, with a finding; when the name does not say it either, that package alone is lost.
//! Packages that pip installed into a conda environment are pip's. Not read: conda's cache of unpacked packages.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError, read_file};
use careen_model::codes::packages as codes;
use careen_model::{Declared, Details, Ecosystem, Package};
use serde::Deserialize;
use serde_json::Value;

use crate::{Cataloger, path, pip, purl::purl};

/// The cataloger of conda's packages.
pub struct Conda;

const META: &[u8] = b"conda-meta";
const HISTORY: &[u8] = b"history";

/// What is used of a record (`PrefixRecord` of conda).
#[derive(Debug, Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default, alias = "build_string")]
    build: Option<String>,
    #[serde(default)]
    channel: Option<String>,
    #[serde(default)]
    subdir: Option<String>,
    /// File name of the archive it came from.
    #[serde(default, rename = "fn")]
    archive: Option<String>,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    depends: Value,
    #[serde(default)]
    sha256: Value,
    #[serde(default)]
    md5: Value,
    /// What a person asked for that brought it; `None` in words when nobody did.
    #[serde(default)]
    requested_spec: Value,
    /// The same in the records of newer installers: all that was asked for.
    #[serde(default)]
    requested_specs: Value,
}

impl Record {
    fn declared(&self) -> Declared {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let digest = [("sha256", &self.sha256), ("md5", &self.md5)].map(|(kind, value)| (kind, text(value)));
        let digest = digest.into_iter().find(|(_, digits)| !digits.is_empty());
        // `python >=3.8,<3.9.0a0`
        let names = self.depends.as_array().into_iter().flatten().filter_map(Value::as_str);
        let names = names.filter_map(|spec| spec.split_ascii_whitespace().next());
        Declared {
            license: text(&self.license),
            supplier: String::new(),
            digest: digest.map_or_else(String::new, |(kind, digits)| format!("{kind}:{digits}")),
            requires: names.map(str::to_owned).collect(),
            requested: self.requested(),
            ..Declared::default()
        }
    }

    /// Whether a person asked for it; not known where the record has neither field.
    fn requested(&self) -> Option<bool> {
        let is_spec = |spec: &str| !matches!(spec, "" | "None");
        let one = self.requested_spec.as_str().map(is_spec);
        let all = self.requested_specs.as_array().map(|all| all.iter().filter_map(Value::as_str).any(is_spec));
        match (one, all) {
            (Some(one), Some(all)) => Some(one || all),
            (one, all) => one.or(all),
        }
    }
}

impl Cataloger for Conda {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Conda
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        let is_record = path::name(directory) == META && (name == HISTORY || name.ends_with(b".json"));
        kind == Kind::File && is_record && !pip::is_within_site(path)
    }

    /// A record tells one package; `history` marks an environment and tells none.
    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let (meta, file) = path::split(path);
        let Some(stem) = file.strip_suffix(b".json") else { return Vec::new() };
        let stem = String::from_utf8_lossy(stem);
        let place = || tree.place(node).then(path::text(path));
        let record = match read(tree, node, limits, findings) {
            Ok(record) => record,
            Err(error) if error.is_cancelled() => return Vec::new(),
            Err(error) => match from_file_name(&stem) {
                Some(record) => {
                    let values: [(&str, &dyn std::fmt::Display); 2] =
                        [("package", &record.name), ("reason", &error.reason())];
                    findings.add(&codes::CONDA_RECORD_UNREADABLE, &place(), &values);
                    record
                }
                None => {
                    findings.add(
                        &codes::CONDA_RECORD_LOST,
                        &place(),
                        &[("package", &stem), ("reason", &error.reason())],
                    );
                    return Vec::new();
                }
            },
        };
        vec![package(record, path::text(path::parent(meta)), path::text(path))]
    }
}

fn read(tree: &dyn FileTree, node: NodeId, limits: &Limits, findings: &mut Findings) -> Result<Record, ReadError> {
    let bytes = read_file(tree, node, limits, findings)?;
    let corrupt = |what: &dyn std::fmt::Display| ReadError::corrupt(&tree.place(node), what);
    // serde_json refuses what nests deeper than 128 levels, and skips fields that are not asked for without keeping them.
    let record: Record = serde_json::from_slice(&bytes).map_err(|error| corrupt(&error))?;
    if record.name.is_empty() || record.version.is_empty() {
        return Err(corrupt(&"name or version is empty"));
    }
    Ok(record)
}

/// Name, version and build from `name-version-build`; only the name may hold a hyphen.
fn from_file_name(stem: &str) -> Option<Record> {
    let mut parts = stem.rsplitn(3, '-');
    let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = ![name, version, build].contains(&"");
    is_whole.then(|| Record {
        name: name.to_owned(),
        version: version.to_owned(),
        build: Some(build.to_owned()),
        channel: None,
        subdir: None,
        archive: None,
        license: Value::Null,
        depends: Value::Null,
        sha256: Value::Null,
        md5: Value::Null,
        requested_spec: Value::Null,
        requested_specs: Value::Null,
    })
}

fn package(record: Record, environment: String, found_at: String) -> Package {
    let declared = record.declared();
    let build = record.build.unwrap_or_default();
    let channel = record.channel.unwrap_or_default();
    let subdir = record.subdir.unwrap_or_default();
    let archive = record.archive.unwrap_or_default();
    let kind = if archive.ends_with(".conda") {
        "conda"
    } else if archive.ends_with(".tar.bz2") {
        "tar.bz2"
    } else {
        ""
    };
    let qualifiers =
        [("build", build.as_str()), ("channel", short_channel(&channel, &subdir)), ("subdir", &subdir), ("type", kind)];
    Package {
        purl: purl("conda", "", &record.name, &record.version, &qualifiers),
        name: record.name,
        version: record.version,
        found_at,
        layer: None,
        declared,
        details: Details::Conda { build, channel, environment },
    }
}

/// The channel's own name in `https://repo.anaconda.com/pkgs/main/linux-64`: `main`. Newer records give the name alone.
fn short_channel<'a>(channel: &'a str, subdir: &str) -> &'a str {
    let channel = channel.trim_end_matches('/');
    let channel = channel.strip_suffix(subdir).map_or(channel, |rest| rest.trim_end_matches('/'));
    channel.rsplit('/').next().unwrap_or(channel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_name_version_and_build() {
        let record = from_file_name("ca-certificates-2023.01.10-h06a4308_0").unwrap();
        assert_eq!(
            (record.name.as_str(), record.version.as_str(), record.build.as_deref()),
            ("ca-certificates", "2023.01.10", Some("h06a4308_0"))
        );
        assert!(from_file_name("state").is_none() && from_file_name("a--b").is_none());
    }

    #[test]
    fn a_channel_is_called_by_its_last_name() {
        assert_eq!(short_channel("https://repo.anaconda.com/pkgs/main/linux-64", "linux-64"), "main");
        assert_eq!(short_channel("conda-forge", "noarch"), "conda-forge");
        assert_eq!(short_channel("", ""), "");
    }
}
