//! List in the middle, detail at the right.

use leptos::ev;
use leptos::prelude::*;

use super::{CopyButton, Icon, icon};
use crate::format;
use crate::messages::general;

/// A list with a pane beside it; the pane is there when `detail` gives one.
#[component]
pub fn Split(
    /// The list.
    children: Children,
    /// The pane.
    #[prop(into)]
    detail: ViewFn,
    /// Whether there is a pane.
    #[prop(into)]
    open: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="split" class:split--open=open>
            <div class="split__list">{children()}</div>
            {move || open.get().then(|| detail.run())}
        </div>
    }
}

/// The pane: a title, a way to close it, and what is to be said.
#[component]
pub fn Detail(
    /// Its title, often a name from the disk.
    #[prop(into)]
    title: String,
    /// Closes it.
    close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let keys = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() {
            close.run(());
        }
    });
    on_cleanup(move || keys.remove());
    view! {
        <aside class="detail" aria-label=general::DETAILS.get()>
            <header class="detail__head">
                <h2 class="detail__title" title=title.clone()>{title.clone()}</h2>
                <CopyButton text=title />
                <button
                    type="button"
                    class="button button--icon"
                    title=general::CLOSE.get()
                    aria-label=general::CLOSE.get()
                    on:click=move |_| close.run(())
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            <div class="detail__body">{children()}</div>
        </aside>
    }
}

/// Names and values under each other.
#[component]
pub fn Facts(children: Children) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// One name and value. Long ids are shortened in the middle, whole on hover and on copy.
pub fn fact(name: &'static str, value: impl Into<String>) -> impl IntoView {
    let value = value.into();
    let (is_id, is_known) = (format::is_long_id(&value), value != format::UNKNOWN);
    let shown = if is_id { format::short_id(&value) } else { value.clone() };
    let title = if is_known { value.clone() } else { general::UNKNOWN.get().to_owned() };
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd class:mono=is_id title=title>
                {shown}
                {is_id.then(|| view! { <CopyButton text=value /> })}
            </dd>
        </div>
    }
}
