//! What can be looked into.

use careen_model::{ImageKind, Survey};
use leptos::prelude::*;

use super::Here;
use crate::app::context;
use crate::format;
use crate::messages::files;
use crate::state::Route;

/// A group of scopes with its name.
type Group = (&'static str, Vec<(String, String)>);

/// Every scope of a disk: value and label, in groups.
pub fn groups(survey: &Survey) -> Vec<Group> {
    let images = survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate);
    let images = images.map(|image| (format!("image:{}", image.id), image.label()));
    let containers = || survey.containers.iter();
    // A filesystem was opened in each partition that holds one, in this order.
    let partitions: Vec<u32> = survey
        .partitions
        .iter()
        .filter(|it| it.filesystem.as_deref().is_some_and(|kind| kind.starts_with("ext")))
        .map(|it| it.index)
        .collect();
    let is_told = partitions.len() == survey.filesystems.len();
    let filesystems = survey.filesystems.iter().enumerate().map(|(at, filesystem)| {
        let kind = match filesystem.label.as_str() {
            "" => filesystem.kind.clone(),
            label => format!("{}, {label}", filesystem.kind),
        };
        let label = match partitions.get(at).filter(|_| is_told) {
            Some(0) => files::WHOLE_DISK.with(&[("kind", &kind)]),
            Some(index) => files::PARTITION.with(&[("n", index), ("kind", &kind)]),
            None => format!("{kind} {}", filesystem.id),
        };
        (format!("fs:{}", filesystem.id), label)
    });
    let volumes =
        survey.volumes.iter().map(|volume| (format!("volume:{}", volume.name), format::short_id(&volume.name)));
    // The closed list shows no group: each name says by itself what it opens.
    let changes =
        containers().map(|it| (format!("changes:{}", it.id), files::ONLY_CHANGES.with(&[("name", &it.name)])));
    vec![
        (files::GROUP_FILESYSTEMS.get(), filesystems.collect()),
        (files::GROUP_VOLUMES.get(), volumes.collect()),
        (
            files::GROUP_CONTAINERS.get(),
            containers().map(|it| (format!("container:{}", it.id), it.name.clone())).collect(),
        ),
        (files::GROUP_CHANGES.get(), changes.collect()),
        (files::GROUP_IMAGES.get(), images.collect()),
    ]
}

/// What a scope is called: its name where it is one of the list, else as it is written, its id shortened.
pub fn scope_label(survey: &Survey, scope: &str) -> String {
    // A name says itself; ids and numbers are looked up.
    let is_name = |kind: &str, name: &str| {
        !matches!(kind, "fs" | "changes") && !name.starts_with("sha256:") && !format::is_long_id(name)
    };
    if scope.split_once(':').is_some_and(|(kind, name)| is_name(kind, name)) {
        return scope.to_owned();
    }
    let wanted = canonical(survey, scope);
    let known =
        groups(survey).into_iter().find_map(|(_, scopes)| scopes.into_iter().find(|(value, _)| *value == wanted));
    let kind = scope.split(':').next().unwrap_or_default();
    match (known, scope.split_once(':')) {
        (Some((_, label)), _) if matches!(kind, "fs" | "changes") => label,
        (Some((_, label)), _) => format!("{kind}:{label}"),
        (None, Some((kind, name))) => format!("{kind}:{}", format::short_id(name)),
        (None, None) => scope.to_owned(),
    }
}

/// `fs` is the filesystem of the first store, which is what the worker takes it for; here only its number is needed.
fn canonical(survey: &Survey, scope: &str) -> String {
    match survey.filesystems.as_slice() {
        [only] if scope == "fs" => format!("fs:{}", only.id),
        _ => scope.to_owned(),
    }
}

/// The choice of what to look into.
#[component]
pub fn ScopeChoice(here: Memo<Here>) -> impl IntoView {
    let context = context();
    // The list follows the disk, not the sizes that fill in.
    let groups = Memo::new(move |_| groups(&context.told.survey()));
    let scope = Memo::new(move |_| here.with(|here| canonical(&context.told.survey(), &here.scope)));
    let other = move || {
        let scope = scope.get();
        let is_listed =
            groups.with(|groups| groups.iter().any(|(_, all)| all.iter().any(|(value, _)| *value == scope)));
        (!is_listed).then(|| {
            let label = scope_label(&context.told.survey(), &scope);
            view! { <option value=scope.clone() selected>{label}</option> }
        })
    };
    view! {
        <label class="choice">
            <span>{files::SCOPE.get()}</span>
            <select
                on:change=move |event| context.go(Route::files(event_target_value(&event)))
                prop:value=move || scope.get()
            >
                {other}
                {move || groups.get().into_iter().filter(|(_, all)| !all.is_empty()).map(|(name, all)| {
                    let option = |(value, label): (String, String)| {
                        let is_chosen = value == scope.get_untracked();
                        view! { <option value=value selected=is_chosen>{label}</option> }
                    };
                    view! { <optgroup label=name>{all.into_iter().map(option).collect_view()}</optgroup> }
                }).collect_view()}
            </select>
        </label>
    }
}
