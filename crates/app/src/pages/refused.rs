//! A disk that could not be opened: why, what may help, and the way on. One that waits for another file names it.

use careen_protocol::{Failure, FailureKind, NeededFile};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{FailureBox, Icon, icon};
use crate::messages::{Text, general, open};

/// What the failure means for what was picked; the file that needs another one may be one of several.
pub fn title(failure: &Failure, picked: &str) -> String {
    match failure.needs {
        Some(_) => open::NEEDS_TITLE.with(&[("name", &failure.place)]),
        None => open::FAILED_TITLE.with(&[("name", &picked)]),
    }
}

/// All below the title.
#[component]
pub fn Refused(failure: Failure) -> impl IntoView {
    let context = context();
    if let Some(needs) = failure.needs {
        return view! { <Needs needs=needs reason=failure.reason /> }.into_any();
    }
    view! {
        {advice(failure.kind).map(|text| view! { <p class="prose">{text.get()}</p> })}
        <FailureBox failure=failure />
        <p class="prose">{open::FAILED_NEXT.get()}</p>
        <p class="actions">
            <button type="button" class="button button--main" on:click=move |_| context.pick()>{open::PICK.get()}</button>
        </p>
    }
    .into_any()
}

/// The file that is wanted, by every name it had.
#[component]
fn Needs(needs: NeededFile, reason: String) -> impl IntoView {
    let context = context();
    let files = context.engine().files();
    let at_hand = files.iter().map(web_sys::File::name).collect::<Vec<_>>().join(", ");
    let name = needs.name().map(str::to_owned);
    let pick = match &name {
        Some(name) => open::NEEDS_PICK.with(&[("name", name)]),
        None => open::NEEDS_PICK_UNKNOWN.get().to_owned(),
    };
    let row = |what: &'static Text, lines: Vec<String>| {
        (!lines.is_empty()).then(|| {
            view! {
                <div class="fact">
                    <dt>{what.get()}</dt>
                    <dd>{lines.into_iter().map(|line| view! { <div class="mono">{line}</div> }).collect_view()}</dd>
                </div>
            }
        })
    };
    view! {
        <div class="needs" role="alert" data-testid="needs-file">
            <p class="prose">{open::NEEDS_WHY.get()}</p>
            <p class="needs__name mono">
                {icon(Icon::Disk)} <span>{name.unwrap_or_else(|| open::NEEDS_NO_NAME.get().to_owned())}</span>
            </p>
            <dl class="facts">
                {row(&open::NEEDS_PATHS, needs.paths)}
                {row(&open::NEEDS_IDENTITY, needs.identities)}
                {(files.len() > 1).then(|| row(&open::NEEDS_AT_HAND, vec![at_hand]))}
                {row(&open::NEEDS_REASON, vec![reason])}
            </dl>
            <p class="actions">
                <button type="button" class="button button--main" on:click=move |_| context.pick_more()>{pick}</button>
                <button type="button" class="button" on:click=move |_| context.pick_other()>{open::NEEDS_OTHER.get()}</button>
            </p>
        </div>
    }
}

/// What may help when a disk is refused.
fn advice(kind: FailureKind) -> Option<&'static Text> {
    match kind {
        FailureKind::Corrupt => Some(&open::FAILED_CORRUPT),
        FailureKind::Io => Some(&open::FAILED_IO),
        FailureKind::Unsupported | FailureKind::OverLimit => Some(&open::FAILED_UNSUPPORTED),
        FailureKind::WorkerGone => Some(&open::FAILED_WORKER),
        FailureKind::NotLoaded => Some(&general::INCOMPLETE_WHY),
        FailureKind::NeedsFile | FailureKind::NotThere | FailureKind::Cancelled | FailureKind::NothingOpen => None,
    }
}
