//! Packages, whatever ecosystem they come from.

use serde::{Deserialize, Serialize};

/// A world of packages with its own names, versions and databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// dpkg's database.
    Apt,
    /// conda-meta.
    Conda,
    /// Python distributions' metadata.
    Pip,
}

impl Ecosystem {
    /// Every ecosystem, in the byte order of their names.
    pub const ALL: [Ecosystem; 3] = [Ecosystem::Apt, Ecosystem::Conda, Ecosystem::Pip];

    /// The word used in file names, columns and test ids.
    pub fn name(self) -> &'static str {
        match self {
            Ecosystem::Apt => "apt",
            Ecosystem::Conda => "conda",
            Ecosystem::Pip => "pip",
        }
    }
}

/// What only one ecosystem records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "ecosystem", rename_all = "lowercase")]
pub enum Details {
    /// A stanza of dpkg's status.
    Apt {
        /// `amd64`, `all`, …
        architecture: String,
        /// Source package; the package's own name when the stanza has none.
        source: String,
        /// Version of the source package.
        source_version: String,
        /// The three words of `Status`.
        status: String,
    },
    /// A file of conda-meta.
    Conda {
        /// Build string.
        build: String,
        /// Channel as conda recorded it.
        channel: String,
        /// Path prefix of the environment.
        environment: String,
    },
    /// A Python distribution.
    Pip {
        /// Path prefix: `/usr`, `/opt/venv`, a user's `.local`.
        environment: String,
        /// What `INSTALLER` says, empty when there is none.
        installer: String,
        /// Installed in place from a source directory.
        editable: bool,
    },
}

/// A package in a tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    /// Its name as its metadata writes it.
    pub name: String,
    /// Its version as its metadata writes it.
    pub version: String,
    /// Package URL.
    pub purl: String,
    /// Path of the database or metadata file it was read from, within the tree.
    pub found_at: String,
    /// diffID of the layer from which upward it stands unbroken at this version; `None` outside image layers.
    pub layer: Option<String>,
    /// What its ecosystem records besides.
    pub details: Details,
}

impl Package {
    /// The ecosystem it belongs to.
    pub fn ecosystem(&self) -> Ecosystem {
        match self.details {
            Details::Apt { .. } => Ecosystem::Apt,
            Details::Conda { .. } => Ecosystem::Conda,
            Details::Pip { .. } => Ecosystem::Pip,
        }
    }
}
