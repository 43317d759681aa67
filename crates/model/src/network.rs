//! Networks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A network of a store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `bridge`, `host`, `none`, …
    pub driver: String,
    /// `local`, `swarm` or `global`.
    pub scope: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// RFC 3339, UTC.
    pub created: Option<String>,
    /// Without a way out to other networks.
    pub internal: bool,
    /// Containers may join it by hand, where it is a swarm's.
    pub attachable: bool,
    /// The swarm's routing mesh.
    pub ingress: bool,
    /// Whether addresses of IPv6 are given out.
    pub ipv6: bool,
    /// Ranges of addresses, those of IPv4 first.
    pub subnets: Vec<Subnet>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Containers that are on it, running or not, by name.
    pub containers: Vec<NetworkMember>,
}

/// A range of addresses of a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet {
    /// `172.17.0.0/16`.
    pub subnet: String,
    /// `172.17.0.1`.
    pub gateway: Option<String>,
    /// The part of it that containers get addresses from.
    pub ip_range: Option<String>,
}

/// A container on a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetworkMember {
    /// Its name, its id where it has none.
    pub container: String,
    /// Its id.
    pub container_id: String,
    /// Its address, while it ran.
    pub ipv4: Option<String>,
    /// Its address of IPv6, while it ran.
    pub ipv6: Option<String>,
}
