//! Globally unique identifiers as Microsoft's formats and GPT store them.

use std::fmt;

/// A GUID in on-disk order: the first three groups little-endian (MS-DTYP 2.3.4.2, UEFI appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Guid(pub(crate) [u8; 16]);

impl Guid {
    /// All bits zero: "none" wherever a GUID is optional.
    pub(crate) const ZERO: Guid = Guid([0; 16]);

    /// The GUID that is written `GGGGGGGG-GGGG-GGGG-GGGG-GGGGGGGGGGGG`, its five groups as numbers.
    pub(crate) const fn new(a: u32, b: u16, c: u16, d: u16, e: u64) -> Self {
        let ([a0, a1, a2, a3], [b0, b1], [c0, c1]) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
        let ([d0, d1], [_, _, e0, e1, e2, e3, e4, e5]) = (d.to_be_bytes(), e.to_be_bytes());
        Guid([a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e0, e1, e2, e3, e4, e5])
    }

    /// The GUID of such a text, with or without braces around it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(['{', '}']);
        let groups: Vec<&str> = text.split('-').collect();
        let number = |index: usize, digits: usize| {
            let group = groups.get(index).filter(|group| group.len() == digits)?;
            group.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u64::from_str_radix(group, 16).ok())?
        };
        let small = |index: usize| number(index, 4).and_then(|number| u16::try_from(number).ok());
        let first = u32::try_from(number(0, 8)?).ok()?;
        (groups.len() == 5).then_some(Guid::new(first, small(1)?, small(2)?, small(3)?, number(4, 12)?))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a0, a1, a2, a3, b0, b1, c0, c1, d0, d1, e @ ..] = self.0;
        let (a, b, c) =
            (u32::from_le_bytes([a0, a1, a2, a3]), u16::from_le_bytes([b0, b1]), u16::from_le_bytes([c0, c1]));
        write!(out, "{a:08X}-{b:04X}-{c:04X}-{d0:02X}{d1:02X}-")?;
        e.iter().try_for_each(|byte| write!(out, "{byte:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Guid;

    #[test]
    fn it_is_written_and_stored_as_the_specifications_show() {
        let bat = Guid::new(0x2DC2_7766, 0xF623, 0x4200, 0x9D64, 0x115E_9BFD_4A08);
        assert_eq!(bat.to_string(), "2DC27766-F623-4200-9D64-115E9BFD4A08");
        assert_eq!(Guid::parse("{2dc27766-F623-4200-9D64-115E9BFD4A08}"), Some(bat));
        for bad in ["", "{}", "2DC27766", "2DC27766-F623-4200-9D64-115E9BFD4A0", "2DC27766-F623-4200-9D64-+15E9BFD4A08"]
        {
            assert_eq!(Guid::parse(bad), None, "{bad}");
        }
        assert_eq!(bat.0[..8], [0x66, 0x77, 0xC2, 0x2D, 0x23, 0xF6, 0x00, 0x42]);
    }
}
