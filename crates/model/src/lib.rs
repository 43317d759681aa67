//! What Careen finds, as plain data: the JSON contract of `survey --json` and of the list commands.
//!
//! These types know nothing of bytes, formats or browsers. Every reader reports in them, the page and the
//! command line show them, and `report` writes them. Unknown is `None`, never a guess; times are RFC 3339 UTC;
//! ids are written as Docker writes them.

mod build_cache;
pub mod causes;
mod change;
pub mod codes;
mod comparison;
mod container;
mod container_details;
mod cross_check;
mod difference;
mod disk;
mod doctor;
mod engine;
mod file;
mod finding;
mod history;
mod host;
mod image;
mod log;
mod network;
mod only_here;
mod package;
mod place;
mod progress;
mod rebuilt;
mod search;
mod side_by_side;
mod space;
mod store_contents;
mod survey;
mod time;
mod timeline;
mod verified;
mod volume;

pub use build_cache::{BuildCache, BuildCacheRecord, BuildRecord, BuildSteps};
pub use causes::{Cause, ErrorText};
pub use change::{Change, ChangeKind};
pub use comparison::{
    CommonPackage, Comparison, Drift, ImagePackages, Matrix, MatrixRow, StandardChoice, StandardReason, UniquePackage,
};
pub use container::{Compose, Container, ContainerState};
pub use container_details::{
    ComposeProject, ContainerDetails, DetailedContainer, Endpoint, EnvironmentVariable, Health, HealthResult,
    LogSettings, Mount, PublishedPort, ResourceLimits, RestartPolicy,
};
pub use cross_check::{CrossCheck, Difference, DifferenceKind, NotCompared};
pub use difference::{Aspect, Differences, FileDifference, PackageDifference, SettingDifference};
pub use disk::{DiskSnapshot, DiskSummary, Filesystem, FilesystemState, JournalReplay, Partition, PartitionScheme};
pub use doctor::{Contents, Diagnosis, Doctor, Sureness};
pub use engine::{Plugin, Swarm, SwarmManager};
pub use file::{FileEntry, FileType, FileVersion};
pub use finding::{Code, Finding, Language, Severity};
pub use history::HistoryStep;
pub use host::{EnginePackage, Host, HostUser};
pub use image::{Hidden, Image, ImageKind, ImageState, Layer, LayerOfImage, LayerState, Registry, RegistryState};
pub use log::{LogLine, LogPage, LogPosition, LogStream};
pub use network::{Network, NetworkMember, Subnet};
pub use only_here::{
    ContainerOnlyHere, ImageOnlyHere, KitComposeFile, KitContainer, KitContents, KitVolume, OnlyHere, VolumeOnlyHere,
    Weight,
};
pub use package::{Declared, Details, Ecosystem, LINKED, LOCKED, Package, PackageFile, PackageFileState};
pub use place::Place;
pub use progress::{Progress, Stage};
pub use rebuilt::{NotRebuilt, Rebuilt, RebuiltFile, RebuiltKind};
pub use search::{Hit, HitKind};
pub use side_by_side::{DiskAtAGlance, Holding, LastUse, SideBySide, SignOfUse};
pub use space::{Area, AreaKind, Compaction, FilesystemSpace, ImageSpace, Prune, Space};
pub use store_contents::{
    ContainerdContainer, ContainerdContents, ContainerdNamespace, ContentBlob, DatabaseState, Ingest, Lease, Sandbox,
    SnapshotRow, StoreContents, VerifiedBlob,
};
pub use survey::{Store, StoreKind, Survey};
pub use time::Timestamp;
pub use timeline::{Event, EventKind, Happening};
pub use verified::{DamagedFile, Exactness, Verified, VerifiedImage, VerifiedLayer};
pub use volume::{HeldDatabase, Volume, VolumeMount};
