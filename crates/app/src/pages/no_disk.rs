//! Where a page needs a disk and none is there yet: opening, failed, stopped, or forgotten by a reload.

use leptos::prelude::*;

use crate::app::context;
use crate::components::{Icon, icon};
use crate::messages::{general, open};
use crate::pages::refused::{self, Refused};
use crate::state::{Phase, Route};

/// What is the matter, and the way on.
#[component]
pub fn NoDisk() -> impl IntoView {
    let context = context();
    let told = context.told;
    let pick = move |text: String| {
        view! {
            <button type="button" class="button button--main" on:click=move |_| context.pick()>{text}</button>
        }
    };
    let say = move |title: String, why: String, button: String| {
        view! {
            <h1>{title}</h1>
            <p class="prose">{why}</p>
            <p class="actions">
                {pick(button)}
                <a class="button" href=Route::Open.href()>{general::NAV_OPEN.get()}</a>
            </p>
        }
        .into_any()
    };
    let name = move || told.picked.get().map(|picked| picked.name).unwrap_or_default();
    move || {
        let content = match told.phase.get() {
            Phase::Reading => view! {
                <h1>{icon(Icon::Disk)} {name()}</h1>
                <p class="prose">{general::WAIT_OVERVIEW.get()}</p>
            }
            .into_any(),
            Phase::Failed(failure) => view! {
                <h1>{refused::title(&failure, &name())}</h1>
                <Refused failure=failure />
            }
            .into_any(),
            Phase::Choosing => view! {
                <h1>{general::CHOOSE.get()}</h1>
                <p class="actions"><a class="button button--main" href=Route::Open.href()>{general::NAV_OPEN.get()}</a></p>
            }
            .into_any(),
            Phase::Cancelled if !name().is_empty() => say(
                open::STOPPED_TITLE.with(&[("name", &name())]),
                open::FAILED_NEXT.get().to_owned(),
                open::PICK.get().to_owned(),
            ),
            _ => match context.before_reload.get() {
                Some(name) => say(
                    general::RELOADED.get().to_owned(),
                    general::RELOADED_WHY.with(&[("name", &name)]),
                    general::PICK_FILE.with(&[("name", &name)]),
                ),
                None => say(
                    general::NEEDS_DISK.get().to_owned(),
                    general::NEEDS_DISK_WHY.get().to_owned(),
                    open::PICK.get().to_owned(),
                ),
            },
        };
        view! { <div class="page page--narrow">{content}</div> }
    }
}
