//! The order of versions, each ecosystem by its own rules.

mod apk;
mod conda;
mod deb;
mod gem;
mod maven;
mod number;
mod numbers;
mod pacman;
mod rpm;
mod semver;

use std::cmp::Ordering;
use std::str::FromStr;

use careen_model::Ecosystem;

/// Compares two versions by the rules of their ecosystem: deb-version(7), PEP 440, conda's `VersionOrder`, rpm-version(7),
/// apk-package(5), vercmp(8), semantic versions, those of Ruby, Maven, R and Perl. Where an ecosystem has no rules (Lua, the
/// operating system, other programs), rpm's do.
///
/// A total order. A version that the rules cannot read comes after all that they can. What the rules cannot tell apart
/// (`1.0` and `1.0.0` in Python, two that they cannot read) is ordered by bytes, so that only equal text is equal.
pub fn compare_versions(ecosystem: Ecosystem, a: &str, b: &str) -> Ordering {
    compare_by_rules(ecosystem, a, b)
        .unwrap_or_else(|| {
            // One or both cannot be read.
            is_orderable(ecosystem, b).cmp(&is_orderable(ecosystem, a))
        })
        .then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// The order of two versions by the rules of their ecosystem alone: different text may be equal. `None` when the rules
/// cannot read one of them.
pub fn compare_by_rules(ecosystem: Ecosystem, a: &str, b: &str) -> Option<Ordering> {
    Rule::of(ecosystem).compare(a, b)
}

/// Whether the ecosystem's rules can read this version.
pub fn is_orderable(ecosystem: Ecosystem, version: &str) -> bool {
    compare_by_rules(ecosystem, version, version).is_some()
}

/// How versions are ordered.
enum Rule {
    Apk,
    Conda,
    Deb,
    Gem,
    Maven,
    Pacman,
    Perl,
    Python,
    R,
    Rpm,
    Semver,
}

impl Rule {
    fn of(ecosystem: Ecosystem) -> Self {
        match ecosystem {
            Ecosystem::Apk => Rule::Apk,
            Ecosystem::Apt => Rule::Deb,
            Ecosystem::Cargo
            | Ecosystem::Composer
            | Ecosystem::Go
            | Ecosystem::Julia
            | Ecosystem::Npm
            | Ecosystem::Nuget => Rule::Semver,
            Ecosystem::Conda => Rule::Conda,
            Ecosystem::Cran => Rule::R,
            Ecosystem::Gem => Rule::Gem,
            Ecosystem::Java => Rule::Maven,
            Ecosystem::Pacman => Rule::Pacman,
            Ecosystem::Perl => Rule::Perl,
            Ecosystem::Pip | Ecosystem::Requirements => Rule::Python,
            Ecosystem::Lua | Ecosystem::Os | Ecosystem::Rpm | Ecosystem::Tools => Rule::Rpm,
        }
    }

    /// The order of two versions; `None` when one of them cannot be read.
    fn compare(&self, a: &str, b: &str) -> Option<Ordering> {
        Some(match self {
            Rule::Apk => apk::Version::parse(a)?.cmp(&apk::Version::parse(b)?),
            Rule::Conda => conda::Version::parse(a)?.cmp(&conda::Version::parse(b)?),
            Rule::Deb => deb::Version::parse(a)?.cmp(&deb::Version::parse(b)?),
            Rule::Gem => gem::Version::parse(a)?.cmp(&gem::Version::parse(b)?),
            Rule::Maven => maven::Version::parse(a).cmp(&maven::Version::parse(b)),
            Rule::Pacman => pacman::Version::parse(a).cmp(&pacman::Version::parse(b)),
            Rule::Perl => numbers::of_perl(a)?.cmp(&numbers::of_perl(b)?),
            Rule::Python => python(a)?.cmp(&python(b)?),
            Rule::R => numbers::of_r(a)?.cmp(&numbers::of_r(b)?),
            Rule::Rpm => rpm::Version::parse(a).cmp(&rpm::Version::parse(b)),
            Rule::Semver => semver::Version::parse(a)?.cmp(&semver::Version::parse(b)?),
        })
    }
}

fn python(version: &str) -> Option<pep440_rs::Version> {
    pep440_rs::Version::from_str(version).ok()
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

    #[test]
    fn rpm_orders_by_the_table_of_its_manual() {
        let versions =
            ["1.0~rc1", "1.0~rc1^git1", "1.0", "1.0^git1~pre", "1.0^git1", "1.0.a", "1.0.1~b", "1.0.1", "2:0.1"];
        ascending(Ecosystem::Rpm, &versions);
    }

    #[test]
    fn the_orders_of_other_ecosystems_hold() {
        ascending(
            Ecosystem::Apk,
            &["1.0_alpha", "1.0_beta2", "1.0_rc1", "1.0", "1.0-r1", "1.0_p1", "1.0a", "1.0.01", "1.0.1", "1.1", "1..2"],
        );
        ascending(
            Ecosystem::Pacman,
            &["1.0a", "1.0b", "1.0beta", "1.0p", "1.0pre", "1.0rc", "1.0", "1.0.a", "1.0.1", "1:0"],
        );
        ascending(
            Ecosystem::Npm,
            &[
                "1.0.0-alpha",
                "1.0.0-alpha.1",
                "1.0.0-alpha.beta",
                "1.0.0-beta.2",
                "1.0.0-beta.11",
                "1.0.0-rc.1",
                "1.0.0",
                "1.10.0",
                "x",
            ],
        );
        ascending(Ecosystem::Go, &["v0.0.0-20200101000000-abc", "v0.0.1", "v1.2.3+incompatible", "(devel)"]);
        ascending(Ecosystem::Gem, &["1.0.a.2", "1.0.b1", "1.0-rc", "1", "1.0.1", "1.10", "a"]);
        ascending(
            Ecosystem::Java,
            &["1-alpha1", "1-beta", "1-milestone", "1-rc", "1-SNAPSHOT", "1", "1-sp", "1-x", "1-1", "1.1", "1.10"],
        );
        ascending(Ecosystem::Cran, &["0.9-10", "1.0", "1.0.1", "1.0-2", "1.10", "x"]);
        ascending(Ecosystem::Perl, &["1.10.1", "1.05", "1.1", "v1.200.0", "x"]);
        ascending(Ecosystem::Nuget, &["1.2.3", "1.2.3.4", "1.2.4-Beta", "1.2.4"]);
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
