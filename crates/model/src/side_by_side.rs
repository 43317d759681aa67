//! Several disks side by side: which one is mine?

use serde::{Deserialize, Serialize};

/// What tells disks from one another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideBySide {
    /// The disks, in the order they were named in.
    pub disks: Vec<DiskAtAGlance>,
    /// Every image but intermediate ones; the same one is known by its id.
    pub images: Vec<Holding>,
    /// Every container; the same one is known by its id.
    pub containers: Vec<Holding>,
    /// Every volume; the same one is known by its name, whatever it holds.
    pub volumes: Vec<Holding>,
}

/// One of the disks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskAtAGlance {
    /// File name.
    pub name: String,
    /// Container format.
    pub format: String,
    /// Bytes of the file; `None` for a directory.
    pub file_size: Option<u64>,
    /// Bytes the guest saw; `None` for a directory.
    pub virtual_size: Option<u64>,
    /// Identity the disk carries. Many Docker disks share one.
    pub virtual_disk_id: Option<String>,
    /// UUIDs of its filesystems.
    pub filesystem_ids: Vec<String>,
    /// Ids of the engines whose data roots it holds.
    pub engine_ids: Vec<String>,
    /// Data roots.
    pub stores: u64,
    /// Images but intermediate ones.
    pub images: u64,
    /// Whether there are images that are not read, so that there may be more.
    pub has_unread_images: bool,
    /// Containers.
    pub containers: u64,
    /// Volumes.
    pub volumes: u64,
    /// Sum of what its filesystems say is in use, in bytes; `None` when one of them cannot tell or there is none.
    pub used: Option<u64>,
    /// The newest sign of use; `None` when there is none.
    pub last_used: Option<LastUse>,
    /// How many findings of severity `loss` there are.
    pub losses: u64,
    /// How many findings of severity `damage` there are.
    pub damages: u64,
}

/// The newest sign that a disk was in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub time: String,
    /// What was done.
    pub sign: SignOfUse,
}

/// What leaves a time on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignOfUse {
    /// A filesystem was mounted.
    FilesystemMounted,
    /// A filesystem's superblock was written.
    FilesystemWritten,
    /// A container was created.
    ContainerCreated,
    /// A container started.
    ContainerStarted,
    /// A container ended.
    ContainerFinished,
}

/// An image, a container or a volume, and the disks that hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// What it is known by.
    pub id: String,
    /// What people call it: the name on the first of these disks.
    pub name: String,
    /// Positions of the disks.
    pub disks: Vec<u32>,
}
