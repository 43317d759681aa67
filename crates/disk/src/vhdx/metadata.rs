//! The metadata region (2.6): block size, disk size, sector size, identity.

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use super::region::Region;
use crate::guid::Guid;

const SIGNATURE: &[u8; 8] = b"metadata";
/// Length of the metadata table; the items lie behind it (2.6.1).
const TABLE: u64 = 64 << 10;
const ENTRY: usize = 32;
const MAX_ENTRIES: u16 = 2047;
/// Longest item (2.6.1.2).
const MAX_ITEM: u32 = 1 << 20;

const FILE_PARAMETERS: Guid = Guid::new(0xCAA1_6737, 0xFA36, 0x4D43, 0xB3B6, 0x33F0_AA44_E76B);
const VIRTUAL_DISK_SIZE: Guid = Guid::new(0x2FA5_4224, 0xCD1B, 0x4876, 0xB211, 0x5DBE_D83B_F4B8);
const VIRTUAL_DISK_ID: Guid = Guid::new(0xBECA_12AB, 0xB2E6, 0x4523, 0x93EF, 0xC309_E000_C746);
const LOGICAL_SECTOR_SIZE: Guid = Guid::new(0x8141_BF1D, 0xA96F, 0x4709, 0xBA47, 0xF233_A8FA_AB5F);
const PHYSICAL_SECTOR_SIZE: Guid = Guid::new(0xCDA3_48C7, 0x445D, 0x4471, 0x9CC9, 0xE988_5251_C556);
const PARENT_LOCATOR: Guid = Guid::new(0xA8D3_5F2D, 0xB30B, 0x454D, 0xABF7, 0xD3D8_4834_AB0C);

const MIN_BLOCK: u32 = 1 << 20;
const MAX_BLOCK: u32 = 256 << 20;
/// Largest virtual disk (2.6.2.2).
const MAX_DISK: u64 = 64 << 40;

/// What the metadata say of the disk.
#[derive(Debug)]
pub(super) struct Metadata {
    /// Bytes of a payload block.
    pub(super) block_size: NonZeroU64,
    /// Bytes of the virtual disk.
    pub(super) virtual_size: u64,
    /// Bytes of a logical sector: 512 or 4096.
    pub(super) sector_size: NonZeroU64,
    /// Identity of the virtual disk, the one SCSI page 83 gives.
    pub(super) identifier: Option<Guid>,
}

/// An item of the table: its bytes in the region.
#[derive(Clone, Copy)]
struct Item {
    offset: u32,
    length: u32,
}

#[derive(Default)]
struct Items {
    file_parameters: Option<Item>,
    virtual_disk_size: Option<Item>,
    virtual_disk_id: Option<Item>,
    logical_sector_size: Option<Item>,
}

/// Reads the table and the items in it that a reader needs.
pub(super) fn read(
    file: &dyn ByteSource,
    region: &Region,
    place: &Place,
    limits: &Limits,
) -> Result<Metadata, ReadError> {
    let place = place.then("VHDX metadata");
    let items = read_table(file, region, &place, limits)?;
    let item = |name: &'static str, item: Option<Item>, length: u32| -> Result<Vec<u8>, ReadError> {
        let item = item.ok_or_else(|| ReadError::corrupt(&place, format_args!("vhdx metadata: {name} is missing")))?;
        if item.length < length || item.length > MAX_ITEM || u64::from(item.offset) < TABLE {
            let what = format_args!(
                "vhdx metadata: {name} has {} bytes at {:#x}, expected {length} bytes behind the table",
                item.length, item.offset
            );
            return Err(ReadError::corrupt(&place, what));
        }
        read_vec(file, &place, region.offset.saturating_add(u64::from(item.offset)), u64::from(length), limits)
    };

    let bytes = item("file parameters", items.file_parameters, 8)?;
    let parameters = Fields::new("vhdx file parameters", &place, &bytes);
    let block_size = parameters.u32_le(0)?;
    let has_parent = parameters.u32_le(4)? & 2 != 0;
    if has_parent {
        let what = "a differencing VHDX: it holds only what changed since its parent disk, and joining the two is not \
                    handled yet; merge it into its parent first (Merge-VHD in Windows)";
        return Err(ReadError::unsupported(&place, what));
    }
    if !block_size.is_power_of_two() || !(MIN_BLOCK..=MAX_BLOCK).contains(&block_size) {
        let what = "expected a power of two from 1 MiB to 256 MiB";
        return Err(parameters.corrupt(format_args!("block size is {block_size}, {what}")));
    }

    let bytes = item("logical sector size", items.logical_sector_size, 4)?;
    let sector = Fields::new("vhdx logical sector size", &place, &bytes);
    let sector_size = match sector.u32_le(0)? {
        size @ (512 | 4096) => u64::from(size),
        size => return Err(sector.corrupt(format_args!("it is {size}, expected 512 or 4096"))),
    };

    let bytes = item("virtual disk size", items.virtual_disk_size, 8)?;
    let size = Fields::new("vhdx virtual disk size", &place, &bytes);
    let virtual_size = size.u64_le(0)?;
    if virtual_size == 0 || virtual_size > MAX_DISK || virtual_size.checked_rem(sector_size) != Some(0) {
        let what = format_args!("it is {virtual_size}, expected whole sectors of {sector_size} bytes up to 64 TiB");
        return Err(size.corrupt(what));
    }

    // The identity is told to people and decides nothing, so a damaged one is left out.
    let identifier = item("virtual disk id", items.virtual_disk_id, 16)
        .and_then(|bytes| Fields::new("vhdx virtual disk id", &place, &bytes).array(0))
        .ok();
    Ok(Metadata {
        block_size: NonZeroU64::new(u64::from(block_size)).unwrap_or(NonZeroU64::MIN),
        virtual_size,
        sector_size: NonZeroU64::new(sector_size).unwrap_or(NonZeroU64::MIN),
        identifier: identifier.map(Guid),
    })
}

fn read_table(file: &dyn ByteSource, region: &Region, place: &Place, limits: &Limits) -> Result<Items, ReadError> {
    let bytes = read_vec(file, place, region.offset, TABLE, limits)?;
    let table = Fields::new("vhdx metadata table", place, &bytes);
    let signature = table.array::<8>(0)?;
    let entry_count = table.u16_le(10)?;
    if &signature != SIGNATURE {
        return Err(table.corrupt(format_args!("signature is {signature:02x?}, expected \"metadata\"")));
    }
    if entry_count > MAX_ENTRIES {
        return Err(table.corrupt(format_args!("entry count is {entry_count}, expected at most {MAX_ENTRIES}")));
    }
    let mut items = Items::default();
    for index in 1..=usize::from(entry_count) {
        let entry = Fields::new("vhdx metadata entry", place, table.bytes(index.saturating_mul(ENTRY), ENTRY)?);
        let id = Guid(entry.array(0)?);
        let item = Item { offset: entry.u32_le(16)?, length: entry.u32_le(20)? };
        let required = entry.u32_le(24)? & 4 != 0;
        match id {
            FILE_PARAMETERS => items.file_parameters = Some(item),
            VIRTUAL_DISK_SIZE => items.virtual_disk_size = Some(item),
            VIRTUAL_DISK_ID => items.virtual_disk_id = Some(item),
            LOGICAL_SECTOR_SIZE => items.logical_sector_size = Some(item),
            // The physical sector size only concerns writers; a parent locator without HasParent means nothing.
            PHYSICAL_SECTOR_SIZE | PARENT_LOCATOR => {}
            _ if required => {
                let what = format_args!("required vhdx metadata item of unknown kind {id}");
                return Err(ReadError::unsupported(place, what));
            }
            _ => {}
        }
    }
    Ok(items)
}
