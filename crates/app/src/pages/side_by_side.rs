//! Several disks side by side: what tells them from one another, and which one to open.

use std::sync::Arc;

use careen_model::{DiskAtAGlance, Holding, LastUse, SideBySide, SignOfUse};
use careen_protocol::{Failure, SeveralDisks};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{FailureBox, Icon, icon};
use crate::format;
use crate::messages::{Text, general, side_by_side as words};

/// Things that are not on every disk, at most so many of them in the page.
const SHOWN: usize = 200;

/// The disks that were picked together, once they are known.
#[component]
pub fn Several() -> impl IntoView {
    let told = context().told;
    move || told.several.get().map(|several| view! { <Disks several=several /> })
}

#[component]
fn Disks(several: Arc<SeveralDisks>) -> impl IntoView {
    let SeveralDisks { side_by_side, files, refused } = (*several).clone();
    let (count, has_disks) = (side_by_side.disks.len() + refused.len(), !side_by_side.disks.is_empty());
    view! {
        <section class="panel" data-testid="side-by-side">
            <h2>{words::TITLE.with(&[("n", &count)])}</h2>
            {has_disks.then(|| view! {
                <p class="prose">{words::LEAD.get()}</p>
                <Properties disks=side_by_side.disks.clone() files=files />
                <Apart found=side_by_side />
            })}
            {refused.into_iter().map(|(file, failure)| view! { <Refusal file=file failure=failure /> }).collect_view()}
        </section>
    }
}

/// One column a disk, one row a property. What is the same everywhere tells nothing and is muted.
#[component]
fn Properties(disks: Vec<DiskAtAGlance>, files: Vec<u32>) -> impl IntoView {
    let context = context();
    let times = disks.iter().filter_map(|disk| disk.last_used.as_ref().map(|last| last.time.clone()));
    let newest = times.max().filter(|_| disks.len() > 1);
    let ids = |ids: &[String]| if ids.is_empty() { format::UNKNOWN.to_owned() } else { ids.join(" ") };
    let row = |what: &'static Text, is_id: bool, of: &dyn Fn(&DiskAtAGlance) -> String| {
        let values: Vec<String> = disks.iter().map(of).collect();
        let is_same = disks.len() > 1 && values.windows(2).all(|pair| pair.first() == pair.last());
        let cells = values.into_iter().map(|value| view! { <td class:mono=is_id>{value}</td> });
        view! { <tr class:sides__same=is_same><th scope="row">{what.get()}</th>{cells.collect_view()}</tr> }
    };
    let heads = disks.iter().zip(&files).map(|(disk, file)| {
        let file = *file;
        let open = move |_| context.open(context.engine().files(), Some(file));
        view! {
            <th scope="col">
                <span class="sides__name mono">{disk.name.clone()}</span>
                <button type="button" class="button button--main" data-testid=format!("open-disk-{file}") on:click=open>
                    {words::OPEN.get()}
                </button>
            </th>
        }
    });
    let used = disks.iter().map(|disk| view! { <td>{last_use(disk.last_used.as_ref(), newest.as_deref())}</td> });
    let images = |disk: &DiskAtAGlance| {
        let count = format::number(disk.images);
        if disk.has_unread_images { words::AND_UNREAD.with(&[("n", &count)]) } else { count }
    };
    let count = |of: fn(&DiskAtAGlance) -> u64| move |disk: &DiskAtAGlance| format::number(of(disk));
    view! {
        <div class="sides" tabindex="0">
            <table class="sides__table">
                <thead><tr><td></td>{heads.collect_view()}</tr></thead>
                <tbody>
                    <tr><th scope="row">{words::LAST_USED.get()}</th>{used.collect_view()}</tr>
                    {row(&general::NAV_IMAGES, false, &images)}
                    {row(&general::NAV_CONTAINERS, false, &count(|disk| disk.containers))}
                    {row(&general::NAV_VOLUMES, false, &count(|disk| disk.volumes))}
                    {row(&words::IN_USE, false, &|disk| disk.used.map_or_else(|| format::UNKNOWN.to_owned(), format::size))}
                    {row(&words::FILE_SIZE, false, &|disk| disk.file_size.map_or_else(|| format::UNKNOWN.to_owned(), format::size))}
                    {row(&words::LOSSES, false, &count(|disk| disk.losses))}
                    {row(&words::DAMAGES, false, &count(|disk| disk.damages))}
                    {row(&words::FORMAT, false, &|disk| disk.format.clone())}
                    {row(&words::ENGINE_ID, true, &|disk| ids(&disk.engine_ids))}
                    {row(&words::DISK_ID, true, &|disk| {
                        disk.virtual_disk_id.clone().unwrap_or_else(|| format::UNKNOWN.to_owned())
                    })}
                    {row(&words::FILESYSTEM_ID, true, &|disk| ids(&disk.filesystem_ids))}
                </tbody>
            </table>
        </div>
    }
}

/// The newest sign of use, and whether it is the newest of all.
fn last_use(last: Option<&LastUse>, newest: Option<&str>) -> AnyView {
    let Some(LastUse { time, sign }) = last else { return format::UNKNOWN.into_any() };
    let sign = match sign {
        SignOfUse::FilesystemMounted => &words::SIGN_MOUNTED,
        SignOfUse::FilesystemWritten => &words::SIGN_WRITTEN,
        SignOfUse::ContainerCreated => &words::SIGN_CREATED,
        SignOfUse::ContainerStarted => &words::SIGN_STARTED,
        SignOfUse::ContainerFinished => &words::SIGN_FINISHED,
    };
    let is_newest = newest == Some(time.as_str());
    let (shown, ago) = match format::milliseconds(time) {
        Some(time) => (format::time(time), format::ago(time)),
        None => (time.clone(), String::new()),
    };
    view! {
        <div><time title=time.clone()>{shown}</time> " " <span class="muted">{ago}</span></div>
        <div class="muted">{sign.get()}</div>
        {is_newest.then(|| view! { <div class="sides__newest">{icon(Icon::Check)} {words::NEWEST.get()}</div> })}
    }
    .into_any()
}

/// What is not on all disks.
#[component]
fn Apart(found: SideBySide) -> impl IntoView {
    let all = found.disks.len();
    let groups = [
        (&words::IMAGE, &found.images, true),
        (&words::CONTAINER, &found.containers, true),
        (&words::VOLUME, &found.volumes, false),
    ];
    let common: usize =
        groups.iter().map(|(_, holdings, _)| holdings.iter().filter(|it| it.disks.len() == all).count()).sum();
    let apart: Vec<(&Text, &Holding, bool)> = groups
        .iter()
        .flat_map(|(kind, holdings, has_id)| holdings.iter().map(move |holding| (*kind, holding, *has_id)))
        .filter(|(_, holding, _)| holding.disks.len() < all)
        .collect();
    let left = apart.len().saturating_sub(SHOWN);
    if all < 2 {
        return ().into_any();
    }
    let mark = |holding: &Holding, at: usize| {
        let is_there = holding.disks.iter().any(|disk| *disk as usize == at);
        let text = if is_there { general::YES.get() } else { general::NO.get() };
        view! {
            <td class="sides__mark" title=text>
                {is_there.then(|| icon(Icon::Check))}
                <span class="visually-hidden">{text}</span>
            </td>
        }
    };
    let rows = apart.iter().take(SHOWN).map(|(kind, holding, has_id)| {
        let id = has_id.then(|| format::short_id(&holding.id)).filter(|id| *id != holding.name);
        view! {
            <tr data-key=holding.id.clone()>
                <th scope="row">{kind.get()}</th>
                <td title=holding.id.clone()>
                    <span class="mono">{shortened(&holding.name)}</span> " " <span class="muted mono">{id}</span>
                </td>
                {(0..all).map(|at| mark(holding, at)).collect_view()}
            </tr>
        }
    });
    let heads = found.disks.iter().map(|disk| view! { <th scope="col" class="mono">{disk.name.clone()}</th> });
    view! {
        <h3>{words::APART.get()}</h3>
        <p class="muted">{words::COMMON.with(&[("n", &format::number(common as u64))])}</p>
        {if apart.is_empty() {
            view! { <p>{words::NOTHING_APART.get()}</p> }.into_any()
        } else {
            view! {
                <div class="sides" tabindex="0">
                    <table class="sides__table" data-testid="table-apart">
                        <thead><tr><td></td><td></td>{heads.collect_view()}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        }}
        {(left > 0).then(|| view! { <p class="muted">{words::MORE.with(&[("n", &format::number(left as u64))])}</p> })}
    }
    .into_any()
}

/// The name of an anonymous volume is as long as an id.
fn shortened(name: &str) -> String {
    if format::is_long_id(name) { format::short_id(name) } else { name.to_owned() }
}

/// A file that cannot be opened with the others, and what helps.
#[component]
fn Refusal(file: u32, failure: Failure) -> impl IntoView {
    let context = context();
    let name = context.engine().files().get(file as usize).map(web_sys::File::name).unwrap_or_default();
    let wanted = failure.needs.as_ref().map(|needs| match needs.name() {
        Some(name) => crate::messages::open::NEEDS_PICK.with(&[("name", &name)]),
        None => crate::messages::open::NEEDS_PICK_UNKNOWN.get().to_owned(),
    });
    view! {
        <h3 class="mono">{name}</h3>
        <FailureBox failure=failure />
        {wanted.map(|wanted| view! {
            <p class="actions">
                <button type="button" class="button" on:click=move |_| context.pick_more()>{wanted}</button>
            </p>
        })}
    }
}
