//! The queue of files that are saved, one after another.
//!
//! Bytes go a chunk at a time from the worker that reads the disk to the one that packs, and from there to where they are
//! saved: the next ones are read while some are packed and others written, never more than [`AHEAD`] of each, so that
//! memory stays flat whatever the size. Stopping ends the workers and gives the file up at once. What became of each file is kept, and the queue goes on after a reload; a
//! file that is done is not done again.

mod job;
mod kit;
mod remember;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use careen_protocol::{ArchiveKind, ExportEnd, Failure, FailureKind, PackStep, Reply, Request};
use futures_channel::oneshot;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::{Answer, Beside, Engine, Side, unexpected};
use crate::saving::{MEMORY_LIMIT, Sink, Target, Trouble, Way, may_write};
use crate::state::{Content, Picked, Plan};

use self::job::Meter;
pub use self::job::{Job, JobId, JobState, Mark, Now, Why};

/// Chunks that are read, and that are packed, before those already here are written.
const AHEAD: usize = 2;

/// The queue and what works it off.
#[derive(Clone)]
pub struct Exporter {
    /// The jobs, in the order they were added.
    pub jobs: RwSignal<Vec<Job>>,
    /// How far the running one has come.
    pub now: RwSignal<Option<Now>>,
    /// How many were saved, and how many were not, since the person last looked.
    pub unseen: RwSignal<(u64, u64)>,
    /// Whether jobs wait for the person since the page was reloaded, or since the disk was lost.
    pub is_paused: RwSignal<bool>,
    side: Side,
    /// Packs what the other one reads.
    packer: Side,
    picked: RwSignal<Option<Picked>>,
    inner: Rc<Inner>,
}

#[derive(Default)]
struct Inner {
    targets: RefCell<Vec<(JobId, Target)>>,
    next_id: Cell<JobId>,
    is_running: Cell<bool>,
    /// Asked to stop the running job.
    is_stopped: Cell<bool>,
    /// What the running job writes to.
    sinks: RefCell<Vec<Sink>>,
}

impl Exporter {
    /// An empty queue; what was kept of an earlier one comes in behind.
    pub fn new(engine: Engine, picked: RwSignal<Option<Picked>>) -> Exporter {
        let exporter = Exporter {
            jobs: RwSignal::new(Vec::new()),
            now: RwSignal::new(None),
            unseen: RwSignal::new((0, 0)),
            is_paused: RwSignal::new(false),
            side: Side::new(engine.clone()),
            packer: Side::new(engine),
            picked,
            inner: Rc::default(),
        };
        let recalled = exporter.clone();
        spawn_local(async move {
            match remember::recall().await {
                Ok((jobs, targets)) => recalled.take_back(jobs, targets),
                Err(error) => leptos::logging::warn!("the queue of an earlier visit cannot be read: {error:?}"),
            }
        });
        exporter
    }

    fn take_back(&self, mut kept: Vec<Job>, targets: Vec<(JobId, Target)>) {
        for job in &mut kept {
            if job.state == JobState::Running {
                job.state = JobState::Waiting;
            }
        }
        if kept.iter().any(|job| job.state == JobState::Waiting) {
            self.is_paused.set(true);
        }
        let last = kept.iter().map(|job| job.id).max().unwrap_or(0);
        self.inner.next_id.set(self.inner.next_id.get().max(last));
        self.inner.targets.borrow_mut().extend(targets);
        self.jobs.update(|jobs| jobs.splice(..0, kept).for_each(drop));
    }

    /// The mark of the disk that is open.
    pub fn disk(&self) -> Option<Mark> {
        self.picked.with(|picked| picked.as_ref().map(Mark::of))
    }

    /// Adds files to the queue and works it off.
    pub fn add(&self, plans: Vec<Plan>, target: &Target) {
        let Some(disk) = self.picked.with_untracked(|picked| picked.as_ref().map(Mark::of)) else { return };
        for plan in plans {
            let id = self.inner.next_id.get().wrapping_add(1).max(1);
            self.inner.next_id.set(id);
            self.inner.targets.borrow_mut().push((id, target.clone()));
            let Plan { name, labels, of, weight } = plan;
            let (way, state) = (target.way(), JobState::Waiting);
            let job = Job { id, name, labels, of, weight, way, disk: disk.clone(), state };
            self.jobs.update(|jobs| jobs.push(job));
        }
        self.is_paused.set(false);
        self.keep();
        self.start();
    }

    /// Goes on with what waits. It has to be called while a click is being handled: the browser may ask the person
    /// whether the page may still write where it wrote before.
    pub fn go_on(&self) {
        let exporter = self.clone();
        spawn_local(async move {
            let waiting = exporter.jobs.with_untracked(|jobs| {
                let waits = jobs.iter().filter(|job| job.state == JobState::Waiting);
                waits.map(|job| job.id).collect::<Vec<JobId>>()
            });
            let mut allowed: Vec<wasm_bindgen::JsValue> = Vec::new();
            for id in waiting {
                let is_allowed = match exporter.target(id) {
                    None => false,
                    Some(Target::Folder(handle) | Target::File(handle)) => {
                        let is_known = allowed.iter().any(|known| js_sys::Object::is(known, &handle));
                        let may = is_known || may_write(&handle).await;
                        allowed.extend(may.then_some(handle));
                        may
                    }
                    Some(Target::Download | Target::Memory) => true,
                };
                if !is_allowed {
                    let why = Why::Write(Trouble::Forbidden);
                    exporter.set_state(id, JobState::Failed { written: 0, why });
                }
            }
            exporter.is_paused.set(false);
            exporter.keep();
            exporter.start();
        });
    }

    /// Does a job that failed or was stopped once more, from its start.
    pub fn again(&self, id: JobId) {
        self.set_state(id, JobState::Waiting);
        self.go_on();
    }

    /// Stops a job: the running one at once.
    pub fn stop(&self, id: JobId) {
        if self.now.with_untracked(|now| now.is_some_and(|now| now.id == id)) {
            self.inner.is_stopped.set(true);
            self.inner.sinks.borrow().iter().for_each(Sink::abort);
            self.side.end();
            self.packer.end();
        } else {
            self.set_state(id, JobState::Stopped { written: 0 });
            self.keep();
        }
    }

    /// Takes a job that is not running off the list.
    pub fn forget(&self, id: JobId) {
        self.jobs.update(|jobs| jobs.retain(|job| job.id != id || job.state == JobState::Running));
        self.inner.targets.borrow_mut().retain(|(known, _)| *known != id);
        self.keep();
    }

    /// What a job that was saved to a place of the person's choosing was saved as.
    pub fn target(&self, id: JobId) -> Option<Target> {
        self.inner.targets.borrow().iter().find(|(known, _)| *known == id).map(|(_, target)| target.clone())
    }

    fn set_state(&self, id: JobId, state: JobState) {
        self.jobs.update(|jobs| {
            if let Some(job) = jobs.iter_mut().find(|job| job.id == id) {
                job.state = state;
            }
        });
    }

    fn keep(&self) {
        let jobs = self.jobs.get_untracked();
        let targets = self.inner.targets.borrow().clone();
        spawn_local(async move {
            if let Err(error) = remember::keep(&jobs, &targets).await {
                leptos::logging::warn!("the queue cannot be kept: {error:?}");
            }
        });
    }

    fn start(&self) {
        if self.inner.is_running.replace(true) {
            return;
        }
        let exporter = self.clone();
        spawn_local(async move {
            while let Some(job) = exporter.next_job() {
                exporter.run(job).await;
                exporter.keep();
            }
            exporter.inner.is_running.set(false);
            // Its memory is given back.
            exporter.side.end();
            exporter.packer.end();
        });
    }

    /// The next job of the disk that is open.
    fn next_job(&self) -> Option<Job> {
        let disk = self.picked.with_untracked(|picked| picked.as_ref().map(Mark::of))?;
        if self.is_paused.get_untracked() {
            return None;
        }
        self.jobs
            .with_untracked(|jobs| jobs.iter().find(|job| job.state == JobState::Waiting && job.disk == disk).cloned())
    }

    async fn run(&self, job: Job) {
        let id = job.id;
        self.inner.is_stopped.set(false);
        self.set_state(id, JobState::Running);
        let now = Now { id, written: 0, unpacked: 0, read: 0, is_looking: false, seconds: 0.0 };
        self.now.set(Some(now));
        self.keep();
        let saved = self.save(&job).await;
        let sinks = std::mem::take(&mut *self.inner.sinks.borrow_mut());
        let written = self.now.get_untracked().map_or(0, |now| now.written);
        let state = match saved {
            Ok(end) => JobState::Done { size: written, end },
            Err(why) => {
                sinks.iter().for_each(Sink::abort);
                if self.inner.is_stopped.get() {
                    JobState::Stopped { written }
                } else {
                    if why == Why::Lost {
                        // Whatever waits would fail in the same way.
                        self.is_paused.set(true);
                    }
                    JobState::Failed { written, why }
                }
            }
        };
        self.unseen.update(|(saved, failed)| match &state {
            JobState::Done { .. } => *saved = saved.saturating_add(1),
            JobState::Failed { .. } => *failed = failed.saturating_add(1),
            _ => {}
        });
        self.set_state(id, state);
        self.now.set(None);
    }

    async fn save(&self, job: &Job) -> Result<Box<ExportEnd>, Why> {
        let target = self.target(job.id).ok_or(Why::Write(Trouble::Gone))?;
        if job.way == Way::Memory && job.weight.is_some_and(|weight| weight > MEMORY_LIMIT) {
            return Err(Why::Write(Trouble::TooLarge));
        }
        let (request, kind) = match &job.of {
            Content::Archive(of) => (Request::Export(of.clone()), of.kind),
            Content::Rebuild(of) => (Request::Rebuild(of.clone()), ArchiveKind::Zip),
            Content::Report(of) => (Request::Report(of.clone()), ArchiveKind::Zip),
            Content::Kit(of) => {
                // Nothing else can hold one.
                let Target::Folder(folder) = &target else { return Err(Why::Write(Trouble::Gone)) };
                self.begun(self.side.ask(Request::Kit(of.clone())).await)?;
                return self.save_kit(job, folder).await;
            }
        };
        self.begun(self.side.ask(request).await)?;
        self.begun(self.packer.ask_with(Request::PackBegin(kind), &Beside::Nothing).await)?;
        let (sink, name) = Sink::open(&target, &job.name, "application/octet-stream").await.map_err(Why::Write)?;
        self.hold(&sink)?;
        self.rename(job, &name);
        let list = format!("{name}.manifest.json");
        let list = Sink::beside(&target, &list, "application/json").await.map_err(Why::Write)?;
        self.hold(&list)?;
        let end = self.pump(job, &sink, &list).await?;
        sink.close().await.map_err(Why::Write)?;
        list.close().await.map_err(Why::Write)?;
        Ok(end)
    }

    /// Notes the name that a file got.
    fn rename(&self, job: &Job, name: &str) {
        if name != job.name {
            self.jobs.update(|jobs| {
                jobs.iter_mut().filter(|it| it.id == job.id).for_each(|it| it.name = name.to_owned());
            });
        }
    }

    /// Notes what is written to, so that it can be given up at once.
    fn hold(&self, sink: &Sink) -> Result<(), Why> {
        self.inner.sinks.borrow_mut().push(sink.clone());
        if self.inner.is_stopped.get() { Err(Why::Write(Trouble::Ended)) } else { Ok(()) }
    }

    fn begun(&self, answer: Result<Answer, Failure>) -> Result<(), Why> {
        match answer.map_err(|failure| self.why(failure))?.reply {
            Reply::Begun => Ok(()),
            other => Err(Why::Read(unexpected(&other))),
        }
    }

    /// Hands on chunk after chunk.
    async fn pump(&self, job: &Job, sink: &Sink, list: &Sink) -> Result<Box<ExportEnd>, Why> {
        let (mut reading, mut packing) = (VecDeque::new(), VecDeque::new());
        let mut meter = Meter::new(job.id);
        let mut is_read = false;
        loop {
            while !is_read && reading.len() < AHEAD {
                reading.push_back(self.side.ask_later(Request::ExportNext, &Beside::Nothing));
            }
            if let Some(read) = reading.pop_front().filter(|_| !is_read) {
                let Answer { reply, pieces, .. } = self.answer(read).await?;
                let Reply::Exported(step) = reply else { return Err(Why::Read(unexpected(&reply))) };
                let mut pieces = pieces.into_iter();
                let (bytes, listed) = (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default());
                is_read = step.is_last;
                let packed = self.packer.ask_later(Request::Pack { is_last: is_read }, &Beside::Bytes(bytes));
                packing.push_back((step, listed, packed));
                if !is_read && packing.len() < AHEAD {
                    continue;
                }
            }
            let Some((step, listed, packed)) = packing.pop_front() else { return Err(Why::Write(Trouble::Ended)) };
            let Answer { reply, pieces, .. } = self.answer(packed).await?;
            let Reply::Packed(PackStep { written, sha256 }) = reply else { return Err(Why::Read(unexpected(&reply))) };
            // Taken before they are written: bytes that were handed on have no length any more.
            let length = pieces.first().map_or(0, js_sys::Uint8Array::length);
            for (to, bytes) in [(sink, pieces.first()), (list, Some(&listed))] {
                if let Some(bytes) = bytes {
                    to.write(bytes).await.map_err(Why::Write)?;
                }
            }
            if let Some(now) = meter.step(length, [written, step.unpacked, step.bytes_read], sha256.is_some()) {
                self.now.set(Some(now));
            }
            if let Some(sha256) = sha256 {
                return self.end_of(written, sha256, list).await;
            }
        }
    }

    /// What is in an archive that is complete; the rest of its manifest is written.
    async fn end_of(&self, written: u64, sha256: String, list: &Sink) -> Result<Box<ExportEnd>, Why> {
        let ended = self.side.ask_later(Request::ExportEnd { written, sha256 }, &Beside::Nothing);
        let Answer { reply, pieces, .. } = self.answer(ended).await?;
        let Reply::ExportEnded(end) = reply else { return Err(Why::Read(unexpected(&reply))) };
        for bytes in &pieces {
            list.write(bytes).await.map_err(Why::Write)?;
        }
        Ok(end)
    }

    async fn answer(&self, coming: oneshot::Receiver<Result<Answer, Failure>>) -> Result<Answer, Why> {
        let answer = coming.await.unwrap_or_else(|_| Err(cancelled()));
        answer.map_err(|failure| self.why(failure))
    }

    /// Why the disk could not be read.
    fn why(&self, failure: Failure) -> Why {
        if failure.kind == FailureKind::Io && self.side.is_lost() { Why::Lost } else { Why::Read(failure) }
    }
}

fn cancelled() -> Failure {
    Failure { kind: FailureKind::Cancelled, place: String::new(), reason: String::new(), needs: None }
}
