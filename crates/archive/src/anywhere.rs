//! Bytes of a packed file, read anywhere: later reads start where the one pass over it left a mark, or where one of the
//! last reads ended. What is common to gzip and zstd.

use std::cell::RefCell;
use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError, check_range};

/// What unpacks forward from a mark on.
pub(crate) trait Cursor: Sized {
    /// Where one can start.
    type Mark: Mark;
    /// Cursors kept where they stopped.
    const KEPT: usize;

    /// A cursor at a mark.
    fn at(source: Rc<dyn ByteSource>, mark: &Self::Mark) -> Self;

    /// Bytes of the output before it.
    fn output(&self) -> u64;

    /// Goes on to this position of the output, or to the end if that comes first.
    fn go_to(&mut self, position: u64);

    /// Fills `buf` as far as there is something.
    fn fill(&mut self, buf: &mut [u8]) -> usize;

    /// Why the file could not be read further.
    fn failure(self) -> Option<ReadError>;
}

/// A place at which unpacking can start.
pub(crate) trait Mark {
    /// Bytes of the output before it.
    fn output(&self) -> u64;
}

/// The marks of one pass, in the order of their output.
pub(crate) struct Marks<M> {
    pub(crate) list: Vec<M>,
    pub(crate) spacing: u64,
    most: usize,
}

impl<M: Mark> Marks<M> {
    /// None yet. `spacing` bytes of output are to lie between two of them; whenever there are more than `most`, it is
    /// doubled and every other one let go.
    pub(crate) fn new(spacing: u64, most: usize) -> Self {
        Marks { list: Vec::new(), spacing, most }
    }

    /// Whether a mark here would be far enough from the last one.
    pub(crate) fn is_due(&self, output: u64) -> bool {
        self.list.last().is_none_or(|last| output >= last.output().saturating_add(self.spacing))
    }

    /// Adds a mark behind the others.
    pub(crate) fn push(&mut self, mark: M) {
        self.list.push(mark);
        if self.list.len() > self.most {
            self.spacing = self.spacing.saturating_mul(2);
            let mut keep = false;
            self.list.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }
}

/// What a packed file holds, as far as it can be unpacked.
pub(crate) struct Unpacked<C: Cursor> {
    source: Rc<dyn ByteSource>,
    place: Place,
    length: u64,
    pub(crate) marks: Vec<C::Mark>,
    /// Used last, last.
    pub(crate) cursors: RefCell<Vec<C>>,
}

impl<C: Cursor> Unpacked<C> {
    /// The `length` bytes that a packed file at `place` holds.
    pub(crate) fn new(source: Rc<dyn ByteSource>, place: Place, length: u64, marks: Marks<C::Mark>) -> Self {
        Unpacked { source, place, length, marks: marks.list, cursors: RefCell::default() }
    }

    /// A cursor that stands at or before this position, as near as can be.
    pub(crate) fn cursor(&self, position: u64) -> Option<C> {
        let next = self.marks.partition_point(|mark| mark.output() <= position);
        let mark = self.marks.get(next.checked_sub(1)?)?;
        let mut cursors = self.cursors.borrow_mut();
        let fitting =
            cursors.iter().enumerate().filter(|(_, cursor)| (mark.output()..=position).contains(&cursor.output()));
        let nearest = fitting.max_by_key(|(_, cursor)| cursor.output()).map(|(at, _)| at);
        Some(match nearest {
            Some(at) => cursors.remove(at),
            None => C::at(Rc::clone(&self.source), mark),
        })
    }
}

impl<C: Cursor> ByteSource for Unpacked<C> {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        check_range(&self.place, offset, buf.len(), self.length)?;
        if buf.is_empty() {
            return Ok(());
        }
        let changed = || ReadError::io(&self.place, "it was longer when it was opened: the file has changed");
        let mut cursor = self.cursor(offset).ok_or_else(changed)?;
        cursor.go_to(offset);
        if cursor.output() != offset || cursor.fill(buf) != buf.len() {
            return Err(cursor.failure().unwrap_or_else(changed));
        }
        let mut cursors = self.cursors.borrow_mut();
        if cursors.len() >= C::KEPT {
            cursors.remove(0);
        }
        cursors.push(cursor);
        Ok(())
    }
}
