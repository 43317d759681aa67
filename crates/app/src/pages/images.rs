//! Images; at the right the layers and the history of the selected one.

use std::sync::Arc;

use careen_model::{Hidden, HistoryStep, Image, ImageKind, ImageState, LayerState, RegistryState};
use careen_protocol::{Reply, Request};
use leptos::prelude::*;

use super::inspect::Inspect;
use super::rebuild::Rebuild;
use super::take_out::{TakeOut, marks};
use super::verify::Verify;
use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, Facts, FailureBox, Split, Status, fact};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{general, images};
use crate::state::{Item, PackageTab, Route};

/// The page.
#[component]
pub fn Images() -> impl IntoView {
    let context = context();
    let with_intermediate = RwSignal::new(false);
    let state = TableState::sorted_by(0);
    let has_stores = context.told.survey().stores.len() > 1;
    let mut columns = vec![
        Column::text(images::NAME.get(), 14.0, 3.0).pinned(),
        // What fits a small window first.
        Column::text(images::STATE.get(), 8.0, 1.0),
        Column::number(images::SIZE.get(), 6.0),
        Column::text(images::CREATED.get(), 9.5, 1.0),
        Column::number(images::LAYERS.get(), 5.0),
        Column::text(images::ID.get(), 9.0, 0.0),
        Column::text(images::PLATFORM.get(), 8.0, 0.0),
        Column::text(images::REGISTRY.get(), 8.0, 0.0),
    ];
    if has_stores {
        columns.push(Column::text(images::STORE.get(), 8.0, 0.0));
    }
    let columns = Arc::new(columns);
    let rows = Memo::new(move |_| {
        let survey = context.told.survey();
        let shown = survey.images.iter().filter(|it| with_intermediate.get() || it.kind != ImageKind::Intermediate);
        Arc::new(shown.map(|image| row(image, has_stores)).collect::<Vec<_>>())
    });
    let rows = Rows::local(rows.into(), state);
    let selected = Signal::derive(move || match context.route.get() {
        Route::Images(id) => id,
        _ => None,
    });
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        context.told.survey().images.iter().find(|image| image.id == id).cloned()
    });
    let has_intermediate =
        Memo::new(move |_| context.told.survey().images.iter().any(|image| image.kind == ImageKind::Intermediate));
    view! {
        <div class="page page--list">
            <h1>{images::TITLE.get()}</h1>
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|image| view! { <ImageDetail image=image /> })
            >
                <Table
                    test_id="table-images"
                    columns=columns
                    rows=rows
                    state=state
                    marks=marks(move |row| {
                        let survey = context.told.survey();
                        survey.images.iter().find(|image| image.id == row.key).map(item)
                    })
                    selected=Signal::derive(move || chosen.with(|image| image.as_ref().map(row_id)))
                    on_select=Callback::new(move |row: Row| context.replace(Route::Images(Some(row.key))))
                    on_open=Callback::new(move |row: Row| context.go(Route::files(format!("image:{}", row.key))))
                    tools=move || has_intermediate.get().then(|| view! {
                        <label class="check">
                            <input type="checkbox" prop:checked=with_intermediate
                                on:change=move |event| with_intermediate.set(event_target_checked(&event)) />
                            {images::INTERMEDIATE.get()}
                        </label>
                    })
                />
            </Split>
        </div>
    }
}

/// The image as something to be taken out.
fn item(image: &Image) -> Item {
    Item::of_scope(format!("image:{}", image.id), image.label(), image.size)
}

fn row(image: &Image, has_stores: bool) -> Row {
    let name = match (image.names.is_empty(), image.digests.first()) {
        (false, _) => Cell::Text(image.names.join(", ")),
        // A digest is as long as an id; its repository says what it is.
        (true, Some(digest)) => {
            let (repository, digest) = digest.split_once('@').unwrap_or(("", digest));
            Cell::Text(format!("{repository}@{}", format::short_id(digest)))
        }
        (true, None) => Cell::Text(format!("<{}>", kind_name(image.kind))),
    };
    let platform = match (&image.os, &image.architecture) {
        (None, None) => Cell::Unknown,
        (os, architecture) => {
            let known = [os.as_deref(), architecture.as_deref()];
            Cell::Text(known.into_iter().flatten().collect::<Vec<_>>().join("/"))
        }
    };
    let (tone, state) = state_name(image.state);
    let (tone, state) = match image.hidden {
        Some(_) => (if tone == "good" { "note" } else { tone }, images::STATE_HIDDEN.with(&[("state", &state)])),
        None => (tone, state.to_owned()),
    };
    let store = has_stores.then(|| Cell::Text(image.store.clone()));
    let cells = vec![
        name,
        Cell::Status(tone, state),
        Cell::Size(image.size),
        Cell::Time(image.created.as_deref().and_then(format::milliseconds)),
        Cell::Count(Some(image.layers.len() as u64)),
        Cell::Id(image.id.clone()),
        platform,
        image.registry.as_ref().map_or(Cell::Unknown, |registry| registry_cell(registry.state)),
    ];
    Row { key: image.id.clone(), id: row_id(image), cells: cells.into_iter().chain(store).collect() }
}

/// Whether it can be had again.
fn registry_cell(state: RegistryState) -> Cell {
    match state {
        RegistryState::Known => Cell::Status("good", images::REGISTRY_KNOWN.get().to_owned()),
        RegistryState::Layers => Cell::Status("note", images::REGISTRY_LAYERS.get().to_owned()),
        RegistryState::LocalOnly => Cell::Status("damage", images::REGISTRY_LOCAL.get().to_owned()),
    }
}

/// What tells the image from every other: one may lie in several data roots.
fn row_id(image: &Image) -> String {
    format!("{} {}", image.store, image.id)
}

fn kind_name(kind: ImageKind) -> &'static str {
    match kind {
        ImageKind::Tagged => images::KIND_TAGGED.get(),
        ImageKind::DigestOnly => images::KIND_DIGEST.get(),
        ImageKind::Dangling => images::KIND_DANGLING.get(),
        ImageKind::Intermediate => images::KIND_INTERMEDIATE.get(),
    }
}

fn state_name(state: ImageState) -> (&'static str, &'static str) {
    match state {
        ImageState::Whole => ("good", images::WHOLE.get()),
        ImageState::Damaged => ("damage", images::DAMAGED.get()),
        ImageState::Incomplete => ("loss", images::INCOMPLETE.get()),
    }
}

fn hidden_why(hidden: Hidden) -> &'static str {
    match hidden {
        Hidden::BrokenChain => images::HIDDEN_BROKEN.get(),
        Hidden::ConfigInvalid => images::HIDDEN_CONFIG.get(),
        Hidden::OtherStore => images::HIDDEN_STORE.get(),
        Hidden::NoNameInDatabase => images::HIDDEN_NAME.get(),
    }
}

#[component]
fn ImageDetail(image: Image) -> impl IntoView {
    let context = context();
    let known = |value: Option<String>| value.unwrap_or_else(|| format::UNKNOWN.to_owned());
    let time = image.created.as_deref().and_then(format::milliseconds);
    let (tone, state) = state_name(image.state);
    let names = image.names.clone();
    let digests = image.digests.clone();
    let packages = Route::Packages { tab: PackageTab::List, ecosystem: None, image: Some(image.id.clone()) };
    let inspect = format!("image:{}", image.id);
    let history = image.clone();
    let taken = item(&image);
    let chains = image.layers.iter().map(|layer| layer.chain_id.clone()).collect::<Vec<_>>();
    let verified = inspect.clone();
    let registry = image.registry.as_ref().map(|registry| match registry.state {
        RegistryState::LocalOnly => images::REGISTRY_ONLY_HERE.get().to_owned(),
        _ => registry.repositories.join(", "),
    });
    view! {
        <Detail title=image.label() close=Callback::new(move |()| context.replace(Route::Images(None)))>
            <p class="actions">
                <a class="button button--main" href=Route::files(format!("image:{}", image.id)).href()>{general::BROWSE_FILES.get()}</a>
                <a class="button" href=packages.href()>{images::SEE_PACKAGES.get()}</a>
            </p>
            <TakeOut item=taken />
            <Rebuild scope=inspect.clone() label=image.label() />
            <Facts>
                <div class="fact">
                    <dt>{images::STATE.get()}</dt>
                    <dd><Status tone=tone text=state /> <span class="muted">{format!(" · {}", kind_name(image.kind))}</span></dd>
                </div>
                {image.hidden.map(|hidden| fact(images::HIDDEN.get(), hidden_why(hidden)))}
                {fact(images::ID.get(), image.id.clone())}
                {names.into_iter().map(|name| fact(images::NAMES.get(), name)).collect_view()}
                {digests.into_iter().map(|digest| fact(images::DIGESTS.get(), digest)).collect_view()}
                {fact(images::CREATED.get(), known(time.map(|time| format!("{} ({})", format::time(time), format::ago(time)))))}
                {fact(images::SIZE.get(), known(image.size.map(format::size)))}
                {registry.map(|repositories| fact(images::REGISTRY.get(), repositories))}
                {fact(images::CONFIG_DIGEST.get(), known(image.config_digest.clone()))}
                {fact(images::STORE.get(), image.store.clone())}
            </Facts>
            <Verify scope=verified chains=chains />
            <History image=history />
            <Inspect scope=inspect />
        </Detail>
    }
}

/// The steps of an image, newest first, with the layer each made.
#[component]
fn History(image: Image) -> impl IntoView {
    let context = context();
    let id = image.id.clone();
    let steps = LocalResource::new(move || {
        let (engine, image) = (context.engine(), id.clone());
        async move {
            match engine.ask(Request::History { image }).await?.reply {
                Reply::History(steps) => Ok(steps),
                other => Err(unexpected(&other)),
            }
        }
    });
    let image = Arc::new(image);
    view! {
        <h3>{images::HISTORY.get()}</h3>
        {move || match steps.get() {
            None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
            Some(Err(failure)) => view! { <FailureBox failure=failure /> <Layers image=Arc::clone(&image) /> }.into_any(),
            Some(Ok(steps)) if steps.is_empty() => view! { <Layers image=Arc::clone(&image) /> }.into_any(),
            Some(Ok(steps)) => {
                let largest = image.layers.iter().filter_map(|layer| layer.size).max().unwrap_or(0);
                let steps = steps.into_iter().map(|step| step_view(step, &image, largest)).collect_view();
                view! { <ol class="layers">{steps}</ol> }.into_any()
            }
        }}
    }
}

/// Without a history: the bare layers, topmost first.
#[component]
fn Layers(image: Arc<Image>) -> impl IntoView {
    let largest = image.layers.iter().filter_map(|layer| layer.size).max().unwrap_or(0);
    let layers = image.layers.iter().rev().map(|layer| {
        let step = HistoryStep {
            id: String::new(),
            created_at: String::new(),
            created_since: String::new(),
            created_by: layer.diff_id.clone(),
            size: String::new(),
            comment: String::new(),
            layer: Some(layer.diff_id.clone()),
        };
        step_view(step, &image, largest)
    });
    view! { <ol class="layers">{layers.collect_view()}</ol> }
}

fn step_view(step: HistoryStep, image: &Image, largest: u64) -> impl IntoView + use<> {
    let position = step.layer.as_ref().and_then(|id| image.layers.iter().position(|layer| layer.diff_id == *id));
    let layer = position.and_then(|at| image.layers.get(at)).cloned();
    let share = match layer.as_ref().and_then(|layer| layer.size) {
        Some(size) if largest > 0 => size as f64 / largest as f64 * 100.0,
        _ => 0.0,
    };
    let state = layer.as_ref().and_then(|layer| match layer.state {
        LayerState::Whole => None,
        LayerState::Damaged => Some(("damage", images::DAMAGED.get())),
        LayerState::Missing => Some(("loss", images::MISSING.get())),
    });
    let size = layer.as_ref().map(|layer| layer.size.map_or_else(|| format::UNKNOWN.to_owned(), format::size));
    let number = position.map(|at| images::LAYER.with(&[("n", &(at + 1))]));
    let link = layer.as_ref().map(|layer| Route::files(format!("layer:{}", layer.chain_id)).href());
    let has_layer = layer.is_some();
    let title = layer.map(|layer| layer.diff_id).unwrap_or_default();
    let head = match (number, link) {
        (Some(number), Some(link)) => view! { <a class="link" href=link title=title>{number}</a> }.into_any(),
        _ => view! { <span class="muted">{images::STEP_EMPTY.get()}</span> }.into_any(),
    };
    let command = command(&step.created_by);
    view! {
        <li class="layer">
            <div class="layer__head">
                {head}
                {state.map(|(tone, text)| view! { <Status tone=tone text=text /> })}
                <span class="layer__size">{size}</span>
            </div>
            {has_layer.then(|| view! { <div class="layer__bar"><div style:width=format!("{share}%")></div></div> })}
            {(!command.is_empty()).then(|| view! { <code class="layer__command" title=step.created_by.clone()>{command}</code> })}
            {(!step.comment.is_empty()).then(|| view! { <span class="muted">{step.comment}</span> })}
        </li>
    }
}

/// The instruction a builder recorded, without the shell it wraps around it.
pub fn command(created_by: &str) -> String {
    let text = created_by.trim();
    let text = text.strip_prefix("/bin/sh -c #(nop)").or_else(|| text.strip_prefix("/bin/sh -c")).unwrap_or(text);
    let text = text.strip_suffix("# buildkit").unwrap_or(text);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_step_is_shown_without_its_shell() {
        assert_eq!(super::command("/bin/sh -c #(nop)  CMD [\"sh\"]"), "CMD [\"sh\"]");
        assert_eq!(super::command("/bin/sh -c apt-get update"), "apt-get update");
        assert_eq!(super::command("RUN /bin/sh -c make # buildkit"), "RUN /bin/sh -c make");
    }
}
