//! A place to drop a file or a folder on.

use leptos::ev::DragEvent;
use leptos::prelude::*;
use web_sys::{DataTransfer, File, FileList};

/// The files of a list.
pub fn files_of(list: Option<FileList>) -> Vec<File> {
    let list = list.as_ref();
    (0..list.map_or(0, FileList::length)).filter_map(|at| list?.get(at)).collect()
}

/// Takes what is dropped; `over` tells whether a file hangs above it.
#[component]
pub fn DropZone(
    /// Hears what is dropped.
    on_drop: Callback<DataTransfer>,
    /// Hears that the pointer, the keyboard or a file comes near.
    on_near: Callback<()>,
    /// Set while a file hangs above.
    over: RwSignal<bool>,
    children: Children,
) -> impl IntoView {
    let hover = move |event: DragEvent| {
        // Without this the browser would open the file itself.
        event.prevent_default();
        on_near.run(());
        over.set(true);
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        over.set(false);
        if let Some(data) = event.data_transfer() {
            on_drop.run(data);
        }
    };
    view! {
        <div
            class="drop"
            class:drop--over=over
            on:pointerenter=move |_| on_near.run(())
            on:focusin=move |_| on_near.run(())
            on:dragenter=hover
            on:dragover=hover
            on:dragleave=move |_| over.set(false)
            on:drop=drop
        >
            {children()}
        </div>
    }
}
