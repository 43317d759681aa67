//! The frame: routes, header, navigation.

use careen_model::Language;
use leptos::ev;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use crate::boot::Boot;
use crate::components::{FolderFiles, Icon, dropped_folder, files_of, icon, picked_folder, read_folder};
use crate::engine::{Engine, Side, unreadable};
use crate::exporter::{Exporter, Mark};
use crate::finder::Finder;
use crate::later::{self, Later};
use crate::messages::{self, Text, general};
use crate::pages;
use crate::state::{Basket, Phase, Picked, Pins, Route, Settings, Told};
use crate::witness::Witness;

/// Session storage key of the file that was open before a reload.
const PICKED_KEY: &str = "careen.picked";

/// What every page needs.
#[derive(Clone, Copy)]
pub struct Context {
    /// Language and colors.
    pub settings: Settings,
    /// What the worker told.
    pub told: Told,
    /// How private and offline the page is.
    pub boot: RwSignal<Boot>,
    /// Where the person is.
    pub route: RwSignal<Route>,
    /// The worker.
    pub engine: StoredValue<Engine, LocalStorage>,
    /// A worker beside it for what takes long.
    aside: StoredValue<Side, LocalStorage>,
    /// What was chosen to be taken out.
    pub basket: Basket,
    /// What a second reader says of it.
    pub witness: Witness,
    /// The search for files.
    pub finder: Finder,
    /// Versions that the person chose for the standard set.
    pub pins: Pins,
    /// The queue of what is taken out.
    exporter: StoredValue<Exporter, LocalStorage>,
    /// The pages that come with a disk.
    pub later: RwSignal<Later>,
    /// Name of the file that was open before the page was reloaded.
    pub before_reload: RwSignal<Option<String>>,
    /// Whether what is picked next goes with what was picked before; `None` to go by whether a disk waits for a file.
    adds: StoredValue<Option<bool>>,
    /// The file input.
    pub picker: NodeRef<Input>,
    /// The input for folders.
    pub folder_picker: NodeRef<Input>,
}

/// What every page needs.
pub fn context() -> Context {
    expect_context()
}

impl Context {
    /// The worker's handle.
    pub fn engine(&self) -> Engine {
        self.engine.get_value()
    }

    /// The handle of the worker for what takes long.
    pub fn aside(&self) -> Side {
        self.aside.get_value()
    }

    /// The queue of what is taken out.
    pub fn exporter(&self) -> Exporter {
        self.exporter.get_value()
    }

    /// Goes to a page, with a step in the browser's history.
    pub fn go(&self, route: Route) {
        // The browser answers with `hashchange`.
        if let Err(error) = window().location().set_hash(&route.href()) {
            leptos::logging::error!("{error:?}");
        }
    }

    /// Changes what is selected on a page, without a step in the history.
    pub fn replace(&self, route: Route) {
        let replaced = window()
            .history()
            .and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&route.href())));
        if let Err(error) = replaced {
            leptos::logging::error!("{error:?}");
        }
        self.route.set(route);
    }

    /// Opens what was picked or dropped. What is picked while a disk waits for another file goes with that disk.
    pub fn take_files(&self, files: Vec<web_sys::File>) {
        let needs = self.told.phase.with_untracked(|phase| matches!(phase, Phase::Failed(it) if it.needs.is_some()));
        let adds = self.adds.get_value().unwrap_or(needs);
        let mut all = if adds { self.engine().files() } else { Vec::new() };
        // The same file picked again takes the place of the first: the browser may have lost that one.
        all.retain(|old| files.iter().all(|new| !is_same(old, new)));
        all.extend(files);
        if !all.is_empty() {
            self.open(all, None);
        }
    }

    /// Opens a disk and shows its overview, or the page that asked for it.
    pub fn open(&self, files: Vec<web_sys::File>, disk: Option<u32>) {
        self.adds.set_value(None);
        self.before_reload.set(None);
        self.engine().open(files, disk);
        if !self.route.get_untracked().needs_disk() {
            self.go(Route::Overview);
        }
    }

    /// Opens what was dropped: a folder, or else the files.
    pub fn take_drop(&self, data: &web_sys::DataTransfer) {
        let Some(folder) = dropped_folder(data) else {
            return self.take_files(files_of(data.files()));
        };
        let context = *self;
        self.told.begin(Picked::folder(&folder.name(), &[]));
        self.go(Route::Overview);
        spawn_local(async move {
            match read_folder(folder).await {
                Ok(folder) => context.take_folder(folder),
                Err(error) => context.told.phase.set(Phase::Failed(unreadable(&error))),
            }
        });
    }

    /// Opens a folder.
    pub fn take_folder(&self, folder: FolderFiles) {
        self.adds.set_value(None);
        self.before_reload.set(None);
        self.engine().open_folder(folder);
        if !self.route.get_untracked().needs_disk() {
            self.go(Route::Overview);
        }
    }

    /// Opens the browser's dialog for a folder.
    pub fn pick_folder(&self) {
        if let Some(input) = self.folder_picker.get_untracked() {
            input.set_value("");
            input.click();
        }
    }

    /// Opens the browser's file dialog.
    pub fn pick(&self) {
        self.show_picker(None);
    }

    /// Opens the browser's file dialog for a file that goes with those picked before.
    pub fn pick_more(&self) {
        self.show_picker(Some(true));
    }

    /// Opens the browser's file dialog for another disk than the one that waits for a file.
    pub fn pick_other(&self) {
        self.show_picker(Some(false));
    }

    fn show_picker(&self, adds: Option<bool>) {
        self.adds.set_value(adds);
        if let Some(input) = self.picker.get_untracked() {
            // The same file again is a choice too.
            input.set_value("");
            input.click();
        }
    }
}

fn is_same(one: &web_sys::File, other: &web_sys::File) -> bool {
    one.name() == other.name() && one.size() == other.size() && one.last_modified() == other.last_modified()
}

fn remember(picked: &Picked) {
    // Without session storage a reload asks for a file without naming it.
    if let Ok(Some(storage)) = window().session_storage() {
        let _ = storage.set_item(PICKED_KEY, &picked.name);
    }
}

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let told = Told::new();
    let settings = Settings::load();
    let here = || Route::parse(&window().location().hash().unwrap_or_default());
    let engine = Engine::new(told);
    let context = Context {
        settings,
        told,
        boot: Boot::follow(),
        route: RwSignal::new(here()),
        aside: StoredValue::new_local(Side::new(engine.clone())),
        basket: Basket::new(),
        witness: Witness::new(engine.clone()),
        finder: Finder::new(),
        pins: Pins::load(),
        exporter: StoredValue::new_local(Exporter::new(engine.clone(), told.picked)),
        engine: StoredValue::new_local(engine),
        later: RwSignal::new(Later::Coming),
        before_reload: RwSignal::new(
            window().session_storage().ok().flatten().and_then(|storage| storage.get_item(PICKED_KEY).ok()?),
        ),
        adds: StoredValue::new(None),
        picker: NodeRef::new(),
        folder_picker: NodeRef::new(),
    };
    provide_context(context);
    let moved = window_event_listener(ev::hashchange, move |_| context.route.set(here()));
    on_cleanup(move || moved.remove());
    // Whoever looks at the first page alone is spared the others.
    Effect::new(move |_| {
        let is_wanted = !context.route.with(Route::is_first) || told.phase.with(|phase| *phase != Phase::Idle);
        if is_wanted && !matches!(context.later.get_untracked(), Later::Here(_)) {
            spawn_local(async move { context.later.set(later::load().await) });
        }
    });
    Effect::new(move |_| {
        let picked = told.picked.get();
        picked.iter().for_each(remember);
        let name = picked.map(|picked| format!("{} · Careen", picked.name));
        document().set_title(name.as_deref().unwrap_or("Careen"));
    });

    // What was chosen is of one disk; the same one picked again keeps it.
    Effect::new(move |before: Option<Option<Mark>>| {
        let now = told.picked.with(|picked| picked.as_ref().map(Mark::of));
        if before.is_some_and(|before| before != now) {
            context.basket.items.set(Vec::new());
            context.finder.forget();
            context.witness.forget();
        }
        now
    });

    let leaving = window_event_listener(ev::beforeunload, move |event| {
        // The browser asks in its own words whether the page may go.
        if context.exporter().now.with_untracked(Option::is_some) {
            event.prevent_default();
            event.set_return_value("saving");
        }
    });
    on_cleanup(move || leaving.remove());

    Effect::new(move |_| {
        if told.phase.with(|phase| matches!(phase, Phase::Choosing)) {
            context.go(Route::Open);
        }
    });

    // Sentences are read where they stand, so another language draws everything anew.
    move || {
        messages::speak(settings.language.get());
        view! { <Frame /> }
    }
}

#[component]
fn Frame() -> impl IntoView {
    let context = context();
    let pick = move |event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        context.take_files(files_of(input.files()));
    };
    let pick_folder = move |event| {
        let input: web_sys::HtmlInputElement = event_target(&event);
        if let Some(folder) = picked_folder(files_of(input.files())) {
            context.take_folder(folder);
        }
    };
    view! {
        <a class="skip" href="#main" on:click=focus_main>{general::SKIP.get()}</a>
        // Always there, so that a disk can be picked from wherever the person is.
        <input type="file" multiple class="visually-hidden" tabindex="-1" aria-hidden="true"
            data-testid="pick-disk" node_ref=context.picker on:change=pick />
        <input type="file" prop:webkitdirectory=true class="visually-hidden" tabindex="-1" aria-hidden="true"
            data-testid="pick-folder" node_ref=context.folder_picker on:change=pick_folder />
        // A file that misses the drop zone would otherwise replace the page.
        <div class="frame" on:dragover=move |event| event.prevent_default() on:drop=move |event| {
            if !event.default_prevented() {
                event.prevent_default();
                if let Some(data) = event.data_transfer() {
                    context.take_drop(&data);
                }
            }
        }>
            <pages::Header />
            <Navigation />
            <main class="main" id="main" tabindex="-1">
                <pages::Notices />
                <Page />
            </main>
        </div>
    }
}

fn focus_main(event: ev::MouseEvent) {
    // The fragment is a route here, not a place in the document.
    event.prevent_default();
    if let Some(main) = document().get_element_by_id("main") {
        let _ = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(main).focus();
    }
}

#[component]
fn Page() -> impl IntoView {
    let context = context();
    // A page is drawn anew when another page is opened, not when something is selected on it.
    let word = Memo::new(move |_| context.route.with(Route::word));
    let has_survey = Memo::new(move |_| context.told.survey.with(Option::is_some));
    move || {
        let route = context.route.get_untracked();
        if word.get() != route.word() {
            return ().into_any();
        }
        if route.needs_disk() && !has_survey.get() {
            return view! { <pages::NoDisk /> }.into_any();
        }
        match route {
            Route::Open => view! { <pages::Open /> }.into_any(),
            Route::About => view! { <pages::About /> }.into_any(),
            route => match context.later.get() {
                Later::Here(draw) => draw(&route),
                Later::Coming => ().into_any(),
                Later::Failed => view! { <pages::Incomplete /> }.into_any(),
            },
        }
    }
}

#[component]
fn Navigation() -> impl IntoView {
    let context = context();
    let told = context.told;
    let has_disk = move || told.survey.with(Option::is_some);
    let count = move |of: fn(&careen_model::Survey) -> usize| {
        move || told.survey.with(|survey| survey.as_ref().map(|survey| of(survey)))
    };
    let nothing = || None::<usize>;
    let visible = |survey: &careen_model::Survey| {
        survey.images.iter().filter(|image| image.kind != careen_model::ImageKind::Intermediate).count()
    };
    view! {
        <nav class="nav" aria-label=general::NAV.get()>
            <NavLink shape=Icon::Disk text=&general::NAV_OPEN route=Route::Open count=nothing />
            <div class="nav__group" class:nav__group--off=move || !has_disk()>
                <NavLink shape=Icon::Overview text=&general::NAV_OVERVIEW route=Route::Overview count=nothing />
                <NavLink shape=Icon::Image text=&general::NAV_IMAGES route=Route::Images(None) count=count(visible) />
                <NavLink shape=Icon::Container text=&general::NAV_CONTAINERS route=Route::Containers(None) count=count(|it| it.containers.len()) />
                <NavLink shape=Icon::Volume text=&general::NAV_VOLUMES route=Route::Volumes(None) count=count(|it| it.volumes.len()) />
                <NavLink shape=Icon::Network text=&general::NAV_NETWORKS route=Route::Networks(None) count=count(|it| it.networks.len()) />
                <NavLink shape=Icon::Build text=&general::NAV_BUILD_CACHE route=Route::BuildCache(None) count=count(|it| it.build_cache.len()) />
                <NavLink shape=Icon::Files text=&general::NAV_FILES route=Route::Files { scope: None, path: Vec::new(), at: None } count=nothing />
                <NavLink shape=Icon::Package text=&general::NAV_PACKAGES route=Route::packages(crate::state::PackageTab::List) count=nothing />
                <NavLink shape=Icon::Space text=&general::NAV_SPACE route=Route::Space(Vec::new()) count=nothing />
                <NavLink shape=Icon::Time text=&general::NAV_TIMELINE route=Route::Timeline(None) count=nothing />
                <NavLink shape=Icon::Finding text=&general::NAV_FINDINGS route=Route::Findings(None) count=count(|it| it.findings.len()) />
            </div>
            <NavLink shape=Icon::Download text=&general::NAV_EXPORT route=Route::Export count=move || Some(context.basket.items.with(Vec::len)).filter(|n| *n > 0) />
            <NavLink shape=Icon::About text=&general::NAV_ABOUT route=Route::About count=nothing />
            <div class="nav__end">
                <LanguageSwitch />
                <ThemeSwitch />
            </div>
        </nav>
    }
}

#[component]
fn NavLink(
    shape: Icon,
    text: &'static Text,
    route: Route,
    count: impl Fn() -> Option<usize> + Send + Sync + 'static,
) -> impl IntoView {
    let context = context();
    let word = route.word();
    let is_here = move || context.route.with(|here| here.section() == word);
    view! {
        <a
            class="nav__link"
            class:nav__link--here=is_here
            href=route.href()
            data-testid=format!("nav-{word}")
            aria-current=move || is_here().then_some("page")
        >
            {icon(shape)}
            <span class="nav__text">{text.get()}</span>
            {move || count().map(|count| view! { <span class="nav__count">{crate::format::number(count as u64)}</span> })}
        </a>
    }
}

#[component]
fn LanguageSwitch() -> impl IntoView {
    let context = context();
    let button = move |language: Language, test_id: &'static str, lang: &'static str, text: &'static str| {
        let is_on = move || context.settings.language.get() == language;
        let switch = move |_| {
            context.settings.set_language(language);
            // The button was drawn anew; who works by keyboard stays where they were.
            request_animation_frame(move || focus_test_id(test_id));
        };
        view! {
            <button type="button" class="switch__choice" lang=lang data-testid=test_id
                aria-pressed=move || is_on().to_string() on:click=switch>{text}</button>
        }
    };
    view! {
        <div class="switch" role="group" aria-label=general::LANGUAGE.get()>
            {button(Language::English, "lang-en", "en", "English")}
            {button(Language::Korean, "lang-ko", "ko", "한국어")}
        </div>
    }
}

fn focus_test_id(test_id: &str) {
    if let Ok(Some(element)) = document().query_selector(&format!("[data-testid={test_id}]")) {
        let _ = wasm_bindgen::JsCast::unchecked_into::<web_sys::HtmlElement>(element).focus();
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let settings = context().settings;
    let is_dark = move || settings.theme.get().is_dark();
    let words = move || if is_dark() { general::THEME_LIGHT.get() } else { general::THEME_DARK.get() };
    view! {
        <button type="button" class="button button--icon" data-testid="theme" title=words aria-label=words
            on:click=move |_| settings.set_theme(settings.theme.get_untracked().other())>
            {move || icon(if is_dark() { Icon::Sun } else { Icon::Moon })}
        </button>
    }
}
