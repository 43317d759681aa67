//! Base64 (RFC 4648, section 4), as tar-split and libarchive write it, with or without the filling at the end.

/// The bytes a text stands for; `None` when it is no base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last.saturating_add(1));
    let digits = text.get(..end)?;
    let mut bytes = Vec::with_capacity(digits.len().div_ceil(4).saturating_mul(3));
    for group in digits.chunks(4) {
        let mut word = 0_u32;
        for at in 0..4 {
            let value = group.get(at).map_or(Some(0), |digit| value(*digit))?;
            word = (word << 6) | value;
        }
        // Two digits make one byte, three make two, four make three.
        let count = group.len().checked_sub(1).filter(|count| *count > 0)?;
        bytes.extend(word.to_be_bytes().into_iter().skip(1).take(count));
    }
    Some(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let (first, base) = match digit {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' => (b'+', 62),
        b'/' => (b'/', 63),
        _ => return None,
    };
    Some(u32::from(digit.saturating_sub(first)).saturating_add(base))
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_examples_of_the_specification_are_read_with_and_without_filling() {
        // RFC 4648, section 10.
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmE", "fooba")] {
            assert_eq!(decode(text.as_bytes()).unwrap(), bytes.as_bytes(), "{text}");
        }
        assert_eq!(decode(b"/+8=").unwrap(), [0xFF, 0xEF]);
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["Z", "Zm9vY", "Zm-v", "Zm\n9"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
