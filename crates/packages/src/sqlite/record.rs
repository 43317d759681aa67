//! Records: a header of types, then the values (2.1 of the file format).

use careen_evidence::{Place, ReadError};

/// A column's value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing; also what stands in the place of the rowid.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating-point number.
    Real(f64),
    /// Text in the database's encoding.
    Text(Vec<u8>),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Most columns of a row: SQLite's own bound is 32767.
const MOST_COLUMNS: usize = 1 << 15;

/// A variable-length integer (1.6): up to nine bytes, big-endian, seven bits each but for the ninth, which has eight. The
/// number and what follows it.
pub fn varint(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        let is_last = at == 8 || byte & 0x80 == 0;
        let (bits, shift) = if at == 8 { (*byte, 8) } else { (byte & 0x7f, 7) };
        value = value.wrapping_shl(shift) | u64::from(bits);
        if is_last {
            return Some((value.cast_signed(), bytes.get(at.saturating_add(1)..)?));
        }
    }
    None
}

/// The values of a record.
pub fn record(bytes: &[u8], place: &Place) -> Result<Vec<Value>, ReadError> {
    let corrupt = |what: &dyn std::fmt::Display| ReadError::corrupt(place, format_args!("record: {what}"));
    let (header_length, after) = varint(bytes).ok_or_else(|| corrupt(&"its header is cut short"))?;
    let length_of_length = bytes.len().saturating_sub(after.len());
    let header_length = usize::try_from(header_length)
        .ok()
        .and_then(|length| length.checked_sub(length_of_length))
        .ok_or_else(|| corrupt(&format_args!("the length of its header is {header_length}")))?;
    let (mut types, mut content) =
        after.split_at_checked(header_length).ok_or_else(|| corrupt(&"its header is longer than the record"))?;
    let mut values = Vec::new();
    while !types.is_empty() {
        if values.len() >= MOST_COLUMNS {
            return Err(ReadError::over_limit(place, format_args!("more than {MOST_COLUMNS} columns in a row")));
        }
        let (kind, rest) = varint(types).ok_or_else(|| corrupt(&"a type in its header is cut short"))?;
        types = rest;
        let length = length_of(kind).ok_or_else(|| corrupt(&format_args!("the type of a column is {kind}")))?;
        let (value, rest) = content.split_at_checked(length).ok_or_else(|| corrupt(&"its values are cut short"))?;
        content = rest;
        values.push(match kind {
            0 => Value::Null,
            1..=6 => Value::Integer(integer(value)),
            7 => Value::Real(f64::from_bits(integer(value).cast_unsigned())),
            8 => Value::Integer(0),
            9 => Value::Integer(1),
            _ if kind & 1 == 0 => Value::Blob(value.to_vec()),
            _ => Value::Text(value.to_vec()),
        });
    }
    Ok(values)
}

/// Length of a value by its serial type.
fn length_of(kind: i64) -> Option<usize> {
    Some(match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        12.. => usize::try_from(kind.checked_sub(12)?.checked_div(2)?).ok()?,
        _ => return None,
    })
}

/// Big-endian two's complement.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    let start = if negative { u64::MAX } else { 0 };
    bytes.iter().fold(start, |value, byte| value.wrapping_shl(8) | u64::from(*byte)).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length_are_read() {
        assert_eq!(varint(&[0x7f, 1]), Some((127, [1].as_slice())));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, [].as_slice())));
        assert_eq!(varint(&[0xff; 9]), Some((-1, [].as_slice())));
        assert_eq!(varint(&[0x80, 0x80]), None);
    }

    #[test]
    fn a_record_has_one_value_for_each_type() {
        // Header of six bytes: null, one byte, three bytes, text of one, blob of two.
        let bytes = [6, 0, 1, 3, 15, 16, 0xfe, 0x01, 0x00, 0x00, b'x', 7, 8];
        let values = record(&bytes, &Place::new("p")).unwrap();
        let expected = [
            Value::Null,
            Value::Integer(-2),
            Value::Integer(0x10000),
            Value::Text(b"x".to_vec()),
            Value::Blob(vec![7, 8]),
        ];
        assert_eq!(values, expected);
    }

    #[test]
    fn what_is_cut_or_impossible_is_told() {
        let error = |bytes: &[u8]| record(bytes, &Place::new("p")).unwrap_err().to_string();
        assert_eq!(error(&[]), "p: record: its header is cut short");
        assert_eq!(error(&[9, 1]), "p: record: its header is longer than the record");
        assert_eq!(error(&[2, 10]), "p: record: the type of a column is 10");
        assert_eq!(error(&[2, 6, 1]), "p: record: its values are cut short");
        assert_eq!(error(&[0]), "p: record: the length of its header is 0");
    }
}
