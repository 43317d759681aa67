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

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{FileTree, Findings, Limits, read_file};

    use crate::inode::flags;
    use crate::test_image::{DIRECTORY, REGULAR, SYMLINK, TestImage, names, node, reason};

    /// The attribute `system.data` with this value, as it stands behind the fields of an inode.
    fn system_data(value: &[u8]) -> Vec<u8> {
        let mut tail = vec![0, 0, 2, 0xea]; // h_magic
        tail.extend([4, 7]); // e_name_len, e_name_index: system
        tail.extend(24_u16.to_le_bytes()); // e_value_offs, from here behind h_magic
        tail.extend([0; 4]); // e_value_inum
        tail.extend((value.len() as u32).to_le_bytes());
        tail.extend([0; 4]); // e_hash
        tail.extend(*b"data");
        tail.extend([0; 4]); // end of the list
        tail.extend(value);
        tail
    }

    fn read(image: &TestImage) -> (Result<Vec<u8>, String>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        let content = read_file(&*filesystem, node(12), &Limits::default(), &mut findings);
        (content.map_err(|error| error.to_string()), findings)
    }

    #[test]
    fn files_lie_in_both_parts() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 75, flags::INLINE_DATA, &[b'a'; 60]);
        image.set_inode(12, 160, &system_data(&[b'b'; 16]));
        assert_eq!(read(&image).0.unwrap(), [vec![b'a'; 60], vec![b'b'; 15]].concat());
        image.inode(12, REGULAR, 5, flags::INLINE_DATA, b"short");
        assert_eq!(read(&image).0.unwrap(), b"short");
        // Lengthened without being written: zeros, as the kernel has it.
        image.inode(12, REGULAR, 100, flags::INLINE_DATA, &[b'a'; 60]);
        image.set_inode(12, 160, &system_data(b"cd"));
        let (content, findings) = read(&image);
        assert_eq!(content.unwrap(), [vec![b'a'; 60], b"cd".to_vec(), vec![0; 38]].concat());
        assert!(findings.list().is_empty());
    }

    #[test]
    fn a_missing_rest_is_an_error() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 75, flags::INLINE_DATA, &[b'a'; 60]);
        assert!(read(&image).0.unwrap_err().contains("system.data that holds the rest is missing"));
        let mut tail = system_data(&[0; 16]);
        tail[6] = 200; // e_value_offs: beyond the inode
        image.set_inode(12, 160, &tail);
        assert!(read(&image).0.unwrap_err().contains("beyond its end"));
    }

    #[test]
    fn directories_have_entries_in_both_parts() {
        let mut first = 2_u32.to_le_bytes().to_vec(); // the directory above
        first.extend([13, 0, 0, 0, 56, 0, 1, 1, b'a']);
        let mut image = TestImage::new();
        image.inode(12, DIRECTORY, 76, flags::INLINE_DATA, &first);
        image.set_inode(12, 160, &system_data(&[14, 0, 0, 0, 16, 0, 1, 1, b'b', 0, 0, 0, 0, 0, 0, 0]));
        let (filesystem, mut findings) = image.open().unwrap();
        let entries = filesystem.list(node(12), &mut findings).unwrap();
        let found: Vec<_> = entries.iter().map(|entry| (entry.name.as_slice(), entry.node.0)).collect();
        assert_eq!(found, [(&b"a"[..], 13), (b"b", 14)]);
        assert!(findings.list().is_empty(), "{:?}", names(&findings));
        // The second part is lost: the first is still shown.
        image.set_inode(12, 160, &[0; 4]);
        let (filesystem, mut findings) = image.open().unwrap();
        assert_eq!(filesystem.list(node(12), &mut findings).unwrap().len(), 1);
        assert_eq!(names(&findings), ["ext4-directory-block"]);
        assert!(reason(&findings).contains("system.data"));
    }

    #[test]
    fn links_of_more_than_60_bytes() {
        let mut image = TestImage::new();
        image.inode(12, SYMLINK, 64, flags::INLINE_DATA, &[b'a'; 60]);
        image.set_inode(12, 160, &system_data(b"bbbb"));
        let (filesystem, mut findings) = image.open().unwrap();
        let target = filesystem.link_target(node(12), &mut findings).unwrap();
        assert_eq!(target, [vec![b'a'; 60], b"bbbb".to_vec()].concat());
    }
}
