//! Folders: all files below one, with their paths.

use careen_protocol::Folder;
use js_sys::{Array, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry};

/// A folder with the files below it.
#[derive(Clone, Default)]
pub struct FolderFiles {
    /// Its name, and directories below it.
    pub folder: Folder,
    /// The path of each file below it.
    pub paths: Vec<String>,
    /// The files, in the order of their paths.
    pub files: Vec<File>,
}

/// The folder that these files were picked with; `None` when there are none. Each says its path, which begins with the
/// folder's name.
pub fn picked_folder(files: Vec<File>) -> Option<FolderFiles> {
    let path = |file: &File| Reflect::get(file, &"webkitRelativePath".into()).ok()?.as_string();
    let mut found = FolderFiles::default();
    for file in files {
        let path = path(&file).unwrap_or_default();
        let (name, below) = path.split_once('/')?;
        if found.files.is_empty() {
            found.folder.name = name.to_owned();
        }
        found.paths.push(below.to_owned());
        found.files.push(file);
    }
    (!found.files.is_empty()).then_some(found)
}

/// The first folder among what was dropped. It has to be asked for while the drop is being handled.
pub fn dropped_folder(data: &DataTransfer) -> Option<FileSystemDirectoryEntry> {
    let items = data.items();
    let entry = |at| items.get(at)?.webkit_get_as_entry().ok()?;
    (0..items.length()).filter_map(entry).find(FileSystemEntry::is_directory).map(JsCast::unchecked_into)
}

/// Everything below a folder that was dropped.
pub async fn read_folder(root: FileSystemDirectoryEntry) -> Result<FolderFiles, JsValue> {
    let mut found = FolderFiles::default();
    found.folder.name = root.name();
    let mut open = vec![(String::new(), root)];
    while let Some((path, directory)) = open.pop() {
        let reader = directory.create_reader();
        loop {
            // It gives some at a time, and none at the end.
            let batch = promise(|done, failed| reader.read_entries_with_callback_and_callback(done, failed)).await?;
            let batch: Array = batch.unchecked_into();
            if batch.length() == 0 {
                break;
            }
            for entry in batch.iter().map(JsCast::unchecked_into::<FileSystemEntry>) {
                let below = if path.is_empty() { entry.name() } else { format!("{path}/{}", entry.name()) };
                if entry.is_directory() {
                    found.folder.directories.push(below.clone());
                    open.push((below, entry.unchecked_into()));
                } else {
                    let entry: FileSystemFileEntry = entry.unchecked_into();
                    // A socket, or a link that leads nowhere, is no file to the browser.
                    let file = promise(|done, failed| {
                        entry.file_with_callback_and_callback(done, failed);
                        Ok(())
                    });
                    if let Ok(file) = file.await {
                        found.paths.push(below);
                        found.files.push(file.unchecked_into());
                    }
                }
            }
        }
    }
    Ok(found)
}

/// What a function answers through one of two callbacks.
async fn promise(
    ask: impl Fn(&js_sys::Function, &js_sys::Function) -> Result<(), JsValue>,
) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |done, failed| {
        if let Err(error) = ask(&done, &failed) {
            let _ = failed.call1(&JsValue::NULL, &error);
        }
    });
    JsFuture::from(promise).await
}
