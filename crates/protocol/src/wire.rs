//! How a message looks on its way: values one after another, without names.
//!
//! Page and worker are of one build, which the first message makes sure of, so nothing has to be said of a value but what
//! cannot be known: how long, which variant, whether it is there. A reader of this needs a third of the code that one needs
//! for JavaScript objects, and the page loads that code before it shows anything.
//!
//! Whole numbers are LEB128 (signed ones zigzag), those of 128 bits 16 bytes; text, lists and maps begin with their length;
//! an enum with the position of its variant; before each field of a struct stands 1, or 0 when it was left out
//! (`skip_serializing_if`) and its default is meant. All lengths are held against the bytes there are.

mod read;
mod write;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A message as bytes. An error only for a type that cannot be written here: a list that does not know its length.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, WireError> {
    let mut writer = write::Writer::default();
    message.serialize(&mut writer)?;
    Ok(writer.bytes)
}

/// The message in these bytes. An error when they are not those of such a message, whole.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    let mut reader = read::Reader { rest: bytes };
    let message = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(message) } else { Err(WireError::of("bytes after the end")) }
}

/// Bytes that are no message of this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError(String);

impl WireError {
    fn of(reason: impl fmt::Display) -> WireError {
        WireError(reason.to_string())
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for WireError {}

impl serde::ser::Error for WireError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        WireError::of(reason)
    }
}

impl serde::de::Error for WireError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        WireError::of(reason)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Kind {
        Unit,
        Newtype(u64),
        Pair(i64, String),
        Named { a: Option<bool>, b: Vec<u8> },
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    struct Everything {
        kinds: Vec<Kind>,
        map: BTreeMap<String, i128>,
        numbers: (u8, i32, f64, char),
        #[serde(default, skip_serializing_if = "String::is_empty")]
        left_out: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        there: Option<u32>,
        last: Option<Box<Everything>>,
    }

    fn everything() -> Everything {
        let kinds = [Kind::Unit, Kind::Newtype(u64::MAX), Kind::Pair(i64::MIN, "한 글".into())];
        let named = [Kind::Named { a: Some(false), b: vec![0, 255] }, Kind::Named { a: None, b: Vec::new() }];
        Everything {
            kinds: kinds.into_iter().chain(named).collect(),
            map: [("min".into(), i128::MIN), ("".into(), 1 << 90)].into(),
            numbers: (200, -5, 0.1, '판'),
            left_out: String::new(),
            there: Some(300),
            last: Some(Box::new(Everything { left_out: "here".into(), ..Everything::default() })),
        }
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        let bytes = encode(&everything()).unwrap();
        assert_eq!(decode::<Everything>(&bytes).unwrap(), everything());
    }

    #[test]
    fn small_numbers_are_one_byte() {
        assert_eq!(encode(&127_u64).unwrap(), [127]);
        assert_eq!(encode(&-64_i64).unwrap(), [127]);
        assert_eq!(encode(&300_u32).unwrap(), [0b1010_1100, 0b10]);
    }

    #[test]
    fn bytes_that_were_cut_or_changed_are_refused_and_never_more() {
        let bytes = encode(&everything()).unwrap();
        for length in 0..bytes.len() {
            assert!(decode::<Everything>(&bytes[..length]).is_err(), "{length}");
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 127, 128, 255] {
                let mut bytes = bytes.clone();
                bytes[at] = value;
                // Whatever it is now, it neither panics nor asks for memory that the bytes cannot fill.
                let _ = decode::<Everything>(&bytes);
            }
        }
        assert!(decode::<u8>(&[1, 2]).is_err(), "bytes after the end");
        assert!(decode::<Vec<u8>>(&[255, 255, 255, 255, 15]).is_err(), "a length without bytes");
        assert!(decode::<u32>(&[255, 255, 255, 255, 255]).is_err(), "a number that does not fit");
    }
}
