//! The operating system itself: its release (os-release(5)), the kernels it has modules of, the GNU C library.
//!
//! The version of the C library stands in its own text (`stable release version 2.36`). musl does not tell its version in a
//! form to look for; apk's database does.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError};
use careen_model::{Declared, Ecosystem, Package};

use crate::draft::{Draft, failed};
use crate::executable::Executable;
use crate::{Cataloger, distribution, path, purl::purl};

/// The cataloger of the operating system.
pub struct System;

const SAID: &[u8] = b"stable release version ";

/// The read-only data of the C library have some 200 KiB.
const LARGEST: u64 = 8 << 20;

impl Cataloger for System {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Os
    }

    fn places(&self) -> &'static [&'static [u8]] {
        &distribution::PLACES
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        let (directory, name) = path::split(path);
        match kind {
            Kind::Directory => matches!(directory, b"/lib/modules" | b"/usr/lib/modules"),
            Kind::File => name == b"libc.so.6" && is_library(directory),
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
        let found_at = path::text(path);
        let (directory, name) = path::split(path);
        let kernels = path::name(directory) == b"modules";
        if kernels || name == b"libc.so.6" {
            let version = if kernels {
                Ok(Some(String::from_utf8_lossy(name).into_owned()))
            } else {
                c_library(tree, node, limits, findings)
            };
            let (kind, program) = if kernels { ("kernel", "linux") } else { ("c library", "glibc") };
            return match version {
                Ok(version) => version
                    .map(|version| {
                        let url = purl("generic", "", program, &version, &[]);
                        Draft::new(Ecosystem::Os, program, version, url, found_at).with([kind])
                    })
                    .into_iter()
                    .collect(),
                Err(error) => {
                    failed(tree, Ecosystem::Os, path, node, &error, findings);
                    Vec::new()
                }
            };
        }
        let release = distribution::Distribution::at(tree, node, "", limits, findings);
        let declared = Declared { supplier: release.name.clone(), ..Declared::default() };
        let url = purl("generic", "", &release.id, &release.version, &[]);
        let draft = Draft::new(Ecosystem::Os, &release.id, &release.version, url, found_at).declaring(declared);
        if release.id.is_empty() { Vec::new() } else { vec![draft.with(["release"])] }
    }
}

/// Where the dynamic linker looks: `/lib`, `/usr/lib64`, `/lib/x86_64-linux-gnu`.
fn is_library(directory: &[u8]) -> bool {
    let of = |path: &[u8]| matches!(path, b"/lib" | b"/lib64" | b"/usr/lib" | b"/usr/lib64");
    of(directory) || (of(path::parent(directory)) && path::name(directory).ends_with(b"-linux-gnu"))
}

fn c_library(
    tree: &dyn FileTree,
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Option<String>, ReadError> {
    let Some(program) = Executable::open(tree, node, limits, findings)? else { return Ok(None) };
    let Some(text) = program.section(b".rodata", LARGEST)? else { return Ok(None) };
    let said = text.windows(SAID.len()).position(|window| window == SAID);
    let after = said.and_then(|at| text.get(at.saturating_add(SAID.len())..)).unwrap_or_default();
    let version: Vec<u8> =
        after.iter().take(20).take_while(|byte| byte.is_ascii_digit() || **byte == b'.').copied().collect();
    let version = String::from_utf8_lossy(&version).trim_end_matches('.').to_owned();
    Ok(Some(version).filter(|version| !version.is_empty()))
}
