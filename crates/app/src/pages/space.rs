//! What fills the disk: nested areas to go into, with a table beside them; what cleaning up would free.

use std::sync::Arc;

use careen_model::{Area, AreaKind, Compaction, ImageSpace, Prune, Space as Filled};
use careen_protocol::{Reply, Request};
use leptos::prelude::*;

use super::files::scope_label;
use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Empty, FailureBox, MapArea, squarify};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{Text, general, space};
use crate::state::Route;

/// Areas drawn at once; the rest is one area.
const DRAWN: usize = 60;
/// The map's own units: wide as a table row of the page, high enough for a list.
const WHOLE: MapArea = MapArea { x: 0.0, y: 0.0, width: 1000.0, height: 400.0 };
/// Room for the name of an area that holds others, in these units.
const HEAD: f64 = 28.0;
/// How many levels are drawn within the areas of the first.
const NESTED: usize = 2;

/// The page.
#[component]
pub fn Space() -> impl IntoView {
    let context = context();
    let filled = LocalResource::new(move || async move {
        match context.engine().ask(Request::Space).await?.reply {
            Reply::Space(space) => Ok(Arc::new(*space)),
            other => Err(unexpected(&other)),
        }
    });
    let way = Memo::new(move |_| match context.route.get() {
        Route::Space(way) => way,
        _ => Vec::new(),
    });
    view! {
        <div class="page space">
            <h1>{space::TITLE.get()}</h1>
            {move || match filled.get() {
                None => view! { <p class="muted" role="status">{general::LOADING.get()} " " {space::WAIT.get()}</p> }.into_any(),
                Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
                Some(Ok(filled)) => view! { <Known filled=filled way=way /> }.into_any(),
            }}
        </div>
    }
}

/// The whole disk as one area: of one filesystem that one.
fn whole(filled: &Filled) -> Area {
    let mut areas: Vec<Area> = filled.filesystems.iter().map(|filesystem| filesystem.area.clone()).collect();
    if areas.len() == 1 {
        return areas.remove(0);
    }
    let (bytes, files) = areas.iter().fold((0, 0), |(bytes, files), area| (bytes + area.bytes, files + area.files));
    Area { kind: AreaKind::Filesystem, name: String::new(), id: None, bytes, files, areas }
}

#[component]
fn Known(filled: Arc<Filled>, way: Memo<Vec<usize>>) -> impl IntoView {
    let root = Arc::new(whole(&filled));
    let used = filled.filesystems.iter().map(|filesystem| {
        let values = (filesystem.used.unwrap_or(filesystem.counted), filesystem.size);
        let text = match values {
            (used, Some(size)) => space::USED.with(&[("used", &format::size(used)), ("size", &format::size(size))]),
            (used, None) => format::size(used),
        };
        view! { <p class="muted">{text}</p> }
    });
    let used = used.collect_view();
    let shown = {
        let root = Arc::clone(&root);
        // A way that leads nowhere ends where it does.
        Memo::new(move |_| {
            let (mut area, mut names, mut passed) = (&*root, vec![(Vec::new(), title(&root))], Vec::new());
            for at in way.get() {
                let Some(next) = area.areas.get(at) else { break };
                passed.push(at);
                names.push((passed.clone(), title(next)));
                area = next;
            }
            Arc::new((area.clone(), names, passed))
        })
    };
    let images = filled.images.clone();
    view! {
        {used}
        {filled.compaction.filter(|it| it.free > 0).map(compaction)}
        {move || {
            let shown = shown.get();
            let (area, names, passed) = (&shown.0, &shown.1, &shown.2);
            view! {
                <Crumbs names=names.clone() />
                <Map area=area.clone() way=passed.clone() />
                <Listed area=area.clone() way=passed.clone() />
            }
        }}
        <Pruned prune=filled.prune.clone() />
        <ByImage images=images />
    }
}

#[component]
fn Crumbs(names: Vec<(Vec<usize>, String)>) -> impl IntoView {
    let last = names.len().saturating_sub(1);
    let crumb = |(at, (way, name)): (usize, (Vec<usize>, String))| {
        view! {
            <li class="crumb">
                <a class="link" href=Route::Space(way).href() aria-current=(at == last).then_some("location")>{name}</a>
            </li>
        }
    };
    view! {
        <nav class="crumbs" aria-label=space::TITLE.get()>
            <ol class="crumbs__list">{names.into_iter().enumerate().map(crumb).collect_view()}</ol>
        </nav>
    }
}

/// What an area is called.
fn title(area: &Area) -> String {
    let kind = kind_name(area.kind).get();
    match area.name.as_str() {
        "" => kind.to_owned(),
        name if area.kind == AreaKind::Filesystem => scope_label(&context().told.survey(), name),
        name if format::is_long_id(name) => format!("{kind} {}", format::short_id(name)),
        name => name.to_owned(),
    }
}

fn kind_name(kind: AreaKind) -> &'static Text {
    match kind {
        AreaKind::Filesystem => &space::FILESYSTEM,
        AreaKind::Store => &space::STORE,
        AreaKind::Images => &space::IMAGES,
        AreaKind::Image => &space::IMAGE,
        AreaKind::SharedLayers => &space::SHARED_LAYERS,
        AreaKind::Layer => &space::LAYER,
        AreaKind::Containers => &space::CONTAINERS,
        AreaKind::Container => &space::CONTAINER,
        AreaKind::Logs => &space::LOGS,
        AreaKind::Log => &space::LOG,
        AreaKind::Volumes => &space::VOLUMES,
        AreaKind::Volume => &space::VOLUME,
        AreaKind::BuildCache => &space::BUILD_CACHE,
        AreaKind::Content => &space::CONTENT,
        AreaKind::Snapshots => &space::SNAPSHOTS,
        AreaKind::Snapshot => &space::SNAPSHOT,
        AreaKind::OrphanLayers => &space::ORPHAN_LAYERS,
        AreaKind::OrphanLayer => &space::ORPHAN_LAYER,
        AreaKind::Records => &space::RECORDS,
        AreaKind::OtherFiles => &space::OTHER_FILES,
        AreaKind::Directory => &space::DIRECTORY,
        AreaKind::Nameless => &space::NAMELESS,
        AreaKind::Overhead => &space::OVERHEAD,
        AreaKind::Superblocks => &space::SUPERBLOCKS,
        AreaKind::Bitmaps => &space::BITMAPS,
        AreaKind::InodeTables => &space::INODE_TABLES,
        AreaKind::Journal => &space::JOURNAL,
        AreaKind::Reserved => &space::RESERVED,
    }
}

/// Which color an area has: one for what belongs together.
fn tone(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Images | AreaKind::Image | AreaKind::SharedLayers | AreaKind::Layer => "images",
        AreaKind::Containers | AreaKind::Container => "containers",
        AreaKind::Logs | AreaKind::Log => "logs",
        AreaKind::Volumes | AreaKind::Volume => "volumes",
        AreaKind::BuildCache | AreaKind::Content => "cache",
        AreaKind::Snapshots
        | AreaKind::Snapshot
        | AreaKind::OrphanLayers
        | AreaKind::OrphanLayer
        | AreaKind::Nameless => "lost",
        AreaKind::Overhead
        | AreaKind::Superblocks
        | AreaKind::Bitmaps
        | AreaKind::InodeTables
        | AreaKind::Journal
        | AreaKind::Reserved => "overhead",
        AreaKind::Filesystem | AreaKind::Store | AreaKind::Records | AreaKind::OtherFiles | AreaKind::Directory => {
            "other"
        }
    }
}

/// The way to look into an area as files or as a thing of its own.
fn route(area: &Area) -> Option<Route> {
    let id = || area.id.clone().filter(|id| !id.is_empty());
    match area.kind {
        AreaKind::Image => id().map(|id| Route::Images(Some(id))),
        AreaKind::Container => id().map(|id| Route::Containers(Some(id))),
        AreaKind::Log => id().map(Route::Log),
        AreaKind::Volume => Some(Route::Volumes(Some(area.name.clone()))),
        AreaKind::Layer => id().map(|id| Route::files(format!("layer:{id}"))),
        _ => None,
    }
}

/// One area on the map: where it leads, what it is, and where it lies.
struct Drawn {
    /// Positions from the area shown; `None` for many small ones together.
    way: Option<Vec<usize>>,
    kind: AreaKind,
    name: String,
    bytes: u64,
    place: MapArea,
    /// Others are drawn in it, below its name.
    holds_others: bool,
}

/// The areas in `area`, and in those that are large enough what they consist of.
fn drawn(area: &Area, whole: MapArea, depth: usize) -> Vec<Drawn> {
    let mut parts: Vec<(Option<usize>, &Area)> =
        area.areas.iter().enumerate().map(|(at, part)| (Some(at), part)).collect();
    parts.retain(|(_, part)| part.bytes > 0);
    let rest = Area {
        kind: AreaKind::OtherFiles,
        name: String::new(),
        id: None,
        bytes: parts.get(DRAWN..).unwrap_or_default().iter().map(|(_, part)| part.bytes).sum(),
        files: 0,
        areas: Vec::new(),
    };
    let small = parts.len().saturating_sub(DRAWN);
    parts.truncate(DRAWN);
    if small > 0 {
        parts.push((None, &rest));
    }
    parts.sort_by_key(|(_, part)| std::cmp::Reverse(part.bytes));
    let weights: Vec<f64> = parts.iter().map(|(_, part)| part.bytes as f64).collect();
    let mut all = Vec::new();
    for ((at, part), place) in parts.into_iter().zip(squarify(&weights, whole)) {
        let name = match at {
            Some(_) => title(part),
            None => space::SMALL.with(&[("n", &format::number(small as u64))]),
        };
        let inner = MapArea {
            x: place.x + 3.0,
            y: place.y + HEAD,
            width: place.width - 6.0,
            height: place.height - HEAD - 3.0,
        };
        let holds_others = depth > 0 && inner.width > 90.0 && inner.height > 50.0 && part.areas.len() > 1;
        all.push(Drawn { way: at.map(|at| vec![at]), kind: part.kind, name, bytes: part.bytes, place, holds_others });
        if holds_others {
            let within = drawn(part, inner, depth - 1).into_iter().map(|mut one| {
                one.way = one.way.zip(at).map(|(way, at)| [&[at], way.as_slice()].concat());
                one
            });
            all.extend(within);
        }
    }
    all
}

#[component]
fn Map(area: Area, way: Vec<usize>) -> impl IntoView {
    let total = area.bytes;
    let parts = drawn(&area, WHOLE, NESTED).into_iter().map(|one| {
        let Drawn { way: within, kind, name, bytes, place, holds_others } = one;
        let percent = |value: f64, of: f64| format!("{}%", value / of * 100.0);
        let label = format!("{name}: {} ({})", format::size(bytes), share(bytes, total));
        let is_large = place.width > 64.0 && place.height > 32.0;
        let inside = is_large.then(|| view! {
            <span class="map__name">{name}</span> <span class="map__size">{format::size(bytes)}</span>
        });
        let class = format!("map__area map__area--{}", tone(kind));
        let (left, top) = (percent(place.x, WHOLE.width), percent(place.y, WHOLE.height));
        let (width, height) = (percent(place.width, WHOLE.width), percent(place.height, WHOLE.height));
        let depth = within.as_ref().map(|within| within.len().to_string());
        match within {
            Some(within) => {
                let href = Route::Space([way.as_slice(), &within].concat()).href();
                view! {
                    <a class=class class:map__area--outer=holds_others href=href title=label.clone() aria-label=(!is_large).then_some(label) data-depth=depth
                        style:left=left style:top=top style:width=width style:height=height>{inside}</a>
                }.into_any()
            }
            None => view! {
                <span class=class title=label style:left=left style:top=top style:width=width style:height=height>{inside}</span>
            }.into_any(),
        }
    });
    let is_empty = area.areas.is_empty();
    view! {
        {(!is_empty).then(|| view! { <div class="map" role="group" aria-label=space::MAP.get() data-testid="space-map">{parts.collect_view()}</div> })}
        {is_empty.then(|| {
            let link = route(&area).map(|route| view! { <a class="button" href=route.href()>{space::LOOK.get()}</a> });
            view! { <Empty text=format!("{}: {}", title(&area), format::size(area.bytes))>{link}</Empty> }
        })}
    }
}

fn share(bytes: u64, total: u64) -> String {
    if total == 0 {
        return String::new();
    }
    format!("{:.1} %", bytes as f64 / total as f64 * 100.0)
}

/// The same as a table.
#[component]
fn Listed(area: Area, way: Vec<usize>) -> impl IntoView {
    let context = context();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(space::NAME.get(), 16.0, 3.0),
        Column::number(space::SIZE.get(), 7.0),
        Column::number(space::SHARE.get(), 6.0),
        Column::number(space::FILES.get(), 7.0),
        Column::text("", 6.0, 0.0),
    ]);
    let rows = area.areas.iter().enumerate().map(|(at, part)| {
        let into = Route::Space([way.as_slice(), &[at]].concat());
        let look = route(part).map_or(Cell::Nothing, |route| Cell::Link(space::LOOK.get().to_owned(), route));
        let cells = vec![
            Cell::Link(title(part), into),
            Cell::Size(Some(part.bytes)),
            Cell::Text(share(part.bytes, area.bytes)),
            Cell::Count(Some(part.files)),
            look,
        ];
        Row::new(at.to_string(), cells)
    });
    let rows = Arc::new(rows.collect::<Vec<_>>());
    let is_empty = rows.is_empty();
    let rows = Rows::local(Signal::derive(move || Arc::clone(&rows)), state);
    let open = Callback::new(move |row: Row| {
        let at = row.key.parse().ok();
        context.go(Route::Space(way.iter().copied().chain(at).collect()));
    });
    (!is_empty).then(|| view! {
        <div class="space__table">
            <Table test_id="table-space" columns=columns rows=rows state=state on_open=open empty=space::NOTHING.get() />
        </div>
    })
}

fn compaction(it: Compaction) -> impl IntoView {
    let text = space::COMPACTION.with(&[
        ("bytes", &format::size(it.bytes)),
        ("free", &format::number(it.free)),
        ("stored", &format::number(it.stored)),
        ("block", &format::size(it.block_size)),
    ]);
    view! { <p class="prose" data-testid="compaction">{text}</p> }
}

#[component]
fn Pruned(prune: Vec<Prune>) -> impl IntoView {
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(space::COMMAND.get(), 16.0, 2.0),
        Column::number(space::OF_CONTAINERS.get(), 7.0),
        Column::number(space::OF_IMAGES.get(), 7.0),
        Column::number(space::OF_CACHE.get(), 8.0),
        Column::number(space::OF_VOLUMES.get(), 7.0),
        Column::number(space::TOTAL.get(), 7.0),
    ]);
    let rows = prune.into_iter().map(|way| {
        let sizes = [way.containers, way.images, way.build_cache, way.volumes, way.total];
        let sizes = sizes.into_iter().map(|bytes| Cell::Size(Some(bytes)));
        Row::new(way.command.clone(), std::iter::once(Cell::Mono(way.command)).chain(sizes).collect())
    });
    let rows = Arc::new(rows.collect::<Vec<_>>());
    let is_empty = rows.is_empty();
    let rows = Rows::local(Signal::derive(move || Arc::clone(&rows)), state);
    (!is_empty).then(|| view! {
        <h2>{space::PRUNE.get()}</h2>
        <p class="muted prose">{space::PRUNE_NOTE.get()}</p>
        <div class="space__table space__table--low"><Table test_id="table-prune" columns=columns rows=rows state=state /></div>
    })
}

#[component]
fn ByImage(images: Vec<ImageSpace>) -> impl IntoView {
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(space::IMAGE.get(), 16.0, 3.0),
        Column::number(space::OWN.get(), 7.0),
        Column::number(space::SHARED.get(), 7.0),
    ]);
    let rows = images.into_iter().map(|image| {
        let link = Cell::Link(image.name, Route::Images(Some(image.id.clone())));
        let id = format!("{} {}", image.store, image.id);
        Row { key: image.id, id, cells: vec![link, Cell::Size(Some(image.own)), Cell::Size(Some(image.shared))] }
    });
    let rows = Arc::new(rows.collect::<Vec<_>>());
    let is_empty = rows.is_empty();
    let rows = Rows::local(Signal::derive(move || Arc::clone(&rows)), state);
    (!is_empty).then(|| {
        view! {
            <h2>{space::BY_IMAGE.get()}</h2>
            <div class="space__table"><Table test_id="table-space-images" columns=columns rows=rows state=state /></div>
        }
    })
}
