//! Writing answers.

use std::io::{self, BufWriter, StdoutLock, Write};

use serde::Serialize;

use crate::commands::Failure;

/// Standard output, buffered.
pub struct Output(BufWriter<StdoutLock<'static>>);

impl Output {
    /// Standard output.
    pub fn new() -> Self {
        Output(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.0.write_all(bytes)?)
    }

    /// Writes one line of text.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())?;
        self.bytes(b"\n")
    }

    /// Writes one JSON value: over several lines for people, or on one line when more values follow.
    pub fn json(&mut self, value: &impl Serialize, on_one_line: bool) -> Result<(), Failure> {
        if on_one_line {
            serde_json::to_writer(&mut self.0, value).map_err(io::Error::from)?;
        } else {
            serde_json::to_writer_pretty(&mut self.0, value).map_err(io::Error::from)?;
        }
        self.bytes(b"\n")
    }

    /// Writes out what is still held.
    pub fn finish(mut self) -> Result<(), Failure> {
        Ok(self.0.flush()?)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        // `careen ls … | head`: the reader has seen enough.
        if error.kind() == io::ErrorKind::BrokenPipe { Failure::ReaderGone } else { Failure::Write(error) }
    }
}

/// Text for a terminal: control characters of names on the disk can neither break the line nor steer the terminal.
pub fn one_line(text: &str) -> String {
    let is_unsafe = |character: char| character.is_control() || ('\u{202a}'..='\u{202e}').contains(&character);
    text.chars().map(|character| if is_unsafe(character) { '\u{fffd}' } else { character }).collect()
}
