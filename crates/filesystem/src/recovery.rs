//! Finding the journal of a filesystem that was not unmounted, and laying what it holds over the disk.
//!
//! Kernel documentation, "The Super Block" (`s_journal_inum`, `s_jnl_blocks`, `INCOMPAT_RECOVER`). How a journal is
//! read is the business of [`journal`](crate::journal).

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Kind, ReadError, codes::filesystem as codes};
use careen_model::JournalReplay;

use crate::content;
use crate::features::incompat;
use crate::inode::{Inode, flags};
use crate::journal;
use crate::patched::Patched;
use crate::superblock::JournalLocation;
use crate::volume::Volume;

/// What a journal gave back.
pub(crate) struct Recovered {
    /// The disk with the replayed blocks over it; `None` when none was replaced.
    pub(crate) source: Option<Rc<dyn ByteSource>>,
    /// What was replayed; `None` when there was nothing to replay.
    pub(crate) counts: Option<JournalReplay>,
}

/// Replays the journal of a filesystem. A journal that cannot be read is a finding, and the filesystem stays as it
/// is on the disk.
pub(crate) fn recover(volume: &Rc<Volume>, findings: &mut Findings) -> Result<Recovered, ReadError> {
    let nothing = Recovered { source: None, counts: None };
    let superblock = &volume.superblock;
    let needs_recovery = superblock.features.has_incompat(incompat::RECOVER);
    let (number, backup) = match &superblock.journal {
        JournalLocation::Inode { number, backup } => (*number, *backup),
        JournalLocation::None => return Ok(nothing),
        JournalLocation::External => {
            if needs_recovery {
                volume.report(findings, &codes::JOURNAL_EXTERNAL, &volume.place.then("superblock"), &[]);
            }
            return Ok(nothing);
        }
    };
    let place = volume.place.then("journal");
    let replay = open_journal(volume, number, backup, findings).and_then(|source| {
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
        return Ok(Recovered { source: None, counts: replay.counts });
    }
    let base = Rc::clone(volume.source());
    let patched = Patched::new(base, source, superblock.block_size, replay.blocks);
    Ok(Recovered { source: Some(Rc::new(patched)), counts: replay.counts })
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
