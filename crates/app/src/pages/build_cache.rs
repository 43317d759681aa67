//! What BuildKit keeps of builds: its cache, and the builds it remembers.

use std::sync::Arc;

use careen_model::{BuildCacheRecord, BuildRecord};
use leptos::prelude::*;

use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, Facts, Split, fact};
use crate::format;
use crate::messages::{build_cache, containers, general};
use crate::state::Route;

/// The page.
#[component]
pub fn BuildCache() -> impl IntoView {
    let context = context();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(build_cache::STEP.get(), 16.0, 4.0).pinned(),
        Column::text(build_cache::KIND.get(), 8.0, 0.0),
        Column::number(containers::SIZE.get(), 6.0),
        Column::number(build_cache::USES.get(), 5.0),
        Column::text(build_cache::LAST_USED.get(), 9.5, 1.0),
        Column::text(build_cache::STATE.get(), 7.0, 0.0),
        Column::text(containers::ID.get(), 9.0, 0.0),
    ]);
    let rows = Memo::new(move |_| Arc::new(context.told.survey().build_cache.iter().map(row).collect::<Vec<_>>()));
    let rows = Rows::local(rows.into(), state);
    let selected = Signal::derive(move || match context.route.get() {
        Route::BuildCache(id) => id,
        _ => None,
    });
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        context.told.survey().build_cache.iter().find(|record| record.id == id).cloned()
    });
    let builds = context.told.survey().builds.clone();
    view! {
        <div class="page page--list">
            <h1>{build_cache::TITLE.get()}</h1>
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|record| view! { <RecordDetail record=record /> })
            >
                <Table
                    test_id="table-build-cache"
                    columns=columns
                    rows=rows
                    state=state
                    selected=selected
                    on_select=Callback::new(move |row: Row| context.replace(Route::BuildCache(Some(row.key))))
                    empty=build_cache::NONE.get()
                />
            </Split>
            <Builds builds=builds />
        </div>
    }
}

fn row(record: &BuildCacheRecord) -> Row {
    let (tone, state) = state_of(record);
    Row::new(
        record.id.clone(),
        vec![
            record.description.clone().map_or(Cell::Unknown, Cell::Mono),
            Cell::Text(record.kind.clone()),
            Cell::Size(record.size),
            Cell::Count(Some(record.usage_count)),
            Cell::Time(record.last_used.as_deref().and_then(format::milliseconds)),
            Cell::Status(tone, state.to_owned()),
            Cell::Mono(record.id.clone()),
        ],
    )
}

fn state_of(record: &BuildCacheRecord) -> (&'static str, &'static str) {
    match (record.in_use, record.shared) {
        (true, _) => ("note", build_cache::IN_USE.get()),
        (false, true) => ("plain", build_cache::SHARED.get()),
        (false, false) => ("plain", build_cache::FREE.get()),
    }
}

#[component]
fn RecordDetail(record: BuildCacheRecord) -> impl IntoView {
    let context = context();
    let time = |time: &Option<String>| {
        let known = time.as_deref().and_then(format::milliseconds);
        known.map_or_else(
            || format::UNKNOWN.to_owned(),
            |time| format!("{} ({})", format::time(time), format::ago(time)),
        )
    };
    let parent = |id: String| {
        let href = Route::BuildCache(Some(id.clone())).href();
        view! { <li><a class="link mono" href=href>{id}</a></li> }
    };
    let has_parents = !record.parents.is_empty();
    let parents = record.parents.iter().cloned().map(parent).collect_view();
    let layer = record.chain_id.clone().map(|chain| Route::files(format!("layer:{chain}")).href());
    view! {
        <Detail title=record.id.clone() close=Callback::new(move |()| context.replace(Route::BuildCache(None)))>
            {layer.map(|href| view! { <p class="actions"><a class="button button--main" href=href>{general::BROWSE_FILES.get()}</a></p> })}
            {record.description.clone().map(|step| view! { <pre class="preview" tabindex="0">{step}</pre> })}
            <Facts>
                {fact(build_cache::KIND.get(), record.kind.clone())}
                {fact(build_cache::STATE.get(), state_of(&record).1)}
                {fact(containers::SIZE.get(), record.size.map_or_else(|| format::UNKNOWN.to_owned(), format::exact_size))}
                {fact(build_cache::USES.get(), format::number(record.usage_count))}
                {fact(containers::CREATED.get(), time(&record.created))}
                {fact(build_cache::LAST_USED.get(), time(&record.last_used))}
                {fact(containers::STORE.get(), record.store.clone())}
            </Facts>
            {has_parents.then(|| view! { <h3>{build_cache::PARENTS.get()}</h3> <ul class="plain">{parents}</ul> })}
        </Detail>
    }
}

/// Builds that are remembered.
#[component]
fn Builds(builds: Vec<BuildRecord>) -> impl IntoView {
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(build_cache::BUILD.get(), 12.0, 3.0),
        Column::text(containers::STARTED.get(), 9.5, 1.0),
        Column::text(containers::FINISHED.get(), 9.5, 1.0),
        Column::text(build_cache::STEPS.get(), 8.0, 0.0),
        Column::text(build_cache::FAILED.get(), 12.0, 2.0),
    ]);
    let rows = builds.into_iter().map(|build| {
        let time = |time: &Option<String>| Cell::Time(time.as_deref().and_then(format::milliseconds));
        let name = if build.names.is_empty() { build.id.clone() } else { build.names.join(", ") };
        let steps = format!("{} / {} ({})", build.steps.completed, build.steps.total, build.steps.cached);
        let cells = vec![
            Cell::Text(name),
            time(&build.started),
            time(&build.finished),
            Cell::Text(steps),
            build.error.map_or(Cell::Nothing, Cell::Text),
        ];
        Row::new(build.id, cells)
    });
    let rows = Arc::new(rows.collect::<Vec<_>>());
    let is_empty = rows.is_empty();
    let rows = Rows::local(Signal::derive(move || Arc::clone(&rows)), state);
    (!is_empty).then(|| {
        view! {
            <h2>{build_cache::BUILDS.get()}</h2>
            <div class="space__table"><Table test_id="table-builds" columns=columns rows=rows state=state /></div>
        }
    })
}
