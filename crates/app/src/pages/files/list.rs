//! The names in a directory, asked for as they come into sight.

use std::sync::Arc;

use careen_model::{FileEntry, FileType};
use careen_protocol::{FileColumn, FileRow, List, Order, Reply, Request, Rows as Stretch};
use leptos::prelude::*;

use super::Here;
use crate::app::context;
use crate::components::Icon;
use crate::components::table::{Cell, Column, Remote, Row, Table, TableState};
use crate::engine::unexpected;
use crate::format;
use crate::messages::files;
use crate::pages::take_out::marks;
use crate::state::{Item, Route};

/// Columns of the table, in the order in which they are drawn.
const COLUMNS: [FileColumn; 5] =
    [FileColumn::Name, FileColumn::Size, FileColumn::Modified, FileColumn::Mode, FileColumn::Owner];

/// The table.
#[component]
pub fn FileList(here: Memo<Here>) -> impl IntoView {
    let context = context();
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(files::NAME.get(), 14.0, 3.0).pinned(),
        Column::number(files::SIZE.get(), 6.0),
        Column::text(files::MODIFIED.get(), 9.5, 1.0),
        Column::text(files::MODE.get(), 7.5, 0.0),
        Column::text(files::OWNER.get(), 6.5, 0.0),
    ]);
    let directory = Memo::new(move |_| here.with(|here| (here.scope.clone(), here.path.clone())));
    let remote = Remote::new(move |from, count| {
        let (scope, path) = directory.get_untracked();
        let order = match state.sort.get_untracked() {
            Some(sort) => Order { by: COLUMNS[sort.column.min(COLUMNS.len() - 1)], descending: sort.descending },
            None => Order { by: FileColumn::Name, descending: false },
        };
        let list = List::Directory { scope: scope.clone(), path, order };
        let request = Request::Rows { list, filter: state.filter.get_untracked(), from, count };
        let engine = context.engine();
        Box::pin(async move {
            match engine.ask(request).await?.reply {
                Reply::Rows { total, rows: Stretch::Files(rows), .. } => {
                    Ok((total, rows.iter().map(|file| row(&scope, file)).collect()))
                }
                other => Err(unexpected(&other)),
            }
        })
    });
    // Another directory starts without the filter of the last one.
    Effect::new(move |before: Option<(String, Vec<u8>)>| {
        let now = directory.get();
        if before.is_some_and(|before| before != now) {
            state.filter.set(String::new());
        }
        now
    });
    Effect::new(move |_| {
        directory.track();
        state.sort.track();
        state.filter.track();
        remote.reset();
    });
    let selected = Signal::derive(move || {
        here.with(|here| here.at.as_ref().map(|at| id(&[here.path.as_slice(), b"/", at.as_slice()].concat())))
    });
    let select = move |row: Row| {
        let Some(path) = path_of(&row.id) else { return };
        let at = path.rsplit(|byte| *byte == b'/').next().map(<[u8]>::to_vec);
        context.replace(Here { at, ..here.get_untracked() }.route());
    };
    let open = move |row: Row| match row.cells.first() {
        Some(Cell::Named(_, _, Some(route))) => context.go(route.clone()),
        _ => select(row),
    };
    view! {
        <Table
            test_id="table-files"
            columns=columns
            rows=remote.rows()
            state=state
            marks=marks(move |row| {
                let scope = here.with(|here| here.scope.clone());
                let size = match row.cells.get(1) {
                    Some(Cell::Size(size)) => *size,
                    _ => None,
                };
                Some(Item::of_path(scope, path_of(&row.id)?, size))
            })
            selected=selected
            on_select=Callback::new(select)
            on_open=Callback::new(open)
            empty=files::EMPTY.get()
        />
    }
}

/// Tells a row from every other: the bytes of its path, which need not be text.
fn id(path: &[u8]) -> String {
    path.iter().map(|byte| char::from(*byte)).collect()
}

fn path_of(id: &str) -> Option<Vec<u8>> {
    id.chars().map(|c| u8::try_from(c).ok()).collect()
}

fn row(scope: &str, file: &FileRow) -> Row {
    let path = String::from_utf8_lossy(&file.path).into_owned();
    let name = format::base_name(&path).to_owned();
    let cells = match &file.entry {
        None => vec![Cell::Named(Icon::Loss, name, None), Cell::Unknown, Cell::Unknown, Cell::Unknown, Cell::Unknown],
        Some(entry) => {
            let enters = (entry.kind == FileType::Directory).then(|| Route::Files {
                scope: Some(scope.to_owned()),
                path: file.path.clone(),
                at: None,
            });
            let shown = match &entry.link {
                Some(target) => format!("{name} → {target}"),
                None => name,
            };
            vec![
                Cell::Named(shape(entry), shown, enters),
                if entry.size.is_some() { Cell::Size(entry.size) } else { Cell::Nothing },
                Cell::Time(Some(format::milliseconds_of(entry.mtime_ns))),
                Cell::Mono(mode_text(entry)),
                Cell::Mono(format!("{}:{}", entry.uid, entry.gid)),
            ]
        }
    };
    Row { key: path, id: id(&file.path), cells }
}

fn shape(entry: &FileEntry) -> Icon {
    match entry.kind {
        FileType::Directory => Icon::Folder,
        FileType::File => Icon::File,
        FileType::Symlink => Icon::Link,
        _ if is_whiteout(entry) => Icon::Close,
        _ => Icon::Device,
    }
}

/// A name that is deleted in the layer: a character device 0:0.
pub fn is_whiteout(entry: &FileEntry) -> bool {
    entry.kind == FileType::CharDevice && entry.rdev == Some([0, 0])
}

/// Permission bits as `ls -l` writes them.
pub fn mode_text(entry: &FileEntry) -> String {
    let kind = match entry.kind {
        FileType::File => '-',
        FileType::Directory => 'd',
        FileType::Symlink => 'l',
        FileType::Fifo => 'p',
        FileType::CharDevice => 'c',
        FileType::BlockDevice => 'b',
        FileType::Socket => 's',
    };
    let mode = u32::from_str_radix(&entry.mode, 8).unwrap_or(0);
    let mut text = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (false, false) => '-',
            (false, true) => 'x',
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_read_as_ls_writes_them() {
        let entry = |kind, mode: &str| FileEntry {
            path: "/x".into(),
            path_hex: None,
            kind,
            mode: mode.into(),
            uid: 0,
            gid: 0,
            size: None,
            mtime_ns: 0,
            rdev: None,
            link: None,
            link_hex: None,
            nlink: None,
            hl: None,
            sha256: None,
            xattrs: Default::default(),
            overlay: Default::default(),
        };
        assert_eq!(mode_text(&entry(FileType::Directory, "1777")), "drwxrwxrwt");
        assert_eq!(mode_text(&entry(FileType::File, "4750")), "-rwsr-x---");
        assert_eq!(mode_text(&entry(FileType::File, "2640")), "-rw-r-S---");
    }

    #[test]
    fn an_id_keeps_every_byte() {
        let path: Vec<u8> = (0..=255).collect();
        assert_eq!(path_of(&id(&path)), Some(path));
    }
}
