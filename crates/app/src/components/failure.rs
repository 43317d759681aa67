//! When there is nothing to show: why, and what to do.

use careen_protocol::{Failure, FailureKind};
use leptos::prelude::*;

use super::{Icon, icon};
use crate::messages::general;

/// The sentence for a kind of failure.
pub fn failure_text(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Io => general::FAIL_IO.get(),
        FailureKind::Unsupported => general::FAIL_UNSUPPORTED.get(),
        FailureKind::Corrupt => general::FAIL_CORRUPT.get(),
        FailureKind::NeedsFile => general::FAIL_NEEDS_FILE.get(),
        FailureKind::OverLimit => general::FAIL_LIMIT.get(),
        FailureKind::NotThere => general::FAIL_NOT_THERE.get(),
        FailureKind::Cancelled => general::FAIL_CANCELLED.get(),
        FailureKind::NothingOpen => general::FAIL_NOTHING_OPEN.get(),
        FailureKind::WorkerGone => general::FAIL_WORKER.get(),
        FailureKind::NotLoaded => general::INCOMPLETE.get(),
    }
}

/// A failure: a sentence, then place and reason as the reader gave them.
#[component]
pub fn FailureBox(failure: Failure) -> impl IntoView {
    let Failure { kind, place, reason, .. } = failure;
    view! {
        <div class="failure" role="alert">
            <p class="failure__text">{icon(Icon::Loss)} {failure_text(kind)}</p>
            {(!reason.is_empty()).then(|| view! { <p class="failure__reason">{reason}</p> })}
            {(!place.is_empty()).then(|| view! { <p class="failure__place mono">{place}</p> })}
        </div>
    }
}

/// A sentence where a list would be.
#[component]
pub fn Empty(
    /// What is said.
    #[prop(into)]
    text: String,
    /// What can be done.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
