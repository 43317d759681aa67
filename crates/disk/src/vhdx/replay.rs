//! The file as it is once its log has been replayed (2.3.3), without a byte of it being written.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Place, ReadError, check_range};
use careen_model::codes::disk as codes;

use super::header::{Header, Headers};
use super::log::{self, Active, SECTOR, SECTOR_BYTES, Write};
use crate::guid::Guid;

/// The file with its log replayed, and what it tells on the way. Without a log that can be replayed, the file itself.
pub(super) fn replayed(
    file: &Rc<dyn ByteSource>,
    headers: &Headers,
    place: &Place,
    findings: &mut Findings,
) -> Rc<dyn ByteSource> {
    let has_log = |header: &&Header| header.log_guid != Guid::ZERO;
    let log_place = place.then("VHDX log");
    let active = match headers {
        Headers::Whole(header) => match Some(header).filter(has_log) {
            None => return Rc::clone(file),
            Some(header) => log::active(file, header, &log_place),
        },
        Headers::Bad(reason, header) => {
            // Whole entries that carry the identity a damaged header names prove that this part of it is right.
            let active = header.as_ref().filter(has_log).map(|header| log::active(file, header, &log_place));
            match active {
                Some(Ok(active)) => {
                    findings.add(&codes::VHDX_HEADERS_LOG, place, &[("reason", reason)]);
                    Ok(active)
                }
                _ => {
                    findings.add(&codes::VHDX_HEADERS, place, &[("reason", reason)]);
                    return Rc::clone(file);
                }
            }
        }
    };
    match active {
        Ok(active) => Rc::new(Replayed::new(file, &active, &log_place, findings)),
        Err(error) => {
            findings.add_error(&codes::VHDX_LOG_UNREADABLE, &error);
            Rc::clone(file)
        }
    }
}

/// What lies over a range of the file.
#[derive(Clone, Copy, Debug)]
enum Piece {
    Zeros,
    /// A sector whose middle lies at `data` in the file.
    Sector {
        data: u64,
        leading: [u8; 8],
        trailing: [u8; 4],
    },
}

/// A file with the writes of its log laid over it.
///
/// What is kept is where each write lies in the log, not its bytes: 48 bytes for each sector or run of zeros, of which
/// there are at most twice as many as the log has descriptors.
struct Replayed {
    file: Rc<dyn ByteSource>,
    place: Place,
    length: u64,
    /// Start → end and content. No two overlap, and all begin and end at whole sectors.
    pieces: BTreeMap<u64, (u64, Piece)>,
}

impl Replayed {
    fn new(file: &Rc<dyn ByteSource>, active: &Active, place: &Place, findings: &mut Findings) -> Self {
        let mut replayed =
            Replayed { file: Rc::clone(file), place: place.clone(), length: file.len(), pieces: BTreeMap::new() };
        for write in &active.writes {
            match *write {
                Write::Zeros { start, length } => replayed.lay(start, start.saturating_add(length), Piece::Zeros),
                Write::Sector { start, data, leading, trailing } => {
                    let piece = Piece::Sector { data, leading, trailing };
                    replayed.lay(start, start.saturating_add(SECTOR), piece);
                }
            }
        }
        let (entries, writes) = (active.entries, active.writes.len());
        findings.add(&codes::VHDX_LOG_REPLAYED, place, &[("entries", &entries), ("writes", &writes)]);
        if active.torn > 0 {
            findings.add(&codes::VHDX_LOG_TORN, place, &[("count", &active.torn)]);
        }
        if active.unreachable > 0 {
            findings.add(&codes::VHDX_LOG_BROKEN, place, &[("count", &active.unreachable)]);
        }
        if file.len() < active.flushed_file_offset {
            // The file once was longer than it is: what is missing was there, and must not become zeros.
            let values: [(&str, &dyn std::fmt::Display); 2] =
                [("length", &file.len()), ("expected", &active.flushed_file_offset)];
            findings.add(&codes::VHDX_CUT, place, &values);
        } else if file.len() < active.last_file_offset {
            replayed.length = active.last_file_offset;
            let bytes = active.last_file_offset.saturating_sub(file.len());
            findings.add(&codes::VHDX_LOG_GROWTH, place, &[("bytes", &bytes)]);
        }
        replayed
    }

    /// Lays a piece over what lies in its range so far.
    fn lay(&mut self, start: u64, end: u64, piece: Piece) {
        if start >= end {
            return;
        }
        let covered = |pieces: &BTreeMap<u64, (u64, Piece)>| {
            let (at, (ends, piece)) = pieces.range(..end).next_back()?;
            (*ends > start).then_some((*at, *ends, *piece))
        };
        while let Some((at, ends, below)) = covered(&self.pieces) {
            self.pieces.remove(&at);
            // Only zeros are longer than a sector, so only they can stick out.
            if ends > end {
                self.pieces.insert(end, (ends, below));
            }
            if at < start {
                self.pieces.insert(at, (start, below));
                break;
            }
        }
        self.pieces.insert(start, (end, piece));
    }

    /// The bytes of a sector from `within` on. Its first 8 and last 4 stand in its descriptor, since those of a data
    /// sector are taken by signature and sequence number.
    fn sector(&self, data: u64, ends: ([u8; 8], [u8; 4]), within: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let mut sector = [0; SECTOR_BYTES];
        self.file.read_exact_at(data, &mut sector)?;
        let (leading, trailing) = ends;
        if let Some(first) = sector.first_chunk_mut() {
            *first = leading;
        }
        if let Some(last) = sector.last_chunk_mut() {
            *last = trailing;
        }
        let found = usize::try_from(within).ok().and_then(|from| sector.get(from..)?.get(..buf.len()));
        let missing = || ReadError::corrupt(&self.place, "vhdx log: a read goes beyond a sector of it");
        buf.copy_from_slice(found.ok_or_else(missing)?);
        Ok(())
    }

    /// The bytes of the file itself; what it grows by reads as zeros.
    fn below(&self, at: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let stored = usize::try_from(self.file.len().saturating_sub(at)).unwrap_or(usize::MAX).min(buf.len());
        let (stored, grown) = buf.split_at_mut(stored);
        grown.fill(0);
        if stored.is_empty() { Ok(()) } else { self.file.read_exact_at(at, stored) }
    }
}

impl ByteSource for Replayed {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        check_range(&self.place, offset, buf.len(), self.length)?;
        let (mut at, mut rest) = (offset, buf);
        while !rest.is_empty() {
            let over = self.pieces.range(..=at).next_back().filter(|(_, (end, _))| *end > at);
            let end = match over {
                Some((_, (end, _))) => *end,
                None => self.pieces.range(at..).next().map_or(u64::MAX, |(start, _)| *start),
            };
            let count = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).clamp(1, rest.len());
            let (now, later) = rest.split_at_mut(count);
            match over {
                None => self.below(at, now)?,
                Some((_, (_, Piece::Zeros))) => now.fill(0),
                Some((start, (_, Piece::Sector { data, leading, trailing }))) => {
                    self.sector(*data, (*leading, *trailing), at.saturating_sub(*start), now)?;
                }
            }
            rest = later;
            at = at.saturating_add(count as u64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
