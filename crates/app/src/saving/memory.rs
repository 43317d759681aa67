//! Downloads out of the page's memory: small files, and all files where a browser has nothing better.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, Url};

use super::Trouble;
use super::buffers::let_go;

/// Largest file that is saved out of memory: browsers cancel larger ones.
pub const MEMORY_LIMIT: u64 = 256 << 20;

/// Bytes gathered before they are handed to the browser, which keeps them outside of the page's memory.
const PART: u64 = 1 << 20;

/// A file that is put together in memory.
#[derive(Clone)]
pub struct Memory {
    name: String,
    kind: &'static str,
    /// Whether [`MEMORY_LIMIT`] holds.
    is_limited: bool,
    parts: Rc<RefCell<Parts>>,
}

#[derive(Default)]
struct Parts {
    /// Blobs.
    done: Vec<JsValue>,
    /// Bytes on their way into one.
    waiting: Vec<Uint8Array>,
    waiting_bytes: u64,
    bytes: u64,
    is_given_up: bool,
}

impl Memory {
    pub fn new(name: &str, kind: &'static str, is_limited: bool) -> Memory {
        Memory { name: name.to_owned(), kind, is_limited, parts: Rc::default() }
    }

    pub fn write(&self, bytes: &Uint8Array) -> Result<(), Trouble> {
        let mut parts = self.parts.borrow_mut();
        if parts.is_given_up {
            return Err(Trouble::Ended);
        }
        let length = u64::from(bytes.length());
        parts.bytes += length;
        if self.is_limited && parts.bytes > MEMORY_LIMIT {
            return Err(Trouble::TooLarge);
        }
        parts.waiting.push(bytes.clone());
        parts.waiting_bytes += length;
        if parts.waiting_bytes >= PART {
            parts.waiting_bytes = 0;
            let waiting = std::mem::take(&mut parts.waiting);
            let blob = Blob::new_with_buffer_source_sequence(&waiting.iter().collect::<Array>())
                .map_err(|error| Trouble::of(&error))?;
            parts.done.push(blob.into());
            // They were copied.
            waiting.iter().for_each(|bytes| let_go(&bytes.buffer()));
        }
        Ok(())
    }

    pub fn close(&self) -> Result<(), Trouble> {
        let mut parts = self.parts.borrow_mut();
        if parts.is_given_up {
            return Err(Trouble::Ended);
        }
        let parts = std::mem::take(&mut *parts);
        let all: Array = parts.done.into_iter().chain(parts.waiting.into_iter().map(JsValue::from)).collect();
        save_parts(&self.name, self.kind, &all).map_err(|error| Trouble::of(&error))
    }

    pub fn abort(&self) {
        *self.parts.borrow_mut() = Parts { is_given_up: true, ..Parts::default() };
    }
}

/// Saves bytes under a name.
pub fn save_bytes(name: &str, kind: &str, bytes: &Uint8Array) -> Result<(), JsValue> {
    save_parts(name, kind, &Array::of1(bytes))
}

/// Saves a text under a name.
pub fn save_text(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    save_parts(name, kind, &Array::of1(&text.into()))
}

fn save_parts(name: &str, kind: &str, parts: &Array) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let url = Url::create_object_url_with_blob(&Blob::new_with_buffer_source_sequence_and_options(parts, &options)?)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.dyn_into()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    let body: HtmlElement = document().body().ok_or("the page has no body")?;
    body.append_child(&anchor)?;
    anchor.click();
    anchor.remove();
    // The browser takes hold of the blob when the download begins, which may be after this task.
    set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(60));
    Ok(())
}
