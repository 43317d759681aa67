//! Inodes: one record of 128 bytes to a block for each file.
//!
//! Kernel documentation, "Index Nodes" (`struct ext4_inode`), "Inode Timestamps", "Inode Checksums".

use std::ops::Range;
use std::rc::Rc;

use careen_evidence::{Fields, Findings, Kind, NodeId, ReadError, Stat, codes::filesystem as codes};
use careen_model::Timestamp;

use crate::checksum::{crc32c, crc32c_without};
use crate::extents;
use crate::features::incompat;
use crate::superblock::Superblock;
use crate::volume::Volume;

/// Bits of `i_flags`.
pub(crate) mod flags {
    pub(crate) const ENCRYPTED: u32 = 0x800;
    pub(crate) const HTREE: u32 = 0x1000;
    pub(crate) const HUGE_FILE: u32 = 0x4_0000;
    pub(crate) const EXTENTS: u32 = 0x8_0000;
    pub(crate) const EA_INODE: u32 = 0x20_0000;
    pub(crate) const INLINE_DATA: u32 = 0x1000_0000;
    /// Bits that no filesystem has: reserved ones, and those of snapshots, which were never part of the kernel.
    pub(crate) const UNUSED: u32 = 0x8d80_0000;
}

/// The root directory's inode.
pub(crate) const ROOT: u32 = 2;

/// Length of the part that every inode has.
const BASE: usize = 128;
/// Length of `i_block`.
const I_BLOCK: usize = 60;

/// An inode, without the attributes in its tail.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) number: u32,
    pub(crate) kind: Kind,
    pub(crate) permissions: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Bytes of content, as the inode claims.
    pub(crate) size: u64,
    pub(crate) nlink: u16,
    pub(crate) flags: u32,
    /// `i_block`: the root of the extent tree, the block map, a device number, a short link or inline data.
    pub(crate) block: [u8; I_BLOCK],
    pub(crate) generation: u32,
    /// Block of extended attributes, 0 if there is none.
    pub(crate) xattr_block: u64,
    /// Start value of the checksums of everything that belongs to this inode.
    pub(crate) seed: u32,
    /// No checksum speaks against the record.
    pub(crate) is_credible: bool,
    /// Where in the inode record attributes may lie.
    pub(crate) tail: Range<usize>,
    atime: Timestamp,
    mtime: Timestamp,
    ctime: Timestamp,
    crtime: Option<Timestamp>,
}

impl Inode {
    /// The inode with this number. A checksum that does not match and fields that make no sense are findings.
    pub(crate) fn read(volume: &Volume, number: u64, findings: &mut Findings) -> Result<Self, ReadError> {
        let record = Record::read(volume, number)?;
        Inode::parse(volume, record.number, record.bytes(), findings)
    }

    /// The inode with this number if it can be read and is a directory; the others are not even parsed.
    pub(crate) fn read_directory(volume: &Volume, number: u64, findings: &mut Findings) -> Option<Self> {
        let record = Record::read(volume, number).ok()?;
        let [low, high] = *record.bytes().first_chunk::<2>()?;
        if kind(u16::from_le_bytes([low, high])) != Some(Kind::Directory) {
            return None;
        }
        Inode::parse(volume, record.number, record.bytes(), findings).ok()
    }

    /// Reads the record of inode `number`.
    pub(crate) fn parse(
        volume: &Volume,
        number: u32,
        bytes: &[u8],
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let fields = Fields::new("inode", &volume.place, bytes);
        let superblock = &volume.superblock;
        let place = || volume.inode_place(u64::from(number));

        let i_mode = fields.u16_le(0)?;
        let i_size_high = fields.u32_le(0x6c)?;
        let i_links_count = fields.u16_le(0x1a)?;
        let i_generation = fields.u32_le(0x64)?;
        let seed = crc32c(crc32c(superblock.seed, &number.to_le_bytes()), &i_generation.to_le_bytes());
        let extra = Extra::read(volume, fields, number, findings)?;
        let is_changed = volume.fast().is_some_and(|fast| fast.changes_record(number));
        let is_credible =
            !volume.has_checksums() || is_changed || verify(volume, fields, seed, extra.declared, number, findings)?;
        let Some(kind) = kind(i_mode) else {
            let what = if i_mode == 0 && i_links_count == 0 { ", the inode is not in use" } else { "" };
            return Err(ReadError::corrupt(
                &place(),
                format_args!("inode: i_mode is {i_mode:#06x}, expected a known file type{what}"),
            ));
        };
        if i_links_count == 0 {
            volume.report(findings, &codes::INODE_DELETED, &place(), &[]);
        }
        // Only regular files may be larger than 4 GiB, and directories with `large_dir`.
        let has_high_size = kind == Kind::File || superblock.features.has_incompat(incompat::LARGEDIR);
        let size_high = if has_high_size { u64::from(i_size_high) << 32 } else { 0 };
        let xattr_block_high = if superblock.is_64bit() { u64::from(fields.u16_le(0x76)?) << 32 } else { 0 };

        let mut is_time_valid = true;
        let mut time = |seconds: usize, extra_at: usize| -> Result<Timestamp, ReadError> {
            let time =
                timestamp(fields.u32_le(seconds)?, if extra.has(extra_at) { fields.u32_le(extra_at)? } else { 0 });
            is_time_valid &= time.is_some();
            Ok(time
                .unwrap_or_else(|| Timestamp { seconds: signed(fields.u32_le(seconds).unwrap_or(0)), nanoseconds: 0 }))
        };
        let inode = Inode {
            number,
            kind,
            permissions: i_mode & 0xfff,
            uid: u32::from(fields.u16_le(0x78)?) << 16 | u32::from(fields.u16_le(0x2)?),
            gid: u32::from(fields.u16_le(0x7a)?) << 16 | u32::from(fields.u16_le(0x18)?),
            size: size_high | u64::from(fields.u32_le(0x4)?),
            nlink: i_links_count,
            flags: fields.u32_le(0x20)?,
            block: fields.array(0x28)?,
            generation: i_generation,
            xattr_block: xattr_block_high | u64::from(fields.u32_le(0x68)?),
            seed,
            is_credible,
            tail: extra.tail(bytes.len()),
            atime: time(0x8, 0x8c)?,
            mtime: time(0x10, 0x88)?,
            ctime: time(0xc, 0x84)?,
            crtime: if extra.has(0x90) { Some(time(0x90, 0x94)?) } else { None },
        };
        if !is_time_valid {
            let reason = "inode: a time has more than 999999999 nanoseconds; they are shown as 0";
            volume.report(findings, &codes::INODE_FIELD, &place(), &[("reason", &reason)]);
        }
        Ok(inode)
    }

    /// Whether the record can be relied on: nothing speaks against its checksum, or else its values make sense. Noise
    /// in place of an inode does not get so far.
    pub(crate) fn is_usable(&self, volume: &Volume) -> bool {
        if self.is_credible && volume.has_checksums() {
            return true;
        }
        self.senseless(volume) == 0
    }

    /// Whether something else lies in the place of the record: its checksum is wrong, and so is more than one thing in
    /// it. With a single one the rest may still be right, and is shown with the finding on its checksum.
    pub(crate) fn is_noise(&self, volume: &Volume) -> bool {
        !self.is_credible && self.senseless(volume) > 1
    }

    /// How many of its values cannot be.
    fn senseless(&self, volume: &Volume) -> usize {
        let has_extents = self.has_flag(flags::EXTENTS);
        let has_inline = self.has_flag(flags::INLINE_DATA);
        let block_size = volume.block_size();
        let is_mapped = !has_extents || self.block.starts_with(&extents::MAGIC.to_le_bytes());
        let is_size_right = match self.kind {
            Kind::Directory => has_inline || (self.size > 0 && self.size.is_multiple_of(block_size)),
            Kind::Symlink => self.size <= block_size,
            // Logical blocks have 32 bits.
            _ => self.size.div_ceil(block_size) <= 1 << 32,
        };
        let signs = [
            is_mapped,
            is_size_right,
            !(has_extents && has_inline),
            !self.has_flag(flags::UNUSED),
            self.xattr_block < volume.superblock.blocks,
        ];
        signs.iter().filter(|is_right| !**is_right).count()
    }

    /// Whether its content lies in blocks.
    pub(crate) fn has_blocks(&self) -> bool {
        let is_long_link = self.kind == Kind::Symlink && self.size >= I_BLOCK as u64;
        (matches!(self.kind, Kind::File | Kind::Directory) || is_long_link) && !self.has_flag(flags::INLINE_DATA)
    }

    /// A directory of which only the number and the start value of its checksums are known.
    pub(crate) fn of_lost_directory(number: u32, seed: u32, size: u64) -> Self {
        Inode { kind: Kind::Directory, permissions: 0o700, nlink: 2, seed, ..Inode::bare(number, size) }
    }

    /// The journal inode as the superblock's copy of its `i_block` and `i_size` describes it.
    pub(crate) fn of_journal_backup(number: u32, block: [u8; I_BLOCK], size: u64) -> Self {
        // The copy does not say which of both it is, but only an extent tree begins with its magic.
        let flags = if block.starts_with(&extents::MAGIC.to_le_bytes()) { flags::EXTENTS } else { 0 };
        Inode { flags, block, ..Inode::bare(number, size) }
    }

    /// An inode that was not read from a record.
    fn bare(number: u32, size: u64) -> Self {
        let never = Timestamp::default();
        Inode {
            number,
            kind: Kind::File,
            permissions: 0o600,
            uid: 0,
            gid: 0,
            size,
            nlink: 1,
            flags: 0,
            block: [0; I_BLOCK],
            generation: 0,
            xattr_block: 0,
            seed: 0,
            is_credible: true,
            tail: 0..0,
            atime: never,
            mtime: never,
            ctime: never,
            crtime: None,
        }
    }

    /// What `lstat` says of it.
    pub(crate) fn stat(&self) -> Stat {
        Stat {
            kind: self.kind,
            mode: self.permissions,
            uid: self.uid,
            gid: self.gid,
            size: self.size,
            atime: self.atime,
            mtime: self.mtime,
            ctime: self.ctime,
            crtime: self.crtime,
            nlink: u32::from(self.nlink),
            inode: u64::from(self.number),
            rdev: self.device().unwrap_or((0, 0)),
        }
    }

    /// Whether a bit of `i_flags` is set.
    pub(crate) fn has_flag(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The node of this inode in its tree.
    pub(crate) fn node(&self) -> NodeId {
        NodeId(u64::from(self.number))
    }

    /// Seconds of the last access as the field holds them; an attribute's inode keeps the hash of its value there.
    pub(crate) fn raw_atime(&self) -> u32 {
        u32::try_from(self.atime.seconds & 0xffff_ffff).unwrap_or(0)
    }

    /// Seconds of the last change as the field holds them.
    pub(crate) fn raw_mtime(&self) -> u32 {
        u32::try_from(self.mtime.seconds & 0xffff_ffff).unwrap_or(0)
    }

    /// Major and minor number. The first word of `i_block` has the 16-bit encoding, or is 0 and the second word has
    /// the kernel's 32-bit one.
    fn device(&self) -> Option<(u32, u32)> {
        if !matches!(self.kind, Kind::CharDevice | Kind::BlockDevice) {
            return None;
        }
        let [a, b, c, d, e, f, g, h, ..] = self.block;
        let old = u32::from_le_bytes([a, b, c, d]);
        let new = u32::from_le_bytes([e, f, g, h]);
        Some(if old != 0 {
            (old >> 8 & 0xff, old & 0xff)
        } else {
            (new >> 8 & 0xfff, (new & 0xff) | (new >> 12 & 0xf_ff00))
        })
    }
}

/// The bytes of one inode within its block of the inode table.
pub(crate) struct Record {
    number: u32,
    block: Rc<[u8]>,
    range: Range<usize>,
}

impl Record {
    /// Reads the record of inode `number`.
    pub(crate) fn read(volume: &Volume, number: u64) -> Result<Self, ReadError> {
        let place = || volume.inode_place(number);
        let (known, block, start) = locate(volume, number)?;
        let block = volume.block(block).map_err(|error| ReadError { place: place(), ..error })?;
        let end = start.saturating_add(usize::from(volume.superblock.inode_size));
        if block.get(start..end).is_none() {
            return Err(ReadError::corrupt(&place(), "inode: its record does not fit in a block"));
        }
        let changed = volume.fast().and_then(|fast| fast.record(known, block.get(start..end)?));
        Ok(match changed {
            Some(record) => Record { number: known, range: 0..record.len(), block: record.into() },
            None => Record { number: known, block, range: start..end },
        })
    }

    /// The record, `s_inode_size` bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.block.get(self.range.clone()).unwrap_or(&[])
    }
}

/// The block of the inode table that holds inode `number`, when it can be known.
pub(crate) fn table_block(volume: &Volume, number: u64) -> Option<u64> {
    locate(volume, number).ok().map(|(_, block, _)| block)
}

/// The inode's number, the block that holds it and the offset of its record there in bytes.
fn locate(volume: &Volume, number: u64) -> Result<(u32, u64, usize), ReadError> {
    let Superblock { inodes, inodes_per_group, inode_size, .. } = volume.superblock;
    let place = || volume.inode_place(number);
    let known = u32::try_from(number).ok().filter(|known| *known > 0 && *known <= inodes).ok_or_else(|| {
        ReadError::corrupt(&place(), format_args!("inode number is {number}, expected 1 to {inodes}"))
    })?;
    let index = u64::from(known.saturating_sub(1));
    let group = index.checked_div(u64::from(inodes_per_group)).unwrap_or(0);
    let table = volume.groups.get(group).ok_or_else(|| {
        ReadError::corrupt(&place(), format_args!("the inode table of group {group} cannot be found"))
    })?;
    let within_group = index.checked_rem(u64::from(inodes_per_group)).unwrap_or(0);
    let offset = within_group.saturating_mul(u64::from(inode_size));
    let block = table.inode_table.saturating_add(offset.checked_div(volume.block_size()).unwrap_or(0));
    let start = usize::try_from(offset.checked_rem(volume.block_size()).unwrap_or(0)).unwrap_or(usize::MAX);
    Ok((known, block, start))
}

/// How far the fields beyond the first 128 bytes reach.
struct Extra {
    /// `i_extra_isize` as it stands on the disk.
    declared: u16,
    /// End of the fields in bytes from the start of the record; 128 when there are none.
    end: usize,
    is_valid: bool,
}

impl Extra {
    fn read(volume: &Volume, fields: Fields<'_>, number: u32, findings: &mut Findings) -> Result<Self, ReadError> {
        let length = fields.all().len();
        if length <= BASE {
            return Ok(Extra { declared: 0, end: BASE, is_valid: false });
        }
        let i_extra_isize = fields.u16_le(BASE)?;
        let end = BASE.saturating_add(usize::from(i_extra_isize));
        let is_valid = end <= length && i_extra_isize.is_multiple_of(4);
        // An inode not in use may hold anything.
        if !is_valid && fields.u16_le(0)? != 0 {
            let room = length.saturating_sub(BASE);
            let reason = format!(
                "inode: i_extra_isize is {i_extra_isize}, expected a multiple of 4 up to {room}; times lose their \
                 nanoseconds and attributes in the inode are not seen"
            );
            volume.report(
                findings,
                &codes::INODE_FIELD,
                &volume.inode_place(u64::from(number)),
                &[("reason", &reason)],
            );
        }
        Ok(Extra { declared: i_extra_isize, end: if is_valid { end } else { BASE }, is_valid })
    }

    /// Whether the 32-bit field at this offset is there.
    fn has(&self, offset: usize) -> bool {
        offset.saturating_add(4) <= self.end
    }

    /// The rest of the record, behind the last field.
    fn tail(&self, length: usize) -> Range<usize> {
        if self.is_valid { self.end..length } else { length..length }
    }
}

/// Whether `i_checksum_lo` and, where the inode is long enough to have it, `i_checksum_hi` are right.
fn verify(
    volume: &Volume,
    fields: Fields<'_>,
    seed: u32,
    declared: u16,
    number: u32,
    findings: &mut Findings,
) -> Result<bool, ReadError> {
    let (low, high) = (0x7c, 0x82);
    let bytes = fields.all();
    let base = crc32c_without(seed, bytes.get(..BASE).unwrap_or(bytes), low, 0x7e);
    let rest = bytes.get(BASE..).unwrap_or(&[]);
    let has_high = !rest.is_empty() && declared >= 4;
    let (stored, computed) = if has_high {
        let high_in_rest = 0x82_usize.saturating_sub(BASE);
        let computed = crc32c_without(base, rest, high_in_rest, high_in_rest.saturating_add(2));
        (u32::from(fields.u16_le(high)?) << 16 | u32::from(fields.u16_le(low)?), computed)
    } else {
        (u32::from(fields.u16_le(low)?), crc32c(base, rest) & 0xffff)
    };
    // A record that was never written is all zeros and has no checksum.
    let is_right = stored == computed || bytes.iter().all(|byte| *byte == 0);
    if !is_right {
        volume.report(
            findings,
            &codes::INODE_CHECKSUM,
            &volume.inode_place(u64::from(number)),
            &[("stored", &format_args!("{stored:#010x}")), ("computed", &format_args!("{computed:#010x}"))],
        );
    }
    Ok(is_right)
}

/// The kind a mode's upper four bits name.
fn kind(i_mode: u16) -> Option<Kind> {
    Some(match i_mode >> 12 {
        0x1 => Kind::Fifo,
        0x2 => Kind::CharDevice,
        0x4 => Kind::Directory,
        0x6 => Kind::BlockDevice,
        0x8 => Kind::File,
        0xa => Kind::Symlink,
        0xc => Kind::Socket,
        _ => return None,
    })
}

/// A time from its signed seconds and its extra word: two bits that carry the epoch on, then the nanoseconds.
/// `None` when there are more than 999 999 999 of these.
fn timestamp(seconds: u32, extra: u32) -> Option<Timestamp> {
    let nanoseconds = extra >> 2;
    let seconds = signed(seconds).saturating_add(i64::from(extra & 3) << 32);
    (nanoseconds < 1_000_000_000).then_some(Timestamp { seconds, nanoseconds })
}

fn signed(seconds: u32) -> i64 {
    i64::from(i32::from_le_bytes(seconds.to_le_bytes()))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use super::*;
    use crate::test_image::{REGULAR, TestImage, inode_offset, names, node, reason};

    fn stat(image: &TestImage) -> (Result<Stat, ReadError>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        (filesystem.stat(node(12), &mut findings), findings)
    }

    #[test]
    fn every_field_of_lstat_is_read() {
        let mut image = TestImage::new();
        image.inode(12, 0o107_751, 5_000_000_000, 0, &[]);
        image.set_inode(12, 0x2, &[0xfe, 0xff]); // i_uid, lower half
        image.set_inode(12, 0x78, &[0xff, 0xff]); // l_i_uid_high
        image.set_inode(12, 0x18, &[1, 0]); // i_gid
        image.set_inode(12, 0x7a, &[1, 0]); // l_i_gid_high
        image.set_inode(12, 0x1a, &[3, 0]); // i_links_count
        image.set_inode(12, 0x8, &(-1_i32).to_le_bytes()); // i_atime
        image.set_inode(12, 0x8c, &(999_999_999_u32 << 2).to_le_bytes()); // i_atime_extra
        image.set_inode(12, 0x10, &i32::MIN.to_le_bytes()); // i_mtime
        image.set_inode(12, 0x88, &[3, 0, 0, 0]); // i_mtime_extra: epoch 3
        image.set_inode(12, 0xc, &5_u32.to_le_bytes()); // i_ctime
        image.set_inode(12, 0x84, &[1, 0, 0, 0]); // i_ctime_extra: epoch 1
        image.set_inode(12, 0x90, &9_u32.to_le_bytes()); // i_crtime
        let (stat, findings) = stat(&image);
        let time = |seconds, nanoseconds| Timestamp { seconds, nanoseconds };
        let expected = Stat {
            kind: Kind::File,
            mode: 0o7751,
            uid: 0xffff_fffe,
            gid: 0x1_0001,
            size: 5_000_000_000,
            atime: time(-1, 999_999_999),
            mtime: time((3 << 32) - (1 << 31), 0),
            ctime: time((1 << 32) + 5, 0),
            crtime: Some(time(9, 0)),
            nlink: 3,
            inode: 12,
            rdev: (0, 0),
        };
        assert_eq!(stat.unwrap(), expected);
        assert!(findings.list().is_empty(), "{:?}", names(&findings));
    }

    #[test]
    fn device_numbers_have_two_encodings() {
        for (i_block, rdev) in [
            ([0x03_u8, 0x01, 0, 0, 0, 0, 0, 0], (1, 3)),
            ([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], (4095, 1_048_575)),
            ([0, 0, 0, 0, 0x00, 0x08, 0x10, 0x00], (8, 256)),
            ([0, 0, 0, 0, 0, 0, 0, 0], (0, 0)),
        ] {
            let mut image = TestImage::new();
            image.inode(12, 0o020_600, 0, 0, &i_block);
            assert_eq!(stat(&image).0.unwrap().rdev, rdev);
        }
    }

    #[test]
    fn odd_values_are_told_and_reading_goes_on() {
        let cases: [(usize, &[u8], &str, &str); 4] = [
            (0x80, &[130, 0], "ext4-inode-field", "i_extra_isize is 130"),
            (0x80, &[30, 0], "ext4-inode-field", "i_extra_isize is 30"),
            (0x88, &[0xff, 0xff, 0xff, 0xff], "ext4-inode-field", "nanoseconds"),
            (0x1a, &[0, 0], "ext4-inode-deleted", ""),
        ];
        for (offset, value, code, expected) in cases {
            let mut image = TestImage::new();
            image.inode(12, REGULAR, 0, 0, &[]);
            image.set_inode(12, offset, value);
            let (stat, findings) = stat(&image);
            assert_eq!(stat.unwrap().kind, Kind::File);
            assert_eq!(names(&findings), [code]);
            assert!(expected.is_empty() || reason(&findings).contains(expected));
        }
    }

    #[test]
    fn a_wrong_checksum_is_told_with_the_inode() {
        for offset in [0x4_usize, 0x7c, 0x82, 0xf0] {
            let mut image = TestImage::new();
            image.inode(12, REGULAR, 0, 0, &[]);
            image.bytes[inode_offset(12) + offset] ^= 0x10;
            let (stat, findings) = stat(&image);
            assert!(stat.is_ok());
            assert_eq!(names(&findings), ["ext4-inode-checksum"], "{offset:#x}");
            assert_eq!(findings.list()[0].place.as_str(), "disk › ext4 inode 12");
        }
    }

    #[test]
    fn an_inode_that_is_none_is_an_error() {
        let mut image = TestImage::new();
        let error = stat(&image).0.unwrap_err();
        assert!(error.reason().contains("i_mode is 0x0000") && error.reason().contains("not in use"), "{error}");
        image.inode(12, 0x3000, 0, 0, &[]);
        assert!(stat(&image).0.unwrap_err().reason().contains("i_mode is 0x3000"));
        let (filesystem, mut findings) = image.open().unwrap();
        for number in [0, 65, u32::MAX] {
            let error = filesystem.stat(node(number), &mut findings).unwrap_err();
            assert!(error.reason().contains("expected 1 to 64"), "{error}");
        }
    }

    #[test]
    fn noise_in_place_of_an_inode_is_not_shown_and_one_wrong_value_is() {
        let at = inode_offset(12);
        let mut image = TestImage::new();
        image.inode(12, 0o120_777, 4, 0, b"here");
        image.put(at + 0x68, &[0xff; 4]); // i_file_acl_lo
        let (one_wrong, findings) = stat(&image);
        assert_eq!(one_wrong.unwrap().size, 4);
        assert!(names(&findings).contains(&"ext4-inode-checksum"));
        image.put(at + 0x4, &[0xff; 4]); // i_size_lo
        let (noise, _) = stat(&image);
        assert!(noise.unwrap_err().to_string().contains("its values make no sense together"));
    }
}
