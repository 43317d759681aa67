//! zip archives as Java packs them (APPNOTE.TXT 6.3.10): the entries of the central directory and their content, stored or
//! deflated. Little-endian.
//!
//! Promised: nothing is unpacked beyond what the caller allows, whatever sizes the archive claims. Not handled: encrypted
//! entries, other methods, archives in several files; such an entry is an error when its content is asked for.

use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, Window, read_vec};
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// An entry of the central directory (4.3.12).
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its path in the archive.
    pub name: Vec<u8>,
    method: u16,
    is_encrypted: bool,
    packed: u64,
    /// Bytes it has unpacked, as it claims.
    pub size: u64,
    header: u64,
}

/// An open archive.
pub struct Zip {
    source: Rc<dyn ByteSource>,
    place: Place,
    limits: Limits,
    /// Bytes that stand before the archive: a script that starts it.
    before: u64,
    /// What it holds, in the order of the directory.
    pub entries: Vec<Entry>,
}

const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;

/// The end with the longest comment.
const LONGEST_END: u64 = 22 + 0xffff;

impl Zip {
    /// Reads the central directory.
    pub fn open(source: Rc<dyn ByteSource>, place: &Place, limits: &Limits) -> Result<Self, ReadError> {
        let (end_at, end) = end(&*source, place, limits)?;
        let fields = Fields::new("zip end of central directory", place, &end);
        let (mut count, mut size, mut offset) =
            (u64::from(fields.u16_le(10)?), u64::from(fields.u32_le(12)?), u64::from(fields.u32_le(16)?));
        let mut directory_end = end_at;
        if (count == 0xffff || offset == 0xffff_ffff || size == 0xffff_ffff)
            && let Some(at) = end_at.checked_sub(20)
        {
            let locator = read_vec(&*source, place, at, 20, limits)?;
            let locator = Fields::new("zip64 locator", place, &locator);
            if locator.bytes(0, 4)? == b"PK\x06\x07" {
                let at = locator.u64_le(8)?;
                let end = read_vec(&*source, place, at, 56, limits)?;
                let end = Fields::new("zip64 end of central directory", place, &end);
                if end.bytes(0, 4)? == b"PK\x06\x06" {
                    (count, size, offset) = (end.u64_le(32)?, end.u64_le(40)?, end.u64_le(48)?);
                    directory_end = at;
                }
            }
        }
        let start = directory_end
            .checked_sub(size)
            .ok_or_else(|| fields.corrupt(format_args!("the directory has {size} bytes, more than stand before it")))?;
        let before = start
            .checked_sub(offset)
            .ok_or_else(|| fields.corrupt(format_args!("the directory is said to begin at {offset:#x}")))?;
        let directory = read_vec(&*source, place, start, size, limits)?;
        let mut entries = Vec::new();
        let mut rest = directory.as_slice();
        while !rest.is_empty() && (entries.len() as u64) < count.min(limits.entries) {
            let (entry, after) = entry(rest, place)?;
            entries.push(entry);
            rest = after;
        }
        Ok(Zip { source, place: place.clone(), limits: *limits, before, entries })
    }

    /// The content of an entry, at most `most` bytes.
    pub fn content(&self, entry: &Entry, most: u64) -> Result<Vec<u8>, ReadError> {
        let (packed, place) = self.packed(entry)?;
        let most = most.min(self.limits.bytes);
        let limits = Limits { bytes: most, ..self.limits };
        let bytes = read_vec(&packed, &place, 0, entry.packed, &limits)?;
        match entry.method {
            0 => Ok(bytes),
            8 => {
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                decompress_to_vec_with_limit(&bytes, most).map_err(|error| ReadError::corrupt(&place, error))
            }
            method => Err(ReadError::unsupported(&place, format_args!("zip method {method}"))),
        }
    }

    /// An entry as a source of its own, for an archive within this one: unpacked into memory, at most `most` bytes, only
    /// where it is deflated.
    pub fn inner(&self, entry: &Entry, most: u64) -> Result<Rc<dyn ByteSource>, ReadError> {
        if entry.method == 0 {
            return Ok(Rc::new(self.packed(entry)?.0));
        }
        self.content(entry, most).map(|bytes| -> Rc<dyn ByteSource> { Rc::new(bytes) })
    }

    /// The bytes of an entry as they stand in the archive, behind its local header (4.3.7).
    fn packed(&self, entry: &Entry) -> Result<(Window, Place), ReadError> {
        let place = self.place.then(String::from_utf8_lossy(&entry.name));
        if entry.is_encrypted {
            return Err(ReadError::unsupported(&place, "encrypted zip entry"));
        }
        let at = self.before.saturating_add(entry.header);
        let header = read_vec(&*self.source, &place, at, 30, &self.limits)?;
        let fields = Fields::new("zip local header", &place, &header);
        if fields.bytes(0, 4)? != b"PK\x03\x04" {
            return Err(fields.corrupt("signature is not PK 3 4"));
        }
        let lengths = u64::from(fields.u16_le(26)?).saturating_add(u64::from(fields.u16_le(28)?));
        let start = at.saturating_add(30).saturating_add(lengths);
        Ok((Window::new(Rc::clone(&self.source), place.clone(), start, entry.packed), place))
    }
}

/// The end of the central directory and its offset: the last place with its signature and room for it.
fn end(source: &dyn ByteSource, place: &Place, limits: &Limits) -> Result<(u64, Vec<u8>), ReadError> {
    // Most archives have no comment.
    for length in [1 << 10, LONGEST_END] {
        let length = length.min(source.len());
        let start = source.len().saturating_sub(length);
        let tail = read_vec(source, place, start, length, limits)?;
        let found = tail.windows(END_LENGTH).rposition(|window| window.starts_with(END));
        if let Some(bytes) = found.and_then(|at| tail.get(at..)) {
            return Ok((source.len().saturating_sub(bytes.len() as u64), bytes.to_vec()));
        }
    }
    Err(ReadError::corrupt(place, "zip: there is no end of the central directory"))
}

/// One entry of the directory, and what follows it.
fn entry<'a>(bytes: &'a [u8], place: &Place) -> Result<(Entry, &'a [u8]), ReadError> {
    let fields = Fields::new("zip directory entry", place, bytes);
    if fields.bytes(0, 4)? != b"PK\x01\x02" {
        return Err(fields.corrupt("signature is not PK 1 2"));
    }
    let [name, extra, comment] = [fields.u16_le(28)?, fields.u16_le(30)?, fields.u16_le(32)?].map(usize::from);
    let mut entry = Entry {
        name: fields.bytes(46, name)?.to_vec(),
        is_encrypted: fields.u16_le(8)? & 1 != 0,
        method: fields.u16_le(10)?,
        packed: u64::from(fields.u32_le(20)?),
        size: u64::from(fields.u32_le(24)?),
        header: u64::from(fields.u32_le(42)?),
    };
    let extra_at = name.saturating_add(46);
    widen(&mut entry, fields.bytes(extra_at, extra)?);
    let length = extra_at.saturating_add(extra).saturating_add(comment);
    let after = bytes.get(length..).ok_or_else(|| fields.corrupt("it is cut short"))?;
    Ok((entry, after))
}

/// Takes the values that did not fit their fields from the extra field of zip64 (4.5.3).
fn widen(entry: &mut Entry, mut extra: &[u8]) {
    while let [a, b, c, d, rest @ ..] = extra {
        let Some((content, after)) = rest.split_at_checked(usize::from(u16::from_le_bytes([*c, *d]))) else { return };
        if u16::from_le_bytes([*a, *b]) == 1 {
            let mut numbers = content.as_chunks::<8>().0.iter().map(|bytes| u64::from_le_bytes(*bytes));
            for value in [&mut entry.size, &mut entry.packed, &mut entry.header] {
                if *value == 0xffff_ffff {
                    *value = numbers.next().unwrap_or(*value);
                }
            }
        }
        extra = after;
    }
}
