//! Bytes that can be read anywhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use careen_model::Place;

use crate::{Limits, ReadError};

/// A run of bytes, read at positions.
///
/// Positional and by shared reference: readers of one disk stand at many places at once, and a browser's `File`
/// has no position anyway. Synchronous, because parsers are; the browser gives synchronous reads in a worker.
/// Copies into the caller's buffer, so no reader holds the disk's memory.
pub trait ByteSource {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` with the bytes from `offset` (from the start of this source). Never fewer, never other bytes:
    /// what cannot be read is an error, not zeros.
    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError>;

    /// The first stretch from `offset` on that may hold anything but zeros; `None` when only zeros follow. What lies
    /// between stretches is a hole, which is known without reading. Bytes that cannot be read are no hole.
    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        (offset < self.len()).then(|| offset..self.len())
    }
}

impl<T: ByteSource + ?Sized> ByteSource for Rc<T> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        (**self).read_exact_at(offset, buf)
    }

    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        (**self).data_from(offset)
    }
}

/// Bytes in memory: tests, and small structures that were put together from pieces.
impl ByteSource for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let found = usize::try_from(offset).ok().and_then(|start| self.get(start..start.checked_add(buf.len())?));
        match found {
            Some(bytes) => {
                buf.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(beyond_end(&Place::default(), offset, buf.len(), self.as_slice().len() as u64)),
        }
    }
}

/// The end of a read of `length` bytes at `offset`, which must not lie beyond `end`, the end of what is read.
pub fn check_range(place: &Place, offset: u64, length: usize, end: u64) -> Result<u64, ReadError> {
    let stop = offset.checked_add(length as u64).filter(|stop| *stop <= end);
    stop.ok_or_else(|| beyond_end(place, offset, length, end))
}

fn beyond_end(place: &Place, offset: u64, length: usize, end: u64) -> ReadError {
    ReadError::corrupt(place, format_args!("{length} bytes at offset {offset:#x} lie beyond the end at {end:#x}"))
}

/// `length` bytes from `offset` as a vector; refuses more than `limits.bytes` before it allocates, and a range beyond
/// the end of the source before it reads.
pub fn read_vec(
    source: &dyn ByteSource,
    place: &Place,
    offset: u64,
    length: u64,
    limits: &Limits,
) -> Result<Vec<u8>, ReadError> {
    let over = || ReadError::over_limit(place, format_args!("{length} bytes at once, the limit is {}", limits.bytes));
    let size = usize::try_from(length).ok().filter(|_| length <= limits.bytes).ok_or_else(over)?;
    if offset.checked_add(length).is_none_or(|end| end > source.len()) {
        return Err(beyond_end(place, offset, size, source.len()));
    }
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(size).map_err(|_| over())?;
    bytes.resize(size, 0);
    source.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// A part of a source as a source of its own.
pub struct Window {
    inner: Rc<dyn ByteSource>,
    place: Place,
    start: u64,
    length: u64,
}

impl Window {
    /// `length` bytes of `inner` from `start`. A window may reach beyond the end of `inner` (a cut disk): it keeps the
    /// length it was given, and reading there is an error at `place`.
    pub fn new(inner: Rc<dyn ByteSource>, place: Place, start: u64, length: u64) -> Self {
        Window { inner, place, start, length }
    }
}

impl ByteSource for Window {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.checked_add(buf.len() as u64);
        match (end, self.start.checked_add(offset)) {
            (Some(end), Some(position)) if end <= self.length => {
                if position.checked_add(buf.len() as u64).is_none_or(|end| end > self.inner.len()) {
                    return Err(beyond_end(&self.place, position, buf.len(), self.inner.len()));
                }
                self.inner.read_exact_at(position, buf)
            }
            _ => Err(beyond_end(&self.place, offset, buf.len(), self.length)),
        }
    }
}

/// What was asked of a source so far.
#[derive(Clone, Debug, Default)]
pub struct Counts(Rc<(Cell<u64>, Cell<u64>)>);

impl Counts {
    /// Bytes read.
    pub fn bytes(&self) -> u64 {
        self.0.0.get()
    }

    /// Reads made.
    pub fn requests(&self) -> u64 {
        self.0.1.get()
    }
}

/// Counts what is read from a source, in how many requests.
pub struct Counted {
    inner: Rc<dyn ByteSource>,
    counts: Counts,
}

impl Counted {
    /// A counting wrapper; `counts` can be read while others read the source.
    pub fn new(inner: Rc<dyn ByteSource>, counts: Counts) -> Self {
        Counted { inner, counts }
    }
}

impl ByteSource for Counted {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let (bytes, requests) = &*self.counts.0;
        bytes.set(bytes.get().saturating_add(buf.len() as u64));
        requests.set(requests.get().saturating_add(1));
        self.inner.read_exact_at(offset, buf)
    }
}

/// Keeps recently read lines of a source, so that small neighboring reads become one request.
///
/// A read of at least one line goes to the source directly and is not kept: bulk data would only push out the
/// metadata the cache is for. Where a whole line cannot be read (a bad sector somewhere in it), only what was asked for
/// is read, so that the rest of the line stays readable.
pub struct Cached {
    inner: Rc<dyn ByteSource>,
    line: u64,
    capacity: usize,
    lines: RefCell<Lines>,
}

/// The bytes of a line; `None` when it cannot be read whole.
type Line = Option<Rc<[u8]>>;

#[derive(Default)]
struct Lines {
    /// Line number → line and the time of last use.
    kept: BTreeMap<u64, (Line, u64)>,
    clock: u64,
}

impl Cached {
    /// At most `capacity` lines of `line` bytes (at least one each) are kept.
    pub fn new(inner: Rc<dyn ByteSource>, line: u32, capacity: usize) -> Self {
        Cached { inner, line: u64::from(line.max(1)), capacity: capacity.max(1), lines: RefCell::default() }
    }

    /// The line with this number, from the cache or read now; the last line of a source is short. That it
    /// cannot be read whole is remembered too: a drive may try for seconds before it gives up.
    fn line(&self, number: u64) -> Result<Line, ReadError> {
        let mut lines = self.lines.borrow_mut();
        lines.clock = lines.clock.saturating_add(1);
        let now = lines.clock;
        if let Some((line, used)) = lines.kept.get_mut(&number) {
            *used = now;
            return Ok(line.clone());
        }
        drop(lines);
        let start = number.saturating_mul(self.line);
        let length = self.inner.len().saturating_sub(start).min(self.line);
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        let line: Line = match self.inner.read_exact_at(start, &mut bytes) {
            Ok(()) => Some(bytes.into()),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => None,
        };
        let mut lines = self.lines.borrow_mut();
        if lines.kept.len() >= self.capacity
            && let Some(oldest) = lines.kept.iter().min_by_key(|(_, (_, used))| *used).map(|(number, _)| *number)
        {
            lines.kept.remove(&oldest);
        }
        lines.kept.insert(number, (line.clone(), now));
        Ok(line)
    }
}

impl ByteSource for Cached {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let wanted = buf.len() as u64;
        // A read beyond the end is the inner source's to refuse.
        if wanted >= self.line || offset.checked_add(wanted).is_none_or(|end| end > self.inner.len()) {
            return self.inner.read_exact_at(offset, buf);
        }
        let mut position = offset;
        let mut rest = buf;
        while !rest.is_empty() {
            let number = position.checked_div(self.line).unwrap_or(0);
            let skip = position.saturating_sub(number.saturating_mul(self.line));
            let available = usize::try_from(self.line.saturating_sub(skip)).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at_mut(available.min(rest.len()));
            let end = skip.saturating_add(now.len() as u64);
            let range = usize::try_from(skip).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
            match self.line(number)?.as_deref().and_then(|line| line.get(range)) {
                Some(bytes) => now.copy_from_slice(bytes),
                None => self.inner.read_exact_at(position, now)?,
            }
            position = position.saturating_add(now.len() as u64);
            rest = later;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use super::*;

    fn bytes(length: usize) -> Rc<dyn ByteSource> {
        Rc::new((0..length).map(|i| i.to_le_bytes()[0]).collect::<Vec<u8>>())
    }

    #[test]
    fn a_window_reads_its_part_and_nothing_else() {
        let window = Window::new(bytes(100), Place::new("w"), 10, 20);
        let mut buf = [0; 3];
        window.read_exact_at(17, &mut buf).unwrap();
        assert_eq!(buf, [27, 28, 29]);
        assert!(window.read_exact_at(18, &mut buf).is_err());
        assert!(window.read_exact_at(u64::MAX, &mut buf).is_err());
    }

    #[test]
    fn a_window_over_a_cut_source_keeps_its_length_and_refuses_what_is_missing() {
        let window = Window::new(bytes(15), Place::new("w"), 10, 20);
        assert_eq!(window.len(), 20);
        let error = window.read_exact_at(4, &mut [0; 4]).unwrap_err();
        assert_eq!(error.to_string(), "w: 4 bytes at offset 0xe lie beyond the end at 0xf");
    }

    #[test]
    fn the_cache_gives_the_same_bytes_in_fewer_requests() {
        let counts = Counts::default();
        let cached = Cached::new(Rc::new(Counted::new(bytes(1000), counts.clone())), 64, 4);
        let plain = bytes(1000);
        for (offset, length) in [(0, 10), (5, 63), (60, 10), (990, 10), (936, 63), (100, 500), (0, 1)] {
            let (mut a, mut b) = (vec![0; length], vec![0; length]);
            cached.read_exact_at(offset, &mut a).unwrap();
            plain.read_exact_at(offset, &mut b).unwrap();
            assert_eq!(a, b, "offset {offset} length {length}");
        }
        // Lines 0, 1, 15 and 14 once each, and one direct read.
        assert_eq!(counts.requests(), 5);
        assert!(cached.read_exact_at(995, &mut [0; 10]).is_err());
    }

    /// 1000 bytes of which 100 to 103 cannot be read.
    struct BadSector(Rc<dyn ByteSource>);

    impl ByteSource for BadSector {
        fn len(&self) -> u64 {
            self.0.len()
        }

        fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            if offset < 104 && offset + buf.len() as u64 > 100 {
                return Err(ReadError::io(&Place::new("drive"), "bad sector"));
            }
            self.0.read_exact_at(offset, buf)
        }
    }

    #[test]
    fn a_bad_sector_takes_no_neighbors_with_it() {
        let counts = Counts::default();
        let cached = Cached::new(Rc::new(Counted::new(Rc::new(BadSector(bytes(1000))), counts.clone())), 64, 4);
        let mut buf = [0; 30];
        cached.read_exact_at(70, &mut buf).unwrap();
        assert_eq!(buf, std::array::from_fn(|i| 70 + i as u8));
        let error = cached.read_exact_at(90, &mut buf).unwrap_err();
        assert_eq!(error.to_string(), "drive: bad sector");
        cached.read_exact_at(104, &mut buf).unwrap();
        assert_eq!(buf, std::array::from_fn(|i| 104 + i as u8));
        // The line was tried once, then each range by itself, then the line behind it.
        assert_eq!(counts.requests(), 1 + 3 + 1);
    }

    #[test]
    fn the_cache_stays_within_its_capacity() {
        let cached = Cached::new(bytes(4096), 16, 3);
        for line in 0..200 {
            cached.read_exact_at(line * 16, &mut [0; 4]).unwrap();
        }
        assert_eq!(cached.lines.borrow().kept.len(), 3);
    }

    #[test]
    fn a_claimed_length_is_refused_before_it_is_allocated() {
        let limits = Limits { bytes: 50, ..Limits::default() };
        let place = Place::new("p");
        assert!(read_vec(&*bytes(100), &place, 0, 51, &limits).is_err());
        assert!(read_vec(&*bytes(100), &place, 60, 50, &limits).is_err());
        assert_eq!(read_vec(&*bytes(100), &place, 50, 50, &limits).unwrap().len(), 50);
    }
}
