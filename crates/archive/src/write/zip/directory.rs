//! The central directory, kept packed until everything else was written.

use super::kept::{Kept, Unpacking};
use super::records::{Record, put_end};

/// The entries so far, then what is being written of them.
pub(super) struct Directory {
    kept: Kept,
    count: u64,
    /// What is still to be written, and where it begins.
    ending: Option<(Box<Unpacking>, u64)>,
}

impl Directory {
    pub(super) fn new() -> Directory {
        Directory { kept: Kept::new(), count: 0, ending: None }
    }

    /// Adds an entry.
    pub(super) fn note(&mut self, record: &Record<'_>) {
        let mut entry = Vec::new();
        record.put_central(&mut entry);
        self.kept.add(&entry);
        self.count = self.count.saturating_add(1);
    }

    /// Puts the next bytes behind `out`, which stand at `position` of the zip; `false` when these were the last.
    pub(super) fn step(&mut self, position: u64, out: &mut Vec<u8>) -> bool {
        let kept = &mut self.kept;
        let (unpacking, start) = self.ending.get_or_insert_with(|| (Box::new(Unpacking::new(kept.take())), position));
        if unpacking.step(out) {
            return true;
        }
        put_end(self.count, position.saturating_sub(*start), *start, out);
        false
    }
}
