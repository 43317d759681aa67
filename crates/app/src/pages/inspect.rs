//! What `docker inspect` would print, on demand.

use careen_protocol::{Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{CopyButton, FailureBox};
use crate::engine::unexpected;
use crate::messages::{general, images};

/// A fold that asks for the record when it is opened.
#[component]
pub fn Inspect(scope: String) -> impl IntoView {
    let context = context();
    let text = RwSignal::new(None);
    let asked = StoredValue::new(false);
    let ask = move |_| {
        if asked.get_value() {
            return;
        }
        asked.set_value(true);
        let (engine, scope) = (context.engine(), scope.clone());
        spawn_local(async move {
            let answer = match engine.ask(Request::Inspect { scope }).await {
                Ok(answer) => match answer.reply {
                    Reply::Text(text) => Ok(text),
                    other => Err(unexpected(&other)),
                },
                Err(failure) => Err(failure),
            };
            text.try_set(Some(answer));
        });
    };
    view! {
        <details class="inspect" on:toggle=ask>
            <summary>{images::INSPECT.get()}</summary>
            {move || match text.get() {
                None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
                Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
                Some(Ok(text)) => view! {
                    <div class="inspect__text">
                        <CopyButton text=text.clone() />
                        <pre tabindex="0">{text}</pre>
                    </div>
                }.into_any(),
            }}
        </details>
    }
}
