//! Packages, whatever ecosystem they come from.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Declares the ecosystems in the byte order of their names, each with the columns that only it has; those of apt, conda
/// and pip have fields of their own in [`Details`].
macro_rules! ecosystems {
    ($($(#[$doc:meta])* $ecosystem:ident = $name:literal, $columns:expr;)*) => {
        /// A world of packages with its own names, versions and databases.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Ecosystem {
            $($(#[$doc])* $ecosystem,)*
        }

        impl Ecosystem {
            /// Every ecosystem, in the byte order of their names.
            pub const ALL: [Ecosystem; [$($name),*].len()] = [$(Ecosystem::$ecosystem),*];

            /// The word used in file names, columns and test ids.
            pub fn name(self) -> &'static str {
                match self {
                    $(Ecosystem::$ecosystem => $name,)*
                }
            }

            /// What only this ecosystem records of a package: the names of the columns.
            pub fn columns(self) -> &'static [&'static str] {
                match self {
                    $(Ecosystem::$ecosystem => $columns,)*
                }
            }
        }
    };
}

ecosystems! {
    /// The database of Alpine's apk.
    Apk = "apk", &["architecture", "origin"];
    /// dpkg's database.
    Apt = "apt", &["architecture", "source", "source_version", "status"];
    /// Crates that a program was built from, as cargo-auditable writes them into it.
    Cargo = "cargo", &["kind", "registry"];
    /// PHP's composer.
    Composer = "composer", &["state", "environment"];
    /// conda-meta.
    Conda = "conda", &["build", "channel", "environment"];
    /// Installed libraries of R.
    Cran = "cran", &["repository", "built", "environment"];
    /// Installed gems of Ruby.
    Gem = "gem", &["platform", "environment"];
    /// Modules that a Go program was built from.
    Go = "go", &["role", "sum"];
    /// Java archives.
    Java = "java", &["group", "archive"];
    /// Julia's manifests.
    Julia = "julia", &["uuid", "environment"];
    /// Lua's luarocks.
    Lua = "lua", &["environment"];
    /// Node's modules.
    Npm = "npm", &["state", "environment"];
    /// .NET's libraries.
    Nuget = "nuget", &["kind"];
    /// The operating system itself: its release, kernel, C library.
    Os = "os", &["kind"];
    /// Arch Linux' database.
    Pacman = "pacman", &["architecture", "base"];
    /// Perl's distributions.
    Perl = "perl", &["environment"];
    /// Python distributions' metadata.
    Pip = "pip", &["environment", "installer", "editable"];
    /// What Python projects ask for, which need not be installed.
    Requirements = "requirements", &["state", "constraint", "directory"];
    /// rpm's database.
    Rpm = "rpm", &["architecture", "source", "modularity"];
    /// Programs that tell their version in a file of their own, such as FreeSurfer and FSL.
    Tools = "tools", &["environment"];
}

/// The state of a package that only a lock file names: it does not count as installed.
pub const LOCKED: &str = "locked";
/// The state of a module of Node that is a link to a directory of the machine (`npm link`): no registry need have it.
pub const LINKED: &str = "linked";

/// What only one ecosystem records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
    /// A package of any other ecosystem.
    Other {
        /// Which one.
        of: Ecosystem,
        /// One value for each of [`Ecosystem::columns`].
        values: Vec<String>,
    },
}

/// What a package says of itself, beyond what tells it from others; empty where its database does not keep it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Declared {
    /// Its licence, in its own words. Of dpkg's packages it is read for lists of parts alone: licences that all hold, each
    /// on a line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// Who made or packed it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub supplier: String,
    /// Digest of the package as it was fetched: `sha256:…`, the digits in lower case.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
    /// The versions of Python that it runs on (`Requires-Python`), as specifiers of PEP 440.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub python: String,
    /// Names of the packages that it needs, as its ecosystem writes names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<String>,
    /// Whether a person asked for it, or it came because another needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested: Option<bool>,
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
    /// What it says of itself.
    #[serde(default)]
    pub declared: Declared,
    /// What its ecosystem records besides.
    pub details: Details,
}

impl Ecosystem {
    /// Whether its packages are made for one system, so that another release of it may not have the same versions.
    pub fn is_of_system(self) -> bool {
        matches!(self, Ecosystem::Apk | Ecosystem::Apt | Ecosystem::Pacman | Ecosystem::Rpm)
    }

    /// Whether its packages stand in the tables across ecosystems and images. What an image stands on, its system, is
    /// no package of it; it has a file of its own and its place in the lists of parts. What projects only ask for has a
    /// file of its own too.
    pub fn is_compared(self) -> bool {
        !matches!(self, Ecosystem::Os | Ecosystem::Requirements)
    }
}

impl Package {
    /// The ecosystem it belongs to.
    pub fn ecosystem(&self) -> Ecosystem {
        match self.details {
            Details::Apt { .. } => Ecosystem::Apt,
            Details::Conda { .. } => Ecosystem::Conda,
            Details::Pip { .. } => Ecosystem::Pip,
            Details::Other { of, .. } => of,
        }
    }

    /// What only its ecosystem records: one value for each of [`Ecosystem::columns`].
    pub fn values(&self) -> Vec<&str> {
        match &self.details {
            Details::Apt { architecture, source, source_version, status } => {
                vec![architecture, source, source_version, status]
            }
            Details::Conda { build, channel, environment } => vec![build, channel, environment],
            Details::Pip { environment, installer, editable } => {
                vec![environment, installer, if *editable { "yes" } else { "no" }]
            }
            Details::Other { values, .. } => values.iter().map(String::as_str).collect(),
        }
    }

    /// What a column of its ecosystem says; empty when the ecosystem has no such column.
    pub fn value(&self, column: &str) -> &str {
        let at = self.ecosystem().columns().iter().position(|name| *name == column);
        at.and_then(|at| self.values().get(at).copied()).unwrap_or_default()
    }

    /// Name of the source package it was built from; empty where its ecosystem knows none.
    pub fn source_name(&self) -> &str {
        match (&self.details, self.ecosystem()) {
            (Details::Apt { source, .. }, _) => source,
            (_, Ecosystem::Apk) => self.value("origin"),
            (_, Ecosystem::Pacman) => self.value("base"),
            // `NAME-VERSION-RELEASE.src.rpm`; neither version nor release has a hyphen.
            (_, Ecosystem::Rpm) => self.value("source").rsplitn(3, '-').nth(2).unwrap_or_default(),
            _ => "",
        }
    }

    /// Whether it is really there: dpkg also keeps entries of packages that are not, or not wholly, and lock files name
    /// what is to be installed.
    pub fn is_installed(&self) -> bool {
        match &self.details {
            Details::Apt { status, .. } => status.split(' ').next_back() == Some("installed"),
            Details::Conda { .. } | Details::Pip { .. } => true,
            Details::Other { .. } => self.value("state") != LOCKED,
        }
    }

    /// The name by which the ecosystem takes two packages for the same: for pip its normalized name (PEP 503: lower
    /// case, runs of `-`, `_` and `.` as one `-`), for .NET and composer in lower case, else the name itself.
    pub fn normalized_name(&self) -> Cow<'_, str> {
        match self.ecosystem() {
            Ecosystem::Pip | Ecosystem::Requirements => Cow::Owned(pep_503(&self.name)),
            // Without regard to case: .NET's own rule, composer writes lower case anyway.
            Ecosystem::Nuget | Ecosystem::Composer => Cow::Owned(self.name.to_lowercase()),
            _ => Cow::Borrowed(&self.name),
        }
    }
}

/// What became of a file since its package was installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackageFileState {
    /// A package owns it, and nothing says that it changed.
    Owned,
    /// A package owns it, and its content is another one.
    Changed,
    /// A package owns it, and it is not there.
    Missing,
    /// No package owns it.
    Unowned,
}

/// A file, and the package that owns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageFile {
    /// From the root of the tree.
    pub path: String,
    /// What became of it.
    pub state: PackageFileState,
    /// The ecosystem of the package that owns it.
    pub ecosystem: Option<Ecosystem>,
    /// The name of that package.
    pub package: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// The digest that the package's list has: `md5:…`.
    pub expected: Option<String>,
    /// The digest of the same kind that the file has, where it is another one.
    pub found: Option<String>,
    /// Whether the package marks it as configuration, which people are meant to change.
    pub configuration: bool,
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
    fn a_source_package_is_told_where_there_is_one() {
        let of = |ecosystem, values: &[&str]| Package {
            name: "libssl3".into(),
            version: "1".into(),
            purl: String::new(),
            found_at: String::new(),
            layer: None,
            declared: Declared::default(),
            details: Details::Other { of: ecosystem, values: values.iter().map(|it| (*it).to_owned()).collect() },
        };
        assert_eq!(of(Ecosystem::Rpm, &["x86_64", "openssl-3.0.7-24.el9.src.rpm", ""]).source_name(), "openssl");
        assert_eq!(of(Ecosystem::Rpm, &["x86_64", "odd", ""]).source_name(), "");
        assert_eq!(of(Ecosystem::Apk, &["x86_64", "openssl"]).source_name(), "openssl");
        assert_eq!(of(Ecosystem::Npm, &["", "/app"]).source_name(), "");
    }

    #[test]
    fn only_python_names_are_normalized() {
        let named = |details| Package {
            name: "Zope._-Interface".into(),
            version: "1".into(),
            purl: String::new(),
            found_at: String::new(),
            layer: None,
            declared: Declared::default(),
            details,
        };
        let (build, channel, environment) = (String::new(), String::new(), String::new());
        let conda = named(Details::Conda { build, channel, environment: environment.clone() });
        let pip = named(Details::Pip { environment, installer: String::new(), editable: false });
        assert_eq!(pip.normalized_name(), "zope-interface");
        assert_eq!(conda.normalized_name(), "Zope._-Interface");
    }
}
