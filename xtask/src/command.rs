//! Running other programs, from the root of the repository, with its own tools first on PATH.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub fn root() -> &'static Path {
    careen_tests::root()
}

/// A command in the root of the repository. Programs of node_modules go before those of the machine, and the
/// directories of system programs count even where a plain user's PATH leaves them out.
pub fn tool(program: &str) -> Command {
    let mut command = Command::new(find(program).unwrap_or_else(|| program.into()));
    command.current_dir(root()).env("PATH", path());
    command
}

/// The same cargo that runs this task.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("PATH", path());
    command
}

/// Where a program is found, if it is.
pub fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&path()).map(|directory| directory.join(program)).find(|file| file.is_file())
}

fn path() -> OsString {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let cargo_bin =
        std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let directories = std::iter::once(root().join("node_modules/.bin"))
        .chain(std::env::split_paths(&own))
        .chain(cargo_bin.map(|home| home.join("bin")))
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    std::env::join_paths(directories).unwrap_or(own)
}

/// Runs a command to its end; what it is goes to stderr first.
pub fn run(command: &mut Command) -> Result<(), String> {
    eprintln!("$ {}", shown(command));
    let status = command.status().map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", shown(command))) }
}

/// What a command prints on stdout, without the final newline; `None` when it cannot be run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Builds the `careen` command as people get it and returns where it lies.
pub fn build_careen() -> Result<PathBuf, String> {
    run(cargo().args(["build", "--quiet", "--release", "--bin", "careen"]))?;
    Ok(careen_tests::target().join("release/careen"))
}
