//! How far a long piece of work has come.

use serde::{Deserialize, Serialize};

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Container format and partition tables.
    Disk,
    /// Superblock, group descriptors, journal.
    Filesystem,
    /// Looking for data roots and reading their records.
    Store,
    /// Walking volumes for their sizes.
    Volumes,
    /// Walking images for their packages.
    Packages,
    /// Listing files.
    Files,
}

/// One report of progress.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// What it is being done to, for people: a path, an image.
    pub subject: String,
    /// Units done.
    pub done: u64,
    /// Units in all; `None` while unknown.
    pub total: Option<u64>,
    /// Bytes read from the disk file so far.
    pub bytes_read: u64,
}
