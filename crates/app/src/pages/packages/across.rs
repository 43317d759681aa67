//! One package in all images: who has which version, and which one is pinned for the standard set.

use careen_model::Ecosystem;
use leptos::prelude::*;

use super::agreement::SEPARATOR;
use super::{compared, ecosystem_name};
use crate::app::context;
use crate::components::{Detail, Facts, fact};
use crate::messages::packages;

/// A version, and the images that have it.
pub struct InUse {
    /// The version.
    pub version: String,
    /// Column names of the images.
    pub images: Vec<String>,
}

/// The pane beside a table of packages.
#[component]
pub fn PackageAcross(ecosystem: Ecosystem, package: String, close: Callback<()>) -> impl IntoView {
    let context = context();
    let compared = compared().get_untracked();
    let matrix = compared.matrices.iter().find(|matrix| matrix.ecosystem == ecosystem);
    let row = matrix.and_then(|matrix| matrix.rows.iter().find(|row| row.package == package));
    let source = row.map(|row| row.source.clone()).filter(|source| !source.is_empty());
    let mut in_use: Vec<InUse> = Vec::new();
    for (image, cell) in matrix.iter().flat_map(|matrix| &matrix.images).zip(row.iter().flat_map(|row| &row.versions)) {
        for version in cell.split(SEPARATOR).filter(|version| !version.is_empty()) {
            match in_use.iter_mut().find(|known| known.version == version) {
                Some(known) => known.images.push(image.clone()),
                None => in_use.push(InUse { version: version.to_owned(), images: vec![image.clone()] }),
            }
        }
    }
    // Newest first, where the order is known.
    let drift = compared.drift.iter().find(|drift| drift.ecosystem == ecosystem && drift.package == package);
    in_use.sort_by_key(|it| {
        let at = drift.and_then(|drift| drift.versions.iter().position(|version| *version == it.version));
        std::cmp::Reverse(at)
    });
    let lacking: Vec<String> = matrix
        .iter()
        .flat_map(|matrix| &matrix.images)
        .zip(row.iter().flat_map(|row| &row.versions))
        .filter(|(_, cell)| cell.is_empty())
        .map(|(image, _)| image.clone())
        .collect();
    let pins = context.pins;
    let of = (ecosystem, package.clone());
    let pinned = {
        let of = of.clone();
        Memo::new(move |_| pins.get(&of))
    };
    let put = {
        let of = of.clone();
        move |version: Option<String>| pins.set(&of, version)
    };
    let put = StoredValue::new(put);
    let own = RwSignal::new(String::new());
    let versions = in_use.into_iter().map(|InUse { version, images }| {
        let (shown, title) = (version.clone(), images.join(", "));
        let is_pinned = {
            let version = version.clone();
            Memo::new(move |_| pinned.get().as_deref() == Some(version.as_str()))
        };
        let label = packages::PIN_THIS.with(&[("version", &version)]);
        let press = move |_| put.with_value(|put| put((!is_pinned.get_untracked()).then(|| version.clone())));
        view! {
            <li class="in-use">
                <div class="in-use__head">
                    <span class="mono">{shown}</span>
                    <button type="button" class="button" class:button--main=is_pinned aria-pressed=move || is_pinned.get().to_string()
                        aria-label=label on:click=press>
                        {move || if is_pinned.get() { packages::PINNED.get() } else { packages::PIN.get() }}
                    </button>
                </div>
                <span class="muted" title=title.clone()>{title.clone()}</span>
            </li>
        }
    });
    let versions = versions.collect_view();
    let pin_own = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let version = own.get_untracked().trim().to_owned();
        if !version.is_empty() {
            put.with_value(|put| put(Some(version)));
        }
    };
    view! {
        <Detail title=package close=close>
            <Facts>
                {fact(packages::ECOSYSTEM.get(), ecosystem_name(ecosystem))}
                {source.map(|source| fact(packages::SOURCE.get(), source))}
                {(!lacking.is_empty()).then(|| fact(packages::NOT_IN.get(), lacking.join(", ")))}
            </Facts>
            <h3>{packages::VERSIONS.get()}</h3>
            <ul class="plain">{versions}</ul>
            <h3>{packages::PIN_TITLE.get()}</h3>
            <p class="muted prose">{packages::PIN_TEXT.get()}</p>
            {move || pinned.get().map(|version| view! {
                <p class="in-use__head" data-testid="pinned">
                    <span>{packages::PINNED_IS.get()} " " <span class="mono">{version}</span></span>
                    <button type="button" class="button" on:click=move |_| put.with_value(|put| put(None))>{packages::UNPIN.get()}</button>
                </p>
            })}
            <form class="in-use__head" on:submit=pin_own>
                <input type="text" class="mono" aria-label=packages::PIN_OWN.get() placeholder=packages::PIN_OWN.get()
                    prop:value=own on:input=move |event| own.set(event_target_value(&event)) />
                <button type="submit" class="button">{packages::PIN.get()}</button>
            </form>
        </Detail>
    }
}
