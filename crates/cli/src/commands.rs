//! What each command does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use careen_evidence::{FileTree, Findings, Kind, ReadError};
use careen_model::{ImagePackages, Severity};
use careen_survey::list::{ListOptions, find, list};
use careen_survey::{Options, Scope, Session, report};
use serde::Serialize;

use crate::arguments::{Arguments, Command, Disks};
use crate::output::Output;
use crate::progress::Reporter;
use crate::{disk_file, tables};

/// Bytes copied at a time.
const COPY_CHUNK: u64 = 4 << 20;

/// Smallest read made of the disk file: a `pread` of a few pages costs next to nothing.
const SMALLEST_READ: u32 = 32 << 10;

/// How whole an answer is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing is missing from it.
    Whole,
    /// Findings of severity `loss` touch it.
    WithLoss,
}

/// Why there is no answer.
pub enum Failure {
    /// The disk could not be read that far.
    Read(ReadError),
    /// Standard output could not be written.
    Write(std::io::Error),
    /// A file of the answer could not be written.
    File(PathBuf, std::io::Error),
    /// Whoever read our output went away; nothing to complain of.
    ReaderGone,
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Failure::Read(error)
    }
}

/// Carries out a command.
pub fn run(arguments: &Arguments) -> Result<Answer, Failure> {
    let mut out = Output::new();
    let json = arguments.json;
    let ask = Ask { json, measure: false, needs_store: true };
    let answer = match &arguments.command {
        Command::Survey { disks, quick } => {
            each(disks, &mut out, Ask { measure: !quick, needs_store: false, ..ask }, Session::survey, tables::survey)
        }
        Command::Images(disks) => {
            each(disks, &mut out, ask, |session| session.survey().images, |images| tables::images(images))
        }
        Command::Containers(disks) => {
            each(disks, &mut out, ask, |session| session.survey().containers, |all| tables::containers(all))
        }
        Command::Volumes { disks, quick } => {
            let ask = Ask { measure: !quick, ..ask };
            each(disks, &mut out, ask, |session| session.survey().volumes, |volumes| tables::volumes(volumes))
        }
        Command::Networks(disks) => {
            each(disks, &mut out, ask, |session| session.survey().networks, |networks| tables::networks(networks))
        }
        Command::Layers(disks) => each(disks, &mut out, ask, Session::layers, |layers| tables::layers(layers)),
        Command::Packages { disk, of, containers, host, out: directory } => {
            let wanted = Wanted { of: of.as_ref(), containers: *containers, host: *host };
            packages(disk, &wanted, directory.as_deref(), &mut out, json)
        }
        Command::Ls { disk, of, path, recursive, hash } => {
            let options = ListOptions { recursive: *recursive, hash: *hash, overlay_marks: of.shows_overlay_marks() };
            ls(disk, of, path, options, &mut out, json)
        }
        Command::Cat { disk, of, path } => cat(disk, of, path, &mut out),
        Command::Inspect { disk, scope } => {
            let session = open(disk, &mut Reporter::new())?;
            let mut findings = Findings::new();
            out.json(&session.inspect(scope, &mut findings)?, false)?;
            Ok(told(&findings))
        }
        Command::History { disk, image } => {
            let session = open(disk, &mut Reporter::new())?;
            let steps = session.history(image)?;
            if json {
                out.json(&steps, false)?;
            } else {
                out.bytes(tables::history(&steps).as_bytes())?;
            }
            Ok(Answer::Whole)
        }
    }?;
    out.finish()?;
    Ok(answer)
}

fn open(disk: &Path, reporter: &mut Reporter) -> Result<Session, ReadError> {
    let options = Options { smallest_read: SMALLEST_READ, ..Options::default() };
    Session::open(disk_file::open(disk)?, options, &mut |progress| reporter.show(&progress))
}

/// How an answer about whole disks is made.
#[derive(Clone, Copy)]
struct Ask {
    json: bool,
    /// Walk the volumes for their sizes first.
    measure: bool,
    /// A disk without a store is a failure, not an answer.
    needs_store: bool,
}

/// Answers for each disk: one JSON value each, one a line when there are several; or text.
fn each<T: Serialize>(
    disks: &Disks,
    out: &mut Output,
    ask: Ask,
    answer: impl Fn(&Session) -> T,
    text: impl Fn(&T) -> String,
) -> Result<Answer, Failure> {
    let mut whole = Answer::Whole;
    for disk in &disks.disks {
        let mut reporter = Reporter::new();
        let mut session = open(disk, &mut reporter)?;
        if ask.needs_store {
            session.require_store()?;
        }
        if ask.measure {
            session.measure_volumes(&mut |progress| reporter.show(&progress))?;
        }
        drop(reporter);
        let value = answer(&session);
        if ask.json {
            out.json(&value, disks.disks.len() > 1)?;
        } else {
            out.bytes(text(&value).as_bytes())?;
        }
        if told(session.findings()) == Answer::WithLoss {
            whole = Answer::WithLoss;
        }
    }
    Ok(whole)
}

/// Whose packages are asked for.
struct Wanted<'a> {
    of: Option<&'a Scope>,
    containers: bool,
    host: bool,
}

fn packages(
    disk: &Path,
    wanted: &Wanted<'_>,
    directory: Option<&Path>,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let mut session = open(disk, &mut reporter)?;
    let scopes = match wanted.of {
        Some(scope) => vec![scope.clone()],
        None => {
            session.require_store()?;
            session.package_scopes(wanted.containers, wanted.host)
        }
    };
    let mut found: Vec<ImagePackages> = Vec::new();
    for scope in &scopes {
        let packages = session.packages_of(scope, &mut |progress| reporter.show(&progress))?;
        found.push((*packages).clone());
    }
    drop(reporter);
    if let Some(directory) = directory {
        write_files(directory, &report::package_files(&found))?;
    }
    if json {
        out.json(&report::package_rows(&found), false)?;
    } else if directory.is_none() {
        out.bytes(tables::packages(&report::package_rows(&found)).as_bytes())?;
    }
    Ok(told(session.findings()))
}

fn write_files(directory: &Path, files: &[report::ReportFile]) -> Result<(), Failure> {
    std::fs::create_dir_all(directory).map_err(|error| Failure::File(directory.to_owned(), error))?;
    for file in files {
        let path = directory.join(&file.name);
        std::fs::write(&path, &file.bytes).map_err(|error| Failure::File(path, error))?;
    }
    Ok(())
}

fn ls(
    disk: &Path,
    scope: &Scope,
    path: &OsStr,
    options: ListOptions,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let session = open(disk, &mut Reporter::new())?;
    let mut findings = Findings::new();
    let tree = session.tree(scope, &mut findings)?;
    let Options { limits, cancel, .. } = session.options();
    // The walk knows only read errors; a failure to write ends it through the token and is told afterwards.
    let mut failure = None;
    let listed = list(&*tree, path.as_encoded_bytes(), options, limits, cancel, &mut findings, &mut |entry| {
        let written = if json { out.json(&entry, true) } else { out.line(&tables::file(&entry)) };
        if let Err(error) = written {
            failure = Some(error);
            cancel.cancel();
        }
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    listed?;
    Ok(told(&findings))
}

fn cat(disk: &Path, scope: &Scope, path: &OsStr, out: &mut Output) -> Result<Answer, Failure> {
    let session = open(disk, &mut Reporter::new())?;
    let mut findings = Findings::new();
    let tree = session.tree(scope, &mut findings)?;
    let node = find(&*tree, path.as_encoded_bytes(), &mut findings)?;
    let kind = tree.stat(node, &mut findings)?.kind;
    if kind != Kind::File {
        let what = format!("{path:?} is no regular file but a {}", tables::kind_name(kind));
        return Err(ReadError::unsupported(&tree.place(node), what).into());
    }
    copy(&*tree, node, &mut findings, out)?;
    Ok(told(&findings))
}

fn copy(
    tree: &dyn FileTree,
    node: careen_evidence::NodeId,
    findings: &mut Findings,
    out: &mut Output,
) -> Result<(), Failure> {
    let content = tree.open(node, findings)?;
    let mut buffer = Vec::new();
    let mut position = 0;
    while position < content.len() {
        let count = content.len().saturating_sub(position).min(COPY_CHUNK);
        buffer.resize(usize::try_from(count).unwrap_or(0), 0);
        content.read_exact_at(position, &mut buffer)?;
        out.bytes(&buffer)?;
        position = position.saturating_add(count);
    }
    Ok(())
}

/// Whether something is missing, by the findings; each loss is told on stderr.
fn told(findings: &Findings) -> Answer {
    let losses = || findings.list().iter().filter(|finding| finding.code.severity == Severity::Loss);
    for finding in losses() {
        eprintln!("careen: {}", tables::finding(finding));
    }
    if losses().next().is_some() { Answer::WithLoss } else { Answer::Whole }
}
