//! The overview of a disk.

use serde::{Deserialize, Serialize};

use crate::{
    BuildCacheRecord, BuildRecord, ComposeProject, Container, DiskSummary, Filesystem, Finding, Host, Image, Network,
    Partition, Plugin, Swarm, Volume,
};

/// Whose records a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// Docker's graph drivers with `image/<driver>`.
    DockerClassic,
    /// Docker over containerd's image store.
    DockerContainerd,
    /// containerd alone.
    Containerd,
}

/// A data root on the disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// Its name in scopes: `store:ID`.
    pub id: String,
    /// Whose records it holds.
    pub kind: StoreKind,
    /// Directory within its filesystem.
    pub path: String,
    /// Graph driver or snapshotter.
    pub driver: String,
    /// containerd namespace.
    pub namespace: Option<String>,
    /// The engine's own id, as `docker info` prints it: the file `engine-id`, which it keeps since version 23.
    pub engine_id: Option<String>,
}

/// Everything `survey --json` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Version of the tool.
    pub careen: String,
    /// The disk file.
    pub disk: DiskSummary,
    /// Ranges of the disk.
    pub partitions: Vec<Partition>,
    /// Filesystems that were opened.
    pub filesystems: Vec<Filesystem>,
    /// Data roots.
    pub stores: Vec<Store>,
    /// Every image record, dangling and intermediate ones too.
    pub images: Vec<Image>,
    /// Every container.
    pub containers: Vec<Container>,
    /// Every volume.
    pub volumes: Vec<Volume>,
    /// Every network.
    pub networks: Vec<Network>,
    /// Records of the build cache.
    pub build_cache: Vec<BuildCacheRecord>,
    /// Builds that are remembered.
    pub builds: Vec<BuildRecord>,
    /// Plugins of the engines.
    pub plugins: Vec<Plugin>,
    /// Swarms that the engines are nodes of.
    pub swarm: Vec<Swarm>,
    /// What compose made.
    #[serde(default)]
    pub projects: Vec<ComposeProject>,
    /// The operating system around the first data root; `None` when its filesystem holds data alone.
    #[serde(default)]
    pub host: Option<Host>,
    /// What is wrong or odd.
    pub findings: Vec<Finding>,
}
