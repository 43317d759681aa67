//! The hard disk footer (section "Hard Disk Footer Format"), which dynamic disks also keep at their start.

use careen_evidence::{ByteSource, Fields, Findings, Place, ReadError};
use careen_model::codes::disk as codes;

use crate::guid::Guid;

/// The cookie.
pub(crate) const SIGNATURE: &[u8; 8] = b"conectix";
/// Bytes of a footer. Versions before Virtual PC 2004 wrote one byte less.
pub(super) const LENGTH: u64 = 512;
const OLD_LENGTH: u64 = 511;
/// Place of the checksum.
pub(super) const CHECKSUM: usize = 64;

/// How the disk is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Fixed,
    Dynamic,
    Differencing,
}

/// What the footer says, checked.
#[derive(Clone, Debug)]
pub(super) struct Footer {
    pub(super) kind: Kind,
    /// Byte of the file where the dynamic disk header starts.
    pub(super) data_offset: u64,
    /// Bytes of the virtual disk.
    pub(super) current_size: u64,
    pub(super) unique_id: Guid,
    /// Whether a virtual machine was suspended upon this disk.
    pub(super) is_saved: bool,
    /// Byte of the file where the footer itself starts.
    pub(super) place: u64,
}

/// One's complement of the sum of all bytes, those of the checksum itself left out.
pub(super) fn checksum(structure: &[u8], at: usize) -> u32 {
    let field = at..at.saturating_add(4);
    let counted = structure.iter().enumerate().filter(|(index, _)| !field.contains(index));
    !counted.fold(0_u32, |sum, (_, byte)| sum.wrapping_add(u32::from(*byte)))
}

/// Reads the footer at the end, or else its copy at the start. Which of them are damaged is told.
pub(super) fn read(file: &dyn ByteSource, place: &Place, findings: &mut Findings) -> Result<Footer, ReadError> {
    let ends = [LENGTH, OLD_LENGTH].map(|length| file.len().checked_sub(length));
    let (mut errors, mut doubtful) = (Vec::<String>::new(), None);
    for at in ends.into_iter().flatten().chain([0]) {
        match read_at(file, at, place) {
            Ok((footer, true)) => {
                // A short footer is found second, and nothing is wrong with it.
                if let Some(reason) = errors.first().filter(|_| at == 0) {
                    findings.add(&codes::VHD_FOOTER, place, &[("reason", reason)]);
                }
                return Ok(footer);
            }
            Ok((footer, false)) => {
                errors.push("its checksum is wrong".to_owned());
                doubtful.get_or_insert(footer);
            }
            // The end of the file is another place when the footer is short.
            Err(_) if at == file.len().saturating_sub(OLD_LENGTH) => {}
            Err(error) => errors.push(error.reason().to_owned()),
        }
    }
    let reason = errors.first().cloned().unwrap_or_default();
    let footer = doubtful.ok_or_else(|| ReadError::corrupt(place, format_args!("vhd footer: {reason}")))?;
    findings.add(&codes::VHD_FOOTERS, place, &[("reason", &reason)]);
    Ok(footer)
}

/// The footer at this byte of the file, and whether its checksum is right.
fn read_at(file: &dyn ByteSource, at: u64, place: &Place) -> Result<(Footer, bool), ReadError> {
    let mut bytes = [0; 512];
    let length = usize::try_from(file.len().saturating_sub(at)).unwrap_or(512).min(512);
    file.read_exact_at(at, bytes.get_mut(..length).unwrap_or(&mut []))?;
    let fields = Fields::new("vhd footer", place, &bytes);
    let cookie = fields.bytes(0, 8)?;
    let data_offset = fields.u64_be(16)?;
    let current_size = fields.u64_be(48)?;
    let disk_type = fields.u32_be(60)?;
    let stored = fields.u32_be(CHECKSUM)?;
    let [a, b, c, d, e, f, g, h, rest @ ..] = fields.array::<16>(68)?;
    let saved_state = fields.u8(84)?;
    if cookie != SIGNATURE {
        return Err(ReadError::corrupt(place, format_args!("no cookie at {at:#x}, expected \"conectix\"")));
    }
    let kind = match disk_type {
        2 => Kind::Fixed,
        3 => Kind::Dynamic,
        4 => Kind::Differencing,
        other => return Err(ReadError::corrupt(place, format_args!("disk_type is {other}, expected 2 to 4"))),
    };
    // Its numbers are written the other way round than Microsoft's GUIDs elsewhere.
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rest;
    let unique_id = Guid([d, c, b, a, f, e, h, g, r0, r1, r2, r3, r4, r5, r6, r7]);
    let footer = Footer { kind, data_offset, current_size, unique_id, is_saved: saved_state == 1, place: at };
    Ok((footer, stored == checksum(&bytes, CHECKSUM)))
}
