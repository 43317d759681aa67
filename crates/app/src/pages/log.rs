//! What a container printed: from its end, stretch by stretch, with a search.

use careen_model::{LogLine, LogPage, LogStream};
use careen_protocol::{Failure, FailureKind, LogFrom, Reply, Request};
use leptos::html::Ol;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::{Context, context};
use crate::components::{CopyButton, Empty, FailureBox, Icon, icon};
use crate::engine::{bytes, describe, unexpected};
use crate::format;
use crate::messages::{containers, general};
use crate::saving;
use crate::state::Route;

/// Records asked for at once.
const COUNT: u32 = 500;

/// The way from the containers to this one.
#[component]
pub fn Trail(id: String) -> impl IntoView {
    let name = name_of(&id);
    view! {
        <nav class="crumbs" aria-label=containers::TITLE.get()>
            <ol class="crumbs__list">
                <li class="crumb"><a class="link" href=Route::Containers(None).href()>{containers::TITLE.get()}</a></li>
                <li class="crumb"><a class="link" href=Route::Containers(Some(id)).href() aria-current="location">{name}</a></li>
            </ol>
        </nav>
    }
}

/// The name of a container; its id where it has none.
pub fn name_of(id: &str) -> String {
    let survey = context().told.survey();
    let found = survey.containers.iter().find(|container| container.id == id);
    found.map_or_else(|| format::short_id(id), |container| container.name.clone())
}

/// The page.
#[component]
pub fn Log() -> impl IntoView {
    let context = context();
    let id = Memo::new(move |before: Option<&String>| match context.route.get() {
        Route::Log(id) => id,
        _ => before.cloned().unwrap_or_default(),
    });
    move || view! { <LogOf id=id.get() /> }
}

#[component]
fn LogOf(id: String) -> impl IntoView {
    let context = context();
    let from = RwSignal::new(LogFrom::Before(None));
    let stream = RwSignal::new(None::<LogStream>);
    let search = RwSignal::new(String::new());
    let has_times = RwSignal::new(true);
    let container = id.clone();
    let page = LocalResource::new(move || stretch(context, container.clone(), from.get(), stream.get(), search.get()));
    let choose = move |event| {
        stream.set(match event_target_value(&event).as_str() {
            "stdout" => Some(LogStream::Stdout),
            "stderr" => Some(LogStream::Stderr),
            _ => None,
        });
        from.set(LogFrom::Before(None));
    };
    let find = move |event| {
        search.set(event_target_value(&event));
        from.set(LogFrom::Before(None));
    };
    let list = NodeRef::<Ol>::new();
    // What leads up to a place ends there, and the end is what was asked for.
    Effect::new(move |_| {
        let ends_here =
            page.with(|page| matches!(page, Some(Ok(_)))) && matches!(from.get_untracked(), LogFrom::Before(_));
        if ends_here {
            request_animation_frame(move || {
                if let Some(Some(list)) = list.try_get_untracked() {
                    list.set_scroll_top(list.scroll_height());
                }
            });
        }
    });
    let lines = move || match page.get() {
        None => view! { <p class="muted" role="status">{general::LOADING.get()}</p> }.into_any(),
        // No damage: the engine was told to keep none, or to send it elsewhere.
        Some(Err(Failure { kind: FailureKind::Unsupported, .. })) => {
            view! { <Empty text=containers::LOG_NOT_KEPT.get() /> }.into_any()
        }
        Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
        Some(Ok(page)) if page.lines.is_empty() => {
            let is_asked = !search.with(String::is_empty) || stream.get().is_some();
            let text = if is_asked { &containers::LOG_NO_MATCH } else { &containers::LOG_EMPTY };
            view! { <Empty text=text.get() /> }.into_any()
        }
        Some(Ok(page)) => {
            let with_times = has_times.get();
            view! { <ol class="log mono" tabindex="0" node_ref=list>{page.lines.into_iter().map(|it| line(it, with_times)).collect_view()}</ol> }
                .into_any()
        }
    };
    let known = move || page.get().and_then(Result::ok);
    let step = move |name: &'static crate::messages::Text, to: fn(&LogPage) -> Option<LogFrom>| {
        let target = move || known().as_ref().and_then(to);
        view! {
            <button type="button" class="button" disabled=move || target().is_none()
                on:click=move |_| target().into_iter().for_each(|to| from.set(to))>{name.get()}</button>
        }
    };
    let text = Signal::derive(move || {
        let lines = known().map(|page| page.lines).unwrap_or_default();
        lines.iter().map(|it| plain(it, has_times.get())).collect::<Vec<_>>().join("\n")
    });
    view! {
        <div class="page page--list" data-testid="log">
            <Trail id=id.clone() />
            <h1>{containers::LOG_TITLE.with(&[("name", &name_of(&id))])}</h1>
            <div class="log__tools">
                <label class="filter">
                    {icon(Icon::Filter)}
                    <input type="search" placeholder=containers::LOG_SEARCH.get() aria-label=containers::LOG_SEARCH.get() on:change=find />
                </label>
                <label class="choice">
                    <select aria-label=containers::LOG_BOTH.get() on:change=choose>
                        <option value="">{containers::LOG_BOTH.get()}</option>
                        <option value="stdout">{containers::LOG_STDOUT.get()}</option>
                        <option value="stderr">{containers::LOG_STDERR.get()}</option>
                    </select>
                </label>
                <label class="check">
                    <input type="checkbox" prop:checked=has_times on:change=move |event| has_times.set(event_target_checked(&event)) />
                    {containers::LOG_TIMES.get()}
                </label>
                <div class="log__steps">
                    {step(&containers::LOG_OLDEST, |page| page.before.map(|_| LogFrom::After(None)))}
                    {step(&containers::LOG_OLDER, |page| page.before.map(|at| LogFrom::Before(Some(at))))}
                    {step(&containers::LOG_NEWER, |page| page.after.map(|at| LogFrom::After(Some(at))))}
                    {step(&containers::LOG_NEWEST, |page| page.after.map(|_| LogFrom::Before(None)))}
                </div>
                {move || view! { <CopyButton text=text.get() /> }}
                <Save id=id has_times=has_times />
            </div>
            {lines}
        </div>
    }
}

fn line(line: LogLine, with_times: bool) -> impl IntoView {
    let is_error = line.stream == LogStream::Stderr;
    let time = with_times.then(|| {
        let time = line.time.unwrap_or_else(|| format::UNKNOWN.to_owned());
        // To the millisecond; the rest is on hover and in the saved file.
        let short = time.get(..23).map_or_else(|| time.clone(), |it| it.replace('T', " "));
        view! { <time class="log__time" title=time>{short}</time> }
    });
    let goes_on = line.partial.then(|| view! { <span class="muted" title=containers::LOG_GOES_ON.get()>"↩"</span> });
    let name = is_error.then(|| view! { <span class="log__stream">"stderr"</span> });
    view! { <li class="log__line" class:log__line--error=is_error>{time} {name} <span class="log__text">{line.line} {goes_on}</span></li> }
}

fn plain(line: &LogLine, with_times: bool) -> String {
    match &line.time {
        Some(time) if with_times => format!("{time} {}", line.line),
        _ => line.line.clone(),
    }
}

/// A stretch of the log. Where nothing is found, the next stretch is looked at, until there is no more.
async fn stretch(
    context: Context,
    container: String,
    mut from: LogFrom,
    stream: Option<LogStream>,
    search: String,
) -> Result<LogPage, Failure> {
    loop {
        let (container, search) = (container.clone(), search.clone());
        let request = Request::Log { container, from, count: COUNT, stream, search };
        let page = match context.engine().ask(request).await?.reply {
            Reply::Log(page) => page,
            other => return Err(unexpected(&other)),
        };
        let further = match from {
            LogFrom::After(_) => page.after.map(|at| LogFrom::After(Some(at))),
            LogFrom::Before(_) => page.before.map(|at| LogFrom::Before(Some(at))),
        };
        match further {
            Some(further) if page.lines.is_empty() => from = further,
            _ => return Ok(page),
        }
    }
}

#[component]
fn Save(id: String, has_times: RwSignal<bool>) -> impl IntoView {
    let context = context();
    let failed = RwSignal::new(None::<Failure>);
    let name =
        format!("{}.log", name_of(&id).replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_', "-"));
    let test_id = format!("download-{name}");
    let save = move |_| {
        let request = Request::WholeLog { container: id.clone(), timestamps: has_times.get_untracked() };
        let (engine, name) = (context.engine(), name.clone());
        failed.set(None);
        spawn_local(async move {
            let saved = match engine.ask(request).await.and_then(bytes) {
                Ok((_, log)) => saving::save_bytes(&name, "text/plain", &log).map_err(|error| Failure {
                    kind: FailureKind::Io,
                    place: String::new(),
                    reason: describe(&error),
                    needs: None,
                }),
                Err(failure) => Err(failure),
            };
            if let Err(failure) = saved {
                failed.try_set(Some(failure));
            }
        });
    };
    view! {
        <button type="button" class="button" data-testid=test_id on:click=save>{icon(Icon::Download)} {containers::LOG_SAVE.get()}</button>
        {move || failed.get().map(|failure| view! { <FailureBox failure=failure /> })}
    }
}
