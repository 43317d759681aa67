//! Values separated by commas and the like, as a table. RFC 4180, with other separators.

use std::cmp::Ordering;
use std::sync::Arc;

use leptos::prelude::*;

use super::PART;
use crate::components::table::{Cell, Column, Row, Rows, Source, Table, TableState};
use crate::format;
use crate::messages::files;

/// Columns shown at most.
const COLUMNS: usize = 500;

const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];

/// Records, the first row of them a heading or not.
#[derive(Clone, Debug, Default, PartialEq)]
struct Records {
    records: Vec<Vec<String>>,
}

impl Source for Records {
    fn len(&self) -> usize {
        self.records.len()
    }

    fn row(&self, at: usize) -> Option<Row> {
        let cells = self.records.get(at)?.iter().take(COLUMNS).map(|cell| Cell::Text(cell.clone())).collect();
        Some(Row::new(at.to_string(), cells))
    }

    fn contains(&self, at: usize, text: &str) -> bool {
        self.records.get(at).is_some_and(|record| record.iter().any(|cell| cell.to_lowercase().contains(text)))
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let cell = |at: usize| self.records.get(at).and_then(|record| record.get(column)).map_or("", String::as_str);
        let (a, b) = (cell(a), cell(b));
        match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            // Numbers come before words, so that the order is one.
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(b)),
        }
    }

    fn is(&self, at: usize, id: &str) -> bool {
        id.parse() == Ok(at)
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The separator of a text that looks like a table: one that its first records have equally often.
pub fn separator(text: &str, goes_on: bool) -> Option<char> {
    let few: String = text.split_inclusive('\n').take(5).collect();
    let cut = goes_on || few.len() < text.len();
    SEPARATORS.into_iter().find(|separator| {
        let records = parse(&few, *separator, cut);
        let columns = records.first().map_or(0, Vec::len);
        columns > 1 && records.len() > 1 && records.iter().all(|record| record.len() == columns)
    })
}

/// The records of a text. Of one that is cut the last is left out.
fn parse(text: &str, separator: char, is_cut: bool) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            '\r' if !is_quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !is_quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            _ if c == separator && !is_quoted => record.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    if !is_cut && (!cell.is_empty() || !record.is_empty()) {
        record.push(cell);
        records.push(record);
    }
    records.retain(|record| record.iter().any(|cell| !cell.is_empty()));
    records
}

/// The table of a text.
#[component]
pub fn SeparatedView(text: String, separator: char, goes_on: bool) -> impl IntoView {
    let all = Arc::new(parse(&text, separator, goes_on));
    let has_heading = RwSignal::new(true);
    let state = TableState::new();
    let widest = all.iter().map(Vec::len).max().unwrap_or(0);
    let headings = {
        let all = Arc::clone(&all);
        move || {
            let first = all.first().filter(|_| has_heading.get());
            let body = all.get(usize::from(first.is_some())..).unwrap_or_default();
            let column = |at: usize| {
                let title = first.and_then(|first| first.get(at)).filter(|title| !title.trim().is_empty());
                let mut cells = body.iter().filter_map(|record| record.get(at)).filter(|cell| !cell.is_empty());
                let title = title.cloned().unwrap_or_else(|| format::number(at as u64 + 1));
                let is_number = cells.clone().next().is_some() && cells.all(|cell| number(cell).is_some());
                Column { is_number, ..Column::text(title, 9.0, 1.0) }
            };
            Arc::new((0..widest.min(COLUMNS)).map(column).collect::<Vec<_>>())
        }
    };
    let count = all.len();
    let records = move || {
        let from = usize::from(has_heading.get()).min(all.len());
        Arc::new(Records { records: all[from..].to_vec() })
    };
    // Made when the heading changes, not for each row that is drawn.
    let (columns, records) = (Memo::new(move |_| headings()), Memo::new(move |_| records()));
    view! {
        <div class="preview__tools">
            <label class="check">
                <input type="checkbox" prop:checked=has_heading on:change=move |event| has_heading.set(event_target_checked(&event)) />
                {files::FIRST_IS_HEADING.get()}
            </label>
            <span class="muted">
                {if goes_on { files::ROWS_OF_PART.with(&[("n", &format::number(count as u64)), ("shown", &format::size(PART))]) } else { String::new() }}
                {(widest > COLUMNS).then(|| files::COLUMNS_LEFT_OUT.with(&[("n", &format::number((widest - COLUMNS) as u64))]))}
            </span>
        </div>
        <div class="preview__table">
            <Table test_id="table-preview" columns=columns rows=Rows::of(records.into(), state) state=state />
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_separators_lines_and_quotes() {
        let records = parse("a,b\r\n\"x, \"\"y\"\"\nz\",<b>\n\nlast,", ',', false);
        assert_eq!(records, [vec!["a", "b"], vec!["x, \"y\"\nz", "<b>"], vec!["last", ""]]);
        assert_eq!(parse("a,b\nc", ',', true), [vec!["a", "b"]]);
    }

    #[test]
    fn the_separator_is_one_that_records_have_equally_often() {
        assert_eq!(separator("a;b\n1,5;2\n", false), Some(';'));
        assert_eq!(separator("a\tb\n1\t2\n", false), Some('\t'));
        assert_eq!(separator("one line, two words\n", false), None);
        assert_eq!(separator("Dear all,\nthis is no table\n", false), None);
    }

    #[test]
    fn numbers_are_ordered_by_value() {
        let records =
            Records { records: [["10"], ["9"], ["x"]].map(|record| record.map(str::to_owned).to_vec()).to_vec() };
        assert_eq!(records.compare(0, 0, 1), Ordering::Greater);
        assert_eq!(records.compare(0, 0, 2), Ordering::Less);
    }
}
