//! Answers about files.

use std::str::FromStr;

use careen_evidence::{ErrorKind, Findings, Kind, ReadError};
use careen_protocol::{FileColumn, Order, Reply, Rows};
use careen_survey::Scope;
use careen_survey::list::{self, ListOptions};

use crate::directory::{Directory, OpenFile};
use crate::session::OpenDisk;
use crate::work;

/// Most bytes given at once, whatever is asked for.
const PIECE: u64 = 16 << 20;

/// A stretch of a directory.
pub fn directory_rows(
    disk: &mut OpenDisk,
    scope: &str,
    path: &[u8],
    order: Order<FileColumn>,
    filter: &str,
    from: u64,
    count: u64,
) -> Result<Reply, ReadError> {
    let mut findings = Findings::new();
    if disk.directory.as_ref().is_none_or(|open| !open.is(scope, path)) {
        let overlay_marks = Scope::from_str(scope)?.shows_overlay_marks();
        let tree = disk.tree(scope)?;
        let options = ListOptions { overlay_marks, ..ListOptions::default() };
        let opened = Directory::open(scope, path, tree, options, &mut findings);
        disk.session.absorb(std::mem::take(&mut findings));
        disk.directory = Some(opened?);
    }
    let rows = disk.directory.as_mut().map(|open| open.rows(order, filter, from, count, &mut findings));
    disk.session.absorb(findings);
    let (total, files) = rows.unwrap_or_default();
    Ok(Reply::Rows { total, from, rows: Rows::Files(files) })
}

/// A piece of a file, and the file's whole length.
pub fn read_file(
    disk: &mut OpenDisk,
    scope: &str,
    path: &[u8],
    offset: u64,
    length: u64,
) -> Result<(u64, Vec<u8>), ReadError> {
    if disk.reading.as_ref().is_none_or(|open| open.scope != scope || open.path != path) {
        let tree = disk.tree(scope)?;
        let mut findings = Findings::new();
        let content = list::find(&*tree, path, &mut findings).and_then(|node| {
            let kind = tree.stat(node, &mut findings)?.kind;
            if kind != Kind::File {
                let text = format!("content of a {kind:?}, expected a regular file");
                return Err(ReadError::new(ErrorKind::Unsupported(text), tree.place(node)));
            }
            tree.open(node, &mut findings)
        });
        disk.session.absorb(findings);
        disk.reading = Some(OpenFile { scope: scope.to_owned(), path: path.to_vec(), content: content? });
    }
    let Some(OpenFile { content, .. }) = &disk.reading else { return Ok((0, Vec::new())) };
    let total = content.len();
    let left = total.saturating_sub(offset).min(length).min(PIECE);
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(0)];
    content.read_exact_at(offset.min(total), &mut bytes)?;
    Ok((total, bytes))
}

/// What fills the disk: counted once, then remembered.
pub fn space(disk: &mut OpenDisk) -> Result<Reply, ReadError> {
    let space = match disk.space.take() {
        Some(space) => space,
        None => disk.session.space(&mut work::tell_progress())?,
    };
    disk.space = Some(space.clone());
    Ok(Reply::Space(Box::new(space)))
}
