//! The dynamic disk header (section "Dynamic Disk Header Format").

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::SECTOR;
use super::footer::{Footer, Kind, checksum};
use crate::guid::Guid;

const COOKIE: &[u8; 8] = b"cxsparse";
pub(super) const LENGTH: u64 = 1024;
pub(super) const CHECKSUM: usize = 36;
/// Parent locators: eight entries of 24 bytes.
pub(super) const LOCATORS: usize = 576;
const LOCATOR: usize = 24;
/// Longest path that is read; Windows allows 32,767 units.
const LONGEST_PATH: u64 = 64 << 10;

/// What the header says, checked.
#[derive(Clone, Debug)]
pub(super) struct DynamicHeader {
    /// Byte of the file where the block allocation table starts.
    pub(super) table_offset: u64,
    /// Entries of the table.
    pub(super) max_table_entries: u32,
    /// Bytes of the disk in a block, a multiple of a sector.
    pub(super) block_size: NonZeroU64,
    /// Unique id of the disk this one was made upon.
    pub(super) parent_id: Guid,
    /// Paths of that disk, the most useful one first.
    pub(super) parent_paths: Vec<String>,
}

/// Reads the header that the footer leads to.
pub(super) fn read(
    file: &dyn ByteSource,
    footer: &Footer,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<DynamicHeader, ReadError> {
    let bytes = read_vec(file, place, footer.data_offset, LENGTH, limits)?;
    let fields = Fields::new("vhd dynamic disk header", place, &bytes);
    let cookie = fields.bytes(0, 8)?;
    let table_offset = fields.u64_be(16)?;
    let header_version = fields.u32_be(24)?;
    let max_table_entries = fields.u32_be(28)?;
    let block_size = fields.u32_be(32)?;
    let stored = fields.u32_be(CHECKSUM)?;
    let [a, b, c, d, e, f, g, h, r0, r1, r2, r3, r4, r5, r6, r7] = fields.array::<16>(40)?;
    if cookie != COOKIE {
        return Err(fields.corrupt(format_args!("no cookie at {:#x}, expected \"cxsparse\"", footer.data_offset)));
    }
    if header_version.wrapping_shr(16) != 1 {
        let what = format_args!("a VHD disk whose header has the version {header_version:#x}, known is 0x10000");
        return Err(ReadError::unsupported(place, what));
    }
    let is_whole = u64::from(block_size) % SECTOR == 0;
    let block_size = NonZeroU64::new(u64::from(block_size)).filter(|_| is_whole);
    let block_size = block_size.ok_or_else(|| fields.corrupt("block_size is not a positive number of sectors"))?;
    if stored != checksum(&bytes, CHECKSUM) {
        findings.add(&codes::VHD_DYNAMIC_HEADER, place, &[]);
    }
    let parent_paths = if footer.kind == Kind::Differencing { paths(file, &fields, place, limits) } else { Vec::new() };
    let parent_id = Guid([d, c, b, a, f, e, h, g, r0, r1, r2, r3, r4, r5, r6, r7]);
    Ok(DynamicHeader { table_offset, max_table_entries, block_size, parent_id, parent_paths })
}

/// Where the parent was: by the locators, the relative path first, since a copy of both files keeps that right; then by
/// the name in the header. What cannot be read is left out: it only helps people to find the file.
fn paths(file: &dyn ByteSource, header: &Fields<'_>, place: &Place, limits: &Limits) -> Vec<String> {
    let mut found = Vec::new();
    for index in 0..8_usize {
        let at = index.saturating_mul(LOCATOR).saturating_add(LOCATORS);
        let read = || -> Result<(u8, String), ReadError> {
            let code = header.array::<4>(at)?;
            let length = u64::from(header.u32_be(at.saturating_add(8))?).min(LONGEST_PATH);
            let offset = header.u64_be(at.saturating_add(16))?;
            let rank = match &code {
                b"W2ru" => 0,
                b"W2ku" => 1,
                b"MacX" => 2,
                _ => return Err(header.corrupt("no locator of a kind that is known")),
            };
            let bytes = read_vec(file, place, offset, length, limits)?;
            Ok((
                rank,
                if rank == 2 {
                    String::from_utf8_lossy(&bytes).into_owned()
                } else {
                    utf16(&bytes, u16::from_le_bytes)
                },
            ))
        };
        found.extend(read());
    }
    found.sort();
    let mut paths: Vec<String> = found.into_iter().map(|(_, path)| path.trim_end_matches('\0').to_owned()).collect();
    // Parent Unicode Name: 512 bytes, big-endian.
    let name = header.bytes(64, 512).map(|bytes| utf16(bytes, u16::from_be_bytes)).unwrap_or_default();
    paths.extend(name.split('\0').next().map(str::to_owned));
    paths.retain(|path| !path.is_empty());
    paths
}

/// A text of two bytes a unit. What is no text is shown by U+FFFD.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>().map(|pair| unit(*pair)));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}
