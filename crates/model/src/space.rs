//! What fills a disk.

use serde::{Deserialize, Serialize};

/// What fills a disk, filesystem by filesystem, and what could be had back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// Each filesystem.
    pub filesystems: Vec<FilesystemSpace>,
    /// Each image: what is its own, and what it shares with others.
    pub images: Vec<ImageSpace>,
    /// What the engine's own cleaning would free.
    pub prune: Vec<Prune>,
    /// What compacting the disk file could give back; `None` where its format cannot, or nothing is known.
    pub compaction: Option<Compaction>,
}

/// What fills a filesystem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilesystemSpace {
    /// Its number, `fs:N`.
    pub id: u32,
    /// Bytes of it; `None` for a copy of files.
    pub size: Option<u64>,
    /// Bytes in use, as its own counters say; `None` for a copy of files.
    pub used: Option<u64>,
    /// Bytes in use, added up: those of `area`.
    pub counted: u64,
    /// What takes them. The bytes of an area are the sum of those within it, where there are any.
    pub area: Area,
}

/// What an area of a space map stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AreaKind {
    /// A filesystem.
    Filesystem,
    /// A data root.
    Store,
    /// Layers of images.
    Images,
    /// Layers that one image alone has.
    Image,
    /// Layers that several images have.
    SharedLayers,
    /// A layer.
    Layer,
    /// What containers wrote.
    Containers,
    /// What one container wrote.
    Container,
    /// Logs.
    Logs,
    /// The log of one container.
    Log,
    /// Volumes.
    Volumes,
    /// A volume.
    Volume,
    /// What builds left to be used again.
    BuildCache,
    /// Blobs as they were pulled, of a containerd store.
    Content,
    /// Unpacked layers of a containerd store that no image known here has.
    Snapshots,
    /// One of these.
    Snapshot,
    /// Directories of layers that no record names.
    OrphanLayers,
    /// One of these.
    OrphanLayer,
    /// Records and whatever else lies in a data root.
    Records,
    /// Everything beside data roots.
    OtherFiles,
    /// One directory of these.
    Directory,
    /// Files that no name leads to, such as those that were deleted while in use.
    Nameless,
    /// What the filesystem takes for itself.
    Overhead,
    /// Superblocks, descriptors and their copies.
    Superblocks,
    /// Bitmaps.
    Bitmaps,
    /// Inode tables.
    InodeTables,
    /// The journal.
    Journal,
    /// Other reserved inodes.
    Reserved,
}

/// An area of a space map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// What it stands for.
    pub kind: AreaKind,
    /// What it is called; empty where the kind says it all.
    pub name: String,
    /// Id of the store, image, layer or container, where it has one.
    pub id: Option<String>,
    /// Bytes of its blocks.
    pub bytes: u64,
    /// Files and directories in it.
    pub files: u64,
    /// What it consists of, the largest first.
    pub areas: Vec<Area>,
}

/// What an image takes, in blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSpace {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its store.
    pub store: String,
    /// Bytes of layers that it alone has.
    pub own: u64,
    /// Bytes of layers that other images have too.
    pub shared: u64,
}

/// What a way of cleaning up would free, by the states recorded on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prune {
    /// The command.
    pub command: String,
    /// Bytes of stopped containers and their logs.
    pub containers: u64,
    /// Bytes of layers that no image is left to use, unpacked and packed.
    pub images: u64,
    /// Of these, bytes of containerd's blobs: packed layers, manifests and configurations.
    #[serde(default)]
    pub content: u64,
    /// Bytes of the build cache.
    pub build_cache: u64,
    /// Bytes of volumes that no container is left to use.
    pub volumes: u64,
    /// All of these.
    pub total: u64,
}

/// What compacting a disk file could give back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compaction {
    /// Bytes in a block of the file.
    pub block_size: u64,
    /// Blocks that take room in the file.
    pub stored: u64,
    /// Those of them that hold nothing but free space of a filesystem.
    pub free: u64,
    /// Bytes of these.
    pub bytes: u64,
}
