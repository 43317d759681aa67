//! What a search of a disk finds.

use serde::{Deserialize, Serialize};

use crate::{Ecosystem, FileType};

/// What a hit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// An image, by a name, a digest or the beginning of its id.
    Image,
    /// A container, by its name or the beginning of its id.
    Container,
    /// A volume, by its name.
    Volume,
    /// A network, by its name or the beginning of its id.
    Network,
    /// A finding, by its code, its place or its sentence.
    Finding,
    /// A package, by its name.
    Package,
    /// A file, directory, link or device, by its name or path.
    File,
    /// Text in a file.
    Text,
}

impl HitKind {
    /// The word of JSON.
    pub fn word(self) -> &'static str {
        match self {
            HitKind::Image => "image",
            HitKind::Container => "container",
            HitKind::Volume => "volume",
            HitKind::Network => "network",
            HitKind::Finding => "finding",
            HitKind::Package => "package",
            HitKind::File => "file",
            HitKind::Text => "text",
        }
    }
}

/// One hit. Absent fields do not apply to its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// What it is.
    pub kind: HitKind,
    /// Where it can be opened, as the command line writes it; `None` for findings and networks.
    pub scope: Option<String>,
    /// What it is called: a name of an image, the code of a finding, the last name of a path.
    pub name: String,
    /// From the root of the scope, bytes that are not UTF-8 as U+FFFD; of a package the database that names it, of a
    /// finding its place.
    pub path: Option<String>,
    /// The path's bytes in hexadecimal, when it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
    /// Kind of object, of files.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub file_type: Option<FileType>,
    /// Chain id of the layer it lies in, where a layer was searched for all images that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// Further images that show the same object at the same path. With `layer` and neither these nor an image as scope,
    /// every image hides it: a layer above covers or deletes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_in: Vec<String>,
    /// Ecosystem, of packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<Ecosystem>,
    /// Version, of packages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Line of text, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Byte of the file at which the text begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// What stands around it, control characters made visible; of a finding its sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
    /// The file holds zero bytes at its beginning: only its first hit is told, without line and excerpt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
    /// The last hit of a file that has more than are told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl Hit {
    /// A hit of which only this is known so far.
    pub fn new(kind: HitKind, scope: Option<String>, name: String) -> Hit {
        Hit {
            kind,
            scope,
            name,
            path: None,
            path_hex: None,
            file_type: None,
            layer: None,
            also_in: Vec::new(),
            ecosystem: None,
            version: None,
            line: None,
            offset: None,
            excerpt: None,
            binary: false,
            more: false,
        }
    }
}
