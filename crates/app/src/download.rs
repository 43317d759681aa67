//! Handing finished bytes to the person.
//!
//! Small results are saved as a `Blob`, up to [`BLOB_LIMIT`]: browsers cancel larger ones. A larger file is written
//! piece by piece to a place the person chooses, where the browser has `showSaveFilePicker`; memory stays flat.

use careen_protocol::Failure;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlElement, Url};

use crate::engine::{Engine, describe};

/// Largest file saved as a `Blob`.
pub const BLOB_LIMIT: u64 = 256 << 20;

/// Bytes asked of the worker at once.
const PIECE: u64 = 4 << 20;

/// Why a file was not saved, or not to its end.
pub enum SaveError {
    /// The disk could not be read that far.
    Read(Failure),
    /// The browser could not write.
    Write(String),
    /// The person closed the dialog or stopped.
    Stopped,
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

/// Whether the browser can write a file of any size.
pub fn can_stream() -> bool {
    Reflect::has(&window(), &"showSaveFilePicker".into()).unwrap_or(false)
}

/// Saves a file of the disk, of `size` bytes. `told` hears how many bytes are done and answers whether to go on.
pub async fn save_file(
    engine: &Engine,
    scope: &str,
    path: &[u8],
    name: &str,
    size: u64,
    told: impl Fn(u64) -> bool,
) -> Result<(), SaveError> {
    if size <= BLOB_LIMIT {
        let parts = Array::new();
        let mut done = 0;
        while done < size {
            let (_, bytes) = engine.read(scope, path, done, PIECE).await.map_err(SaveError::Read)?;
            done += u64::from(bytes.length()).max(1);
            parts.push(&bytes);
            if !told(done) {
                return Err(SaveError::Stopped);
            }
        }
        return save_parts(name, "application/octet-stream", &parts)
            .map_err(|error| SaveError::Write(describe(&error)));
    }
    let stream = open_stream(name).await?;
    let result = write_pieces(engine, scope, path, size, &stream, told).await;
    let end = if result.is_ok() { "close" } else { "abort" };
    call(&stream, end, None).await.map_err(|error| SaveError::Write(describe(&error)))?;
    result
}

async fn write_pieces(
    engine: &Engine,
    scope: &str,
    path: &[u8],
    size: u64,
    stream: &JsValue,
    told: impl Fn(u64) -> bool,
) -> Result<(), SaveError> {
    let mut done = 0;
    while done < size {
        let (_, bytes) = engine.read(scope, path, done, PIECE).await.map_err(SaveError::Read)?;
        done += u64::from(bytes.length()).max(1);
        call(stream, "write", Some(&bytes)).await.map_err(|error| SaveError::Write(describe(&error)))?;
        if !told(done) {
            return Err(SaveError::Stopped);
        }
    }
    Ok(())
}

/// A writable stream to a place the person chooses.
async fn open_stream(name: &str) -> Result<JsValue, SaveError> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"suggestedName".into(), &name.into());
    let chosen = call(&window(), "showSaveFilePicker", Some(&options)).await;
    let handle = chosen.map_err(|error| {
        let stopped = Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
        if stopped.as_deref() == Some("AbortError") { SaveError::Stopped } else { SaveError::Write(describe(&error)) }
    })?;
    call(&handle, "createWritable", None).await.map_err(|error| SaveError::Write(describe(&error)))
}

/// Calls an asynchronous method the bindings do not have.
async fn call(object: &JsValue, method: &str, argument: Option<&JsValue>) -> Result<JsValue, JsValue> {
    let function: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    let promise = match argument {
        Some(argument) => function.call1(object, argument)?,
        None => function.call0(object)?,
    };
    JsFuture::from(Promise::resolve(&promise)).await
}
