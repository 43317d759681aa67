//! The bytes a guest saw on its disk, and the ranges that disk is divided into.
//!
//! [`open`] turns a disk file into a source of the virtual disk's bytes: VHDX ([MS-VHDX]), qcow2 versions 2 and 3
//! (qemu's `docs/interop/qcow2`), VHD, VMDK, and plain raw, whole or in pieces. The format is told by content, never by name.
//! [`partitions`] reads MBR and GPT; [`probe`] says what lies in a range.
//!
//! A disk may need other files: those it was made upon, and its own further parts. The caller hands over whatever files
//! are at hand ([`With`]), and they are told by their names and identities; what is missing is an error that names it.
//!
//! Promised: no panic on any bytes; tables are read in pages and never held whole; a block or cluster whose place is
//! missing from the file is an error when it is read, never zeros, and counted in a finding on opening.
//!
//! Not handled, refused by name: encrypted qcow2 and VMDK, the formats VDI and qcow version 1, and archives.
//!
//! [MS-VHDX]: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-vhdx/

mod beside;
mod detect;
mod gpt;
mod guid;
mod joined;
mod mapped;
mod mbr;
mod packed;
mod partition;
mod probe;
mod qcow2;
mod split;
mod vhd;
mod vhdx;
mod vmdk;

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError};

pub use beside::{NamedFile, last_part};
pub use partition::{Partitions, Range, partitions};
pub use probe::{Content, probe};
pub use split::is_later_piece;

use beside::Beside;

/// What kind of file holds the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The disk's bytes one after another.
    Raw,
    /// Microsoft's VHDX, fixed or dynamic.
    Vhdx,
    /// QEMU's qcow2, version 2 or 3.
    Qcow2,
    /// Microsoft's VHD, fixed, dynamic or differencing.
    Vhd,
    /// VMware's VMDK, in one file or several.
    Vmdk,
}

impl Format {
    /// Its name in the overview.
    pub fn name(self) -> &'static str {
        match self {
            Format::Raw => "raw",
            Format::Vhdx => "vhdx",
            Format::Qcow2 => "qcow2",
            Format::Vhd => "vhd",
            Format::Vmdk => "vmdk",
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
    /// Identity the disk carries, where its format has one: the virtual disk id of a VHDX file, the unique
    /// id of a VHD file.
    pub identifier: Option<String>,
    /// Identity of the state of its bytes, where its format has one: the data-write GUID of a VHDX file, which changes
    /// with the bytes and by which a differencing disk knows its parent.
    pub data_write_id: Option<String>,
    /// States of the disk that were kept inside the file, the internal snapshots of qcow2, in the file's order.
    pub snapshots: Vec<Snapshot>,
    /// The bytes the guest saw, from the start of the disk.
    pub source: Rc<dyn ByteSource>,
    /// Which pieces of it take room in the file, where the format can give such a piece back by itself: dynamic VHDX.
    pub pieces: Option<Rc<dyn Pieces>>,
}

/// The pieces a disk is stored in.
pub trait Pieces {
    /// Bytes in a piece.
    fn size(&self) -> u64;

    /// Number of pieces.
    fn count(&self) -> u64;

    /// Whether the piece with this number takes room in the file.
    fn is_stored(&self, number: u64) -> Result<bool, ReadError>;
}

/// Sector size of disks whose format does not record one.
const DEFAULT_SECTOR: u64 = 512;

/// A state of the disk that was kept inside its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What the program that made it counts it by; unique within the file.
    pub id: String,
    /// What people called it.
    pub name: String,
    /// When it was made, in seconds since 1970-01-01 UTC.
    pub created: u32,
    /// Nanoseconds that go with `created`, as the file gives them.
    pub nanoseconds: u32,
    /// Bytes the guest saw then.
    pub virtual_size: u64,
}

/// What a disk is opened with, besides its own file.
#[derive(Clone, Copy, Default)]
pub struct With<'a> {
    /// Files at hand, in any order: disks it may have been made upon, and its own further parts. Those it does not need
    /// are not read.
    pub files: &'a [NamedFile],
    /// The internal snapshot to read in place of the active state, by its name or id.
    pub snapshot: Option<&'a str>,
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
    open_with(source, &With::default(), place, limits, findings)
}

/// Opens a disk together with other files, or in the state of a snapshot. A chain of disks is followed through as many
/// of the files as it names. `place` ends with the name of the disk file: pieces of a split one are told by it.
pub fn open_with(
    source: Rc<dyn ByteSource>,
    with: &With<'_>,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    let mut beside = Beside::new(with.files);
    let file = NamedFile { name: place.as_str().to_owned(), source };
    open_layer(file, None, with.snapshot, &mut beside, place, limits, findings)
}

/// Opens one disk of a chain, in a format that is known or told by its content.
fn open_layer(
    file: NamedFile,
    format: Option<Format>,
    snapshot: Option<&str>,
    beside: &mut Beside,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Disk, ReadError> {
    beside.descend(place)?;
    let source = split::join(file, beside, place, findings)?;
    let format = match format {
        Some(format) => format,
        None => detect::detect(&*source, place)?,
    };
    if let (Some(snapshot), false) = (snapshot, format == Format::Qcow2) {
        let name = format.name();
        let what = format_args!("snapshot {snapshot:?} of a {name} disk, only qcow2 disks hold snapshots");
        return Err(ReadError::unsupported(place, what));
    }
    match format {
        Format::Vhdx => vhdx::open(source, &beside.files, place, limits, findings),
        Format::Qcow2 => qcow2::open(source, snapshot, beside, place, limits, findings),
        Format::Vhd => vhd::open(source, beside, place, limits, findings),
        Format::Vmdk => vmdk::open(source, beside, place, limits, findings),
        Format::Raw => Ok(Disk {
            format: Format::Raw,
            virtual_size: source.len(),
            sector_size: DEFAULT_SECTOR,
            identifier: None,
            data_write_id: None,
            snapshots: Vec::new(),
            pieces: None,
            source,
        }),
    }
}
