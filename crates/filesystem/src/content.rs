//! The bytes of a file, from wherever its inode says they lie.

use std::ops::Range;
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Place, ReadError, check_range, codes::filesystem as codes};

use crate::inline;
use crate::inode::{Inode, flags};
use crate::mapping::Mapping;
use crate::volume::Volume;

/// The content of an inode as bytes.
///
/// Holes and blocks that were never written read as zeros; a range whose blocks are damaged or lie outside the disk
/// is an error when it is read, and the rest stays readable.
pub(crate) struct Content {
    volume: Rc<Volume>,
    place: Place,
    mapping: Mapping,
    size: u64,
}

/// Opens the content of an inode of any kind that has some. Encrypted content is refused.
pub(crate) fn open(
    volume: &Rc<Volume>,
    inode: &Inode,
    findings: &mut Findings,
) -> Result<Rc<dyn ByteSource>, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    refuse_encrypted(volume, inode, findings)?;
    if inode.has_flag(flags::INLINE_DATA) {
        return Ok(Rc::new(Inline { bytes: inline::content(volume, inode, findings)?, size: inode.size, place }));
    }
    let mapping = Mapping::of(volume, inode, findings)?;
    Ok(Rc::new(Content { volume: Rc::clone(volume), place, mapping, size: inode.size }))
}

/// The content that lies in these blocks, whatever the inode says.
pub(crate) fn of_mapping(volume: &Rc<Volume>, inode: &Inode, mapping: Mapping) -> Rc<dyn ByteSource> {
    let place = volume.inode_place(u64::from(inode.number));
    Rc::new(Content { volume: Rc::clone(volume), place, mapping, size: inode.size })
}

/// An error and a finding when the content of this inode is encrypted.
pub(crate) fn refuse_encrypted(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<(), ReadError> {
    if !inode.has_flag(flags::ENCRYPTED) {
        return Ok(());
    }
    let place = volume.inode_place(u64::from(inode.number));
    volume.report(findings, &codes::ENCRYPTED, &place, &[]);
    Err(ReadError::unsupported(&place, "content encrypted by ext4 (fscrypt); its key is not on the disk"))
}

impl Content {
    fn corrupt(&self, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(&self.place, what)
    }
}

impl ByteSource for Content {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if buf.is_empty() {
            return Ok(());
        }
        let end = check_range(&self.place, offset, buf.len(), self.size)?;
        let block_size = self.volume.block_size();
        let last_block = end.div_ceil(block_size);
        let mut logical = offset.checked_div(block_size).unwrap_or(0);
        if let Some(error) = self.mapping.gap_in(logical, last_block) {
            return Err(error.clone());
        }
        let mut skip = offset.checked_rem(block_size).unwrap_or(0);
        let mut runs = self.mapping.runs_from(logical).iter();
        let mut run = runs.next();
        let mut rest = buf;
        while !rest.is_empty() {
            // Either within the next run, or in the hole before it.
            let (blocks, physical) = match run {
                Some(found) if u64::from(found.logical) <= logical => {
                    let into = logical.saturating_sub(u64::from(found.logical));
                    (found.end().saturating_sub(logical), found.physical.map(|first| first.saturating_add(into)))
                }
                Some(next) => (u64::from(next.logical).saturating_sub(logical), None),
                None => (u64::MAX, None),
            };
            let available = blocks.saturating_mul(block_size).saturating_sub(skip);
            let count = usize::try_from(available).unwrap_or(usize::MAX).min(rest.len());
            let Some((now, after)) = rest.split_at_mut_checked(count).filter(|_| count > 0) else {
                return Err(self.corrupt("the runs of its content overlap"));
            };
            match physical {
                Some(first) => self.volume.read_at(first, skip, now).map_err(|error| self.name(error))?,
                None => now.fill(0),
            }
            rest = after;
            logical = logical.saturating_add(blocks);
            skip = 0;
            if run.is_some_and(|run| run.end() <= logical) {
                run = runs.next();
            }
        }
        Ok(())
    }

    fn data_from(&self, offset: u64) -> Option<Range<u64>> {
        let block_size = self.volume.block_size();
        let blocks = self.mapping.data_from(offset.checked_div(block_size)?)?;
        let start = blocks.start.saturating_mul(block_size).max(offset);
        let end = blocks.end.saturating_mul(block_size).min(self.size);
        (start < end).then_some(start..end)
    }
}

impl Content {
    /// Puts the file before the place of an error, unless someone below has named a better one.
    fn name(&self, error: ReadError) -> ReadError {
        if error.is_cancelled() { error } else { ReadError { place: self.place.clone(), ..error } }
    }
}

/// Content in the inode itself. A file that was lengthened without being written has a size beyond its bytes; the
/// kernel reads zeros there.
struct Inline {
    bytes: Vec<u8>,
    size: u64,
    place: Place,
}

impl ByteSource for Inline {
    fn len(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        check_range(&self.place, offset, buf.len(), self.size)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let present = self.bytes.get(start..).unwrap_or(&[]);
        let count = present.len().min(buf.len());
        if let (Some((now, after)), Some(bytes)) = (buf.split_at_mut_checked(count), present.get(..count)) {
            now.copy_from_slice(bytes);
            after.fill(0);
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{ErrorKind, FileTree};

    use super::*;
    use crate::test_image::{BLOCK, REGULAR, TestImage, extent_root, names, node};

    #[test]
    fn every_read_is_a_part_of_the_whole() {
        let mut image = TestImage::new();
        let size = 7 * BLOCK - 100;
        // Blocks 0 and 1 in one run, 2 a hole, 3 unwritten, 4 and 5 in two runs, 6 a hole.
        let extents = extent_root(&[(0, 2, 100), (3, 0x8001, 110), (4, 1, 120), (5, 1, 90)]);
        image.inode(12, REGULAR, size as u64, flags::EXTENTS, &extents);
        let mut whole = vec![0; size];
        for (logical, physical) in [(0_usize, 100_u32), (1, 101), (4, 120), (5, 90), (3, 110)] {
            let content: Vec<u8> = (0..BLOCK).map(|i| (i as u32 * 7 + physical) as u8).collect();
            image.block(physical, &content);
            if logical != 3 {
                whole[logical * BLOCK..(logical + 1) * BLOCK].copy_from_slice(&content);
            }
        }
        let (filesystem, mut findings) = image.open().unwrap();
        let content = filesystem.open(node(12), &mut findings).unwrap();
        assert_eq!(content.len(), size as u64);
        for start in (0..=size).step_by(341) {
            for end in (start..=size).step_by(509).chain([size]) {
                let mut buf = vec![0xee; end - start];
                content.read_exact_at(start as u64, &mut buf).unwrap();
                assert!(buf == whole[start..end], "{start} to {end}");
            }
        }
        assert!(findings.list().is_empty());
        // Unwritten blocks read as zeros: they are no data.
        let block = BLOCK as u64;
        for (offset, stretch) in [(0, 0..2 * block), (5, 5..2 * block), (2 * block, 4 * block..6 * block)] {
            assert_eq!(content.data_from(offset), Some(stretch));
        }
        assert_eq!((content.data_from(6 * block), content.data_from(u64::MAX)), (None, None));
        for (offset, length) in [(size as u64, 1), (size as u64 - 1, 2), (u64::MAX, 1)] {
            let error = content.read_exact_at(offset, &mut vec![0; length]).unwrap_err();
            assert!(error.reason().contains("beyond the end"), "{error}");
        }
    }

    #[test]
    fn blocks_that_the_disk_has_lost_are_an_error_and_never_zeros() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 2 * BLOCK as u64, flags::EXTENTS, &extent_root(&[(0, 1, 99), (1, 1, 200)]));
        image.bytes.truncate(150 * BLOCK);
        let (filesystem, mut findings) = image.open().unwrap();
        let content = filesystem.open(node(12), &mut findings).unwrap();
        content.read_exact_at(0, &mut [0; BLOCK]).unwrap();
        let error = content.read_exact_at(1500, &mut [0; 10]).unwrap_err();
        assert!(error.to_string().starts_with("disk › ext4 inode 12: lies beyond the end of the disk"), "{error}");
    }

    #[test]
    fn encrypted_content_is_refused_with_a_finding() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 5, flags::ENCRYPTED | flags::EXTENTS, &extent_root(&[(0, 1, 99)]));
        let (filesystem, mut findings) = image.open().unwrap();
        let error = filesystem.open(node(12), &mut findings).err().unwrap();
        assert!(matches!(error.kind, ErrorKind::Unsupported(_)));
        assert_eq!(names(&findings), ["ext4-encrypted"]);
    }
}
