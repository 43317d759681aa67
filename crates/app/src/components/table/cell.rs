//! What stands in a cell, and how it is shown, compared and written out.

use std::cmp::Ordering;

use careen_model::Severity;
use leptos::ev::MouseEvent;
use leptos::prelude::*;

use super::super::{Icon, SeverityMark, Status, icon, severity_name};
use crate::format;
use crate::messages::{Text, general, packages};
use crate::state::Route;

/// How a version stands to the one that it is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// The same.
    Same,
    /// Older, by so many steps of the versions in use, three at most.
    Older(u8),
    /// Newer, likewise.
    Newer(u8),
    /// Another one that cannot be ordered.
    Other,
    /// Not there, though the yardstick has it.
    Missing,
    /// There, though the yardstick does not have it.
    Extra,
    /// Not there.
    Absent,
}

impl Agreement {
    /// Its class, the mark before it, and the word for it: color is never the only sign.
    pub fn shown(self) -> (&'static str, Option<&'static str>, &'static Text) {
        match self {
            Agreement::Same => ("version mono version--same", None, &packages::SAME_AS),
            Agreement::Older(1) => ("version mono version--older-1", Some("↓"), &packages::OLDER),
            Agreement::Older(2) => ("version mono version--older-2", Some("↓"), &packages::OLDER),
            Agreement::Older(_) => ("version mono version--older-3", Some("↓"), &packages::OLDER),
            Agreement::Newer(1) => ("version mono version--newer-1", Some("↑"), &packages::NEWER),
            Agreement::Newer(2) => ("version mono version--newer-2", Some("↑"), &packages::NEWER),
            Agreement::Newer(_) => ("version mono version--newer-3", Some("↑"), &packages::NEWER),
            Agreement::Other => ("version mono version--older-1", Some("≠"), &packages::OTHER),
            Agreement::Missing => ("version mono version--missing", Some("−"), &packages::MISSING),
            Agreement::Extra => ("version mono version--extra", Some("+"), &packages::EXTRA),
            Agreement::Absent => ("version mono version--absent", Some("·"), &packages::ABSENT),
        }
    }
}

/// The content of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A version, path or command.
    Mono(String),
    /// An id, shortened in the middle.
    Id(String),
    /// Bytes; `None` is unknown.
    Size(Option<u64>),
    /// A number; `None` is unknown.
    Count(Option<u64>),
    /// Milliseconds since the epoch; `None` is unknown.
    Time(Option<f64>),
    /// A state with its tone.
    Status(&'static str, String),
    /// A weight.
    Severity(Severity),
    /// A name that leads somewhere.
    Link(String, Route),
    /// A name with an icon, leading somewhere if it can be entered.
    Named(Icon, String, Option<Route>),
    /// A version among others.
    Version(String, Agreement),
    /// So many of so many.
    Share(u64, u64),
    /// Nothing to say here.
    Nothing,
    /// It is there, but could not be read.
    Unknown,
}

impl Cell {
    /// As plain text: for the filter, for copying, for CSV. Exact, not shortened.
    pub fn plain(&self) -> String {
        match self {
            Cell::Text(text)
            | Cell::Mono(text)
            | Cell::Id(text)
            | Cell::Status(_, text)
            | Cell::Link(text, _)
            | Cell::Named(_, text, _)
            | Cell::Version(text, _) => text.clone(),
            Cell::Size(value) | Cell::Count(value) => value.map(|value| value.to_string()).unwrap_or_default(),
            Cell::Time(time) => time.map(iso).unwrap_or_default(),
            Cell::Severity(severity) => severity_name(*severity).to_owned(),
            Cell::Share(part, whole) => format!("{part}/{whole}"),
            Cell::Nothing | Cell::Unknown => String::new(),
        }
    }

    /// Order within a column; what is unknown comes before everything known.
    pub fn compare(&self, other: &Cell) -> Ordering {
        match (self, other) {
            (Cell::Size(a), Cell::Size(b)) | (Cell::Count(a), Cell::Count(b)) => a.cmp(b),
            (Cell::Share(a, _), Cell::Share(b, _)) => a.cmp(b),
            (Cell::Time(a), Cell::Time(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Cell::Severity(a), Cell::Severity(b)) => a.cmp(b),
            _ => {
                let (a, b) = (self.plain(), other.plain());
                a.to_lowercase().cmp(&b.to_lowercase()).then_with(|| a.cmp(&b))
            }
        }
    }

    /// What is shown.
    pub fn view(&self) -> AnyView {
        match self {
            Cell::Text(text) => view! { <span title=text.clone()>{text.clone()}</span> }.into_any(),
            Cell::Mono(text) => view! { <span class="mono" title=text.clone()>{text.clone()}</span> }.into_any(),
            Cell::Id(id) => view! { <span class="mono" title=id.clone()>{format::short_id(id)}</span> }.into_any(),
            Cell::Size(Some(size)) => {
                view! { <span title=format::exact_size(*size)>{format::size(*size)}</span> }.into_any()
            }
            Cell::Count(Some(count)) => format::number(*count).into_any(),
            Cell::Time(Some(time)) => view! {
                <time title=iso(*time)>
                    {format::time(*time)} <span class="ago">{format::ago(*time)}</span>
                </time>
            }
            .into_any(),
            Cell::Size(None) | Cell::Count(None) | Cell::Time(None) | Cell::Unknown => unknown().into_any(),
            Cell::Status(tone, text) => view! { <Status tone=tone text=text.clone() /> }.into_any(),
            Cell::Severity(severity) => view! { <SeverityMark severity=*severity /> }.into_any(),
            Cell::Link(text, route) => {
                view! { <a class="link" href=route.href() title=text.clone()>{text.clone()}</a> }.into_any()
            }
            Cell::Named(shape, text, route) => {
                let name = match route {
                    Some(route) => {
                        // A name followed by the first of two clicks: the second would hit what the new list has there.
                        let once = |event: MouseEvent| {
                            if event.detail() > 1 {
                                event.prevent_default();
                            }
                        };
                        view! { <a class="link" href=route.href() title=text.clone() on:click=once>{text.clone()}</a> }
                            .into_any()
                    }
                    None => view! { <span title=text.clone()>{text.clone()}</span> }.into_any(),
                };
                view! { {icon(*shape)} {name} }.into_any()
            }
            Cell::Version(text, agreement) => {
                let (class, mark, word) = agreement.shown();
                let title = if text.is_empty() { word.get().to_owned() } else { format!("{text} ({})", word.get()) };
                // One text: of a matrix a thousand cells are drawn at once.
                let shown = match mark {
                    Some(mark) if text.is_empty() => mark.to_owned(),
                    Some(mark) => format!("{mark} {text}"),
                    None => text.clone(),
                };
                view! { <span class=class title=title>{shown}</span> }.into_any()
            }
            Cell::Share(part, whole) => {
                let title = packages::AGREE_TITLE.with(&[("n", part), ("total", whole)]);
                let class = if part == whole { "share" } else { "share share--part" };
                view! { <span class=class title=title>{format!("{part}/{whole}")}</span> }.into_any()
            }
            Cell::Nothing => ().into_any(),
        }
    }
}

/// What is unknown is shown as unknown, never as 0.
fn unknown() -> impl IntoView {
    view! { <span class="unknown" title=general::UNKNOWN.get()>{format::UNKNOWN}</span> }
}

fn iso(milliseconds: f64) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(milliseconds));
    // A date out of range has no ISO form.
    if date.get_time().is_nan() { String::new() } else { String::from(date.to_iso_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_value_and_unknown_comes_first() {
        let mut cells = [Cell::Size(Some(10)), Cell::Size(None), Cell::Size(Some(9))];
        cells.sort_by(Cell::compare);
        assert_eq!(cells, [Cell::Size(None), Cell::Size(Some(9)), Cell::Size(Some(10))]);
        assert_eq!(Cell::Text("b".into()).compare(&Cell::Text("A".into())), Ordering::Greater);
    }
}
