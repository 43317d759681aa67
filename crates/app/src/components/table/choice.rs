//! The choice of columns: which of a table are shown, copied and exported.

use std::collections::BTreeSet;
use std::sync::Arc;

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::html::Details;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use super::super::{Icon, icon};
use super::{Column, Row};
use crate::messages::general;

/// The columns that are shown, each with its place among all.
#[derive(Clone, Debug, PartialEq)]
pub struct Chosen {
    /// The columns.
    pub columns: Vec<Column>,
    /// Of each: where its cell is in a row.
    pub places: Vec<usize>,
}

impl Chosen {
    /// All but the hidden ones; the first and those that are kept in sight always.
    pub fn of(all: &[Column], hidden: &BTreeSet<String>) -> Chosen {
        let is_shown = |at: usize, column: &Column| is_fixed(at, column) || !hidden.contains(&column.title);
        let shown = all.iter().enumerate().filter(|(at, column)| is_shown(*at, column));
        let (places, columns) = shown.map(|(at, column)| (at, column.clone())).unzip();
        Chosen { columns, places }
    }

    /// The row with only the cells of these columns.
    pub fn row(&self, row: &Row) -> Row {
        let cells = self.places.iter().filter_map(|at| row.cells.get(*at).cloned()).collect();
        Row { key: row.key.clone(), id: row.id.clone(), cells }
    }
}

/// Whether a column stays: a row without its name would say nothing.
fn is_fixed(at: usize, column: &Column) -> bool {
    at == 0 || column.is_pinned
}

/// The button with the list of columns.
#[component]
pub fn ColumnChoice(
    /// All columns.
    columns: Signal<Arc<Vec<Column>>>,
    /// Titles of those that are not shown.
    hidden: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let list = NodeRef::<Details>::new();
    let close = move || {
        if let Some(list) = list.get_untracked() {
            // Only a wrong name of an attribute could fail.
            let _ = list.remove_attribute("open");
        }
    };
    let left = move |event: FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        if to.is_some_and(|to| list.get_untracked().is_some_and(|list| !list.contains(Some(&to)))) {
            close();
        }
    };
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            close();
        }
    };
    let choice = move |(at, column): (usize, Column)| {
        let (shown, title) = (column.title.clone(), column.title.clone());
        let is_on = move || hidden.with(|hidden| !hidden.contains(&shown));
        let turn = move |event| {
            let is_on = event_target_checked(&event);
            hidden.update(|hidden| {
                if is_on {
                    hidden.remove(&title);
                } else {
                    hidden.insert(title.clone());
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" disabled=is_fixed(at, &column) prop:checked=is_on on:change=turn />
                {column.title}
            </label>
        }
    };
    move || {
        (columns.with(|columns| columns.len() > 2)).then(|| {
            let choices = columns.with(|columns| columns.iter().cloned().enumerate().map(choice).collect_view());
            view! {
                <details class="columns" node_ref=list on:focusout=left on:keydown=keys>
                    <summary class="button button--icon" title=general::COLUMNS.get() aria-label=general::COLUMNS.get()>
                        {icon(Icon::Columns)}
                    </summary>
                    <div class="columns__list" role="group" aria-label=general::COLUMNS.get()>{choices}</div>
                </details>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;

    #[test]
    fn hidden_columns_are_left_out_of_rows_and_the_first_stays() {
        let all = ["a", "b", "c"].map(|title| Column::text(title, 1.0, 0.0));
        let hidden = ["a".to_owned(), "b".to_owned()].into();
        let chosen = Chosen::of(&all, &hidden);
        assert_eq!(chosen.places, [0, 2]);
        let row = Row::new("k", ["1", "2", "3"].map(|text| Cell::Text(text.into())).to_vec());
        assert_eq!(chosen.row(&row).cells, [Cell::Text("1".into()), Cell::Text("3".into())]);
    }
}
