//! Lists that may be too long for the page: it asks for the stretch it shows.

use careen_model::{Change, Event, EventKind, FileEntry, Package};
use serde::{Deserialize, Serialize};

/// A list that the worker sorts and filters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum List {
    /// The names in a directory.
    Directory {
        /// Scope as the command line writes it.
        scope: String,
        /// The directory's path within the scope, as bytes.
        path: Vec<u8>,
        /// How it is sorted.
        order: Order<FileColumn>,
    },
    /// The packages collected so far.
    Packages {
        /// Only of the image with this id.
        image_id: Option<String>,
        /// How it is sorted.
        order: Order<PackageColumn>,
    },
    /// What happened, by time.
    Timeline {
        /// Only events of this kind.
        kind: Option<EventKind>,
        /// Only of this scope, and of its files.
        scope: Option<String>,
        /// The newest first.
        descending: bool,
    },
    /// What a container changed.
    Changes {
        /// The container's id.
        container: String,
        /// How it is sorted.
        order: Order<ChangeColumn>,
    },
}

/// What a list is sorted by; rows that are equal there stay in their natural order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order<C> {
    /// Column.
    pub by: C,
    /// Largest first.
    pub descending: bool,
}

/// Columns a directory can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileColumn {
    /// Directories first, names in byte order.
    Name,
    /// Length of regular files.
    Size,
    /// Last change of the content.
    Modified,
    /// Permission bits.
    Mode,
    /// User, then group.
    Owner,
}

/// Columns the packages can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PackageColumn {
    /// The image's column name.
    Image,
    /// Ecosystem.
    Ecosystem,
    /// Package name.
    Package,
    /// Version, as text.
    Version,
    /// Layer that brought it, an image's lowest first.
    Layer,
    /// Database it was found in.
    FoundAt,
}

/// Columns the changes of a container can be sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeColumn {
    /// Byte order of the paths, each directory before what it holds.
    Path,
    /// Added, changed, deleted.
    Kind,
}

/// A package and the image it stands in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackageRow {
    /// The image's column name.
    pub image: String,
    /// The image's full id.
    pub image_id: String,
    /// The package.
    pub package: Package,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileRow {
    /// Its whole path within the scope, as bytes.
    pub path: Vec<u8>,
    /// What it is; `None` when its metadata cannot be read (a finding says why).
    pub entry: Option<FileEntry>,
}

/// Rows of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rows {
    /// Of a directory.
    Files(Vec<FileRow>),
    /// Of the packages.
    Packages(Vec<PackageRow>),
    /// Of the timeline.
    Events(Vec<Event>),
    /// Of a container's changes.
    Changes(Vec<Change>),
}
