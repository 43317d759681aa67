//! What differs between two images, containers, layers or other parts of a disk.

use serde::{Deserialize, Serialize};

use crate::{ChangeKind, Ecosystem};

/// What differs between two things. `second` is compared with `first`: a package or file that only `second` has was
/// added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// The scope of the one.
    pub first: String,
    /// The scope of the other.
    pub second: String,
    /// Packages, by ecosystem and name.
    pub packages: Vec<PackageDifference>,
    /// Settings of images and containers, by name.
    pub configuration: Vec<SettingDifference>,
    /// Files, in the order of a walk.
    pub files: Vec<FileDifference>,
}

/// A package that is not in both at the same version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageDifference {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Name as in the matrix.
    pub package: String,
    /// Versions in the one, joined by ` | `; `None` when it is not there.
    pub first: Option<String>,
    /// Versions in the other.
    pub second: Option<String>,
}

/// A setting that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingDifference {
    /// Names from the outside in, with dots between them, as `docker inspect` has them; a variable of the environment is
    /// `Config.Env.NAME`.
    pub setting: String,
    /// Its value in the one, a text as it is and anything else as JSON; `None` when it is not set.
    pub first: Option<String>,
    /// Its value in the other.
    pub second: Option<String>,
}

/// A file that is not the same in both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDifference {
    /// Added, changed or deleted. Of a directory that is in one alone, only itself is told.
    pub kind: ChangeKind,
    /// Path from the root, invalid UTF-8 as U+FFFD.
    pub path: String,
    /// The path's bytes, when it is no valid UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path_hex: Option<String>,
    /// What of it differs; empty for what is in one alone.
    pub what: Vec<Aspect>,
}

/// What can differ of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// Another kind: a directory in place of a file.
    Type,
    /// Other bytes.
    Content,
    /// Another target of a symbolic link.
    Target,
    /// Other permissions.
    Mode,
    /// Another owner or group.
    Owner,
    /// Another device number.
    Device,
    /// Other extended attributes.
    Attributes,
}

impl Aspect {
    /// The word of the JSON.
    pub fn word(self) -> &'static str {
        match self {
            Aspect::Type => "type",
            Aspect::Content => "content",
            Aspect::Target => "target",
            Aspect::Mode => "mode",
            Aspect::Owner => "owner",
            Aspect::Device => "device",
            Aspect::Attributes => "attributes",
        }
    }
}
