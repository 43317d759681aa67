//! The file browser: any scope, directory by directory, a preview at the right.

mod detail;
mod find;
mod list;
mod preview;
mod scopes;
mod versions;

use careen_protocol::FindOf;
use leptos::prelude::*;

use self::detail::FileDetail;
pub use self::find::Find;
use self::list::FileList;
use self::scopes::ScopeChoice;
pub use self::scopes::scope_label;

use crate::app::context;
use crate::components::{Icon, Split, icon};
use crate::messages::{files, find as words};
use crate::state::Route;

/// Which directory is shown, and which name in it is selected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Here {
    /// Scope as the command line writes it.
    pub scope: String,
    /// The directory's path, as bytes.
    pub path: Vec<u8>,
    /// The selected name.
    pub at: Option<Vec<u8>>,
}

impl Here {
    /// The place as a route.
    pub fn route(&self) -> Route {
        Route::Files { scope: Some(self.scope.clone()), path: self.path.clone(), at: self.at.clone() }
    }
}

/// The page.
#[component]
pub fn Files() -> impl IntoView {
    let context = context();
    let here = Memo::new(move |before: Option<&Here>| match context.route.get() {
        // Nothing chosen: the filesystem with the store, as on the command line.
        Route::Files { scope, path, at } => Here { scope: scope.unwrap_or_else(|| "fs".to_owned()), path, at },
        _ => before.cloned().unwrap_or_default(),
    });
    let chosen =
        Memo::new(move |_| here.with(|here| here.at.clone().map(|at| (here.scope.clone(), here.path.clone(), at))));
    view! {
        <div class="page page--list">
            <div class="files__head">
                <h1>{files::TITLE.get()}</h1>
                <ScopeChoice here=here />
                <a class="button" data-testid="find" href=move || {
                    let scope = here.with(|here| Some(here.scope.clone()).filter(|scope| scope != "fs"));
                    Route::Find(FindOf { scope, ..FindOf::default() }).href()
                }>{icon(Icon::Filter)} {words::TITLE.get()}</a>
            </div>
            <Crumbs here=here />
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|(scope, path, at)| view! { <FileDetail scope=scope directory=path name=at /> })
            >
                <FileList here=here />
            </Split>
        </div>
    }
}

/// The way from the root of the scope to the directory.
#[component]
fn Crumbs(here: Memo<Here>) -> impl IntoView {
    let context = context();
    let crumbs = move || {
        let Here { scope, path, .. } = here.get();
        let survey = context.told.survey();
        let link = |text: String, path: Vec<u8>, is_last: bool| {
            let route = Route::Files { scope: Some(scope.clone()), path, at: None };
            view! {
                <li class="crumb">
                    <a class="link" href=route.href() aria-current=is_last.then_some("location")>{text}</a>
                </li>
            }
        };
        let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
        let mut crumbs = vec![link(scope_label(&survey, &scope), Vec::new(), names.is_empty())];
        let mut so_far = Vec::new();
        for (at, name) in names.iter().enumerate() {
            so_far.push(b'/');
            so_far.extend_from_slice(name);
            crumbs.push(link(String::from_utf8_lossy(name).into_owned(), so_far.clone(), at + 1 == names.len()));
        }
        crumbs
    };
    let up = move || {
        here.with(|here| {
            let path = here.path.iter().rposition(|byte| *byte == b'/').map(|at| here.path[..at].to_vec())?;
            Some(Route::Files { scope: Some(here.scope.clone()), path, at: None })
        })
    };
    view! {
        <nav class="crumbs" aria-label=files::PATH.get()>
            {move || up().map(|route| view! {
                <a class="button button--icon" href=route.href() title=files::UP.get() aria-label=files::UP.get()>{icon(Icon::Up)}</a>
            })}
            <ol class="crumbs__list">{crumbs}</ol>
        </nav>
    }
}
