//! A file that was saved earlier, compared with the manifest beside it.
//!
//! A manifest ends with size and digest of its archive; before that stand a summary and the findings. Only its end is
//! read: of a million entries it is hundreds of megabytes long.

use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};
use careen_protocol::{CheckStep, FileCheck, Reply};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use web_sys::File;

use crate::web_file::WebFile;

/// Bytes hashed between two messages.
const STEP: u64 = 8 << 20;
/// Bytes of a manifest's end in which its last fields are looked for.
const END: u64 = 64 << 10;

/// A comparison under way.
pub struct FileChecking {
    archive: WebFile,
    expected: Expected,
    position: u64,
    digest: Sha256,
}

/// What the end of a manifest tells.
#[derive(Debug, Default, PartialEq, Eq)]
struct Expected {
    size: u64,
    sha256: String,
    missing: u64,
    with_gaps: u64,
}

impl FileChecking {
    /// Reads the end of the manifest; the archive is read by [`FileChecking::step`].
    pub fn begin(mut files: impl Iterator<Item = File>) -> Result<FileChecking, ReadError> {
        let (Some(archive), Some(manifest)) = (files.next(), files.next()) else {
            return Err(ReadError::io(&Place::default(), "two files are needed: an archive and its manifest"));
        };
        let open = |file: File| {
            let place = Place::new(file.name());
            WebFile::new(file, Rc::default())
                .map_err(|error| ReadError::io(&place, format_args!("the browser cannot read files: {error:?}")))
        };
        let place = Place::new(manifest.name());
        let manifest = open(manifest)?;
        let length = manifest.len().min(END);
        let mut end = vec![0; usize::try_from(length).unwrap_or(0)];
        manifest.read_exact_at(manifest.len().saturating_sub(length), &mut end)?;
        let expected = expected(&end).ok_or_else(|| {
            let what = "its end tells no size and sha256 of an archive, expected the .manifest.json of an export";
            ReadError::corrupt(&place, what)
        })?;
        Ok(FileChecking { archive: open(archive)?, expected, position: 0, digest: Sha256::new() })
    }

    /// Reads on a little.
    pub fn step(&mut self) -> Result<Reply, ReadError> {
        let size = self.archive.len();
        let mut bytes = vec![0; usize::try_from(size.saturating_sub(self.position).min(STEP)).unwrap_or(0)];
        self.archive.read_exact_at(self.position, &mut bytes)?;
        self.digest.update(&bytes);
        self.position = self.position.saturating_add(bytes.len() as u64);
        let end = (self.position >= size).then(|| FileCheck {
            sha256: self.digest.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            expected_size: self.expected.size,
            expected_sha256: self.expected.sha256.clone(),
            missing: self.expected.missing,
            with_gaps: self.expected.with_gaps,
        });
        Ok(Reply::Checked(CheckStep { done: self.position, size, end }))
    }
}

/// What the end of a manifest tells of its archive.
fn expected(end: &[u8]) -> Option<Expected> {
    #[derive(Deserialize)]
    struct Archive {
        size: u64,
        sha256: String,
    }
    #[derive(Deserialize, Default)]
    struct Summary {
        #[serde(default)]
        missing: u64,
        #[serde(default)]
        with_gaps: u64,
    }
    let text = String::from_utf8_lossy(end);
    let (before, archive) = text.rsplit_once("\"archive\":")?;
    let archive: Archive = serde_json::from_str(archive.trim_end().strip_suffix('}')?).ok()?;
    // Stands before the findings, which may be longer than what was read.
    let summary = before.rsplit_once("\n],\n").and_then(|(_, rest)| {
        let (_, summary) = rest.split_once("\"summary\":")?;
        serde_json::Deserializer::from_str(summary).into_iter::<Summary>().next()?.ok()
    });
    let Summary { missing, with_gaps } = summary.unwrap_or_default();
    Some(Expected { size: archive.size, sha256: archive.sha256, missing, with_gaps })
}

#[cfg(test)]
mod tests {
    use super::{Expected, expected};

    #[test]
    fn the_end_of_a_manifest_tells_of_its_archive() {
        let text = "{\"name\":\"a\"}\n],\n\"summary\":{\"entries\":2,\"bytes\":9,\"missing\":1,\"with_gaps\":3,\"not_held\":0},\n\
                    \"findings\":[],\n\"archive\":{\"size\":7,\"sha256\":\"ab\"}}\n";
        let told = Expected { size: 7, sha256: "ab".into(), missing: 1, with_gaps: 3 };
        assert_eq!(expected(text.as_bytes()), Some(told));
        assert_eq!(expected(b"{\"findings\":[]}\n"), None);
        assert_eq!(expected(b"\xff"), None);
    }
}
