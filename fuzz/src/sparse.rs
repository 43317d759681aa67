//! Disks as lists of pieces.
//!
//! An input is the length of the disk in sectors of 512 bytes (4 bytes), then pieces: first sector (4 bytes), length
//! in bytes (2 bytes), content. Numbers are little-endian. Later pieces lie over earlier ones; what no piece covers is
//! zeros. A last piece that is cut short ends where the input ends.

use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};

/// Bytes of a sector.
pub const SECTOR: u64 = 512;

/// A disk put together from pieces.
#[derive(Clone, Debug, Default)]
pub struct Sparse {
    length: u64,
    /// Offset and content, the lowest one first.
    pieces: Vec<(u64, Rc<[u8]>)>,
}

impl Sparse {
    /// Reads an input; any bytes are one.
    pub fn decode(input: &[u8]) -> Sparse {
        let (length, mut rest) = split(input, 4);
        let mut disk = Sparse { length: number(length) * SECTOR, pieces: Vec::new() };
        while !rest.is_empty() {
            let (sector, after) = split(rest, 4);
            let (length, after) = split(after, 2);
            let (content, after) = split(after, number(length) as usize);
            disk.put(number(sector) * SECTOR, content);
            rest = after;
        }
        disk
    }

    /// Writes the input that gives this disk.
    pub fn encode(&self) -> Vec<u8> {
        let mut input = u32::try_from(self.length / SECTOR).unwrap_or(u32::MAX).to_le_bytes().to_vec();
        for (offset, content) in &self.pieces {
            let sector = u32::try_from(offset / SECTOR).unwrap_or(u32::MAX);
            for (index, part) in content.chunks(usize::from(u16::MAX) + 1 - SECTOR as usize).enumerate() {
                let sector = sector + index as u32 * 127;
                input.extend(sector.to_le_bytes());
                input.extend((part.len() as u16).to_le_bytes());
                input.extend(part);
            }
        }
        input
    }

    /// An empty disk of so many bytes.
    pub fn empty(length: u64) -> Sparse {
        Sparse { length, pieces: Vec::new() }
    }

    /// Lays bytes over the disk, as far as it reaches.
    pub fn put(&mut self, offset: u64, content: &[u8]) {
        let room = self.length.saturating_sub(offset).min(content.len() as u64) as usize;
        if room > 0 {
            self.pieces.push((offset, content[..room].into()));
        }
    }

    /// Bytes of the disk.
    pub fn get(&self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.fill(offset, &mut bytes);
        bytes
    }

    fn fill(&self, offset: u64, buf: &mut [u8]) {
        buf.fill(0);
        for (start, content) in &self.pieces {
            let skip = offset.saturating_sub(*start);
            let at = start.saturating_sub(offset);
            if skip < content.len() as u64 && at < buf.len() as u64 {
                let to = &mut buf[at as usize..];
                let from = &content[skip as usize..];
                let length = to.len().min(from.len());
                to[..length].copy_from_slice(&from[..length]);
            }
        }
    }
}

impl ByteSource for Sparse {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset.checked_add(buf.len() as u64).is_none_or(|end| end > self.length) {
            return Err(ReadError::corrupt(&Place::new("disk"), format_args!("nothing at {offset:#x}")));
        }
        self.fill(offset, buf);
        Ok(())
    }
}

fn split(bytes: &[u8], at: usize) -> (&[u8], &[u8]) {
    bytes.split_at(at.min(bytes.len()))
}

/// A little-endian number of up to eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_the_same_after_it_was_written_and_read() {
        let mut disk = Sparse::empty(1 << 20);
        disk.put(0, b"start");
        disk.put(512 * 100, &vec![7; 200_000]);
        disk.put((1 << 20) - 512, &[9; 1000]);
        let again = Sparse::decode(&disk.encode());
        assert_eq!(again.get(0, 1 << 20), disk.get(0, 1 << 20));
        assert!(again.read_exact_at(1 << 20, &mut [0]).is_err());
    }
}
