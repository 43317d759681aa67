//! The standard set: one version of each package for all images, by a rule and by the person's own pins.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use careen_model::{Comparison, Ecosystem, MatrixRow, StandardReason};
use leptos::prelude::*;

use super::across::PackageAcross;
use super::agreement::{Orders, SEPARATOR, order, orders};
use super::{EcosystemTabs, compared, ecosystem_name, key};
use crate::app::context;
use crate::components::Split;
use crate::components::table::{Cell, Column, Row, Rows, Source, Table, TableState};
use crate::messages::{Text, packages};
use crate::state::PackageTab;

/// By what rule a version is chosen where nothing is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The newest that all systems beneath the images can have.
    Newest,
    /// The one that most images have; of equally many the newest.
    MostUsed,
}

/// Why a version stands in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Pinned,
    MostUsed,
    /// As the file of the set says it.
    Told(StandardReason),
}

impl Why {
    fn text(self) -> &'static Text {
        match self {
            Why::Pinned => &packages::WHY_PINNED,
            Why::MostUsed => &packages::WHY_MOST_USED,
            Why::Told(StandardReason::HighestForPython) => &packages::WHY_HIGHEST_FOR_PYTHON,
            Why::Told(StandardReason::NoneForPython) => &packages::WHY_NONE_FOR_PYTHON,
            Why::Told(StandardReason::NoneOfAll) => &packages::WHY_NONE_OF_ALL,
            Why::Told(StandardReason::HighestOfAll) => &packages::WHY_HIGHEST_OF_ALL,
            Why::Told(StandardReason::Highest) => &packages::WHY_HIGHEST,
            Why::Told(StandardReason::Same) => &packages::WHY_SAME,
            Why::Told(StandardReason::Only) => &packages::WHY_ONLY,
        }
    }
}

/// A version for all images.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    ecosystem: Ecosystem,
    package: String,
    version: String,
    why: Why,
    /// Images that have the package in another version.
    changes: u64,
    /// Images that have the package.
    images: u64,
}

/// One version for each package, in the order of the matrices.
fn choices(
    compared: &Comparison,
    orders: &Orders,
    rule: Rule,
    pins: &BTreeMap<(Ecosystem, String), String>,
    wanted: Option<Ecosystem>,
) -> Vec<Choice> {
    let mut told = compared.standard.iter().peekable();
    let mut choices = Vec::new();
    for matrix in &compared.matrices {
        for row in &matrix.rows {
            let is_it = |ecosystem: Ecosystem, package: &str| ecosystem == matrix.ecosystem && package == row.package;
            let Some(standard) = told.next_if(|standard| is_it(standard.ecosystem, &standard.package)) else {
                continue;
            };
            if wanted.is_some_and(|wanted| wanted != matrix.ecosystem) {
                continue;
            }
            let is_open = !matches!(standard.reason, StandardReason::Only | StandardReason::Same);
            let pinned = if pins.is_empty() { None } else { pins.get(&(matrix.ecosystem, row.package.clone())) };
            let (version, why) = match (pinned, rule) {
                (Some(version), _) => (version.clone(), Why::Pinned),
                (None, Rule::MostUsed) if is_open => {
                    (most_used(row, order(compared, orders, matrix.ecosystem, &row.package)), Why::MostUsed)
                }
                _ => (standard.version.clone(), Why::Told(standard.reason)),
            };
            let has = |cell: &&String| !cell.is_empty();
            let images = row.versions.iter().filter(has).count() as u64;
            let changes = row.versions.iter().filter(has).filter(|cell| **cell != version).count() as u64;
            let (ecosystem, package) = (matrix.ecosystem, row.package.clone());
            choices.push(Choice { ecosystem, package, version, why, changes, images });
        }
    }
    choices
}

/// The version that most images have; of equally many the newest. `order` has the versions, lowest first.
fn most_used(row: &MatrixRow, order: &[String]) -> String {
    let mut votes = BTreeMap::<&str, usize>::new();
    for cell in row.versions.iter().filter(|cell| !cell.is_empty()) {
        for version in cell.split(SEPARATOR).collect::<BTreeSet<_>>() {
            *votes.entry(version).or_default() += 1;
        }
    }
    let rank = |version: &str| order.iter().position(|known| known == version);
    let most = votes.into_iter().max_by_key(|(version, count)| (*count, rank(version)));
    most.map_or_else(String::new, |(version, _)| version.to_owned())
}

impl Source for Vec<Choice> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn row(&self, at: usize) -> Option<Row> {
        let choice = self.get(at)?;
        let cells = vec![
            Cell::Text(choice.package.clone()),
            Cell::Text(ecosystem_name(choice.ecosystem).to_owned()),
            Cell::Mono(choice.version.clone()),
            Cell::Text(choice.why.text().get().to_owned()),
            Cell::Count(Some(choice.changes)),
            Cell::Count(Some(choice.images)),
        ];
        Some(Row::new(key(choice.ecosystem, &choice.package), cells))
    }

    fn contains(&self, at: usize, text: &str) -> bool {
        self.get(at).is_some_and(|choice| {
            let texts = [&choice.package, &choice.version, ecosystem_name(choice.ecosystem), choice.why.text().get()];
            texts.iter().any(|it| it.to_lowercase().contains(text))
        })
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.get(a), self.get(b)) else { return Ordering::Equal };
        match column {
            1 => a.ecosystem.cmp(&b.ecosystem),
            2 => a.version.cmp(&b.version),
            3 => a.why.cmp(&b.why),
            4 => a.changes.cmp(&b.changes),
            5 => a.images.cmp(&b.images),
            _ => a.package.cmp(&b.package),
        }
    }

    fn is(&self, at: usize, id: &str) -> bool {
        self.get(at).is_some_and(|choice| key(choice.ecosystem, &choice.package) == id)
    }
}

/// The table and its tools.
#[component]
pub fn Standard(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let pins = context().pins;
    let (rule, only_changes) = (RwSignal::new(Rule::Newest), RwSignal::new(false));
    let selected = RwSignal::new(None::<String>);
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(packages::PACKAGE.get(), 12.0, 1.5).pinned(),
        Column::text(packages::ECOSYSTEM.get(), 6.5, 0.0),
        Column::text(packages::CHOSEN.get(), 10.0, 1.0),
        Column::text(packages::REASON.get(), 14.0, 2.0),
        Column::number(packages::CHANGES.get(), 8.5),
        Column::number(packages::HAVE_IT.get(), 8.5),
    ]);
    let orders = Memo::new(move |_| Arc::new(compared.with(|compared| orders(compared))));
    let rows = Memo::new(move |_| {
        let all = choices(&compared.get(), &orders.get(), rule.get(), &pins.all(), wanted.get());
        Arc::new(all.into_iter().filter(|choice| !only_changes.get() || choice.changes > 0).collect::<Vec<_>>())
    });
    let tools = move || {
        let choose = move |event| {
            rule.set(if event_target_value(&event) == "most-used" { Rule::MostUsed } else { Rule::Newest });
        };
        view! {
            <EcosystemTabs tab=PackageTab::Standard current=wanted has_all=true />
            <label class="choice">
                <span>{packages::RULE.get()}</span>
                <select data-testid="standard-rule" on:change=choose>
                    <option value="newest" selected=move || rule.get() == Rule::Newest>{packages::RULE_NEWEST.get()}</option>
                    <option value="most-used" selected=move || rule.get() == Rule::MostUsed>{packages::RULE_MOST_USED.get()}</option>
                </select>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=only_changes
                    on:change=move |event| only_changes.set(event_target_checked(&event)) />
                {packages::ONLY_CHANGES.get()}
            </label>
            {move || Some(pins.count()).filter(|n| *n > 0).map(|n| view! {
                <span class="pins">{packages::PINS.with(&[("n", &n)])}
                    " " <button type="button" class="button" on:click=move |_| pins.clear()>{packages::UNPIN_ALL.get()}</button>
                </span>
            })}
        }
    };
    let chosen = Memo::new(move |_| {
        let key = selected.get()?;
        let (of, package) = key.split_once('/')?;
        let of = Ecosystem::ALL.into_iter().find(|known| ecosystem_name(*known) == of)?;
        Some((of, package.to_owned()))
    });
    view! {
        <Split
            open=Signal::derive(move || chosen.with(Option::is_some))
            detail=move || chosen.get().map(|(ecosystem, package)| view! {
                <PackageAcross ecosystem package close=Callback::new(move |()| selected.set(None)) />
            })
        >
            <Table
                test_id="table-standard"
                columns=columns
                rows=Rows::of(Signal::from(rows), state)
                state=state
                selected=selected
                on_select=Callback::new(move |row: Row| selected.set(Some(row.id)))
                tools=tools
            />
        </Split>
    }
}

#[cfg(test)]
mod tests {
    use careen_model::{Drift, Matrix, StandardChoice};

    use super::*;

    #[test]
    fn a_rule_chooses_and_a_pin_comes_first() {
        let texts = |versions: &[&str]| versions.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let row = |package: &str, versions: &[&str]| MatrixRow {
            package: package.into(),
            source: String::new(),
            versions: texts(versions),
        };
        let standard = |package: &str, version: &str, reason| StandardChoice {
            ecosystem: Ecosystem::Pip,
            package: package.into(),
            version: version.into(),
            reason,
        };
        let drift = |package: &str, versions: &[&str]| Drift {
            ecosystem: Ecosystem::Pip,
            package: package.into(),
            lowest: String::new(),
            highest: String::new(),
            versions: texts(versions),
            images: Vec::new(),
        };
        let compared = Comparison {
            matrices: vec![Matrix {
                ecosystem: Ecosystem::Pip,
                images: texts(&["a", "b", "c"]),
                rows: vec![
                    row("numpy", &["1.9", "1.9", "1.10"]),
                    row("own", &["0.1", "", ""]),
                    row("six", &["1.9 | 1.10", "1.10", "1.9"]),
                ],
            }],
            standard: vec![
                standard("numpy", "1.10", StandardReason::Highest),
                standard("own", "0.1", StandardReason::Only),
                standard("six", "1.10", StandardReason::Highest),
            ],
            drift: vec![drift("numpy", &["1.9", "1.10"]), drift("six", &["1.9", "1.10"])],
            ..Comparison::default()
        };
        let orders = orders(&compared);
        let told = |rule, pins: &BTreeMap<_, _>| {
            let all = choices(&compared, &orders, rule, pins, None).into_iter();
            all.map(|it| (it.version, it.why, it.changes)).collect::<Vec<_>>()
        };
        let highest = Why::Told(StandardReason::Highest);
        let only = ("0.1".to_owned(), Why::Told(StandardReason::Only), 0);
        let none = BTreeMap::new();
        assert_eq!(
            told(Rule::Newest, &none),
            [("1.10".to_owned(), highest, 2), only.clone(), ("1.10".to_owned(), highest, 2)]
        );
        // Two images have each version of six: the newer one.
        assert_eq!(
            told(Rule::MostUsed, &none),
            [("1.9".to_owned(), Why::MostUsed, 1), only, ("1.10".to_owned(), Why::MostUsed, 2)]
        );
        let pins = BTreeMap::from([((Ecosystem::Pip, "own".to_owned()), "2.0".to_owned())]);
        assert_eq!(told(Rule::Newest, &pins)[1], ("2.0".to_owned(), Why::Pinned, 1));
        assert!(choices(&compared, &orders, Rule::Newest, &none, Some(Ecosystem::Apt)).is_empty());
    }
}
