//! Writable streams on files of a place that the person chose (File System Access).
//!
//! The browser writes to a file of its own and puts it in the place of the chosen one when the stream is closed, so that
//! what is given up leaves nothing incomplete behind.

use js_sys::{Object, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use super::buffers::let_go;
use super::{Trouble, begin, call};

/// Names tried in a folder in which there are files already.
const NAMES: u32 = 1000;

/// A file that is written.
#[derive(Clone)]
pub struct Stream {
    stream: JsValue,
    /// The folder and the name in it of a file that was made for this.
    made: Option<(JsValue, String)>,
}

impl Stream {
    /// A new file in a folder, with the name it got.
    pub async fn in_folder(folder: &JsValue, name: &str) -> Result<(Stream, String), Trouble> {
        for number in 1..NAMES {
            let name = numbered(name, number);
            let found = call(folder, "getFileHandle", &[&JsValue::from_str(&name)]).await;
            match found.map_err(|error| Trouble::of(&error)) {
                // An empty one is what a page leaves that was closed before the file was complete.
                Ok(file) if is_empty(&file).await => {}
                // There is one, or a folder of this name.
                Ok(_) | Err(Trouble::Other(_)) => continue,
                Err(Trouble::Gone) => {}
                Err(trouble) => return Err(trouble),
            }
            let options = Object::new();
            let _ = Reflect::set(&options, &"create".into(), &true.into());
            let file = call(folder, "getFileHandle", &[&JsValue::from_str(&name), &options]).await;
            let file = file.map_err(|error| Trouble::of(&error))?;
            let made = Some((folder.clone(), name.clone()));
            return Ok((Stream { made, ..Stream::on_file(&file).await? }, name));
        }
        Err(Trouble::Other(format!("{name}: there are too many files of this name")))
    }

    /// A file that was chosen.
    pub async fn on_file(file: &JsValue) -> Result<Stream, Trouble> {
        let stream = call(file, "createWritable", &[]).await.map_err(|error| Trouble::of(&error))?;
        Ok(Stream { stream, made: None })
    }

    pub async fn write(&self, bytes: &Uint8Array) -> Result<(), Trouble> {
        let written = call(&self.stream, "write", &[bytes]).await;
        let_go(&bytes.buffer());
        written.map(drop).map_err(|error| Trouble::of(&error))
    }

    pub async fn close(&self) -> Result<(), Trouble> {
        call(&self.stream, "close", &[]).await.map(drop).map_err(|error| Trouble::of(&error))
    }

    pub fn abort(&self) {
        let Stream { stream, made } = self.clone();
        spawn_local(async move {
            // A stream that failed is aborted already.
            let _ = call(&stream, "abort", &[]).await;
            if let Some((folder, name)) = made {
                // Making a file in a folder leaves an empty one there at once.
                let _ = call(&folder, "removeEntry", &[&JsValue::from_str(&name)]).await;
            }
        });
    }
}

/// A folder of this name in another, made if need be.
pub async fn subfolder(folder: &JsValue, name: &str) -> Result<JsValue, Trouble> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"create".into(), &true.into());
    let made = call(folder, "getDirectoryHandle", &[&JsValue::from_str(name), &options]).await;
    made.map_err(|error| Trouble::of(&error))
}

/// A new folder in another, with the name it got: not one in which there is something already.
pub async fn new_folder(folder: &JsValue, name: &str) -> Result<(JsValue, String), Trouble> {
    for number in 1..NAMES {
        let name = numbered(name, number);
        match call(folder, "getDirectoryHandle", &[&JsValue::from_str(&name)]).await {
            Ok(_) => continue,
            Err(error) if Trouble::of(&error) != Trouble::Gone => continue,
            Err(_) => return Ok((subfolder(folder, &name).await?, name)),
        }
    }
    Err(Trouble::Other(format!("{name}: there are too many folders of this name")))
}

/// Whether a file that is there has no bytes.
async fn is_empty(file: &JsValue) -> bool {
    let size = match call(file, "getFile", &[]).await {
        Ok(file) => Reflect::get(&file, &"size".into()).ok().and_then(|size| size.as_f64()),
        Err(_) => None,
    };
    size == Some(0.0)
}

/// `a.tar.gz`, then `a (2).tar.gz` and so on.
fn numbered(name: &str, number: u32) -> String {
    if number < 2 {
        return name.to_owned();
    }
    let ends = [".tar.gz.manifest.json", ".tar.manifest.json", ".manifest.json", ".tar.gz", ".oci.tar"];
    let at = ends.iter().find_map(|end| name.strip_suffix(end)).map(str::len).or_else(|| name.rfind('.'));
    let (stem, end) = name.split_at(at.filter(|at| *at > 0).unwrap_or(name.len()));
    format!("{stem} ({number}){end}")
}

/// Asks the person for a folder to write into. It has to be called while a click is being handled.
pub async fn choose_folder() -> Result<JsValue, Trouble> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"mode".into(), &"readwrite".into());
    let _ = Reflect::set(&options, &"id".into(), &"careen".into());
    call(&window(), "showDirectoryPicker", &[&options]).await.map_err(|error| chosen_none(&error))
}

/// Asks the person for a file to write. It has to be called while a click is being handled.
pub async fn choose_file(name: &str) -> Result<JsValue, Trouble> {
    let options = Object::new();
    let _ = Reflect::set(&options, &"suggestedName".into(), &name.into());
    let _ = Reflect::set(&options, &"id".into(), &"careen".into());
    call(&window(), "showSaveFilePicker", &[&options]).await.map_err(|error| chosen_none(&error))
}

/// A dialog that was closed is no trouble to tell of.
fn chosen_none(error: &JsValue) -> Trouble {
    let name = Reflect::get(error, &"name".into()).ok().and_then(|name| name.as_string());
    if name.as_deref() == Some("AbortError") { Trouble::Ended } else { Trouble::of(error) }
}

/// Whether the page may write there, asking the person if need be: after a reload a browser wants to hear it again. It
/// has to be called while a click is being handled.
pub async fn may_write(handle: &JsValue) -> bool {
    let options = Object::new();
    let _ = Reflect::set(&options, &"mode".into(), &"readwrite".into());
    match begin(handle, "requestPermission", &[&options]) {
        Ok(asked) => {
            let answer = wasm_bindgen_futures::JsFuture::from(asked).await;
            answer.ok().and_then(|answer| answer.as_string()).as_deref() == Some("granted")
        }
        // Without the question there is nothing to be refused.
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn a_second_file_of_a_name_keeps_its_ending() {
        assert_eq!(numbered("a.tar.gz", 1), "a.tar.gz");
        assert_eq!(numbered("a.tar.gz", 2), "a (2).tar.gz");
        assert_eq!(numbered("a.tar.manifest.json", 3), "a (3).tar.manifest.json");
        assert_eq!(numbered("a.b.tar", 2), "a.b (2).tar");
        assert_eq!(numbered("a", 2), "a (2)");
        assert_eq!(numbered(".tar", 2), ".tar (2)");
    }
}
