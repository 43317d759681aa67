//! JSON, indented. Tokens stay as they are written, so that no large number and no key that stands twice is lost.
//! RFC 8259.

/// Levels that are indented; deeper ones stand where the last of them does, or lines would grow with the square.
const DEEPEST: usize = 32;

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

/// The text, each value on a line of its own; `None` when it is not one JSON text.
pub fn indented(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() * 2);
    // What encloses the place, innermost last: whether it is an object.
    let mut open: Vec<bool> = Vec::new();
    let mut next = Next::Value;
    let mut rest = text.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        if next == Next::CommaOrEnd && open.is_empty() {
            return None;
        }
        let length = match (next, first) {
            (Next::Value | Next::ValueOrEnd, _) if !matches!(first, ']' | '}') => {
                if open.last() == Some(&false) {
                    line(&mut out, open.len());
                }
                let length = value(rest)?;
                next = match first {
                    '{' => Next::KeyOrEnd,
                    '[' => Next::ValueOrEnd,
                    _ => Next::CommaOrEnd,
                };
                if matches!(first, '{' | '[') {
                    open.push(first == '{');
                }
                length
            }
            (Next::Key | Next::KeyOrEnd, '"') => {
                line(&mut out, open.len());
                next = Next::Colon;
                string(rest)?
            }
            (Next::Colon, ':') => {
                out.push_str(": ");
                rest = rest[1..].trim_start_matches(is_space);
                next = Next::Value;
                continue;
            }
            (Next::CommaOrEnd, ',') => {
                next = if *open.last()? { Next::Key } else { Next::Value };
                1
            }
            (Next::CommaOrEnd | Next::KeyOrEnd | Next::ValueOrEnd, ']' | '}') => {
                if open.pop()? != (first == '}') {
                    return None;
                }
                if next == Next::CommaOrEnd {
                    line(&mut out, open.len());
                }
                next = Next::CommaOrEnd;
                1
            }
            _ => return None,
        };
        out.push_str(&rest[..length]);
        rest = rest[length..].trim_start_matches(is_space);
    }
    (next == Next::CommaOrEnd && open.is_empty()).then_some(out)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

/// Length of the value that begins here; of an object or an array its bracket alone.
fn value(text: &str) -> Option<usize> {
    match text.as_bytes().first()? {
        b'{' | b'[' => Some(1),
        b'"' => string(text),
        b'-' | b'0'..=b'9' => number(text),
        _ => ["true", "false", "null"].into_iter().find(|word| text.starts_with(word)).map(str::len),
    }
}

/// Length of a string with its quotes (7).
fn string(text: &str) -> Option<usize> {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some(at + 1),
            b'\\' => match bytes.next()?.1 {
                b'u' => (0..4).try_for_each(|_| bytes.next()?.1.is_ascii_hexdigit().then_some(()))?,
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                _ => return None,
            },
            0..0x20 => return None,
            _ => {}
        }
    }
    None
}

/// Length of a number (6).
fn number(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = usize::from(text.starts_with('-'));
    let whole = digits(&text[length..]);
    if whole == 0 || (whole > 1 && text[length..].starts_with('0')) {
        return None;
    }
    length += whole;
    if text[length..].starts_with('.') {
        let part = digits(&text[length + 1..]);
        length += 1 + Some(part).filter(|part| *part > 0)?;
    }
    if text[length..].starts_with(['e', 'E']) {
        length += 1;
        length += usize::from(text[length..].starts_with(['+', '-']));
        length += Some(digits(&text[length..])).filter(|part| *part > 0)?;
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn tokens_stay_and_values_stand_on_lines() {
        let text = r#" {"a":[1,-2.50e+3,{}],"a":12345678901234567890,"b":[ ],"c":"\u0041\"<b>" } "#;
        let expected = "{\n  \"a\": [\n    1,\n    -2.50e+3,\n    {}\n  ],\n  \"a\": 12345678901234567890,\n  \"b\": [],\n  \"c\": \"\\u0041\\\"<b>\"\n}";
        assert_eq!(indented(text).as_deref(), Some(expected));
        assert_eq!(indented("null").as_deref(), Some("null"));
    }

    #[test]
    fn what_is_no_json_is_none() {
        let none = [
            "",
            "{",
            "[1,]",
            "{\"a\":}",
            "{\"a\" 1}",
            "[1}",
            "01",
            "1.",
            "\"\\x\"",
            "\"a\nb\"",
            "1 2",
            "{a:1}",
            "[1]]",
            "nul",
            "{,}",
            "[,1]",
            "-",
            "{\"a\":1,}",
        ];
        for text in none {
            assert_eq!(indented(text), None, "{text}");
        }
    }

    #[test]
    fn deep_nesting_costs_little() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(indented(&deep).is_some_and(|text| text.len() < 2_000_000));
        assert_eq!(indented(&"[".repeat(60_000)), None);
    }
}
