//! Java archives: what `META-INF/maven/…/pom.properties` and `META-INF/MANIFEST.MF` tell, in archives and in archives within
//! them (`BOOT-INF/lib`, `WEB-INF/lib`).
//!
//! Each `pom.properties` is a package, since shaded archives have many. The archive itself is one more when none of them
//! bears its name: named after its file, with the version of the file's name or of the manifest; one that tells no version
//! is left out. Bounded: archives at most [`DEEPEST`] deep, at most [`LARGEST_INNER`] bytes unpacked for each and
//! [`LARGEST_ALL`] for all that one file holds.

use std::rc::Rc;

use careen_evidence::{ByteSource, FileTree, Findings, Kind, Limits, NodeId, ReadError};
use careen_model::{Declared, Ecosystem, Package};

use crate::draft::{Draft, failed};
use crate::zip::Zip;
use crate::{Cataloger, path, purl::purl};

/// The cataloger of Java's archives.
pub struct Java;

const ENDINGS: [&[u8]; 10] =
    [b".jar", b".war", b".ear", b".par", b".sar", b".nar", b".jpi", b".hpi", b".kar", b".lpkg"];

/// Archives within archives.
const DEEPEST: usize = 4;
const LARGEST_INNER: u64 = 64 << 20;
const LARGEST_ALL: u64 = 512 << 20;
const LARGEST_TEXT: u64 = 1 << 20;

impl Cataloger for Java {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Java
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && is_archive(path)
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let source = match tree.open(node, findings) {
            // Debian keeps empty ones in tests.
            Ok(source) if source.is_empty() => return Vec::new(),
            Ok(source) => source,
            Err(error) => {
                failed(tree, Ecosystem::Java, path, node, &error, findings);
                return Vec::new();
            }
        };
        let mut reading =
            Reading { limits, found_at: path::text(path), left: LARGEST_ALL, packages: Vec::new(), errors: Vec::new() };
        reading.archive(source, &tree.place(node), path::name(path), "", 0);
        for error in &reading.errors {
            failed(tree, Ecosystem::Java, path, node, error, findings);
        }
        reading.packages
    }
}

fn is_archive(name: &[u8]) -> bool {
    ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
}

struct Reading<'a> {
    limits: &'a Limits,
    found_at: String,
    /// Bytes that may still be unpacked.
    left: u64,
    packages: Vec<Package>,
    errors: Vec<ReadError>,
}

impl Reading<'_> {
    /// What an archive tells; `within` is its path in the file, empty for the file itself.
    fn archive(
        &mut self,
        source: Rc<dyn ByteSource>,
        place: &careen_evidence::Place,
        name: &[u8],
        within: &str,
        depth: usize,
    ) {
        let zip = match Zip::open(source, place, self.limits) {
            Ok(zip) => zip,
            Err(error) => return self.errors.push(error),
        };
        let (mut poms, mut manifest) = (Vec::new(), Manifest::default());
        for entry in &zip.entries {
            let entry_name = String::from_utf8_lossy(&entry.name);
            let is_pom = entry_name.starts_with("META-INF/maven/") && entry_name.ends_with("/pom.properties");
            if is_pom || entry_name == "META-INF/MANIFEST.MF" {
                match zip.content(entry, LARGEST_TEXT) {
                    Ok(bytes) if is_pom => poms.extend(pom(&String::from_utf8_lossy(&bytes))),
                    Ok(bytes) => manifest = Manifest::parse(&String::from_utf8_lossy(&bytes)),
                    Err(error) => self.errors.push(error),
                }
            } else if is_archive(&entry.name) {
                let deeper = depth.saturating_add(1);
                if deeper > DEEPEST || entry.size > self.left {
                    let what = format!("archives within archives at {entry_name}");
                    self.errors.push(ReadError::over_limit(place, what));
                    continue;
                }
                match zip.inner(entry, LARGEST_INNER.min(self.left)) {
                    Ok(inner) => {
                        self.left = self.left.saturating_sub(inner.len());
                        let path =
                            if within.is_empty() { entry_name.into_owned() } else { format!("{within}!/{entry_name}") };
                        self.archive(inner, &place.then(&path), path::name(&entry.name), &path, deeper);
                    }
                    Err(error) => self.errors.push(error),
                }
            }
        }
        let (stem, version) = from_file_name(&String::from_utf8_lossy(name));
        if !poms.iter().any(|pom| pom.artifact == stem) {
            let version = version.or_else(|| manifest.version());
            if let Some(version) = version.filter(|version| !version.is_empty()) {
                let group = manifest.group(&stem);
                poms.push(Pom { group, artifact: stem, version });
            }
        }
        for Pom { group, artifact, version } in poms {
            let url = purl("maven", &group, &artifact, &version, &[]);
            let declared = Declared {
                license: manifest.license.clone(),
                supplier: manifest.vendor.clone(),
                ..Declared::default()
            };
            let draft = Draft::new(Ecosystem::Java, artifact, version, url, self.found_at.clone());
            self.packages.push(draft.declaring(declared).with([group.as_str(), within]));
        }
    }
}

struct Pom {
    group: String,
    artifact: String,
    version: String,
}

/// `key=value` lines; `None` when one of the three is missing.
fn pom(text: &str) -> Option<Pom> {
    let value = |wanted: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once(['=', ':']));
        let found = lines.find(|(key, _)| key.trim() == wanted);
        found.map(|(_, value)| value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    Some(Pom { group: value("groupId")?, artifact: value("artifactId")?, version: value("version")? })
}

/// The main section of a manifest (JAR File Specification, "JAR Manifest").
#[derive(Default)]
struct Manifest {
    versions: Vec<String>,
    symbolic_name: String,
    vendor_id: String,
    vendor: String,
    license: String,
}

impl Manifest {
    fn parse(text: &str) -> Self {
        // A line of 72 bytes goes on in the next one, which begins with a space.
        let joined = text.replace("\r\n", "\n").replace("\n ", "");
        let main = joined.split("\n\n").next().unwrap_or_default();
        let value = |wanted: &str| {
            let mut lines = main.lines().filter_map(|line| line.split_once(':'));
            let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(wanted));
            found.map_or_else(String::new, |(_, value)| value.trim().to_owned())
        };
        Manifest {
            versions: ["Implementation-Version", "Bundle-Version", "Specification-Version", "Plugin-Version"]
                .map(value)
                .into(),
            symbolic_name: value("Bundle-SymbolicName").split(';').next().unwrap_or_default().trim().to_owned(),
            vendor_id: value("Implementation-Vendor-Id"),
            vendor: Some(value("Implementation-Vendor"))
                .filter(|it| !it.is_empty())
                .unwrap_or_else(|| value("Bundle-Vendor")),
            license: value("Bundle-License"),
        }
    }

    /// A manifest made by a build that did not fill it in has `${…}`.
    fn version(&self) -> Option<String> {
        self.versions.iter().find(|version| !version.is_empty() && !version.contains('$')).cloned()
    }

    /// What stands before the artifact's own name in the name of a bundle.
    fn group(&self, artifact: &str) -> String {
        let group = if self.symbolic_name.contains('.') { &self.symbolic_name } else { &self.vendor_id };
        group.strip_suffix(artifact).map_or(group.as_str(), |group| group.trim_end_matches('.')).to_owned()
    }
}

/// `name-1.2.3.jar`: the name, and the version where a hyphen and a digit divide them.
fn from_file_name(name: &str) -> (String, Option<String>) {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hyphen = stem.match_indices('-').find(|(at, _)| {
        stem.get(at.saturating_add(1)..).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_digit()))
    });
    match hyphen.and_then(|(at, _)| stem.split_at_checked(at)) {
        Some((name, version)) => (name.to_owned(), Some(version.trim_start_matches('-').to_owned())),
        None => (stem.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_ends_where_its_version_begins() {
        assert_eq!(from_file_name("log4j-core-2.17.1.jar"), ("log4j-core".into(), Some("2.17.1".into())));
        assert_eq!(from_file_name("a-1.0-SNAPSHOT.war"), ("a".into(), Some("1.0-SNAPSHOT".into())));
        assert_eq!(from_file_name("rt.jar"), ("rt".into(), None));
    }

    #[test]
    fn lines_of_a_manifest_go_on_behind_a_space() {
        let text = "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.x.l\r\n ib;singleton:=true\r\nImplementation-Version: ${v}\r\n\
            Bundle-Version: 1.2\r\n\r\nName: a\r\nImplementation-Version: 9\r\n";
        let manifest = Manifest::parse(text);
        assert_eq!((manifest.version().as_deref(), manifest.group("lib").as_str()), (Some("1.2"), "org.x"));
    }

    #[test]
    fn properties_without_a_version_tell_nothing() {
        assert!(pom("groupId=a\nartifactId=b\n").is_none());
        let pom = pom("#c\nversion=1\r\ngroupId=a.b\r\nartifactId=c\r\n").unwrap();
        assert_eq!((pom.group.as_str(), pom.artifact.as_str(), pom.version.as_str()), ("a.b", "c", "1"));
    }
}
