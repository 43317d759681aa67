//! In which encoding a text is, and its characters. Decoding is the browser's (<https://encoding.spec.whatwg.org/>).

use web_sys::{TextDecodeOptions, TextDecoder};

/// The encodings that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    EucKr,
    Windows1252,
}

/// How an encoding is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// A byte order mark says so.
    Marked,
    /// Every byte fits, and other text would not.
    Fits,
    /// It is the most likely one.
    Guessed,
}

impl Encoding {
    pub const ALL: [Encoding; 5] =
        [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::EucKr, Encoding::Windows1252];

    /// What the browser calls it.
    pub fn label(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::EucKr => "euc-kr",
            Encoding::Windows1252 => "windows-1252",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16 LE",
            Encoding::Utf16Be => "UTF-16 BE",
            Encoding::EucKr => "EUC-KR (CP949)",
            Encoding::Windows1252 => "Windows-1252 (Latin-1)",
        }
    }

    /// The characters of these bytes. What is not valid becomes U+FFFD; a character that is cut at the end is left out
    /// when more follows in the file.
    pub fn decode(self, bytes: &[u8], goes_on: bool) -> String {
        let options = TextDecodeOptions::new();
        options.set_stream(goes_on);
        TextDecoder::new_with_label(self.label())
            .and_then(|decoder| decoder.decode_with_u8_array_and_options(bytes, &options))
            .unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The encoding of these bytes, if they look like text.
pub fn detect(bytes: &[u8], goes_on: bool) -> Option<(Encoding, Known)> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Some((Encoding::Utf8, Known::Marked));
    }
    let wide = |is_little| is_wide_text(bytes, is_little, goes_on);
    // The mark of UTF-32 LE begins with that of UTF-16 LE; its text has zeros, which no text has.
    match bytes {
        [0xff, 0xfe, ..] if wide(true) => return Some((Encoding::Utf16Le, Known::Marked)),
        [0xfe, 0xff, ..] if wide(false) => return Some((Encoding::Utf16Be, Known::Marked)),
        _ => {}
    }
    if !bytes.iter().any(|byte| is_binary(u32::from(*byte))) {
        return match std::str::from_utf8(bytes) {
            Ok(_) => Some((Encoding::Utf8, Known::Fits)),
            Err(error) if error.error_len().is_none() && goes_on => Some((Encoding::Utf8, Known::Fits)),
            _ if is_korean(bytes, goes_on) => Some((Encoding::EucKr, Known::Guessed)),
            _ if is_western(bytes) => Some((Encoding::Windows1252, Known::Guessed)),
            _ => None,
        };
    }
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let pairs = bytes.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, high) if pairs > 1 && high * 10 >= pairs * 4 && wide(true) => Some((Encoding::Utf16Le, Known::Guessed)),
        (high, 0) if pairs > 1 && high * 10 >= pairs * 4 && wide(false) => Some((Encoding::Utf16Be, Known::Guessed)),
        _ => None,
    }
}

/// Whether these bytes are in every encoding but UTF-16 the same.
pub fn is_ascii(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&0)
}

/// Control characters that no text has.
fn is_binary(code: u32) -> bool {
    (code < 0x20 && !matches!(code, 0x08..=0x0a | 0x0c | 0x0d | 0x1b)) || code == 0x7f
}

fn is_wide_text(bytes: &[u8], is_little: bool, goes_on: bool) -> bool {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| if is_little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
    (rest.is_empty() || goes_on) && !pairs.iter().any(|pair| is_binary(u32::from(unit(pair))))
}

/// Whether all are characters of Windows code page 949, most of those beyond ASCII syllables of KS X 1001.
fn is_korean(bytes: &[u8], goes_on: bool) -> bool {
    let (mut pairs, mut syllables, mut at) = (0_usize, 0_usize, 0);
    while let Some(lead) = bytes.get(at) {
        at += 1;
        if lead.is_ascii() {
            continue;
        }
        let Some(trail) = bytes.get(at) else { return goes_on && syllables > 0 };
        at += 1;
        let is_extended = matches!(trail, 0x41..=0x5a | 0x61..=0x7a | 0x81..=0xa0);
        let is_standard = (0xa1..=0xfe).contains(trail);
        let fits = match lead {
            0x81..=0xc5 => is_standard || is_extended,
            0xc6 => is_standard || (0x41..=0x52).contains(trail),
            0xc7..=0xfd => is_standard,
            _ => false,
        };
        if !fits {
            return false;
        }
        pairs += 1;
        syllables += usize::from(is_standard && (0xb0..=0xc8).contains(lead));
    }
    syllables * 10 >= pairs * 7
}

/// Whether all are characters of Windows code page 1252, most of them ASCII.
fn is_western(bytes: &[u8]) -> bool {
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    beyond * 3 <= bytes.len() && !bytes.iter().any(|byte| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_told_by_mark_by_fit_or_as_a_guess() {
        type Case<'a> = (&'a [u8], Option<(Encoding, Known)>);
        let cases: &[Case<'_>] = &[
            ("한국\n".as_bytes(), Some((Encoding::Utf8, Known::Fits))),
            (b"\xef\xbb\xbfa", Some((Encoding::Utf8, Known::Marked))),
            (b"\xff\xfea\0", Some((Encoding::Utf16Le, Known::Marked))),
            (b"\xfe\xff\0a", Some((Encoding::Utf16Be, Known::Marked))),
            (b"a\0b\0c\0", Some((Encoding::Utf16Le, Known::Guessed))),
            (b"\0a\0b\0c", Some((Encoding::Utf16Be, Known::Guessed))),
            // 한국어 in EUC-KR.
            (b"name: \xc7\xd1\xb1\xb9\xbe\xee\n", Some((Encoding::EucKr, Known::Guessed))),
            // "déjà vu" in Latin-1.
            (b"d\xe9j\xe0 vu\n", Some((Encoding::Windows1252, Known::Guessed))),
            (b"a\0b", None),
            (b"\xff\xfea", None),
            (b"\x7fELF\x02\x01\x01\0\0\0", None),
            // The mark of UTF-32.
            (b"\xff\xfe\0\0a\0\0\0", None),
        ];
        for (bytes, expected) in cases {
            assert_eq!(detect(bytes, false), *expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_character_may_be_cut_where_the_file_goes_on() {
        let cut = &"한국".as_bytes()[..4];
        assert_eq!(detect(cut, true), Some((Encoding::Utf8, Known::Fits)));
        assert_ne!(detect(cut, false), Some((Encoding::Utf8, Known::Fits)));
        assert_eq!(detect(b"\xc7\xd1\xb1", true), Some((Encoding::EucKr, Known::Guessed)));
        assert_ne!(detect(b"\xc7\xd1\xb1", false), Some((Encoding::EucKr, Known::Guessed)));
    }
}
