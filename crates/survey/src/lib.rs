//! The order of things: disk → partitions → filesystems → stores → trees → packages, native and browser alike.
//!
//! This crate knows every reader and strings them together; none of them knows another. It has no file of its own, no
//! thread, no clock: the caller hands in a [`DiskFile`], asks for one piece of work after another and is told how far
//! each has come. It knows nothing of terminals, messages or pages.

mod around;
mod build_cache;
mod changes;
mod check;
mod copies;
mod cross_check;
mod details;
mod difference;
mod disk_report;
mod documents;
mod export;
mod folder;
mod host;
mod image_sources;
mod image_store;
mod in_use;
mod kit;
mod layers;
mod licenses;
pub mod list;
mod logs;
mod names;
mod only_here;
mod packages;
mod rebuild;
mod scope;
mod search;
mod session;
mod space;
mod timeline;
mod trees;
mod verify;
mod versions;
mod volumes;
mod weight;
mod witness;

pub use careen_archive::write::{
    Chunk, Export, Format as ArchiveFormat, ImageFormat, OnDamage, Packing, Piece, PieceState, Pieces, Summary,
};
pub use careen_disk::{is_later_piece, last_part};
pub use careen_report as report;
pub use changes::change;
pub use copies::{Directory, Lost};
pub use disk_report::ReportQuery;
pub use export::{ExportFormat, ExportRequest, Pick, archive_name};
pub use folder::{FolderFile, OpenFile, folder};
pub use kit::{Kit, KitPiece, KitRequest};
pub use logs::{LogFrom, LogQuery, Logs, log_line, log_stamp};
pub use rebuild::{Rebuild, RebuildRequest};
pub use scope::Scope;
pub use search::{Search, SearchQuery};
pub use session::{DiskFile, Observer, Opening, Options, Session};
pub use timeline::TimelineQuery;
