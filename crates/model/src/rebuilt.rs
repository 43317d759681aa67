//! What was rebuilt: files that make images and containers anew.

use serde::{Deserialize, Serialize};

/// What kind of file was rebuilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RebuiltKind {
    /// A Dockerfile as the image was built.
    Dockerfile,
    /// Files that a step of it copies or unpacks.
    Source,
    /// A Dockerfile that installs the same versions anew.
    Pinned,
    /// A Dockerfile that installs the versions chosen for all images.
    Standard,
    /// Python packages for pip.
    Requirements,
    /// An environment of conda.
    Environment,
    /// Packages of another ecosystem with their versions.
    Packages,
    /// A compose file.
    Compose,
    /// Command lines that run a container.
    Run,
    /// A script that makes everything anew.
    Script,
}

/// A file that was rebuilt, or a directory of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RebuiltFile {
    /// Its path in the directory that was named; of a directory it ends with a slash.
    pub path: String,
    /// What it is.
    pub kind: RebuiltKind,
    /// The scope it is of, or `project:NAME`.
    pub of: String,
    /// What it was made from.
    pub reason: String,
    /// What in it was guessed, or could not be told.
    pub guesses: Vec<String>,
    /// Bytes; of a directory those of all its files. `None` when it could not be read whole.
    pub size: Option<u64>,
}

/// Something that could not be rebuilt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRebuilt {
    /// The scope.
    pub of: String,
    /// Why.
    pub reason: String,
}

/// What was rebuilt of a disk: its `rebuild.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// Version of Careen.
    pub careen: String,
    /// What the disk is called.
    pub disk: String,
    /// The files, in the order they were written.
    pub files: Vec<RebuiltFile>,
    /// What could not be rebuilt.
    pub left_out: Vec<NotRebuilt>,
}
