//! Going through a log forward.

use careen_evidence::{Findings, ReadError, codes};
use careen_model::LogPosition;

use super::{ContainerLog, Format, LogRecord, Piece, json_file, local};

/// Bytes of a file read at a time.
const AHEAD: u64 = 256 << 10;
/// Bytes read at a time where more at once cannot be read: the smallest thing a filesystem loses.
const STEP: u64 = 1 << 10;

/// Some bytes of one file, from a position on.
pub(super) struct Ahead<'l> {
    pub(super) piece: &'l Piece,
    /// Position in the file of the first of them.
    start: u64,
    bytes: Vec<u8>,
}

impl<'l> Ahead<'l> {
    pub(super) fn new(piece: &'l Piece, start: u64) -> Self {
        Ahead { piece, start, bytes: Vec::new() }
    }

    /// Position of the first byte that is at hand.
    pub(super) fn position(&self) -> u64 {
        self.start
    }

    /// The bytes that are at hand.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether all bytes up to the end of the file are at hand.
    pub(super) fn is_all(&self) -> bool {
        self.start.saturating_add(self.bytes.len() as u64) >= self.piece.source.len()
    }

    /// Lets go of the first bytes.
    pub(super) fn pass(&mut self, count: usize) {
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count);
        self.start = self.start.saturating_add(count as u64);
    }

    /// Reads on, so that more bytes are at hand than before, unless all are. An error when the next ones cannot be read.
    pub(super) fn more(&mut self) -> Result<(), ReadError> {
        let at = self.start.saturating_add(self.bytes.len() as u64);
        let left = self.piece.source.len().saturating_sub(at);
        let mut result = Ok(());
        // Up to the end of a step, so that a step that cannot be read takes no other bytes with it.
        let to_step = STEP.saturating_sub(at.checked_rem(STEP).unwrap_or(0));
        for count in [AHEAD, to_step] {
            let held = self.bytes.len();
            let wanted = usize::try_from(count.min(left)).unwrap_or(0);
            self.bytes.resize(held.saturating_add(wanted), 0);
            result = self.piece.source.read_exact_at(at, self.bytes.get_mut(held..).unwrap_or_default());
            match &result {
                Ok(()) => break,
                Err(error) => {
                    self.bytes.truncate(held);
                    if error.is_cancelled() {
                        break;
                    }
                }
            }
        }
        result
    }

    /// Goes on behind bytes that cannot be read, and tells of it.
    fn skip_unreadable(&mut self, error: &ReadError, findings: &mut Findings) {
        findings.add(
            &codes::store::LOG_UNREADABLE,
            &self.piece.place.then(format_args!("offset {:#x}", self.start)),
            &[("reason", &error.reason())],
        );
        let at = self.start.saturating_add(self.bytes.len() as u64);
        let step = STEP.saturating_sub(at.checked_rem(STEP).unwrap_or(0));
        self.bytes.clear();
        self.start = at.saturating_add(step).min(self.piece.source.len());
    }

    /// Tells of a record that is lost, and passes it.
    pub(super) fn lose(&mut self, count: usize, reason: &str, findings: &mut Findings) {
        let place = self.piece.place.then(format_args!("offset {:#x}", self.start));
        findings.add(&codes::store::LOG_RECORD_LOST, &place, &[("reason", &reason)]);
        self.pass(count);
    }
}

/// What reading the next record gave.
pub(super) enum Step {
    /// It.
    Record(LogRecord),
    /// There is no further one in this file.
    End,
}

/// Reads the records of a log one after another.
pub struct LogReader<'l> {
    log: &'l ContainerLog,
    file: u32,
    ahead: Option<Ahead<'l>>,
}

impl<'l> LogReader<'l> {
    pub(super) fn new(log: &'l ContainerLog, position: LogPosition) -> Self {
        let ahead = log.piece(position.file).map(|piece| Ahead::new(piece, position.offset));
        LogReader { log, file: position.file, ahead }
    }

    /// Behind the record that was read last.
    pub fn position(&self) -> LogPosition {
        match &self.ahead {
            Some(ahead) => LogPosition { file: self.file, offset: ahead.position() },
            None => self.log.end(),
        }
    }

    /// The next record; `None` behind the last one. What is lost between is a finding. An error only when cancelled.
    pub fn next(&mut self, findings: &mut Findings) -> Result<Option<LogRecord>, ReadError> {
        while let Some(ahead) = &mut self.ahead {
            let step = match self.log.format {
                Format::JsonFile => json_file::next(ahead, findings),
                Format::Local => local::next(ahead, findings),
            };
            match step {
                Ok(Step::Record(record)) => return Ok(Some(record)),
                Ok(Step::End) => {
                    let Some(file) = self.file.checked_add(1) else { break };
                    let Some(piece) = self.log.piece(file) else { break };
                    (self.file, self.ahead) = (file, Some(Ahead::new(piece, 0)));
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => ahead.skip_unreadable(&error, findings),
            }
        }
        Ok(None)
    }
}
