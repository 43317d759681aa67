//! The page: Trunk builds it, `dist` finishes it.

use std::path::PathBuf;

use crate::command::{cargo, root, run, tool};
use crate::dist;

/// Where the finished page lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/.
pub fn build() -> Result<(), String> {
    // Trunk is kept from downloading its own tools, and takes that to mean cargo as well.
    run(cargo().args(["fetch", "--quiet", "--locked"]))?;
    // Trunk takes NO_COLOR=1, which many terminals set, for a wrong value of its own option.
    run(tool("trunk").args(["build", "--release"]).env_remove("NO_COLOR"))?;
    dist::finish(&dist())
}
