//! What lies in a range, told by its bytes.
//!
//! Signatures as `blkid` and the formats' own documentation give them. Nothing but the signature is checked, except for
//! ext, whose superblock must also be plausible, and FAT, whose signature many boot sectors carry.

use careen_evidence::{ByteSource, Fields, Findings, Place, ReadError};
use careen_model::Code;
use careen_model::codes::disk as codes;

use crate::partition::read_at;

/// What a range holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Content {
    /// The second extended filesystem.
    Ext2,
    /// ext2 with a journal.
    Ext3,
    /// The fourth extended filesystem.
    Ext4,
    /// A journal of an ext filesystem that lies elsewhere.
    ExtJournal,
    /// Swap space of Linux.
    Swap,
    /// Encrypted with LUKS, version 1 or 2.
    Luks,
    /// Encrypted with BitLocker.
    BitLocker,
    /// Windows' usual filesystem.
    Ntfs,
    /// Windows Server's ReFS.
    Refs,
    /// exFAT, of memory cards.
    Exfat,
    /// FAT12, FAT16 or FAT32; EFI system partitions too.
    Fat,
    /// XFS.
    Xfs,
    /// Btrfs.
    Btrfs,
    /// F2FS.
    F2fs,
    /// bcachefs.
    Bcachefs,
    /// A physical volume of LVM.
    Lvm2,
    /// A member of a Linux software RAID.
    LinuxRaid,
    /// A member of a ZFS pool.
    Zfs,
    /// HFS+ or HFSX.
    HfsPlus,
    /// A container of APFS.
    Apfs,
    /// ISO 9660, of optical media.
    Iso9660,
    /// SquashFS.
    Squashfs,
    /// EROFS.
    Erofs,
}

impl Content {
    /// Its name in the overview, as `blkid` writes it where `blkid` knows it.
    pub fn name(self) -> &'static str {
        match self {
            Content::Ext2 => "ext2",
            Content::Ext3 => "ext3",
            Content::Ext4 => "ext4",
            Content::ExtJournal => "jbd",
            Content::Swap => "swap",
            Content::Luks => "luks",
            Content::BitLocker => "bitlocker",
            Content::Ntfs => "ntfs",
            Content::Refs => "refs",
            Content::Exfat => "exfat",
            Content::Fat => "fat",
            Content::Xfs => "xfs",
            Content::Btrfs => "btrfs",
            Content::F2fs => "f2fs",
            Content::Bcachefs => "bcachefs",
            Content::Lvm2 => "lvm2",
            Content::LinuxRaid => "linux-raid",
            Content::Zfs => "zfs",
            Content::HfsPlus => "hfsplus",
            Content::Apfs => "apfs",
            Content::Iso9660 => "iso9660",
            Content::Squashfs => "squashfs",
            Content::Erofs => "erofs",
        }
    }

    /// Whether it is a filesystem of the ext family.
    pub fn is_ext(self) -> bool {
        matches!(self, Content::Ext2 | Content::Ext3 | Content::Ext4)
    }

    /// Whether Windows puts it on a disk that it formats.
    pub(crate) fn is_of_windows(self) -> bool {
        matches!(self, Content::Ntfs | Content::Refs | Content::Exfat | Content::Fat)
    }

    /// The finding that says why it is not read, with the name people know it by.
    fn finding(self) -> Option<(&'static Code, &'static str)> {
        Some(match self {
            Content::Ext2 | Content::Ext3 | Content::Ext4 | Content::Swap => return None,
            Content::Luks => (&codes::CONTENT_LUKS, "LUKS"),
            Content::BitLocker => (&codes::CONTENT_BITLOCKER, "BitLocker"),
            Content::Ntfs => (&codes::CONTENT_WINDOWS, "NTFS"),
            Content::Refs => (&codes::CONTENT_WINDOWS, "ReFS"),
            Content::Exfat => (&codes::CONTENT_WINDOWS, "exFAT"),
            Content::Fat => (&codes::CONTENT_WINDOWS, "FAT"),
            Content::Xfs => (&codes::CONTENT_LINUX, "XFS"),
            Content::Btrfs => (&codes::CONTENT_LINUX, "Btrfs"),
            Content::F2fs => (&codes::CONTENT_LINUX, "F2FS"),
            Content::Bcachefs => (&codes::CONTENT_LINUX, "bcachefs"),
            Content::ExtJournal => (&codes::CONTENT_LINUX, "An external ext journal"),
            Content::Lvm2 => (&codes::CONTENT_VOLUMES, "A physical volume of LVM"),
            Content::LinuxRaid => (&codes::CONTENT_VOLUMES, "A member of a Linux software RAID"),
            Content::Zfs => (&codes::CONTENT_VOLUMES, "A ZFS pool"),
            Content::HfsPlus => (&codes::CONTENT_APPLE, "HFS+"),
            Content::Apfs => (&codes::CONTENT_APPLE, "APFS"),
            Content::Iso9660 => (&codes::CONTENT_IMAGE, "ISO 9660"),
            Content::Squashfs => (&codes::CONTENT_IMAGE, "SquashFS"),
            Content::Erofs => (&codes::CONTENT_IMAGE, "EROFS"),
        })
    }
}

/// Signatures at fixed places, in bytes from the start of the range. The order matters: what wraps or replaces
/// something else comes before it (BitLocker keeps a boot sector like NTFS's, an EFI system lies on an ISO image).
const SIGNATURES: &[(u64, &[u8], Content)] = &[
    (0, b"LUKS\xba\xbe", Content::Luks),
    (3, b"-FVE-FS-", Content::BitLocker),
    (3, b"NTFS    ", Content::Ntfs),
    (3, b"ReFS\0\0\0\0", Content::Refs),
    (3, b"EXFAT   ", Content::Exfat),
    (0, b"XFSB", Content::Xfs),
    (0x1_0040, b"_BHRfS_M", Content::Btrfs),
    (1024, &[0x10, 0x20, 0xF5, 0xF2], Content::F2fs),
    (
        4096 + 24,
        &[0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA, 0x82, 0x65, 0xF5, 0x7F, 0x48, 0xBA, 0x6D, 0x81],
        Content::Bcachefs,
    ),
    (0, b"LABELONE", Content::Lvm2),
    (512, b"LABELONE", Content::Lvm2),
    (1024, b"LABELONE", Content::Lvm2),
    (1536, b"LABELONE", Content::Lvm2),
    (4096, &[0xFC, 0x4E, 0x2B, 0xA9], Content::LinuxRaid),
    (0, &[0xFC, 0x4E, 0x2B, 0xA9], Content::LinuxRaid),
    (1024, b"H+\0\x04", Content::HfsPlus),
    (1024, b"HX\0\x05", Content::HfsPlus),
    (32, b"NXSB", Content::Apfs),
    (32769, b"CD001", Content::Iso9660),
    (0, b"hsqs", Content::Squashfs),
    (1024, &[0xE2, 0xE1, 0xF5, 0xE0], Content::Erofs),
    // Swap: the end of its first page, for every page size Linux knows.
    (0x0FF6, b"SWAPSPACE2", Content::Swap),
    (0x1FF6, b"SWAPSPACE2", Content::Swap),
    (0x3FF6, b"SWAPSPACE2", Content::Swap),
    (0x7FF6, b"SWAPSPACE2", Content::Swap),
    (0xFFF6, b"SWAPSPACE2", Content::Swap),
    (0x0FF6, b"SWAP-SPACE", Content::Swap),
    // A sleeping system is kept in swap space.
    (0x0FF6, b"S1SUSPEND\0", Content::Swap),
];

/// The start of a ZFS label's uberblocks, how many there may be and their smallest distance (1 KiB).
const ZFS_UBERBLOCKS: (u64, u64, u64) = (128 << 10, 128, 1 << 10);
const ZFS_MAGIC: u64 = 0x00BA_B10C;

/// Block sizes of ext filesystems whose backups are looked for, the usual one first.
const EXT_BLOCK_SIZES: [u64; 3] = [4096, 1024, 2048];
/// Groups that begin with a backup of the superblock: 1 and the powers of 3, 5 and 7 (sparse_super), up to those of a
/// filesystem of 300 GiB. With sparse_super2 it is group 1 and the last one.
const EXT_BACKUP_GROUPS: [u64; 12] = [1, 3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343];

/// What a range holds; `None` when nothing is recognized.
///
/// Adds a finding when it is something that is not read, saying what to do. A part of the range that cannot be read
/// is a finding and counts as unrecognized.
pub fn probe(source: &dyn ByteSource, place: &Place, findings: &mut Findings) -> Option<Content> {
    let content = match recognize(source, findings) {
        Some(content) => content,
        None => {
            let (offset, Superblock { content, .. }) = ext_backup(source)?;
            findings.add(&codes::EXT_SUPERBLOCK_LOST, place, &[("offset", &offset)]);
            content
        }
    };
    if let Some((code, name)) = content.finding() {
        findings.add(code, place, &[("name", &name)]);
    }
    Some(content)
}

fn recognize(source: &dyn ByteSource, findings: &mut Findings) -> Option<Content> {
    let mut is = |offset: u64, signature: &[u8]| match read_at(source, offset, signature.len()) {
        Some(Ok(bytes)) => bytes == signature,
        Some(Err(error)) => {
            findings.add_failure(&error);
            false
        }
        None => false,
    };
    // Encryption covers what may have been there before; ext comes next, being what is looked for.
    let (covering, others) = SIGNATURES.split_at_checked(2).unwrap_or((SIGNATURES, &[]));
    let find = |list: &[(u64, &[u8], Content)], is: &mut dyn FnMut(u64, &[u8]) -> bool| {
        list.iter().find(|(offset, signature, _)| is(*offset, signature)).map(|(_, _, content)| *content)
    };
    find(covering, &mut is)
        .or_else(|| ext(source))
        .or_else(|| find(others, &mut is))
        .or_else(|| fat(source))
        .or_else(|| zfs(source))
}

/// Which of the family the ext superblock at byte 1024 belongs to.
pub(crate) fn ext(source: &dyn ByteSource) -> Option<Content> {
    superblock(source, 1024).map(|superblock| superblock.content)
}

/// Bytes of an ext filesystem that covers the source, by its superblock or a backup of it.
pub(crate) fn ext_size(source: &dyn ByteSource) -> Option<u64> {
    let superblock = superblock(source, 1024).or_else(|| ext_backup(source).map(|(_, superblock)| superblock));
    superblock.map(|superblock| superblock.size)
}

/// Where a backup of a lost first superblock lies, and what it says. It has to belong to the group it was found in, by
/// the block size that leads there, so that what lies in a file or is left of an older filesystem is rarely taken for
/// one. A group has as many blocks as a block has bits, and with blocks of 1 KiB the first one stands before group 0.
fn ext_backup(source: &dyn ByteSource) -> Option<(u64, Superblock)> {
    EXT_BLOCK_SIZES.into_iter().find_map(|block_size| {
        let group_size = block_size.saturating_mul(block_size).saturating_mul(8);
        let first = if block_size == 1024 { block_size } else { 0 };
        let last = source.len().checked_sub(first)?.checked_sub(1)?.checked_div(group_size)?;
        EXT_BACKUP_GROUPS.into_iter().filter(|group| *group < last).chain([last]).find_map(|group| {
            let offset = group.saturating_mul(group_size).saturating_add(first);
            let found = superblock(source, offset)?;
            let is_its_own = group > 0 && u64::from(found.group) == group && found.block_size == block_size;
            is_its_own.then_some((offset, found))
        })
    })
}

/// What a superblock says that is plausible.
struct Superblock {
    content: Content,
    /// The group it stands in.
    group: u16,
    block_size: u64,
    /// Bytes of the filesystem.
    size: u64,
}

fn superblock(source: &dyn ByteSource, offset: u64) -> Option<Superblock> {
    let bytes = read_at(source, offset, 1024)?.ok()?;
    superblock_fields(&bytes).ok()?
}

fn superblock_fields(bytes: &[u8]) -> Result<Option<Superblock>, ReadError> {
    let place = Place::default();
    let fields = Fields::new("ext superblock", &place, bytes);
    let inodes_count = fields.u32_le(0x00)?;
    let blocks_count = fields.u32_le(0x04)?;
    let log_block_size = fields.u32_le(0x18)?;
    let blocks_per_group = fields.u32_le(0x20)?;
    let inodes_per_group = fields.u32_le(0x28)?;
    let magic = fields.u16_le(0x38)?;
    let rev_level = fields.u32_le(0x4C)?;
    let group = fields.u16_le(0x5A)?;
    let feature_compat = fields.u32_le(0x5C)?;
    let feature_incompat = fields.u32_le(0x60)?;
    let feature_ro_compat = fields.u32_le(0x64)?;
    let blocks_count_high = fields.u32_le(0x150)?;
    let block_size = 1024_u64.checked_shl(log_block_size).unwrap_or(0);
    let size = (u64::from(blocks_count_high) << 32 | u64::from(blocks_count)).saturating_mul(block_size);
    // A journal device has neither groups nor inodes.
    if magic == 0xEF53 && rev_level == 1 && feature_incompat & 0x8 != 0 {
        return Ok(Some(Superblock { content: Content::ExtJournal, group, block_size, size }));
    }
    let is_plausible = magic == 0xEF53
        && rev_level <= 1
        && log_block_size <= 6
        && inodes_count != 0
        && blocks_per_group != 0
        && inodes_per_group != 0
        && (blocks_count != 0 || blocks_count_high != 0);
    if !is_plausible {
        return Ok(None);
    }
    // Beyond what ext3 knows: sparse_super, large_file, btree_dir; filetype, recover, meta_bg.
    let content = if feature_ro_compat & !0x7 != 0 || feature_incompat & !0x16 != 0 {
        Content::Ext4
    } else if feature_compat & 0x4 != 0 {
        Content::Ext3
    } else {
        Content::Ext2
    };
    Ok(Some(Superblock { content, group, block_size, size }))
}

/// FAT of any width: its boot sector has no signature of its own, so the parameters are checked too (Microsoft's FAT
/// specification 1.03, "Boot sector and BPB").
fn fat(source: &dyn ByteSource) -> Option<Content> {
    let bytes = read_at(source, 0, 512)?.ok()?;
    let place = Place::default();
    let fields = Fields::new("fat boot sector", &place, &bytes);
    let check = || -> Result<bool, ReadError> {
        let bytes_per_sector = fields.u16_le(11)?;
        let sectors_per_cluster = fields.u8(13)?;
        let reserved_sectors = fields.u16_le(14)?;
        let number_of_fats = fields.u8(16)?;
        let media = fields.u8(21)?;
        Ok(matches!(fields.u8(0)?, 0xEB | 0xE9)
            && matches!(bytes_per_sector, 512 | 1024 | 2048 | 4096)
            && sectors_per_cluster.is_power_of_two()
            && reserved_sectors != 0
            && matches!(number_of_fats, 1 | 2)
            && (media == 0xF0 || media >= 0xF8)
            && fields.array::<2>(510)? == [0x55, 0xAA])
    };
    check().unwrap_or(false).then_some(Content::Fat)
}

/// A ZFS label: an uberblock in either byte order.
fn zfs(source: &dyn ByteSource) -> Option<Content> {
    let (start, count, step) = ZFS_UBERBLOCKS;
    let length = usize::try_from(count.saturating_mul(step)).ok()?;
    let bytes = read_at(source, start, length)?.ok()?;
    let step = usize::try_from(step).ok()?;
    let magic = |block: &[u8]| {
        block
            .first_chunk::<8>()
            .is_some_and(|magic| u64::from_le_bytes(*magic) == ZFS_MAGIC || u64::from_be_bytes(*magic) == ZFS_MAGIC)
    };
    bytes.chunks_exact(step).any(magic).then_some(Content::Zfs)
}

#[cfg(test)]
mod tests;
