//! The way back to an image: a zip of Dockerfiles, lists of packages and what they copy.

use careen_protocol::RebuildOf;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::export::{choose, no_place};
use crate::app::context;
use crate::components::{Icon, icon};
use crate::messages::export;
use crate::saving::Way;
use crate::state::{Content, Plan, file_name};

/// The button; `label` is what people call the image.
#[component]
pub fn Rebuild(scope: String, label: String) -> impl IntoView {
    let context = context();
    let said = RwSignal::new(None::<String>);
    let save = move |_| {
        said.set(None);
        let plan = Plan {
            name: format!("{}.zip", file_name(&format!("rebuild-{label}"))),
            labels: vec![label.clone()],
            of: Content::Rebuild(RebuildOf { scopes: vec![scope.clone()] }),
            weight: None,
        };
        spawn_local(async move {
            match choose(Way::best(true), &plan.name).await {
                Ok(target) => context.exporter().add(vec![plan], &target),
                // The pane may have been closed meanwhile.
                Err(trouble) => drop(said.try_set(Some(no_place(&trouble)))),
            }
        });
    };
    view! {
        <div class="take">
            <button type="button" class="button" data-testid="save-rebuild" title=export::REBUILD_HINT.get() on:click=save>
                {icon(Icon::Download)} {export::REBUILD.get()}
            </button>
        </div>
        <p class="failure__text take__said" role="status">{said}</p>
    }
}
