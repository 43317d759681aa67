//! A filesystem as it is after its journal was replayed, without a byte written.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, ReadError};

use crate::journal::{JournalCopy, MAGIC};

/// The blocks of `base`, except those that have a newer copy in the journal.
pub(crate) struct Patched {
    base: Rc<dyn ByteSource>,
    journal: Rc<dyn ByteSource>,
    block_size: u64,
    blocks: BTreeMap<u64, JournalCopy>,
}

impl Patched {
    /// Lays `blocks` (filesystem block number → copy in `journal`) over `base`; block 0 begins at its first byte.
    pub(crate) fn new(
        base: Rc<dyn ByteSource>,
        journal: Rc<dyn ByteSource>,
        block_size: u32,
        blocks: BTreeMap<u64, JournalCopy>,
    ) -> Self {
        Patched { base, journal, block_size: u64::from(block_size.max(1)), blocks }
    }

    /// Reads a part of one replaced block, from `skip` bytes into it.
    fn read_copy(&self, copy: JournalCopy, skip: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.journal.read_exact_at(copy.offset.saturating_add(skip), buf)?;
        if copy.escaped {
            let lost = MAGIC.to_be_bytes();
            let rest = usize::try_from(skip).ok().and_then(|skip| lost.get(skip..)).unwrap_or(&[]);
            buf.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}

impl ByteSource for Patched {
    /// That of the base; longer if the base is cut off and the journal has blocks from beyond the cut.
    fn len(&self) -> u64 {
        let last = self.blocks.last_key_value().map_or(0, |(block, _)| block.saturating_add(1));
        self.base.len().max(last.saturating_mul(self.block_size))
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.saturating_add(buf.len() as u64);
        let first = offset.checked_div(self.block_size).unwrap_or(0);
        let after = end.div_ceil(self.block_size);
        let mut position = offset;
        let mut rest = buf;
        for (block, copy) in self.blocks.range(first..after.max(first)) {
            let block_start = block.saturating_mul(self.block_size);
            let block_end = block_start.saturating_add(self.block_size);
            let gap = take(&mut rest, block_start.saturating_sub(position));
            if !gap.is_empty() {
                self.base.read_exact_at(position, gap)?;
                position = block_start;
            }
            let part = take(&mut rest, block_end.saturating_sub(position));
            self.read_copy(*copy, position.saturating_sub(block_start), part)?;
            position = block_end;
        }
        if rest.is_empty() { Ok(()) } else { self.base.read_exact_at(position, rest) }
    }
}

/// Splits the first `length` bytes off `rest`, or as many as there are.
fn take<'a>(rest: &mut &'a mut [u8], length: u64) -> &'a mut [u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    let (head, tail) = std::mem::take(rest).split_at_mut(length);
    *rest = tail;
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten blocks of 8 bytes holding `b`; a journal of three blocks; blocks 2, 3 and 12 replaced, 3 escaped.
    fn patched() -> Patched {
        let mut journal = vec![b'x'; 8];
        journal.extend([0, 0, 0, 0, b'y', b'y', b'y', b'y']);
        journal.extend([b'z'; 8]);
        let blocks = [
            (2, JournalCopy { offset: 0, escaped: false }),
            (3, JournalCopy { offset: 8, escaped: true }),
            (12, JournalCopy { offset: 16, escaped: false }),
        ];
        Patched::new(Rc::new(vec![b'b'; 80]), Rc::new(journal), 8, blocks.into())
    }

    #[test]
    fn every_read_is_a_part_of_the_whole() {
        let mut whole = [b'b'; 80];
        whole[16..24].fill(b'x');
        whole[24..32].copy_from_slice(&[0xc0, 0x3b, 0x39, 0x98, b'y', b'y', b'y', b'y']);
        let patched = patched();
        for start in 0..=80_u8 {
            for end in start..=80 {
                let range = usize::from(start)..usize::from(end);
                let mut buf = vec![0; range.len()];
                patched.read_exact_at(u64::from(start), &mut buf).unwrap();
                assert_eq!(buf, whole[range.clone()], "{range:?}");
            }
        }
    }

    #[test]
    fn a_block_beyond_a_cut_base_is_there_and_the_gap_before_it_is_not() {
        let patched = patched();
        assert_eq!(patched.len(), 13 * 8);
        let mut buf = [0; 8];
        patched.read_exact_at(12 * 8, &mut buf).unwrap();
        assert_eq!(buf, [b'z'; 8]);
        assert!(patched.read_exact_at(11 * 8 + 4, &mut buf).is_err());
        assert!(patched.read_exact_at(12 * 8 + 1, &mut buf).is_err());
        assert!(patched.read_exact_at(u64::MAX - 3, &mut buf).is_err());
    }
}
