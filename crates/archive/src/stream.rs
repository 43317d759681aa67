//! The bytes of an archive from the first to the last, as the one pass over it reads them.

use std::rc::Rc;

use careen_evidence::{ByteSource, ReadError};

/// Bytes that are read forward.
pub(crate) trait Forward {
    /// Bytes before the next one.
    fn position(&self) -> u64;

    /// Fills `buf` and returns its length; less where the bytes end. After an error the position is behind what was asked
    /// for.
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError>;

    /// Goes on to `position`, or to the end if that comes first.
    fn advance(&mut self, position: u64) -> Result<(), ReadError>;

    /// Bytes of the file that are done with, and all of them.
    fn progress(&self) -> (u64, u64);
}

/// Bytes taken from a source at once where all of them are looked at.
const AHEAD: usize = 64 << 10;

/// The bytes of a source.
pub(crate) struct Plain {
    source: Rc<dyn ByteSource>,
    position: u64,
    /// Bytes from `start` on, read ahead once reads follow one another.
    ahead: Vec<u8>,
    start: u64,
    end_of_last: u64,
}

impl Plain {
    pub(crate) fn new(source: Rc<dyn ByteSource>) -> Self {
        Plain { source, position: 0, ahead: Vec::new(), start: 0, end_of_last: u64::MAX }
    }

    /// Fills `buf` from what was read ahead.
    fn take(&self, buf: &mut [u8]) -> bool {
        let at = self.position.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let found = at.and_then(|at| self.ahead.get(at..at.checked_add(buf.len())?));
        if let Some(found) = found {
            buf.copy_from_slice(found);
        }
        found.is_some()
    }
}

impl Forward for Plain {
    fn position(&self) -> u64 {
        self.position
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        let left = self.source.len().saturating_sub(self.position);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let buf = buf.get_mut(..count).unwrap_or_default();
        let mut done = Ok(());
        if !self.take(buf) {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(AHEAD);
            let follows = self.end_of_last == self.position && size > count;
            self.ahead.resize(if follows { size } else { 0 }, 0);
            self.start = self.position;
            if !follows || self.source.read_exact_at(self.position, &mut self.ahead).is_err() || !self.take(buf) {
                self.ahead.clear();
                done = self.source.read_exact_at(self.position, buf);
            }
        }
        self.position = self.position.saturating_add(count as u64);
        self.end_of_last = self.position;
        done.map(|()| count)
    }

    fn advance(&mut self, position: u64) -> Result<(), ReadError> {
        self.position = position.min(self.source.len()).max(self.position);
        Ok(())
    }

    fn progress(&self) -> (u64, u64) {
        (self.position, self.source.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_follow_one_another_and_end_short() {
        let bytes: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        let mut stream = Plain::new(Rc::new(bytes.clone()));
        let mut read = Vec::new();
        let mut buf = [0; 512];
        loop {
            let count = stream.read(&mut buf).unwrap();
            read.extend_from_slice(&buf[..count]);
            if count < buf.len() {
                break;
            }
        }
        assert!(read == bytes);
        let mut stream = Plain::new(Rc::new(bytes));
        stream.advance(777).unwrap();
        stream.read(&mut buf).unwrap();
        assert_eq!((buf[0], stream.position()), (777_u32.to_le_bytes()[0], 777 + 512));
        stream.advance(u64::MAX).unwrap();
        assert_eq!(stream.position(), 200_000);
    }
}
