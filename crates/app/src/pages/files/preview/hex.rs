//! Any part of a file in hexadecimal, beside what its first bytes say that it is.

use leptos::prelude::*;

use super::File;
use super::structure::structure;
use crate::components::{Facts, FailureBox, HexView, fact};
use crate::format;
use crate::messages::{files, general};

/// Bytes shown at once.
const PART: u64 = 4 << 10;

/// The bytes; `head` are the first of them, where they can be read.
#[component]
pub fn HexPart(file: File, head: Vec<u8>) -> impl IntoView {
    let offset = RwSignal::new(0_u64);
    let size = file.size;
    let part = LocalResource::new(move || {
        let (file, offset) = (file.clone(), offset.get());
        async move { file.read(offset, PART).await.map(|bytes| bytes.to_vec()) }
    });
    let known = structure(&head).map(|known| {
        let fields = known.fields.into_iter().map(|(name, value)| fact(name.get(), value)).collect_view();
        view! { <Facts>{fact(files::FORMAT.get(), known.name)} {fields}</Facts> }
    });
    view! {
        {known}
        <div class="preview__tools">
            <span class="muted">{move || files::FROM.with(&[("offset", &format::number(offset.get()))])}</span>
            {(size > PART).then(|| view! {
                <button type="button" class="button" disabled=move || offset.get() == 0
                    on:click=move |_| offset.update(|at| *at = at.saturating_sub(PART))>{files::PREVIOUS.get()}</button>
                <button type="button" class="button" disabled=move || offset.get() + PART >= size
                    on:click=move |_| offset.update(|at| *at += PART)>{files::NEXT.get()}</button>
            })}
        </div>
        {move || match part.get() {
            None => view! { <p class="muted" role="status">{general::LOADING.get()}</p> }.into_any(),
            Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
            Some(Ok(bytes)) => view! { <HexView bytes=bytes offset=offset.get() /> }.into_any(),
        }}
    }
}
