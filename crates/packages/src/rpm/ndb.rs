//! rpm's own database of packages, `Packages.db` (rpm sources, `lib/backend/ndb/rpmpkg.c`). Little-endian.
//!
//! A header of 32 bytes, then slots of 16 bytes in the first pages, each of which leads to a blob in blocks of 16 bytes.
//! A blob has a head, its bytes, zeros up to the block, and a tail with the Adler-32 sum of all before it.

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use super::{Blob, Lost};

const PAGE: u64 = 4096;
const SLOT: usize = 16;
const BLOCK: u64 = 16;
const HEAD: usize = 16;
const TAIL: usize = 12;

/// Every package's blob.
pub fn read(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    lost: Lost<'_>,
    blob: Blob<'_>,
) -> Result<(), ReadError> {
    let header = read_vec(source, place, 0, 32, limits)?;
    let fields = Fields::new("rpm ndb header", place, &header);
    if fields.bytes(0, 4)? != b"RpmP" {
        return Err(fields.corrupt("magic is not RpmP"));
    }
    let version = fields.u32_le(4)?;
    if version != 0 {
        return Err(ReadError::unsupported(place, format_args!("rpm ndb version {version}, expected 0")));
    }
    let slot_bytes = u64::from(fields.u32_le(12)?).saturating_mul(PAGE);
    if slot_bytes > source.len() {
        return Err(fields.corrupt(format_args!("slots take {slot_bytes} bytes of {}", source.len())));
    }
    let slots = read_vec(source, place, 0, slot_bytes, limits)?;
    for (number, slot) in slots.chunks_exact(SLOT).enumerate().skip(2) {
        let place = place.then(format_args!("slot {number}"));
        let fields = Fields::new("rpm ndb slot", &place, slot);
        if fields.bytes(0, 4)? != b"Slot" {
            lost(fields.corrupt("magic is not Slot"));
            continue;
        }
        let (package, first, count) = (fields.u32_le(4)?, fields.u32_le(8)?, fields.u32_le(12)?);
        // An empty slot.
        if first == 0 {
            continue;
        }
        match read_blob(source, package, first, count, &place, limits) {
            Ok(bytes) => blob(package, bytes),
            Err(error) => lost(error),
        }
    }
    Ok(())
}

fn read_blob(
    source: &dyn ByteSource,
    package: u32,
    first: u32,
    count: u32,
    place: &Place,
    limits: &Limits,
) -> Result<Vec<u8>, ReadError> {
    let (offset, length) = (u64::from(first).saturating_mul(BLOCK), u64::from(count).saturating_mul(BLOCK));
    let mut bytes = read_vec(source, place, offset, length, limits)?;
    let fields = Fields::new("rpm ndb blob", place, &bytes);
    if fields.bytes(0, 4)? != b"BlbS" || fields.u32_le(4)? != package {
        return Err(fields.corrupt(format_args!("head is not that of package {package}")));
    }
    let claimed = fields.u32_le(12)?;
    let end = bytes.len().checked_sub(TAIL).ok_or_else(|| fields.corrupt("it has no room for its tail"))?;
    let length = usize::try_from(claimed).unwrap_or(usize::MAX);
    if length > end.saturating_sub(HEAD) {
        return Err(fields.corrupt(format_args!("length is {claimed}, more than its {count} blocks hold")));
    }
    let sum = fields.u32_le(end)?;
    let found = adler_32(bytes.get(..end).unwrap_or_default());
    if sum != found {
        return Err(fields.corrupt(format_args!("sum of its bytes is {found:#x}, expected {sum:#x}")));
    }
    bytes.truncate(HEAD.saturating_add(length));
    bytes.drain(..HEAD);
    Ok(bytes)
}

/// RFC 1950, 8.2.
pub fn adler_32(bytes: &[u8]) -> u32 {
    const BASE: u32 = 65521;
    let (mut a, mut b) = (1_u32, 0_u32);
    // So many bytes fit before the sums have to be taken modulo.
    for piece in bytes.chunks(5552) {
        for byte in piece {
            a = a.wrapping_add(u32::from(*byte));
            b = b.wrapping_add(a);
        }
        (a, b) = (a.checked_rem(BASE).unwrap_or(0), b.checked_rem(BASE).unwrap_or(0));
    }
    b << 16 | a
}
