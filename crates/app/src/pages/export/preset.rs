//! What no registry has: chosen with one click, or saved whole as a move kit.

use careen_model::OnlyHere;
use careen_protocol::{Failure, KitOf, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::options::no_place;
use crate::app::{Context, context};
use crate::components::FailureBox;
use crate::engine::unexpected;
use crate::format;
use crate::messages::{self, export};
use crate::saving::{Target, Way, choose_folder};
use crate::state::{Content, Item, Plan, file_name};

/// Everything that cannot be had again, as things to be chosen.
fn items(here: &OnlyHere) -> Vec<Item> {
    let volumes = here.volumes.iter().map(|it| Item::of_scope(format!("volume:{}", it.name), &it.name, it.size));
    let images = here.images.iter().map(|it| {
        let label = it.names.first().cloned().unwrap_or_else(|| format::short_id(&it.id));
        Item::of_scope(format!("image:{}", it.id), label, it.size)
    });
    let containers = here.containers.iter().map(|it| Item::of_scope(format!("container:{}", it.id), &it.name, None));
    volumes.chain(images).chain(containers).collect()
}

async fn ask(context: Context) -> Result<OnlyHere, Failure> {
    let aside = context.aside();
    let answer = aside.ask(Request::OnlyHere).await;
    aside.end_when_idle();
    match answer?.reply {
        Reply::OnlyHere(here) => Ok(*here),
        other => Err(unexpected(&other)),
    }
}

/// The offer, with numbers.
#[component]
pub fn Preset() -> impl IntoView {
    let context = context();
    let disk = Memo::new(move |_| context.told.picked.get().map(|picked| picked.name).unwrap_or_default());
    let here = LocalResource::new(move || {
        disk.track();
        ask(context)
    });
    view! {
        <section class="panel">
            <h2>{export::PRESET_TITLE.get()}</h2>
            {move || match here.get() {
                None => view! { <p class="muted" role="status">{export::PRESET_COUNTING.get()}</p> }.into_any(),
                Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
                Some(Ok(here)) => view! { <Offer here=here disk=disk.get() /> }.into_any(),
            }}
            <WholeStore disk=disk />
        </section>
    }
}

#[component]
fn Offer(here: OnlyHere, disk: String) -> impl IntoView {
    let context = context();
    let line = |n: usize, one, many| (n > 0).then(|| view! { <li>{messages::count(n as u64, one, many)}</li> });
    let lines = view! {
        {line(here.volumes.len(), &export::PRESET_VOLUME, &export::PRESET_VOLUMES)}
        {line(here.images.len(), &export::PRESET_IMAGE, &export::PRESET_IMAGES)}
        {line(here.containers.len(), &export::PRESET_CONTAINER, &export::PRESET_CONTAINERS)}
    };
    let all = items(&here);
    if all.is_empty() {
        return view! { <p class="prose">{export::PRESET_NONE.get()}</p> }.into_any();
    }
    let size = export::PRESET_SIZE.with(&[("size", &format::size(here.size))]);
    let wanted = all.clone();
    let is_chosen = Memo::new(move |_| all.iter().all(|item| context.basket.has(&item.scope, None)));
    let choose = move |_| wanted.iter().for_each(|item| context.basket.set(item.clone(), true));
    let said = RwSignal::new(None::<String>);
    let kit = move |_| {
        let of = KitOf {
            volumes: here.volumes.iter().map(|it| it.name.clone()).collect(),
            images: here.images.iter().map(|it| it.id.clone()).collect(),
            containers: here.containers.iter().map(|it| it.id.clone()).collect(),
            on_damage: context.basket.on_damage.get_untracked(),
        };
        let labels = items(&here).into_iter().map(|item| item.label).collect();
        let name = file_name(&format!("careen-kit-{}", disk.split('.').next().unwrap_or_default()));
        let plan =
            Plan { name, labels, of: Content::Kit(of), weight: Some(here.size).filter(|_| here.without_size == 0) };
        said.set(None);
        spawn_local(async move {
            match choose_folder().await {
                Ok(folder) => context.exporter().add(vec![plan], &Target::Folder(folder)),
                Err(trouble) => said.set(Some(no_place(&trouble))),
            }
        });
    };
    view! {
        <p class="prose">{export::PRESET_TEXT.get()}</p>
        <ul class="bullets">{lines}</ul>
        <p class="muted">{size}</p>
        <p class="actions">
            <button type="button" class="button button--main" data-testid="preset-irreplaceable" disabled=is_chosen on:click=choose>
                {export::PRESET_ADD.get()}
            </button>
        </p>
        {Way::Folder.is_there().then(|| view! {
            <p class="prose muted">{export::KIT_TEXT.get()}</p>
            <p class="actions">
                <button type="button" class="button" data-testid="save-kit" on:click=kit>{export::KIT_SAVE.get()}</button>
            </p>
            <p class="failure__text take__said" role="status">{said}</p>
        })}
    }
    .into_any()
}

/// The whole data root as one archive.
#[component]
fn WholeStore(disk: Memo<String>) -> impl IntoView {
    let context = context();
    let stores = Memo::new(move |_| {
        let survey = context.told.survey();
        let used = match survey.filesystems.as_slice() {
            [only] => only.used,
            _ => None,
        };
        // The name that such a backup has wherever it is described.
        let name = disk.get().split('.').next().unwrap_or_default().to_owned();
        let time = format::time(js_sys::Date::now()).replace(['-', ':'], "").replace(' ', "_");
        let item = |store: &careen_model::Store| {
            let label = export::STORE_LABEL.with(&[("path", &store.path)]);
            let stem = Some(format!("docker_data_from_{name}_{time}"));
            Item { stem, ..Item::of_scope(format!("store:{}", store.id), label, used) }
        };
        survey.stores.iter().map(item).collect::<Vec<Item>>()
    });
    let choose = move |_| stores.get_untracked().into_iter().for_each(|item| context.basket.set(item, true));
    move || {
        stores.with(|stores| !stores.is_empty()).then(|| {
            view! {
                <p class="prose muted">{export::PRESET_STORE.get()}</p>
                <p class="actions">
                    <button type="button" class="button" data-testid="preset-store" on:click=choose>{export::PRESET_STORE_ADD.get()}</button>
                </p>
            }
        })
    }
}
