//! The beginning of a file as text, or its end, in an encoding that is named and can be chosen.

use leptos::prelude::*;

use super::encoding::{Encoding, Known, detect, is_ascii};
use super::{File, PART};
use crate::components::FailureBox;
use crate::format;
use crate::messages::{Text, files, general};

/// The text; `head` is the beginning of the file. A log begins at its end.
#[component]
pub fn TextView(file: File, head: Vec<u8>) -> impl IntoView {
    let size = file.size;
    let is_long = size > PART;
    let at_end = RwSignal::new(is_long && is_log(&file.path));
    let chosen = RwSignal::new(None::<Encoding>);
    let beginning = head.clone();
    let part = LocalResource::new(move || {
        let (file, head, at_end) = (file.clone(), beginning.clone(), at_end.get());
        async move {
            match at_end {
                false => Ok((false, head)),
                true => file.read(tail(size), PART).await.map(|bytes| (true, bytes.to_vec())),
            }
        }
    });
    let shown = move || match part.get() {
        None => view! { <p class="muted" role="status">{general::LOADING.get()}</p> }.into_any(),
        Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
        Some(Ok((is_end, bytes))) => {
            // What is not ASCII may come late.
            let here = detect(&bytes, is_long);
            let found = if is_ascii(&head) { here } else { detect(&head, is_long).or(here) };
            view! { <Shown bytes=bytes is_end=is_end is_long=is_long found=found chosen=chosen /> }.into_any()
        }
    };
    let extent = move || {
        let values: &[(&str, &dyn std::fmt::Display)] =
            &[("shown", &format::size(PART)), ("size", &format::size(size))];
        if at_end.get() { files::PREVIEW_END.with(values) } else { files::PREVIEW_PART.with(values) }
    };
    view! {
        {is_long.then(|| view! {
            <div class="preview__tools">
                <span class="muted">{extent}</span>
                <button type="button" class="button" on:click=move |_| at_end.update(|at_end| *at_end = !*at_end)>
                    {move || if at_end.get() { files::SHOW_BEGINNING.get() } else { files::SHOW_END.get() }}
                </button>
            </div>
        })}
        {shown}
    }
}

#[component]
fn Shown(
    bytes: Vec<u8>,
    is_end: bool,
    is_long: bool,
    found: Option<(Encoding, Known)>,
    chosen: RwSignal<Option<Encoding>>,
) -> impl IntoView {
    let begins_with = chosen.get_untracked().or(found.map(|(encoding, _)| encoding));
    let option = |encoding: Encoding| {
        view! { <option value=encoding.label() selected=begins_with == Some(encoding)>{encoding.name()}</option> }
    };
    let choose = move |event| {
        let label = event_target_value(&event);
        chosen.set(Encoding::ALL.into_iter().find(|encoding| encoding.label() == label));
    };
    let only_ascii = is_ascii(&bytes);
    let why = move || match (chosen.get(), found) {
        (Some(_), _) => files::ENCODING_CHOSEN.get(),
        (None, None) => "",
        (None, Some((_, Known::Marked))) => files::ENCODING_MARKED.get(),
        (None, Some(_)) if only_ascii => files::ENCODING_ASCII.get(),
        (None, Some((_, Known::Fits))) => files::ENCODING_FITS.get(),
        (None, Some((_, Known::Guessed))) => files::ENCODING_GUESSED.get(),
    };
    let content = move || match chosen.get().or(found.map(|(encoding, _)| encoding)) {
        Some(encoding) => plain(&characters(encoding, &bytes, is_end, is_long)),
        None => view! { <p class="muted">{files::PREVIEW_BINARY.get()}</p> }.into_any(),
    };
    view! {
        <div class="preview__tools">
            <label class="choice">
                {files::ENCODING.get()}
                <select data-testid="encoding" on:change=choose>
                    {begins_with.is_none().then(|| view! { <option value="" selected=true>{files::ENCODING_NONE.get()}</option> })}
                    {Encoding::ALL.into_iter().map(option).collect_view()}
                </select>
            </label>
            <span class="muted" role="status" data-testid="encoding-known">{why}</span>
        </div>
        {content}
    }
}

/// The text without codes of terminals, and what of it is not as it stands in the file.
fn plain(text: &str) -> AnyView {
    let (plain, codes) = without_codes(text);
    let replaced = plain.matches(char::REPLACEMENT_CHARACTER).count() as u64;
    let told = |text: &Text, n: u64| {
        let text = text.with(&[("n", &format::number(n))]);
        (n > 0).then(|| view! { <p class="muted">{text}</p> })
    };
    view! {
        {told(&files::TEXT_REPLACED, replaced)}
        {told(&files::TEXT_CODES, codes)}
        <pre class="preview" tabindex="0">{plain}</pre>
    }
    .into_any()
}

/// Where the last part of a file begins: at an even position, as pairs of bytes do.
fn tail(size: u64) -> u64 {
    size.saturating_sub(PART).next_multiple_of(2)
}

/// The characters of a part of a file; the end of a file begins with its first whole line there, when there is one.
fn characters(encoding: Encoding, bytes: &[u8], is_end: bool, is_long: bool) -> String {
    let text = encoding.decode(bytes, is_long && !is_end);
    match text.split_once('\n') {
        Some((_, whole)) if is_end && !whole.is_empty() => whole.to_owned(),
        _ => text,
    }
}

/// Whether a file is one that people read from its end, by its name and place.
fn is_log(path: &[u8]) -> bool {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_named =
        name.ends_with(".log") || name.contains(".log.") || name.contains("-json.log") || name.ends_with(".out");
    is_named || path.contains("/var/log/")
}

/// A text without the codes that color and move in a terminal (ECMA-48 5.4, and the strings of 5.6), and how many
/// there were.
fn without_codes(text: &str) -> (String, u64) {
    let mut out = String::with_capacity(text.len());
    let mut codes = 0;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        codes += 1;
        rest = match after.chars().next() {
            // Parameters and intermediates, then one final character; one that is broken ends where it breaks.
            Some('[') => {
                let body = after[1..].trim_start_matches(|c| ('\u{20}'..='\u{3f}').contains(&c));
                body.strip_prefix(|c| ('\u{40}'..='\u{7e}').contains(&c)).unwrap_or(body)
            }
            // A command of the system, up to its end in the same line.
            Some(']') => {
                let end = after.find(['\u{7}', '\u{1b}', '\n']).unwrap_or(after.len());
                let tail = &after[end..];
                tail.strip_prefix('\u{7}').or(tail.strip_prefix("\u{1b}\\")).unwrap_or(tail)
            }
            Some(c) if ('\u{20}'..='\u{7e}').contains(&c) => &after[1..],
            _ => after,
        };
    }
    out.push_str(rest);
    (out, codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_terminals_are_left_out() {
        let text = "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}plain \u{1b}(B\u{1b}[12";
        assert_eq!(without_codes(text), ("red plain B".to_owned(), 5));
        assert_eq!(without_codes("한국\u{1b}"), ("한국".to_owned(), 1));
    }

    #[test]
    fn logs_are_known_by_name_or_place() {
        assert!(is_log(b"/srv/app/error.log") && is_log(b"/var/log/syslog") && is_log(b"/a/access.log.1"));
        assert!(!is_log(b"/etc/login.defs") && !is_log(b"/srv/catalog/a.txt"));
    }

    #[test]
    fn the_end_begins_at_a_pair() {
        assert_eq!(tail(PART + 3), 4);
        assert_eq!(tail(PART + 4), 4);
    }
}
