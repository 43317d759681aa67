//! The content of a file on its way into a zip.

use flate2::Crc;

use crate::write::content::Content;
use crate::write::gzip::Deflate;

/// Zeros that are packed once and written wherever there are so many.
const ZEROS: u64 = 4 << 20;
/// Of holes so much is written in one step, counted in [`ZEROS`].
const MOST_AT_ONCE: u64 = 256;

/// Zeros that are packed once: holes may be of terabytes.
#[derive(Default)]
pub(super) struct Zeros(Option<(Vec<u8>, Crc)>);

impl Zeros {
    /// [`ZEROS`] zeros, packed so that they can stand anywhere, and their CRC.
    fn get(&mut self) -> &(Vec<u8>, Crc) {
        self.0.get_or_insert_with(|| {
            let zeros = vec![0; usize::try_from(ZEROS).unwrap_or(0)];
            let (mut deflate, mut sum, mut packed) = (Deflate::new(), Crc::new(), Vec::new());
            sum.update(&zeros);
            deflate.pack(&zeros, &mut packed);
            deflate.part(&mut packed);
            (packed, sum)
        })
    }
}

/// A file that is being packed.
pub(super) struct Packing {
    content: Content,
    deflate: Deflate,
    sum: Crc,
    /// Zeros of a hole that are still to be packed.
    zeros: u64,
    packed: u64,
    size: u64,
    bytes: Vec<u8>,
}

/// What came of it.
pub(super) struct Packed {
    pub(super) content: Content,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// The packer, to be used again.
    pub(super) deflate: Deflate,
}

impl Packing {
    /// Packs this, whose holes are left out.
    pub(super) fn new(content: Content, deflate: Deflate) -> Packing {
        Packing { content, deflate, sum: Crc::new(), zeros: 0, packed: 0, size: 0, bytes: Vec::new() }
    }

    /// Puts the next bytes behind `out`; `false` when there are none any more.
    pub(super) fn step(&mut self, zeros: &mut Zeros, out: &mut Vec<u8>) -> Result<bool, careen_evidence::ReadError> {
        let start = out.len();
        let goes_on = if self.zeros > 0 {
            self.pack_zeros(zeros, out);
            true
        } else {
            self.bytes.clear();
            let before = self.content.position();
            let goes_on = self.content.step(&mut self.bytes)?;
            let length = self.bytes.len() as u64;
            let passed = self.content.position().saturating_sub(before);
            self.size = self.size.saturating_add(passed);
            self.zeros = passed.saturating_sub(length);
            self.sum.update(&self.bytes);
            self.deflate.pack(&self.bytes, out);
            goes_on
        };
        if !goes_on {
            self.deflate.finish(out);
        }
        self.packed = self.packed.saturating_add(out.len().saturating_sub(start) as u64);
        Ok(goes_on)
    }

    fn pack_zeros(&mut self, zeros: &mut Zeros, out: &mut Vec<u8>) {
        let count = self.zeros.checked_div(ZEROS).unwrap_or(0).min(MOST_AT_ONCE);
        if count > 0 {
            let (packed, sum) = zeros.get();
            self.deflate.part(out);
            for _ in 0..count {
                out.extend_from_slice(packed);
                self.sum.combine(sum);
            }
            self.zeros = self.zeros.saturating_sub(count.saturating_mul(ZEROS));
        } else {
            let zeros = vec![0; usize::try_from(self.zeros).unwrap_or(0)];
            self.sum.update(&zeros);
            self.deflate.pack(&zeros, out);
            self.zeros = 0;
        }
    }

    /// What came of it, once there is nothing more to read.
    pub(super) fn finish(self) -> Packed {
        let Packing { content, deflate, sum, packed, size, .. } = self;
        Packed { content, crc: sum.sum(), packed, size, deflate: deflate.again() }
    }
}
