//! Extended attributes: in the tail of the inode, in a block of their own, or with their values in inodes of their
//! own (`ea_inode`).
//!
//! Kernel documentation, "Extended Attributes" (`struct ext4_xattr_ibody_header`, `ext4_xattr_header`,
//! `ext4_xattr_entry`); names and values as `listxattr` and `getxattr` give them to root.

use std::rc::Rc;

use careen_evidence::{Fields, Findings, Place, ReadError, Xattrs, codes::filesystem as codes, read_vec};

use crate::acl;
use crate::checksum::{crc32c, crc32c_without};
use crate::content;
use crate::inode::{Inode, Record, flags};
use crate::mapping::Mapping;
use crate::volume::Volume;

/// `h_magic` of both headers.
const MAGIC: u32 = 0xea02_0000;
/// Length of `ext4_xattr_header`.
const BLOCK_HEADER: usize = 32;
/// Length of an entry before its name.
const ENTRY: usize = 16;
/// Longest value the kernel takes (`EXT4_XATTR_SIZE_MAX`).
const MAX_VALUE: u32 = 1 << 24;
/// Bytes of values that are read for one inode. `setxattr` takes at most 64 KiB for each, in all of them together as
/// many as fit beside their names; without this, 200 entries of a few bytes could ask for 3 GiB.
const MAX_VALUES: u64 = 1 << 24;

/// Values of `e_name_index`.
mod index {
    pub(super) const ACL_ACCESS: u8 = 2;
    pub(super) const ACL_DEFAULT: u8 = 3;
    pub(super) const SYSTEM: u8 = 7;
    pub(super) const ENCRYPTION: u8 = 9;
}

/// An entry as it stands on the disk.
struct RawEntry<'a> {
    name_index: u8,
    name: &'a [u8],
    value: RawValue<'a>,
    hash: u32,
}

/// Where a value lies.
enum RawValue<'a> {
    Here(&'a [u8]),
    Inode { number: u32, size: u32 },
}

/// The attributes of an inode, sorted by name; damaged ones are left out with a finding.
pub(crate) fn read(volume: &Rc<Volume>, inode: &Inode, findings: &mut Findings) -> Result<Xattrs, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    let budget = MAX_VALUES.min(volume.limits.bytes);
    let mut reader = Reader { volume, inode, place, findings, found: Vec::new(), budget };
    reader.in_inode()?;
    if inode.xattr_block != 0 {
        reader.in_block()?;
    }
    let mut found = reader.found;
    found.sort();
    Ok(found)
}

/// The value of `system.data`, which holds inline data and lies in the inode alone; `None` when there is none.
pub(crate) fn inline_data(
    volume: &Volume,
    inode: &Inode,
    findings: &mut Findings,
) -> Result<Option<Vec<u8>>, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    let record = Record::read(volume, u64::from(inode.number))?;
    let Some(area) = inode_area(inode, record.bytes()) else { return Ok(None) };
    let mut value = None;
    let end = for_each_entry(area, 0, &place, &mut |entry| {
        if let (index::SYSTEM, b"data", RawValue::Here(bytes)) = (entry.name_index, entry.name, &entry.value) {
            value = Some(bytes.to_vec());
        }
        Ok(())
    });
    match end {
        Err(error) if value.is_none() => Err(error),
        Err(error) => {
            volume.report_error(findings, &codes::XATTR, &error);
            Ok(value)
        }
        Ok(()) => Ok(value),
    }
}

/// The part of an inode record that holds attributes: behind `h_magic`, from where value offsets count.
fn inode_area<'a>(inode: &Inode, record: &'a [u8]) -> Option<&'a [u8]> {
    let (magic, area) = record.get(inode.tail.clone())?.split_at_checked(4)?;
    (magic == MAGIC.to_le_bytes()).then_some(area)
}

/// Visits the entries that begin at byte `first` of `area`, from whose start value offsets count.
fn for_each_entry(
    area: &[u8],
    first: usize,
    place: &Place,
    visit: &mut dyn FnMut(&RawEntry<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let fields = Fields::new("extended attribute", place, area);
    let mut at = first;
    // Four zero bytes end the list; so does the end of an area that is full.
    while at.saturating_add(4) <= area.len() && fields.u32_le(at)? != 0 {
        let e_name_len = fields.u8(at)?;
        let e_name_index = fields.u8(at.saturating_add(1))?;
        let e_value_offs = fields.u16_le(at.saturating_add(2))?;
        let e_value_inum = fields.u32_le(at.saturating_add(4))?;
        let e_value_size = fields.u32_le(at.saturating_add(8))?;
        let e_hash = fields.u32_le(at.saturating_add(12))?;
        let name = fields.bytes(at.saturating_add(ENTRY), usize::from(e_name_len))?;
        let value = if e_value_inum != 0 {
            if e_value_size > MAX_VALUE {
                return Err(
                    fields.corrupt(format_args!("e_value_size is {e_value_size}, expected at most {MAX_VALUE}"))
                );
            }
            RawValue::Inode { number: e_value_inum, size: e_value_size }
        } else {
            let size = usize::try_from(e_value_size).unwrap_or(usize::MAX);
            RawValue::Here(if size == 0 { &[] } else { fields.bytes(usize::from(e_value_offs), size)? })
        };
        visit(&RawEntry { name_index: e_name_index, name, value, hash: e_hash })?;
        let length = ENTRY.saturating_add(usize::from(e_name_len)).next_multiple_of(4);
        at = at.saturating_add(length);
    }
    Ok(())
}

struct Reader<'a> {
    volume: &'a Rc<Volume>,
    inode: &'a Inode,
    place: Place,
    findings: &'a mut Findings,
    found: Xattrs,
    /// Bytes of values that may still be read.
    budget: u64,
}

impl Reader<'_> {
    fn in_inode(&mut self) -> Result<(), ReadError> {
        let record = Record::read(self.volume, u64::from(self.inode.number))?;
        let Some(area) = inode_area(self.inode, record.bytes()) else { return Ok(()) };
        let place = self.place.clone();
        let end = for_each_entry(area, 0, &place, &mut |entry| self.take(entry));
        self.tell(end)
    }

    fn in_block(&mut self) -> Result<(), ReadError> {
        let number = self.inode.xattr_block;
        let place = self.place.then(format_args!("block {number}"));
        let result = self.volume.block(number).and_then(|block| {
            self.check_block(&block, &place)?;
            for_each_entry(&block, BLOCK_HEADER, &place, &mut |entry| self.take(entry))
        });
        self.tell(result)
    }

    /// Damage ends one area of attributes, never the answer.
    fn tell(&mut self, result: Result<(), ReadError>) -> Result<(), ReadError> {
        match result {
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                self.volume.report_error(self.findings, &codes::XATTR, &error);
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    fn check_block(&mut self, block: &[u8], place: &Place) -> Result<(), ReadError> {
        let fields = Fields::new("attribute block", place, block);
        let h_magic = fields.u32_le(0)?;
        let h_blocks = fields.u32_le(8)?;
        let h_checksum = fields.u32_le(0x10)?;
        if h_magic != MAGIC || h_blocks != 1 {
            return Err(fields.corrupt(format_args!(
                "h_magic is {h_magic:#010x} and h_blocks {h_blocks}, expected {MAGIC:#010x} and 1"
            )));
        }
        if self.volume.has_checksums() {
            let seed = crc32c(self.volume.superblock.seed, &self.inode.xattr_block.to_le_bytes());
            let computed = crc32c_without(seed, block, 0x10, 0x14);
            if computed != h_checksum {
                let (stored, computed) = (format!("{h_checksum:#010x}"), format!("{computed:#010x}"));
                let values: [(&str, &dyn std::fmt::Display); 2] = [("stored", &stored), ("computed", &computed)];
                self.volume.report(self.findings, &codes::XATTR_CHECKSUM, place, &values);
            }
        }
        Ok(())
    }

    /// Takes an entry in under the name that `listxattr` gives it.
    fn take(&mut self, entry: &RawEntry<'_>) -> Result<(), ReadError> {
        // The kernel keeps these two for itself: inline data and the context of encryption.
        let is_internal =
            entry.name_index == index::ENCRYPTION || (entry.name_index == index::SYSTEM && entry.name == b"data");
        if is_internal {
            return Ok(());
        }
        let place = self.place.then(format_args!("attribute {}", entry.name.escape_ascii()));
        let Some(prefix) = prefix(entry.name_index) else {
            let reason = format!("e_name_index is {}, which stands for no known prefix", entry.name_index);
            self.volume.report(self.findings, &codes::XATTR, &place, &[("reason", &reason)]);
            return Ok(());
        };
        let name = [prefix.as_bytes(), entry.name].concat();
        // The kernel looks into the inode first, so the first of two is the one it shows.
        if self.found.iter().any(|(known, _)| *known == name) {
            self.volume.report(self.findings, &codes::XATTR_TWICE, &place, &[]);
            return Ok(());
        }
        let value = self.spend(&entry.value, &place).and_then(|()| match &entry.value {
            RawValue::Here(bytes) => Ok(bytes.to_vec()),
            RawValue::Inode { number, size } => self.value_in_inode(entry, *number, *size),
        });
        let is_acl = matches!(entry.name_index, index::ACL_ACCESS | index::ACL_DEFAULT);
        let value = value.and_then(|value| if is_acl { acl::to_user(&value, &place) } else { Ok(value) });
        match value {
            Ok(value) => self.found.push((name, value)),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => self.volume.report_error(self.findings, &codes::XATTR, &error),
        }
        Ok(())
    }

    /// Takes the length of a value from the budget, before anything of it is read or allocated.
    fn spend(&mut self, value: &RawValue<'_>, place: &Place) -> Result<(), ReadError> {
        let length = match value {
            RawValue::Here(bytes) => bytes.len() as u64,
            RawValue::Inode { size, .. } => u64::from(*size),
        };
        self.budget = self.budget.checked_sub(length).ok_or_else(|| {
            let reason =
                format!("its value of {length} bytes is more than the {} bytes left to this file", self.budget);
            ReadError::over_limit(place, reason)
        })?;
        Ok(())
    }

    /// A value that is the content of an inode, with the hash that inode keeps of it.
    fn value_in_inode(&mut self, entry: &RawEntry<'_>, number: u32, size: u32) -> Result<Vec<u8>, ReadError> {
        let holder = Inode::read(self.volume, u64::from(number), self.findings)?;
        let place = self.volume.inode_place(u64::from(number));
        if !holder.has_flag(flags::EA_INODE) || holder.size != u64::from(size) {
            return Err(ReadError::corrupt(
                &place,
                format_args!(
                    "inode: flags {:#x} and i_size {}, expected those of an attribute value of {size} bytes",
                    holder.flags, holder.size
                ),
            ));
        }
        let mapping = Mapping::of(self.volume, &holder, self.findings)?;
        let source = content::of_mapping(self.volume, &holder, mapping);
        let value = read_vec(&*source, &place, 0, u64::from(size), &self.volume.limits)?;
        let hash = crc32c(self.volume.superblock.seed, &value);
        // Lustre's older form has no hash but the number and generation of the inode it belongs to.
        let belongs_here = holder.raw_mtime() == self.inode.number && holder.generation == self.inode.generation;
        let is_proven = hash == holder.raw_atime() && is_entry_hash(entry, hash);
        if !is_proven && !belongs_here {
            let (stored, computed) = (format!("{:#010x}", holder.raw_atime()), format!("{hash:#010x}"));
            self.volume.report(
                self.findings,
                &codes::XATTR_VALUE_HASH,
                &place,
                &[("stored", &stored), ("computed", &computed)],
            );
        }
        Ok(value)
    }
}

/// Whether `e_hash` of an entry whose value lies in an inode matches the hash of that value
/// (`ext4_xattr_hash_entry`; older kernels took the bytes of the name as signed).
fn is_entry_hash(entry: &RawEntry<'_>, value_hash: u32) -> bool {
    let unsigned = entry.name.iter().fold(0_u32, |hash, byte| hash.rotate_left(5) ^ u32::from(*byte));
    let signed = entry.name.iter().fold(0_u32, |hash, byte| {
        let extended = i32::from(i8::from_le_bytes([*byte]));
        hash.rotate_left(5) ^ u32::from_le_bytes(extended.to_le_bytes())
    });
    [unsigned, signed].into_iter().any(|hash| hash.rotate_left(16) ^ value_hash == entry.hash)
}

/// What a name index stands for, for those names that the kernel shows.
fn prefix(name_index: u8) -> Option<&'static str> {
    Some(match name_index {
        0 => "",
        1 => "user.",
        index::ACL_ACCESS => "system.posix_acl_access",
        index::ACL_DEFAULT => "system.posix_acl_default",
        4 => "trusted.",
        5 => "lustre.",
        6 => "security.",
        index::SYSTEM => "system.",
        8 => "system.richacl",
        10 => "gnu.",
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use super::*;
    use crate::test_image::{REGULAR, TestImage, extent_root, names, node, reason, seed};

    /// An entry whose value lies at `value_offs` of its area, or in inode `inum`.
    fn entry(name_index: u8, name: &[u8], value_offs: u16, inum: u32, size: u32, hash: u32) -> Vec<u8> {
        let mut entry = vec![name.len() as u8, name_index]; // e_name_len, e_name_index
        entry.extend(value_offs.to_le_bytes());
        entry.extend(inum.to_le_bytes());
        entry.extend(size.to_le_bytes());
        entry.extend(hash.to_le_bytes());
        entry.extend(name);
        entry.resize(entry.len().next_multiple_of(4), 0);
        entry
    }

    /// Puts entries and one value at byte 80 behind `h_magic` into inode 12.
    fn in_inode(image: &mut TestImage, entries: &[Vec<u8>], value: &[u8]) {
        let mut tail = MAGIC.to_le_bytes().to_vec();
        tail.extend(entries.concat());
        tail.resize(4 + 80, 0);
        tail.extend(value);
        image.inode(12, REGULAR, 0, 0, &[]);
        image.set_inode(12, 160, &tail);
    }

    /// Puts entries and a value at byte 1000 into block 50, and inode 12 points at it.
    fn in_block(image: &mut TestImage, entries: &[Vec<u8>], value: &[u8]) {
        let mut block = vec![0; 1024];
        block[..4].copy_from_slice(&MAGIC.to_le_bytes());
        block[4] = 1; // h_refcount
        block[8] = 1; // h_blocks
        let list = entries.concat();
        block[32..32 + list.len()].copy_from_slice(&list);
        block[1000..1000 + value.len()].copy_from_slice(value);
        let sum = crc32c_without(crc32c(seed(), &50_u64.to_le_bytes()), &block, 0x10, 0x14);
        block[0x10..0x14].copy_from_slice(&sum.to_le_bytes()); // h_checksum
        image.block(50, &block);
        image.set_inode(12, 0x68, &50_u32.to_le_bytes()); // i_file_acl_lo
    }

    fn read(image: &TestImage) -> (Vec<(String, Vec<u8>)>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        let found = filesystem.xattrs(node(12), &mut findings).unwrap();
        (found.into_iter().map(|(name, value)| (String::from_utf8(name).unwrap(), value)).collect(), findings)
    }

    fn shown(found: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
        found.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect()
    }

    #[test]
    fn both_places_sorted_and_the_inode_first() {
        let mut image = TestImage::new();
        in_inode(&mut image, &[entry(4, b"z", 80, 0, 3, 0), entry(1, b"a", 0, 0, 0, 0)], b"abc");
        in_block(&mut image, &[entry(6, b"capability", 1000, 0, 2, 0), entry(4, b"y", 1000, 0, 1, 0)], b"xy");
        let (found, findings) = read(&image);
        let expected: [(&str, &[u8]); 4] =
            [("security.capability", b"xy"), ("trusted.y", b"x"), ("trusted.z", b"abc"), ("user.a", b"")];
        assert_eq!(found, shown(&expected));
        assert!(findings.list().is_empty());
    }

    #[test]
    fn the_first_of_two_with_one_name_is_shown_and_the_other_told() {
        let mut image = TestImage::new();
        in_inode(&mut image, &[entry(4, b"z", 80, 0, 3, 0)], b"abc");
        in_block(&mut image, &[entry(4, b"z", 1000, 0, 1, 0)], b"xy");
        let (found, findings) = read(&image);
        assert_eq!((found, names(&findings)), (shown(&[("trusted.z", b"abc")]), vec!["ext4-xattr-twice"]));
    }

    #[test]
    fn values_in_inodes_are_read_within_a_budget() {
        let mut image = TestImage::new();
        // Holes, so that a small disk can claim as much as the format allows.
        image.inode(13, REGULAR, 9 << 20, flags::EA_INODE | flags::EXTENTS, &extent_root(&[]));
        let entries =
            [entry(1, b"a", 0, 13, 9 << 20, 0), entry(1, b"b", 0, 13, 9 << 20, 0), entry(1, b"c", 80, 0, 1, 0)];
        in_inode(&mut image, &entries, b"v");
        let (found, findings) = read(&image);
        let lengths: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.len())).collect();
        assert_eq!(lengths, [("user.a", 9 << 20), ("user.c", 1)]);
        assert_eq!(names(&findings), ["ext4-xattr-value-hash", "ext4-xattr"]);
        let told = &findings.list()[1];
        assert_eq!(
            told.values["reason"],
            "its value of 9437184 bytes is more than the 7340032 bytes left to this file"
        );
        assert!(told.place.to_string().ends_with("attribute b"));
    }

    #[test]
    fn access_lists_are_converted_and_internal_names_hidden() {
        let mut image = TestImage::new();
        let entries = [entry(2, b"", 80, 0, 8, 0), entry(7, b"data", 80, 0, 1, 0), entry(9, b"c", 80, 0, 1, 0)];
        in_inode(&mut image, &entries, &[1, 0, 0, 0, 1, 0, 7, 0]);
        let (found, findings) = read(&image);
        assert_eq!(found, shown(&[("system.posix_acl_access", &[2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255])]));
        assert!(findings.list().is_empty());
        in_inode(&mut image, &entries, &[9, 0, 0, 0, 1, 0, 7, 0]);
        let (found, findings) = read(&image);
        assert_eq!((found, names(&findings)), (vec![], vec!["ext4-xattr"]));
    }

    #[test]
    fn damage_is_told_and_the_rest_shown() {
        let good = entry(1, b"a", 80, 0, 1, 0);
        let cases = [
            (entry(77, b"odd", 80, 0, 1, 0), "e_name_index is 77"),
            (entry(1, b"far", 1000, 0, 1, 0), "beyond its end"),
            (entry(1, b"long", 80, 0, u32::MAX, 0), "beyond its end"),
            (entry(1, b"huge", 0, 13, 1 << 25, 0), "e_value_size is 33554432"),
            (entry(1, b"value", 0, 13, 5, 0), "expected those of an attribute value"),
        ];
        for (bad, expected) in cases {
            let mut image = TestImage::new();
            in_inode(&mut image, &[good.clone(), bad], b"v");
            image.inode(13, REGULAR, 5, 0, &[]);
            let (found, findings) = read(&image);
            assert_eq!((found, names(&findings)), (shown(&[("user.a", b"v")]), vec!["ext4-xattr"]));
            assert!(reason(&findings).contains(expected), "{}", reason(&findings));
        }
    }

    #[test]
    fn blocks_are_verified() {
        let mut image = TestImage::new();
        in_inode(&mut image, &[], b"");
        in_block(&mut image, &[entry(1, b"a", 1000, 0, 1, 0)], b"v");
        image.put(50 * 1024 + 1001, b"!");
        let (found, findings) = read(&image);
        assert_eq!((found, names(&findings)), (shown(&[("user.a", b"v")]), vec!["ext4-xattr-checksum"]));
        image.put(50 * 1024 + 8, &[2]); // h_blocks
        let (found, findings) = read(&image);
        assert_eq!((found, names(&findings)), (vec![], vec!["ext4-xattr"]));
        image.set_inode(12, 0x68, &9999_u32.to_le_bytes());
        assert!(reason(&read(&image).1).contains("beyond the end of the filesystem"));
    }

    #[test]
    fn values_in_inodes_are_verified_by_their_hash() {
        let value = b"a value that lies in an inode";
        let hash = crc32c(seed(), value);
        // `ext4_xattr_hash_entry` over the name "n" and the hash of the value.
        let entry_hash = u32::from(b'n').rotate_left(16) ^ hash;
        let mut image = TestImage::new();
        in_inode(&mut image, &[entry(1, b"n", 0, 13, value.len() as u32, entry_hash)], b"");
        image.inode(13, REGULAR, value.len() as u64, flags::EA_INODE, &60_u32.to_le_bytes());
        image.set_inode(13, 0x8, &hash.to_le_bytes()); // i_atime
        image.block(60, value);
        let (found, findings) = read(&image);
        assert_eq!((found, names(&findings)), (shown(&[("user.n", value)]), vec![]));
        image.put(60 * 1024, b"A");
        let (found, findings) = read(&image);
        assert_eq!((found.len(), names(&findings)), (1, vec!["ext4-xattr-value-hash"]));
        // Lustre's form: no hash, but the owner's number and generation.
        image.set_inode(13, 0x10, &12_u32.to_le_bytes()); // i_mtime
        assert!(read(&image).1.list().is_empty());
    }
}
