//! Where the rows of a table come from: the page's memory, or the worker, stretch by stretch.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use careen_protocol::Failure;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Cell;

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it stands for; the page's `data-key`. Two rows may stand for the same.
    pub key: String,
    /// What tells it from every other row.
    pub id: String,
    /// One cell a column.
    pub cells: Vec<Cell>,
}

impl Row {
    /// A row that alone stands for `key`.
    pub fn new(key: impl Into<String>, cells: Vec<Cell>) -> Row {
        let key = key.into();
        Row { id: key.clone(), key, cells }
    }
}

/// Rows in the page's memory.
pub trait Source: Send + Sync + 'static {
    /// How many there are.
    fn len(&self) -> usize;

    /// The row at a position; drawn rows alone are asked for.
    fn row(&self, at: usize) -> Option<Row>;

    /// Whether it has this text, in lower case, anywhere.
    fn contains(&self, at: usize, text: &str) -> bool;

    /// The order of two rows by a column.
    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering;

    /// Whether this row has that id.
    fn is(&self, at: usize, id: &str) -> bool;
}

impl Source for Vec<Row> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn row(&self, at: usize) -> Option<Row> {
        self.get(at).cloned()
    }

    fn contains(&self, at: usize, text: &str) -> bool {
        self.get(at).is_some_and(|row| row.cells.iter().any(|cell| cell.plain().to_lowercase().contains(text)))
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let cell = |at: usize| self.get(at).and_then(|row| row.cells.get(column)).unwrap_or(&Cell::Nothing);
        cell(a).compare(cell(b))
    }

    fn is(&self, at: usize, id: &str) -> bool {
        self.get(at).is_some_and(|row| row.id == id)
    }
}

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Position of the column.
    pub column: usize,
    /// Largest first.
    pub descending: bool,
}

/// What the person set at a table.
#[derive(Clone, Copy)]
pub struct TableState {
    /// Order; `None` is the natural one.
    pub sort: RwSignal<Option<Sort>>,
    /// Only rows that contain this.
    pub filter: RwSignal<String>,
}

impl TableState {
    /// Natural order, no filter.
    pub fn new() -> TableState {
        TableState { sort: RwSignal::new(None), filter: RwSignal::new(String::new()) }
    }

    /// Sorted by a column, smallest first.
    pub fn sorted_by(column: usize) -> TableState {
        let state = TableState::new();
        state.sort.set(Some(Sort { column, descending: false }));
        state
    }

    /// A click on the heading of a column: ascending, descending, natural.
    pub fn toggle(self, column: usize) {
        self.sort.update(|sort| {
            *sort = match *sort {
                Some(Sort { column: known, descending: false }) if known == column => {
                    Some(Sort { column, descending: true })
                }
                Some(Sort { column: known, .. }) if known == column => None,
                _ => Some(Sort { column, descending: false }),
            };
        });
    }
}

/// Every row there is, in a future.
pub type AllRows = Pin<Box<dyn Future<Output = Result<Vec<Row>, Failure>>>>;

/// From a row's id to its position.
type Find = dyn Fn(&str) -> Option<usize> + Send + Sync;

/// A source of rows.
#[derive(Clone, Copy)]
pub struct Rows {
    /// Rows without the filter; `None` when only the filtered number is known.
    pub total: Signal<Option<usize>>,
    /// Rows that pass the filter.
    pub shown: Signal<usize>,
    /// Whether the first stretch is still awaited.
    pub is_loading: Signal<bool>,
    /// Why there are none.
    pub failure: Signal<Option<Failure>>,
    row: StoredValue<Arc<dyn Fn(usize) -> Option<Row> + Send + Sync>>,
    find: StoredValue<Arc<Find>>,
    all: StoredValue<Arc<dyn Fn() -> AllRows + Send + Sync>>,
}

impl Rows {
    /// The row at a position of what is shown; `None` while it is on its way. To be read where changes are followed.
    pub fn row(&self, at: usize) -> Option<Row> {
        self.row.with_value(Arc::clone)(at)
    }

    /// The position of a row among those in memory.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.find.with_value(Arc::clone)(id)
    }

    /// Every row that is shown.
    pub fn all(&self) -> AllRows {
        self.all.with_value(Arc::clone)()
    }

    /// Rows in memory.
    pub fn local(rows: Signal<Arc<Vec<Row>>>, state: TableState) -> Rows {
        Rows::of(rows, state)
    }

    /// Rows in memory that are made when they are drawn.
    pub fn of<S: Source>(rows: Signal<Arc<S>>, state: TableState) -> Rows {
        let shown = Memo::new(move |_| {
            let rows = rows.get();
            let filter = state.filter.get().to_lowercase();
            let mut shown: Vec<usize> =
                (0..rows.len()).filter(|at| filter.is_empty() || rows.contains(*at, &filter)).collect();
            if let Some(Sort { column, descending }) = state.sort.get() {
                shown.sort_by(|a, b| {
                    let order = rows.compare(column, *a, *b);
                    if descending { order.reverse() } else { order }
                });
            }
            Arc::new(shown)
        });
        let row =
            move |at: usize| shown.with(|shown| shown.get(at).copied()).and_then(|at| rows.with(|rows| rows.row(at)));
        let find = move |id: &str| rows.with(|rows| shown.with(|shown| shown.iter().position(|at| rows.is(*at, id))));
        let all = move || -> AllRows {
            let found = rows.with_untracked(|rows| {
                shown.with_untracked(|shown| shown.iter().filter_map(|at| rows.row(*at)).collect())
            });
            Box::pin(async move { Ok(found) })
        };
        Rows {
            total: Signal::derive(move || Some(rows.with(|rows| rows.len()))),
            shown: Signal::derive(move || shown.with(|shown| shown.len())),
            is_loading: Signal::derive(|| false),
            failure: Signal::derive(|| None),
            row: StoredValue::new(Arc::new(row)),
            find: StoredValue::new(Arc::new(find)),
            all: StoredValue::new(Arc::new(all)),
        }
    }
}

/// A stretch of rows: how many pass the filter in all, and these.
pub type Stretch = Pin<Box<dyn Future<Output = Result<(u64, Vec<Row>), Failure>>>>;

/// Rows that are asked for when they come into sight.
#[derive(Clone, Copy)]
pub struct Remote {
    fetch: StoredValue<Box<dyn Fn(u64, u64) -> Stretch>, LocalStorage>,
    pages: RwSignal<HashMap<usize, Vec<Row>>>,
    asked: StoredValue<Vec<usize>>,
    shown: RwSignal<Option<usize>>,
    failure: RwSignal<Option<Failure>>,
    /// Counts resets, so that an answer to an old question is not shown under a new one.
    generation: StoredValue<u32>,
    /// Of which count the rows in `pages` are.
    loaded: StoredValue<u32>,
}

impl Remote {
    /// Rows of a stretch asked at once.
    const PAGE: usize = 200;
    /// Stretches kept.
    const KEPT: usize = 50;
    /// Rows asked at once for an export.
    const BULK: u64 = 2000;

    /// `fetch` asks for rows `from`, `count` of the list as it is to be shown now.
    pub fn new(fetch: impl Fn(u64, u64) -> Stretch + 'static) -> Remote {
        Remote {
            fetch: StoredValue::new_local(Box::new(fetch)),
            pages: RwSignal::new(HashMap::new()),
            asked: StoredValue::new(Vec::new()),
            shown: RwSignal::new(None),
            failure: RwSignal::new(None),
            generation: StoredValue::new(0),
            loaded: StoredValue::new(0),
        }
    }

    /// Forgets everything: the list, its order or its filter is another one now. What was shown stays in sight until
    /// the new rows are there.
    pub fn reset(self) {
        self.generation.update_value(|generation| *generation = generation.wrapping_add(1));
        self.asked.set_value(Vec::new());
        self.failure.set(None);
        self.ask(0);
    }

    fn ask(self, page: usize) {
        if self.asked.with_value(|asked| asked.contains(&page)) {
            return;
        }
        self.asked.update_value(|asked| asked.push(page));
        let generation = self.generation.get_value();
        let stretch = self.fetch.with_value(|fetch| fetch((page * Self::PAGE) as u64, Self::PAGE as u64));
        spawn_local(async move {
            let stretch = stretch.await;
            // The page may be gone, or the question another one.
            if self.generation.try_get_value() != Some(generation) {
                return;
            }
            match stretch {
                Ok((total, rows)) => {
                    self.pages.update(|pages| {
                        if self.loaded.get_value() != generation {
                            self.loaded.set_value(generation);
                            pages.clear();
                        } else if pages.len() >= Self::KEPT {
                            pages.clear();
                            self.asked.set_value(vec![page]);
                        }
                        pages.insert(page, rows);
                    });
                    self.shown.set(Some(usize::try_from(total).unwrap_or(usize::MAX)));
                }
                Err(failure) => {
                    // Rows of another list would look like an answer to this question.
                    if self.loaded.get_value() != generation {
                        self.pages.update(HashMap::clear);
                        self.shown.set(None);
                    }
                    self.asked.update_value(|asked| asked.retain(|known| *known != page));
                    self.failure.set(Some(failure));
                }
            }
        });
    }

    /// As a source of rows.
    pub fn rows(self) -> Rows {
        let row = move |at: usize| {
            let page = at / Self::PAGE;
            let found = self.pages.with(|pages| pages.get(&page).map(|rows| rows.get(at % Self::PAGE).cloned()));
            match found {
                Some(row) => row,
                None => {
                    // Asked for outside of whoever is being drawn.
                    queue_microtask(move || self.ask(page));
                    None
                }
            }
        };
        let find = move |id: &str| {
            self.pages.with(|pages| {
                pages
                    .iter()
                    .find_map(|(page, rows)| Some(page * Self::PAGE + rows.iter().position(|row| row.id == id)?))
            })
        };
        let all = move || -> AllRows {
            Box::pin(async move {
                let mut all = Vec::new();
                loop {
                    let stretch = self.fetch.with_value(|fetch| fetch(all.len() as u64, Self::BULK));
                    let (total, rows) = stretch.await?;
                    let is_end = rows.is_empty();
                    all.extend(rows);
                    if is_end || all.len() as u64 >= total {
                        return Ok(all);
                    }
                }
            })
        };
        Rows {
            total: Signal::derive(|| None),
            shown: Signal::derive(move || self.shown.get().unwrap_or(0)),
            is_loading: Signal::derive(move || self.shown.get().is_none() && self.failure.with(Option::is_none)),
            failure: self.failure.into(),
            row: StoredValue::new(Arc::new(row)),
            find: StoredValue::new(Arc::new(find)),
            all: StoredValue::new(Arc::new(all)),
        }
    }
}
