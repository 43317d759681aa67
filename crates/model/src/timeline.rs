//! What happened, and when, as the disk tells it.

use serde::{Deserialize, Serialize};

/// What an event is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A filesystem of the disk.
    Filesystem,
    /// An image.
    Image,
    /// A container.
    Container,
    /// A health check of a container.
    Health,
    /// The log of a container.
    Log,
    /// A volume.
    Volume,
    /// Packages of an image or a container.
    Package,
    /// A file.
    File,
}

impl EventKind {
    /// In the order they are offered.
    pub const ALL: [EventKind; 8] = [
        EventKind::Filesystem,
        EventKind::Image,
        EventKind::Container,
        EventKind::Health,
        EventKind::Log,
        EventKind::Volume,
        EventKind::Package,
        EventKind::File,
    ];

    /// The word of JSON and of the command line.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Filesystem => "filesystem",
            EventKind::Image => "image",
            EventKind::Container => "container",
            EventKind::Health => "health",
            EventKind::Log => "log",
            EventKind::Volume => "volume",
            EventKind::Package => "package",
            EventKind::File => "file",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// It was made.
    Created,
    /// It was given a name.
    Tagged,
    /// It started.
    Started,
    /// It ended; the detail is its exit code.
    Ended,
    /// A check passed.
    Healthy,
    /// A check failed; the detail is what it printed.
    Unhealthy,
    /// The first record of a log; the detail is its text.
    FirstLine,
    /// The last record of a log; the detail is its text.
    LastLine,
    /// Packages were worked on; the detail is apt's command.
    Command,
    /// A package was installed; the detail is its name and version.
    Installed,
    /// A package was upgraded; the detail is its name and both versions.
    Upgraded,
    /// A package was removed; the detail is its name and version.
    Removed,
    /// It was mounted.
    Mounted,
    /// It was written to; of a file the detail is its path.
    Written,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    /// When: RFC 3339, UTC. The logs of dpkg and apt do not say their time zone; UTC is what containers have.
    pub time: String,
    /// What it is of.
    pub kind: EventKind,
    /// Where: a scope as the command line writes it, by name.
    pub scope: String,
    /// What happened.
    pub what: Happening,
    /// What is known besides.
    pub detail: Option<String>,
}
