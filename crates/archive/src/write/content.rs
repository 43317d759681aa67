//! The content of one file on its way into an archive.

use std::ops::Range;
use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::write::OnDamage;

/// Bytes read at once, and the most that one step puts out.
pub(crate) const STEP: u64 = 4 << 20;
/// Where a stretch cannot be read, it is divided down to pieces of this size: the smallest that a filesystem loses.
const SMALLEST: usize = 1 << 10;
/// Stretches of a map that one step puts out.
const MOST_OF_MAP: usize = 1 << 15;
/// Zeros of holes that are still hashed. A file may claim to be of 16 TiB and hold nothing.
const MOST_ZEROS: u64 = 16 << 30;
/// Gaps of one file that are told one by one.
const MOST_GAPS: usize = 10_000;

/// A stretch of a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Gap {
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) reason: String,
}

/// Where a file has data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Its length.
    pub(crate) size: u64,
    /// Bytes of all stretches with data.
    pub(crate) data: u64,
    /// Number of stretches.
    pub(crate) stretches: u64,
    /// Digits and line feeds that the map of the stretches takes.
    map: u64,
}

impl Layout {
    pub(crate) fn of(source: &dyn ByteSource) -> Layout {
        let mut layout = Layout { size: source.len(), data: 0, stretches: 0, map: 0 };
        let mut text = Vec::new();
        for stretch in stretches(source) {
            let length = stretch.end.saturating_sub(stretch.start);
            layout.data = layout.data.saturating_add(length);
            layout.stretches = layout.stretches.saturating_add(1);
            text.clear();
            put_pair(&stretch, &mut text);
            layout.map = layout.map.saturating_add(text.len() as u64);
        }
        layout
    }

    /// Whether it has holes.
    pub(crate) fn is_sparse(&self) -> bool {
        self.data < self.size
    }

    /// Puts a part of the map of a sparse file behind `out`, as GNU tar's format 1.0 has it: number of stretches, then
    /// offset and length of each, in decimal digits, each followed by a line feed; the last one is empty and says where
    /// the file ends. Where the next part begins in the file; `None` after the last one, with the filling behind it.
    pub(crate) fn put_map(&self, source: &dyn ByteSource, from: u64, out: &mut Vec<u8>) -> Option<u64> {
        if from == 0 {
            out.extend_from_slice(format!("{}\n", self.stretches.saturating_add(1)).as_bytes());
        }
        let mut next = from;
        for _ in 0..MOST_OF_MAP {
            let Some(stretch) = stretch_from(source, next) else {
                put_pair(&(self.size..self.size), out);
                super::header::pad(out, self.bare_map_length());
                return None;
            };
            put_pair(&stretch, out);
            next = stretch.end;
        }
        Some(next)
    }

    fn bare_map_length(&self) -> u64 {
        let mut ends = format!("{}\n", self.stretches.saturating_add(1)).into_bytes();
        put_pair(&(self.size..self.size), &mut ends);
        self.map.saturating_add(ends.len() as u64)
    }

    /// Length of that map with the filling behind it.
    pub(crate) fn map_length(&self) -> u64 {
        self.bare_map_length().div_ceil(512).saturating_mul(512)
    }
}

fn put_pair(stretch: &Range<u64>, out: &mut Vec<u8>) {
    let length = stretch.end.saturating_sub(stretch.start);
    out.extend_from_slice(format!("{}\n{length}\n", stretch.start).as_bytes());
}

/// The stretches of a source with data, in order, with holes between any two of them.
fn stretches(source: &dyn ByteSource) -> impl Iterator<Item = Range<u64>> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        let stretch = stretch_from(source, next)?;
        next = stretch.end;
        Some(stretch)
    })
}

fn stretch_from(source: &dyn ByteSource, offset: u64) -> Option<Range<u64>> {
    let within = |stretch: Range<u64>| {
        let stretch = stretch.start..stretch.end.min(source.len());
        (stretch.start < stretch.end).then_some(stretch)
    };
    let mut stretch = source.data_from(offset).and_then(within)?;
    while let Some(next) = source.data_from(stretch.end).and_then(within).filter(|next| next.start == stretch.end) {
        stretch.end = next.end;
    }
    Some(stretch)
}

/// What is written where the file has a hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holes {
    /// Zeros.
    Filled,
    /// Nothing.
    LeftOut,
}

/// A file that is being read from its start to its end.
pub(crate) struct Content {
    source: Rc<dyn ByteSource>,
    place: Place,
    holes: Holes,
    on_damage: OnDamage,
    position: u64,
    /// The next data; empty at the end of the file when there is none.
    stretch: Range<u64>,
    digest: Sha256,
    hashes_zeros: bool,
    gaps: Vec<Gap>,
    written: u64,
}

/// What was seen of a file that was read to its end.
pub(crate) struct Seen {
    /// sha256 of its content in hexadecimal, or of its data alone.
    pub(crate) sha256: String,
    /// Whether the zeros of its holes are part of that.
    pub(crate) is_of_all: bool,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
}

impl Content {
    pub(crate) fn new(source: Rc<dyn ByteSource>, place: Place, holes: Holes, on_damage: OnDamage) -> Content {
        let layout = Layout::of(&*source);
        let hashes_zeros = layout.size.saturating_sub(layout.data) <= MOST_ZEROS;
        let mut content = Content {
            source,
            place,
            holes,
            on_damage,
            position: 0,
            stretch: 0..0,
            digest: Sha256::new(),
            hashes_zeros,
            gaps: Vec::new(),
            written: 0,
        };
        content.find_stretch();
        content
    }

    fn find_stretch(&mut self) {
        let end = self.source.len();
        self.stretch = self.source.data_from(self.position).map_or(end..end, |found| found.start..found.end.min(end));
    }

    /// Puts the next bytes behind `out`, at most [`STEP`]; `false` when there are none any more. A step may put nothing
    /// out where zeros are hashed alone.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>) -> Result<bool, ReadError> {
        if self.position >= self.source.len() {
            return Ok(false);
        }
        let is_hole = self.position < self.stretch.start;
        let end = if is_hole { self.stretch.start } else { self.stretch.end };
        if is_hole && self.holes == Holes::LeftOut && !self.hashes_zeros {
            self.position = end;
            return Ok(true);
        }
        let count = end.saturating_sub(self.position).min(STEP);
        let start = out.len();
        out.resize(start.saturating_add(usize::try_from(count).unwrap_or(0)), 0);
        let Some(buf) = out.get_mut(start..) else { return Ok(false) };
        if !is_hole {
            read(&*self.source, self.position, buf, self.on_damage, &mut self.gaps).map_err(|error| {
                if error.place.as_str().is_empty() { ReadError { place: self.place.clone(), ..error } } else { error }
            })?;
        }
        if !is_hole || self.hashes_zeros {
            self.digest.update(&*buf);
        }
        if is_hole && self.holes == Holes::LeftOut {
            out.truncate(start);
        }
        self.written = self.written.saturating_add(out.len().saturating_sub(start) as u64);
        self.position = self.position.saturating_add(count);
        if self.position >= self.stretch.end {
            self.find_stretch();
        }
        Ok(true)
    }

    /// How far the file was read.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes that were put out.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// What was seen, once there is nothing more to read.
    pub(crate) fn finish(self) -> Seen {
        Seen { sha256: hex(&self.digest.finalize()), is_of_all: self.hashes_zeros, gaps: self.gaps }
    }
}

/// Fills `buf`. Where that fails and gaps may be, what cannot be read is filled with zeros and noted.
fn read(
    source: &dyn ByteSource,
    offset: u64,
    buf: &mut [u8],
    on_damage: OnDamage,
    gaps: &mut Vec<Gap>,
) -> Result<(), ReadError> {
    let error = match source.read_exact_at(offset, buf) {
        Ok(()) => return Ok(()),
        Err(error) if error.is_cancelled() || on_damage != OnDamage::Gaps => return Err(error),
        Err(error) => error,
    };
    let half = buf.len().checked_div(2).and_then(|half| half.checked_next_multiple_of(SMALLEST)).unwrap_or(buf.len());
    match buf.split_at_mut_checked(half).filter(|(_, after)| !after.is_empty()) {
        Some((before, after)) => {
            read(source, offset, before, on_damage, gaps)?;
            read(source, offset.saturating_add(half as u64), after, on_damage, gaps)
        }
        None => {
            buf.fill(0);
            note(gaps, Gap { offset, length: buf.len() as u64, reason: error.to_string() });
            Ok(())
        }
    }
}

/// Adds a gap; one that follows the last is joined to it. When there are too many, the last one grows over what lies
/// between.
fn note(gaps: &mut Vec<Gap>, gap: Gap) {
    let is_full = gaps.len() >= MOST_GAPS;
    match gaps.last_mut() {
        Some(last) if is_full || last.offset.saturating_add(last.length) == gap.offset => {
            last.length = gap.offset.saturating_add(gap.length).saturating_sub(last.offset);
        }
        _ => gaps.push(gap),
    }
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// 10 MiB: zeros up to 5 MiB, then sevens, of which the second KiB cannot be read.
    struct Torn;

    impl ByteSource for Torn {
        fn len(&self) -> u64 {
            10 << 20
        }
        fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            let bad = (5 << 20) + 1024..(5 << 20) + 2048;
            if offset < bad.end && offset + buf.len() as u64 > bad.start {
                return Err(ReadError::io(&Place::new("sector"), "gone"));
            }
            buf.fill(7);
            Ok(())
        }
        fn data_from(&self, offset: u64) -> Option<Range<u64>> {
            (offset < 10 << 20).then_some(offset.max(5 << 20)..10 << 20)
        }
    }

    fn read_all(holes: Holes, on_damage: OnDamage) -> Result<(Vec<u8>, Seen), ReadError> {
        let mut content = Content::new(Rc::new(Torn), Place::new("file"), holes, on_damage);
        let mut out = Vec::new();
        loop {
            let before = out.len();
            if !content.step(&mut out)? {
                return Ok((out, content.finish()));
            }
            assert!(out.len() - before <= 4 << 20);
        }
    }

    #[test]
    fn what_cannot_be_read_is_a_gap_of_the_smallest_size() {
        let (out, seen) = read_all(Holes::Filled, OnDamage::Gaps).unwrap();
        let gap = Gap { offset: (5 << 20) + 1024, length: 1024, reason: "sector: gone".into() };
        assert_eq!((out.len(), seen.gaps), (10 << 20, vec![gap]));
        assert_eq!((out[5 << 20], out[(5 << 20) + 1024], out[(5 << 20) + 2048]), (7, 0, 7));
        assert!(read_all(Holes::Filled, OnDamage::Skip).is_err());
    }

    #[test]
    fn holes_are_left_out_and_hashed_all_the_same() {
        let (out, seen) = read_all(Holes::LeftOut, OnDamage::Gaps).unwrap();
        assert_eq!(out.len(), 5 << 20);
        assert_eq!(seen.sha256, read_all(Holes::Filled, OnDamage::Gaps).unwrap().1.sha256);
    }

    #[test]
    fn the_map_of_a_sparse_file_is_as_long_as_was_told() {
        let layout = Layout::of(&Torn);
        assert_eq!((layout.size, layout.data, layout.is_sparse()), (10 << 20, 5 << 20, true));
        let mut out = Vec::new();
        assert_eq!(layout.put_map(&Torn, 0, &mut out), None);
        assert_eq!(out.len() as u64, layout.map_length());
        assert!(out.starts_with(b"2\n5242880\n5242880\n10485760\n0\n\0"));
    }
}
