//! What is known only at the end, kept packed until then: the list of names, the manifest.

use flate2::{Crc, Decompress, FlushDecompress};
use sha2::{Digest, Sha256};

use crate::write::content::hex;
use crate::write::gzip::Deflate;

/// Bytes unpacked at a time.
const PIECE: usize = 1 << 20;

/// Text that is packed as it comes.
pub(super) struct Kept {
    deflate: Deflate,
    sum: Crc,
    digest: Sha256,
    size: u64,
    packed: Vec<u8>,
}

/// The same, complete.
pub(super) struct Complete {
    pub(super) crc: u32,
    pub(super) sha256: String,
    pub(super) size: u64,
    pub(super) packed: Vec<u8>,
}

impl Kept {
    pub(super) fn new() -> Kept {
        Kept { deflate: Deflate::new(), sum: Crc::new(), digest: Sha256::new(), size: 0, packed: Vec::new() }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.sum.update(bytes);
        self.digest.update(bytes);
        self.size = self.size.saturating_add(bytes.len() as u64);
        self.deflate.pack(bytes, &mut self.packed);
    }

    /// Memory it takes.
    pub(super) fn length(&self) -> usize {
        self.packed.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// What was added, and an empty one in its place.
    pub(super) fn take(&mut self) -> Complete {
        let Kept { mut deflate, sum, digest, size, mut packed } = std::mem::replace(self, Kept::new());
        deflate.finish(&mut packed);
        Complete { crc: sum.sum(), sha256: hex(&digest.finalize()), size, packed }
    }
}

/// Packed text that is unpacked again.
pub(super) struct Unpacking {
    packed: Vec<u8>,
    inflate: Decompress,
}

impl Unpacking {
    pub(super) fn new(complete: Complete) -> Unpacking {
        Unpacking { packed: complete.packed, inflate: Decompress::new(false) }
    }

    /// Puts the next bytes behind `out`; `false` when there are none any more.
    pub(super) fn step(&mut self, out: &mut Vec<u8>) -> bool {
        let (start, before) = (out.len(), self.inflate.total_out());
        out.resize(start.saturating_add(PIECE), 0);
        let at = usize::try_from(self.inflate.total_in()).unwrap_or(usize::MAX);
        let ahead = self.packed.get(at..).unwrap_or_default();
        // It was packed here, so it cannot be damaged.
        let _ = self.inflate.decompress(ahead, out.get_mut(start..).unwrap_or_default(), FlushDecompress::None);
        let count = usize::try_from(self.inflate.total_out().saturating_sub(before)).unwrap_or(0);
        out.truncate(start.saturating_add(count));
        count > 0
    }
}
