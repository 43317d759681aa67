//! What Docker keeps on a disk: data roots, and in them images, layers, containers, volumes and networks.
//!
//! [`find_roots`] tells the data roots of a filesystem by what directories contain; [`ClassicStore`] reads Docker's own
//! records of one, [`ContainerdStore`] the images and layers of one that containerd keeps; [`MergedTree`] shows the layers
//! of an image or a container as the kernel's overlayfs does.
//!
//! Sources: moby and containerd as named in each module; records are read without any database where one is broken.

pub mod bbolt;
mod changes;
mod classic;
mod containerd;
mod digest;
mod engine_id;
mod image_config;
mod logs;
pub mod overlay;
mod protobuf;
mod records;
mod roots;

pub use changes::{EmitChange, changes};
pub use classic::ClassicStore;
pub use classic::build_cache::complete as complete_build_cache;
pub use containerd::{Cleaned, ContainerdStore, LayerFiles, StackedLayer};
pub use logs::{ContainerLog, LogReader, LogRecord};
pub use overlay::{MergedTree, Version};
pub use roots::{DataRoot, find_roots};
