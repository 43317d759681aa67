//! dpkg's database: `/var/lib/dpkg/status` with its journal `updates/`, and `/var/lib/dpkg/status.d` of images built
//! without dpkg (distroless).
//!
//! Read as deb822(5) and dpkg's own `lib/dpkg/parse.c` say. Where dpkg would refuse the whole database, one stanza is
//! lost here, with a finding, or read the way apt reads it (a repeated field: the last one counts).
//!
//! Every state is listed, also `config-files` and `not-installed`; those may lack a version, which is then empty. The
//! database is looked for at the root of the tree only: what a chroot below it holds is not installed in this tree.
//! What a person asked for is told by apt's `extended_states`, where there is one. Licences are told apart, since they
//! stand in a file for each package. Not read: `available`, `diversions`.

mod copyright;
mod declared;
mod log;
mod stanza;

pub use copyright::dpkg_licenses;
pub use log::{Worked, apt_history, dpkg_log};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use careen_evidence::{ByteSource, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError};
use careen_model::codes::packages as codes;
use careen_model::{Details, Ecosystem, Package};

use crate::distribution::Distribution;
use crate::{Cataloger, path, purl::purl};
use stanza::{Field, Stanza, Stanzas};

/// The cataloger of dpkg's packages.
pub struct Apt;

const STATUS: &[u8] = b"/var/lib/dpkg/status";
const STATUS_D: &[u8] = b"/var/lib/dpkg/status.d";
const UPDATES: &[u8] = b"updates";

/// What a stanza says by standing in `status.d` without a `Status` of its own: such images are never changed.
const INSTALLED: &str = "install ok installed";

/// How dpkg takes a stanza of `status` without `Status`.
const UNKNOWN: &str = "unknown ok not-installed";

/// Longest value of a field that names something. Real ones stay below 200 bytes.
const LONGEST_WORD: usize = 4096;

impl Cataloger for Apt {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Apt
    }

    fn places(&self) -> &'static [&'static [u8]] {
        &[STATUS, STATUS_D]
    }

    /// `status` brings the entries of `updates/` beside it, as dpkg itself reads them.
    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        match read_files(tree, path, node, limits, findings) {
            Ok(files) => {
                let distribution = Distribution::of(tree, "debian", limits, findings);
                let mut packages = packages(&files, &distribution, limits, findings);
                declared::note_requested(tree, &mut packages, limits, findings);
                packages
            }
            Err(error) => {
                findings.add_failure(&error);
                Vec::new()
            }
        }
    }
}

/// A file of the database, in the order dpkg reads them.
struct DatabaseFile {
    path: String,
    place: Place,
    bytes: Vec<u8>,
    /// Whether it lies in `status.d`, where a stanza needs no status and files often end without a line end.
    is_split: bool,
}

/// The file at `path`, or those in it when it is `status.d`; after `status` those of its journal.
fn read_files(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<DatabaseFile>, ReadError> {
    let (directory, name) = path::split(path);
    if tree.stat(node, findings)?.kind == Kind::Directory {
        let entries = tree.list(node, findings)?;
        // Beside each stanza stands the list of its files' checksums.
        let stanzas = entries.into_iter().filter(|entry| !entry.name.ends_with(b".md5sums"));
        return Ok(stanzas
            .filter_map(|entry| read_file(tree, &path::join(path, &entry.name), entry.node, true, limits, findings))
            .collect());
    }
    let is_split = path::name(directory) == b"status.d";
    let mut files: Vec<_> = read_file(tree, path, node, is_split, limits, findings).into_iter().collect();
    if name == b"status" {
        let updates = path::join(directory, UPDATES);
        let listed = match crate::resolve(tree, &updates, findings)? {
            Some(node) if tree.stat(node, findings)?.kind == Kind::Directory => tree.list(node, findings)?,
            _ => Vec::new(),
        };
        // dpkg takes the names made of digits alone, in their order.
        let pending = listed.iter().filter(|entry| entry.name.iter().all(u8::is_ascii_digit));
        let pending: Vec<_> = pending
            .filter_map(|entry| {
                read_file(tree, &path::join(&updates, &entry.name), entry.node, false, limits, findings)
            })
            .collect();
        if !pending.is_empty() {
            findings.add(&codes::APT_UPDATES_PENDING, &tree.place(node), &[("count", &pending.len())]);
        }
        files.extend(pending);
    }
    Ok(files)
}

/// One file; a symbolic link is followed, what is no file is left out.
fn read_file(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    is_split: bool,
    limits: &Limits,
    findings: &mut Findings,
) -> Option<DatabaseFile> {
    let read = |findings: &mut Findings| -> Result<Option<DatabaseFile>, ReadError> {
        let node = match tree.stat(node, findings)?.kind {
            Kind::File => node,
            Kind::Symlink => match crate::resolve(tree, path, findings)? {
                Some(target) if tree.stat(target, findings)?.kind == Kind::File => target,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        let place = tree.place(node);
        let source = tree.open(node, findings)?;
        let bytes = read_past_damage(&*source, &place, limits, findings)?;
        Ok(Some(DatabaseFile { path: path::text(path), place, bytes, is_split }))
    };
    match read(findings) {
        Ok(file) => file,
        Err(error) => {
            findings.add_failure(&error);
            None
        }
    }
}

/// The whole file. Pieces that cannot be read are a finding each and zeros here, which no text holds, so that the
/// stanzas they touch are known to be broken and the others are kept.
pub fn read_past_damage(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<u8>, ReadError> {
    const PIECE: usize = 4096;
    let length = source.len();
    let over = || ReadError::over_limit(place, format_args!("{length} bytes at once, the limit is {}", limits.bytes));
    let size = usize::try_from(length).ok().filter(|_| length <= limits.bytes).ok_or_else(over)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| over())?;
    bytes.resize(size, 0);
    match source.read_exact_at(0, &mut bytes) {
        Ok(()) => return Ok(bytes),
        Err(error) if error.is_cancelled() => return Err(error),
        Err(_) => {}
    }
    let mut offset = 0_u64;
    for piece in bytes.chunks_mut(PIECE) {
        if let Err(error) = source.read_exact_at(offset, piece) {
            if error.is_cancelled() {
                return Err(error);
            }
            findings.add_failure(&error);
            piece.fill(0);
        }
        offset = offset.saturating_add(piece.len() as u64);
    }
    Ok(bytes)
}

type NameAndArchitecture<'a> = (&'a [u8], &'a [u8]);

/// The packages of a database. A name with the same architecture counts once, as dpkg keeps it: the last stanza.
fn packages(
    files: &[DatabaseFile],
    distribution: &Distribution,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Package> {
    let mut packages: Vec<Package> = Vec::new();
    // The index in `packages` and the file it was read from.
    let mut known: BTreeMap<NameAndArchitecture<'_>, (usize, &str)> = BTreeMap::new();
    for file in files {
        for stanza in Stanzas::new(&file.bytes) {
            if packages.len() as u64 >= limits.entries {
                let reason = format!("more than {} packages in one database", limits.entries);
                findings.add_failure(&ReadError::over_limit(&file.place, reason));
                return packages;
            }
            let package = match package(file, &stanza, distribution, findings) {
                Ok(package) => package,
                Err((line, reason)) => {
                    let name = stanza.package.map_or("?".into(), |field| String::from_utf8_lossy(field.value));
                    let place = file.line(line);
                    findings.add(&codes::APT_STANZA_LOST, &place, &[("package", &name), ("reason", &reason)]);
                    continue;
                }
            };
            let [name, architecture] =
                [stanza.package, stanza.architecture].map(|field| field.map_or(b"".as_slice(), |field| field.value));
            match known.entry((name, architecture)) {
                Entry::Vacant(entry) => {
                    entry.insert((packages.len(), &file.path));
                    packages.push(package);
                }
                Entry::Occupied(mut entry) => {
                    let (at, from) = *entry.get();
                    // An entry of the journal replaces the one in `status`; within one file that is odd.
                    if from == file.path {
                        let place = file.line(stanza.line);
                        findings.add(&codes::APT_PACKAGE_REPEATED, &place, &[("package", &package.name)]);
                    }
                    entry.insert((at, &file.path));
                    if let Some(earlier) = packages.get_mut(at) {
                        *earlier = package;
                    }
                }
            }
        }
    }
    packages
}

/// The package a stanza tells, or the line and the reason why it tells none.
fn package(
    file: &DatabaseFile,
    stanza: &Stanza<'_>,
    distribution: &Distribution,
    findings: &mut Findings,
) -> Result<Package, (u64, &'static str)> {
    if let Some(broken) = stanza.broken {
        return Err(broken);
    }
    let fields = [stanza.package, stanza.version, stanza.architecture, stanza.source, stanza.status];
    if let Some(long) = fields.iter().flatten().find(|field| field.value.len() > LONGEST_WORD) {
        return Err((long.line, "the value is longer than any real one"));
    }
    let name = stanza.package.ok_or((stanza.line, "it has no field Package"))?;
    if !is_name(name.value) {
        return Err((name.line, "the name of the package has characters that dpkg does not allow"));
    }
    let status = match stanza.status {
        Some(field) => status(file, field, findings),
        None if file.is_split => INSTALLED.to_owned(),
        None => UNKNOWN.to_owned(),
    };
    let has_version = stanza.version.is_some_and(|version| !version.value.is_empty());
    if !has_version
        && !matches!(status.split(' ').next_back(), Some("not-installed" | "config-files" | "half-installed"))
    {
        return Err((stanza.line, "it has no version"));
    }
    tell_oddities(file, stanza, name.value, findings);
    let name = text(file, Some(name), findings);
    let version = text(file, stanza.version, findings);
    let architecture = text(file, stanza.architecture, findings);
    let (source, source_version) = source(&text(file, stanza.source, findings), &name, &version);
    let qualifiers = [("arch", architecture.as_str()), ("distro", &distribution.qualifier())];
    Ok(Package {
        purl: purl("deb", &distribution.id, &name, &version, &qualifiers),
        name,
        version,
        found_at: file.path.clone(),
        layer: None,
        declared: declared::of(stanza),
        details: Details::Apt { architecture, source, source_version, status },
    })
}

/// `pkg_name_is_invalid` of dpkg: a letter or digit, then letters, digits and `-+._`.
fn is_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(byte))
}

/// The three words of `Status`, one space between them. Words dpkg does not know are kept and told.
fn status(file: &DatabaseFile, field: Field<'_>, findings: &mut Findings) -> String {
    const WANT: [&str; 5] = ["unknown", "install", "hold", "deinstall", "purge"];
    const FLAG: [&str; 2] = ["ok", "reinstreq"];
    const STATE: [&str; 8] = [
        "not-installed",
        "config-files",
        "half-installed",
        "unpacked",
        "half-configured",
        "triggers-awaited",
        "triggers-pending",
        "installed",
    ];
    let value = text(file, Some(field), findings);
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let is_known =
        matches!(*words, [want, flag, state] if WANT.contains(&want) && FLAG.contains(&flag) && STATE.contains(&state));
    if !is_known {
        findings.add(&codes::APT_STATUS_UNKNOWN, &file.line(field.line), &[("status", &value)]);
    }
    words.join(" ")
}

/// Name and version of the source package, from `Source: name (version)`: what is not said is as in the package.
fn source(value: &str, name: &str, version: &str) -> (String, String) {
    let source = value.split_ascii_whitespace().next().filter(|source| !source.is_empty()).unwrap_or(name);
    let in_brackets = value.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside.trim());
    (source.to_owned(), in_brackets.unwrap_or(version).to_owned())
}

/// A field's value; bytes that are not UTF-8 are told and shown as U+FFFD. Empty without the field.
fn text(file: &DatabaseFile, field: Option<Field<'_>>, findings: &mut Findings) -> String {
    let Some(field) = field else { return String::new() };
    let text = String::from_utf8_lossy(field.value);
    if matches!(text, Cow::Owned(_)) {
        findings.add(&codes::APT_TEXT_INVALID, &file.line(field.line), &[("value", &text)]);
    }
    text.into_owned()
}

/// What dpkg would refuse the database for, though the package can be told.
fn tell_oddities(file: &DatabaseFile, stanza: &Stanza<'_>, name: &[u8], findings: &mut Findings) {
    let package = String::from_utf8_lossy(name);
    if let Some((line, field)) = stanza.repeated {
        let field = String::from_utf8_lossy(field);
        findings.add(&codes::APT_FIELD_REPEATED, &file.line(line), &[("package", &package), ("field", &field)]);
    }
    if stanza.is_joined {
        findings.add(&codes::APT_BOUNDARY_MISSING, &file.line(stanza.line), &[("package", &package)]);
    }
    if stanza.is_cut && !file.is_split {
        findings.add(&codes::APT_END_MISSING, &file.line(stanza.line), &[("package", &package)]);
    }
}

impl DatabaseFile {
    fn line(&self, line: u64) -> Place {
        self.place.then(format_args!("{}, line {line}", self.path))
    }
}
