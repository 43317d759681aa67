//! Putting bytes of any amount where the person wants them, in the best way this browser has.
//!
//! A [`Sink`] takes one piece after another and says when it is ready for the next, so that memory stays flat. There are
//! three kinds: a writable stream on a file of a place that the person chose; a download that the page's own service
//! worker answers; and, where a browser has neither, the memory of the page, up to [`MEMORY_LIMIT`].

mod buffers;
mod memory;
mod one_file;
mod service;
mod stream;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::engine::describe;

pub use self::memory::{MEMORY_LIMIT, save_bytes, save_text};
pub use self::one_file::{SaveError, save_file};
pub use self::stream::{choose_file, choose_folder, may_write, new_folder, subfolder};

use self::memory::Memory;
use self::service::Service;
use self::stream::Stream;

/// A way of saving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// Into a folder that the person chose, the manifest beside.
    Folder,
    /// Into one file that the person chose.
    File,
    /// As a download, through the service worker.
    Download,
    /// As a download, out of the page's memory.
    Memory,
}

impl Way {
    /// Whether this browser has it.
    pub fn is_there(self) -> bool {
        let has = |name: &str| Reflect::has(&window(), &name.into()).unwrap_or(false);
        match self {
            Way::Folder => has("showDirectoryPicker"),
            Way::File => has("showSaveFilePicker"),
            Way::Download => service::is_there(),
            Way::Memory => true,
        }
    }

    /// The best one for a single file of unknown length, or for several.
    pub fn best(is_single: bool) -> Way {
        let all = if is_single { [Way::File, Way::Download] } else { [Way::Folder, Way::Download] };
        all.into_iter().find(|way| way.is_there()).unwrap_or(Way::Memory)
    }
}

/// Where something is to be saved.
#[derive(Clone)]
pub enum Target {
    /// A new file in this folder.
    Folder(JsValue),
    /// This file.
    File(JsValue),
    /// The browser's downloads.
    Download,
    /// The browser's downloads, out of memory.
    Memory,
}

impl Target {
    /// The way of saving it stands for.
    pub fn way(&self) -> Way {
        match self {
            Target::Folder(_) => Way::Folder,
            Target::File(_) => Way::File,
            Target::Download => Way::Download,
            Target::Memory => Way::Memory,
        }
    }
}

/// Why something was not saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// There is no more room where it is saved.
    Full,
    /// The browser, or the person in its list of downloads, ended it.
    Ended,
    /// The person did not let the page write.
    Forbidden,
    /// The folder or file is not there any more.
    Gone,
    /// It is larger than what can be held in memory.
    TooLarge,
    /// What the browser says.
    Other(String),
}

impl Trouble {
    /// What an error of the browser means.
    pub fn of(error: &JsValue) -> Trouble {
        let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default();
        match name.as_str() {
            "QuotaExceededError" => Trouble::Full,
            "NotAllowedError" | "NoModificationAllowedError" => Trouble::Forbidden,
            "NotFoundError" => Trouble::Gone,
            _ => Trouble::Other(format!("{name}: {}", describe(error)).trim_start_matches(": ").to_owned()),
        }
    }
}

/// Takes a file piece by piece.
#[derive(Clone)]
pub enum Sink {
    /// On a writable stream.
    Stream(Stream),
    /// To the service worker.
    Service(Service),
    /// Into memory.
    Memory(Memory),
}

impl Sink {
    /// Begins a file. In a folder it gets another name if there is one of this name already: nothing is overwritten.
    /// Returns the name it has.
    pub async fn open(target: &Target, name: &str, kind: &'static str) -> Result<(Sink, String), Trouble> {
        match target {
            Target::Folder(folder) => {
                let (stream, name) = Stream::in_folder(folder, name).await?;
                Ok((Sink::Stream(stream), name))
            }
            Target::File(file) => {
                let stream = Stream::on_file(file).await?;
                let chosen = handle_name(file);
                Ok((Sink::Stream(stream), if chosen.is_empty() { name.to_owned() } else { chosen }))
            }
            Target::Download => Ok((Sink::Service(Service::begin(name, kind).await?), name.to_owned())),
            Target::Memory => Ok((Sink::Memory(Memory::new(name, kind, true)), name.to_owned())),
        }
    }

    /// The place for a small file that belongs to another one: beside it in a folder, else a download of its own once
    /// it is complete.
    pub async fn beside(target: &Target, name: &str, kind: &'static str) -> Result<Sink, Trouble> {
        match target {
            Target::Folder(folder) => Ok(Sink::Stream(Stream::in_folder(folder, name).await?.0)),
            _ => Ok(Sink::Memory(Memory::new(name, kind, false))),
        }
    }

    /// Adds bytes; done once there is room for more.
    pub async fn write(&self, bytes: &Uint8Array) -> Result<(), Trouble> {
        if bytes.length() == 0 {
            return Ok(());
        }
        match self {
            Sink::Stream(stream) => stream.write(bytes).await,
            Sink::Service(service) => service.write(bytes).await,
            Sink::Memory(memory) => memory.write(bytes),
        }
    }

    /// Ends the file: it is complete.
    pub async fn close(&self) -> Result<(), Trouble> {
        match self {
            Sink::Stream(stream) => stream.close().await,
            Sink::Service(service) => service.close().await,
            Sink::Memory(memory) => memory.close(),
        }
    }

    /// Gives the file up. Nothing incomplete is left under its name; whoever waits in [`Sink::write`] gets an error.
    pub fn abort(&self) {
        match self {
            Sink::Stream(stream) => stream.abort(),
            Sink::Service(service) => service.abort(),
            Sink::Memory(memory) => memory.abort(),
        }
    }
}

/// The name of a file or folder that was chosen.
pub fn handle_name(handle: &JsValue) -> String {
    Reflect::get(handle, &"name".into()).ok().and_then(|name| name.as_string()).unwrap_or_default()
}

/// Calls an asynchronous method the bindings do not have.
pub async fn call(object: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<JsValue, JsValue> {
    JsFuture::from(begin(object, method, arguments)?).await
}

/// The same, begun at once and not waited for.
pub fn begin(object: &JsValue, method: &str, arguments: &[&JsValue]) -> Result<Promise, JsValue> {
    let function: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    let arguments: js_sys::Array = arguments.iter().copied().collect();
    Ok(Promise::resolve(&function.apply(object, &arguments)?))
}
