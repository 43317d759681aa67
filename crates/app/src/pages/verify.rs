//! Whether an image can be given to the byte.

use careen_model::{Exactness, Verified, VerifiedLayer};
use careen_protocol::{Failure, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{FailureBox, Status};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{export, general, images};

/// Files shown of one layer.
const SHOWN: usize = 20;

/// The word for how well a layer is proven.
fn state_name(state: Exactness) -> (&'static str, &'static str) {
    match state {
        Exactness::Exact => ("good", export::VERIFY_EXACT.get()),
        Exactness::Rebuilt => ("note", export::VERIFY_REBUILT.get()),
        Exactness::Damaged => ("damage", export::VERIFY_DAMAGED.get()),
        Exactness::Missing => ("loss", export::VERIFY_MISSING.get()),
    }
}

#[derive(Clone)]
enum State {
    Idle,
    Verifying,
    Done(Verified),
    Failed(Failure),
}

/// The button and the answer. `chains` are the layers of the image, the lowest first.
#[component]
pub fn Verify(scope: String, chains: Vec<String>) -> impl IntoView {
    let context = context();
    let state = RwSignal::new(State::Idle);
    let aside = context.aside();
    let progress = aside.progress;
    let test_id = format!("verify-{scope}");
    let verify = move |_| {
        state.set(State::Verifying);
        let (aside, scope) = (context.aside(), scope.clone());
        spawn_local(async move {
            let answer = match aside.ask(Request::Verify { scopes: vec![scope] }).await {
                Ok(answer) => match answer.reply {
                    Reply::Verified(verified) => State::Done(verified),
                    other => State::Failed(unexpected(&other)),
                },
                Err(failure) => State::Failed(failure),
            };
            aside.end_when_idle();
            state.try_set(answer);
        });
    };
    let read = move || {
        let progress = progress.get();
        let size = format::size(progress.as_ref().map_or(0, |progress| progress.bytes_read));
        let share = progress.and_then(|progress| Some((progress.done, progress.total?)));
        let text = export::VERIFYING.with(&[("size", &size)]);
        share.map_or(text.clone(), |(done, total)| format!("{text} ({done}/{total})"))
    };
    view! {
        <h3>{export::VERIFY_TITLE.get()}</h3>
        {move || match state.get() {
            State::Idle => view! {
                <p class="muted">{export::VERIFY_TEXT.get()}</p>
                <p class="actions"><button type="button" class="button" data-testid=test_id.clone() on:click=verify.clone()>{export::VERIFY.get()}</button></p>
            }.into_any(),
            State::Verifying => view! {
                <p class="job__progress" role="status">
                    <progress /> <span>{read}</span>
                    <button type="button" class="button" on:click=move |_| context.aside().end()>{general::CANCEL.get()}</button>
                </p>
            }.into_any(),
            State::Failed(failure) => view! { <FailureBox failure=failure /> }.into_any(),
            State::Done(verified) => view! { <Answer verified=verified chains=chains.clone() /> }.into_any(),
        }}
    }
}

#[component]
fn Answer(verified: Verified, chains: Vec<String>) -> impl IntoView {
    let (total, bad) =
        (verified.layers.len(), verified.layers.iter().filter(|layer| layer.state != Exactness::Exact).count());
    let sum = match (total, bad) {
        (0, _) => export::VERIFY_NONE.get().to_owned(),
        (_, 0) => export::VERIFY_ALL_EXACT.with(&[("n", &total)]),
        _ => export::VERIFY_NOT_EXACT.with(&[("n", &bad), ("total", &total)]),
    };
    let number = |layer: &VerifiedLayer| chains.iter().position(|chain| *chain == layer.chain_id);
    let mut layers = verified.layers.clone();
    layers.sort_by_key(|layer| std::cmp::Reverse(number(layer)));
    let lines = layers.into_iter().map(|layer| {
        let (tone, word) = state_name(layer.state);
        let name = number(&layer).map_or_else(|| format::short_id(&layer.chain_id), |at| images::LAYER.with(&[("n", &(at + 1))]));
        let files = layer.files.iter().take(SHOWN).map(|file| {
            view! { <li><span class="mono">{file.path.clone()}</span> " " <span class="muted">{file.reason.clone()}</span></li> }
        });
        let files = files.collect_view();
        let digest = layer.diff_id.clone().unwrap_or_default();
        view! {
            <li data-state=format!("{:?}", layer.state).to_lowercase() data-key=digest.clone()>
                <Status tone=tone text=word /> " " <span title=digest.clone()>{name}</span>
                {layer.size.map(|size| view! { " " <span class="muted">{format::size(size)}</span> })}
                {layer.reason.clone().map(|reason| view! { <p class="muted">{reason}</p> })}
                <ul class="plain">{files}</ul>
            </li>
        }
    });
    let lines = lines.collect_view();
    view! {
        <p class="prose" role="status" data-testid="verified">{sum}</p>
        <ul class="plain verified">{lines}</ul>
    }
}
