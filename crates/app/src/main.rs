//! The page: everything a person sees of Careen in a browser.

mod app;
mod boot;
mod components;
mod engine;
mod exporter;
mod finder;
mod format;
mod later;
mod messages;
mod pages;
mod saving;
mod state;
mod witness;

fn main() {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    leptos::mount::mount_to_body(app::App);
}
