//! Saying something to the page.

use careen_protocol::{Event, ExportStep, Message, Reply, RequestId};
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
    send(id, event, &[]);
}

/// Answers with bytes; they are moved, not copied, to the page. `total` is the length of the whole file.
pub fn bytes(id: RequestId, total: u64, bytes: &[u8]) {
    send(id, &Event::Reply(Reply::Bytes { total }), &[("bytes", bytes)]);
}

/// Answers with the next bytes of an archive and of its manifest.
pub fn chunk(id: RequestId, step: ExportStep, archive: &[u8], manifest: &[u8]) {
    send(id, &Event::Reply(Reply::Exported(step)), &[("bytes", archive), ("manifest", manifest)]);
}

/// Says `event`, with bytes beside it under these names.
fn send(id: RequestId, event: &Event, beside: &[(&str, &[u8])]) {
    // Positions and times do not fit into a JavaScript number.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    let result = Message { id, body: event }.serialize(&serializer).map_err(JsValue::from).and_then(|message| {
        let envelope = Object::new();
        Reflect::set(&envelope, &"message".into(), &message)?;
        let moved = Array::new();
        for (name, bytes) in beside {
            let bytes = Uint8Array::from(*bytes);
            Reflect::set(&envelope, &(*name).into(), &bytes)?;
            moved.push(&bytes.buffer());
        }
        scope().post_message_with_transfer(&envelope, &moved)
    });
    if let Err(error) = result {
        web_sys::console::error_2(&"an event could not be posted".into(), &error);
    }
}
