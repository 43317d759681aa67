//! What this is, what it promises and how to check.

use careen_protocol::BUILD;
use leptos::prelude::*;

use crate::app::context;
use crate::boot::{self, Offline};
use crate::components::{Icon, icon};
use crate::messages::{Text, about};

/// The page.
#[component]
pub fn About() -> impl IntoView {
    let list = |items: &[&'static Text]| {
        let items = items.iter().map(|text| view! { <li>{text.get()}</li> }).collect_view();
        view! { <ul class="prose bullets">{items}</ul> }
    };
    view! {
        <div class="page page--narrow">
            <h1>{about::TITLE.get()}</h1>
            <p class="prose lead">{about::WHAT.get()}</p>
            <h2>{about::READS_TITLE.get()}</h2>
            {list(&[&about::READS_DISKS, &about::READS_FILESYSTEMS, &about::READS_STORES, &about::READS_PACKAGES])}
            <h2>{about::PRIVATE_TITLE.get()}</h2>
            {list(&[&about::PRIVATE_READ_ONLY, &about::PRIVATE_POLICY, &about::PRIVATE_SERVICE])}
            <h2>{about::CHECK_TITLE.get()}</h2>
            {list(&[&about::CHECK_PLUG, &about::CHECK_TOOLS])}
            <h2>{about::LIMIT_TITLE.get()}</h2>
            {list(&[&about::LIMIT_COPY, &about::LIMIT_BROWSER, &about::LIMIT_LINKS])}
            <Now />
            <h2>{about::KEYS_TITLE.get()}</h2>
            {list(&[&about::KEYS_ROWS, &about::KEYS_ENTER, &about::KEYS_FILTER])}
            <p class="muted mono">{about::BUILD.with(&[("build", &BUILD)])}</p>
        </div>
    }
}

/// How private and offline the page is now, and how to take it along.
#[component]
fn Now() -> impl IntoView {
    let boot = context().boot;
    let line = |is_so: bool, text: &'static Text| {
        let (tone, shape) = if is_so { ("good", Icon::Check) } else { ("note", Icon::Note) };
        view! { <li class=format!("answer__line answer__line--{tone}")>{icon(shape)} <span>{text.get()}</span></li> }
    };
    let kept = move || match boot.get().offline {
        _ if boot.get().is_single => line(true, &about::NOW_SINGLE),
        Offline::Ready => line(true, &about::NOW_READY),
        Offline::Preparing => line(false, &about::NOW_PREPARING),
        Offline::No => line(false, &about::NOW_NOT_KEPT),
    };
    let sealed = move || match boot.get().is_sealed {
        true => line(true, &about::NOW_SEALED),
        false => line(false, &about::NOW_OPEN),
    };
    let install = move || {
        boot.get().is_installable.then(|| {
            view! {
                <p class="actions">
                    <button type="button" class="button" on:click=|_| boot::install()>{about::INSTALL.get()}</button>
                </p>
            }
        })
    };
    view! {
        <h2>{about::NOW_TITLE.get()}</h2>
        <ul class="answer__lines">{sealed} {kept}</ul>
        {install}
        {move || (!boot.get().is_single).then(|| view! {
            <ul class="prose bullets">
                <li><a class="link" href="careen.html" download="careen.html">{about::SINGLE.get()}</a></li>
                <li><a class="link" href="licenses.txt" target="_blank" rel="noopener">{about::LICENSES.get()}</a></li>
            </ul>
        })}
    }
}
