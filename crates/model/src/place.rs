//! Where something was found: a trail from the disk file down to a byte, an inode or a line.

use serde::{Deserialize, Serialize};

/// A trail such as `docker_data.vhdx › partition 2 › ext4 inode 131 › /var/lib/dpkg/status, line 812`.
///
/// Every reader is given the place of what it reads and appends its own steps, so a place is always whole.
/// In JSON it is the printed trail.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Place(String);

impl Place {
    /// The start of a trail, normally the name of the disk file.
    pub fn new(step: impl Into<String>) -> Self {
        Place(step.into())
    }

    /// This place with one step more.
    #[must_use]
    pub fn then(&self, step: impl std::fmt::Display) -> Self {
        if self.0.is_empty() { Place(step.to_string()) } else { Place(format!("{} › {step}", self.0)) }
    }

    /// The printed trail.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_trail_prints_its_steps_in_order() {
        let place = Place::new("Docker.qcow2").then("partition 2").then(format_args!("inode {}", 131));
        assert_eq!(place.to_string(), "Docker.qcow2 › partition 2 › inode 131");
    }
}
