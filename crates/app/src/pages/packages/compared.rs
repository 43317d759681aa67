//! Packages across images: matrix, common, unique, drift.

use std::collections::BTreeMap;
use std::sync::Arc;

use careen_model::{Comparison, Ecosystem, Matrix};
use leptos::prelude::*;

use super::ecosystem_name;
use crate::app::context;
use crate::components::Status;
use crate::components::table::{Agreement, Cell, Column, Row, Rows, Table, TableState};
use crate::format;
use crate::messages::{general, packages};
use crate::state::{PackageTab, Route};

/// Width of a column with versions, in rem.
const VERSION_WIDTH: f32 = 9.5;

fn compared() -> Memo<Arc<Comparison>> {
    let told = context().told;
    Memo::new_with_compare(
        move |_| told.comparison.get().unwrap_or_default(),
        |a, b| !matches!((a, b), (Some(a), Some(b)) if Arc::ptr_eq(a, b)),
    )
}

fn key(ecosystem: Ecosystem, package: &str) -> String {
    format!("{}/{package}", ecosystem_name(ecosystem))
}

/// Versions side by side, those marked that are not the one most images have.
fn version_cells(versions: &[String]) -> Vec<Cell> {
    let mut votes = BTreeMap::<&str, usize>::new();
    for version in versions.iter().filter(|version| !version.is_empty()) {
        *votes.entry(version).or_default() += 1;
    }
    // Of equally frequent ones the first in the row, so that the mark does not depend on the alphabet.
    let most = votes.values().copied().max().unwrap_or(0);
    let usual = versions.iter().find(|version| votes.get(version.as_str()) == Some(&most)).cloned();
    let cell = |version: &String| {
        let agreement = if version.is_empty() {
            Agreement::Absent
        } else if usual.as_ref() == Some(version) {
            Agreement::Most
        } else {
            Agreement::Other
        };
        Cell::Version(version.clone(), agreement)
    };
    versions.iter().map(cell).collect()
}

fn has_difference(versions: &[String]) -> bool {
    let mut known = versions.iter().filter(|version| !version.is_empty());
    known.next().is_some_and(|first| known.any(|version| version != first))
}

/// One row a package, one column an image.
#[component]
pub fn MatrixView(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let only_different = RwSignal::new(false);
    let state = TableState::new();
    let ecosystem = Memo::new(move |_| {
        compared.with(|compared| {
            let known = |wanted: Ecosystem| compared.matrices.iter().any(|matrix| matrix.ecosystem == wanted);
            wanted.get().filter(|wanted| known(*wanted)).or_else(|| compared.matrices.first().map(|it| it.ecosystem))
        })
    });
    let matrix = Memo::new(move |_| {
        let found = |compared: &Arc<Comparison>| {
            compared.matrices.iter().find(|matrix| Some(matrix.ecosystem) == ecosystem.get()).cloned()
        };
        Arc::new(compared.with(found).unwrap_or(Matrix {
            ecosystem: Ecosystem::Apt,
            images: Vec::new(),
            rows: Vec::new(),
        }))
    });
    let columns = Memo::new(move |_| {
        matrix.with(|matrix| {
            let package = Column::text(packages::PACKAGE.get(), 13.0, 1.0).pinned();
            let images = matrix.images.iter().map(|image| Column::text(image.clone(), VERSION_WIDTH, 1.0));
            Arc::new(std::iter::once(package).chain(images).collect::<Vec<_>>())
        })
    });
    let rows = Memo::new(move |_| {
        matrix.with(|matrix| {
            let shown = matrix.rows.iter().filter(|row| !only_different.get() || has_difference(&row.versions));
            let row = |row: &careen_model::MatrixRow| {
                let package = Cell::Text(row.package.clone());
                let cells = std::iter::once(package).chain(version_cells(&row.versions)).collect();
                Row::new(key(matrix.ecosystem, &row.package), cells)
            };
            Arc::new(shown.map(row).collect::<Vec<_>>())
        })
    });
    // A column of one matrix means nothing in another.
    Effect::new(move |_| {
        ecosystem.track();
        state.sort.set(None);
    });
    let tab = move |of: Ecosystem| {
        let route = Route::Packages { tab: PackageTab::Matrix, ecosystem: Some(of), image: None };
        view! {
            <a class="tab" href=route.href() aria-current=move || (ecosystem.get() == Some(of)).then_some("true")>{ecosystem_name(of)}</a>
        }
    };
    let tools = move || {
        let all = compared.with(|compared| compared.matrices.iter().map(|matrix| matrix.ecosystem).collect::<Vec<_>>());
        view! {
            <div class="tabs tabs--small">{all.into_iter().map(tab).collect_view()}</div>
            <label class="check">
                <input type="checkbox" prop:checked=only_different
                    on:change=move |event| only_different.set(event_target_checked(&event)) />
                {packages::ONLY_DIFFERENT.get()}
            </label>
            <span class="legend" aria-hidden="true">
                <span class="version version--most">{packages::LEGEND_MOST.get()}</span>
                <span class="version version--other"><span class="version__mark">"≠"</span> {packages::LEGEND_OTHER.get()}</span>
                <span class="version version--absent">"· " {packages::LEGEND_ABSENT.get()}</span>
            </span>
        }
    };
    view! {
        <Table test_id="table-matrix" columns=columns rows=Rows::local(rows.into(), state) state=state tools=tools />
    }
}

/// What every image has.
#[component]
pub fn Common() -> impl IntoView {
    let compared = compared();
    let state = TableState::new();
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
    let rows = Memo::new(move |_| {
        compared.with(|compared| {
            let row = |row: &careen_model::CommonPackage| {
                let same = match row.same_version {
                    true => Cell::Status("good", general::YES.get().to_owned()),
                    false => Cell::Status("damage", packages::DIFFERS.get().to_owned()),
                };
                let first =
                    [Cell::Text(row.package.clone()), Cell::Text(ecosystem_name(row.ecosystem).to_owned()), same];
                Row::new(
                    key(row.ecosystem, &row.package),
                    first.into_iter().chain(version_cells(&row.versions)).collect(),
                )
            };
            Arc::new(compared.common.iter().map(row).collect::<Vec<_>>())
        })
    });
    view! {
        <Table test_id="table-common" columns=columns rows=Rows::local(rows.into(), state) state=state empty=packages::NO_COMMON.get() />
    }
}

/// What one image alone has.
#[component]
pub fn Unique() -> impl IntoView {
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
            Arc::new(compared.unique.iter().map(row).collect::<Vec<_>>())
        })
    });
    view! {
        <Table test_id="table-unique" columns=columns rows=Rows::local(rows.into(), state) state=state empty=packages::NO_UNIQUE.get() />
    }
}

/// What differs, lowest and highest version by the ecosystem's own order.
#[component]
pub fn Drifts() -> impl IntoView {
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
                    Cell::Version(row.lowest.clone(), Agreement::Other),
                    Cell::Version(row.highest.clone(), Agreement::Most),
                    Cell::Mono(row.versions.join(" < ")),
                    Cell::Text(row.images.join(", ")),
                ];
                Row::new(key(row.ecosystem, &row.package), cells)
            };
            Arc::new(compared.drift.iter().map(row).collect::<Vec<_>>())
        })
    });
    let summary = move || {
        compared.with(|compared| {
            let of = |ecosystem: Ecosystem| compared.drift.iter().filter(|row| row.ecosystem == ecosystem).count();
            let counts = Ecosystem::ALL.into_iter().map(|it| (it, of(it))).filter(|(_, count)| *count > 0);
            counts
                .map(|(it, count)| {
                    let text = packages::DRIFT_OF
                        .with(&[("ecosystem", &ecosystem_name(it)), ("n", &format::number(count as u64))]);
                    view! { <Status tone="damage" text=text /> }
                })
                .collect_view()
        })
    };
    view! {
        <Table test_id="table-drift" columns=columns rows=Rows::local(rows.into(), state) state=state empty=packages::NO_DRIFT.get() tools=summary />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minority_is_marked_and_absence_is_no_difference() {
        let versions = ["1", "2", "", "1"].map(str::to_owned);
        let marks: Vec<Agreement> = version_cells(&versions)
            .into_iter()
            .map(|cell| match cell {
                Cell::Version(_, agreement) => agreement,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(marks, [Agreement::Most, Agreement::Other, Agreement::Absent, Agreement::Most]);
        assert!(has_difference(&versions));
        assert!(!has_difference(&["1", "", "1"].map(str::to_owned)));
    }
}
