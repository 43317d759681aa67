//! The write-ahead log (4 of the file format): pages that stand in the place of the database's own, up to the last commit
//! whose checksums hold.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

const HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;
const VERSION: u32 = 3_007_000;

/// The pages of a log.
pub struct Wal {
    source: Rc<dyn ByteSource>,
    place: Place,
    limits: Limits,
    /// Bytes of a page.
    pub page_size: u64,
    /// Pages of the database after the last commit.
    pub pages: u32,
    /// Page number → offset of its newest committed content in the log.
    frames: BTreeMap<u32, u64>,
}

/// The running checksum of a log (4.2): two sums over pairs of words.
#[derive(Clone, Copy)]
struct Sum {
    is_big_endian: bool,
    s0: u32,
    s1: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.as_chunks::<8>().0 {
            let [a, b, c, d, e, f, g, h] = *pair;
            let read = if self.is_big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
            self.s0 = self.s0.wrapping_add(read([a, b, c, d])).wrapping_add(self.s1);
            self.s1 = self.s1.wrapping_add(read([e, f, g, h])).wrapping_add(self.s0);
        }
    }

    fn is(&self, s0: u32, s1: u32) -> bool {
        (self.s0, self.s1) == (s0, s1)
    }
}

impl Wal {
    /// The log in these bytes; `None` when nothing in it was committed, so that the database counts alone.
    pub fn read(source: Rc<dyn ByteSource>, place: &Place, limits: &Limits) -> Result<Option<Self>, ReadError> {
        if source.len() < HEADER {
            return Ok(None);
        }
        let header = read_vec(&*source, place, 0, HEADER, limits)?;
        let fields = Fields::new("wal header", place, &header);
        let is_big_endian = match fields.u32_be(0)? {
            0x377f_0682 => false,
            0x377f_0683 => true,
            // A log that was never begun, or was reset, is as good as none.
            _ => return Ok(None),
        };
        let (version, page_size) = (fields.u32_be(4)?, u64::from(fields.u32_be(8)?));
        let salts = [fields.u32_be(16)?, fields.u32_be(20)?];
        let mut sum = Sum { is_big_endian, s0: 0, s1: 0 };
        sum.add(fields.bytes(0, 24)?);
        let is_page_size = page_size.is_power_of_two() && (512..=1 << 16).contains(&page_size);
        if version != VERSION || !is_page_size || !sum.is(fields.u32_be(24)?, fields.u32_be(28)?) {
            return Ok(None);
        }
        let mut wal =
            Wal { source, place: place.clone(), limits: *limits, page_size, pages: 0, frames: BTreeMap::new() };
        wal.read_frames(sum, salts)?;
        Ok((wal.pages > 0).then_some(wal))
    }

    /// Frames are valid as long as their salts are those of the header and the checksum runs on; those after the last
    /// commit never happened.
    fn read_frames(&mut self, mut sum: Sum, salts: [u32; 2]) -> Result<(), ReadError> {
        let mut uncommitted: BTreeMap<u32, u64> = BTreeMap::new();
        let length = FRAME_HEADER.saturating_add(self.page_size);
        let mut offset = HEADER;
        while offset.saturating_add(length) <= self.source.len() {
            let frame = read_vec(&*self.source, &self.place, offset, length, &self.limits)?;
            let fields = Fields::new("wal frame", &self.place, &frame);
            let (number, pages_after) = (fields.u32_be(0)?, fields.u32_be(4)?);
            sum.add(fields.bytes(0, 8)?);
            sum.add(frame.get(24..).unwrap_or_default());
            let is_valid = [fields.u32_be(8)?, fields.u32_be(12)?] == salts
                && sum.is(fields.u32_be(16)?, fields.u32_be(20)?)
                && number > 0;
            if !is_valid {
                break;
            }
            uncommitted.insert(number, offset.saturating_add(FRAME_HEADER));
            if pages_after > 0 {
                self.pages = pages_after;
                self.frames.append(&mut uncommitted);
            }
            offset = offset.saturating_add(length);
        }
        Ok(())
    }

    /// How many pages it replaces.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Offset of the newest content of a page in the log.
    pub fn frame(&self, number: u32) -> Option<u64> {
        self.frames.get(&number).copied()
    }

    /// Bytes of the log from an offset that [`Wal::frame`] gave.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.source.read_exact_at(offset, buf)
    }

    /// The whole page at an offset that [`Wal::frame`] gave.
    pub fn page(&self, offset: u64) -> Result<Vec<u8>, ReadError> {
        read_vec(&*self.source, &self.place, offset, self.page_size, &self.limits)
    }
}
