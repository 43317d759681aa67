//! What was rebuilt, written into a directory.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use careen_model::{Progress, Rebuilt, Severity, Stage};
use careen_survey::{Piece, PieceState, Pieces, RebuildRequest};
use serde::Serialize;

use super::export::{refuse_full, refuse_to_write_on};
use super::{Answer, Failure, complain, told_of_part};
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// A rebuild that was written.
#[derive(Serialize)]
pub struct WrittenRebuild<'a> {
    /// Its directory.
    pub out: String,
    /// Bytes in all.
    pub size: u64,
    /// What is in it.
    #[serde(flatten)]
    pub rebuilt: &'a Rebuilt,
}

/// `careen rebuild`.
pub(super) fn rebuild(
    input: Input<'_>,
    request: &RebuildRequest,
    folder: &Path,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    refuse_to_write_on(input, folder)?;
    refuse_full(folder)?;
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    session.require_store()?;
    let mut rebuild = session.rebuild(request, &mut |progress| reporter.show(&progress))?;
    fs::create_dir_all(folder).map_err(|error| Failure::File(folder.to_owned(), error))?;
    let mut files = Files { folder, open: None };
    while let Some(piece) = rebuild.next_piece()? {
        let (done, bytes_read) = (rebuild.written(), session.bytes_read());
        reporter.show(&Progress { stage: Stage::Files, subject: piece.path.clone(), done, total: None, bytes_read });
        files.write(&piece)?;
    }
    drop(reporter);
    let (out_folder, size) = (folder.display().to_string(), rebuild.written());
    let written = WrittenRebuild { out: out_folder, size, rebuilt: rebuild.rebuilt() };
    if json {
        out.json(&written, false)?;
    } else {
        out.bytes(tables::rebuilt(&written).as_bytes())?;
    }
    for finding in rebuild.findings().list().iter().filter(|finding| finding.code.severity == Severity::Damage) {
        complain(&tables::finding(finding));
    }
    Ok(told_of_part(&session, rebuild.findings()))
}

/// The file that is being written.
struct Files<'a> {
    folder: &'a Path,
    open: Option<File>,
}

impl Files<'_> {
    fn write(&mut self, piece: &Piece) -> Result<(), Failure> {
        let names = piece.path.split('/').filter(|name| !name.is_empty());
        let path = names.fold(self.folder.to_owned(), |path, name| path.join(name));
        self.put(&path, piece).map_err(|error| Failure::File(path, error))
    }

    fn put(&mut self, path: &PathBuf, piece: &Piece) -> std::io::Result<()> {
        if piece.path.ends_with('/') {
            fs::create_dir_all(path)?;
            return set_mode(&File::open(path)?, piece.mode);
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => {
                path.parent().map(fs::create_dir_all).transpose()?;
                // Nothing that is there already is written to, not even by a name that means another one here.
                OpenOptions::new().write(true).create_new(true).open(path)?
            }
        };
        file.write_all(&piece.bytes)?;
        match piece.state {
            PieceState::GoesOn => self.open = Some(file),
            PieceState::Complete => set_mode(&file, piece.mode)?,
            PieceState::Dropped => fs::remove_file(path)?,
        }
        Ok(())
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u16) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(u32::from(mode)))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u16) -> std::io::Result<()> {
    Ok(())
}
