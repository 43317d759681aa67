//! What is in a scope's file tree: its names, and the bytes of one file.

use std::ffi::OsStr;

use careen_evidence::{ByteSource, Findings, Kind, ReadError};
use careen_survey::list::{ListOptions, find, list};
use careen_survey::{Options, Scope, Session};

use super::{Answer, Failure, told_of_part};
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// Bytes copied at a time.
const COPY_CHUNK: u64 = 4 << 20;

/// Bytes copied at a time where a whole chunk cannot be read: the smallest thing a filesystem loses.
const COPY_STEP: u64 = 1 << 10;

/// `careen ls`.
pub(super) fn ls(
    input: Input<'_>,
    scope: &Scope,
    path: &OsStr,
    options: ListOptions,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let session = opened(input, path)?;
    let mut findings = Findings::new();
    let tree = session.tree(scope, &mut findings)?;
    let Options { limits, cancel, .. } = session.options();
    // The walk knows only read errors; a failure to write ends it through the token and is told afterwards.
    let mut failure = None;
    let listed = list(&*tree, path.as_encoded_bytes(), options, limits, cancel, &mut findings, &mut |entry| {
        let written = if json { out.json(&entry, true) } else { out.line(&tables::file(&entry)) };
        if let Err(error) = written {
            failure = Some(error);
            cancel.cancel();
        }
        Ok(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    listed?;
    Ok(told_of_part(&session, &findings))
}

/// `careen versions`: what stood at a path in the layers of an image or a container.
pub(super) fn versions(
    input: Input<'_>,
    scope: &Scope,
    path: &OsStr,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let session = opened(input, path)?;
    let mut findings = Findings::new();
    let versions = session.versions(scope, path.as_encoded_bytes(), &mut findings)?;
    if json {
        out.json(&versions, false)?;
    } else {
        out.bytes(tables::versions(&versions).as_bytes())?;
    }
    Ok(told_of_part(&session, &findings))
}

/// `careen cat`: the bytes of a file up to its end, or up to the first that cannot be read.
pub(super) fn cat(input: Input<'_>, scope: &Scope, path: &OsStr, out: &mut Output) -> Result<Answer, Failure> {
    let session = opened(input, path)?;
    let mut findings = Findings::new();
    let tree = session.tree(scope, &mut findings)?;
    let node = find(&*tree, path.as_encoded_bytes(), &mut findings)?;
    let kind = tree.stat(node, &mut findings)?.kind;
    if kind != Kind::File {
        let what = format!("{path:?} is no regular file but a {}", tables::kind_name(kind));
        return Err(ReadError::unsupported(&tree.place(node), what).into());
    }
    let content = tree.open(node, &mut findings)?;
    copy(&*content, &mut |bytes| out.bytes(bytes))?;
    Ok(told_of_part(&session, &findings))
}

/// The disk. Who asks for `lost+found` is shown what no directory names, at the price of a look at all inodes.
fn opened(input: Input<'_>, path: &OsStr) -> Result<Session, ReadError> {
    let mut session = input.open(&mut Reporter::new())?;
    let mut names = path.as_encoded_bytes().split(|byte| *byte == b'/').filter(|name| !name.is_empty());
    if names.next() == Some(b"lost+found") {
        session.look_for_strays()?;
    }
    Ok(session)
}

/// Hands out all bytes in order. Where one cannot be read the bytes before it are handed out, then the error: what
/// comes after it would stand in the wrong place.
fn copy(content: &dyn ByteSource, write: &mut dyn FnMut(&[u8]) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut buffer = Vec::new();
    let (mut position, mut chunk) = (0, COPY_CHUNK);
    while position < content.len() {
        let count = content.len().saturating_sub(position).min(chunk);
        buffer.resize(usize::try_from(count).unwrap_or(0), 0);
        match content.read_exact_at(position, &mut buffer) {
            Ok(()) => write(&buffer)?,
            Err(error) if chunk == COPY_STEP || error.is_cancelled() => return Err(error.into()),
            Err(_) => {
                chunk = COPY_STEP;
                continue;
            }
        }
        position = position.saturating_add(count);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use careen_evidence::{Place, ReadError};

    use super::*;

    /// A file of 5 MiB whose bytes from 4 MiB + 3000 on cannot be read.
    struct Torn;

    const READABLE: u64 = (4 << 20) + 3000;

    impl ByteSource for Torn {
        fn len(&self) -> u64 {
            5 << 20
        }

        fn read_exact_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
            if position.saturating_add(buffer.len() as u64) > READABLE {
                return Err(ReadError::corrupt(&Place::new("torn"), "gone"));
            }
            buffer.fill(7);
            Ok(())
        }
    }

    #[test]
    fn what_stands_before_the_first_unreadable_byte_is_copied() {
        let mut copied = 0;
        let ended = copy(&Torn, &mut |bytes| {
            copied += bytes.len() as u64;
            Ok(())
        });
        assert!(matches!(ended, Err(Failure::Read(_))));
        assert_eq!(copied, READABLE / COPY_STEP * COPY_STEP);
    }
}
