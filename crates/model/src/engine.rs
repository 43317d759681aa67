//! What else belongs to an engine: plugins, and the swarm it is a node of.

use serde::{Deserialize, Serialize};

/// A plugin of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Path of the data root it belongs to.
    pub root: String,
    /// Its name with tag; `None` when its record cannot be read.
    pub name: Option<String>,
    /// Where it was pulled from.
    pub reference: Option<String>,
    /// What it says of itself.
    pub description: Option<String>,
    /// What it does: `docker.volumedriver/1.0`, `docker.networkdriver/1.0`, …
    pub provides: Vec<String>,
    /// Whether it was switched on.
    pub enabled: Option<bool>,
}

/// The swarm that an engine is a node of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Swarm {
    /// Path of the data root.
    pub root: String,
    /// Whether the node kept the state of the swarm itself: services, secrets and configs are in it, encrypted.
    pub is_manager: bool,
    /// Whether the node's certificate is there, without which the engine forgets the swarm when it starts.
    pub has_certificate: bool,
    /// Address and port it listened on.
    pub listen_address: Option<String>,
    /// Address it told the others.
    pub advertise_address: Option<String>,
    /// Address of the node it joined.
    pub remote_address: Option<String>,
    /// The managers it knew.
    pub managers: Vec<SwarmManager>,
}

/// A manager of a swarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SwarmManager {
    /// Its id.
    pub node_id: String,
    /// Address and port.
    pub address: String,
}
