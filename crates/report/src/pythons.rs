//! Which versions of a Python package run on the Pythons that the images have it for.
//!
//! A package says so by `Requires-Python` (Core metadata specifications), a set of specifiers of PEP 440. The Python is told
//! by the directory that the package lies in (`lib/python3.11/site-packages`), its third number by conda's or Debian's package
//! of it. Where that number is not known, any one may do; where no Python is, or the set cannot be read, nothing is held
//! against a version (pip does the same with a set that it cannot read).

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use careen_model::{Ecosystem, ImagePackages, Package};
use pep440_rs::{Version, VersionSpecifiers};

/// Third numbers that are tried where it is not known; CPython has reached 20.
const MOST_PATCHES: u64 = 40;

/// A Python: its first two numbers, and the third where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Python(u64, u64, Option<u64>);

/// What the images say of one package.
#[derive(Default)]
pub struct Pythons {
    /// All that images have it for.
    met: BTreeSet<Python>,
    /// What its versions need.
    needs: BTreeMap<String, VersionSpecifiers>,
}

impl Pythons {
    /// Notes a package of an image.
    pub fn add(&mut self, image: &ImagePackages, package: &Package) {
        self.met.extend(python_of(image, package));
        if let Ok(needs) = VersionSpecifiers::from_str(&package.declared.python) {
            self.needs.entry(package.version.clone()).or_insert(needs);
        }
    }

    /// Whether a version runs on all of them, as far as that is told.
    pub fn all_run(&self, version: &str) -> bool {
        let Some(needs) = self.needs.get(version) else { return true };
        self.met.iter().all(|Python(major, minor, patch)| {
            let patches = patch.map_or(0..=MOST_PATCHES, |patch| patch..=patch);
            patches.into_iter().any(|patch| needs.contains(&Version::new([*major, *minor, patch])))
        })
    }
}

/// The Python that a package of an image is installed for.
fn python_of(image: &ImagePackages, package: &Package) -> Option<Python> {
    let own = package.value("environment");
    let directory = package.found_at.split('/').find_map(|part| part.strip_prefix("python"))?;
    if let Some((major, minor)) = numbers(directory) {
        let conda = of_conda(image, own).filter(|Python(a, b, _)| (*a, *b) == (major, minor));
        let debian = || of_debian(image, &format!("python{major}.{minor}-minimal")).filter(|_| own == "/usr");
        return conda.or_else(debian).or(Some(Python(major, minor, None)));
    }
    // Debian's packages lie in one directory for all versions of Python 3.
    Some(directory).filter(|directory| *directory == "3" && own == "/usr").and_then(|_| {
        let Python(major, minor, _) = of_debian(image, "python3")?;
        of_debian(image, &format!("python{major}.{minor}-minimal")).or(Some(Python(major, minor, None)))
    })
}

fn of_conda(image: &ImagePackages, environment: &str) -> Option<Python> {
    let is_it = |package: &&Package| {
        package.ecosystem() == Ecosystem::Conda
            && package.name == "python"
            && package.value("environment") == environment
    };
    three(&image.packages.iter().find(is_it)?.version)
}

fn of_debian(image: &ImagePackages, name: &str) -> Option<Python> {
    let is_it =
        |package: &&Package| package.ecosystem() == Ecosystem::Apt && package.name == name && package.is_installed();
    three(&image.packages.iter().find(is_it)?.version)
}

/// `3.11` and nothing more.
fn numbers(text: &str) -> Option<(u64, u64)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The numbers at the start of a version: `3.11.2-6+deb12u3`.
fn three(version: &str) -> Option<Python> {
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(version.len());
    let mut numbers = version.get(..end)?.split('.').map(str::parse);
    let (major, minor) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some(Python(major, minor, numbers.next().and_then(Result::ok)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(met: &[Python], python: &str) -> bool {
        let mut pythons = Pythons { met: met.iter().copied().collect(), ..Pythons::default() };
        pythons.needs.extend(VersionSpecifiers::from_str(python).map(|needs| ("1".to_owned(), needs)));
        pythons.all_run("1")
    }

    #[test]
    fn a_third_number_that_is_not_known_may_be_any() {
        let (any, eight) = (Python(3, 9, None), Python(3, 8, Some(10)));
        for (met, python, runs) in [
            (&[any][..], ">=3.9.2", true),
            (&[any], ">=3.10", false),
            (&[any], "!=3.9.*", false),
            (&[any, eight], ">=3.8", true),
            (&[any, eight], ">=3.8.11", false),
            (&[any, eight], "<4,>=3.6.2", true),
            (&[any], "nonsense", true),
            (&[any], "", true),
            (&[], ">=4", true),
        ] {
            assert_eq!(needs(met, python), runs, "{python} on {met:?}");
        }
    }

    #[test]
    fn numbers_are_read_from_versions_of_packages() {
        assert_eq!(three("3.11.2-6+deb12u3"), Some(Python(3, 11, Some(2))));
        assert_eq!(three("3.12.0rc1"), Some(Python(3, 12, Some(0))));
        assert_eq!(three("3.11-1"), Some(Python(3, 11, None)));
        assert_eq!((three("x"), three("3"), numbers("3"), numbers("3.11")), (None, None, None, Some((3, 11))));
    }
}
