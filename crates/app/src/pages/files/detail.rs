//! One object: what it is, what is in it, and taking it out.

use careen_model::{FileEntry, FileType};
use careen_protocol::{Failure, FileColumn, FileRow, List, Order, Reply, Request, Rows};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::list::{is_whiteout, mode_text};
use super::preview::Preview;
use super::versions::Versions;
use crate::app::{Context, context};
use crate::components::{Detail, Facts, FailureBox, Icon, fact, failure_text, icon};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{Text, files, general};
use crate::pages::export::trouble_text;
use crate::pages::take_out::TakeOut;
use crate::saving::{SaveError, save_file};
use crate::state::{Item, Route};

/// The pane for `name` in `directory` of a scope.
#[component]
pub fn FileDetail(scope: String, directory: Vec<u8>, name: Vec<u8>) -> impl IntoView {
    let context = context();
    let path = [directory.as_slice(), b"/", name.as_slice()].concat();
    let shown = String::from_utf8_lossy(&name).into_owned();
    let (wanted, list_scope, list_path, filter) = (path.clone(), scope.clone(), directory.clone(), shown.clone());
    let found = LocalResource::new(move || {
        find(context, list_scope.clone(), list_path.clone(), wanted.clone(), filter.clone())
    });
    let close = {
        let (scope, path) = (scope.clone(), directory);
        move |()| context.replace(Route::Files { scope: Some(scope.clone()), path: path.clone(), at: None })
    };
    view! {
        <Detail title=shown close=Callback::new(close)>
            {move || match found.get() {
                None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
                Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
                Some(Ok(None)) => view! { <p class="muted">{files::UNREADABLE.get()}</p> }.into_any(),
                Some(Ok(Some(entry))) => view! { <Object scope=scope.clone() path=path.clone() entry=entry /> }.into_any(),
            }}
        </Detail>
    }
}

/// The object's metadata: its row in the list of its directory.
async fn find(
    context: Context,
    scope: String,
    directory: Vec<u8>,
    path: Vec<u8>,
    filter: String,
) -> Result<Option<FileEntry>, Failure> {
    /// Rows asked at once; a filter by the whole name leaves few.
    const COUNT: u64 = 1000;
    let order = Order { by: FileColumn::Name, descending: false };
    let mut from = 0;
    loop {
        let list = List::Directory { scope: scope.clone(), path: directory.clone(), order };
        let request = Request::Rows { list, filter: filter.clone(), from, count: COUNT };
        let reply = context.engine().ask(request).await?.reply;
        let Reply::Rows { total, rows: Rows::Files(rows), .. } = reply else { return Err(unexpected(&reply)) };
        from += COUNT;
        let row: Option<FileRow> = rows.into_iter().find(|row| row.path == path);
        if row.is_some() || from >= total {
            return Ok(row.and_then(|row| row.entry));
        }
    }
}

#[component]
fn Object(scope: String, path: Vec<u8>, entry: FileEntry) -> impl IntoView {
    let time = format::milliseconds_of(entry.mtime_ns);
    let kind = if is_whiteout(&entry) { files::WHITEOUT.get() } else { kind_name(entry.kind).get() };
    let enters = matches!(entry.kind, FileType::Directory | FileType::Symlink).then(|| Route::Files {
        scope: Some(scope.clone()),
        path: path.clone(),
        at: None,
    });
    let attributes = |title: &'static str, all: Vec<(String, String)>| {
        let pair = |(name, value): (String, String)| view! { <li class="mono" title=value.clone()>{name} " = " {value.clone()}</li> };
        (!all.is_empty())
            .then(|| view! { <h3>{title}</h3> <ul class="plain">{all.into_iter().map(pair).collect_view()}</ul> })
    };
    let size = entry.size;
    let (xattrs, overlay) = (entry.xattrs.clone(), entry.overlay.clone());
    view! {
        {enters.map(|route| view! {
            <p class="actions"><a class="button button--main" href=route.href()>{icon(Icon::Folder)} {files::OPEN_DIRECTORY.get()}</a></p>
        })}
        {size.map(|size| view! { <Save scope=scope.clone() path=path.clone() size=size /> })}
        <TakeOut item=Item::of_path(scope.clone(), path.clone(), size) />
        <Facts>
            {fact(files::PATH.get(), entry.path.clone())}
            {fact(files::KIND.get(), kind)}
            {size.map(|size| fact(files::SIZE.get(), format!("{} ({})", format::size(size), format::exact_size(size))))}
            {fact(files::MODIFIED.get(), format!("{} ({})", format::time(time), format::ago(time)))}
            {fact(files::MODE.get(), format!("{} ({})", mode_text(&entry), entry.mode))}
            {fact(files::OWNER.get(), format!("{}:{}", entry.uid, entry.gid))}
            {entry.link.clone().map(|link| fact(files::LINK_TO.get(), link))}
            {entry.nlink.map(|links| fact(files::HARD_LINKS.get(), links.to_string()))}
            {entry.rdev.map(|[major, minor]| fact(files::DEVICE.get(), format!("{major}:{minor}")))}
        </Facts>
        {attributes(files::XATTRS.get(), xattrs.into_iter().collect())}
        {attributes(files::OVERLAY.get(), overlay.into_iter().collect())}
        <Versions scope=scope.clone() path=path.clone() />
        {size.map(|size| view! { <Preview scope=scope path=path size=size /> })}
    }
}

fn kind_name(kind: FileType) -> &'static Text {
    match kind {
        FileType::File => &files::KIND_FILE,
        FileType::Directory => &files::KIND_DIRECTORY,
        FileType::Symlink => &files::KIND_SYMLINK,
        FileType::Fifo => &files::KIND_FIFO,
        FileType::CharDevice => &files::KIND_CHAR,
        FileType::BlockDevice => &files::KIND_BLOCK,
        FileType::Socket => &files::KIND_SOCKET,
    }
}

/// The button that takes a file out, and how far it has come.
#[component]
fn Save(scope: String, path: Vec<u8>, size: u64) -> impl IntoView {
    let context = context();
    let name = String::from_utf8_lossy(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()).into_owned();
    // Bytes done while saving, else what came of it.
    let done = RwSignal::new(None::<u64>);
    let said = RwSignal::new(None::<String>);
    let stop = StoredValue::new(false);
    let file_name = name.clone();
    let save = move |_| {
        let (engine, scope, path, name) = (context.engine(), scope.clone(), path.clone(), file_name.clone());
        stop.set_value(false);
        done.set(Some(0));
        said.set(None);
        spawn_local(async move {
            // The pane may be closed meanwhile; the file is still written.
            let told = move |bytes| {
                done.try_set(Some(bytes));
                !stop.try_get_value().unwrap_or(false)
            };
            let text = match save_file(&engine, &scope, &path, &name, size, told).await {
                Ok(()) => files::SAVED.with(&[("name", &name)]),
                Err(SaveError::Stopped) => files::SAVE_STOPPED.get().to_owned(),
                Err(SaveError::Write(trouble)) => trouble_text(&trouble),
                Err(SaveError::Read(failure)) => {
                    let reason = format!("{} {}", failure_text(failure.kind), failure.reason);
                    files::SAVE_FAILED.with(&[("reason", &reason.trim_end_matches('.'))])
                }
            };
            done.try_set(None);
            said.try_set(Some(text));
        });
    };
    let test_id = format!("download-{name}");
    view! {
        <p class="actions">
            <button type="button" class="button button--main" data-testid=test_id disabled=move || done.get().is_some() on:click=save>
                {icon(Icon::Download)} {files::SAVE.get()}
            </button>
            {move || done.get().map(|bytes| view! {
                <progress max=size.to_string() value=bytes.to_string() />
                <span class="muted">{files::SAVING.with(&[("done", &format::size(bytes)), ("size", &format::size(size))])}</span>
                <button type="button" class="button" on:click=move |_| stop.set_value(true)>{general::CANCEL.get()}</button>
            })}
        </p>
        <p class="muted" role="status">{said}</p>
    }
}
