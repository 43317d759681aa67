//! Installed libraries of R: a directory with a `DESCRIPTION` (R manuals, "Writing R Extensions", 1.1.1) that says when it
//! was `Built`, which sources do not. What an installation that was cut left in a `00LOCK` directory is no library.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, Package};

use crate::draft::{Draft, LARGEST_RECORD, lost, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of R's libraries.
pub struct Cran;

impl Cataloger for Cran {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cran
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let is_locked = |path: &[u8]| path.split(|byte| *byte == b'/').any(|name| name.starts_with(b"00LOCK"));
        kind == Kind::File && path::name(path) == b"DESCRIPTION" && !is_locked(path)
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Cran, path, node, LARGEST_RECORD, limits, findings) else {
            return Vec::new();
        };
        let text = String::from_utf8_lossy(&bytes);
        let built = field(&text, "Built");
        if built.is_empty() {
            return Vec::new();
        }
        let (name, version) = (field(&text, "Package"), field(&text, "Version"));
        if name.is_empty() || version.is_empty() {
            lost(tree, Ecosystem::Cran, path, node, "it has no Package or no Version", findings);
            return Vec::new();
        }
        let needed = ["Depends", "Imports", "LinkingTo"].map(|name| field(&text, name)).join(",");
        let names = needed.split(',').map(|it| it.split('(').next().unwrap_or(it).trim());
        let mut requires: Vec<String> =
            names.filter(|name| !name.is_empty() && *name != "R").map(str::to_owned).collect();
        requires.sort();
        requires.dedup();
        let declared = Declared {
            license: field(&text, "License"),
            supplier: field(&text, "Maintainer"),
            requires,
            ..Declared::default()
        };
        let repository = field(&text, "Repository");
        let library = path::text(path::parent(path::parent(path)));
        // `R 4.2.2; ; 2023-01-01 00:00:00 UTC; unix`
        let of_r = built.split(';').next().unwrap_or(&built).trim();
        let url = purl("cran", "", &name, &version, &[]);
        let draft = Draft::new(Ecosystem::Cran, name, version, url, path::text(path));
        vec![draft.declaring(declared).with([repository.as_str(), of_r, &library])]
    }
}

/// The value of a field, lines that begin with white space joined to it; empty without it.
fn field(text: &str, name: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.split_once(':').is_none_or(|(found, _)| found != name));
    let Some((_, first)) = lines.next().and_then(|line| line.split_once(':')) else { return String::new() };
    let more = lines.take_while(|line| line.starts_with([' ', '\t']));
    std::iter::once(first).chain(more).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
