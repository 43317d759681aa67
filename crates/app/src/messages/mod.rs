//! Every sentence of the page, English and Korean side by side.
//!
//! A sentence is a constant of a table: `messages::open::TITLE.get()`. `{name}` in it is filled by
//! [`Text::with`]. The page is drawn anew when the language changes, so a sentence is read once where it stands.

pub mod about;
pub mod build_cache;
pub mod containers;
pub mod export;
pub mod files;
pub mod find;
pub mod findings;
pub mod general;
pub mod images;
pub mod open;
pub mod overview;
pub mod packages;
pub mod search;
pub mod side_by_side;
pub mod space;
pub mod timeline;

use std::cell::Cell;
use std::fmt::Display;

use careen_model::Language;

/// A sentence in both languages.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub english: &'static str,
    /// Korean.
    pub korean: &'static str,
}

/// Declares sentences: `NAME: "English", "한국어";`
macro_rules! texts {
    ($($name:ident: $english:literal, $korean:literal;)*) => {
        $(pub static $name: $crate::messages::Text = $crate::messages::Text { english: $english, korean: $korean };)*
        /// Every sentence of this table.
        #[cfg(test)]
        pub static ALL: &[(&str, &$crate::messages::Text)] = &[$((stringify!($name), &$name)),*];
    };
}
pub(crate) use texts;

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

/// The language sentences are read in now.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// Reads sentences in this language from now on.
pub fn speak(language: Language) {
    LANGUAGE.set(language);
}

impl Text {
    /// The sentence in the current language.
    pub fn get(&self) -> &'static str {
        match language() {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }

    /// The sentence with its `{gaps}` filled, each once, so that a value that looks like a gap stays what it is.
    pub fn with(&self, values: &[(&str, &dyn Display)]) -> String {
        let mut text = String::new();
        let mut rest = self.get();
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                text.push_str(&value.to_string());
            }
            rest = tail;
        }
        text.push_str(rest);
        text
    }
}

/// `one` for 1, else `many` with `{n}` filled.
pub fn count(n: u64, one: &Text, many: &Text) -> String {
    let text = if n == 1 { one } else { many };
    text.with(&[("n", &crate::format::number(n))])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn gaps(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn both_languages_say_something_and_fill_the_same_gaps() {
        let tables = [
            about::ALL,
            build_cache::ALL,
            containers::ALL,
            export::ALL,
            files::ALL,
            find::ALL,
            findings::ALL,
            general::ALL,
            images::ALL,
            open::ALL,
            overview::ALL,
            packages::ALL,
            search::ALL,
            side_by_side::ALL,
            space::ALL,
            timeline::ALL,
        ];
        for (name, text) in tables.into_iter().flatten() {
            assert!(!text.english.is_empty() && !text.korean.is_empty(), "{name} says nothing");
            // A singular may leave its number out.
            assert!(
                gaps(text.english).is_subset(&gaps(text.korean)) || gaps(text.korean).is_subset(&gaps(text.english)),
                "{name}"
            );
        }
    }

    #[test]
    fn gaps_are_filled_once() {
        let text = Text { english: "{a} of {b}", korean: "{b} 중 {a}" };
        assert_eq!(text.with(&[("a", &"{b}"), ("b", &2)]), "{b} of 2");
    }
}
