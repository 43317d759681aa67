//! What was chosen: each with its kind of archive and its weight.

use careen_protocol::{ArchiveKind, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::{Context, context};
use crate::components::{Icon, icon};
use crate::format;
use crate::messages::{Text, export};
use crate::state::{Item, Weight, kinds};

/// What people call a kind of archive.
pub fn kind_name(kind: ArchiveKind) -> &'static str {
    let text: &'static Text = match kind {
        ArchiveKind::Tar => &export::KIND_TAR,
        ArchiveKind::TarGz => &export::KIND_TAR_GZ,
        ArchiveKind::Zip => &export::KIND_ZIP,
        ArchiveKind::Docker => &export::KIND_DOCKER,
        ArchiveKind::Oci => &export::KIND_OCI,
    };
    text.get()
}

/// What people call the kind of a scope, and its icon.
fn what(item: &Item) -> (Icon, String) {
    let shown = |text: &'static Text| text.get().to_owned();
    match item.what() {
        _ if item.path.is_some() => (Icon::File, export::WHAT_FILES.with(&[("scope", &short_scope(&item.scope))])),
        "image" => (Icon::Image, shown(&export::WHAT_IMAGE)),
        "container" => (Icon::Container, shown(&export::WHAT_CONTAINER)),
        "changes" => (Icon::Container, shown(&export::WHAT_CHANGES)),
        "volume" => (Icon::Volume, shown(&export::WHAT_VOLUME)),
        "layer" => (Icon::Image, shown(&export::WHAT_LAYER)),
        "store" => (Icon::Disk, shown(&export::WHAT_STORE)),
        _ => (Icon::Files, item.scope.clone()),
    }
}

/// A scope with its id shortened.
fn short_scope(scope: &str) -> String {
    match scope.split_once(':') {
        Some((kind, name)) => format!("{kind}:{}", format::short_id(name)),
        None => scope.to_owned(),
    }
}

/// The list.
#[component]
pub fn Chosen() -> impl IntoView {
    let context = context();
    let basket = context.basket;
    weigh(context);
    let is_empty = Memo::new(move |_| basket.items.with(Vec::is_empty));
    let images = Memo::new(move |_| {
        basket.items.with(|items| items.iter().filter(|item| item.path.is_none() && item.kind.is_of_images()).count())
    });
    view! {
        <section class="panel" data-testid="basket">
            <h2>
                {export::BASKET_TITLE.get()}
                {move || (!is_empty.get()).then(|| view! {
                    <button type="button" class="button" on:click=move |_| basket.items.set(Vec::new())>{export::BASKET_CLEAR.get()}</button>
                })}
            </h2>
            {move || if is_empty.get() {
                view! { <p class="muted prose">{export::BASKET_EMPTY.get()}</p> }.into_any()
            } else {
                view! {
                    <div class="chosen__view" tabindex="0"><table class="chosen">
                        <thead>
                            <tr>
                                <th scope="col">{export::ITEM.get()}</th>
                                <th scope="col">{export::ITEM_KIND.get()}</th>
                                <th scope="col" class="chosen__weight" title=export::ITEM_WEIGHT_HINT.get()>{export::ITEM_WEIGHT.get()}</th>
                                <th></th>
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=move || basket.items.get()
                                key=|item| (item.scope.clone(), item.path.clone(), item.kind, item.weight.bytes(), item.weight.is_open())
                                let:item
                            >
                                <Line item=item />
                            </For>
                        </tbody>
                    </table></div>
                }.into_any()
            }}
            {move || (images.get() > 1).then(|| view! {
                <label class="check">
                    <input type="checkbox" data-testid="together" prop:checked=basket.together
                        on:change=move |event| basket.together.set(event_target_checked(&event)) />
                    {export::TOGETHER.get()}
                </label>
            })}
        </section>
    }
}

#[component]
fn Line(item: Item) -> impl IntoView {
    let basket = context().basket;
    let (shape, what) = what(&item);
    let label = item.label.clone();
    let shown = if format::is_long_id(&label) { format::short_id(&label) } else { label.clone() };
    let key = match &item.path {
        Some(path) => format!("{}{}", item.scope, String::from_utf8_lossy(path)),
        None => item.scope.clone(),
    };
    let weight = match item.weight {
        Weight::Unknown | Weight::AtMost(_) => view! { <span class="muted">{export::WEIGHING.get()}</span> }.into_any(),
        Weight::Known(bytes) => view! { <span title=format::exact_size(bytes)>{format::size(bytes)}</span> }.into_any(),
        Weight::Untold => format::UNKNOWN.into_any(),
    };
    let options = kinds(&item.scope, item.path.is_some()).iter().map(|kind| {
        let is_it = *kind == item.kind;
        view! { <option value=format!("{kind:?}") selected=is_it>{kind_name(*kind)}</option> }
    });
    let options = options.collect_view();
    let all = kinds(&item.scope, item.path.is_some());
    let (changed, removed) = (item.clone(), item.clone());
    let change = move |event| {
        let value = event_target_value(&event);
        if let Some(kind) = all.iter().find(|kind| format!("{kind:?}") == value) {
            basket.change(&changed.scope, changed.path.as_deref(), |item| {
                // As files it weighs something else than as layers.
                if item.kind.is_of_images() != kind.is_of_images() {
                    item.weight = Weight::Unknown;
                }
                item.kind = *kind;
            });
        }
    };
    let remove = export::REMOVE.with(&[("name", &label)]);
    view! {
        <tr data-key=key>
            <td class="chosen__name">{icon(shape)} <span class="muted">{what}</span> " " <strong title=label>{shown}</strong></td>
            <td><select aria-label=export::ITEM_KIND.get() on:change=change>{options}</select></td>
            <td class="chosen__weight">{weight}</td>
            <td>
                <button type="button" class="button button--icon" title=remove.clone() aria-label=remove
                    on:click=move |_| basket.set(removed.clone(), false)>{icon(Icon::Close)}</button>
            </td>
        </tr>
    }
}

/// Finds out what is not known yet, one thing after another.
fn weigh(context: Context) {
    let basket = context.basket;
    let is_weighing = StoredValue::new(false);
    Effect::new(move |_| {
        let next = basket.items.with(|items| items.iter().find(|item| item.weight.is_open()).cloned());
        let Some(item) = next.filter(|_| !is_weighing.get_value()) else { return };
        is_weighing.set_value(true);
        let aside = context.aside();
        spawn_local(async move {
            let answer = aside.ask(Request::Weigh(item.export())).await;
            let weight = match answer.map(|answer| answer.reply) {
                Ok(Reply::Weight(weight)) => Weight::Known(weight.data),
                _ => Weight::Untold,
            };
            is_weighing.try_set_value(false);
            basket.change(&item.scope, item.path.as_deref(), |known| {
                // It may have been changed meanwhile.
                if known.kind == item.kind && known.weight.is_open() {
                    known.weight = weight;
                }
            });
            let is_done = basket.items.with_untracked(|items| items.iter().all(|item| !item.weight.is_open()));
            if is_done {
                aside.end_when_idle();
            }
        });
    });
}
