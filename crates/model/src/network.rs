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
}
