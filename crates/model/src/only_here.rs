//! What is on a disk and in no registry, and the kit that carries it to another engine.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Network, RegistryState};

/// What no registry has: all volumes, images that were made on this disk, containers that changed their files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnlyHere {
    /// Every volume.
    pub volumes: Vec<VolumeOnlyHere>,
    /// Images that no registry is known to have.
    pub images: Vec<ImageOnlyHere>,
    /// Containers with changes of their own.
    pub containers: Vec<ContainerOnlyHere>,
    /// Bytes of all of it as far as they are known, each layer once, with the images that the containers are made from.
    pub size: u64,
    /// How many of these things have no known size.
    pub without_size: u64,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeOnlyHere {
    /// Its name.
    pub name: String,
    /// Made by the engine for an image's `VOLUME`, not by a person.
    pub anonymous: bool,
    /// Sum of its files' sizes; `None` when it cannot be walked to its end.
    pub size: Option<u64>,
    /// Number of files and directories; `None` likewise.
    pub files: Option<u64>,
    /// Names of the containers that mount it.
    pub used_by: Vec<String>,
}

/// An image that no registry is known to have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageOnlyHere {
    /// Its id.
    pub id: String,
    /// Id of its store.
    pub store: String,
    /// Its names.
    pub names: Vec<String>,
    /// What registries have of it; `None` where nothing tells.
    pub registry: Option<RegistryState>,
    /// Sum of its layers, unpacked.
    pub size: Option<u64>,
}

/// A container that changed its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerOnlyHere {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Id of its store.
    pub store: String,
    /// The image as the person named it.
    pub image: Option<String>,
    /// Sum of the files in its own layer; `None` when that cannot be walked to its end.
    pub size: Option<u64>,
    /// Number of files and directories in it; `None` likewise.
    pub files: Option<u64>,
}

/// What a selection weighs, before it is taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Number of objects; of images the number of layers.
    pub entries: u64,
    /// Bytes of their content, each file and each layer once. Packing and holes make an archive smaller.
    pub bytes: u64,
    /// The same without the holes of large files.
    pub data: u64,
    /// How many of them have no known size.
    pub without_size: u64,
}

/// What is in a move kit: its `kit.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KitContents {
    /// Version of Careen.
    pub careen: String,
    /// What the disk is called.
    pub disk: String,
    /// The archive of images, by its path in the kit.
    pub images_file: Option<String>,
    /// Ids of the images in it.
    pub images: Vec<String>,
    /// Containers that changed their files.
    pub containers: Vec<KitContainer>,
    /// Volumes that are made again.
    pub volumes: Vec<KitVolume>,
    /// Networks that are made again.
    pub networks: Vec<Network>,
    /// Compose files.
    pub compose: Vec<KitComposeFile>,
}

/// A container in a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitContainer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of the image with its changes; `None` when it cannot be made one.
    pub image: Option<String>,
    /// In place of an image the archive of its changes, by its path in the kit.
    pub file: Option<String>,
}

/// A volume in a kit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitVolume {
    /// Its name.
    pub name: String,
    /// Its driver.
    pub driver: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Options of the driver.
    pub options: BTreeMap<String, String>,
    /// The archive of its content, by its path in the kit; `None` when it could not be read.
    pub file: Option<String>,
    /// Whether the script fills it: not one whose content lies elsewhere, such as on a server.
    pub is_filled: bool,
}

/// A compose file of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KitComposeFile {
    /// The project.
    pub project: String,
    /// Where it lay.
    pub source: String,
    /// Its path in the kit; `None` when it is not on this disk.
    pub file: Option<String>,
}
