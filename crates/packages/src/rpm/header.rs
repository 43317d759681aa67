//! An rpm header, as the databases keep it (rpm documentation, "Header format"; `lib/header.c`). Big-endian: number of
//! entries, length of the data, the entries of 16 bytes (tag, type, offset, count), the data.

use careen_evidence::{Fields, Place, ReadError};

/// Tags used here (`include/rpm/rpmtag.h`).
pub mod tag {
    #![allow(missing_docs)]
    pub const SHA1_HEADER: u32 = 269;
    pub const SHA256_HEADER: u32 = 273;
    pub const NAME: u32 = 1000;
    pub const VERSION: u32 = 1001;
    pub const RELEASE: u32 = 1002;
    pub const EPOCH: u32 = 1003;
    pub const VENDOR: u32 = 1011;
    pub const LICENSE: u32 = 1014;
    pub const ARCH: u32 = 1022;
    pub const FILE_DIGESTS: u32 = 1035;
    pub const FILE_FLAGS: u32 = 1037;
    pub const SOURCE_RPM: u32 = 1044;
    pub const REQUIRE_NAME: u32 = 1049;
    pub const DIR_INDEXES: u32 = 1116;
    pub const BASE_NAMES: u32 = 1117;
    pub const DIR_NAMES: u32 = 1118;
    pub const FILE_DIGEST_ALGORITHM: u32 = 5011;
    pub const MODULARITY_LABEL: u32 = 5096;
}

/// Types of values.
const INT16: u32 = 3;
const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

const ENTRY: usize = 16;

/// Bounds of rpm itself (`headerMaxbytes`, `headerTagsMax`).
const MOST_ENTRIES: usize = 0xffff;

/// A header over the bytes it was read from.
pub struct Header<'a> {
    entries: &'a [u8],
    data: &'a [u8],
    place: &'a Place,
}

struct Entry<'a> {
    kind: u32,
    count: u32,
    /// The data from the entry's offset on.
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// The header in these bytes, which must hold all that its two counts claim.
    pub fn parse(bytes: &'a [u8], place: &'a Place) -> Result<Self, ReadError> {
        let fields = Fields::new("rpm header", place, bytes);
        let (entries, data) = (fields.u32_be(0)?, fields.u32_be(4)?);
        let count =
            usize::try_from(entries).ok().filter(|count| (1..=MOST_ENTRIES).contains(count)).ok_or_else(|| {
                fields.corrupt(format_args!("number of entries is {entries}, expected 1 to {MOST_ENTRIES}"))
            })?;
        let length = usize::try_from(data).unwrap_or(usize::MAX);
        let index = count.saturating_mul(ENTRY);
        Ok(Header { entries: fields.bytes(8, index)?, data: fields.bytes(index.saturating_add(8), length)?, place })
    }

    /// The entry of a tag. Of a repeated one the last counts: rpm adds what it learns on installation behind the others.
    fn entry(&self, wanted: u32) -> Option<Entry<'a>> {
        let entry = self.entries.rchunks_exact(ENTRY).find(|entry| entry.starts_with(&wanted.to_be_bytes()))?;
        let fields = Fields::new("rpm header entry", self.place, entry);
        let offset = usize::try_from(fields.u32_be(8).ok()?).ok()?;
        Some(Entry { kind: fields.u32_be(4).ok()?, count: fields.u32_be(12).ok()?, data: self.data.get(offset..)? })
    }

    /// The first string of a tag, bytes that are no UTF-8 as U+FFFD; empty without one.
    pub fn string(&self, tag: u32) -> String {
        self.strings(tag).next().map_or_else(String::new, |text| String::from_utf8_lossy(text).into_owned())
    }

    /// The strings of a tag. What the data do not hold is not there.
    pub fn strings(&self, tag: u32) -> impl Iterator<Item = &'a [u8]> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING));
        let (count, mut rest) = entry.map_or((0, b"".as_slice()), |entry| (entry.count, entry.data));
        let mut left = count;
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            let (text, after) = rest.split_at_checked(end)?;
            rest = after.strip_prefix(b"\0").unwrap_or(after);
            Some(text)
        })
    }

    /// The numbers of a tag, of 16 or 32 bits.
    pub fn numbers(&self, tag: u32) -> impl Iterator<Item = u32> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, INT16 | INT32));
        let (kind, count, data) = entry.map_or((INT32, 0, b"".as_slice()), |it| (it.kind, it.count, it.data));
        let width = if kind == INT16 { 2 } else { 4 };
        let values = data
            .chunks_exact(width)
            .map(|bytes| bytes.iter().fold(0, |value: u32, byte| value << 8 | u32::from(*byte)));
        values.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The first number of a tag.
    pub fn number(&self, tag: u32) -> Option<u32> {
        self.numbers(tag).next()
    }
}
