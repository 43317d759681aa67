//! Inline data: content that lies in the inode itself, its first 60 bytes in `i_block`, the rest as the value of the
//! attribute `system.data` in the inode's tail.
//!
//! Kernel documentation, "Inline Data" and "Inline Directories".

use careen_evidence::{Findings, Kind, ReadError, codes::filesystem as codes};

use crate::inode::Inode;
use crate::volume::Volume;
use crate::xattr;

/// An inline directory begins with the number of the directory above it.
const PARENT: usize = 4;

/// The inline content of an inode, at most as long as its size.
pub(crate) fn content(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
    let mut bytes = inode.block.to_vec();
    bytes.extend_from_slice(&tail(volume, inode, findings)?);
    bytes.truncate(usize::try_from(inode.size).unwrap_or(usize::MAX));
    Ok(bytes)
}

/// The two areas of entries of an inline directory.
pub(crate) fn directory(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<[Vec<u8>; 2], ReadError> {
    let first = inode.block.get(PARENT..).unwrap_or(&[]).to_vec();
    Ok([first, tail(volume, inode, findings)?])
}

/// The value of `system.data`. The kernel writes the attribute even when it is empty, so its absence is damage once
/// the size says that there is more than `i_block`.
fn tail(volume: &Volume, inode: &Inode, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
    if let Some(value) = xattr::inline_data(volume, inode, findings)? {
        return Ok(value);
    }
    if inode.size > inode.block.len() as u64 {
        let place = volume.inode_place(u64::from(inode.number));
        let reason = "inode: it has inline data, but the attribute system.data that holds the rest is missing";
        if inode.kind != Kind::Directory {
            return Err(ReadError::corrupt(&place, reason));
        }
        volume.report(findings, &codes::DIRECTORY_BLOCK, &place, &[("reason", &reason)]);
    }
    Ok(Vec::new())
}
