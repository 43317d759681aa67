//! pacman's local database, `/var/lib/pacman/local/NAME-VERSION/desc` (libalpm, `be_local.c`): `%FIELD%`, its values a
//! line each, an empty line.
//!
//! `%REASON%` 1 tells that a package came because another needs it; without it a person asked for it.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, Package};

use crate::distribution::Distribution;
use crate::draft::{Draft, LARGEST_RECORD, lost, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of pacman's packages.
pub struct Pacman;

const LOCAL: &[u8] = b"/var/lib/pacman/local";

impl Cataloger for Pacman {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Pacman
    }

    fn places(&self) -> &'static [&'static [u8]] {
        &[LOCAL]
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let distribution = Distribution::of(tree, "arch", limits, findings);
        if path::name(path) == b"desc" {
            return one(tree, path, node, &distribution, limits, findings).into_iter().collect();
        }
        let listed = match tree.stat(node, findings).map(|stat| stat.kind) {
            Ok(Kind::Directory) => tree.list(node, findings),
            _ => Ok(Vec::new()),
        };
        let listed = listed.unwrap_or_else(|error| {
            findings.add_failure(&error);
            Vec::new()
        });
        let mut packages = Vec::new();
        for entry in listed {
            let directory = path::join(path, &entry.name);
            if let Ok(Some(desc)) = tree.lookup(entry.node, b"desc", findings) {
                packages.extend(one(tree, &path::join(&directory, b"desc"), desc, &distribution, limits, findings));
            }
        }
        packages
    }
}

fn one(
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    distribution: &Distribution,
    limits: &Limits,
    findings: &mut Findings,
) -> Option<Package> {
    let bytes = record(tree, Ecosystem::Pacman, path, node, LARGEST_RECORD, limits, findings)?;
    let text = String::from_utf8_lossy(&bytes);
    let package = package(&text, path, distribution);
    if package.is_none() {
        lost(tree, Ecosystem::Pacman, path, node, "it has no name or no version", findings);
    }
    package
}

/// The values of one field, each a line.
pub fn values<'a>(text: &'a str, field: &'a str) -> impl Iterator<Item = &'a str> {
    let mut lines = text.lines();
    lines.find(|line| line.trim_end() == field);
    lines.take_while(|line| !line.is_empty() && !line.starts_with('%'))
}

fn package(text: &str, path: &[u8], distribution: &Distribution) -> Option<Package> {
    let first = |field: &str| values(text, field).next().unwrap_or_default().to_owned();
    let (name, version) = (first("%NAME%"), first("%VERSION%"));
    if name.is_empty() || version.is_empty() {
        return None;
    }
    let (architecture, base) = (first("%ARCH%"), first("%BASE%"));
    let qualifiers = [("arch", architecture.as_str()), ("distro", &distribution.qualifier())];
    let declared = Declared {
        license: values(text, "%LICENSE%").collect::<Vec<_>>().join(" AND "),
        supplier: first("%PACKAGER%"),
        digest: String::new(),
        requires: values(text, "%DEPENDS%").map(|name| wanted(name).to_owned()).collect(),
        requested: Some(first("%REASON%") != "1"),
        ..Declared::default()
    };
    let url = purl("alpm", &distribution.id, &name, &version, &qualifiers);
    let draft = Draft::new(Ecosystem::Pacman, name, version, url, path::text(path));
    Some(draft.declaring(declared).with([architecture, base]))
}

fn wanted(entry: &str) -> &str {
    entry.split(['=', '<', '>']).next().unwrap_or(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_by_their_names() {
        let text = "%NAME%\nzlib\n\n%VERSION%\n1:1.3-2\n\n%BASE%\nzlib\n\n%ARCH%\nx86_64\n\n%REASON%\n1\n\n\
            %LICENSE%\ncustom\nMIT\n\n%DEPENDS%\nglibc>=2\nbash\n\n";
        let package =
            package(text, b"/x/desc", &Distribution { id: "arch".into(), ..Distribution::default() }).unwrap();
        assert_eq!(package.purl, "pkg:alpm/arch/zlib@1:1.3-2?arch=x86_64");
        assert_eq!(package.declared.license, "custom AND MIT");
        assert_eq!(package.declared.requires, ["glibc", "bash"]);
        assert_eq!((package.declared.requested, package.values()), (Some(false), vec!["x86_64", "zlib"]));
    }
}
