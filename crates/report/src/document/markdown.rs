//! A document as Markdown with tables (GitHub Flavored Markdown).

use super::{Block, Column, Table, visible};

/// The file.
pub(crate) fn markdown(title: &str, blocks: &[Block]) -> String {
    let mut text = format!("# {}\n", escaped(title));
    for block in blocks {
        text.push('\n');
        match block {
            Block::Heading(level, heading) => {
                text.push_str(&format!("{} {}\n", "#".repeat(usize::from(*level)), escaped(heading)));
            }
            Block::Text(paragraph) => text.push_str(&format!("{}\n", escaped(paragraph))),
            Block::Strong(paragraph) => text.push_str(&format!("**{}**\n", escaped(paragraph))),
            Block::Quote(words) => text.push_str(&format!("> {}\n", code(words))),
            Block::Facts(facts) => {
                for (name, value) in facts {
                    text.push_str(&format!("- **{}**: {}\n", escaped(name), escaped(value)));
                }
            }
            Block::Table(table) => put_table(table, &mut text),
            Block::Finding { word, place, message, advice, .. } => {
                text.push_str(&format!(
                    "- **{}** {}\n  {}\n  {}\n",
                    escaped(word),
                    escaped(message),
                    code(place),
                    escaped(advice)
                ));
            }
        }
    }
    text
}

fn put_table(table: &Table, text: &mut String) {
    let names: Vec<String> = table.head.iter().map(|(name, _)| escaped(name)).collect();
    text.push_str(&format!("| {} |\n", names.join(" | ")));
    let rules = table.head.iter().map(|(_, column)| if *column == Column::Number { "---:" } else { "---" });
    text.push_str(&format!("| {} |\n", rules.collect::<Vec<_>>().join(" | ")));
    for row in table.shown() {
        let cells = row.iter().zip(&table.head).map(|(cell, (_, column))| match column {
            // A bar ends a cell even between backticks.
            Column::Code => code(cell).replace('|', "\\|"),
            Column::Words | Column::Number => escaped(cell),
        });
        text.push_str(&format!("| {} |\n", cells.collect::<Vec<_>>().join(" | ")));
    }
    if let Some(more) = table.left_out() {
        text.push_str(&format!("\n{}\n", escaped(&more)));
    }
}

/// Text that is no markup, on one line, and no address that would become a link.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '@') {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe.replace("://", "\\://").replace("www.", "www\\.")
}

/// Text as it is, between more backticks than it has in a row.
fn code(text: &str) -> String {
    let text = visible(text);
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1));
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}
