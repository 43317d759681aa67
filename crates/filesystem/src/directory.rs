//! Directories: blocks of entries, with or without an index of hashes over them.
//!
//! Kernel documentation, "Directory Entries" (`struct ext4_dir_entry_2`, `ext4_dir_entry_tail`) and "Hash Tree
//! Directories" (`struct dx_root`, `dx_node`, `dx_tail`). A hashed directory is read block by block like any other:
//! its index blocks look like blocks without entries on purpose. Names of directories that ignore case are shown as
//! they are stored.

use careen_evidence::{Entry, Fields, Findings, Kind, NodeId, Place, ReadError, codes::filesystem as codes};

use crate::checksum::{crc32c, crc32c_without};
use crate::features::incompat;
use crate::inode::{Inode, flags};
use crate::mapping::Mapping;
use crate::volume::Volume;
use crate::{content, inline};

/// Length of an entry before its name.
const HEADER: usize = 8;
/// Length of the checksum tail (`ext4_dir_entry_tail`), which looks like an entry without a name.
const TAIL: usize = 12;
/// `det_reserved_ft` of the tail.
const TAIL_FILE_TYPE: u8 = 0xde;

/// The entries of a directory, sorted by name, each name once, without `.` and `..`.
pub(crate) fn list(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    if inode.kind != Kind::Directory {
        return Err(ReadError::corrupt(&place, format_args!("kind is {:?}, expected a directory", inode.kind)));
    }
    content::refuse_encrypted(volume, inode, findings)?;
    let mut reader = Reader { volume, inode, place, findings, entries: Vec::new() };
    if inode.has_flag(flags::INLINE_DATA) {
        for area in inline::directory(volume, inode, reader.findings)? {
            reader.entries_of(&area, &"inline area")?;
        }
    } else {
        reader.blocks()?;
    }
    let Reader { mut entries, findings, place, .. } = reader;
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    entries.dedup_by(|later, first| {
        let is_twice = later.name == first.name;
        if is_twice {
            let name = String::from_utf8_lossy(&first.name);
            let reason = format!("the name {name} stands in it twice; the first one is shown");
            volume.report(findings, &codes::DIRECTORY_ENTRY, &place, &[("reason", &reason)]);
        }
        is_twice
    });
    Ok(entries)
}

struct Reader<'a> {
    volume: &'a Volume,
    inode: &'a Inode,
    place: Place,
    findings: &'a mut Findings,
    entries: Vec<Entry>,
}

impl Reader<'_> {
    /// Reads all blocks of the directory, those on the disk in large pieces.
    fn blocks(&mut self) -> Result<(), ReadError> {
        let volume = self.volume;
        let mapping = Mapping::of(volume, self.inode, self.findings)?;
        let claimed = self.inode.size.div_ceil(volume.block_size());
        let mut covered = 0_u64;
        let mut budget = volume.limits.bytes.checked_div(volume.block_size()).unwrap_or(0);
        for run in mapping.runs() {
            let end = run.end().min(claimed);
            let count = end.saturating_sub(u64::from(run.logical));
            let Some(physical) = run.physical.filter(|_| count > 0) else { continue };
            if count > budget {
                let reason = format!("the directory is larger than {} bytes", volume.limits.bytes);
                self.loss(&ReadError::over_limit(&self.place, reason));
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
                        let place = self.place.then(format_args!("directory block {logical}"));
                        self.loss(&ReadError { place, ..error });
                        Ok(())
                    }
                }
            })?;
        }
        // Damaged parts of the tree were told by the mapping; other blocks without a place must not be.
        if covered < claimed && mapping.gaps().is_empty() {
            let missing = claimed.saturating_sub(covered);
            let what = format!("i_size claims {claimed} blocks, {missing} of them are not on the disk");
            self.loss(&ReadError::corrupt(&self.place, what));
        }
        Ok(())
    }

    fn block(&mut self, block: &[u8], logical: u64) -> Result<(), ReadError> {
        if self.volume.has_checksums() {
            self.verify(block, logical)?;
        }
        self.entries_of(block, &format_args!("directory block {logical}"))
    }

    /// Reads the entries of one block, or of one area of an inline directory. Behind an entry that makes no sense,
    /// no further one can be found in it.
    fn entries_of(&mut self, area: &[u8], name: &dyn std::fmt::Display) -> Result<(), ReadError> {
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
            if !is_sound {
                let what = format!(
                    "directory entry at {at:#x}: rec_len is {rec_len} with name_len {name_len}, expected a multiple \
                     of 4 that holds the name and ends by {:#x}",
                    area.len()
                );
                self.loss(&ReadError::corrupt(&self.place.then(name), what));
                return Ok(());
            }
            if inode != 0 {
                let entry_name = fields.bytes(at.saturating_add(HEADER), name_len)?;
                self.entry(entry_name, inode, if has_kind { kind(file_type) } else { None }, at, name)?;
            }
            at = end;
        }
        Ok(())
    }

    /// Takes one entry in, unless its name or its inode is impossible.
    fn entry(
        &mut self,
        name: &[u8],
        inode: u32,
        kind: Option<Kind>,
        at: usize,
        area: &dyn std::fmt::Display,
    ) -> Result<(), ReadError> {
        if name == b"." || name == b".." {
            return Ok(());
        }
        let inodes = self.volume.superblock.inodes;
        if name.is_empty() || name.contains(&b'/') || name.contains(&0) || inode > inodes {
            let shown = name.escape_ascii();
            let reason = format!(
                "the entry \"{shown}\" for inode {inode} at {at:#x} of {area} cannot be right: a name has no slash and \
                 no zero byte, and there are {inodes} inodes"
            );
            self.volume.report(self.findings, &codes::DIRECTORY_ENTRY, &self.place, &[("reason", &reason)]);
            return Ok(());
        }
        if self.entries.len() as u64 >= self.volume.limits.entries {
            let reason = format!("the directory has more than {} entries", self.volume.limits.entries);
            return Err(ReadError::over_limit(&self.place, reason));
        }
        self.entries.push(Entry { name: name.to_vec(), node: NodeId(u64::from(inode)), kind });
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

    /// Compares the checksum of a block: that of an index block where the block is one, else that in the tail.
    fn verify(&mut self, block: &[u8], logical: u64) -> Result<(), ReadError> {
        let fields = Fields::new("directory block", &self.volume.place, block);
        let whole = block.len();
        let is_index = self.inode.has_flag(flags::HTREE)
            && (logical == 0 || (fields.u32_le(0)? == 0 && self.record_length(fields.u16_le(4)?) == whole));
        let (code, sums) = if is_index {
            (&codes::HTREE_CHECKSUM, self.index_checksum(fields, logical))
        } else {
            (&codes::DIRECTORY_CHECKSUM, self.leaf_checksum(fields))
        };
        let place = || self.place.then(format_args!("directory block {logical}"));
        match sums {
            Ok((stored, computed)) if stored == computed => {}
            Ok((stored, computed)) => {
                let (stored, computed) = (format!("{stored:#010x}"), format!("{computed:#010x}"));
                let place = place();
                self.volume.report(self.findings, code, &place, &[("stored", &stored), ("computed", &computed)]);
            }
            Err(error) => {
                let place = place();
                let reason = format!("none ({})", error.reason());
                self.volume.report(self.findings, code, &place, &[("stored", &reason), ("computed", &"?")]);
            }
        }
        Ok(())
    }

    /// Stored and computed checksum of a block of entries.
    fn leaf_checksum(&self, fields: Fields<'_>) -> Result<(u32, u32), ReadError> {
        let start = fields.all().len().saturating_sub(TAIL);
        let det_reserved_zero1 = fields.u32_le(start)?;
        let det_rec_len = fields.u16_le(start.saturating_add(4))?;
        let det_reserved_ft = fields.u8(start.saturating_add(7))?;
        if det_reserved_zero1 != 0 || usize::from(det_rec_len) != TAIL || det_reserved_ft != TAIL_FILE_TYPE {
            return Err(fields.corrupt("the tail that holds the checksum is missing"));
        }
        Ok((fields.u32_le(start.saturating_add(8))?, crc32c(self.inode.seed, fields.bytes(0, start)?)))
    }

    /// Stored and computed checksum of an index block. The used entries are summed, then the tail behind the last
    /// possible entry with its checksum field taken as zeros.
    fn index_checksum(&self, fields: Fields<'_>, logical: u64) -> Result<(u32, u32), ReadError> {
        // `dx_root` has the entries `.` and `..` and its own information before the list, `dx_node` one empty entry.
        let list = if logical == 0 { 0x20_usize } else { 0x8 };
        let limit = usize::from(fields.u16_le(list)?);
        let count = usize::from(fields.u16_le(list.saturating_add(2))?);
        let end_of = |entries: usize| list.saturating_add(entries.saturating_mul(8));
        if count > limit || end_of(limit).saturating_add(8) > fields.all().len() {
            return Err(fields.corrupt(format_args!("count is {count} and limit {limit}, more than a block holds")));
        }
        let tail = fields.bytes(end_of(limit), 8)?;
        let used = crc32c(self.inode.seed, fields.bytes(0, end_of(count))?);
        Ok((fields.u32_le(end_of(limit).saturating_add(4))?, crc32c_without(used, tail, 4, 8)))
    }

    /// Adds the finding that a part of the directory is not in the answer.
    fn loss(&mut self, error: &ReadError) {
        self.volume.report_error(self.findings, &codes::DIRECTORY_BLOCK, error);
    }
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
