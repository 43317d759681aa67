//! `io.containerd.content.v1.content`: blobs under their digests, and downloads that were not finished.
//!
//! containerd 2, `plugins/content/local/store.go`: `blobs/<algorithm>/<digits>` with the digest of the bytes as its name;
//! `ingest/<hash>/{data,ref,startedat,updatedat,total}`.

use std::collections::BTreeMap;

use careen_evidence::{Findings, Place, ReadError};
use serde_json::Value;

use super::CONTENT;
use crate::digest::{digest_of_hex, is_hex64, sha256};
use crate::records::{Object, Records};

/// Longest blob that may be a manifest, an index or a configuration (containerd refuses manifests above 8 MiB).
pub(super) const MAX_DOCUMENT: u64 = 8 << 20;

/// Blobs whose first bytes are looked at to tell whether any is a layer.
const MAX_LOOKED_AT: usize = 1024;

/// The blobs of a root.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// By digest.
    pub blobs: BTreeMap<String, Object>,
    /// Directories of downloads that were not finished.
    pub ingests: Vec<Object>,
}

impl Content {
    /// Lists the blobs of a root.
    pub fn read(records: &Records<'_>, root: &Object, findings: &mut Findings) -> Content {
        let mut content = Content::default();
        let Some(directory) = records.directory(root, &[CONTENT], findings) else { return content };
        if let Some(blobs) = records.directory(&directory, &["blobs"], findings) {
            for (algorithm, object) in records.directories(&blobs, findings) {
                if algorithm != "sha256" {
                    records.leftover(&object, &algorithm, findings);
                    continue;
                }
                for (name, blob) in records.entries(&object, findings) {
                    if is_hex64(&name) {
                        content.blobs.insert(digest_of_hex(&name), blob);
                    } else {
                        records.leftover(&blob, &name, findings);
                    }
                }
            }
        }
        if let Some(ingest) = records.directory(&directory, &["ingest"], findings) {
            content.ingests = records.directories(&ingest, findings).into_iter().map(|(_, object)| object).collect();
        }
        content
    }

    /// A blob that holds a JSON object, and whether its bytes have the digest that is its name.
    pub fn document(
        &self,
        records: &Records<'_>,
        digest: &str,
        place: &Place,
        findings: &mut Findings,
    ) -> Result<(Value, bool), ReadError> {
        let missing = || ReadError::corrupt(&place.then(digest), "the blob is not there");
        let blob = self.blobs.get(digest).ok_or_else(missing)?;
        let place = records.place(blob);
        let size = records.tree.stat(blob.node, findings)?.size;
        if size > MAX_DOCUMENT {
            let what = format_args!("{size} bytes, at most {MAX_DOCUMENT} are read as JSON");
            return Err(ReadError::over_limit(&place, what));
        }
        let bytes = records.bytes(blob, findings)?;
        let value = records.parse(&bytes, &place)?;
        Ok((value, sha256(&bytes) == digest))
    }

    /// Whether any of the first blobs is packed, as layers are.
    pub fn has_layers(&self, records: &Records<'_>) -> bool {
        let mut met = Findings::new();
        let mut looked_at = self.blobs.values().take(MAX_LOOKED_AT);
        looked_at.any(|blob| {
            let mut magic = [0; 4];
            let opened = records.tree.open(blob.node, &mut met);
            opened.is_ok_and(|source| source.len() > 4 && source.read_exact_at(0, &mut magic).is_ok())
                && (magic.starts_with(&[0x1F, 0x8B]) || magic == [0x28, 0xB5, 0x2F, 0xFD])
        })
    }

    /// Whether a blob is small enough for a document and begins as one.
    pub fn may_be_document(&self, records: &Records<'_>, blob: &Object, findings: &mut Findings) -> bool {
        let mut byte = [0];
        let is_small = |size| (2..=MAX_DOCUMENT).contains(&size);
        let opened = records.tree.stat(blob.node, findings).and_then(|stat| match is_small(stat.size) {
            true => records.tree.open(blob.node, findings).map(Some),
            false => Ok(None),
        });
        match opened {
            Ok(Some(source)) => source.read_exact_at(0, &mut byte).is_ok() && byte == *b"{",
            _ => false,
        }
    }
}
