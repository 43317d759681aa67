//! Finding files anywhere on the disk, by name or by text in them.

use std::collections::HashMap;
use std::sync::Arc;

use careen_model::{FileType, Hit, HitKind, Survey};
use careen_protocol::FindOf;
use leptos::html::Input;
use leptos::prelude::*;

use super::scopes::{groups, scope_label};
use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{FailureBox, Icon};
use crate::finder::Finding;
use crate::format;
use crate::messages::{files, find};
use crate::state::Route;

/// The page.
#[component]
pub fn Find() -> impl IntoView {
    let context = context();
    let finder = context.finder;
    let of = Memo::new(move |before: Option<&FindOf>| match context.route.get() {
        Route::Find(of) => of,
        _ => before.cloned().unwrap_or_default(),
    });
    Effect::new(move |_| finder.begin(context.engine(), of.get()));
    let state = TableState::new();
    let columns = Signal::derive(move || {
        let found = if of.with(|of| of.in_content) {
            vec![Column::number(find::LINE.get(), 4.5), Column::text(find::FOUND.get(), 14.0, 4.0)]
        } else {
            Vec::new()
        };
        let mut columns =
            vec![Column::text(find::NAME.get(), 10.0, 2.0).pinned(), Column::text(find::FOLDER.get(), 10.0, 2.0)];
        columns.extend(found);
        columns.extend([Column::text(find::SEEN_IN.get(), 12.0, 2.0), Column::text(find::LAYER.get(), 9.0, 0.0)]);
        Arc::new(columns)
    });
    let rows = Memo::new(move |_| {
        let survey = context.told.survey();
        let in_content = of.with(|of| of.in_content);
        finder.hits.with(|hits| {
            let mut labels = Labels { survey: &survey, known: HashMap::new() };
            let rows = hits.iter().enumerate().map(|(at, hit)| row(&mut labels, at, hit, in_content));
            Arc::new(rows.collect::<Vec<_>>())
        })
    });
    let open = move |row: Row| {
        if let Some(Cell::Named(_, _, Some(route))) = row.cells.first() {
            context.go(route.clone());
        }
    };
    view! {
        <div class="page page--list">
            <nav class="crumbs" aria-label=files::PATH.get()>
                <ol class="crumbs__list">
                    <li class="crumb"><a class="link" href=move || Route::Files { scope: of.with(|of| of.scope.clone()), path: Vec::new(), at: None }.href()>
                        {files::TITLE.get()}
                    </a></li>
                    <li class="crumb"><a class="link" href=move || Route::Find(of.get()).href() aria-current="location">{find::TITLE.get()}</a></li>
                </ol>
            </nav>
            <div>
                <h1>{find::TITLE.get()}</h1>
                <p class="muted prose">{find::LEAD.get()}</p>
            </div>
            <Asked of=of />
            <Told />
            {move || (finder.finding.with(|it| *it != Finding::Idle)).then(|| {
                let is_done = finder.finding.with_untracked(|it| matches!(it, Finding::Done { .. }));
                view! {
                    <Table
                        test_id="table-find"
                        columns=columns
                        rows=Rows::local(rows.into(), state)
                        state=state
                        on_open=Callback::new(open)
                        empty=if is_done { find::NONE.get() } else { find::NONE_YET.get() }
                    />
                }
            })}
        </div>
    }
}

/// What is looked for, and where.
#[component]
fn Asked(of: Memo<FindOf>) -> impl IntoView {
    let context = context();
    let text = NodeRef::<Input>::new();
    let in_content = RwSignal::new(false);
    let scope = RwSignal::new(None::<String>);
    Effect::new(move |before: Option<()>| {
        let now = of.get();
        in_content.set(now.in_content);
        scope.set(now.scope);
        if let Some(input) = text.get() {
            input.set_value(&now.text);
            if before.is_none() {
                // Fails only when the field is gone, and then there is nothing to focus.
                let _ = input.focus();
            }
        }
    });
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let text = text.get_untracked().map(|input| input.value()).unwrap_or_default();
        let wanted = FindOf { text, in_content: in_content.get_untracked(), scope: scope.get_untracked() };
        if wanted == of.get_untracked() {
            context.finder.begin(context.engine(), wanted);
        } else {
            context.go(Route::Find(wanted));
        }
    };
    let option = move |(value, label): (String, String)| {
        let chosen = value.clone();
        view! { <option value=value selected=move || scope.with(|scope| scope.as_ref() == Some(&chosen))>{label}</option> }
    };
    let places = groups(&context.told.survey()).into_iter().filter(|(_, all)| !all.is_empty());
    let places = places.map(|(name, all)| {
        view! { <optgroup label=name>{all.into_iter().map(option).collect_view()}</optgroup> }
    });
    view! {
        <form class="find" on:submit=ask>
            <input type="search" class="find__text" node_ref=text data-testid="find-text" aria-label=find::TEXT.get() autocomplete="off"
                placeholder=move || if in_content.get() { find::HINT_CONTENT.get() } else { find::HINT_NAMES.get() } />
            <label class="choice">
                <span>{find::WHAT.get()}</span>
                <select data-testid="find-what" on:change=move |event| in_content.set(event_target_value(&event) == "content")>
                    <option value="names">{find::NAMES.get()}</option>
                    <option value="content" selected=move || in_content.get()>{find::CONTENT.get()}</option>
                </select>
            </label>
            <label class="choice">
                <span>{find::WHERE.get()}</span>
                <select data-testid="find-where" on:change=move |event| scope.set(Some(event_target_value(&event)).filter(|it| !it.is_empty()))>
                    <option value="" selected=move || scope.with(Option::is_none)>{find::EVERYWHERE.get()}</option>
                    {places.collect_view()}
                </select>
            </label>
            <button type="submit" class="button button--main" data-testid="find-go">{find::FIND.get()}</button>
        </form>
    }
}

/// How far it has come.
#[component]
fn Told() -> impl IntoView {
    let context = context();
    let finder = context.finder;
    let n = move || format::number(finder.looked_at.get());
    let stop = move || {
        finder.finding.with(|it| matches!(it, Finding::Looking(_))).then(|| {
            view! { <button type="button" class="button" data-testid="find-stop" on:click=move |_| finder.stop()>{find::STOP.get()}</button> }
        })
    };
    let said = move || match finder.finding.get() {
        Finding::Idle => find::ASK.get().to_owned(),
        Finding::Looking(subject) if subject.is_empty() => find::STARTING.get().to_owned(),
        Finding::Looking(subject) => {
            let subject = scope_label(&context.told.survey(), &subject);
            find::LOOKING.with(&[("subject", &subject), ("n", &n())])
        }
        Finding::Done { has_more: true } => find::TOO_MANY.get().to_owned(),
        Finding::Done { has_more: false } => find::DONE.with(&[("n", &n())]),
        Finding::Stopped => find::STOPPED.with(&[("n", &n())]),
        Finding::Failed(_) => String::new(),
    };
    let state = move || match finder.finding.get() {
        Finding::Idle => "idle",
        Finding::Looking(_) => "looking",
        Finding::Done { .. } => "done",
        Finding::Stopped => "stopped",
        Finding::Failed(_) => "failed",
    };
    view! {
        <div class="find__told">
            <p class="muted" data-testid="find-state" data-state=state>{said}</p>
            {stop}
        </div>
        {move || match finder.finding.get() {
            Finding::Failed(failure) => Some(view! { <FailureBox failure=failure /> }),
            _ => None,
        }}
    }
}

/// What scopes are called; there are few of them in many hits.
struct Labels<'a> {
    survey: &'a Survey,
    known: HashMap<&'a str, String>,
}

impl<'a> Labels<'a> {
    fn of(&mut self, scope: &'a str) -> String {
        self.known.entry(scope).or_insert_with(|| scope_label(self.survey, scope)).clone()
    }
}

fn row<'a>(labels: &mut Labels<'a>, at: usize, hit: &'a Hit, in_content: bool) -> Row {
    let path = hit.path.clone().unwrap_or_default();
    let bytes = hit.path_hex.as_deref().and_then(from_hex).unwrap_or_else(|| path.clone().into_bytes());
    let cut = bytes.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
    let (folder, name) = (bytes.get(..cut).unwrap_or_default(), bytes.get(cut + 1..).unwrap_or_default());
    let scope = hit.scope.clone().unwrap_or_default();
    let route = Route::Files { scope: Some(scope.clone()), path: folder.to_vec(), at: Some(name.to_vec()) };
    let shape = match hit.file_type {
        Some(FileType::Directory) => Icon::Folder,
        Some(FileType::Symlink) => Icon::Link,
        Some(FileType::File) | None => Icon::File,
        Some(_) => Icon::Device,
    };
    let mut key = format!("{scope}{path}");
    let mut cells = vec![
        Cell::Named(shape, hit.name.clone(), Some(route)),
        Cell::Mono(format!("{}/", String::from_utf8_lossy(folder))),
    ];
    if in_content && hit.kind == HitKind::Text {
        key.push_str(&format!(":{}", hit.offset.unwrap_or_default()));
        cells.push(if hit.line.is_some() { Cell::Count(hit.line) } else { Cell::Nothing });
        cells.push(hit.excerpt.clone().map_or_else(|| Cell::Text(find::BINARY.get().to_owned()), Cell::Mono));
    }
    let all = hit.scope.iter().chain(&hit.also_in).map(|scope| labels.of(scope)).collect::<Vec<_>>();
    cells.push(Cell::Text(all.join(", ")));
    cells.push(match &hit.layer {
        Some(id) if scope.starts_with("image:") => Cell::Id(id.clone()),
        Some(id) => Cell::Text(find::HIDDEN.with(&[("layer", &format::short_id(id))])),
        None => Cell::Nothing,
    });
    Row { key, id: at.to_string(), cells }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}
