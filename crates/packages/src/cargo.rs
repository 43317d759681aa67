//! The crates a Rust program was built from, where cargo-auditable wrote them into the section `.dep-v0` (so on every system): JSON packed with
//! zlib (rust-secure-code/cargo-auditable, `auditable-serde`).

use careen_evidence::{FileTree, Findings, Limits, NodeId, ReadError};
use careen_model::{Declared, Ecosystem, Package};
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use serde::Deserialize;

use crate::draft::Draft;
use crate::executable::{self, Executable};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of crates.
pub struct Cargo;

const SECTION: &[u8] = b".dep-v0";

/// Bounds of the section, packed and unpacked; a program of a thousand crates has some 60 KiB.
const LARGEST: u64 = 4 << 20;
const LARGEST_UNPACKED: usize = 64 << 20;

#[derive(Deserialize)]
struct Audit {
    packages: Vec<Crate>,
}

#[derive(Deserialize)]
struct Crate {
    name: String,
    version: String,
    #[serde(default)]
    source: String,
    /// `build` or `runtime`; the latter when it is missing.
    #[serde(default)]
    kind: Option<String>,
    /// Indices in the list.
    #[serde(default)]
    dependencies: Vec<usize>,
    #[serde(default)]
    root: bool,
}

impl Cataloger for Cargo {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Cargo
    }

    fn inspect(&self, executable: &Executable, path: &[u8]) -> Result<Vec<Package>, ReadError> {
        let Some(packed) = executable.section(SECTION, LARGEST)? else { return Ok(Vec::new()) };
        let corrupt =
            |what: &dyn std::fmt::Display| ReadError::corrupt(&executable.place, format_args!(".dep-v0: {what}"));
        let text = decompress_to_vec_zlib_with_limit(&packed, LARGEST_UNPACKED).map_err(|error| corrupt(&error))?;
        let audit: Audit = serde_json::from_slice(&text).map_err(|error| corrupt(&error))?;
        let requires = |of: &Crate| {
            let names = of.dependencies.iter().filter_map(|at| audit.packages.get(*at)).map(|it| it.name.clone());
            names.collect::<Vec<_>>()
        };
        let packages = audit.packages.iter().map(|it| {
            let kind = if it.root { "root" } else { it.kind.as_deref().unwrap_or("runtime") };
            let url = purl("cargo", "", &it.name, &it.version, &[]);
            let draft = Draft::new(Ecosystem::Cargo, &it.name, &it.version, url, path::text(path));
            draft.declaring(Declared { requires: requires(it), ..Declared::default() }).with([kind, &it.source])
        });
        Ok(packages.collect())
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        executable::catalog(self, tree, path, node, limits, findings)
    }
}
