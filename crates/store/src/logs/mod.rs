//! What a container printed, as the engine kept it.
//!
//! Two drivers keep it beside the container (moby `daemon/logger`): `json-file` in `<id>-json.log`, `local` in
//! `local-logs/container.log`. For drivers that send it away the engine keeps a copy as `local` does, in
//! `container-cached.log`. A log that grows is turned over: `….N` or `….N.gz`, the higher the older
//! (`loggerutils/logfile.go`).
//!
//! Promised: records come in the order they were written; a record that is cut or damaged is lost alone, with a finding;
//! memory holds one piece of a file, whatever its length. Not handled: nothing of these two formats. What another driver
//! sent away and did not keep is not on the disk.

mod json_file;
mod local;
mod reader;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]
mod tests;

use std::rc::Rc;

use careen_evidence::{ByteSource, FileTree, Findings, Kind, NodeId, Place, ReadError};
use careen_model::{LogPosition, LogStream};

pub use reader::LogReader;

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// One JSON object a line.
    JsonFile,
    /// Protocol buffers between their lengths.
    Local,
}

/// One of the files of a log.
struct Piece {
    source: Rc<dyn ByteSource>,
    place: Place,
}

/// A record of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// When it was printed: nanoseconds since 1970-01-01 UTC; `None` when the record's time is none.
    pub time: Option<jiff::Timestamp>,
    /// Where it was printed.
    pub stream: LogStream,
    /// The bytes that were printed, with the line's end where there was one.
    pub line: Vec<u8>,
    /// Labels and variables that were asked for, name and value.
    pub attributes: Vec<(String, String)>,
}

/// Unpacks a file that is packed with gzip.
pub type Unpack<'a> = &'a dyn Fn(Rc<dyn ByteSource>, &Place, &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError>;

/// The log of a container.
pub struct ContainerLog {
    format: Format,
    /// The oldest first.
    pieces: Vec<Piece>,
}

impl ContainerLog {
    /// The log in `directory`, the directory of the container with this id. `driver` is the log driver of its
    /// configuration, where that is known; without it the files themselves tell. A file that cannot be opened is a
    /// finding. An error when the driver keeps no log here.
    pub fn open(
        tree: &dyn FileTree,
        directory: NodeId,
        id: &str,
        driver: Option<&str>,
        unpack: Unpack<'_>,
        findings: &mut Findings,
    ) -> Result<ContainerLog, ReadError> {
        let place = tree.place(directory);
        let json_name = format!("{id}-json.log").into_bytes();
        let (own, logs) = (tree.list(directory, findings)?, b"local-logs".as_slice());
        let local_logs = own.iter().find(|entry| entry.name == logs).map(|entry| entry.node);
        let has = |wanted: &[u8]| own.iter().any(|entry| number(&entry.name, wanted).is_some());
        let cached = b"container-cached.log".as_slice();
        let (format, directory, name) = match driver {
            Some("json-file") => (Format::JsonFile, directory, json_name.as_slice()),
            Some("local") => (Format::Local, local_logs.unwrap_or(directory), b"container.log".as_slice()),
            _ if has(cached) => (Format::Local, directory, cached),
            None if has(&json_name) => (Format::JsonFile, directory, json_name.as_slice()),
            None if local_logs.is_some() => {
                (Format::Local, local_logs.unwrap_or(directory), b"container.log".as_slice())
            }
            Some(other) => {
                let what = format_args!("log of the driver {other}, which keeps none on the disk");
                return Err(ReadError::unsupported(&place, what));
            }
            None => return Err(ReadError::corrupt(&place, "no log file is there")),
        };
        let mut named = Vec::new();
        for entry in tree.list(directory, findings)? {
            if let Some((number, is_packed)) = number(&entry.name, name) {
                named.push((number, is_packed, entry));
            }
        }
        // The oldest first. While the engine packs a file both are there, and the packed one is not whole yet.
        named.sort_by_key(|(number, is_packed, _)| (std::cmp::Reverse(*number), *is_packed));
        named.dedup_by_key(|(number, _, _)| *number);
        let mut pieces = Vec::new();
        for (_, is_packed, entry) in named {
            let place = tree.place(entry.node).then(String::from_utf8_lossy(&entry.name));
            match open_piece(tree, entry.node, is_packed, &place, unpack, findings) {
                Ok(source) => pieces.push(Piece { source, place }),
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => findings.add_failure(&error),
            }
        }
        Ok(ContainerLog { format, pieces })
    }

    /// Before the first record.
    pub fn start(&self) -> LogPosition {
        LogPosition { file: 0, offset: 0 }
    }

    /// Behind the last record.
    pub fn end(&self) -> LogPosition {
        let file = u32::try_from(self.pieces.len()).unwrap_or(u32::MAX).saturating_sub(1);
        LogPosition { file, offset: self.pieces.last().map_or(0, |piece| piece.source.len()) }
    }

    /// Reads records from a position on, one after another.
    pub fn read_from(&self, position: LogPosition) -> LogReader<'_> {
        LogReader::new(self, position)
    }

    /// The position `count` records before `position`, or the start of the log. Damaged records count, as far as it can
    /// be told how many there were.
    pub fn before(&self, position: LogPosition, count: u64, findings: &mut Findings) -> LogPosition {
        let mut left = count;
        let mut at = position;
        while left > 0 {
            let Some(piece) = self.piece(at.file) else { return self.start() };
            let found = match self.format {
                Format::JsonFile => json_file::back(piece, at.offset, left, findings),
                Format::Local => local::back(piece, at.offset, left, findings),
            };
            left = left.saturating_sub(found.records);
            at.offset = found.offset;
            if left == 0 {
                break;
            }
            let Some(file) = at.file.checked_sub(1) else { return self.start() };
            at = LogPosition { file, offset: self.piece(file).map_or(0, |piece| piece.source.len()) };
        }
        at
    }

    /// Bytes of all its files, unpacked.
    pub fn size(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.source.len()))
    }

    fn piece(&self, file: u32) -> Option<&Piece> {
        self.pieces.get(usize::try_from(file).ok()?)
    }
}

/// How far a search for earlier records came.
struct Back {
    /// Records passed.
    records: u64,
    /// Where the earliest of them begins.
    offset: u64,
}

fn open_piece(
    tree: &dyn FileTree,
    node: NodeId,
    is_packed: bool,
    place: &Place,
    unpack: Unpack<'_>,
    findings: &mut Findings,
) -> Result<Rc<dyn ByteSource>, ReadError> {
    let kind = tree.stat(node, findings)?.kind;
    if kind != Kind::File {
        return Err(ReadError::corrupt(place, format_args!("kind is {kind:?}, expected a regular file")));
    }
    let source = tree.open(node, findings)?;
    if is_packed { unpack(source, place, findings) } else { Ok(source) }
}

/// How often the log called `name` was turned over since it was the file called `file`, and whether that is packed;
/// `None` when it is no file of this log.
fn number(file: &[u8], name: &[u8]) -> Option<(u32, bool)> {
    let rest = file.strip_prefix(name)?;
    if rest.is_empty() {
        return Some((0, false));
    }
    let rest = rest.strip_prefix(b".")?;
    let packed = rest.strip_suffix(b".gz");
    let digits = std::str::from_utf8(packed.unwrap_or(rest)).ok()?;
    let number = digits.parse().ok().filter(|number| *number > 0 && !digits.starts_with(['+', '0']))?;
    Some((number, packed.is_some()))
}
