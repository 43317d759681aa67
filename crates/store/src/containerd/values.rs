//! Values as containerd's databases hold them.
//!
//! containerd 2, `core/metadata/boltutil/helpers.go` and `core/snapshots/storage/bolt.go`: counts as Go's varints, times
//! as `time.Time.MarshalBinary`, texts as they are; a container's spec as a protobuf `Any` with JSON in it.

use std::collections::BTreeMap;

use careen_evidence::{Findings, ReadError};

use crate::bbolt::{Bucket, Database, Item};

/// A bucket that was read: its values, and the buckets in it.
#[derive(Default)]
pub(super) struct Contents {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    buckets: BTreeMap<Vec<u8>, Bucket>,
}

impl Contents {
    /// Reads one bucket. An error only when cancelled.
    pub fn read(database: &Database, bucket: &Bucket, findings: &mut Findings) -> Result<Contents, ReadError> {
        let mut contents = Contents::default();
        database.visit(bucket, findings, &mut |key, item| match item {
            Item::Value(value) => drop(contents.values.insert(key.to_vec(), value.to_vec())),
            Item::Bucket(bucket) => drop(contents.buckets.insert(key.to_vec(), bucket)),
        })?;
        Ok(contents)
    }

    /// The bucket of this name, read; empty when there is none.
    pub fn within(&self, database: &Database, name: &str, findings: &mut Findings) -> Result<Contents, ReadError> {
        match self.buckets.get(name.as_bytes()) {
            Some(bucket) => Contents::read(database, bucket, findings),
            None => Ok(Contents::default()),
        }
    }

    /// The buckets in it whose names are texts, each read.
    pub fn each(&self, database: &Database, findings: &mut Findings) -> Result<Vec<(String, Contents)>, ReadError> {
        let mut all = Vec::new();
        for (name, bucket) in &self.buckets {
            if let Ok(name) = String::from_utf8(name.clone()) {
                all.push((name, Contents::read(database, bucket, findings)?));
            }
        }
        Ok(all)
    }

    /// Bytes behind a key.
    pub fn bytes(&self, key: &str) -> Option<&[u8]> {
        self.values.get(key.as_bytes()).map(Vec::as_slice)
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str) -> Option<String> {
        let text = std::str::from_utf8(self.bytes(key)?).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// All values that are texts, by their keys: labels.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let text = |bytes: &Vec<u8>| String::from_utf8(bytes.clone()).ok();
        self.values.iter().filter_map(|(key, value)| Some((text(key)?, text(value)?))).collect()
    }

    /// The keys of its values that are texts.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.values.keys().filter_map(|key| String::from_utf8(key.clone()).ok())
    }

    /// A count, as Go's `binary.PutVarint` writes it; `None` for a negative one.
    pub fn count(&self, key: &str) -> Option<u64> {
        let folded = uvarint(self.bytes(key)?)?;
        (folded & 1 == 0).then_some(folded >> 1)
    }

    /// A number, as Go's `binary.PutUvarint` writes it.
    pub fn number(&self, key: &str) -> Option<u64> {
        uvarint(self.bytes(key)?)
    }

    /// A time.
    pub fn time(&self, key: &str) -> Option<String> {
        time(self.bytes(key)?)
    }
}

/// Seven bits a byte, the lowest first; the highest bit of a byte says that another follows.
fn uvarint(bytes: &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (byte, shift) in bytes.iter().zip((0_u32..64).step_by(7)) {
        let part = u64::from(byte & 0x7F);
        let moved = part.checked_shl(shift)?;
        if moved >> shift != part {
            return None;
        }
        number |= moved;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Seconds from the year 1 to 1970.
const TO_1970: i64 = 62_135_596_800;

/// Go's `time.Time.MarshalBinary`: version (1, or 2 with seconds in the zone), i64 seconds since the year 1, i32
/// nanoseconds, i16 minutes of the zone, all big-endian. The zone does not change the time.
pub(super) fn time(bytes: &[u8]) -> Option<String> {
    let (version, rest) = bytes.split_first()?;
    let seconds = i64::from_be_bytes(*rest.first_chunk()?);
    let nanoseconds = i32::from_be_bytes(*rest.get(8..)?.first_chunk()?);
    let is_time = matches!((version, bytes.len()), (1, 15) | (2, 16)) && seconds != 0;
    let time = jiff::Timestamp::new(seconds.checked_sub(TO_1970)?, nanoseconds).ok()?;
    is_time.then(|| time.to_string())
}

/// The bytes of field 2 (`value`) of a protobuf `Any`; field 1 is the name of its type.
pub(super) fn any_value(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes;
    while let Some((tag, after)) = take_uvarint(rest) {
        // Both fields are of wire type 2: a length, then as many bytes.
        let (length, after) = take_uvarint(after).filter(|_| tag & 7 == 2)?;
        let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        if tag >> 3 == 2 {
            return Some(value);
        }
        rest = after;
    }
    None
}

fn take_uvarint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().position(|byte| byte & 0x80 == 0)?.checked_add(1)?;
    let (number, rest) = bytes.split_at_checked(length)?;
    Some((uvarint(number)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_as_go_writes_them() {
        assert_eq!(uvarint(&[0xAC, 2]), Some(300));
        assert_eq!(uvarint(&[0xFF; 9].iter().copied().chain([1]).collect::<Vec<_>>()), Some(u64::MAX));
        assert_eq!(uvarint(&[0xFF; 9].iter().copied().chain([2]).collect::<Vec<_>>()), None, "65 bits");
        assert_eq!((uvarint(&[]), uvarint(&[0x80]), uvarint(&[0x80; 11])), (None, None, None));
        let contents = Contents {
            values: [(b"even".to_vec(), vec![0xD8, 4]), (b"odd".to_vec(), vec![1])].into(),
            ..Contents::default()
        };
        assert_eq!((contents.count("even"), contents.count("odd"), contents.count("gone")), (Some(300), None, None));
    }

    #[test]
    fn times_are_read_as_go_writes_them() {
        // 2023-05-05T10:00:00.5Z
        let bytes = [&[1][..], &63_818_877_600_u64.to_be_bytes(), &500_000_000_u32.to_be_bytes(), &[0xFF, 0xFF]];
        assert_eq!(time(&bytes.concat()).as_deref(), Some("2023-05-05T10:00:00.5Z"));
        let never = [&[1][..], &[0; 12], &[0xFF, 0xFF]];
        assert_eq!(time(&never.concat()), None);
        assert_eq!((time(&[]), time(&[1, 2]), time(&[9; 15])), (None, None, None));
    }

    #[test]
    fn the_value_of_an_any_is_its_second_field() {
        let any = [&[0x0A, 3][..], b"a/b", &[0x12, 2], b"{}"].concat();
        assert_eq!(any_value(&any), Some(&b"{}"[..]));
        assert_eq!(any_value(&any[..any.len() - 1]), None, "cut");
        assert_eq!(any_value(&[0x08, 1]), None, "another wire type");
    }
}
