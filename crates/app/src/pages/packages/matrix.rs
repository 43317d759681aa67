//! The matrix: one row a package, one column an image, each cell held against a yardstick.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use careen_model::{Comparison, Ecosystem, Matrix, MatrixRow};
use leptos::prelude::*;

use super::across::PackageAcross;
use super::agreement::{Orders, agreement, differs, order, orders, reference};
use super::{EcosystemTabs, compared, key};
use crate::components::Split;
use crate::components::table::{Agreement, Cell, Column, Row, Rows, Source, Table, TableState};
use crate::messages::packages;
use crate::state::PackageTab;

/// Width of a column with versions, in rem.
pub const VERSION_WIDTH: f32 = 10.5;

/// Columns before those of the images: the package, how many agree.
const FIRST: usize = 2;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    /// A package, by its place in the matrix.
    Package(usize),
    /// The same below the head of its group.
    Member(usize),
    /// The packages of one source package, by its place in the list of groups.
    Group(usize),
}

/// Packages of one source package.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    source: String,
    members: Vec<usize>,
}

/// The lines of a matrix as they are to be shown.
struct Sheet {
    compared: Arc<Comparison>,
    orders: Arc<Orders>,
    /// Which matrix.
    at: Option<usize>,
    /// The column that the others are held against; `None` for the version that most have.
    yardstick: Option<usize>,
    /// Columns in the order in which they are drawn.
    columns: Vec<usize>,
    groups: Vec<Group>,
    lines: Vec<Line>,
}

impl Sheet {
    fn matrix(&self) -> Option<&Matrix> {
        self.compared.matrices.get(self.at?)
    }

    fn package(&self, at: usize) -> Option<&MatrixRow> {
        self.matrix()?.rows.get(at)
    }

    fn name(&self, line: Line) -> &str {
        match line {
            Line::Package(at) | Line::Member(at) => self.package(at).map_or("", |row| &row.package),
            Line::Group(at) => self.groups.get(at).map_or("", |group| &group.source),
        }
    }

    /// How each column of a package stands to the yardstick.
    fn agreements(&self, row: &MatrixRow) -> Vec<Agreement> {
        let Some(matrix) = self.matrix() else { return Vec::new() };
        let reference = reference(&row.versions, self.yardstick);
        let order = order(&self.compared, &self.orders, matrix.ecosystem, &row.package);
        let of = |version: &String| agreement(version, reference, order, self.yardstick.is_some());
        row.versions.iter().map(of).collect()
    }

    /// The cells of a line, one for each column of the matrix.
    fn cells(&self, line: Line) -> Vec<(String, Agreement)> {
        match line {
            Line::Package(at) | Line::Member(at) => {
                let Some(row) = self.package(at) else { return Vec::new() };
                row.versions.iter().cloned().zip(self.agreements(row)).collect()
            }
            Line::Group(at) => {
                let members = self.groups.get(at).map_or(&[][..], |group| &group.members);
                let rows: Vec<_> =
                    members.iter().filter_map(|at| self.package(*at)).map(|row| (row, self.agreements(row))).collect();
                let width = self.matrix().map_or(0, |matrix| matrix.images.len());
                (0..width)
                    .map(|column| {
                        let cells = rows.iter().filter_map(|(row, agreements)| {
                            Some((row.versions.get(column)?.as_str(), *agreements.get(column)?))
                        });
                        together(cells)
                    })
                    .collect()
            }
        }
    }

    /// Images that agree with the yardstick.
    fn agreeing(&self, line: Line) -> usize {
        match line {
            Line::Package(at) | Line::Member(at) => self.package(at).map_or(0, |row| {
                let reference = reference(&row.versions, self.yardstick);
                row.versions.iter().filter(|version| !version.is_empty() && *version == reference).count()
            }),
            Line::Group(_) => self.cells(line).iter().filter(|(_, agreement)| *agreement == Agreement::Same).count(),
        }
    }
}

/// Packages of one source package in one image, as one cell: their version where they have the same.
fn together<'a>(cells: impl Iterator<Item = (&'a str, Agreement)>) -> (String, Agreement) {
    let (mut versions, mut agreements) = (BTreeSet::new(), Vec::new());
    for (version, agreement) in cells {
        if !version.is_empty() {
            versions.insert(version);
        }
        agreements.push(agreement);
    }
    let text = match versions.len() {
        0 => String::new(),
        1 => versions.into_iter().collect(),
        n => packages::SEVERAL_VERSIONS.with(&[("n", &n)]),
    };
    // What is there neither here nor in the yardstick says nothing.
    agreements.retain(|agreement| *agreement != Agreement::Absent);
    let first = agreements.first().copied().unwrap_or(Agreement::Absent);
    let is_like = |other: &Agreement| std::mem::discriminant(other) == std::mem::discriminant(&first);
    let furthest = agreements.iter().copied().max().unwrap_or(first);
    (text, if agreements.iter().all(is_like) { furthest } else { Agreement::Other })
}

impl Source for Sheet {
    fn len(&self) -> usize {
        self.lines.len()
    }

    fn row(&self, at: usize) -> Option<Row> {
        let line = *self.lines.get(at)?;
        let matrix = self.matrix()?;
        let cells = self.cells(line);
        let agreeing = cells.iter().filter(|(_, agreement)| *agreement == Agreement::Same).count();
        let name = match line {
            Line::Package(_) => Cell::Text(self.name(line).to_owned()),
            Line::Member(_) => Cell::Text(format!("\u{2003}{}", self.name(line))),
            Line::Group(group) => {
                let group = self.groups.get(group)?;
                let is_open = matches!(self.lines.get(at + 1), Some(Line::Member(_)));
                let shown = packages::GROUP.with(&[("source", &group.source), ("n", &group.members.len())]);
                Cell::Text(format!("{} {shown}", if is_open { "▾" } else { "▸" }))
            }
        };
        let share = Cell::Share(agreeing as u64, matrix.images.len() as u64);
        let version = |column: &usize| {
            let (version, agreement) = cells.get(*column).cloned().unwrap_or((String::new(), Agreement::Absent));
            Cell::Version(version, agreement)
        };
        let versions = self.columns.iter().map(version);
        let key = match line {
            Line::Package(_) | Line::Member(_) => key(matrix.ecosystem, self.name(line)),
            Line::Group(_) => key(matrix.ecosystem, &format!("source:{}", self.name(line))),
        };
        Some(Row::new(key, [name, share].into_iter().chain(versions).collect()))
    }

    fn contains(&self, at: usize, text: &str) -> bool {
        let has = |at: usize| {
            self.package(at).is_some_and(|row| {
                let mut texts = [&row.package, &row.source].into_iter().chain(&row.versions);
                texts.any(|it| it.to_lowercase().contains(text))
            })
        };
        match self.lines.get(at) {
            Some(Line::Package(at) | Line::Member(at)) => has(*at),
            Some(Line::Group(at)) => self.groups.get(*at).is_some_and(|group| group.members.iter().any(|at| has(*at))),
            None => false,
        }
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.lines.get(a), self.lines.get(b)) else { return Ordering::Equal };
        let version = |line: &Line| {
            let column = *self.columns.get(column.checked_sub(FIRST)?)?;
            let (Line::Package(at) | Line::Member(at)) = line else { return None };
            self.package(*at)?.versions.get(column)
        };
        match column {
            0 => self.name(*a).cmp(self.name(*b)),
            1 => self.agreeing(*a).cmp(&self.agreeing(*b)),
            _ => version(a).cmp(&version(b)),
        }
    }

    fn is(&self, at: usize, id: &str) -> bool {
        let (Some(line), Some(matrix)) = (self.lines.get(at), self.matrix()) else { return false };
        !matches!(line, Line::Group(_)) && key(matrix.ecosystem, self.name(*line)) == id
    }
}

/// The groups of a matrix: packages of one source package together, in the order of their names.
fn groups(matrix: &Matrix, shown: &[usize]) -> Vec<Group> {
    let mut groups = BTreeMap::<&str, Vec<usize>>::new();
    for at in shown {
        if let Some(row) = matrix.rows.get(*at) {
            groups.entry(if row.source.is_empty() { &row.package } else { &row.source }).or_default().push(*at);
        }
    }
    groups.into_iter().map(|(source, members)| Group { source: source.to_owned(), members }).collect()
}

/// The lines of groups: a head for those of several, and their members where they are open.
fn lines(groups: &[Group], open: &BTreeSet<String>) -> Vec<Line> {
    let mut lines = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        let is_one = group.members.len() == 1;
        if !is_one {
            lines.push(Line::Group(at));
        }
        if is_one || open.contains(&group.source) {
            let line = if is_one { Line::Package } else { Line::Member };
            lines.extend(group.members.iter().map(|at| line(*at)));
        }
    }
    lines
}

/// The table and its tools.
#[component]
pub fn MatrixView(wanted: Memo<Option<Ecosystem>>) -> impl IntoView {
    let compared = compared();
    let orders = Memo::new(move |_| Arc::new(compared.with(|compared| orders(compared))));
    let (only_different, by_source) = (RwSignal::new(false), RwSignal::new(false));
    let yardstick = RwSignal::new(None::<String>);
    let open = RwSignal::new(BTreeSet::<String>::new());
    let selected = RwSignal::new(None::<String>);
    let state = TableState::new();
    let at = Memo::new(move |_| {
        compared.with(|compared| {
            let find = |wanted: Ecosystem| compared.matrices.iter().position(|matrix| matrix.ecosystem == wanted);
            wanted.get().and_then(find).or((!compared.matrices.is_empty()).then_some(0))
        })
    });
    let matrix = move |use_it: &mut dyn FnMut(&Matrix)| {
        compared.with(|compared| at.get().and_then(|at| compared.matrices.get(at)).into_iter().for_each(use_it));
    };
    let ecosystem = Memo::new(move |_| {
        let mut found = None;
        matrix(&mut |it| found = Some(it.ecosystem));
        found
    });
    let images = Memo::new(move |_| {
        let mut found = Vec::new();
        matrix(&mut |it| found.clone_from(&it.images));
        found
    });
    let has_sources = Memo::new(move |_| {
        let mut found = false;
        matrix(&mut |it| found = it.rows.iter().any(|row| !row.source.is_empty() && row.source != row.package));
        found
    });
    let column = Memo::new(move |_| {
        let yardstick = yardstick.get()?;
        images.with(|images| images.iter().position(|image| *image == yardstick))
    });
    // The yardstick comes first, so that it is in sight.
    let order = Memo::new(move |_| {
        let first = column.get();
        let others = (0..images.with(Vec::len)).filter(|at| Some(*at) != first);
        first.into_iter().chain(others).collect::<Vec<_>>()
    });
    let is_grouped = Memo::new(move |_| by_source.get() && has_sources.get());
    let columns = Memo::new(move |_| {
        let sorts = !is_grouped.get();
        let sorted = |column: Column| Column { can_sort: sorts, ..column };
        let first = [
            sorted(Column::text(packages::PACKAGE.get(), 12.0, 1.0).pinned()),
            sorted(Column::text(packages::AGREE.get(), 5.0, 0.0)),
        ];
        images.with(|images| {
            let images = order.get().into_iter().filter_map(|at| {
                let name = images.get(at)?.clone();
                let is_yardstick = column.get() == Some(at);
                let title = if is_yardstick { packages::YARDSTICK_COLUMN.with(&[("image", &name)]) } else { name };
                Some(sorted(Column::text(title, VERSION_WIDTH, 1.0)))
            });
            Arc::new(first.into_iter().chain(images).collect::<Vec<_>>())
        })
    });
    let groups_of = Memo::new(move |_| {
        let mut found = Vec::new();
        if is_grouped.get() {
            let shown = shown(&compared.get(), at.get(), column.get(), only_different.get());
            matrix(&mut |it| found = groups(it, &shown));
        }
        Arc::new(found)
    });
    let sheet = Memo::new_with_compare(
        move |_| {
            let compared = compared.get();
            let (groups, lines) = if is_grouped.get() {
                let groups: Vec<Group> = groups_of.with(|groups| {
                    groups.iter().map(|it| Group { source: it.source.clone(), members: it.members.clone() }).collect()
                });
                let lines = open.with(|open| lines(&groups, open));
                (groups, lines)
            } else {
                let shown = shown(&compared, at.get(), column.get(), only_different.get());
                (Vec::new(), shown.into_iter().map(Line::Package).collect())
            };
            let (orders, columns) = (orders.get(), order.get());
            Arc::new(Sheet { compared, orders, at: at.get(), yardstick: column.get(), columns, groups, lines })
        },
        |_, _| true,
    );
    // A column of one matrix means nothing in another, and neither does an order by it.
    Effect::new(move |_| {
        ecosystem.track();
        selected.set(None);
    });
    Effect::new(move |_| {
        ecosystem.track();
        order.track();
        is_grouped.track();
        state.sort.set(None);
    });
    let select = move |row: Row| {
        let group = row.key.split_once("/source:").map(|(_, source)| source.to_owned());
        match group {
            Some(source) if is_grouped.get_untracked() => open.update(|open| {
                if !open.remove(&source) {
                    open.insert(source);
                }
            }),
            _ => selected.set(Some(row.key)),
        }
    };
    let tools = move || {
        let options = images.get().into_iter().map(|image| {
            let is_it = yardstick.get_untracked().as_deref() == Some(image.as_str());
            view! { <option value=image.clone() selected=is_it>{image.clone()}</option> }
        });
        let options = options.collect_view();
        let choose = move |event| {
            let image = event_target_value(&event);
            yardstick.set((!image.is_empty()).then_some(image));
        };
        view! {
            <EcosystemTabs tab=PackageTab::Matrix current=ecosystem has_all=false />
            <label class="choice">
                <span>{packages::YARDSTICK.get()}</span>
                <select data-testid="yardstick" on:change=choose>
                    <option value="">{packages::YARDSTICK_MOST.get()}</option>
                    {options}
                </select>
            </label>
            <label class="check">
                <input type="checkbox" data-testid="only-different" prop:checked=only_different
                    on:change=move |event| only_different.set(event_target_checked(&event)) />
                {packages::ONLY_DIFFERENT.get()}
            </label>
            {has_sources.get().then(|| view! {
                <label class="check">
                    <input type="checkbox" data-testid="by-source" prop:checked=by_source
                        on:change=move |event| by_source.set(event_target_checked(&event)) />
                    {packages::BY_SOURCE.get()}
                </label>
            })}
            <Legend has_yardstick=Signal::derive(move || column.get().is_some()) />
        }
    };
    let chosen = Memo::new(move |_| {
        let package = selected.get()?.split_once('/')?.1.to_owned();
        Some((ecosystem.get()?, package))
    });
    view! {
        <Split
            open=Signal::derive(move || chosen.with(Option::is_some))
            detail=move || chosen.get().map(|(ecosystem, package)| view! {
                <PackageAcross ecosystem package close=Callback::new(move |()| selected.set(None)) />
            })
        >
            <Table
                test_id="table-matrix"
                columns=columns
                rows=Rows::of(Signal::from(sheet), state)
                state=state
                selected=selected
                on_select=Callback::new(select)
                tools=tools
            />
        </Split>
    }
}

/// The rows that are shown, by their places in the matrix.
fn shown(compared: &Comparison, at: Option<usize>, yardstick: Option<usize>, only_different: bool) -> Vec<usize> {
    let Some(matrix) = at.and_then(|at| compared.matrices.get(at)) else { return Vec::new() };
    let rows = matrix.rows.iter().enumerate();
    let is_shown = |row: &MatrixRow| !only_different || differs(&row.versions, reference(&row.versions, yardstick));
    rows.filter(|(_, row)| is_shown(row)).map(|(at, _)| at).collect()
}

/// What the marks mean.
#[component]
pub fn Legend(#[prop(into)] has_yardstick: Signal<bool>) -> impl IntoView {
    let entry = |agreement: Agreement| {
        let (class, mark, word) = agreement.shown();
        view! { <span class=format!("legend__entry {class}")>{mark.map(|mark| format!("{mark} "))}{word.get()}</span> }
    };
    move || {
        let mut all = vec![Agreement::Same, Agreement::Older(1), Agreement::Newer(1)];
        if has_yardstick.get() {
            all.extend([Agreement::Missing, Agreement::Extra]);
        }
        all.push(Agreement::Absent);
        view! { <span class="legend">{all.into_iter().map(entry).collect_view()}</span> }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Matrix {
        let row = |package: &str, source: &str, versions: [&str; 2]| MatrixRow {
            package: package.into(),
            source: source.into(),
            versions: versions.map(str::to_owned).to_vec(),
        };
        Matrix {
            ecosystem: Ecosystem::Apt,
            images: vec!["a".into(), "b".into()],
            rows: vec![
                row("bash", "bash", ["5", "5"]),
                row("libssl3", "openssl", ["3", "4"]),
                row("openssl", "openssl", ["3", "4"]),
            ],
        }
    }

    #[test]
    fn packages_of_one_source_stand_together_and_open() {
        let groups = groups(&matrix(), &[0, 1, 2]);
        assert_eq!(lines(&groups, &BTreeSet::new()), [Line::Package(0), Line::Group(1)]);
        let open = BTreeSet::from(["openssl".to_owned()]);
        assert_eq!(lines(&groups, &open), [Line::Package(0), Line::Group(1), Line::Member(1), Line::Member(2)]);
    }

    #[test]
    fn only_what_differs_from_the_yardstick_is_shown() {
        let compared = Comparison { matrices: vec![matrix()], ..Comparison::default() };
        assert_eq!(shown(&compared, Some(0), None, false), [0, 1, 2]);
        assert_eq!(shown(&compared, Some(0), Some(1), true), [1, 2]);
        assert!(shown(&compared, Some(1), None, false).is_empty());
    }

    #[test]
    fn a_group_has_a_version_where_its_packages_agree() {
        use Agreement::{Absent, Newer, Older, Other, Same};
        assert_eq!(together([("3", Same), ("3", Same)].into_iter()), ("3".to_owned(), Same));
        assert_eq!(together([("3", Older(1)), ("3", Older(2)), ("", Absent)].into_iter()), ("3".to_owned(), Older(2)));
        assert_eq!(together([("3", Same), ("4", Newer(1))].into_iter()).1, Other);
        assert_eq!(together([("", Absent)].into_iter()), (String::new(), Absent));
    }
}
