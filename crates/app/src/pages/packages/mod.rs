//! Packages: by image, against each other, and as files.

mod across;
mod agreement;
mod compared;
mod downloads;
mod list;
mod matrix;
mod provenance;
mod standard;

use std::sync::Arc;

use careen_model::{Comparison, Ecosystem};
use leptos::prelude::*;

use self::compared::{Common, Drifts, Unique};
use self::downloads::Downloads;
use self::list::PackageList;
use self::matrix::MatrixView;
use self::standard::Standard;
use crate::app::context;
use crate::components::Empty;
use crate::messages::{Text, general, packages};
use crate::state::{PackageTab, Phase, Route};

/// The page.
#[component]
pub fn Packages() -> impl IntoView {
    let context = context();
    let tab = Memo::new(move |before: Option<&PackageTab>| match context.route.get() {
        Route::Packages { tab, .. } => tab,
        _ => before.copied().unwrap_or_default(),
    });
    let ecosystem = Memo::new(move |_| match context.route.get() {
        Route::Packages { ecosystem, .. } => ecosystem,
        _ => None,
    });
    let link = move |of: PackageTab| {
        let (name, _) = words(of);
        view! {
            <a class="tab" href=Route::packages(of).href() aria-current=move || (tab.get() == of).then_some("true")>{name.get()}</a>
        }
    };
    view! {
        <div class="page page--list">
            <div class="packages__head">
                <h1>{packages::TITLE.get()}</h1>
                <nav class="tabs" aria-label=packages::TITLE.get()>{PackageTab::ALL.map(link).collect_view()}</nav>
            </div>
            <p class="muted prose packages__why">{move || words(tab.get()).1.get()}</p>
            <Downloads tab=tab />
            {move || match tab.get() {
                PackageTab::List => view! { <PackageList /> }.into_any(),
                PackageTab::Matrix => view! { <WhenCompared><MatrixView wanted=ecosystem /></WhenCompared> }.into_any(),
                PackageTab::Common => view! { <WhenCompared><Common wanted=ecosystem /></WhenCompared> }.into_any(),
                PackageTab::Unique => view! { <WhenCompared><Unique wanted=ecosystem /></WhenCompared> }.into_any(),
                PackageTab::Drift => view! { <WhenCompared><Drifts wanted=ecosystem /></WhenCompared> }.into_any(),
                PackageTab::Standard => view! { <WhenCompared><Standard wanted=ecosystem /></WhenCompared> }.into_any(),
            }}
        </div>
    }
}

fn words(tab: PackageTab) -> (&'static Text, &'static Text) {
    match tab {
        PackageTab::List => (&packages::TAB_LIST, &packages::WHY_LIST),
        PackageTab::Matrix => (&packages::TAB_MATRIX, &packages::WHY_MATRIX),
        PackageTab::Common => (&packages::TAB_COMMON, &packages::WHY_COMMON),
        PackageTab::Unique => (&packages::TAB_UNIQUE, &packages::WHY_UNIQUE),
        PackageTab::Drift => (&packages::TAB_DRIFT, &packages::WHY_DRIFT),
        PackageTab::Standard => (&packages::TAB_STANDARD, &packages::WHY_STANDARD),
    }
}

/// The name of an ecosystem; it is the same in every language.
fn ecosystem_name(ecosystem: Ecosystem) -> &'static str {
    ecosystem.name()
}

/// The packages compared; empty until they are.
fn compared() -> Memo<Arc<Comparison>> {
    let told = context().told;
    Memo::new_with_compare(
        move |_| told.comparison.get().unwrap_or_default(),
        |a, b| !matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b)),
    )
}

/// What a row stands for: `data-key`.
fn key(ecosystem: Ecosystem, package: &str) -> String {
    format!("{}/{package}", ecosystem_name(ecosystem))
}

/// Links to a view of each ecosystem, and to that of all where there is one.
#[component]
fn EcosystemTabs(tab: PackageTab, #[prop(into)] current: Signal<Option<Ecosystem>>, has_all: bool) -> impl IntoView {
    let all = compared().with(|compared| compared.matrices.iter().map(|matrix| matrix.ecosystem).collect::<Vec<_>>());
    let link = move |of: Option<Ecosystem>| {
        let route = Route::Packages { tab, ecosystem: of, image: None };
        let name = of.map_or_else(|| packages::ALL_ECOSYSTEMS.get(), ecosystem_name);
        view! { <a class="tab" href=route.href() aria-current=move || (current.get() == of).then_some("true")>{name}</a> }
    };
    let links = has_all.then_some(None).into_iter().chain(all.into_iter().map(Some)).map(link).collect_view();
    view! { <nav class="tabs tabs--small" aria-label=packages::ECOSYSTEM.get()>{links}</nav> }
}

/// Shows its children once all packages were compared; until then, how far that is.
#[component]
fn WhenCompared(children: ChildrenFn) -> impl IntoView {
    let context = context();
    let told = context.told;
    let is_there = Memo::new(move |_| told.comparison.with(Option::is_some));
    let is_empty = Memo::new(move |_| told.comparison.with(|it| it.as_ref().is_some_and(|it| it.matrices.is_empty())));
    move || {
        if is_empty.get() {
            view! { <Empty text=packages::NO_PACKAGES.get() /> }.into_any()
        } else if is_there.get() {
            children().into_any()
        } else if told.phase.get() == Phase::Reading {
            let text = move || {
                let (done, total) = told.collected.get();
                packages::WAIT.with(&[("done", &done), ("total", &total)])
            };
            view! { <div class="empty"><p>{text}</p></div> }.into_any()
        } else {
            view! {
                <Empty text=packages::STOPPED.get()>
                    <button type="button" class="button button--main" on:click=move |_| context.engine().fill()>{general::GO_ON.get()}</button>
                </Empty>
            }
            .into_any()
        }
    }
}
