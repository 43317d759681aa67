//! The header: which disk, how far it is read, what was found. And what has to be said about the worker.

use careen_model::{Severity, Stage};
use careen_protocol::Part;
use leptos::prelude::*;

use crate::app::context;
use crate::boot;
use crate::components::{Icon, SeverityMark, icon};
use crate::format;
use crate::messages::{findings, general};
use crate::pages::SavingNow;
use crate::pages::files::scope_label;
use crate::pages::search::Search;
use crate::state::{Notice, Phase, Route};

/// Name of the disk, progress, count of findings.
#[component]
pub fn Header() -> impl IntoView {
    let told = context().told;
    let disk = move || {
        told.picked.get().map(|picked| {
            view! {
                <span class="header__disk mono" title=picked.name.clone()>{picked.name.clone()}</span>
                <span class="header__size" title=format::exact_size(picked.size)>{format::size(picked.size)}</span>
            }
        })
    };
    view! {
        <header class="header">
            <a class="header__name" href=Route::Open.href()>
                <span class="header__mark" aria-hidden="true">{icon(Icon::Container)}</span>
                {general::NAME.get()}
            </a>
            {disk}
            <Progress />
            <Search />
            <SavingNow />
            <FindingsCount />
        </header>
    }
}

/// The word for what is being done.
fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Disk => general::STAGE_DISK.get(),
        Stage::Filesystem => general::STAGE_FILESYSTEM.get(),
        Stage::Store => general::STAGE_STORE.get(),
        Stage::Volumes => general::STAGE_VOLUMES.get(),
        Stage::Packages => general::STAGE_PACKAGES.get(),
        Stage::Files => general::STAGE_FILES.get(),
    }
}

#[component]
fn Progress() -> impl IntoView {
    let context = context();
    let told = context.told;
    let state = Memo::new(move |_| match told.phase.get() {
        Phase::Idle => None,
        Phase::Reading => Some("reading"),
        Phase::Complete | Phase::Choosing => Some("complete"),
        Phase::Failed(_) => Some("failed"),
        Phase::Cancelled => Some("cancelled"),
    });
    let started = StoredValue::new(js_sys::Date::now());
    let seconds = RwSignal::new(0_u64);
    Effect::new(move |_| {
        if state.get() == Some("reading") {
            started.set_value(js_sys::Date::now());
            seconds.set(0);
        }
    });
    let clock = set_interval_with_handle(
        move || {
            if state.get_untracked() == Some("reading") {
                seconds.set(((js_sys::Date::now() - started.get_value()) / 1000.0) as u64);
            }
        },
        std::time::Duration::from_secs(1),
    );
    on_cleanup(move || clock.into_iter().for_each(|clock| clock.clear()));

    let is_choosing = Memo::new(move |_| told.phase.with(|phase| matches!(phase, Phase::Choosing)));
    let needs_file =
        Memo::new(move |_| told.phase.with(|phase| matches!(phase, Phase::Failed(failure) if failure.needs.is_some())));
    let words = move || match state.get() {
        Some("failed") if needs_file.get() => view! { {icon(Icon::Disk)} {general::NEEDS_FILE.get()} }.into_any(),
        Some("complete") if is_choosing.get() => general::CHOOSE.get().into_any(),
        Some("complete") => view! { {icon(Icon::Check)} {general::COMPLETE.get()} }.into_any(),
        Some("failed") => view! { {icon(Icon::Loss)} {general::FAILED.get()} }.into_any(),
        Some("cancelled") => view! { {icon(Icon::Stop)} {general::CANCELLED.get()} }.into_any(),
        _ => view! { <Doing /> }.into_any(),
    };
    let can_go_on = move || state.get() == Some("cancelled") && !told.lost.get() && told.survey.with(Option::is_some);
    view! {
        {move || state.get().map(|state| view! {
            <div class=format!("progress progress--{state}") data-testid="progress" data-state=state>
                <span class="progress__words" role="status">{words}</span>
                {(state == "reading").then(|| view! {
                    <span class="progress__time">{move || format::duration(seconds.get())}</span>
                    <button type="button" class="button" data-testid="cancel" on:click=move |_| context.engine().cancel()>
                        {general::CANCEL.get()}
                    </button>
                })}
                {move || can_go_on().then(|| view! {
                    <button type="button" class="button" on:click=move |_| context.engine().fill()>
                        {general::GO_ON.get()}
                    </button>
                })}
            </div>
        })}
    }
}

#[component]
fn Doing() -> impl IntoView {
    let told = context().told;
    move || {
        let Some(progress) = told.progress.get() else { return general::READING.get().into_any() };
        let (done, total) = told.collected.get();
        let share = match (progress.stage, progress.total) {
            (Stage::Packages, _) if total > 0 => Some((u64::from(done), u64::from(total))),
            (_, Some(total)) if total > 0 => Some((progress.done, total)),
            _ => None,
        };
        let bytes = format::size(progress.bytes_read);
        view! {
            <span class="progress__stage">{general::READING.get()} ": " {stage_name(progress.stage)}</span>
            {share.map(|(done, total)| view! {
                <progress class="progress__bar" max=total.to_string() value=done.to_string() aria-label=general::READING.get() />
                <span class="progress__share">{format!("{}/{}", format::number(done), format::number(total))}</span>
            })}
            <span class="progress__bytes" title=progress.subject.clone()>{general::BYTES_READ.with(&[("size", &bytes)])}</span>
        }
        .into_any()
    }
}

#[component]
fn FindingsCount() -> impl IntoView {
    let told = context().told;
    let counts = Memo::new(move |_| {
        told.survey.with(Option::is_some).then(|| {
            [Severity::Loss, Severity::Damage, Severity::Note].map(|severity| (severity, told.count(severity)))
        })
    });
    move || {
        counts.get().map(|counts| {
            let all: usize = counts.iter().map(|(_, count)| count).sum();
            let worst = counts.into_iter().find(|(_, count)| *count > 0);
            let label = findings::COUNT.with(&[("n", &format::number(all as u64))]);
            view! {
                <a class="header__findings" href=Route::Findings(None).href() data-testid="findings-count" data-count=all title=label>
                    {match worst {
                        Some((severity, _)) => view! { <SeverityMark severity=severity /> }.into_any(),
                        None => view! { <span class="muted">{findings::TITLE.get()}</span> }.into_any(),
                    }}
                    <span class="header__count">{format::number(all as u64)}</span>
                </a>
            }
        })
    }
}

/// What has to be said about file and worker, above the page.
#[component]
pub fn Notices() -> impl IntoView {
    let context = context();
    let told = context.told;
    let lost = move || {
        let name = told.picked.get().map(|picked| picked.name).unwrap_or_default();
        told.lost.get().then(|| {
            view! {
                <div class="notice notice--damage" role="alert">
                    {icon(Icon::Damage)}
                    <p>{general::NOTICE_LOST.with(&[("name", &name)])}</p>
                    <button type="button" class="button button--main" on:click=move |_| context.pick()>
                        {general::PICK_AGAIN.get()}
                    </button>
                </div>
            }
        })
    };
    let notice = move || {
        told.notice.get().map(|notice| {
            let text = match &notice {
                Notice::Restarted => general::NOTICE_RESTARTED.get().to_owned(),
                Notice::Died(reason) => general::NOTICE_DIED.with(&[("reason", reason)]),
                Notice::Skipped(parts) => {
                    let survey = told.survey();
                    let name = |part: &Part| match part {
                        Part::Volume(name) => scope_label(&survey, &format!("volume:{name}")),
                        Part::Packages(scope) => general::PART_PACKAGES.with(&[("scope", &scope_label(&survey, scope))]),
                        Part::Check => general::PART_CHECK.get().to_owned(),
                    };
                    let names: Vec<String> = parts.iter().map(name).collect();
                    general::NOTICE_SKIPPED.with(&[("names", &names.join(", "))])
                }
                Notice::Unused(names) => general::NOTICE_UNUSED.with(&[("names", &names.join(", "))]),
                Notice::BuildsDiffer => general::NOTICE_BUILDS.get().to_owned(),
            };
            let reload = (notice == Notice::BuildsDiffer).then(|| view! {
                <button type="button" class="button button--main" on:click=|_| drop(window().location().reload())>
                    {general::RELOAD.get()}
                </button>
            });
            view! {
                <div class="notice" role="status">
                    {icon(Icon::Note)}
                    <p>{text}</p>
                    {reload}
                    <button type="button" class="button button--icon" title=general::CLOSE.get() aria-label=general::CLOSE.get()
                        on:click=move |_| told.notice.set(None)>{icon(Icon::Close)}</button>
                </div>
            }
        })
    };
    let is_hidden = RwSignal::new(false);
    let update = move || {
        (context.boot.get().has_update && !is_hidden.get()).then(|| {
            view! {
                <div class="notice" role="status" data-testid="update">
                    {icon(Icon::Note)}
                    <p>{general::NOTICE_UPDATE.get()}</p>
                    <button type="button" class="button button--main" on:click=|_| boot::update()>{general::UPDATE.get()}</button>
                    <button type="button" class="button button--icon" title=general::CLOSE.get() aria-label=general::CLOSE.get()
                        on:click=move |_| is_hidden.set(true)>{icon(Icon::Close)}</button>
                </div>
            }
        })
    };
    view! { {lost} {notice} {update} }
}
