//! Taking things out: archives pulled chunk by chunk, what they will weigh, files checked against their manifests.

use careen_model::{Finding, Language};
use serde::{Deserialize, Serialize};

/// What is to be put into an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOf {
    /// Scopes as the command line writes them.
    pub scopes: Vec<String>,
    /// Of each scope only what lies at these paths; all of it when there are none.
    pub paths: Vec<Vec<u8>>,
    /// The kind of archive.
    pub kind: ArchiveKind,
    /// What is done about a file that cannot be read whole.
    pub on_damage: OnDamage,
}

/// The kinds of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ArchiveKind {
    /// Files as tar.
    Tar,
    /// Files as tar, packed with gzip.
    TarGz,
    /// Files as zip.
    Zip,
    /// Images as `docker load` reads them.
    Docker,
    /// Images as an OCI layout.
    Oci,
}

impl ArchiveKind {
    /// Whether it holds images and not files.
    pub fn is_of_images(self) -> bool {
        matches!(self, ArchiveKind::Docker | ArchiveKind::Oci)
    }

    /// What names of such files end with.
    pub fn ending(self) -> &'static str {
        match self {
            ArchiveKind::TarGz => ".tar.gz",
            ArchiveKind::Zip => ".zip",
            ArchiveKind::Tar | ArchiveKind::Docker => ".tar",
            ArchiveKind::Oci => ".oci.tar",
        }
    }
}

/// What is done about a file that cannot be read whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnDamage {
    /// The export ends.
    Stop,
    /// The file is left out.
    #[default]
    Skip,
    /// The file is kept, with zeros in the place of what cannot be read.
    Gaps,
}

/// What is to be put into a move kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitOf {
    /// Names of volumes.
    pub volumes: Vec<String>,
    /// Ids of images.
    pub images: Vec<String>,
    /// Ids of containers, each of which becomes an image with its changes as one more layer.
    pub containers: Vec<String>,
    /// What is done about a file that cannot be read whole.
    pub on_damage: OnDamage,
}

/// What is to be rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuildOf {
    /// `image:ID`, `container:ID`.
    pub scopes: Vec<String>,
}

/// A report on the disk that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportOf {
    /// The language of its sentences.
    pub language: Language,
    /// When it is made, in seconds since 1970 (UTC).
    pub made: i64,
}

/// A file of a kit of which bytes travel beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitFile {
    /// Its path in the kit, with slashes between names.
    pub path: String,
    /// What becomes of it after these bytes.
    pub state: KitFileState,
}

/// What becomes of a file of a kit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum KitFileState {
    /// More bytes follow.
    GoesOn,
    /// It is complete.
    Complete,
    /// It could not be made and is to be removed.
    Dropped,
}

/// How far a kit has come. The bytes of `files` travel beside, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KitStep {
    /// The files that these bytes are of.
    pub files: Vec<KitFile>,
    /// Bytes of archives that were handed out.
    pub written: u64,
    /// Bytes read of the disk since it was opened.
    pub bytes_read: u64,
    /// What was met, at the end.
    pub end: Option<Vec<Finding>>,
}

/// How far an export has come, with the bytes that travel beside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportStep {
    /// Bytes of the archive that were handed out, not packed yet.
    pub unpacked: u64,
    /// Bytes read of the disk since it was opened.
    pub bytes_read: u64,
    /// Whether these are the last.
    pub is_last: bool,
}

/// How far the packing of an archive has come, with the bytes that travel beside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackStep {
    /// Bytes of the packed archive that were handed out.
    pub written: u64,
    /// Its digest in hexadecimal, with the last bytes.
    pub sha256: Option<String>,
}

/// What is in an archive that is complete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExportEnd {
    /// Its digest in hexadecimal.
    pub sha256: String,
    /// Objects in it.
    pub entries: u64,
    /// Objects that are not in it, since they could not be read.
    pub missing: u64,
    /// Files in it with gaps.
    pub with_gaps: u64,
    /// Objects that such an archive cannot hold.
    pub not_held: u64,
    /// What was met on the way.
    pub findings: Vec<Finding>,
}

/// How far a file has been compared with its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// Bytes read.
    pub done: u64,
    /// Bytes of the file.
    pub size: u64,
    /// What came of it, at the end.
    pub end: Option<FileCheck>,
}

/// What came of comparing a file with its manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCheck {
    /// Digest of the file in hexadecimal.
    pub sha256: String,
    /// Length that the manifest tells.
    pub expected_size: u64,
    /// Digest that the manifest tells.
    pub expected_sha256: String,
    /// What the manifest tells of what is not in the archive: objects that were left out, and files with gaps.
    pub missing: u64,
    /// See `missing`.
    pub with_gaps: u64,
}
