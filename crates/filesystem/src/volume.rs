//! The blocks of a filesystem: reading them singly, in runs and ahead of use.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt::Display;
use std::rc::Rc;

use careen_evidence::{ByteSource, Code, Findings, Limits, Place, ReadError, codes::filesystem as codes};
use careen_model::Severity;

use crate::backup;
use crate::fast::FastCommits;
use crate::group::Groups;
use crate::recent::Recent;
use crate::superblock::{Checksums, Superblock};

/// Bytes of metadata blocks that are remembered.
const REMEMBERED: usize = 24 << 20;
/// Largest single request for metadata in bytes.
const REQUEST: u64 = 4 << 20;
/// Largest gap in bytes between two wanted blocks that is read along with them. A request costs a browser as much
/// as a hundred KiB do, but what is read along must stay a small part of everything that is read.
const GAP: u64 = 16 << 10;

/// Takes a block's number and its bytes, or the reason they cannot be read.
type VisitBlock<'a> = dyn FnMut(u64, Result<&[u8], ReadError>) -> Result<(), ReadError> + 'a;

/// A filesystem as numbered blocks, with what its superblock and group descriptors say.
pub(crate) struct Volume {
    source: Rc<dyn ByteSource>,
    pub(crate) place: Place,
    pub(crate) limits: Limits,
    pub(crate) superblock: Superblock,
    pub(crate) groups: Groups,
    /// Metadata blocks read lately, by number.
    blocks: RefCell<Recent<u64, Rc<[u8]>>>,
    is_damaged: Cell<bool>,
    has_lost_names: Cell<bool>,
    fast: OnceCell<FastCommits>,
}

/// What costs files their names, or directories their inodes.
const LOSE_NAMES: [&Code; 3] = [&codes::DIRECTORY_BLOCK, &codes::DIRECTORY_ENTRY, &codes::GROUP_UNREADABLE];

impl Volume {
    /// Reads the superblock and the group descriptors of the filesystem in `source`.
    pub(crate) fn open(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let superblock = backup::find(&*source, place, findings)?;
        let mut volume = Volume {
            source,
            place: place.clone(),
            limits: *limits,
            superblock,
            groups: Groups::default(),
            blocks: RefCell::new(Recent::new(REMEMBERED)),
            is_damaged: Cell::new(false),
            has_lost_names: Cell::new(false),
            fast: OnceCell::new(),
        };
        volume.groups = Groups::read(&volume, findings)?;
        Ok(volume)
    }

    /// From now on, everything is read as the fast commits say. Only the first call counts.
    pub(crate) fn lay_over(&self, fast: FastCommits) {
        if fast.count > 0 {
            // Nothing is there when nothing was set.
            let _ = self.fast.set(fast);
        }
    }

    /// What the fast commits change; `None` when there are none.
    pub(crate) fn fast(&self) -> Option<&FastCommits> {
        self.fast.get()
    }

    /// The bytes the filesystem lies in.
    pub(crate) fn source(&self) -> &Rc<dyn ByteSource> {
        &self.source
    }

    /// Bytes in a block.
    pub(crate) fn block_size(&self) -> u64 {
        u64::from(self.superblock.block_size)
    }

    /// Whether every structure carries a CRC-32C.
    pub(crate) fn has_checksums(&self) -> bool {
        self.superblock.checksums == Checksums::Crc32c
    }

    /// `place › ext4 inode 131`.
    pub(crate) fn inode_place(&self, number: u64) -> Place {
        self.place.then(format_args!("{} inode {number}", self.superblock.features.kind()))
    }

    /// `place › ext4 block 4711`.
    pub(crate) fn block_place(&self, number: u64) -> Place {
        self.place.then(format_args!("{} block {number}", self.superblock.features.kind()))
    }

    /// Adds a finding, and remembers whether the filesystem is damaged.
    pub(crate) fn report(
        &self,
        findings: &mut Findings,
        code: &'static Code,
        place: &Place,
        values: &[(&str, &dyn Display)],
    ) {
        if code.severity != Severity::Note {
            self.is_damaged.set(true);
        }
        if LOSE_NAMES.contains(&code) {
            self.note_lost_names();
        }
        findings.add(code, place, values);
    }

    /// Adds what an error says as a finding of this code; a cancellation is none.
    pub(crate) fn report_error(&self, findings: &mut Findings, code: &'static Code, error: &ReadError) {
        if !error.is_cancelled() {
            self.report(findings, code, &error.place, &[("reason", &error.reason())]);
        }
    }

    /// Remembers whether these findings say that the filesystem is damaged. Errors that the kernel recorded are a
    /// state of their own.
    pub(crate) fn weigh(&self, findings: &Findings) {
        let is_damage = |code: &Code| code.severity != Severity::Note && *code != codes::KERNEL_ERRORS;
        if findings.list().iter().any(|finding| is_damage(finding.code)) {
            self.is_damaged.set(true);
        }
    }

    /// Remembers that damage was met which may have cost files their names.
    pub(crate) fn note_lost_names(&self) {
        self.has_lost_names.set(true);
    }

    /// Whether damage was met so far which may have cost files their names.
    pub(crate) fn has_lost_names(&self) -> bool {
        self.has_lost_names.get()
    }

    /// Whether a finding other than a note was made so far.
    pub(crate) fn is_damaged(&self) -> bool {
        self.is_damaged.get()
    }

    /// Fills `buf` from byte `skip` of the run of blocks that begins at `first`.
    pub(crate) fn read_at(&self, first: u64, skip: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let offset = first.checked_mul(self.block_size()).and_then(|offset| offset.checked_add(skip));
        let end = offset.and_then(|offset| offset.checked_add(buf.len() as u64));
        let size = self.superblock.blocks.saturating_mul(self.block_size());
        match (offset, end) {
            (Some(offset), Some(end)) if end <= size && end <= self.source.len() => {
                self.source.read_exact_at(offset, buf)
            }
            (Some(_), Some(end)) if end <= size => Err(ReadError::corrupt(
                &self.block_place(first),
                format_args!("lies beyond the end of the disk, which has only {} bytes of it", self.source.len()),
            )),
            _ => Err(ReadError::corrupt(
                &self.block_place(first),
                format_args!("lies beyond the end of the filesystem, which has {} blocks", self.superblock.blocks),
            )),
        }
    }

    /// `count` blocks from `first`, read in one request and not remembered.
    pub(crate) fn read_run(&self, first: u64, count: u64) -> Result<Vec<u8>, ReadError> {
        let length = count.saturating_mul(self.block_size());
        let over = || ReadError::over_limit(&self.block_place(first), format_args!("{length} bytes at once"));
        let size = usize::try_from(length).ok().filter(|_| length <= self.limits.bytes).ok_or_else(over)?;
        if first.checked_add(count).is_none_or(|end| end > self.superblock.blocks) {
            // Nothing is allocated for blocks that do not exist.
            return self.read_at(first, length, &mut []).map(|()| Vec::new());
        }
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(size).map_err(|_| over())?;
        bytes.resize(size, 0);
        self.read_at(first, 0, &mut bytes)?;
        Ok(bytes)
    }

    /// Whether a block is in memory.
    pub(crate) fn remembers(&self, number: u64) -> bool {
        self.blocks.borrow().contains(&number)
    }

    /// A metadata block, from memory or read and remembered now.
    pub(crate) fn block(&self, number: u64) -> Result<Rc<[u8]>, ReadError> {
        let known = self.blocks.borrow_mut().get(number);
        if let Some(bytes) = known {
            return Ok(bytes);
        }
        let bytes: Rc<[u8]> = self.read_run(number, 1)?.into();
        self.blocks.borrow_mut().insert(number, Rc::clone(&bytes), bytes.len());
        Ok(bytes)
    }

    /// Visits the blocks of a run in order, each with its number, its bytes or the reason it cannot be read. They are
    /// read in large requests; where one fails, block by block, so that only what is really unreadable is lost.
    pub(crate) fn for_each_block(&self, first: u64, count: u64, visit: &mut VisitBlock<'_>) -> Result<(), ReadError> {
        let per_request = REQUEST.checked_div(self.block_size()).unwrap_or(1);
        let mut done = 0_u64;
        while done < count {
            let start = first.saturating_add(done);
            let now = per_request.min(count.saturating_sub(done));
            let is_known = self.blocks.borrow().contains(&start);
            if is_known || now == 1 {
                let block = self.block(start);
                visit(start, block.as_deref().map_err(Clone::clone))?;
                done = done.saturating_add(1);
                continue;
            }
            match self.read_run(start, now) {
                Ok(bytes) => {
                    let size = usize::try_from(self.block_size()).unwrap_or(usize::MAX);
                    for (number, block) in (start..).zip(bytes.chunks_exact(size)) {
                        visit(number, Ok(block))?;
                    }
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => {
                    for number in start..start.saturating_add(now) {
                        let block = self.read_run(number, 1);
                        visit(number, block.as_deref().map_err(Clone::clone))?;
                    }
                }
            }
            done = done.saturating_add(now);
        }
        Ok(())
    }

    /// Reads these blocks into memory in few requests, ordered by block. What cannot be read, does not exist or is
    /// more than memory has room for is left to [`Volume::block`].
    pub(crate) fn prefetch(&self, mut wanted: Vec<u64>) {
        let size = self.block_size();
        let room = (REMEMBERED as u64).checked_div(size).unwrap_or(0) / 2;
        wanted.sort_unstable();
        wanted.dedup();
        {
            let blocks = self.blocks.borrow();
            wanted.retain(|number| *number < self.superblock.blocks && !blocks.contains(number));
        }
        wanted.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        let (gap, longest) = (GAP.checked_div(size).unwrap_or(0), REQUEST.checked_div(size).unwrap_or(1));
        let mut rest = wanted.as_slice();
        while let Some(first) = rest.first().copied() {
            let mut last = first;
            let mut taken = 0_usize;
            for number in rest {
                let is_near = number.saturating_sub(last) <= gap.saturating_add(1);
                if !is_near || number.saturating_sub(first) >= longest {
                    break;
                }
                last = *number;
                taken = taken.saturating_add(1);
            }
            let (group, after) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
            self.remember_run(first, last, group);
            rest = after;
        }
    }

    /// Reads the blocks `first..=last` at once and remembers those that are wanted.
    fn remember_run(&self, first: u64, last: u64, wanted: &[u64]) {
        let Ok(bytes) = self.read_run(first, last.saturating_sub(first).saturating_add(1)) else { return };
        let size = usize::try_from(self.block_size()).unwrap_or(usize::MAX);
        let mut blocks = self.blocks.borrow_mut();
        for (number, block) in (first..).zip(bytes.chunks_exact(size)) {
            // What was read in the gaps is remembered too: it is most often asked for next.
            if wanted.binary_search(&number).is_ok() || !blocks.contains(&number) {
                blocks.insert(number, block.into(), size);
            }
        }
    }
}
