//! A virtual disk whose bytes lie in pieces anywhere in a file.

use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError, check_range};

/// What a run of the virtual disk consists of.
pub(crate) enum Content {
    /// Zeros that are not stored.
    Zeros,
    /// Bytes of the file from this position.
    Stored(u64),
    /// Bytes of the disk below from this offset; zeros where that is shorter.
    Below(u64),
    /// Bytes that were unpacked, from this index on.
    Unpacked(Rc<[u8]>, usize),
}

/// A run of the virtual disk of one kind.
pub(crate) struct Run {
    /// Its length in bytes, at least 1.
    pub(crate) length: u64,
    pub(crate) content: Content,
}

/// A format's tables: where each byte of the virtual disk lies.
pub(crate) trait Mapping {
    /// Length of the virtual disk in bytes.
    fn virtual_size(&self) -> u64;

    /// The run that begins at `offset`, which is below the virtual size. It ends no later than the virtual disk, and a
    /// stored one no later than the file: bytes that are not there are an error at their own offset.
    fn run(&self, offset: u64) -> Result<Run, ReadError>;
}

/// The virtual disk of a mapping. Runs that follow each other in the file are read in one request.
pub(crate) struct Mapped<M> {
    pub(crate) mapping: M,
    pub(crate) file: Rc<dyn ByteSource>,
    /// The disk this one was made upon.
    pub(crate) below: Option<Rc<dyn ByteSource>>,
    pub(crate) place: Place,
}

impl<M: Mapping> Mapped<M> {
    fn read_below(&self, position: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let missing = || ReadError::corrupt(&self.place, "there is no disk below this one");
        let below = self.below.as_ref().ok_or_else(missing)?;
        let there = usize::try_from(below.len().saturating_sub(position)).unwrap_or(usize::MAX).min(buf.len());
        let (there, beyond) = buf.split_at_mut(there);
        beyond.fill(0);
        if there.is_empty() { Ok(()) } else { below.read_exact_at(position, there) }
    }
}

impl<M: Mapping> ByteSource for Mapped<M> {
    fn len(&self) -> u64 {
        self.mapping.virtual_size()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let size = self.len();
        check_range(&self.place, offset, buf.len(), size)?;
        let (mut at, mut rest, mut ahead) = (offset, buf, None);
        while !rest.is_empty() {
            let mut run = match ahead.take() {
                Some(run) => run,
                None => self.mapping.run(at)?,
            };
            if let Content::Stored(position) = run.content {
                while run.length < rest.len() as u64 {
                    let next = self.mapping.run(at.saturating_add(run.length))?;
                    match next.content {
                        Content::Stored(following) if following == position.saturating_add(run.length) => {
                            run.length = run.length.saturating_add(next.length.max(1));
                        }
                        _ => {
                            ahead = Some(next);
                            break;
                        }
                    }
                }
            }
            let count = usize::try_from(run.length).unwrap_or(usize::MAX).clamp(1, rest.len());
            let (now, later) = rest.split_at_mut(count);
            match run.content {
                Content::Zeros => now.fill(0),
                Content::Stored(position) => self.file.read_exact_at(position, now)?,
                Content::Below(position) => self.read_below(position, now)?,
                Content::Unpacked(bytes, from) => {
                    let found = bytes.get(from..).and_then(|bytes| bytes.get(..count));
                    let missing = || ReadError::corrupt(&self.place, "an unpacked cluster is shorter than its run");
                    now.copy_from_slice(found.ok_or_else(missing)?);
                }
            }
            rest = later;
            at = at.saturating_add(count as u64);
        }
        Ok(())
    }
}
