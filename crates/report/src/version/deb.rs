//! Debian's versions: deb-version(7), `[epoch:]upstream-version[-debian-revision]`.
//!
//! Written here because the crate for it brings a regular expression engine, a calendar and big numbers into the
//! page's program. What dpkg only warns of (a letter first, odd characters) is compared as dpkg compares it.

use std::cmp::Ordering;

/// A version taken apart. Equal when dpkg says so: `1.0` equals `1.00`.
#[derive(Clone, Copy, Debug)]
pub struct Version<'a> {
    epoch: u32,
    upstream: &'a str,
    revision: &'a str,
}

impl<'a> Version<'a> {
    /// As `parseversion` of dpkg does; `None` for what dpkg refuses.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim_matches([' ', '\t']);
        if text.contains([' ', '\t']) {
            return None;
        }
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) => (parse_epoch(epoch)?, rest),
            None => (0, text),
        };
        let (upstream, revision) = match rest.rsplit_once('-') {
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (rest, ""),
        };
        (!upstream.is_empty()).then_some(Version { epoch, upstream, revision })
    }
}

/// A number up to the largest `int`, as dpkg takes it. A sign before it, which dpkg lets pass, is no epoch by the manual.
fn parse_epoch(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|epoch| is_number && i32::try_from(*epoch).is_ok())
}

impl Ord for Version<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare(self.upstream.as_bytes(), other.upstream.as_bytes()))
            .then_with(|| compare(self.revision.as_bytes(), other.revision.as_bytes()))
    }
}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version<'_> {}

/// "Sorting algorithm": runs of what is no digit and runs of digits in turn, until one differs.
fn compare(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let (a_text, a_rest) = split_run(a, |byte| !byte.is_ascii_digit());
        let (b_text, b_rest) = split_run(b, |byte| !byte.is_ascii_digit());
        let (a_number, a_rest) = split_run(a_rest, u8::is_ascii_digit);
        let (b_number, b_rest) = split_run(b_rest, u8::is_ascii_digit);
        let order = compare_text(a_text, b_text).then_with(|| compare_number(a_number, b_number));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
    Ordering::Equal
}

fn split_run(bytes: &[u8], belongs: impl Fn(&u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !belongs(byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, b""))
}

/// Byte by byte: a tilde before anything, even the end; then the end, then letters, then all the rest.
fn compare_text(a: &[u8], b: &[u8]) -> Ordering {
    let weight = |byte: Option<&u8>| match byte {
        Some(b'~') => (0, 0),
        None => (1, 0),
        Some(byte) if byte.is_ascii_alphabetic() => (2, *byte),
        Some(byte) => (3, *byte),
    };
    let length = a.len().max(b.len());
    (0..length)
        .map(|at| weight(a.get(at)).cmp(&weight(b.get(at))))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// As numbers of any length; no digits are zero.
fn compare_number(a: &[u8], b: &[u8]) -> Ordering {
    let (_, a) = split_run(a, |byte| *byte == b'0');
    let (_, b) = split_run(b, |byte| *byte == b'0');
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version<'_> {
        Version::parse(text).unwrap()
    }

    #[test]
    fn the_order_of_the_manual() {
        let ascending = ["1~~", "1~~a", "1~", "1", "1a"].map(version);
        assert!(ascending.windows(2).all(|pair| pair[0] < pair[1]), "{ascending:?}");
    }

    #[test]
    fn every_part_counts_in_its_turn() {
        for (low, high) in [
            ("0:1", "1:0"),
            ("1.0~rc1-1", "1.0-1"),
            ("1.0-1", "1.0-1+b1"),
            ("1.0-1+b1", "1.0-1+deb12u1"),
            ("1.2.3-1", "1.10"),
            ("1.2ab-1", "1.2a+b-1"),
            ("0.9", "0.9-1"),
            ("1.0", "1.0a"),
            ("1.0a", "1.0+"),
            ("99999999999999999999998", "99999999999999999999999"),
            ("2-1~bpo", "2-1"),
            ("1-9", "1-1-1"),
        ] {
            assert!(version(low) < version(high) && version(high) > version(low), "{low} {high}");
        }
    }

    #[test]
    fn equal_although_written_differently() {
        for (a, b) in [("1.0", "1.00"), ("0:1", "1"), ("1", "1-0"), (" 1 ", "1"), ("1.a", "1.a0")] {
            assert!(version(a) == version(b), "{a} {b}");
        }
    }

    #[test]
    fn what_dpkg_refuses_is_no_version() {
        for text in ["", " ", ":1", "a:1", "-1:1", "1:", "1-", "1 2", "2147483648:1", "-1", "+1:1"] {
            assert!(Version::parse(text).is_none(), "{text:?}");
        }
    }
}
