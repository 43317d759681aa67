//! Maven's order (Maven POM reference, "Version Order Specification"): parts divided by dots, hyphens and between digits
//! and letters; some words have a meaning.

use super::number::{Number, is_digit, run};

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a>(Vec<Part<'a>>);

/// In the order of their weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A word of what comes before the release, by its place in [`BEFORE`].
    Before(usize),
    End,
    /// `sp`, what comes right after it.
    ServicePack,
    /// Any other word, in lower case.
    Word(String),
    /// A number behind a hyphen.
    Hyphened(Number<'a>),
    /// A number behind a dot.
    Number(Number<'a>),
}

const BEFORE: [&str; 5] = ["alpha", "beta", "milestone", "rc", "snapshot"];

impl<'a> Version<'a> {
    /// Any text is a version.
    pub fn parse(text: &'a str) -> Self {
        let mut parts: Vec<Part<'_>> = Vec::new();
        let (mut rest, mut is_hyphened) = (text, false);
        while let Some(first) = rest.chars().next() {
            if matches!(first, '.' | '-' | '_') {
                if first == '-' {
                    trim(&mut parts);
                }
                is_hyphened = first == '-';
                rest = rest.strip_prefix(first).unwrap_or_default();
            } else if is_digit(first) {
                let (digits, after) = run(rest, is_digit);
                let number = Number::new(digits);
                parts.push(if is_hyphened { Part::Hyphened(number) } else { Part::Number(number) });
                (rest, is_hyphened) = (after, true);
            } else {
                let (word, after) = run(rest, |letter| !is_digit(letter) && !matches!(letter, '.' | '-' | '_'));
                trim(&mut parts);
                parts.extend(part(word, after.starts_with(is_digit)));
                (rest, is_hyphened) = (after, true);
            }
        }
        trim(&mut parts);
        parts.push(Part::End);
        Version(parts)
    }
}

/// What a word means; `None` for one that means nothing.
fn part(word: &str, before_digits: bool) -> Option<Part<'static>> {
    let word = word.to_lowercase();
    let full = match word.as_str() {
        "a" if before_digits => "alpha",
        "b" if before_digits => "beta",
        "m" if before_digits => "milestone",
        "cr" => "rc",
        "" | "ga" | "final" | "release" => return None,
        "sp" => return Some(Part::ServicePack),
        other => other,
    };
    Some(BEFORE.iter().position(|known| *known == full).map_or_else(|| Part::Word(full.to_owned()), Part::Before))
}

/// Zeros before a hyphen, a word or the end say nothing.
fn trim(parts: &mut Vec<Part<'_>>) {
    while matches!(parts.last(), Some(Part::Number(number) | Part::Hyphened(number)) if number.is_zero()) {
        parts.pop();
    }
}
