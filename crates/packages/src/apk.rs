//! apk's database of installed packages, `lib/apk/db/installed` (Alpine wiki, "Apk spec"; apk-tools, `src/database.c`,
//! `src/package.c`).
//!
//! Records are lines of a letter, a colon and a value; an empty line ends a record. A record with a line of another form is
//! lost alone, with a finding. What a person asked for stands in `/etc/apk/world`. Not read: scripts, triggers.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError};
use careen_model::codes::packages as codes;
use careen_model::{Declared, Ecosystem, Package};

use crate::apt::read_past_damage;
use crate::distribution::Distribution;
use crate::draft::{Draft, failed, text_beside};
use crate::{Cataloger, hex, path, purl::purl};

/// The cataloger of apk's packages.
pub struct Apk;

/// The place in Alpine, and the one where `lib` belongs to `usr`.
const PLACES: &[&[u8]] = &[b"/lib/apk/db/installed", b"/usr/lib/apk/db/installed"];

const WORLD: &[u8] = b"/etc/apk/world";

impl Cataloger for Apk {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Apk
    }

    fn places(&self) -> &'static [&'static [u8]] {
        PLACES
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let bytes = match read(tree, node, limits, findings) {
            Ok(bytes) => bytes,
            Err(error) => {
                failed(tree, Ecosystem::Apk, path, node, &error, findings);
                return Vec::new();
            }
        };
        let world = text_beside(tree, Ecosystem::Apk, WORLD, limits, findings);
        let distribution = Distribution::of(tree, "alpine", limits, findings);
        let mut packages = Vec::new();
        for record in Records::new(&bytes) {
            match record.package(&distribution, world.as_deref(), path) {
                Ok(package) => packages.push(package),
                Err(reason) => {
                    let place = tree.place(node).then(format_args!("{}, line {}", path::text(path), record.line));
                    findings.add(&codes::PACKAGE_RECORD_LOST, &place, &[("ecosystem", &"apk"), ("reason", &reason)]);
                }
            }
        }
        packages
    }
}

fn read(tree: &dyn FileTree, node: NodeId, limits: &Limits, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
    if tree.stat(node, findings)?.kind != Kind::File {
        return Ok(Vec::new());
    }
    let source = tree.open(node, findings)?;
    read_past_damage(&*source, &tree.place(node), limits, findings)
}

/// A file a package owns, with the digest it had when it was installed.
pub struct Owned {
    /// From the root, with a slash before it.
    pub path: Vec<u8>,
    /// SHA-1 as hexadecimal digits; for a symbolic link that of its target.
    pub sha1: Option<String>,
}

/// One record.
#[derive(Default)]
pub struct Record<'a> {
    /// Its first line, from 1.
    line: u64,
    lines: Vec<(u8, &'a [u8])>,
    broken: Option<&'static str>,
}

impl Record<'_> {
    fn text(&self, letter: u8) -> String {
        let value = self.lines.iter().find(|(found, _)| *found == letter).map_or(b"".as_slice(), |(_, value)| value);
        String::from_utf8_lossy(value).into_owned()
    }

    /// `P`.
    pub fn name(&self) -> String {
        self.text(b'P')
    }

    /// The files it names: `F` a directory, `R` a file in it, `Z` the digest of that file.
    pub fn files(&self) -> Vec<Owned> {
        let mut directory: &[u8] = b"";
        let mut files: Vec<Owned> = Vec::new();
        for (letter, value) in &self.lines {
            match letter {
                b'F' => directory = value,
                b'R' if directory.is_empty() => files.push(Owned { path: [b"/", *value].concat(), sha1: None }),
                b'R' => files.push(Owned { path: [b"/", directory, b"/", *value].concat(), sha1: None }),
                b'Z' => {
                    if let Some(file) = files.last_mut() {
                        file.sha1 = q1(&String::from_utf8_lossy(value));
                    }
                }
                _ => {}
            }
        }
        files
    }

    fn package(&self, distribution: &Distribution, world: Option<&str>, path: &[u8]) -> Result<Package, &'static str> {
        if let Some(broken) = self.broken {
            return Err(broken);
        }
        let (name, version, architecture, origin) = (self.name(), self.text(b'V'), self.text(b'A'), self.text(b'o'));
        if name.is_empty() || version.is_empty() {
            return Err("it has no name or no version");
        }
        let qualifiers = [
            ("arch", architecture.as_str()),
            ("distro", &distribution.qualifier()),
            ("upstream", if origin == name { "" } else { &origin }),
        ];
        let url = purl("apk", &distribution.id, &name, &version, &qualifiers);
        let requires = self.text(b'D');
        let requires =
            requires.split_ascii_whitespace().filter(|name| !name.starts_with('!')).map(|name| wanted(name).to_owned());
        let declared = Declared {
            license: self.text(b'L'),
            supplier: self.text(b'm'),
            digest: q1(&self.text(b'C')).map_or_else(String::new, |digits| format!("sha1:{digits}")),
            requires: requires.collect(),
            requested: world.map(|world| world.split_ascii_whitespace().any(|entry| wanted(entry) == name)),
            ..Declared::default()
        };
        let draft = Draft::new(Ecosystem::Apk, name, version, url, path::text(path));
        Ok(draft.declaring(declared).with([architecture, origin]))
    }
}

/// The name in a dependency: what stands before a version or a repository.
fn wanted(entry: &str) -> &str {
    entry.split(['=', '<', '>', '~', '@']).next().unwrap_or(entry)
}

/// A digest as apk writes it: `Q1` and the SHA-1 in base64.
fn q1(text: &str) -> Option<String> {
    let bytes = hex::from_base64(text.strip_prefix("Q1")?)?;
    Some(hex::digits(&bytes))
}

/// The records of a database, in order.
pub struct Records<'a> {
    rest: &'a [u8],
    line: u64,
}

impl<'a> Records<'a> {
    /// The records in these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Records { rest: bytes, line: 1 }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut record = Record::default();
        while !self.rest.is_empty() {
            let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap_or(self.rest.len());
            let (text, after) = self.rest.split_at_checked(end)?;
            self.rest = after.strip_prefix(b"\n").unwrap_or(after);
            let line = self.line;
            self.line = line.saturating_add(1);
            match text {
                [] if record.line > 0 => break,
                [] => continue,
                _ if text.contains(&0) => record.broken = Some("a line holds zero bytes, which no text does"),
                [letter, b':', value @ ..] => record.lines.push((*letter, value)),
                _ => record.broken = Some("a line is not a letter, a colon and a value"),
            }
            if record.line == 0 {
                record.line = line;
            }
        }
        (record.line > 0).then_some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = "C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nm:A <a@b>\nD:so:x>=1 !y\n\
        F:\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n";

    #[test]
    fn a_record_names_its_files_and_their_digests() {
        let records: Vec<Record<'_>> = Records::new(RECORD.as_bytes()).collect();
        let files = records[0].files();
        assert_eq!(files[0].path, b"/lib/ld-musl-x86_64.so.1");
        assert_eq!(files[0].sha1.as_deref(), Some("0000000000000000000000000000000000000000"));
    }

    #[test]
    fn a_broken_line_costs_its_own_record() {
        let text = format!("P:a\nV:1\nnonsense\n\n{RECORD}P:b\n");
        let distribution = Distribution::default();
        let told: Vec<_> = Records::new(text.as_bytes())
            .map(|record| record.package(&distribution, Some("musl>1 b"), b"/x").map(|package| package.name))
            .collect();
        assert_eq!(
            told,
            [
                Err("a line is not a letter, a colon and a value"),
                Ok("musl".to_owned()),
                Err("it has no name or no version")
            ]
        );
    }

    #[test]
    fn what_was_asked_for_stands_in_world() {
        let package = |world| {
            let record = Records::new(RECORD.as_bytes()).next().unwrap();
            record.package(&Distribution::default(), world, b"/x").unwrap().declared
        };
        assert_eq!(package(None).requested, None);
        assert_eq!(package(Some("bash musl@edge")).requested, Some(true));
        assert_eq!(package(Some("musl-utils")).requested, Some(false));
        assert_eq!(package(None).digest, "sha1:a8a719fa3db7c6cb005e681086438ef1d1e76d6c");
        assert_eq!(package(None).requires, ["so:x"]);
    }
}
