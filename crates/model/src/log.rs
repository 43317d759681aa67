//! What containers printed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a container printed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A place between two records of a container's log; of no meaning for another log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LogPosition {
    /// Which of its files, the oldest is 0.
    pub file: u32,
    /// Bytes before it in that file, unpacked.
    pub offset: u64,
}

/// A record of a container's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// When it was printed, with nine digits behind the second; `None` when the record's time is none.
    pub time: Option<String>,
    /// Where it was printed.
    pub stream: LogStream,
    /// The text without the line's end; what is not UTF-8 is shown as U+FFFD.
    pub line: String,
    /// Its bytes in hexadecimal, when they are not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_hex: Option<String>,
    /// The line goes on in the next record of its stream: it was printed without its end, or is longer than a record.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// Labels and variables that the container's log options asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// Some records of a container's log, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogPage {
    /// The records, the oldest first.
    pub lines: Vec<LogLine>,
    /// Before the first record that was looked at; `None` at the start of the log.
    pub before: Option<LogPosition>,
    /// Behind the last record that was looked at; `None` at the end of the log.
    pub after: Option<LogPosition>,
}
