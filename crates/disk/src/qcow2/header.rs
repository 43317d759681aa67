//! The header and its extensions (sections "Header" to "Feature name table").

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use crate::packed::Compression;

const V2_LENGTH: u32 = 72;
const V3_LENGTH: u32 = 104;

/// Incompatible feature bits.
const DIRTY: u64 = 1;
const CORRUPT: u64 = 1 << 1;
const EXTERNAL_DATA: u64 = 1 << 2;
const COMPRESSION_TYPE: u64 = 1 << 3;
const EXTENDED_L2: u64 = 1 << 4;

/// Header extension types.
const END: u32 = 0;
const BACKING_FORMAT: u32 = 0xE279_2ACA;
const FEATURE_NAMES: u32 = 0x6803_F857;
const EXTERNAL_DATA_NAME: u32 = 0x4441_5441;

/// The disk that this one was made upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backing {
    /// Its path as `qemu-img` was given it.
    pub(super) name: String,
    /// Its format, where that was written down.
    pub(super) format: Option<String>,
}

/// What the header says, checked.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) version: u32,
    /// Base 2 logarithm of the cluster size: 9 to 21.
    pub(super) cluster_bits: u32,
    /// Bytes of a cluster.
    pub(super) cluster_size: NonZeroU64,
    /// Bytes of the virtual disk.
    pub(super) size: u64,
    /// Entries of the active L1 table.
    pub(super) l1_size: u32,
    /// Byte of the file where the active L1 table starts.
    pub(super) l1_table_offset: u64,
    pub(super) refcount_table_offset: u64,
    pub(super) refcount_table_clusters: u32,
    /// Base 2 logarithm of the bits of a reference count: 0 to 6.
    pub(super) refcount_order: u32,
    pub(super) snapshots: u32,
    pub(super) snapshots_offset: u64,
    pub(super) dirty: bool,
    pub(super) corrupt: bool,
    pub(super) extended_l2: bool,
    pub(super) compression: Compression,
    pub(super) backing: Option<Backing>,
    /// Name of the file that holds the clusters, empty when it is not said; `None` when they lie in this one.
    pub(super) data_file: Option<String>,
}

/// Reads the header. An error of kind `Unsupported` names what is legal but not handled.
pub(super) fn read(file: &dyn ByteSource, place: &Place, limits: &Limits) -> Result<Header, ReadError> {
    let bytes = read_vec(file, place, 0, u64::from(V2_LENGTH), limits)?;
    let fields = Fields::new("qcow2 header", place, &bytes);
    let version = fields.u32_be(4)?;
    let backing_file_offset = fields.u64_be(8)?;
    let backing_file_size = fields.u32_be(16)?;
    let cluster_bits = fields.u32_be(20)?;
    let size = fields.u64_be(24)?;
    let crypt_method = fields.u32_be(32)?;
    let l1_size = fields.u32_be(36)?;
    let l1_table_offset = fields.u64_be(40)?;
    let refcount_table_offset = fields.u64_be(48)?;
    let refcount_table_clusters = fields.u32_be(56)?;
    let nb_snapshots = fields.u32_be(60)?;
    let snapshots_offset = fields.u64_be(64)?;

    match version {
        2 | 3 => {}
        1 => {
            let what = "a disk in the old qcow format (version 1); `qemu-img convert -O qcow2` on a copy makes one that \
                        is read";
            return Err(ReadError::unsupported(place, what));
        }
        _ => return Err(ReadError::unsupported(place, format_args!("qcow2 version {version}, known are 2 and 3"))),
    }
    if !(9..=21).contains(&cluster_bits) {
        return Err(fields.corrupt(format_args!("cluster_bits is {cluster_bits}, expected 9 to 21")));
    }
    let extra = if version == 2 { Extra::default() } else { read_extra(file, cluster_bits, place, limits)? };

    // Encryption first: whoever has an encrypted disk with a backing file needs the key before anything else.
    let method = match crypt_method {
        0 => None,
        1 => Some("AES".to_owned()),
        2 => Some("LUKS".to_owned()),
        other => Some(format!("an unknown method ({other})")),
    };
    if let Some(method) = method {
        let what = format_args!(
            "a qcow2 disk encrypted with {method}; it cannot be read without its key: decrypt it with `qemu-img \
             convert` and the key, then open the result"
        );
        return Err(ReadError::unsupported(place, what));
    }
    let known = DIRTY | CORRUPT | EXTERNAL_DATA | COMPRESSION_TYPE | EXTENDED_L2;
    let unknown = extra.incompatible & !known;
    if unknown != 0 {
        let what = format_args!("a qcow2 disk with features that are not known: {}", extra.names_of(unknown));
        return Err(ReadError::unsupported(place, what));
    }
    let mut backing = None;
    if backing_file_offset != 0 {
        // At most 1023 bytes (byte 16). Without a readable name the parent is asked for all the same.
        let name = read_vec(file, place, backing_file_offset, u64::from(backing_file_size.min(1023)), limits)
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .unwrap_or_default();
        backing = Some(Backing { name, format: extra.backing_format });
    }
    let extended_l2 = extra.incompatible & EXTENDED_L2 != 0;
    if extended_l2 && cluster_bits < 14 {
        let what = format_args!("cluster_bits is {cluster_bits} with extended L2 entries, expected at least 14");
        return Err(fields.corrupt(what));
    }
    let compression = match extra.compression_type {
        0 => Compression::Deflate,
        1 => Compression::Zstd,
        other => {
            let what = format_args!("a qcow2 disk with compression type {other}, known are 0 (zlib) and 1 (zstd)");
            return Err(ReadError::unsupported(place, what));
        }
    };
    let cluster_size = NonZeroU64::new(1_u64.wrapping_shl(cluster_bits)).unwrap_or(NonZeroU64::MIN);
    if l1_table_offset % cluster_size != 0 {
        return Err(fields.corrupt(format_args!("l1_table_offset is {l1_table_offset:#x}, expected whole clusters")));
    }
    Ok(Header {
        version,
        cluster_bits,
        cluster_size,
        size,
        l1_size,
        l1_table_offset,
        refcount_table_offset,
        refcount_table_clusters,
        refcount_order: extra.refcount_order,
        snapshots: nb_snapshots,
        snapshots_offset,
        dirty: extra.incompatible & DIRTY != 0,
        corrupt: extra.incompatible & CORRUPT != 0,
        extended_l2,
        compression,
        backing,
        data_file: (extra.incompatible & EXTERNAL_DATA != 0).then(|| extra.external_data.unwrap_or_default()),
    })
}

/// What only version 3 has. The defaults are what version 2 means.
struct Extra {
    incompatible: u64,
    refcount_order: u32,
    compression_type: u8,
    /// Names of incompatible features by bit.
    names: Vec<(u8, String)>,
    external_data: Option<String>,
    backing_format: Option<String>,
}

impl Default for Extra {
    fn default() -> Self {
        Extra {
            incompatible: 0,
            refcount_order: 4,
            compression_type: 0,
            names: Vec::new(),
            external_data: None,
            backing_format: None,
        }
    }
}

impl Extra {
    /// The features of these bits, by name where the table names them.
    fn names_of(&self, bits: u64) -> String {
        let name = |bit: u8| match self.names.iter().find(|(named, _)| *named == bit) {
            Some((_, name)) => format!("{name:?} (bit {bit})"),
            None => format!("bit {bit}"),
        };
        let set = (0..64_u8).filter(|bit| bits.wrapping_shr(u32::from(*bit)) & 1 != 0);
        set.map(name).collect::<Vec<_>>().join(", ")
    }
}

fn read_extra(file: &dyn ByteSource, cluster_bits: u32, place: &Place, limits: &Limits) -> Result<Extra, ReadError> {
    // Header and extensions lie in the first cluster; a cut file may be shorter.
    let length = file.len().min(1_u64.wrapping_shl(cluster_bits));
    let bytes = read_vec(file, place, 0, length, limits)?;
    let fields = Fields::new("qcow2 header", place, &bytes);
    let incompatible = fields.u64_be(72)?;
    let refcount_order = fields.u32_be(96)?;
    let header_length = fields.u32_be(100)?;
    if header_length < V3_LENGTH || u64::from(header_length) > length {
        let what = format_args!("header_length is {header_length}, expected {V3_LENGTH} up to one cluster");
        return Err(fields.corrupt(what));
    }
    if refcount_order > 6 {
        return Err(fields.corrupt(format_args!("refcount_order is {refcount_order}, expected at most 6")));
    }
    let compression_type = if header_length > V3_LENGTH { fields.u8(104)? } else { 0 };
    let mut extra = Extra { incompatible, refcount_order, compression_type, ..Extra::default() };
    read_extensions(&bytes, header_length, &mut extra);
    Ok(extra)
}

/// Header extensions only carry names here, so a broken one ends the list and nothing else.
fn read_extensions(bytes: &[u8], header_length: u32, extra: &mut Extra) {
    let mut rest = usize::try_from(header_length).ok().and_then(|start| bytes.get(start..)).unwrap_or(&[]);
    while let Some((&[a, b, c, d, e, f, g, h], data)) = rest.split_first_chunk::<8>() {
        let (kind, length) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
        let Some(length) = usize::try_from(length).ok().filter(|_| kind != END) else { return };
        let Some(data) = data.get(..length) else { return };
        match kind {
            BACKING_FORMAT => extra.backing_format = Some(String::from_utf8_lossy(data).into_owned()),
            EXTERNAL_DATA_NAME => extra.external_data = Some(String::from_utf8_lossy(data).into_owned()),
            // Entries of 48 bytes: type (0: incompatible), bit, name padded with zeros.
            FEATURE_NAMES => extra.names.extend(data.chunks_exact(48).filter_map(|entry| match entry {
                [0, bit, name @ ..] => {
                    let name = name.split(|byte| *byte == 0).next().unwrap_or(name);
                    Some((*bit, String::from_utf8_lossy(name).into_owned()))
                }
                _ => None,
            })),
            _ => {}
        }
        let padded = length.next_multiple_of(8).saturating_add(8);
        rest = rest.get(padded..).unwrap_or(&[]);
    }
}
