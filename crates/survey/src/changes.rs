//! What a container changed in its files.

use careen_evidence::{Findings, ReadError};
use careen_model::{Change, ChangeKind};
use careen_store::{EmitChange, changes};

use crate::Session;

impl Session {
    /// Hands out what a container changed, as `docker diff` tells it: paths in byte order, each directory before what it
    /// holds. An error of `emit` ends it and is returned.
    pub fn changes(&self, container: &str, findings: &mut Findings, emit: EmitChange<'_>) -> Result<(), ReadError> {
        let found = self.find_container(container)?;
        let (new, _) = self.container_tree(&found, findings)?;
        let old = self.beneath_container(&found, &new, findings)?;
        changes(&new, &old, &self.options.limits, &self.options.cancel, findings, emit)
    }
}

/// A change as `changes --json` and the page show it.
pub fn change(kind: ChangeKind, path: &[u8]) -> Change {
    let is_text = std::str::from_utf8(path).is_ok();
    Change {
        kind,
        path: String::from_utf8_lossy(path).into_owned(),
        path_hex: (!is_text).then(|| path.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}
