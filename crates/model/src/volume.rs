//! Volumes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A volume of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name, 64 hexadecimal digits for an anonymous one.
    pub name: String,
    /// `local` or the plugin's name.
    pub driver: Option<String>,
    /// Labels, empty when it has none, `None` when the database that holds them cannot be read.
    pub labels: Option<BTreeMap<String, String>>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Made by the engine for an image's `VOLUME`, not by a person.
    pub anonymous: bool,
    /// Sum of its files' sizes, each inode once; `None` until walked.
    pub size: Option<u64>,
    /// Number of files and directories beneath its root; `None` until walked.
    pub files: Option<u64>,
    /// Directory of its content within the filesystem.
    pub path: String,
    /// Names of the containers that mount it, in byte order.
    pub used_by: Vec<String>,
}
