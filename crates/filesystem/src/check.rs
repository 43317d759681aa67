//! What only a look at the whole filesystem shows: blocks that two files claim, and files that no directory names.
//!
//! As `e2fsck` does in its passes 1B and 4, without mending anything. Kernel documentation, "The Super Block"
//! (`s_first_ino`, `RO_COMPAT_SHARED_BLOCKS`), "Block Group Descriptors".
//!
//! Not looked at: whether the bitmaps agree with the inodes.

use careen_evidence::{Findings, ReadError, codes::filesystem as codes};

use crate::Ext4;
use crate::features::ro_compat;
use crate::inode::{Inode, flags};
use crate::mapping::Mapping;
use crate::scan;
use crate::volume::Volume;

/// Blocks that somebody claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    first: u64,
    /// First block behind them.
    end: u64,
    /// Number of the inode; 0 for the filesystem's own tables.
    owner: u32,
}

impl Ext4 {
    /// Looks for files and directories that no directory names; from then on they are in `lost+found`. `visited` is how
    /// many inodes a walk of the whole tree met: when it is known and accounts for all inodes in use, nothing is read.
    /// The only error is cancellation.
    pub fn look_for_strays(&self, visited: Option<u64>, findings: &mut Findings) -> Result<(), ReadError> {
        let accounted = visited.zip(self.summary(0).inodes_used);
        if self.volume.has_lost_names()
            || accounted.is_some_and(|(visited, used)| visited >= used.saturating_sub(self.reserved()))
        {
            return Ok(());
        }
        let salvage = self.salvage()?;
        if !salvage.strays.is_empty() {
            self.volume.note_lost_names();
            findings.absorb(salvage.findings.clone());
        }
        Ok(())
    }

    /// Inodes that are in use on every filesystem of this kind and that no name leads to. The root has a number of
    /// theirs and is met.
    fn reserved(&self) -> u64 {
        let superblock = &self.volume.superblock;
        let own = [superblock.orphan_file, superblock.project_quota];
        let others = own.into_iter().filter(|number| *number >= superblock.first_inode).count();
        u64::from(superblock.first_inode.saturating_sub(2)).saturating_add(others as u64)
    }

    /// Tells which files claim blocks that another file or the filesystem itself has too: at most one of them shows its
    /// own content. All inodes are read, and where the content of each lies. The only error is cancellation.
    pub fn check_claims(&self, findings: &mut Findings) -> Result<(), ReadError> {
        let volume = &self.volume;
        if volume.superblock.features.ro_compat & ro_compat::SHARED_BLOCKS != 0 {
            return Ok(());
        }
        let mut claims = own_claims(volume);
        let mut is_full = false;
        // What is wrong with an inode is told where a name leads to it.
        let mut untold = Findings::new();
        scan::inodes(volume, &mut untold, &mut |inode| {
            if claims.len() as u64 >= volume.limits.entries {
                is_full = true;
            } else {
                claims.extend(claims_of(volume, inode)?);
            }
            Ok(())
        })?;
        if is_full {
            let most = volume.limits.entries;
            let reason = format!("files lie in more than {most} pieces, the rest was not compared");
            findings.add_failure(&ReadError::over_limit(&volume.place, reason));
        }
        claims.sort_unstable();
        // The claim that reaches farthest of those that begin before.
        let mut farthest: Option<Claim> = None;
        for claim in claims {
            if let Some(before) = farthest.filter(|before| claim.first < before.end) {
                tell(volume, before, claim, findings);
            }
            if farthest.is_none_or(|before| claim.end > before.end) {
                farthest = Some(claim);
            }
        }
        Ok(())
    }
}

/// The inode tables and bitmaps.
fn own_claims(volume: &Volume) -> Vec<Claim> {
    let superblock = &volume.superblock;
    let inodes = u64::from(superblock.inodes_per_group);
    let table = inodes.saturating_mul(u64::from(superblock.inode_size)).div_ceil(volume.block_size());
    let groups = volume.groups.iter().flatten();
    groups
        .flat_map(|group| {
            let bitmap = group.block_bitmap.map(|block| (block, 1));
            [Some((group.inode_table, table)), bitmap].into_iter().flatten()
        })
        .map(|(first, length)| Claim { first, end: first.saturating_add(length), owner: 0 })
        .collect()
}

/// Where the content of an inode lies.
fn claims_of(volume: &Volume, inode: &Inode) -> Result<Vec<Claim>, ReadError> {
    if inode.has_flag(flags::INLINE_DATA) || !inode.has_blocks() {
        return Ok(Vec::new());
    }
    let mapping = match Mapping::of(volume, inode, &mut Findings::new()) {
        Ok(mapping) => mapping,
        Err(error) if error.is_cancelled() => return Err(error),
        Err(_) => return Ok(Vec::new()),
    };
    let claim =
        |first: u64, length: u32| Claim { first, end: first.saturating_add(u64::from(length)), owner: inode.number };
    Ok(mapping.runs().iter().filter_map(|run| Some(claim(run.physical?, run.length))).collect())
}

fn tell(volume: &Volume, before: Claim, claim: Claim, findings: &mut Findings) {
    // The filesystem's own tables are where they are; it is the file that is wrong.
    let (file, other) = if claim.owner == 0 { (before.owner, claim.owner) } else { (claim.owner, before.owner) };
    let (first, count) = (claim.first, claim.end.min(before.end).saturating_sub(claim.first));
    let other = if other == 0 { "the inode tables".to_owned() } else { format!("inode {other}") };
    let place = volume.inode_place(u64::from(file));
    let values: [(&str, &dyn std::fmt::Display); 3] = [("count", &count), ("block", &first), ("other", &other)];
    volume.report(findings, &codes::BLOCKS_CLAIMED_TWICE, &place, &values);
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::FileTree;

    use crate::inode::flags;
    use crate::test_image::{REGULAR, TestImage, extent_root, names, node};

    fn claims(image: &TestImage) -> Vec<String> {
        let (filesystem, mut findings) = image.open().unwrap();
        filesystem.check_claims(&mut findings).unwrap();
        findings
            .list()
            .iter()
            .map(|it| format!("{}: {}", it.place, it.message(careen_model::Language::English)))
            .collect()
    }

    #[test]
    fn blocks_of_two_files_are_told() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 8 * 1024, flags::EXTENTS, &extent_root(&[(0, 8, 60)]));
        image.inode(13, REGULAR, 2 * 1024, flags::EXTENTS, &extent_root(&[(0, 2, 80)]));
        assert!(claims(&image).is_empty());
        image.inode(13, REGULAR, 2 * 1024, flags::EXTENTS, &extent_root(&[(0, 1, 80), (1, 1, 64)]));
        let told = claims(&image);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("inode 13") && told[0].contains("inode 12") && told[0].contains("64"), "{told:?}");
    }

    #[test]
    fn a_file_over_the_inode_table_is_told() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 1024, flags::EXTENTS, &extent_root(&[(0, 1, 6)]));
        let told = claims(&image);
        assert!(told.len() == 1 && told[0].contains("inode tables"), "{told:?}");
    }

    #[test]
    fn what_no_directory_names_is_found_when_asked_for() {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 0, 0, &[]);
        let (filesystem, mut findings) = image.open().unwrap();
        // Free inodes in the descriptor: what was met accounts for all that are in use.
        filesystem.look_for_strays(Some(64), &mut findings).unwrap();
        assert!(names(&findings).is_empty());
        assert!(filesystem.list(filesystem.root(), &mut findings).unwrap().is_empty());
        filesystem.look_for_strays(Some(1), &mut findings).unwrap();
        assert_eq!(names(&findings), ["ext4-strays"]);
        let root = filesystem.list(filesystem.root(), &mut findings).unwrap();
        let strays = filesystem.list(root[0].node, &mut findings).unwrap();
        assert_eq!((root[0].name.as_slice(), strays[0].name.as_slice()), (&b"lost+found"[..], &b"#12"[..]));
    }

    #[test]
    fn a_file_named_lost_and_found_leaves_its_name_to_the_directory() {
        // An entry that tells its kind and one that does not.
        for kind in [1, 0] {
            let mut image = TestImage::new();
            image.directory(2, 90, &[(11, b"lost+found", kind)]);
            image.inode(11, REGULAR, 0, 0, &[]);
            image.inode(12, REGULAR, 0, 0, &[]);
            let (filesystem, mut findings) = image.open().unwrap();
            filesystem.look_for_strays(Some(1), &mut findings).unwrap();
            let root = filesystem.list(filesystem.root(), &mut findings).unwrap();
            assert_eq!(root.len(), 1);
            let strays = filesystem.list(root[0].node, &mut findings).unwrap();
            let shown: Vec<_> = strays.iter().map(|entry| (entry.name.as_slice(), entry.node)).collect();
            assert_eq!(shown, [(&b"#11"[..], node(11)), (&b"#12"[..], node(12))]);
            assert!(names(&findings).contains(&"ext4-directory-entry"));
        }
    }
}
