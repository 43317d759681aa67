//! What Docker keeps on a disk.

pub mod overlay;

pub use overlay::MergedTree;
