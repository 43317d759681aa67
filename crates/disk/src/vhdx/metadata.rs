//! The metadata region (2.6): block size, disk size, sector size, identity, parent.
//!
//! An item that is missing or impossible is replaced by what can be concluded or is usual, with a finding; only what
//! nothing can replace ends the reading.

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, ErrorKind, Fields, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::locator::Locator;
use super::region::Regions;
use super::search;
use crate::guid::Guid;

pub(super) const SIGNATURE: &[u8; 8] = b"metadata";
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
pub(super) const PARENT_LOCATOR: Guid = Guid::new(0xA8D3_5F2D, 0xB30B, 0x454D, 0xABF7, 0xD3D8_4834_AB0C);

pub(super) const MIN_BLOCK: u64 = 1 << 20;
pub(super) const MAX_BLOCK: u64 = 256 << 20;
/// Largest virtual disk (2.6.2.2).
pub(super) const MAX_DISK: u64 = 64 << 40;
/// Sector size of nearly all disks.
const USUAL_SECTOR: NonZeroU64 = NonZeroU64::new(512).unwrap();

/// Flags of the file parameters (2.6.2.1).
const LEAVE_BLOCK_ALLOCATED: u32 = 1;
const HAS_PARENT: u32 = 2;

/// What the metadata say of the disk.
#[derive(Debug)]
pub(super) struct Metadata {
    /// Bytes of a payload block.
    pub(super) block_size: NonZeroU64,
    /// Blocks stay in the file although nothing is in them (`LeaveBlockAllocated`): a fixed disk.
    pub(super) is_fixed: bool,
    /// Bytes of the virtual disk; `None` when they do not say, which has been told.
    pub(super) virtual_size: Option<u64>,
    /// Bytes of a logical sector: 512 or 4096.
    pub(super) sector_size: NonZeroU64,
    /// Identity of the virtual disk, the one SCSI page 83 gives.
    pub(super) identifier: Option<Guid>,
    /// Where the parent of a differencing disk is; `None` for a disk of its own.
    pub(super) parent: Option<Locator>,
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
    parent_locator: Option<Item>,
}

/// Reads the table and the items in it that a reader needs.
pub(super) fn read(
    file: &dyn ByteSource,
    regions: &Regions,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Metadata, ReadError> {
    let place = place.then("VHDX metadata");
    let (items, failure) = match read_table(file, regions, &place, limits) {
        Ok(items) => (items, None),
        Err(error) if matches!(error.kind, ErrorKind::Unsupported(_)) => return Err(error),
        Err(error) => (Items::default(), Some(error)),
    };
    let reader = Reader { file, start: regions.metadata.offset, place: &place, limits, failure };
    let mut guessed = |name: &str, error: &ReadError, value: &dyn std::fmt::Display| {
        let values: [(&str, &dyn std::fmt::Display); 2] = [("reason", &error.reason()), ("value", value)];
        findings.add(&codes::VHDX_METADATA_GUESSED, &place.then(name), &values);
    };

    let (parameters, locator) = (reader.file_parameters(items.file_parameters), items.parent_locator);
    let has_parent = match &parameters {
        Ok((_, flags)) => flags & HAS_PARENT != 0,
        // Only differencing disks have a parent locator.
        Err(_) => locator.is_some(),
    };
    let is_fixed = parameters.as_ref().is_ok_and(|(_, flags)| flags & LEAVE_BLOCK_ALLOCATED != 0);
    let block_size = match parameters {
        Ok((block_size, _)) => block_size,
        Err(error) => {
            let size = search::block_size(file, &regions.bat).filter(|_| !has_parent).ok_or_else(|| error.clone())?;
            guessed("block size", &error, &format_args!("{size} bytes"));
            size
        }
    };
    let sector_size = reader.sector_size(items.logical_sector_size).unwrap_or_else(|error| {
        guessed("logical sector size", &error, &format_args!("{USUAL_SECTOR} bytes"));
        USUAL_SECTOR
    });
    let virtual_size = reader.virtual_size(items.virtual_disk_size, sector_size).map_err(|error| {
        guessed("virtual disk size", &error, &"the greatest size that its tables allow");
    });
    // The identity is told to people and decides nothing, so a damaged one is left out.
    let identifier = reader
        .item("virtual disk id", items.virtual_disk_id, 16)
        .and_then(|bytes| Fields::new("vhdx virtual disk id", &place, &bytes).array(0));
    let parent = has_parent.then(|| reader.locator(locator, findings));
    Ok(Metadata {
        block_size,
        is_fixed,
        virtual_size: virtual_size.ok(),
        sector_size,
        identifier: identifier.ok().map(Guid),
        parent,
    })
}

/// Reads single items.
struct Reader<'a> {
    file: &'a dyn ByteSource,
    /// First byte of the region.
    start: u64,
    place: &'a Place,
    limits: &'a Limits,
    /// Why there is no table.
    failure: Option<ReadError>,
}

impl Reader<'_> {
    /// The first `length` bytes of an item, which may have more.
    fn item(&self, name: &'static str, item: Option<Item>, length: u32) -> Result<Vec<u8>, ReadError> {
        let missing = || ReadError::corrupt(self.place, format_args!("vhdx metadata: {name} is missing"));
        let item = item.ok_or_else(|| self.failure.clone().unwrap_or_else(missing))?;
        if item.length < length || item.length > MAX_ITEM || u64::from(item.offset) < TABLE {
            let what = format_args!(
                "vhdx metadata: {name} has {} bytes at {:#x}, expected {length} bytes behind the table",
                item.length, item.offset
            );
            return Err(ReadError::corrupt(self.place, what));
        }
        let start = self.start.saturating_add(u64::from(item.offset));
        read_vec(self.file, self.place, start, u64::from(length), self.limits)
    }

    /// Block size, and the flags (2.6.2.1).
    fn file_parameters(&self, item: Option<Item>) -> Result<(NonZeroU64, u32), ReadError> {
        let bytes = self.item("file parameters", item, 8)?;
        let parameters = Fields::new("vhdx file parameters", self.place, &bytes);
        let block_size = u64::from(parameters.u32_le(0)?);
        let flags = parameters.u32_le(4)?;
        match NonZeroU64::new(block_size) {
            Some(size) if size.is_power_of_two() && (MIN_BLOCK..=MAX_BLOCK).contains(&block_size) => Ok((size, flags)),
            _ => {
                let what = "expected a power of two from 1 MiB to 256 MiB";
                Err(parameters.corrupt(format_args!("block size is {block_size}, {what}")))
            }
        }
    }

    fn sector_size(&self, item: Option<Item>) -> Result<NonZeroU64, ReadError> {
        let bytes = self.item("logical sector size", item, 4)?;
        let sector = Fields::new("vhdx logical sector size", self.place, &bytes);
        match NonZeroU64::new(u64::from(sector.u32_le(0)?)) {
            Some(size) if matches!(size.get(), 512 | 4096) => Ok(size),
            size => {
                let size = size.map_or(0, NonZeroU64::get);
                Err(sector.corrupt(format_args!("it is {size}, expected 512 or 4096")))
            }
        }
    }

    fn virtual_size(&self, item: Option<Item>, sector_size: NonZeroU64) -> Result<u64, ReadError> {
        let bytes = self.item("virtual disk size", item, 8)?;
        let size = Fields::new("vhdx virtual disk size", self.place, &bytes);
        let virtual_size = size.u64_le(0)?;
        if virtual_size == 0 || virtual_size > MAX_DISK || virtual_size % sector_size != 0 {
            let what = format_args!("it is {virtual_size}, expected whole sectors of {sector_size} bytes up to 64 TiB");
            return Err(size.corrupt(what));
        }
        Ok(virtual_size)
    }

    /// Where the parent is. A disk whose locator is damaged still has a parent, only its names are unknown.
    fn locator(&self, item: Option<Item>, findings: &mut Findings) -> Locator {
        let read = || {
            let length = item.map_or(0, |item| item.length);
            let bytes = self.item("parent locator", item, length)?;
            Locator::read(&Fields::new("vhdx parent locator", self.place, &bytes))
        };
        read().unwrap_or_else(|error| {
            findings.add_error(&codes::VHDX_PARENT_LOCATOR, &error);
            Locator::default()
        })
    }
}

fn read_table(file: &dyn ByteSource, regions: &Regions, place: &Place, limits: &Limits) -> Result<Items, ReadError> {
    let bytes = read_vec(file, place, regions.metadata.offset, TABLE, limits)?;
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
            PARENT_LOCATOR => items.parent_locator = Some(item),
            // The physical sector size only concerns writers.
            PHYSICAL_SECTOR_SIZE => {}
            _ if required => {
                let what = format_args!("required vhdx metadata item of unknown kind {id}");
                return Err(ReadError::unsupported(place, what));
            }
            _ => {}
        }
    }
    Ok(items)
}
