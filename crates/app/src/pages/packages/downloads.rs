//! The package files, each a button.

use careen_protocol::{Failure, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{Icon, failure_text, icon};
use crate::engine::{bytes, describe, unexpected};
use crate::messages::packages;
use crate::saving::save_bytes;
use crate::state::PackageTab;

const ZIP: &str = "careen-packages.zip";

/// Where the lists of parts lie; a file is saved without it.
const PARTS: &str = "sbom/";

/// Whether a file belongs to a view; the list of all packages offers every file.
fn belongs(name: &str, tab: PackageTab) -> bool {
    match tab {
        PackageTab::List => true,
        PackageTab::Matrix => name.ends_with("_matrix.csv"),
        PackageTab::Common => name == "common_packages.csv",
        PackageTab::Unique => name == "per_image_unique_packages.csv",
        PackageTab::Drift => name == "version_drift.csv",
        PackageTab::Standard => name == "standard_set.csv",
    }
}

/// The buttons; there once all packages were compared.
#[component]
pub fn Downloads(tab: Memo<PackageTab>) -> impl IntoView {
    let context = context();
    let is_there = Memo::new(move |_| context.told.comparison.with(Option::is_some));
    let names = LocalResource::new(move || {
        let is_there = is_there.get();
        let engine = context.engine();
        async move {
            if !is_there {
                return Ok(Vec::new());
            }
            match engine.ask(Request::PackageFiles).await?.reply {
                Reply::Names(names) => Ok(names),
                other => Err(unexpected(&other)),
            }
        }
    });
    let failed = RwSignal::new(None::<String>);
    let say = move |reason: String| {
        failed.try_set(Some(packages::DOWNLOAD_FAILED.with(&[("reason", &reason)])));
    };
    let explain = |failure: Failure| format!("{} {}", failure_text(failure.kind), failure.reason);
    let save = move |name: String, request: Request, kind: &'static str| {
        let engine = context.engine();
        failed.set(None);
        spawn_local(async move {
            match engine.ask(request).await.and_then(bytes) {
                Ok((_, bytes)) => {
                    if let Err(error) = save_bytes(&name, kind, &bytes) {
                        say(describe(&error));
                    }
                }
                Err(failure) => say(explain(failure)),
            }
        });
    };
    let parts_of = |name: &str| name.strip_prefix(PARTS).map(str::to_owned);
    let button = move |name: String, shown: String, request: Request, kind: &'static str| {
        let test_id = format!("download-{name}");
        view! {
            <button type="button" class="chip" class:chip--main=name == ZIP data-testid=test_id on:click=move |_| save(name.clone(), request.clone(), kind)>
                {icon(Icon::Download)} {shown}
            </button>
        }
    };
    move || match names.get() {
        Some(Ok(names)) if !names.is_empty() => {
            let part = |name: String| {
                let own = parts_of(&name)?;
                Some(button(own.clone(), own, Request::PackageFile { name: Some(name) }, "application/json"))
            };
            let parts: Vec<_> = names.iter().cloned().filter_map(part).collect();
            let is_list = tab.get() == PackageTab::List;
            let parts = (is_list && !parts.is_empty()).then(|| {
                let title = packages::PARTS.with(&[("count", &parts.len())]);
                fold(title, Some(packages::PARTS_WHY.get()), parts).into_any()
            });
            let file = |name: String| {
                button(name.clone(), name.clone(), Request::PackageFile { name: Some(name) }, "text/csv;charset=utf-8")
            };
            let shown = names.into_iter().filter(|name| parts_of(name).is_none() && belongs(name, tab.get()));
            let files: Vec<_> = shown.map(file).collect();
            let files = match is_list {
                true => fold(packages::TABLES.with(&[("count", &files.len())]), None, files).into_any(),
                false => files.into_any(),
            };
            view! {
                <div class="chips" role="group" aria-label=packages::DOWNLOADS.get()>
                    {button(ZIP.to_owned(), packages::DOWNLOAD_ALL.get().to_owned(), Request::PackageFile { name: None }, "application/zip")}
                    {files}
                    {parts}
                </div>
                <p class="failure__text" role="status">{failed}</p>
            }
            .into_any()
        }
        Some(Err(failure)) => view! { <p class="failure__text" role="status">{explain(failure)}</p> }.into_any(),
        _ => ().into_any(),
    }
}

/// Many files behind a word.
fn fold(title: String, why: Option<&'static str>, files: impl IntoView) -> impl IntoView {
    view! {
        <details class="chips__fold">
            <summary class="chip" title=why>{title}</summary>
            <div class="chips chips--many">{files}</div>
        </details>
    }
}
