//! Downloads that the page's own service worker answers (`www/service-worker.js`): it asks for one piece after another through
//! a port, as fast as the browser writes them.
//!
//! A hidden frame is sent to an address below `save/`, which no server ever sees: the service worker answers it as a file
//! to be saved. Only addresses below `save/` go through it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Array, ArrayBuffer, Object, Reflect, Uint8Array};
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{HtmlIFrameElement, MessageChannel, MessageEvent, MessagePort};

use super::Trouble;
use super::buffers::let_go;
use crate::boot;

const SCOPE: &str = "save/";

/// How long the browser may take to begin, and to start the service worker.
const PATIENCE: Duration = Duration::from_secs(20);
/// A service worker that hears nothing for half a minute is ended.
const PING: Duration = Duration::from_secs(10);
/// How long the frame stays after the end: the browser may still be writing.
const LINGER: Duration = Duration::from_secs(60);

/// Whether the browser lets this page have a service worker.
pub fn is_there() -> bool {
    boot::Boot::now().has_service
}

/// A file that is being downloaded.
#[derive(Clone)]
pub struct Service(Rc<Open>);

struct Open {
    port: MessagePort,
    frame: HtmlIFrameElement,
    state: Rc<RefCell<State>>,
    ping: IntervalHandle,
    leaving: RefCell<Option<WindowListenerHandle>>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

#[derive(Default)]
struct State {
    /// Pieces that were asked for and not given.
    wanted: u32,
    is_ready: bool,
    is_ended: bool,
    waiting: Option<oneshot::Sender<()>>,
}

impl State {
    /// Lets whoever waits look again.
    fn wake(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            // The one who waited may be gone.
            let _ = waiting.send(());
        }
    }
}

impl Service {
    /// Begins a download.
    pub async fn begin(name: &str, kind: &str) -> Result<Service, Trouble> {
        let other = |error: JsValue| Trouble::of(&error);
        let worker = boot::service_worker().await.map_err(other)?;
        let channel = MessageChannel::new().map_err(other)?;
        let port = channel.port1();
        let state = Rc::<RefCell<State>>::default();
        let hearing = Rc::clone(&state);
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let mut state = hearing.borrow_mut();
            // What was used up comes back.
            if let Ok(buffer) = event.data().dyn_into::<ArrayBuffer>() {
                return let_go(&buffer);
            }
            match event.data().as_string().as_deref() {
                Some("ready") => state.is_ready = true,
                Some("pull") => state.wanted = state.wanted.saturating_add(1),
                _ => state.is_ended = true,
            }
            state.wake();
        });
        port.set_onmessage(Some(heard.as_ref().unchecked_ref()));

        let id = format!("{:x}{:x}", js_sys::Date::now() as u64, (js_sys::Math::random() * 1e15) as u64);
        let message = Object::new();
        for (field, value) in [("save", id.as_str()), ("name", name), ("type", kind)] {
            Reflect::set(&message, &field.into(), &value.into()).map_err(other)?;
        }
        worker.post_message_with_transferable(&message, &Array::of1(&channel.port2())).map_err(other)?;
        let frame: HtmlIFrameElement =
            document().create_element("iframe").map_err(other)?.dyn_into().map_err(|_| other("no frame".into()))?;
        frame.set_hidden(true);
        let ping = set_interval_with_handle(
            move || {
                // Whatever is said keeps it alive.
                let _ = worker.post_message(&"ping".into());
            },
            PING,
        )
        .map_err(other)?;
        // With the page its bytes end: the browser is told, or its download would wait for more.
        let last = port.clone();
        let leaving = window_event_listener_untyped("pagehide", move |_| drop(last.post_message(&"fail".into())));
        let leaving = RefCell::new(Some(leaving));
        let service = Service(Rc::new(Open { port, frame, state, ping, leaving, _heard: heard }));
        service.until(|state| state.is_ready).await?;
        service.0.frame.set_src(&format!("{SCOPE}{id}"));
        let body = document().body().ok_or_else(|| other("the page has no body".into()))?;
        body.append_child(&service.0.frame).map_err(other)?;
        service.until(|state| state.wanted > 0).await?;
        Ok(service)
    }

    /// Waits for something that has to come soon.
    async fn until(&self, is_so: impl Fn(&State) -> bool) -> Result<(), Trouble> {
        let state = Rc::clone(&self.0.state);
        let is_late = Rc::new(std::cell::Cell::new(false));
        let late = Rc::clone(&is_late);
        set_timeout(
            move || {
                late.set(true);
                state.borrow_mut().wake();
            },
            PATIENCE,
        );
        let done = self.wait(|state| is_so(state) || is_late.get()).await;
        if !is_late.get() || is_so(&self.0.state.borrow()) {
            return done;
        }
        self.end();
        Err(Trouble::Other("the browser did not begin the download".to_owned()))
    }

    /// Waits until something is so; an error once the download was ended.
    async fn wait(&self, is_so: impl Fn(&State) -> bool) -> Result<(), Trouble> {
        loop {
            let woken = {
                let mut state = self.0.state.borrow_mut();
                if state.is_ended {
                    drop(state);
                    self.end();
                    return Err(Trouble::Ended);
                }
                if is_so(&state) {
                    return Ok(());
                }
                let (sender, woken) = oneshot::channel();
                state.waiting = Some(sender);
                woken
            };
            // Dropped or sent: both mean to look again.
            let _ = woken.await;
        }
    }

    pub async fn write(&self, bytes: &Uint8Array) -> Result<(), Trouble> {
        self.wait(|state| state.wanted > 0).await?;
        self.0.state.borrow_mut().wanted -= 1;
        let moved = Array::of1(&bytes.buffer());
        self.0.port.post_message_with_transferable(bytes, &moved).map_err(|error| Trouble::of(&error))
    }

    pub async fn close(&self) -> Result<(), Trouble> {
        // Asked for more: what was given before has been taken.
        self.wait(|state| state.wanted > 0).await?;
        self.0.port.post_message(&"end".into()).map_err(|error| Trouble::of(&error))?;
        let open = Rc::clone(&self.0);
        set_timeout(move || Service(open).end(), LINGER);
        Ok(())
    }

    pub fn abort(&self) {
        // The download then fails in the browser too.
        let _ = self.0.port.post_message(&"fail".into());
        let mut state = self.0.state.borrow_mut();
        state.is_ended = true;
        state.wake();
        drop(state);
        self.end();
    }

    fn end(&self) {
        self.0.ping.clear();
        if let Some(leaving) = self.0.leaving.borrow_mut().take() {
            leaving.remove();
        }
        self.0.frame.remove();
    }
}
