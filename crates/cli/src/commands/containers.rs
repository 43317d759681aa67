//! What a container printed, and what it changed in its files.

use careen_evidence::{ErrorKind, Findings, Place, ReadError};
use careen_model::LogStream;
use careen_survey::{LogQuery, change, log_line, log_stamp};

use super::{Answer, Failure, told_of_part};
use crate::arguments::LogOptions;
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;

/// `careen logs`.
pub(super) fn logs(
    input: Input<'_>,
    container: &str,
    options: &LogOptions,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let session = input.open(&mut Reporter::new())?;
    let mut findings = Findings::new();
    let logs = session.logs(container, &mut findings)?;
    let query = LogQuery {
        stream: match options.stream.as_deref() {
            Some("stdout") => Some(LogStream::Stdout),
            Some(_) => Some(LogStream::Stderr),
            None => None,
        },
        since: options.since.clone(),
        until: options.until.clone(),
        search: options.search.clone(),
    };
    let mut writer = Writer::default();
    let read = logs.each(&query, options.tail, &mut findings, &mut |record| {
        writer.write(|| {
            if json {
                return out.json(&log_line(record), true);
            }
            if options.timestamps {
                out.bytes(log_stamp(record).as_bytes())?;
                out.bytes(b" ")?;
            }
            out.bytes(&record.line)
        })
    });
    writer.end(read)?;
    Ok(told_of_part(&session, &findings))
}

/// `careen changes`.
pub(super) fn changes(input: Input<'_>, container: &str, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    let session = input.open(&mut Reporter::new())?;
    let mut findings = Findings::new();
    let mut all = Vec::new();
    let mut writer = Writer::default();
    let read = session.changes(container, &mut findings, &mut |kind, path| {
        writer.write(|| {
            if json {
                all.push(change(kind, path));
                return Ok(());
            }
            // The engine sends paths as JSON, in which they are UTF-8.
            out.bytes(format!("{} {}\n", kind.letter(), String::from_utf8_lossy(path)).as_bytes())
        })
    });
    writer.end(read)?;
    if json {
        out.json(&all, false)?;
    }
    Ok(told_of_part(&session, &findings))
}

/// Keeps a failure to write while a reader that knows only read errors comes to its end.
#[derive(Default)]
pub(super) struct Writer {
    failure: Option<Failure>,
}

impl Writer {
    /// Writes; a failure ends the reading.
    pub(super) fn write(&mut self, write: impl FnOnce() -> Result<(), Failure>) -> Result<(), ReadError> {
        write().map_err(|failure| {
            self.failure = Some(failure);
            ReadError::new(ErrorKind::Cancelled, Place::default())
        })
    }

    /// What the reading came to.
    pub(super) fn end(self, read: Result<(), ReadError>) -> Result<(), Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(read?),
        }
    }
}
