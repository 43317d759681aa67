//! The move kit, written into a directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use careen_evidence::Findings;
use careen_model::{KitContents, Progress, Severity, Stage};
use careen_survey::{Kit, KitRequest, PieceState};
use serde::Serialize;

use super::export::{refuse_full, refuse_to_write_on};
use super::{Answer, Failure, complain, told_of_part};
use crate::arguments::OnDamage;
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// A kit that was written.
#[derive(Serialize)]
pub struct WrittenKit<'a> {
    /// Its directory.
    pub out: String,
    /// Bytes of its archives.
    pub size: u64,
    /// What is in it.
    #[serde(flatten)]
    pub contents: &'a KitContents,
}

/// `careen kit --list`.
pub(super) fn list(input: Input<'_>, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let session = input.open(&mut reporter)?;
    session.require_store()?;
    let mut findings = Findings::new();
    let here = session.only_here(&mut |progress| reporter.show(&progress), &mut findings)?;
    drop(reporter);
    if json {
        out.json(&here, false)?;
    } else {
        out.bytes(tables::only_here(&here).as_bytes())?;
    }
    Ok(told_of_part(&session, &findings))
}

/// `careen kit`.
pub(super) fn kit(
    input: Input<'_>,
    folder: &Path,
    on_damage: OnDamage,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    refuse_to_write_on(input, folder)?;
    refuse_full(folder)?;
    let mut reporter = Reporter::new();
    let session = input.open(&mut reporter)?;
    session.require_store()?;
    let mut findings = Findings::new();
    let here = session.only_here(&mut |progress| reporter.show(&progress), &mut findings)?;
    let request = KitRequest { on_damage: on_damage.into(), ..KitRequest::from(&here) };
    let mut kit = session.kit(&request)?;
    fs::create_dir_all(folder).map_err(|error| Failure::File(folder.to_owned(), error))?;
    let mut files = Files { folder, open: BTreeMap::new() };
    let mut pieces = Vec::new();
    loop {
        let goes_on = kit.next(&mut pieces)?;
        for piece in &pieces {
            files.write(&piece.file, &piece.bytes, piece.state)?;
        }
        reporter.show(&progress(&kit, pieces.first().map_or("", |piece| &piece.file), here.size, session.bytes_read()));
        if !goes_on {
            break;
        }
    }
    drop(reporter);
    let written = WrittenKit { out: folder.display().to_string(), size: kit.written(), contents: kit.contents() };
    if json {
        out.json(&written, false)?;
    } else {
        out.bytes(tables::kit(&written).as_bytes())?;
    }
    for finding in kit.findings().list().iter().filter(|finding| finding.code.severity == Severity::Damage) {
        complain(&tables::finding(finding));
    }
    findings.absorb(kit.findings().clone());
    Ok(told_of_part(&session, &findings))
}

fn progress(kit: &Kit, file: &str, total: u64, bytes_read: u64) -> Progress {
    let total = Some(total).filter(|total| *total >= kit.written());
    Progress { stage: Stage::Files, subject: file.to_owned(), done: kit.written(), total, bytes_read }
}

/// The files that are being written.
struct Files<'a> {
    folder: &'a Path,
    open: BTreeMap<String, File>,
}

impl Files<'_> {
    fn write(&mut self, name: &str, bytes: &[u8], state: PieceState) -> Result<(), Failure> {
        let path = name.split('/').fold(self.folder.to_owned(), |path, name| path.join(name));
        self.put(&path, name, bytes, state).map_err(|error| Failure::File(path, error))
    }

    fn put(&mut self, path: &PathBuf, name: &str, bytes: &[u8], state: PieceState) -> std::io::Result<()> {
        let mut file = match self.open.remove(name) {
            Some(file) => file,
            None => {
                path.parent().map(fs::create_dir_all).transpose()?;
                File::create(path)?
            }
        };
        file.write_all(bytes)?;
        match state {
            PieceState::GoesOn => drop(self.open.insert(name.to_owned(), file)),
            PieceState::Complete => make_runnable(&file, name)?,
            PieceState::Dropped => fs::remove_file(path)?,
        }
        Ok(())
    }
}

/// A script is one that can be started.
#[cfg(unix)]
fn make_runnable(file: &File, name: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if name.ends_with(".sh") { file.set_permissions(fs::Permissions::from_mode(0o755)) } else { Ok(()) }
}

#[cfg(not(unix))]
fn make_runnable(_: &File, _: &str) -> std::io::Result<()> {
    Ok(())
}
