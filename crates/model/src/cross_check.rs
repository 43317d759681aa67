//! What a second reader says of the same files.

use serde::{Deserialize, Serialize};

/// Files read by two readers that share no code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrossCheck {
    /// The other reader and its version.
    pub reader: String,
    /// Regular files that both were asked for.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// How many gave the same sha256.
    pub same: u64,
    /// How many did not.
    pub different: u64,
    /// How many of those are explained by what the other reader is known to get wrong.
    pub explained: u64,
    /// Those that differ, the first thousand of them.
    pub differences: Vec<Difference>,
    /// What was not compared, and why.
    pub not_compared: Vec<NotCompared>,
}

impl CrossCheck {
    /// Adds what was compared of something else.
    pub fn add(&mut self, other: CrossCheck) {
        self.reader = other.reader;
        for (sum, more) in [
            (&mut self.files, other.files),
            (&mut self.bytes, other.bytes),
            (&mut self.same, other.same),
            (&mut self.different, other.different),
            (&mut self.explained, other.explained),
        ] {
            *sum = sum.saturating_add(more);
        }
        self.differences.extend(other.differences);
        self.not_compared.extend(other.not_compared);
    }
}

/// A file that is not the same to both readers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Id of the filesystem.
    pub filesystem: u32,
    /// Its path there; bytes that are not UTF-8 as U+FFFD.
    pub path: String,
    /// sha256 as Careen reads it; `None` when it cannot be read.
    pub ours: Option<String>,
    /// sha256 as the other reader reads it; `None` when it gives none.
    pub theirs: Option<String>,
    /// Why.
    pub kind: DifferenceKind,
    /// The same in a sentence.
    pub reason: String,
}

/// Why two readers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// Blocks that were allocated and never written are zeros; the other reader gives what lay there before.
    UnwrittenExtent,
    /// The other reader gives fewer bytes than the file has.
    Shorter,
    /// Fast commits of the journal are not in what the other reader was given.
    FastCommits,
    /// The other reader refuses the file, and says why.
    Refused,
    /// Careen cannot read it, and says why.
    NotReadable,
    /// Nothing known explains it: one of the readers is wrong.
    Unexplained,
}

impl DifferenceKind {
    /// Whether it is known that, and why, the other reader is wrong or silent here.
    pub fn is_explained(self) -> bool {
        !matches!(self, DifferenceKind::Unexplained | DifferenceKind::NotReadable)
    }
}

/// Something that was not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCompared {
    /// A scope or a path.
    pub what: String,
    /// Why.
    pub reason: String,
}
