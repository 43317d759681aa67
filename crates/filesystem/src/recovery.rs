//! Finding the journal of a filesystem that was not unmounted, and laying what it holds over the disk.
//!
//! Kernel documentation, "The Super Block" (`s_journal_inum`, `s_jnl_blocks`, `INCOMPAT_RECOVER`). How a journal is
//! read is the business of [`journal`](crate::journal), one on a disk of its own that of [`external`].

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Kind, ReadError, codes::filesystem as codes};
use careen_model::JournalReplay;

use crate::content;
use crate::external;
use crate::fast::FastCommits;
use crate::inode::{Inode, flags};
use crate::journal;
use crate::patched::Patched;
use crate::superblock::JournalLocation;
use crate::tree::uuid_text;
use crate::volume::Volume;

/// What a journal gave back.
pub(crate) struct Recovered {
    /// The disk with the replayed blocks over it; `None` when none was replaced.
    pub(crate) source: Option<Rc<dyn ByteSource>>,
    /// What was replayed; `None` when there was nothing to replay.
    pub(crate) counts: Option<JournalReplay>,
    /// What the fast commits change besides.
    pub(crate) fast: FastCommits,
}

/// Replays the journal of a filesystem; one that lies elsewhere is looked for on `disks`. A journal that cannot be read is
/// a finding, and the filesystem stays as it is on the disk.
pub(crate) fn recover(
    volume: &Rc<Volume>,
    disks: &mut dyn FnMut() -> Vec<Rc<dyn ByteSource>>,
    findings: &mut Findings,
) -> Result<Recovered, ReadError> {
    let nothing = Recovered { source: None, counts: None, fast: FastCommits::default() };
    let superblock = &volume.superblock;
    let needs_recovery = superblock.needs_recovery();
    let opened = match &superblock.journal {
        JournalLocation::Inode { number, backup } => open_journal(volume, *number, *backup, findings),
        JournalLocation::None => return Ok(nothing),
        JournalLocation::External { uuid } => match external::find(disks(), uuid) {
            Some(journal) => Ok(journal),
            None => {
                if needs_recovery {
                    let uuid = uuid_text(uuid).unwrap_or_else(|| "?".to_owned());
                    let place = volume.place.then("superblock");
                    volume.report(findings, &codes::JOURNAL_EXTERNAL, &place, &[("uuid", &uuid)]);
                }
                return Ok(nothing);
            }
        },
    };
    let place = volume.place.then("journal");
    let replay = opened.and_then(|source| {
        let (block_size, blocks) = (superblock.block_size, superblock.blocks);
        let replay = journal::replay(Rc::clone(&source), &place, block_size, blocks, &volume.limits, findings)?;
        Ok((source, replay))
    });
    let (source, replay) = match replay {
        Ok(replayed) => replayed,
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => {
            // A journal that nobody needs is no loss.
            let code = if needs_recovery { &codes::JOURNAL_UNUSABLE } else { &codes::JOURNAL_DAMAGED };
            volume.report_error(findings, code, &error);
            return Ok(nothing);
        }
    };
    if replay.counts.is_some() && !needs_recovery {
        volume.report(findings, &codes::JOURNAL_UNANNOUNCED, &place, &[]);
    }
    if replay.blocks.is_empty() {
        return Ok(Recovered { source: None, counts: replay.counts, fast: replay.fast });
    }
    let base = Rc::clone(volume.source());
    let patched = Patched::new(base, source, superblock.block_size, replay.blocks);
    Ok(Recovered { source: Some(Rc::new(patched)), counts: replay.counts, fast: replay.fast })
}

/// The content of the journal inode or, where that is damaged, of the copy of its block map in the superblock.
fn open_journal(
    volume: &Rc<Volume>,
    number: u32,
    backup: Option<([u8; 60], u64)>,
    findings: &mut Findings,
) -> Result<Rc<dyn ByteSource>, ReadError> {
    let mut first_findings = Findings::new();
    let first = open_inode(volume, number, &mut first_findings);
    let (error, backup) = match (first, backup) {
        (Ok(source), _) => {
            findings.absorb(first_findings);
            return Ok(source);
        }
        (Err(error), Some(backup)) if !error.is_cancelled() => (error, backup),
        (Err(error), _) => return Err(error),
    };
    let (block, size) = backup;
    let inode = Inode::of_journal_backup(number, block, size);
    let source = content::open(volume, &inode, findings)?;
    check_magic(volume, number, &*source)?;
    volume.report_error(findings, &codes::JOURNAL_INODE, &error);
    Ok(source)
}

fn open_inode(volume: &Rc<Volume>, number: u32, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
    let inode = Inode::read(volume, u64::from(number), findings)?;
    if inode.kind != Kind::File || inode.has_flag(flags::INLINE_DATA) {
        return Err(ReadError::corrupt(
            &volume.inode_place(u64::from(number)),
            format_args!("inode: kind is {:?}, expected the regular file that is the journal", inode.kind),
        ));
    }
    let source = content::open(volume, &inode, findings)?;
    check_magic(volume, number, &*source)?;
    Ok(source)
}

/// Whether a file begins as every journal block does.
fn check_magic(volume: &Volume, number: u32, source: &dyn ByteSource) -> Result<(), ReadError> {
    let mut magic = [0; 4];
    source.read_exact_at(0, &mut magic)?;
    if magic == journal::MAGIC.to_be_bytes() {
        return Ok(());
    }
    let found = u32::from_be_bytes(magic);
    let place = volume.inode_place(u64::from(number));
    Err(ReadError::corrupt(
        &place,
        format_args!("journal superblock: h_magic is {found:#010x}, expected {:#010x}", journal::MAGIC),
    ))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{ByteSource, FileTree};
    use careen_model::FilesystemState;

    use crate::features::incompat;
    use crate::inode::flags;
    use crate::test_image::{REGULAR, TestImage, extent_root, names, node, reason, with_journal};

    /// A filesystem whose journal (inode 8, blocks 100 to 107) holds one transaction: block 60 becomes all `n`.
    fn crashed() -> TestImage {
        let mut image = TestImage::new();
        with_journal(&mut image);
        image.set_superblock(0xe0, &8_u32.to_le_bytes()); // s_journal_inum
        let needs_recovery = incompat::RECOVER | incompat::FILETYPE | incompat::EXTENTS | incompat::BITS_64;
        image.set_superblock(0x60, &needs_recovery.to_le_bytes());
        image.inode(8, REGULAR, 8 * 1024, flags::EXTENTS, &extent_root(&[(0, 8, 100)]));
        let header = |kind: u32, sequence: u32| [0xc03b_3998, kind, sequence].map(u32::to_be_bytes).concat();
        let mut superblock = header(4, 0);
        // s_blocksize, s_maxlen, s_first, s_sequence, s_start
        superblock.extend([1024_u32, 8, 1, 5, 1].map(u32::to_be_bytes).concat());
        image.block(100, &superblock);
        let mut descriptor = header(1, 5);
        descriptor.extend(60_u32.to_be_bytes()); // t_blocknr
        descriptor.extend([0, 0, 0, 8]); // t_checksum, t_flags: last tag
        descriptor.extend([0; 16]); // t_uuid
        image.block(101, &descriptor);
        image.block(102, &[b'n'; 1024]);
        image.block(103, &header(2, 5));
        image.block(60, &[b'o'; 1024]);
        image.inode(12, REGULAR, 1024, flags::EXTENTS, &extent_root(&[(0, 1, 60)]));
        image
    }

    /// First byte of inode 12 after opening, with the state and the findings.
    fn read(image: &TestImage) -> (u8, FilesystemState, Vec<&'static str>) {
        let (filesystem, mut findings) = image.open().unwrap();
        let content = filesystem.open(node(12), &mut findings).unwrap();
        let mut byte = [0];
        content.read_exact_at(0, &mut byte).unwrap();
        (byte[0], filesystem.summary(0).state, names(&findings))
    }

    #[test]
    fn what_the_journal_holds_is_shown() {
        let image = crashed();
        assert_eq!(read(&image), (b'n', FilesystemState::NeedsRecovery, vec![]));
        let replayed = image.open().unwrap().0.summary(0).journal_replayed.unwrap();
        assert_eq!((replayed.transactions, replayed.blocks, replayed.revoked), (1, 1, 0));
    }

    #[test]
    fn transactions_that_nobody_announced_are_replayed_with_a_note() {
        let mut image = crashed();
        let clean = incompat::FILETYPE | incompat::EXTENTS | incompat::BITS_64;
        image.set_superblock(0x60, &clean.to_le_bytes());
        assert_eq!(read(&image), (b'n', FilesystemState::NeedsRecovery, vec!["ext4-journal-unannounced"]));
    }

    #[test]
    fn a_damaged_journal_inode_is_replaced_by_its_copy() {
        let mut image = crashed();
        image.set_superblock(0xfd, &[1]); // s_jnl_backup_type
        let mut copy = extent_root(&[(0, 8, 100)]);
        copy.resize(60, 0);
        copy.extend([0, 0, 0, 0, 0, 0x20, 0, 0]); // i_size_high, i_size
        image.set_superblock(0x10c, &copy); // s_jnl_blocks
        image.inode(8, 0, 0, 0, &[]);
        let (byte, state, codes) = read(&image);
        assert_eq!((byte, state), (b'n', FilesystemState::Damaged));
        assert!(codes.contains(&"ext4-journal-inode"), "{codes:?}");
    }

    #[test]
    fn a_filesystem_that_was_mounted_needs_recovery_even_with_an_empty_journal() {
        let mut image = crashed();
        image.put(100 * 1024 + 0x1c, &[0; 4]); // s_start: nothing in the log
        assert_eq!(read(&image), (b'o', FilesystemState::NeedsRecovery, vec![]));
        assert_eq!(image.open().unwrap().0.summary(0).journal_replayed, None);
    }

    #[test]
    fn without_a_readable_journal_the_disk_is_shown_as_it_is() {
        let mut image = crashed();
        image.block(100, b"nothing");
        assert_eq!(read(&image), (b'o', FilesystemState::Damaged, vec!["journal-unusable"]));
        assert!(reason(&image.open().unwrap().1).contains("h_magic is 0x6e6f7468"));
        image.set_superblock(0x60, &incompat::EXTENTS.to_le_bytes());
        image.set_superblock(0xfe, &[0, 0]);
        assert!(image.open().unwrap().1.list().iter().any(|finding| finding.code.name == "ext4-journal-damaged"));
    }

    #[test]
    fn a_journal_elsewhere_is_told() {
        let mut image = crashed();
        image.set_superblock(0xe0, &[0; 4]); // s_journal_inum
        image.set_superblock(0xd0, &[0xab; 16]); // s_journal_uuid
        assert_eq!(read(&image), (b'o', FilesystemState::Damaged, vec!["ext4-journal-external"]));
        let message = image.open().unwrap().1.list()[0].message(careen_model::Language::English);
        assert!(message.contains("abababab-abab-"), "{message}");
    }
}
