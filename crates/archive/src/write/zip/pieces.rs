//! A zip of files that are not on the disk: whoever makes them hands them out piece by piece.
//!
//! Whether a file can be made whole is known at its end alone, and what was written cannot be taken back. One that is
//! dropped stays as bytes that the central directory does not name, and only what is named there is in a zip (APPNOTE 4.3.6
//! and 4.4.1). Paths have to be such as every system takes; they are checked for leading out of the archive alone.

use careen_evidence::{Findings, Kind, Place, ReadError};
use careen_model::Timestamp;
use flate2::Crc;
use sha2::{Digest, Sha256};

use super::LONGEST_PATH;
use super::directory::Directory;
use super::records::{DEFLATED, Record};
use crate::write::content::{Seen, hex};
use crate::write::gzip::Deflate;
use crate::write::manifest::{Report, Told};
use crate::write::objects::is_safe;

/// What becomes of a file after a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PieceState {
    /// More pieces follow.
    GoesOn,
    /// It is complete.
    Complete,
    /// It could not be made and is to be removed.
    Dropped,
}

/// Bytes of a file, to be written behind those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its path, with slashes between names; of a directory, which has no bytes, it ends with one.
    pub path: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Its permissions: nine bits.
    pub mode: u16,
    /// What becomes of the file after them.
    pub state: PieceState,
}

/// Makes files, one after another.
pub trait Pieces {
    /// The next piece, of the file before if that goes on; `None` when everything was handed out. An error ends it all.
    fn next_piece(&mut self) -> Result<Option<Piece>, ReadError>;

    /// What was met so far.
    fn findings(&self) -> &Findings;

    /// How many objects could not be read and are not in any file so far.
    fn missing(&self) -> u64;
}

/// The entries of such a zip and its end.
pub(crate) struct PiecesStream {
    pieces: Box<dyn Pieces>,
    open: Option<Open>,
    /// The packer that the file before used.
    deflate: Option<Deflate>,
    /// Bytes put out.
    offset: u64,
    directory: Directory,
    is_ending: bool,
}

/// A file that is written.
struct Open {
    path: String,
    mode: u16,
    /// Where its local header stands.
    offset: u64,
    sum: Crc,
    digest: Sha256,
    size: u64,
    packed: u64,
    deflate: Deflate,
}

impl PiecesStream {
    pub(crate) fn new(pieces: Box<dyn Pieces>) -> PiecesStream {
        let directory = Directory::new();
        PiecesStream { pieces, open: None, deflate: None, offset: 0, directory, is_ending: false }
    }

    /// Puts the next bytes behind `out`; `false` when there are none any more. The list of entries in the manifest is ended
    /// by the caller.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        let start = out.len();
        let goes_on = self.advance(out, report)?;
        self.offset = self.offset.saturating_add(out.len().saturating_sub(start) as u64);
        Ok(goes_on)
    }

    fn advance(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        if self.is_ending {
            return Ok(self.directory.step(self.offset, out));
        }
        let Some(piece) = self.pieces.next_piece()? else {
            report.findings.absorb(self.pieces.findings().clone());
            report.summary.missing = self.pieces.missing();
            self.is_ending = true;
            return Ok(true);
        };
        let name = piece.path.strip_suffix('/').unwrap_or(&piece.path);
        if !is_safe(name.as_bytes()) || name.is_empty() || piece.path.len() > LONGEST_PATH {
            let what = format_args!("the name {name:?} would lead out of the archive, or is too long for one");
            return Err(ReadError::unsupported(&Place::default(), what));
        }
        if piece.path.ends_with('/') {
            let own = Record { offset: self.offset, ..record(&piece.path, piece.mode) };
            own.put_local(out);
            self.directory.note(&own);
            report.row(name.as_bytes(), Kind::Directory, &Told::default());
            return Ok(true);
        }
        let open = match (self.open.take(), piece.state) {
            (Some(open), _) => open,
            (None, PieceState::GoesOn) => self.begin(&piece, out),
            (None, PieceState::Complete) => {
                self.put_whole(&piece, out, report);
                return Ok(true);
            }
            (None, PieceState::Dropped) => {
                dropped(&piece.path, report);
                return Ok(true);
            }
        };
        self.go_on(open, &piece, out, report);
        Ok(true)
    }

    /// Writes a file that is one piece: its header can tell all.
    fn put_whole(&mut self, piece: &Piece, out: &mut Vec<u8>, report: &mut Report) {
        let mut deflate = self.deflate.take().unwrap_or_else(Deflate::new);
        let (mut sum, mut packed) = (Crc::new(), Vec::new());
        sum.update(&piece.bytes);
        deflate.pack(&piece.bytes, &mut packed);
        deflate.finish(&mut packed);
        self.deflate = Some(deflate.again());
        let size = piece.bytes.len() as u64;
        let own = Record {
            offset: self.offset,
            crc: sum.sum(),
            packed: packed.len() as u64,
            size,
            has_descriptor: false,
            may_be_large: false,
            ..file(&piece.path, piece.mode)
        };
        own.put_local(out);
        out.append(&mut packed);
        self.directory.note(&own);
        tell(&piece.path, size, &Sha256::digest(&piece.bytes), report);
    }

    fn go_on(&mut self, mut open: Open, piece: &Piece, out: &mut Vec<u8>, report: &mut Report) {
        open.sum.update(&piece.bytes);
        open.digest.update(&piece.bytes);
        open.size = open.size.saturating_add(piece.bytes.len() as u64);
        let start = out.len();
        open.deflate.pack(&piece.bytes, out);
        if piece.state != PieceState::GoesOn {
            open.deflate.finish(out);
        }
        open.packed = open.packed.saturating_add(out.len().saturating_sub(start) as u64);
        if piece.state == PieceState::GoesOn {
            self.open = Some(open);
            return;
        }
        let Open { path, mode, offset, sum, digest, size, packed, deflate } = open;
        let own = Record { offset, crc: sum.sum(), packed, size, ..file(&path, mode) };
        own.put_descriptor(out);
        self.deflate = Some(deflate.again());
        if piece.state == PieceState::Complete {
            self.directory.note(&own);
            tell(&path, size, &digest.finalize(), report);
        } else {
            dropped(&path, report);
        }
    }

    fn begin(&mut self, piece: &Piece, out: &mut Vec<u8>) -> Open {
        let own = file(&piece.path, piece.mode);
        own.put_local(out);
        Open {
            path: piece.path.clone(),
            mode: piece.mode,
            offset: self.offset,
            sum: Crc::new(),
            digest: Sha256::new(),
            size: 0,
            packed: 0,
            deflate: self.deflate.take().unwrap_or_else(Deflate::new),
        }
    }
}

/// Adds the row of a complete file.
fn tell(path: &str, size: u64, digest: &[u8], report: &mut Report) {
    let seen = Seen { sha256: hex(digest), is_of_all: true, gaps: Vec::new() };
    let told = Told { size: Some(size), seen: Some(&seen), ..Told::default() };
    report.row(path.as_bytes(), Kind::File, &told);
}

/// Adds the row of a file that is not in the zip.
fn dropped(path: &str, report: &mut Report) {
    let missing = Some("it could not be read to its end".to_owned());
    report.row(path.as_bytes(), Kind::File, &Told { missing, ..Told::default() });
}

/// A file before its content, of which nothing is known.
fn file(path: &str, mode: u16) -> Record<'_> {
    Record {
        method: DEFLATED,
        mode: 0o100_000 | u32::from(mode),
        has_descriptor: true,
        may_be_large: true,
        ..record(path, mode)
    }
}

/// A directory.
fn record(path: &str, mode: u16) -> Record<'_> {
    Record {
        name: path.as_bytes(),
        method: super::STORED,
        mode: 0o040_000 | u32::from(mode),
        uid: 0,
        gid: 0,
        mtime: Timestamp::default(),
        offset: 0,
        crc: 0,
        packed: 0,
        size: 0,
        has_descriptor: false,
        may_be_large: false,
    }
}
