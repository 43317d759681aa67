//! The parent locator of a differencing disk (2.6.2.6): pairs of key and value that say which file it was made upon.

use careen_evidence::{Fields, ReadError};

use crate::guid::Guid;

/// The one kind of locator there is: the parent is a VHDX file too.
const VHDX: Guid = Guid::new(0xB04A_EFB7, 0xD19E, 0x4A81, 0xB789, 0x25B8_E944_5913);
const HEADER: usize = 20;
const ENTRY: usize = 12;

/// Keys of paths, the most useful one first: a copy of both files keeps the relative one right.
const PATHS: [&str; 3] = ["relative_path", "absolute_win32_path", "volume_path"];
/// Keys of data-write GUIDs the parent may have (2.6.2.6.3).
const LINKAGES: [&str; 2] = ["parent_linkage", "parent_linkage2"];

/// Which file is the parent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Locator {
    /// Paths of the parent as Windows wrote them.
    pub(super) paths: Vec<String>,
    /// Data-write GUIDs of the parent when this disk was made; any one of them will do.
    pub(super) linkages: Vec<Guid>,
}

impl Locator {
    /// Reads the item. Pairs that lie outside of it are an error; keys that are not known are passed over.
    pub(super) fn read(item: &Fields<'_>) -> Result<Locator, ReadError> {
        let locator_type = Guid(item.array(0)?);
        let key_value_count = item.u16_le(18)?;
        if locator_type != VHDX {
            return Err(item.corrupt(format_args!("type is {locator_type}, expected {VHDX}")));
        }
        let mut pairs = Vec::new();
        for index in 0..usize::from(key_value_count) {
            let at = index.saturating_mul(ENTRY).saturating_add(HEADER);
            let key_offset = item.u32_le(at)?;
            let value_offset = item.u32_le(at.saturating_add(4))?;
            let key_length = item.u16_le(at.saturating_add(8))?;
            let value_length = item.u16_le(at.saturating_add(10))?;
            pairs.push((text(item, key_offset, key_length)?, text(item, value_offset, value_length)?));
        }
        let values = |keys: &[&str]| -> Vec<String> {
            let of = |key: &&str| pairs.iter().find(|(found, _)| found == key).map(|(_, value)| value.clone());
            keys.iter().filter_map(of).collect()
        };
        let linkages =
            values(&LINKAGES).into_iter().filter_map(|text| Guid::parse(&text)).filter(|id| *id != Guid::ZERO);
        Ok(Locator { linkages: linkages.collect(), paths: values(&PATHS) })
    }

    /// Whether the parent was called so: the last part of one of its paths, without regard to case, as in Windows.
    pub(super) fn names(&self, file_name: &str) -> bool {
        let last = |path: &str| path.rsplit(['\\', '/']).next().unwrap_or(path).to_lowercase();
        let name = last(file_name);
        self.paths.iter().any(|path| last(path) == name)
    }
}

/// A string of UTF-16, its place and length in bytes. What is no text is shown by U+FFFD.
fn text(item: &Fields<'_>, offset: u32, length: u16) -> Result<String, ReadError> {
    let bytes = item.bytes(usize::try_from(offset).unwrap_or(usize::MAX), usize::from(length))?;
    let units = bytes.chunks_exact(2).map(|unit| unit.iter().rev().fold(0, |sum, byte| sum << 8 | u16::from(*byte)));
    Ok(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

    use careen_evidence::Place;

    use super::*;

    /// A locator with these pairs.
    pub(crate) fn build(pairs: &[(&str, &str)]) -> Vec<u8> {
        let mut bytes = VHDX.0.to_vec(); // LocatorType
        bytes.extend([0, 0]); // Reserved
        bytes.extend((pairs.len() as u16).to_le_bytes()); // KeyValueCount
        let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let mut texts = Vec::new();
        let start = HEADER + pairs.len() * ENTRY;
        for (key, value) in pairs {
            let (key, value) = (units(key), units(value));
            bytes.extend(((start + texts.len()) as u32).to_le_bytes()); // KeyOffset
            bytes.extend(((start + texts.len() + key.len()) as u32).to_le_bytes()); // ValueOffset
            bytes.extend((key.len() as u16).to_le_bytes()); // KeyLength
            bytes.extend((value.len() as u16).to_le_bytes()); // ValueLength
            texts.extend([key, value].concat());
        }
        bytes.extend(texts);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Locator, ReadError> {
        Locator::read(&Fields::new("vhdx parent locator", &Place::new("test"), bytes))
    }

    #[test]
    fn paths_and_linkages_are_read_and_other_keys_are_passed_over() {
        let bytes = build(&[
            ("parent_linkage", "{83ed0ec3-24c8-49a6-a959-5e4bd1288791}"),
            ("volume_path", "\\\\?\\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\\디스크\\base.vhdx"),
            ("relative_path", "..\\base.vhdx"),
            ("something_new", "?"),
            ("absolute_win32_path", "d:\\disks\\base.vhdx"),
        ]);
        let locator = read(&bytes).unwrap();
        assert_eq!(locator.linkages, [Guid::new(0x83ED_0EC3, 0x24C8, 0x49A6, 0xA959, 0x5E4B_D128_8791)]);
        assert_eq!(locator.paths[..2], ["..\\base.vhdx", "d:\\disks\\base.vhdx"]);
        assert!(locator.paths[2].ends_with("디스크\\base.vhdx"));
        assert!(locator.names("Base.VHDX") && locator.names("/copies/base.vhdx") && !locator.names("xbase.vhdx"));
    }

    #[test]
    fn what_lies_outside_or_is_of_another_kind_is_an_error() {
        let good = build(&[("relative_path", "a.vhdx")]);
        for (at, bytes, text) in [
            (0, &[0xFF][..], "type is"),
            (18, &[2, 0][..], "beyond its end"),
            (18, &[0xFF, 0xFF][..], "beyond its end"),
            (20, &[0xFF, 0xFF, 0xFF, 0xFF][..], "beyond its end"),
            (24, &[0xFF, 0, 0, 0][..], "beyond its end"),
            (28, &[0xFF, 0xFF][..], "beyond its end"),
            (30, &[0xFF, 0xFF][..], "beyond its end"),
        ] {
            let mut bad = good.clone();
            bad[at..at + bytes.len()].copy_from_slice(bytes);
            let error = read(&bad).unwrap_err().to_string();
            assert!(error.contains(text), "{error}");
        }
        assert_eq!(read(&build(&[("parent_linkage", "{none}")])).unwrap(), Locator::default());
    }
}
