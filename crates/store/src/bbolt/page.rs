//! Pages: the header all of them share, the two meta pages, and the elements of branch and leaf pages.

use careen_evidence::{Code, Fields, Place, ReadError, codes};

/// Page header (`internal/common/page.go`): id u64, flags u16, count u16, overflow u32. Little-endian, as on every
/// machine Docker runs on.
pub(super) const HEADER_SIZE: usize = 16;
const FLAG_BRANCH: u16 = 0x01;
const FLAG_LEAF: u16 = 0x02;
const FLAG_META: u16 = 0x04;
pub(super) const FLAG_FREELIST: u16 = 0x10;

/// Meta (`internal/common/meta.go`): magic u32, version u32, pageSize u32, flags u32, root {pgid u64, sequence u64},
/// freelist u64, pgid u64, txid u64, checksum u64.
const META_SIZE: usize = 64;
const META_MAGIC: u32 = 0xED0C_DAED;
const META_VERSION: u32 = 2;
/// Bytes of a meta that its checksum covers: all before the checksum itself.
const META_CHECKED: usize = 56;

/// Page number of a free list that is not stored (`internal/common/types.go`, `PgidNoFreelist`).
pub(super) const NO_FREELIST: u64 = u64::MAX;

/// What one meta page says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meta {
    /// Bytes of a page.
    pub page_size: u32,
    /// Page of the root bucket.
    pub root: u64,
    /// Page of the free list, [`NO_FREELIST`] when it is not stored.
    pub freelist: u64,
    /// First page number that was never used.
    pub high_water: u64,
    /// Number of the transaction that wrote it.
    pub transaction: u64,
}

impl Meta {
    /// Bytes to read for a meta page: header and meta.
    pub const LENGTH: u64 = 80;

    /// Reads and checks a meta page from its first [`Meta::LENGTH`] bytes.
    pub fn parse(bytes: &[u8], place: &Place) -> Result<Meta, ReadError> {
        let page = Fields::new("bolt meta page", place, bytes);
        let flags = page.u16_le(8)?;
        if flags & FLAG_META == 0 {
            return Err(page.corrupt(format_args!("flags are {flags:#06x}, expected the meta flag {FLAG_META:#06x}")));
        }
        let meta = Fields::new("bolt meta page", place, page.bytes(HEADER_SIZE, META_SIZE)?);
        let magic = meta.u32_le(0)?;
        if magic != META_MAGIC {
            return Err(meta.corrupt(format_args!("magic is {magic:#010x}, expected {META_MAGIC:#010x}")));
        }
        let version = meta.u32_le(4)?;
        if version != META_VERSION {
            return Err(meta.corrupt(format_args!("version is {version}, expected {META_VERSION}")));
        }
        let (stored, computed) = (meta.u64_le(META_CHECKED)?, fnv1a(meta.bytes(0, META_CHECKED)?));
        if stored != computed {
            return Err(meta.corrupt(format_args!("checksum is {stored:#018x}, its content gives {computed:#018x}")));
        }
        let page_size = meta.u32_le(8)?;
        if !page_size.is_power_of_two() || !(1024..=1 << 24).contains(&page_size) {
            return Err(meta.corrupt(format_args!("page size is {page_size}, expected a power of two from 1024")));
        }
        Ok(Meta {
            page_size,
            root: meta.u64_le(16)?,
            freelist: meta.u64_le(32)?,
            high_water: meta.u64_le(40)?,
            transaction: meta.u64_le(48)?,
        })
    }
}

/// 64-bit FNV-1a, as Go's `hash/fnv` computes it.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Why a page is not used: the row of the table of codes, with what its sentence has gaps for.
#[derive(Debug)]
pub(super) struct Fault {
    pub code: &'static Code,
    pub error: Box<ReadError>,
    pub values: Vec<(&'static str, String)>,
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        Fault { code: &codes::store::BOLT_PAGE_LOST, error: Box::new(error), values: Vec::new() }
    }
}

/// Header of a branch or leaf page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub is_leaf: bool,
    pub count: u16,
    /// Pages that follow and belong to this one.
    pub overflow: u32,
}

impl Header {
    /// Reads the header at the start of `bytes`, which is page `number`; 0 for the page of an inline bucket.
    pub fn parse(bytes: &[u8], number: u64, place: &Place) -> Result<Header, Fault> {
        let page = Fields::new("bolt page", place, bytes);
        let (id, flags) = (page.u64_le(0)?, page.u16_le(8)?);
        if id != number {
            return Err(Fault {
                code: &codes::bolt::BOLT_PAGE_MISPLACED,
                error: Box::new(page.corrupt(format_args!("id is {id}, expected {number}"))),
                values: vec![("page", number.to_string()), ("id", id.to_string())],
            });
        }
        let is_leaf = match flags {
            FLAG_BRANCH => false,
            FLAG_LEAF => true,
            _ => {
                let what = format_args!("flags are {flags:#06x}, expected a branch 0x0001 or a leaf 0x0002");
                return Err(Fault {
                    code: &codes::bolt::BOLT_PAGE_TYPE,
                    error: Box::new(page.corrupt(what)),
                    values: vec![("page", number.to_string()), ("flags", format!("{flags:x}"))],
                });
            }
        };
        Ok(Header { is_leaf, count: page.u16_le(10)?, overflow: page.u32_le(12)? })
    }
}

/// An element of a branch or leaf page, borrowed from the page's bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element<'a> {
    /// A page below.
    Child(u64),
    /// A key with its value.
    Value(&'a [u8], &'a [u8]),
    /// A key with the bytes that describe a bucket.
    Bucket(&'a [u8], &'a [u8]),
}

/// Bytes of an element's fixed part, on branch and leaf pages alike.
const ELEMENT_SIZE: usize = 16;
/// Leaf element flag: the value is a bucket.
const ELEMENT_BUCKET: u32 = 0x01;

/// The elements of a page, in order. All of them are checked before the first is returned: what a broken page says is
/// not to be trusted in part.
///
/// Branch element: pos u32, ksize u32, pgid u64. Leaf element: flags u32, pos u32, ksize u32, vsize u32. Positions
/// count from the start of the element itself.
pub(super) fn elements<'a>(header: &Header, bytes: &'a [u8], place: &'a Place) -> Result<Vec<Element<'a>>, ReadError> {
    let page = Fields::new("bolt page", place, bytes);
    let mut elements = Vec::new();
    let mut last_key: Option<&[u8]> = None;
    for index in 0..usize::from(header.count) {
        let start = index.saturating_mul(ELEMENT_SIZE).saturating_add(HEADER_SIZE);
        let element = Fields::new("bolt page element", place, page.bytes(start, ELEMENT_SIZE)?);
        let (position, key_size) = match header.is_leaf {
            true => (element.u32_le(4)?, element.u32_le(8)?),
            false => (element.u32_le(0)?, element.u32_le(4)?),
        };
        let key = part(&page, start, position, 0, key_size)?;
        // Keys are unique and sorted; stale or foreign bytes hardly ever are.
        if last_key.is_some_and(|last| last >= key) {
            return Err(page.corrupt(format_args!("key of element {index} does not follow the one before it")));
        }
        last_key = Some(key);
        elements.push(if header.is_leaf {
            let value = part(&page, start, position, key_size, element.u32_le(12)?)?;
            match element.u32_le(0)? & ELEMENT_BUCKET {
                0 => Element::Value(key, value),
                _ => Element::Bucket(key, value),
            }
        } else {
            Element::Child(element.u64_le(8)?)
        });
    }
    Ok(elements)
}

/// `length` bytes of the page, `position` + `skip` after the element at `start`.
fn part<'a>(page: &Fields<'a>, start: usize, position: u32, skip: u32, length: u32) -> Result<&'a [u8], ReadError> {
    let offset = [position, skip].iter().try_fold(start, |sum, more| sum.checked_add(usize::try_from(*more).ok()?));
    match (offset, usize::try_from(length)) {
        (Some(offset), Ok(length)) => page.bytes(offset, length),
        _ => Err(page.corrupt(format_args!("element at {start:#x} points {position:#x} bytes ahead, beyond the page"))),
    }
}
