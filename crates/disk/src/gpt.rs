//! GUID partition tables (UEFI specification 2.10, section 5.3).

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;
use crc::{CRC_32_ISO_HDLC, Crc, Table};

use crate::Disk;
use crate::guid::Guid;
use crate::partition::Range;

const SIGNATURE: &[u8; 8] = b"EFI PART";
const MIN_HEADER: u32 = 92;
const MIN_ENTRY: u32 = 128;
/// Most bytes of entries: 64 times what a usual table has.
const MAX_ENTRIES_BYTES: u64 = 1 << 20;

const SECTOR_SIZES: [u64; 2] = [512, 4096];

static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// A header that matches its checksum.
struct Header {
    sector_size: u64,
    /// Sector of the other copy.
    alternate: u64,
    entries_at: u64,
    entry_count: u32,
    entry_size: u32,
    entries_crc: u32,
}

/// A table: the ranges, and whether its entries match their checksum.
struct Entries {
    ranges: Vec<Range>,
    is_whole: bool,
}

/// The partitions of the table at the start of the disk, else of its copy at the end; `None` when there is none.
///
/// Looks for it with both sector sizes, the disk's own first. Without a protective record in the first sector only a
/// whole table at the start counts.
pub(crate) fn read(
    disk: &Disk,
    has_protective: bool,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Option<Vec<Range>> {
    let source = &*disk.source;
    let mut sizes = SECTOR_SIZES;
    sizes.sort_by_key(|size| *size != disk.sector_size);
    let mut reasons = Vec::new();
    // Entries that do not match their checksum, used when nothing better is found.
    let mut doubtful = None;
    let mut found = None;
    for size in sizes {
        let primary = read_table(source, size, 1, &place.then("GPT header"), limits);
        let alternate = match &primary {
            Ok((header, _)) => header.alternate,
            Err(_) => source.len().checked_div(size).unwrap_or(0).saturating_sub(1),
        };
        match primary {
            Ok((header, entries)) if entries.is_whole => {
                found = Some((header, entries));
                break;
            }
            Ok((header, entries)) => {
                reasons.push("the entries do not match their checksum".to_owned());
                doubtful = doubtful.or(Some((header, entries)));
            }
            Err(error) => reasons.push(error.reason().to_owned()),
        }
        // A copy at the end alone is most likely the rest of a table that was removed.
        if !has_protective && doubtful.is_none() {
            continue;
        }
        if let Ok((header, entries)) = read_table(source, size, alternate, &place.then("GPT backup header"), limits)
            && entries.is_whole
        {
            let reason = reasons.last().map_or("", String::as_str);
            findings.add(&codes::GPT_PRIMARY, &place.then("GPT header"), &[("reason", &reason)]);
            found = Some((header, entries));
            break;
        }
    }
    let is_doubtful = found.is_none() && doubtful.is_some();
    let Some((header, entries)) = found.or(doubtful) else {
        if has_protective {
            findings.add(&codes::GPT_UNREADABLE, place, &[("reason", &reasons.join("; "))]);
        }
        return None;
    };
    if is_doubtful {
        findings.add(&codes::GPT_ENTRIES, &place.then("GPT entries"), &[]);
    }
    if !has_protective {
        findings.add(&codes::GPT_ALONE, place, &[]);
    }
    if header.sector_size != disk.sector_size {
        let (written, told) = (header.sector_size, disk.sector_size);
        findings.add(&codes::GPT_SECTOR_SIZE, place, &[("written", &written), ("told", &told)]);
    }
    Some(entries.ranges)
}

/// Bytes of the disk that a whole header at its start was written for: its copy stands in the last sector.
pub(crate) fn disk_size(source: &dyn ByteSource, sector_size: u64) -> Option<u64> {
    let header = read_header(source, sector_size, 1, &Place::default(), &Limits::default()).ok()?;
    header.alternate.checked_add(1)?.checked_mul(sector_size)
}

fn read_table(
    source: &dyn ByteSource,
    sector_size: u64,
    sector: u64,
    place: &Place,
    limits: &Limits,
) -> Result<(Header, Entries), ReadError> {
    let header = read_header(source, sector_size, sector, place, limits)?;
    let entries = read_entries(source, &header, place, limits)?;
    Ok((header, entries))
}

fn read_header(
    source: &dyn ByteSource,
    sector_size: u64,
    sector: u64,
    place: &Place,
    limits: &Limits,
) -> Result<Header, ReadError> {
    let bytes = read_vec(source, place, sector.saturating_mul(sector_size), sector_size, limits)?;
    let fields = Fields::new("gpt header", place, &bytes);
    let signature = fields.array::<8>(0)?;
    let header_size = fields.u32_le(12)?;
    let header_crc = fields.u32_le(16)?;
    let my_lba = fields.u64_le(24)?;
    let alternate_lba = fields.u64_le(32)?;
    let partition_entry_lba = fields.u64_le(72)?;
    let number_of_partition_entries = fields.u32_le(80)?;
    let size_of_partition_entry = fields.u32_le(84)?;
    let partition_entry_array_crc = fields.u32_le(88)?;
    if &signature != SIGNATURE {
        return Err(fields.corrupt(format_args!("signature is {signature:02x?}, expected \"EFI PART\"")));
    }
    let size = usize::try_from(header_size).unwrap_or(usize::MAX);
    if header_size < MIN_HEADER || size > bytes.len() {
        let what = format_args!("header size is {header_size}, expected {MIN_HEADER} up to one sector");
        return Err(fields.corrupt(what));
    }
    // The checksum covers the header with its own field as zeros (5.3.2).
    let mut digest = CRC32.digest();
    digest.update(fields.bytes(0, 16)?);
    digest.update(&[0; 4]);
    digest.update(fields.bytes(20, size.saturating_sub(20))?);
    let computed = digest.finalize();
    if header_crc != computed {
        return Err(fields.corrupt(format_args!("checksum is {header_crc:#010x}, its bytes give {computed:#010x}")));
    }
    if my_lba != sector {
        return Err(fields.corrupt(format_args!("it says it lies in sector {my_lba}, it was found in {sector}")));
    }
    if size_of_partition_entry < MIN_ENTRY || !size_of_partition_entry.is_power_of_two() {
        let what = format_args!("entry size is {size_of_partition_entry}, expected 128, 256, 512, …");
        return Err(fields.corrupt(what));
    }
    Ok(Header {
        sector_size,
        alternate: alternate_lba,
        entries_at: partition_entry_lba.saturating_mul(sector_size),
        entry_count: number_of_partition_entries,
        entry_size: size_of_partition_entry,
        entries_crc: partition_entry_array_crc,
    })
}

fn read_entries(
    source: &dyn ByteSource,
    header: &Header,
    place: &Place,
    limits: &Limits,
) -> Result<Entries, ReadError> {
    let length = u64::from(header.entry_count).saturating_mul(u64::from(header.entry_size));
    if length > MAX_ENTRIES_BYTES {
        let what = format_args!("gpt header: {} entries of {} bytes", header.entry_count, header.entry_size);
        return Err(ReadError::over_limit(place, what));
    }
    let bytes = read_vec(source, place, header.entries_at, length, limits)?;
    let is_whole = CRC32.checksum(&bytes) == header.entries_crc;
    let mut ranges = Vec::new();
    let entry_size = usize::try_from(header.entry_size).unwrap_or(usize::MAX);
    for (index, entry) in (1..).zip(bytes.chunks_exact(entry_size)) {
        let fields = Fields::new("gpt entry", place, entry);
        let kind = Guid(fields.array(0)?);
        let starting_lba = fields.u64_le(32)?;
        let ending_lba = fields.u64_le(40)?;
        // The end is the last sector itself (5.3.3). An entry whose end is before its start covers nothing.
        if kind != Guid::ZERO && starting_lba <= ending_lba {
            let sectors = ending_lba.saturating_sub(starting_lba).saturating_add(1);
            ranges.push(Range {
                index,
                kind: kind.to_string(),
                start: starting_lba.saturating_mul(header.sector_size),
                size: sectors.saturating_mul(header.sector_size),
            });
        }
    }
    Ok(Entries { ranges, is_whole })
}
