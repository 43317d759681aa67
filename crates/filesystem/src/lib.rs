//! ext2, ext3 and ext4: a byte source as a tree of files.
//!
//! Written to the kernel's documentation ("ext4 Data Structures and Algorithms", `Documentation/filesystems/ext4`);
//! where that is silent, to the kernel's own source, which each module names. Read-only: a journal that has to be
//! replayed is replayed in memory.
//!
//! Promised: every structure that carries a checksum is verified; what is wrong becomes a finding and reading goes
//! on; what cannot be read is an error, never zeros; no panic, and work and memory bounded by
//! [`Limits`](careen_evidence::Limits), on any bytes.
//!
//! Not handled: journals on another disk, the content of encrypted files. Each of them is told.

mod acl;
mod backup;
mod bitmap;
mod block_map;
mod check;
mod checksum;
mod content;
#[cfg(test)]
mod damage_tests;
mod directory;
mod extents;
mod external;
mod fast;
mod features;
mod group;
mod htree;
mod inline;
mod inode;
mod journal;
mod mapping;
mod patched;
mod rebuild;
mod recent;
mod recovery;
mod salvage;
mod scan;
mod superblock;
mod symlink;
#[cfg(test)]
mod test_image;
mod tree;
mod usage;
mod view;
mod volume;
mod xattr;

pub use tree::Ext4;
pub use usage::{Allocated, Overhead, Shared, Usage};
