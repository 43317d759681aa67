//! A zip of a few finished files, to the APPNOTE (PKWARE, 6.3.10), without compression.
//!
//! Promised: the same files give the same bytes (every entry has the date 1980-01-01). Not handled: files or archives
//! of 4 GiB and more.

use crc::{CRC_32_ISO_HDLC, Crc};

/// "Version needed to extract" 2.0.
const VERSION: u16 = 20;
/// General purpose flag bit 11: names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// 1980-01-01 as an MS-DOS date.
const DATE: u16 = 1 << 5 | 1;

/// The files in a zip, in their order; `None` when they would need its 64-bit form.
pub fn stored<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Option<Vec<u8>> {
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let (mut out, mut directory, mut count) = (Vec::new(), Vec::new(), 0_u16);
    for (name, bytes) in files {
        let offset = u32::try_from(out.len()).ok()?;
        let size = u32::try_from(bytes.len()).ok()?;
        // 4.3.7 local file header and 4.3.12 central directory header share these fields.
        let mut shared = Vec::new();
        u16s(&mut shared, &[VERSION, UTF_8, 0, 0, DATE]);
        u32s(&mut shared, &[crc.checksum(bytes), size, size]);
        u16s(&mut shared, &[u16::try_from(name.len()).ok()?, 0]);

        u32s(&mut out, &[0x0403_4b50]);
        out.extend_from_slice(&shared);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(bytes);

        u32s(&mut directory, &[0x0201_4b50]);
        u16s(&mut directory, &[VERSION]);
        directory.extend_from_slice(&shared);
        u16s(&mut directory, &[0, 0, 0]);
        u32s(&mut directory, &[0, offset]);
        directory.extend_from_slice(name.as_bytes());
        count = count.checked_add(1)?;
    }
    // 4.3.16 end of central directory record.
    let (start, size) = (u32::try_from(out.len()).ok()?, u32::try_from(directory.len()).ok()?);
    out.append(&mut directory);
    u32s(&mut out, &[0x0605_4b50]);
    u16s(&mut out, &[0, 0, count, count]);
    u32s(&mut out, &[size, start]);
    u16s(&mut out, &[0]);
    Some(out)
}

fn u16s(out: &mut Vec<u8>, values: &[u16]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

fn u32s(out: &mut Vec<u8>, values: &[u32]) {
    out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_stored_file_is_laid_out_as_the_appnote_says() {
        let zip = super::stored([("a.csv", &b"x"[..])].into_iter()).unwrap();
        assert_eq!(&zip[..4], b"PK\x03\x04");
        assert_eq!(&zip[14..18], &0x8cdc_1683_u32.to_le_bytes()); // CRC-32 of "x"
        assert_eq!(&zip[30..36], b"a.csvx");
        assert_eq!(&zip[36..40], b"PK\x01\x02");
        let end = zip.len() - 22;
        assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
        assert_eq!(&zip[end + 16..end + 20], &36_u32.to_le_bytes());
    }
}
