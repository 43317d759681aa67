//! What a Go program was built from, as the linker writes it into the section `.go.buildinfo`, on macOS `__go_buildinfo`, on
//! Windows at the start of the writable data (Go sources, `debug/buildinfo/buildinfo.go`): the toolchain, the main module and every module it depends on.
//!
//! The toolchain is listed as the module `stdlib`. A module that another replaces is listed as the other, with the role
//! `replaced`; one that a directory replaces keeps its own name. A main module built from a work tree has the version
//! `(devel)`, as Go itself says.

use careen_evidence::{FileTree, Findings, Limits, NodeId, ReadError};
use careen_model::{Ecosystem, Package};

use crate::draft::Draft;
use crate::executable::{self, Executable};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of Go's modules.
pub struct Go;

const SECTIONS: [&[u8]; 2] = [b".go.buildinfo", b"__go_buildinfo"];
const MAGIC: &[u8] = b"\xff Go buildinf:";

/// Text of the modules stands between two marks of 16 bytes.
const MARK: usize = 16;

/// Bounds of what is read; large programs have some 200 KiB of modules.
const LARGEST: u64 = 8 << 20;

/// How much of the data of a program without a section for it is looked through: it stands near the start.
const LARGEST_DATA: u64 = 64 << 10;

impl Cataloger for Go {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Go
    }

    fn inspect(&self, executable: &Executable, path: &[u8]) -> Result<Vec<Package>, ReadError> {
        let mut section = None;
        for name in SECTIONS {
            section = section.or(executable.section(name, LARGEST)?);
        }
        let section = match section {
            Some(section) => section,
            None => executable.writable_data(LARGEST_DATA)?.unwrap_or_default(),
        };
        let Some((version, modules)) = build_info(executable, &section)? else { return Ok(Vec::new()) };
        Ok(packages(&version, &modules, path))
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

/// Go's version and the text of the modules.
fn build_info(executable: &Executable, section: &[u8]) -> Result<Option<(String, String)>, ReadError> {
    // The structure begins at a multiple of 16 bytes.
    let Some(info) = section.chunks(16).position(|chunk| chunk.starts_with(MAGIC)) else { return Ok(None) };
    let info = section.get(info.saturating_mul(16)..).unwrap_or_default();
    let corrupt = |what: &str| ReadError::corrupt(&executable.place, format_args!("go build info: {what}"));
    let [width, flags] = info.get(14..16).and_then(|bytes| <[u8; 2]>::try_from(bytes).ok()).unwrap_or_default();
    let (version, modules) = if flags & 2 != 0 {
        // Since Go 1.18: both texts follow, each after its length.
        let rest = info.get(32..).ok_or_else(|| corrupt("it is cut short"))?;
        let (version, rest) = text(rest).ok_or_else(|| corrupt("the version is cut short"))?;
        let (modules, _) = text(rest).ok_or_else(|| corrupt("the modules are cut short"))?;
        (version.to_vec(), modules.to_vec())
    } else {
        // Before: addresses of two strings, each of which is an address and a length.
        let is_big_endian = flags & 1 != 0;
        let number = |bytes: &[u8], at: usize| -> Option<u64> {
            let bytes = bytes.get(at..at.checked_add(usize::from(width))?)?;
            let add = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
            Some(if is_big_endian { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
        };
        if width != 4 && width != 8 {
            return Err(corrupt("the width of an address is neither 4 nor 8"));
        }
        let string = |at: usize| -> Result<Vec<u8>, ReadError> {
            let header = number(info, at).ok_or_else(|| corrupt("it is cut short"))?;
            if header == 0 {
                return Ok(Vec::new());
            }
            let width = u64::from(width);
            let header = executable.at_address(header, width.saturating_mul(2), LARGEST)?;
            let (address, length) = (number(&header, 0), number(&header, usize::try_from(width).unwrap_or(8)));
            match (address, length) {
                (Some(address), Some(length)) if length > 0 => executable.at_address(address, length, LARGEST),
                _ => Ok(Vec::new()),
            }
        };
        (string(16)?, string(usize::from(width).saturating_add(16))?)
    };
    if version.is_empty() {
        return Ok(None);
    }
    let inner = modules.len().checked_sub(MARK).and_then(|end| modules.get(MARK..end)).unwrap_or_default();
    Ok(Some((String::from_utf8_lossy(&version).into_owned(), String::from_utf8_lossy(inner).into_owned())))
}

/// A text after its length, a variable-length number, lowest bits first; and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_usize;
    for (at, byte) in bytes.iter().enumerate().take(5) {
        let bits = usize::from(byte & 0x7f);
        length |= bits.checked_shl(u32::try_from(at).ok()?.checked_mul(7)?)?;
        if byte & 0x80 == 0 {
            return bytes.get(at.checked_add(1)?..)?.split_at_checked(length);
        }
    }
    None
}

/// Lines of a word and its values, divided by tabs: `mod` and `dep` with path, version and sum; `=>` replaces the last one.
fn packages(version: &str, modules: &str, path: &[u8]) -> Vec<Package> {
    let found_at = path::text(path);
    let module = |role: &str, line: &[&str]| {
        let [name, version, sum] = [0, 1, 2].map(|at| line.get(at).copied().unwrap_or_default());
        let (namespace, last) = name.rsplit_once('/').unwrap_or(("", name));
        let in_url = if version == "(devel)" { "" } else { version };
        let url = purl("golang", namespace, last, in_url, &[]);
        Draft::new(Ecosystem::Go, name, version, url, found_at.clone()).with([role, sum])
    };
    // `go1.22.1 X:nocoverageredesign` names experiments behind the version.
    let toolchain = version.split(' ').next().unwrap_or(version).trim_start_matches("go");
    let mut packages = vec![module("stdlib", &["stdlib", toolchain])];
    for line in modules.lines() {
        let mut values = line.split('\t');
        let word = values.next();
        let values: Vec<&str> = values.collect();
        match word {
            Some("mod") => packages.push(module("main", &values)),
            Some("dep") => packages.push(module("dependency", &values)),
            // A directory in the place of a module has no name that anyone else knows it by.
            Some("=>") if packages.len() > 1 && !values.first().is_some_and(|path| path.starts_with(['.', '/'])) => {
                packages.pop();
                packages.push(module("replaced", &values));
            }
            _ => {}
        }
    }
    packages.retain(|package| !package.name.is_empty());
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_told_with_their_roles() {
        let text = "path\tx/cmd\nmod\tgithub.com/a/x\t(devel)\t\ndep\tgithub.com/b/y\tv1.2.0\th1:abc=\n\
            dep\tc.org/z\tv0.1.0\n=>\tc.org/fork\tv0.1.1\th1:def=\ndep\tc.org/own\tv1.0.0\n=>\t./own\t(devel)\t\nbuild\t-compiler=gc\n";
        let told: Vec<String> = packages("go1.22.1 X:a", text, b"/bin/x")
            .iter()
            .map(|it| format!("{} {} {} {}", it.name, it.version, it.values().join(","), it.purl))
            .collect();
        assert_eq!(
            told,
            [
                "stdlib 1.22.1 stdlib, pkg:golang/stdlib@1.22.1",
                "github.com/a/x (devel) main, pkg:golang/github.com/a/x",
                "github.com/b/y v1.2.0 dependency,h1:abc= pkg:golang/github.com/b/y@v1.2.0",
                "c.org/fork v0.1.1 replaced,h1:def= pkg:golang/c.org/fork@v0.1.1",
                "c.org/own v1.0.0 dependency, pkg:golang/c.org/own@v1.0.0",
            ]
        );
    }

    #[test]
    fn a_text_has_its_length_before_it() {
        assert_eq!(text(b"\x03abcd"), Some((b"abc".as_slice(), b"d".as_slice())));
        assert_eq!(text(b"\x83\x00abcd"), Some((b"abc".as_slice(), b"d".as_slice())));
        assert_eq!(text(b"\x05abcd"), None);
        assert_eq!(text(b"\xff\xff\xff\xff\xff\xff"), None);
    }
}
