//! Containers.

use serde::{Deserialize, Serialize};

/// The state recorded on the disk. After a crash that is the one the engine last wrote, often `running`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerState {
    /// Was running when the engine last wrote.
    Running,
    /// Was paused.
    Paused,
    /// Ended.
    Exited,
    /// Never started.
    Created,
    /// Removal had begun.
    Dead,
    /// Was being restarted.
    Restarting,
}

/// The compose project a container belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compose {
    /// Label `com.docker.compose.project`.
    pub project: String,
    /// Label `com.docker.compose.service`.
    pub service: Option<String>,
}

/// A container of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Without the leading slash.
    pub name: String,
    /// Id of the store it lies in.
    pub store: String,
    /// The image as the person named it.
    pub image: Option<String>,
    /// The image's id.
    pub image_id: Option<String>,
    /// When it was created.
    pub created: Option<String>,
    /// When it last started.
    pub started: Option<String>,
    /// When it last ended.
    pub finished: Option<String>,
    /// The state recorded on the disk; `None` when its configuration cannot be read.
    pub state: Option<ContainerState>,
    /// Exit code of the last run.
    pub exit_code: Option<i64>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Its compose project.
    pub compose: Option<Compose>,
}
