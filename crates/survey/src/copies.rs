//! Copies of a filesystem's files: an archive, a directory. They enter where a disk's filesystem would.

use std::rc::Rc;

use careen_archive::Format;
use careen_evidence::{ByteSource, Counts, FileTree, Findings, Place, ReadError};
use careen_model::{DiskSummary, Filesystem, FilesystemState, Progress, Severity, Stage};

use crate::session::{About, OpenFilesystem};
use crate::{Observer, Options, Session};

/// What a copy of files has not kept of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing that matters here.
    Nothing,
    /// Extended attributes, and with them the overlay's marks, as far as they are not there.
    Attributes,
    /// Owners, modes, devices and links as well.
    Metadata,
}

/// A directory as the caller reads it.
pub struct Directory {
    /// What messages call it.
    pub name: String,
    /// Its files.
    pub tree: Rc<dyn FileTree>,
    /// What it has not kept.
    pub lost: Lost,
    /// What was read of its files so far.
    pub counts: Counts,
}

impl Session {
    /// Opens a directory: a data root, or one with data roots below it.
    pub fn open_directory(
        directory: Directory,
        options: Options,
        observer: Observer<'_>,
    ) -> Result<Session, ReadError> {
        let Directory { name, tree, lost, counts } = directory;
        let disk = DiskSummary { format: "directory".to_owned(), ..DiskSummary::default() };
        let mut session = Session::new(Place::new(name), disk, counts, Findings::new(), options);
        session.add_copy("directory", tree, lost, FilesystemState::Clean);
        session.with_stores(observer)
    }

    /// Reads the headers of an archive.
    pub(crate) fn open_archive(
        &mut self,
        format: Format,
        source: Rc<dyn ByteSource>,
        observer: Observer<'_>,
    ) -> Result<(), ReadError> {
        let Options { limits, cancel, .. } = self.options.clone();
        let mut findings = Findings::new();
        let (subject, counts) = (self.place.to_string(), self.counts.clone());
        let mut progress = |done, total| {
            observer(Progress {
                stage: Stage::Filesystem,
                subject: subject.clone(),
                done,
                total: Some(total),
                bytes_read: counts.bytes(),
            });
        };
        let archive =
            careen_archive::open(format, source, &self.place, &limits, &cancel, &mut progress, &mut findings)?;
        let is_whole = findings.list().iter().all(|finding| finding.code.severity == Severity::Note);
        self.absorb_opening(findings);
        self.set_virtual_size(archive.size);
        let lost = if archive.has_overlay_marks { Lost::Nothing } else { Lost::Attributes };
        let state = if is_whole { FilesystemState::Clean } else { FilesystemState::Damaged };
        self.add_copy("tar", archive.tree, lost, state);
        Ok(())
    }

    fn add_copy(&mut self, kind: &str, tree: Rc<dyn FileTree>, lost: Lost, state: FilesystemState) {
        let about = Filesystem {
            id: 0,
            kind: kind.to_owned(),
            uuid: None,
            label: String::new(),
            block_size: None,
            size: None,
            used: None,
            inodes_used: None,
            state,
            journal_replayed: None,
            last_mounted: None,
            last_written: None,
        };
        self.filesystems.push(OpenFilesystem {
            id: about.id,
            tree,
            about: About::Copy(Box::new(about)),
            lost,
            start: 0,
        });
    }
}
