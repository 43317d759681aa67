//! Ruby's order (`Gem::Version`): parts divided by dots and between digits and letters; letters make a version before the
//! release.

use super::number::{Number, is_digit, run};

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a>(Vec<Part<'a>>);

/// In the order of their weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Letters(&'a str),
    End,
    Number(Number<'a>),
}

impl<'a> Version<'a> {
    /// The version in this text; `None` when it does not begin with a digit or has other characters than Ruby allows.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut rest = text.trim();
        if !rest.starts_with(is_digit) {
            return None;
        }
        let mut parts = Vec::new();
        while let Some(first) = rest.chars().next() {
            rest = match first {
                '.' => rest.strip_prefix('.')?,
                // A hyphen is read as `.pre.`.
                '-' => {
                    parts.push(Part::Letters("pre"));
                    rest.strip_prefix('-')?
                }
                _ if is_digit(first) => {
                    let (digits, after) = run(rest, is_digit);
                    parts.push(Part::Number(Number::new(digits)));
                    after
                }
                _ if first.is_ascii_alphabetic() => {
                    let (letters, after) = run(rest, |letter| letter.is_ascii_alphabetic());
                    parts.push(Part::Letters(letters));
                    after
                }
                _ => return None,
            };
        }
        parts.push(Part::End);
        Some(Version(without_zeros(parts)))
    }
}

/// Zeros at the end of the numbers before the first letters, and at the very end, say nothing.
fn without_zeros(parts: Vec<Part<'_>>) -> Vec<Part<'_>> {
    let letters = parts.iter().position(|part| matches!(part, Part::Letters(_))).unwrap_or(parts.len());
    let (numbers, rest) = parts.split_at_checked(letters).unwrap_or((&parts, &[]));
    let is_zero = |part: &Part<'_>| matches!(part, Part::Number(number) if number.is_zero());
    let trimmed =
        |parts: &[Part<'_>]| parts.iter().rposition(|part| !is_zero(part)).map_or(0, |at| at.saturating_add(1));
    let (numbers, has_end) = match numbers.split_last() {
        Some((Part::End, numbers)) => (numbers, true),
        _ => (numbers, false),
    };
    let mut kept: Vec<Part<'_>> = numbers.iter().take(trimmed(numbers)).cloned().collect();
    if has_end {
        kept.push(Part::End);
    } else {
        let rest = rest.split_last().map_or(rest, |(_, rest)| rest);
        kept.extend(rest.iter().take(trimmed(rest)).cloned());
        kept.push(Part::End);
    }
    kept
}
