//! A report on a disk, written into a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use careen_evidence::{Place, ReadError};
use careen_model::Language;
use careen_survey::report::{DiskReport, ReportFormat};
use careen_survey::{Chunk, ReportQuery, Session};
use serde::Serialize;

use super::export::{Target, refuse_to_write_on};
use super::{Answer, Failure, told};
use crate::input::Input;
use crate::output::{Output, one_line};
use crate::progress::Reporter;
use crate::tables;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) file: &'a Path,
    pub(super) is_quick: bool,
    pub(super) is_korean: bool,
    pub(super) exported: &'a [PathBuf],
}

/// What was written.
#[derive(Serialize)]
struct WrittenReport {
    file: String,
    /// `html`, `markdown` or `zip`.
    format: &'static str,
    /// Bytes of the file.
    size: u64,
}

/// The forms a report has.
#[derive(Clone, Copy)]
enum Form {
    Page(ReportFormat),
    Zip,
}

/// `careen report`.
pub(super) fn report(input: Input<'_>, asked: &Asked<'_>, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    let form = form(asked.file)?;
    refuse_to_write_on(input, asked.file)?;
    let made = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let mut exported = Vec::new();
    for manifest in asked.exported {
        let bytes = fs::read(manifest).map_err(|error| Failure::File(manifest.clone(), error))?;
        let name = manifest.file_name().unwrap_or_default().to_string_lossy().into_owned();
        exported.push((name, bytes));
    }
    let query = ReportQuery { is_quick: asked.is_quick, made: i64::try_from(made).unwrap_or(0), exported };
    let language = if asked.is_korean { Language::Korean } else { Language::English };
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    let report = session.disk_report(&query, &mut |progress| reporter.show(&progress))?;
    let (format, size) = match form {
        Form::Page(format) => {
            let bytes = report.write(format, language);
            let mut target = Target::create(asked.file)?;
            target.write(&bytes)?;
            target.finish()?;
            (if format == ReportFormat::Html { "html" } else { "markdown" }, bytes.len() as u64)
        }
        Form::Zip => ("zip", zip(&mut session, &report, language, asked.file, &mut reporter)?),
    };
    drop(reporter);
    let written = WrittenReport { file: asked.file.display().to_string(), format, size };
    if json {
        out.json(&written, false)?;
    } else {
        out.line(&one_line(&format!("{}: {}", written.file, tables::size(size))))?;
    }
    Ok(told(session.findings()))
}

fn zip(
    session: &mut Session,
    report: &DiskReport,
    language: Language,
    file: &Path,
    reporter: &mut Reporter,
) -> Result<u64, Failure> {
    let files = session.report_files(report, language, &mut |progress| reporter.show(&progress))?;
    let mut export = session.zip_of(files)?;
    let (mut target, mut chunk) = (Target::create(file)?, Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk)?;
        target.write(&chunk.archive)?;
        if !goes_on {
            break;
        }
    }
    target.finish()?;
    Ok(export.written())
}

/// The form, by the ending of the file's name.
fn form(file: &Path) -> Result<Form, ReadError> {
    let name = file.to_string_lossy().to_lowercase();
    match name.rsplit('.').next() {
        Some("html" | "htm") => Ok(Form::Page(ReportFormat::Html)),
        Some("md" | "markdown") => Ok(Form::Page(ReportFormat::Markdown)),
        Some("zip") => Ok(Form::Zip),
        _ => {
            let what = format_args!("name of a report {name:?}, expected one that ends in .html, .md or .zip");
            Err(ReadError::unsupported(&Place::new("--out"), what))
        }
    }
}
