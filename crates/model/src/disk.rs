//! The disk file, its partitions and the filesystems in them.

use serde::{Deserialize, Serialize};

/// The disk file as it was opened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DiskSummary {
    /// Container format: `raw`, `vhdx`, `qcow2`, `vhd`, `vmdk`; `tar`, `tar.gz` and `directory` for copies of its files.
    pub format: String,
    /// Bytes the guest saw; of a packed archive, its bytes unpacked. `None` for a directory.
    pub virtual_size: Option<u64>,
    /// Bytes of the file itself. `None` for a directory.
    pub file_size: Option<u64>,
    /// Bytes read from the file so far.
    pub bytes_read: u64,
    /// Reads made so far.
    pub requests: u64,
    /// Identity the disk carries, by which a system tells it from others: the virtual disk id of a VHDX file. Copies
    /// and disks made from one template share it. `None` where its format has none.
    pub virtual_disk_id: Option<String>,
    /// Identity of the state of its bytes, by which a differencing VHDX file knows its parent.
    pub data_write_guid: Option<String>,
    /// States of the disk that were kept inside the file, in the file's order.
    #[serde(default)]
    pub snapshots: Vec<DiskSnapshot>,
    /// Name or id of the snapshot the answer shows, as it was asked for; `None` for the active state.
    #[serde(default)]
    pub snapshot: Option<String>,
}

/// A state of the disk that was kept inside its file: an internal snapshot of qcow2.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskSnapshot {
    /// What the program that made it counts it by.
    pub id: String,
    /// What people called it.
    pub name: String,
    /// When it was made, RFC 3339.
    pub created: Option<String>,
    /// Bytes the guest saw then.
    pub virtual_size: u64,
}

/// What divides the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartitionScheme {
    /// No table: one filesystem over the whole disk.
    None,
    /// Master boot record, with or without extended partitions.
    Mbr,
    /// GUID partition table.
    Gpt,
}

/// A range of the disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Partition {
    /// Number as Linux counts it, from 1; 0 for the whole disk without a table.
    pub index: u32,
    /// What table it comes from.
    pub scheme: PartitionScheme,
    /// Type as the table gives it: `0x83` for MBR, a GUID for GPT, empty without a table.
    #[serde(rename = "type")]
    pub kind: String,
    /// First byte, from the start of the virtual disk.
    pub start: u64,
    /// Length in bytes.
    pub size: u64,
    /// What lies in it, by content: `ext4`, `swap`, `ntfs`, `luks`, …; `None` when nothing is recognized.
    pub filesystem: Option<String>,
}

/// Whether a filesystem was left in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilesystemState {
    /// Unmounted cleanly, nothing wrong found.
    Clean,
    /// Not unmounted: what its journal held was replayed in memory.
    NeedsRecovery,
    /// The kernel itself had recorded errors.
    Errors,
    /// Careen found damage.
    Damaged,
}

/// What the replay of a journal did, in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalReplay {
    /// Committed transactions replayed.
    pub transactions: u64,
    /// Distinct filesystem blocks that now come from the journal.
    pub blocks: u64,
    /// Block copies left out because a later transaction revoked them.
    pub revoked: u64,
}

/// A filesystem that was opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filesystem {
    /// Its number on this disk, from 0: `fs:N`.
    pub id: u32,
    /// `ext2`, `ext3` or `ext4`; `tar` and `directory` for copies of one's files.
    #[serde(rename = "type")]
    pub kind: String,
    /// UUID in its usual text form.
    pub uuid: Option<String>,
    /// Volume label, empty if it has none.
    pub label: String,
    /// Block size in bytes; `None` for a copy of files.
    pub block_size: Option<u64>,
    /// Size in bytes as the superblock gives it; `None` for a copy of files.
    pub size: Option<u64>,
    /// Bytes in use as the superblock and group descriptors count them.
    pub used: Option<u64>,
    /// Inodes in use.
    pub inodes_used: Option<u64>,
    /// When it was last mounted.
    pub last_mounted: Option<String>,
    /// When its superblock was last written, which every mount and unmount does.
    pub last_written: Option<String>,
    /// In what state it was found.
    pub state: FilesystemState,
    /// What the journal gave back; `None` when no replay was needed.
    pub journal_replayed: Option<JournalReplay>,
}
