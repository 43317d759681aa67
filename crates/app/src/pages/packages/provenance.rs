//! Where a package comes from: the line of the Dockerfile that brought it, and its files.

use careen_model::{HistoryStep, Package, PackageFile, PackageFileState};
use careen_protocol::{Failure, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::app::context;
use crate::components::{FailureBox, Status, fact};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{Text, packages};
use crate::pages::command;
use crate::saving;
use crate::state::Route;

/// Files shown one by one; all of them are saved.
const SHOWN: usize = 200;

/// Layer and line of a package of an image.
#[component]
pub fn BroughtBy(image_id: String, package: Package) -> impl IntoView {
    let context = context();
    let survey = context.told.survey();
    let image = survey.images.iter().find(|image| image.id == image_id).cloned();
    let layer = package.layer.clone();
    let position = image.as_ref().zip(layer.as_ref()).and_then(|(image, layer)| {
        let at = image.layers.iter().position(|known| known.diff_id == *layer)?;
        Some((at + 1, image.layers.len(), image.layers[at].chain_id.clone()))
    });
    let steps = LocalResource::new(move || {
        let (engine, image) = (context.engine(), image_id.clone());
        async move {
            match engine.ask(Request::History { image }).await.map(|answer| answer.reply) {
                Ok(Reply::History(steps)) => steps,
                // Without a history the layer is told all the same.
                _ => Vec::new(),
            }
        }
    });
    let line = {
        let layer = layer.clone();
        move || {
            let steps: Vec<HistoryStep> = steps.get()?;
            let step = steps.into_iter().find(|step| step.layer.is_some() && step.layer == layer)?;
            let text = command(&step.created_by);
            (!text.is_empty()).then_some((text, step.created_by))
        }
    };
    view! {
        <div class="fact">
            <dt>{packages::LAYER.get()}</dt>
            <dd>
                {match position {
                    Some((at, total, chain)) => view! {
                        <a class="link" href=Route::files(format!("layer:{chain}")).href() title=layer.clone().unwrap_or_default()>
                            {packages::LAYER_OF.with(&[("n", &at), ("total", &total)])}
                        </a>
                    }.into_any(),
                    None => layer.map_or_else(|| format::UNKNOWN.to_owned(), |layer| format::short_id(&layer)).into_any(),
                }}
                {move || line().map(|(text, whole)| view! {
                    <code class="layer__command" data-testid="brought-by" title=whole>{text}</code>
                })}
            </dd>
        </div>
        {package.declared.requested.map(|requested| {
            let word = if requested { &packages::REQUESTED } else { &packages::AUTOMATIC };
            fact(packages::INSTALLED_AS.get(), word.get())
        })}
    }
}

#[derive(Clone)]
enum State {
    Idle,
    Reading,
    Done(Vec<PackageFile>),
    Failed(Failure),
}

/// The files of a package, once they are asked for.
#[component]
pub fn FilesOf(image_id: String, package: Package) -> impl IntoView {
    let context = context();
    let state = RwSignal::new(State::Idle);
    let scope = format!("image:{image_id}");
    let name = package.name.clone();
    let asked = scope.clone();
    let list = move |_| {
        state.set(State::Reading);
        let request = Request::FilesOfPackage { scope: asked.clone(), package: Box::new(package.clone()) };
        let engine = context.engine();
        spawn_local(async move {
            let answer = match engine.ask(request).await.map(|answer| answer.reply) {
                Ok(Reply::FilesOfPackage(files)) => State::Done(files),
                Ok(other) => State::Failed(unexpected(&other)),
                Err(failure) => State::Failed(failure),
            };
            state.try_set(answer);
        });
    };
    view! {
        <h3>{packages::FILES_TITLE.get()}</h3>
        {move || match state.get() {
            State::Idle => view! {
                <p class="actions"><button type="button" class="button" data-testid="files-of-package" on:click=list.clone()>{packages::FILES_LIST.get()}</button></p>
            }.into_any(),
            State::Reading => view! { <p class="muted" role="status">{packages::FILES_READING.get()}</p> }.into_any(),
            State::Failed(failure) => view! { <FailureBox failure=failure /> }.into_any(),
            State::Done(files) => view! { <FileList scope=scope.clone() name=name.clone() files=files /> }.into_any(),
        }}
    }
}

/// How a file stands, where it is not as it was installed.
fn state_of(state: PackageFileState) -> Option<(&'static str, &'static Text)> {
    match state {
        PackageFileState::Changed => Some(("damage", &packages::FILE_CHANGED)),
        PackageFileState::Missing => Some(("loss", &packages::FILE_MISSING)),
        PackageFileState::Owned | PackageFileState::Unowned => None,
    }
}

#[component]
fn FileList(scope: String, name: String, files: Vec<PackageFile>) -> impl IntoView {
    let of = |state: PackageFileState| files.iter().filter(|file| file.state == state).count();
    let (changed, missing) = (of(PackageFileState::Changed), of(PackageFileState::Missing));
    let sum = if files.is_empty() {
        packages::FILES_NONE.get().to_owned()
    } else {
        packages::FILES_SUM.with(&[("n", &files.len()), ("changed", &changed), ("missing", &missing)])
    };
    // What is not as it was comes first.
    let mut sorted: Vec<&PackageFile> = files.iter().collect();
    sorted.sort_by_key(|file| state_of(file.state).is_none());
    let lines = sorted.into_iter().take(SHOWN).map(|file| {
        let (directory, own) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        let route = Route::Files {
            scope: Some(scope.clone()),
            path: directory.as_bytes().to_vec(),
            at: Some(own.as_bytes().to_vec()),
        };
        let path = file.path.clone();
        let digests = file.expected.iter().chain(&file.found).cloned().collect::<Vec<_>>().join(" → ");
        view! {
            <li data-path=path.clone()>
                <a class="link mono" href=route.href() title=path.clone()>{path.clone()}</a>
                {state_of(file.state).map(|(tone, text)| view! { " " <span title=digests><Status tone=tone text=text.get() /></span> })}
                {(file.configuration && file.state == PackageFileState::Changed)
                    .then(|| view! { " " <span class="muted">{packages::FILE_CONFIGURATION.get()}</span> })}
            </li>
        }
    });
    let lines = lines.collect_view();
    let more = files.len().saturating_sub(SHOWN);
    let any = !files.is_empty();
    let save = move |_| {
        let text = text(&files);
        if let Err(error) = saving::save_text(&format!("{name}-files.txt"), "text/plain;charset=utf-8", &text) {
            leptos::logging::error!("{error:?}");
        }
    };
    view! {
        <p class="prose" role="status" data-testid="files-sum">{sum}</p>
        <ul class="plain package-files">{lines}</ul>
        {(more > 0).then(|| view! { <p class="muted">{packages::FILES_MORE.with(&[("n", &more)])}</p> })}
        {any.then(|| view! { <p class="actions"><button type="button" class="button" on:click=save>{packages::FILES_SAVE.get()}</button></p> })}
    }
}

/// All files as text: the state, the path, and what is said of its digest.
fn text(files: &[PackageFile]) -> String {
    let line = |file: &PackageFile| {
        let state = match file.state {
            PackageFileState::Owned => "owned",
            PackageFileState::Changed => "changed",
            PackageFileState::Missing => "missing",
            PackageFileState::Unowned => "unowned",
        };
        let clean = |text: &str| text.replace(['\t', '\r', '\n'], " ");
        let digest = |digest: &Option<String>| digest.as_deref().map(clean).unwrap_or_default();
        let line = format!("{state}\t{}\t{}\t{}", clean(&file.path), digest(&file.expected), digest(&file.found));
        format!("{}\n", line.trim_end_matches('\t'))
    };
    files.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_one_a_line_whatever_their_names_hold() {
        let file = |path: &str, state, expected: Option<&str>| PackageFile {
            path: path.into(),
            state,
            ecosystem: None,
            package: None,
            version: None,
            expected: expected.map(Into::into),
            found: None,
            configuration: false,
        };
        let files =
            [file("/a\nb", PackageFileState::Owned, None), file("/c", PackageFileState::Missing, Some("md5:0"))];
        assert_eq!(text(&files), "owned\t/a b\nmissing\t/c\tmd5:0\n");
    }
}
