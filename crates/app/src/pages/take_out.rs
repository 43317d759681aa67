//! Taking out one thing, from the place where it is shown: a check box for what is chosen, a button that saves at once.

use careen_protocol::ArchiveKind;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::export::{choose, kind_name, no_place};
use crate::app::{Context, context};
use crate::components::table::{Marks, Row};
use crate::components::{Icon, icon};
use crate::messages::export;
use crate::saving::Way;
use crate::state::{Item, Route, kinds, plans};

/// Saves one thing at once, in the best way there is. `told` hears why nothing is saved. It has to be called while a
/// click is being handled: the browser asks for a place.
pub fn save_now(context: Context, item: Item, told: impl Fn(String) + 'static) {
    let on_damage = context.basket.on_damage.get_untracked();
    spawn_local(async move {
        let plans = plans(&[item], on_damage, false);
        let name = plans.first().map(|plan| plan.name.clone()).unwrap_or_default();
        match choose(Way::best(true), &name).await {
            Ok(target) => context.exporter().add(plans, &target),
            Err(trouble) => told(no_place(&trouble)),
        }
    });
}

/// What the rows of a table can be taken out as; `item` is nothing for rows that cannot.
pub fn marks(item: impl Fn(&Row) -> Option<Item> + Send + Sync + 'static) -> Marks {
    let context = context();
    let item = StoredValue::new(item);
    let find = move |row: &Row| item.try_with_value(|item| item(row)).flatten();
    let is_on = move |row: &Row| find(row).is_some_and(|item| context.basket.has(&item.scope, item.path.as_deref()));
    let set = move |row: &Row, is_on: bool| find(row).into_iter().for_each(|item| context.basket.set(item, is_on));
    let label = move |row: &Row| find(row).map(|item| export::CHOOSE.with(&[("name", &item.label)]));
    let end = move |row: &Row, is_selected: bool| {
        let item = find(row)?;
        let hint = export::SAVE_NOW_HINT.with(&[("name", &item.label)]);
        // The pane beside the list has the same button, and the id stands for one of them.
        let test_id = (!is_selected && item.path.is_none()).then(|| format!("export-{}", item.scope));
        let save = move |event: MouseEvent| {
            event.stop_propagation();
            save_now(context, item.clone(), |_| {});
        };
        Some(
            view! {
                <button type="button" class="button button--icon" tabindex="-1" title=hint.clone() aria-label=hint
                    data-testid=test_id on:click=save on:dblclick=|event| event.stop_propagation()>{icon(Icon::Download)}</button>
            }
            .into_any(),
        )
    };
    Marks::new(is_on, set, label, end, export::CHOOSE_ALL.get())
}

/// The part of a detail pane that takes out what it shows.
#[component]
pub fn TakeOut(item: Item) -> impl IntoView {
    let context = context();
    let all = kinds(&item.scope, item.path.is_some());
    let kind = RwSignal::new(item.kind);
    let said = RwSignal::new(None::<String>);
    let test_id = match &item.path {
        None => format!("export-{}", item.scope),
        Some(path) => format!("export-{}{}", item.scope, String::from_utf8_lossy(path)),
    };
    let options = all.iter().map(|kind| view! { <option value=format!("{kind:?}")>{kind_name(*kind)}</option> });
    let options = options.collect_view();
    let change = move |event| {
        let value = event_target_value(&event);
        let found: Option<&ArchiveKind> = all.iter().find(|kind| format!("{kind:?}") == value);
        found.into_iter().for_each(|found| kind.set(*found));
    };
    let chosen = {
        let (scope, path) = (item.scope.clone(), item.path.clone());
        Memo::new(move |_| context.basket.has(&scope, path.as_deref()))
    };
    let hint = export::SAVE_NOW_HINT.with(&[("name", &item.label)]);
    let choose_label = export::CHOOSE.with(&[("name", &item.label)]);
    let (saved, put) = (item.clone(), item);
    let save = move |_| {
        said.set(None);
        let item = Item { kind: kind.get_untracked(), ..saved.clone() };
        save_now(context, item, move |text| drop(said.try_set(Some(text))));
    };
    let put = move |event| {
        let item = Item { kind: kind.get_untracked(), ..put.clone() };
        context.basket.set(item, event_target_checked(&event));
    };
    view! {
        <div class="take">
            <button type="button" class="button" data-testid=test_id title=hint on:click=save>
                {icon(Icon::Download)} {export::SAVE_NOW.get()}
            </button>
            <select aria-label=export::ITEM_KIND.get() on:change=change>{options}</select>
            <label class="check">
                <input type="checkbox" aria-label=choose_label prop:checked=chosen on:change=put />
                {export::CHOOSE_THIS.get()}
            </label>
            {move || Some(context.basket.items.with(Vec::len)).filter(|n| *n > 0).map(|n| view! {
                <a class="link" href=Route::Export.href()>{export::IN_BASKET.with(&[("n", &n)])}</a>
            })}
        </div>
        <p class="failure__text take__said" role="status">{said}</p>
    }
}
