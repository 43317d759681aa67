//! The filesystem as a [`FileTree`].

use std::cell::RefCell;
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Entry, ErrorKind, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, Stat, Xattrs,
    codes::filesystem as codes,
};
use careen_model::{Filesystem, FilesystemState, JournalReplay};

use crate::backup::Stand;
use crate::features::ro_compat;
use crate::inode::{self, Inode, ROOT, flags};
use crate::mapping::Mapping;
use crate::rebuild::Rebuilt;
use crate::recent::Recent;
use crate::recovery::{self, Recovered};
use crate::salvage::Salvage;
use crate::superblock::Superblock;
use crate::volume::Volume;
use crate::{content, directory, scan, symlink, xattr};

/// Bytes of parsed directories that are remembered for the next look-up.
const REMEMBERED_DIRECTORIES: usize = 4 << 20;
/// What an entry costs in memory besides its name.
const ENTRY_COST: usize = 64;
/// What a finding costs in memory, about.
const FINDING_COST: usize = 1024;
/// Blocks at most that are read ahead of one directory.
const DIRECTORY_AHEAD: u64 = 16;

/// Where files are shown that have lost their names.
const LOST_FOUND_NAME: &[u8] = b"lost+found";
/// The node of that directory when the disk has none; no inode has this number.
const LOST_FOUND: NodeId = NodeId(1 << 32);

/// An ext2, ext3 or ext4 filesystem. A node is an inode number, the root is 2.
pub struct Ext4 {
    pub(crate) volume: Rc<Volume>,
    replayed: Option<JournalReplay>,
    /// Directories listed lately.
    directories: RefCell<Recent<u64, Rc<Listing>>>,
    /// What no name leads to; searched when damage asks for it.
    salvage: RefCell<Option<Rc<Salvage>>>,
}

/// What listing a directory gave.
struct Listing {
    /// Sorted by name.
    entries: Result<Rc<[Entry]>, ReadError>,
    /// The directory in which it says that it lies.
    above: Option<NodeId>,
    /// What there is to tell, to everyone who asks.
    findings: Findings,
}

impl Ext4 {
    /// Whether `source` begins like an ext2, ext3 or ext4 filesystem; [`Ext4::open`] finds more than that.
    pub fn is_at(source: &dyn ByteSource) -> bool {
        Superblock::is_at(source)
    }

    /// Opens the filesystem that `source` holds from its first byte on. When its journal has to be replayed, that is
    /// done in memory. `place` is the partition or disk it lies in.
    ///
    /// An error when neither the primary superblock nor a copy of it makes sense, or when it names an incompatible
    /// feature that is not read; everything else that is wrong becomes a finding.
    pub fn open(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Rc<Ext4>, ReadError> {
        Ext4::open_with(source, place, limits, &mut Vec::new, findings)
    }

    /// The same, with disks of which one may hold the filesystem's journal: `disks` is asked for them when the filesystem
    /// has it on a disk of its own.
    pub fn open_with(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        disks: &mut dyn FnMut() -> Vec<Rc<dyn ByteSource>>,
        findings: &mut Findings,
    ) -> Result<Rc<Ext4>, ReadError> {
        let mut found = Findings::new();
        let on_disk = Rc::new(Volume::open(source, place, limits, &mut found)?);
        let mut of_journal = Findings::new();
        // A replay may restore the primary superblock; the kernel would not come so far.
        let stand = on_disk.superblock.stand.clone();
        let Recovered { source, mut counts, fast } = recovery::recover(&on_disk, disks, &mut of_journal)?;
        let mut volume = on_disk;
        if let Some(source) = source {
            // What was damaged before the replay may be whole after it, so only the later look counts.
            let mut after = Findings::new();
            match Volume::open(source, place, limits, &mut after) {
                Ok(recovered) => {
                    volume = Rc::new(recovered);
                    found = after;
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    counts = None;
                    volume.report_error(&mut of_journal, &codes::JOURNAL_UNUSABLE, &error);
                }
            }
        }
        found.absorb(of_journal);
        if counts.is_some() || volume.superblock.needs_recovery() {
            volume.lay_over(fast);
        }
        if let Some(Stand { block, reason }) = stand {
            let size = volume.block_size();
            found.add(
                &codes::SUPERBLOCK_COPY,
                &place.then("superblock"),
                &[("reason", &reason), ("block", &block), ("size", &size)],
            );
        }
        tell_state(&volume, &mut found);
        volume.weigh(&found);
        findings.absorb(found);
        let directories = RefCell::new(Recent::new(REMEMBERED_DIRECTORIES));
        Ok(Rc::new(Ext4 { volume, replayed: counts, directories, salvage: RefCell::new(None) }))
    }

    /// What this filesystem is, as number `id` of its disk. The state is the worst of what is known by now.
    pub fn summary(&self, id: u32) -> Filesystem {
        let superblock = &self.volume.superblock;
        let block_size = self.volume.block_size();
        let mut free_clusters = 0_u64;
        let mut free_inodes = 0_u64;
        let mut is_known = true;
        for group in self.volume.groups.iter() {
            let free = group.and_then(|group| group.free);
            is_known &= free.is_some();
            free_clusters = free_clusters.saturating_add(free.map_or(0, |free| u64::from(free.clusters)));
            free_inodes = free_inodes.saturating_add(free.map_or(0, |free| u64::from(free.inodes)));
        }
        let free_blocks = free_clusters.saturating_mul(u64::from(superblock.cluster_blocks));
        let used_blocks = superblock.blocks.checked_sub(free_blocks);
        let used_inodes = u64::from(superblock.inodes).checked_sub(free_inodes);
        let state = if self.volume.is_damaged() {
            FilesystemState::Damaged
        } else if superblock.has_recorded_errors() {
            FilesystemState::Errors
        } else if self.replayed.is_some() || superblock.needs_recovery() || superblock.needs_check() {
            FilesystemState::NeedsRecovery
        } else {
            FilesystemState::Clean
        };
        Filesystem {
            id,
            kind: superblock.features.kind().to_owned(),
            uuid: uuid_text(&superblock.uuid),
            label: superblock.label.clone(),
            block_size: Some(block_size),
            size: Some(superblock.blocks.saturating_mul(block_size)),
            used: used_blocks.filter(|_| is_known).map(|blocks| blocks.saturating_mul(block_size)),
            inodes_used: used_inodes.filter(|_| is_known),
            last_mounted: time_text(superblock.mounted),
            last_written: time_text(superblock.written),
            state,
            journal_replayed: self.replayed,
        }
    }

    /// Visits every file, directory and other object of the filesystem in the order of inode numbers, whether or not
    /// a name leads to it, with few and large reads. Inode tables are read as far as the group descriptors prove that
    /// they were ever used. An error of `visit` ends the scan and is returned; damage becomes findings.
    pub fn scan_inodes(
        &self,
        findings: &mut Findings,
        visit: &mut dyn FnMut(NodeId, &Stat) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        scan::inodes(&self.volume, findings, &mut |inode| visit(inode.node(), &inode.stat()))
    }

    /// What everything is read from.
    pub(crate) fn volume(&self) -> &Volume {
        &self.volume
    }

    /// The inode of a node; that of a directory is made up where its record is lost and its blocks are found.
    fn inode(&self, node: NodeId, findings: &mut Findings) -> Result<Inode, ReadError> {
        let mut found = Findings::new();
        let inode = Inode::read(&self.volume, node.0, &mut found);
        if let Some(rebuilt) = self.rebuilt(node, &inode)? {
            findings.absorb(rebuilt.findings.clone());
            return Ok(rebuilt.inode.clone());
        }
        if let Ok(noise) = &inode
            && noise.is_noise(&self.volume)
        {
            let what = "inode: its checksum does not match, and its values make no sense together";
            return Err(ReadError::corrupt(&self.place(node), what));
        }
        findings.absorb(found);
        inode
    }

    /// The directory that was put together again for this node, when the record of its inode is none.
    fn rebuilt(&self, node: NodeId, inode: &Result<Inode, ReadError>) -> Result<Option<Rc<Rebuilt>>, ReadError> {
        let is_lost = match inode {
            Ok(inode) => !inode.is_usable(&self.volume),
            Err(error) => matches!(error.kind, ErrorKind::Corrupt(_)),
        };
        let number = u32::try_from(node.0).ok().filter(|number| (1..=self.volume.superblock.inodes).contains(number));
        let Some(number) = number.filter(|_| is_lost) else { return Ok(None) };
        self.volume.note_lost_names();
        Ok(self.salvage()?.directories.get(&number).cloned())
    }

    /// What no name leads to, and directories without an inode. The first call reads all inodes and directories.
    pub(crate) fn salvage(&self) -> Result<Rc<Salvage>, ReadError> {
        let known = self.salvage.borrow().clone();
        if let Some(salvage) = known {
            return Ok(salvage);
        }
        let salvage = Rc::new(Salvage::search(&self.volume)?);
        *self.salvage.borrow_mut() = Some(Rc::clone(&salvage));
        Ok(salvage)
    }

    /// A directory's entries. Once damage was met that cost files their names, those files are in `lost+found`.
    fn entries(&self, directory: NodeId, findings: &mut Findings) -> Result<Rc<[Entry]>, ReadError> {
        let is_root = directory == self.root();
        let of_directory = match directory {
            LOST_FOUND => Ok(Rc::from([])),
            _ => self.entries_on_disk(directory, findings),
        };
        if !self.volume.has_lost_names() {
            return of_directory;
        }
        let named = self.lost_found();
        let lost_found = named.directory.unwrap_or(LOST_FOUND);
        if directory != lost_found && !(is_root && lost_found == LOST_FOUND) {
            return of_directory;
        }
        let salvage = self.salvage()?;
        if salvage.strays.is_empty() {
            return of_directory;
        }
        let mut more = if directory == lost_found {
            findings.absorb(salvage.findings.clone());
            salvage.strays.iter().cloned().chain(self.moved(named.other, findings)).collect()
        } else {
            vec![Entry { name: LOST_FOUND_NAME.to_vec(), node: LOST_FOUND, kind: Some(Kind::Directory) }]
        };
        more.extend(of_directory.iter().flat_map(|entries| entries.iter().cloned()));
        more.sort_by(|a, b| a.name.cmp(&b.name));
        more.dedup_by(|later, first| later.name == first.name);
        match of_directory {
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                self.volume.report_error(findings, &codes::DIRECTORY_BLOCK, &error);
                Ok(more.into())
            }
            Ok(_) => Ok(more.into()),
        }
    }

    /// Who has the name `lost+found` in the root directory.
    fn lost_found(&self) -> Named {
        let root = self.entries_on_disk(self.root(), &mut Findings::new());
        let entry = root.iter().flat_map(|entries| entries.iter()).find(|entry| entry.name == LOST_FOUND_NAME);
        let Some(entry) = entry.cloned() else { return Named { directory: None, other: None } };
        // Entries of old filesystems do not say the kind.
        let kind = entry.kind.or_else(|| Some(self.inode(entry.node, &mut Findings::new()).ok()?.kind));
        match kind {
            None | Some(Kind::Directory) => Named { directory: Some(entry.node), other: None },
            Some(_) => Named { directory: None, other: Some(entry) },
        }
    }

    /// What has to leave its name to the directory for strays, as e2fsck decides too (`e2fsck/pass3.c`,
    /// `e2fsck_get_lost_and_found`); it is shown in there, under its number.
    fn moved(&self, other: Option<Entry>, findings: &mut Findings) -> Option<Entry> {
        let other = other?;
        let name = format!("#{}", other.node.0).into_bytes();
        let reason = format!(
            "it is no directory, while what no directory names is shown in one of this name; it is in there as #{}",
            other.node.0
        );
        let place = self.place(self.root()).then("lost+found");
        self.volume.report(findings, &codes::DIRECTORY_ENTRY, &place, &[("reason", &reason)]);
        Some(Entry { name, ..other })
    }

    /// A directory's entries, from memory or read now; what there is to tell about them is told each time.
    fn entries_on_disk(&self, directory: NodeId, findings: &mut Findings) -> Result<Rc<[Entry]>, ReadError> {
        let known = self.directories.borrow_mut().get(directory.0);
        if let Some(listing) = known {
            findings.absorb(listing.findings.clone());
            return listing.entries.clone();
        }
        let mut found = Findings::new();
        let inode = Inode::read(&self.volume, directory.0, &mut found);
        let mut above = None;
        let entries = match self.rebuilt(directory, &inode)? {
            Some(rebuilt) => {
                found = rebuilt.findings.clone();
                Ok(Rc::clone(&rebuilt.entries))
            }
            None => inode.and_then(|inode| directory::list(&self.volume, &inode, &mut found)).map(|names| {
                above = names.above;
                names.entries.into()
            }),
        };
        findings.absorb(found.clone());
        // The medium may be back the next time.
        if matches!(&entries, Err(error) if error.is_cancelled() || matches!(error.kind, ErrorKind::Io(_))) {
            return entries;
        }
        let names = entries.iter().flat_map(|entries| entries.iter());
        let weight = names.map(|entry| entry.name.len().saturating_add(ENTRY_COST)).sum::<usize>();
        let weight = weight.saturating_add(found.list().len().saturating_mul(FINDING_COST)).saturating_add(ENTRY_COST);
        let listing = Rc::new(Listing { entries: entries.clone(), above, findings: found });
        self.directories.borrow_mut().insert(directory.0, listing, weight);
        entries
    }

    /// The blocks of a directory that are worth reading ahead; none unless `node` is a directory whose inode is in
    /// memory already.
    fn directory_blocks(&self, node: NodeId) -> Vec<u64> {
        let volume = &self.volume;
        let is_at_hand = inode::table_block(volume, node.0).is_some_and(|block| volume.remembers(block));
        if !is_at_hand || self.directories.borrow().contains(&node.0) {
            return Vec::new();
        }
        // Whatever is wrong is told when the directory is listed.
        let mut untold = Findings::new();
        let Some(inode) = Inode::read_directory(volume, node.0, &mut untold) else { return Vec::new() };
        if inode.size > DIRECTORY_AHEAD.saturating_mul(volume.block_size()) || inode.has_flag(flags::INLINE_DATA) {
            return Vec::new();
        }
        let Ok(mapping) = Mapping::of(volume, &inode, &mut untold) else { return Vec::new() };
        let runs = mapping.runs().iter().filter_map(|run| Some((run.physical?, u64::from(run.length))));
        runs.flat_map(|(first, length)| first..first.saturating_add(length.min(DIRECTORY_AHEAD))).collect()
    }
}

/// Who has the name `lost+found`.
struct Named {
    /// A directory; where none has it, one is made up.
    directory: Option<NodeId>,
    /// Something else.
    other: Option<Entry>,
}

impl FileTree for Ext4 {
    fn root(&self) -> NodeId {
        NodeId(u64::from(ROOT))
    }

    fn place(&self, node: NodeId) -> Place {
        if node == LOST_FOUND {
            return self.volume.place.then("lost+found");
        }
        self.volume.inode_place(node.0)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        if node == LOST_FOUND {
            return Ok(Stat { inode: LOST_FOUND.0, ..Inode::of_lost_directory(0, 0, 0).stat() });
        }
        Ok(self.inode(node, findings)?.stat())
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        Ok(self.entries(directory, findings)?.to_vec())
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let entries = self.entries(directory, findings)?;
        let found = entries.binary_search_by(|entry| entry.name.as_slice().cmp(name));
        Ok(found.ok().and_then(|index| entries.get(index)).map(|entry| entry.node))
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        if node == LOST_FOUND {
            return Ok(Xattrs::new());
        }
        let inode = self.inode(node, findings)?;
        xattr::read(&self.volume, &inode, findings)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let inode = self.inode(node, findings)?;
        symlink::target(&self.volume, &inode, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        let inode = self.inode(node, findings)?;
        if inode.kind != Kind::File {
            let what = format!("kind is {:?}, expected a regular file", inode.kind);
            return Err(ReadError::corrupt(&self.place(node), what));
        }
        content::open(&self.volume, &inode, findings)
    }

    fn above(&self, directory: NodeId) -> Option<NodeId> {
        self.directories.borrow_mut().get(directory.0)?.above
    }

    /// Reads the inodes of these nodes, and then the blocks of those that are small directories.
    fn prefetch(&self, nodes: &[NodeId]) {
        self.volume.prefetch(nodes.iter().filter_map(|node| inode::table_block(&self.volume, node.0)).collect());
        self.volume.prefetch(nodes.iter().flat_map(|node| self.directory_blocks(*node)).collect());
    }
}

/// Tells in what state the filesystem was left.
fn tell_state(volume: &Volume, findings: &mut Findings) {
    let superblock = &volume.superblock;
    let place = volume.place.then("superblock");
    let size = superblock.blocks.saturating_mul(volume.block_size());
    let present = volume.source().len();
    if present < size {
        findings.add(&codes::FILESYSTEM_CUT, &place, &[("size", &size), ("present", &present)]);
    }
    if superblock.last_orphan != 0 || superblock.features.has_ro_compat(ro_compat::ORPHAN_PRESENT) {
        findings.add(&codes::ORPHANS, &place, &[]);
    }
}

/// A time in seconds since 1970, RFC 3339; `None` for 0, which stands for never.
fn time_text(seconds: u64) -> Option<String> {
    let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds != 0)?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// A UUID as people write it; `None` when it was never set.
pub(crate) fn uuid_text(uuid: &[u8; 16]) -> Option<String> {
    if uuid.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut text = String::new();
    for (index, byte) in uuid.iter().enumerate() {
        if [4, 6, 8, 10].contains(&index) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Some(text)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{Counted, Counts};

    use super::*;
    use crate::test_image::{TestImage, extent_root, names};

    #[test]
    fn a_damaged_directory_is_read_once_and_told_each_time() {
        let mut image = TestImage::new();
        // Larger than what is read ahead and remembered by block: 200 blocks, the first of them damaged.
        image.inode(2, crate::test_image::DIRECTORY, 200 * 1024, flags::EXTENTS, &extent_root(&[(0, 200, 32)]));
        image.directory_block(2, 33, &[(12, b"file", 1)]);
        image.inode(12, crate::test_image::REGULAR, 0, 0, &[]);
        let counts = Counts::default();
        let source = Rc::new(Counted::new(Rc::new(image.bytes), counts.clone()));
        let filesystem = Ext4::open(source, &Place::new("disk"), &Limits::default(), &mut Findings::new()).unwrap();
        let look = || {
            let mut findings = Findings::new();
            let found = filesystem.lookup(filesystem.root(), b"file", &mut findings).unwrap();
            (found, names(&findings))
        };
        let first = look();
        assert_eq!(first.0, Some(NodeId(12)));
        assert!(first.1.contains(&"ext4-directory-block"), "{:?}", first.1);
        let read = counts.bytes();
        assert_eq!((look(), counts.bytes()), (first, read));
    }

    #[test]
    fn a_directory_that_cannot_be_listed_is_tried_once() {
        let mut image = TestImage::new();
        image.directory(2, 21, &[(13, b"file", 1)]);
        image.inode(13, crate::test_image::REGULAR, 0, 0, &[]);
        let filesystem = image.open().unwrap().0;
        let list = || filesystem.list(NodeId(13), &mut Findings::new()).unwrap_err();
        assert_eq!(list(), list());
        assert!(filesystem.directories.borrow().contains(&13));
    }
}
