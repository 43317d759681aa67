//! Ecosystems whose records tell little: Lua's rocks, Julia's manifests, Perl's distributions.
//!
//! - luarocks: `rocks-5.x/NAME/VERSION/NAME-VERSION.rockspec`; name and version stand in the path.
//! - Julia: the entries of `Manifest.toml` (formats 1 and 2); those without a version belong to Julia itself.
//! - Perl: `.meta/…/install.json` of cpanm, and the entries of `perllocal.pod` that every installation appends to. Modules
//!   that came with Perl or with the system have neither.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Ecosystem, Package};
use serde::Deserialize;

use crate::draft::{Draft, LARGEST_RECORD, lost, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of Lua's rocks.
pub struct Lua;

impl Cataloger for Lua {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Lua
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && path.ends_with(b".rockspec") && rock(path).is_some()
    }

    fn catalog(&self, _: &dyn FileTree, path: &[u8], _: NodeId, _: &Limits, _: &mut Findings) -> Vec<Package> {
        let package = rock(path).map(|(name, version, environment)| {
            let url = purl("luarocks", "", &name, &version, &[]);
            Draft::new(Ecosystem::Lua, name, version, url, path::text(path)).with([environment])
        });
        package.into_iter().collect()
    }
}

/// Name, version and the directory of rocks.
fn rock(path: &[u8]) -> Option<(String, String, String)> {
    let (version_directory, file) = path::split(path);
    let (name_directory, version) = path::split(version_directory);
    let (rocks, name) = path::split(name_directory);
    let is_rock = path::name(rocks).starts_with(b"rocks") && file == [name, b"-", version, b".rockspec"].concat();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    is_rock.then(|| (text(name), text(version), path::text(rocks)))
}

/// The cataloger of Julia's packages.
pub struct Julia;

impl Cataloger for Julia {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Julia
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && matches!(path::name(path), b"Manifest.toml" | b"JuliaManifest.toml")
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Julia, path, node, LARGEST_RECORD, limits, findings) else {
            return Vec::new();
        };
        let environment = path::text(path::parent(path));
        let packages = julia(&String::from_utf8_lossy(&bytes)).into_iter().map(|(name, version, uuid)| {
            let url = purl("julia", "", &name, &version, &[("uuid", &uuid)]);
            Draft::new(Ecosystem::Julia, name, version, url, path::text(path)).with([uuid.as_str(), &environment])
        });
        packages.collect()
    }
}

/// Name, version and identity of each entry: `[[deps.Name]]` or `[[Name]]`, then `key = "value"` lines.
fn julia(text: &str) -> Vec<(String, String, String)> {
    let mut entries: Vec<(String, String, String)> = Vec::new();
    let mut is_entry = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix("[[").and_then(|line| line.strip_suffix("]]")) {
            let name = name.strip_prefix("deps.").unwrap_or(name).trim_matches('"');
            entries.push((name.to_owned(), String::new(), String::new()));
            is_entry = true;
        } else if line.starts_with('[') {
            is_entry = false;
        } else if let (true, Some((key, value)), Some(entry)) = (is_entry, line.split_once('='), entries.last_mut()) {
            let value = value.trim().trim_matches('"').to_owned();
            match key.trim() {
                "version" => entry.1 = value,
                "uuid" => entry.2 = value,
                _ => {}
            }
        }
    }
    entries.retain(|(_, version, _)| !version.is_empty());
    entries
}

/// The cataloger of Perl's distributions.
pub struct Perl;

#[derive(Deserialize)]
struct Install {
    name: String,
    version: String,
}

impl Cataloger for Perl {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Perl
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let is_meta = || path::name(path::parent(path::parent(path))) == b".meta";
        kind == Kind::File
            && match path::name(path) {
                b"perllocal.pod" => true,
                b"install.json" => is_meta(),
                _ => false,
            }
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Perl, path, node, LARGEST_RECORD, limits, findings) else {
            return Vec::new();
        };
        let directory = path::parent(path);
        let (all, environment) = if path::name(path) == b"perllocal.pod" {
            (perllocal(&String::from_utf8_lossy(&bytes)), directory)
        } else {
            match serde_json::from_slice::<Install>(&bytes) {
                // cpanm names the module; a distribution has hyphens for its colons.
                Ok(it) => (vec![(it.name.replace("::", "-"), it.version)], path::parent(path::parent(directory))),
                Err(error) => {
                    lost(tree, Ecosystem::Perl, path, node, error, findings);
                    return Vec::new();
                }
            }
        };
        let packages = all.into_iter().map(|(name, version)| {
            let url = purl("cpan", "", &name, &version, &[]);
            Draft::new(Ecosystem::Perl, name, version, url, path::text(path)).with([path::text(environment)])
        });
        packages.collect()
    }
}

/// Name and version of each module, of one that was installed several times the last: an entry begins with
/// `=head2 …: C<Module> L<Name|Name>` and has an item `C<VERSION: 1.2>`.
fn perllocal(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut name = None;
    for line in text.lines() {
        if line.starts_with("=head2 ") {
            name = line
                .split_once("L<")
                .and_then(|(_, rest)| rest.split(['|', '>']).next())
                .map(|it| it.replace("::", "-"));
        } else if let (Some(name), Some(version)) =
            (&name, line.trim().strip_prefix("C<VERSION: ").and_then(|rest| rest.strip_suffix('>')))
        {
            found.retain(|(known, _)| known != name);
            found.push((name.clone(), version.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rock_is_told_by_its_path() {
        let path = b"/usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec";
        assert_eq!(rock(path), Some(("lpeg".into(), "1.0.2-1".into(), "/usr/local/lib/luarocks/rocks-5.1".into())));
        assert_eq!(rock(b"/src/lpeg/lpeg-1.0.2-1.rockspec"), None);
    }

    #[test]
    fn manifests_of_julia_of_both_formats_are_read() {
        let text = "julia_version = \"1.9\"\n\n[[deps.A]]\nuuid = \"u-1\"\nversion = \"1.2.0\"\n\n    [deps.A.weakdeps]\n    version = \"9\"\n\n[[deps.Dates]]\nuuid = \"u\"\n\n[[B]]\nversion = \"0.1.0+2\"\n";
        assert_eq!(
            julia(text),
            [("A".into(), "1.2.0".into(), "u-1".into()), ("B".into(), "0.1.0+2".into(), String::new())]
        );
    }

    #[test]
    fn perl_appends_an_entry_for_each_installation() {
        let text = "=head2 Mon: C<Module> L<A::B|A::B>\n\n=over 4\n\n=item *\n\nC<installed into: /x>\n\n=item *\n\nC<VERSION: 1.0>\n\n=back\n\n\
            =head2 Tue: C<Module> L<A::B|A::B>\n\nC<VERSION: 1.1>\n";
        assert_eq!(perllocal(text), [("A-B".to_owned(), "1.1".to_owned())]);
    }
}
