//! Finding the superblock: the primary one or, where that is lost, one of its copies.
//!
//! Kernel documentation, "Layout" and "The Super Block": copies stand at the start of group 1 and of the groups whose
//! numbers are powers of 3, 5 and 7, or of the two groups that `s_backup_bgs` names (`sparse_super2`), usually 1 and
//! the last. Where nothing is left of the primary one, the size of the groups is guessed as `mke2fs` chooses it: as
//! many blocks, or clusters (`bigalloc`), as a block has bits. A copy counts only where its own values say that one
//! stands.
//!
//! Not found: copies in groups of another size (`mke2fs -g`) when nothing is left of the primary superblock.

use std::collections::BTreeSet;

use careen_evidence::{ByteSource, Fields, Findings, Place, ReadError};

use crate::superblock::{LENGTH, OFFSET, Superblock, proof};

/// Groups whose copies are looked for when that of group 1 is lost, too.
const LATER_GROUPS: [u64; 9] = [3, 5, 7, 9, 25, 27, 49, 81, 125];
/// Blocks in a cluster that are tried; 16 is what `mke2fs` chooses.
const CLUSTERS: [u64; 5] = [1, 2, 4, 8, 16];

/// Most blocks, or clusters, of a group that `mke2fs` makes (`EXT2_MAX_BLOCKS_PER_GROUP`): their number has to fit in
/// 16 bits.
const MOST_CLUSTERS: u64 = (1 << 16) - 8;

/// Where a copy stands that is used instead of the primary superblock, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stand {
    /// Block of the copy.
    pub(crate) block: u64,
    /// What is wrong with the primary one.
    pub(crate) reason: String,
}

/// A superblock as it was found somewhere.
struct Found {
    superblock: Superblock,
    bytes: [u8; LENGTH],
    /// Whether its checksum is right; `None` when it has none.
    proof: Option<bool>,
}

/// The superblock of the filesystem that `source` holds, the primary one if it can be relied on. What it says of
/// itself becomes findings; that a copy was used stands in its field `stand`. An error when neither the primary
/// superblock nor a copy can be read on with.
pub(crate) fn find(source: &dyn ByteSource, place: &Place, findings: &mut Findings) -> Result<Superblock, ReadError> {
    if source.len() < OFFSET.saturating_add(LENGTH as u64) {
        return Err(ReadError::corrupt(
            place,
            format_args!("{} bytes are too few for an ext2, ext3 or ext4 filesystem", source.len()),
        ));
    }
    let bytes = read(source, OFFSET);
    let proof = bytes.as_ref().ok().and_then(proof);
    let primary = bytes.and_then(|bytes| parse(bytes, place));
    let found = match primary {
        Ok(found) if proof != Some(false) => found,
        Ok(found) => match search(source, Some(&found.superblock))? {
            Some(copy) if replaces(&copy, &found.superblock) => {
                stand_in(copy, "its checksum does not match and its copies have other values")
            }
            _ => found,
        },
        // What its checksum proves is no damage, even when it cannot be read on with.
        Err(error) if proof == Some(true) || error.is_cancelled() => return Err(error),
        Err(error) => match search(source, None)? {
            Some(copy) => stand_in(copy, error.reason()),
            None => return Err(error),
        },
    };
    let Found { superblock, bytes, .. } = found;
    superblock.verify(Fields::new("superblock", place, &bytes), &place.then("superblock"), findings)?;
    Ok(superblock)
}

fn read(source: &dyn ByteSource, offset: u64) -> Result<[u8; LENGTH], ReadError> {
    let mut bytes = [0; LENGTH];
    source.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}

fn parse(bytes: [u8; LENGTH], place: &Place) -> Result<Found, ReadError> {
    let superblock = Superblock::parse(Fields::new("superblock", place, &bytes), place)?;
    Ok(Found { superblock, proof: proof(&bytes), bytes })
}

/// Whether a proven copy shows that a primary superblock, whose checksum is wrong, has a wrong layout. Where it has
/// the same, the primary one knows more: copies are as old as the filesystem. Where nothing agrees, the copy is that
/// of an earlier filesystem.
fn replaces(copy: &Found, primary: &Superblock) -> bool {
    let (of_copy, of_primary) = (copy.superblock.layout(), primary.layout());
    let is_same_filesystem = copy.superblock.uuid == primary.uuid || of_copy == of_primary;
    let is_same = copy.superblock.uuid == primary.uuid && copy.superblock.seed == primary.seed && of_copy == of_primary;
    copy.proof == Some(true) && is_same_filesystem && !is_same
}

fn stand_in(mut copy: Found, reason: &str) -> Found {
    let group = u64::from(copy.superblock.own_group);
    let block = copy.superblock.first_block_of_group(group);
    copy.superblock.stand = Some(Stand { block, reason: reason.to_owned() });
    copy
}

/// The best copy of a superblock, `None` when there is none. `primary` is what can be read of the primary one.
fn search(source: &dyn ByteSource, primary: Option<&Superblock>) -> Result<Option<Found>, ReadError> {
    let mut first = BTreeSet::new();
    let mut later = BTreeSet::new();
    if let Some(primary) = primary {
        let groups = [1].into_iter().chain(LATER_GROUPS).chain(primary.backup_groups.map(u64::from));
        first.extend(
            groups.map(|group| primary.first_block_of_group(group).saturating_mul(u64::from(primary.block_size))),
        );
    }
    for shift in 0..=6_u32 {
        let block_size = 1024_u64 << shift;
        for cluster in CLUSTERS {
            let clusters = block_size.saturating_mul(8).min(MOST_CLUSTERS);
            let size = clusters.saturating_mul(cluster).saturating_mul(block_size);
            // Blocks of 1 KiB are counted from the second one, unless they are gathered in clusters.
            let start = if shift == 0 && cluster == 1 { block_size } else { 0 };
            let at = |group: u64| size.saturating_mul(group).saturating_add(start);
            first.insert(at(1));
            if cluster == 1 {
                later.extend(LATER_GROUPS.map(at));
                later.insert(at(source.len().saturating_sub(start).checked_div(size).unwrap_or(0)));
                later.insert(at(source.len().saturating_sub(start).div_ceil(size).saturating_sub(1)));
            }
        }
    }
    match best(source, &first)? {
        Some(found) => Ok(Some(found)),
        None => best(source, &later),
    }
}

/// The best copy at one of these offsets: one that its checksum proves rather than another, the latest written one
/// rather than that of an earlier filesystem.
fn best(source: &dyn ByteSource, offsets: &BTreeSet<u64>) -> Result<Option<Found>, ReadError> {
    let mut best: Option<((bool, u64), Found)> = None;
    for offset in offsets {
        if *offset <= OFFSET || offset.saturating_add(LENGTH as u64) > source.len() {
            continue;
        }
        let found = match read(source, *offset).and_then(|bytes| parse(bytes, &Place::default())) {
            Ok(found) => found,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => continue,
        };
        let Some(group) = group_at(&found.superblock, *offset) else { continue };
        let worth = (found.proof != Some(false), found.superblock.written);
        if best.as_ref().is_none_or(|(known, _)| *known < worth) {
            let mut found = found;
            found.superblock.own_group = group;
            best = Some((worth, found));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// The group that begins at this byte, if a superblock found there says that a copy of it stands there. Otherwise it
/// is content of a file or left from an earlier filesystem.
fn group_at(superblock: &Superblock, offset: u64) -> Option<u32> {
    let block = offset.checked_div(u64::from(superblock.block_size))?;
    let group = block
        .checked_sub(u64::from(superblock.first_data_block))?
        .checked_div(u64::from(superblock.blocks_per_group))?;
    let stands_here =
        superblock.first_block_of_group(group).checked_mul(u64::from(superblock.block_size)) == Some(offset);
    // `s_block_group_nr` has 16 bits; the kernel left it 0 in copies it wrote when a filesystem was enlarged.
    let is_named = superblock.own_group == 0 || u64::from(superblock.own_group) == group & 0xffff;
    let is_copy = group > 0 && group < superblock.groups() && superblock.has_superblock_copy(group);
    (stands_here && is_named && is_copy).then(|| u32::try_from(group).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::ErrorKind;

    use super::*;
    use crate::checksum::crc32c;
    use crate::test_image::TestImage;

    /// Where group 1 begins: its blocks of 1 KiB are as many as a block has bits, counted from the second one.
    const GROUP_1: usize = 8193 * 1024;

    fn seal(bytes: &mut [u8], at: usize) {
        let sum = crc32c(!0, &bytes[at..at + 0x3fc]);
        bytes[at + 0x3fc..at + 0x400].copy_from_slice(&sum.to_le_bytes()); // s_checksum
    }

    /// The bytes of a superblock for two groups, with `change` made to it.
    fn superblock(s_block_group_nr: u8, change: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = TestImage::new().bytes[1024..2048].to_vec();
        bytes[0x4..0x8].copy_from_slice(&10_000_u32.to_le_bytes()); // s_blocks_count_lo
        bytes[0x5a] = s_block_group_nr;
        for (offset, value) in change {
            bytes[*offset..offset + value.len()].copy_from_slice(value);
        }
        seal(&mut bytes, 0);
        bytes
    }

    /// What is found on a disk with these superblocks: its label, the block of the copy and the findings.
    fn found(superblocks: &[(usize, Vec<u8>)]) -> Result<(String, Option<u64>, usize), ReadError> {
        let mut disk = vec![0; 10_000 * 1024];
        for (at, bytes) in superblocks {
            disk[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        let mut findings = Findings::new();
        let found = find(&disk, &Place::new("disk"), &mut findings)?;
        Ok((found.label, found.stand.map(|stand| stand.block), findings.list().len()))
    }

    fn label(text: &'static [u8; 9]) -> (usize, &'static [u8]) {
        (0x78, text)
    }

    #[test]
    fn a_copy_is_used_where_it_says_that_it_stands() {
        for group in [1, 0] {
            let copy = superblock(group, &[label(b"the copy!")]);
            assert_eq!(found(&[(GROUP_1, copy)]).unwrap(), ("the copy!".to_owned(), Some(8193), 0));
        }
        // Of another group, and elsewhere: within a file, say.
        assert!(found(&[(GROUP_1, superblock(3, &[]))]).is_err());
        let error = found(&[(16384 * 2048 / 4, superblock(1, &[]))]).unwrap_err();
        assert!(error.reason().contains("s_magic is 0x0000"), "{error}");
    }

    #[test]
    fn a_proven_copy_replaces_a_primary_one_of_another_layout_only() {
        let copy = || (GROUP_1, superblock(1, &[label(b"the copy!")]));
        let damaged = |change: &[(usize, &[u8])]| {
            let mut primary = superblock(0, &[label(b"the first")]);
            for (offset, value) in change {
                primary[*offset..offset + value.len()].copy_from_slice(value);
            }
            (1024, primary)
        };
        let first = |findings| ("the first".to_owned(), None, findings);
        assert_eq!(found(&[damaged(&[]), copy()]).unwrap(), first(0));
        // s_mtime: a wrong checksum, but the same layout.
        assert_eq!(found(&[damaged(&[(0x2c, &[1])]), copy()]).unwrap(), first(1));
        // s_inodes_per_group, and no copy that could say better.
        assert_eq!(found(&[damaged(&[(0x28, &[72])])]).unwrap(), first(1));
        let other_filesystem = superblock(1, &[(0x68, &[9; 16])]); // s_uuid
        assert_eq!(found(&[damaged(&[(0x28, &[72])]), (GROUP_1, other_filesystem)]).unwrap(), first(1));
        let mut unproven = copy();
        unproven.1[0x2c] = 1;
        assert_eq!(found(&[damaged(&[(0x28, &[72])]), unproven]).unwrap(), first(1));
        for change in [(0x28, &[72][..]), (0x68, b"x"), (0x18, &[200]), (0x60, &[0xff])] {
            assert_eq!(found(&[damaged(&[change]), copy()]).unwrap(), ("the copy!".to_owned(), Some(8193), 0));
        }
    }

    #[test]
    fn what_a_checksum_proves_is_not_searched_around() {
        let refused = superblock(0, &[(0x60, &[1])]); // s_feature_incompat: compression
        let error = found(&[(1024, refused), (GROUP_1, superblock(1, &[]))]).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Unsupported(_)), "{error}");
    }
}
