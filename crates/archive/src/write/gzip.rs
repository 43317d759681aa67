//! Packing with gzip (RFC 1952) as the bytes come.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// How hard is packed: above it, each step costs much time for little.
pub(crate) const LEVEL: u32 = 4;
/// Bytes asked of the packer at a time.
const ROOM: usize = 64 << 10;

/// CM 8 (deflate), no flags, no time, no name: the same bytes each time. OS 255: not known.
const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];

/// A deflate stream (RFC 1951) that is written.
pub(crate) struct Deflate {
    compress: Compress,
    /// What the packer puts out at a time: it clears all the room it is given.
    room: Vec<u8>,
}

impl Deflate {
    pub(crate) fn new() -> Deflate {
        Deflate { compress: Compress::new(Compression::new(LEVEL), false), room: vec![0; ROOM] }
    }

    /// Begins another stream.
    pub(crate) fn again(mut self) -> Deflate {
        self.compress.reset();
        self
    }

    /// Packs bytes behind `out`.
    pub(crate) fn pack(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.run(bytes, FlushCompress::None, out);
    }

    /// Puts out what is still held, and the end.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.run(&[], FlushCompress::Finish, out);
    }

    /// Puts out what is still held, up to a whole byte; nothing that comes after refers to what was before.
    pub(crate) fn part(&mut self, out: &mut Vec<u8>) {
        self.run(&[], FlushCompress::Full, out);
    }

    fn run(&mut self, mut bytes: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
        loop {
            let (read, wrote) = (self.compress.total_in(), self.compress.total_out());
            let status = self.compress.compress(bytes, &mut self.room, flush);
            let count = |now: u64, before: u64| usize::try_from(now.saturating_sub(before)).unwrap_or(0);
            let taken = count(self.compress.total_in(), read);
            let given = count(self.compress.total_out(), wrote);
            bytes = bytes.get(taken..).unwrap_or_default();
            out.extend_from_slice(self.room.get(..given).unwrap_or_default());
            let is_done = bytes.is_empty() && flush == FlushCompress::None && given < self.room.len();
            // With room to write in, the packer neither fails nor stands still before it is done.
            if is_done || (taken == 0 && given == 0) || matches!(status, Err(_) | Ok(Status::StreamEnd)) {
                return;
            }
        }
    }
}

/// A gzip file that is written.
pub(crate) struct Gzip {
    deflate: Deflate,
    sum: Crc,
    is_begun: bool,
}

impl Gzip {
    pub(crate) fn new() -> Gzip {
        Gzip { deflate: Deflate::new(), sum: Crc::new(), is_begun: false }
    }

    /// Packs bytes behind `out`.
    pub(crate) fn pack(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if !self.is_begun {
            self.is_begun = true;
            out.extend_from_slice(&HEADER);
        }
        self.sum.update(bytes);
        self.deflate.pack(bytes, out);
    }

    /// Ends the file: CRC-32 and length (its lower 32 bits) of what was packed.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.pack(&[], out);
        self.deflate.finish(out);
        out.extend_from_slice(&self.sum.sum().to_le_bytes());
        out.extend_from_slice(&self.sum.amount().to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_was_packed_in_pieces_is_unpacked_whole() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
        let mut gzip = Gzip::new();
        let mut out = Vec::new();
        for piece in bytes.chunks(700_001) {
            gzip.pack(piece, &mut out);
        }
        gzip.finish(&mut out);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&*out).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == bytes && out.len() < bytes.len());
        let mut empty = Vec::new();
        Gzip::new().finish(&mut empty);
        assert_eq!(flate2::read::GzDecoder::new(&*empty).read_to_end(&mut unpacked).unwrap(), 0);
    }
}
