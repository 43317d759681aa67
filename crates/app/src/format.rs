//! Numbers, sizes, times and ids as people read them.

use js_sys::{Date, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::messages::{self, general};

/// Stands for what is unknown.
pub const UNKNOWN: &str = "—";

/// A number with its thousands apart; both languages use the comma.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size with a decimal unit, as Docker prints sizes; a thin space before the unit.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes}\u{202f}B");
    }
    let (mut value, mut unit) = (bytes as f64 / 1000.0, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value < 9.995 {
        2
    } else if value < 99.95 {
        1
    } else {
        0
    };
    format!("{value:.digits$}\u{202f}{}", UNITS[unit])
}

/// A size with the exact number of bytes behind it, for titles.
pub fn exact_size(bytes: u64) -> String {
    general::BYTES.with(&[("n", &number(bytes))])
}

/// An id without `sha256:`, shortened in the middle.
pub fn short_id(id: &str) -> String {
    let digits = id.strip_prefix("sha256:").unwrap_or(id);
    match (digits.get(..8), digits.len().checked_sub(4).and_then(|from| digits.get(from..))) {
        (Some(head), Some(tail)) if digits.len() > 20 => format!("{head}…{tail}"),
        _ => digits.to_owned(),
    }
}

/// Whether a text is a long hexadecimal id.
pub fn is_long_id(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Milliseconds since the epoch of a time in RFC 3339.
pub fn milliseconds(time: &str) -> Option<f64> {
    Some(Date::parse(time)).filter(|time| time.is_finite())
}

/// Milliseconds since the epoch of a time in nanoseconds.
pub fn milliseconds_of(nanoseconds: i128) -> f64 {
    (nanoseconds.div_euclid(1_000_000)) as f64
}

/// A time to the minute in the browser's time zone, `2026-11-21 07:21`: as wide in every row and every language.
pub fn time(milliseconds: f64) -> String {
    local(milliseconds, &["month", "day", "hour", "minute"])
}

/// The same to the second.
pub fn exact_time(milliseconds: f64) -> String {
    local(milliseconds, &["month", "day", "hour", "minute", "second"])
}

fn local(milliseconds: f64, parts: &[&str]) -> String {
    let options = Object::new();
    let set = |name: &str, value: &str| {
        let _ = Reflect::set(&options, &name.into(), &value.into());
    };
    for part in parts {
        set(part, "2-digit");
    }
    set("year", "numeric");
    set("hourCycle", "h23");
    let date = Date::new(&JsValue::from_f64(milliseconds));
    // The locale that writes a date the way ISO 8601 does.
    String::from(date.to_locale_string("en-CA", &options)).replace(", ", " ")
}

/// How long ago a time was.
pub fn ago(milliseconds: f64) -> String {
    let seconds = ((Date::now() - milliseconds) / 1000.0).round();
    let past = seconds >= 0.0;
    let seconds = seconds.abs();
    let (value, one, many) = match seconds {
        s if s < 60.0 => return general::JUST_NOW.get().to_owned(),
        s if s < 3600.0 => (s / 60.0, &general::MINUTE, &general::MINUTES),
        s if s < 86_400.0 => (s / 3600.0, &general::HOUR, &general::HOURS),
        s if s < 2_629_800.0 => (s / 86_400.0, &general::DAY, &general::DAYS),
        s if s < 31_557_600.0 => (s / 2_629_800.0, &general::MONTH, &general::MONTHS),
        s => (s / 31_557_600.0, &general::YEAR, &general::YEARS),
    };
    let span = messages::count(value.floor().max(1.0) as u64, one, many);
    let frame = if past { &general::AGO } else { &general::AHEAD };
    frame.with(&[("span", &span)])
}

/// A number of seconds as minutes and seconds.
pub fn duration(seconds: u64) -> String {
    if seconds < 60 {
        general::SECONDS.with(&[("n", &seconds)])
    } else {
        general::MINUTES_SECONDS.with(&[("m", &(seconds / 60)), ("s", &(seconds % 60))])
    }
}

/// The last name of a path.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_sizes() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(12), "12");
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (1_500_000, "1.50 MB"),
            (999_600, "1.00 MB"),
            (208_000_000_000, "208 GB"),
        ] {
            assert_eq!(size(bytes).replace('\u{202f}', " "), text);
        }
    }

    #[test]
    fn ids_are_shortened_in_the_middle() {
        let id = format!("sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(short_id(&id), "01234567…cdef");
        assert_eq!(short_id("plain-name"), "plain-name");
        assert!(is_long_id(&id) && !is_long_id("plain-name"));
    }
}
