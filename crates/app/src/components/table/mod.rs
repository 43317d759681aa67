//! Tables: windowed, sorted, filtered, copied and exported, worked by keyboard.

mod across;
mod cell;
mod choice;
mod export;
mod marks;
mod rows;
mod view;

pub use cell::{Agreement, Cell};
pub use marks::Marks;
pub use rows::{Remote, Row, Rows, Sort, Source, TableState};
pub use view::Table;

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its heading: a sentence of ours, or a name from the disk.
    pub title: String,
    /// Smallest width, in rem.
    pub width: f32,
    /// Share of the width that is left over.
    pub grow: f32,
    /// Numbers align at the right.
    pub is_number: bool,
    /// Whether it can be sorted by.
    pub can_sort: bool,
    /// Stays in sight when the table is scrolled sideways.
    pub is_pinned: bool,
}

impl Column {
    /// A column of text.
    pub fn text(title: impl Into<String>, width: f32, grow: f32) -> Column {
        Column { title: title.into(), width, grow, is_number: false, can_sort: true, is_pinned: false }
    }

    /// A column of numbers.
    pub fn number(title: impl Into<String>, width: f32) -> Column {
        Column { is_number: true, ..Column::text(title, width, 0.0) }
    }

    /// The same, kept in sight.
    #[must_use]
    pub fn pinned(self) -> Column {
        Column { is_pinned: true, ..self }
    }
}
