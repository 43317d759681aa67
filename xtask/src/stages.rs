//! `cargo xtask test`: every check of this repository, cheapest first. One that fails does not hide the others.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{self, cargo, find, shown, tool};
use crate::{page, server, setup};

/// A stage: its name, and what it does.
type Stage = (&'static str, fn(&mut Tally) -> Result<(), String>);

const STAGES: &[Stage] = &[
    ("format", |tally| tally.run(cargo().args(["fmt", "--all", "--check"]))),
    ("clippy", |tally| {
        tally.run(cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    }),
    ("clippy-wasm", clippy_wasm),
    ("dependencies", dependencies),
    ("unit", |tally| tally.run(cargo().args(["test", "--no-fail-fast", "--workspace", "--exclude", "careen-tests"]))),
    ("disks", disks),
    ("wasm", wasm),
    ("page", |_| page::build()),
    ("browser", browser),
];

/// What a stage counted.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    /// What was left out, and why.
    skipped: Vec<String>,
}

/// Runs all stages, or the named ones, and prints what came of them.
pub fn run(names: &[String]) -> Result<(), String> {
    if let Some(unknown) = names.iter().find(|name| STAGES.iter().all(|(known, _)| known != name)) {
        let known: Vec<&str> = STAGES.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no stage {unknown:?}; there are {}", known.join(", ")));
    }
    setup::for_page()?;
    setup::for_tests()?;
    let mut results = Vec::new();
    let mut failures = Vec::new();
    for (name, stage) in STAGES.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| wanted == name))
    {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let mut tally = Tally::default();
        if let Err(failure) = stage(&mut tally) {
            tally.failed = tally.failed.max(1);
            failures.push(format!("{name}: {failure}"));
        } else if tally.passed == 0 && tally.skipped.is_empty() {
            tally.passed = 1;
        }
        results.push((*name, tally, start.elapsed()));
    }
    print_summary(&results);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn print_summary(results: &[(&str, Tally, Duration)]) {
    println!();
    for (name, tally, time) in results {
        let Tally { passed, failed, skipped } = tally;
        println!(
            "{name:<13} {passed:>5} passed {failed:>3} failed {:>3} skipped {:>7.1} s",
            skipped.len(),
            time.as_secs_f64()
        );
    }
    for (name, tally, _) in results {
        for reason in &tally.skipped {
            println!("skipped in {name}: {reason}");
        }
    }
    let sum = |count: fn(&Tally) -> u64| results.iter().map(|(_, tally, _)| count(tally)).sum::<u64>();
    let skipped: usize = results.iter().map(|(_, tally, _)| tally.skipped.len()).sum();
    println!("{} passed, {} failed, {skipped} skipped", sum(|tally| tally.passed), sum(|tally| tally.failed));
}

impl Tally {
    /// Runs a command, shows what it prints, and counts the tests it reports.
    fn run(&mut self, command: &mut Command) -> Result<(), String> {
        eprintln!("$ {}", shown(command));
        let failed = |error: std::io::Error, command: &Command| format!("{}: {error}", shown(command));
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| failed(error, command))?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.map_err(|error| failed(error, command))?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                self.count(&line);
            }
        }
        let status = child.wait().map_err(|error| failed(error, command))?;
        if status.success() { Ok(()) } else { Err(format!("{}: {status}", shown(command))) }
    }

    /// Reads the result lines of Rust's and of node's test runner, and our own `skipped:` lines.
    fn count(&mut self, line: &str) {
        let number = |text: &str| text.split_whitespace().next().and_then(|word| word.parse::<u64>().ok()).unwrap_or(0);
        if let Some(result) = line.strip_prefix("test result: ") {
            for part in result.split([';', '.']) {
                if part.trim_end().ends_with(" passed") {
                    self.passed += number(part);
                } else if part.trim_end().ends_with(" failed") {
                    self.failed += number(part);
                }
            }
        } else if let Some(count) = line.strip_prefix("ℹ pass ") {
            self.passed += number(count);
        } else if let Some(count) = line.strip_prefix("ℹ fail ") {
            self.failed += number(count);
        } else if let Some(reason) = line.strip_prefix("skipped: ") {
            self.skipped.push(reason.to_owned());
        }
    }
}

/// The crates of the workspace that are compiled for the browser: all but the command and the ones that run tests.
fn wasm_crates() -> Result<Vec<careen_tests::workspace::Crate>, String> {
    let all = careen_tests::workspace::crates()?;
    Ok(all
        .into_iter()
        .filter(|member| !["careen-cli", "careen-tests", "xtask"].contains(&member.name.as_str()))
        .collect())
}

fn clippy_wasm(tally: &mut Tally) -> Result<(), String> {
    let mut command = cargo();
    command.args(["clippy", "--quiet", "--target", "wasm32-unknown-unknown"]);
    for member in wasm_crates()? {
        command.args(["--package", &member.name]);
    }
    tally.run(command.args(["--", "-D", "warnings"]))
}

fn dependencies(tally: &mut Tally) -> Result<(), String> {
    if find("cargo-deny").is_none() {
        tally.skipped.push("licenses and advisories: cargo-deny is not on PATH".to_owned());
        return Ok(());
    }
    tally.run(cargo().args(["deny", "--log-level", "warn", "check"]))
}

/// The tests over whole disks, through the command as people get it.
fn disks(tally: &mut Tally) -> Result<(), String> {
    let careen = command::build_careen()?;
    tally.run(cargo().args(["test", "--no-fail-fast", "--package", "careen-tests"]).env("CAREEN_BIN", careen))
}

/// The tests that crates bring for the browser, in a headless one.
fn wasm(tally: &mut Tally) -> Result<(), String> {
    let tested: Vec<String> = wasm_crates()?
        .into_iter()
        .filter(|member| member.dev_dependencies.iter().any(|name| name == "wasm-bindgen-test"))
        .map(|member| member.name)
        .collect();
    if tested.is_empty() {
        tally.skipped.push("no crate has tests for the browser".to_owned());
        return Ok(());
    }
    let mut command = cargo();
    command.args(["test", "--target", "wasm32-unknown-unknown"]);
    for name in &tested {
        command.args(["--package", name]);
    }
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    if let Some(driver) = find("chromedriver") {
        command.env("CHROMEDRIVER", driver);
    }
    tally.run(&mut command)
}

/// The page in dist/, driven through a real browser.
fn browser(tally: &mut Tally) -> Result<(), String> {
    let careen = command::build_careen()?;
    if !page::dist().join("index.html").is_file() {
        page::build()?;
    }
    let disks = careen_tests::disks();
    for reason in disks.skipped() {
        tally.skipped.push(reason);
    }
    // Under a path, as many hosts serve it.
    let server = server::Server::bind(0, "/careen/")?;
    let url = server.url();
    std::thread::spawn(move || server.run());
    let mut tests: Vec<PathBuf> = std::fs::read_dir(command::root().join("tests/browser"))
        .map_err(|error| format!("tests/browser: {error}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    tests.sort();
    let chromium = find("chromium").ok_or("chromium is not on PATH")?;
    // One at a time: two browsers on two cores only slow each other down.
    let mut command = tool("node");
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    command.args(tests).env("CAREEN_URL", url).env("CAREEN_BIN", careen).env("CAREEN_CHROMIUM", chromium);
    command.env("CAREEN_DISKS", disks.to_json()).env("CAREEN_SCREENSHOTS", careen_tests::target().join("screenshots"));
    tally.run(&mut command)
}
