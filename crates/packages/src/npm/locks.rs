//! Lock files: npm's (versions 1 to 3), yarn's (classic and berry), pnpm's (versions 5 to 9). Of the last two only the lines
//! that name packages and versions are read.

use std::collections::BTreeMap;

use careen_model::{Declared, Package};
use serde::Deserialize;

use super::{distinct, integrity, locked};

#[derive(Deserialize)]
struct NpmLock {
    /// Versions 2 and 3: by path.
    #[serde(default)]
    packages: Option<BTreeMap<String, Locked>>,
    /// Version 1: by name, each with those within it.
    #[serde(default)]
    dependencies: Option<BTreeMap<String, Locked>>,
}

#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    integrity: Option<String>,
    /// In a link to a directory of the project.
    #[serde(default)]
    link: bool,
    #[serde(default)]
    dependencies: Option<serde_json::Value>,
}

/// `package-lock.json` and `npm-shrinkwrap.json`.
pub fn npm(bytes: &[u8]) -> Result<Vec<Package>, String> {
    let lock: NpmLock = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut packages = Vec::new();
    if let Some(by_path) = &lock.packages {
        for (path, it) in by_path {
            // The path `` is the project itself. A package of the project is called as its directory, if nothing else is said.
            let in_path = path.rsplit_once("node_modules/").map(|(_, name)| name).or_else(|| of_directory(path));
            if let (Some(name), Some(version), false) =
                (it.name.as_deref().or(in_path), &it.version, path.is_empty() || it.link)
            {
                packages.push(locked(name, version, declared(it)));
            }
        }
    } else {
        let mut ahead: Vec<(String, Locked)> = lock.dependencies.unwrap_or_default().into_iter().collect();
        while let Some((name, mut it)) = ahead.pop() {
            if let Some(version) = &it.version {
                let (name, version) = unaliased(version).unwrap_or((&name, version));
                packages.push(locked(name, version, declared(&it)));
            }
            // In these the dependencies of a package lie within it; its own list of names is `requires`.
            let inner = it.dependencies.take().and_then(|inner| serde_json::from_value(inner).ok());
            ahead.extend(inner.unwrap_or_else(BTreeMap::<String, Locked>::new));
        }
    }
    Ok(distinct(packages))
}

/// The name that npm gives to the package in a directory of the project (`@npmcli/name-from-folder`): its last name, and the
/// one before it if that is a scope.
fn of_directory(path: &str) -> Option<&str> {
    let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
    let scope = above.rsplit_once('/').map_or(above, |(_, scope)| scope);
    let length = if scope.starts_with('@') { scope.len().saturating_add(1) } else { 0 }.saturating_add(name.len());
    path.get(path.len().checked_sub(length)?..).filter(|name| !name.is_empty())
}

fn declared(it: &Locked) -> Declared {
    Declared { digest: integrity(it.integrity.as_deref().unwrap_or_default()), ..Declared::default() }
}

/// `yarn.lock`: a line of the ranges that were asked for, `name@range` each, then indented fields.
pub fn yarn(text: &str) -> Vec<Package> {
    let mut packages = Vec::new();
    let mut name = None;
    for line in text.lines() {
        if !line.starts_with(' ') {
            let first = line.split(',').next().unwrap_or(line).trim().trim_end_matches(':').trim_matches('"');
            name = name_before_at(first).filter(|_| !line.starts_with('#'));
            // `alias@npm:name@range`
            let range = name.and_then(|name| first.strip_prefix(name)?.strip_prefix('@'));
            name = range.and_then(unaliased).map(|(name, _)| name).or(name);
            continue;
        }
        let Some(field) = line.strip_prefix("  ").filter(|field| !field.starts_with(' ')) else { continue };
        let Some((key, value)) = field.split_once([' ', ':']) else { continue };
        let value = value.trim_start_matches(':').trim().trim_matches('"');
        // The project's own packages have this version in berry's.
        if let ("version", Some(name), false) = (key.trim_matches('"'), name, value == "0.0.0-use.local") {
            packages.push(locked(name, value, Declared::default()));
        }
    }
    distinct(packages)
}

/// `pnpm-lock.yaml`: the keys of `packages`.
pub fn pnpm(text: &str) -> Vec<Package> {
    let mut is_inside = false;
    let mut packages = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        if !line.starts_with(' ') {
            is_inside = line.trim_end() == "packages:";
            continue;
        }
        let key = line.strip_prefix("  ").filter(|key| is_inside && !key.starts_with(' '));
        let Some(key) = key.and_then(|key| key.trim_end().strip_suffix(':')) else { continue };
        let key = key.trim_matches('\'').trim_matches('"').trim_start_matches('/');
        // What stands in brackets, or behind an underscore in older files, are the peers it was resolved with.
        let key = key.split('(').next().unwrap_or(key);
        // The older form divides name and version by a slash.
        let is_name = |name: &&str| name.matches('/').count() == usize::from(name.starts_with('@'));
        let parts = match name_before_at(key).filter(is_name) {
            Some(name) => key.strip_prefix(name).and_then(|rest| rest.strip_prefix('@')).map(|version| (name, version)),
            None => key.rsplit_once('/').map(|(name, version)| (name, version.split('_').next().unwrap_or(version))),
        };
        if let Some((name, version)) = parts.filter(|(_, version)| version.starts_with(|it: char| it.is_ascii_digit()))
        {
            packages.push(locked(name, version, Declared::default()));
        }
    }
    distinct(packages)
}

/// Name and version in `npm:name@version`, which stands where a package goes by another name.
fn unaliased(text: &str) -> Option<(&str, &str)> {
    let real = text.strip_prefix("npm:")?;
    let name = name_before_at(real)?;
    Some((name, real.strip_prefix(name)?.strip_prefix('@')?))
}

/// The name in `name@range` and `@scope/name@range`.
fn name_before_at(text: &str) -> Option<&str> {
    let at = text.match_indices('@').map(|(at, _)| at).find(|at| *at > 0)?;
    text.get(..at).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(packages: &[Package]) -> Vec<String> {
        packages.iter().map(|it| format!("{}@{}", it.name, it.version)).collect()
    }

    #[test]
    fn npm_names_packages_by_path_or_within_one_another() {
        let by_path = r#"{"lockfileVersion":3,"packages":{"":{"name":"app","version":"1.0.0"},
            "node_modules/@s/a":{"version":"1.0.0","integrity":"sha512-AAE="},"node_modules/b/node_modules/c":{"version":"2.0.0"},
            "node_modules/own":{"resolved":"own","link":true},"x/own":{"version":"0.1.0"},"x/@s/two":{"version":"0.2.0"},
            "node_modules/alias":{"name":"real","version":"3.0.0"}}}"#;
        let packages = npm(by_path.as_bytes()).unwrap();
        assert_eq!(told(&packages), ["@s/a@1.0.0", "@s/two@0.2.0", "c@2.0.0", "own@0.1.0", "real@3.0.0"]);
        assert_eq!(packages[0].declared.digest, "sha512:0001");
        assert!(!packages[0].is_installed());
        let within = r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","requires":{"b":"^1"},
            "dependencies":{"b":{"version":"1.5.0"}}},"b":{"version":"2.0.0"}}}"#;
        assert_eq!(told(&npm(within.as_bytes()).unwrap()), ["a@1.0.0", "b@1.5.0", "b@2.0.0"]);
        assert!(npm(b"[").is_err());
    }

    #[test]
    fn yarn_of_both_kinds_is_read() {
        let classic = "# yarn lockfile v1\n\n\"@s/a@^1.0.0\", \"@s/a@^1.1\":\n  version \"1.2.0\"\n  resolved \"x\"\n  dependencies:\n    version \"^9\"\n\nb@^2:\n  version \"2.0.0\"\n";
        assert_eq!(told(&yarn(classic)), ["@s/a@1.2.0", "b@2.0.0"]);
        let berry = "__metadata:\n  version: 6\n\n\"b@npm:^2\":\n  version: 2.0.0\n  resolution: \"b@npm:2.0.0\"\n\n\"own@workspace:.\":\n  version: 0.0.0-use.local\n";
        assert_eq!(told(&yarn(berry)), ["b@2.0.0"]);
    }

    #[test]
    fn a_package_that_goes_by_another_name_is_told_by_its_own() {
        let npm_1 = br#"{"dependencies":{"w":{"version":"npm:@s/width@4.2.0"},"v":{"version":"5.0.0"}}}"#;
        assert_eq!(told(&npm(npm_1).unwrap()), ["@s/width@4.2.0", "v@5.0.0"]);
        let text = "\"w-cjs@npm:@s/width@^4.0.0\":\n  version \"4.2.0\"\n\n\"v@npm:^5.0.0\":\n  version: 5.0.0\n";
        assert_eq!(told(&yarn(text)), ["@s/width@4.2.0", "v@5.0.0"]);
    }

    #[test]
    fn yarn_may_put_quotes_around_everything() {
        let text = "\"c@0.0.1\":\n  \"version\" \"0.0.1\"\n\"d@npm:^2.0.0\":\n  \"version\": \"2.0.0\"\n";
        assert_eq!(told(&yarn(text)), ["c@0.0.1", "d@2.0.0"]);
    }

    #[test]
    fn pnpm_of_all_versions_is_read() {
        let text = "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\npackages:\n\n  '@s/a@1.0.0':\n    resolution: {}\n\n  b@2.0.0(c@1.0.0):\n    engines: {}\n\n  /d/3.0.0_c@1.0.0:\n    dev: true\n\n  /e@4.0.0:\n    dev: true\nsnapshots:\n  f@1.0.0: {}\n";
        assert_eq!(told(&pnpm(text)), ["@s/a@1.0.0", "b@2.0.0", "d@3.0.0", "e@4.0.0"]);
        assert_eq!(told(&pnpm("packages:\n  /d/3.0.0_c:\n  /@s/d/3.0.0:\n")), ["@s/d@3.0.0", "d@3.0.0"]);
    }
}
