//! One header block of a tar archive.
//!
//! POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format" and "Extensions to the Standard
//! Tar Format"; the seventh edition's format is ustar without magic, prefix, and device numbers. All of one block of 512
//! bytes, numbers in octal digits, or big-endian with the first bit set (GNU "base-256").

/// Bytes of a block; headers and contents begin at multiples of it.
pub(crate) const BLOCK: usize = 512;

/// What stands in a block where a header may stand.
#[derive(Debug)]
pub(crate) enum Block {
    /// Nothing: part of the end of an archive.
    Zeros,
    /// A header whose checksum is right.
    Header(Box<Header>),
    /// Something else, for this reason.
    Other(String),
}

/// A header. Names are as they stand in it.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Path of the object, slashes between names.
    pub(crate) name: Vec<u8>,
    /// Permission bits with setuid, setgid and sticky.
    pub(crate) mode: u16,
    /// Owner.
    pub(crate) uid: u32,
    /// Group.
    pub(crate) gid: u32,
    /// Bytes that follow the header, for the kinds that have content.
    pub(crate) size: u64,
    /// Last change of the content, in seconds since 1970.
    pub(crate) mtime: i64,
    /// `typeflag`.
    pub(crate) kind: u8,
    /// Target of a link.
    pub(crate) link: Vec<u8>,
    /// Major and minor device number.
    pub(crate) device: (u32, u32),
    /// The first of its fields that holds no number, if any; it is zero here.
    pub(crate) unreadable: Option<&'static str>,
    /// What follows a sparse file's header in the format of GNU tar.
    pub(crate) sparse: Option<OldSparse>,
}

/// The fields that only a header with the `typeflag` `S` has.
#[derive(Clone, Debug)]
pub(crate) struct OldSparse {
    /// Length of the file with its holes.
    pub(crate) real_size: u64,
    /// Offset in the file and length of each piece of data; `None` for one that is no pair of numbers.
    pub(crate) pieces: Vec<Option<(u64, u64)>>,
    /// Whether a block with more pieces follows.
    pub(crate) is_extended: bool,
}

/// `magic` with `version` of ustar, and what GNU tar writes there.
const USTAR: &[u8] = b"ustar\0";
const GNU: &[u8] = b"ustar  \0";
/// Where the magic stands.
pub(crate) const MAGIC_AT: usize = 257;
/// What all of them begin with.
pub(crate) const MAGIC: &[u8] = b"ustar";

impl Block {
    /// Reads a block.
    pub(crate) fn read(block: &[u8; BLOCK]) -> Block {
        if block.iter().all(|byte| *byte == 0) {
            return Block::Zeros;
        }
        match Header::read(block) {
            Ok(header) => Block::Header(Box::new(header)),
            Err(reason) => Block::Other(reason),
        }
    }
}

impl Header {
    fn read(block: &[u8; BLOCK]) -> Result<Header, String> {
        let field = |at: usize, length: usize| at.checked_add(length).and_then(|end| block.get(at..end)).unwrap_or(&[]);
        let chksum = number(field(148, 8)).filter(|_| field(148, 8).iter().any(u8::is_ascii_digit));
        let (unsigned, signed) = checksums(block);
        if chksum != Some(unsigned) && chksum != Some(signed) {
            return Err(match chksum {
                Some(chksum) => format!("tar header: chksum is {chksum}, expected {unsigned}"),
                None => "tar header: chksum is no number".to_owned(),
            });
        }
        let size = number(field(124, 12)).and_then(|size| u64::try_from(size).ok());
        let size = size.ok_or("tar header: size is no number")?;

        let mut unreadable = None;
        let mut value = |name: &'static str, at: usize, length: usize| {
            number(field(at, length)).unwrap_or_else(|| {
                unreadable.get_or_insert(name);
                0
            })
        };
        let mode = value("mode", 100, 8);
        let (uid, gid) = (value("uid", 108, 8), value("gid", 116, 8));
        let mtime = value("mtime", 136, 12);
        let kind = field(156, 1).first().copied().unwrap_or(0);
        let magic = field(MAGIC_AT, 8);
        let is_device = matches!(kind, b'3' | b'4') && magic.starts_with(MAGIC);
        let device = if is_device { (value("devmajor", 329, 8), value("devminor", 337, 8)) } else { (0, 0) };
        let mut narrow = |name: &'static str, value: i64| {
            u32::try_from(value).unwrap_or_else(|_| {
                unreadable.get_or_insert(name);
                0
            })
        };
        let (uid, gid) = (narrow("uid", uid), narrow("gid", gid));
        let device = (narrow("devmajor", device.0), narrow("devminor", device.1));

        let mut name = text(field(0, 100)).to_vec();
        if magic.starts_with(USTAR) {
            // Schilling's star keeps times behind a shorter prefix.
            let length = if field(508, 4) == b"tar\0" { 131 } else { 155 };
            let prefix = text(field(345, length));
            if !prefix.is_empty() {
                name = [prefix, b"/", &name].concat();
            }
        }
        let sparse = (kind == b'S' && magic == GNU).then(|| OldSparse {
            real_size: u64::try_from(value_of(field(483, 12))).unwrap_or(0),
            pieces: pieces(field(386, 96)),
            is_extended: field(482, 1) != [0],
        });
        // Permission bits; some writers put the kind of the file above them.
        let mode = u16::try_from(mode & 0o7777).unwrap_or(0);
        let link = text(field(157, 100)).to_vec();
        Ok(Header { name, mode, uid, gid, size, mtime, kind, link, device, unreadable, sparse })
    }
}

/// The block that goes on with the pieces of a sparse file, and whether one more follows.
pub(crate) fn more_pieces(block: &[u8; BLOCK]) -> (Vec<Option<(u64, u64)>>, bool) {
    (pieces(block.get(..504).unwrap_or(&[])), block.get(504).is_some_and(|more| *more != 0))
}

/// Pairs of offset and length, 12 bytes each, up to the first empty one.
fn pieces(bytes: &[u8]) -> Vec<Option<(u64, u64)>> {
    let pairs = bytes.chunks_exact(24).take_while(|pair| pair.first() != Some(&0));
    pairs
        .map(|pair| {
            let (offset, length) = pair.split_at_checked(12)?;
            Some((u64::try_from(number(offset)?).ok()?, u64::try_from(number(length)?).ok()?))
        })
        .collect()
}

fn value_of(field: &[u8]) -> i64 {
    number(field).unwrap_or(0)
}

/// Sums of all bytes, taken as unsigned and (as some early writers did) as signed, with `chksum` taken as spaces.
fn checksums(block: &[u8; BLOCK]) -> (i64, i64) {
    block.iter().enumerate().fold((0_i64, 0_i64), |(unsigned, signed), (at, byte)| {
        let byte = if (148..156).contains(&at) { b' ' } else { *byte };
        (unsigned.saturating_add(i64::from(byte)), signed.saturating_add(i64::from(byte.cast_signed())))
    })
}

/// Bytes up to the first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number field; an empty one is zero.
fn number(field: &[u8]) -> Option<i64> {
    match field.split_first() {
        Some((first, rest)) if first & 0x80 != 0 => {
            // Two's complement of all bits but the first.
            let start = i128::from(first & 0x3F).checked_sub(i128::from(first & 0x40))?;
            let value =
                rest.iter().try_fold(start, |value, byte| value.checked_mul(256)?.checked_add(i128::from(*byte)))?;
            i64::try_from(value).ok()
        }
        _ => {
            let is_blank = |byte: &u8| matches!(byte, b' ' | 0);
            let start = field.iter().position(|byte| !is_blank(byte)).unwrap_or(field.len());
            let digits = field.get(start..)?.split(is_blank).next()?;
            digits.iter().try_fold(0_i64, |value, digit| match digit {
                b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit.saturating_sub(b'0'))),
                _ => None,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{header, seal};

    fn read(block: &[u8; BLOCK]) -> Header {
        match Block::read(block) {
            Block::Header(header) => *header,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_field_is_read_where_ustar_has_it() {
        let mut block = header("name", b'4', 5);
        block[100..108].copy_from_slice(b"0104755\0");
        block[108..116].copy_from_slice(b"0001750\0");
        block[116..124].copy_from_slice(b"   144 \0");
        block[136..148].copy_from_slice(b"14000000000\0");
        block[329..337].copy_from_slice(b"0000010\0");
        block[337..345].copy_from_slice(b"0000003\0");
        block[345..351].copy_from_slice(b"prefix");
        seal(&mut block);
        let header = read(&block);
        assert_eq!(header.name, b"prefix/name");
        assert_eq!((header.mode, header.uid, header.gid, header.size), (0o4755, 1000, 100, 5));
        assert_eq!((header.mtime, header.kind, header.device), (0o14_000_000_000, b'4', (8, 3)));
        assert_eq!(header.unreadable, None);
    }

    #[test]
    fn numbers_in_base_256_may_be_large_or_negative() {
        let mut block = header("a", b'0', 0);
        // 2^40 bytes; four billion for the owner; the year 1960.
        block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        block[108..116].copy_from_slice(&[0x80, 0, 0, 0, 0xEE, 0x6B, 0x28, 0]);
        block[136..148].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xED, 0x30, 0x53, 0x80]);
        seal(&mut block);
        let header = read(&block);
        assert_eq!((header.size, header.uid, header.mtime), (1 << 40, 4_000_000_000, -315_600_000));
    }

    #[test]
    fn a_wrong_checksum_is_no_header_and_a_signed_one_is() {
        let mut block = header("na\u{e9}me", b'0', 0);
        // As a writer whose characters are signed counts the two bytes of é.
        let chksum = u32::from_str_radix(std::str::from_utf8(&block[148..154]).unwrap(), 8).unwrap() - 512;
        block[148..156].copy_from_slice(format!("{chksum:06o}\0 ").as_bytes());
        read(&block);
        block[0] = b'x';
        assert!(matches!(Block::read(&block), Block::Other(reason) if reason.contains("chksum is")));
        assert!(matches!(Block::read(&[0; BLOCK]), Block::Zeros));
        assert!(matches!(Block::read(&[b'x'; BLOCK]), Block::Other(reason) if reason.contains("no number")));
    }

    #[test]
    fn a_field_that_is_no_number_is_named_and_a_size_is_needed() {
        let mut block = header("a", b'0', 0);
        block[108] = b'9';
        seal(&mut block);
        assert_eq!((read(&block).uid, read(&block).unreadable), (0, Some("uid")));
        block[124] = b'9';
        seal(&mut block);
        assert!(matches!(Block::read(&block), Block::Other(reason) if reason.contains("size is no number")));
    }

    #[test]
    fn old_sparse_headers_have_their_first_pieces() {
        let mut block = header("a", b'S', 512);
        block[257..265].copy_from_slice(b"ustar  \0");
        block[386..410].copy_from_slice(b"00000001000\x0000000001000\0");
        block[482] = 1;
        block[483..495].copy_from_slice(b"00000010000\0");
        seal(&mut block);
        let sparse = read(&block).sparse.unwrap();
        assert_eq!((sparse.real_size, sparse.is_extended), (4096, true));
        assert_eq!(sparse.pieces, [Some((512, 512))]);
    }
}
