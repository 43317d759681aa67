//! Taking things out: what was chosen, how and where to, and what became of it.

mod chosen;
mod cross_check;
mod file_check;
mod options;
mod preset;
mod queue;

use leptos::prelude::*;

use self::chosen::Chosen;
use self::cross_check::CrossChecking;
use self::file_check::CheckFile;
use self::options::{OnDamageChoice, Save};
use self::preset::Preset;
use self::queue::Queue;
use crate::app::context;
use crate::messages::{export, open};

pub use self::chosen::kind_name;
pub use self::options::{choose, no_place};
pub use self::queue::{SavingNow, trouble_text};

/// The page. Without a disk it shows the queue, and files can be checked.
#[component]
pub fn Export() -> impl IntoView {
    let context = context();
    let has_disk = Memo::new(move |_| context.told.survey.with(Option::is_some));
    let has_items = Memo::new(move |_| context.basket.items.with(|items| !items.is_empty()));
    view! {
        <div class="page export">
            <h1>{export::TITLE.get()}</h1>
            <p class="lead prose">{export::LEAD.get()}</p>
            <Queue />
            {move || (!has_disk.get()).then(|| view! {
                <section class="panel">
                    <p class="prose">{export::NO_DISK.get()}</p>
                    <p class="actions">
                        <button type="button" class="button button--main" on:click=move |_| context.pick()>{open::PICK.get()}</button>
                    </p>
                </section>
            })}
            {move || has_disk.get().then(|| view! {
                <Preset />
                <Chosen />
                {move || has_items.get().then(|| view! {
                    <OnDamageChoice />
                    <Save />
                })}
                <CrossChecking />
            })}
            <CheckFile />
        </div>
    }
}
