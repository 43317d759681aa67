//! What was taken out of the disk, by the manifests that stand beside exports.

use careen_model::Language;
use serde_json::Value;

use super::{DiskReport, Words};
use crate::document::{Block, Column, size};

/// Ends the name of a manifest.
const ENDING: &str = ".manifest.json";

/// An archive, as its manifest tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// File name of the archive.
    name: String,
    /// File name of the manifest.
    manifest: String,
    /// sha256 of the manifest in hexadecimal.
    manifest_sha256: String,
    format: String,
    scopes: Vec<String>,
    /// Version of the tool that wrote it.
    careen: String,
    size: Option<u64>,
    sha256: String,
    /// Objects in it, and the bytes of their content.
    entries: Option<u64>,
    bytes: Option<u64>,
    /// Objects that are not in it, or not whole, with the reason.
    missing: Vec<(String, String)>,
    /// sha256 of what is in it, by name.
    files: Vec<(String, String)>,
}

impl Exported {
    /// Reads a manifest (`docs/schemas/export-manifest.schema.json`). `sha256` is the digest of its bytes. An error says
    /// what is wrong with it.
    pub fn read(manifest: &str, bytes: &[u8], sha256: String) -> Result<Exported, String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |of: &str, key: &str| value.get(of).and_then(|of| of.get(key)).and_then(Value::as_u64);
        let entries = value.get("entries").and_then(Value::as_array);
        let (Some(entries), Some(_)) = (entries, value.get("format")) else {
            return Err("fields `format` and `entries` of an export's manifest are not in it".to_owned());
        };
        let mut missing = Vec::new();
        let mut files = Vec::new();
        for entry in entries {
            let name = text(entry, "name");
            if let Some(reason) = entry.get("missing").and_then(Value::as_str) {
                missing.push((name, reason.to_owned()));
                continue;
            }
            if let Some(gap) = entry.get("gaps").and_then(Value::as_array).and_then(|gaps| gaps.first()) {
                missing.push((name.clone(), text(gap, "reason")));
            }
            if let Some(digest) = entry.get("sha256").and_then(Value::as_str) {
                files.push((name, digest.to_owned()));
            }
        }
        let scopes = value.get("scopes").and_then(Value::as_array).into_iter().flatten();
        Ok(Exported {
            name: manifest.strip_suffix(ENDING).unwrap_or(manifest).to_owned(),
            manifest: manifest.to_owned(),
            manifest_sha256: sha256,
            format: text(&value, "format"),
            scopes: scopes.filter_map(Value::as_str).map(str::to_owned).collect(),
            careen: text(&value, "careen"),
            size: number("archive", "size"),
            sha256: value.get("archive").map(|archive| text(archive, "sha256")).unwrap_or_default(),
            entries: number("summary", "entries"),
            bytes: number("summary", "bytes"),
            missing,
            files,
        })
    }
}

pub(super) fn put(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    /// Files of one archive whose digests are listed.
    const MOST_FILES: usize = 200;
    if report.exported.is_empty() {
        return;
    }
    blocks.push(words.heading(2, "What was taken out", "추출한 것"));
    for exported in &report.exported {
        blocks.push(Block::Heading(3, exported.name.clone()));
        blocks.push(Block::Facts(vec![
            (words.say("Of", "대상"), exported.scopes.join(", ")),
            (words.say("Format", "형식"), exported.format.clone()),
            (words.say("Size of the archive", "아카이브 크기"), words.bytes(exported.size)),
            (words.say("sha256 of the archive", "아카이브의 sha256"), known(&exported.sha256)),
            (words.say("Objects in it", "들어 있는 개체"), words_of(exported.entries)),
            (words.say("Bytes of their content", "내용 크기"), words.bytes(exported.bytes)),
            (words.say("Not in it, or not whole", "빠졌거나 온전하지 않음"), exported.missing.len().to_string()),
            (words.say("Manifest", "목록 파일"), exported.manifest.clone()),
            (words.say("sha256 of the manifest", "목록 파일의 sha256"), exported.manifest_sha256.clone()),
            (words.say("Written with", "작성 도구"), format!("Careen {}", exported.careen)),
        ]));
        if !exported.missing.is_empty() {
            let head = [
                (words.say("Not in it, or not whole", "빠졌거나 온전하지 않음"), Column::Code),
                (words.say("Why", "이유"), Column::Words),
            ];
            let mut table = words.table(head);
            for (name, reason) in &exported.missing {
                table.push([name, reason]);
            }
            blocks.push(Block::Table(table));
        }
        if !exported.files.is_empty() {
            let head = [(words.say("File", "파일"), Column::Code), ("sha256", Column::Code)];
            let mut table = words.table(head);
            for (name, digest) in exported.files.iter().take(MOST_FILES) {
                table.push([name, digest]);
            }
            blocks.push(Block::Table(table));
        }
        if let Some(more) = exported.files.len().checked_sub(MOST_FILES).filter(|more| *more > 0) {
            blocks.push(Block::Text(match words.0 {
                Language::English => format!("The digests of {more} more files stand in the manifest."),
                Language::Korean => format!("나머지 파일 {more}개의 해시는 목록 파일에 있습니다."),
            }));
        }
    }
    let total = report.exported.iter().filter_map(|it| it.size).fold(0_u64, u64::saturating_add);
    blocks.push(Block::Text(match words.0 {
        Language::English => format!("{} archives, {} in all.", report.exported.len(), size(total)),
        Language::Korean => format!("아카이브 {}개, 합계 {}.", report.exported.len(), size(total)),
    }));
}

fn known(text: &str) -> String {
    if text.is_empty() { "?".to_owned() } else { text.to_owned() }
}

fn words_of(number: Option<u64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}
