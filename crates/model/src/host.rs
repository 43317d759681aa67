//! The operating system around a data root.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A Linux machine, or a WSL distribution, whose filesystem holds a data root: scope `host`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its filesystem, `fs:N`.
    pub filesystem: u32,
    /// What it calls itself, such as `Debian GNU/Linux 12 (bookworm)`; `None` when it does not say.
    pub name: Option<String>,
    /// Everything that `os-release` says.
    pub os_release: BTreeMap<String, String>,
    /// Name of the machine.
    pub hostname: Option<String>,
    /// Whether it is a distribution of the Windows Subsystem for Linux, as far as its files tell.
    pub is_wsl: bool,
    /// Sections of `wsl.conf` with their keys.
    pub wsl_conf: BTreeMap<String, BTreeMap<String, String>>,
    /// The engine's own settings, `/etc/docker/daemon.json`, as they are written.
    pub daemon_json: Option<String>,
    /// Installed packages of the engine and what belongs to it.
    pub engine: Vec<EnginePackage>,
    /// Its users: root and those of people.
    pub users: Vec<HostUser>,
}

/// A package of the engine, of containerd, or of a tool of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnginePackage {
    /// Its name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Path of the database that names it.
    pub found_at: String,
}

/// A user of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostUser {
    /// Name.
    pub name: String,
    /// Number.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Home directory.
    pub home: String,
    /// Shell.
    pub shell: String,
    /// Whether the user may speak to the engine: a member of the group `docker`.
    pub in_docker_group: bool,
}
