//! The driver `local`: each record is a `LogEntry` (moby `api/types/plugins/logdriver/entry.proto`) between its length
//! before and behind it, 32 bits, big-endian (`daemon/logger/local/local.go`).

use std::collections::VecDeque;

use careen_evidence::{Findings, ReadError};
use careen_model::LogStream;

use super::reader::{Ahead, Step};
use super::{Back, LogRecord, Piece};
use crate::protobuf::{Fields, Value};

/// Bytes of a length.
const LENGTH: usize = 4;
/// Bytes of both lengths of a record.
const BOTH: u64 = 2 * LENGTH as u64;
/// Longest message that the engine reads (`maxMsgLen`).
const LONGEST: usize = 1_000_000;
/// How a message begins: field 1, a text of six bytes, `stdout` or `stderr`.
const BEGIN: &[u8] = b"\x0a\x06std";

/// The next record of a file.
pub(super) fn next(ahead: &mut Ahead<'_>, findings: &mut Findings) -> Result<Step, ReadError> {
    loop {
        let reason = match frame(ahead)? {
            Frame::End => return Ok(Step::End),
            Frame::Message(length) => {
                let message = ahead.bytes().get(LENGTH..length.saturating_add(LENGTH)).unwrap_or_default();
                match entry(message) {
                    Ok(record) => {
                        ahead.pass(length.saturating_add(2 * LENGTH));
                        return Ok(Step::Record(record));
                    }
                    // Both lengths agree, so it is this record alone.
                    Err(reason) => {
                        ahead.lose(length.saturating_add(2 * LENGTH), reason, findings);
                        continue;
                    }
                }
            }
            Frame::Wrong(reason) => reason,
        };
        ahead.lose(1, &reason, findings);
        search(ahead)?;
    }
}

/// What stands at the start of the bytes at hand.
enum Frame {
    /// A message of this length, both lengths and all of it at hand.
    Message(usize),
    /// No record, for this reason.
    Wrong(String),
    /// Nothing.
    End,
}

fn frame(ahead: &mut Ahead<'_>) -> Result<Frame, ReadError> {
    if !at_hand(ahead, LENGTH)? {
        return Ok(match ahead.bytes().len() {
            0 => Frame::End,
            left => Frame::Wrong(format!("only {left} bytes of its length are there")),
        });
    }
    let length = length_at(ahead.bytes(), 0).unwrap_or(0);
    if length == 0 || length > LONGEST {
        return Ok(Frame::Wrong(format!("its length is {length}, expected 1 to {LONGEST}")));
    }
    if !at_hand(ahead, length.saturating_add(2 * LENGTH))? {
        return Ok(Frame::Wrong(format!("its length is {length}, the file ends before")));
    }
    match length_at(ahead.bytes(), length.saturating_add(LENGTH)) {
        Some(behind) if behind == length => Ok(Frame::Message(length)),
        behind => Ok(Frame::Wrong(format!(
            "its length is {length} before and {} behind it, expected the same",
            behind.unwrap_or(0)
        ))),
    }
}

/// Passes bytes up to the next record.
fn search(ahead: &mut Ahead<'_>) -> Result<(), ReadError> {
    loop {
        let found = ahead.bytes().windows(BEGIN.len()).enumerate().skip(LENGTH).find(|(_, window)| *window == BEGIN);
        if let Some((at, _)) = found {
            ahead.pass(at.saturating_sub(LENGTH));
            let is_one = matches!(frame(ahead)?, Frame::Message(_));
            if is_one {
                return Ok(());
            }
            ahead.pass(LENGTH);
        } else if ahead.is_all() {
            ahead.pass(usize::MAX);
            return Ok(());
        } else {
            // A record may begin in the last bytes.
            ahead.pass(ahead.bytes().len().saturating_sub(LENGTH.saturating_add(BEGIN.len())));
            ahead.more()?;
        }
    }
}

/// Has this many bytes at hand; false when the file ends before.
fn at_hand(ahead: &mut Ahead<'_>, count: usize) -> Result<bool, ReadError> {
    while ahead.bytes().len() < count {
        if ahead.is_all() {
            return Ok(false);
        }
        ahead.more()?;
    }
    Ok(true)
}

fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    let field = bytes.get(at..)?.first_chunk::<LENGTH>()?;
    usize::try_from(u32::from_be_bytes(*field)).ok()
}

/// `LogEntry`: 1 source, 2 time_nano, 3 line, 4 partial, 5 partial_log_metadata {1 last, 2 id, 3 ordinal}. Other fields are
/// passed over, as protocol buffers want it.
fn entry(message: &[u8]) -> Result<LogRecord, &'static str> {
    let (mut stream, mut time_nano, mut line, mut is_partial, mut is_last) = (None, 0_i64, Vec::new(), false, false);
    let mut fields = Fields(message);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(b"stdout")) => stream = Some(LogStream::Stdout),
            (1, Value::Bytes(b"stderr")) => stream = Some(LogStream::Stderr),
            (2, Value::Number(value)) => time_nano = value.cast_signed(),
            (3, Value::Bytes(value)) => line = value.to_vec(),
            (4, Value::Number(value)) => is_partial = value != 0,
            (5, Value::Bytes(value)) => {
                let mut inner = Fields(value);
                while let Some((number, value)) = inner.next()? {
                    if let (1, Value::Number(value)) = (number, value) {
                        is_last = value != 0;
                    }
                }
            }
            _ => {}
        }
    }
    let stream = stream.ok_or("its source is neither stdout nor stderr")?;
    if !is_partial || is_last {
        line.push(b'\n');
    }
    let time = jiff::Timestamp::from_nanosecond(i128::from(time_nano)).ok();
    Ok(LogRecord { time, stream, line, attributes: Vec::new() })
}

/// Goes back over this many records by the lengths behind them; where these are damaged, by reading from the start.
pub(super) fn back(piece: &Piece, from: u64, count: u64, findings: &mut Findings) -> Back {
    let mut at = from;
    for records in 0..count {
        match previous(piece, at) {
            Ok(Some(previous)) => at = previous,
            Ok(None) if at == 0 => return Back { records, offset: 0 },
            Ok(None) => {
                let earlier = last_before(piece, at, count.saturating_sub(records));
                return Back { records: records.saturating_add(earlier.records), ..earlier };
            }
            Err(error) => {
                findings.add_failure(&error);
                return Back { records, offset: at };
            }
        }
    }
    Back { records: count, offset: at }
}

/// The last `count` records before `end`, found from the start of the file. What is damaged is told when it is read.
fn last_before(piece: &Piece, end: u64, count: u64) -> Back {
    let mut ahead = Ahead::new(piece, 0);
    let mut starts = VecDeque::new();
    let mut untold = Findings::new();
    loop {
        let start = ahead.position();
        match next(&mut ahead, &mut untold) {
            Ok(Step::Record(_)) if ahead.position() <= end => starts.push_back(start),
            _ => break,
        }
        if starts.len() as u64 > count {
            starts.pop_front();
        }
    }
    Back { records: starts.len() as u64, offset: starts.front().copied().unwrap_or(end) }
}

/// Where the record before this position begins; `None` when there is none, or its lengths do not agree.
fn previous(piece: &Piece, at: u64) -> Result<Option<u64>, ReadError> {
    let read = |position: u64| -> Result<u64, ReadError> {
        let mut field = [0; LENGTH];
        piece.source.read_exact_at(position, &mut field)?;
        Ok(u64::from(u32::from_be_bytes(field)))
    };
    let Some(field) = at.checked_sub(LENGTH as u64) else { return Ok(None) };
    let length = read(field)?;
    let whole = length.saturating_add(BOTH);
    let Some(start) = at.checked_sub(whole).filter(|_| (1..=LONGEST as u64).contains(&length)) else { return Ok(None) };
    Ok((read(start)? == length).then_some(start))
}
