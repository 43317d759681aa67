//! Several sources one after another as one.

use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError, check_range};

/// Sources laid end to end.
pub(crate) struct Joined {
    /// Each with the offset after its last byte, in order.
    parts: Vec<(u64, Rc<dyn ByteSource>)>,
    length: u64,
    place: Place,
}

impl Joined {
    pub(crate) fn new(place: &Place) -> Self {
        Joined { parts: Vec::new(), length: 0, place: place.clone() }
    }

    /// Adds a source behind those that are there.
    pub(crate) fn push(&mut self, source: Rc<dyn ByteSource>) -> Result<(), ReadError> {
        let over = || ReadError::corrupt(&self.place, "its parts together are longer than a disk can be");
        self.length = self.length.checked_add(source.len()).ok_or_else(over)?;
        self.parts.push((self.length, source));
        Ok(())
    }
}

impl ByteSource for Joined {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        check_range(&self.place, offset, buf.len(), self.length)?;
        let (mut at, mut rest) = (offset, buf);
        let first = self.parts.partition_point(|(end, _)| *end <= offset);
        for (end, source) in self.parts.iter().skip(first) {
            if rest.is_empty() {
                break;
            }
            let start = end.saturating_sub(source.len());
            let count = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(rest.len());
            let (now, later) = rest.split_at_mut(count);
            if !now.is_empty() {
                source.read_exact_at(at.saturating_sub(start), now)?;
            }
            at = at.saturating_add(count as u64);
            rest = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_across_their_borders() {
        let mut joined = Joined::new(&Place::new("disk"));
        for part in [vec![1, 2, 3], vec![], vec![4], vec![5, 6]] {
            joined.push(Rc::new(part)).unwrap();
        }
        for start in 0..6 {
            for end in start..=6 {
                let mut bytes = vec![0; end - start];
                joined.read_exact_at(start as u64, &mut bytes).unwrap();
                assert_eq!(bytes, [1, 2, 3, 4, 5, 6][start..end]);
            }
        }
        assert!(joined.read_exact_at(5, &mut [0; 2]).is_err() && joined.read_exact_at(u64::MAX, &mut [0]).is_err());
    }
}
