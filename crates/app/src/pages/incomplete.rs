//! Where the pages of a disk could not be loaded.

use leptos::prelude::*;

use crate::messages::general;

/// What is the matter, and the way on.
#[component]
pub fn Incomplete() -> impl IntoView {
    view! {
        <div class="page page--narrow">
            <h1>{general::INCOMPLETE.get()}</h1>
            <p class="prose">{general::INCOMPLETE_WHY.get()}</p>
            <p class="actions">
                <button type="button" class="button button--main" on:click=|_| drop(window().location().reload())>
                    {general::RELOAD.get()}
                </button>
            </p>
        </div>
    }
}
