//! POSIX access control lists: from the form on the disk to the one `getxattr` gives.
//!
//! On the disk (kernel source, `fs/ext4/acl.h`): a version, then entries of tag and permissions, and an id only
//! where the tag needs one. For programs (`uapi/linux/posix_acl_xattr.h`): another version, and every entry of eight
//! bytes. Kernel documentation has neither.

use careen_evidence::{Fields, Place, ReadError};

/// `EXT4_ACL_VERSION`.
const DISK_VERSION: u32 = 1;
/// `POSIX_ACL_XATTR_VERSION`.
const USER_VERSION: u32 = 2;
/// Id of an entry that is for nobody in particular (`ACL_UNDEFINED_ID`).
const UNDEFINED_ID: u32 = u32::MAX;

/// The value of `system.posix_acl_access` or `system.posix_acl_default` as programs see it.
pub(crate) fn to_user(disk: &[u8], place: &Place) -> Result<Vec<u8>, ReadError> {
    let fields = Fields::new("access control list", place, disk);
    let a_version = fields.u32_le(0)?;
    if a_version != DISK_VERSION {
        return Err(fields.corrupt(format_args!("a_version is {a_version}, expected {DISK_VERSION}")));
    }
    let mut user = USER_VERSION.to_le_bytes().to_vec();
    let mut at = 4_usize;
    while at < disk.len() {
        let e_tag = fields.u16_le(at)?;
        let e_perm = fields.u16_le(at.saturating_add(2))?;
        at = at.saturating_add(4);
        let e_id = match e_tag {
            // The owner, the group, the mask and the others.
            0x01 | 0x04 | 0x10 | 0x20 => UNDEFINED_ID,
            // A named user or group.
            0x02 | 0x08 => {
                let id = fields.u32_le(at)?;
                at = at.saturating_add(4);
                id
            }
            _ => return Err(fields.corrupt(format_args!("e_tag is {e_tag:#06x}, expected 1, 2, 4, 8, 16 or 32"))),
        };
        user.extend_from_slice(&e_tag.to_le_bytes());
        user.extend_from_slice(&e_perm.to_le_bytes());
        user.extend_from_slice(&e_id.to_le_bytes());
    }
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_entries_get_an_undefined_id() {
        let disk = [
            1, 0, 0, 0, // a_version
            1, 0, 7, 0, // owner: rwx
            2, 0, 5, 0, 0xe8, 3, 0, 0, // user 1000: r-x
            0x20, 0, 4, 0, // others: r--
        ];
        let user = [
            2, 0, 0, 0, // version
            1, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, // owner
            2, 0, 5, 0, 0xe8, 3, 0, 0, // user 1000
            0x20, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, // others
        ];
        assert_eq!(to_user(&disk, &Place::default()).unwrap(), user);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let place = Place::new("test");
        for (disk, reason) in [
            (&[2, 0, 0, 0][..], "a_version is 2"),
            (&[1, 0, 0, 0, 3, 0, 7, 0][..], "e_tag is 0x0003"),
            (&[1, 0, 0, 0, 2, 0, 7, 0, 1][..], "beyond its end"),
        ] {
            assert!(to_user(disk, &place).unwrap_err().reason().contains(reason), "{disk:?}");
        }
    }
}
