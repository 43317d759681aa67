//! One function a format, each of which takes any bytes and must come back: no panic, no endless loop, no memory out of
//! proportion.
//!
//! `cargo +nightly fuzz run ext4` looks for bytes that break one. What it finds is kept small (`cargo fuzz tmin`) and
//! saved as `tests/bad_inputs/<target>/<what was learned>`; from then on the ordinary tests replay it.
//!
//! Disks are large and mostly empty, so the targets that take one read a list of pieces: see [`sparse`]. Where a
//! checksum would stop every change at the door, the function writes the right one before it lets the reader in.

mod archive;
mod disk;
mod filesystem;
mod packages;
pub mod sparse;
mod store;

use careen_evidence::Limits;

pub use archive::{layer, tar, tar_gz, tar_split};
pub use disk::{mbr_gpt, qcow2, vhd, vhdx, vmdk};
pub use filesystem::{ext4, journal};
pub use packages::{apk, conda, dpkg, java, program, python, records, rpm};
pub use store::{bbolt, containerd, log, overlay};

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("vhdx", vhdx),
    ("qcow2", qcow2),
    ("vhd", vhd),
    ("vmdk", vmdk),
    ("mbr_gpt", mbr_gpt),
    ("ext4", ext4),
    ("journal", journal),
    ("tar", tar),
    ("tar_gz", tar_gz),
    ("tar_split", tar_split),
    ("layer", layer),
    ("bbolt", bbolt),
    ("containerd", containerd),
    ("log", log),
    ("overlay", overlay),
    ("dpkg", dpkg),
    ("python", python),
    ("conda", conda),
    ("rpm", rpm),
    ("apk", apk),
    ("program", program),
    ("java", java),
    ("records", records),
];

/// Far below the usual limits, so that an input that needs much time or memory stands out.
const LIMITS: Limits = Limits { bytes: 16 << 20, entries: 1 << 18, depth: 256 };
