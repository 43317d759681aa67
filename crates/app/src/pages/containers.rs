//! Containers, with what they changed.

use std::sync::Arc;

use careen_model::{Container, ContainerState};
use leptos::prelude::*;

use super::inspect::Inspect;
use super::setup::Setup;
use super::take_out::{TakeOut, marks};
use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, Facts, Split, Status, fact};
use crate::format;
use crate::messages::containers;
use crate::state::{Item, Route};

/// The page.
#[component]
pub fn Containers() -> impl IntoView {
    let context = context();
    let state = TableState::sorted_by(0);
    let columns = Arc::new(vec![
        Column::text(containers::NAME.get(), 12.0, 2.0).pinned(),
        Column::text(containers::STATE.get(), 8.0, 0.0),
        Column::text(containers::IMAGE.get(), 12.0, 2.0),
        Column::text(containers::COMMAND.get(), 12.0, 3.0),
        Column::text(containers::CREATED.get(), 9.5, 1.0),
        Column::text(containers::COMPOSE.get(), 8.0, 1.0),
        Column::text(containers::ID.get(), 9.0, 0.0),
    ]);
    let rows = Memo::new(move |_| Arc::new(context.told.survey().containers.iter().map(row).collect::<Vec<_>>()));
    let rows = Rows::local(rows.into(), state);
    let selected = Signal::derive(move || match context.route.get() {
        Route::Containers(id) => id,
        _ => None,
    });
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        context.told.survey().containers.iter().find(|container| container.id == id).cloned()
    });
    view! {
        <div class="page page--list">
            <h1>{containers::TITLE.get()}</h1>
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|container| view! { <ContainerDetail container=container /> })
            >
                <Table
                    test_id="table-containers"
                    columns=columns
                    rows=rows
                    state=state
                    marks=marks(move |row| {
                        let survey = context.told.survey();
                        survey.containers.iter().find(|container| container.id == row.key).map(item)
                    })
                    selected=selected
                    on_select=Callback::new(move |row: Row| context.replace(Route::Containers(Some(row.key))))
                    on_open=Callback::new(move |row: Row| context.go(Route::files(format!("container:{}", row.key))))
                />
            </Split>
        </div>
    }
}

/// The container as something to be taken out: as an image, so that it runs elsewhere as it was.
fn item(container: &Container) -> Item {
    Item::of_scope(format!("container:{}", container.id), &container.name, None)
}

fn row(container: &Container) -> Row {
    let (tone, state) = state_name(container);
    let image = match (&container.image, &container.image_id) {
        (Some(name), Some(id)) => Cell::Link(name.clone(), Route::Images(Some(id.clone()))),
        (Some(name), None) => Cell::Text(name.clone()),
        (None, Some(id)) => Cell::Link(format::short_id(id), Route::Images(Some(id.clone()))),
        (None, None) => Cell::Unknown,
    };
    let compose = container.compose.as_ref().map_or(Cell::Nothing, |compose| Cell::Text(compose_text(compose)));
    Row::new(
        container.id.clone(),
        vec![
            Cell::Text(container.name.clone()),
            Cell::Status(tone, state),
            image,
            Cell::Mono(container.command.join(" ")),
            Cell::Time(container.created.as_deref().and_then(format::milliseconds)),
            compose,
            Cell::Id(container.id.clone()),
        ],
    )
}

fn compose_text(compose: &careen_model::Compose) -> String {
    match &compose.service {
        Some(service) => format!("{}/{service}", compose.project),
        None => compose.project.clone(),
    }
}

fn state_name(container: &Container) -> (&'static str, String) {
    let text = |text: &crate::messages::Text| text.get().to_owned();
    match container.state {
        Some(ContainerState::Running) => ("good", text(&containers::RUNNING)),
        Some(ContainerState::Paused) => ("note", text(&containers::PAUSED)),
        Some(ContainerState::Exited) => match container.exit_code {
            Some(code) if code != 0 => ("damage", containers::EXITED_WITH.with(&[("code", &code)])),
            _ => ("plain", text(&containers::EXITED)),
        },
        Some(ContainerState::Created) => ("plain", text(&containers::STATE_CREATED)),
        Some(ContainerState::Dead) => ("damage", text(&containers::DEAD)),
        Some(ContainerState::Restarting) => ("note", text(&containers::RESTARTING)),
        None => ("loss", text(&crate::messages::general::UNKNOWN)),
    }
}

#[component]
fn ContainerDetail(container: Container) -> impl IntoView {
    let context = context();
    let time = |time: &Option<String>| match time.as_deref().and_then(format::milliseconds) {
        Some(time) => format!("{} ({})", format::time(time), format::ago(time)),
        None => format::UNKNOWN.to_owned(),
    };
    let (tone, state) = state_name(&container);
    let unknown = || format::UNKNOWN.to_owned();
    let (inspect, id) = (format!("container:{}", container.id), container.id.clone());
    view! {
        <Detail title=container.name.clone() close=Callback::new(move |()| context.replace(Route::Containers(None)))>
            <p class="actions">
                <a class="button button--main" href=Route::files(format!("container:{}", container.id)).href()>{containers::SEE_MERGED.get()}</a>
                <a class="button" href=Route::files(format!("changes:{}", container.id)).href()>{containers::SEE_CHANGES.get()}</a>
                <a class="button" href=Route::Changes(container.id.clone()).href()>{containers::SEE_LIST.get()}</a>
                <a class="button" href=Route::Timeline(Some(format!("container:{}", container.id))).href()>{crate::messages::timeline::SEE.get()}</a>
                <a class="button" href=Route::Log(container.id.clone()).href()>{containers::SEE_LOG.get()}</a>
            </p>
            <TakeOut item=item(&container) />
            <Facts>
                <div class="fact">
                    <dt>{containers::STATE.get()}</dt>
                    <dd title=containers::STATE_HINT.get()><Status tone=tone text=state /></dd>
                </div>
                {fact(containers::IMAGE.get(), container.image.clone().unwrap_or_else(unknown))}
                {fact(containers::COMMAND.get(), container.command.join(" "))}
                {fact(containers::CREATED.get(), time(&container.created))}
                {fact(containers::STARTED.get(), time(&container.started))}
                {fact(containers::FINISHED.get(), time(&container.finished))}
                {fact(containers::EXIT_CODE.get(), container.exit_code.map_or_else(unknown, |code| code.to_string()))}
                {container.compose.as_ref().map(|compose| fact(containers::COMPOSE.get(), compose_text(compose)))}
                {fact(containers::ID.get(), container.id.clone())}
                {fact(containers::STORE.get(), container.store.clone())}
            </Facts>
            <Setup id=id />
            <Inspect scope=inspect />
        </Detail>
    }
}
