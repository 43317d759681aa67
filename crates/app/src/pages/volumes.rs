//! Volumes, with their sizes as they become known.

use std::collections::BTreeSet;
use std::sync::Arc;

use careen_model::{Language, Volume};
use leptos::prelude::*;

use super::inspect::Inspect;
use super::take_out::{TakeOut, marks};
use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, Facts, Split, Status, fact};
use crate::format;
use crate::messages::{self, containers as volumes, general};
use crate::state::{Item, Route};

/// The page.
#[component]
pub fn Volumes() -> impl IntoView {
    let context = context();
    let state = TableState::sorted_by(0);
    let columns = Arc::new(vec![
        Column::text(volumes::NAME.get(), 14.0, 3.0).pinned(),
        Column::number(volumes::SIZE.get(), 7.0),
        Column::number(volumes::FILES.get(), 6.0),
        Column::text(volumes::HOLDS.get(), 9.0, 1.0),
        Column::text(volumes::USED_BY.get(), 12.0, 3.0),
        Column::text(volumes::DRIVER.get(), 7.0, 0.0),
        Column::text(volumes::LABELS.get(), 10.0, 2.0),
    ]);
    let rows = Memo::new(move |_| Arc::new(context.told.survey().volumes.iter().map(row).collect::<Vec<_>>()));
    let rows = Rows::local(rows.into(), state);
    let selected = Signal::derive(move || match context.route.get() {
        Route::Volumes(name) => name,
        _ => None,
    });
    let chosen = Memo::new(move |_| {
        let name = selected.get()?;
        context.told.survey().volumes.iter().find(|volume| volume.name == name).cloned()
    });
    let total = move || {
        let survey = context.told.survey();
        let sum: Option<u64> = survey.volumes.iter().map(|volume| volume.size).sum();
        let used: Option<u64> = survey.filesystems.iter().map(|filesystem| filesystem.used).sum();
        sum.map(|bytes| {
            let text = if used.is_some_and(|used| used < bytes) { &volumes::TOTAL_SPARSE } else { &volumes::TOTAL };
            text.with(&[("size", &format::size(bytes))])
        })
    };
    view! {
        <div class="page page--list">
            <h1>{volumes::VOLUMES_TITLE.get()} <small class="muted">{total}</small></h1>
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|volume| view! { <VolumeDetail volume=volume /> })
            >
                <Table
                    test_id="table-volumes"
                    columns=columns
                    rows=rows
                    state=state
                    marks=marks(move |row| {
                        let survey = context.told.survey();
                        survey.volumes.iter().find(|volume| volume.name == row.key).map(item)
                    })
                    selected=selected
                    on_select=Callback::new(move |row: Row| context.replace(Route::Volumes(Some(row.key))))
                    on_open=Callback::new(move |row: Row| context.go(Route::files(format!("volume:{}", row.key))))
                />
            </Split>
        </div>
    }
}

/// What Docker mounts over a volume's directory, and of which kind; its content is then not on this disk.
fn mounted_from(volume: &Volume) -> Option<(String, String)> {
    let option = |name: &str| volume.options.get(name).filter(|value| !value.is_empty()).cloned();
    // The driver mounts only what names a device; a plugin's options mean what it likes.
    let device = option("device").filter(|_| volume.driver.as_deref() == Some("local"))?;
    Some((device, option("type").unwrap_or_else(|| "bind".to_owned())))
}

/// The volume as something to be taken out.
fn item(volume: &Volume) -> Item {
    Item::of_scope(format!("volume:{}", volume.name), &volume.name, volume.size)
}

fn row(volume: &Volume) -> Row {
    let labels = match &volume.labels {
        Some(labels) => {
            let pairs = labels.iter().map(|(key, value)| format!("{key}={value}"));
            Cell::Text(pairs.collect::<Vec<_>>().join(", "))
        }
        None => Cell::Unknown,
    };
    // An empty directory says nothing about what is mounted over it.
    let elsewhere = mounted_from(volume).filter(|_| volume.files == Some(0));
    let (size, files) = if elsewhere.is_some() { (None, None) } else { (volume.size, volume.files) };
    let driver = match (volume.driver.clone(), elsewhere) {
        (Some(driver), Some((_, kind))) => Cell::Text(format!("{driver} ({kind})")),
        (Some(driver), None) => Cell::Text(driver),
        (None, _) => Cell::Unknown,
    };
    let name = if volume.anonymous { Cell::Id(volume.name.clone()) } else { Cell::Text(volume.name.clone()) };
    Row::new(
        volume.name.clone(),
        vec![
            name,
            Cell::Size(size),
            Cell::Count(files),
            Cell::Text(holds(volume).join(", ")),
            Cell::Text(volume.used_by.join(", ")),
            driver,
            labels,
        ],
    )
}

/// The databases in it, each kind and version once.
fn holds(volume: &Volume) -> Vec<String> {
    let named = volume.holds.iter().map(|held| match &held.version {
        Some(version) => format!("{} {version}", held.engine),
        None => held.engine.clone(),
    });
    named.collect::<BTreeSet<_>>().into_iter().collect()
}

#[component]
fn VolumeDetail(volume: Volume) -> impl IntoView {
    let context = context();
    let unknown = || general::UNKNOWN_YET.get().to_owned();
    let containers = context.told.survey().containers.clone();
    let user = |name: String| {
        let id = containers.iter().find(|container| container.name == name).map(|container| container.id.clone());
        let name = match id {
            Some(id) => view! { <a class="link" href=Route::Containers(Some(id)).href()>{name}</a> }.into_any(),
            None => name.into_any(),
        };
        view! { <li>{name}</li> }
    };
    let used_by = volume.used_by.clone();
    let is_used = !used_by.is_empty();
    let users = used_by.into_iter().map(user).collect_view();
    let pair = |(key, value): (String, String)| view! { <li class="mono">{format!("{key}={value}")}</li> };
    let language = messages::language();
    let held = volume.holds.iter().map(|held| {
        let version = held.version.clone().unwrap_or_default();
        let advice = match language {
            Language::English => held.advice.clone(),
            Language::Korean => held.advice_ko.clone(),
        };
        let path = if held.path.is_empty() { "/".to_owned() } else { held.path.clone() };
        view! { <li><strong>{held.engine.clone()} " " {version}</strong> " " <span class="mono">{path}</span> <p class="muted">{advice}</p></li> }
    });
    let (held, has_database) = (held.collect_view(), !volume.holds.is_empty());
    let places = volume.mounts.iter().map(|mount| {
        let image = mount.image.clone().map(|image| format!(" ({image})"));
        view! { <li><span class="mono">{mount.path.clone()}</span> " " {mount.container.clone()} {image}</li> }
    });
    let (places, is_mounted) = (places.collect_view(), !volume.mounts.is_empty());
    let labels = volume.labels.clone();
    let options = volume.options.clone();
    view! {
        <Detail title=volume.name.clone() close=Callback::new(move |()| context.replace(Route::Volumes(None)))>
            <p class="actions">
                <a class="button button--main" href=Route::files(format!("volume:{}", volume.name)).href()>{general::BROWSE_FILES.get()}</a>
            </p>
            <TakeOut item=item(&volume) />
            {volume.anonymous.then(|| view! {
                <p><Status tone="plain" text=volumes::ANONYMOUS.get() /> <span class="muted">{format!(": {}", volumes::ANONYMOUS_WHY.get())}</span></p>
            })}
            {mounted_from(&volume).map(|(device, kind)| view! {
                <p class="prose">{volumes::ELSEWHERE.with(&[("device", &device), ("kind", &kind)])}</p>
            })}
            <Facts>
                {fact(volumes::SIZE.get(), volume.size.map_or_else(unknown, format::exact_size))}
                {fact(volumes::FILES.get(), volume.files.map_or_else(unknown, format::number))}
                {fact(volumes::DRIVER.get(), volume.driver.clone().unwrap_or_else(|| format::UNKNOWN.to_owned()))}
                {fact(volumes::PATH.get(), volume.path.clone())}
            </Facts>
            {has_database.then(|| view! { <h3>{volumes::DATABASES.get()}</h3> <ul class="plain">{held}</ul> })}
            {is_mounted.then(|| view! { <h3>{volumes::MOUNTED_AT.get()}</h3> <ul class="plain">{places}</ul> })}
            {is_used.then(|| view! { <h3>{volumes::USED_BY.get()}</h3> <ul class="plain">{users}</ul> })}
            {match labels {
                None => Some(view! { <p class="muted">{volumes::LABELS.get()} ": " {volumes::LABELS_UNREAD.get()}</p> }.into_any()),
                Some(labels) if !labels.is_empty() => Some(view! {
                    <h3>{volumes::LABELS.get()}</h3> <ul class="plain">{labels.into_iter().map(pair).collect_view()}</ul>
                }.into_any()),
                Some(_) => None,
            }}
            {(!options.is_empty()).then(|| view! {
                <h3>{volumes::OPTIONS.get()}</h3> <ul class="plain">{options.into_iter().map(pair).collect_view()}</ul>
            })}
            <Inspect scope=format!("volume:{}", volume.name) />
        </Detail>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume(driver: &str, options: &[(&str, &str)]) -> Volume {
        Volume {
            name: "data".to_owned(),
            driver: Some(driver.to_owned()),
            labels: None,
            options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            anonymous: false,
            size: Some(0),
            files: Some(0),
            path: String::new(),
            used_by: Vec::new(),
            mounts: Vec::new(),
            holds: Vec::new(),
        }
    }

    #[test]
    fn a_mounted_volume_is_not_shown_as_empty() {
        let share = volume("local", &[("type", "nfs"), ("device", ":/export"), ("o", "addr=192.0.2.7")]);
        assert_eq!(mounted_from(&share), Some((":/export".to_owned(), "nfs".to_owned())));
        assert_eq!(row(&share).cells[1..3], [Cell::Size(None), Cell::Count(None)]);
        assert_eq!(row(&volume("local", &[])).cells[1..3], [Cell::Size(Some(0)), Cell::Count(Some(0))]);
        assert_eq!(mounted_from(&volume("plugin", &[("device", "x")])), None);
    }
}
