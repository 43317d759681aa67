//! A short word with a shape, for states.

use leptos::prelude::*;

/// A state: `tone` is `good`, `note`, `damage`, `loss` or `plain`.
#[component]
pub fn Status(
    /// How it is colored.
    tone: &'static str,
    /// The word.
    #[prop(into)]
    text: String,
    /// What it means.
    #[prop(into, optional)]
    title: String,
) -> impl IntoView {
    view! { <span class=format!("status status--{tone}") title=title>{text}</span> }
}
