//! Semantic versions (semver.org 2.0.0, 11): npm, Cargo, Go, .NET, composer, Julia.
//!
//! Read with the freedoms of those who use them: a `v` before it, any number of parts (.NET has four), missing parts are
//! zero. Case counts only where nothing else differs. What stands behind `+` does not count.

use super::number::{Number, is_digit};

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version<'a> {
    /// Without the zeros at the end.
    numbers: Vec<Number<'a>>,
    before: Before<'a>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Before<'a> {
    Release(Vec<Identifier<'a>>),
    Final,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(Number<'a>),
    Text(String),
}

impl<'a> Version<'a> {
    /// The version in this text; `None` when its first part is no number.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split('+').next().unwrap_or(text);
        let (numbers, before) = match text.split_once('-') {
            Some((numbers, before)) => (numbers, Some(before)),
            None => (text, None),
        };
        let is_number = |part: &&str| !part.is_empty() && part.chars().all(is_digit);
        if !numbers.split('.').all(|part| is_number(&part)) {
            return None;
        }
        let mut numbers: Vec<Number<'_>> = numbers.split('.').map(Number::new).collect();
        while numbers.last().is_some_and(Number::is_zero) {
            numbers.pop();
        }
        let before = before.map_or(Before::Final, |before| {
            Before::Release(
                before
                    .split('.')
                    .map(|part| {
                        if is_number(&part) {
                            Identifier::Number(Number::new(part))
                        } else {
                            Identifier::Text(part.to_ascii_lowercase())
                        }
                    })
                    .collect(),
            )
        });
        Some(Version { numbers, before })
    }
}
