//! The beginning of a file as text, any part of it in hexadecimal.

use careen_protocol::Failure;
use leptos::prelude::*;

use crate::app::context;
use crate::components::{FailureBox, HexView};
use crate::format;
use crate::messages::{files, general};

/// Bytes shown of a text.
const TEXT: u64 = 64 << 10;
/// Bytes shown in hexadecimal at once.
const HEX: u64 = 4 << 10;

/// The preview.
#[component]
pub fn Preview(scope: String, path: Vec<u8>, size: u64) -> impl IntoView {
    let context = context();
    // `None` until the person chooses: text if it is text.
    let as_hex = RwSignal::new(None::<bool>);
    let offset = RwSignal::new(0_u64);
    let (hex_scope, hex_path) = (scope.clone(), path.clone());
    let head = LocalResource::new(move || read(context, scope.clone(), path.clone(), 0, TEXT));
    let part = LocalResource::new(move || read(context, hex_scope.clone(), hex_path.clone(), offset.get(), HEX));
    let is_text = Memo::new(move |_| head.with(|head| matches!(head, Some(Ok(bytes)) if text(bytes).is_some())));
    let hex = move || as_hex.get().unwrap_or(!is_text.get());
    let tab = move |name: &'static str, wanted: bool| {
        view! {
            <button type="button" class="tab" aria-pressed=move || (hex() == wanted).to_string() on:click=move |_| as_hex.set(Some(wanted))>
                {name}
            </button>
        }
    };
    let failed = |failure: Failure| view! { <FailureBox failure=failure /> }.into_any();
    let content = move || {
        if size == 0 {
            return view! { <p class="muted">{files::PREVIEW_EMPTY.get()}</p> }.into_any();
        }
        match (head.get(), hex()) {
            (None, _) => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
            (Some(Err(failure)), false) => failed(failure),
            (Some(Ok(bytes)), false) => match text(&bytes) {
                Some(text) => view! { <pre class="preview" tabindex="0">{text}</pre> }.into_any(),
                None => view! { <p class="muted">{files::PREVIEW_BINARY.get()}</p> }.into_any(),
            },
            (Some(_), true) => match part.get() {
                None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
                Some(Err(failure)) => failed(failure),
                Some(Ok(bytes)) => view! { <HexView bytes=bytes offset=offset.get() /> }.into_any(),
            },
        }
    };
    let shown = move || {
        let whole = format::size(size);
        if hex() {
            files::FROM.with(&[("offset", &format::number(offset.get()))])
        } else if size > TEXT {
            files::PREVIEW_PART.with(&[("shown", &format::size(TEXT)), ("size", &whole)])
        } else {
            String::new()
        }
    };
    view! {
        <div class="preview__head">
            <h3>{files::PREVIEW.get()}</h3>
            <div class="tabs tabs--small">{tab(files::AS_TEXT.get(), false)} {tab(files::AS_HEX.get(), true)}</div>
            <span class="muted">{shown}</span>
            {move || (hex() && size > HEX).then(|| view! {
                <button type="button" class="button" disabled=move || offset.get() == 0
                    on:click=move |_| offset.update(|at| *at = at.saturating_sub(HEX))>{files::PREVIOUS.get()}</button>
                <button type="button" class="button" disabled=move || offset.get() + HEX >= size
                    on:click=move |_| offset.update(|at| *at += HEX)>{files::NEXT.get()}</button>
            })}
        </div>
        {content}
    }
}

async fn read(
    context: crate::app::Context,
    scope: String,
    path: Vec<u8>,
    offset: u64,
    length: u64,
) -> Result<Vec<u8>, Failure> {
    let (_, bytes) = context.engine().read(&scope, &path, offset, length).await?;
    Ok(bytes.to_vec())
}

/// The bytes as text, if they are; a character cut at the end is left out.
fn text(bytes: &[u8]) -> Option<String> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let is_binary = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{1b}' | '\u{c}' | '\u{8}');
    (!valid.contains(is_binary)).then(|| valid.to_owned())
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_is_told_from_bytes() {
        assert_eq!(text("한국\n".as_bytes()).as_deref(), Some("한국\n"));
        assert_eq!(text(&"한국".as_bytes()[..4]).as_deref(), Some("한"));
        assert_eq!(text(b"a\0b"), None);
        assert_eq!(text(b"\xff\xfea"), None);
    }
}
