//! The index of hashes over a large directory. Names are not looked up through it; it is only verified.
//!
//! Kernel documentation, "Hash Tree Directories" (`struct dx_root`, `dx_node`, `dx_tail`).

use careen_evidence::{Fields, ReadError};

use crate::checksum::{crc32c, crc32c_seed, crc32c_without};

/// Byte at which the list of hashes begins: `dx_root` has the entries `.` and `..` and its own information before it,
/// `dx_node` one empty entry.
const ROOT_LIST: usize = 0x20;
const NODE_LIST: usize = 0x8;
/// Length of a `dx_entry`, and of the `dx_tail` behind the last possible one.
const ENTRY: usize = 8;

/// Stored and computed checksum of an index block; `seed` is that of the directory's inode. The used entries are
/// summed, then the tail with its checksum field taken as zeros.
pub(crate) fn checksums(fields: Fields<'_>, seed: u32, is_root: bool) -> Result<(u32, u32), ReadError> {
    let (stored, used, tail) = summed(fields, is_root)?;
    Ok((stored, crc32c_without(crc32c(seed, used), tail, 4, 8)))
}

/// The seed from which the root of an index gives the checksum it holds.
pub(crate) fn seed(fields: Fields<'_>) -> Result<u32, ReadError> {
    let (stored, used, tail) = summed(fields, true)?;
    let (reserved, _) = tail.split_at_checked(4).unwrap_or((tail, &[]));
    let before_tail = crc32c_seed(crc32c_seed(stored, &[0; 4]), reserved);
    Ok(crc32c_seed(before_tail, used))
}

/// The checksum that an index block holds, and what is summed: its used entries and its tail.
fn summed(fields: Fields<'_>, is_root: bool) -> Result<(u32, &[u8], &[u8]), ReadError> {
    let list = if is_root { ROOT_LIST } else { NODE_LIST };
    let limit = usize::from(fields.u16_le(list)?);
    let count = usize::from(fields.u16_le(list.saturating_add(2))?);
    let end_of = |entries: usize| list.saturating_add(entries.saturating_mul(ENTRY));
    if count > limit || end_of(limit).saturating_add(ENTRY) > fields.all().len() {
        return Err(fields.corrupt(format_args!("count is {count} and limit {limit}, more than a block holds")));
    }
    let tail = fields.bytes(end_of(limit), ENTRY)?;
    Ok((fields.u32_le(end_of(limit).saturating_add(4))?, fields.bytes(0, end_of(count))?, tail))
}
