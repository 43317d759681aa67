//! A document as one HTML file: no script, nothing loaded, light and dark, and for paper.

use careen_model::{Language, Severity};

use super::{Block, Column, Table, visible};

const STYLE: &str = include_str!("style.css");

/// The file.
pub(crate) fn html(language: Language, title: &str, blocks: &[Block]) -> String {
    let tag = match language {
        Language::English => "en",
        Language::Korean => "ko",
    };
    let title = escaped(title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for block in blocks {
        put(block, &mut page);
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn put(block: &Block, page: &mut String) {
    match block {
        Block::Heading(level, text) => page.push_str(&format!("<h{level}>{}</h{level}>\n", escaped(text))),
        Block::Text(text) => page.push_str(&format!("<p>{}</p>\n", escaped(text))),
        Block::Strong(text) => page.push_str(&format!("<p class=\"strong\">{}</p>\n", escaped(text))),
        Block::Quote(text) => page.push_str(&format!("<pre>{}</pre>\n", escaped(text))),
        Block::Facts(facts) => {
            page.push_str("<table class=\"facts\">\n<tbody>\n");
            for (name, value) in facts {
                page.push_str(&format!("<tr><th>{}</th><td>{}</td></tr>\n", escaped(name), escaped(value)));
            }
            page.push_str("</tbody>\n</table>\n");
        }
        Block::Table(table) => put_table(table, page),
        Block::Finding { severity, word, place, message, advice } => {
            let class = match severity {
                Severity::Note => "note",
                Severity::Damage => "damage",
                Severity::Loss => "loss",
            };
            page.push_str(&format!(
                "<div class=\"finding {class}\">\n<p><span class=\"word\">{}</span> {}</p>\n\
                 <p class=\"place code\">{}</p>\n<p>{}</p>\n</div>\n",
                escaped(word),
                escaped(message),
                escaped(place),
                escaped(advice)
            ));
        }
    }
}

fn put_table(table: &Table, page: &mut String) {
    page.push_str("<div class=\"wide\">\n<table>\n<thead>\n<tr>");
    for (name, column) in &table.head {
        let class = if *column == Column::Number { " class=\"number\"" } else { "" };
        page.push_str(&format!("<th{class}>{}</th>", escaped(name)));
    }
    page.push_str("</tr>\n</thead>\n<tbody>\n");
    for row in table.shown() {
        page.push_str("<tr>");
        for (cell, (_, column)) in row.iter().zip(&table.head) {
            let class = match column {
                Column::Words => "",
                Column::Code => " class=\"code\"",
                Column::Number => " class=\"number\"",
            };
            page.push_str(&format!("<td{class}>{}</td>", escaped(cell)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</div>\n");
    if let Some(text) = table.left_out() {
        page.push_str(&format!("<p class=\"more\">{}</p>\n", escaped(&text)));
    }
}

/// Text that is no markup, in elements and between quotes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in visible(text).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}
