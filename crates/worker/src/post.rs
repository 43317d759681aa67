//! Saying something to the page.

use careen_protocol::{Event, Message, Reply, RequestId};
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
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
    // Positions and times do not fit into a JavaScript number.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    let result = Message { id, body: event }.serialize(&serializer).map_err(JsValue::from).and_then(|message| {
        let envelope = Object::new();
        Reflect::set(&envelope, &"message".into(), &message)?;
        let moved = Array::new();
        let copy = |bytes: &[u8]| {
            let bytes = Uint8Array::from(bytes);
            moved.push(&bytes.buffer());
            bytes
        };
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
