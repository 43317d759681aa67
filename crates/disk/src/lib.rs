//! The bytes a guest saw on its disk, and the ranges that disk is divided into.
//!
//! [`open`] turns a disk file into a source of the virtual disk's bytes: VHDX ([MS-VHDX]), qcow2 versions 2 and 3
//! (qemu's `docs/interop/qcow2`), and plain raw. The format is told by content, never by name. [`partitions`] reads
//! MBR and GPT; [`probe`] says what lies in a range.
//!
//! Promised: no panic on any bytes; tables are read in pages and never held whole; a block or cluster whose place is
//! missing from the file is an error when it is read, never zeros, and counted in a finding on opening.
//!
//! Not handled, refused by name: backing and external data files, encrypted
//! qcow2, the formats VHD, VMDK, VDI and qcow version 1, and archives.
//!
//! [MS-VHDX]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/

mod detect;
mod gpt;
mod guid;
mod mapped;
mod mbr;
mod partition;
mod probe;
mod qcow2;
mod vhdx;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};

pub use partition::{Partitions, Range, partitions};
pub use probe::{Content, probe};

/// What kind of file holds the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The disk's bytes one after another.
    Raw,
    /// Microsoft's VHDX, fixed or dynamic.
    Vhdx,
    /// QEMU's qcow2, version 2 or 3.
    Qcow2,
}

impl Format {
    /// Its name in the overview.
    pub fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Vhdx => "vhdx",
            Format::Qcow2 => "qcow2",
        }
    }
}

/// An open virtual disk.
pub struct Disk {
    /// What kind of file it is.
    pub format: Format,
    /// Bytes the guest saw.
    pub virtual_size: u64,
    /// Bytes of the sectors the guest counted in: 512 or 4096.
    pub sector_size: u64,
    /// Identity the disk carries, where its format has one: the virtual disk id of a VHDX file.
    pub identifier: Option<String>,
    /// Identity of the state of its bytes, where its format has one: the data-write GUID of a VHDX file, which changes
    /// with the bytes and by which a differencing disk knows its parent.
    pub data_write_id: Option<String>,
    /// The bytes the guest saw, from the start of the disk.
    pub source: Rc<dyn ByteSource>,
}

/// Sector size of disks whose format does not record one.
const DEFAULT_SECTOR: u64 = 512;

/// A file that another disk may have been made upon.
pub struct ParentFile {
    /// Its file name.
    pub name: String,
    /// Its bytes.
    pub source: Rc<dyn ByteSource>,
}

/// Opens the disk that `source` is the file of.
///
/// An error of kind `Unsupported` names what was found when it is no format that is read; `NeedsFile` says which file
/// the disk was made upon; `Corrupt` when nothing of the disk can be reached. All lesser damage is a finding.
pub fn open(
    source: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    open_with(source, &[], place, limits, findings)
}

/// Opens a disk together with the files it may have been made upon, in any order; those it does not need are not
/// read. A chain is followed through as many of them as it names.
pub fn open_with(
    source: Rc<dyn ByteSource>,
    parents: &[ParentFile],
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    match detect::detect(&*source, place)? {
        Format::Vhdx => vhdx::open(source, parents, place, limits, findings),
        Format::Qcow2 => qcow2::open(source, place, limits, findings),
        Format::Raw => Ok(Disk {
            format: Format::Raw,
            virtual_size: source.len(),
            sector_size: DEFAULT_SECTOR,
            identifier: None,
            data_write_id: None,
            source,
        }),
    }
}
