//! All inodes in the order of the disk: what a listing of the whole filesystem reads, in as few requests as possible.

use careen_evidence::{Findings, ReadError, codes::filesystem as codes};

use crate::inode::{Inode, ROOT, flags};
use crate::volume::Volume;

/// Takes an inode in use.
type VisitInode<'a> = dyn FnMut(&Inode) -> Result<(), ReadError> + 'a;

/// Visits every inode in use, in the order of their numbers; see [`Ext4::scan_inodes`](crate::Ext4::scan_inodes).
pub(crate) fn inodes(volume: &Volume, findings: &mut Findings, visit: &mut VisitInode<'_>) -> Result<(), ReadError> {
    let superblock = &volume.superblock;
    let size = usize::from(superblock.inode_size);
    let per_block = superblock.block_size.checked_div(u32::from(superblock.inode_size)).unwrap_or(1);
    for (index, group) in volume.groups.iter().enumerate() {
        // A group without a usable descriptor was told when the descriptors were read.
        let Some(group) = group else { continue };
        let before = (index as u64).saturating_mul(u64::from(superblock.inodes_per_group));
        let touched = touched(volume, before, group.touched_inodes);
        let last = before.saturating_add(touched).min(u64::from(superblock.inodes));
        let blocks = touched.div_ceil(u64::from(per_block));
        volume.for_each_block(group.inode_table, blocks, &mut |block_number, block| {
            let block = match block {
                Ok(block) => block,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    let error = ReadError { place: volume.block_place(block_number), ..error };
                    volume.report_error(findings, &codes::INODE_TABLE, &error);
                    return Ok(());
                }
            };
            let blocks_before = block_number.saturating_sub(group.inode_table);
            let first = before.saturating_add(blocks_before.saturating_mul(u64::from(per_block))).saturating_add(1);
            for (number, record) in (first..=last).zip(block.chunks_exact(size)) {
                one(volume, number, record, findings, visit)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Inodes from the start of a group's table that were ever used; a fast commit may have used more of them.
fn touched(volume: &Volume, before: u64, recorded: u32) -> u64 {
    let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let last = before.saturating_add(u64::from(volume.superblock.inodes_per_group));
    let of_fast = volume.fast().and_then(|fast| fast.last_within(number(before.saturating_add(1)), number(last)));
    u64::from(recorded).max(of_fast.map_or(0, |last| u64::from(last).saturating_sub(before)))
}

/// Visits one inode, if it belongs to a person.
fn one(
    volume: &Volume,
    number: u64,
    record: &[u8],
    findings: &mut Findings,
    visit: &mut VisitInode<'_>,
) -> Result<(), ReadError> {
    let superblock = &volume.superblock;
    let Ok(number) = u32::try_from(number) else { return Ok(()) };
    // Reserved numbers hold the journal, quotas and the like; attribute values have inodes too.
    let is_internal = (number < superblock.first_inode && number != ROOT)
        || [superblock.orphan_file, superblock.project_quota].contains(&number);
    let changed = volume.fast().and_then(|fast| fast.record(number, record));
    let record = changed.as_deref().unwrap_or(record);
    // i_links_count; an inode that is not in use has none.
    let is_free = record.get(0x1a..0x1c).is_none_or(|links| links == [0, 0]);
    if is_internal || is_free {
        return Ok(());
    }
    match Inode::parse(volume, number, record, findings) {
        Ok(inode) if inode.has_flag(flags::EA_INODE) => Ok(()),
        Ok(inode) => visit(&inode),
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) => {
            volume.report_error(findings, &codes::INODE_TABLE, &error);
            Ok(())
        }
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{Findings, NodeId, Place, ReadError, Stat};

    use crate::inode::flags;
    use crate::test_image::{REGULAR, TestImage, names};

    fn numbers(image: &TestImage) -> (Vec<u64>, Findings) {
        let (filesystem, mut findings) = image.open().unwrap();
        let mut numbers = Vec::new();
        let visit = &mut |node: NodeId, stat: &Stat| {
            assert_eq!(node.0, stat.inode);
            numbers.push(node.0);
            Ok(())
        };
        filesystem.scan_inodes(&mut findings, visit).unwrap();
        (numbers, findings)
    }

    #[test]
    fn inodes_in_use_are_visited_in_order() {
        let mut image = TestImage::new();
        for number in [8, 12, 20, 48, 49] {
            image.inode(number, REGULAR, 0, 0, &[]);
        }
        image.inode(30, REGULAR, 0, flags::EA_INODE, &[]);
        image.inode(31, REGULAR, 0, 0, &[]);
        image.set_inode(31, 0x1a, &[0, 0]); // i_links_count: deleted
        // 8 is reserved, 30 an attribute's value, and nothing from 49 on was ever used.
        let (found, findings) = numbers(&image);
        assert_eq!((found, names(&findings)), (vec![2, 12, 20, 48], vec![]));
        image.put(2 * 1024 + 0x1e, &[1, 2]); // bg_checksum: what it says is not proven any more
        assert_eq!(numbers(&image).0, [2, 12, 20, 48, 49]);
    }

    #[test]
    fn damage_is_told_and_the_scan_goes_on() {
        let mut image = TestImage::new();
        image.inode(12, 0x3000, 0, 0, &[]);
        image.inode(13, REGULAR, 0, 0, &[]);
        let (found, findings) = numbers(&image);
        assert_eq!((found, names(&findings)), (vec![2, 13], vec!["ext4-inode-table"]));
        image.bytes.truncate(8 * 1024);
        let (found, findings) = numbers(&image);
        assert_eq!(found, [2], "the first three blocks of the table are left");
        assert!(names(&findings).contains(&"ext4-inode-table"));
    }

    #[test]
    fn the_visitor_can_end_it() {
        let (filesystem, mut findings) = TestImage::new().open().unwrap();
        let stop = ReadError::io(&Place::default(), "enough");
        let result = filesystem.scan_inodes(&mut findings, &mut |_, _| Err(stop.clone()));
        assert_eq!(result.unwrap_err(), stop);
    }
}
