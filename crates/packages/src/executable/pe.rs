//! The sections of a program of Windows (Microsoft, "PE Format"). Little-endian.

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use super::{Section, of};

const COFF_HEADER: u64 = 24;
const ENTRY: usize = 40;

/// `IMAGE_SCN_CNT_INITIALIZED_DATA`, `IMAGE_SCN_MEM_READ` and `IMAGE_SCN_MEM_WRITE`.
const WRITABLE_DATA: u32 = 0xc000_0040;
/// Bits of `Characteristics` that say how a section is aligned.
const ALIGNMENT: u32 = 0x00f0_0000;

/// The sections; `None` for what is no such program (one of DOS begins with the same two bytes).
pub(super) fn sections(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    header: &[u8],
) -> Result<Option<Vec<Section>>, ReadError> {
    let start = u64::from(Fields::new("dos header", place, header).u32_le(0x3c)?);
    // The signature, the header, and the first fields of the optional one: the address that the program is made for.
    const HEAD: u64 = COFF_HEADER + 32;
    if start.checked_add(HEAD).is_none_or(|end| end > source.len()) {
        return Ok(None);
    }
    let head = read_vec(source, place, start, HEAD, &of(limits))?;
    let coff = Fields::new("pe header", place, &head);
    if coff.bytes(0, 4)? != b"PE\0\0" {
        return Ok(None);
    }
    let (count, optional) = (u64::from(coff.u16_le(6)?), u64::from(coff.u16_le(20)?));
    let base = match coff.u16_le(24)? {
        _ if optional < 32 => 0,
        0x10b => u64::from(coff.u32_le(24 + 28)?),
        0x20b => coff.u64_le(24 + 24)?,
        // Images of firmware.
        _ => return Ok(None),
    };
    let table = start.saturating_add(COFF_HEADER).saturating_add(optional);
    let length = count.saturating_mul(ENTRY as u64);
    if table.checked_add(length).is_none_or(|end| end > source.len()) {
        return Ok(None);
    }
    let table = read_vec(source, place, table, length, &of(limits))?;
    let mut sections = Vec::new();
    for entry in table.chunks_exact(ENTRY) {
        let fields = Fields::new("pe section header", place, entry);
        let name = fields.bytes(0, 8)?.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        let (virtual_size, raw_size) = (u64::from(fields.u32_le(8)?), u64::from(fields.u32_le(16)?));
        sections.push(Section {
            name,
            address: base.saturating_add(u64::from(fields.u32_le(12)?)),
            offset: u64::from(fields.u32_le(20)?),
            // In the file a section is filled up to its alignment.
            size: if virtual_size == 0 { raw_size } else { raw_size.min(virtual_size) },
            has_bytes: raw_size > 0,
            is_writable_data: fields.u32_le(36)? & !ALIGNMENT == WRITABLE_DATA,
        });
    }
    Ok(Some(sections))
}
