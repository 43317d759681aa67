//! The answer in words: what is here, what is wrong, what is still safe, what to do now.

use std::sync::Arc;

use careen_model::{
    ContainerState, DiskSnapshot, DiskSummary, Doctor, Filesystem, FilesystemState, ImageKind, Partition, Severity,
    StoreKind, Survey, causes,
};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{Facts, Icon, SeverityMark, Status, fact, icon};
use crate::format;
use crate::messages::{self, Text, general, overview};
use crate::pages::causes::{Check, mark, weight};
use crate::pages::report::Report;
use crate::state::{PackageTab, Phase, Route};

/// Findings shown on this page.
const FINDINGS_SHOWN: usize = 5;

/// The finding that the journal's own disk is missing.
const JOURNAL_ELSEWHERE: &str = "ext4-journal-external";

/// The page.
#[component]
pub fn Overview() -> impl IntoView {
    let told = context().told;
    // A look at every file ends as the first reading does, so what it found is drawn then.
    let is_complete = Memo::new(move |_| told.phase.get() == Phase::Complete);
    view! {
        <div class="page overview">
            {move || {
                let survey = told.survey();
                view! {
                    <Answer survey=Arc::clone(&survey) is_complete=is_complete.get() />
                    <Counts survey=Arc::clone(&survey) />
                    <div class="columns">
                        <div class="stack">
                            <Worst />
                            <Next survey=Arc::clone(&survey) />
                        </div>
                        <DiskFacts survey=Arc::clone(&survey) />
                    </div>
                }
            }}
        </div>
    }
}

/// How many images a person would count.
fn visible_images(survey: &Survey) -> usize {
    survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate).count()
}

#[component]
fn Answer(survey: Arc<Survey>, is_complete: bool) -> impl IntoView {
    let (images, containers, volumes) = (visible_images(&survey), survey.containers.len(), survey.volumes.len());
    let headline = if survey.filesystems.is_empty() {
        overview::NO_FILESYSTEM.get().into_any()
    } else if survey.stores.is_empty() {
        overview::NO_STORE.get().into_any()
    } else if images + containers + volumes == 0 {
        overview::EMPTY_STORE.get().into_any()
    } else {
        let parts = [
            (volumes, &overview::VOLUME, &overview::VOLUMES, Route::Volumes(None)),
            (images, &overview::IMAGE, &overview::IMAGES, Route::Images(None)),
            (containers, &overview::CONTAINER, &overview::CONTAINERS, Route::Containers(None)),
        ];
        let there = parts.into_iter().filter(|(n, ..)| *n > 0).enumerate().map(|(at, (n, one, many, route))| {
            let comma = if at > 0 { ", " } else { "" };
            let count = messages::count(n as u64, one, many);
            view! { {comma} <a class="link" href=route.href()>{count}</a> }
        });
        let (before, after) = overview::HERE.get().split_once("{list}").unwrap_or_default();
        view! { {before} {there.collect_view()} {after} }.into_any()
    };
    // A disk in order is told of below, with how far the reading has come.
    let is_wrong =
        |doctor: &Arc<Doctor>| doctor.diagnoses.first().is_some_and(|it| it.cause.name != causes::NOTHING_WRONG.name);
    let diagnosis = context().told.doctor.get().filter(is_wrong);
    let is_clean = is_complete
        && diagnosis.is_none()
        && !survey.filesystems.is_empty()
        && survey.findings.iter().all(|finding| finding.code.severity == Severity::Note);
    view! {
        <h1 class="answer">{headline}</h1>
        <ul class="answer__lines">
            {shown_snapshot(&survey.disk)}
            {diagnosis.as_ref().map(|doctor| cause(doctor))}
            {condition(&survey, is_complete, diagnosis.is_some())}
            {replayed(&survey)}
            {running(&survey)}
            {journal_elsewhere(&survey)}
            {missing(&survey)}
        </ul>
        {is_clean.then(|| view! { <Check /> })}
    }
}

fn line(tone: &'static str, shape: Icon, text: String, route: Option<Route>) -> impl IntoView {
    let text = match route {
        Some(route) => view! { <a class="link" href=route.href()>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    view! { <li class=format!("answer__line answer__line--{tone}")>{icon(shape)} <span>{text}</span></li> }
}

/// The first cause and its next step.
fn cause(doctor: &Doctor) -> Option<impl IntoView + use<>> {
    let first = doctor.diagnoses.first()?;
    let language = messages::language();
    let text = overview::CAUSE.with(&[("title", &first.cause.title(language)), ("next", &first.cause.next(language))]);
    let (shape, tone) = mark(weight(doctor, first));
    Some(line(tone, shape, text, Some(Route::Findings(None))))
}

/// Worst news first, and what is still safe. Where a cause is told, that nothing is wrong is not.
fn condition(survey: &Survey, is_complete: bool, has_cause: bool) -> impl IntoView + use<> {
    let count =
        |severity: Severity| survey.findings.iter().filter(|finding| finding.code.severity == severity).count() as u64;
    let (losses, damages, notes) = (count(Severity::Loss), count(Severity::Damage), count(Severity::Note));
    let see = |severity| Some(Route::Findings(Some(severity)));
    let said = |n: u64, one: &Text, many: &Text| messages::count(n, one, many);
    let mut lines = Vec::new();
    if losses > 0 {
        let text = said(losses, &overview::ONE_LOSS, &overview::LOSSES);
        lines.push(line("loss", Icon::Loss, text, see(Severity::Loss)).into_any());
    }
    if damages > 0 {
        let text = said(damages, &overview::ONE_DAMAGE, &overview::DAMAGES);
        lines.push(line("damage", Icon::Damage, text, see(Severity::Damage)).into_any());
    }
    if losses + damages == 0 && survey.filesystems.is_empty() {
        // Nothing was there to be right or wrong; the headline has said so.
    } else if losses + damages == 0 && has_cause {
        // The cause has said what there is.
    } else if losses + damages == 0 {
        let lead = match (notes, is_complete) {
            (0, true) if context().told.checked.get_untracked() => {
                (overview::NOTHING_WRONG_CHECKED.get().to_owned(), None)
            }
            (0, true) => (overview::NOTHING_WRONG.get().to_owned(), None),
            (0, false) => (overview::NOTHING_WRONG_YET.get().to_owned(), None),
            _ => (said(notes, &overview::ONLY_NOTE, &overview::ONLY_NOTES), see(Severity::Note)),
        };
        lines.push(line("good", Icon::Check, lead.0, lead.1).into_any());
    } else if !survey.stores.is_empty() {
        lines.push(line("good", Icon::Check, overview::STILL_SAFE.get().to_owned(), None).into_any());
    }
    lines
}

fn replayed(survey: &Survey) -> impl IntoView + use<> {
    let transactions: u64 =
        survey.filesystems.iter().filter_map(|it| it.journal_replayed).map(|replay| replay.transactions).sum();
    (transactions > 0).then(|| {
        let text = messages::count(transactions, &overview::REPLAYED_ONE, &overview::REPLAYED);
        line("note", Icon::Note, text, None)
    })
}

fn running(survey: &Survey) -> impl IntoView + use<> {
    let running = |state: ContainerState| matches!(state, ContainerState::Running | ContainerState::Paused);
    let count = survey.containers.iter().filter(|it| it.state.is_some_and(running)).count() as u64;
    (count > 0).then(|| {
        let text = messages::count(count, &overview::RUNNING_ONE, &overview::RUNNING);
        line("note", Icon::Note, text, Some(Route::Containers(None)))
    })
}

/// A journal on a disk of its own, which can be picked too.
fn journal_elsewhere(survey: &Survey) -> impl IntoView + use<> {
    let context = context();
    survey.findings.iter().any(|finding| finding.code.name == JOURNAL_ELSEWHERE).then(|| {
        view! {
            <li class="answer__line answer__line--note">
                {icon(Icon::Right)} <span>{overview::JOURNAL.get()}</span>
                <button type="button" class="button" on:click=move |_| context.pick_more()>{overview::JOURNAL_PICK.get()}</button>
            </li>
        }
    })
}

/// What a disk without Docker has instead.
fn missing(survey: &Survey) -> impl IntoView + use<> {
    if survey.filesystems.is_empty() {
        let kinds: Vec<&str> = survey.partitions.iter().filter_map(|it| it.filesystem.as_deref()).collect();
        let found = (!kinds.is_empty()).then(|| {
            let text = overview::NO_FILESYSTEM_FOUND.with(&[("list", &kinds.join(", "))]);
            line("note", Icon::Note, text, None)
        });
        let next = line("note", Icon::Right, overview::NO_FILESYSTEM_NEXT.get().to_owned(), None);
        Some(view! { {found} {next} }.into_any())
    } else if survey.stores.is_empty() {
        Some(line("note", Icon::Right, overview::NO_STORE_NEXT.get().to_owned(), Some(Route::files("fs"))).into_any())
    } else {
        None
    }
}

/// The numbers, each a link to the things it stands for.
#[component]
fn Counts(survey: Arc<Survey>) -> impl IntoView {
    let told = context().told;
    let volume_bytes = || {
        let sizes: Option<u64> = survey.volumes.iter().map(|volume| volume.size).sum();
        sizes.map(|bytes| overview::VOLUME_BYTES.with(&[("size", &format::size(bytes))]))
    };
    let packages = move || {
        let (done, total) = told.collected.get();
        (total > 0).then(|| overview::PACKAGES_PROGRESS.with(&[("done", &done), ("total", &total)]))
    };
    let tile = |shape: Icon, name: &'static Text, count: usize, route: Route, more: Option<String>| {
        view! {
            <a class="tile" href=route.href()>
                {icon(shape)}
                <span class="tile__number">{format::number(count as u64)}</span>
                <span class="tile__name">{name.get()}</span>
                <span class="tile__more">{more}</span>
            </a>
        }
    };
    let has_store = !survey.stores.is_empty();
    let networks = survey.networks.len();
    has_store.then(|| {
        view! {
            <div class="tiles">
                {tile(Icon::Volume, &general::NAV_VOLUMES, survey.volumes.len(), Route::Volumes(None), volume_bytes())}
                {tile(Icon::Image, &general::NAV_IMAGES, visible_images(&survey), Route::Images(None), None)}
                {tile(Icon::Container, &general::NAV_CONTAINERS, survey.containers.len(), Route::Containers(None), None)}
                {tile(Icon::Network, &general::NAV_NETWORKS, networks, Route::Networks(None), None)}
                <a class="tile" href=Route::packages(PackageTab::Matrix).href()>
                    {icon(Icon::Package)}
                    <span class="tile__number">{move || match told.comparison.get() {
                        Some(compared) => format::number(compared.matrices.iter().map(|matrix| matrix.rows.len() as u64).sum()),
                        None => "…".to_owned(),
                    }}</span>
                    <span class="tile__name">{overview::PACKAGES.get()}</span>
                    <span class="tile__more">{packages}</span>
                </a>
            </div>
        }
    })
}

/// The worst findings.
#[component]
fn Worst() -> impl IntoView {
    let told = context().told;
    move || {
        let all = told.findings();
        let more = all.len() > FINDINGS_SHOWN;
        let language = messages::language();
        let item = |finding: careen_model::Finding| {
            view! {
                <li class="worst">
                    <SeverityMark severity=finding.code.severity />
                    <p class="worst__text">{finding.message(language)}</p>
                    <p class="worst__advice">{finding.advice(language)}</p>
                </li>
            }
        };
        (!all.is_empty()).then(|| {
            view! {
                <section class="panel">
                    <h2>{overview::FINDINGS.get()}</h2>
                    <ul class="worst__list">{all.into_iter().take(FINDINGS_SHOWN).map(item).collect_view()}</ul>
                    {more.then(|| view! { <a class="link" href=Route::Findings(None).href()>{general::SEE_ALL.get()}</a> })}
                </section>
            }
        })
    }
}

/// What to do now.
#[component]
fn Next(survey: Arc<Survey>) -> impl IntoView {
    let link =
        |text: &'static Text, route: Route| view! { <li><a class="link" href=route.href()>{text.get()}</a></li> };
    let has_volumes = !survey.volumes.is_empty();
    let has_containers = !survey.containers.is_empty();
    let has_images = visible_images(&survey) > 0;
    (has_volumes || has_containers || has_images).then(|| {
        view! {
            <section class="panel">
                <h2>{overview::NEXT.get()}</h2>
                <ol class="steps prose">
                    {has_volumes.then(|| link(&overview::NEXT_VOLUMES, Route::Volumes(None)))}
                    {has_containers.then(|| link(&overview::NEXT_CHANGES, Route::Containers(None)))}
                    {(has_volumes || has_containers || has_images).then(|| link(&overview::NEXT_TAKE_OUT, Route::Export))}
                    {has_images.then(|| link(&overview::NEXT_PACKAGES, Route::packages(PackageTab::Matrix)))}
                    <li>{overview::NEXT_KEEP.get()}</li>
                </ol>
            </section>
        }
    })
}

/// The disk file, what divides it, the stores in it.
#[component]
fn DiskFacts(survey: Arc<Survey>) -> impl IntoView {
    let disk = survey.disk.clone();
    let below = context().told.picked.with(|picked| picked.as_ref().map(|picked| picked.below.join(", ")));
    let read =
        overview::IN_REQUESTS.with(&[("size", &format::size(disk.bytes_read)), ("n", &format::number(disk.requests))]);
    let stores = survey.stores.iter().map(|store| {
        let kind = match store.kind {
            StoreKind::DockerClassic => overview::STORE_CLASSIC.get(),
            StoreKind::DockerContainerd => overview::STORE_DOCKER_CONTAINERD.get(),
            StoreKind::Containerd => overview::STORE_CONTAINERD.get(),
        };
        view! {
            <li class="store">
                <span>{kind}</span>
                <a class="link mono" href=Route::files(format!("store:{}", store.id)).href() title=store.path.clone()>{store.path.clone()}</a>
                <span class="muted">{store.driver.clone()}</span>
            </li>
        }
    });
    let stores = stores.collect_view();
    let filesystems = survey.filesystems.clone();
    let mut of_partition = filesystems.into_iter();
    let partitions = survey.partitions.iter().cloned().map(|partition| {
        let is_ext = partition.filesystem.as_deref().is_some_and(|kind| kind.starts_with("ext"));
        partition_view(partition, if is_ext { of_partition.next() } else { None })
    });
    view! {
        <section class="panel">
            <h2>{overview::DISK.get()}</h2>
            <Facts>
                {fact(overview::FORMAT.get(), disk.format)}
                {fact(overview::FILE_SIZE.get(), disk.file_size.map_or_else(|| format::UNKNOWN.to_owned(), format::size))}
                {fact(overview::VIRTUAL_SIZE.get(), disk.virtual_size.map_or_else(|| format::UNKNOWN.to_owned(), format::size))}
                {below.filter(|below| !below.is_empty()).map(|below| fact(overview::MADE_UPON.get(), below))}
                {disk.virtual_disk_id.map(|id| fact(overview::DISK_ID.get(), id))}
                {fact(overview::READ_SO_FAR.get(), read)}
            </Facts>
            <Snapshots disk=survey.disk.clone() />
            <h3>{overview::PARTITIONS.get()}</h3>
            <ul class="plain">{partitions.collect_view()}</ul>
            {(!survey.stores.is_empty()).then(|| view! { <h3>{overview::STORES.get()}</h3> <ul class="plain">{stores}</ul> })}
            <Engine survey=Arc::clone(&survey) />
            <Report />
        </section>
    }
}

/// Which of several states of the disk this is.
fn shown_snapshot(disk: &DiskSummary) -> impl IntoView + use<> {
    if disk.snapshots.is_empty() {
        return None;
    }
    let Some(wanted) = &disk.snapshot else {
        let names: Vec<&str> = disk.snapshots.iter().map(|snapshot| name_of(snapshot).as_str()).collect();
        let text = overview::SNAPSHOTS_LINE.with(&[("names", &names.join(", "))]);
        return Some(line("note", Icon::Note, text, None));
    };
    let shown = disk.snapshots.iter().find(|snapshot| is_shown(snapshot, wanted));
    let name = shown.map_or(wanted, name_of);
    Some(line("note", Icon::Note, overview::SNAPSHOT_LINE.with(&[("name", name)]), None))
}

fn is_shown(snapshot: &DiskSnapshot, wanted: &str) -> bool {
    snapshot.name == wanted || snapshot.id == wanted
}

/// What a snapshot is called; the id of one without name.
fn name_of(snapshot: &DiskSnapshot) -> &String {
    if snapshot.name.is_empty() { &snapshot.id } else { &snapshot.name }
}

/// States of the disk inside its file, each of which can be opened.
#[component]
fn Snapshots(disk: DiskSummary) -> impl IntoView {
    let context = context();
    let state = |name: String, created: Option<String>, snapshot: Option<String>, is_shown: bool| {
        let key = snapshot.clone().unwrap_or_default();
        let open = move |_| context.engine().open_snapshot(snapshot.clone());
        view! {
            <li class="store" data-testid="snapshot" data-key=key>
                <span class="mono">{name}</span>
                <span class="muted">{created.and_then(|time| format::milliseconds(&time)).map(format::time)}</span>
                {if is_shown {
                    view! { <Status tone="note" text=overview::SNAPSHOT_SHOWN.get() /> }.into_any()
                } else {
                    view! { <button type="button" class="button" on:click=open>{overview::SNAPSHOT_OPEN.get()}</button> }.into_any()
                }}
            </li>
        }
    };
    (!disk.snapshots.is_empty()).then(|| {
        let is_active = disk.snapshot.is_none();
        let kept = disk.snapshots.iter().map(|snapshot| {
            let is_shown = disk.snapshot.as_deref().is_some_and(|wanted| is_shown(snapshot, wanted));
            state(name_of(snapshot).clone(), snapshot.created.clone(), Some(snapshot.id.clone()), is_shown)
        });
        view! {
            <h3>{overview::SNAPSHOTS.get()}</h3>
            <ul class="plain">
                {state(overview::SNAPSHOT_NOW.get().to_owned(), None, None, is_active)}
                {kept.collect_view()}
            </ul>
        }
    })
}

/// Plugins and swarms of the engines.
#[component]
fn Engine(survey: Arc<Survey>) -> impl IntoView {
    let plugins = survey.plugins.iter().map(|plugin| {
        let name = plugin.name.clone().unwrap_or_else(|| format::short_id(&plugin.id));
        view! { <li class="store"><span>{name}</span> <span class="muted">{plugin.provides.join(", ")}</span></li> }
    });
    let swarms = survey.swarm.iter().map(|swarm| {
        let role = if swarm.is_manager { overview::SWARM_MANAGER.get() } else { overview::SWARM_WORKER.get() };
        let address = swarm.advertise_address.clone().or_else(|| swarm.listen_address.clone());
        view! { <li class="store"><span>{role}</span> <span class="muted mono">{address}</span></li> }
    });
    let (has_plugins, has_swarm) = (!survey.plugins.is_empty(), !survey.swarm.is_empty());
    let (plugins, swarms) = (plugins.collect_view(), swarms.collect_view());
    view! {
        {has_plugins.then(|| view! { <h3>{overview::PLUGINS.get()}</h3> <ul class="plain">{plugins}</ul> })}
        {has_swarm.then(|| view! { <h3>{overview::SWARM.get()}</h3> <ul class="plain">{swarms}</ul> })}
    }
}

fn partition_view(partition: Partition, filesystem: Option<Filesystem>) -> impl IntoView {
    let name = match partition.index {
        0 => overview::WHOLE_DISK.get().to_owned(),
        index => overview::PARTITION.with(&[("n", &index)]),
    };
    let kind = partition.filesystem.unwrap_or_else(|| overview::NOT_RECOGNIZED.get().to_owned());
    let state = filesystem.as_ref().map(|filesystem| match filesystem.state {
        FilesystemState::Clean => ("good", &overview::STATE_CLEAN),
        FilesystemState::NeedsRecovery => ("note", &overview::STATE_RECOVERY),
        FilesystemState::Errors => ("damage", &overview::STATE_ERRORS),
        FilesystemState::Damaged => ("damage", &overview::STATE_DAMAGED),
    });
    let used = match filesystem.as_ref().and_then(|filesystem| Some((filesystem.used?, filesystem.size?))) {
        Some((used, size)) => overview::USED_OF.with(&[("used", &format::size(used)), ("size", &format::size(size))]),
        None => format::size(partition.size),
    };
    let link = filesystem.map(|filesystem| Route::files(format!("fs:{}", filesystem.id)).href());
    let name = match link {
        Some(link) => view! { <a class="link" href=link>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    view! {
        <li class="store">
            <span>{name} " " <span class="mono">{kind}</span></span>
            {state.map(|(tone, text)| view! { <Status tone=tone text=text.get() /> })}
            <span class="muted">{used}</span>
        </li>
    }
}
