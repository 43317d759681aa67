//! The filesystem as bytes again, repaired: what another reader has to be given to see what this one sees.
//!
//! Laid over the disk are the blocks that the journal has newer copies of, a superblock that asks for no recovery, and
//! group descriptors as they were settled, those that were damaged from their copies.
//!
//! Not in it: fast commits, which are laid over what is read and not over blocks.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, FileTree, Findings, NodeId, ReadError};

use crate::checksum::crc32c;
use crate::features::incompat;
use crate::group::{checksum, descriptor_runs};
use crate::superblock::{CHECKSUM_OFFSET, LENGTH, OFFSET, proof};
use crate::tree::Ext4;

/// Directories between the root and what is looked for.
const DEEPEST: usize = 4096;

/// Bytes with others laid over them.
struct Overlaid {
    base: Rc<dyn ByteSource>,
    /// By the place where they begin; none reaches into the next.
    pieces: BTreeMap<u64, Vec<u8>>,
}

impl ByteSource for Overlaid {
    fn len(&self) -> u64 {
        self.base.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.saturating_add(buf.len() as u64);
        // Where a piece covers all that is asked for, what lies beneath may well be what cannot be read.
        let mut is_covered = false;
        for (start, piece) in self.pieces.range(..end) {
            is_covered |= *start <= offset && start.saturating_add(piece.len() as u64) >= end;
        }
        if !is_covered {
            self.base.read_exact_at(offset, buf)?;
        }
        for (start, piece) in self.pieces.range(..end) {
            let skip = |from: u64, to: u64| usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
            let from = piece.get(skip(*start, offset)..).unwrap_or_default();
            let to = buf.get_mut(skip(offset, *start)..).unwrap_or_default();
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        Ok(())
    }
}

impl Ext4 {
    /// The filesystem as it is read here, as bytes. An error when its superblock cannot be read any more.
    pub fn view(&self) -> Result<Rc<dyn ByteSource>, ReadError> {
        let (volume, superblock) = (&self.volume, &self.volume.superblock);
        let base = Rc::clone(volume.source());
        let at = superblock.stand.as_ref().map_or(OFFSET, |stand| match stand.block {
            0 => OFFSET,
            block => block.saturating_mul(volume.block_size()),
        });
        let mut bytes = [0; LENGTH];
        base.read_exact_at(at, &mut bytes)?;
        let has_checksum = proof(&bytes).is_some();
        // s_feature_incompat and s_block_group_nr.
        let asked = superblock.features.incompat & !incompat::RECOVER;
        put(&mut bytes, 0x60, &asked.to_le_bytes());
        put(&mut bytes, 0x5a, &[0; 2]);
        if has_checksum {
            let sum = crc32c(!0, bytes.get(..CHECKSUM_OFFSET).unwrap_or_default());
            put(&mut bytes, CHECKSUM_OFFSET, &sum.to_le_bytes());
        }
        let mut pieces = BTreeMap::from([(OFFSET, bytes.to_vec())]);
        let size = usize::from(superblock.descriptor_size);
        let per_block = usize::try_from(volume.block_size()).unwrap_or(0).checked_div(size).unwrap_or(0);
        let mut groups = (0_u64..).zip(volume.groups.iter());
        for (first, count) in descriptor_runs(superblock) {
            for block in first..first.saturating_add(count) {
                let mut piece = Vec::new();
                for (number, group) in groups.by_ref().take(per_block) {
                    let mut descriptor = vec![0; size];
                    let table = group.map_or(0, |group| group.inode_table).to_le_bytes();
                    // bg_inode_table_lo and, in descriptors of 64 bytes, bg_inode_table_hi.
                    put(&mut descriptor, 0x08, table.get(..4).unwrap_or_default());
                    put(&mut descriptor, 0x28, table.get(4..).unwrap_or_default());
                    if let Some(sum) = checksum(superblock, number, &descriptor) {
                        put(&mut descriptor, 0x1e, &sum.to_le_bytes());
                    }
                    piece.append(&mut descriptor);
                }
                pieces.insert(block.saturating_mul(volume.block_size()), piece);
            }
        }
        Ok(Rc::new(Overlaid { base, pieces }))
    }

    /// How many fast commits are laid over what is read, which are not in [`Ext4::view`].
    pub fn fast_commits(&self) -> u64 {
        self.volume.fast().map_or(0, |fast| fast.count)
    }

    /// The path of a directory, starting with `/`; `None` when no names lead there.
    pub fn path_of(&self, directory: NodeId) -> Option<Vec<u8>> {
        let (mut node, mut names) = (directory, Vec::new());
        while node != self.root() {
            // What a directory says of the one above is remembered from listing it.
            self.list(node, &mut Findings::new()).ok()?;
            let above = self.above(node)?;
            let entries = self.list(above, &mut Findings::new()).ok()?;
            names.push(entries.into_iter().find(|entry| entry.node == node)?.name);
            node = above;
            if names.len() > DEEPEST {
                return None;
            }
        }
        names.reverse();
        Some([&b"/"[..], &names.join(&b'/')].concat())
    }
}

/// Writes a field; one that there is no room for is left out.
fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    if let Some(to) = bytes.get_mut(at..at.saturating_add(field.len())) {
        to.copy_from_slice(field);
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::superblock::Superblock;
    use crate::test_image::TestImage;

    fn read(source: &dyn ByteSource, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        source.read_exact_at(offset, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_superblock_that_asks_for_recovery_asks_no_more() {
        let mut image = TestImage::new();
        let asked = image.volume().superblock.features.incompat | incompat::RECOVER;
        image.set_superblock(0x60, &asked.to_le_bytes());
        let (tree, _) = image.open().unwrap();
        let view = tree.view().unwrap();
        let bytes: [u8; LENGTH] = read(&*view, OFFSET, LENGTH).try_into().unwrap();
        assert_eq!(u32::from_le_bytes(bytes[0x60..0x64].try_into().unwrap()), asked & !incompat::RECOVER);
        assert_ne!(proof(&bytes), Some(false));
        assert!(Superblock::is_at(&*view));
        // What lies around it is the disk's.
        assert_eq!(read(&*view, 1000, 1100)[24..1048], bytes);
        assert_eq!(read(&*view, OFFSET + 0x60, 4), bytes[0x60..0x64]);
        assert_eq!(view.len(), tree.volume.source().len());
    }

    #[test]
    fn damaged_descriptors_are_whole_in_the_view() {
        let image = TestImage::new();
        let (tree, _) = image.open().unwrap();
        let view = tree.view().unwrap();
        // The view opens without a word, with the same groups.
        let mut findings = Findings::new();
        let again = Ext4::open(view, &careen_evidence::Place::new("view"), &tree.volume.limits, &mut findings).unwrap();
        let tables =
            |tree: &Ext4| tree.volume.groups.iter().map(|group| group.unwrap().inode_table).collect::<Vec<_>>();
        assert_eq!(tables(&again), tables(&tree));
    }

    #[test]
    fn the_path_of_a_directory_is_climbed() {
        let (tree, _) = TestImage::new().open().unwrap();
        assert_eq!(tree.path_of(tree.root()), Some(b"/".to_vec()));
        assert_eq!(tree.path_of(NodeId(4_000_000)), None);
    }
}
