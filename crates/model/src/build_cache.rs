//! What BuildKit keeps of builds: the records of its cache, and the builds it remembers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A record of the build cache, as `docker buildx du --verbose` lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildCacheRecord {
    /// BuildKit's id of it.
    pub id: String,
    /// Id of the store it lies in.
    pub store: String,
    /// `regular`, `source.local`, `source.git.checkout`, `exec.cachemount`, `frontend` or `internal`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The step it was built by, or where it came from.
    pub description: Option<String>,
    /// Ids of the records it was built upon.
    pub parents: Vec<String>,
    /// RFC 3339, UTC.
    pub created: Option<String>,
    /// When a build used it last; RFC 3339, UTC.
    pub last_used: Option<String>,
    /// How many builds used it.
    pub usage_count: u64,
    /// Bytes, as BuildKit recorded them or, where it had not counted yet, as the layer's record says; else `None` until
    /// its directory was walked.
    pub size: Option<u64>,
    /// Whether a build may still write to it.
    pub mutable: bool,
    /// Whether a build holds it. A builder that is not running holds nothing.
    pub in_use: bool,
    /// Whether an image uses its layers too, so that removing it frees nothing.
    pub shared: bool,
    /// Name of its snapshot.
    pub snapshot: Option<String>,
    /// Directory name in the graph driver, where it has one of its own.
    pub cache_id: Option<String>,
    /// Chain id of its layer, where it has become one.
    pub chain_id: Option<String>,
    /// References of the images it was pulled with.
    pub images: Vec<String>,
}

/// A build that BuildKit remembers, as `docker buildx history` lists them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildRecord {
    /// BuildKit's id of it.
    pub id: String,
    /// Path of the data root whose builder made it.
    pub root: String,
    /// `dockerfile.v0`, or another frontend.
    pub frontend: Option<String>,
    /// What the frontend was given: build arguments, target, platform.
    pub options: BTreeMap<String, String>,
    /// What the result was to be called.
    pub names: Vec<String>,
    /// Digests of what it made: images, their manifests, their configurations.
    #[serde(default)]
    pub images: Vec<String>,
    /// When it began; RFC 3339, UTC.
    pub started: Option<String>,
    /// When it ended; RFC 3339, UTC.
    pub finished: Option<String>,
    /// What stopped it.
    pub error: Option<String>,
    /// Steps taken, those taken from the cache, and all there were.
    pub steps: BuildSteps,
    /// Kept when others are forgotten.
    pub pinned: bool,
}

/// How far a build came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildSteps {
    /// All there were.
    pub total: u64,
    /// Those that ended.
    pub completed: u64,
    /// Those taken from the cache.
    pub cached: u64,
}

/// What `build-cache --json` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BuildCache {
    /// Records of the cache, by id.
    pub records: Vec<BuildCacheRecord>,
    /// Builds that are remembered, by id.
    pub builds: Vec<BuildRecord>,
}
