//! What is most likely wrong with the disk: a card a cause, above the table of findings.

use std::sync::Arc;

use careen_model::{Diagnosis, Doctor, ErrorText, Severity, Sureness};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{Icon, icon};
use crate::format;
use crate::messages::{self, findings};
use crate::state::{Phase, severity_word};

/// Findings shown on a card; the table has them all.
const SIGNS_SHOWN: usize = 3;

/// A card for each cause, the first one open.
#[component]
pub fn Causes() -> impl IntoView {
    let told = context().told;
    move || {
        told.doctor.get().map(|doctor| {
            let cards = doctor.diagnoses.iter().enumerate().map(|(at, diagnosis)| card(&doctor, diagnosis, at == 0));
            view! {
                <section class="causes" aria-label=findings::CAUSES.get()>{cards.collect_view()}</section>
            }
        })
    }
}

/// The look at every file, which is not done unasked.
#[component]
pub fn Check() -> impl IntoView {
    let context = context();
    let told = context.told;
    let can_start = move || !told.phase.with(|phase| matches!(phase, Phase::Reading));
    move || {
        told.survey.with(Option::is_some).then(|| match told.checked.get() {
            true => {
                view! { <p class="muted" data-testid="checked">{icon(Icon::Check)} " " {findings::CHECKED.get()}</p> }
                    .into_any()
            }
            false => view! {
                <p class="actions">
                    <button type="button" class="button" data-testid="check-files" disabled=move || !can_start()
                        on:click=move |_| context.engine().check()>{findings::CHECK.get()}</button>
                    <span class="muted">{findings::CHECK_WHY.get()}</span>
                </p>
            }
            .into_any(),
        })
    }
}

/// How grave a diagnosis is: as its gravest finding; `None` when nothing wrong was found.
pub fn weight(doctor: &Doctor, diagnosis: &Diagnosis) -> Option<Severity> {
    doctor.findings_of(diagnosis).map(|finding| finding.code.severity).max()
}

/// The shape for a weight, and the word that colors it.
pub fn mark(weight: Option<Severity>) -> (Icon, &'static str) {
    let shape = match weight {
        None => return (Icon::Check, "good"),
        Some(Severity::Note) => Icon::Note,
        Some(Severity::Damage) => Icon::Damage,
        Some(Severity::Loss) => Icon::Loss,
    };
    (shape, weight.map_or("good", severity_word))
}

fn sureness(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Certain => findings::CERTAIN.get(),
        Sureness::Likely => findings::LIKELY.get(),
        Sureness::Possible => findings::POSSIBLE.get(),
    }
}

fn card(doctor: &Arc<Doctor>, diagnosis: &Diagnosis, is_open: bool) -> impl IntoView + use<> {
    let language = messages::language();
    let cause = diagnosis.cause;
    let (shape, tone) = mark(weight(doctor, diagnosis));
    let count = diagnosis.findings.len();
    let signs = doctor.findings_of(diagnosis).take(SIGNS_SHOWN).map(|finding| finding.message(language));
    let signs = signs.map(|text| view! { <li>{text}</li> }).collect_view();
    let more = count.saturating_sub(SIGNS_SHOWN);
    let more = (more > 0).then(|| {
        let text = findings::MORE_SIGNS.with(&[("n", &format::number(more as u64))]);
        view! { <li class="muted">{text}</li> }
    });
    view! {
        <details class=format!("cause cause--{tone}") open=is_open data-testid="cause" data-key=cause.name>
            <summary class="cause__title">
                {icon(shape)} <span>{cause.title(language)}</span>
                <span class="cause__sureness">{sureness(diagnosis.sureness)}</span>
            </summary>
            <div class="cause__body">
                <div>
                    <p class="prose">{cause.explanation(language)}</p>
                    <h3>{findings::NEXT_STEP.get()}</h3>
                    <p class="prose">{cause.next(language)}</p>
                </div>
                <div>
                    {(count > 0).then(|| view! { <h3>{findings::SIGNS.get()}</h3> <ul class="cause__list prose">{signs} {more}</ul> })}
                    {(!cause.errors.is_empty()).then(|| {
                        view! {
                            <h3>{findings::ERRORS.get()}</h3>
                            <ul class="cause__list">{cause.errors.iter().map(error).collect_view()}</ul>
                        }
                    })}
                </div>
            </div>
        </details>
    }
}

/// A text of another program. Its source is named and not linked: the page asks nobody anything.
fn error(error: &'static ErrorText) -> impl IntoView {
    view! {
        <li>
            <span class="muted">{error.said_by}</span> " " <code class="cause__error">{error.text}</code>
            <span class="cause__source muted">{findings::SOURCE.with(&[("url", &error.source)])}</span>
        </li>
    }
}
