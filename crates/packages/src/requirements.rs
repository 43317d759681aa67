//! What Python projects ask for: requirement files (pip, "Requirements File Format"; PEP 508 for each line) and the lock
//! files of pipenv, poetry, uv, pdm and PEP 751 (`pylock.toml`).
//!
//! What they name need not be installed, so that it is an ecosystem of its own: each package has the state `locked`, its
//! version where the file leaves no choice of it, and the words of the file. Of lock files in TOML only the lines `name`
//! and `version` of each package are read.

use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, LOCKED, Package};
use serde::Deserialize;

use crate::draft::{Draft, lost, record};
use crate::{Cataloger, path, pip};

/// The cataloger of what Python projects ask for.
pub struct Requirements;

const LARGEST: u64 = 64 << 20;
/// Lock files in TOML.
const TOML: [&[u8]; 3] = [b"poetry.lock", b"uv.lock", b"pdm.lock"];

/// One package that a file names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    name: String,
    /// Empty where the file leaves a choice.
    version: String,
    /// What the file says of the version.
    constraint: String,
    /// sha256 of one of the archives that it may be installed from, where there is one alone.
    digest: String,
}

impl Cataloger for Requirements {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Requirements
    }

    /// Not what distributions bring along: their own tests and documentation have such files by the dozen.
    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        kind == Kind::File
            && (is_list(directory, name) || name == b"Pipfile.lock" || is_toml(name))
            && !pip::is_within_site(path)
            && !path::has(path, b"node_modules")
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let ecosystem = Ecosystem::Requirements;
        let Some(bytes) = record(tree, ecosystem, path, node, LARGEST, limits, findings) else { return Vec::new() };
        let (directory, name) = path::split(path);
        let text = String::from_utf8_lossy(&bytes);
        let mut named = if name == b"Pipfile.lock" {
            match pipfile(&bytes) {
                Ok(named) => named,
                Err(error) => {
                    lost(tree, ecosystem, path, node, error, findings);
                    return Vec::new();
                }
            }
        } else if is_toml(name) {
            toml(&text)
        } else {
            list(&text)
        };
        named.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        named.dedup();
        let (directory, found_at) = (path::text(directory), path::text(path));
        let package = |it: Named| {
            let url = pip::url(&it.name, &it.version);
            let declared = Declared { digest: it.digest, ..Declared::default() };
            let draft = Draft::new(ecosystem, it.name, it.version, url, found_at.clone());
            draft.declaring(declared).with([LOCKED, &it.constraint, &directory])
        };
        named.into_iter().map(package).collect()
    }
}

fn is_toml(name: &[u8]) -> bool {
    let is_pylock = name.strip_prefix(b"pylock.").is_some_and(|rest| rest == b"toml" || rest.ends_with(b".toml"));
    TOML.contains(&name) || is_pylock
}

/// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`, `constraints.txt`, and what lies in a directory
/// `requirements`.
fn is_list(directory: &[u8], name: &[u8]) -> bool {
    let Some(stem) = name.strip_suffix(b".txt") else { return false };
    let is_word = |word: &[u8]| stem.starts_with(word) || stem.ends_with(word);
    is_word(b"requirements") || is_word(b"constraints") || path::name(directory) == b"requirements"
}

/// A requirements file: one requirement a line, a backslash joining two lines, `#` before a comment.
fn list(text: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut joined = String::new();
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(part) = line.strip_suffix('\\') {
            joined.push_str(part);
            joined.push(' ');
            continue;
        }
        joined.push_str(line);
        found.extend(requirement(&joined));
        joined.clear();
    }
    found.extend(requirement(&joined));
    found
}

/// One line of a requirements file; `None` for options, paths, addresses without a name and what is no requirement.
fn requirement(line: &str) -> Option<Named> {
    // Within a line a comment begins after a space.
    let line = match line.trim_start().starts_with('#') {
        true => "",
        false => line.split(" #").next().unwrap_or(line),
    };
    let (line, options) = line.split_once(" --").map_or((line, ""), |(line, options)| (line, options));
    let line = line.split(';').next().unwrap_or(line).trim();
    let end =
        line.find(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'))).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end)?;
    if !name.starts_with(|it: char| it.is_ascii_alphanumeric()) {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest).trim();
    if !rest.is_empty() && !rest.starts_with(['=', '<', '>', '!', '~', '@']) {
        // A path or an address.
        return None;
    }
    let version = rest.trim_start_matches('=').trim();
    let is_exact = rest.starts_with("==") && !version.is_empty() && !version.contains(['*', ',', ' ']);
    let mut digests = options.split_whitespace().filter_map(|word| word.split_once("hash=sha256:"));
    let digest = match (digests.next(), digests.next()) {
        (Some((_, digits)), None) => format!("sha256:{digits}"),
        _ => String::new(),
    };
    Some(Named {
        name: name.to_owned(),
        version: if is_exact { version.to_owned() } else { String::new() },
        constraint: rest.to_owned(),
        digest,
    })
}

#[derive(Deserialize)]
struct Pipfile {
    #[serde(default)]
    default: BTreeMap<String, Entry>,
    #[serde(default)]
    develop: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    version: String,
}

/// `Pipfile.lock`: packages by name, the version with its `==`.
fn pipfile(bytes: &[u8]) -> Result<Vec<Named>, serde_json::Error> {
    let lock: Pipfile = serde_json::from_slice(bytes)?;
    let named = |(name, it): (String, Entry)| Named {
        version: it.version.trim_start_matches('=').to_owned(),
        constraint: it.version,
        name,
        digest: String::new(),
    };
    Ok(lock.default.into_iter().chain(lock.develop).map(named).collect())
}

/// The tables `[[package]]` (poetry, uv, pdm) or `[[packages]]` (PEP 751): the keys up to the next table.
fn toml(text: &str) -> Vec<Named> {
    let mut found: Vec<Named> = Vec::new();
    let mut is_inside = false;
    for line in text.lines().map(str::trim_end) {
        if line.starts_with('[') {
            is_inside = matches!(line, "[[package]]" | "[[packages]]");
            if is_inside {
                found.push(Named::default());
            }
        } else if let (true, Some((key, value)), Some(last)) = (is_inside, line.split_once('='), found.last_mut())
            && let Some(value) = value.trim().strip_prefix('"').and_then(|value| value.split('"').next())
        {
            match key.trim_end() {
                "name" => value.clone_into(&mut last.name),
                "version" => {
                    value.clone_into(&mut last.version);
                    last.constraint = format!("=={value}");
                }
                _ => {}
            }
        }
    }
    found.retain(|it| !it.name.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(named: &[Named]) -> Vec<String> {
        named.iter().map(|it| format!("{} {} {}", it.name, it.version, it.constraint)).collect()
    }

    #[test]
    fn requirements_are_told_in_their_own_words() {
        let text = "# all\n-r other.txt\n--index-url https://x\n./here\ngit+https://x/y\nFlask == 2.0.1  # why\n\
                    a[extra,more]>=1,<2; python_version < '3'\nb (==1.*)\nc @ https://x/c.whl\nd\ne===1.0\n\
                    f==1.0 \\\n    --hash=sha256:aa\ng==2 --hash=sha256:aa --hash=sha256:bb\n../x\nh 1\n";
        let named = list(text);
        assert_eq!(
            told(&named),
            [
                "Flask 2.0.1 == 2.0.1",
                "a  >=1,<2",
                "b  ==1.*",
                "c  @ https://x/c.whl",
                "d  ",
                "e 1.0 ===1.0",
                "f 1.0 ==1.0",
                "g 2 ==2"
            ]
        );
        assert_eq!((named[6].digest.as_str(), named[7].digest.as_str()), ("sha256:aa", ""));
    }

    #[test]
    fn lock_files_name_what_they_chose() {
        let text = "version = 1\n\n[[package]]\nname = \"a\"\nversion = \"1.0\"\n\n[package.dependencies]\nname = \"x\"\n\n\
                    [[package]]\nversion = \"2\"\n\n[[packages]]\nname = \"b\"\n";
        assert_eq!(told(&toml(text)), ["a 1.0 ==1.0", "b  "]);
        let text = r#"{"default":{"a":{"version":"==1.0"}},"develop":{"b":{"path":"."}}}"#;
        assert_eq!(told(&pipfile(text.as_bytes()).unwrap()), ["a 1.0 ==1.0", "b  "]);
        assert!(pipfile(b"[").is_err());
    }

    #[test]
    fn files_are_claimed_by_their_names() {
        for (path, is_claimed) in [
            ("/app/requirements.txt", true),
            ("/app/dev-requirements.txt", true),
            ("/app/requirements/prod.txt", true),
            ("/app/constraints.txt", true),
            ("/app/poetry.lock", true),
            ("/app/pylock.toml", true),
            ("/app/pylock.dev.toml", true),
            ("/app/Pipfile.lock", true),
            ("/app/notes.txt", false),
            ("/usr/lib/python3/dist-packages/x/requirements.txt", false),
        ] {
            assert_eq!(Requirements.claims(path.as_bytes(), Kind::File), is_claimed, "{path}");
        }
    }
}
