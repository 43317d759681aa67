//! One object of a file tree, as `ls --json` prints it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Kind of object, with the letter `ls --json` uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FileType {
    /// Regular file.
    #[serde(rename = "f")]
    File,
    /// Directory.
    #[serde(rename = "d")]
    Directory,
    /// Symbolic link.
    #[serde(rename = "l")]
    Symlink,
    /// FIFO.
    #[serde(rename = "p")]
    Fifo,
    /// Character device.
    #[serde(rename = "c")]
    CharDevice,
    /// Block device.
    #[serde(rename = "b")]
    BlockDevice,
    /// Socket.
    #[serde(rename = "s")]
    Socket,
}

/// One line of `ls --json`. Absent fields do not apply to the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileEntry {
    /// From the root of the scope, starting with `/`; bytes that are not UTF-8 as U+FFFD.
    pub path: String,
    /// The path's bytes in hexadecimal, when it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Kind of object.
    #[serde(rename = "type")]
    pub kind: FileType,
    /// Permission bits with setuid, setgid and sticky, as four octal digits.
    pub mode: String,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Length in bytes, of regular files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Last change of the content, nanoseconds since the epoch.
    pub mtime_ns: i128,
    /// Major and minor number, of devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rdev: Option<[u32; 2]>,
    /// Target, of symbolic links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The target's bytes in hexadecimal, when it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_hex: Option<String>,
    /// Number of hard links, when more than one (not of directories).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nlink: Option<u32>,
    /// First path of the same inode, when this is not it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hl: Option<String>,
    /// Digest of the content, on request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Extended attributes, values in hexadecimal, without the overlay's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, String>,
    /// The overlay's own attributes as text, in scopes that show a bare layer directory.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overlay: BTreeMap<String, String>,
}

/// What stood at a path from one layer of an image or a container upward, until the next version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileVersion {
    /// The layer that made it so, counted from the lowest, which is 1.
    pub layer: u32,
    /// How many layers there are.
    pub layers: u32,
    /// diffID of that layer; `None` for a container's own.
    pub diff_id: Option<String>,
    /// Its chain id, by which its directory is named (`layer:CHAINID`).
    pub chain_id: Option<String>,
    /// The command that made the layer, where the image's history has it.
    pub created_by: Option<String>,
    /// What stood there; `None` where this layer took away what stood there before.
    pub entry: Option<FileEntry>,
}
