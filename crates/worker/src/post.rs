//! Saying something to the page.

use careen_protocol::{Event, Message, Reply, RequestId, encode};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

/// The worker's global object.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Says `event`, in answer to the request `id` (0: unasked).
pub fn event(id: RequestId, event: &Event) {
    send(id, event, None, &[]);
}

/// Answers with bytes; they are moved, not copied, to the page. `total` is the length of the whole file.
pub fn bytes(id: RequestId, total: u64, bytes: &[u8]) {
    send(id, &Event::Reply(Reply::Bytes { total }), Some(bytes), &[]);
}

/// Answers with the next bytes of several files.
pub fn pieces(id: RequestId, reply: Reply, pieces: &[&[u8]]) {
    send(id, &Event::Reply(reply), None, pieces);
}

/// Says `event`, with bytes and pieces of several files beside it.
fn send(id: RequestId, event: &Event, bytes: Option<&[u8]>, pieces: &[&[u8]]) {
    let message = encode(&Message { id, body: event }).map_err(|error| error.to_string().into());
    let result = message.and_then(|message: Vec<u8>| {
        let envelope = Object::new();
        let moved = Array::new();
        let copy = |bytes: &[u8]| {
            let bytes = Uint8Array::from(bytes);
            moved.push(&bytes.buffer());
            bytes
        };
        Reflect::set(&envelope, &"message".into(), &copy(&message))?;
        if let Some(bytes) = bytes {
            Reflect::set(&envelope, &"bytes".into(), &copy(bytes))?;
        }
        let pieces: Array = pieces.iter().map(|piece| copy(piece)).collect();
        Reflect::set(&envelope, &"pieces".into(), &pieces)?;
        scope().post_message_with_transfer(&envelope, &moved)
    });
    if let Err(error) = result {
        web_sys::console::error_2(&"an event could not be posted".into(), &error);
    }
}
