//! The only module that speaks to the workers.
//!
//! The worker's program is loaded when a disk is about to be opened, compiled once and handed to every worker as a
//! `WebAssembly.Module`; after that nothing is asked of any server. Requests wait until the worker has said `Ready`. A
//! second worker ([`Side`]) takes what is long, so that the first goes on answering the pages.
//!
//! Cancel: the worker hears it between two units of work. If it has not answered after [`PATIENCE`], it is ended; the
//! next request starts a new one and opens the same files in it. The page shows what was known all the while.

mod running;
mod side;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use careen_model::Survey;
use careen_protocol::{
    BUILD, Event, Failure, FailureKind, FilesOfDisk, Folder, Message, Part, Reply, Request, RequestId, SeveralDisks,
    decode,
};
use futures_channel::oneshot;
use js_sys::{Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::File;

use crate::components::FolderFiles;
use crate::state::{Notice, Phase, Picked, Told};

use self::running::{Program, Running};

pub use self::running::Beside;
pub use self::side::Side;

/// How long the page waits for a worker to hear a cancel.
const PATIENCE: Duration = Duration::from_millis(300);

/// How many pieces of work may each end a worker before the rest is left to the person.
const MOST_SKIPPED: usize = 16;

/// The answer to a request.
pub struct Answer {
    /// What was answered.
    pub reply: Reply,
    /// Bytes that came with it.
    pub bytes: Option<Uint8Array>,
    /// Bytes of several files that came with it.
    pub pieces: Vec<Uint8Array>,
}

/// What came of opening files.
enum Opened {
    /// A disk, and what the files are to it.
    Disk(Box<Survey>, FilesOfDisk),
    /// Several disks.
    Several(SeveralDisks),
}

type Waiting = oneshot::Sender<Result<Answer, Failure>>;

/// The worker and what is under way with it.
#[derive(Clone)]
pub struct Engine {
    told: Told,
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    worker: Option<Running>,
    program: Option<Program>,
    /// Whether the program was asked for before a disk was.
    is_warm: bool,
    /// What was picked.
    files: Vec<File>,
    /// Which of the files is the disk, once that is known.
    disk: Option<u32>,
    /// Id of the snapshot that is read in place of the disk's active state.
    snapshot: Option<String>,
    /// The folder they are from, with their paths below it, when it was picked as a whole.
    folder: Option<(Folder, Vec<String>)>,
    waiting: HashMap<RequestId, Waiting>,
    next_id: RequestId,
    /// Counts workers, so that a late word of an ended one is not taken for its successor's.
    generation: u32,
    /// Counts what was opened.
    opening: u32,
    /// The piece of longer work that the worker is at.
    doing: Option<Part>,
    /// Pieces that ended a worker, and are left out.
    skipped: Vec<Part>,
}

impl Engine {
    /// An engine that fills `told`. No worker is started before it is needed.
    pub fn new(told: Told) -> Engine {
        Engine { told, inner: Rc::default() }
    }

    /// Loads and compiles the worker's program ahead of its first use.
    pub fn warm_up(&self) {
        if self.inner.borrow_mut().program.is_some() || std::mem::replace(&mut self.inner.borrow_mut().is_warm, true) {
            return;
        }
        let engine = self.clone();
        spawn_local(async move {
            // What fails here fails again, and is told, when a disk is opened.
            let _ = engine.program().await;
        });
    }

    /// Opens the disk among these files: the one at this position, or whichever it is. Everything known of an earlier
    /// one is forgotten.
    pub fn open(&self, files: Vec<File>, disk: Option<u32>) {
        self.open_state(files, disk, None);
    }

    /// Opens a snapshot of the disk that is open, or its active state again.
    pub fn open_snapshot(&self, snapshot: Option<String>) {
        let (files, disk) = {
            let inner = self.inner.borrow();
            (inner.files.clone(), inner.disk)
        };
        self.open_state(files, disk, snapshot);
    }

    fn open_state(&self, files: Vec<File>, disk: Option<u32>, snapshot: Option<String>) {
        self.end_worker(FailureKind::Cancelled, "");
        let chosen = disk.and_then(|disk| files.get(disk as usize));
        if disk.is_none() {
            self.told.several.set(None);
        }
        self.told.begin(chosen.map_or_else(|| Picked::together(&files), Picked::new));
        {
            let mut inner = self.inner.borrow_mut();
            (inner.files, inner.disk, inner.snapshot, inner.folder) = (files, disk, snapshot, None);
            inner.opening = inner.opening.wrapping_add(1);
            inner.skipped.clear();
        }
        self.start();
    }

    /// Opens a folder. Everything known of an earlier disk is forgotten.
    pub fn open_folder(&self, folder: FolderFiles) {
        self.end_worker(FailureKind::Cancelled, "");
        self.told.several.set(None);
        self.told.begin(Picked::folder(&folder.folder.name, &folder.files));
        let FolderFiles { folder, paths, files } = folder;
        {
            let mut inner = self.inner.borrow_mut();
            (inner.files, inner.disk, inner.snapshot, inner.folder) = (files, None, None, Some((folder, paths)));
            inner.opening = inner.opening.wrapping_add(1);
            inner.skipped.clear();
        }
        self.start();
    }

    /// Opens what was picked, and goes on with what takes longer.
    fn start(&self) {
        let engine = self.clone();
        spawn_local(async move {
            match engine.open_in_worker().await {
                Ok(Opened::Disk(survey, roles)) => {
                    engine.told_disk(&roles);
                    engine.told.survey.set(Some(Arc::new(*survey)));
                    if engine.told.phase.get_untracked() == Phase::Reading {
                        engine.fill();
                    }
                }
                Ok(Opened::Several(disks)) => {
                    engine.told.several.set(Some(Arc::new(disks)));
                    engine.told.phase.set(Phase::Choosing);
                }
                Err(failure) if failure.kind == FailureKind::Cancelled => {}
                Err(failure) => engine.told.phase.set(Phase::Failed(failure)),
            }
        });
    }

    /// The files that were picked, each as a disk or a part of one; none when a folder was.
    pub fn files(&self) -> Vec<File> {
        let inner = self.inner.borrow();
        if inner.folder.is_some() { Vec::new() } else { inner.files.clone() }
    }

    /// Which of the files is the disk is known now.
    fn told_disk(&self, roles: &FilesOfDisk) {
        let mut inner = self.inner.borrow_mut();
        if inner.folder.is_some() {
            return;
        }
        inner.disk = Some(roles.disk);
        let names = |positions: &[u32]| -> Vec<String> {
            positions.iter().filter_map(|at| inner.files.get(*at as usize)).map(File::name).collect()
        };
        let (below, unused) = (names(&roles.below), names(&roles.unused));
        if let Some(file) = inner.files.get(roles.disk as usize) {
            self.told.picked.set(Some(Picked { below, ..Picked::new(file) }));
        }
        if !unused.is_empty() {
            self.told.notice.set(Some(Notice::Unused(unused)));
        }
    }

    /// Goes on with what takes longer: sizes of volumes, packages.
    pub fn fill(&self) {
        self.told.phase.set(Phase::Reading);
        let engine = self.clone();
        spawn_local(async move {
            if engine.has_worker_with_files() || engine.open_in_worker().await.is_ok() {
                let skip = engine.inner.borrow().skipped.clone();
                engine.post(0, &Request::Fill { skip }, &Beside::Nothing);
            }
        });
    }

    /// Opens every file once, to find what only that shows.
    pub fn check(&self) {
        self.told.phase.set(Phase::Reading);
        let engine = self.clone();
        spawn_local(async move {
            if engine.has_worker_with_files() || engine.open_in_worker().await.is_ok() {
                engine.post(0, &Request::Check, &Beside::Nothing);
            }
        });
    }

    /// Stops what is being done. What is known stays.
    pub fn cancel(&self) {
        let opening = self.told.survey.with_untracked(Option::is_none);
        self.told.phase.set(Phase::Cancelled);
        let generation = self.inner.borrow().generation;
        let heard = self.ask_now(&Request::Cancel, &Beside::Nothing);
        let heard = Rc::new(RefCell::new(heard));
        let engine = self.clone();
        set_timeout(
            move || {
                // Cancelled is told without a reply; the sender is dropped then, and a dropped sender is an answer.
                let silent = heard.borrow_mut().try_recv().is_ok_and(|word| word.is_none());
                if silent && engine.inner.borrow().generation == generation {
                    engine.end_worker(FailureKind::Cancelled, "");
                    if !opening {
                        engine.told.notice.set(Some(Notice::Restarted));
                    }
                }
            },
            PATIENCE,
        );
    }

    /// Asks and waits for the answer. Starts a worker and opens the disk in it when there is none. Where the worker
    /// ended, most likely at something else, the next one is asked as well.
    pub async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        match self.ask_once(&request).await {
            Err(failure) if failure.kind == FailureKind::WorkerGone => self.ask_once(&request).await,
            answer => answer,
        }
    }

    async fn ask_once(&self, request: &Request) -> Result<Answer, Failure> {
        if !self.has_worker_with_files() {
            self.open_in_worker().await?;
        }
        let answer = self.ask_now(request, &Beside::Nothing);
        answer.await.unwrap_or_else(|_| Err(gone(FailureKind::WorkerGone, "")))
    }

    /// Asks for bytes of a file.
    pub async fn read(&self, scope: &str, path: &[u8], offset: u64, length: u64) -> Result<(u64, Uint8Array), Failure> {
        let request = Request::ReadFile { scope: scope.to_owned(), path: path.to_vec(), offset, length };
        bytes(self.ask(request).await?)
    }

    fn has_worker_with_files(&self) -> bool {
        self.inner.borrow().worker.as_ref().is_some_and(|running| running.has_files)
    }

    /// What opens in a worker what is open here: which opening it is, and its files; `None` when there are none.
    fn opening(&self, is_bulk: bool) -> Option<(u32, Request, Vec<File>)> {
        let inner = self.inner.borrow();
        let (disk, snapshot, files) = (inner.disk, inner.snapshot.clone(), inner.files.clone());
        let (folder, names) = match inner.folder.clone() {
            Some((folder, paths)) => (Some(folder), paths),
            None if files.is_empty() => return None,
            None => (None, files.iter().map(File::name).collect()),
        };
        Some((inner.opening, Request::Open { names, disk, snapshot, folder, is_bulk }, files))
    }

    async fn open_in_worker(&self) -> Result<Opened, Failure> {
        let (_, request, files) =
            self.opening(false).ok_or_else(|| gone(FailureKind::NothingOpen, "no disk is open"))?;
        self.start_worker().await.map_err(|error| gone(FailureKind::NotLoaded, &describe(&error)))?;
        if self.told.phase.get_untracked() == Phase::Cancelled && self.told.survey.with_untracked(Option::is_none) {
            return Err(gone(FailureKind::Cancelled, ""));
        }
        if let Some(running) = &mut self.inner.borrow_mut().worker {
            running.has_files = true;
        }
        let answer = self.ask_now(&request, &Beside::Files(files)).await;
        match answer.unwrap_or_else(|_| Err(gone(FailureKind::WorkerGone, "")))?.reply {
            Reply::Overview { survey, files } => Ok(Opened::Disk(survey, files)),
            Reply::Several(disks) => Ok(Opened::Several(*disks)),
            other => Err(unexpected(&other)),
        }
    }

    fn ask_now(&self, request: &Request, beside: &Beside) -> oneshot::Receiver<Result<Answer, Failure>> {
        let (sender, receiver) = oneshot::channel();
        let id = {
            let mut inner = self.inner.borrow_mut();
            inner.next_id = inner.next_id.wrapping_add(1).max(1);
            let id = inner.next_id;
            inner.waiting.insert(id, sender);
            id
        };
        self.post(id, request, beside);
        receiver
    }

    fn post(&self, id: RequestId, request: &Request, beside: &Beside) {
        let mut inner = self.inner.borrow_mut();
        let sent = match &mut inner.worker {
            Some(running) => running.post(id, request, beside),
            None => Err("there is no worker".into()),
        };
        if let Err(error) = sent
            && let Some(waiting) = inner.waiting.remove(&id)
        {
            // The one who asked may be gone; then nobody needs the answer.
            let _ = waiting.send(Err(gone(FailureKind::WorkerGone, &describe(&error))));
        }
    }

    async fn start_worker(&self) -> Result<(), JsValue> {
        if self.inner.borrow().worker.is_some() {
            return Ok(());
        }
        let program = self.program().await?;
        // Another opening may have waited for the program as well.
        if self.inner.borrow().worker.is_some() {
            return Ok(());
        }
        let generation = {
            let mut inner = self.inner.borrow_mut();
            inner.generation = inner.generation.wrapping_add(1);
            inner.generation
        };
        let (hearing, failing) = (self.clone(), self.clone());
        let running = Running::start(
            &program,
            move |data| hearing.hear(generation, &data),
            move |message| failing.worker_failed(generation, message),
        )?;
        self.inner.borrow_mut().worker = Some(running);
        Ok(())
    }

    /// The worker's program: bindings and compiled module.
    async fn program(&self) -> Result<Program, JsValue> {
        if let Some(program) = self.inner.borrow().program.clone() {
            return Ok(program);
        }
        let program = Program::load().await?;
        self.inner.borrow_mut().program = Some(program.clone());
        Ok(program)
    }

    fn hear(&self, generation: u32, data: &JsValue) {
        if self.inner.borrow().generation != generation {
            return;
        }
        let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let (id, event) = match decode::<Message<Event>>(&Uint8Array::new(&field("message")).to_vec()) {
            Ok(Message { id, body }) => (id, body),
            Err(error) => return self.worker_failed(generation, error.to_string()),
        };
        match event {
            Event::Ready { build } if build != BUILD => {
                self.end_worker(FailureKind::WorkerGone, "");
                self.told.notice.set(Some(Notice::BuildsDiffer));
            }
            Event::Ready { .. } => self.inner.borrow_mut().worker.iter_mut().for_each(Running::ready),
            Event::Reply(reply) => {
                let bytes = field("bytes").dyn_into::<Uint8Array>().ok();
                self.answer(id, Ok(Answer { reply, bytes, pieces: Vec::new() }));
            }
            Event::Failed(failure) => self.answer(id, Err(failure)),
            Event::Doing(part) => self.inner.borrow_mut().doing = part,
            other => {
                // Its sender is dropped: whoever waits learns that it was heard.
                self.inner.borrow_mut().waiting.remove(&id);
                self.told.hear(other);
            }
        }
    }

    fn answer(&self, id: RequestId, answer: Result<Answer, Failure>) {
        let waiting = self.inner.borrow_mut().waiting.remove(&id);
        if let Some(waiting) = waiting {
            let _ = waiting.send(answer);
        }
    }

    fn worker_failed(&self, generation: u32, message: String) {
        if self.inner.borrow().generation != generation {
            return;
        }
        let opening = self.told.survey.with_untracked(Option::is_none);
        let part = self.inner.borrow_mut().doing.take();
        self.end_worker(FailureKind::WorkerGone, &message);
        if !opening {
            if let Some(part) = part
                && self.told.phase.get_untracked() == Phase::Reading
                && self.inner.borrow().skipped.len() < MOST_SKIPPED
            {
                return self.go_on_without(part);
            }
            self.told.notice.set(Some(Notice::Died(message)));
            if self.told.phase.get_untracked() == Phase::Reading {
                self.told.phase.set(Phase::Cancelled);
            }
        }
    }

    /// Goes on with the longer work in another worker, without the piece that ended the last one.
    fn go_on_without(&self, part: Part) {
        let skipped = {
            let mut inner = self.inner.borrow_mut();
            inner.skipped.push(part);
            inner.skipped.clone()
        };
        self.told.notice.set(Some(Notice::Skipped(skipped)));
        self.fill();
    }

    /// Ends the worker; whoever waits for an answer gets a failure of this kind, and why.
    fn end_worker(&self, kind: FailureKind, reason: &str) {
        let (running, waiting) = {
            let mut inner = self.inner.borrow_mut();
            inner.generation = inner.generation.wrapping_add(1);
            inner.doing = None;
            (inner.worker.take(), std::mem::take(&mut inner.waiting))
        };
        running.into_iter().for_each(Running::end);
        for (_, waiting) in waiting {
            let _ = waiting.send(Err(gone(kind, reason)));
        }
    }
}

/// The bytes of an answer, and the length of the whole they are from.
pub fn bytes(answer: Answer) -> Result<(u64, Uint8Array), Failure> {
    match answer {
        Answer { reply: Reply::Bytes { total }, bytes: Some(bytes), .. } => Ok((total, bytes)),
        Answer { reply, .. } => Err(unexpected(&reply)),
    }
}

/// A folder that the browser does not give.
pub fn unreadable(error: &JsValue) -> Failure {
    gone(FailureKind::Io, &describe(error))
}

/// An answer of the wrong kind; only a defect of ours gives one.
pub fn unexpected(_: &Reply) -> Failure {
    gone(FailureKind::WorkerGone, "an answer of the wrong kind")
}

fn gone(kind: FailureKind, reason: &str) -> Failure {
    Failure { kind, place: String::new(), reason: reason.to_owned(), needs: None }
}

/// What the browser says of an error.
pub fn describe(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}
