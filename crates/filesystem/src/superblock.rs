//! The superblock: 1024 bytes at offset 1024 of the filesystem.
//!
//! Kernel documentation, "The Super Block" (`struct ext4_super_block`). Field offsets are those of its table.
//! Its copies are searched in [`backup`](crate::backup).

use careen_evidence::{ByteSource, Fields, Findings, Place, ReadError, codes::filesystem as codes};

use crate::backup::Stand;
use crate::checksum::{crc16, crc32c};
use crate::features::{Features, compat, incompat, ro_compat};

/// Byte offset of the primary superblock, whatever the block size.
pub(crate) const OFFSET: u64 = 1024;
/// Length of the superblock in bytes.
pub(crate) const LENGTH: usize = 1024;
/// `s_magic`.
const MAGIC: u16 = 0xef53;
/// `s_checksum` sums everything before itself.
pub(crate) const CHECKSUM_OFFSET: usize = 0x3fc;
/// `s_checksum_type`: CRC-32C, the only one there is.
const CHECKSUM_TYPE_CRC32C: u8 = 1;
/// `s_state`: unmounted cleanly; errors were detected.
const STATE_VALID: u16 = 1;
const STATE_ERRORS: u16 = 2;

/// How metadata is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksums {
    /// Not at all.
    None,
    /// CRC-16 of the group descriptors alone (`uninit_bg`); the seed is that of the UUID.
    GroupCrc16(u16),
    /// CRC-32C of everything (`metadata_csum`).
    Crc32c,
    /// In a way that was not known when this was written, so that nothing can be verified.
    Unknown,
}

/// Where the journal lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JournalLocation {
    /// The filesystem has none.
    None,
    /// In this inode; `backup` is the superblock's copy of its `i_block` and `i_size`.
    Inode { number: u32, backup: Option<([u8; 60], u64)> },
    /// On a disk of its own.
    External {
        /// What the journal's device is known by (`s_journal_uuid`).
        uuid: [u8; 16],
    },
}

/// What the kernel recorded about errors it met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecordedErrors {
    /// `s_state` has the errors bit.
    pub(crate) flagged: bool,
    /// `s_error_count`.
    pub(crate) count: u32,
    /// `s_last_error_func`.
    pub(crate) function: String,
    /// `s_last_error_ino`, 0 if none is involved.
    pub(crate) inode: u32,
    /// `s_last_error_block`, 0 if none is involved.
    pub(crate) block: u64,
}

/// The superblock, checked: every count here is in its legal range.
#[derive(Clone, Debug)]
pub(crate) struct Superblock {
    pub(crate) features: Features,
    /// Bytes, a power of two from 1024 to 65536.
    pub(crate) block_size: u32,
    /// Blocks of the filesystem.
    pub(crate) blocks: u64,
    /// First block of group 0.
    pub(crate) first_data_block: u32,
    pub(crate) blocks_per_group: u32,
    /// Blocks in a cluster, 1 without bigalloc.
    pub(crate) cluster_blocks: u32,
    /// Inodes, at most as many as the groups have room for.
    pub(crate) inodes: u32,
    pub(crate) inodes_per_group: u32,
    /// Bytes, a power of two from 128 to the block size.
    pub(crate) inode_size: u16,
    /// First inode that is not reserved.
    pub(crate) first_inode: u32,
    /// Bytes, 32 or a power of two from 64 to 1024.
    pub(crate) descriptor_size: u16,
    pub(crate) first_meta_group: u32,
    pub(crate) backup_groups: [u32; 2],
    pub(crate) uuid: [u8; 16],
    pub(crate) label: String,
    pub(crate) checksums: Checksums,
    /// Start value of every CRC-32C but the superblock's own.
    pub(crate) seed: u32,
    pub(crate) journal: JournalLocation,
    pub(crate) is_cleanly_unmounted: bool,
    pub(crate) errors: RecordedErrors,
    /// Head of the list of inodes that were deleted while open, 0 if it is empty.
    pub(crate) last_orphan: u32,
    /// Inode of the orphan file, 0 if there is none.
    pub(crate) orphan_file: u32,
    /// Inode of the project quota file, 0 if there is none.
    pub(crate) project_quota: u32,
    /// Group in which this superblock says that it stands, 0 for the primary one.
    pub(crate) own_group: u32,
    /// When the filesystem was last mounted, in seconds since 1970; 0 if never.
    pub(crate) mounted: u64,
    /// When it was last written, in seconds since 1970.
    pub(crate) written: u64,
    /// Set when this is a copy that stands for the primary one.
    pub(crate) stand: Option<Stand>,
}

impl Superblock {
    /// Whether `source` begins like an ext2, ext3 or ext4 filesystem.
    pub(crate) fn is_at(source: &dyn ByteSource) -> bool {
        let mut magic = [0; 2];
        source.read_exact_at(OFFSET.saturating_add(0x38), &mut magic).is_ok() && u16::from_le_bytes(magic) == MAGIC
    }

    /// The superblock in these bytes; an error when it cannot be read on with.
    pub(crate) fn parse(fields: Fields<'_>, place: &Place) -> Result<Self, ReadError> {
        let s_magic = fields.u16_le(0x38)?;
        if s_magic != MAGIC {
            return Err(fields.corrupt(format_args!(
                "s_magic is {s_magic:#06x}, expected {MAGIC:#06x}: this is no ext2, ext3 or ext4 filesystem, or its \
                 superblock is destroyed"
            )));
        }
        let features =
            Features { compat: fields.u32_le(0x5c)?, incompat: fields.u32_le(0x60)?, ro_compat: fields.u32_le(0x64)? };
        refuse_unsupported(place, features)?;
        let geometry = Geometry::parse(fields, features)?;

        // Revision 0 had fixed inodes and no further fields; what stands in their place means nothing.
        let is_dynamic = fields.u32_le(0x4c)? >= 1;
        let s_inode_size = if is_dynamic { fields.u16_le(0x58)? } else { 128 };
        if !s_inode_size.is_power_of_two() || s_inode_size < 128 || u32::from(s_inode_size) > geometry.block_size {
            return Err(fields.corrupt(format_args!(
                "s_inode_size is {s_inode_size}, expected a power of two from 128 to the block size {}",
                geometry.block_size
            )));
        }
        let uuid: [u8; 16] = fields.array(0x68)?;
        let (checksums, seed) = checksums(fields, features, &uuid)?;
        let wide = features.has_incompat(incompat::BITS_64);
        let s_state = fields.u16_le(0x3a)?;
        Ok(Superblock {
            features,
            block_size: geometry.block_size,
            blocks: geometry.blocks,
            first_data_block: geometry.first_data_block,
            blocks_per_group: geometry.blocks_per_group,
            cluster_blocks: geometry.cluster_blocks,
            inodes: geometry.inodes,
            inodes_per_group: geometry.inodes_per_group,
            inode_size: s_inode_size,
            first_inode: if is_dynamic { fields.u32_le(0x54)? } else { 11 },
            descriptor_size: if wide { descriptor_size(fields, geometry.block_size)? } else { 32 },
            first_meta_group: fields.u32_le(0x104)?,
            backup_groups: [fields.u32_le(0x24c)?, fields.u32_le(0x250)?],
            uuid,
            label: text(&fields.array::<16>(0x78)?),
            checksums,
            seed,
            journal: journal_location(fields, features)?,
            is_cleanly_unmounted: s_state & STATE_VALID != 0,
            errors: RecordedErrors {
                flagged: s_state & STATE_ERRORS != 0,
                count: fields.u32_le(0x194)?,
                function: text(&fields.array::<32>(0x1e0)?),
                inode: fields.u32_le(0x1d0)?,
                block: fields.u64_le(0x1d8)?,
            },
            last_orphan: fields.u32_le(0xe8)?,
            orphan_file: fields.u32_le(0x280)?,
            project_quota: fields.u32_le(0x26c)?,
            own_group: if is_dynamic { u32::from(fields.u16_le(0x5a)?) } else { 0 },
            mounted: u64::from(fields.u8(0x275)?) << 32 | u64::from(fields.u32_le(0x2c)?),
            written: u64::from(fields.u8(0x274)?) << 32 | u64::from(fields.u32_le(0x30)?),
            stand: None,
        })
    }

    /// Tells what the superblock says about itself.
    pub(crate) fn verify(&self, fields: Fields<'_>, place: &Place, findings: &mut Findings) -> Result<(), ReadError> {
        if self.checksums == Checksums::Crc32c {
            let stored = fields.u32_le(CHECKSUM_OFFSET)?;
            let computed = crc32c(!0, fields.bytes(0, CHECKSUM_OFFSET)?);
            if stored != computed {
                findings.add(
                    &codes::SUPERBLOCK_CHECKSUM,
                    place,
                    &[("stored", &format_args!("{stored:#010x}")), ("computed", &format_args!("{computed:#010x}"))],
                );
            }
        }
        if self.has_recorded_errors() {
            let RecordedErrors { count, function, inode, block, .. } = &self.errors;
            let unknown = if function.is_empty() { "?" } else { function.as_str() };
            findings.add(
                &codes::KERNEL_ERRORS,
                place,
                &[("count", count), ("function", &unknown), ("inode", inode), ("block", block)],
            );
        }
        if self.needs_check() {
            findings.add(&codes::NOT_UNMOUNTED, place, &[]);
        }
        if let Some(bits) = self.features.unknown_ro_compat() {
            findings.add(&codes::UNKNOWN_FEATURE, place, &[("feature", &format_args!("s_feature_ro_compat {bits}"))]);
        }
        if self.checksums == Checksums::Unknown {
            let s_checksum_type = fields.u8(0x175)?;
            let feature = format!("s_checksum_type {s_checksum_type}");
            findings.add(&codes::UNKNOWN_FEATURE, place, &[("feature", &feature)]);
        }
        Ok(())
    }

    /// Whether the kernel has met errors since the filesystem was last repaired.
    pub(crate) fn has_recorded_errors(&self) -> bool {
        self.errors.flagged || self.errors.count > 0
    }

    /// Whether the kernel would look into the journal before it mounts this. The flag is set while the filesystem is
    /// mounted, so it stays when the machine stops, however little the journal holds.
    pub(crate) fn needs_recovery(&self) -> bool {
        self.features.has_incompat(incompat::RECOVER)
    }

    /// Whether it was not unmounted and has no journal that would make up for that. Copies of the superblock do not
    /// know.
    pub(crate) fn needs_check(&self) -> bool {
        self.stand.is_none() && !self.is_cleanly_unmounted && self.journal == JournalLocation::None
    }

    /// All on which it depends where structures lie and how they are read, to compare copies by.
    pub(crate) fn layout(&self) -> [u64; 12] {
        [
            // The kernel sets some of the other features as they are first used.
            u64::from(self.features.incompat & incompat::OF_LAYOUT),
            u64::from(self.features.ro_compat & ro_compat::OF_LAYOUT),
            u64::from(self.features.compat & compat::OF_LAYOUT),
            self.blocks,
            u64::from(self.block_size),
            u64::from(self.first_data_block),
            u64::from(self.blocks_per_group),
            u64::from(self.cluster_blocks),
            u64::from(self.inodes_per_group),
            u64::from(self.inode_size),
            u64::from(self.descriptor_size),
            u64::from(self.first_meta_group),
        ]
    }

    /// Number of block groups.
    pub(crate) fn groups(&self) -> u64 {
        self.blocks.saturating_sub(u64::from(self.first_data_block)).div_ceil(u64::from(self.blocks_per_group))
    }

    /// First block of a group.
    pub(crate) fn first_block_of_group(&self, group: u64) -> u64 {
        group.saturating_mul(u64::from(self.blocks_per_group)).saturating_add(u64::from(self.first_data_block))
    }

    /// Whether a group holds a copy of the superblock (kernel documentation, "Layout", and `sparse_super2`).
    pub(crate) fn has_superblock_copy(&self, group: u64) -> bool {
        if group == 0 {
            true
        } else if self.features.has_compat(compat::SPARSE_SUPER2) {
            self.backup_groups.iter().any(|backup| u64::from(*backup) == group)
        } else if !self.features.has_ro_compat(ro_compat::SPARSE_SUPER) {
            true
        } else {
            group == 1 || [3, 5, 7].into_iter().any(|base| is_power_of(group, base))
        }
    }

    /// Block that holds the primary superblock.
    pub(crate) fn own_block(&self) -> u64 {
        if self.block_size == 1024 { 1 } else { 0 }
    }

    /// Whether block pointers have 48 bits where the structure has room for them.
    pub(crate) fn is_64bit(&self) -> bool {
        self.features.has_incompat(incompat::BITS_64)
    }
}

/// Whether the checksum of a superblock is right; `None` when it has none.
pub(crate) fn proof(bytes: &[u8; LENGTH]) -> Option<bool> {
    let place = Place::default();
    let fields = Fields::new("superblock", &place, bytes);
    if fields.u8(0x175).ok()? != CHECKSUM_TYPE_CRC32C {
        return None;
    }
    Some(fields.u32_le(CHECKSUM_OFFSET).ok()? == crc32c(!0, fields.bytes(0, CHECKSUM_OFFSET).ok()?))
}

fn refuse_unsupported(place: &Place, features: Features) -> Result<(), ReadError> {
    if features.has_incompat(incompat::JOURNAL_DEV) {
        return Err(ReadError::unsupported(place, "an external ext4 journal, which holds no files"));
    }
    match features.unsupported() {
        Some(names) => Err(ReadError::unsupported(place, format_args!("ext4 with the features {names}"))),
        None => Ok(()),
    }
}

/// How many of what there are; the part of the superblock on which all arithmetic rests.
struct Geometry {
    block_size: u32,
    blocks: u64,
    first_data_block: u32,
    blocks_per_group: u32,
    cluster_blocks: u32,
    inodes: u32,
    inodes_per_group: u32,
}

impl Geometry {
    fn parse(fields: Fields<'_>, features: Features) -> Result<Self, ReadError> {
        let s_log_block_size = fields.u32_le(0x18)?;
        let block_size = 1024_u32
            .checked_shl(s_log_block_size)
            .filter(|size| *size >= 1024 && *size <= 65536)
            .ok_or_else(|| fields.corrupt(format_args!("s_log_block_size is {s_log_block_size}, expected 0 to 6")))?;
        let s_blocks_count_hi = if features.has_incompat(incompat::BITS_64) { fields.u32_le(0x150)? } else { 0 };
        let blocks = u64::from(s_blocks_count_hi) << 32 | u64::from(fields.u32_le(0x4)?);
        let s_first_data_block = fields.u32_le(0x14)?;
        if u64::from(s_first_data_block) >= blocks || blocks.checked_mul(u64::from(block_size)).is_none() {
            return Err(fields.corrupt(format_args!(
                "s_blocks_count is {blocks} with s_first_data_block {s_first_data_block} and blocks of {block_size} \
                 bytes, expected a size that a disk can have"
            )));
        }
        let cluster_blocks = Self::cluster_blocks(fields, features, s_log_block_size)?;
        // A bitmap of one block has a bit for each cluster of a group, another one for each inode.
        let bits = u64::from(block_size).saturating_mul(8);
        let s_blocks_per_group = fields.u32_le(0x20)?;
        if s_blocks_per_group == 0 || u64::from(s_blocks_per_group) > bits.saturating_mul(u64::from(cluster_blocks)) {
            return Err(fields.corrupt(format_args!(
                "s_blocks_per_group is {s_blocks_per_group}, expected 1 to {bits} clusters of {cluster_blocks} blocks"
            )));
        }
        let s_inodes_per_group = fields.u32_le(0x28)?;
        if s_inodes_per_group == 0 || u64::from(s_inodes_per_group) > bits {
            return Err(
                fields.corrupt(format_args!("s_inodes_per_group is {s_inodes_per_group}, expected 1 to {bits}"))
            );
        }
        let groups = blocks.saturating_sub(u64::from(s_first_data_block)).div_ceil(u64::from(s_blocks_per_group));
        let room = groups.saturating_mul(u64::from(s_inodes_per_group));
        Ok(Geometry {
            block_size,
            blocks,
            first_data_block: s_first_data_block,
            blocks_per_group: s_blocks_per_group,
            cluster_blocks,
            inodes: u32::try_from(room).unwrap_or(u32::MAX).min(fields.u32_le(0)?),
            inodes_per_group: s_inodes_per_group,
        })
    }

    fn cluster_blocks(fields: Fields<'_>, features: Features, s_log_block_size: u32) -> Result<u32, ReadError> {
        if !features.has_ro_compat(ro_compat::BIGALLOC) {
            return Ok(1);
        }
        let s_log_cluster_size = fields.u32_le(0x1c)?;
        s_log_cluster_size
            .checked_sub(s_log_block_size)
            .filter(|shift| *shift <= 20)
            .and_then(|shift| 1_u32.checked_shl(shift))
            .ok_or_else(|| {
                fields.corrupt(format_args!(
                    "s_log_cluster_size is {s_log_cluster_size}, expected {s_log_block_size} (the block size) to 20 more"
                ))
            })
    }
}

fn descriptor_size(fields: Fields<'_>, block_size: u32) -> Result<u16, ReadError> {
    let s_desc_size = fields.u16_le(0xfe)?;
    if s_desc_size < 64 || !s_desc_size.is_power_of_two() || u32::from(s_desc_size) > block_size {
        return Err(fields.corrupt(format_args!(
            "s_desc_size is {s_desc_size}, expected a power of two from 64 to the block size {block_size}"
        )));
    }
    Ok(s_desc_size)
}

/// Kind and seed of the checksums. The seed also serves `ea_inode`, whose values are summed even without
/// `metadata_csum`.
fn checksums(fields: Fields<'_>, features: Features, uuid: &[u8; 16]) -> Result<(Checksums, u32), ReadError> {
    let seed = if features.has_incompat(incompat::CSUM_SEED) { fields.u32_le(0x270)? } else { crc32c(!0, uuid) };
    // Tools that turn checksums off clear this field. Where it stands without the feature, the feature bit is damaged,
    // and damage must not silence the checksums.
    let is_crc32c = fields.u8(0x175)? == CHECKSUM_TYPE_CRC32C;
    let kind = if is_crc32c {
        Checksums::Crc32c
    } else if features.has_ro_compat(ro_compat::METADATA_CSUM) {
        Checksums::Unknown
    } else if features.has_ro_compat(ro_compat::GDT_CSUM) {
        Checksums::GroupCrc16(crc16(!0, uuid))
    } else {
        Checksums::None
    };
    Ok((kind, seed))
}

fn journal_location(fields: Fields<'_>, features: Features) -> Result<JournalLocation, ReadError> {
    if !features.has_compat(compat::HAS_JOURNAL) {
        return Ok(JournalLocation::None);
    }
    let s_journal_inum = fields.u32_le(0xe0)?;
    if s_journal_inum == 0 {
        return Ok(JournalLocation::External { uuid: fields.array(0xd0)? });
    }
    let s_jnl_backup_type = fields.u8(0xfd)?;
    let backup = if s_jnl_backup_type == 1 {
        // `s_jnl_blocks`: 15 words of i_block, then i_size_high, then i_size.
        let size = u64::from(fields.u32_le(0x148)?) << 32 | u64::from(fields.u32_le(0x14c)?);
        Some((fields.array(0x10c)?, size))
    } else {
        None
    };
    Ok(JournalLocation::Inode { number: s_journal_inum, backup })
}

/// Text of a zero-padded field; bytes that are not UTF-8 as U+FFFD.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or(field)).into_owned()
}

fn is_power_of(mut number: u64, base: u64) -> bool {
    while number > 1 && number.is_multiple_of(base) {
        number = number.checked_div(base).unwrap_or(0);
    }
    number == 1
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::ErrorKind;
    use careen_model::FilesystemState;

    use super::*;
    use crate::test_image::{TestImage, names};

    #[test]
    fn what_it_says_is_in_the_summary() {
        let (filesystem, findings) = TestImage::new().open().unwrap();
        assert!(findings.list().is_empty());
        let summary = filesystem.summary(3);
        assert_eq!((summary.id, summary.kind.as_str(), summary.label.as_str()), (3, "ext4", "hand-made"));
        assert_eq!(summary.uuid.as_deref(), Some("30313233-3435-3637-3839-616263646566"));
        assert_eq!((summary.block_size, summary.size), (Some(1024), Some(256 * 1024)));
        assert_eq!((summary.used, summary.inodes_used), (Some((256 - 200) * 1024), Some(24)));
        assert_eq!((summary.state, summary.journal_replayed), (FilesystemState::Clean, None));
    }

    #[test]
    fn values_that_cannot_be_read_on_with_are_refused() {
        let cases: [(usize, &[u8], &str); 12] = [
            (0x38, &[0, 0], "s_magic is 0x0000"),
            (0x18, &[7, 0, 0, 0], "s_log_block_size is 7"),
            (0x18, &[255, 255, 255, 255], "s_log_block_size is 4294967295"),
            (0x14, &[0, 1, 0, 0], "s_first_data_block 256"),
            (0x150, &[255, 255, 255, 255], "s_blocks_count is 18446744069414584576"),
            (0x150, &[0, 0, 1, 0], "34359738369 groups"),
            (0x20, &[0, 0, 0, 0], "s_blocks_per_group is 0"),
            (0x20, &[1, 32, 0, 0], "s_blocks_per_group is 8193"),
            (0x28, &[0, 0, 0, 0], "s_inodes_per_group is 0"),
            (0x28, &[1, 32, 0, 0], "s_inodes_per_group is 8193"),
            (0x58, &[129, 0], "s_inode_size is 129"),
            (0xfe, &[32, 0], "s_desc_size is 32"),
        ];
        for (offset, value, expected) in cases {
            let mut image = TestImage::new();
            image.set_superblock(offset, value);
            let error = image.open().err().unwrap().to_string();
            assert!(error.contains(expected), "{error} for {expected}");
        }
    }

    #[test]
    fn incompatible_features_are_refused_by_name() {
        for (bits, expected) in
            [(0x1_u32, "compression"), (0x1000, "dirdata"), (0x8, "journal"), (1 << 30, "0x40000000")]
        {
            let mut image = TestImage::new();
            image.set_superblock(0x60, &(bits | 0x42).to_le_bytes());
            let error = image.open().err().unwrap();
            assert!(matches!(error.kind, ErrorKind::Unsupported(_)) && error.reason().contains(expected), "{error}");
        }
    }

    #[test]
    fn what_is_only_odd_is_told() {
        let cases: [(usize, &[u8], &str, FilesystemState); 5] = [
            (0x3a, &[3, 0], "ext4-kernel-errors", FilesystemState::Errors),
            (0x194, &[5, 0], "ext4-kernel-errors", FilesystemState::Errors),
            (0x3a, &[0, 0], "ext4-not-unmounted", FilesystemState::NeedsRecovery),
            (0x67, &[0x40], "ext4-unknown-feature", FilesystemState::Clean),
            (0x175, &[9], "ext4-unknown-feature", FilesystemState::Clean),
        ];
        for (offset, value, code, state) in cases {
            let mut image = TestImage::new();
            image.set_superblock(offset, value);
            let (filesystem, findings) = image.open().unwrap();
            assert_eq!((names(&findings), filesystem.summary(0).state), (vec![code], state));
        }
        let mut image = TestImage::new();
        image.put(1024 + 0x120, &[1]);
        let (filesystem, findings) = image.open().unwrap();
        assert_eq!(names(&findings), ["ext4-superblock-checksum"]);
        assert_eq!(filesystem.summary(0).state, FilesystemState::Damaged);
    }

    #[test]
    fn a_cut_disk_is_told() {
        let mut image = TestImage::new();
        image.bytes.truncate(100 * 1024);
        assert_eq!(names(&image.open().unwrap().1), ["ext4-cut"]);
        image.bytes.truncate(2000);
        assert!(image.open().is_err());
    }

    #[test]
    fn copies_of_the_superblock_stand_where_the_features_say() {
        let mut superblock = TestImage::new().volume().superblock.clone();
        let copies = |superblock: &Superblock| -> Vec<u64> {
            (0..130).filter(|group| superblock.has_superblock_copy(*group)).collect()
        };
        assert_eq!(copies(&superblock), [0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125]);
        superblock.features.compat = compat::SPARSE_SUPER2;
        superblock.backup_groups = [1, 100];
        assert_eq!(copies(&superblock), [0, 1, 100]);
        superblock.features = Features::default();
        assert_eq!(copies(&superblock).len(), 130);
    }
}
