//! Choosing a disk: the first minute.

use js_sys::{Array, Function, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, ReadableStream, ReadableWritablePair, Response};

use crate::app::{Context, context};
use crate::boot::{self, Boot, Offline};
use crate::components::{CopyButton, DropZone, Icon, icon};
use crate::engine::describe;
use crate::messages::{Text, open};
use crate::pages::refused::{self, Refused};
use crate::pages::side_by_side::Several;
use crate::state::{Phase, Route};

const DEMO_URL: &str = "demo/careen-demo.vhdx.gz";
const DEMO_NAME: &str = "careen-demo.vhdx";

/// The page.
#[component]
pub fn Open() -> impl IntoView {
    let context = context();
    let over = RwSignal::new(false);
    let demo = RwSignal::new(Demo::Idle);
    let failed = move || match context.told.phase.get() {
        Phase::Failed(failure) => {
            let name = context.told.picked.get().map(|picked| picked.name).unwrap_or_default();
            let tone = if failure.needs.is_some() { "panel panel--needs" } else { "panel panel--loss" };
            Some(view! {
                <section class=tone>
                    <h2>{refused::title(&failure, &name)}</h2>
                    <Refused failure=failure />
                </section>
            })
        }
        _ => None,
    };
    view! {
        <div class="page open">
            <h1>{open::TITLE.get()}</h1>
            <p class="lead prose">{open::LEAD.get()}</p>
            {failed}
            <Several />
            <DropZone on_drop=Callback::new(move |data| context.take_drop(&data))
                on_near=Callback::new(move |()| context.engine().warm_up()) over=over>
                <span class="drop__icon">{icon(Icon::Disk)}</span>
                <p class="drop__text">{move || if over.get() { open::DROP_NOW.get() } else { open::DROP.get() }}</p>
                <p class="actions">
                    <button type="button" class="button button--main" on:click=move |_| context.pick()>{open::PICK.get()}</button>
                    <button type="button" class="button" on:click=move |_| context.pick_folder()>{open::PICK_FOLDER.get()}</button>
                    <button type="button" class="button" data-testid="open-demo" disabled=move || demo.get() == Demo::Loading
                        on:click=move |_| open_demo(context, demo)>{open::DEMO.get()}</button>
                </p>
                <p class="muted" role="status">{move || match demo.get() {
                    Demo::Idle => open::KINDS.get().to_owned(),
                    Demo::Loading => open::DEMO_LOADING.get().to_owned(),
                    Demo::Failed(reason) => open::DEMO_FAILED.with(&[("reason", &reason)]),
                }}</p>
            </DropZone>
            <div class="columns">
                <section class="panel">
                    <h2>{icon(Icon::Lock)} {open::SAFE_TITLE.get()}</h2>
                    <p class="prose">{open::SAFE_TEXT.get()}</p>
                    <Seal />
                    <p><a class="link" href=Route::About.href()>{open::SAFE_MORE.get()}</a></p>
                </section>
                <section class="panel">
                    <h2>{open::FIRST_TITLE.get()}</h2>
                    <ol class="prose steps">
                        <li>{open::FIRST_QUIT.get()}</li>
                        <li>{open::FIRST_WSL.get()} <div><Command text="wsl --shutdown" /></div></li>
                        <li>{open::FIRST_RESET.get()}</li>
                    </ol>
                </section>
            </div>
            <Where />
        </div>
    }
}

/// A command or path with a button that copies it.
#[component]
fn Command(text: &'static str) -> impl IntoView {
    view! { <span class="command"><code>{text}</code><CopyButton text=text /></span> }
}

/// Whether the page can still reach a server.
#[component]
fn Seal() -> impl IntoView {
    let boot = context().boot;
    move || {
        let (tone, shape, text) = match boot.get() {
            Boot { is_sealed: true, .. } => ("good", Icon::Check, &open::SAFE_SEALED),
            Boot { offline: Offline::Preparing, .. } => ("note", Icon::Note, &open::SAFE_PREPARING),
            _ => ("note", Icon::Note, &open::SAFE_LATER),
        };
        view! {
            <p class=format!("answer__line answer__line--{tone} prose") role="status" data-testid="seal">
                {icon(shape)} <span>{text.get()}</span>
            </p>
        }
    }
}

/// A system people run Docker on: how to get past its file dialog, and where the file lies.
struct System {
    name: &'static Text,
    /// What the browser calls it.
    word: &'static str,
    tip: &'static Text,
    places: &'static [(&'static Text, Option<&'static str>)],
}

const SYSTEMS: [System; 3] = [
    System {
        name: &open::WINDOWS,
        word: "Win",
        tip: &open::TIP_WINDOWS,
        places: &[
            (&open::WHERE_WSL_NEW, Some(r"%LOCALAPPDATA%\Docker\wsl\disk\docker_data.vhdx")),
            (&open::WHERE_WSL_OLD, Some(r"%LOCALAPPDATA%\Docker\wsl\data\ext4.vhdx")),
            (&open::WHERE_HYPERV, Some(r"C:\ProgramData\DockerDesktop\vm-data\DockerDesktop.vhdx")),
            (&open::WHERE_HYPERV_OLD, Some(r"C:\Users\Public\Documents\Hyper-V\Virtual hard disks\MobyLinuxVM.vhdx")),
            (
                &open::WHERE_DISTRO,
                Some(
                    r"Get-ItemProperty HKCU:\Software\Microsoft\Windows\CurrentVersion\Lxss\* | Select-Object DistributionName, BasePath",
                ),
            ),
        ],
    },
    System {
        name: &open::MAC,
        word: "Mac",
        tip: &open::TIP_MAC,
        places: &[
            (&open::WHERE_MAC_RAW, Some("~/Library/Containers/com.docker.docker/Data/vms/0/data/Docker.raw")),
            (
                &open::WHERE_MAC_OLD,
                Some("~/Library/Containers/com.docker.docker/Data/com.docker.driver.amd64-linux/Docker.qcow2"),
            ),
        ],
    },
    System {
        name: &open::LINUX,
        word: "Linux",
        tip: &open::TIP_LINUX,
        places: &[
            (&open::WHERE_LINUX_DESKTOP, Some("~/.docker/desktop/vms/0/data/Docker.raw")),
            (&open::WHERE_LINUX_ENGINE, Some("/var/lib/docker")),
            (&open::WHERE_LINUX_VM, None),
        ],
    },
];

/// Where the file lies: on this computer's system first, on the others folded.
#[component]
fn Where() -> impl IntoView {
    let agent = window().navigator().user_agent().unwrap_or_default();
    let own = SYSTEMS.iter().position(|system| agent.contains(system.word)).unwrap_or(0);
    let places = |system: &System| {
        let place = |(what, path): &(&'static Text, Option<&'static str>)| {
            view! {
                <div class="place">
                    <span class="place__what">{what.get()}</span>
                    {path.map(|path| view! { <Command text=path /> })}
                </div>
            }
        };
        view! {
            <p class="prose">{system.tip.get()}</p>
            {system.places.iter().map(place).collect_view()}
        }
    };
    let folded = |(at, system): (usize, &System)| {
        (at != own)
            .then(|| view! { <details class="fold"><summary>{system.name.get()}</summary> {places(system)}</details> })
    };
    view! {
        <section class="panel">
            <h2>{open::WHERE_TITLE.get()} ": " {SYSTEMS[own].name.get()}</h2>
            {places(&SYSTEMS[own])}
            <p class="prose note">{icon(Icon::Note)} {open::TWO_FILES.get()}</p>
            <h3>{open::HURDLES_TITLE.get()}</h3>
            <ul class="prose bullets">
                <li>{open::HURDLE_IN_USE.get()}</li>
                <li>{open::HURDLE_RIGHTS.get()}</li>
                <li>{open::HURDLE_MISSING.get()}</li>
            </ul>
            <h3>{open::WHERE_OTHERS.get()}</h3>
            {SYSTEMS.iter().enumerate().map(folded).collect_view()}
        </section>
    }
}

#[derive(Clone, PartialEq)]
enum Demo {
    Idle,
    Loading,
    Failed(String),
}

fn open_demo(context: Context, demo: RwSignal<Demo>) {
    demo.set(Demo::Loading);
    spawn_local(async move {
        match demo_file().await {
            Ok(file) => {
                demo.try_set(Demo::Idle);
                context.open(vec![file], None);
            }
            Err(error) => drop(demo.try_set(Demo::Failed(describe(&error)))),
        }
    });
}

/// The demo disk, inflated, as if it had been picked.
async fn demo_file() -> Result<File, JsValue> {
    let bytes = boot::file(DEMO_URL).await?;
    // A server may have inflated it on the way.
    let head = Uint8Array::new(&bytes);
    let is_gzip = head.get_index(0) == 0x1f && head.get_index(1) == 0x8b;
    let content = if is_gzip { inflate(&bytes).await? } else { bytes };
    File::new_with_u8_array_sequence(&Array::of1(&content), DEMO_NAME)
}

async fn inflate(bytes: &JsValue) -> Result<JsValue, JsValue> {
    let packed: ReadableStream = Response::new_with_opt_buffer_source(Some(&bytes.clone().unchecked_into()))?
        .body()
        .ok_or("a response without body")?;
    // The bindings do not have it.
    let inflater: Function = Reflect::get(&window(), &"DecompressionStream".into())?.dyn_into()?;
    let pair: ReadableWritablePair = Reflect::construct(&inflater, &Array::of1(&"gzip".into()))?.unchecked_into();
    let unpacked = Response::new_with_opt_readable_stream(Some(&packed.pipe_through(&pair)))?;
    JsFuture::from(unpacked.array_buffer()?).await
}
