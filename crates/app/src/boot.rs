//! What `www/boot.js` keeps for the page: its own files, the seal of its policy, the service worker.

use careen_protocol::BUILD;
use js_sys::{Object, Reflect};
use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::ServiceWorker;

use crate::saving::call;

/// Whether the page starts without network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offline {
    /// The browser keeps nothing of it.
    #[default]
    No,
    /// Its files are being kept.
    Preparing,
    /// All its files are kept.
    Ready,
}

/// How private and offline the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Boot {
    /// Whether the policy lets nothing reach any server any more.
    pub is_sealed: bool,
    /// Whether it starts without network.
    pub offline: Offline,
    /// Whether a newer build waits to take its place.
    pub has_update: bool,
    /// Whether the browser offers to install it.
    pub is_installable: bool,
    /// Whether it is the build of one file.
    pub is_single: bool,
    /// Whether the browser lets it have a service worker.
    pub has_service: bool,
}

impl Boot {
    /// As it is now.
    pub fn now() -> Boot {
        let state = Reflect::get(&careen(), &"state".into()).unwrap_or_default();
        let field = |name: &str| Reflect::get(&state, &name.into()).unwrap_or_default();
        Boot {
            is_sealed: field("sealed").is_truthy(),
            offline: match field("offline").as_string().as_deref() {
                Some("ready") => Offline::Ready,
                Some("preparing") => Offline::Preparing,
                _ => Offline::No,
            },
            has_update: field("update").is_truthy(),
            is_installable: field("installable").is_truthy(),
            is_single: field("isSingle").is_truthy(),
            has_service: field("hasService").is_truthy(),
        }
    }

    /// As it is at every moment.
    pub fn follow() -> RwSignal<Boot> {
        let boot = RwSignal::new(Boot::now());
        let heard = window_event_listener_untyped("careen", move |_| boot.set(Boot::now()));
        on_cleanup(move || heard.remove());
        boot
    }
}

fn careen() -> JsValue {
    Reflect::get(&window(), &"careen".into()).unwrap_or_else(|_| Object::new().into())
}

/// Which build the page is of.
pub fn build() -> String {
    let finished = document().document_element().and_then(|root| root.get_attribute("data-build"));
    format!("{BUILD} {}", finished.unwrap_or_default())
}

/// A file of the page by its name, as an `ArrayBuffer`. An error when it is not kept and the policy is sealed.
pub async fn file(name: &str) -> Result<JsValue, JsValue> {
    call(&careen(), "file", &[&name.into()]).await
}

/// Lets nothing of the page and of workers that are started later reach any server from here on.
pub fn seal() {
    tell("seal");
}

/// Takes the newer build that waits: the page is loaded anew.
pub fn update() {
    tell("update");
}

/// Opens the browser's dialog to install the page.
pub fn install() {
    tell("install");
}

/// The service worker; an error when there is none.
pub async fn service_worker() -> Result<ServiceWorker, JsValue> {
    call(&careen(), "service", &[]).await?.dyn_into()
}

fn tell(method: &'static str) {
    // What is called acts at once, up to its first wait.
    let asked = crate::saving::begin(&careen(), method, &[]);
    spawn_local(async move {
        let done = match asked {
            Ok(promise) => wasm_bindgen_futures::JsFuture::from(promise).await.map(drop),
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            leptos::logging::error!("{method}: {error:?}");
        }
    });
}
