//! What a container changed in its files.

use std::sync::Arc;

use careen_model::{Change, ChangeKind};
use careen_protocol::{ChangeColumn, List, Order, Reply, Request, Rows};
use leptos::prelude::*;

use super::log::{Trail, name_of};
use crate::app::context;
use crate::components::table::{Cell, Column, Remote, Row, Table, TableState};
use crate::engine::unexpected;
use crate::messages::containers;
use crate::state::Route;

/// The page.
#[component]
pub fn Changes() -> impl IntoView {
    let context = context();
    let id = Memo::new(move |before: Option<&String>| match context.route.get() {
        Route::Changes(id) => id,
        _ => before.cloned().unwrap_or_default(),
    });
    move || view! { <ChangesOf id=id.get() /> }
}

#[component]
fn ChangesOf(id: String) -> impl IntoView {
    let context = context();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(containers::CHANGE.get(), 8.0, 0.0),
        Column::text(containers::CHANGED_PATH.get(), 20.0, 1.0),
    ]);
    let (container, scope) = (id.clone(), id.clone());
    let remote = Remote::new(move |from, count| {
        let order = match state.sort.get_untracked() {
            Some(sort) if sort.column == 0 => Order { by: ChangeColumn::Kind, descending: sort.descending },
            sort => Order { by: ChangeColumn::Path, descending: sort.is_some_and(|sort| sort.descending) },
        };
        let list = List::Changes { container: container.clone(), order };
        let request = Request::Rows { list, filter: state.filter.get_untracked(), from, count };
        let (engine, container) = (context.engine(), container.clone());
        Box::pin(async move {
            match engine.ask(request).await?.reply {
                Reply::Rows { total, rows: Rows::Changes(rows), .. } => {
                    Ok((total, rows.iter().map(|change| row(&container, change)).collect()))
                }
                other => Err(unexpected(&other)),
            }
        })
    });
    Effect::new(move |_| {
        state.filter.track();
        state.sort.track();
        remote.reset();
    });
    let open = Callback::new(move |row: Row| context.go(shown(&scope, &row.key)));
    view! {
        <div class="page page--list">
            <Trail id=id.clone() />
            <div>
                <h1>{containers::CHANGES_TITLE.with(&[("name", &name_of(&id))])}</h1>
                <p class="muted prose">{containers::CHANGES_LEAD.get()}</p>
            </div>
            <Table
                test_id="table-changes"
                columns=columns
                rows=remote.rows()
                state=state
                on_open=open
                empty=containers::CHANGES_NONE.get()
            />
        </div>
    }
}

fn row(container: &str, change: &Change) -> Row {
    let (tone, text) = match change.kind {
        ChangeKind::Added => ("good", &containers::ADDED),
        ChangeKind::Changed => ("note", &containers::CHANGED),
        ChangeKind::Deleted => ("damage", &containers::DELETED),
    };
    let path = match change.kind {
        // It is no longer there to be looked at.
        ChangeKind::Deleted => Cell::Mono(change.path.clone()),
        _ => Cell::Link(change.path.clone(), shown(container, &change.path)),
    };
    Row::new(change.path.clone(), vec![Cell::Status(tone, text.get().to_owned()), path])
}

/// The file in what the container saw.
fn shown(container: &str, path: &str) -> Route {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    Route::Files {
        scope: Some(format!("container:{container}")),
        path: directory.as_bytes().to_vec(),
        at: Some(name.as_bytes().to_vec()),
    }
}
