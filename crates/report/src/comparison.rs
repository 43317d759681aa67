//! Packages across images: who has what, in which version, and what one version for all would be.
//!
//! A package is one row by its normalized name (PEP 503 for pip, the name itself elsewhere). Only what is installed
//! counts: dpkg's packages in that state, and nothing that only a lock file names. Versions are told apart as they are
//! written; where several stand together they are ordered by their ecosystem, lowest first.

use std::collections::{BTreeMap, BTreeSet};

use careen_model::{
    CommonPackage, Comparison, Drift, Ecosystem, ImagePackages, Matrix, MatrixRow, StandardChoice, UniquePackage,
};

use crate::version::{compare_versions, is_orderable};

/// Between several versions or images in one cell.
pub const SEPARATOR: &str = " | ";

/// Why a version was chosen for the standard set.
mod reason {
    pub const ONLY: &str = "only one image has it";
    pub const SAME: &str = "the same version in every image that has it";
    pub const HIGHEST: &str = "the highest version in use";
}

/// Compares the packages of these images.
///
/// Columns come in byte order. The same image given twice (same label, same id) counts once.
pub fn compare(images: &[ImagePackages]) -> Comparison {
    let mut columns: Vec<&ImagePackages> = images.iter().collect();
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
        let sheet = Sheet {
            ecosystem,
            names: members.iter().filter_map(|column| columns.get(*column)).map(|image| image.image.as_str()).collect(),
            rows: rows(
                ecosystem,
                &members.iter().filter_map(|column| columns.get(*column).copied()).collect::<Vec<_>>(),
            ),
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

/// Package → the versions in each image, lowest first.
type Rows = BTreeMap<String, Vec<Vec<String>>>;

fn rows(ecosystem: Ecosystem, images: &[&ImagePackages]) -> Rows {
    let mut rows = Rows::new();
    for (column, image) in images.iter().enumerate() {
        for package in
            image.packages.iter().filter(|package| package.ecosystem() == ecosystem && package.is_installed())
        {
            let row =
                rows.entry(package.normalized_name().into_owned()).or_insert_with(|| vec![Vec::new(); images.len()]);
            if let Some(versions) = row.get_mut(column) {
                versions.push(package.version.clone());
            }
        }
    }
    for versions in rows.values_mut().flatten() {
        order(ecosystem, versions);
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
    rows: Rows,
}

impl Sheet<'_> {
    fn matrix(&self) -> Matrix {
        let rows = self.rows.iter().map(|(package, cells)| MatrixRow {
            package: package.clone(),
            versions: cells.iter().map(|versions| versions.join(SEPARATOR)).collect(),
        });
        Matrix {
            ecosystem: self.ecosystem,
            images: self.names.iter().map(|name| (*name).to_owned()).collect(),
            rows: rows.collect(),
        }
    }

    /// What every image of this ecosystem has; cells stand in the columns of all `width` images.
    fn common(&self, members: &[usize], width: usize) -> Vec<CommonPackage> {
        let everywhere = self.rows.iter().filter(|(_, cells)| cells.iter().all(|versions| !versions.is_empty()));
        everywhere
            .map(|(package, cells)| {
                let mut versions = vec![String::new(); width];
                for (column, cell) in members.iter().zip(cells) {
                    if let Some(slot) = versions.get_mut(*column) {
                        *slot = cell.join(SEPARATOR);
                    }
                }
                let (ecosystem, package) = (self.ecosystem, package.clone());
                CommonPackage { ecosystem, package, same_version: is_same(cells.iter()), versions }
            })
            .collect()
    }

    fn unique(&self) -> Vec<UniquePackage> {
        let mut unique = Vec::new();
        for (package, cells) in &self.rows {
            let mut holders = self.names.iter().zip(cells).filter(|(_, versions)| !versions.is_empty());
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
        for (package, cells) in &self.rows {
            let holders: Vec<_> = self.names.iter().zip(cells).filter(|(_, versions)| !versions.is_empty()).collect();
            if holders.len() < 2 || is_same(holders.iter().map(|(_, versions)| *versions)) {
                continue;
            }
            let versions = self.all_versions(cells);
            drift.push(Drift {
                ecosystem: self.ecosystem,
                package: package.clone(),
                lowest: versions.first().cloned().unwrap_or_default(),
                highest: versions.last().cloned().unwrap_or_default(),
                versions,
                images: holders.iter().map(|(image, _)| (**image).to_owned()).collect(),
            });
        }
        drift
    }

    /// One version a package: the only one there is, else the highest in use. A version that the ecosystem's rules
    /// cannot order is chosen only when there is no other.
    fn standard(&self) -> Vec<StandardChoice> {
        let choices = self.rows.iter().filter_map(|(package, cells)| {
            let versions = self.all_versions(cells);
            let images = cells.iter().filter(|versions| !versions.is_empty()).count();
            let highest = versions.iter().rfind(|version| is_orderable(self.ecosystem, version)).or(versions.last())?;
            let reason = match (versions.len(), images) {
                (1, 1) => reason::ONLY,
                (1, _) => reason::SAME,
                _ => reason::HIGHEST,
            };
            Some(StandardChoice {
                ecosystem: self.ecosystem,
                package: package.clone(),
                version: highest.clone(),
                reason: reason.to_owned(),
            })
        });
        choices.collect()
    }

    fn all_versions(&self, cells: &[Vec<String>]) -> Vec<String> {
        let mut versions: Vec<String> = cells.iter().flatten().collect::<BTreeSet<_>>().into_iter().cloned().collect();
        order(self.ecosystem, &mut versions);
        versions
    }
}

/// Whether all cells hold the same versions.
fn is_same<'a>(mut cells: impl Iterator<Item = &'a Vec<String>>) -> bool {
    let first = cells.next();
    cells.all(|cell| Some(cell) == first)
}
