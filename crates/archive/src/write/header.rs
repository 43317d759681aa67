//! Headers of a tar archive as POSIX describes it.
//!
//! POSIX.1-2017, `pax`, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Storing Sparse Files",
//! PAX format 1.0; star(5) for `SCHILY.xattr.` and `SCHILY.acl.`. What a ustar header has room for stands in it, and only
//! the rest in an extended header before it.

use careen_evidence::{Kind, Xattrs};
use careen_model::Timestamp;

use crate::header::BLOCK;

/// Largest numbers that fields of eight and of twelve bytes hold in octal digits.
const MOST_IN_8: u64 = 0o7_777_777;
const MOST_IN_12: u64 = 0o77_777_777_777;
/// Room for a name, and for the directories before it.
const NAME: usize = 100;
const PREFIX: usize = 155;

/// What stands in a header.
pub(crate) struct Head<'a> {
    /// Path in the archive; of a directory with a slash at its end.
    pub(crate) name: &'a [u8],
    /// `typeflag`.
    pub(crate) kind: u8,
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mtime: Timestamp,
    /// Bytes that follow the header.
    pub(crate) size: u64,
    /// Target of a link.
    pub(crate) link: &'a [u8],
    pub(crate) device: (u32, u32),
    pub(crate) xattrs: &'a Xattrs,
    /// Length of a file whose holes are left out.
    pub(crate) sparse: Option<u64>,
}

/// The `typeflag` of an object; `None` for a socket, which tar has no way to keep.
pub(crate) fn typeflag(kind: Kind) -> Option<u8> {
    Some(match kind {
        Kind::File => b'0',
        Kind::Symlink => b'2',
        Kind::CharDevice => b'3',
        Kind::BlockDevice => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
        Kind::Socket => return None,
    })
}

/// Puts the header of an object behind `out`, with an extended one before it where it is needed.
pub(crate) fn put(head: &Head<'_>, out: &mut Vec<u8>) {
    let mut records = Vec::new();
    let shown = match head.sparse {
        // A reader that does not know sparse files unpacks the stored bytes under this name.
        Some(_) => under(head.name, b"GNUSparseFile.0"),
        None => head.name.to_vec(),
    };
    if let Some(size) = head.sparse {
        record(&mut records, b"GNU.sparse.major", b"1");
        record(&mut records, b"GNU.sparse.minor", b"0");
        record(&mut records, b"GNU.sparse.name", head.name);
        record(&mut records, b"GNU.sparse.realsize", size.to_string().as_bytes());
    }
    let is_path_kept = head.sparse.is_some() || (split(&shown).is_some() && is_plain(&shown));
    if !is_path_kept {
        record(&mut records, b"path", &shown);
    }
    if head.link.len() > NAME || !is_plain(head.link) {
        record(&mut records, b"linkpath", head.link);
    }
    for (key, value) in [(&b"uid"[..], head.uid), (b"gid", head.gid)] {
        if u64::from(value) > MOST_IN_8 {
            record(&mut records, key, value.to_string().as_bytes());
        }
    }
    if head.size > MOST_IN_12 {
        record(&mut records, b"size", head.size.to_string().as_bytes());
    }
    let seconds = u64::try_from(head.mtime.seconds).ok().filter(|seconds| *seconds <= MOST_IN_12);
    if seconds.is_none() || head.mtime.nanoseconds > 0 {
        record(&mut records, b"mtime", decimal(head.mtime).as_bytes());
    }
    for (name, value) in head.xattrs {
        let acl: Option<&[u8]> = match name.as_slice() {
            b"system.posix_acl_access" => Some(b"SCHILY.acl.access"),
            b"system.posix_acl_default" => Some(b"SCHILY.acl.default"),
            _ => None,
        };
        if let Some((key, text)) = acl.and_then(|key| Some((key, acl_text(value)?))) {
            record(&mut records, key, text.as_bytes());
        }
        record(&mut records, &[b"SCHILY.xattr.", escaped(name).as_slice()].concat(), value);
    }
    if !records.is_empty() {
        let name = under(head.name, b"PaxHeaders");
        let name = name.get(..NAME).unwrap_or(&name);
        let extended = Head { name, kind: b'x', mode: 0o644, size: records.len() as u64, ..EMPTY };
        out.extend_from_slice(&block(&extended, name));
        out.extend_from_slice(&records);
        pad(out, records.len() as u64);
    }
    out.extend_from_slice(&block(head, &shown));
}

const EMPTY: Head<'static> = Head {
    name: b"",
    kind: b'0',
    mode: 0,
    uid: 0,
    gid: 0,
    mtime: Timestamp { seconds: 0, nanoseconds: 0 },
    size: 0,
    link: b"",
    device: (0, 0),
    xattrs: &Vec::new(),
    sparse: None,
};

/// The header of an extended file of bytes that was made here.
pub(crate) fn put_made(name: &str, size: u64, out: &mut Vec<u8>) {
    put(&Head { name: name.as_bytes(), mode: 0o644, size, ..EMPTY }, out);
}

/// Fills the last block of `size` bytes that were put behind `out`.
pub(crate) fn pad(out: &mut Vec<u8>, size: u64) {
    let block = BLOCK as u64;
    let over = size.checked_rem(block).unwrap_or(0);
    let fill = if over == 0 { 0 } else { block.saturating_sub(over) };
    out.resize(out.len().saturating_add(usize::try_from(fill).unwrap_or(0)), 0);
}

/// The same name within a directory of its own.
fn under(name: &[u8], directory: &[u8]) -> Vec<u8> {
    let trimmed = name.strip_suffix(b"/").unwrap_or(name);
    let at = trimmed.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at.saturating_add(1));
    let (above, last) = trimmed.split_at_checked(at).unwrap_or_default();
    [above, directory, b"/", last].concat()
}

/// Whether a name needs no character set to be told. Bytes that are no UTF-8 could not be written in an extended header
/// either, which is UTF-8.
fn is_plain(name: &[u8]) -> bool {
    name.is_ascii() || std::str::from_utf8(name).is_err()
}

/// A name as prefix and name, where it fits.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME {
        return Some((b"", name));
    }
    let longest = PREFIX.saturating_add(1).min(name.len().saturating_sub(1));
    let at = name.get(..longest)?.iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0)?;
    let (prefix, rest) = (name.get(..at)?, name.get(at.saturating_add(1)..)?);
    (!rest.is_empty() && rest.len() <= NAME).then_some((prefix, rest))
}

/// One record of an extended header: its own length in decimal digits, a space, key, `=`, value and a line feed.
fn record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len().saturating_add(value.len()).saturating_add(3);
    let mut length = rest;
    // The digits of the length count too.
    while rest.saturating_add(digits(length)) != length {
        length = rest.saturating_add(digits(length));
    }
    out.extend_from_slice(length.to_string().as_bytes());
    out.push(b' ');
    out.extend_from_slice(key);
    out.push(b'=');
    out.extend_from_slice(value);
    out.push(b'\n');
}

fn digits(number: usize) -> usize {
    number.to_string().len()
}

/// Seconds with as many decimals as there are.
fn decimal(time: Timestamp) -> String {
    let total = time.nanoseconds_since_epoch();
    let (sign, total) = if total < 0 { ("-", total.unsigned_abs()) } else { ("", total.unsigned_abs()) };
    let (seconds, rest) = (total.checked_div(1_000_000_000), total.checked_rem(1_000_000_000));
    let decimals = format!("{:09}", rest.unwrap_or(0));
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{decimals}", seconds.unwrap_or(0))
}

/// GNU tar ends a keyword at `=`, and writes that as `%3D`.
fn escaped(name: &[u8]) -> Vec<u8> {
    let one = |byte: &u8| match byte {
        b'=' => b"%3D".to_vec(),
        b'%' => b"%25".to_vec(),
        other => vec![*other],
    };
    name.iter().flat_map(one).collect()
}

/// An access control list as text (`acl_from_text(3)`, short form, ids in digits); `None` for bytes that are none.
fn acl_text(value: &[u8]) -> Option<String> {
    let mut entries = Vec::new();
    for entry in value.get(4..)?.chunks(8) {
        let field = |at: usize| Some(u16::from_le_bytes([*entry.get(at)?, *entry.get(at.checked_add(1)?)?]));
        let (tag, permissions) = (field(0)?, field(2)?);
        let id = u32::from(field(4)?) | u32::from(field(6)?) << 16;
        let who = match tag {
            0x01 => "user:".to_owned(),
            0x02 => format!("user:{id}"),
            0x04 => "group:".to_owned(),
            0x08 => format!("group:{id}"),
            0x10 => "mask:".to_owned(),
            0x20 => "other:".to_owned(),
            _ => return None,
        };
        let letter = |bit: u16, letter: char| if permissions & bit > 0 { letter } else { '-' };
        entries.push(format!("{who}:{}{}{}", letter(4, 'r'), letter(2, 'w'), letter(1, 'x')));
    }
    (!entries.is_empty()).then(|| entries.join(","))
}

/// One header block, in which `shown` is the name as far as there is room.
fn block(head: &Head<'_>, shown: &[u8]) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        let end = at.saturating_add(bytes.len());
        if let Some(field) = block.get_mut(at..end) {
            field.copy_from_slice(bytes);
        }
    };
    let (prefix, name) = split(shown).unwrap_or((b"", shown.get(..NAME).unwrap_or(shown)));
    put(0, name);
    put(345, prefix);
    put(100, &octal(u64::from(head.mode), 8));
    let fitting = |value: u32| if u64::from(value) > MOST_IN_8 { 0 } else { u64::from(value) };
    put(108, &octal(fitting(head.uid), 8));
    put(116, &octal(fitting(head.gid), 8));
    put(124, &octal(if head.size > MOST_IN_12 { 0 } else { head.size }, 12));
    put(136, &octal(u64::try_from(head.mtime.seconds).unwrap_or(0).min(MOST_IN_12), 12));
    put(156, &[head.kind]);
    put(157, head.link.get(..NAME).unwrap_or(head.link));
    put(257, b"ustar\x0000");
    if matches!(head.kind, b'3' | b'4') {
        put(329, &device(head.device.0));
        put(337, &device(head.device.1));
    }
    // The checksum is taken with spaces in its place.
    put(148, &[b' '; 8]);
    let sum = block.iter().fold(0_u64, |sum, byte| sum.saturating_add(u64::from(*byte)));
    if let Some(field) = block.get_mut(148..155) {
        field.copy_from_slice(&octal(sum, 7));
    }
    block
}

/// Octal digits that fill a field but for the zero at its end.
fn octal(value: u64, width: usize) -> Vec<u8> {
    let mut digits = format!("{value:0width$o}", width = width.saturating_sub(1)).into_bytes();
    digits.push(0);
    digits
}

/// A device number, in GNU's way where it is too large for octal digits.
fn device(number: u32) -> Vec<u8> {
    if u64::from(number) <= MOST_IN_8 {
        return octal(u64::from(number), 8);
    }
    [&[0x80, 0, 0, 0][..], &number.to_be_bytes()].concat()
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use crate::header::{Block, Header};

    fn headers(head: &Head<'_>) -> (Vec<u8>, Header) {
        let mut out = Vec::new();
        put(head, &mut out);
        let last: [u8; BLOCK] = out[out.len() - BLOCK..].try_into().unwrap();
        let Block::Header(header) = Block::read(&last) else { panic!("no header") };
        (out, *header)
    }

    #[test]
    fn what_a_header_has_room_for_needs_no_extended_one() {
        let name = [[b'd'; 150].as_slice(), b"/", &[b'n'; 99], b"/"].concat();
        let mtime = Timestamp { seconds: 1_000_000_000, nanoseconds: 0 };
        let head = Head { name: &name, kind: b'5', mode: 0o1755, uid: 2_097_151, gid: 7, mtime, ..EMPTY };
        let (out, header) = headers(&head);
        assert_eq!((out.len(), &header.name), (BLOCK, &name));
        assert_eq!((header.mode, header.uid, header.gid, header.mtime), (0o1755, 2_097_151, 7, 1_000_000_000));
    }

    #[test]
    fn what_it_has_no_room_for_stands_before_it() {
        let name = [b'n'; 101];
        let mtime = Timestamp { seconds: -1, nanoseconds: 250_000_000 };
        let xattrs = vec![(b"user.a=%".to_vec(), b"\0\n".to_vec())];
        let head = Head { name: &name, uid: 4_000_000_000, size: 1 << 40, mtime, xattrs: &xattrs, ..EMPTY };
        let (out, _) = headers(&head);
        assert_eq!(out.len(), 3 * BLOCK);
        // Lengths count themselves: 3 digits, a space, "path=", the name and the line feed.
        let records = [
            b"111 path=".as_slice(),
            &name,
            b"\n18 uid=4000000000\n22 size=1099511627776\n15 mtime=-0.75\n32 SCHILY.xattr.user.a%3D%25=\0\n\n",
        ];
        let records = records.concat();
        assert!(out[BLOCK..].starts_with(&records), "{}", out[BLOCK..].escape_ascii());
    }

    #[test]
    fn names_outside_ascii_are_told_as_utf_8_and_other_bytes_stand_as_they_are() {
        let (out, _) = headers(&Head { name: "한".as_bytes(), ..EMPTY });
        assert!(out[BLOCK..].starts_with("12 path=한\n".as_bytes()));
        let (out, header) = headers(&Head { name: b"\xFF", ..EMPTY });
        assert_eq!((out.len(), header.name.as_slice()), (BLOCK, &b"\xFF"[..]));
    }

    #[test]
    fn large_device_numbers_are_read_again() {
        let (_, header) = headers(&Head { name: b"a", kind: b'3', device: (3_000_000, 1), ..EMPTY });
        assert_eq!(header.device, (3_000_000, 1));
    }

    #[test]
    fn a_list_of_access_is_told_as_text() {
        // Version 2; the owner rwx, user 1000 r--, the mask r-x; ids of 4 bytes.
        let value = b"\x02\0\0\0\x01\0\x07\0\xFF\xFF\xFF\xFF\x02\0\x04\0\xE8\x03\0\0\x10\0\x05\0\xFF\xFF\xFF\xFF";
        assert_eq!(acl_text(value).unwrap(), "user::rwx,user:1000:r--,mask::r-x");
        assert_eq!((acl_text(b""), acl_text(b"\x02\0\0\0\x03\0\0\0\0\0\0\0")), (None, None));
    }
}
