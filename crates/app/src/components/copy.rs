//! Copying to the clipboard.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::{Icon, icon};
use crate::messages::{Text, general};

/// Puts a text on the clipboard; `told` hears whether the browser allowed it.
pub fn copy_text(text: &str, told: impl FnOnce(bool) + 'static) {
    let promise = window().navigator().clipboard().write_text(text);
    spawn_local(async move { told(JsFuture::from(promise).await.is_ok()) });
}

/// A button that copies a text and says that it did.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
    /// What the button says to those who cannot see it.
    #[prop(default = &general::COPY)]
    label: &'static Text,
) -> impl IntoView {
    let done = RwSignal::new(None::<bool>);
    let copy = move |_| {
        copy_text(&text, move |allowed| {
            // The page may have moved on while the browser asked.
            done.try_set(Some(allowed));
            set_timeout(
                move || {
                    done.try_set(None);
                },
                Duration::from_secs(2),
            );
        });
    };
    let words = move || match done.get() {
        None => label.get(),
        Some(true) => general::COPIED.get(),
        Some(false) => general::COPY_FAILED.get(),
    };
    view! {
        <button type="button" class="button button--icon" title=words aria-label=words on:click=copy>
            {move || icon(if done.get() == Some(true) { Icon::Check } else { Icon::Copy })}
        </button>
    }
}
