//! A place to drop a file on.

use leptos::ev::DragEvent;
use leptos::prelude::*;
use web_sys::{File, FileList};

/// The files of a list.
pub fn files_of(list: Option<FileList>) -> Vec<File> {
    let list = list.as_ref();
    (0..list.map_or(0, FileList::length)).filter_map(|at| list?.get(at)).collect()
}

/// Takes dropped files; `over` tells whether a file hangs above it.
#[component]
pub fn DropZone(
    /// Hears the files.
    on_files: Callback<Vec<File>>,
    /// Set while a file hangs above.
    over: RwSignal<bool>,
    children: Children,
) -> impl IntoView {
    let hover = move |event: DragEvent| {
        // Without this the browser would open the file itself.
        event.prevent_default();
        over.set(true);
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        on_files.run(files_of(event.data_transfer().and_then(|data| data.files())));
    };
    view! {
        <div
            class="drop"
            class:drop--over=over
            on:dragenter=hover
            on:dragover=hover
            on:dragleave=move |_| over.set(false)
            on:drop=drop
        >
            {children()}
        </div>
    }
}
