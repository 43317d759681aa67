//! The sections of a program of macOS (Apple, `mach-o/loader.h` and `mach-o/fat.h`), of 32 or 64 bits, in either byte order.
//! Of a file for several processors the first one is read, since all are made of the same.

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use super::{Number, Section, of};

/// `LC_SEGMENT` and `LC_SEGMENT_64`.
const SEGMENT: u32 = 1;
const SEGMENT_64: u32 = 0x19;

/// Type of a section that has no bytes in the file (`S_ZEROFILL`).
const ZERO_FILL: u32 = 1;

/// Allowed to be written.
const WRITE: u32 = 2;

/// More processors than there are; the class files of Java begin with the same four bytes and have more in that place.
const MOST_PROCESSORS: u32 = 30;

/// Where the program begins in a file, and the first bytes of it: of a file for several processors the first one's.
pub(super) fn first(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    header: &[u8],
) -> Result<Option<(u64, Vec<u8>)>, ReadError> {
    if !header.starts_with(b"\xca\xfe\xba\xbe") {
        return Ok(Some((0, header.to_vec())));
    }
    let fat = Fields::new("mach-o fat header", place, header);
    if !(1..MOST_PROCESSORS).contains(&fat.u32_be(4)?) {
        return Ok(None);
    }
    let start = u64::from(fat.u32_be(16)?);
    if start.checked_add(32).is_none_or(|end| end > source.len()) {
        return Ok(None);
    }
    Ok(Some((start, read_vec(source, place, start, 32, &of(limits))?)))
}

/// The sections, and whether numbers have their highest byte first; `None` for what is no such program.
pub(super) fn sections(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    start: u64,
    header: &[u8],
) -> Result<Option<(Vec<Section>, bool)>, ReadError> {
    let (is_64, is_big_endian) = match header.get(..4) {
        Some(b"\xfe\xed\xfa\xce") => (false, true),
        Some(b"\xfe\xed\xfa\xcf") => (true, true),
        Some(b"\xce\xfa\xed\xfe") => (false, false),
        Some(b"\xcf\xfa\xed\xfe") => (true, false),
        _ => return Ok(None),
    };
    let raw = Number { fields: Fields::new("mach-o header", place, header), is_64, is_big_endian };
    let (count, length) = (raw.int(16)?, u64::from(raw.int(20)?));
    let commands = start.saturating_add(if is_64 { 32 } else { 28 });
    if commands.checked_add(length).is_none_or(|end| end > source.len()) {
        return Ok(None);
    }
    let bytes = read_vec(source, place, commands, length, &of(limits))?;
    let (mut rest, mut sections) = (bytes.as_slice(), Vec::new());
    for _ in 0..count {
        let fields = Fields::new("mach-o load command", place, rest);
        let command = Number { fields, is_64, is_big_endian };
        let (kind, size) = (command.int(0)?, command.int(4)?);
        let size = usize::try_from(size).ok().filter(|size| *size >= 8);
        let Some((own, after)) = size.and_then(|size| rest.split_at_checked(size)) else {
            return Err(ReadError::corrupt(place, "mach-o load command: it ends beyond the commands"));
        };
        if kind == if is_64 { SEGMENT_64 } else { SEGMENT } {
            segment(own, start, place, is_64, is_big_endian, &mut sections)?;
        }
        rest = after;
    }
    Ok(Some((sections, is_big_endian)))
}

/// Adds the sections of one segment.
fn segment(
    command: &[u8],
    start: u64,
    place: &Place,
    is_64: bool,
    is_big_endian: bool,
    sections: &mut Vec<Section>,
) -> Result<(), ReadError> {
    let number = |what, bytes| Number { fields: Fields::new(what, place, bytes), is_64, is_big_endian };
    let raw = number("mach-o segment", command);
    let (protection, first, length) = if is_64 { (60, 72, 80) } else { (44, 56, 68) };
    let is_writable = raw.int(protection)? & WRITE != 0;
    for entry in command.get(first..).unwrap_or_default().chunks_exact(length) {
        let raw = number("mach-o section", entry);
        let [address, size, offset, flags] = if is_64 { [32, 40, 48, 64] } else { [32, 36, 40, 56] };
        sections.push(Section {
            name: raw.fields.bytes(0, 16)?.split(|byte| *byte == 0).next().unwrap_or_default().to_vec(),
            address: raw.word(address)?,
            offset: start.saturating_add(u64::from(raw.int(offset)?)),
            size: raw.word(size)?,
            has_bytes: raw.int(flags)? & 0xff != ZERO_FILL,
            is_writable_data: is_writable,
        });
    }
    Ok(())
}
