//! What each command does.

mod containers;
mod difference;
mod export;
mod files;
mod kit;
mod rebuild;
mod report_file;
mod search;
mod side_by_side;
mod space;
mod verify;

use std::path::{Path, PathBuf};

use careen_evidence::{Findings, ReadError};
use careen_model::{EventKind, Finding, ImagePackages, PackageFileState, Progress, Severity};
use careen_survey::list::ListOptions;
use careen_survey::{RebuildRequest, Scope, SearchQuery, Session, TimelineQuery, report};
use serde::Serialize;

pub use self::export::Written;
pub use self::kit::WrittenKit;
pub use self::rebuild::WrittenRebuild;
use crate::arguments::{Arguments, Command, Disks};
use crate::input::Input;
use crate::output::{self, Output};
use crate::progress::Reporter;
use crate::{doctor, tables};

/// How whole an answer is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Nothing is missing from it.
    Whole,
    /// Findings of severity `loss` touch it.
    WithLoss,
    /// Of several disks some could not be answered for; each reason has been told.
    InPart,
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
    let (parents, snapshot) = (arguments.parents.as_slice(), arguments.snapshot.as_deref());
    let input = |disk| Input { disk, parents, snapshot };
    let ask = Ask { parents, snapshot, json, walk: Walk::Nothing, needs_store: true };
    let answer = match &arguments.command {
        Command::Survey { disks, quick } if !json && disks.disks.len() > 1 => {
            let ask = Ask { walk: if *quick { Walk::Nothing } else { Walk::Volumes }, needs_store: false, ..ask };
            side_by_side::surveys(&disks.disks, &mut out, ask)
        }
        Command::Compare { disk, others } => match difference::scopes(others) {
            Some((first, second)) => difference::compare(input(disk), &first, &second, &mut out, json),
            None => {
                let disks: Vec<PathBuf> = [disk.into()].into_iter().chain(others.iter().map(PathBuf::from)).collect();
                side_by_side::compare(&disks, &mut out, Ask { needs_store: false, ..ask })
            }
        },
        Command::Survey { disks, quick } => {
            let ask = Ask { walk: if *quick { Walk::Nothing } else { Walk::Sizes }, needs_store: false, ..ask };
            each(disks, &mut out, ask, Session::survey, tables::survey)
        }
        Command::Doctor { disks, quick } => {
            let ask = Ask { walk: if *quick { Walk::Nothing } else { Walk::Files }, needs_store: false, ..ask };
            each(disks, &mut out, ask, |session| report::doctor(&session.survey()), doctor::text)
        }
        Command::Images(disks) => {
            each(disks, &mut out, ask, |session| session.survey().images, |images| tables::images(images))
        }
        Command::Containers(disks) => {
            if json {
                // What cannot be read of what lies beside a configuration is left out of its details.
                let detailed = |session: &Session| session.detailed_containers(&mut Findings::new());
                each(disks, &mut out, ask, detailed, |_| String::new())
            } else {
                each(disks, &mut out, ask, |session| session.survey().containers, |all| tables::containers(all))
            }
        }
        Command::Volumes { disks, quick } => {
            let ask = Ask { walk: if *quick { Walk::Nothing } else { Walk::Volumes }, ..ask };
            each(disks, &mut out, ask, |session| session.survey().volumes, |volumes| tables::volumes(volumes))
        }
        Command::Networks(disks) => {
            each(disks, &mut out, ask, |session| session.survey().networks, |networks| tables::networks(networks))
        }
        Command::BuildCache { disks, quick } => {
            let ask = Ask { walk: if *quick { Walk::Nothing } else { Walk::BuildCache }, ..ask };
            each(disks, &mut out, ask, Session::build_cache, tables::build_cache)
        }
        Command::Layers(disks) => each(disks, &mut out, ask, Session::layers, |layers| tables::layers(layers)),
        Command::Space(disks) => space::space(disks, &mut out, Ask { needs_store: false, ..ask }),
        Command::Packages { disk, of: Some(scope), files: Some(kind), .. } => {
            package_files(input(disk), scope, kind, &mut out, json)
        }
        Command::Packages { disk, of, containers, host, files: _, out: directory } => {
            let wanted = Wanted { of: of.as_ref(), containers: *containers, host: *host };
            packages(input(disk), &wanted, directory.as_deref(), &mut out, json)
        }
        Command::Ls { disk, of, path, recursive, hash } => {
            let options = ListOptions { recursive: *recursive, hash: *hash, overlay_marks: of.shows_overlay_marks() };
            files::ls(input(disk), of, path, options, &mut out, json)
        }
        Command::Cat { disk, of, path } => files::cat(input(disk), of, path, &mut out),
        Command::Logs { disk, container, options } => containers::logs(input(disk), container, options, &mut out, json),
        Command::Changes { disk, container } => containers::changes(input(disk), container, &mut out, json),
        Command::Timeline { disk, kind, of } => {
            let mut reporter = Reporter::new();
            let session = input(disk).open(&mut reporter)?;
            let kinds = EventKind::ALL.into_iter().filter(|known| kind.iter().any(|word| word == known.word()));
            let query = TimelineQuery { kinds: kinds.collect(), of: of.clone() };
            let mut findings = Findings::new();
            let events = session.timeline(&query, &mut |progress| reporter.show(&progress), &mut findings)?;
            drop(reporter);
            if json {
                out.json(&events, false)?;
            } else {
                out.bytes(tables::timeline(&events).as_bytes())?;
            }
            Ok(told_of_part(&session, &findings))
        }
        Command::Search { disk, pattern, of, content, limit } => {
            let query = SearchQuery { pattern: pattern.clone(), of: of.clone(), content: *content, limit: *limit };
            search::search(input(disk), &query, &mut out, json)
        }
        Command::Report { disk, out: file, quick, lang, exported } => {
            let asked = report_file::Asked { file, is_quick: *quick, is_korean: lang == "ko", exported };
            report_file::report(input(disk), &asked, &mut out, json)
        }
        Command::Export { disk, scopes, out: file, format, on_damage, paths, weigh } => {
            let file = export::target(disk, scopes, file.as_deref(), *format);
            let asked = export::Asked { scopes, paths, file: &file, format: *format, on_damage: *on_damage };
            match weigh {
                true => export::weigh(input(disk), &asked, &mut out, json),
                false => export::export(input(disk), &asked, &mut out, json),
            }
        }
        Command::Kit { disk, out: folder, on_damage, list } => match folder.as_deref().filter(|_| !list) {
            Some(folder) => kit::kit(input(disk), folder, *on_damage, &mut out, json),
            None => kit::list(input(disk), &mut out, json),
        },
        Command::Rebuild { disk, scopes, out: folder, no_sources } => {
            let request =
                RebuildRequest { scopes: scopes.clone(), with_sources: !no_sources, for_windows: cfg!(windows) };
            rebuild::rebuild(input(disk), &request, folder, &mut out, json)
        }
        Command::Verify { disk, scopes, cross_check } => {
            verify::verify(input(disk), scopes, *cross_check, &mut out, json)
        }
        Command::Inspect { disk, scope } => {
            let session = input(disk).open(&mut Reporter::new())?;
            let mut findings = Findings::new();
            out.json(&session.inspect(scope, &mut findings)?, false)?;
            Ok(told_of_part(&session, &findings))
        }
        Command::Versions { disk, path, of } => files::versions(input(disk), of, path, &mut out, json),
        Command::History { disk, image } => {
            let session = input(disk).open(&mut Reporter::new())?;
            let steps = session.history(image)?;
            if json {
                out.json(&steps, false)?;
            } else {
                out.bytes(tables::history(&steps).as_bytes())?;
            }
            Ok(told_of_part(&session, &Findings::new()))
        }
    }?;
    out.finish()?;
    Ok(answer)
}

/// How an answer about whole disks is made.
#[derive(Clone, Copy)]
struct Ask<'a> {
    /// Files the disks may have been made upon.
    parents: &'a [PathBuf],
    /// The internal snapshot to read.
    snapshot: Option<&'a str>,
    json: bool,
    /// What to walk through first.
    walk: Walk,
    /// A disk without a store is a failure, not an answer.
    needs_store: bool,
}

/// What an answer needs to have been walked through.
#[derive(Clone, Copy)]
enum Walk {
    /// Nothing: records are enough.
    Nothing,
    /// The volumes, for their sizes.
    Volumes,
    /// Records of the build cache, for their sizes.
    BuildCache,
    /// Both.
    Sizes,
    /// Every file, for what cannot be read of it.
    Files,
}

/// Answers for each disk: one JSON value each, one a line when there are several; or text.
fn each<T: Serialize>(
    disks: &Disks,
    out: &mut Output,
    ask: Ask<'_>,
    answer: impl Fn(&Session) -> T,
    text: impl Fn(&T) -> String,
) -> Result<Answer, Failure> {
    try_each(disks, out, ask, |session| Ok(answer(session)), text)
}

/// The same with an answer that has to be worked out from the files.
fn try_each<T: Serialize>(
    disks: &Disks,
    out: &mut Output,
    ask: Ask<'_>,
    answer: impl Fn(&mut Session) -> Result<T, ReadError>,
    text: impl Fn(&T) -> String,
) -> Result<Answer, Failure> {
    let [disk] = disks.disks.as_slice() else {
        let mut all = Answer::Whole;
        for disk in &disks.disks {
            // One disk that cannot be read says nothing about the others.
            all = all.max(match one(disk, true, out, ask, &answer, &text) {
                Err(Failure::Read(error)) => {
                    complain(&error.to_string());
                    Answer::InPart
                }
                other => other?,
            });
        }
        return Ok(all);
    };
    one(disk, false, out, ask, &answer, &text)
}

fn one<T: Serialize>(
    disk: &Path,
    on_one_line: bool,
    out: &mut Output,
    ask: Ask<'_>,
    answer: &impl Fn(&mut Session) -> Result<T, ReadError>,
    text: &impl Fn(&T) -> String,
) -> Result<Answer, Failure> {
    let mut session = opened(disk, ask)?;
    let value = answer(&mut session)?;
    if ask.json {
        out.json(&value, on_one_line)?;
    } else {
        out.bytes(text(&value).as_bytes())?;
    }
    Ok(told(session.findings()))
}

/// A disk that is open, as far as the answer needs it.
fn opened(disk: &Path, ask: Ask<'_>) -> Result<Session, ReadError> {
    let mut reporter = Reporter::new();
    let mut session = Input { disk, parents: ask.parents, snapshot: ask.snapshot }.open(&mut reporter)?;
    if ask.needs_store {
        session.require_store()?;
    }
    match ask.walk {
        Walk::Nothing => {}
        Walk::Volumes => session.measure_volumes(&mut |progress| reporter.show(&progress))?,
        Walk::BuildCache => session.measure_build_cache(&mut |progress| reporter.show(&progress))?,
        Walk::Sizes => {
            session.measure_volumes(&mut |progress| reporter.show(&progress))?;
            session.measure_build_cache(&mut |progress| reporter.show(&progress))?;
        }
        Walk::Files => session.check_files(&mut |progress| reporter.show(&progress))?,
    }
    Ok(session)
}

/// Whose packages are asked for.
struct Wanted<'a> {
    of: Option<&'a Scope>,
    containers: bool,
    host: bool,
}

fn packages(
    input: Input<'_>,
    wanted: &Wanted<'_>,
    directory: Option<&Path>,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    let scopes = match wanted.of {
        Some(scope) => vec![scope.clone()],
        None => {
            session.require_store()?;
            session.package_scopes(wanted.containers, wanted.host)
        }
    };
    let mut found: Vec<ImagePackages> = Vec::new();
    // For lists of parts, which have licences besides.
    let mut licensed: Vec<ImagePackages> = Vec::new();
    for scope in &scopes {
        let mut read = |session: &mut Session| -> Result<(), ReadError> {
            let observer = &mut |progress: Progress| reporter.show(&progress);
            found.push((*session.packages_of(scope, observer)?).clone());
            if directory.is_some() {
                licensed.push(session.packages_with_licenses(scope, observer)?);
            }
            Ok(())
        };
        match read(&mut session) {
            Ok(()) => {}
            // One image that cannot be read says nothing about the others.
            Err(error) if wanted.of.is_none() && !error.is_cancelled() => session.note_failure(&error),
            Err(error) => return Err(error.into()),
        }
    }
    drop(reporter);
    if let Some(directory) = directory {
        write_files(directory, &report::package_files(&found))?;
        let created = |id: &str| session.images().find(|image| image.id == id)?.created.clone();
        write_files(directory, &report::sbom_files(&licensed, &created, env!("CARGO_PKG_VERSION")))?;
    }
    if json {
        out.json(&report::package_rows(&found), false)?;
    } else if directory.is_none() {
        out.bytes(tables::packages(&report::package_rows(&found)).as_bytes())?;
    }
    Ok(told(session.findings()))
}

/// The files of a scope by the lists of its package managers.
fn package_files(input: Input<'_>, scope: &Scope, kind: &str, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    use PackageFileState::{Changed, Missing, Owned, Unowned};
    let states: &[PackageFileState] = match kind {
        "owned" => &[Owned],
        "changed" => &[Changed, Missing],
        _ => &[Unowned],
    };
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    let files = session.package_files(scope, states, &mut |progress| reporter.show(&progress))?;
    drop(reporter);
    if json {
        out.json(&files, false)?;
    } else {
        out.bytes(tables::package_files(&files).as_bytes())?;
    }
    Ok(told(session.findings()))
}

fn write_files(directory: &Path, files: &[report::ReportFile]) -> Result<(), Failure> {
    for file in files {
        let path = directory.join(&file.name);
        let above = path.parent().unwrap_or(directory);
        std::fs::create_dir_all(above).map_err(|error| Failure::File(above.to_owned(), error))?;
        std::fs::write(&path, &file.bytes).map_err(|error| Failure::File(path, error))?;
    }
    Ok(())
}

/// Whether something is missing, by the findings; each loss is told on stderr.
fn told(findings: &Findings) -> Answer {
    tell_losses(findings.list())
}

/// The same for an answer about one thing on the disk: what is lost elsewhere does not touch it, what opening its
/// filesystem lost does.
fn told_of_part(session: &Session, findings: &Findings) -> Answer {
    tell_losses(session.filesystem_losses().chain(findings.list()))
}

fn tell_losses<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Answer {
    let mut answer = Answer::Whole;
    for finding in findings.into_iter().filter(|finding| finding.code.severity == Severity::Loss) {
        complain(&tables::finding(finding));
        answer = Answer::WithLoss;
    }
    answer
}

/// A line on stderr, whatever the names on the disk hold.
pub fn complain(reason: &str) {
    eprintln!("careen: {}", output::one_line(reason));
}
