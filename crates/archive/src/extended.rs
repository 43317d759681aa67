//! What extended headers say of the object after them.
//!
//! POSIX.1-2017, `pax`, "pax Extended Header": records `LENGTH KEY=VALUE\n`, of which later ones count; an empty value takes
//! an earlier one back. Beyond POSIX: `SCHILY.xattr.NAME` (star, GNU tar, Go, bsdtar), `LIBARCHIVE.xattr.NAME` (bsdtar: name
//! percent-encoded, value in base64), `SCHILY.devmajor` and `SCHILY.devminor`, and `GNU.sparse.*` (GNU tar manual, "Storing
//! Sparse Files", versions 0.0, 0.1 and 1.0).

use std::collections::BTreeMap;

use careen_model::Timestamp;

use crate::base64;

/// Values that stand in for those of the header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extended {
    /// `path`, or GNU's `L`.
    pub(crate) path: Option<Vec<u8>>,
    /// `linkpath`, or GNU's `K`.
    pub(crate) link: Option<Vec<u8>>,
    /// `size`.
    pub(crate) size: Option<u64>,
    /// `uid`.
    pub(crate) uid: Option<u32>,
    /// `gid`.
    pub(crate) gid: Option<u32>,
    /// `mtime`.
    pub(crate) mtime: Option<Timestamp>,
    /// `SCHILY.devmajor`.
    pub(crate) major: Option<u32>,
    /// `SCHILY.devminor`.
    pub(crate) minor: Option<u32>,
    /// Extended attributes by their full names.
    pub(crate) xattrs: BTreeMap<Vec<u8>, Vec<u8>>,
    /// `GNU.sparse.*`.
    pub(crate) sparse: Sparse,
}

/// What `GNU.sparse.*` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sparse {
    /// `major`: 1 when the map stands before the data.
    pub(crate) major: Option<u64>,
    /// `name`: the file's own name, where the header has a made-up one.
    pub(crate) name: Option<Vec<u8>>,
    /// `realsize` or `size`: length of the file with its holes.
    pub(crate) real_size: Option<u64>,
    /// `map`, or pairs of `offset` and `numbytes`: offset in the file and length of each piece of data.
    pub(crate) pieces: Vec<Option<(u64, u64)>>,
    offset: Option<u64>,
}

impl Extended {
    /// Takes in the records of one extended header. The reason names the first record that cannot be read; those before it
    /// count.
    pub(crate) fn read(&mut self, mut records: &[u8]) -> Result<(), String> {
        // Some writers fill the last block.
        while records.iter().any(|byte| *byte != 0) {
            let (key, value, rest) = record(records).ok_or("pax record: its length fits no record")?;
            self.take(key, value)?;
            records = rest;
        }
        Ok(())
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        let bytes = || (!value.is_empty()).then(|| value.to_vec());
        let bad = || {
            let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
            format!("pax record: {key} is {value:?}, expected a number")
        };
        let number = || match value {
            [] => Ok(None),
            digits => decimal(digits).map(Some).ok_or_else(bad),
        };
        let narrow = || match number()? {
            None => Ok(None),
            Some(value) => u32::try_from(value).map(Some).map_err(|_| bad()),
        };
        match key {
            b"path" => self.path = bytes(),
            b"linkpath" => self.link = bytes(),
            b"size" => self.size = number()?,
            b"uid" => self.uid = narrow()?,
            b"gid" => self.gid = narrow()?,
            b"mtime" if value.is_empty() => self.mtime = None,
            b"mtime" => self.mtime = Some(time(value).ok_or_else(bad)?),
            b"SCHILY.devmajor" => self.major = narrow()?,
            b"SCHILY.devminor" => self.minor = narrow()?,
            b"GNU.sparse.major" => self.sparse.major = number()?,
            b"GNU.sparse.name" => self.sparse.name = bytes(),
            b"GNU.sparse.realsize" | b"GNU.sparse.size" => self.sparse.real_size = number()?,
            b"GNU.sparse.offset" => self.sparse.offset = number()?,
            b"GNU.sparse.numbytes" => {
                let piece = self.sparse.offset.take().zip(number()?);
                self.sparse.pieces.push(piece);
            }
            b"GNU.sparse.map" => self.sparse.pieces = pairs(value),
            key => {
                if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                    self.xattrs.insert(name.to_vec(), value.to_vec());
                } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                    let value = base64::decode(value).ok_or_else(|| {
                        let key = String::from_utf8_lossy(key);
                        format!("pax record: {key} is no base64")
                    })?;
                    self.xattrs.entry(unescaped(name)).or_insert(value);
                }
            }
        }
        Ok(())
    }
}

/// The first record's key and value, and what follows it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().take(20).position(|byte| *byte == b' ')?;
    let length = usize::try_from(decimal(bytes.get(..space)?)?).ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let pair = record.strip_suffix(b"\n")?.get(space.saturating_add(1)..)?;
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    Some((pair.get(..equals)?, pair.get(equals.saturating_add(1)..)?, rest))
}

/// A whole number in decimal digits.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit))?.parse().ok()
}

/// Seconds since 1970 with any number of digits behind the point; a minus sign counts for all of them.
fn time(value: &[u8]) -> Option<Timestamp> {
    let (is_negative, value) = match value.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, value),
    };
    let mut parts = value.splitn(2, |byte| *byte == b'.');
    let seconds = i64::try_from(decimal(parts.next()?)?).ok()?;
    let mut nanoseconds = 0_u32;
    let digits = parts.next().unwrap_or_default();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    for at in 0..9 {
        let digit = digits.get(at).map_or(0, |digit| digit.saturating_sub(b'0'));
        nanoseconds = nanoseconds.checked_mul(10)?.checked_add(u32::from(digit))?;
    }
    Some(match (is_negative, nanoseconds) {
        (false, _) => Timestamp { seconds, nanoseconds },
        (true, 0) => Timestamp { seconds: seconds.checked_neg()?, nanoseconds },
        // -0.25 is a quarter second before 1970: -1 s + 0.75 s.
        (true, _) => Timestamp {
            seconds: seconds.checked_neg()?.checked_sub(1)?,
            nanoseconds: 1_000_000_000_u32.checked_sub(nanoseconds)?,
        },
    })
}

/// Numbers between commas, two by two.
fn pairs(value: &[u8]) -> Vec<Option<(u64, u64)>> {
    let numbers: Vec<Option<u64>> = value.split(|byte| *byte == b',').map(decimal).collect();
    let pair = |pair: &[Option<u64>]| match pair {
        [offset, length] => (*offset).zip(*length),
        _ => None,
    };
    if value.is_empty() { Vec::new() } else { numbers.chunks(2).map(pair).collect() }
}

/// A name in which `%` and two digits stand for a byte.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::records;

    fn read(records: &[u8]) -> Result<Extended, String> {
        let mut extended = Extended::default();
        extended.read(records).map(|()| extended)
    }

    #[test]
    fn records_are_read_and_the_last_of_a_key_counts() {
        let found = read(&records(&[
            ("path", b"a/b"),
            ("path", b"c\nd"),
            ("mtime", b"1.500000001"),
            ("uid", b"42"),
            ("size", b"7"),
            ("size", b""),
        ]))
        .unwrap();
        assert_eq!(found.path.unwrap(), b"c\nd");
        assert_eq!(found.mtime, Some(Timestamp { seconds: 1, nanoseconds: 500_000_001 }));
        assert_eq!((found.uid, found.size), (Some(42), None));
    }

    #[test]
    fn times_before_1970_and_with_many_digits_are_read() {
        let second = |seconds, nanoseconds| Some(Timestamp { seconds, nanoseconds });
        assert_eq!(time(b"-0.25"), second(-1, 750_000_000));
        assert_eq!(time(b"-2"), second(-2, 0));
        assert_eq!(time(b"3.1234567891234"), second(3, 123_456_789));
        for bad in ["", "-", "1.x", "x", "99999999999999999999"] {
            assert_eq!(time(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn attributes_of_both_writers_are_read() {
        let found =
            read(&records(&[("SCHILY.xattr.user.a", b"\0\n\x01"), ("LIBARCHIVE.xattr.user%2Eb", b"/+8")])).unwrap();
        let xattrs: Vec<_> = found.xattrs.into_iter().collect();
        assert_eq!(xattrs[0], (b"user.a".to_vec(), b"\0\n\x01".to_vec()));
        assert_eq!(xattrs[1], (b"user.b".to_vec(), vec![0xFF, 0xEF]));
    }

    #[test]
    fn maps_of_sparse_files_are_read_in_both_forms() {
        let old = read(&records(&[("GNU.sparse.offset", b"0"), ("GNU.sparse.numbytes", b"5")])).unwrap();
        assert_eq!(old.sparse.pieces, [Some((0, 5))]);
        let new = read(&records(&[("GNU.sparse.map", b"0,5,10,2"), ("GNU.sparse.realsize", b"4096")])).unwrap();
        assert_eq!(new.sparse.pieces, [Some((0, 5)), Some((10, 2))]);
        assert_eq!(new.sparse.real_size, Some(4096));
        assert_eq!(pairs(b"1,2,3"), [Some((1, 2)), None]);
    }

    #[test]
    fn what_is_no_record_is_told() {
        for bad in ["5 a=b\n", "99 a=b\n", "x", "6 a-b\n", "0 a=b\n", "8 uid=x\n", "15 uid=4294967296\n"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
