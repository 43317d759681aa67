//! The header of a sparse extent (section "Hosted Sparse Extent Header").

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::SECTOR;

/// The magic number.
pub(crate) const SIGNATURE: &[u8; 4] = b"KDMV";
pub(super) const LENGTH: u64 = 512;

/// Flags.
const CHECKS_NEWLINES: u32 = 1;
const HAS_REDUNDANT: u32 = 1 << 1;
const HAS_ZERO_GRAINS: u32 = 1 << 2;
const COMPRESSED: u32 = 1 << 16;
const HAS_MARKERS: u32 = 1 << 17;

/// `gdOffset` of a stream-optimized extent: the header at the end of the file has the right one.
const AT_END: u64 = u64::MAX;
/// How far from the end of the file that header starts: behind it comes the marker of the end of the stream.
const FOOTER: u64 = 1024;
/// Largest grain, in sectors.
const LARGEST_GRAIN: u64 = 32 << 10;

/// What the header says, checked. Places and lengths are in bytes.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Bytes of the disk in this extent.
    pub(super) capacity: u64,
    pub(super) grain_size: NonZeroU64,
    pub(super) descriptor_offset: u64,
    pub(super) descriptor_size: u64,
    /// Entries of a grain table.
    pub(super) table_entries: NonZeroU64,
    pub(super) directory: u64,
    /// A second copy of directory and tables.
    pub(super) redundant: Option<u64>,
    pub(super) has_zero_grains: bool,
    pub(super) is_compressed: bool,
    pub(super) has_markers: bool,
}

impl Header {
    /// Whether what starts at this byte of a file of this length lies over the header or the description. A description
    /// that is not in the file at all is damage of its own and keeps no grain from its place.
    pub(super) fn is_taken(&self, position: u64, file_length: u64) -> bool {
        let end = self.descriptor_offset.saturating_add(self.descriptor_size);
        position < LENGTH || (end <= file_length && (self.descriptor_offset..end).contains(&position))
    }
}

/// Reads the header, or the better one at the end of the file that it leads to.
pub(super) fn read(
    file: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Header, ReadError> {
    let (header, is_at_end) = read_at(file, 0, place, limits, findings)?;
    if !is_at_end {
        return Ok(header);
    }
    let cut = || {
        let what = "vmdk sparse extent header: the directory of a stream-optimized disk lies at the end of its file, and \
                    that is missing: the file has been cut; look for a longer copy of it";
        ReadError::corrupt(place, what)
    };
    let at = file.len().checked_sub(FOOTER).filter(|at| *at > 0).ok_or_else(cut)?;
    let (footer, is_at_end) = read_at(file, at, place, limits, findings).map_err(|_| cut())?;
    if is_at_end {
        return Err(cut());
    }
    Ok(Header { descriptor_offset: header.descriptor_offset, descriptor_size: header.descriptor_size, ..footer })
}

/// The header at this byte of the file, and whether its directory is told by another one.
fn read_at(
    file: &dyn ByteSource,
    at: u64,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<(Header, bool), ReadError> {
    let bytes = read_vec(file, place, at, LENGTH, limits)?;
    let fields = Fields::new("vmdk sparse extent header", place, &bytes);
    let magic_number = fields.bytes(0, 4)?;
    let version = fields.u32_le(4)?;
    let flags = fields.u32_le(8)?;
    let capacity = fields.u64_le(12)?;
    let grain_size = fields.u64_le(20)?;
    let descriptor_offset = fields.u64_le(28)?;
    let descriptor_size = fields.u64_le(36)?;
    let num_gtes_per_gt = fields.u32_le(44)?;
    let rgd_offset = fields.u64_le(48)?;
    let gd_offset = fields.u64_le(56)?;
    let unclean_shutdown = fields.u8(72)?;
    let newlines = fields.bytes(73, 4)?;
    let compress_algorithm = fields.u16_le(77)?;

    if magic_number != SIGNATURE {
        return Err(fields.corrupt(format_args!("no magic number at {at:#x}, expected \"KDMV\"")));
    }
    if !(1..=3).contains(&version) {
        return Err(ReadError::unsupported(place, format_args!("vmdk version {version}, known are 1 to 3")));
    }
    if flags & COMPRESSED != 0 && compress_algorithm > 1 {
        let what = format_args!("a VMDK disk with the compression {compress_algorithm}, known is 1 (deflate)");
        return Err(ReadError::unsupported(place, what));
    }
    let is_grain = grain_size.is_power_of_two() && (1..=LARGEST_GRAIN).contains(&grain_size);
    let grain = NonZeroU64::new(grain_size.saturating_mul(SECTOR)).filter(|_| is_grain);
    let expected = format_args!("grainSize is {grain_size}, expected a power of two up to {LARGEST_GRAIN}").to_string();
    let grain_size = grain.ok_or_else(|| fields.corrupt(expected))?;
    let table_entries = NonZeroU64::new(u64::from(num_gtes_per_gt)).filter(|count| count.get() <= 64 << 10);
    let expected = format_args!("numGTEsPerGT is {num_gtes_per_gt}, expected 512").to_string();
    let table_entries = table_entries.ok_or_else(|| fields.corrupt(expected))?;
    if unclean_shutdown == 1 {
        findings.add(&codes::VMDK_UNCLEAN, place, &[]);
    }
    if flags & CHECKS_NEWLINES != 0 && newlines != b"\n \r\n" {
        findings.add(&codes::VMDK_NEWLINES, place, &[]);
    }
    let bytes_of = |sectors: u64| sectors.saturating_mul(SECTOR);
    let header = Header {
        capacity: bytes_of(capacity),
        grain_size,
        descriptor_offset: bytes_of(descriptor_offset),
        descriptor_size: bytes_of(descriptor_size),
        table_entries,
        directory: bytes_of(gd_offset),
        redundant: (flags & HAS_REDUNDANT != 0 && rgd_offset != 0).then(|| bytes_of(rgd_offset)),
        has_zero_grains: flags & HAS_ZERO_GRAINS != 0,
        is_compressed: flags & COMPRESSED != 0,
        has_markers: flags & HAS_MARKERS != 0,
    };
    Ok((header, gd_offset == AT_END))
}
