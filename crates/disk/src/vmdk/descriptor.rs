//! The description of a disk (section "The Descriptor File"): a text that names its extents and its parent.

use careen_evidence::{Place, ReadError};

/// The parent content id of a disk that has no parent.
const NO_PARENT: u32 = 0xFFFF_FFFF;

/// What an extent is stored as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// In grains, in the file of this name.
    Sparse(String),
    /// As it is, in the file of this name from this sector on.
    Flat(String, u64),
    /// Not at all: zeros.
    Zero,
}

/// A stretch of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) sectors: u64,
    pub(super) stored: Stored,
}

/// What the text says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// Changes with every session of writing.
    pub(super) content_id: Option<u32>,
    /// The content id that the parent had, for a disk that has one.
    pub(super) parent_content_id: Option<u32>,
    /// Path of the parent.
    pub(super) parent_hint: Option<String>,
    pub(super) extents: Vec<Extent>,
}

impl Descriptor {
    /// Reads the text. An error of kind `Unsupported` names kinds of extents that are not read.
    pub(super) fn parse(text: &str, place: &Place) -> Result<Descriptor, ReadError> {
        let mut descriptor = Descriptor::default();
        for line in text.split(['\n', '\0']).map(str::trim) {
            if line.starts_with('#') {
                continue;
            }
            let lower = line.to_lowercase();
            if lower.starts_with("encryption.") {
                let what = "an encrypted VMDK disk; it cannot be read without its key: decrypt the virtual machine in \
                            VMware first";
                return Err(ReadError::unsupported(place, what));
            }
            if ["rw ", "rdonly ", "noaccess "].iter().any(|access| lower.starts_with(access)) {
                descriptor.extents.push(extent(line, place)?);
            } else if let Some((key, value)) = line.split_once('=') {
                let value = value.trim().trim_matches('"');
                let id = || u32::from_str_radix(value, 16).ok();
                match key.trim().to_lowercase().as_str() {
                    "cid" => descriptor.content_id = id(),
                    "parentcid" => descriptor.parent_content_id = id().filter(|id| *id != NO_PARENT),
                    "parentfilenamehint" => descriptor.parent_hint = Some(value.to_owned()),
                    _ => {}
                }
            }
        }
        Ok(descriptor)
    }
}

/// A line such as `RW 4192256 SPARSE "disk-s001.vmdk"` or `RW 8388608 FLAT "disk-flat.vmdk" 0`.
fn extent(line: &str, place: &Place) -> Result<Extent, ReadError> {
    let bad = |what: &str| ReadError::corrupt(place, format_args!("vmdk descriptor: extent {line:?}: {what}"));
    let mut words = line.split_whitespace().skip(1);
    let sectors = words.next().and_then(|word| word.parse().ok()).ok_or_else(|| bad("no size, expected sectors"))?;
    let kind = words.next().unwrap_or_default().to_uppercase();
    let (name, after) = line.split_once('"').and_then(|(_, rest)| rest.rsplit_once('"')).unwrap_or_default();
    let named = || if name.is_empty() { Err(bad("no file name in quotes")) } else { Ok(name.to_owned()) };
    let stored = match kind.as_str() {
        "SPARSE" => Stored::Sparse(named()?),
        "FLAT" | "VMFS" => {
            let offset = match after.split_whitespace().next() {
                None => 0,
                Some(word) => word.parse().map_err(|_| bad("no offset, expected sectors"))?,
            };
            Stored::Flat(named()?, offset)
        }
        "ZERO" => Stored::Zero,
        "VMFSSPARSE" | "SESPARSE" | "VMFSRDM" | "VMFSRAW" => {
            let what = format_args!(
                "a VMDK disk with an extent of the kind {kind}, which only ESX writes; `vmkfstools -i` or exporting the \
                 virtual machine makes a disk that is read"
            );
            return Err(ReadError::unsupported(place, what));
        }
        _ => return Err(bad("its kind is not known")),
    };
    Ok(Extent { sectors, stored })
}
