//! Packages across images: common, unique, drift.

use std::cmp::Ordering;
use std::sync::Arc;

use careen_model::{CommonPackage, Comparison, Ecosystem};
use leptos::prelude::*;

use super::agreement::{Orders, order, orders, version_cells};
use super::matrix::{Legend, VERSION_WIDTH};
use super::{EcosystemTabs, compared, ecosystem_name, key};
use crate::components::Status;
use crate::components::table::{Agreement, Cell, Column, Row, Rows, Source, Table, TableState};
use crate::format;
use crate::messages::{general, packages};
use crate::state::PackageTab;

/// Whether a row of this ecosystem is wanted.
fn is_wanted(wanted: Option<Ecosystem>, of: Ecosystem) -> bool {
    wanted.is_none_or(|wanted| wanted == of)
}

/// Common packages, made into rows when they are drawn.
struct CommonRows {
    compared: Arc<Comparison>,
    orders: Arc<Orders>,
    shown: Vec<usize>,
}

impl CommonRows {
    fn at(&self, at: usize) -> Option<&CommonPackage> {
        self.compared.common.get(*self.shown.get(at)?)
    }
}

impl Source for CommonRows {
    fn len(&self) -> usize {
        self.shown.len()
    }

    fn row(&self, at: usize) -> Option<Row> {
        let row = self.at(at)?;
        let same = match row.same_version {
            true => Cell::Status("good", general::YES.get().to_owned()),
            false => Cell::Status("damage", packages::DIFFERS.get().to_owned()),
        };
        let first = [Cell::Text(row.package.clone()), Cell::Text(ecosystem_name(row.ecosystem).to_owned()), same];
        let order = order(&self.compared, &self.orders, row.ecosystem, &row.package);
        let cells = first.into_iter().chain(version_cells(&row.versions, order)).collect();
        Some(Row::new(key(row.ecosystem, &row.package), cells))
    }

    fn contains(&self, at: usize, text: &str) -> bool {
        self.at(at).is_some_and(|row| {
            let mut texts = std::iter::once(&row.package).chain(&row.versions);
            row.ecosystem.name().contains(text) || texts.any(|it| it.to_lowercase().contains(text))
        })
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.at(a), self.at(b)) else { return Ordering::Equal };
        match column.checked_sub(3) {
            Some(at) => a.versions.get(at).cmp(&b.versions.get(at)),
            None if column == 1 => a.ecosystem.cmp(&b.ecosystem),
            None if column == 2 => a.same_version.cmp(&b.same_version),
            None => a.package.cmp(&b.package),
        }
    }

    fn is(&self, at: usize, id: &str) -> bool {
        self.at(at).is_some_and(|row| key(row.ecosystem, &row.package) == id)
    }
}

/// What every image has.
#[component]
pub fn Common(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let state = TableState::new();
    let only_different = RwSignal::new(false);
    let columns = Memo::new(move |_| {
        compared.with(|compared| {
            let first = [
                Column::text(packages::PACKAGE.get(), 13.0, 1.0).pinned(),
                Column::text(packages::ECOSYSTEM.get(), 6.5, 0.0),
                Column::text(packages::SAME.get(), 8.0, 0.0),
            ];
            let images = compared.images.iter().map(|image| Column::text(image.clone(), VERSION_WIDTH, 1.0));
            Arc::new(first.into_iter().chain(images).collect::<Vec<_>>())
        })
    });
    let orders = Memo::new(move |_| Arc::new(compared.with(|compared| orders(compared))));
    let rows = Memo::new_with_compare(
        move |_| {
            let compared = compared.get();
            let all = compared.common.iter().enumerate();
            let shown = all.filter(|(_, row)| {
                is_wanted(wanted.get(), row.ecosystem) && !(only_different.get() && row.same_version)
            });
            let shown = shown.map(|(at, _)| at).collect();
            Arc::new(CommonRows { compared, orders: orders.get(), shown })
        },
        |_, _| true,
    );
    let tools = move || {
        view! {
            <EcosystemTabs tab=PackageTab::Common current=wanted has_all=true />
            <label class="check">
                <input type="checkbox" prop:checked=only_different
                    on:change=move |event| only_different.set(event_target_checked(&event)) />
                {packages::ONLY_DIFFERENT.get()}
            </label>
            <Legend has_yardstick=Signal::derive(|| false) />
        }
    };
    view! {
        <Table test_id="table-common" columns=columns rows=Rows::of(Signal::from(rows), state) state=state empty=packages::NO_COMMON.get() tools=tools />
    }
}

/// What one image alone has.
#[component]
pub fn Unique(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(packages::PACKAGE.get(), 13.0, 2.0).pinned(),
        Column::text(packages::VERSION.get(), 10.0, 1.0),
        Column::text(packages::ECOSYSTEM.get(), 6.5, 0.0),
        Column::text(packages::IMAGE.get(), 13.0, 2.0),
    ]);
    let rows = Memo::new(move |_| {
        compared.with(|compared| {
            let row = |row: &careen_model::UniquePackage| {
                let key = key(row.ecosystem, &row.package);
                let cells = vec![
                    Cell::Text(row.package.clone()),
                    Cell::Mono(row.version.clone()),
                    Cell::Text(ecosystem_name(row.ecosystem).to_owned()),
                    Cell::Text(row.image.clone()),
                ];
                Row { id: format!("{key} {}", row.image), key, cells }
            };
            let shown = compared.unique.iter().filter(|row| is_wanted(wanted.get(), row.ecosystem));
            Arc::new(shown.map(row).collect::<Vec<_>>())
        })
    });
    let tools = move || view! { <EcosystemTabs tab=PackageTab::Unique current=wanted has_all=true /> };
    view! {
        <Table test_id="table-unique" columns=columns rows=Rows::local(rows.into(), state) state=state empty=packages::NO_UNIQUE.get() tools=tools />
    }
}

/// What differs, lowest and highest version by the ecosystem's own order.
#[component]
pub fn Drifts(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(packages::PACKAGE.get(), 10.0, 1.0).pinned(),
        Column::text(packages::ECOSYSTEM.get(), 6.5, 0.0),
        Column::text(packages::LOWEST.get(), 12.5, 1.0),
        Column::text(packages::HIGHEST.get(), 11.5, 1.0),
        Column::text(packages::VERSIONS.get(), 10.0, 1.5),
        Column::text(packages::IMAGES.get(), 10.0, 1.5),
    ]);
    let rows = Memo::new(move |_| {
        compared.with(|compared| {
            let row = |row: &careen_model::Drift| {
                let cells = vec![
                    Cell::Text(row.package.clone()),
                    Cell::Text(ecosystem_name(row.ecosystem).to_owned()),
                    Cell::Version(row.lowest.clone(), Agreement::Older(1)),
                    Cell::Version(row.highest.clone(), Agreement::Same),
                    Cell::Mono(row.versions.join(" < ")),
                    Cell::Text(row.images.join(", ")),
                ];
                Row::new(key(row.ecosystem, &row.package), cells)
            };
            let shown = compared.drift.iter().filter(|row| is_wanted(wanted.get(), row.ecosystem));
            Arc::new(shown.map(row).collect::<Vec<_>>())
        })
    });
    let tools = move || {
        let all = compared.with(|compared| {
            let of = |ecosystem: Ecosystem| compared.drift.iter().filter(|row| row.ecosystem == ecosystem).count();
            Ecosystem::ALL.into_iter().map(|it| (it, of(it))).filter(|(_, count)| *count > 0).collect::<Vec<_>>()
        });
        let counts = all.into_iter().map(|(it, count)| {
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("ecosystem", &ecosystem_name(it)), ("n", &format::number(count as u64))];
            view! { <Status tone="damage" text=packages::DRIFT_OF.with(&values) /> }
        });
        view! { <EcosystemTabs tab=PackageTab::Drift current=wanted has_all=true /> {counts.collect_view()} }
    };
    view! {
        <Table test_id="table-drift" columns=columns rows=Rows::local(rows.into(), state) state=state empty=packages::NO_DRIFT.get() tools=tools />
    }
}
