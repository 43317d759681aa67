//! The order of versions, each ecosystem by its own rules.

mod conda;
mod deb;

use std::cmp::Ordering;
use std::str::FromStr;

use careen_model::Ecosystem;

/// Compares two versions by the rules of their ecosystem: deb-version(7), PEP 440, conda's `VersionOrder`.
///
/// A total order. A version that the rules cannot read comes after all that they can. What the rules cannot tell apart
/// (`1.0` and `1.0.0` in Python, two that they cannot read) is ordered by bytes, so that only equal text is equal.
pub fn compare_versions(ecosystem: Ecosystem, a: &str, b: &str) -> Ordering {
    let by_rules = match ecosystem {
        Ecosystem::Apt => read_first(deb::Version::parse(a), deb::Version::parse(b)),
        Ecosystem::Conda => read_first(conda::Version::parse(a), conda::Version::parse(b)),
        Ecosystem::Pip => read_first(python(a), python(b)),
    };
    by_rules.then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// Whether the ecosystem's rules can read this version.
pub fn is_orderable(ecosystem: Ecosystem, version: &str) -> bool {
    match ecosystem {
        Ecosystem::Apt => deb::Version::parse(version).is_some(),
        Ecosystem::Conda => conda::Version::parse(version).is_some(),
        Ecosystem::Pip => python(version).is_some(),
    }
}

fn python(version: &str) -> Option<pep440_rs::Version> {
    pep440_rs::Version::from_str(version).ok()
}

fn read_first<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Checks that each version is below the next one.
    fn ascending(ecosystem: Ecosystem, versions: &[&str]) {
        for (at, low) in versions.iter().enumerate() {
            for high in versions.iter().skip(at).skip(1) {
                assert_eq!(compare_versions(ecosystem, low, high), Ordering::Less, "{low} < {high}");
                assert_eq!(compare_versions(ecosystem, high, low), Ordering::Greater, "{high} > {low}");
            }
        }
    }

    #[test]
    fn python_versions_are_ordered_as_pep_440_shows() {
        let versions = [
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1!0.1",
        ];
        ascending(Ecosystem::Pip, &versions);
    }

    #[test]
    fn what_cannot_be_read_comes_last_by_bytes() {
        ascending(Ecosystem::Pip, &["1.0", "1.0.0", "99!1", "0-unknown", "1.0-ubuntu4!", "unknown"]);
        ascending(Ecosystem::Apt, &["1", "1:0", "", "1:", "a:1"]);
        ascending(Ecosystem::Conda, &["1", "1!0", "", "1..2", "a b"]);
    }

    proptest! {
        #[test]
        fn any_text_has_one_place_in_a_total_order(versions in prop::collection::vec("[0-9a-c.+!:~_*-]{0,6}", 3)) {
            for ecosystem in Ecosystem::ALL {
                let order = |a: &str, b: &str| compare_versions(ecosystem, a, b);
                let (a, b, c) = (&versions[0], &versions[1], &versions[2]);
                prop_assert_eq!(order(a, b), order(b, a).reverse());
                prop_assert_eq!(order(a, b) == Ordering::Equal, a == b);
                if order(a, b) != Ordering::Greater && order(b, c) != Ordering::Greater {
                    prop_assert!(order(a, c) != Ordering::Greater, "{:?} {:?}", ecosystem, versions);
                }
            }
        }
    }
}
