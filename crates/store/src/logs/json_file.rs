//! The driver `json-file`: one JSON object a line, `{"log":…,"stream":…,"attrs":{…},"time":…}` (moby
//! `daemon/logger/jsonfilelog/jsonlog`).

use std::collections::BTreeMap;

use careen_evidence::{Findings, ReadError};
use careen_model::LogStream;
use serde::Deserialize;

use super::reader::{Ahead, Step};
use super::{Back, LogRecord, Piece};

/// Longest line that is read as a record. The engine cuts what a container prints after 16 KiB, so that even with
/// every byte escaped a record stays far below it.
const LONGEST: usize = 4 << 20;
/// How a record begins. Within a record these bytes cannot stand, since quotes are escaped there.
const BEGIN: &[u8] = br#"{"log":""#;

/// `JSONLog`.
#[derive(Deserialize)]
struct JsonLog {
    #[serde(default)]
    log: String,
    #[serde(default)]
    stream: String,
    #[serde(default)]
    attrs: Option<BTreeMap<String, String>>,
    #[serde(default)]
    time: String,
}

/// The next record of a file.
pub(super) fn next(ahead: &mut Ahead<'_>, findings: &mut Findings) -> Result<Step, ReadError> {
    let mut searched = 0;
    loop {
        let rest = ahead.bytes().get(searched..).unwrap_or_default();
        if let Some(end) = rest.iter().position(|byte| *byte == b'\n').map(|at| at.saturating_add(searched)) {
            match line(ahead, end.saturating_add(1), findings) {
                Some(record) => return Ok(Step::Record(record)),
                None => searched = 0,
            }
        } else if ahead.is_all() {
            // The last record of a file ends with its line: what stands here was cut.
            let count = ahead.bytes().len();
            while !ahead.bytes().is_empty() {
                if let Some(record) = line(ahead, ahead.bytes().len(), findings) {
                    return Ok(Step::Record(record));
                }
            }
            if count == 0 {
                return Ok(Step::End);
            }
            searched = 0;
        } else if ahead.bytes().len() > LONGEST {
            // No record; only its end is of interest.
            let count = ahead.bytes().len();
            ahead.lose(count, "it is longer than any record", findings);
            while !ahead.is_all() && !ahead.bytes().contains(&b'\n') {
                ahead.pass(ahead.bytes().len());
                ahead.more()?;
            }
            let end = ahead.bytes().iter().position(|byte| *byte == b'\n');
            ahead.pass(end.map_or(usize::MAX, |end| end.saturating_add(1)));
            searched = 0;
        } else {
            searched = ahead.bytes().len();
            ahead.more()?;
        }
    }
}

/// The first record in the first `count` bytes, which are a line; what stands before it is lost, and passed. `None`
/// when all of them were passed or the record after the lost bytes is to be looked for again.
fn line(ahead: &mut Ahead<'_>, count: usize, findings: &mut Findings) -> Option<LogRecord> {
    let bytes = ahead.bytes().get(..count).unwrap_or_default();
    let content = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if content.iter().all(u8::is_ascii_whitespace) {
        ahead.pass(count);
        return None;
    }
    let reason = match parse(content) {
        Ok((record, used)) => {
            // Two records may stand in one line.
            let rest = content.get(used..).unwrap_or_default();
            ahead.pass(if rest.iter().all(u8::is_ascii_whitespace) { count } else { used });
            return Some(record);
        }
        Err(reason) => reason,
    };
    // A record that was cut, and the one that was written behind it, are one line.
    let later = content.windows(BEGIN.len()).skip(1).position(|window| window == BEGIN);
    let lost = later.map_or(count, |at| at.saturating_add(1));
    ahead.lose(lost, &reason, findings);
    None
}

/// The record at the start of these bytes, and its length.
fn parse(bytes: &[u8]) -> Result<(LogRecord, usize), String> {
    if bytes.first() == Some(&0) {
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        return Err(format!("{zeros} zero bytes"));
    }
    // What is not UTF-8 is read as the engine reads it.
    let text = String::from_utf8_lossy(bytes);
    let mut values = serde_json::Deserializer::from_str(&text).into_iter::<JsonLog>();
    let found = values.next().ok_or("it is empty")?.map_err(|error| error.to_string())?;
    let used = if text.len() == bytes.len() { values.byte_offset() } else { bytes.len() };
    let stream = match found.stream.as_str() {
        "stdout" => LogStream::Stdout,
        "stderr" => LogStream::Stderr,
        other => return Err(format!("its stream is {other:?}, expected stdout or stderr")),
    };
    let attributes = found.attrs.unwrap_or_default().into_iter().collect();
    Ok((LogRecord { time: found.time.parse().ok(), stream, line: found.log.into_bytes(), attributes }, used))
}

/// Goes back over this many lines, as the engine does for `--tail` (`pkg/tailfile`).
pub(super) fn back(piece: &Piece, from: u64, count: u64, findings: &mut Findings) -> Back {
    /// Bytes looked at at a time.
    const CHUNK: u64 = 64 << 10;
    let mut records = 0_u64;
    let mut end = from;
    // The end of the line before the first one is where it begins; that of the last one does not count.
    let mut is_last = true;
    while end > 0 {
        let start = end.saturating_sub(CHUNK);
        let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
        if let Err(error) = piece.source.read_exact_at(start, &mut bytes) {
            findings.add_failure(&error);
            return Back { records, offset: end };
        }
        for (at, _) in bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let after = start.saturating_add(at as u64).saturating_add(1);
            if is_last && after == from {
                is_last = false;
                continue;
            }
            is_last = false;
            records = records.saturating_add(1);
            if records >= count {
                return Back { records, offset: after };
            }
        }
        end = start;
    }
    let has_first = from > 0;
    Back { records: records.saturating_add(u64::from(has_first)), offset: 0 }
}
