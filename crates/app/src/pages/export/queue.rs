//! What became of each file.

use careen_model::Severity;
use careen_protocol::{ArchiveKind, ExportEnd};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{CopyButton, Icon, SeverityMark, Status, failure_text, icon};
use crate::exporter::{Job, JobState, Now, Why};
use crate::format;
use crate::messages::{self, Text, export, general};
use crate::saving::{MEMORY_LIMIT, Target, Trouble, Way, handle_name};
use crate::state::{Content, Route};

/// Findings shown of one file.
const SHOWN: usize = 50;

/// The list, the last added first.
#[component]
pub fn Queue() -> impl IntoView {
    let context = context();
    let exporter = context.exporter();
    let (jobs, is_paused) = (exporter.jobs, exporter.is_paused);
    let is_empty = Memo::new(move |_| jobs.with(Vec::is_empty));
    let can_go_on = move || {
        let disk = context.exporter().disk();
        is_paused.get()
            && jobs
                .with(|jobs| jobs.iter().any(|job| job.state == JobState::Waiting && Some(&job.disk) == disk.as_ref()))
            && !context.told.lost.get()
    };
    let go_on = move |_| context.exporter().go_on();
    // Whoever is here sees what became of them.
    let unseen = exporter.unseen;
    on_cleanup(move || unseen.set((0, 0)));
    let was_reloaded =
        move || is_paused.get() && jobs.with(|jobs| jobs.iter().any(|job| job.state == JobState::Waiting));
    view! {
        {move || (!is_empty.get()).then(|| view! {
            <section class="panel" data-testid="queue">
                <h2>{export::QUEUE_TITLE.get()}</h2>
                {move || was_reloaded().then(|| view! { <p class="prose">{export::QUEUE_PAUSED.get()}</p> })}
                {move || can_go_on().then(|| view! {
                    <p class="actions"><button type="button" class="button button--main" data-testid="go-on" on:click=go_on>{export::GO_ON.get()}</button></p>
                })}
                <ul class="jobs">
                    <For each=move || jobs.get().into_iter().rev() key=|job| (job.id, job.name.clone(), job.state.word()) let:job>
                        <JobLine job=job />
                    </For>
                </ul>
            </section>
        })}
    }
}

#[component]
fn JobLine(job: Job) -> impl IntoView {
    let context = context();
    let exporter = context.exporter();
    let (id, name, weight, way) = (job.id, job.name.clone(), job.weight, job.way);
    let (tone, word) = match &job.state {
        JobState::Waiting => ("plain", export::WAITING.get()),
        JobState::Running => ("note", export::RUNNING.get()),
        JobState::Done { end, .. } if end.missing + end.with_gaps > 0 => ("damage", export::DONE_PARTLY.get()),
        JobState::Done { .. } => ("good", export::DONE.get()),
        JobState::Stopped { .. } => ("plain", export::STOPPED.get()),
        JobState::Failed { .. } => ("loss", export::FAILED.get()),
    };
    let now = exporter.now;
    let disk = job.disk.clone();
    let body = match job.state.clone() {
        JobState::Waiting => {
            let other = exporter.disk().as_ref() != Some(&disk);
            other
                .then(|| view! { <p class="muted">{export::QUEUE_OTHER_DISK.with(&[("name", &disk.name)])}</p> })
                .into_any()
        }
        JobState::Running => {
            let text = move || now.get().filter(|now| now.id == id).map(|now| progress_text(&now, weight));
            let share = move || now.get().filter(|now| now.id == id).and_then(|now| now.share(weight));
            let value = move || share().map(|share| format!("{share:.4}"));
            let label = export::SAVING_NOW.with(&[("name", &name)]);
            view! { <p class="job__progress"><progress max="1" value=value aria-label=label /> <span role="status">{text}</span></p> }
                .into_any()
        }
        JobState::Done { size, end } => {
            let place = place(&job, exporter.target(id).as_ref());
            let is_kit = matches!(job.of, Content::Kit(_));
            view! { <Result size=size end=*end place=place is_kit=is_kit /> <Next job=job.clone() /> }.into_any()
        }
        JobState::Stopped { written } => {
            let text = match (written, way) {
                (0, _) => export::STOPPED_BEFORE.get().to_owned(),
                (_, Way::Download) => export::STOPPED_DOWNLOAD.with(&[("size", &format::size(written))]),
                _ => export::STOPPED_WRITTEN.with(&[("size", &format::size(written))]),
            };
            view! { <p class="prose">{text}</p> }.into_any()
        }
        JobState::Failed { written, why } => {
            let after = (written > 0).then(|| export::FAILED_AFTER.with(&[("size", &format::size(written))]));
            view! { <p class="prose job__why" role="alert">{why_text(&why)} " " {after}</p> }.into_any()
        }
    };
    let actions = match &job.state {
        JobState::Running | JobState::Waiting => {
            let stop = export::STOP_ONE.with(&[("name", &job.name)]);
            view! {
                <button type="button" class="button" data-testid="stop-saving" aria-label=stop on:click=move |_| context.exporter().stop(id)>{general::CANCEL.get()}</button>
            }.into_any()
        }
        state => {
            let again = !matches!(state, JobState::Done { .. });
            view! {
                {again.then(|| view! {
                    <button type="button" class="button" data-testid="save-again" on:click=move |_| context.exporter().again(id)>{export::AGAIN.get()}</button>
                })}
                <button type="button" class="button button--icon" title=export::FORGET.get() aria-label=export::FORGET.get()
                    on:click=move |_| context.exporter().forget(id)>{icon(Icon::Close)}</button>
            }.into_any()
        }
    };
    let labels = job.labels.join(", ");
    view! {
        <li class="job" data-testid="job" data-name=job.name.clone() data-state=job.state.word()>
            <div class="job__head">
                <Status tone=tone text=word />
                <strong class="job__name mono" title=labels>{job.name.clone()}</strong>
                <span class="job__actions">{actions}</span>
            </div>
            {body}
        </li>
    }
}

/// How far, and how long.
fn progress_text(now: &Now, weight: Option<u64>) -> String {
    if now.is_looking || now.written == 0 {
        return export::LOOKING.with(&[("size", &format::size(now.read))]);
    }
    let done = format::size(now.unpacked);
    let how_far = match weight.filter(|weight| *weight >= now.unpacked) {
        Some(weight) => export::PROGRESS.with(&[("done", &done), ("total", &format::size(weight))]),
        None => export::PROGRESS_OPEN.with(&[("done", &done)]),
    };
    match now.left(weight) {
        Some(seconds) => format!("{how_far}, {}", export::LEFT.with(&[("time", &format::duration(seconds))])),
        None => how_far,
    }
}

/// Why a file was not saved, and what to do.
pub fn why_text(why: &Why) -> String {
    match why {
        Why::Lost => export::FAIL_LOST.get().to_owned(),
        Why::Read(failure) => {
            let place = if failure.place.is_empty() { String::new() } else { format!(" ({})", failure.place) };
            let reason = format!("{} {}{place}", failure_text(failure.kind), failure.reason);
            export::FAIL_READ.with(&[("reason", &reason)])
        }
        Why::Write(trouble) => trouble_text(trouble),
    }
}

/// Why a file could not be written, and what to do.
pub fn trouble_text(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Full => export::FAIL_FULL.get().to_owned(),
        Trouble::Ended => export::FAIL_ENDED.get().to_owned(),
        Trouble::Forbidden => export::FAIL_FORBIDDEN.get().to_owned(),
        Trouble::Gone => export::FAIL_GONE.get().to_owned(),
        Trouble::TooLarge => export::FAIL_LARGE.with(&[("limit", &format::size(MEMORY_LIMIT))]),
        Trouble::Other(reason) => export::FAIL_OTHER.with(&[("reason", reason)]),
    }
}

/// Where a file was put.
fn place(job: &Job, target: Option<&Target>) -> String {
    match (job.way, target) {
        (Way::Folder, Some(Target::Folder(folder))) if !handle_name(folder).is_empty() => {
            export::SAVED_FOLDER.with(&[("name", &handle_name(folder))])
        }
        (Way::Folder, _) => export::SAVED_FOLDER_CHOSEN.get().to_owned(),
        (Way::File, _) => export::SAVED_FILE.get().to_owned(),
        (Way::Download | Way::Memory, _) => export::SAVED_DOWNLOAD.get().to_owned(),
    }
}

/// What can be done with a file now.
#[component]
fn Next(job: Job) -> impl IntoView {
    let of = match &job.of {
        Content::Archive(of) => of,
        Content::Report(_) => return None,
        Content::Rebuild(_) => return Some(next_view(&export::REBUILD_NEXT, "sh restore.sh".to_owned()).into_any()),
        Content::Kit(_) => {
            let command = "powershell -ExecutionPolicy Bypass -File restore.ps1";
            return Some(next_view(&export::KIT_NEXT, command.to_owned()).into_any());
        }
    };
    let volume = match of.scopes.as_slice() {
        [scope] if of.paths.is_empty() => scope.strip_prefix("volume:"),
        _ => None,
    };
    let next = match (of.kind, volume) {
        (ArchiveKind::Docker, _) => Some((&export::NEXT_LOAD, format!("docker load -i {}", quoted(&job.name)))),
        (ArchiveKind::Tar | ArchiveKind::TarGz, Some(volume)) => {
            let (volume, file) = (quoted(volume), quoted(&format!("/from/{}", job.name)));
            let command = format!("docker run --rm -v {volume}:/to -v \"${{PWD}}:/from\" alpine tar -xf {file} -C /to");
            Some((&export::NEXT_VOLUME, command))
        }
        _ => None,
    };
    next.map(|(text, command)| next_view(text, command).into_any())
}

fn next_view(text: &'static Text, command: String) -> impl IntoView {
    view! { <p class="muted job__next">{text.get()} " " <code>{command.clone()}</code> <CopyButton text=command /></p> }
}

/// A word as a shell takes it, in quotes if need be.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/".contains(letter);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What is in a file that is complete.
#[component]
fn Result(size: u64, end: ExportEnd, place: String, is_kit: bool) -> impl IntoView {
    let (bytes, count) = (format::size(size), format::number(end.entries));
    let numbers = if is_kit {
        export::KIT_RESULT.with(&[("size", &bytes), ("n", &count)])
    } else {
        export::RESULT.with(&[("size", &bytes), ("entries", &count)])
    };
    let has_sum = !end.sha256.is_empty();
    let line = |n: u64, text: &messages::Text| (n > 0).then(|| text.with(&[("n", &format::number(n))]));
    let lacking = [
        line(end.missing, &export::RESULT_MISSING),
        line(end.with_gaps, &export::RESULT_GAPS),
        line(end.not_held, &export::RESULT_NOT_HELD),
    ];
    let lacking: Vec<String> = lacking.into_iter().flatten().collect();
    let mut findings = end.findings;
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.code.severity));
    let worst = findings.first().map_or(Severity::Note, |finding| finding.code.severity);
    let count = findings.len();
    let language = messages::language();
    let told = findings.into_iter().take(SHOWN).map(|finding| {
        let severity = finding.code.severity;
        view! {
            <li>
                <SeverityMark severity=severity /> " " {finding.message(language)}
                <p class="muted">{finding.advice(language)}</p>
                <p class="muted mono">{finding.place.to_string()}</p>
            </li>
        }
    });
    let told = told.collect_view();
    view! {
        <p title=format::exact_size(size)>{numbers} ", " {place} {(!lacking.is_empty()).then(|| format!("; {}", lacking.join(", ")))}</p>
        {has_sum.then(|| view! {
            <p class="muted job__sum">{export::SHA256.get()} " " <span class="mono" data-testid="sha256" title=end.sha256.clone()>{end.sha256.clone()}</span> <CopyButton text=end.sha256 /></p>
        })}
        {(count > 0).then(|| view! {
            <details>
                <summary><SeverityMark severity=worst /> " " {export::FINDINGS.get()} " (" {format::number(count as u64)} ")"</summary>
                <ul class="job__findings">{told}</ul>
            </details>
        })}
    }
}

/// What is being saved, in the header of every page.
#[component]
pub fn SavingNow() -> impl IntoView {
    let exporter = context().exporter();
    let (now, jobs) = (exporter.now, exporter.jobs);
    let (context, unseen) = (context(), exporter.unseen);
    let is_here = move || context.route.with(|route| *route == Route::Export);
    let ended = move || {
        let (saved, failed) = unseen.get();
        if is_here() {
            return None;
        }
        let say =
            |n, one, many, tone| view! { <a class=tone href=Route::Export.href()>{messages::count(n, one, many)}</a> };
        if failed > 0 {
            Some(say(failed, &export::UNSAVED_NOW, &export::UNSAVED_NOW_MANY, "header__saving header__saving--failed"))
        } else {
            (saved > 0).then(|| say(saved, &export::SAVED_NOW, &export::SAVED_NOW_MANY, "header__saving"))
        }
    };
    let text = move || {
        let now = now.get()?;
        let (name, weight) =
            jobs.with(|jobs| jobs.iter().find(|job| job.id == now.id).map(|job| (job.name.clone(), job.weight)))?;
        let text = match now.share(weight) {
            Some(share) => export::SAVING_SHARE.with(&[("share", &((share * 100.0).floor() as u64))]),
            None => export::SAVING_OPEN.with(&[("done", &format::size(now.written))]),
        };
        Some((export::SAVING_NOW.with(&[("name", &name)]), text))
    };
    move || match text() {
        Some((title, text)) => {
            view! { <a class="header__saving" href=Route::Export.href() title=title>{icon(Icon::Download)} {text}</a> }
                .into_any()
        }
        None => ended().into_any(),
    }
}
