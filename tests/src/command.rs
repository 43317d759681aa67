//! The `careen` command, run as a person would run it.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What a run of the command gave back.
pub struct Answer {
    /// Exit code.
    pub code: i32,
    /// The answer.
    pub stdout: Vec<u8>,
    /// Messages.
    pub stderr: String,
    /// The command line, for reports.
    pub line: String,
}

/// Runs `careen` with these arguments.
pub fn careen<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Answer {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let line = format!("careen {}", words.join(" "));
    let output = command.output().unwrap_or_else(|error| panic!("{line}: {error}"));
    Answer {
        // A signal has no exit code: a crash must not look like an answer.
        code: output.status.code().unwrap_or_else(|| panic!("{line}: {}", output.status)),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        line,
    }
}

static BINARY: OnceLock<PathBuf> = OnceLock::new();

/// Takes this file for the command from now on, unless it was run before.
pub fn use_binary(file: PathBuf) {
    // The first one stays.
    let _ = BINARY.set(file);
}

/// The command. Without `CAREEN_BIN`, which `cargo xtask test` sets, it is built first.
pub fn binary() -> &'static PathBuf {
    BINARY.get_or_init(|| match std::env::var_os("CAREEN_BIN") {
        Some(file) => file.into(),
        None => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let built = Command::new(cargo)
                .args(["build", "--quiet", "--release", "--bin", "careen"])
                .current_dir(crate::root())
                .status();
            assert!(built.is_ok_and(|status| status.success()), "careen does not build");
            crate::target().join("release/careen")
        }
    })
}

impl Answer {
    /// The answer of a run that had to succeed: exit code 0, or 3 when findings touch the answer and `loss` allows it.
    pub fn expect(self, codes: &[i32]) -> Result<Answer, String> {
        if codes.contains(&self.code) {
            return Ok(self);
        }
        Err(format!("{}: exit code {}, expected {codes:?}\n{}", self.line, self.code, self.stderr))
    }

    /// Its stdout as one JSON value.
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.stdout).map_err(|error| format!("{}: its answer is no JSON: {error}", self.line))
    }

    /// Its stdout as one JSON value a line.
    pub fn json_lines(&self) -> Result<Vec<Value>, String> {
        json_lines(&self.stdout).map_err(|error| format!("{}: {error}", self.line))
    }
}

/// One JSON value a line.
pub fn json_lines(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate();
    lines
        .map(|(number, line)| {
            serde_json::from_slice(line).map_err(|error| format!("line {} is no JSON: {error}", number + 1))
        })
        .collect()
}
