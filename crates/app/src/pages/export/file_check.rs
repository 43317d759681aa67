//! A file that was saved earlier, compared with its manifest.

use careen_protocol::{CheckStep, Failure, FileCheck, Reply, Request};
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::File;

use crate::app::context;
use crate::components::{FailureBox, Icon, Status, files_of, icon};
use crate::engine::{Beside, Side, unexpected};
use crate::format;
use crate::messages::{export, general};

/// What the names of manifests end with.
const MANIFEST: &str = ".manifest.json";

/// How far it has come.
#[derive(Clone, PartialEq)]
enum State {
    Idle,
    NeedsTwo,
    Comparing { name: String, done: u64, size: u64 },
    Done { name: String, size: u64, check: FileCheck },
    Failed(Failure),
}

/// The picker and the answer.
#[component]
pub fn CheckFile() -> impl IntoView {
    let context = context();
    let state = RwSignal::new(State::Idle);
    let input = NodeRef::<Input>::new();
    let is_stopped = StoredValue::new(false);
    let picked = move |event| {
        let element: web_sys::HtmlInputElement = event_target(&event);
        let files = files_of(element.files());
        let (lists, others): (Vec<File>, Vec<File>) =
            files.into_iter().partition(|file| file.name().ends_with(MANIFEST));
        let (Some(list), Some(archive)) = (lists.first(), others.first()) else {
            return state.set(State::NeedsTwo);
        };
        let (list, archive) = (list.clone(), archive.clone());
        is_stopped.set_value(false);
        let aside = context.aside();
        spawn_local(async move {
            let told = move |new| {
                state.try_set(new);
                !is_stopped.try_get_value().unwrap_or(true)
            };
            let answer = compare(&aside, archive, list, told).await;
            aside.end_when_idle();
            state.try_set(match answer {
                Ok(Some(done)) => done,
                Ok(None) => State::Idle,
                Err(failure) => State::Failed(failure),
            });
        });
    };
    let pick = move |_| {
        if let Some(input) = input.get_untracked() {
            input.set_value("");
            input.click();
        }
    };
    view! {
        <section class="panel">
            <h2>{export::CHECK_TITLE.get()}</h2>
            <p class="prose">{export::CHECK_TEXT.get()}</p>
            <input type="file" multiple class="visually-hidden" tabindex="-1" aria-hidden="true"
                data-testid="check-files" node_ref=input on:change=picked />
            <p class="actions"><button type="button" class="button" on:click=pick>{export::CHECK_PICK.get()}</button></p>
            <div data-testid="check-result" role="status">
                {move || match state.get() {
                    State::Idle => ().into_any(),
                    State::NeedsTwo => view! { <p class="failure__text">{icon(Icon::Loss)} {export::CHECK_NEEDS_TWO.get()}</p> }.into_any(),
                    State::Comparing { name, done, size } => {
                        let text = export::CHECKING.with(&[("name", &name), ("done", &format::size(done)), ("size", &format::size(size))]);
                        view! {
                            <p class="job__progress">
                                <progress max=size.to_string() value=done.to_string() aria-label=name /> <span>{text}</span>
                                <button type="button" class="button" on:click=move |_| is_stopped.set_value(true)>{general::CANCEL.get()}</button>
                            </p>
                        }.into_any()
                    }
                    State::Done { name, size, check } => view! { <Answer name=name size=size check=check /> }.into_any(),
                    State::Failed(failure) => view! { <FailureBox failure=failure /> }.into_any(),
                }}
            </div>
        </section>
    }
}

/// Compares piece by piece; nothing when `told` says to stop.
async fn compare(
    aside: &Side,
    archive: File,
    list: File,
    told: impl Fn(State) -> bool,
) -> Result<Option<State>, Failure> {
    let name = archive.name();
    let mut answer = aside.ask_with(Request::CheckFile, &Beside::Files(vec![archive, list])).await?;
    loop {
        let (done, size) = match answer.reply {
            Reply::Checked(CheckStep { size, end: Some(check), .. }) => {
                return Ok(Some(State::Done { name, size, check }));
            }
            Reply::Checked(CheckStep { done, size, .. }) => (done, size),
            other => return Err(unexpected(&other)),
        };
        if !told(State::Comparing { name: name.clone(), done, size }) {
            return Ok(None);
        }
        answer = aside.ask_with(Request::CheckNext, &Beside::Nothing).await?;
    }
}

#[component]
fn Answer(name: String, size: u64, check: FileCheck) -> impl IntoView {
    let FileCheck { sha256, expected_size, expected_sha256, missing, with_gaps } = check;
    let (tone, word, text) = if size != expected_size {
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("name", &name), ("size", &format::exact_size(size)), ("expected", &format::exact_size(expected_size))];
        ("loss", export::VERIFY_DAMAGED.get(), export::CHECK_SIZE.with(&values))
    } else if sha256 != expected_sha256 {
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("name", &name), ("sha256", &sha256), ("expected", &expected_sha256)];
        ("loss", export::VERIFY_DAMAGED.get(), export::CHECK_BAD.with(&values))
    } else {
        ("good", export::VERIFY_EXACT.get(), export::CHECK_GOOD.with(&[("name", &name)]))
    };
    let partly = (tone == "good" && missing + with_gaps > 0).then(|| {
        export::CHECK_GOOD_PARTLY.with(&[("missing", &format::number(missing)), ("gaps", &format::number(with_gaps))])
    });
    view! { <p class="prose"><Status tone=tone text=word /> " " {text} " " {partly}</p> }
}
