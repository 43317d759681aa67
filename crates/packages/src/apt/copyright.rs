//! Licences of dpkg's packages: `/usr/share/doc/PACKAGE/copyright` (Debian Policy 12.5).
//!
//! Read to the "Machine-readable debian/copyright file" format 1.0: the first line of each `License` field, of the header
//! and of every stanza that names files (5.1, 5.2, 6.7); those of stand-alone stanzas, which only define names, where there
//! is no other. Of a file in prose nothing is understood but that it points at texts of `/usr/share/common-licenses`.
//!
//! Promised: no more than [`LARGEST`] bytes of a file, [`MOST`] names of at most [`LONGEST`] bytes each. Not handled: which
//! file of the package has which licence, and files packed as `copyright.gz`, which the policy does not allow.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Limits, NodeId, ReadError};
use careen_model::{Ecosystem, Package};

use crate::draft::record;

/// Bytes of a file; the largest known have two MiB.
const LARGEST: u64 = 8 << 20;
/// Licences of one package.
const MOST: usize = 500;
/// Bytes of a licence's name or names; a longer one is a text that stands in the wrong place.
const LONGEST: usize = 400;
/// Where the texts lie that prose points at.
const COMMON: &str = "/usr/share/common-licenses/";

/// What the installed packages of dpkg declare as their licences: for each that declares any its position in the list, and
/// the licences, each in its own words on a line of its own. What cannot be read is a finding; an error only when cancelled.
pub fn dpkg_licenses(
    tree: &dyn FileTree,
    packages: &[Package],
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Vec<(usize, Rc<str>)>, ReadError> {
    let mut found = Vec::new();
    // Packages of one source often share the directory.
    let mut known: BTreeMap<NodeId, Rc<str>> = BTreeMap::new();
    let of_dpkg = packages.iter().enumerate().filter(|(_, it)| it.ecosystem() == Ecosystem::Apt && it.is_installed());
    for (at, package) in of_dpkg {
        cancel.check()?;
        // A name that is no name leads elsewhere.
        if package.name.is_empty() || package.name.starts_with('.') || package.name.contains('/') {
            continue;
        }
        let path = format!("/usr/share/doc/{}/copyright", package.name);
        let Some(node) = crate::resolve(tree, path.as_bytes(), findings)? else { continue };
        let licenses = match known.get(&node) {
            Some(licenses) => Rc::clone(licenses),
            None => {
                let bytes = record(tree, Ecosystem::Apt, path.as_bytes(), node, LARGEST, limits, findings);
                let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                let licenses: Rc<str> = licenses(&text).join("\n").into();
                known.insert(node, Rc::clone(&licenses));
                licenses
            }
        };
        if !licenses.is_empty() {
            found.push((at, licenses));
        }
    }
    Ok(found)
}

/// The licences that a `copyright` file declares, each once, in their order.
fn licenses(text: &str) -> Vec<String> {
    let declared = machine_readable(text);
    if declared.is_empty() { pointed_at(text) } else { declared }
}

/// What a stanza is, by the fields it has.
#[derive(Default)]
struct Stanza<'a> {
    is_header: bool,
    names_files: bool,
    license: Option<&'a str>,
}

/// The first lines of `License` fields; none when the first stanza has no `Format`.
fn machine_readable(text: &str) -> Vec<String> {
    let (mut declared, mut defined) = (Vec::new(), Vec::new());
    let mut stanza: Option<Stanza<'_>> = None;
    let mut is_first = true;
    // An empty line at the end closes the last one.
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            let Some(Stanza { is_header, names_files, license }) = stanza.take() else { continue };
            if std::mem::take(&mut is_first) && !is_header {
                return Vec::new();
            }
            let into = if is_header || names_files { &mut declared } else { &mut defined };
            license.into_iter().for_each(|license| add(into, license));
            continue;
        }
        // Comments (deb822(5)) and lines that go on with the field before.
        if line.starts_with(['#', ' ', '\t']) {
            continue;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        let stanza = stanza.get_or_insert_default();
        let is = |wanted: &str| name.trim_end().eq_ignore_ascii_case(wanted);
        // The second name is that of drafts.
        stanza.is_header |= is_first && (is("Format") || is("Format-Specification"));
        stanza.names_files |= is("Files");
        if is("License") && stanza.license.is_none() {
            stanza.license = Some(value);
        }
    }
    if declared.is_empty() { defined } else { declared }
}

/// Adds a licence that is not there yet, with single spaces between its words.
fn add(licenses: &mut Vec<String>, license: &str) {
    let license = license.split_whitespace().collect::<Vec<_>>().join(" ");
    if !license.is_empty() && license.len() <= LONGEST && licenses.len() < MOST && !licenses.contains(&license) {
        licenses.push(license);
    }
}

/// Paths of common licences in a text.
fn pointed_at(text: &str) -> Vec<String> {
    let mut licenses = Vec::new();
    for (at, _) in text.match_indices(COMMON) {
        let rest = text.get(at.saturating_add(COMMON.len())..).unwrap_or_default();
        let is_of_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '+');
        let end = rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len());
        // A sentence may end here.
        let name = rest.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
        if !name.is_empty() {
            add(&mut licenses, &format!("{COMMON}{name}"));
        }
    }
    licenses
}

#[cfg(test)]
mod tests {
    use careen_evidence::MemoryTree;
    use careen_model::Details;

    use super::*;

    const FORMAT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";

    #[test]
    fn the_first_line_of_each_license_counts_once() {
        let text = format!(
            "# a comment\n{FORMAT}Upstream-Name: x\n\nFiles: *\nCopyright: a\nLicense: GPL-2+\n All the text:\n License: no\n .\n more\n\n\
             files: debian/*\nLICENSE :  GPL-2+   or\tArtistic\n \t\nFiles: x\nLicense: GPL-2+\n\nLicense: Expat\n text\n"
        );
        assert_eq!(licenses(&text), ["GPL-2+", "GPL-2+ or Artistic"]);
    }

    #[test]
    fn the_header_speaks_for_all_and_definitions_where_nothing_else_does() {
        assert_eq!(licenses(&format!("{FORMAT}License: ISC\n\nLicense: Expat\n")), ["ISC"]);
        assert_eq!(licenses(&format!("{FORMAT}\nLicense: Expat\n\nLicense: ISC")), ["Expat", "ISC"]);
        assert_eq!(licenses("Format-Specification: http://svn\n\nFiles: *\r\nLicense: ISC\r\n"), ["ISC"]);
    }

    #[test]
    fn of_prose_only_common_licenses_are_taken() {
        let text = "This is free.\nLicense: of the kind in '/usr/share/common-licenses/GPL-2'.\n\nLicense: MIT\nAlso see \
                    /usr/share/common-licenses/Apache-2.0. And /usr/share/common-licenses/, /usr/share/common-licenses/GPL-2\n";
        assert_eq!(licenses(text), ["/usr/share/common-licenses/GPL-2", "/usr/share/common-licenses/Apache-2.0"]);
        assert_eq!(licenses(""), Vec::<String>::new());
    }

    #[test]
    fn hostile_texts_stay_small() {
        let text = format!("{FORMAT}\n{}", "Files: *\nLicense: x\n\n".repeat(10));
        assert_eq!(licenses(&text), ["x"]);
        let long = "y".repeat(LONGEST + 1);
        assert_eq!(licenses(&format!("{FORMAT}License: {long}\n")), Vec::<String>::new());
        let many: String = (0..MOST + 9).map(|n| format!("Files: *\nLicense: {n}\n\n")).collect();
        assert_eq!(licenses(&format!("{FORMAT}\n{many}")).len(), MOST);
        assert_eq!(licenses(":\n:\n\n::License: x\n"), Vec::<String>::new());
    }

    #[test]
    fn a_directory_that_is_a_link_is_followed_and_names_lead_nowhere_else() {
        let mut tree = MemoryTree::new("t");
        tree.file("/usr/share/doc/a/copyright", format!("{FORMAT}License: ISC\n"));
        tree.symlink("/usr/share/doc/b", "a");
        tree.file("/copyright", format!("{FORMAT}License: no\n"));
        let package = |name: &str, status: &str| Package {
            name: name.to_owned(),
            version: "1".to_owned(),
            purl: String::new(),
            found_at: "/var/lib/dpkg/status".to_owned(),
            layer: None,
            declared: careen_model::Declared::default(),
            details: Details::Apt {
                architecture: "all".to_owned(),
                source: name.to_owned(),
                source_version: "1".to_owned(),
                status: status.to_owned(),
            },
        };
        let ok = "install ok installed";
        let packages =
            [package("b", ok), package("../../..", ok), package("a", "deinstall ok config-files"), package("c", ok)];
        let mut findings = Findings::new();
        let found =
            dpkg_licenses(&tree, &packages, &Limits::default(), &CancelToken::default(), &mut findings).unwrap();
        assert_eq!(found, [(0, "ISC".into())]);
        assert!(findings.list().is_empty());
    }
}
