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
    send(id, event, None);
}

/// Answers with bytes; they are moved, not copied, to the page. `total` is the length of the whole file.
pub fn bytes(id: RequestId, total: u64, bytes: &[u8]) {
    send(id, &Event::Reply(Reply::Bytes { total }), Some(Uint8Array::from(bytes)));
}

fn send(id: RequestId, event: &Event, bytes: Option<Uint8Array>) {
    // Positions and times do not fit into a JavaScript number.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    let result = Message { id, body: event }.serialize(&serializer).map_err(JsValue::from).and_then(|message| {
        let envelope = Object::new();
        Reflect::set(&envelope, &"message".into(), &message)?;
        match bytes {
            None => scope().post_message(&envelope),
            Some(bytes) => {
                Reflect::set(&envelope, &"bytes".into(), &bytes)?;
                scope().post_message_with_transfer(&envelope, &Array::of1(&bytes.buffer()))
            }
        }
    });
    if let Err(error) = result {
        web_sys::console::error_2(&"an event could not be posted".into(), &error);
    }
}
