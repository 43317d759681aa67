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
