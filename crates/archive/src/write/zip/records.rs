//! The records of a zip file.
//!
//! PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (central directory), 4.3.14 to
//! 4.3.16 (its end) and 4.5.3 (zip64); Info-ZIP `extrafld.txt` for times (`UT`) and owners (`ux`), APPNOTE 4.5.5 for times
//! as NTFS has them. Sizes of packed content stand behind it, since they are not known before.

use careen_model::Timestamp;

/// Packing: none, deflate.
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;
/// General purpose bits: sizes stand behind the content; names are UTF-8.
const HAS_DESCRIPTOR: u16 = 1 << 3;
const IS_UTF8: u16 = 1 << 11;
/// Version of the specification that is needed: for directories and deflate, and for zip64.
const NEEDS: u16 = 20;
const NEEDS_ZIP64: u16 = 45;
/// Made on Unix, to this version of the specification: attributes hold a mode.
const MADE_BY: u16 = 3 << 8 | 45;
/// What stands in a field whose value is in the zip64 field instead.
const ELSEWHERE: u32 = u32::MAX;
/// A file of more bytes than this may not fit the fields of 32 bits once it is packed.
const SURELY_SMALL: u64 = 0xF000_0000;

/// An entry.
pub(super) struct Record<'a> {
    /// Path in UTF-8; of a directory with a slash at its end.
    pub(super) name: &'a [u8],
    pub(super) method: u16,
    /// Type and permissions as `st_mode` has them.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: Timestamp,
    /// Where its local header stands.
    pub(super) offset: u64,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    /// Whether CRC and sizes follow the content.
    pub(super) has_descriptor: bool,
    /// Whether it may be large, which is not known before its content.
    pub(super) may_be_large: bool,
}

impl Record<'_> {
    /// Whether its sizes take eight bytes each. It has to be the same before and after the content.
    fn is_large(&self) -> bool {
        self.may_be_large || self.size > SURELY_SMALL
    }

    /// Local file header (4.3.7).
    pub(super) fn put_local(&self, out: &mut Vec<u8>) {
        let mut extra = Vec::new();
        if self.is_large() {
            // Both sizes have to be there; before the content they are not known.
            put_extra(1, &[0; 16], &mut extra);
        }
        self.put_time_and_owner(&mut extra);
        u32_to(0x0403_4B50, out);
        self.put_common(out);
        let (crc, packed, size) = match (self.has_descriptor, self.is_large()) {
            (true, true) => (0, ELSEWHERE, ELSEWHERE),
            (true, false) => (0, 0, 0),
            (false, _) => (self.crc, narrow(self.packed), narrow(self.size)),
        };
        u32_to(crc, out);
        u32_to(packed, out);
        u32_to(size, out);
        u16_to(short(self.name.len()), out);
        u16_to(short(extra.len()), out);
        out.extend_from_slice(self.name);
        out.extend_from_slice(&extra);
    }

    /// Data descriptor (4.3.9).
    pub(super) fn put_descriptor(&self, out: &mut Vec<u8>) {
        u32_to(0x0807_4B50, out);
        u32_to(self.crc, out);
        if self.is_large() {
            out.extend_from_slice(&self.packed.to_le_bytes());
            out.extend_from_slice(&self.size.to_le_bytes());
        } else {
            u32_to(narrow(self.packed), out);
            u32_to(narrow(self.size), out);
        }
    }

    /// Entry of the central directory (4.3.12).
    pub(super) fn put_central(&self, out: &mut Vec<u8>) {
        let mut large = Vec::new();
        // In this order, and only those whose own field says so (4.5.3).
        for value in [self.size, self.packed, self.offset] {
            if value >= u64::from(ELSEWHERE) {
                large.extend_from_slice(&value.to_le_bytes());
            }
        }
        let mut extra = Vec::new();
        if !large.is_empty() {
            put_extra(1, &large, &mut extra);
        }
        self.put_time_and_owner(&mut extra);
        if let Some(ticks) = ticks(self.mtime) {
            let time = ticks.to_le_bytes();
            // Four reserved bytes; attribute 1 of 24 bytes: modified, read, made.
            put_extra(0x000A, &[&[0, 0, 0, 0, 1, 0, 24, 0], &time[..], &time, &time].concat(), &mut extra);
        }
        u32_to(0x0201_4B50, out);
        u16_to(MADE_BY, out);
        self.put_common(out);
        u32_to(self.crc, out);
        u32_to(narrow(self.packed), out);
        u32_to(narrow(self.size), out);
        u16_to(short(self.name.len()), out);
        u16_to(short(extra.len()), out);
        // No comment, the first disk, not known to be text.
        out.extend_from_slice(&[0; 6]);
        // MS-DOS: directory, read-only.
        let dos = u32::from(self.name.ends_with(b"/")) << 4 | u32::from(self.mode & 0o200 == 0);
        u32_to(self.mode << 16 | dos, out);
        u32_to(narrow(self.offset), out);
        out.extend_from_slice(self.name);
        out.extend_from_slice(&extra);
    }

    /// What the headers have in common: version needed, bits, packing, time and date.
    fn put_common(&self, out: &mut Vec<u8>) {
        let is_far = self.offset >= u64::from(ELSEWHERE);
        u16_to(if self.is_large() || is_far { NEEDS_ZIP64 } else { NEEDS }, out);
        u16_to(IS_UTF8 | if self.has_descriptor { HAS_DESCRIPTOR } else { 0 }, out);
        u16_to(self.method, out);
        let (time, date) = dos_time(self.mtime.seconds);
        u16_to(time, out);
        u16_to(date, out);
    }

    fn put_time_and_owner(&self, extra: &mut Vec<u8>) {
        if let Ok(seconds) = i32::try_from(self.mtime.seconds) {
            // Of the three times the first alone.
            put_extra(0x5455, &[&[1], &seconds.to_le_bytes()[..]].concat(), extra);
        }
        // Version 1, then length and value of each.
        let owner = [&[1, 4], &self.uid.to_le_bytes()[..], &[4], &self.gid.to_le_bytes()].concat();
        put_extra(0x7875, &owner, extra);
    }
}

/// The end of the central directory (4.3.14 to 4.3.16), which has so many entries and bytes and begins there.
pub(super) fn put_end(count: u64, size: u64, offset: u64, out: &mut Vec<u8>) {
    let is_large = count >= u64::from(u16::MAX) || size.max(offset) >= u64::from(ELSEWHERE);
    if is_large {
        u32_to(0x0606_4B50, out);
        // Length of what follows.
        out.extend_from_slice(&44_u64.to_le_bytes());
        u16_to(MADE_BY, out);
        u16_to(NEEDS_ZIP64, out);
        // This disk, and the one with the directory.
        out.extend_from_slice(&[0; 8]);
        for value in [count, count, size, offset] {
            out.extend_from_slice(&value.to_le_bytes());
        }
        // The locator: disk, where the record above stands, number of disks.
        u32_to(0x0706_4B50, out);
        u32_to(0, out);
        out.extend_from_slice(&offset.saturating_add(size).to_le_bytes());
        u32_to(1, out);
    }
    u32_to(0x0605_4B50, out);
    out.extend_from_slice(&[0; 4]);
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    u16_to(count, out);
    u16_to(count, out);
    u32_to(narrow(size), out);
    u32_to(narrow(offset), out);
    u16_to(0, out);
}

fn put_extra(tag: u16, value: &[u8], out: &mut Vec<u8>) {
    u16_to(tag, out);
    u16_to(short(value.len()), out);
    out.extend_from_slice(value);
}

fn u16_to(value: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn u32_to(value: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(ELSEWHERE)
}

/// A length that the caller has kept within bounds.
fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// Time in steps of 100 ns since 1601, as NTFS counts.
fn ticks(time: Timestamp) -> Option<u64> {
    let seconds = time.seconds.checked_add(11_644_473_600)?;
    let ticks = u64::try_from(seconds).ok()?.checked_mul(10_000_000)?;
    ticks.checked_add(u64::from(time.nanoseconds).checked_div(100)?)
}

/// Time and date of MS-DOS in UTC, which begin with 1980 and end with 2107.
fn dos_time(seconds: i64) -> (u16, u16) {
    const FIRST: i64 = 315_532_800;
    const LAST: i64 = 4_354_819_198;
    let seconds = seconds.clamp(FIRST, LAST);
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = civil(day);
    let part = |value: i64, shift: u32| u16::try_from(value).unwrap_or(0).checked_shl(shift).unwrap_or(0);
    let half_seconds = second.rem_euclid(60).div_euclid(2);
    let time =
        part(second.div_euclid(3600), 11) | part(second.div_euclid(60).rem_euclid(60), 5) | part(half_seconds, 0);
    (time, part(year.saturating_sub(1980), 9) | part(month, 5) | part(date, 0))
}

/// Year, month and day of a day counted from 1970, in the calendar of Gregory: years begin with March, so that the
/// leap day is the last, and 400 of them have 146,097 days.
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day.saturating_add(719_468);
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let leap_days = of_era.div_euclid(1460).saturating_sub(of_era.div_euclid(36_524));
    let leap_days = leap_days.saturating_add(of_era.div_euclid(146_096));
    let year = of_era.saturating_sub(leap_days).div_euclid(365);
    let before = year.saturating_mul(365).saturating_add(year.div_euclid(4)).saturating_sub(year.div_euclid(100));
    let of_year = of_era.saturating_sub(before);
    // From March: 153 days in every five months.
    let month = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let date = of_year.saturating_sub(month.saturating_mul(153).saturating_add(2).div_euclid(5)).saturating_add(1);
    let month = if month < 10 { month.saturating_add(3) } else { month.saturating_sub(9) };
    let year = era.saturating_mul(400).saturating_add(year).saturating_add(i64::from(month <= 2));
    (year, month, date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As `date -u -d @SECONDS` prints them.
        for (seconds, year, month, day) in [
            (0, 1970, 1, 1),
            (951_782_400, 2000, 2, 29),
            (951_868_800, 2000, 3, 1),
            (1_767_139_200, 2025, 12, 31),
            (4_107_456_000, 2100, 2, 28),
            (4_107_542_400, 2100, 3, 1),
        ] {
            assert_eq!(civil(seconds / 86_400), (year, month, day), "{seconds}");
        }
        // 2024-03-05 06:07:08
        let (time, date) = dos_time(1_709_618_828);
        assert_eq!((time, date), (6 << 11 | 7 << 5 | 4, 44 << 9 | 3 << 5 | 5));
        assert_eq!(dos_time(-5), (0, 1 << 5 | 1), "the first there is");
        assert_eq!(dos_time(i64::MAX).1 >> 9, 127, "the last there is");
    }
}
