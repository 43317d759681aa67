//! The content of a file of which the archive keeps the pieces with data alone.

use std::ops::Range;
use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};

/// A stretch of a file that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where it begins in the file.
    pub(crate) offset: u64,
    /// How long it is; never 0.
    pub(crate) length: u64,
    /// Where its bytes begin in the archive.
    pub(crate) position: u64,
}

/// Puts pieces in order after one another from `position` on. The reason says why a map is none: pieces must go upward
/// within `real_size` and take no more than the `stored` bytes.
pub(crate) fn pieces(
    map: &[Option<(u64, u64)>],
    real_size: u64,
    position: u64,
    stored: u64,
) -> Result<Box<[Piece]>, String> {
    let (mut pieces, mut end, mut taken) = (Vec::new(), 0_u64, 0_u64);
    for piece in map {
        let (offset, length) = piece.ok_or("map of a sparse file: a value is no number")?;
        let position = position.checked_add(taken);
        let next = offset.checked_add(length).filter(|next| offset >= end && *next <= real_size);
        let (Some(next), Some(position)) = (next, position) else {
            return Err(format!(
                "map of a sparse file: {length} bytes at {offset} follow a piece that ends at {end}, expected pieces in \
                 order and an end of at most {real_size}"
            ));
        };
        end = next;
        taken = taken.saturating_add(length);
        if taken > stored {
            return Err(format!("map of a sparse file: pieces take {taken} bytes, {stored} are stored"));
        }
        if length > 0 {
            pieces.push(Piece { offset, length, position });
        }
    }
    Ok(pieces.into())
}

/// A file made of pieces, with zeros between them.
pub(crate) struct SparseFile {
    pub(crate) inner: Rc<dyn ByteSource>,
    pub(crate) place: Place,
    pub(crate) length: u64,
    pub(crate) pieces: Rc<[Piece]>,
}

impl ByteSource for SparseFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.checked_add(buf.len() as u64).filter(|end| *end <= self.length);
        let Some(end) = end else {
            let what = format_args!("{} bytes at offset {offset:#x} lie beyond the end", buf.len());
            return Err(ReadError::corrupt(&self.place, what));
        };
        buf.fill(0);
        let first = self.pieces.partition_point(|piece| piece.offset.saturating_add(piece.length) <= offset);
        for piece in self.pieces.iter().skip(first).take_while(|piece| piece.offset < end) {
            let from = piece.offset.max(offset);
            let to = piece.offset.saturating_add(piece.length).min(end);
            let range = [from, to].map(|at| usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX));
            let Some(part) = buf.get_mut(range[0]..range[1]) else { continue };
            let position = piece.position.saturating_add(from.saturating_sub(piece.offset));
            self.inner.read_exact_at(position, part).map_err(|error| ReadError::new(error.kind, self.place.clone()))?;
        }
        Ok(())
    }

    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        let first = self.pieces.partition_point(|piece| piece.offset.saturating_add(piece.length) <= offset);
        let piece = self.pieces.get(first)?;
        Some(piece.offset.max(offset)..piece.offset.saturating_add(piece.length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_zeros_and_pieces_their_bytes() {
        let map = [Some((2, 3)), Some((8, 0)), Some((8, 1))];
        let file = SparseFile {
            inner: Rc::new(b"..abcd".to_vec()),
            place: Place::new("f"),
            length: 10,
            pieces: pieces(&map, 10, 2, 4).unwrap().into(),
        };
        let mut all = [9; 10];
        file.read_exact_at(0, &mut all).unwrap();
        assert_eq!(&all, b"\0\0abc\0\0\0d\0");
        let mut part = [9; 5];
        file.read_exact_at(4, &mut part).unwrap();
        assert_eq!(&part, b"c\0\0\0d");
        assert!(file.read_exact_at(6, &mut part).is_err());
    }

    #[test]
    fn maps_that_cannot_be_are_refused() {
        let refused = |map: &[Option<(u64, u64)>]| pieces(map, 10, 0, 5).unwrap_err();
        assert!(refused(&[None]).contains("no number"));
        assert!(refused(&[Some((4, 2)), Some((3, 1))]).contains("follow a piece that ends at 6"));
        assert!(refused(&[Some((9, 2))]).contains("at most 10"));
        assert!(refused(&[Some((u64::MAX, 2))]).contains("at most 10"));
        assert!(refused(&[Some((0, 3)), Some((3, 3))]).contains("6 bytes, 5 are stored"));
    }
}
