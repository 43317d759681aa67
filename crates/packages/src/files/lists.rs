//! The lists themselves, ecosystem by ecosystem.

use std::collections::BTreeMap;

use careen_evidence::{Findings, Kind, Place, ReadError, read_file};
use careen_model::{Details, Ecosystem, Package};
use serde::Deserialize;

use super::Reading;
use super::digests::{Digest, DigestKind};
use crate::rpm::header::{Header, tag};
use crate::{apk, hex, pacman, path, rpm};

/// `RPMFILE_CONFIG` and `RPMFILE_GHOST` of `FILEFLAGS`.
const CONFIGURATION: u32 = 1;
const GHOST: u32 = 1 << 6;

#[derive(Deserialize)]
struct CondaFiles {
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    paths_data: CondaPaths,
}

#[derive(Default, Deserialize)]
struct CondaPaths {
    #[serde(default)]
    paths: Vec<CondaPath>,
}

#[derive(Deserialize)]
struct CondaPath {
    #[serde(rename = "_path")]
    path: String,
    /// Of the file as it was packed.
    #[serde(default)]
    sha256: Option<String>,
    /// Of the file in the environment, where the installation changed it.
    #[serde(default)]
    sha256_in_prefix: Option<String>,
}

impl Reading<'_> {
    /// The lists that go with one database or record, whose packages stand at `owners`.
    pub fn read(
        &mut self,
        ecosystem: Ecosystem,
        found_at: &[u8],
        owners: &[usize],
        packages: &[Package],
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let by_name = || owners.iter().filter_map(|at| Some((packages.get(*at)?.name.as_str(), *at)));
        let Some(owner) = owners.first().copied() else { return Ok(()) };
        let directory = path::parent(found_at);
        match ecosystem {
            Ecosystem::Apt => {
                for at in owners {
                    if let Some(package) = packages.get(*at) {
                        self.dpkg(found_at, *at, package, findings)?;
                    }
                }
                self.configuration(found_at, &by_name().collect(), findings)?;
            }
            Ecosystem::Apk => self.apk(found_at, &by_name().collect(), findings)?,
            Ecosystem::Rpm => self.rpm(found_at, owners, packages, findings)?,
            Ecosystem::Pacman => {
                let list = self.text(&path::join(directory, b"files"), findings)?;
                for file in pacman::values(&list, "%FILES%").filter(|file| !file.ends_with('/')) {
                    self.own(&path::join(b"", file.as_bytes()), owner, None, false, findings);
                }
            }
            Ecosystem::Pip if found_at.ends_with(b"/METADATA") => self.python(directory, owner, findings)?,
            Ecosystem::Conda => self.conda(found_at, owner, findings)?,
            Ecosystem::Npm | Ecosystem::Cran => drop(self.directories.insert(directory.to_vec(), owner)),
            Ecosystem::Gem => {
                let stem = path::name(found_at).strip_suffix(b".gemspec").unwrap_or_default();
                let gems = path::join(path::parent(directory), b"gems");
                self.directories.insert(path::join(&gems, stem), owner);
                self.own(found_at, owner, None, false, findings);
            }
            // These name themselves.
            Ecosystem::Go | Ecosystem::Cargo | Ecosystem::Java => self.own(found_at, owner, None, false, findings),
            _ => {}
        }
        Ok(())
    }

    /// The text of a file; empty when it is not there, and with a finding when it cannot be read.
    fn text(&self, path: &[u8], findings: &mut Findings) -> Result<String, ReadError> {
        Ok(String::from_utf8_lossy(&self.bytes(path, findings)?).into_owned())
    }

    fn bytes(&self, path: &[u8], findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let read = |findings: &mut Findings| match crate::resolve(self.tree, path, findings)? {
            Some(node) if self.tree.stat(node, findings)?.kind == Kind::File => {
                read_file(self.tree, node, self.limits, findings)
            }
            _ => Ok(Vec::new()),
        };
        match read(findings) {
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                findings.add_failure(&error);
                Ok(Vec::new())
            }
            Ok(bytes) => Ok(bytes),
        }
    }

    /// `info/NAME.list` and `.md5sums`, with the architecture in the name for those of several; beside a stanza of
    /// `status.d` its `.md5sums`.
    fn dpkg(
        &mut self,
        found_at: &[u8],
        owner: usize,
        package: &Package,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let Details::Apt { architecture, .. } = &package.details else { return Ok(()) };
        let (directory, file) = path::split(found_at);
        let stems = if path::name(directory) == b"status.d" {
            vec![path::join(directory, file)]
        } else {
            let info = path::join(directory, b"info");
            let plain = path::join(&info, package.name.as_bytes());
            vec![[plain.as_slice(), b":", architecture.as_bytes()].concat(), plain]
        };
        for stem in stems {
            let list = self.bytes(&[&stem, b".list".as_slice()].concat(), findings)?;
            let sums = self.text(&[&stem, b".md5sums".as_slice()].concat(), findings)?;
            if list.is_empty() && sums.is_empty() {
                continue;
            }
            for line in list.split(|byte| *byte == b'\n').filter(|line| line.len() > 1 && *line != b"/.") {
                self.own(line, owner, None, false, findings);
            }
            for (digits, file) in sums.lines().filter_map(|line| line.split_once("  ")) {
                let digest = Digest::new(DigestKind::Md5, digits);
                self.own(&path::join(b"", file.trim_start_matches("./").as_bytes()), owner, digest, false, findings);
            }
            break;
        }
        Ok(())
    }

    /// `Conffiles` of dpkg's status: lines of a path and the digest that the package shipped.
    fn configuration(
        &mut self,
        found_at: &[u8],
        owners: &BTreeMap<&str, usize>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let text = self.text(found_at, findings)?;
        let (mut owner, mut is_inside) = (None, false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("Package:") {
                owner = owners.get(name.trim()).copied();
            }
            if !line.starts_with(' ') {
                is_inside = line.trim_end() == "Conffiles:";
            } else if let (true, Some(owner)) = (is_inside, owner) {
                let mut words = line.split_ascii_whitespace();
                if let (Some(file), Some(digits), None) = (words.next(), words.next(), words.next()) {
                    let digest = Digest::new(DigestKind::Md5, digits);
                    self.own(file.as_bytes(), owner, digest, true, findings);
                }
            }
        }
        Ok(())
    }

    fn apk(
        &mut self,
        found_at: &[u8],
        owners: &BTreeMap<&str, usize>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let bytes = self.bytes(found_at, findings)?;
        for record in apk::Records::new(&bytes) {
            let Some(owner) = owners.get(record.name().as_str()) else { continue };
            for file in record.files() {
                let digest = file.sha1.as_deref().and_then(|digits| Digest::new(DigestKind::Sha1, digits));
                let is_configuration = file.path.starts_with(b"/etc/");
                self.own(&file.path, *owner, digest, is_configuration, findings);
            }
        }
        Ok(())
    }

    fn rpm(
        &mut self,
        found_at: &[u8],
        owners: &[usize],
        packages: &[Package],
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let Some(node) = crate::resolve(self.tree, found_at, findings)? else { return Ok(()) };
        let tree = self.tree;
        let limits = self.limits;
        let known: BTreeMap<(&str, &str, &str), usize> = owners
            .iter()
            .filter_map(|at| {
                packages.get(*at).map(|it| ((it.name.as_str(), it.version.as_str(), it.value("architecture")), *at))
            })
            .collect();
        // Damage was told when the packages were listed.
        let mut told = Findings::new();
        rpm::headers(tree, found_at, node, limits, &mut told, &mut |_, blob, _| {
            let place = Place::default();
            let Ok(header) = Header::parse(&blob, &place) else { return };
            let identity = (header.string(tag::NAME), rpm::evr(&header), header.string(tag::ARCH));
            let owner = known.get(&(identity.0.as_str(), identity.1.as_str(), identity.2.as_str()));
            let Some(owner) = owner else { return };
            let directories: Vec<&[u8]> = header.strings(tag::DIR_NAMES).collect();
            let kind = DigestKind::numbered(header.number(tag::FILE_DIGEST_ALGORITHM).unwrap_or(1));
            let mut digests = header.strings(tag::FILE_DIGESTS);
            let mut flags = header.numbers(tag::FILE_FLAGS);
            for (name, directory) in header.strings(tag::BASE_NAMES).zip(header.numbers(tag::DIR_INDEXES)) {
                let (digits, flags) = (digests.next().unwrap_or_default(), flags.next().unwrap_or_default());
                let directory = usize::try_from(directory).ok().and_then(|at| directories.get(at));
                let (Some(directory), true) = (directory, flags & GHOST == 0) else { continue };
                let digits = String::from_utf8_lossy(digits);
                let digest = kind.and_then(|kind| Digest::new(kind, &digits));
                self.own(&[directory, name].concat(), *owner, digest, flags & CONFIGURATION != 0, findings);
            }
        });
        Ok(())
    }

    /// `RECORD` (Recording installed projects, PyPA): path, digest and size, relative to the site directory.
    fn python(&mut self, record: &[u8], owner: usize, findings: &mut Findings) -> Result<(), ReadError> {
        let site = path::parent(record);
        let list = self.text(&path::join(record, b"RECORD"), findings)?;
        for line in list.lines() {
            let (file, rest) = match line.strip_prefix('"') {
                Some(quoted) => quoted.split_once("\",").map_or((quoted, ""), |(file, rest)| (file, rest)),
                None => line.split_once(',').unwrap_or((line, "")),
            };
            let digest = rest.split(',').next().and_then(|it| it.split_once('=')).and_then(|(kind, digest)| {
                let digits = hex::digits(&hex::from_base64(digest)?);
                Digest::new(DigestKind::named(kind)?, &digits)
            });
            if !file.is_empty() {
                self.own(&path::normalize(site, file.replace("\"\"", "\"").as_bytes()), owner, digest, false, findings);
            }
        }
        Ok(())
    }

    fn conda(&mut self, found_at: &[u8], owner: usize, findings: &mut Findings) -> Result<(), ReadError> {
        let environment = path::parent(path::parent(found_at));
        let bytes = self.bytes(found_at, findings)?;
        // A record that cannot be read was told when the packages were listed.
        let Ok(record) = serde_json::from_slice::<CondaFiles>(&bytes) else { return Ok(()) };
        for file in &record.files {
            self.own(&path::join(environment, file.as_bytes()), owner, None, false, findings);
        }
        for it in &record.paths_data.paths {
            let digits = it.sha256_in_prefix.as_ref().or(it.sha256.as_ref());
            let digest = digits.and_then(|digits| Digest::new(DigestKind::Sha256, digits));
            self.own(&path::join(environment, it.path.as_bytes()), owner, digest, false, findings);
        }
        self.own(found_at, owner, None, false, findings);
        Ok(())
    }
}
