//! Packages, whatever ecosystem they come from.

use std::borrow::Cow;

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

    /// The name by which the ecosystem takes two packages for the same: for pip its normalized name (PEP 503: lower
    /// case, runs of `-`, `_` and `.` as one `-`), else the name itself.
    pub fn normalized_name(&self) -> Cow<'_, str> {
        match self.ecosystem() {
            Ecosystem::Pip => Cow::Owned(pep_503(&self.name)),
            Ecosystem::Apt | Ecosystem::Conda => Cow::Borrowed(&self.name),
        }
    }
}

fn pep_503(name: &str) -> String {
    let mut normalized = String::with_capacity(name.len());
    let mut after_separator = false;
    for c in name.chars() {
        let is_separator = matches!(c, '-' | '_' | '.');
        if !is_separator {
            normalized.extend(c.to_lowercase());
        } else if !after_separator {
            normalized.push('-');
        }
        after_separator = is_separator;
    }
    normalized
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_python_names_are_normalized() {
        let named = |details| Package {
            name: "Zope._-Interface".into(),
            version: "1".into(),
            purl: String::new(),
            found_at: String::new(),
            layer: None,
            details,
        };
        let (build, channel, environment) = (String::new(), String::new(), String::new());
        let conda = named(Details::Conda { build, channel, environment: environment.clone() });
        let pip = named(Details::Pip { environment, installer: String::new(), editable: false });
        assert_eq!(pip.normalized_name(), "zope-interface");
        assert_eq!(conda.normalized_name(), "Zope._-Interface");
    }
}
