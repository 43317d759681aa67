//! Which layer brought, changed or removed a file; each version can be looked at and taken out.

use careen_model::FileVersion;
use careen_protocol::{Reply, Request};
use leptos::prelude::*;

use crate::app::context;
use crate::components::FailureBox;
use crate::engine::unexpected;
use crate::format;
use crate::messages::{files, general, packages};
use crate::pages::command;
use crate::state::Route;

/// The versions, the newest first; nothing where a scope has no layers.
#[component]
pub fn Versions(scope: String, path: Vec<u8>) -> impl IntoView {
    if !["image:", "container:"].iter().any(|kind| scope.starts_with(kind)) {
        return ().into_any();
    }
    let context = context();
    let (asked_scope, asked_path) = (scope.clone(), path.clone());
    let versions = LocalResource::new(move || {
        let (engine, scope, path) = (context.engine(), asked_scope.clone(), asked_path.clone());
        async move {
            match engine.ask(Request::Versions { scope, path }).await?.reply {
                Reply::Versions(versions) => Ok(versions),
                other => Err(unexpected(&other)),
            }
        }
    });
    view! {
        <h3>{files::VERSIONS.get()}</h3>
        {move || match versions.get() {
            None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
            Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
            Some(Ok(versions)) => {
                let now = versions.len().saturating_sub(1);
                let list = versions.into_iter().enumerate().rev().map(|(at, version)| shown(&scope, &path, version, at == now));
                view! { <ol class="layers" data-testid="versions">{list.collect_view()}</ol> }.into_any()
            }
        }}
    }
    .into_any()
}

fn shown(scope: &str, path: &[u8], version: FileVersion, is_newest: bool) -> impl IntoView + use<> {
    let number = packages::LAYER_OF.with(&[("n", &version.layer), ("total", &version.layers)]);
    let number = if version.diff_id.is_none() { files::OWN_LAYER.get().to_owned() } else { number };
    // In the directory of its layer; the newest is what the pane shows already.
    let directory = match (&version.chain_id, scope.split_once(':')) {
        (Some(chain_id), _) => Some(format!("layer:{chain_id}")),
        (None, Some(("container", id))) => Some(format!("changes:{id}")),
        _ => None,
    };
    let link = directory.filter(|_| version.entry.is_some() && !is_newest).map(|scope| {
        let (above, _) = path.iter().rposition(|byte| *byte == b'/').map_or((&[][..], path), |at| path.split_at(at));
        Route::Files { scope: Some(scope), path: above.to_vec(), at: Some(path.to_vec()) }.href()
    });
    let title = version.diff_id.unwrap_or_default();
    let head = match link {
        Some(link) => view! { <a class="link" href=link title=title>{number}</a> }.into_any(),
        None => view! { <span title=title>{number}</span> }.into_any(),
    };
    let what = match &version.entry {
        None => files::REMOVED.get().to_owned(),
        Some(entry) => {
            let time = format::time(format::milliseconds_of(entry.mtime_ns));
            entry.size.map_or_else(|| time.clone(), |size| format!("{} · {time}", format::size(size)))
        }
    };
    let by = version.created_by.unwrap_or_default();
    let line = command(&by);
    view! {
        <li class="layer" data-layer=version.layer.to_string()>
            <div class="layer__head">{head} <span class="layer__size">{what}</span></div>
            {(!line.is_empty()).then(|| view! { <code class="layer__command" title=by>{line}</code> })}
        </li>
    }
}
