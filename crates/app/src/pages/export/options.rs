//! How damage is met, where to, and the button.

use careen_protocol::OnDamage;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{Icon, icon};
use crate::format;
use crate::messages::{self, Text, export};
use crate::saving::{MEMORY_LIMIT, Target, Trouble, Way, choose_file, choose_folder};
use crate::state::Plan;

/// What is done about a file that cannot be read whole.
#[component]
pub fn OnDamageChoice() -> impl IntoView {
    let basket = context().basket;
    let choice = move |value: OnDamage, id: &'static str, name: &'static Text, why: &'static Text| {
        view! {
            <label class="option">
                <input type="radio" name="on-damage" data-testid=format!("damage-{id}")
                    prop:checked=move || basket.on_damage.get() == value on:change=move |_| basket.on_damage.set(value) />
                <span><strong>{name.get()}</strong> <span class="muted">{why.get()}</span></span>
            </label>
        }
    };
    view! {
        <fieldset class="panel options">
            <legend>{export::DAMAGE_TITLE.get()}</legend>
            {choice(OnDamage::Skip, "skip", &export::DAMAGE_SKIP, &export::DAMAGE_SKIP_WHY)}
            {choice(OnDamage::Gaps, "gaps", &export::DAMAGE_GAPS, &export::DAMAGE_GAPS_WHY)}
            {choice(OnDamage::Stop, "stop", &export::DAMAGE_STOP, &export::DAMAGE_STOP_WHY)}
        </fieldset>
    }
}

/// Asks for the place if this way needs one. It has to be called while a click is being handled.
pub async fn choose(way: Way, name: &str) -> Result<Target, Trouble> {
    match way {
        Way::Folder => choose_folder().await.map(Target::Folder),
        Way::File => choose_file(name).await.map(Target::File),
        Way::Download => Ok(Target::Download),
        Way::Memory => Ok(Target::Memory),
    }
}

/// What is to be said when no place was chosen.
pub fn no_place(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Ended => export::DIALOG_CLOSED.get().to_owned(),
        Trouble::Other(reason) => export::DIALOG_FAILED.with(&[("reason", reason)]),
        _ => export::FAIL_FORBIDDEN.get().to_owned(),
    }
}

/// Where to, what it comes to, and the button.
#[component]
pub fn Save() -> impl IntoView {
    let context = context();
    let basket = context.basket;
    let plans = Memo::new(move |_| basket.plans());
    let count = Memo::new(move |_| plans.with(Vec::len));
    let wanted = RwSignal::new(None::<Way>);
    // One file can be put under a name of its own; several go into a folder.
    let ways = Memo::new(move |_| {
        let place = if count.get() == 1 { Way::File } else { Way::Folder };
        [place, Way::Download, Way::Memory].into_iter().filter(|way| way.is_there()).collect::<Vec<Way>>()
    });
    let way = Memo::new(move |_| {
        let is_offered = |way: &Way| ways.with(|ways| ways.contains(way));
        wanted.get().filter(is_offered).unwrap_or_else(|| Way::best(count.get() == 1))
    });
    let said = RwSignal::new(None::<String>);
    let save = move |_| {
        let (way, plans): (Way, Vec<Plan>) = (way.get_untracked(), plans.get_untracked());
        said.set(None);
        spawn_local(async move {
            let name = plans.first().map(|plan| plan.name.clone()).unwrap_or_default();
            match choose(way, &name).await {
                Ok(target) => {
                    context.exporter().add(plans, &target);
                    basket.items.set(Vec::new());
                }
                Err(trouble) => said.set(Some(no_place(&trouble))),
            }
        });
    };
    let option = move |value: Way| {
        let limit = format::size(MEMORY_LIMIT);
        let (id, name, why) = match value {
            Way::Folder => ("folder", &export::WAY_FOLDER, export::WAY_FOLDER_WHY.get().to_owned()),
            Way::File => ("file", &export::WAY_FILE, export::WAY_FILE_WHY.get().to_owned()),
            Way::Download => ("download", &export::WAY_DOWNLOAD, export::WAY_DOWNLOAD_WHY.get().to_owned()),
            Way::Memory => ("memory", &export::WAY_MEMORY, export::WAY_MEMORY_WHY.with(&[("limit", &limit)])),
        };
        view! {
            <label class="option">
                <input type="radio" name="way" data-testid=format!("way-{id}")
                    prop:checked=move || way.get() == value on:change=move |_| wanted.set(Some(value)) />
                <span><strong>{name.get()}</strong> " " <span class="muted">{why}</span></span>
            </label>
        }
    };
    let total = move || {
        plans.with(|plans| {
            let known: u64 = plans.iter().filter_map(|plan| plan.weight).fold(0, u64::saturating_add);
            let is_all = plans.iter().all(|plan| plan.weight.is_some());
            match (is_all, known) {
                (true, _) => export::TOTAL.with(&[("size", &format::size(known))]),
                (false, 0) => export::TOTAL_OPEN.get().to_owned(),
                (false, _) => export::TOTAL_SOME.with(&[("size", &format::size(known))]),
            }
        })
    };
    let names = move || plans.with(|plans| plans.iter().map(|plan| plan.name.clone()).collect::<Vec<_>>().join("\n"));
    view! {
        <fieldset class="panel options">
            <legend>{export::WAY_TITLE.get()}</legend>
            {move || ways.get().into_iter().map(option).collect_view()}
            {move || (ways.get() == [Way::Memory]).then(|| {
                let limit = format::size(MEMORY_LIMIT);
                view! { <p class="prose">{export::WAY_MEMORY_ONLY.with(&[("limit", &limit)])}</p> }
            })}
            <p class="actions">
                <button type="button" class="button button--main" data-testid="save-all" title=names on:click=save>
                    {icon(Icon::Download)}
                    {move || messages::count(count.get() as u64, &export::SAVE_ONE, &export::SAVE_MANY)}
                </button>
                <span class="muted" data-testid="total">{total}</span>
            </p>
            <p class="failure__text" role="status">{said}</p>
        </fieldset>
    }
}
