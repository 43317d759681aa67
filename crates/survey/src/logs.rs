//! What containers printed: whole, from the end, or page by page.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, Findings, Place, ReadError};
use careen_model::{LogLine, LogPage, LogPosition, LogStream};
use careen_store::{ContainerLog, LogRecord};
use serde_json::Value;

use crate::Session;

/// Records looked at for one page at the most: a search that finds nothing gives its caller a breath.
const MOST_FOR_A_PAGE: u64 = 50_000;

/// What is wanted of a log.
#[derive(Clone, Debug, Default)]
pub struct LogQuery {
    /// Only what was printed there.
    pub stream: Option<LogStream>,
    /// Only what was printed then or later: a time of RFC 3339.
    pub since: Option<String>,
    /// Only what was printed then or before.
    pub until: Option<String>,
    /// Only what holds this text, in upper or lower case.
    pub search: Option<String>,
}

/// Where a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFrom {
    /// At this position, going on towards the end of the log; `None` for its start.
    After(Option<LogPosition>),
    /// Right before this position, going back towards the start; `None` for its end.
    Before(Option<LogPosition>),
}

/// The log of a container, open.
pub struct Logs {
    log: ContainerLog,
    place: Place,
    cancel: CancelToken,
}

impl Session {
    /// Opens the log of the container with this name or id.
    pub fn logs(&self, container: &str, findings: &mut Findings) -> Result<Logs, ReadError> {
        let found = self.find_container(container)?;
        let id = &found.item.id;
        let directory = found.store.container_directory(id).ok_or_else(|| {
            ReadError::corrupt(&self.place, format_args!("container {id}: the directory of its records is not there"))
        })?;
        let driver = found.store.container_host_config(id).and_then(|config| config.get("LogConfig")?.get("Type"));
        let driver = driver.and_then(Value::as_str).filter(|driver| !driver.is_empty());
        let unpack = |source: Rc<dyn ByteSource>, place: &Place, findings: &mut Findings| {
            careen_archive::unpack(source, place, findings)
        };
        let log = ContainerLog::open(&*found.open.tree, directory, id, driver, &unpack, findings)?;
        Ok(Logs { log, place: self.place.clone(), cancel: self.options.cancel.clone() })
    }
}

impl Logs {
    /// Bytes of the log's files, unpacked.
    pub fn size(&self) -> u64 {
        self.log.size()
    }

    /// Hands out the records one after another, of all only the last `tail`, which are counted before the others are
    /// left out, as the engine does. Each comes with the position behind it; an error of `emit` ends it and is returned.
    pub fn each(
        &self,
        query: &LogQuery,
        tail: Option<u64>,
        findings: &mut Findings,
        emit: &mut dyn FnMut(&LogRecord) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        let wanted = Wanted::new(query, &self.place)?;
        let start = match tail {
            Some(0) => return Ok(()),
            Some(count) => self.log.before(self.log.end(), count, findings),
            None => self.log.start(),
        };
        let mut reader = self.log.read_from(start);
        while let Some(record) = reader.next(findings)? {
            self.cancel.check()?;
            if wanted.has(&record) {
                emit(&record)?;
            }
        }
        Ok(())
    }

    /// Up to `count` records from a position on, or before one. A page may have fewer, or none, where little of what was
    /// looked at was wanted: `before` and `after` say where to go on.
    pub fn page(
        &self,
        from: LogFrom,
        count: usize,
        query: &LogQuery,
        findings: &mut Findings,
    ) -> Result<LogPage, ReadError> {
        let wanted = Wanted::new(query, &self.place)?;
        match from {
            LogFrom::After(position) => {
                let start = position.unwrap_or(self.log.start());
                let (lines, end) = self.forward(start, None, count, &wanted, findings)?;
                Ok(self.told(lines, start, end))
            }
            LogFrom::Before(position) => {
                let end = position.unwrap_or(self.log.end());
                let (mut lines, mut start) = (Vec::new(), end);
                let mut looked_at = 0;
                while lines.len() < count && start > self.log.start() && looked_at < MOST_FOR_A_PAGE {
                    self.cancel.check()?;
                    let missing = count.saturating_sub(lines.len()) as u64;
                    let earlier = self.log.before(start, missing, findings);
                    if earlier >= start {
                        break;
                    }
                    let (mut more, _) = self.forward(earlier, Some(start), usize::MAX, &wanted, findings)?;
                    more.append(&mut lines);
                    (lines, start) = (more, earlier);
                    looked_at = looked_at.saturating_add(missing);
                }
                Ok(self.told(lines, start, end))
            }
        }
    }

    fn told(&self, lines: Vec<LogLine>, start: LogPosition, end: LogPosition) -> LogPage {
        LogPage {
            lines,
            before: (start > self.log.start()).then_some(start),
            after: (end < self.log.end()).then_some(end),
        }
    }

    /// Records from `start` on, up to `count` wanted ones or up to `end`; and where it ended.
    fn forward(
        &self,
        start: LogPosition,
        end: Option<LogPosition>,
        count: usize,
        wanted: &Wanted,
        findings: &mut Findings,
    ) -> Result<(Vec<LogLine>, LogPosition), ReadError> {
        let mut reader = self.log.read_from(start);
        let mut lines = Vec::new();
        let mut looked_at = 0_u64;
        while lines.len() < count && (end.is_some() || looked_at < MOST_FOR_A_PAGE) {
            self.cancel.check()?;
            if end.is_some_and(|end| reader.position() >= end) {
                break;
            }
            let Some(record) = reader.next(findings)? else { break };
            if end.is_some_and(|end| reader.position() > end) {
                break;
            }
            looked_at = looked_at.saturating_add(1);
            if wanted.has(&record) {
                lines.push(log_line(&record));
            }
        }
        Ok((lines, reader.position()))
    }
}

/// A query, read once.
struct Wanted {
    stream: Option<LogStream>,
    since: Option<jiff::Timestamp>,
    until: Option<jiff::Timestamp>,
    search: Option<String>,
}

impl Wanted {
    fn new(query: &LogQuery, place: &Place) -> Result<Self, ReadError> {
        let time = |text: &Option<String>| {
            text.as_ref().map(|text| text.parse()).transpose().map_err(|_| {
                ReadError::unsupported(place, format_args!("time {text:?}, expected RFC 3339 as 2024-01-31T12:00:00Z"))
            })
        };
        let search = query.search.as_ref().filter(|text| !text.is_empty()).map(|text| text.to_lowercase());
        Ok(Wanted { stream: query.stream, since: time(&query.since)?, until: time(&query.until)?, search })
    }

    fn has(&self, record: &LogRecord) -> bool {
        // A record without time is shown rather than lost.
        self.stream.is_none_or(|stream| stream == record.stream)
            && self.since.is_none_or(|since| record.time.is_none_or(|time| time >= since))
            && self.until.is_none_or(|until| record.time.is_none_or(|time| time <= until))
            && self
                .search
                .as_ref()
                .is_none_or(|search| String::from_utf8_lossy(&record.line).to_lowercase().contains(search.as_str()))
    }
}

/// A record's time as `docker logs --timestamps` prints it; one that is not known as the engine prints its zero time.
pub fn log_stamp(record: &LogRecord) -> String {
    record.time.map_or_else(|| "0001-01-01T00:00:00.000000000Z".to_owned(), stamp)
}

fn stamp(time: jiff::Timestamp) -> String {
    format!("{time:.9}")
}

/// A record as `logs --json` and the page show it.
pub fn log_line(record: &LogRecord) -> LogLine {
    let ended = record.line.strip_suffix(b"\n");
    let bytes = ended.unwrap_or(&record.line);
    let is_text = std::str::from_utf8(bytes).is_ok();
    LogLine {
        time: record.time.map(stamp),
        stream: record.stream,
        line: String::from_utf8_lossy(bytes).into_owned(),
        line_hex: (!is_text).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        partial: ended.is_none(),
        attributes: record.attributes.iter().cloned().collect(),
    }
}
