//! Why something could not be read.

use std::fmt;

use careen_model::Place;

/// The kinds of failure; they differ in what the reader does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The medium failed: the file is gone, changed, locked or shorter than it says.
    Io(String),
    /// Legal, but not handled; names the feature.
    Unsupported(String),
    /// The bytes are wrong: structure, field and value, and what was expected instead.
    Corrupt(String),
    /// A claim on the disk goes beyond a safety limit.
    OverLimit(String),
    /// What was asked for is not on the disk, which is no damage.
    NotThere(String),
    /// Another file is needed as well.
    NeedsFile(NeedsFile),
    /// The person asked to stop.
    Cancelled,
}

/// A file without which the one at hand cannot be read: what it was made upon, or other parts of the same disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsFile {
    /// The sentence for people.
    pub reason: String,
    /// Whether parts of the disk itself are wanted (every one of `names`) and not a disk it was made upon.
    pub is_part: bool,
    /// Where it was, as the file at hand says: paths, the most useful one first; none when they are lost. Of parts, the
    /// path of each that is missing.
    pub names: Vec<String>,
    /// Identities the file may have, as its format writes them; any one of them will do.
    pub linkages: Vec<String>,
}

/// A failure with its kind and place.
///
/// The text is a lower-case phrase without full stop, naming structure, field, value and expectation:
/// `qcow2 header: cluster_bits is 31, expected 9 to 21`. The place is printed before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// Where.
    pub place: Place,
}

impl ReadError {
    /// A failure of this kind at this place.
    pub fn new(kind: ErrorKind, place: Place) -> Self {
        ReadError { kind, place }
    }

    /// The bytes at `place` are wrong.
    pub fn corrupt(place: &Place, what: impl fmt::Display) -> Self {
        ReadError::new(ErrorKind::Corrupt(what.to_string()), place.clone())
    }

    /// What lies at `place` is legal, but not handled.
    pub fn unsupported(place: &Place, feature: impl fmt::Display) -> Self {
        ReadError::new(ErrorKind::Unsupported(feature.to_string()), place.clone())
    }

    /// The medium under `place` failed.
    pub fn io(place: &Place, what: impl fmt::Display) -> Self {
        ReadError::new(ErrorKind::Io(what.to_string()), place.clone())
    }

    /// A claim at `place` goes beyond a safety limit.
    pub fn over_limit(place: &Place, what: impl fmt::Display) -> Self {
        ReadError::new(ErrorKind::OverLimit(what.to_string()), place.clone())
    }

    /// What was asked for is not at `place`.
    pub fn not_there(place: &Place, what: impl fmt::Display) -> Self {
        ReadError::new(ErrorKind::NotThere(what.to_string()), place.clone())
    }

    /// Whether the person asked to stop; such an error is passed on and never becomes a finding.
    pub fn is_cancelled(&self) -> bool {
        self.kind == ErrorKind::Cancelled
    }

    /// The reason without the place.
    pub fn reason(&self) -> &str {
        match &self.kind {
            ErrorKind::Io(text)
            | ErrorKind::Unsupported(text)
            | ErrorKind::Corrupt(text)
            | ErrorKind::OverLimit(text)
            | ErrorKind::NotThere(text) => text,
            ErrorKind::NeedsFile(needs) => &needs.reason,
            ErrorKind::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.as_str().is_empty() {
            out.write_str(self.reason())
        } else {
            write!(out, "{}: {}", self.place, self.reason())
        }
    }
}

impl std::error::Error for ReadError {}
