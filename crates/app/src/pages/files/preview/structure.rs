//! What the first bytes of a file say that it is, and some of what its header tells: only what is certain.

use super::image;
use super::numbers::{big, little};
use crate::format;
use crate::messages::{Text, files};

/// A format, and fields of its header.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    pub name: &'static str,
    pub fields: Vec<(&'static Text, String)>,
}

/// Formats that are known by their first bytes alone.
const MAGICS: &[(&[u8], &str)] = &[
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"PK\x05\x06", "ZIP"),
    (b"%PDF-", "PDF"),
    (b"!<arch>\n", "ar"),
    (b"\xed\xab\xee\xdb", "RPM"),
    (b"\0asm", "WebAssembly"),
    (b"\xcf\xfa\xed\xfe", "Mach-O"),
    (b"PAR1", "Parquet"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"REDIS", "Redis RDB"),
    (b"PGDMP", "PostgreSQL pg_dump"),
    (b"\x37\x7f\x06\x82", "SQLite WAL"),
    (b"\x37\x7f\x06\x83", "SQLite WAL"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE2"),
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
    (b"QFI\xfb", "qcow2"),
    (b"vhdxfile", "VHDX"),
    (b"hsqs", "squashfs"),
    (b"LUKS\xba\xbe", "LUKS"),
];

/// The format of a file that begins with these bytes.
pub fn structure(head: &[u8]) -> Option<Structure> {
    let known =
        |name: &'static str, fields: Option<Vec<_>>| Some(Structure { name, fields: fields.unwrap_or_default() });
    if let Some(kind) = image::Kind::of(head) {
        let size = kind.dimensions(head);
        return known(
            kind.name(),
            size.map(|(width, height)| vec![(&files::DIMENSIONS, format!("{width} × {height}"))]),
        );
    }
    match head {
        [0x7f, b'E', b'L', b'F', ..] => known("ELF", elf(head)),
        [0x1f, 0x8b, 8, ..] => known("gzip", gzip(head)),
        [b'P', b'K', 3, 4, ..] => known("ZIP", zip(head)),
        _ if is_sqlite(head) => known("SQLite", sqlite(head)),
        _ if head.get(257..262) == Some(b"ustar") => known("tar", tar(head)),
        _ => MAGICS.iter().find(|(magic, _)| head.starts_with(magic)).and_then(|(_, name)| known(name, None)),
    }
}

/// Whether it is a SQLite database ("Database File Format" 1.3.1).
pub fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(b"SQLite format 3\0")
}

/// System V ABI, "ELF Header".
fn elf(head: &[u8]) -> Option<Vec<(&'static Text, String)>> {
    let class = match head.get(4)? {
        1 => "32 bit",
        2 => "64 bit",
        _ => return None,
    };
    let is_little = match head.get(5)? {
        1 => true,
        2 => false,
        _ => return None,
    };
    let order = if is_little { "little-endian" } else { "big-endian" };
    let read = |at| if is_little { little::<2>(head, at) } else { big::<2>(head, at) };
    let kind = match read(16)? {
        1 => "ET_REL".to_owned(),
        2 => "ET_EXEC".to_owned(),
        3 => "ET_DYN".to_owned(),
        4 => "ET_CORE".to_owned(),
        other => format!("{other:#x}"),
    };
    let machine = match read(18)? {
        3 => "x86".to_owned(),
        8 => "MIPS".to_owned(),
        20 => "PowerPC".to_owned(),
        21 => "PowerPC64".to_owned(),
        22 => "S/390".to_owned(),
        40 => "ARM".to_owned(),
        62 => "x86-64".to_owned(),
        183 => "AArch64".to_owned(),
        243 => "RISC-V".to_owned(),
        258 => "LoongArch".to_owned(),
        other => format!("{other:#x}"),
    };
    Some(vec![(&files::CLASS, format!("{class}, {order}")), (&files::KIND, kind), (&files::MACHINE, machine)])
}

/// RFC 1952 2.3.
fn gzip(head: &[u8]) -> Option<Vec<(&'static Text, String)>> {
    let (has_extra, has_name) = (head.get(3)? & 4 != 0, head.get(3)? & 8 != 0);
    let mut fields = Vec::new();
    if has_name {
        let extra = if has_extra { 2 + usize::try_from(little::<2>(head, 10)?).ok()? } else { 0 };
        let name = head.get(10 + extra..)?.split(|byte| *byte == 0).next()?;
        // Its encoding is ISO 8859-1, whose characters have the numbers of Unicode.
        fields.push((&files::NAME, name.iter().take(256).map(|byte| char::from(*byte)).collect()));
    }
    match little::<4>(head, 4)? {
        0 => {}
        seconds => fields.push((&files::MODIFIED, format::exact_time(seconds as f64 * 1000.0))),
    }
    Some(fields)
}

/// APPNOTE 4.3.7: the first entry.
fn zip(head: &[u8]) -> Option<Vec<(&'static Text, String)>> {
    let length = usize::try_from(little::<2>(head, 26)?).ok()?;
    Some(vec![(&files::FIRST_ENTRY, String::from_utf8_lossy(head.get(30..30 + length)?).into_owned())])
}

/// POSIX.1-2017, pax, "ustar Interchange Format".
fn tar(head: &[u8]) -> Option<Vec<(&'static Text, String)>> {
    let name = head.get(..100)?.split(|byte| *byte == 0).next()?;
    Some(vec![(&files::FIRST_ENTRY, String::from_utf8_lossy(name).into_owned())])
}

/// "Database File Format" 1.3.
fn sqlite(head: &[u8]) -> Option<Vec<(&'static Text, String)>> {
    let size = match big::<2>(head, 16)? {
        1 => 1 << 16,
        size => size,
    };
    let mut fields = vec![(&files::PAGE_SIZE, format::exact_size(size))];
    // The count holds only where who wrote it last knew of it (1.3.8).
    if big::<4>(head, 24)? == big::<4>(head, 92)? {
        fields.push((&files::PAGES, format::number(big::<4>(head, 28)?)));
    }
    let encoding = match big::<4>(head, 56)? {
        1 => "UTF-8",
        2 => "UTF-16 LE",
        3 => "UTF-16 BE",
        _ => return Some(fields),
    };
    fields.push((&files::ENCODING, encoding.to_owned()));
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(head: &[u8]) -> (&'static str, Vec<String>) {
        let found = structure(head).unwrap_or(Structure { name: "", fields: Vec::new() });
        (found.name, found.fields.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn headers_are_read_and_short_ones_name_the_format_alone() {
        // Class 2, little-endian, eight bytes of rest, ET_DYN, x86-64.
        let elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";
        assert_eq!(values(elf), ("ELF", vec!["64 bit, little-endian".into(), "ET_DYN".into(), "x86-64".into()]));
        assert_eq!(values(&elf[..10]), ("ELF", vec![]));
        // With an extra field of one byte, then the name.
        assert_eq!(values(b"\x1f\x8b\x08\x0c\0\0\0\0\0\x03\x01\0Xdump.sql\0"), ("gzip", vec!["dump.sql".into()]));
        assert_eq!(values(b"\x28\xb5\x2f\xfd rest"), ("Zstandard", vec![]));
        assert_eq!(values(b"PK\x03\x04\xff"), ("ZIP", vec![]));
        assert_eq!(values(b"plain"), ("", vec![]));
    }
}
