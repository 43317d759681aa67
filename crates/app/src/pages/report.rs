//! Everything that is known of a disk in one zip to keep: the report as HTML and Markdown, all tables, lists of parts.

use careen_protocol::ReportOf;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::export::{choose, no_place};
use crate::app::context;
use crate::components::{Icon, icon};
use crate::messages::export;
use crate::saving::Way;
use crate::state::{Content, Plan, Route, file_name};

/// The button.
#[component]
pub fn Report() -> impl IntoView {
    let context = context();
    let said = RwSignal::new(None::<String>);
    let save = move |_| {
        said.set(None);
        let disk = context.told.picked.get_untracked().map(|picked| picked.name).unwrap_or_default();
        // Whole seconds are enough for a date.
        let made = (js_sys::Date::now() / 1000.0) as i64;
        let plan = Plan {
            name: format!("{}.zip", file_name(&format!("report-{disk}"))),
            labels: vec![export::REPORT_OF.with(&[("name", &disk)])],
            of: Content::Report(ReportOf { language: context.settings.language.get_untracked(), made }),
            weight: None,
        };
        spawn_local(async move {
            match choose(Way::best(true), &plan.name).await {
                Ok(target) => {
                    context.exporter().add(vec![plan], &target);
                    // Its progress is there.
                    context.go(Route::Export);
                }
                // The page may have been left meanwhile.
                Err(trouble) => drop(said.try_set(Some(no_place(&trouble)))),
            }
        });
    };
    view! {
        <p class="actions">
            <button type="button" class="button" data-testid="save-report" title=export::REPORT_HINT.get() on:click=save>
                {icon(Icon::Download)} {export::REPORT.get()}
            </button>
        </p>
        <p class="failure__text" role="status">{said}</p>
    }
}
