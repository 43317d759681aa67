//! What the page and the worker say to each other.
//!
//! The page asks in [`Request`]s, the worker answers in [`Event`]s; both are closed enums that each side matches
//! completely. Every message is wrapped in a [`Message`] whose id ties an answer to its question; what the worker says
//! unasked has the id 0. Messages travel as JavaScript values, numbers of 64 bits and more as `BigInt`. Two things
//! cannot be plain data and travel beside a message: the browser's `File`s with [`Request::Open`], and the bytes of
//! [`Reply::Bytes`] as a transferred buffer.
//!
//! The worker says [`Event::Ready`] first. Until then the page posts nothing: a worker loses what is posted before its
//! program is up. After that the worker works in units and listens between them, so browsing goes on while volumes are
//! measured and packages are collected.
//!
//! Stopping: [`Request::Cancel`] is heard between two units. A unit itself cannot hear; if no
//! [`Event::Cancelled`] comes soon, the page ends the worker and starts another.

mod exports;
mod find;
mod rows;
mod wire;

use careen_model::{
    Comparison, ContainerDetails, CrossCheck, DiskSummary, Doctor, FileVersion, Finding, HistoryStep, Layer, LogPage,
    LogPosition, LogStream, OnlyHere, Package, PackageFile, Progress, SideBySide, Space, Survey, Verified, Weight,
};
use serde::{Deserialize, Serialize};

pub use exports::{
    ArchiveKind, CheckStep, ExportEnd, ExportOf, ExportStep, FileCheck, KitFile, KitFileState, KitOf, KitStep,
    OnDamage, PackStep, RebuildOf, ReportOf,
};
pub use find::{FindOf, FindStep, Part};
pub use rows::{ChangeColumn, FileColumn, FileRow, List, Order, PackageColumn, PackageRow, Rows};
pub use wire::{WireError, decode, encode};

/// Version and fingerprint of the protocol; page and worker must have the same.
pub const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), "-", env!("CAREEN_PROTOCOL"));

/// Ties an answer to its question. 0 for what the worker says unasked.
pub type RequestId = u32;

/// A request or an event with the id that ties them together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<T> {
    /// The id the page gave.
    pub id: RequestId,
    /// What is said.
    pub body: T,
}

/// What the page asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens a disk of the files that travel beside this message, each with all others at hand, as it may have been
    /// made upon them. Answered by [`Reply::Overview`], or by [`Reply::Several`] when there are several disks among
    /// them to choose from.
    Open {
        /// Their names, for messages; in a folder their paths below it.
        names: Vec<String>,
        /// Which of them is the disk; `None` to find out.
        disk: Option<u32>,
        /// Id of the internal snapshot to read in place of the active state.
        snapshot: Option<String>,
        /// The folder that the files are from, when it was picked as a whole: they are no disks then, but a copy of a
        /// data root's files.
        folder: Option<Folder>,
        /// Whether things are to be taken out of it: what is read then is read once, so little of it is kept.
        is_bulk: bool,
    },
    /// Does what takes longer: measures volumes, collects and compares packages. Told by [`Event::Volumes`],
    /// [`Event::Collected`], [`Event::Compared`] and at last [`Event::Complete`]. What was done already is not done again.
    Fill {
        /// Pieces of it that are left out, since a worker ended at them; each is told as a finding.
        skip: Vec<Part>,
    },
    /// Opens every file once, as the `doctor` command does, after what is still to do. What is wrong is told by
    /// [`Event::Findings`] and [`Event::Doctor`], the end by [`Event::Checked`] and [`Event::Complete`].
    Check,
    /// Stops what is being done. Answered by [`Event::Cancelled`]. The disk stays open.
    Cancel,
    /// A stretch of a list. Answered by [`Reply::Rows`].
    Rows {
        /// Which list.
        list: List,
        /// Only rows whose text contains this, in any case; empty for all.
        filter: String,
        /// First row wanted, from 0, in the order of the list.
        from: u64,
        /// How many rows.
        count: u64,
    },
    /// Begins to look for files, in place of any other such search. Answered by [`Reply::Begun`].
    Find(FindOf),
    /// Goes on looking for a short while. Answered by [`Reply::Found`].
    FindNext,
    /// Bytes of a file. Answered by [`Reply::Bytes`].
    ReadFile {
        /// Scope as the command line writes it.
        scope: String,
        /// The file's path within the scope, as bytes.
        path: Vec<u8>,
        /// First byte.
        offset: u64,
        /// How many bytes at most.
        length: u64,
    },
    /// The versions of a file in the layers of an image or a container. Answered by [`Reply::Versions`].
    Versions {
        /// Scope as the command line writes it.
        scope: String,
        /// The file's path within the scope, as bytes.
        path: Vec<u8>,
    },
    /// The steps of an image. Answered by [`Reply::History`].
    History {
        /// Name or id.
        image: String,
    },
    /// What `docker inspect` would print. Answered by [`Reply::Text`].
    Inspect {
        /// Scope as the command line writes it.
        scope: String,
    },
    /// How a container was set up. Answered by [`Reply::Container`].
    Container {
        /// Its id.
        id: String,
    },
    /// Some of what a container printed. Answered by [`Reply::Log`].
    Log {
        /// Its id.
        container: String,
        /// Where to begin.
        from: LogFrom,
        /// How many records at most.
        count: u32,
        /// Only what was printed there.
        stream: Option<LogStream>,
        /// Only what holds this text, in any case; empty for all.
        search: String,
    },
    /// All that a container printed, as `docker logs` prints it. Answered by [`Reply::Bytes`].
    WholeLog {
        /// Its id.
        container: String,
        /// Whether each line begins with its time.
        timestamps: bool,
    },
    /// What fills the disk. Walks through all files; answered by [`Reply::Space`].
    Space,
    /// The layers of every store. Answered by [`Reply::Layers`].
    Layers,
    /// The names of the package files, those below `sbom/` last. Answered by [`Reply::Names`].
    PackageFiles,
    /// One package file, or all of them in a zip when `name` is `None`. Answered by [`Reply::Bytes`].
    PackageFile {
        /// One of the names of [`Request::PackageFiles`].
        name: Option<String>,
    },
    /// The files that a package owns, and whether they changed. Answered by [`Reply::FilesOfPackage`].
    FilesOfPackage {
        /// Scope as the command line writes it.
        scope: String,
        /// The package, as a list gave it.
        package: Box<Package>,
    },
    /// Begins an archive in place of any other that is under way. Answered by [`Reply::Begun`].
    Export(ExportOf),
    /// Begins a zip of what makes images and containers again, in place of any other archive; what follows is as with
    /// that. Reads packages first. Answered by [`Reply::Begun`].
    Rebuild(RebuildOf),
    /// Begins a zip of a report on the disk with all tables, in place of any other export. Answered by [`Reply::Begun`].
    Report(ReportOf),
    /// The next bytes of the archive. Answered by [`Reply::Exported`], the bytes of the archive, not packed yet, and of
    /// its manifest travelling beside; nothing is read before it is asked for.
    ExportNext,
    /// Ends the manifest of the archive, whose bytes were all handed out. Answered by [`Reply::ExportEnded`], the last
    /// bytes of the manifest travelling beside.
    ExportEnd {
        /// Bytes of the packed archive.
        written: u64,
        /// Its digest in hexadecimal.
        sha256: String,
    },
    /// Begins to pack an archive in place of any other; no disk need be open. Answered by [`Reply::Begun`].
    PackBegin(ArchiveKind),
    /// Packs the bytes that travel beside. Answered by [`Reply::Packed`], what they became travelling beside.
    Pack {
        /// Whether no more follow.
        is_last: bool,
    },
    /// Begins a move kit in place of any other. Answered by [`Reply::Begun`].
    Kit(KitOf),
    /// The next bytes of the kit. Answered by [`Reply::Kit`].
    KitNext,
    /// What no registry has. Walks through volumes and the changes of containers; answered by [`Reply::OnlyHere`].
    OnlyHere,
    /// How much an archive of this will hold. Walks through files; answered by [`Reply::Weight`].
    Weigh(ExportOf),
    /// Whether layers can be given as the very bytes they were packed as. Answered by [`Reply::Verified`].
    Verify {
        /// Scopes as the command line writes them.
        scopes: Vec<String>,
    },
    /// Reads files with a second reader too and compares what they give. That reader may end the worker. Answered by
    /// [`Reply::CrossChecked`].
    CrossCheck {
        /// Scope as the command line writes it.
        scope: String,
        /// Only what lies at these paths; all of it when there are none.
        paths: Vec<Vec<u8>>,
    },
    /// Begins to compare a file with its manifest: the two travel beside this message, in this order. No disk need be
    /// open. Answered by [`Reply::Checked`].
    CheckFile,
    /// Goes on with it. Answered by [`Reply::Checked`].
    CheckNext,
}

/// A folder that was picked as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// What it is called.
    pub name: String,
    /// Paths of directories below it, as far as they are known; only a dropped folder tells of empty ones.
    pub directories: Vec<String>,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The worker's program is up. Always the first event, and the first of this list: builds that differ have to
    /// understand it.
    Ready {
        /// [`BUILD`] of the worker.
        build: String,
    },
    /// Which piece of longer work is begun; `None` when it is done. A worker that ends in between ended at it.
    Doing(Option<Part>),
    /// How far the work has come.
    Progress(Progress),
    /// Volumes were measured.
    Volumes(Vec<MeasuredVolume>),
    /// Every finding so far; replaces what the page has.
    Findings(Vec<Finding>),
    /// What is most likely wrong with the disk: after the overview, and after each [`Event::Findings`].
    Doctor(Doctor),
    /// Packages of some images are known; the lists of packages have grown.
    Collected {
        /// Images done.
        done: u32,
        /// Images in all.
        total: u32,
    },
    /// The packages of all images, compared. After the last of [`Event::Collected`].
    Compared(Comparison),
    /// Every file was opened once.
    Checked,
    /// All that [`Request::Fill`] or [`Request::Check`] asked for is done.
    Complete(DiskSummary),
    /// The work was stopped.
    Cancelled,
    /// The browser refuses to read the file: it changed or is in use, and has to be picked again.
    FileLost,
    /// The answer to a request.
    Reply(Reply),
    /// There is no answer to the request with this message's id.
    Failed(Failure),
}

/// Where a stretch of a log begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFrom {
    /// At this position, going on towards the end of the log; `None` for its start.
    After(Option<LogPosition>),
    /// Right before this position, going back towards the start; `None` for its end.
    Before(Option<LogPosition>),
}

/// What lies in a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MeasuredVolume {
    /// Position in the overview's list of volumes.
    pub index: u32,
    /// Sum of its files' sizes; `None` when it could not be walked.
    pub size: Option<u64>,
    /// Number of files and directories.
    pub files: Option<u64>,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// A disk is open.
    Overview {
        /// What is on it; the sizes of volumes come later.
        survey: Box<Survey>,
        /// Which of the files it is, and what the others are to it.
        files: FilesOfDisk,
    },
    /// There are several disks among the files; none of them is open.
    Several(Box<SeveralDisks>),
    /// A stretch of a list.
    Rows {
        /// How many rows there are that pass the filter.
        total: u64,
        /// Position of the first of `rows`.
        from: u64,
        /// The rows.
        rows: Rows,
    },
    /// Files that were found since the last answer.
    Found(FindStep),
    /// Bytes; they travel beside the message.
    Bytes {
        /// Length of the whole file.
        total: u64,
    },
    /// What stood at a path, the lowest layer first.
    Versions(Vec<FileVersion>),
    /// The steps of an image, newest first.
    History(Vec<HistoryStep>),
    /// How a container was set up; `None` when its configuration cannot be read.
    Container(Option<Box<ContainerDetails>>),
    /// Some of what a container printed.
    Log(LogPage),
    /// What fills the disk.
    Space(Box<Space>),
    /// The layers of every store.
    Layers(Vec<Layer>),
    /// A text.
    Text(String),
    /// Names of files.
    Names(Vec<String>),
    /// An archive is under way.
    Begun,
    /// The next bytes of an archive and of its manifest, which travel beside.
    Exported(ExportStep),
    /// The archive is complete; the last bytes of its manifest travel beside.
    ExportEnded(Box<ExportEnd>),
    /// Bytes of an archive as they are written.
    Packed(PackStep),
    /// How much an archive will hold.
    Weight(Weight),
    /// The next bytes of a kit, which travel beside.
    Kit(KitStep),
    /// What no registry has.
    OnlyHere(Box<OnlyHere>),
    /// Layers, and the images that use them.
    Verified(Verified),
    /// The files that a package owns, by path.
    FilesOfPackage(Vec<PackageFile>),
    /// What two readers give of the same files.
    CrossChecked(Box<CrossCheck>),
    /// How far a file has been compared with its manifest.
    Checked(CheckStep),
}

/// What the files are to the disk that was opened of them, as positions in [`Request::Open`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesOfDisk {
    /// The disk's own file.
    pub disk: u32,
    /// Files it was made upon.
    pub below: Vec<u32>,
    /// Files that are no disk and have nothing to do with this one.
    pub unused: Vec<u32>,
}

/// Disks to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeveralDisks {
    /// Those that can be opened, side by side.
    pub side_by_side: SideBySide,
    /// Positions of their files, one for each disk.
    pub files: Vec<u32>,
    /// Positions of files that cannot be opened, and why.
    pub refused: Vec<(u32, Failure)>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// Where, as a printed trail; empty when it has no place on the disk.
    pub place: String,
    /// The reason, English, lower case.
    pub reason: String,
    /// The file that is wanted, with [`FailureKind::NeedsFile`].
    pub needs: Option<NeededFile>,
}

/// A file without which a disk cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededFile {
    /// Where it was, as the disk says: paths, the most useful one first; none when they are lost.
    pub paths: Vec<String>,
    /// Identities it may have, any one of them.
    pub identities: Vec<String>,
}

impl NeededFile {
    /// What the file is called: the last part of the first path, written with slashes of either kind.
    pub fn name(&self) -> Option<&str> {
        let path = self.paths.first()?;
        path.rsplit(['\\', '/']).find(|part| !part.is_empty())
    }
}

/// The kinds of failure; the page has a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The file could not be read.
    Io,
    /// Legal, but not handled by this version.
    Unsupported,
    /// The bytes are wrong.
    Corrupt,
    /// A claim on the disk goes beyond a safety limit.
    OverLimit,
    /// Another file is needed as well.
    NeedsFile,
    /// The path leads to nothing on this disk.
    NotThere,
    /// The person asked to stop.
    Cancelled,
    /// No disk is open in the worker.
    NothingOpen,
    /// The worker ended before it could answer.
    WorkerGone,
    /// A part of the program could not be loaded.
    NotLoaded,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_survives_the_wire() {
        let request = Message {
            id: 7,
            body: Request::ReadFile { scope: "image:a".into(), path: b"/x".to_vec(), offset: 1 << 40, length: 4096 },
        };
        assert_eq!(decode::<Message<Request>>(&encode(&request).unwrap()).unwrap(), request);
    }

    #[test]
    fn every_build_understands_the_first_word() {
        let ready = Message { id: 0, body: Event::Ready { build: "b".into() } };
        // Each field after a 1: the id, then the variant 0 with its field, a text of one letter.
        assert_eq!(encode(&ready).unwrap(), [1, 0, 1, 0, 1, 1, b'b']);
    }

    #[test]
    fn a_survey_with_findings_and_a_diagnosis_survive_the_wire() {
        let finding = careen_model::Finding {
            code: &careen_model::codes::general::READ_FAILED,
            place: careen_model::Place::new("disk.vhdx"),
            values: [("reason".into(), "한 글".into())].into(),
        };
        let diagnosis = careen_model::Diagnosis {
            cause: &careen_model::causes::CUT,
            sureness: careen_model::Sureness::Certain,
            findings: vec![0],
        };
        let doctor = Doctor { diagnoses: vec![diagnosis], findings: vec![finding.clone()], ..Doctor::default() };
        let survey = Survey { findings: vec![finding], ..Survey::default() };
        for event in [
            Event::Doctor(doctor),
            Event::Reply(Reply::Overview { survey: Box::new(survey), files: FilesOfDisk::default() }),
        ] {
            let bytes = encode(&event).unwrap();
            assert_eq!(decode::<Event>(&bytes).unwrap(), event);
        }
    }

    #[test]
    fn rows_of_packages_survive_the_wire() {
        use careen_model::{Declared, Details, Ecosystem, Package};
        let [apt, other] = [
            Details::Apt {
                architecture: "all".into(),
                source: "s".into(),
                source_version: "1".into(),
                status: "install ok installed".into(),
            },
            Details::Other { of: Ecosystem::Apk, values: vec!["x".into(), String::new()] },
        ];
        let row = |details| PackageRow {
            image: "alpine:3".into(),
            image_id: "sha256:0".into(),
            package: Package {
                name: "n".into(),
                version: "1".into(),
                purl: "pkg:generic/n".into(),
                found_at: "/db".into(),
                layer: None,
                declared: Declared { requires: vec!["m".into()], ..Declared::default() },
                details,
            },
        };
        let rows = Rows::Packages(vec![row(apt), row(other)]);
        let reply = Event::Reply(Reply::Rows { total: 2, from: 0, rows });
        assert_eq!(decode::<Event>(&encode(&reply).unwrap()).unwrap(), reply);
    }

    #[test]
    fn a_needed_file_is_called_by_the_end_of_its_path() {
        let name =
            |path: &str| NeededFile { paths: vec![path.into()], identities: Vec::new() }.name().map(str::to_owned);
        assert_eq!(name(r"..\disks\base.vhdx").as_deref(), Some("base.vhdx"));
        assert_eq!(name("/var/lib/base.qcow2").as_deref(), Some("base.qcow2"));
        assert_eq!(name("base.vhdx").as_deref(), Some("base.vhdx"));
        assert_eq!(name(""), None);
    }

    #[test]
    fn the_build_names_version_and_fingerprint() {
        let (version, fingerprint) = BUILD.rsplit_once('-').unwrap();
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        assert_eq!(fingerprint.len(), 16);
    }
}
