//! apk's order (apk-package(5), apk-tools `version.c`):
//! `digits{.digits}[letter]{_suffix[digits]}[~commit][-rdigits]`.

use super::number::{Number, is_digit, run};

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a>(Vec<Part<'a>>);

/// In the order of their weight: of two versions that are the same so far, the one with the higher part is the higher, and
/// the end is a part.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// A suffix of what came before a release, by its place in [`BEFORE`].
    Before(usize),
    End,
    Revision(Number<'a>),
    Commit(&'a str),
    SuffixNumber(Number<'a>),
    /// A suffix of what came after a release, by its place in [`AFTER`].
    After(usize),
    Letter(char),
    Digits(Digits<'a>),
}

/// Digits behind a dot; with a zero before them they are compared as text is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Digits<'a> {
    Zero(&'a str),
    Number(Number<'a>),
}

const BEFORE: [&str; 4] = ["alpha", "beta", "pre", "rc"];
const AFTER: [&str; 5] = ["cvs", "svn", "git", "hg", "p"];

impl<'a> Version<'a> {
    /// The version in this text; `None` when it is not of the form.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (digits, mut rest) = run(text, is_digit);
        if digits.is_empty() {
            return None;
        }
        let mut parts = vec![Part::Digits(Digits::Number(Number::new(digits)))];
        while let Some(after) = rest.strip_prefix('.') {
            let (digits, after) = run(after, is_digit);
            parts.push(Part::Digits(match digits {
                "" => return None,
                _ if digits.starts_with('0') => Digits::Zero(digits),
                _ => Digits::Number(Number::new(digits)),
            }));
            rest = after;
        }
        if let Some(letter) = rest.chars().next().filter(char::is_ascii_lowercase) {
            parts.push(Part::Letter(letter));
            rest = rest.strip_prefix(letter)?;
        }
        while let Some(after) = rest.strip_prefix('_') {
            let (name, after) = run(after, |letter| letter.is_ascii_lowercase());
            let place = |names: &[&str]| names.iter().position(|known| *known == name);
            parts.push(place(&BEFORE).map(Part::Before).or_else(|| place(&AFTER).map(Part::After))?);
            let (digits, after) = run(after, is_digit);
            if !digits.is_empty() {
                parts.push(Part::SuffixNumber(Number::new(digits)));
            }
            rest = after;
        }
        if let Some(after) = rest.strip_prefix('~') {
            let (commit, after) = run(after, |letter| matches!(letter, '0'..='9' | 'a'..='f'));
            parts.push(Part::Commit(Some(commit).filter(|commit| !commit.is_empty())?));
            rest = after;
        }
        if let Some(after) = rest.strip_prefix("-r") {
            let (digits, after) = run(after, is_digit);
            parts.push(Part::Revision(Number::new(Some(digits).filter(|digits| !digits.is_empty())?)));
            rest = after;
        }
        parts.push(Part::End);
        rest.is_empty().then_some(Version(parts))
    }
}
