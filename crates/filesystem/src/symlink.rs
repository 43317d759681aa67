//! Targets of symbolic links: short ones in `i_block`, long ones in a block of their own.
//!
//! Kernel documentation, "Symbolic Links".

use std::rc::Rc;

use careen_evidence::{Findings, Kind, ReadError, codes::filesystem as codes, read_vec};

use crate::content;
use crate::inode::{Inode, flags};
use crate::volume::Volume;

/// The target of a link, as long as its size says.
pub(crate) fn target(volume: &Rc<Volume>, inode: &Inode, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
    let place = volume.inode_place(u64::from(inode.number));
    if inode.kind != Kind::Symlink {
        return Err(ReadError::corrupt(&place, format_args!("kind is {:?}, expected a symbolic link", inode.kind)));
    }
    content::refuse_encrypted(volume, inode, findings)?;
    if inode.size > volume.block_size() {
        return Err(ReadError::corrupt(
            &place,
            format_args!("inode: i_size is {} for a symbolic link, expected at most a block", inode.size),
        ));
    }
    let is_short = inode.size < inode.block.len() as u64 && !inode.has_flag(flags::EXTENTS | flags::INLINE_DATA);
    let mut target = if is_short {
        let length = usize::try_from(inode.size).unwrap_or(0);
        inode.block.get(..length).unwrap_or(&[]).to_vec()
    } else {
        let source = content::open(volume, inode, findings)?;
        read_vec(&*source, &place, 0, inode.size, &volume.limits)?
    };
    // No path has a zero byte; the kernel ends the target there.
    if let Some(end) = target.iter().position(|byte| *byte == 0) {
        let reason = format!("inode: the target of the link ends at byte {end} of {}", inode.size);
        volume.report(findings, &codes::INODE_FIELD, &place, &[("reason", &reason)]);
        target.truncate(end);
    }
    Ok(target)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use super::*;
    use crate::test_image::{REGULAR, SYMLINK, TestImage, extent_root, names, node};

    fn target(image: &TestImage) -> (Result<Vec<u8>, String>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        let target = filesystem.link_target(node(12), &mut findings);
        (target.map_err(|error| error.to_string()), findings)
    }

    #[test]
    fn short_and_long_targets() {
        let mut image = TestImage::new();
        image.inode(12, SYMLINK, 59, 0, &[b's'; 59]);
        assert_eq!(target(&image).0.unwrap(), [b's'; 59]);
        image.block(40, &[b'l'; 1024]);
        image.inode(12, SYMLINK, 1000, flags::EXTENTS, &extent_root(&[(0, 1, 40)]));
        assert_eq!(target(&image).0.unwrap(), [b'l'; 1000]);
        image.inode(12, SYMLINK, 60, 0, &[40]);
        assert_eq!(target(&image).0.unwrap(), [b'l'; 60]);
    }

    #[test]
    fn a_zero_byte_ends_a_target_with_a_finding() {
        let mut image = TestImage::new();
        image.inode(12, SYMLINK, 9, 0, b"usr\0share");
        let (found, findings) = target(&image);
        assert_eq!((found.unwrap(), names(&findings)), (b"usr".to_vec(), vec!["ext4-inode-field"]));
    }

    #[test]
    fn a_target_that_no_link_can_have_is_refused() {
        let mut image = TestImage::new();
        for size in [3_u64 << 30, 1025] {
            image.inode(12, SYMLINK, size, flags::EXTENTS, &extent_root(&[(0, 1, 40)]));
            assert!(target(&image).0.unwrap_err().contains(&format!("i_size is {size} for a symbolic link")));
        }
        image.inode(12, REGULAR, 1, 0, &[]);
        assert!(target(&image).0.unwrap_err().contains("expected a symbolic link"));
    }
}
