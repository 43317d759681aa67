//! rpm's database, in the three forms it has had: SQLite (`rpmdb.sqlite`), its own (`Packages.db`), Berkeley DB
//! (`Packages`). Told by content and not by name.
//!
//! Every header in the database is a package, `gpg-pubkey` too, as `rpm -qa` has it. `version` is epoch, version and
//! release (`%{evr}`). What cannot be read costs its own packages, each told. Not handled: the indices beside the database
//! (nothing is needed of them), and the old lists of `rpmdb` 3.

mod bdb;
pub mod header;
mod ndb;

use std::rc::Rc;

use careen_evidence::{ByteSource, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, read_vec};
use careen_model::codes::packages as codes;
use careen_model::{Declared, Ecosystem, Package};

use crate::distribution::Distribution;
use crate::draft::Draft;
use crate::sqlite::{Database, Value};
use crate::{Cataloger, path, purl::purl};
use header::{Header, tag};

/// The cataloger of rpm's packages.
pub struct Rpm;

/// Where distributions keep the database: the classic place, that of newer ones, that of image-based ones.
const PLACES: &[&[u8]] = &[
    b"/var/lib/rpm/rpmdb.sqlite",
    b"/var/lib/rpm/Packages.db",
    b"/var/lib/rpm/Packages",
    b"/usr/lib/sysimage/rpm/rpmdb.sqlite",
    b"/usr/lib/sysimage/rpm/Packages.db",
    b"/usr/lib/sysimage/rpm/Packages",
    b"/usr/share/rpm/rpmdb.sqlite",
    b"/usr/share/rpm/Packages.db",
    b"/usr/share/rpm/Packages",
];

/// What takes a package's number and header.
pub type Blob<'a> = &'a mut dyn FnMut(u32, Vec<u8>);

/// What is told of a part that cannot be read.
pub type Lost<'a> = &'a mut dyn FnMut(ReadError);

impl Cataloger for Rpm {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Rpm
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
        let distribution = Distribution::of(tree, "rpm", limits, findings);
        let place = tree.place(node);
        let mut packages = Vec::new();
        headers(tree, path, node, limits, findings, &mut |number, blob, findings| {
            let place = place.then(format_args!("package {number}"));
            match Header::parse(&blob, &place).and_then(|header| package(&header, &place, path, &distribution)) {
                Ok(package) => packages.push(package),
                Err(error) => lost(&codes::PACKAGE_RECORD_LOST, &error, findings),
            }
        });
        packages
    }
}

/// Gives every header of the database at `path` to `take`; what cannot be read is told.
pub fn headers(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
    take: &mut dyn FnMut(u32, Vec<u8>, &mut Findings),
) {
    if let Err(error) = read(tree, path, node, limits, findings, take) {
        lost(&codes::PACKAGE_DATABASE_DAMAGED, &error, findings);
    }
}

fn read(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
    take: &mut dyn FnMut(u32, Vec<u8>, &mut Findings),
) -> Result<(), ReadError> {
    if tree.stat(node, findings)?.kind != Kind::File {
        return Ok(());
    }
    let source = tree.open(node, findings)?;
    // Made by some builders as a mark, with nothing in it.
    if source.is_empty() {
        return Ok(());
    }
    let place = tree.place(node);
    let magic = read_vec(&*source, &place, 0, source.len().min(16), limits)?;
    let mut errors = Vec::new();
    let mut count = 0_u64;
    let mut counted = |number: u32, blob: Vec<u8>| {
        count = count.saturating_add(1);
        if count <= limits.entries {
            take(number, blob, findings);
        }
    };
    let mut lost_part = |error| errors.push(error);
    let mut frames = 0;
    let result = if magic.starts_with(b"SQLite format 3") {
        let (wal, journal) = beside(tree, path, &mut Findings::new())?;
        sqlite(source, wal, &place, limits, &mut lost_part, &mut counted).map(|applied| {
            frames = applied;
            if journal {
                errors.push(ReadError::corrupt(&place, JOURNAL));
            }
        })
    } else if magic.starts_with(b"RpmP") {
        ndb::read(&*source, &place, limits, &mut lost_part, &mut counted)
    } else {
        bdb::read(&*source, &place, limits, &mut lost_part, &mut counted)
    };
    if frames > 0 {
        findings.add(&codes::SQLITE_LOG_APPLIED, &place, &[("frames", &frames)]);
    }
    for error in errors {
        if error.reason() == JOURNAL {
            findings.add(&codes::SQLITE_JOURNAL_PENDING, &place, &[]);
        } else {
            lost(&codes::PACKAGE_DATABASE_DAMAGED, &error, findings);
        }
    }
    result
}

/// Stands for a finding of its own.
const JOURNAL: &str = "a rollback journal";

/// The log beside a database, and whether a rollback journal with something in it stands there.
fn beside(
    tree: &dyn FileTree,
    path: &[u8],
    findings: &mut Findings,
) -> Result<(Option<Rc<dyn ByteSource>>, bool), ReadError> {
    let mut open = |suffix: &[u8]| -> Result<Option<Rc<dyn ByteSource>>, ReadError> {
        match crate::resolve(tree, &[path, suffix].concat(), findings)? {
            Some(node) if tree.stat(node, findings)?.kind == Kind::File => tree.open(node, findings).map(Some),
            _ => Ok(None),
        }
    };
    let wal = open(b"-wal")?;
    let journal = open(b"-journal")?;
    let mut head = [0; 8];
    let is_hot = journal.is_some_and(|journal| {
        journal.read_exact_at(0, &mut head).is_ok() && head == [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    });
    Ok((wal, is_hot))
}

/// The table `Packages` (`hnum`, the rowid; `blob`). How many pages of the log were used.
fn sqlite(
    source: Rc<dyn ByteSource>,
    wal: Option<Rc<dyn ByteSource>>,
    place: &Place,
    limits: &Limits,
    lost: Lost<'_>,
    blob: Blob<'_>,
) -> Result<usize, ReadError> {
    let database = Database::open(source, wal, place, limits)?;
    let Some(root) = database.table("Packages", lost) else {
        return Err(ReadError::corrupt(place, "there is no table Packages"));
    };
    database.rows(root, lost, &mut |id, columns| {
        if let Some(Value::Blob(bytes)) = columns.into_iter().nth(1) {
            blob(u32::try_from(id).unwrap_or(u32::MAX), bytes);
        }
    });
    Ok(database.frames())
}

/// Epoch, where there is one, version and release, as `%{evr}` has them.
pub fn evr(header: &Header<'_>) -> String {
    let [version, release] = [tag::VERSION, tag::RELEASE].map(|tag| header.string(tag));
    let epoch = header.number(tag::EPOCH).map_or_else(String::new, |epoch| format!("{epoch}:"));
    if release.is_empty() { format!("{epoch}{version}") } else { format!("{epoch}{version}-{release}") }
}

fn lost(code: &'static careen_model::Code, error: &ReadError, findings: &mut Findings) {
    if !error.is_cancelled() {
        findings.add(code, &error.place, &[("ecosystem", &Ecosystem::Rpm.name()), ("reason", &error.reason())]);
    }
}

fn package(header: &Header<'_>, place: &Place, path: &[u8], distribution: &Distribution) -> Result<Package, ReadError> {
    let [name, version, release, architecture, source, modularity] =
        [tag::NAME, tag::VERSION, tag::RELEASE, tag::ARCH, tag::SOURCE_RPM, tag::MODULARITY_LABEL]
            .map(|tag| header.string(tag));
    // So rpm writes in the headers that it makes of keys.
    let source = if source == "(none)" { String::new() } else { source };
    if name.is_empty() || version.is_empty() {
        return Err(ReadError::corrupt(place, "rpm header: it has no name or no version"));
    }
    let released = if release.is_empty() { version } else { format!("{version}-{release}") };
    let epoch = header.number(tag::EPOCH).map(|epoch| epoch.to_string());
    let version = evr(header);
    let qualifiers = [
        ("arch", architecture.as_str()),
        ("distro", &distribution.qualifier()),
        ("epoch", epoch.as_deref().unwrap_or_default()),
        ("rpmmod", &modularity),
        ("upstream", &source),
    ];
    let url = purl("rpm", &distribution.id, &name, &released, &qualifiers);
    let digest = [("sha256:", tag::SHA256_HEADER), ("sha1:", tag::SHA1_HEADER)]
        .map(|(kind, tag)| (kind, header.string(tag)))
        .into_iter()
        .find(|(_, digits)| !digits.is_empty())
        .map_or_else(String::new, |(kind, digits)| format!("{kind}{digits}"));
    let requires = header.strings(tag::REQUIRE_NAME).map(|name| String::from_utf8_lossy(name).into_owned());
    // rpm's own features and interpreters or files by path are no names of packages.
    let mut requires: Vec<String> =
        requires.filter(|name| !name.starts_with("rpmlib(") && !name.starts_with('/')).collect();
    requires.sort();
    requires.dedup();
    let declared = Declared {
        license: header.string(tag::LICENSE),
        supplier: header.string(tag::VENDOR),
        digest,
        requires,
        requested: None,
        ..Declared::default()
    };
    let draft = Draft::new(Ecosystem::Rpm, name, version, url, path::text(path));
    Ok(draft.declaring(declared).with([architecture, source, modularity]))
}
