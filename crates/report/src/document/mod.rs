//! A text for people, told once and written as HTML or Markdown: headings, paragraphs, facts and tables.
//!
//! Whatever a block holds may come from a disk: it is data, and each writer escapes it. Control characters and what
//! steers the direction of writing are made visible before.

mod html;
mod markdown;

use careen_model::{Language, Severity};

pub(crate) use html::html;
pub(crate) use markdown::markdown;

/// Rows of one table that are written; a longer one says how many it leaves out.
const MOST_ROWS: usize = 2000;

/// A piece of a document.
pub(crate) enum Block {
    /// A heading below the title: 2 or 3.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// The most important paragraph of a section.
    Strong(String),
    /// Words of a program, as they are.
    Quote(String),
    /// Names and what they are.
    Facts(Vec<(&'static str, String)>),
    /// A table.
    Table(Table),
    /// Something that is wrong, with its place and what to do.
    Finding { severity: Severity, word: &'static str, place: String, message: String, advice: String },
}

/// How the cells of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// Words.
    Words,
    /// Ids, paths, versions.
    Code,
    /// Numbers, at the right.
    Number,
}

/// Rows under a heading.
pub(crate) struct Table {
    head: Vec<(String, Column)>,
    rows: Vec<Vec<String>>,
    /// What to say of rows that are not written; `{}` is their number.
    more: &'static str,
}

impl Table {
    pub(crate) fn new(language: Language, head: impl IntoIterator<Item = (impl Into<String>, Column)>) -> Self {
        let more = match language {
            Language::English => "{} more rows are not shown here; the CSV and JSON files have them all.",
            Language::Korean => "{}개 행은 여기에 표시하지 않았습니다. 전체는 CSV와 JSON 파일에 있습니다.",
        };
        Table { head: head.into_iter().map(|(name, column)| (name.into(), column)).collect(), rows: Vec::new(), more }
    }

    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(row.into_iter().map(Into::into).collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn shown(&self) -> impl Iterator<Item = &[String]> {
        self.rows.iter().take(MOST_ROWS).map(Vec::as_slice)
    }

    /// What is said below the table when not all of it is shown.
    fn left_out(&self) -> Option<String> {
        let count = self.rows.len().checked_sub(MOST_ROWS).filter(|count| *count > 0)?;
        Some(self.more.replace("{}", &count.to_string()))
    }
}

/// Text with its control characters as pictures of them (U+2400 to U+2421), and what steers the direction of writing as
/// U+FFFD.
pub fn visible(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\0'..='\u{1f}' => char::from_u32(0x2400_u32.saturating_add(u32::from(letter))).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(shown).collect()
}

/// A size with a decimal unit, as Docker prints sizes.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut unit, mut divisor) = ("kB", 1000_u64);
    for next in UNITS {
        unit = next;
        if bytes < divisor.saturating_mul(1000) {
            break;
        }
        divisor = divisor.saturating_mul(1000);
    }
    let tenths = bytes.saturating_mul(10).checked_div(divisor).unwrap_or(0);
    format!("{}.{} {unit}", tenths.checked_div(10).unwrap_or(0), tenths.checked_rem(10).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</td><script>alert(1)</script> & \"x\" 'y' | `a` *b* [c](http://d) \u{202e}\u{1b}[2J\n# e";

    fn blocks() -> Vec<Block> {
        let mut table = Table::new(Language::English, [(HOSTILE, Column::Words), ("b", Column::Code)]);
        table.push([HOSTILE, HOSTILE]);
        vec![
            Block::Heading(2, HOSTILE.into()),
            Block::Text(HOSTILE.into()),
            Block::Strong(HOSTILE.into()),
            Block::Quote(HOSTILE.into()),
            Block::Facts(vec![("name", HOSTILE.into())]),
            Block::Table(table),
            Block::Finding {
                severity: Severity::Loss,
                word: "loss",
                place: HOSTILE.into(),
                message: HOSTILE.into(),
                advice: HOSTILE.into(),
            },
        ]
    }

    #[test]
    fn nothing_of_a_disk_is_markup() {
        let page = html(Language::English, HOSTILE, &blocks());
        assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains('\u{202e}'), "{page}");
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot; &#39;y&#39;"), "{page}");
        let text = markdown(HOSTILE, &blocks());
        assert!(!text.contains("\n# e") && !text.contains('\u{1b}'), "{text}");
        // A table row has as many bars as its head, whatever the cells hold.
        let bars = |line: &str| line.replace("\\|", "").matches('|').count();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
        assert!(rows.iter().all(|row| bars(row) == 3), "{rows:?}");
        assert!(text.contains("\\<script\\>") && text.contains("\\[c\\](http\\://d)"), "{text}");
    }

    #[test]
    fn what_a_table_leaves_out_is_said() {
        let mut table = Table::new(Language::Korean, [("a", Column::Number)]);
        for number in 0..=MOST_ROWS {
            table.push([number.to_string()]);
        }
        assert!(table.left_out().is_some_and(|text| text.starts_with("1개")));
        let page = html(Language::Korean, "x", &[Block::Table(table)]);
        assert!(page.contains("1개 행은") && page.contains("lang=\"ko\"") && !page.contains(">2000<"));
    }
}
