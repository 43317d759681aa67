//! Building blocks of the pages. They know tables, panes and badges, not disks.

mod copy;
mod detail;
mod drop_zone;
mod failure;
mod folder;
mod hex;
mod icon;
mod severity;
mod status;
pub mod table;
mod treemap;

pub use copy::{CopyButton, copy_text};
pub use detail::{Detail, Facts, Split, fact};
pub use drop_zone::{DropZone, files_of};
pub use failure::{Empty, FailureBox, failure_text};
pub use folder::{FolderFiles, dropped_folder, picked_folder, read_folder};
pub use hex::HexView;
pub use icon::{Icon, icon};
pub use severity::{SeverityMark, severity_name};
pub use status::Status;
pub use treemap::{Area as MapArea, squarify};
