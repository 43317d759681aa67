//! The table of finding codes: one row for each thing that can be wrong, with its sentences.
//!
//! Names are stable: scripts rest on them. A new defect is a new row in the file of its reader, nothing else.

pub mod archive;
pub mod bolt;
pub mod derived;
pub mod disk;
pub mod doctor;
pub mod export;
pub mod filesystem;
pub mod general;
pub mod packages;
pub mod resources;
pub mod store;
pub mod survey;

use crate::Code;

/// Declares the rows of one file as constants and lists them.
macro_rules! codes {
    ($($(#[$doc:meta])* $constant:ident = $name:literal, $severity:ident,
        en: $message:literal, do_en: $advice:literal, ko: $message_ko:literal, do_ko: $advice_ko:literal;)*) => {
        $($(#[$doc])* #[doc = $message] pub static $constant: $crate::Code = $crate::Code {
            name: $name, severity: $crate::Severity::$severity,
            message: $message, message_ko: $message_ko, advice: $advice, advice_ko: $advice_ko,
        };)*
        /// The rows of this file.
        pub static ALL: &[&$crate::Code] = &[$(&$constant),*];
    };
}
pub(crate) use codes;

/// Every row, reader by reader.
pub fn all() -> impl Iterator<Item = &'static Code> {
    let readers = [general::ALL, disk::ALL, archive::ALL, filesystem::ALL, store::ALL, bolt::ALL, packages::ALL];
    readers.into_iter().chain([derived::ALL, resources::ALL, survey::ALL, doctor::ALL, export::ALL]).flatten().copied()
}

/// The row with this name.
pub fn find(name: &str) -> Option<&'static Code> {
    all().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The `{gaps}` of a template.
    fn gaps(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect()
    }

    #[test]
    fn names_are_unique_and_both_languages_say_the_same() {
        let mut names = BTreeSet::new();
        for code in super::all() {
            assert!(names.insert(code.name), "{} stands twice in the table", code.name);
            assert!(
                code.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                code.name
            );
            assert!(!code.message.is_empty() && !code.message_ko.is_empty(), "{} has no sentence", code.name);
            assert!(!code.advice.is_empty() && !code.advice_ko.is_empty(), "{} has no advice", code.name);
            assert_eq!(gaps(code.message), gaps(code.message_ko), "{}: the languages fill different gaps", code.name);
        }
    }
}
