//! Berkeley DB, as rpm kept its packages in `Packages` until 2020: a hash, in a few databases a b-tree. In the byte order
//! of the machine that wrote it (Berkeley DB sources, `dbinc/db_page.h`; rpm sources, `lib/backend/bdb_ro.c`).
//!
//! The pages are read one after the other and every pair of key and value on a page of the hash or on a leaf is taken, so
//! that a damaged directory of buckets costs nothing. A value that does not fit its page stands in a chain of overflow
//! pages. Keys are numbers of four bytes; the key 0 leads to the number used last and to no package.

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

use super::{Blob, Lost};

const HASH_MAGIC: u32 = 0x0006_1561;
const BTREE_MAGIC: u32 = 0x0005_3162;

/// Bytes of a page's header.
const HEADER: usize = 26;

/// Types of pages.
const HASH_UNSORTED: u8 = 2;
const BTREE_LEAF: u8 = 5;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;

/// Types of items.
const ON_PAGE: u8 = 1;
const OFF_PAGE: u8 = 3;

struct Database<'a> {
    source: &'a dyn ByteSource,
    place: &'a Place,
    limits: &'a Limits,
    is_big_endian: bool,
    page_size: u64,
    last_page: u32,
}

/// Every package's blob.
pub fn read(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    lost: Lost<'_>,
    blob: Blob<'_>,
) -> Result<(), ReadError> {
    let meta = read_vec(source, place, 0, 72, limits)?;
    let fields = Fields::new("berkeley db meta page", place, &meta);
    let is_magic = |magic| matches!(magic, HASH_MAGIC | BTREE_MAGIC);
    let is_big_endian = match (fields.u32_le(12)?, fields.u32_be(12)?) {
        (little, _) if is_magic(little) => false,
        (_, big) if is_magic(big) => true,
        (magic, _) => return Err(fields.corrupt(format_args!("magic is {magic:#x}, neither a hash nor a b-tree"))),
    };
    let number = |offset| if is_big_endian { fields.u32_be(offset) } else { fields.u32_le(offset) };
    let page_size = number(20)?;
    if !(512..=1 << 16).contains(&page_size) || !page_size.is_power_of_two() {
        return Err(fields.corrupt(format_args!("page size is {page_size}, expected a power of two from 512 to 65536")));
    }
    if fields.u8(24)? != 0 {
        return Err(ReadError::unsupported(place, "encrypted berkeley db"));
    }
    let page_size = u64::from(page_size);
    let in_file = source.len().checked_div(page_size).unwrap_or(0).saturating_sub(1);
    let last_page = number(32)?.min(u32::try_from(in_file).unwrap_or(u32::MAX));
    let database = Database { source, place, limits, is_big_endian, page_size, last_page };
    for page in 1..=last_page {
        database.take(page, lost, blob);
    }
    if u64::from(number(32)?) > in_file {
        lost(fields.corrupt(format_args!("last page is {}, but the file ends with page {in_file}", number(32)?)));
    }
    Ok(())
}

impl Database<'_> {
    /// The packages on one page, if it is of a kind that holds them.
    fn take(&self, number: u32, lost: Lost<'_>, blob: Blob<'_>) {
        let page = match self.page(number) {
            Ok(page) => page,
            Err(error) => return lost(error),
        };
        let place = self.place.then(format_args!("page {number}"));
        let fields = Fields::new("berkeley db page", &place, &page);
        match fields.u8(25) {
            Ok(HASH | HASH_UNSORTED | BTREE_LEAF) => {}
            _ => return,
        }
        let count = match self.u16(&fields, 20) {
            Ok(count) => usize::from(count) & !1,
            Err(error) => return lost(error),
        };
        for pair in (0..count).step_by(2) {
            match self.pair(&fields, pair) {
                Ok(Some((key, value))) if key != 0 => blob(key, value),
                Ok(_) => {}
                Err(error) => lost(error),
            }
        }
    }

    /// The key and the value whose offsets stand at `index` and after it; `None` for a deleted one.
    fn pair(&self, page: &Fields<'_>, index: usize) -> Result<Option<(u32, Vec<u8>)>, ReadError> {
        let is_leaf = page.u8(25)? == BTREE_LEAF;
        let offset = |index: usize| -> Result<usize, ReadError> {
            let at = HEADER.saturating_add(index.saturating_mul(2));
            Ok(usize::from(self.u16(page, at)?))
        };
        let (key_at, value_at) = (offset(index)?, offset(index.saturating_add(1))?);
        let (key, value) = if is_leaf {
            (self.leaf_item(page, key_at)?, self.leaf_item(page, value_at)?)
        } else {
            // Items grow from the end of the page: each ends where the one before it begins.
            let end = match index.checked_sub(1) {
                Some(before) => offset(before)?,
                None => page.all().len(),
            };
            (Some(self.hash_item(page, key_at, end)?), Some(self.hash_item(page, value_at, key_at)?))
        };
        let (Some(key), Some(value)) = (key, value) else { return Ok(None) };
        let key = <[u8; 4]>::try_from(key.as_slice())
            .map_err(|_| page.corrupt(format_args!("a key has {} bytes, expected 4", key.len())))?;
        Ok(Some((if self.is_big_endian { u32::from_be_bytes(key) } else { u32::from_le_bytes(key) }, value)))
    }

    /// An item of a hash page: its type and its bytes, or where they stand.
    fn hash_item(&self, page: &Fields<'_>, at: usize, end: usize) -> Result<Vec<u8>, ReadError> {
        match page.u8(at)? {
            ON_PAGE => {
                let start = at.saturating_add(1);
                let length = end.checked_sub(start).ok_or_else(|| page.corrupt("an item ends before it begins"))?;
                Ok(page.bytes(start, length)?.to_vec())
            }
            OFF_PAGE => self.overflow(self.u32(page, at.saturating_add(4))?, self.u32(page, at.saturating_add(8))?),
            kind => Err(page.corrupt(format_args!("the type of an item is {kind}"))),
        }
    }

    /// An item of a b-tree's leaf: length, type, bytes; `None` for a deleted one.
    fn leaf_item(&self, page: &Fields<'_>, at: usize) -> Result<Option<Vec<u8>>, ReadError> {
        match page.u8(at.saturating_add(2))? {
            ON_PAGE => {
                let length = usize::from(self.u16(page, at)?);
                Ok(Some(page.bytes(at.saturating_add(3), length)?.to_vec()))
            }
            OFF_PAGE => {
                self.overflow(self.u32(page, at.saturating_add(4))?, self.u32(page, at.saturating_add(8))?).map(Some)
            }
            kind if kind & 0x80 != 0 => Ok(None),
            kind => Err(page.corrupt(format_args!("the type of an item is {kind}"))),
        }
    }

    /// `length` bytes in the chain of overflow pages from `first` on. They grow page by page: a claimed length costs
    /// nothing until pages prove it.
    fn overflow(&self, first: u32, length: u32) -> Result<Vec<u8>, ReadError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length as u64 > self.limits.bytes {
            return Err(ReadError::over_limit(self.place, format_args!("an item of {length} bytes")));
        }
        let (mut bytes, mut number, mut pages_left) = (Vec::new(), first, self.last_page);
        while bytes.len() < length {
            let page = self.page(number)?;
            let place = self.place.then(format_args!("page {number}"));
            let fields = Fields::new("berkeley db overflow page", &place, &page);
            if fields.u8(25)? != OVERFLOW {
                return Err(fields.corrupt(format_args!("type is {}, expected 7", fields.u8(25)?)));
            }
            let held = usize::from(self.u16(&fields, 22)?).min(length.saturating_sub(bytes.len()));
            bytes.extend(fields.bytes(HEADER, held)?);
            pages_left = pages_left
                .checked_sub(1)
                .filter(|_| held > 0)
                .ok_or_else(|| fields.corrupt("the chain of overflow pages does not end"))?;
            number = self.u32(&fields, 16)?;
        }
        Ok(bytes)
    }

    fn page(&self, number: u32) -> Result<Vec<u8>, ReadError> {
        let corrupt =
            |what: &dyn std::fmt::Display| ReadError::corrupt(self.place, format_args!("page {number} {what}"));
        if number == 0 || number > self.last_page {
            return Err(corrupt(&format_args!("is asked for, but the last one is {}", self.last_page)));
        }
        let offset = u64::from(number).saturating_mul(self.page_size);
        let page = read_vec(self.source, self.place, offset, self.page_size, self.limits)?;
        let fields = Fields::new("berkeley db page", self.place, &page);
        let own = self.u32(&fields, 8)?;
        // Pages that were never used are all zeros.
        if own != number && !(own == 0 && fields.u8(25)? == 0) {
            return Err(corrupt(&format_args!("calls itself {own}")));
        }
        Ok(page)
    }

    fn u16(&self, fields: &Fields<'_>, offset: usize) -> Result<u16, ReadError> {
        if self.is_big_endian { fields.u16_be(offset) } else { fields.u16_le(offset) }
    }

    fn u32(&self, fields: &Fields<'_>, offset: usize) -> Result<u32, ReadError> {
        if self.is_big_endian { fields.u32_be(offset) } else { fields.u32_le(offset) }
    }
}
