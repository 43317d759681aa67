//! What this is, what it promises and how to check.

use careen_protocol::BUILD;
use leptos::prelude::*;

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
            {list(&[&about::PRIVATE_READ_ONLY, &about::PRIVATE_POLICY, &about::PRIVATE_CHECK, &about::PRIVATE_LIMIT])}
            <h2>{about::KEYS_TITLE.get()}</h2>
            {list(&[&about::KEYS_ROWS, &about::KEYS_ENTER, &about::KEYS_FILTER])}
            <p class="muted mono">{about::BUILD.with(&[("build", &BUILD)])}</p>
        </div>
    }
}
