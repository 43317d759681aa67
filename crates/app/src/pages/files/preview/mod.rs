//! What is in a file: the view that its content suggests first, any other that fits by choice.

mod encoding;
mod hex;
mod image;
mod json;
mod numbers;
mod separated;
mod structure;
mod text;

use careen_protocol::Failure;
use js_sys::Uint8Array;
use leptos::prelude::*;

use self::hex::HexPart;
use self::image::{ImageView, Kind};
use self::separated::SeparatedView;
use self::text::TextView;
use crate::app::{Context, context};
use crate::components::FailureBox;
use crate::format;
use crate::messages::{Text, files, general};

/// Bytes shown of a text.
const PART: u64 = 64 << 10;

/// The file that is shown.
#[derive(Clone)]
pub struct File {
    context: Context,
    scope: String,
    path: Vec<u8>,
    size: u64,
}

impl File {
    async fn read(&self, offset: u64, length: u64) -> Result<Uint8Array, Failure> {
        let (_, bytes) = self.context.engine().read(&self.scope, &self.path, offset, length).await?;
        Ok(bytes)
    }
}

/// A way of looking at a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Image(Kind),
    Table(char),
    Json,
    Text,
    Hex,
}

impl Look {
    fn name(self) -> &'static Text {
        match self {
            Look::Image(_) => &files::AS_IMAGE,
            Look::Table(_) => &files::AS_TABLE,
            Look::Json => &files::AS_JSON,
            Look::Text => &files::AS_TEXT,
            Look::Hex => &files::AS_HEX,
        }
    }
}

/// The preview.
#[component]
pub fn Preview(scope: String, path: Vec<u8>, size: u64) -> impl IntoView {
    let file = File { context: context(), scope, path, size };
    let reader = file.clone();
    let head = LocalResource::new(move || {
        let file = reader.clone();
        async move { file.read(0, PART).await.map(|bytes| bytes.to_vec()) }
    });
    let content = move || match head.get() {
        _ if size == 0 => {
            view! { <h3>{files::PREVIEW.get()}</h3> <p class="muted">{files::PREVIEW_EMPTY.get()}</p> }.into_any()
        }
        None => view! { <h3>{files::PREVIEW.get()}</h3> <p class="muted" role="status">{general::LOADING.get()}</p> }
            .into_any(),
        Some(head) => view! { <Looks file=file.clone() head=head /> }.into_any(),
    };
    view! { <section class="preview__whole" data-testid="preview" aria-label=files::PREVIEW.get()>{content}</section> }
}

/// The file, of which the beginning is known or cannot be read.
#[component]
fn Looks(file: File, head: Result<Vec<u8>, Failure>) -> impl IntoView {
    let goes_on = file.size > PART;
    let bytes = head.clone().unwrap_or_default();
    let detected = encoding::detect(&bytes, goes_on);
    let text = detected.map(|(encoding, _)| encoding.decode(&bytes, goes_on));
    let indented = text.as_deref().filter(|_| !goes_on).and_then(json::indented);
    let looks = looks(&file.path, &bytes, text.as_deref(), indented.is_some(), goes_on);
    let first = match looks.first() {
        // Nothing is known of what cannot be read; the failure tells why.
        Some(look) if head.is_ok() => *look,
        _ => Look::Text,
    };
    let chosen = RwSignal::new(first);
    let tab = move |look: Look| {
        view! {
            <button type="button" class="tab" aria-pressed=move || (chosen.get() == look).to_string() on:click=move |_| chosen.set(look)>
                {look.name().get()}
            </button>
        }
    };
    let shown = move || match (chosen.get(), &head) {
        (Look::Hex, _) => view! { <HexPart file=file.clone() head=bytes.clone() /> }.into_any(),
        (_, Err(failure)) => view! { <FailureBox failure=failure.clone() /> }.into_any(),
        (Look::Text, _) => view! { <TextView file=file.clone() head=bytes.clone() /> }.into_any(),
        (Look::Image(kind), _) => view! { <ImageView file=file.clone() kind=kind /> }.into_any(),
        (Look::Json, _) => json_view(&indented, text.clone().unwrap_or_default(), goes_on),
        (Look::Table(separator), _) => {
            view! { <SeparatedView text=text.clone().unwrap_or_default() separator=separator goes_on=goes_on /> }
                .into_any()
        }
    };
    view! {
        <div class="preview__head">
            <h3>{files::PREVIEW.get()}</h3>
            <div class="tabs tabs--small">{looks.into_iter().map(tab).collect_view()}</div>
        </div>
        {shown}
    }
}

fn json_view(indented: &Option<String>, text: String, goes_on: bool) -> AnyView {
    match indented {
        Some(indented) => view! {
            <p class="muted">{files::JSON_INDENTED.get()}</p>
            <pre class="preview" tabindex="0">{indented.clone()}</pre>
        }
        .into_any(),
        None => {
            let why = match goes_on {
                true => files::JSON_CUT.with(&[("shown", &format::size(PART))]),
                false => files::JSON_BROKEN.get().to_owned(),
            };
            view! { <p class="muted">{why}</p> <pre class="preview" tabindex="0">{text}</pre> }.into_any()
        }
    }
}

/// The ways of looking at a file, the one that suits it best first: by its content, then by its name.
fn looks(path: &[u8], head: &[u8], text: Option<&str>, is_json: bool, goes_on: bool) -> Vec<Look> {
    let path = String::from_utf8_lossy(path).to_ascii_lowercase();
    let named = |endings: &[&str]| endings.iter().any(|ending| path.ends_with(ending));
    let mut looks = Vec::new();
    if let Some(kind) = Kind::of(head) {
        looks.push(Look::Image(kind));
    }
    let Some(text) = text else {
        // Text by choice, in an encoding that the person knows.
        looks.extend([Look::Hex, Look::Text]);
        return looks;
    };
    // A number or a word alone is JSON too, but nobody takes it for that.
    let is_bracketed = text.trim_start().starts_with(['{', '[']);
    if is_bracketed && (is_json || named(&[".json"])) {
        looks.push(Look::Json);
    }
    let is_table = named(&[".csv", ".tsv", ".tab"]);
    match separated::separator(text, goes_on) {
        Some(separator) if is_table => looks.extend([Look::Table(separator), Look::Text]),
        None if is_table => looks.extend([Look::Table(if named(&[".csv"]) { ',' } else { '\t' }), Look::Text]),
        // Some text has as many commas in each line and is no table.
        Some(separator) => looks.extend([Look::Text, Look::Table(separator)]),
        None => looks.push(Look::Text),
    }
    looks.push(Look::Hex);
    looks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(path: &str, content: &str) -> Look {
        let is_json = json::indented(content).is_some();
        looks(path.as_bytes(), content.as_bytes(), Some(content), is_json, false)[0]
    }

    #[test]
    fn content_comes_before_the_name() {
        assert_eq!(first("/a.txt", "{\"a\": 1}"), Look::Json);
        assert_eq!(first("/a.json", "{\"a\": "), Look::Json);
        assert_eq!(first("/a.json", "no json"), Look::Text);
        assert_eq!(first("/a.csv", "a;b\n1;2\n"), Look::Table(';'));
        assert_eq!(first("/a.txt", "a;b\n1;2\n"), Look::Text);
        assert_eq!(first("/a.svg", "<svg onload='alert(1)'></svg>"), Look::Text);
        assert_eq!(looks(b"/a.txt", b"GIF89a\0\0", None, false, false)[0], Look::Image(Kind::Gif));
        assert_eq!(looks(b"/a.csv", b"\0\x01", None, false, false), [Look::Hex, Look::Text]);
    }
}
