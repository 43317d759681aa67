//! A table as the bytes of a CSV file.

use csv::{QuoteStyle, Terminator, WriterBuilder};

/// A header and rows of the same width.
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these columns.
    pub fn new(header: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Table { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    /// The file: UTF-8 without BOM, RFC 4180, `\r\n`, the header first, the rows sorted by their columns from left to
    /// right in byte order, before anything is escaped. No cell can be taken for a formula.
    pub fn into_bytes(mut self) -> Vec<u8> {
        self.rows.sort();
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .quote_style(QuoteStyle::Necessary)
            .flexible(true)
            .from_writer(Vec::new());
        for row in std::iter::once(self.header).chain(self.rows) {
            // Writing to memory cannot fail, and a flexible writer takes rows of any width.
            drop(writer.write_record(row.into_iter().map(guarded)));
        }
        writer.into_inner().unwrap_or_default()
    }
}

/// A cell that a spreadsheet would run as a formula gets one `'` before it.
fn guarded(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(table: Table) -> String {
        String::from_utf8(table.into_bytes()).unwrap()
    }

    #[test]
    fn rows_are_sorted_and_cells_quoted_where_rfc_4180_asks() {
        let mut table = Table::new(["a", "b"]);
        table.push(["2", "line\r\nbreak"]);
        table.push(["10", "comma, \"quote\""]);
        table.push(["10", "é"]);
        assert_eq!(text(table), "a,b\r\n10,\"comma, \"\"quote\"\"\"\r\n10,é\r\n2,\"line\r\nbreak\"\r\n");
    }

    #[test]
    fn no_cell_is_a_formula_and_sorting_comes_before_the_guard() {
        let mut table = Table::new(["=a"]);
        for cell in ["=1", "+1", "-1", "@x", "\tx", "\rx", "'x", "x=1"] {
            table.push([cell]);
        }
        assert_eq!(text(table), "'=a\r\n'\tx\r\n\"'\rx\"\r\n'x\r\n'+1\r\n'-1\r\n'=1\r\n'@x\r\nx=1\r\n");
    }

    #[test]
    fn an_empty_table_is_its_header() {
        assert_eq!(text(Table::new(["a", "b"])), "a,b\r\n");
    }
}
