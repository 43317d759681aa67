//! Every package of every image, in stretches from the worker.

use std::collections::HashMap;
use std::sync::Arc;

use careen_model::{Details, ImageKind};
use careen_protocol::{List, Order, PackageColumn, PackageRow, Reply, Request, Rows as Stretch};
use leptos::prelude::*;

use super::provenance::{BroughtBy, FilesOf};
use super::{ecosystem_name, key};
use crate::app::context;
use crate::components::table::{Cell, Column, Remote, Row, Table, TableState};
use crate::components::{Detail, Facts, Split, fact};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{general, packages};
use crate::state::{PackageTab, Route};

/// Columns of the table, in the order in which they are drawn.
const COLUMNS: [PackageColumn; 6] = [
    PackageColumn::Package,
    PackageColumn::Version,
    PackageColumn::Ecosystem,
    PackageColumn::Image,
    PackageColumn::Layer,
    PackageColumn::FoundAt,
];

/// Rows whose details are kept at hand.
const KEPT: usize = 20_000;

/// Image id and diffID → how manieth layer of how many.
type Layers = HashMap<(String, String), (usize, usize)>;

/// The table and the details of the selected package.
#[component]
pub fn PackageList() -> impl IntoView {
    let context = context();
    let told = context.told;
    let state = TableState::new();
    let image = Memo::new(move |_| match context.route.get() {
        Route::Packages { image, .. } => image,
        _ => None,
    });
    let columns = Arc::new(vec![
        Column::text(packages::PACKAGE.get(), 12.0, 2.0).pinned(),
        Column::text(packages::VERSION.get(), 9.0, 1.5),
        Column::text(packages::ECOSYSTEM.get(), 6.5, 0.0),
        Column::text(packages::IMAGE.get(), 12.0, 2.0),
        Column::text(packages::LAYER.get(), 5.5, 0.0),
        Column::text(packages::FOUND_AT.get(), 14.0, 2.0),
    ]);
    let layers = Memo::new(move |_| {
        let survey = told.survey();
        let mut layers = Layers::new();
        for image in &survey.images {
            for (at, layer) in image.layers.iter().enumerate() {
                layers.insert((image.id.clone(), layer.diff_id.clone()), (at + 1, image.layers.len()));
            }
        }
        Arc::new(layers)
    });
    let seen = StoredValue::new(HashMap::<String, PackageRow>::new());
    let remote = Remote::new(move |from, count| {
        let order = match state.sort.get_untracked() {
            Some(sort) => Order { by: COLUMNS[sort.column.min(COLUMNS.len() - 1)], descending: sort.descending },
            None => Order { by: PackageColumn::Image, descending: false },
        };
        let list = List::Packages { image_id: image.get_untracked(), order };
        let request = Request::Rows { list, filter: state.filter.get_untracked(), from, count };
        let (engine, layers) = (context.engine(), layers.get_untracked());
        Box::pin(async move {
            match engine.ask(request).await?.reply {
                Reply::Rows { total, rows: Stretch::Packages(rows), .. } => {
                    let shown = rows.iter().map(|package| row(package, &layers)).collect::<Vec<_>>();
                    seen.try_update_value(|seen| {
                        if seen.len() > KEPT {
                            seen.clear();
                        }
                        seen.extend(shown.iter().map(|row| row.id.clone()).zip(rows));
                    });
                    Ok((total, shown))
                }
                other => Err(unexpected(&other)),
            }
        })
    });
    // The list grows with every image that is read; it is asked for again a few times, not for each.
    let eighths = Memo::new(move |_| {
        let (done, total) = told.collected.get();
        (done * 8).checked_div(total)
    });
    Effect::new(move |_| {
        image.track();
        state.sort.track();
        state.filter.track();
        eighths.track();
        remote.reset();
    });
    let selected = RwSignal::new(None::<String>);
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        seen.with_value(|seen| seen.get(&id).cloned())
    });
    view! {
        <Split
            open=Signal::derive(move || chosen.with(Option::is_some))
            detail=move || chosen.get().map(|row| view! { <PackageDetail row=row selected=selected /> })
        >
            <Table
                test_id="table-packages"
                columns=columns
                rows=remote.rows()
                state=state
                selected=selected
                on_select=Callback::new(move |row: Row| selected.set(Some(row.id)))
                empty=packages::NO_PACKAGES.get()
                tools=move || view! { <ImageChoice image=image /> }
            />
        </Split>
    }
}

/// Of all images, or of one.
#[component]
fn ImageChoice(image: Memo<Option<String>>) -> impl IntoView {
    let context = context();
    let images = Memo::new(move |_| {
        let survey = context.told.survey();
        let shown = survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate);
        shown.map(|image| (image.id.clone(), image.label())).collect::<Vec<_>>()
    });
    let choose = move |event| {
        let id = event_target_value(&event);
        let image = (!id.is_empty()).then_some(id);
        context.replace(Route::Packages { tab: PackageTab::List, ecosystem: None, image });
    };
    view! {
        <label class="choice">
            <span>{packages::IMAGE.get()}</span>
            <select on:change=choose prop:value=move || image.get().unwrap_or_default()>
                <option value="">{packages::ALL_IMAGES.get()}</option>
                {move || images.get().into_iter().map(|(id, label)| {
                    let is_chosen = image.get_untracked().as_deref() == Some(id.as_str());
                    view! { <option value=id selected=is_chosen>{label}</option> }
                }).collect_view()}
            </select>
        </label>
    }
}

fn row(row: &PackageRow, layers: &Layers) -> Row {
    let PackageRow { image, image_id, package } = row;
    let ecosystem = ecosystem_name(package.ecosystem());
    let key = key(package.ecosystem(), &package.name);
    let layer = package.layer.as_ref().and_then(|layer| layers.get(&(image_id.clone(), layer.clone())));
    let layer = match layer {
        Some((at, total)) => Cell::Text(packages::LAYER_OF.with(&[("n", at), ("total", total)])),
        None => Cell::Nothing,
    };
    Row {
        id: format!("{image_id} {key} {} {}", package.version, package.found_at),
        key,
        cells: vec![
            Cell::Text(package.name.clone()),
            Cell::Mono(package.version.clone()),
            Cell::Text(ecosystem.to_owned()),
            Cell::Text(image.clone()),
            layer,
            Cell::Mono(package.found_at.clone()),
        ],
    }
}

#[component]
fn PackageDetail(row: PackageRow, selected: RwSignal<Option<String>>) -> impl IntoView {
    let PackageRow { image, image_id, package } = row;
    let show = found_at(&image_id, &package.found_at);
    let of_ecosystem = match package.details.clone() {
        Details::Apt { architecture, source, source_version, status } => vec![
            (packages::STATUS.get(), status),
            (packages::ARCHITECTURE.get(), architecture),
            (packages::SOURCE.get(), format!("{source} {source_version}")),
        ],
        Details::Conda { build, channel, environment } => vec![
            (packages::ENVIRONMENT.get(), environment),
            (packages::BUILD.get(), build),
            (packages::CHANNEL.get(), channel),
        ],
        Details::Pip { environment, installer, editable } => vec![
            (packages::ENVIRONMENT.get(), environment),
            (packages::INSTALLER.get(), if installer.is_empty() { format::UNKNOWN.to_owned() } else { installer }),
            (packages::EDITABLE.get(), if editable { general::YES.get() } else { general::NO.get() }.to_owned()),
        ],
        Details::Other { of, values } => of.columns().iter().copied().zip(values).collect(),
    };
    let brought = (image_id.clone(), package.clone());
    let files = (image_id.clone(), package.clone());
    let declared = package.declared.clone();
    let told = |name: &'static str, value: String| (!value.is_empty()).then(|| fact(name, value));
    view! {
        <Detail title=package.name.clone() close=Callback::new(move |()| selected.set(None))>
            <p class="actions"><a class="button" href=show.href()>{packages::SHOW_FILE.get()}</a></p>
            <Facts>
                {fact(packages::VERSION.get(), package.version.clone())}
                {fact(packages::ECOSYSTEM.get(), ecosystem_name(package.ecosystem()))}
                <div class="fact">
                    <dt>{packages::IMAGE.get()}</dt>
                    <dd><a class="link" href=Route::Images(Some(image_id)).href()>{image}</a></dd>
                </div>
                <BroughtBy image_id=brought.0 package=brought.1 />
                {fact(packages::FOUND_AT.get(), package.found_at.clone())}
                {of_ecosystem.into_iter().map(|(name, value)| fact(name, value)).collect_view()}
                {told(packages::LICENSE.get(), declared.license)}
                {told(packages::SUPPLIER.get(), declared.supplier)}
                {told(packages::DIGEST.get(), declared.digest)}
                {told(packages::REQUIRES.get(), declared.requires.join(", "))}
                {fact(packages::PURL.get(), package.purl.clone())}
            </Facts>
            <FilesOf image_id=files.0 package=files.1 />
        </Detail>
    }
}

/// The file a package was found in, selected in its directory.
fn found_at(image_id: &str, path: &str) -> Route {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    Route::Files {
        scope: Some(format!("image:{image_id}")),
        path: directory.as_bytes().to_vec(),
        at: Some(name.as_bytes().to_vec()),
    }
}
