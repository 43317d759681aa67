//! Packages across images: who has what, in which version, and what one version for all would be.
//!
//! A package is one row by its normalized name (PEP 503 for pip, the name itself elsewhere). Only what is installed
//! counts: dpkg's packages in that state, and nothing that only a lock file names. Versions are told apart as they are
//! written; where several stand together they are ordered by their ecosystem, lowest first.
//!
//! One version for all is the highest in use, unless the packages are made for one system (dpkg, rpm, apk, pacman) and the
//! images stand on several releases of it: then it is the highest that was met on each of these. Of Python's packages it is the
//! highest that runs on the Python of every image that has the package, by what its metadata require.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use careen_model::{
    CommonPackage, Comparison, Drift, Ecosystem, ImagePackages, Matrix, MatrixRow, Package, StandardChoice,
    StandardReason, UniquePackage,
};

use crate::pythons::Pythons;
use crate::version::{compare_versions, is_orderable};

/// Between several versions or images in one cell.
pub const SEPARATOR: &str = " | ";

/// Compares the packages of these images.
///
/// Columns come in byte order. The same image given twice (same label, same id) counts once.
pub fn compare(images: &[impl Borrow<ImagePackages>]) -> Comparison {
    let mut columns: Vec<&ImagePackages> = images.iter().map(Borrow::borrow).collect();
    columns.sort_by_key(|image| (&image.image, &image.image_id));
    columns.dedup_by_key(|image| (&image.image, &image.image_id));
    let mut comparison =
        Comparison { images: columns.iter().map(|image| image.image.clone()).collect(), ..Comparison::default() };
    for ecosystem in Ecosystem::ALL.into_iter().filter(|ecosystem| ecosystem.is_compared()) {
        let members: Vec<usize> = (0..columns.len())
            .filter(|column| columns.get(*column).is_some_and(|image| has_ecosystem(image, ecosystem)))
            .collect();
        if members.is_empty() {
            continue;
        }
        let images: Vec<&ImagePackages> = members.iter().filter_map(|at| columns.get(*at).copied()).collect();
        let sheet = Sheet {
            ecosystem,
            names: images.iter().map(|image| image.image.as_str()).collect(),
            systems: images.iter().map(|image| system(image)).collect(),
            rows: rows(ecosystem, &images),
        };
        comparison.matrices.push(sheet.matrix());
        comparison.common.extend(sheet.common(&members, columns.len()));
        comparison.unique.extend(sheet.unique());
        comparison.drift.extend(sheet.drift());
        comparison.standard.extend(sheet.standard());
    }
    comparison.unique.sort_by(|a, b| (&a.image, a.ecosystem, &a.package).cmp(&(&b.image, b.ecosystem, &b.package)));
    comparison
}

/// Whether the image has a database of the ecosystem at all.
pub fn has_ecosystem(image: &ImagePackages, ecosystem: Ecosystem) -> bool {
    image.ecosystems.contains(&ecosystem) || image.packages.iter().any(|package| package.ecosystem() == ecosystem)
}

/// The release that an image stands on: name and version of its system, where it tells them.
fn system(image: &ImagePackages) -> Option<(&str, &str)> {
    let is_release = |package: &&Package| package.ecosystem() == Ecosystem::Os && package.value("kind") == "release";
    image.packages.iter().find(is_release).map(|package| (package.name.as_str(), package.version.as_str()))
}

/// A package in all images.
struct Across {
    /// The source package it is built from.
    source: String,
    /// The versions in each image, lowest first.
    cells: Vec<Vec<String>>,
    /// All of them, lowest first.
    versions: Vec<String>,
    /// The Pythons it is installed for, and those its versions need.
    pythons: Pythons,
}

/// By name.
type Rows = BTreeMap<String, Across>;

fn rows(ecosystem: Ecosystem, images: &[&ImagePackages]) -> Rows {
    let mut rows = Rows::new();
    for (column, image) in images.iter().enumerate() {
        for package in
            image.packages.iter().filter(|package| package.ecosystem() == ecosystem && package.is_installed())
        {
            let row = rows.entry(package.normalized_name().into_owned()).or_insert_with(|| Across {
                source: package.source_name().to_owned(),
                cells: vec![Vec::new(); images.len()],
                versions: Vec::new(),
                pythons: Pythons::default(),
            });
            if ecosystem == Ecosystem::Pip {
                row.pythons.add(image, package);
            }
            if let Some(versions) = row.cells.get_mut(column) {
                versions.push(package.version.clone());
            }
        }
    }
    for row in rows.values_mut() {
        row.versions = row.cells.iter().flatten().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        order(ecosystem, &mut row.versions);
        for versions in row.cells.iter_mut().filter(|versions| versions.len() > 1) {
            order(ecosystem, versions);
        }
    }
    rows
}

/// Lowest first, each once.
fn order(ecosystem: Ecosystem, versions: &mut Vec<String>) {
    versions.sort_by(|a, b| compare_versions(ecosystem, a, b));
    versions.dedup();
}

/// One ecosystem: its images and its packages.
struct Sheet<'a> {
    ecosystem: Ecosystem,
    names: Vec<&'a str>,
    /// What each image stands on.
    systems: Vec<Option<(&'a str, &'a str)>>,
    rows: Rows,
}

impl Sheet<'_> {
    fn matrix(&self) -> Matrix {
        let rows = self.rows.iter().map(|(package, row)| MatrixRow {
            package: package.clone(),
            source: row.source.clone(),
            versions: row.cells.iter().map(|versions| versions.join(SEPARATOR)).collect(),
        });
        Matrix {
            ecosystem: self.ecosystem,
            images: self.names.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows.collect(),
        }
    }

    /// What every image of this ecosystem has; cells stand in the columns of all `width` images.
    fn common(&self, members: &[usize], width: usize) -> Vec<CommonPackage> {
        let everywhere = self.rows.iter().filter(|(_, row)| row.cells.iter().all(|versions| !versions.is_empty()));
        everywhere
            .map(|(package, row)| {
                let mut versions = vec![String::new(); width];
                for (column, cell) in members.iter().zip(&row.cells) {
                    if let Some(slot) = versions.get_mut(*column) {
                        *slot = cell.join(SEPARATOR);
                    }
                }
                let (ecosystem, package) = (self.ecosystem, package.clone());
                CommonPackage { ecosystem, package, same_version: is_same(row.cells.iter()), versions }
            })
            .collect()
    }

    fn unique(&self) -> Vec<UniquePackage> {
        let mut unique = Vec::new();
        for (package, row) in &self.rows {
            let mut holders = self.names.iter().zip(&row.cells).filter(|(_, versions)| !versions.is_empty());
            if let (Some((image, versions)), None) = (holders.next(), holders.next()) {
                unique.push(UniquePackage {
                    image: (*image).to_owned(),
                    ecosystem: self.ecosystem,
                    package: package.clone(),
                    version: versions.join(SEPARATOR),
                });
            }
        }
        unique
    }

    fn drift(&self) -> Vec<Drift> {
        let mut drift = Vec::new();
        for (package, row) in &self.rows {
            let holders: Vec<_> =
                self.names.iter().zip(&row.cells).filter(|(_, versions)| !versions.is_empty()).collect();
            if holders.len() < 2 || is_same(holders.iter().map(|(_, versions)| *versions)) {
                continue;
            }
            drift.push(Drift {
                ecosystem: self.ecosystem,
                package: package.clone(),
                lowest: row.versions.first().cloned().unwrap_or_default(),
                highest: row.versions.last().cloned().unwrap_or_default(),
                versions: row.versions.clone(),
                images: holders.iter().map(|(image, _)| (**image).to_owned()).collect(),
            });
        }
        drift
    }

    /// One version a package: the only one there is, else the highest in use that every system can have. A version that
    /// the ecosystem's rules cannot order is chosen only when there is no other.
    fn standard(&self) -> Vec<StandardChoice> {
        let choices = self.rows.iter().filter_map(|(package, row)| {
            let images = row.cells.iter().filter(|versions| !versions.is_empty()).count();
            let highest = |among: &[&String]| {
                let orderable = among.iter().rfind(|version| is_orderable(self.ecosystem, version));
                orderable.or(among.last()).map(|version| (*version).clone())
            };
            let all: Vec<&String> = row.versions.iter().collect();
            let (version, reason) = match (all.len(), images) {
                (1, 1) => (highest(&all)?, StandardReason::Only),
                (1, _) => (highest(&all)?, StandardReason::Same),
                _ => match self.on_every_system(row) {
                    None => for_every_python(row, &highest)?,
                    Some(common) if common.len() == all.len() => (highest(&all)?, StandardReason::Highest),
                    Some(common) => match highest(&common) {
                        Some(version) => (version, StandardReason::HighestOfAll),
                        None => (highest(&all)?, StandardReason::NoneOfAll),
                    },
                },
            };
            Some(StandardChoice { ecosystem: self.ecosystem, package: package.clone(), version, reason })
        });
        choices.collect()
    }

    /// The versions that were met on every system beneath the images that have the package, lowest first; `None` when
    /// there is one system, or its packages do not depend on it.
    fn on_every_system<'r>(&self, row: &'r Across) -> Option<Vec<&'r String>> {
        if !self.ecosystem.is_of_system() {
            return None;
        }
        let mut met: BTreeMap<Option<(&str, &str)>, BTreeSet<&String>> = BTreeMap::new();
        for (system, versions) in self.systems.iter().zip(&row.cells).filter(|(_, versions)| !versions.is_empty()) {
            met.entry(*system).or_default().extend(versions);
        }
        (met.len() > 1)
            .then(|| row.versions.iter().filter(|version| met.values().all(|on| on.contains(version))).collect())
    }
}

/// The highest version that runs on every Python of the images that have the package; with it why, if it is not the highest
/// in use.
fn for_every_python(row: &Across, highest: &dyn Fn(&[&String]) -> Option<String>) -> Option<(String, StandardReason)> {
    let first = highest(&row.versions.iter().collect::<Vec<_>>())?;
    if row.pythons.all_run(&first) {
        return Some((first, StandardReason::Highest));
    }
    let running: Vec<&String> = row.versions.iter().filter(|version| row.pythons.all_run(version)).collect();
    Some(match highest(&running) {
        Some(version) => (version, StandardReason::HighestForPython),
        None => (first, StandardReason::NoneForPython),
    })
}

/// Whether all cells hold the same versions.
fn is_same<'a>(mut cells: impl Iterator<Item = &'a Vec<String>>) -> bool {
    let first = cells.next();
    cells.all(|cell| Some(cell) == first)
}
