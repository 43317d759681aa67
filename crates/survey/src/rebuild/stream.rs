//! A rebuild that is being written: pieces of its files, one after another.

use std::collections::VecDeque;
use std::rc::Rc;

use careen_archive::write::{Chunk, Export, Format, OnDamage, Piece, PieceState, Pieces, Selection};
use careen_evidence::{
    ByteSource, CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, Step, Walk, codes::export as codes,
};
use careen_model::{Rebuilt, RebuiltFile};

use crate::Options;

/// Bytes of a piece of a file.
const PIECE: u64 = 1 << 20;
/// Permissions that files get of those on the disk.
const MODE: u16 = 0o777;

/// Something that is going to be written.
pub(super) struct Planned {
    /// Its row in the list.
    pub(super) row: Option<usize>,
    pub(super) path: String,
    pub(super) mode: u16,
    pub(super) content: Content,
}

/// What is written.
pub(super) enum Content {
    Bytes(Vec<u8>),
    /// A file, or a directory with all below it.
    Files {
        tree: Rc<dyn FileTree>,
        node: NodeId,
    },
    Archive(Box<Export>),
}

impl Content {
    /// An archive of what lies in a directory.
    pub(super) fn archive(tree: Rc<dyn FileTree>, node: NodeId, options: &Options) -> Result<Content, ReadError> {
        let label = tree.place(node).to_string();
        let selection = Selection { tree, start: node, name: Vec::new(), label };
        let export = Export::new(Format::Tar, vec![selection], OnDamage::Skip, &options.limits, &options.cancel)?;
        Ok(Content::Archive(Box::new(export)))
    }
}

/// What is being written.
enum Now {
    Files { row: Option<usize>, path: String, tree: Rc<dyn FileTree>, walk: Box<Walk>, open: Option<OpenFile> },
    Archive { row: Option<usize>, path: String, mode: u16, export: Box<Export> },
}

/// A file of which pieces are still to come.
struct OpenFile {
    path: String,
    mode: u16,
    source: Rc<dyn ByteSource>,
    at: u64,
}

/// A rebuild that is being written.
pub struct Rebuild {
    ahead: VecDeque<Planned>,
    now: Option<Now>,
    rebuilt: Rebuilt,
    findings: Findings,
    limits: Limits,
    cancel: CancelToken,
    written: u64,
    missing: u64,
    is_ended: bool,
}

impl Pieces for Rebuild {
    /// The last one is `rebuild.json`. An error only when cancelled; a file that cannot be read is dropped and told.
    fn next_piece(&mut self) -> Result<Option<Piece>, ReadError> {
        loop {
            self.cancel.check()?;
            let piece = match self.now.take() {
                Some(Now::Files { row, path, tree, walk, open }) => self.of_files(row, path, tree, walk, open)?,
                Some(Now::Archive { row, path, mode, export }) => self.of_archive(row, path, mode, export)?,
                None => match self.ahead.pop_front() {
                    Some(planned) => self.begin(planned),
                    None if self.is_ended => return Ok(None),
                    None => Some(self.end()),
                },
            };
            if let Some(piece) = piece {
                self.written = self.written.saturating_add(piece.bytes.len() as u64);
                return Ok(Some(piece));
            }
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }

    fn missing(&self) -> u64 {
        self.missing
    }
}

impl Rebuild {
    pub(super) fn new(rebuilt: Rebuilt, ahead: VecDeque<Planned>, findings: Findings, options: &Options) -> Rebuild {
        let (limits, cancel) = (options.limits, options.cancel.clone());
        Rebuild { ahead, now: None, rebuilt, findings, limits, cancel, written: 0, missing: 0, is_ended: false }
    }

    /// The list; sizes are known of what was written.
    pub fn rebuilt(&self) -> &Rebuilt {
        &self.rebuilt
    }

    /// Bytes that were handed out.
    pub fn written(&self) -> u64 {
        self.written
    }

    fn begin(&mut self, planned: Planned) -> Option<Piece> {
        let Planned { row, path, mode, content } = planned;
        match content {
            Content::Bytes(bytes) => {
                self.count(row, bytes.len() as u64);
                Some(Piece { path, bytes, mode, state: PieceState::Complete })
            }
            Content::Files { tree, node } => {
                let walk = Box::new(Walk::new(node, &self.limits));
                self.count(row, 0);
                self.now = Some(Now::Files { row, path, tree, walk, open: None });
                None
            }
            Content::Archive(export) => {
                self.count(row, 0);
                self.now = Some(Now::Archive { row, path, mode, export });
                None
            }
        }
    }

    fn of_files(
        &mut self,
        row: Option<usize>,
        path: String,
        tree: Rc<dyn FileTree>,
        mut walk: Box<Walk>,
        open: Option<OpenFile>,
    ) -> Result<Option<Piece>, ReadError> {
        if let Some(mut file) = open {
            let left = file.source.len().saturating_sub(file.at);
            let mut bytes = vec![0; usize::try_from(left.min(PIECE)).unwrap_or(0)];
            let (own, mode) = (file.path.clone(), file.mode);
            let state = match file.source.read_exact_at(file.at, &mut bytes) {
                Ok(()) => {
                    self.count(row, bytes.len() as u64);
                    file.at = file.at.saturating_add(bytes.len() as u64);
                    let is_whole = file.at >= file.source.len();
                    let open = (!is_whole).then_some(file);
                    self.now = Some(Now::Files { row, path, tree, walk, open });
                    if is_whole { PieceState::Complete } else { PieceState::GoesOn }
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    self.drop_file(row, &own, &error);
                    bytes.clear();
                    self.now = Some(Now::Files { row, path, tree, walk, open: None });
                    PieceState::Dropped
                }
            };
            return Ok(Some(Piece { path: own, bytes, mode, state }));
        }
        let met = match walk.step(&*tree, &self.cancel, &mut self.findings) {
            Ok(None) => return Ok(None),
            Ok(Some(Step::Met(met))) => Ok((String::from_utf8_lossy(met.path).into_owned(), met.node, met.stat)),
            Ok(Some(Step::Missed { path: below, error })) => Err((String::from_utf8_lossy(below).into_owned(), error)),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                self.drop_file(row, &path, &error);
                return Ok(None);
            }
        };
        let place = |below: &str| format!("{}{}", path.trim_end_matches('/'), if below == "/" { "" } else { below });
        let (mut open, mut piece) = (None, None);
        match met {
            Err((below, error)) => self.drop_file(row, &place(&below), &error),
            Ok((below, _, stat)) if stat.kind == Kind::Directory => {
                let (path, mode) = (format!("{}/", place(&below)), stat.mode & MODE | 0o700);
                piece = Some(Piece { path, bytes: Vec::new(), mode, state: PieceState::Complete });
            }
            Ok((below, node, stat)) => match tree.open(node, &mut self.findings) {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => self.drop_file(row, &place(&below), &error),
                Ok(source) => open = Some(OpenFile { path: place(&below), mode: stat.mode & MODE, source, at: 0 }),
            },
        }
        self.now = Some(Now::Files { row, path, tree, walk, open });
        Ok(piece)
    }

    fn of_archive(
        &mut self,
        row: Option<usize>,
        path: String,
        mode: u16,
        mut export: Box<Export>,
    ) -> Result<Option<Piece>, ReadError> {
        let mut chunk = Chunk::default();
        let state = match export.next(&mut chunk) {
            Ok(true) => PieceState::GoesOn,
            Ok(false) => PieceState::Complete,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => {
                self.drop_file(row, &path, &error);
                PieceState::Dropped
            }
        };
        self.count(row, chunk.archive.len() as u64);
        if state != PieceState::GoesOn {
            self.findings.absorb(export.findings().clone());
            let missing = export.summary().missing;
            self.missing = self.missing.saturating_add(missing);
            if let Some(file) = self.row(row).filter(|_| missing > 0) {
                file.guesses.push(format!("{missing} of its files could not be read and are not in it"));
            }
        } else {
            self.now = Some(Now::Archive { row, path: path.clone(), mode, export });
        }
        Ok(Some(Piece { path, bytes: chunk.archive, mode, state }))
    }

    /// The list of all.
    fn end(&mut self) -> Piece {
        self.is_ended = true;
        let text = serde_json::to_string_pretty(&self.rebuilt).unwrap_or_default();
        let bytes = format!("{text}\n").into_bytes();
        Piece { path: "rebuild.json".to_owned(), bytes, mode: 0o644, state: PieceState::Complete }
    }

    fn row(&mut self, row: Option<usize>) -> Option<&mut RebuiltFile> {
        row.and_then(|row| self.rebuilt.files.get_mut(row))
    }

    fn count(&mut self, row: Option<usize>, bytes: u64) {
        if let Some(file) = self.row(row) {
            file.size = Some(file.size.unwrap_or(0).saturating_add(bytes));
        }
    }

    fn drop_file(&mut self, row: Option<usize>, path: &str, error: &ReadError) {
        self.missing = self.missing.saturating_add(1);
        let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &path), ("reason", error)];
        self.findings.add(&codes::REBUILD_LEFT_OUT, &error.place, &values);
        if let Some(file) = self.row(row) {
            file.guesses.push(format!("{path} could not be read and is not here"));
        }
    }
}
