//! The `careen` command: the survey of a disk, and its parts, on a terminal or as JSON.
//!
//! Answers go to stdout, messages to stderr. Exit codes: 0 whole; 1 could not be done; 2 usage; 3 done, but findings of
//! severity `loss` touch the answer.

mod arguments;
mod commands;
mod directory;
mod disk_file;
mod doctor;
mod input;
mod output;
mod progress;
mod tables;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> ExitCode {
    // clap ends with code 2 and a message of its own when the arguments are wrong.
    let arguments = Arguments::parse();
    let (answer, failure) = match commands::run(&arguments) {
        Ok(commands::Answer::Whole) => (0, None),
        Ok(commands::Answer::WithLoss) => (3, None),
        Ok(commands::Answer::InPart) => (1, None),
        Err(commands::Failure::ReaderGone) => (0, None),
        Err(commands::Failure::Read(error)) => (1, Some(error.to_string())),
        Err(commands::Failure::Write(error)) => (1, Some(format!("stdout: {error}"))),
        Err(commands::Failure::File(path, error)) => (1, Some(format!("{}: {error}", path.display()))),
    };
    if let Some(reason) = failure {
        commands::complain(&reason);
    }
    ExitCode::from(answer)
}
