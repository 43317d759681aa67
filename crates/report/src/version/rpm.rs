//! rpm's order (rpm-version(7), `rpmvercmp`): `[epoch:]version[-release]`.
//!
//! Versions are runs of digits or of letters; other characters only divide them. `~` is lower than the end, `^` higher than
//! the end and lower than all else; a number is higher than letters.

use super::number::{Number, is_digit, run};

/// A version with its epoch and release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a> {
    epoch: Number<'a>,
    version: Vec<Part<'a>>,
    release: Vec<Part<'a>>,
}

/// In the order of their weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Tilde,
    End,
    Caret,
    Letters(&'a str),
    Number(Number<'a>),
}

impl<'a> Version<'a> {
    /// Any text is a version.
    pub fn parse(text: &'a str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.chars().all(is_digit) => (epoch, rest),
            _ => ("0", text),
        };
        let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
        Version { epoch: Number::new(epoch), version: parts(version), release: parts(release) }
    }
}

fn parts(mut rest: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while let Some(first) = rest.chars().next() {
        let (part, after) = match first {
            '~' => (Some(Part::Tilde), rest.strip_prefix('~').unwrap_or_default()),
            '^' => (Some(Part::Caret), rest.strip_prefix('^').unwrap_or_default()),
            _ if is_digit(first) => {
                let (digits, after) = run(rest, is_digit);
                (Some(Part::Number(Number::new(digits))), after)
            }
            _ if first.is_ascii_alphabetic() => {
                let (letters, after) = run(rest, |letter| letter.is_ascii_alphabetic());
                (Some(Part::Letters(letters)), after)
            }
            _ => (None, run(rest, |letter| !letter.is_ascii_alphanumeric() && letter != '~' && letter != '^').1),
        };
        parts.extend(part);
        rest = after;
    }
    parts.push(Part::End);
    parts
}
