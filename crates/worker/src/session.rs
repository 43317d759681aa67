//! The disk that is open in this worker, and what is asked of it.

use std::cell::Cell;
use std::rc::Rc;
use std::str::FromStr;

use careen_evidence::{ErrorKind, FileTree, Findings, ReadError};
use careen_model::Space;
use careen_protocol::{Event, Failure, FailureKind, FilesOfDisk, List, NeededFile, Reply, Request, RequestId};
use careen_survey::{Kit, Options, Packing, Scope, Session, report};
use web_sys::File;

use crate::containers::{self, Containers};
use crate::directory::{Directory, OpenFile};
use crate::exports::{self, Exporting};
use crate::file_check::FileChecking;
use crate::files::{Choice, Files, open_folder};
use crate::find::Finding;
use crate::packages::Packages;
use crate::packing;
use crate::timeline::{self, Timeline};
use crate::web_file::WebFile;
use crate::work::Queue;
use crate::{answer, find, post};

/// Trees kept open, so that paging through a directory does not merge an image again.
const TREES_KEPT: usize = 4;

/// Bytes of the disk kept in memory by a worker that takes things out.
const BULK_CACHE: u32 = 16 << 20;

/// What a disk is opened with.
fn options(is_bulk: bool) -> Options {
    let options = Options::default();
    let cache = if is_bulk { BULK_CACHE } else { options.cache };
    Options { cache, ..options }
}

/// An open disk with what browsing it has built up.
pub struct OpenDisk {
    /// The survey's session.
    pub session: Session,
    files: Vec<Rc<WebFile>>,
    /// Set once the browser refuses to read one of its files.
    pub lost: Rc<Cell<bool>>,
    /// Packages collected so far.
    pub packages: Packages,
    /// The directory asked for last.
    pub directory: Option<Directory>,
    /// The file asked for last.
    pub reading: Option<OpenFile>,
    /// What was asked of containers last.
    pub containers: Containers,
    /// What fills it, once it was counted.
    pub space: Option<Space>,
    /// The timeline asked for last.
    pub timeline: Option<Timeline>,
    /// The archive that is being written.
    pub exporting: Option<Exporting>,
    /// The kit that is being written.
    pub kit: Option<Kit>,
    /// The search for files that is under way.
    pub finding: Option<Finding>,
    trees: Vec<(String, Rc<dyn FileTree>)>,
    findings_told: usize,
}

/// The worker's whole state.
#[derive(Default)]
pub struct Worker {
    /// The disk, once one is open.
    pub disk: Option<OpenDisk>,
    /// Units of long work still to do.
    pub queue: Queue,
    /// The file that is being compared with its manifest.
    checking: Option<FileChecking>,
    /// The archive that is being packed.
    packing: Option<Packing>,
}

impl Worker {
    /// Answers a request, or takes it into the queue.
    pub fn hear(&mut self, id: RequestId, request: Request, files: Vec<File>, bytes: Vec<u8>) {
        match request {
            Request::Open { names, folder: Some(folder), is_bulk, .. } => {
                self.queue.clear();
                self.disk = None;
                match open_folder(&folder, names, files, options(is_bulk)) {
                    Ok(session) => self.opened(id, session, Vec::new(), FilesOfDisk::default(), Rc::default()),
                    Err(error) => post::event(id, &Event::Failed(failure(&error))),
                }
            }
            Request::Open { names, disk, snapshot, folder: None, is_bulk } => {
                self.open(id, (names, files), disk, snapshot.as_deref(), options(is_bulk));
            }
            Request::Cancel => {
                self.queue.clear();
                if let Some(disk) = &self.disk {
                    self.queue.tell_measured(disk);
                }
                post::event(id, &Event::Cancelled);
            }
            Request::CheckFile => match FileChecking::begin(files.into_iter()) {
                Ok(checking) => {
                    self.checking = Some(checking);
                    self.check_on(id);
                }
                Err(error) => post::event(id, &Event::Failed(failure(&error))),
            },
            Request::CheckNext => self.check_on(id),
            Request::PackBegin(kind) => {
                self.packing = Some(packing::begin(kind));
                post::event(id, &Event::Reply(Reply::Begun));
            }
            Request::Pack { is_last } => match &mut self.packing {
                Some(packing) => packing::pack(packing, id, bytes, is_last),
                None => post::event(id, &Event::Failed(nothing_open())),
            },
            asked => match &mut self.disk {
                None => post::event(id, &Event::Failed(nothing_open())),
                Some(disk) => {
                    disk.files.iter().for_each(|file| file.check());
                    if let Err(error) = disk.answer(id, asked, &mut self.queue) {
                        if disk.lost.get() {
                            // Before the failure, so that whoever hears of it knows why.
                            post::event(0, &Event::FileLost);
                        }
                        post::event(id, &Event::Failed(failure(&error)));
                    }
                    disk.tell_changes();
                }
            },
        }
    }

    /// Goes on comparing a file with its manifest.
    fn check_on(&mut self, id: RequestId) {
        let Some(mut checking) = self.checking.take() else {
            return post::event(id, &Event::Failed(nothing_open()));
        };
        match checking.step() {
            Ok(reply) => {
                self.checking = Some(checking);
                post::event(id, &Event::Reply(reply));
            }
            Err(error) => post::event(id, &Event::Failed(failure(&error))),
        }
    }

    fn open(
        &mut self,
        id: RequestId,
        (names, files): (Vec<String>, Vec<File>),
        disk: Option<u32>,
        snapshot: Option<&str>,
        options: Options,
    ) {
        // The old disk's memory is given back first.
        self.queue.clear();
        self.disk = None;
        let lost = Rc::new(Cell::new(false));
        let Some(files) = Files::new(names, files, &lost, options) else {
            return post::event(id, &Event::Failed(nothing_open()));
        };
        match files.choose(disk, snapshot) {
            Ok(Choice::Several(disks)) => post::event(id, &Event::Reply(Reply::Several(disks))),
            Ok(Choice::One(session, roles)) => {
                let files = files.of(&roles);
                self.opened(id, *session, files, roles, lost);
            }
            Err(error) => {
                if lost.get() {
                    post::event(0, &Event::FileLost);
                }
                post::event(id, &Event::Failed(failure(&error)));
            }
        }
    }
}

impl Worker {
    /// Tells what is on a disk that was opened.
    fn opened(
        &mut self,
        id: RequestId,
        session: Session,
        files: Vec<Rc<WebFile>>,
        roles: FilesOfDisk,
        lost: Rc<Cell<bool>>,
    ) {
        let survey = Box::new(session.survey());
        let (findings_told, doctor) = (survey.findings.len(), report::doctor(&survey));
        post::event(id, &Event::Reply(Reply::Overview { survey, files: roles }));
        post::event(0, &Event::Doctor(doctor));
        self.disk = Some(OpenDisk {
            session,
            files,
            lost,
            packages: Packages::default(),
            directory: None,
            reading: None,
            containers: Containers::default(),
            space: None,
            timeline: None,
            exporting: None,
            kit: None,
            finding: None,
            trees: Vec::new(),
            findings_told,
        });
    }
}

impl OpenDisk {
    fn answer(&mut self, id: RequestId, request: Request, queue: &mut Queue) -> Result<(), ReadError> {
        let reply = match request {
            Request::Open { .. }
            | Request::Cancel
            | Request::CheckFile
            | Request::CheckNext
            | Request::PackBegin(_)
            | Request::Pack { .. } => return Ok(()),
            Request::Fill { skip } => {
                queue.fill(self, &skip);
                return Ok(());
            }
            Request::Check => {
                queue.check();
                return Ok(());
            }
            Request::Rows { list: List::Directory { scope, path, order }, filter, from, count } => {
                answer::directory_rows(self, &scope, &path, order, &filter, from, count)?
            }
            Request::Rows { list: List::Packages { image_id, order }, filter, from, count } => {
                let images = || self.session.survey().images;
                self.packages.rows(image_id.as_deref(), order, &filter, from, count, &images)
            }
            Request::ReadFile { scope, path, offset, length } => {
                let (total, bytes) = answer::read_file(self, &scope, &path, offset, length)?;
                post::bytes(id, total, &bytes);
                return Ok(());
            }
            Request::Find(of) => find::begin(self, of)?,
            Request::FindNext => find::next(self)?,
            Request::Versions { scope, path } => {
                let mut findings = Findings::new();
                let versions = self.session.versions(&Scope::from_str(&scope)?, &path, &mut findings);
                self.session.absorb(findings);
                Reply::Versions(versions?)
            }
            Request::History { image } => Reply::History(self.session.history(&image)?),
            Request::Inspect { scope } => {
                let mut findings = Findings::new();
                let value = self.session.inspect(&Scope::from_str(&scope)?, &mut findings);
                self.session.absorb(findings);
                Reply::Text(serde_json::to_string_pretty(&value?).unwrap_or_default())
            }
            Request::Rows { list: List::Changes { container, order }, filter, from, count } => {
                containers::changes(self, &container, order, &filter, from, count)?
            }
            Request::Rows { list: List::Timeline { kind, scope, descending }, filter, from, count } => {
                timeline::rows(self, kind, scope, descending, &filter, from, count)?
            }
            Request::Log { container, from, count, stream, search } => {
                containers::log(self, &container, from, count, stream, search)?
            }
            Request::WholeLog { container, timestamps } => {
                let bytes = containers::whole_log(self, &container, timestamps)?;
                post::bytes(id, bytes.len() as u64, &bytes);
                return Ok(());
            }
            Request::Container { id } => containers::details(self, &id)?,
            Request::Export(of) => exports::begin(self, of)?,
            Request::Rebuild(of) => exports::begin_rebuild(self, of)?,
            Request::Report(of) => exports::begin_report(self, of)?,
            Request::ExportNext => return exports::next(self, id),
            Request::ExportEnd { written, sha256 } => return exports::end(self, id, written, sha256),
            Request::Kit(of) => exports::begin_kit(self, of)?,
            Request::KitNext => return exports::next_of_kit(self, id),
            Request::OnlyHere => exports::only_here(self)?,
            Request::Weigh(of) => exports::weigh(self, of)?,
            Request::Verify { scopes } => exports::verify(self, &scopes)?,
            Request::CrossCheck { scope, paths } => exports::cross_check(self, &scope, paths)?,
            Request::Space => answer::space(self)?,
            Request::Layers => Reply::Layers(self.session.layers()),
            Request::PackageFiles => Reply::Names(self.packages.file_names()),
            Request::FilesOfPackage { scope, package } => {
                Reply::FilesOfPackage(self.session.files_of_package(&Scope::from_str(&scope)?, &package)?)
            }
            Request::PackageFile { name } => {
                let bytes = self.packages.file(name.as_deref(), &mut self.session)?;
                let bytes = bytes.ok_or_else(|| no_file(name.as_deref()))?;
                post::bytes(id, bytes.len() as u64, &bytes);
                return Ok(());
            }
        };
        post::event(id, &Event::Reply(reply));
        Ok(())
    }

    /// The tree a scope names; the last few are kept.
    pub fn tree(&mut self, scope: &str) -> Result<Rc<dyn FileTree>, ReadError> {
        if let Some((_, tree)) = self.trees.iter().find(|(known, _)| known == scope) {
            return Ok(Rc::clone(tree));
        }
        let mut findings = Findings::new();
        let tree = self.session.tree(&Scope::from_str(scope)?, &mut findings);
        self.session.absorb(findings);
        let tree = tree?;
        if self.trees.len() >= TREES_KEPT {
            self.trees.remove(0);
        }
        self.trees.push((scope.to_owned(), Rc::clone(&tree)));
        Ok(tree)
    }

    /// Tells the page what came up by the way: new findings, a file that can no longer be read.
    pub fn tell_changes(&mut self) {
        let count = self.session.findings().list().len();
        if count != self.findings_told {
            self.findings_told = count;
            post::event(0, &Event::Findings(self.session.findings().to_vec()));
            post::event(0, &Event::Doctor(report::doctor(&self.session.survey())));
        }
        if self.lost.get() {
            post::event(0, &Event::FileLost);
        }
    }
}

fn no_file(name: Option<&str>) -> ReadError {
    let text = format!("package file {:?}, but there is none of this name", name.unwrap_or("*"));
    ReadError::new(ErrorKind::Unsupported(text), careen_evidence::Place::default())
}

fn nothing_open() -> Failure {
    let reason = "no disk is open".to_owned();
    Failure { kind: FailureKind::NothingOpen, place: String::new(), reason, needs: None }
}

/// An error as the page is told of it.
pub fn failure(error: &ReadError) -> Failure {
    let (kind, needs) = match &error.kind {
        ErrorKind::Io(_) => (FailureKind::Io, None),
        ErrorKind::Unsupported(_) => (FailureKind::Unsupported, None),
        ErrorKind::NeedsFile(needs) => {
            let (paths, identities) = (needs.names.clone(), needs.linkages.clone());
            (FailureKind::NeedsFile, Some(NeededFile { paths, identities }))
        }
        ErrorKind::Corrupt(_) => (FailureKind::Corrupt, None),
        ErrorKind::OverLimit(_) => (FailureKind::OverLimit, None),
        ErrorKind::NotThere(_) => (FailureKind::NotThere, None),
        ErrorKind::Cancelled => (FailureKind::Cancelled, None),
    };
    Failure { kind, place: error.place.to_string(), reason: error.reason().to_owned(), needs }
}
