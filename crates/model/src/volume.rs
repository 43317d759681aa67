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
    /// Where they mount it. Of an anonymous volume this tells what it was for.
    pub mounts: Vec<VolumeMount>,
    /// Databases in it, told by their files.
    pub holds: Vec<HeldDatabase>,
}

/// A volume's place in a container.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VolumeMount {
    /// Name of the container, its id where it has none.
    pub container: String,
    /// Its id.
    pub container_id: String,
    /// The image it was made from, as it was named then.
    pub image: Option<String>,
    /// Path in the container.
    pub path: String,
    /// Whether it may not write there.
    pub read_only: bool,
}

/// A database in a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDatabase {
    /// `postgresql`, `mysql`, `mariadb`, `sqlite`, `mongodb`, `redis`, `etcd` or `elasticsearch`.
    pub engine: String,
    /// Its version as its files tell it, as exactly as they do; `None` when they do not.
    pub version: Option<String>,
    /// Directory of its data, or its file, within the volume; empty for the volume itself.
    pub path: String,
    /// The file that told it.
    pub told_by: String,
    /// What to mind when it is copied.
    pub advice: String,
    /// The same in Korean.
    pub advice_ko: String,
}
