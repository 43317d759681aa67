//! Long work in units: volumes measured, packages collected, one after another.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use careen_evidence::{Findings, Place, ReadError};
use careen_model::{Progress, codes};
use careen_protocol::{Event, MeasuredVolume, Part};
use careen_survey::Scope;
use wasm_bindgen::prelude::*;

use crate::post;
use crate::session::{OpenDisk, Worker};

/// Shortest time between two reports of progress, in milliseconds.
const REPORT_EVERY: f64 = 100.0;

/// Shortest time between two reports of measured volumes, in milliseconds.
const TELL_EVERY: f64 = 250.0;

/// One piece of work, done without a pause.
enum Unit {
    /// Walk the volume at this position, of this name.
    Volume(usize, String),
    /// Collect the packages of one image.
    Packages(Scope),
    /// Open every file once.
    Check,
    /// Compare the packages of all, and say that everything is done.
    Finish,
}

impl Unit {
    /// As the page knows it.
    fn part(&self) -> Option<Part> {
        match self {
            Unit::Volume(_, name) => Some(Part::Volume(name.clone())),
            Unit::Packages(scope) => Some(Part::Packages(scope.to_string())),
            Unit::Check => Some(Part::Check),
            Unit::Finish => None,
        }
    }
}

/// Units still to do, in order.
#[derive(Default)]
pub struct Queue {
    units: VecDeque<Unit>,
    scheduled: bool,
    collected: u32,
    total: u32,
    /// Volumes measured and not told of yet.
    measured: Vec<usize>,
    told_at: f64,
}

impl Queue {
    /// Forgets what is still to do.
    pub fn clear(&mut self) {
        self.units.clear();
    }

    /// Tells of measured volumes: of many at once, since each message draws the page's lists anew.
    pub fn tell_measured(&mut self, disk: &OpenDisk) {
        if self.measured.is_empty() {
            return;
        }
        let volumes = disk.session.survey().volumes;
        let measured = std::mem::take(&mut self.measured).into_iter().filter_map(|at| {
            let (index, volume) = (u32::try_from(at).ok()?, volumes.get(at)?);
            Some(MeasuredVolume { index, size: volume.size, files: volume.files })
        });
        post::event(0, &Event::Volumes(measured.collect()));
        self.told_at = js_sys::Date::now();
    }

    /// Puts everything still unknown of a disk into the queue, without the parts that ended a worker before: each is a
    /// finding.
    pub fn fill(&mut self, disk: &mut OpenDisk, skip: &[Part]) {
        self.clear();
        let volumes = disk.session.survey().volumes;
        let unmeasured = disk.session.unmeasured_volumes().into_iter();
        let named = unmeasured.filter_map(|at| Some(Unit::Volume(at, volumes.get(at)?.name.clone())));
        self.units.extend(named);
        let scopes = disk.session.package_scopes(false, false);
        self.collected = 0;
        self.total = u32::try_from(scopes.len()).unwrap_or(u32::MAX);
        self.units.extend(scopes.into_iter().map(Unit::Packages));
        self.units.push_back(Unit::Finish);
        for part in skip {
            self.units.retain(|unit| unit.part().as_ref() != Some(part));
            let what = match part {
                Part::Volume(name) => format!("volume:{name}"),
                Part::Packages(scope) => format!("packages, {scope}"),
                Part::Check => "doctor".to_owned(),
            };
            let mut findings = Findings::new();
            findings.add(&codes::general::READER_ENDED, &Place::default(), &[("what", &what)]);
            disk.session.absorb(findings);
        }
    }
}

impl Queue {
    /// Puts a look at every file behind what is still to do.
    pub fn check(&mut self) {
        self.units.retain(|unit| !matches!(unit, Unit::Check | Unit::Finish));
        self.units.extend([Unit::Check, Unit::Finish]);
    }
}

/// Runs the next unit once the event loop comes round, and so on until the queue is empty.
pub fn schedule(worker: &Rc<RefCell<Worker>>) {
    let mut state = worker.borrow_mut();
    if state.queue.scheduled || state.queue.units.is_empty() {
        return;
    }
    state.queue.scheduled = true;
    drop(state);
    let worker = Rc::clone(worker);
    let next = Closure::once_into_js(move || {
        let mut state = worker.borrow_mut();
        state.queue.scheduled = false;
        let Worker { disk, queue, .. } = &mut *state;
        if let (Some(disk), Some(unit)) = (disk.as_mut(), queue.units.pop_front()) {
            let part = unit.part();
            // Before the work: nothing is said any more once it has ended the worker.
            part.iter().for_each(|part| post::event(0, &Event::Doing(Some(part.clone()))));
            if let Err(error) = run(unit, disk, queue) {
                disk.session.note_failure(&error);
            }
            disk.tell_changes();
            if disk.lost.get() {
                queue.clear();
            }
            if part.is_some() {
                post::event(0, &Event::Doing(None));
            }
        }
        drop(state);
        schedule(&worker);
    });
    // A timer task lets messages that wait go first.
    if post::scope().set_timeout_with_callback(next.unchecked_ref()).is_err() {
        web_sys::console::error_1(&"the worker has no timer".into());
    }
}

fn run(unit: Unit, disk: &mut OpenDisk, queue: &mut Queue) -> Result<(), ReadError> {
    match unit {
        Unit::Volume(index, _) => {
            let done = disk.session.measure_volume(index, &mut tell_progress());
            queue.measured.push(index);
            if js_sys::Date::now() - queue.told_at >= TELL_EVERY
                || !matches!(queue.units.front(), Some(Unit::Volume(..)))
            {
                queue.tell_measured(disk);
            }
            done
        }
        Unit::Packages(scope) => {
            let found = disk.session.packages_of(&scope, &mut tell_progress());
            queue.collected = queue.collected.saturating_add(1);
            if let Ok(found) = &found {
                disk.packages.add(Rc::clone(found));
            }
            post::event(0, &Event::Collected { done: queue.collected, total: queue.total });
            found.map(|_| ())
        }
        Unit::Check => {
            disk.session.check_files(&mut tell_progress())?;
            post::event(0, &Event::Checked);
            Ok(())
        }
        Unit::Finish => {
            post::event(0, &Event::Compared(disk.packages.compare()));
            post::event(0, &Event::Complete(disk.session.survey().disk));
            Ok(())
        }
    }
}

/// An observer that passes progress on, a few times a second and whenever the subject changes.
pub fn tell_progress() -> impl FnMut(Progress) {
    let (mut last, mut subject) = (f64::NEG_INFINITY, String::new());
    move |progress| {
        let now = js_sys::Date::now();
        if now - last >= REPORT_EVERY || (progress.subject != subject && now - last >= REPORT_EVERY / 4.0) {
            last = now;
            subject.clone_from(&progress.subject);
            post::event(0, &Event::Progress(progress));
        }
    }
}
