//! Which columns are in sight: of a matrix with many, only those are in the document.

use super::Column;

/// Tables of fewer columns are drawn whole.
const FEW: usize = 12;

/// Columns that are drawn: the pinned ones in front, and a stretch of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Columns in front that stay in sight.
    pub pinned: usize,
    /// First column of the stretch.
    pub from: usize,
    /// The column behind its end.
    pub to: usize,
}

impl Drawn {
    /// Whether a column is drawn.
    pub fn has(&self, at: usize) -> bool {
        at < self.pinned || (self.from..self.to).contains(&at)
    }

    /// Columns that are left out between the pinned ones and the stretch.
    pub fn skipped(&self) -> usize {
        self.from.saturating_sub(self.pinned)
    }
}

/// The columns in sight of a table that is scrolled to `left` and `width` wide, in rem, with one more at each side.
pub fn drawn(columns: &[Column], left: f32, width: f32) -> Drawn {
    let pinned = columns.iter().take_while(|column| column.is_pinned).count();
    let whole: f32 = columns.iter().map(|column| column.width).sum();
    // In a table that fits, columns grow beyond their smallest width.
    if columns.len() <= FEW || whole <= width {
        return Drawn { pinned, from: pinned, to: columns.len() };
    }
    let (mut edge, mut from, mut to) = (0.0_f32, columns.len(), columns.len());
    for (at, column) in columns.iter().enumerate() {
        let (begin, end) = (edge, edge + column.width);
        edge = end;
        if end > left && from == columns.len() {
            from = at;
        }
        if begin >= left + width {
            to = at;
            break;
        }
    }
    Drawn { pinned, from: from.saturating_sub(1).max(pinned), to: (to + 1).min(columns.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_columns_in_sight_are_drawn_of_many() {
        let columns = |count: usize| {
            let first = std::iter::once(Column::text("package", 10.0, 1.0).pinned());
            first.chain((1..count).map(|_| Column::text("image", 10.0, 1.0))).collect::<Vec<_>>()
        };
        let at = |count, left, width| {
            let Drawn { pinned, from, to } = drawn(&columns(count), left, width);
            (pinned, from, to)
        };
        assert_eq!(at(5, 0.0, 20.0), (1, 1, 5), "few");
        assert_eq!(at(20, 0.0, 200.0), (1, 1, 20), "all fit");
        assert_eq!(at(20, 0.0, 60.0), (1, 1, 7));
        assert_eq!(at(20, 65.0, 60.0), (1, 5, 14));
        assert_eq!(at(20, 140.0, 60.0), (1, 13, 20));
        assert_eq!(at(20, 900.0, 60.0), (1, 19, 20), "scrolled too far");
        let middle = drawn(&columns(20), 65.0, 60.0);
        assert!(middle.has(0) && !middle.has(1) && middle.has(5) && !middle.has(14));
        assert_eq!(middle.skipped(), 4);
    }
}
