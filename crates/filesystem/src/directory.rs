//! Directories: blocks of entries, with or without an index of hashes over them.
//!
//! Kernel documentation, "Directory Entries" (`struct ext4_dir_entry_2`, `ext4_dir_entry_tail`). A hashed directory is
//! read block by block like any other: its index blocks look like blocks without entries on purpose. Names of
//! directories that ignore case are shown as they are stored.

use std::fmt::Display;

use careen_evidence::{Code, Entry, Fields, Findings, Kind, NodeId, Place, ReadError, codes::filesystem as codes};

use crate::checksum::{crc32c, crc32c_seed};
use crate::features::incompat;
use crate::inode::{Inode, flags};
use crate::mapping::{Mapping, Run};
use crate::volume::Volume;
use crate::{content, htree, inline};

/// Length of an entry before its name.
const HEADER: usize = 8;
/// Length of the checksum tail (`ext4_dir_entry_tail`), which looks like an entry without a name.
const TAIL: usize = 12;
/// `det_reserved_ft` of the tail.
const TAIL_FILE_TYPE: u8 = 0xde;

/// What a directory holds.
pub(crate) struct Names {
    /// Sorted by name.
    pub(crate) entries: Vec<Entry>,
    /// What its entry `..` stands for: the directory in which it lies.
    pub(crate) above: Option<NodeId>,
}

/// The entries of a directory, sorted by name, each name once, without `.` and `..`.
pub(crate) fn list(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<Names, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    if inode.kind != Kind::Directory {
        return Err(ReadError::corrupt(&place, format_args!("kind is {:?}, expected a directory", inode.kind)));
    }
    content::refuse_encrypted(volume, inode, findings)?;
    let mut reader = Reader { volume, inode, place, findings, entries: Vec::new(), above: None };
    if inode.has_flag(flags::INLINE_DATA) {
        for area in inline::directory(volume, inode, reader.findings)? {
            reader.entries_of(&area, &"inline entries", &codes::DIRECTORY_BLOCK)?;
        }
    } else if !volume.fast().is_some_and(|fast| fast.is_created(inode.number)) {
        reader.blocks()?;
    }
    let names = reader.finish();
    Ok(match volume.fast() {
        Some(fast) => Names { entries: fast.entries(inode.number, names.entries), ..names },
        None => names,
    })
}

/// The entries in these blocks, which were found to belong to a directory whose inode is lost.
pub(crate) fn in_blocks(
    volume: &Volume,
    inode: &Inode,
    blocks: &[u64],
    findings: &mut Findings,
) -> Result<Names, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    let mut reader = Reader { volume, inode, place, findings, entries: Vec::new(), above: None };
    for number in blocks {
        match volume.block(*number) {
            Ok(block) => reader.entries_of(&block, &format_args!("block {number}"), &codes::DIRECTORY_BLOCK)?,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => volume.report_error(reader.findings, &codes::DIRECTORY_BLOCK, &error),
        }
    }
    Ok(reader.finish())
}

struct Reader<'a> {
    volume: &'a Volume,
    inode: &'a Inode,
    place: Place,
    findings: &'a mut Findings,
    entries: Vec<Entry>,
    above: Option<NodeId>,
}

impl Reader<'_> {
    /// The entries sorted by name, each name once.
    fn finish(self) -> Names {
        let Reader { volume, mut entries, above, findings, place, .. } = self;
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries.dedup_by(|later, first| {
            let is_twice = later.name == first.name;
            if is_twice {
                let name = String::from_utf8_lossy(&first.name);
                let reason = format!("the name {name} stands in the directory twice; one of both is shown");
                volume.report(findings, &codes::DIRECTORY_ENTRY, &place.then(&name), &[("reason", &reason)]);
            }
            is_twice
        });
        Names { entries, above }
    }

    /// Reads all blocks of the directory, those on the disk in large pieces.
    fn blocks(&mut self) -> Result<(), ReadError> {
        let volume = self.volume;
        let mapping = Mapping::of(volume, self.inode, self.findings)?;
        let mut claimed = self.inode.size.div_ceil(volume.block_size());
        // A directory never has blocks behind its end.
        let reached = mapping.runs().iter().filter(|run| run.physical.is_some()).map(Run::end).max().unwrap_or(0);
        if reached > claimed {
            let size = self.inode.size;
            let reason = format!("inode: i_size is {size}, but the blocks of the directory end with block {reached}");
            volume.report(self.findings, &codes::INODE_FIELD, &self.place, &[("reason", &reason)]);
            claimed = reached;
        }
        let mut covered = 0_u64;
        let mut budget = volume.limits.bytes.checked_div(volume.block_size()).unwrap_or(0);
        for run in mapping.runs() {
            let end = run.end().min(claimed);
            let count = end.saturating_sub(u64::from(run.logical));
            let Some(physical) = run.physical.filter(|_| count > 0) else { continue };
            if count > budget {
                let reason = format!("the directory is larger than {} bytes", volume.limits.bytes);
                let error = ReadError::over_limit(&self.place, reason);
                volume.report_error(self.findings, &codes::DIRECTORY_BLOCK, &error);
                return Ok(());
            }
            budget = budget.saturating_sub(count);
            covered = covered.saturating_add(count);
            volume.for_each_block(physical, count, &mut |number, block| {
                let logical = u64::from(run.logical).saturating_add(number.saturating_sub(physical));
                match block {
                    Ok(block) => self.block(block, logical),
                    Err(error) if error.is_cancelled() => Err(error),
                    Err(error) => {
                        let code =
                            if self.is_index(logical, &[]) { &codes::HTREE_INDEX } else { &codes::DIRECTORY_BLOCK };
                        volume.report_error(
                            self.findings,
                            code,
                            &ReadError { place: self.block_place(logical), ..error },
                        );
                        Ok(())
                    }
                }
            })?;
        }
        if mapping.is_damaged() {
            volume.note_lost_names();
        }
        // Damaged parts of the tree were told by the mapping; other blocks without a place must not be.
        if covered < claimed && !mapping.is_damaged() {
            let missing = claimed.saturating_sub(covered);
            let what = format!("i_size claims {claimed} blocks, {missing} of them are not on the disk");
            let error = ReadError::corrupt(&self.place, what);
            volume.report_error(self.findings, &codes::DIRECTORY_BLOCK, &error);
        }
        Ok(())
    }

    fn block(&mut self, block: &[u8], logical: u64) -> Result<(), ReadError> {
        let is_index = self.is_index(logical, block);
        if self.volume.has_checksums() {
            self.verify(block, logical, is_index);
        }
        // An index has no names to lose; but where the flag is wrong, its block is read like any other.
        let code = if is_index { &codes::HTREE_INDEX } else { &codes::DIRECTORY_BLOCK };
        self.entries_of(block, &format_args!("directory block {logical}"), code)
    }

    /// Whether a block belongs to the index of hashes: the first one always, others when they hold nothing but one
    /// empty entry over their whole length.
    fn is_index(&self, logical: u64, block: &[u8]) -> bool {
        let is_node = || match block.first_chunk::<6>() {
            Some([0, 0, 0, 0, low, high]) => self.record_length(u16::from_le_bytes([*low, *high])) == block.len(),
            _ => false,
        };
        self.inode.has_flag(flags::HTREE) && (logical == 0 || is_node())
    }

    /// Reads the entries of one block, or of one area of an inline directory. An entry that makes no sense is told as
    /// `code`, and the next one that does is searched behind it.
    fn entries_of(&mut self, area: &[u8], area_name: &dyn Display, code: &'static Code) -> Result<(), ReadError> {
        let fields = Fields::new("directory entry", &self.volume.place, area);
        let has_kind = self.volume.superblock.features.has_incompat(incompat::FILETYPE);
        let mut at = 0_usize;
        while at.saturating_add(HEADER) <= area.len() {
            let inode = fields.u32_le(at)?;
            let rec_len = self.record_length(fields.u16_le(at.saturating_add(4))?);
            let name_len = usize::from(fields.u8(at.saturating_add(6))?);
            let file_type = fields.u8(at.saturating_add(7))?;
            let end = at.saturating_add(rec_len);
            let is_sound =
                rec_len.is_multiple_of(4) && rec_len >= HEADER.saturating_add(name_len).max(TAIL) && end <= area.len();
            let place = || self.place.then(format_args!("{area_name}, offset {at:#x}"));
            if !is_sound {
                let what = format!(
                    "directory entry: rec_len is {rec_len} with name_len {name_len}, expected a multiple of 4 that \
                     holds the name and ends by {:#x}",
                    area.len()
                );
                let error = ReadError::corrupt(&place(), what);
                self.volume.report_error(self.findings, code, &error);
                // What stands behind the hashes of an index are names of long ago.
                let is_index = *code == codes::HTREE_INDEX;
                match self.next_sound(fields, at)?.filter(|_| !is_index) {
                    Some(next) => at = next,
                    None => return Ok(()),
                }
                continue;
            }
            if inode != 0 {
                let name = fields.bytes(at.saturating_add(HEADER), name_len)?;
                if name == b".." {
                    self.above = Some(NodeId(u64::from(inode)));
                }
                match self.check_name(name, inode) {
                    Ok(true) => self.push(Entry {
                        name: name.to_vec(),
                        node: NodeId(u64::from(inode)),
                        kind: if has_kind { kind(file_type) } else { None },
                    })?,
                    Ok(false) => {}
                    Err(reason) => {
                        let place = place();
                        self.volume.report(self.findings, &codes::DIRECTORY_ENTRY, &place, &[("reason", &reason)]);
                    }
                }
            }
            at = end;
        }
        Ok(())
    }

    /// Where, behind the broken entry at `broken`, the entries go on: at a name from which one entry leads to the next up
    /// to the very end of the area.
    fn next_sound(&self, fields: Fields<'_>, broken: usize) -> Result<Option<usize>, ReadError> {
        let length = fields.all().len();
        let mut leads_to_end = vec![false; (length / 4).saturating_add(1)];
        if let Some(end) = leads_to_end.get_mut(length / 4) {
            *end = length.is_multiple_of(4);
        }
        let mut found = None;
        let mut at = (length.saturating_sub(HEADER) / 4).saturating_mul(4);
        while at > broken {
            let rec_len = self.record_length(fields.u16_le(at.saturating_add(4))?);
            let name_len = usize::from(fields.u8(at.saturating_add(6))?);
            let end = at.saturating_add(rec_len);
            let is_sound =
                rec_len.is_multiple_of(4) && rec_len >= HEADER.saturating_add(name_len).max(TAIL) && end <= length;
            if is_sound && leads_to_end.get(end / 4) == Some(&true) {
                if let Some(leads) = leads_to_end.get_mut(at / 4) {
                    *leads = true;
                }
                let inode = fields.u32_le(at)?;
                let name = fields.bytes(at.saturating_add(HEADER), name_len)?;
                if inode != 0 && self.check_name(name, inode).is_ok() {
                    found = Some(at);
                }
            }
            at = at.saturating_sub(4);
        }
        Ok(found)
    }

    /// Whether this is an entry to show; `.` and `..` are not. Otherwise the reason why it cannot be right.
    fn check_name(&self, name: &[u8], inode: u32) -> Result<bool, String> {
        if name == b"." || name == b".." {
            return Ok(false);
        }
        let shown = name.escape_ascii();
        let inodes = self.volume.superblock.inodes;
        if inode > inodes {
            Err(format!("the name \"{shown}\" stands for inode {inode}, there are only {inodes}"))
        } else if name.is_empty() || name.contains(&b'/') || name.contains(&0) {
            Err(format!("the name \"{shown}\" of inode {inode} is empty or has a slash or a zero byte in it"))
        } else {
            Ok(true)
        }
    }

    fn push(&mut self, entry: Entry) -> Result<(), ReadError> {
        if self.entries.len() as u64 >= self.volume.limits.entries {
            let reason = format!("the directory has more than {} entries", self.volume.limits.entries);
            return Err(ReadError::over_limit(&self.place, reason));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// `rec_len` in bytes. Blocks of 64 KiB do not fit in 16 bits: the lowest two bits, which are 0 otherwise, are
    /// bits 16 and 17 there, and a whole block is 65535 or 0.
    fn record_length(&self, rec_len: u16) -> usize {
        let block_size = usize::try_from(self.volume.superblock.block_size).unwrap_or(usize::MAX);
        let length = usize::from(rec_len);
        if block_size < 65536 || self.inode.has_flag(flags::INLINE_DATA) {
            length
        } else if rec_len == u16::MAX || rec_len == 0 {
            block_size
        } else {
            (length & 0xfffc) | (length & 3) << 16
        }
    }

    /// Compares the checksum of a block.
    fn verify(&mut self, block: &[u8], logical: u64, is_index: bool) {
        let fields = Fields::new("directory block", &self.volume.place, block);
        let seed = self.inode.seed;
        let sums = if is_index { htree::checksums(fields, seed, logical == 0) } else { leaf_checksums(fields, seed) };
        let reason = match sums {
            Ok((stored, computed)) if stored == computed => return,
            Ok((stored, computed)) => format!("it holds {stored:#010x}, its bytes give {computed:#010x}"),
            Err(error) => error.reason().to_owned(),
        };
        let (place, code) =
            (self.block_place(logical), if is_index { &codes::HTREE_INDEX } else { &codes::DIRECTORY_CHECKSUM });
        self.volume.report(self.findings, code, &place, &[("reason", &reason)]);
    }

    fn block_place(&self, logical: u64) -> Place {
        self.place.then(format_args!("directory block {logical}"))
    }
}

/// Stored and computed checksum of a block of entries.
fn leaf_checksums(fields: Fields<'_>, seed: u32) -> Result<(u32, u32), ReadError> {
    let (stored, used) = leaf_summed(fields)?;
    Ok((stored, crc32c(seed, used)))
}

/// The seed from which a block of entries gives the checksum it holds.
pub(crate) fn leaf_seed(fields: Fields<'_>) -> Result<u32, ReadError> {
    let (stored, used) = leaf_summed(fields)?;
    Ok(crc32c_seed(stored, used))
}

/// What the first block of a directory says of it.
pub(crate) struct FirstNames {
    /// Number of the directory.
    pub(crate) own: u32,
    /// Number of the directory above it.
    pub(crate) above: u32,
    /// Whether the block is the root of an index of hashes: its entry `..` reaches to the end of the block.
    pub(crate) is_index: bool,
}

/// Whether this is the first block of a directory, by its entries `.` and `..`.
pub(crate) fn first_names(fields: Fields<'_>) -> Option<FirstNames> {
    // The length of the entry `.` and of its name; the type may be missing.
    let is_own = fields.bytes(4, 3).ok()? == [12, 0, 1] && fields.bytes(8, 4).ok()? == b".\0\0\0";
    let is_above = fields.u8(18).ok()? == 2 && fields.bytes(20, 4).ok()? == b"..\0\0";
    let has_kinds = [7, 19].into_iter().all(|at| matches!(fields.u8(at), Ok(0 | 2)));
    if !(is_own && is_above && has_kinds) {
        return None;
    }
    let rest = fields.all().len().saturating_sub(12);
    let is_index = matches!(fields.u16_le(16), Ok(rec_len) if usize::from(rec_len) == rest);
    Some(FirstNames { own: fields.u32_le(0).ok()?, above: fields.u32_le(12).ok()?, is_index })
}

/// The checksum that a block of entries holds, and what is summed.
fn leaf_summed(fields: Fields<'_>) -> Result<(u32, &[u8]), ReadError> {
    let start = fields.all().len().saturating_sub(TAIL);
    let det_reserved_zero1 = fields.u32_le(start)?;
    let det_rec_len = fields.u16_le(start.saturating_add(4))?;
    let det_reserved_ft = fields.u8(start.saturating_add(7))?;
    if det_reserved_zero1 != 0 || usize::from(det_rec_len) != TAIL || det_reserved_ft != TAIL_FILE_TYPE {
        return Err(fields.corrupt("the tail that holds the checksum is missing"));
    }
    Ok((fields.u32_le(start.saturating_add(8))?, fields.bytes(0, start)?))
}

/// The kind a directory entry records; 0 and what nobody has defined are no kind. Lustre keeps flags in the upper
/// four bits.
fn kind(file_type: u8) -> Option<Kind> {
    Some(match file_type & 0xf {
        1 => Kind::File,
        2 => Kind::Directory,
        3 => Kind::CharDevice,
        4 => Kind::BlockDevice,
        5 => Kind::Fifo,
        6 => Kind::Socket,
        7 => Kind::Symlink,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use super::*;
    use crate::test_image::{DIRECTORY, REGULAR, TestImage, extent_root, names, node};

    fn list(image: &TestImage) -> (Vec<(String, u64)>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        let entries = filesystem.list(node(2), &mut findings).unwrap();
        let shown = entries.iter().map(|entry| (entry.name.escape_ascii().to_string(), entry.node.0)).collect();
        (shown, findings)
    }

    fn shown(names: &[(&str, u64)]) -> Vec<(String, u64)> {
        names.iter().map(|(name, node)| ((*name).to_owned(), *node)).collect()
    }

    #[test]
    fn names_are_sorted_and_carry_their_kinds() {
        let mut image = TestImage::new();
        image.directory(
            2,
            21,
            &[(2, b".", 2), (2, b"..", 2), (13, b"b", 2), (12, b"a", 1), (0, b"gone", 1), (14, b"\xff", 7)],
        );
        let (filesystem, mut findings) = image.open().unwrap();
        let entries = filesystem.list(node(2), &mut findings).unwrap();
        let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_slice(), entry.node.0, entry.kind)).collect();
        let expected =
            [(&b"a"[..], 12, Some(Kind::File)), (b"b", 13, Some(Kind::Directory)), (b"\xff", 14, Some(Kind::Symlink))];
        assert_eq!(found, expected);
        assert!(findings.list().is_empty());
        assert_eq!(filesystem.lookup(node(2), b"b", &mut findings).unwrap(), Some(node(13)));
        assert_eq!(filesystem.lookup(node(2), b"gone", &mut findings).unwrap(), None);
    }

    #[test]
    fn impossible_entries_are_left_out_and_told() {
        let mut image = TestImage::new();
        let entries: [(u32, &[u8], u8); 6] =
            [(12, b"a/b", 1), (13, b"c\0d", 1), (14, b"", 1), (65, b"far", 1), (15, b"twice", 1), (16, b"twice", 1)];
        image.directory(2, 21, &entries);
        let (found, findings) = list(&image);
        assert_eq!(found, shown(&[("twice", 15)]));
        assert_eq!(names(&findings), ["ext4-directory-entry"; 5]);
        let places: Vec<&str> = findings.list().iter().map(|finding| finding.place.as_str()).collect();
        assert_eq!(places[1], "disk › ext4 inode 2 › directory block 0, offset 0xc");
        assert_eq!(places[4], "disk › ext4 inode 2 › twice");
    }

    #[test]
    fn behind_a_broken_entry_the_next_block_is_read() {
        for (rec_len, name_len) in [(0_u16, 1_u8), (8, 1), (13, 1), (12, 9), (2000, 1)] {
            let mut image = TestImage::new();
            image.inode(2, DIRECTORY, 2048, flags::EXTENTS, &extent_root(&[(0, 2, 40)]));
            image.directory_block(2, 40, &[(12, b"a", 1), (13, b"b", 1), (14, b"c", 1)]);
            image.directory_block(2, 41, &[(15, b"d", 1)]);
            let mut second = [13, 0, 0, 0, 0, 0, name_len, 1];
            second[4..6].copy_from_slice(&rec_len.to_le_bytes());
            image.put(40 * 1024 + 12, &second);
            let (found, findings) = list(&image);
            assert_eq!(found, shown(&[("a", 12), ("c", 14), ("d", 15)]));
            assert_eq!(names(&findings), ["ext4-directory-checksum", "ext4-directory-block"]);
        }
    }

    #[test]
    fn what_does_not_lead_to_the_end_of_a_block_is_no_entry() {
        let mut image = TestImage::new();
        image.directory(2, 21, &[(12, b"a", 1), (13, b"b", 1), (14, b"c", 1)]);
        image.put(21 * 1024 + 12 + 4, &[0, 0]); // rec_len of b
        image.put(21 * 1024 + 24 + 4, &[12, 0]); // rec_len of c: behind it are zeros, not the tail
        let (found, findings) = list(&image);
        assert_eq!(found, shown(&[("a", 12)]));
        assert_eq!(names(&findings), ["ext4-directory-checksum", "ext4-directory-block"]);
    }

    #[test]
    fn blocks_behind_the_end_of_a_directory_are_read_and_told() {
        let mut image = TestImage::new();
        image.inode(2, DIRECTORY, 1024, flags::EXTENTS, &extent_root(&[(0, 1, 40), (200, 1, 41)]));
        image.directory_block(2, 40, &[(12, b"a", 1)]);
        image.directory_block(2, 41, &[(13, b"b", 1)]);
        let (found, findings) = list(&image);
        assert_eq!(found, shown(&[("a", 12), ("b", 13)]));
        assert!(names(&findings).contains(&"ext4-inode-field"), "{:?}", names(&findings));
    }

    #[test]
    fn checksums_of_leaves_are_verified() {
        let mut image = TestImage::new();
        image.directory(2, 21, &[(12, b"a", 1)]);
        image.put(21 * 1024 + 1020, &[0]);
        let (found, findings) = list(&image);
        assert_eq!((found, names(&findings)), (shown(&[("a", 12)]), vec!["ext4-directory-checksum"]));
        // Without a tail there is nothing to compare with.
        image.put(21 * 1024 + 1012, &[1]);
        let (_, findings) = list(&image);
        assert!(findings.list()[0].values["reason"].contains("tail that holds the checksum is missing"));
    }

    #[test]
    fn an_index_of_hashes_is_passed_over_and_verified() {
        let mut image = TestImage::new();
        image.inode(2, DIRECTORY, 2048, flags::EXTENTS | flags::HTREE, &extent_root(&[(0, 2, 40)]));
        image.directory_block(2, 41, &[(12, b"a", 1)]);
        let mut root = vec![0; 1024];
        root[..9].copy_from_slice(&[2, 0, 0, 0, 12, 0, 1, 2, b'.']);
        root[12..22].copy_from_slice(&[2, 0, 0, 0, 0xf4, 3, 2, 2, b'.', b'.']); // reaches to the end
        root[0x1d] = 8; // info_length
        root[0x20..0x28].copy_from_slice(&[123, 0, 1, 0, 1, 0, 0, 0]); // limit 123, count 1, block 1
        let tail = 0x20 + 123 * 8;
        let sum = crc32c(crc32c(image.inode_seed(2), &root[..0x28]), &[0; 8]);
        root[tail + 4..tail + 8].copy_from_slice(&sum.to_le_bytes()); // dt_checksum
        image.block(40, &root);
        let (found, findings) = list(&image);
        assert_eq!((found, names(&findings)), (shown(&[("a", 12)]), vec![]));
        image.put(40 * 1024 + 0x1c, &[5]); // hash_version
        let (found, findings) = list(&image);
        assert_eq!((found, names(&findings)), (shown(&[("a", 12)]), vec!["ext4-htree-index"]));
        image.put(40 * 1024 + 0x20, &[255, 0]); // limit
        assert!(list(&image).1.list()[0].values["reason"].contains("limit 255"));
        // However broken the index is, no name is lost with it.
        image.put(40 * 1024, &[0xee; 1024]);
        let (found, findings) = list(&image);
        assert_eq!((found, names(&findings)), (shown(&[("a", 12)]), vec!["ext4-htree-index"; 2]));
    }

    #[test]
    fn missing_blocks_are_told() {
        let mut image = TestImage::new();
        image.inode(2, DIRECTORY, u64::from(u32::MAX), flags::EXTENTS, &extent_root(&[(1, 1, 40)]));
        image.directory_block(2, 40, &[(12, b"a", 1)]);
        let (found, findings) = list(&image);
        assert_eq!((found, names(&findings)), (shown(&[("a", 12)]), vec!["ext4-directory-block"]));
        assert!(findings.list()[0].values["reason"].contains("4194303 of them are not on the disk"));
    }

    #[test]
    fn what_is_no_directory_or_encrypted_is_refused() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 0, 0, &[]);
        image.inode(13, DIRECTORY, 1024, flags::ENCRYPTED | flags::EXTENTS, &extent_root(&[(0, 1, 40)]));
        let (filesystem, mut findings) = image.open().unwrap();
        assert!(filesystem.list(node(12), &mut findings).unwrap_err().reason().contains("expected a directory"));
        assert!(filesystem.list(node(13), &mut findings).unwrap_err().reason().contains("encrypted"));
        assert_eq!(names(&findings), ["ext4-encrypted"]);
    }

    #[test]
    fn lengths_in_blocks_of_64_kib() {
        let mut image = TestImage::new();
        image.inode(12, DIRECTORY, 0, 0, &[]);
        let mut volume = std::rc::Rc::into_inner(image.volume()).unwrap();
        volume.superblock.block_size = 65536;
        let mut findings = Findings::new();
        let inode = &Inode::read(&image.volume(), 12, &mut findings).unwrap();
        let volume = &volume;
        let reader = Reader {
            volume,
            inode,
            place: Place::default(),
            findings: &mut findings,
            entries: Vec::new(),
            above: None,
        };
        let lengths = [12, 0xffff, 0, 0xfffc, 0x0001].map(|rec_len| reader.record_length(rec_len));
        assert_eq!(lengths, [12, 65536, 65536, 65532, 65536]);
    }
}
