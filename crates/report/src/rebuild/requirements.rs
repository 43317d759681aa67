//! `requirements.txt`: the distributions of Python that pip is to install, and where each came from.
//!
//! pip's requirements file format; `direct_url.json` (PEP 610). Digests of wheels are known only where that file has one:
//! what is installed has digests of its files alone.

use std::collections::{BTreeMap, BTreeSet};

use careen_model::{Details, Ecosystem, Package, RebuiltKind};
use serde_json::Value;

use super::dockerfile::Dockerfile;
use super::pins::{Chosen, PinnedFile, Pins, is_word, version};

/// The distributions of each environment that pip is to install: not those of dpkg or conda.
pub fn of_python<'a>(pins: &Pins<'a>) -> BTreeMap<String, Vec<&'a Package>> {
    let has_dpkg = pins.packages.packages.iter().any(|package| package.ecosystem() == Ecosystem::Apt);
    let mut all: BTreeMap<String, Vec<&Package>> = BTreeMap::new();
    for package in &pins.packages.packages {
        let Details::Pip { environment, installer, .. } = &package.details else { continue };
        let is_of_dpkg = has_dpkg && package.found_at.starts_with("/usr/lib/python3/dist-packages/");
        if installer != "conda" && installer != "debian" && !is_of_dpkg {
            all.entry(environment.clone()).or_default().push(package);
        }
    }
    all
}

/// The requirements file of an environment.
pub fn requirements(
    name: &str,
    environment: &str,
    packages: &[&Package],
    pins: &Pins<'_>,
    chosen: Option<&Chosen>,
) -> PinnedFile {
    let mut file = Dockerfile::default();
    file.comment(&format!("What pip finds in {environment} of {}", pins.packages.image));
    let lines: Vec<Requirement> = packages.iter().map(|package| requirement(package, pins, chosen)).collect();
    // Once one line has a digest, pip wants one of each.
    let has_all = lines.iter().all(|line| line.digest.is_some() && line.remark.is_none());
    if !has_all {
        file.comment(
            "Digests: what is installed has those of its files, none of the wheel they came in; where one is known,",
        );
        file.comment("it stands in a comment, since pip wants them of all or of none.");
    }
    let mut met = BTreeSet::new();
    for (package, line) in packages.iter().zip(&lines) {
        if !met.insert(package.normalized_name()) {
            file.guess(&format!("{} is there a second time, as {}", package.name, package.version));
            continue;
        }
        if let Some(remark) = &line.remark {
            file.guess(remark);
        }
        match (&line.text, &line.digest) {
            (None, _) => {}
            (Some(text), Some(digest)) if has_all => file.text.push_str(&format!("{text} --hash={digest}\n")),
            (Some(text), digest) => {
                if let Some(digest) = digest {
                    file.comment(&format!("{}: {digest}", package.name));
                }
                file.text.push_str(&format!("{text}\n"));
            }
        }
    }
    let reason = "the metadata of installed distributions".to_owned();
    PinnedFile {
        name: name.to_owned(),
        kind: RebuiltKind::Requirements,
        reason,
        text: file.text,
        guesses: file.guesses,
    }
}

/// A line of a requirements file.
struct Requirement {
    /// `None` when it cannot be one.
    text: Option<String>,
    digest: Option<String>,
    remark: Option<String>,
}

fn requirement(package: &Package, pins: &Pins<'_>, chosen: Option<&Chosen>) -> Requirement {
    let (version, is_other) = version(package, chosen);
    let name = &package.name;
    if !is_word(name, "._-") || !is_word(version, ".!+_-") {
        let remark = format!("{name} {version} is left out: no name or no version that pip takes");
        return Requirement { text: None, digest: None, remark: Some(remark) };
    }
    let plain = Some(format!("{name}=={version}"));
    let origin = pins.origins.get(&package.found_at).filter(|_| !is_other);
    let Some(origin) = origin else {
        let is_editable = matches!(package.details, Details::Pip { editable: true, .. });
        let remark = is_editable.then(|| format!("{name} was installed in place, from its source"));
        return Requirement { text: plain, digest: None, remark };
    };
    let url = origin.get("url").and_then(Value::as_str).unwrap_or_default();
    let is_url = url.chars().all(|letter| letter.is_ascii_graphic() && !"\"'\\<>`#;".contains(letter));
    let digest = sha256(origin.get("archive_info").unwrap_or(&Value::Null));
    if let Some(vcs) = origin.get("vcs_info") {
        let part = |key: &str| vcs.get(key).and_then(Value::as_str).filter(|text| is_word(text, "._/-"));
        if let (true, Some(kind), Some(commit)) = (is_url, part("vcs"), part("commit_id")) {
            return Requirement { text: Some(format!("{name} @ {kind}+{url}@{commit}")), digest: None, remark: None };
        }
    } else if is_url && (url.starts_with("https://") || url.starts_with("http://")) {
        let fragment = digest.as_ref().map_or(String::new(), |digest| format!("#{}", digest.replace(':', "=")));
        return Requirement { text: Some(format!("{name} @ {url}{fragment}")), digest, remark: None };
    }
    let remark = format!("{name} was installed from {url}; its version is looked for where pip looks");
    Requirement { text: plain, digest, remark: Some(remark) }
}

/// The digest of an archive (PEP 610, `archive_info`): the list, or the older single one.
pub fn sha256(archive: &Value) -> Option<String> {
    let of_list = archive.get("hashes").and_then(|all| all.get("sha256")).and_then(Value::as_str);
    let single = archive.get("hash").and_then(Value::as_str).and_then(|text| text.strip_prefix("sha256="));
    let digits = of_list.or(single)?;
    (digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| format!("sha256:{digits}"))
}

/// Where pip looked for what it installed, to be read for each distribution: the path beside its metadata.
pub fn origin_path(package: &Package) -> Option<String> {
    let (directory, _) = package.found_at.rsplit_once('/')?;
    let is_record = package.ecosystem() == Ecosystem::Pip && directory.ends_with(".dist-info");
    is_record.then(|| format!("{directory}/direct_url.json"))
}
