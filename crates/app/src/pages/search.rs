//! Search over everything that is known of the disk, from any page, by keyboard alone: Ctrl K, a word, Enter.

use careen_model::{ImageKind, Survey};
use careen_protocol::{FindOf, List, Order, PackageColumn, Reply, Request, Rows};
use leptos::ev;
use leptos::html::{Dialog, Input};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{Icon, icon};
use crate::engine::Engine;
use crate::format;
use crate::messages::{Text, find, general, language, search};
use crate::state::{PackageTab, Route};

/// Hits shown of each kind.
const SHOWN: usize = 6;

/// Something that was found.
#[derive(Clone, Debug, PartialEq)]
struct Hit {
    kind: &'static Text,
    name: String,
    about: String,
    route: Route,
}

/// The button in the header, and what it opens.
#[component]
pub fn Search() -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let input = NodeRef::<Input>::new();
    let word = RwSignal::new(String::new());
    let open = move || {
        if let Some(dialog) = dialog.get_untracked().filter(|dialog| !dialog.open()) {
            // A dialog that is shown already is all that can fail.
            let _ = dialog.show_modal();
            word.set(String::new());
            if let Some(input) = input.get_untracked() {
                input.set_value("");
                let _ = input.focus();
            }
        }
    };
    let keys = window_event_listener(ev::keydown, move |event| {
        if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
            event.prevent_default();
            open();
        }
    });
    on_cleanup(move || keys.remove());
    let close = move || dialog.get_untracked().into_iter().for_each(|dialog| dialog.close());
    view! {
        <button type="button" class="button header__search" data-testid="search" on:click=move |_| open()>
            {icon(Icon::Filter)} <span class="header__search-text">{search::SEARCH.get()}</span> <kbd>{search::KEYS.get()}</kbd>
        </button>
        // Escape closes it, even when there is a word that the field itself would clear, and nothing behind it.
        <dialog class="search" aria-label=search::TITLE.get() node_ref=dialog
            on:keydown=move |event| if event.key() == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            on:click=move |event| if event.target() == event.current_target() { close() }>
            <Hits word=word input=input close=Callback::new(move |()| close()) />
        </dialog>
    }
}

#[component]
fn Hits(word: RwSignal<String>, input: NodeRef<Input>, close: Callback<()>) -> impl IntoView {
    let context = context();
    let packages = RwSignal::new(Vec::<Hit>::new());
    let at = RwSignal::new(0_usize);
    Effect::new(move |_| {
        let wanted = word.get();
        at.set(0);
        packages.set(Vec::new());
        if wanted.chars().count() > 1 && context.told.survey.with_untracked(Option::is_some) {
            spawn_local(async move {
                let found = packages_called(&context.engine(), &wanted).await;
                if word.try_get_untracked().is_some_and(|now| now == wanted) {
                    packages.set(found);
                }
            });
        }
    });
    let hits = Memo::new(move |_| {
        let asked = word.get();
        let word = asked.to_lowercase();
        if word.is_empty() {
            return Vec::new();
        }
        let mut hits = pages(&word);
        context.told.survey.with(|survey| hits.extend(survey.iter().flat_map(|survey| of_survey(survey, &word))));
        hits.extend(packages.get());
        if context.told.survey.with(Option::is_some) {
            hits.extend(of_files(&asked));
        }
        hits
    });
    let go = move |route: Route| {
        close.run(());
        context.go(route);
    };
    let keys = move |event: ev::KeyboardEvent| {
        let count = hits.with(Vec::len);
        match event.key().as_str() {
            "ArrowDown" if count > 0 => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" if count > 0 => at.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                hits.with(|hits| hits.get(at.get_untracked()).map(|hit| hit.route.clone())).into_iter().for_each(go)
            }
            _ => return,
        }
        event.prevent_default();
    };
    let id = |at: usize| format!("search-hit-{at}");
    let shown = move || {
        hits.get()
            .into_iter()
            .enumerate()
            .map(|(n, hit)| {
                let is_here = move || at.get() == n;
                let (route, key) = (hit.route.clone(), hit.name.clone());
                view! {
                    <li class="search__hit" class:search__hit--here=is_here id=id(n) role="option" data-key=key
                        aria-selected=move || is_here().to_string() on:click=move |_| go(route.clone())>
                        <span class="search__kind">{hit.kind.get()}</span>
                        <span class="search__name mono">{hit.name}</span>
                        <span class="search__about muted">{hit.about}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let said = move || match (word.with(String::is_empty), hits.with(Vec::len)) {
        (true, _) => search::HINT.get(),
        (false, 0) => search::NOTHING.get(),
        (false, n) if n >= SHOWN => search::MORE.get(),
        _ => "",
    };
    view! {
        <input type="search" class="search__input" node_ref=input role="combobox" aria-expanded="true" autocomplete="off"
            aria-controls="search-hits" aria-label=search::TITLE.get() placeholder=search::PLACEHOLDER.get()
            aria-activedescendant=move || hits.with(|hits| !hits.is_empty()).then(|| id(at.get()))
            data-testid="search-input" on:input=move |event| word.set(event_target_value(&event)) on:keydown=keys />
        <ul class="search__hits" id="search-hits" role="listbox" aria-label=search::TITLE.get() data-testid="search-hits">{shown}</ul>
        <p class="search__said muted" role="status">{said}</p>
    }
}

/// The way to a search through all files, by name and by content.
fn of_files(text: &str) -> [Hit; 2] {
    [(false, &find::FILES_CALLED), (true, &find::FILES_WITH)].map(|(in_content, said)| Hit {
        kind: &search::FILES,
        name: said.with(&[("text", &text)]),
        about: String::new(),
        route: Route::Find(FindOf { text: text.to_owned(), in_content, scope: None }),
    })
}

/// The pages themselves.
fn pages(word: &str) -> Vec<Hit> {
    let pages = [
        (&general::NAV_OVERVIEW, Route::Overview),
        (&general::NAV_IMAGES, Route::Images(None)),
        (&general::NAV_CONTAINERS, Route::Containers(None)),
        (&general::NAV_VOLUMES, Route::Volumes(None)),
        (&general::NAV_NETWORKS, Route::Networks(None)),
        (&general::NAV_BUILD_CACHE, Route::BuildCache(None)),
        (&general::NAV_FILES, Route::Files { scope: None, path: Vec::new(), at: None }),
        (&general::NAV_PACKAGES, Route::packages(PackageTab::List)),
        (&general::NAV_SPACE, Route::Space(Vec::new())),
        (&general::NAV_TIMELINE, Route::Timeline(None)),
        (&general::NAV_FINDINGS, Route::Findings(None)),
        (&general::NAV_EXPORT, Route::Export),
        (&general::NAV_ABOUT, Route::About),
    ];
    let hit = |(name, route): (&'static Text, Route)| {
        let is_meant = name.get().to_lowercase().starts_with(word);
        is_meant.then(|| Hit { kind: &search::PAGE, name: name.get().to_owned(), about: String::new(), route })
    };
    pages.into_iter().filter_map(hit).collect()
}

/// What the page itself knows of the disk. `word` is in small letters.
fn of_survey(survey: &Survey, word: &str) -> Vec<Hit> {
    let has = |text: &str| text.to_lowercase().contains(word);
    // An id is looked for from its start, with and without what comes before its digits.
    let is_id =
        |id: &str| id.starts_with(word) || id.split_once(':').is_some_and(|(_, digits)| digits.starts_with(word));
    let mut hits = Vec::new();
    let mut take = |kind: &'static Text, found: &mut dyn Iterator<Item = (String, String, Route)>| {
        hits.extend(found.take(SHOWN).map(|(name, about, route)| Hit { kind, name, about, route }));
    };
    let images = survey.images.iter().filter(|it| it.kind != ImageKind::Intermediate);
    take(
        &search::IMAGE,
        &mut images.filter(|it| it.names.iter().any(|name| has(name)) || is_id(&it.id)).map(|it| {
            let id = format::short_id(&it.id);
            let name = it.names.iter().find(|name| has(name)).or(it.names.first()).unwrap_or(&id).clone();
            (name, id, Route::Images(Some(it.id.clone())))
        }),
    );
    take(
        &search::CONTAINER,
        &mut survey
            .containers
            .iter()
            .filter(|it| has(&it.name) || is_id(&it.id))
            .map(|it| (it.name.clone(), format::short_id(&it.id), Route::Containers(Some(it.id.clone())))),
    );
    take(
        &search::VOLUME,
        &mut survey
            .volumes
            .iter()
            .filter(|it| has(&it.name))
            .map(|it| (it.name.clone(), it.used_by.join(", "), Route::Volumes(Some(it.name.clone())))),
    );
    take(
        &search::NETWORK,
        &mut survey
            .networks
            .iter()
            .filter(|it| has(&it.name) || is_id(&it.id))
            .map(|it| (it.name.clone(), format::short_id(&it.id), Route::Networks(Some(it.id.clone())))),
    );
    take(
        &search::FINDING,
        &mut survey
            .findings
            .iter()
            .map(|it| (it, it.message(language())))
            .filter(|(it, said)| has(said) || has(it.code.name))
            .map(|(it, said)| (it.code.name.to_owned(), said, Route::Findings(Some(it.code.severity)))),
    );
    hits
}

/// Packages whose row holds the word, each name in each image once.
async fn packages_called(engine: &Engine, word: &str) -> Vec<Hit> {
    let list = List::Packages { image_id: None, order: Order { by: PackageColumn::Package, descending: false } };
    let request = Request::Rows { list, filter: word.to_owned(), from: 0, count: SHOWN as u64 };
    let Ok(answer) = engine.ask(request).await else { return Vec::new() };
    let Reply::Rows { rows: Rows::Packages(rows), .. } = answer.reply else { return Vec::new() };
    rows.into_iter()
        .map(|row| Hit {
            kind: &search::PACKAGE,
            name: format!("{} {}", row.package.name, row.package.version),
            about: row.image,
            route: Route::Packages { tab: PackageTab::List, ecosystem: None, image: Some(row.image_id) },
        })
        .collect()
}
