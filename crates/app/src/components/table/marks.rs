//! Check boxes and buttons beside the rows of a table.

use std::sync::Arc;

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Row, Rows};

type IsOn = dyn Fn(&Row) -> bool + Send + Sync;
type Set = dyn Fn(&Row, bool) + Send + Sync;
type Label = dyn Fn(&Row) -> Option<String> + Send + Sync;
type End = dyn Fn(&Row, bool) -> Option<AnyView> + Send + Sync;

/// A check box before each row, and something behind it.
#[derive(Clone, Copy)]
pub struct Marks {
    is_on: StoredValue<Arc<IsOn>>,
    set: StoredValue<Arc<Set>>,
    label: StoredValue<Arc<Label>>,
    end: StoredValue<Arc<End>>,
    all: &'static str,
}

impl Marks {
    /// `is_on` tells whether a row is ticked, `set` ticks it, `label` says what its box does (nothing for a row without
    /// one), `end` draws what stands behind it, knowing whether the row is selected. `all` says what the box in the head
    /// does.
    pub fn new(
        is_on: impl Fn(&Row) -> bool + Send + Sync + 'static,
        set: impl Fn(&Row, bool) + Send + Sync + 'static,
        label: impl Fn(&Row) -> Option<String> + Send + Sync + 'static,
        end: impl Fn(&Row, bool) -> Option<AnyView> + Send + Sync + 'static,
        all: &'static str,
    ) -> Marks {
        Marks {
            is_on: StoredValue::new(Arc::new(is_on)),
            set: StoredValue::new(Arc::new(set)),
            label: StoredValue::new(Arc::new(label)),
            end: StoredValue::new(Arc::new(end)),
            all,
        }
    }

    fn is_on(&self, row: &Row) -> bool {
        self.is_on.with_value(Arc::clone)(row)
    }

    fn set(&self, row: &Row, is_on: bool) {
        self.set.with_value(Arc::clone)(row, is_on);
    }

    /// Ticks a row that is not, and the other way round.
    pub fn toggle(&self, row: &Row) {
        self.set(row, !untrack(|| self.is_on(row)));
    }

    /// The box of a row.
    pub fn cell(self, row: Memo<Option<Row>>) -> impl IntoView {
        let label =
            Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| self.label.with_value(Arc::clone)(row))));
        let is_on = move || row.with(|row| row.as_ref().is_some_and(|row| self.is_on(row)));
        let change = move |event| {
            if let Some(row) = row.get_untracked() {
                self.set(&row, event_target_checked(&event));
            }
        };
        // The row is not selected by it.
        let keep = |event: MouseEvent| event.stop_propagation();
        view! {
            <label role="gridcell" class="cell cell--mark" on:click=keep on:dblclick=keep>
                {move || label.get().map(|label| view! {
                    <input type="checkbox" tabindex="-1" aria-label=label prop:checked=is_on on:change=change />
                })}
            </label>
        }
    }

    /// What stands behind a row.
    pub fn end(self, row: Memo<Option<Row>>, is_selected: impl Fn() -> bool + Send + Sync + 'static) -> impl IntoView {
        view! {
            <div role="gridcell" class="cell cell--end">
                {move || {
                    let is_selected = is_selected();
                    row.with(|row| row.as_ref().and_then(|row| self.end.with_value(Arc::clone)(row, is_selected)))
                }}
            </div>
        }
    }

    /// The box in the head: ticks all rows that are shown.
    pub fn head(self, rows: Rows) -> impl IntoView {
        let change = move |event| {
            let is_on = event_target_checked(&event);
            spawn_local(async move {
                for row in rows.all().await.unwrap_or_default() {
                    self.set(&row, is_on);
                }
            });
        };
        view! {
            <label role="columnheader" class="cell cell--mark" title=self.all>
                <input type="checkbox" tabindex="-1" aria-label=self.all on:change=change />
            </label>
        }
    }
}
