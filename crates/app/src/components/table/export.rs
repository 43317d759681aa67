//! A table as text: tab-separated for the clipboard, CSV for a file.

use super::{Column, Row};

/// Tab-separated, with the heading; tabs and line ends within a cell become spaces.
pub fn tab_separated(columns: &[Column], rows: &[Row]) -> String {
    lines(columns, rows, "\t", "\n", |cell| cell.replace(['\t', '\r', '\n'], " "))
}

/// One row, tab-separated.
pub fn one_row(row: &Row) -> String {
    tab_separated(&[], std::slice::from_ref(row)).trim_start_matches('\n').trim_end_matches('\n').to_owned()
}

/// RFC 4180. A cell that a spreadsheet would take for a formula gets a `'` before it, as in the package files.
pub fn csv(columns: &[Column], rows: &[Row]) -> String {
    lines(columns, rows, ",", "\r\n", |cell| {
        let cell =
            if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() };
        if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    })
}

fn lines(columns: &[Column], rows: &[Row], between: &str, end: &str, write: impl Fn(&str) -> String) -> String {
    let mut text = columns.iter().map(|column| write(&column.title)).collect::<Vec<_>>().join(between);
    text.push_str(end);
    for row in rows {
        text.push_str(&row.cells.iter().map(|cell| write(&cell.plain())).collect::<Vec<_>>().join(between));
        text.push_str(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Cell;
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let columns = [Column::text("a", 1.0, 0.0), Column::text("b", 1.0, 0.0)];
        let row = Row::new("k", vec![Cell::Text("=1".into()), Cell::Text("x\"y,z".into())]);
        assert_eq!(csv(&columns, std::slice::from_ref(&row)), "a,b\r\n'=1,\"x\"\"y,z\"\r\n");
        assert_eq!(tab_separated(&columns, std::slice::from_ref(&row)), "a\tb\n=1\tx\"y,z\n");
        assert_eq!(one_row(&row), "=1\tx\"y,z");
    }
}
