//! Reading integers out of a structure's bytes without a way to panic.

use careen_model::Place;

use crate::ReadError;

/// The bytes of one on-disk structure, read field by field at the offsets its specification gives.
///
/// Offsets are in bytes from the start of the structure. A field beyond the end is a [`ReadError`] that names the
/// structure and the offset.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'a> {
    structure: &'static str,
    place: &'a Place,
    bytes: &'a [u8],
}

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $from:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self, offset: usize) -> Result<$type, ReadError> {
            Ok(<$type>::$from(self.array(offset)?))
        })*
    };
}

impl<'a> Fields<'a> {
    /// The fields of `structure`, whose bytes lie at `place`.
    pub fn new(structure: &'static str, place: &'a Place, bytes: &'a [u8]) -> Self {
        Fields { structure, place, bytes }
    }

    /// All bytes of the structure.
    pub fn all(&self) -> &'a [u8] {
        self.bytes
    }

    /// `length` bytes from `offset`.
    pub fn bytes(&self, offset: usize, length: usize) -> Result<&'a [u8], ReadError> {
        offset.checked_add(length).and_then(|end| self.bytes.get(offset..end)).ok_or_else(|| {
            self.corrupt(format_args!(
                "field of {length} bytes at offset {offset:#x} lies beyond its end, it has {} bytes",
                self.bytes.len()
            ))
        })
    }

    /// A fixed number of bytes from `offset`.
    pub fn array<const N: usize>(&self, offset: usize) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(offset, N)?);
        Ok(array)
    }

    integers! {
        /// One byte.
        u8: u8 = from_le_bytes;
        /// Little-endian.
        u16_le: u16 = from_le_bytes;
        /// Little-endian.
        u32_le: u32 = from_le_bytes;
        /// Little-endian.
        u64_le: u64 = from_le_bytes;
        /// Big-endian.
        u16_be: u16 = from_be_bytes;
        /// Big-endian.
        u32_be: u32 = from_be_bytes;
        /// Big-endian.
        u64_be: u64 = from_be_bytes;
    }

    /// An error about this structure: `what` names field, value and expectation.
    pub fn corrupt(&self, what: impl std::fmt::Display) -> ReadError {
        ReadError::corrupt(self.place, format_args!("{}: {what}", self.structure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_in_both_orders() {
        let place = Place::new("test");
        let fields = Fields::new("header", &place, &[1, 2, 3, 4]);
        assert_eq!(fields.u16_le(1).unwrap(), 0x0302);
        assert_eq!(fields.u32_be(0).unwrap(), 0x0102_0304);
    }

    #[test]
    fn a_field_beyond_the_end_names_the_structure() {
        let place = Place::new("test");
        let error = Fields::new("header", &place, &[0; 4]).u32_le(2).unwrap_err();
        assert_eq!(
            error.to_string(),
            "test: header: field of 4 bytes at offset 0x2 lies beyond its end, it has 4 bytes"
        );
        assert!(Fields::new("header", &place, &[0; 4]).u8(usize::MAX).is_err());
    }
}
