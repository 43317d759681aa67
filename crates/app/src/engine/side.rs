//! A second worker, for what takes long and must not keep the pages waiting: archives, verifying, weighing.
//!
//! It opens the same files again and is ended when there is nothing more to do: a worker's memory never shrinks.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use careen_model::Progress;
use careen_protocol::{BUILD, Event, Failure, FailureKind, Message, Reply, Request, RequestId, decode};
use futures_channel::oneshot;
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::running::{Beside, Running};
use super::{Answer, Engine, describe, gone, unexpected};

type Waiting = oneshot::Sender<Result<Answer, Failure>>;

/// The worker and what is under way with it.
#[derive(Clone)]
pub struct Side {
    engine: Engine,
    /// Latest report of progress.
    pub progress: RwSignal<Option<Progress>>,
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    worker: Option<Running>,
    waiting: HashMap<RequestId, Waiting>,
    next_id: RequestId,
    /// Counts workers, so that a late word of an ended one is not taken for its successor's.
    generation: u32,
    /// Which opening of the engine it has the files of.
    opening: u32,
    /// Whether the browser refused to read them on.
    is_lost: bool,
}

impl Side {
    /// A worker beside the engine's. None is started before it is needed.
    pub fn new(engine: Engine) -> Side {
        Side { engine, progress: RwSignal::new(None), inner: Rc::default() }
    }

    /// Asks something about the disk that the engine has open.
    pub async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        self.open().await?;
        self.ask_later(request, &Beside::Nothing).await.unwrap_or_else(|_| Err(gone(FailureKind::WorkerGone, "")))
    }

    /// Asks something for which no disk need be open.
    pub async fn ask_with(&self, request: Request, beside: &Beside) -> Result<Answer, Failure> {
        self.start().await.map_err(|error| gone(FailureKind::NotLoaded, &describe(&error)))?;
        self.ask_later(request, beside).await.unwrap_or_else(|_| Err(gone(FailureKind::WorkerGone, "")))
    }

    /// Asks, of a worker that runs, without waiting for the answer.
    pub fn ask_later(&self, request: Request, beside: &Beside) -> oneshot::Receiver<Result<Answer, Failure>> {
        let (sender, receiver) = oneshot::channel();
        let mut inner = self.inner.borrow_mut();
        inner.next_id = inner.next_id.wrapping_add(1).max(1);
        let id = inner.next_id;
        let posted = match &mut inner.worker {
            Some(running) => running.post(id, &request, beside),
            None => Err("there is no worker".into()),
        };
        match posted {
            Ok(()) => drop(inner.waiting.insert(id, sender)),
            // The one who asked may be gone; then nobody needs the answer.
            Err(error) => drop(sender.send(Err(gone(FailureKind::WorkerGone, &describe(&error))))),
        }
        receiver
    }

    /// Ends the worker, whatever it is doing; whoever waits for an answer learns that it was stopped.
    pub fn end(&self) {
        self.end_with(FailureKind::Cancelled, "");
    }

    /// Ends the worker unless somebody waits for an answer of it.
    pub fn end_when_idle(&self) {
        if self.inner.borrow().waiting.is_empty() {
            self.end();
        }
    }

    fn end_with(&self, kind: FailureKind, reason: &str) {
        let (running, waiting) = {
            let mut inner = self.inner.borrow_mut();
            inner.generation = inner.generation.wrapping_add(1);
            (inner.worker.take(), std::mem::take(&mut inner.waiting))
        };
        self.progress.set(None);
        running.into_iter().for_each(Running::end);
        for (_, waiting) in waiting {
            let _ = waiting.send(Err(gone(kind, reason)));
        }
    }

    /// Opens what the engine has open.
    async fn open(&self) -> Result<(), Failure> {
        let (opening, request, files) = self.engine.opening(true).ok_or_else(|| gone(FailureKind::NothingOpen, ""))?;
        if self.inner.borrow().opening != opening {
            self.end();
        }
        self.start().await.map_err(|error| gone(FailureKind::NotLoaded, &describe(&error)))?;
        let has_files = {
            let mut inner = self.inner.borrow_mut();
            let is_other = std::mem::replace(&mut inner.opening, opening) != opening;
            inner.is_lost &= !is_other;
            inner.worker.as_mut().is_some_and(|running| std::mem::replace(&mut running.has_files, true))
        };
        if has_files {
            return Ok(());
        }
        let answer = self.ask_later(request, &Beside::Files(files)).await;
        let failure = match answer.unwrap_or_else(|_| Err(gone(FailureKind::WorkerGone, ""))) {
            Ok(Answer { reply: Reply::Overview { .. }, .. }) => return Ok(()),
            Ok(Answer { reply, .. }) => unexpected(&reply),
            Err(failure) => failure,
        };
        // One that has nothing open is of no use to whoever asks next.
        self.end();
        Err(failure)
    }

    async fn start(&self) -> Result<(), JsValue> {
        if self.inner.borrow().worker.is_some() {
            return Ok(());
        }
        let program = self.engine.program().await?;
        // Somebody else may have asked meanwhile.
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
            move |message| failing.failed(generation, &message),
        )?;
        self.inner.borrow_mut().worker = Some(running);
        Ok(())
    }

    fn hear(&self, generation: u32, data: &JsValue) {
        if self.inner.borrow().generation != generation {
            return;
        }
        let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let (id, event) = match decode::<Message<Event>>(&Uint8Array::new(&field("message")).to_vec()) {
            Ok(Message { id, body }) => (id, body),
            Err(error) => return self.failed(generation, &error.to_string()),
        };
        let answer = match event {
            Event::Ready { build } if build != BUILD => return self.end_with(FailureKind::WorkerGone, "builds differ"),
            Event::Ready { .. } => {
                self.inner.borrow_mut().worker.iter_mut().for_each(Running::ready);
                return;
            }
            Event::Reply(reply) => {
                let pieces: Array = field("pieces").dyn_into().unwrap_or_default();
                let pieces = pieces.iter().filter_map(|piece| piece.dyn_into().ok()).collect();
                Ok(Answer { reply, bytes: field("bytes").dyn_into::<Uint8Array>().ok(), pieces })
            }
            Event::Failed(failure) => Err(failure),
            Event::FileLost => return self.lost(),
            Event::Progress(progress) => return self.progress.set(Some(progress)),
            // The engine's own worker tells the rest.
            _ => return,
        };
        let waiting = self.inner.borrow_mut().waiting.remove(&id);
        if let Some(waiting) = waiting {
            let _ = waiting.send(answer);
        }
    }

    /// Notes that the files have to be picked again, unless they were already.
    fn lost(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.is_lost = true;
        let is_current = self.engine.inner.borrow().opening == inner.opening;
        drop(inner);
        if is_current {
            self.engine.told.hear(Event::FileLost);
        }
    }

    /// Whether the browser refused to read the files on that its worker has.
    pub fn is_lost(&self) -> bool {
        self.inner.borrow().is_lost
    }

    fn failed(&self, generation: u32, message: &str) {
        if self.inner.borrow().generation == generation {
            self.end_with(FailureKind::WorkerGone, message);
        }
    }
}
