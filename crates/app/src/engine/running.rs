//! One worker: started from a program that is fetched and compiled once, spoken to in messages.

use careen_protocol::{Message, Request, RequestId, encode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, ErrorEvent, File, MessageEvent, Url, Worker};

use crate::boot;
use crate::later::{self, Later};

/// Follows the bindings in a worker's script: starts the program that is posted to it.
const STARTER: &str = "\nonmessage = ({ data }) => { onmessage = null; \
     wasm_bindgen({ module_or_path: data }).catch(error => setTimeout(() => { throw error; })); };";

/// What a worker runs.
#[derive(Clone)]
pub struct Program {
    /// The bindings.
    script: JsValue,
    /// The compiled module.
    module: JsValue,
}

impl Program {
    /// Fetches and compiles it. The pages of a disk are loaded with it: nothing can be once a worker runs.
    pub async fn load() -> Result<Program, JsValue> {
        if let Later::Failed = later::load().await {
            return Err("a part of the page could not be loaded".into());
        }
        let script = boot::file("careen-worker.js").await?;
        let code = boot::file("careen-worker_bg.wasm").await?;
        let module = JsFuture::from(js_sys::WebAssembly::compile(&code)).await?;
        Ok(Program { script, module })
    }
}

/// What travels beside a request.
pub enum Beside {
    /// Nothing.
    Nothing,
    /// Files that were picked.
    Files(Vec<File>),
    /// Bytes, which are moved.
    Bytes(Uint8Array),
}

/// A worker that runs.
pub struct Running {
    worker: Worker,
    is_ready: bool,
    /// Messages that wait until it says that it is ready, each with what is moved and not copied.
    outbox: Vec<(JsValue, Array)>,
    /// Whether the files were handed to it.
    pub has_files: bool,
    // Kept alive as long as the worker may call them.
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _failed: Closure<dyn FnMut(ErrorEvent)>,
}

impl Running {
    /// Starts a worker. It is started from a `blob:` URL, so that it inherits the page's content security policy; one
    /// loaded from the network would not. The policy is sealed first: no worker that gets a file can reach a server.
    /// `heard` gets what it posts, `failed` what it died of.
    pub fn start(
        program: &Program,
        heard: impl Fn(JsValue) + 'static,
        failed: impl Fn(String) + 'static,
    ) -> Result<Running, JsValue> {
        boot::seal();
        let parts = Array::of2(&program.script, &STARTER.into());
        let options = BlobPropertyBag::new();
        options.set_type("text/javascript");
        let url =
            Url::create_object_url_with_blob(&Blob::new_with_buffer_source_sequence_and_options(&parts, &options)?)?;
        let worker = Worker::new(&url)?;
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| heard(event.data()));
        let failed = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            failed(event.message());
        });
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        worker.set_onerror(Some(failed.as_ref().unchecked_ref()));
        worker.post_message(&program.module)?;
        Url::revoke_object_url(&url)?;
        Ok(Running { worker, is_ready: false, outbox: Vec::new(), has_files: false, _heard: heard, _failed: failed })
    }

    /// Posts a request with what travels beside, or keeps it until the worker is ready.
    pub fn post(&mut self, id: RequestId, request: &Request, beside: &Beside) -> Result<(), JsValue> {
        let envelope = Object::new();
        let message = encode(&Message { id, body: request }).map_err(|error| error.to_string())?;
        Reflect::set(&envelope, &"message".into(), &Uint8Array::from(message.as_slice()))?;
        let moved = Array::new();
        match beside {
            Beside::Nothing => {}
            Beside::Files(files) => {
                Reflect::set(&envelope, &"files".into(), &files.iter().collect::<Array>())?;
            }
            Beside::Bytes(bytes) => {
                Reflect::set(&envelope, &"bytes".into(), bytes)?;
                moved.push(&bytes.buffer());
            }
        }
        if self.is_ready {
            self.worker.post_message_with_transfer(&envelope, &moved)
        } else {
            self.outbox.push((envelope.into(), moved));
            Ok(())
        }
    }

    /// The worker said that it is ready.
    pub fn ready(&mut self) {
        self.is_ready = true;
        for (message, moved) in std::mem::take(&mut self.outbox) {
            if let Err(error) = self.worker.post_message_with_transfer(&message, &moved) {
                leptos::logging::error!("a message could not be posted: {error:?}");
            }
        }
    }

    /// Ends it, whatever it is doing.
    pub fn end(self) {
        self.worker.terminate();
    }
}
