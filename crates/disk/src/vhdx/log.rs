//! The log (2.3): a ring of entries, each a set of sectors on their way to their place, and which of them count.
//!
//! An entry is believed only when its checksum, the log's identity and the sequence numbers in all of its parts agree,
//! so one that a power cut tore is told from one that is whole. The entries to be replayed are the newest unbroken
//! sequence from the entry its head names as the tail (2.3.2, 2.3.3).

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Fields, Place, ReadError};

use super::header::Header;
use super::{CRC32C, HEADER_SECTION, update_without_checksum};
use crate::guid::Guid;

/// Unit of the log and of what it changes (2.3.1).
pub(super) const SECTOR: u64 = 4096;
pub(super) const SECTOR_BYTES: usize = 4096;
/// Length of an entry's header and of each descriptor behind it (2.3.1.1, 2.3.1.2).
const ENTRY_HEADER: u64 = 64;
const DESCRIPTOR: u64 = 32;
/// The unit in which a header places the log (2.2.2).
const UNIT: u64 = 1 << 20;

/// Longest log that is searched: 64 times what Windows and qemu make.
const LONGEST: u64 = 64 << 20;
/// How often each byte of the ring may go into a checksum. In a ring that only writers filled it does so once, since
/// nothing inside an entry looks like the beginning of another one.
const MOST_CHECKS: u64 = 4;
/// Most entries passed over while looking for the active sequence. The first attempt nearly always succeeds.
const MOST_STEPS: u64 = 1 << 22;

/// A change to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// `length` bytes of zeros from `start`.
    Zeros { start: u64, length: u64 },
    /// A sector from `start`: its first 8 and last 4 bytes, and what is between them from its data sector, which lies
    /// at `data` in the file.
    Sector { start: u64, data: u64, leading: [u8; 8], trailing: [u8; 4] },
}

/// An entry that is whole.
#[derive(Debug)]
struct Entry {
    length: u64,
    /// Where the sequence begins that ends with this entry, from the start of the log.
    tail: u64,
    sequence_number: u64,
    flushed_file_offset: u64,
    last_file_offset: u64,
    writes: Vec<Write>,
}

/// What is to be done to the file.
#[derive(Debug, Default)]
pub(super) struct Active {
    /// Number of entries.
    pub(super) entries: u64,
    /// The changes, oldest first.
    pub(super) writes: Vec<Write>,
    /// Bytes the file had for certain when the newest entry was written.
    pub(super) flushed_file_offset: u64,
    /// Bytes the file must have to hold all that is in use.
    pub(super) last_file_offset: u64,
    /// Newer entries that are not whole.
    pub(super) torn: u64,
    /// Newer entries that are whole, but cut off from the older ones by one that is not.
    pub(super) unreachable: u64,
}

/// Where the log lies, as first byte and length in the file. An error when that cannot be true.
pub(super) fn range(header: &Header, place: &Place) -> Result<(u64, u64), ReadError> {
    let (offset, length) = (header.log_offset, header.log_length);
    let is_aligned = offset.is_multiple_of(UNIT) && length.is_multiple_of(UNIT);
    if !is_aligned || offset < HEADER_SECTION || length == 0 || offset.checked_add(length).is_none() {
        let what =
            format_args!("vhdx log: it has {length:#x} bytes at {offset:#x}, expected whole MiB behind the headers");
        return Err(ReadError::corrupt(place, what));
    }
    if length > LONGEST {
        return Err(ReadError::over_limit(place, format_args!("vhdx log of {length} bytes")));
    }
    Ok((offset, length))
}

/// The entries to be replayed. An error when the log cannot be read, or when nothing in it makes a sequence.
pub(super) fn active(file: &Rc<dyn ByteSource>, header: &Header, place: &Place) -> Result<Active, ReadError> {
    let (offset, length) = range(header, place)?;
    if header.log_version != 0 {
        let what = format_args!("vhdx log version {}, only 0 is known", header.log_version);
        return Err(ReadError::unsupported(place, what));
    }
    if offset >= file.len() {
        let what = format_args!("vhdx log: it lies at {offset:#x}, beyond the end of the file at {:#x}", file.len());
        return Err(ReadError::corrupt(place, what));
    }
    let ring = Ring { file: Cached::new(Rc::clone(file), 256 << 10, 8), offset, length, place };
    let mut found = Entries::default();
    ring.search(header.log_guid, &mut found);
    let sequence = newest_sequence(&found.whole, length)
        .ok_or_else(|| ReadError::corrupt(place, "vhdx log: none of its entries makes a whole sequence"))?;
    let mut active = Active::default();
    let mut newest = 0;
    for entry in sequence {
        active.entries = active.entries.saturating_add(1);
        active.writes.extend(&entry.writes);
        active.flushed_file_offset = entry.flushed_file_offset;
        active.last_file_offset = entry.last_file_offset;
        newest = entry.sequence_number;
    }
    active.torn = found.torn.iter().filter(|number| **number > newest).count() as u64;
    active.unreachable = found.whole.values().filter(|entry| entry.sequence_number > newest).count() as u64;
    Ok(active)
}

/// What a search of the ring found.
#[derive(Default)]
struct Entries {
    /// Whole entries by their place from the start of the log.
    whole: BTreeMap<u64, Entry>,
    /// Sequence numbers that entries of this log's identity claim which are not whole.
    torn: Vec<u64>,
}

/// The range of the file that is the log; positions in it go on at the start where they reach its end.
struct Ring<'a> {
    file: Cached,
    offset: u64,
    length: u64,
    place: &'a Place,
}

impl Ring<'_> {
    /// The place in the file of what lies `distance` bytes behind a position of the log.
    fn at(&self, position: u64, distance: u64) -> u64 {
        let within = position.saturating_add(distance).checked_rem(self.length).unwrap_or(0);
        self.offset.saturating_add(within)
    }

    fn sector(&self, position: u64, distance: u64) -> Result<[u8; SECTOR_BYTES], ReadError> {
        let mut sector = [0; SECTOR_BYTES];
        self.file.read_exact_at(self.at(position, distance), &mut sector)?;
        Ok(sector)
    }

    /// Judges every place where an entry may begin. One that cannot be read, as in a cut file, holds none.
    fn search(&self, guid: Guid, found: &mut Entries) {
        let mut checks = self.length.saturating_mul(MOST_CHECKS);
        let mut position = 0;
        while position < self.length {
            if let Ok(sector) = self.sector(position, 0)
                && sector.starts_with(b"loge")
            {
                let fields = Fields::new("vhdx log entry", self.place, &sector);
                match self.entry(position, &fields, guid, &mut checks) {
                    Ok(Some(entry)) => drop(found.whole.insert(position, entry)),
                    Ok(None) => {}
                    Err(_) => found.torn.extend(fields.u64_le(16)),
                }
            }
            position = position.saturating_add(SECTOR);
        }
    }

    /// The entry whose header is `header`; `None` for one that was written under another identity of the log, and so
    /// has long been replayed. An error says what is wrong with it.
    fn entry(
        &self,
        position: u64,
        header: &Fields<'_>,
        guid: Guid,
        checks: &mut u64,
    ) -> Result<Option<Entry>, ReadError> {
        let checksum = header.u32_le(4)?;
        let entry_length = u64::from(header.u32_le(8)?);
        let tail = u64::from(header.u32_le(12)?);
        let sequence_number = header.u64_le(16)?;
        let descriptor_count = u64::from(header.u32_le(24)?);
        let log_guid = Guid(header.array(32)?);
        let flushed_file_offset = header.u64_le(48)?;
        let last_file_offset = header.u64_le(56)?;
        if log_guid != guid {
            return Ok(None);
        }
        if entry_length == 0 || !entry_length.is_multiple_of(SECTOR) || entry_length > self.length {
            let what = format_args!("entry length is {entry_length:#x}, expected whole sectors within the log");
            return Err(header.corrupt(what));
        }
        if !tail.is_multiple_of(SECTOR) || tail >= self.length {
            return Err(header.corrupt(format_args!("tail is {tail:#x}, expected a sector of the log")));
        }
        if sequence_number == 0 {
            return Err(header.corrupt("sequence number is 0, expected at least 1"));
        }
        let head = ENTRY_HEADER.saturating_add(descriptor_count.saturating_mul(DESCRIPTOR)).next_multiple_of(SECTOR);
        if head > entry_length {
            let what = format_args!("{descriptor_count} descriptors do not fit into {entry_length:#x} bytes");
            return Err(header.corrupt(what));
        }
        *checks = checks.checked_sub(entry_length).ok_or_else(|| {
            ReadError::over_limit(self.place, "vhdx log: its entries overlap each other many times over")
        })?;

        let mut parts = Parts {
            place: self.place,
            sequence_number,
            descriptors_left: descriptor_count,
            data_sectors: 0,
            writes: Vec::new(),
        };
        let data_at = |index: u64| self.at(position, head.saturating_add(index.saturating_mul(SECTOR)));
        let mut digest = CRC32C.digest();
        let mut distance = 0;
        while distance < entry_length {
            let sector = self.sector(position, distance)?;
            let fields = Fields::new("vhdx log entry", self.place, &sector);
            if distance == 0 {
                update_without_checksum(&mut digest, &sector);
                parts.descriptors(&fields, ENTRY_HEADER, data_at)?;
            } else {
                digest.update(&sector);
                if distance < head {
                    parts.descriptors(&fields, 0, data_at)?;
                } else if distance.saturating_sub(head) < parts.data_sectors.saturating_mul(SECTOR) {
                    parts.check_data(&fields)?;
                }
            }
            distance = distance.saturating_add(SECTOR);
        }
        if head.saturating_add(parts.data_sectors.saturating_mul(SECTOR)) > entry_length {
            let what = format_args!("{} data sectors do not fit into {entry_length:#x} bytes", parts.data_sectors);
            return Err(header.corrupt(what));
        }
        let computed = digest.finalize();
        if checksum != computed {
            return Err(header.corrupt(format_args!("checksum is {checksum:#010x}, its bytes give {computed:#010x}")));
        }
        let writes = parts.writes;
        Ok(Some(Entry { length: entry_length, tail, sequence_number, flushed_file_offset, last_file_offset, writes }))
    }
}

/// What was collected of an entry so far.
struct Parts<'a> {
    place: &'a Place,
    sequence_number: u64,
    descriptors_left: u64,
    /// Data descriptors met so far; their data sectors stand in the same order behind all descriptors.
    data_sectors: u64,
    writes: Vec<Write>,
}

impl Parts<'_> {
    /// The descriptors of a sector from byte `from` on (2.3.1.2, 2.3.1.3); `data_at` gives the place of a data sector.
    fn descriptors(&mut self, sector: &Fields<'_>, from: u64, data_at: impl Fn(u64) -> u64) -> Result<(), ReadError> {
        let from = usize::try_from(from).unwrap_or(SECTOR_BYTES);
        for at in (from..SECTOR_BYTES).step_by(32) {
            if self.descriptors_left == 0 {
                break;
            }
            let descriptor = Fields::new("vhdx log descriptor", self.place, sector.bytes(at, 32)?);
            let signature = descriptor.array::<4>(0)?;
            let start = descriptor.u64_le(16)?;
            let sequence_number = descriptor.u64_le(24)?;
            self.check(&descriptor, sequence_number)?;
            let (write, length) = match &signature {
                b"zero" => {
                    let length = descriptor.u64_le(8)?;
                    (Write::Zeros { start, length }, length)
                }
                b"desc" => {
                    let (trailing, leading) = (descriptor.array(4)?, descriptor.array(8)?);
                    let data = data_at(self.data_sectors);
                    self.data_sectors = self.data_sectors.saturating_add(1);
                    (Write::Sector { start, data, leading, trailing }, SECTOR)
                }
                _ => {
                    let what = format_args!("signature is {signature:02x?}, expected \"zero\" or \"desc\"");
                    return Err(descriptor.corrupt(what));
                }
            };
            let is_whole = start.is_multiple_of(SECTOR) && length.is_multiple_of(SECTOR);
            if !is_whole || start.checked_add(length).is_none() {
                let what =
                    format_args!("it covers {length:#x} bytes at {start:#x}, expected whole sectors of the file");
                return Err(descriptor.corrupt(what));
            }
            self.writes.push(write);
            self.descriptors_left = self.descriptors_left.saturating_sub(1);
        }
        Ok(())
    }

    /// A data sector (2.3.1.4).
    fn check_data(&self, sector: &Fields<'_>) -> Result<(), ReadError> {
        let signature = sector.array::<4>(0)?;
        let sequence_high = u64::from(sector.u32_le(4)?);
        let sequence_low = u64::from(sector.u32_le(4092)?);
        if &signature != b"data" {
            return Err(sector.corrupt(format_args!("data sector signature is {signature:02x?}, expected \"data\"")));
        }
        self.check(sector, sequence_high << 32 | sequence_low)
    }

    fn check(&self, part: &Fields<'_>, sequence_number: u64) -> Result<(), ReadError> {
        if sequence_number != self.sequence_number {
            let what = format_args!("sequence number is {sequence_number}, that of its entry {}", self.sequence_number);
            return Err(part.corrupt(what));
        }
        Ok(())
    }
}

/// The newest sequence, oldest entry first: of the entries whose tail leads to them by entries that follow each other
/// without a gap, both in place and in number, the one with the greatest number ends it (2.3.3).
fn newest_sequence(whole: &BTreeMap<u64, Entry>, ring_length: u64) -> Option<Vec<&Entry>> {
    let mut heads: Vec<(&u64, &Entry)> = whole.iter().collect();
    heads.sort_by_key(|(_, entry)| Reverse(entry.sequence_number));
    let mut steps = MOST_STEPS;
    heads.into_iter().find_map(|(head_at, head)| {
        let (mut at, mut covered) = (head.tail, 0_u64);
        let mut sequence: Vec<&Entry> = Vec::new();
        loop {
            let entry = whole.get(&at)?;
            steps = steps.checked_sub(1)?;
            covered = covered.saturating_add(entry.length);
            let follows = sequence
                .last()
                .is_none_or(|before| before.sequence_number.checked_add(1) == Some(entry.sequence_number));
            if !follows || covered > ring_length {
                return None;
            }
            sequence.push(entry);
            if at == *head_at {
                return Some(sequence);
            }
            at = at.saturating_add(entry.length).checked_rem(ring_length)?;
        }
    })
}
