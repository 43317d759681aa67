//! What no registry has, chosen with one click.

use careen_model::{ImageKind, RegistryState, Survey};
use leptos::prelude::*;

use crate::app::context;
use crate::format;
use crate::messages::{self, export};
use crate::state::Item;

/// Everything that cannot be had again: volumes, images that were only built here, what containers changed.
fn irreplaceable(survey: &Survey) -> [Vec<Item>; 3] {
    let volumes = survey.volumes.iter();
    let volumes = volumes.map(|it| Item::of_scope(format!("volume:{}", it.name), &it.name, it.size));
    let is_local = |image: &&careen_model::Image| {
        image.kind != ImageKind::Intermediate
            && image.registry.as_ref().is_some_and(|registry| registry.state != RegistryState::Known)
    };
    let images = survey.images.iter().filter(is_local);
    let images = images.map(|it| Item::of_scope(format!("image:{}", it.id), it.label(), it.size));
    let containers = survey.containers.iter();
    let containers = containers.map(|it| Item::of_scope(format!("changes:{}", it.id), &it.name, None));
    [volumes.collect(), images.collect(), containers.collect()]
}

/// The offer, with numbers.
#[component]
pub fn Preset() -> impl IntoView {
    let context = context();
    let found = Memo::new(move |_| irreplaceable(&context.told.survey()));
    let stores = Memo::new(move |_| {
        let survey = context.told.survey();
        let used = match survey.filesystems.as_slice() {
            [only] => only.used,
            _ => None,
        };
        let label = |path: &str| export::STORE_LABEL.with(&[("path", &path)]);
        // The name that such a backup has wherever it is described.
        let disk = context.told.picked.get().map(|picked| picked.name).unwrap_or_default();
        let disk = disk.split('.').next().unwrap_or_default().to_owned();
        let time = format::time(js_sys::Date::now()).replace(['-', ':'], "").replace(' ', "_");
        let stem = format!("docker_data_from_{disk}_{time}");
        let item = |store: &careen_model::Store| Item {
            stem: Some(stem.clone()),
            ..Item::of_scope(format!("store:{}", store.id), label(&store.path), used)
        };
        survey.stores.iter().map(item).collect::<Vec<Item>>()
    });
    let lines = move || {
        let [volumes, images, containers] = found.get().map(|items| items.len() as u64);
        let line = |n: u64, one, many| (n > 0).then(|| view! { <li>{messages::count(n, one, many)}</li> });
        view! {
            {line(volumes, &export::PRESET_VOLUME, &export::PRESET_VOLUMES)}
            {line(images, &export::PRESET_IMAGE, &export::PRESET_IMAGES)}
            {line(containers, &export::PRESET_CONTAINER, &export::PRESET_CONTAINERS)}
        }
    };
    let choose = move |items: Vec<Item>| items.into_iter().for_each(|item| context.basket.set(item, true));
    let is_any = move || found.with(|found| found.iter().any(|items| !items.is_empty()));
    let is_chosen = Memo::new(move |_| {
        found.with(|found| found.iter().flatten().all(|item| context.basket.has(&item.scope, None)))
    });
    view! {
        {move || is_any().then(|| view! {
            <section class="panel">
                <h2>{export::PRESET_TITLE.get()}</h2>
                <p class="prose">{export::PRESET_TEXT.get()}</p>
                <ul class="bullets">{lines}</ul>
                <p class="actions">
                    <button type="button" class="button button--main" data-testid="preset-irreplaceable"
                        disabled=move || is_chosen.get()
                        on:click=move |_| choose(found.get_untracked().into_iter().flatten().collect())>
                        {export::PRESET_ADD.get()}
                    </button>
                </p>
                {move || stores.with(|stores| !stores.is_empty()).then(|| view! {
                    <p class="prose muted">{export::PRESET_STORE.get()}</p>
                    <p class="actions">
                        <button type="button" class="button" data-testid="preset-store" on:click=move |_| choose(stores.get_untracked())>
                            {export::PRESET_STORE_ADD.get()}
                        </button>
                    </p>
                })}
            </section>
        })}
    }
}
