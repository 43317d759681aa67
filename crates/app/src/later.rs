//! The pages that come with a disk: a part of the program that is cut off when the page is built, and loaded when a disk
//! is opened. Who looks at the first page has asked for none of it.
//!
//! `xtask/src/page/programs.rs` cuts (`wasm_split`): whatever is reached by [`disk_pages`] alone goes into a module of its
//! own. Both modules are one program, with one memory.

// The macro makes an import and an export of the function where the cut is, which Rust counts as unsafe.
#![allow(unsafe_code)]

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::pages;
use crate::state::Route;

/// What draws the page of a route.
type Draw = fn(&Route) -> AnyView;

/// How far it is.
#[derive(Clone, Copy)]
pub enum Later {
    /// Not asked for, or on its way.
    Coming,
    /// There.
    Here(Draw),
    /// It could not be loaded.
    Failed,
}

/// Loads it, or takes what was loaded before.
pub async fn load() -> Later {
    disk_pages().await.map_or(Later::Failed, Later::Here)
}

#[wasm_split(disk, wasm_split_path = leptos::wasm_split, fallible)]
fn disk_pages() -> Result<Draw, SplitLoaderError> {
    Ok(draw)
}

fn draw(route: &Route) -> AnyView {
    match route {
        Route::Overview => view! { <pages::Overview /> }.into_any(),
        Route::Images(_) => view! { <pages::Images /> }.into_any(),
        Route::Containers(_) => view! { <pages::Containers /> }.into_any(),
        Route::Log(_) => view! { <pages::Log /> }.into_any(),
        Route::Changes(_) => view! { <pages::Changes /> }.into_any(),
        Route::Volumes(_) => view! { <pages::Volumes /> }.into_any(),
        Route::Networks(_) => view! { <pages::Networks /> }.into_any(),
        Route::Files { .. } => view! { <pages::Files /> }.into_any(),
        Route::Find(_) => view! { <pages::Find /> }.into_any(),
        Route::Packages { .. } => view! { <pages::Packages /> }.into_any(),
        Route::BuildCache(_) => view! { <pages::BuildCache /> }.into_any(),
        Route::Space(_) => view! { <pages::Space /> }.into_any(),
        Route::Timeline(_) => view! { <pages::Timeline /> }.into_any(),
        Route::Findings(_) => view! { <pages::Findings /> }.into_any(),
        Route::Export => view! { <pages::Export /> }.into_any(),
        // These are there from the start.
        Route::Open | Route::About => ().into_any(),
    }
}
