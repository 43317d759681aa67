//! What the tests over whole disks share: where the disks are, how the command is run, what the workspace looks like.
//!
//! Disks come from two places: small ones that are committed under `tests/cases`, and the corpus, a folder of larger
//! ones with the truth about them, named by `CAREEN_CORPUS`. Both have the same shape. What is derived from them lies in
//! `target/corpus` and is made once.

pub mod checks;
mod command;
pub mod compare;
mod disks;
pub mod engine;
pub mod listing;
mod variants;
pub mod workspace;

use std::path::{Path, PathBuf};

pub use command::{Answer, binary, careen, use_binary};
pub use disks::{Damage, Disk, Disks, Known, disks, of_corpus, unpack};
pub use variants::{Variant, base, of_seed};

/// What a check says: nothing, or the first thing that differs.
pub type Outcome = Result<(), String>;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => root().join(directory),
        None => root().join("target"),
    }
}
