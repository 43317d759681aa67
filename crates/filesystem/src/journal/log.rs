//! The log as a ring of blocks.

use careen_evidence::{ByteSource, Place, ReadError};

use super::superblock::Superblock;

/// The blocks of the journal by number; the log is the ring from `first` to `log_end`.
pub(super) struct Log<'a> {
    source: &'a dyn ByteSource,
    journal: &'a Place,
    pub(super) superblock: &'a Superblock,
}

impl<'a> Log<'a> {
    pub(super) fn new(source: &'a dyn ByteSource, journal: &'a Place, superblock: &'a Superblock) -> Self {
        Log { source, journal, superblock }
    }

    /// The place of a block: `journal block 812`.
    pub(super) fn place(&self, block: u32) -> Place {
        self.journal.then(format_args!("journal block {block}"))
    }

    /// Byte offset of a block from the start of the journal.
    pub(super) fn offset(&self, block: u32) -> u64 {
        u64::from(block).saturating_mul(u64::from(self.superblock.block_size))
    }

    /// The block after this one in the ring.
    pub(super) fn after(&self, block: u32) -> u32 {
        match block.checked_add(1) {
            Some(next) if next < self.superblock.log_end => next,
            _ => self.superblock.first,
        }
    }

    /// How many blocks the ring has.
    pub(super) fn capacity(&self) -> u32 {
        self.superblock.log_end.saturating_sub(self.superblock.first)
    }

    /// Room for one block.
    pub(super) fn buffer(&self) -> Vec<u8> {
        vec![0; usize::try_from(self.superblock.block_size).unwrap_or(0)]
    }

    /// Whether a block lies within the journal's bytes, which may be fewer than the superblock claims.
    pub(super) fn check_reach(&self, block: u32) -> Result<(), ReadError> {
        let end = self.offset(block).saturating_add(u64::from(self.superblock.block_size));
        if end <= self.source.len() {
            return Ok(());
        }
        let what = format_args!("journal block {block} lies beyond the journal's end at {:#x}", self.source.len());
        Err(ReadError::corrupt(&self.place(block), what))
    }

    /// Reads a block into a [`Log::buffer`].
    pub(super) fn read(&self, block: u32, buffer: &mut [u8]) -> Result<(), ReadError> {
        self.check_reach(block)?;
        self.source.read_exact_at(self.offset(block), buffer)
    }
}
