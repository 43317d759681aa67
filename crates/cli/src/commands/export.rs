//! Archives written to files of the operating system.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use careen_evidence::{Findings, Place, ReadError};
use careen_model::{Progress, Severity, Stage};
use careen_survey::{ArchiveFormat, Chunk, Export, ExportRequest, ImageFormat, Scope, Summary, archive_name};
use serde::Serialize;

use super::{Answer, Failure, complain, told_of_part};
use crate::arguments::{ExportFormat, OnDamage};
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) scopes: &'a [Scope],
    pub(super) paths: &'a [OsString],
    pub(super) file: &'a Path,
    pub(super) format: Option<ExportFormat>,
    pub(super) on_damage: OnDamage,
}

/// What was written.
#[derive(Serialize)]
pub struct Written {
    /// The archive.
    pub file: String,
    /// What is in it.
    pub manifest: String,
    /// Bytes of the archive.
    pub size: u64,
    /// Its digest in hexadecimal.
    pub sha256: String,
    /// Numbers of its entries.
    #[serde(flatten)]
    pub summary: Summary,
}

/// `careen export`.
pub(super) fn export(input: Input<'_>, asked: &Asked<'_>, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    refuse_to_write_on(input, asked.file)?;
    let mut reporter = Reporter::new();
    let session = input.open(&mut reporter)?;
    let request = request(asked);
    let mut findings = Findings::new();
    let mut export = session.export(&request, &mut findings)?;
    let manifest = beside(asked.file, ".manifest.json");
    let (mut archive, mut list) = (Target::create(asked.file)?, Target::create(&manifest)?);
    let mut chunk = Chunk::default();
    loop {
        let goes_on = match export.next(&mut chunk) {
            Ok(goes_on) => goes_on,
            Err(error) => {
                drop(reporter);
                complain(&format!("{} bytes were written so far, to {}", export.written(), archive.partial.display()));
                return Err(error.into());
            }
        };
        archive.write(&chunk.archive)?;
        list.write(&chunk.manifest)?;
        reporter.show(&progress(asked.file, &export, session.bytes_read()));
        if !goes_on {
            break;
        }
    }
    archive.finish()?;
    list.finish()?;
    drop(reporter);
    let written = Written {
        file: asked.file.display().to_string(),
        manifest: manifest.display().to_string(),
        size: export.written(),
        sha256: export.sha256(),
        summary: export.summary(),
    };
    if json {
        out.json(&written, false)?;
    } else {
        out.bytes(tables::written(&written).as_bytes())?;
    }
    // What was changed on the way is told too, not only what was lost.
    for finding in export.findings().list().iter().filter(|finding| finding.code.severity == Severity::Damage) {
        complain(&tables::finding(finding));
    }
    findings.absorb(export.findings().clone());
    Ok(told_of_part(&session, &findings))
}

/// `careen export --weigh`.
pub(super) fn weigh(input: Input<'_>, asked: &Asked<'_>, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let session = input.open(&mut reporter)?;
    let mut findings = Findings::new();
    let weight = session.weight(&request(asked), &mut |progress| reporter.show(&progress), &mut findings)?;
    drop(reporter);
    if json {
        out.json(&weight, false)?;
    } else {
        out.bytes(tables::weight(weight).as_bytes())?;
    }
    Ok(told_of_part(&session, &findings))
}

fn request(asked: &Asked<'_>) -> ExportRequest {
    ExportRequest {
        scopes: asked.scopes.to_vec(),
        paths: asked.paths.iter().map(|path| path.as_encoded_bytes().to_vec()).collect(),
        picks: Vec::new(),
        format: format(asked),
        on_damage: asked.on_damage.into(),
    }
}

fn progress(file: &Path, export: &Export, bytes_read: u64) -> Progress {
    let subject = file.display().to_string();
    Progress { stage: Stage::Files, subject, done: export.written(), total: None, bytes_read }
}

/// The file to write: the one that was named, else one that is called by what it is of, in the directory that was named or
/// in this one.
pub(super) fn target(disk: &Path, scopes: &[Scope], out: Option<&Path>, format: Option<ExportFormat>) -> PathBuf {
    if let Some(file) = out.filter(|file| !file.is_dir()) {
        return file.to_owned();
    }
    let is_data_root = matches!(scopes, [Scope::Store(_)]);
    let kind = format.or(is_data_root.then_some(ExportFormat::TarGz)).unwrap_or(ExportFormat::Tar);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seconds = i64::try_from(seconds).unwrap_or(0);
    let name = archive_name(&disk.to_string_lossy(), scopes, kind.into(), seconds);
    out.unwrap_or(Path::new("")).join(name)
}

/// The kind of archive: what was asked for, else what the name of the file ends with.
fn format(asked: &Asked<'_>) -> careen_survey::ExportFormat {
    let name = asked.file.to_string_lossy().to_lowercase();
    let by_name = match &name {
        name if name.ends_with(".tar.gz") || name.ends_with(".tgz") => ExportFormat::TarGz,
        name if name.ends_with(".zip") => ExportFormat::Zip,
        _ => ExportFormat::Tar,
    };
    asked.format.unwrap_or(by_name).into()
}

impl From<ExportFormat> for careen_survey::ExportFormat {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Tar => careen_survey::ExportFormat::Files(ArchiveFormat::Tar),
            ExportFormat::TarGz => careen_survey::ExportFormat::Files(ArchiveFormat::TarGz),
            ExportFormat::Zip => careen_survey::ExportFormat::Files(ArchiveFormat::Zip),
            ExportFormat::Docker => careen_survey::ExportFormat::Images(ImageFormat::Docker),
            ExportFormat::Oci => careen_survey::ExportFormat::Images(ImageFormat::Oci),
        }
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// An error when there is something in the directory that is to be filled.
pub(super) fn refuse_full(folder: &Path) -> Result<(), ReadError> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let what = "there is something in this directory, expected a new or an empty one";
        return Err(ReadError::unsupported(&Place::new(folder.display().to_string()), what));
    }
    Ok(())
}

/// An error when the file to be written is none, the disk, one that the disk was made upon, or in the directory that is read.
pub(super) fn refuse_to_write_on(input: Input<'_>, file: &Path) -> Result<(), ReadError> {
    if file.as_os_str() == "-" {
        let what = "standard output, expected the name of a file: its manifest is written beside it";
        return Err(ReadError::unsupported(&Place::new("--out"), what));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(folder) = folder.canonicalize() else { return Ok(()) };
    let target = file.file_name().map_or_else(|| folder.clone(), |name| folder.join(name));
    let target = target.canonicalize().unwrap_or(target);
    for read in std::iter::once(input.disk).chain(input.parents.iter().map(PathBuf::as_path)) {
        let Ok(read) = read.canonicalize() else { continue };
        if target == read || (read.is_dir() && target.starts_with(&read)) {
            let what = "this is where is read from, and the disk is never written to; choose another file";
            return Err(ReadError::unsupported(&Place::new(file.display().to_string()), what));
        }
    }
    Ok(())
}

/// A file that has its name only once it is complete.
pub(super) struct Target {
    file: PathBuf,
    partial: PathBuf,
    out: BufWriter<File>,
}

impl Target {
    pub(super) fn create(file: &Path) -> Result<Target, Failure> {
        let partial = beside(file, ".partial");
        match File::create(&partial) {
            Ok(out) => Ok(Target { file: file.to_owned(), partial, out: BufWriter::new(out) }),
            Err(error) => Err(Failure::File(partial, error)),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| Failure::File(self.partial.clone(), error))
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        let done = self.out.flush().and_then(|()| std::fs::rename(&self.partial, &self.file));
        done.map_err(|error| Failure::File(self.file.clone(), error))
    }
}
