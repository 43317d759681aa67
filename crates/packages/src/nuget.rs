//! .NET's libraries, as `*.deps.json` beside a program or a framework names them (dotnet/sdk,
//! `runtime-configuration-file.md`).
//!
//! The column `kind` is the library's type: `package` from NuGet, `project` the program itself and its own projects,
//! `runtimepack`, `reference`.

use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, Package};
use serde::Deserialize;

use crate::draft::{Draft, lost, record};
use crate::{Cataloger, hex, path, purl::purl};

/// The cataloger of .NET's libraries.
pub struct Nuget;

const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Dependencies {
    #[serde(default)]
    libraries: BTreeMap<String, Library>,
}

#[derive(Deserialize)]
struct Library {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    sha512: String,
}

impl Cataloger for Nuget {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Nuget
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && path::name(path).ends_with(b".deps.json")
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Nuget, path, node, LARGEST, limits, findings) else {
            return Vec::new();
        };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let dependencies: Dependencies = match serde_json::from_slice(text) {
            Ok(dependencies) => dependencies,
            Err(error) => {
                lost(tree, Ecosystem::Nuget, path, node, error, findings);
                return Vec::new();
            }
        };
        let packages = dependencies.libraries.iter().filter_map(|(key, library)| {
            let (name, version) = key.rsplit_once('/')?;
            let digest = library.sha512.strip_prefix("sha512-").and_then(hex::from_base64);
            let digest = digest.map_or_else(String::new, |bytes| format!("sha512:{}", hex::digits(&bytes)));
            let url = purl("nuget", "", name, version, &[]);
            let draft = Draft::new(Ecosystem::Nuget, name, version, url, path::text(path));
            Some(draft.declaring(Declared { digest, ..Declared::default() }).with([&library.kind]))
        });
        packages.collect()
    }
}
