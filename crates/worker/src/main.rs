//! The worker: everything that reads the disk, behind the protocol, off the page's thread.
//!
//! Messages are answered as they arrive. Long work (see [`work`]) is cut into units, and between two of them the
//! worker returns to the browser's event loop, where waiting messages are heard.

mod answer;
mod buffers;
mod containers;
mod directory;
mod exports;
mod file_check;
mod files;
mod find;
mod packages;
mod packing;
mod post;
mod session;
mod timeline;
mod web_file;
mod work;
mod zip;

use std::cell::RefCell;
use std::rc::Rc;

use careen_protocol::{BUILD, Event, Message, Request, decode};
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::MessageEvent;

use crate::session::Worker;

fn main() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    let worker = Rc::new(RefCell::new(Worker::default()));
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&worker, &event.data()));
    post::scope().set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    post::event(0, &Event::Ready { build: BUILD.to_owned() });
}

/// Takes one message from the page: `{ message, files, bytes }`, the files only with [`Request::Open`] and
/// [`Request::CheckFile`], the bytes with [`Request::Pack`].
fn hear(worker: &Rc<RefCell<Worker>>, data: &JsValue) {
    let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let message = Uint8Array::new(&field("message")).to_vec();
    let Ok(Message { id, body }) = decode::<Message<Request>>(&message) else {
        web_sys::console::error_2(&"a message that is no request".into(), data);
        return;
    };
    let files = field("files").dyn_into::<Array>().unwrap_or_default();
    let files = files.iter().filter_map(|file| file.dyn_into().ok()).collect();
    let bytes = field("bytes").dyn_into::<Uint8Array>().map(|bytes| {
        let copy = bytes.to_vec();
        buffers::let_go(&bytes.buffer());
        copy
    });
    worker.borrow_mut().hear(id, body, files, bytes.unwrap_or_default());
    work::schedule(worker);
}
