//! What happened, and when.

use std::sync::Arc;

use careen_model::{Event, EventKind, Happening, ImageKind, Survey};
use careen_protocol::{List, Reply, Request, Rows};
use leptos::prelude::*;

use super::files::scope_label;
use crate::app::context;
use crate::components::table::{Cell, Column, Remote, Row, Sort, Table, TableState};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{Text, timeline};
use crate::state::Route;

/// The page.
#[component]
pub fn Timeline() -> impl IntoView {
    let context = context();
    let state = TableState::new();
    state.sort.set(Some(Sort { column: 0, descending: true }));
    let scope = Memo::new(move |_| match context.route.get() {
        Route::Timeline(scope) => scope,
        _ => None,
    });
    let kind = RwSignal::new(None::<EventKind>);
    let plain = |title: &Text, width, grow| Column { can_sort: false, ..Column::text(title.get(), width, grow) };
    let columns = Arc::new(vec![
        Column::text(timeline::TIME.get(), 12.0, 0.0).pinned(),
        plain(&timeline::KIND, 6.5, 0.0),
        plain(&timeline::WHERE, 12.0, 2.0),
        plain(&timeline::WHAT, 8.0, 0.0),
        plain(&timeline::DETAIL, 14.0, 4.0),
    ]);
    let remote = Remote::new(move |from, count| {
        let descending = state.sort.get_untracked().is_none_or(|sort| sort.descending);
        let list = List::Timeline { kind: kind.get_untracked(), scope: scope.get_untracked(), descending };
        let request = Request::Rows { list, filter: state.filter.get_untracked(), from, count };
        let (engine, survey) = (context.engine(), context.told.survey.get_untracked().unwrap_or_default());
        Box::pin(async move {
            match engine.ask(request).await?.reply {
                Reply::Rows { total, from, rows: Rows::Events(events) } => {
                    let numbered = events.iter().zip(from..);
                    Ok((total, numbered.map(|(event, number)| row(&survey, event, number)).collect()))
                }
                other => Err(unexpected(&other)),
            }
        })
    });
    Effect::new(move |_| {
        state.filter.track();
        state.sort.track();
        kind.track();
        scope.track();
        remote.reset();
    });
    view! {
        <div class="page page--list">
            <div>
                <h1>{timeline::TITLE.get()}</h1>
                <p class="muted prose">{timeline::LEAD.get()}</p>
            </div>
            <Table
                test_id="table-timeline"
                columns=columns
                rows=remote.rows()
                state=state
                empty=timeline::NONE.get()
                tools=move || view! { <KindChoice kind=kind /> <ScopeChoice scope=scope /> }
            />
        </div>
    }
}

fn row(survey: &Survey, event: &Event, number: u64) -> Row {
    let (tone, what) = happening(event);
    let detail = match (event.what, &event.detail) {
        (Happening::Ended, _) | (_, None) => Cell::Nothing,
        (_, Some(detail)) => Cell::Mono(detail.clone()),
    };
    let cells = vec![
        Cell::Mono(format::milliseconds(&event.time).map_or_else(|| event.time.clone(), format::exact_time)),
        Cell::Text(kind_name(event.kind).get().to_owned()),
        Cell::Link(scope_label(survey, &event.scope), Route::files(event.scope.clone())),
        Cell::Status(tone, what),
        detail,
    ];
    Row { id: number.to_string(), key: format!("{} {}", event.time, event.scope), cells }
}

fn kind_name(kind: EventKind) -> &'static Text {
    match kind {
        EventKind::Filesystem => &timeline::FILESYSTEM,
        EventKind::Image => &timeline::IMAGE,
        EventKind::Container => &timeline::CONTAINER,
        EventKind::Health => &timeline::HEALTH,
        EventKind::Log => &timeline::LOG,
        EventKind::Volume => &timeline::VOLUME,
        EventKind::Package => &timeline::PACKAGE,
        EventKind::File => &timeline::FILE,
    }
}

fn happening(event: &Event) -> (&'static str, String) {
    let (tone, text) = match event.what {
        Happening::Created => ("plain", &timeline::CREATED),
        Happening::Tagged => ("plain", &timeline::TAGGED),
        Happening::Started => ("good", &timeline::STARTED),
        Happening::Ended => match event.detail.as_deref() {
            Some(code) if code != "0" => return ("damage", timeline::ENDED_WITH.with(&[("code", &code)])),
            _ => ("plain", &timeline::ENDED),
        },
        Happening::Healthy => ("good", &timeline::HEALTHY),
        Happening::Unhealthy => ("damage", &timeline::UNHEALTHY),
        Happening::FirstLine => ("plain", &timeline::FIRST_LINE),
        Happening::LastLine => ("plain", &timeline::LAST_LINE),
        Happening::Command => ("plain", &timeline::COMMAND),
        Happening::Installed => ("plain", &timeline::INSTALLED),
        Happening::Upgraded => ("plain", &timeline::UPGRADED),
        Happening::Removed => ("plain", &timeline::REMOVED),
        Happening::Mounted => ("plain", &timeline::MOUNTED),
        Happening::Written => ("plain", &timeline::WRITTEN),
    };
    (tone, text.get().to_owned())
}

#[component]
fn KindChoice(kind: RwSignal<Option<EventKind>>) -> impl IntoView {
    let choose = move |event| {
        let word = event_target_value(&event);
        kind.set(EventKind::ALL.into_iter().find(|known| known.word() == word));
    };
    view! {
        <label class="choice">
            <select aria-label=timeline::KIND.get() on:change=choose>
                <option value="">{timeline::EVERY_KIND.get()}</option>
                {EventKind::ALL.map(|known| view! { <option value=known.word()>{kind_name(known).get()}</option> }).into_iter().collect_view()}
            </select>
        </label>
    }
}

/// The whole disk, or one thing on it with its files.
#[component]
fn ScopeChoice(scope: Memo<Option<String>>) -> impl IntoView {
    let context = context();
    let scopes = {
        let survey = context.told.survey();
        let images = survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate);
        let images = images.map(|image| (format!("image:{}", image.id), format!("image:{}", image.label())));
        let containers = survey.containers.iter();
        let containers = containers.map(|it| (format!("container:{}", it.id), format!("container:{}", it.name)));
        let volumes = survey
            .volumes
            .iter()
            .map(|volume| (format!("volume:{}", volume.name), format!("volume:{}", format::short_id(&volume.name))));
        images.chain(containers).chain(volumes).collect::<Vec<_>>()
    };
    let choose = move |event| {
        let wanted = event_target_value(&event);
        context.replace(Route::Timeline((!wanted.is_empty()).then_some(wanted)));
    };
    let here = scope.get_untracked();
    let options = scopes.into_iter().map(|(value, label)| {
        let is_chosen = here.as_ref() == Some(&value);
        view! { <option value=value selected=is_chosen>{label}</option> }
    });
    view! {
        <label class="choice">
            <span>{timeline::SCOPE.get()}</span>
            <select on:change=choose>
                <option value="">{timeline::EVERYWHERE.get()}</option>
                {options.collect_view()}
            </select>
        </label>
    }
}
