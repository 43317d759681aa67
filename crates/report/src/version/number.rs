//! Parts that versions are made of.

/// A whole number of any length, compared by its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number<'a> {
    length: usize,
    digits: &'a str,
}

impl<'a> Number<'a> {
    /// The number that these digits are; anything else compares as its text does.
    pub fn new(digits: &'a str) -> Self {
        let digits = digits.trim_start_matches('0');
        Number { length: digits.len(), digits }
    }

    /// Whether it is nothing at all.
    pub fn is_zero(&self) -> bool {
        self.length == 0
    }
}

/// Cuts off what stands at the beginning of a text as long as its letters are of one kind: that, and the rest.
pub fn run(text: &str, is_of_kind: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|letter| !is_of_kind(letter)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A letter of the digits 0 to 9.
pub fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}
