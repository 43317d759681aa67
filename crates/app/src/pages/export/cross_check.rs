//! What was chosen, against a second reader.

use careen_model::{CrossCheck, DifferenceKind};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{FailureBox, Status};
use crate::format;
use crate::messages::{Text, export, general};
use crate::witness::{Outcome, parts};

/// Differences shown of one thing.
const SHOWN: usize = 100;

/// The word for why two readers differ.
fn kind_name(kind: DifferenceKind) -> &'static Text {
    match kind {
        DifferenceKind::UnwrittenExtent => &export::DIFFERS_UNWRITTEN,
        DifferenceKind::Shorter => &export::DIFFERS_SHORTER,
        DifferenceKind::FastCommits => &export::DIFFERS_FAST_COMMITS,
        DifferenceKind::Refused => &export::DIFFERS_REFUSED,
        DifferenceKind::NotReadable => &export::DIFFERS_NOT_READABLE,
        DifferenceKind::Unexplained => &export::DIFFERS_UNEXPLAINED,
    }
}

/// The button, how far it is, and what came of it.
#[component]
pub fn CrossChecking() -> impl IntoView {
    let context = context();
    let witness = context.witness;
    let is_running = Memo::new(move |_| witness.now.with(Option::is_some));
    let has_items = Memo::new(move |_| context.basket.items.with(|items| !items.is_empty()));
    let is_there = move || has_items.get() || is_running.get() || witness.outcomes.with(|all| !all.is_empty());
    let running = move || {
        let (label, behind) = witness.now.get().unwrap_or_default();
        let (files, path) = witness.files();
        let text = export::CROSS_RUNNING.with(&[("name", &label), ("n", &format::number(files))]);
        let text = if path.is_empty() { text } else { export::CROSS_AT.with(&[("text", &text), ("path", &path)]) };
        match behind {
            0 => text,
            n => format!("{text} {}", export::CROSS_BEHIND.with(&[("n", &n)])),
        }
    };
    let section = move || {
        view! {
            <section class="panel" data-testid="cross">
                <h2>{export::CROSS_TITLE.get()}</h2>
                <p class="muted prose">{export::CROSS_TEXT.get()}</p>
                {move || if is_running.get() {
                    view! {
                        <p class="job__progress" role="status">
                            <progress /> <span>{running}</span>
                            <button type="button" class="button" data-testid="stop-cross-check" on:click=move |_| witness.stop()>{general::CANCEL.get()}</button>
                        </p>
                    }.into_any()
                } else {
                    view! {
                        <p class="actions">
                            <button type="button" class="button" data-testid="cross-check" disabled=move || !has_items.get()
                                on:click=move |_| witness.begin(context.basket.items.with_untracked(|items| parts(items)))>{export::CROSS.get()}</button>
                        </p>
                    }.into_any()
                }}
                {move || witness.was_stopped.get().then(|| view! { <p class="muted">{export::CROSS_STOPPED.get()}</p> })}
                <ul class="plain crossed">
                    {move || witness.outcomes.get().into_iter().map(|outcome| view! { <OutcomeView outcome=outcome /> }).collect_view()}
                </ul>
            </section>
        }
    };
    let is_there = Memo::new(move |_| is_there());
    move || is_there.get().then(section)
}

#[component]
fn OutcomeView(outcome: Outcome) -> impl IntoView {
    let has_crashed = outcome.has_crashed();
    let label = outcome.label;
    let shown = if format::is_long_id(&label) { format::short_id(&label) } else { label.clone() };
    let (state, tone, word) = match &outcome.result {
        Err(_) => ("failed", "note", &export::CROSS_FAILED),
        Ok(check) if check.different > check.explained => ("different", "damage", &export::CROSS_DIFFERENT),
        Ok(check) if check.different > 0 => ("explained", "note", &export::CROSS_EXPLAINED),
        Ok(check) if check.files == 0 => ("nothing", "note", &export::CROSS_NOTHING),
        Ok(_) => ("same", "good", &export::CROSS_SAME),
    };
    let body = match outcome.result {
        Err(_) if has_crashed => view! { <p class="prose">{export::CROSS_CRASHED.get()}</p> }.into_any(),
        Err(failure) => view! { <FailureBox failure=failure /> }.into_any(),
        Ok(check) => view! { <Compared check=check /> }.into_any(),
    };
    view! {
        <li data-testid="cross-checked" data-state=state data-key=label.clone()>
            <Status tone=tone text=word.get() /> " " <strong title=label.clone()>{shown}</strong>
            {body}
        </li>
    }
}

#[component]
fn Compared(check: CrossCheck) -> impl IntoView {
    let sum = export::CROSS_SUM.with(&[
        ("same", &format::number(check.same)),
        ("files", &format::number(check.files)),
        ("size", &format::size(check.bytes)),
        ("reader", &check.reader),
    ]);
    let told = check.different.min(SHOWN as u64);
    let more = check.different.saturating_sub(told);
    let differences = check.differences.into_iter().take(SHOWN).map(|difference| {
        let tone = if difference.kind.is_explained() { "note" } else { "damage" };
        let digest = |digest: Option<String>| digest.unwrap_or_else(|| format::UNKNOWN.to_owned());
        let digests = format!("Careen: {}\n{}: {}", digest(difference.ours), check.reader, digest(difference.theirs));
        view! {
            <li data-path=difference.path.clone() title=digests>
                <span class="mono">{difference.path.clone()}</span> " "
                <Status tone=tone text=kind_name(difference.kind).get() />
                <p class="muted">{difference.reason}</p>
            </li>
        }
    });
    let differences = differences.collect_view();
    let not_compared = check.not_compared.into_iter().take(SHOWN).map(|row| {
        view! { <li><span class="mono">{row.what}</span> " " <span class="muted">{row.reason}</span></li> }
    });
    let not_compared = not_compared.collect_view();
    let is_partial = !not_compared.is_empty();
    view! {
        <p class="prose" role="status">{sum}</p>
        <ul class="plain">{differences}</ul>
        {(more > 0).then(|| view! { <p class="muted">{export::CROSS_MORE.with(&[("n", &format::number(more))])}</p> })}
        {is_partial.then(|| view! { <p>{export::CROSS_NOT_COMPARED.get()}</p> })}
        <ul class="plain">{not_compared}</ul>
    }
}
