//! How a container was set up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Container;

/// A container with everything that is known of its set-up, as `containers --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetailedContainer {
    /// What the overview says of it.
    #[serde(flatten)]
    pub container: Container,
    /// How it was set up; `None` when its configuration cannot be read.
    pub details: Option<ContainerDetails>,
}

/// How a container was set up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContainerDetails {
    /// Its own name of itself.
    pub hostname: String,
    /// User and group it runs as; empty for root.
    pub user: String,
    /// Directory it starts in.
    pub working_dir: String,
    /// Program and arguments that come first, of the image or given.
    pub entrypoint: Vec<String>,
    /// Arguments behind them.
    pub cmd: Vec<String>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Its environment, in its own order.
    pub environment: Vec<EnvironmentVariable>,
    /// Labels, those of the image too.
    pub labels: BTreeMap<String, String>,
    /// What is mounted into it, by destination.
    pub mounts: Vec<Mount>,
    /// Ports that are published.
    pub ports: Vec<PublishedPort>,
    /// Ports that are named but not published, as `80/tcp`.
    pub exposed_ports: Vec<String>,
    /// `bridge`, `host`, `none`, `container:ID` or the name of a network.
    pub network_mode: String,
    /// Networks it is in.
    pub networks: Vec<Endpoint>,
    /// Its health check, when it has one.
    pub health: Option<Health>,
    /// When the engine starts it again.
    pub restart_policy: RestartPolicy,
    /// How often it was started again.
    pub restart_count: u64,
    /// What it may use at the most.
    pub limits: ResourceLimits,
    /// What it may do besides: added and dropped capabilities, `privileged`, `read-only`, security options.
    pub privileges: Vec<String>,
    /// Its log.
    pub log: LogSettings,
    /// What the engine said when it last failed to start.
    pub error: Option<String>,
    /// Whether it was killed for want of memory.
    pub oom_killed: bool,
    /// The name of a checkpoint each.
    pub checkpoints: Vec<String>,
    /// Files that the engine mounts into it, by their names: `hostname`, `hosts`, `resolv.conf`.
    pub files: BTreeMap<String, String>,
    /// Command lines that would run it again: the first makes and starts it, the others connect it to further networks.
    pub run: Vec<String>,
}

/// A variable of an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// It looks like a password, a key or the like, and is to be hidden until asked for.
    pub secret: bool,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// `volume`, `bind`, `tmpfs`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the volume.
    pub name: Option<String>,
    /// Path on the engine's machine; of a volume the directory it lies in on this disk.
    pub source: Option<String>,
    /// Path within the container.
    pub destination: String,
    /// Whether the container may write there.
    pub writable: bool,
    /// The volume's driver.
    pub driver: Option<String>,
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Port within the container, as `80/tcp`.
    pub container_port: String,
    /// Address on the engine's machine, empty for all.
    pub host_ip: String,
    /// Port there, empty when the engine chooses one.
    pub host_port: String,
}

/// A container's place in a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Name of the network.
    pub network: String,
    /// Its id.
    pub network_id: Option<String>,
    /// Address, with the length of the network's prefix.
    pub ip_address: Option<String>,
    /// The same of IPv6.
    pub ipv6_address: Option<String>,
    /// Gateway.
    pub gateway: Option<String>,
    /// Hardware address.
    pub mac_address: Option<String>,
    /// Further names it goes by there.
    pub aliases: Vec<String>,
}

/// A health check and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `starting`, `healthy` or `unhealthy` as last recorded; `None` before it ran.
    pub status: Option<String>,
    /// How often it failed in a row.
    pub failing_streak: u64,
    /// The check: `CMD` and a command, `CMD-SHELL` and a line, or `NONE`.
    pub test: Vec<String>,
    /// What it said last, the oldest first.
    pub log: Vec<HealthResult>,
}

/// One run of a health check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthResult {
    /// When it began.
    pub start: Option<String>,
    /// When it ended.
    pub end: Option<String>,
    /// 0 for healthy.
    pub exit_code: i64,
    /// What it printed.
    pub output: String,
}

/// When a container is started again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestartPolicy {
    /// `no`, `always`, `unless-stopped` or `on-failure`.
    pub name: String,
    /// How often at the most, 0 for any number.
    pub maximum_retries: u64,
}

/// Upper bounds; `None` where there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceLimits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Memory and swap in bytes, -1 for any.
    pub memory_swap: Option<i64>,
    /// Processors, 1.5 for one and a half.
    pub cpus: Option<f64>,
    /// Share of the processors against other containers, 1024 being usual.
    pub cpu_shares: Option<u64>,
    /// Which processors.
    pub cpuset: Option<String>,
    /// Processes.
    pub pids: Option<u64>,
    /// Bytes of `/dev/shm`.
    pub shm_size: Option<u64>,
}

/// How a container's output is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSettings {
    /// `json-file`, `local`, `none`, …; `None` when its host configuration cannot be read.
    pub driver: Option<String>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
    /// Bytes of its files on this disk, as they lie there.
    pub size: u64,
}

/// A compose project: what one compose file made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComposeProject {
    /// Its name.
    pub name: String,
    /// Directory it was started in, as far as a container tells.
    pub working_dir: Option<String>,
    /// Its compose files, as far as a container tells.
    pub config_files: Vec<String>,
    /// Names of services with the ids of their containers.
    pub services: BTreeMap<String, Vec<String>>,
    /// Names of its volumes.
    pub volumes: Vec<String>,
    /// Names of its networks.
    pub networks: Vec<String>,
}
