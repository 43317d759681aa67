//! Programs that tell their version in a file of their own: those of brain imaging pipelines (FreeSurfer, FSL, AFNI, SPM,
//! MRtrix3, ANTs), MATLAB's runtime, CUDA, Java itself.
//!
//! ANTs has no such file; its version is taken from the directory it was unpacked into (`ants-2.4.4/bin/antsRegistration`),
//! as its releases name it, and is not told elsewhere.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId};
use careen_model::{Ecosystem, Package};
use serde_json::Value;

use crate::draft::{Draft, record};
use crate::{Cataloger, path, purl::purl};

/// The cataloger of such programs.
pub struct Tools;

/// Such files have a few hundred bytes.
const LARGEST: u64 = 1 << 20;

/// A file that tells a version.
struct Marker {
    program: &'static str,
    /// How its path ends.
    ending: &'static str,
    /// How many names above the file the program's directory lies.
    above: usize,
    /// The version in its text.
    version: fn(&str) -> Option<String>,
}

const MARKERS: &[Marker] = &[
    Marker { program: "afni", ending: "/AFNI_version.txt", above: 1, version: afni },
    Marker { program: "cuda", ending: "/version.json", above: 1, version: cuda },
    Marker { program: "freesurfer", ending: "/build-stamp.txt", above: 1, version: freesurfer },
    Marker { program: "fsl", ending: "/etc/fslversion", above: 2, version: fsl },
    Marker { program: "java", ending: "/release", above: 1, version: java },
    Marker { program: "matlab-runtime", ending: "/VersionInfo.xml", above: 1, version: matlab },
    Marker { program: "mrtrix3", ending: "/mrtrix3/_version.py", above: 3, version: mrtrix },
    Marker { program: "spm", ending: "/Contents.m", above: 1, version: spm },
];

const ANTS: &[u8] = b"/bin/antsRegistration";

impl Cataloger for Tools {
    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Tools
    }

    fn claims(&self, path: &[u8], kind: Kind) -> bool {
        kind == Kind::File && (marker(path).is_some() || path.ends_with(ANTS) && ants(path).is_some())
    }

    fn catalog(
        &self,
        tree: &dyn FileTree,
        path: &[u8],
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Vec<Package> {
        let (program, version, directory) = match marker(path) {
            Some(marker) => {
                let Some(bytes) = record(tree, Ecosystem::Tools, path, node, LARGEST, limits, findings) else {
                    return Vec::new();
                };
                let directory = (0..marker.above).fold(path, |path, _| path::parent(path));
                (marker.program, (marker.version)(&String::from_utf8_lossy(&bytes)), directory)
            }
            None => ("ants", ants(path), path::parent(path::parent(path))),
        };
        // Other programs have files of these names too; one that does not read as expected is none of them.
        let Some(version) = version.filter(|version| version.len() <= 100) else { return Vec::new() };
        let url = purl("generic", "", program, &version, &[]);
        vec![Draft::new(Ecosystem::Tools, program, version, url, path::text(path)).with([path::text(directory)])]
    }
}

fn marker(path: &[u8]) -> Option<&'static Marker> {
    MARKERS.iter().find(|marker| path.ends_with(marker.ending.as_bytes()))
}

/// What looks like a version: begins with a digit, has a dot.
fn versioned(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('v');
    (text.starts_with(|it: char| it.is_ascii_digit()) && text.contains('.')).then(|| text.to_owned())
}

/// `AFNI_24.0.01` on the first line.
fn afni(text: &str) -> Option<String> {
    versioned(text.lines().next()?.trim().strip_prefix("AFNI_")?)
}

fn cuda(text: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(text).ok()?;
    parsed.get("cuda")?.get("version")?.as_str().map(str::to_owned)
}

/// `freesurfer-linux-centos7_x86_64-7.2.0-20210720-aa8f76b`, `freesurfer-Linux-…-stable-pub-v6.0.0-2beb96c`.
fn freesurfer(text: &str) -> Option<String> {
    text.trim().strip_prefix("freesurfer-")?.split('-').find_map(versioned)
}

/// `6.0.5.1:57b01774`.
fn fsl(text: &str) -> Option<String> {
    versioned(text.lines().next()?.split(':').next()?)
}

/// `JAVA_VERSION="17.0.9"` among other assignments.
fn java(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
    Some(line.trim().trim_matches('"').to_owned()).filter(|version| !version.is_empty())
}

/// `<version>9.9.0.1524771</version>` of a file that names MATLAB.
fn matlab(text: &str) -> Option<String> {
    let is_matlab = text.contains("MathWorks_version_info");
    text.split_once("<version>").filter(|_| is_matlab)?.1.split('<').next().and_then(versioned)
}

/// `__version__ = "3.0.4"`.
fn mrtrix(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("__version__"))?;
    versioned(line.split(['"', '\'']).nth(1)?)
}

/// `% Version 7771 (SPM12) 13-Jan-20` on the second line.
fn spm(text: &str) -> Option<String> {
    let line = text.lines().nth(1)?.trim_start_matches('%').trim().strip_prefix("Version ")?;
    let (version, rest) = line.split_once(' ')?;
    let name = rest.trim().strip_prefix("(SPM")?.split(')').next()?;
    Some(format!("{name}.{version}")).filter(|version| version.starts_with(|it: char| it.is_ascii_digit()))
}

/// The version in the name of the directory above `bin`.
fn ants(path: &[u8]) -> Option<String> {
    let directory = String::from_utf8_lossy(path::name(path::parent(path::parent(path)))).to_lowercase();
    versioned(directory.strip_prefix("ants-")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_writes_its_version_its_own_way() {
        let is = |found: Option<String>, version: &str| assert_eq!(found.as_deref(), Some(version));
        is(afni("AFNI_24.0.01\nJan 10 2024\nlinux_ubuntu_16_64\n"), "24.0.01");
        is(cuda(r#"{"cuda":{"name":"CUDA SDK","version":"11.8.20220929"}}"#), "11.8.20220929");
        is(freesurfer("freesurfer-linux-ubuntu22_x86_64-7.4.1-20230614-7eb8460\n"), "7.4.1");
        is(freesurfer("freesurfer-Linux-centos6_x86_64-stable-pub-v6.0.0-2beb96c\n"), "6.0.0");
        is(fsl("6.0.5.1:57b01774\n"), "6.0.5.1");
        is(java("IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.9\"\n"), "17.0.9");
        is(matlab("<MathWorks_version_info>\n<version>9.9.0.1524771</version>"), "9.9.0.1524771");
        is(mrtrix("__version__ = \"3.0.4\" #pylint"), "3.0.4");
        is(spm("% Statistical Parametric Mapping\n% Version 7771 (SPM12) 13-Jan-20\n"), "12.7771");
        is(ants(b"/opt/ants-2.4.4/bin/antsRegistration"), "2.4.4");
        is(ants(b"/opt/ANTs-2.5.0/bin/antsRegistration"), "2.5.0");
    }

    #[test]
    fn files_of_other_programs_tell_nothing() {
        assert_eq!(java("ID=x"), None);
        assert_eq!(cuda("{\"version\":\"1\"}"), None);
        assert_eq!(matlab("<version>1.0</version>"), None);
        assert_eq!(spm("% a\n% b\n"), None);
        assert_eq!(ants(b"/usr/bin/antsRegistration"), None);
    }
}
