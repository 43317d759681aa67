//! What all readers share: how bytes are asked for, what a tree of files is, how errors and findings are told.
//!
//! This crate knows no format, does no input or output and has never heard of a browser. A reader takes a
//! [`ByteSource`] or a [`FileTree`] together with the [`Place`] it stands for, and gives another one:
//! disk → partition → filesystem → store → merged tree → packages.
//!
//! Two rules hold for every reader. An error is returned only when nothing useful remains; everything else that
//! is wrong becomes a finding and reading goes on. And a count, size or offset read from a disk is a claim until
//! it has been compared with the room there is ([`Limits`]).

mod cancel;
mod error;
mod fields;
mod findings;
mod limits;
mod memory_tree;
mod pairs;
mod source;
mod subtree;
mod tree;
mod walk;

pub use cancel::CancelToken;
pub use careen_model::{Code, Place, codes};
pub use error::{ErrorKind, NeedsFile, ReadError};
pub use fields::Fields;
pub use findings::{Findings, kept};
pub use limits::Limits;
pub use memory_tree::MemoryTree;
pub use pairs::{Pair, pairs};
pub use source::{ByteSource, Cached, Counted, Counts, Window, check_range, read_vec};
pub use subtree::SubTree;
pub use tree::{Entry, FileTree, Kind, NodeId, Stat, Xattrs, lookup_path, read_file, resolve_object, resolve_path};
pub use walk::{Step, Visit, Walk, Walked, walk, walk_from};
