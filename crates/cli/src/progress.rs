//! Progress on a terminal.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use careen_model::Progress;

use crate::output::one_line;

/// Writes progress to stderr, over itself, when stderr is a terminal; else nothing.
pub struct Reporter {
    shown: Option<Instant>,
    is_terminal: bool,
}

impl Reporter {
    /// Looks once whether stderr is a terminal.
    pub fn new() -> Self {
        Reporter { shown: None, is_terminal: stderr().is_terminal() }
    }

    /// Shows how far the work has come, at most ten times a second.
    pub fn show(&mut self, progress: &Progress) {
        const PAUSE: Duration = Duration::from_millis(100);
        if !self.is_terminal || self.shown.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        self.shown = Some(Instant::now());
        let of = progress.total.map_or(String::new(), |total| format!(" {}/{total}", progress.done));
        let read = progress.bytes_read >> 20;
        let text = format!("{:?}{of}: {} ({read} MiB read)", progress.stage, one_line(&progress.subject));
        // Progress is a courtesy: a closed stderr does not stop the work.
        let _ = write!(stderr(), "\r\x1b[K{}", text.chars().take(100).collect::<String>());
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}
