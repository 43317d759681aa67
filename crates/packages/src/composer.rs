//! PHP's packages: `vendor/composer/installed.json`, as composer 1 (a list) and 2 (an object) write it, and `composer.lock`
//! of projects, what of it is not installed there having the state `locked`.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Declared, Ecosystem, LOCKED, Package};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::draft::{Draft, lost, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of composer's packages.
pub struct Composer;

const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(untagged)]
enum Records {
    List(Vec<Record>),
    Object {
        packages: Vec<Record>,
        #[serde(default, rename = "packages-dev")]
        for_development: Vec<Record>,
        /// Of those for development, in `installed.json`.
        #[serde(default, rename = "dev-package-names")]
        development_names: Vec<String>,
    },
}

#[derive(Deserialize)]
struct Record {
    name: String,
    version: String,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    require: Value,
    #[serde(default)]
    dist: Value,
}

impl Cataloger for Composer {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Composer
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let is_lock = path::name(path) == b"composer.lock" && !path::has(path, b"vendor");
        kind == Kind::File && (path.ends_with(b"/composer/installed.json") || is_lock)
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let Some(bytes) = record(tree, Ecosystem::Composer, path, node, LARGEST, limits, findings) else {
            return Vec::new();
        };
        let (all, development) = match serde_json::from_slice(&bytes) {
            Ok(Records::List(all)) => (all, Vec::new()),
            Ok(Records::Object { mut packages, for_development, development_names }) => {
                packages.extend(for_development);
                (packages, development_names)
            }
            Err(error) => {
                lost(tree, Ecosystem::Composer, path, node, error, findings);
                return Vec::new();
            }
        };
        let is_lock = path::name(path) == b"composer.lock";
        let directory = path::parent(path);
        let environment = path::text(if is_lock { directory } else { path::parent(directory) });
        let packages = all.into_iter().map(|it| {
            let state = match (is_lock, development.contains(&it.name)) {
                (true, _) => LOCKED,
                (false, true) => "installed for development",
                (false, false) => "installed",
            };
            package(it, state, &environment, &path::text(path))
        });
        packages.collect()
    }
}

fn package(it: Record, state: &str, environment: &str, found_at: &str) -> Package {
    let (vendor, name) = it.name.split_once('/').unwrap_or(("", &it.name));
    let url = purl("composer", &vendor.to_lowercase(), &name.to_lowercase(), &it.version, &[]);
    let licenses =
        it.license.as_array().map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" OR "));
    let license = licenses.or_else(|| it.license.as_str().map(str::to_owned));
    // `php` and `ext-json` are no packages: those have a vendor.
    let names = |all: &Map<String, Value>| all.keys().filter(|name| name.contains('/')).cloned().collect();
    let digest = it.dist.get("shasum").and_then(Value::as_str).filter(|digest| !digest.is_empty());
    let declared = Declared {
        license: license.unwrap_or_default(),
        supplier: vendor.to_owned(),
        digest: digest.map_or_else(String::new, |digits| format!("sha1:{digits}")),
        requires: it.require.as_object().map_or_else(Vec::new, names),
        requested: None,
        ..Declared::default()
    };
    let draft = Draft::new(Ecosystem::Composer, it.name, it.version, url, found_at.to_owned());
    draft.declaring(declared).with([state, environment])
}
