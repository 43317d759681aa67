//! pacman's order (vercmp(8), libalpm `version.c`): `[epoch:]version[-release]`.
//!
//! As rpm's of old, without `~` and `^`: more characters between two parts make the higher version, and letters that
//! follow a number at once (`1.0rc`) the lower one.

use super::number::{Number, is_digit, run};

/// A version with its epoch and release. A version without a release equals all releases, so it comes before them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a> {
    epoch: Number<'a>,
    version: Vec<Part<'a>>,
    release: Option<Vec<Part<'a>>>,
}

/// In the order of their weight.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    Letters(&'a str),
    End,
    Number(Number<'a>),
    After(usize, Behind<'a>),
}

/// What stands behind so many dividing characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Behind<'a> {
    Letters(&'a str),
    Nothing,
    Number(Number<'a>),
}

impl<'a> Version<'a> {
    /// Any text is a version.
    pub fn parse(text: &'a str) -> Self {
        let (epoch, rest) = match text.split_once(':') {
            Some((epoch, rest)) if epoch.chars().all(is_digit) => (epoch, rest),
            _ => ("0", text),
        };
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(parts(release))),
            None => (rest, None),
        };
        Version { epoch: Number::new(epoch), version: parts(version), release }
    }
}

fn parts(mut rest: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let (between, after) = run(rest, |letter| !letter.is_ascii_alphanumeric());
        let (digits, behind) = run(after, is_digit);
        let (letters, behind) =
            if digits.is_empty() { run(after, |letter| letter.is_ascii_alphabetic()) } else { ("", behind) };
        parts.push(match (between.chars().count(), digits, letters) {
            (0, "", letters) => Part::Letters(letters),
            (0, digits, _) => Part::Number(Number::new(digits)),
            (count, "", "") => Part::After(count, Behind::Nothing),
            (count, "", letters) => Part::After(count, Behind::Letters(letters)),
            (count, digits, _) => Part::After(count, Behind::Number(Number::new(digits))),
        });
        rest = behind;
    }
    parts.push(Part::End);
    parts
}
