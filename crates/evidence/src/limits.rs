//! What one answer may cost at most, whatever the disk claims.

/// Upper bounds handed down to every reader. A healthy disk stays far below them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one structure or file that is read into memory whole (a JSON file, a directory, a table).
    pub bytes: u64,
    /// Entries of one list: names in a directory, runs in an extent tree, transactions in a journal, objects met on
    /// one walk.
    pub entries: u64,
    /// Nesting: directories, extent tree levels, layers.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 256 << 20, entries: 32 << 20, depth: 4096 }
    }
}
