//! The files of `packages --out DIR`.

use careen_model::{Ecosystem, ImagePackages};

use crate::comparison::{SEPARATOR, compare, has_ecosystem};
use crate::csv_table::Table;
use crate::rows::package_rows;

/// A file to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportFile {
    /// Its name, with the directory below the chosen one that it belongs into.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// All package files of these images, in the byte order of their names: those of each ecosystem that was found, and
/// `packages_by_image.csv`, `common_packages.csv`, `per_image_unique_packages.csv`, `version_drift.csv` and
/// `standard_set.csv` always. The same image given twice (same label, same id) is written once.
pub fn package_files(images: &[ImagePackages]) -> Vec<ReportFile> {
    let mut distinct: Vec<ImagePackages> = Vec::new();
    for image in images {
        if !distinct.iter().any(|other| (&other.image, &other.image_id) == (&image.image, &image.image_id)) {
            distinct.push(image.clone());
        }
    }
    let mut files: Vec<(String, Table)> = Vec::new();
    for ecosystem in Ecosystem::ALL {
        if distinct.iter().any(|image| has_ecosystem(image, ecosystem)) {
            files.push((format!("{}_packages_by_image.csv", ecosystem.name()), by_image(ecosystem, &distinct)));
        }
    }
    files.push(("packages_by_image.csv".to_owned(), everything(&distinct)));
    files.extend(compared(&distinct));
    files.sort_by(|a, b| a.0.cmp(&b.0));
    files.into_iter().map(|(name, table)| ReportFile { name, bytes: table.into_bytes() }).collect()
}

/// Every package of one ecosystem, in any state, with what only that ecosystem records.
fn by_image(ecosystem: Ecosystem, images: &[ImagePackages]) -> Table {
    let header = [&["image", "image_id", "package", "version"], ecosystem.columns(), &["layer", "found_at"]];
    let mut table = Table::new(header.concat());
    for image in images {
        for package in image.packages.iter().filter(|package| package.ecosystem() == ecosystem) {
            let first = [&image.image, &image.image_id, &package.name, &package.version].map(String::as_str);
            let last = [package.layer.as_deref().unwrap_or_default(), &package.found_at];
            table.push([first.as_slice(), &package.values(), &last].concat());
        }
    }
    table
}

fn everything(images: &[ImagePackages]) -> Table {
    let mut table = Table::new(["image", "image_id", "ecosystem", "package", "version", "purl", "layer", "found_at"]);
    for row in package_rows(images) {
        let (ecosystem, layer) = (row.ecosystem.name().to_owned(), row.layer.unwrap_or_default());
        table.push([row.image, row.image_id, ecosystem, row.package, row.version, row.purl, layer, row.found_at]);
    }
    table
}

/// The files drawn from the comparison.
fn compared(images: &[ImagePackages]) -> Vec<(String, Table)> {
    let comparison = compare(images);
    let mut files = Vec::new();
    for matrix in comparison.matrices {
        let mut table = Table::new(with_columns(&["package"], &matrix.images));
        for row in matrix.rows {
            table.push(with_columns(&[&row.package], &row.versions));
        }
        files.push((format!("{}_matrix.csv", matrix.ecosystem.name()), table));
    }
    let mut common = Table::new(with_columns(&["ecosystem", "package", "same_version"], &comparison.images));
    for row in comparison.common {
        let first = [row.ecosystem.name(), &row.package, yes_or_no(row.same_version)];
        common.push(with_columns(&first, &row.versions));
    }
    files.push(("common_packages.csv".to_owned(), common));
    let mut unique = Table::new(["image", "ecosystem", "package", "version"]);
    for row in comparison.unique {
        unique.push([row.image, row.ecosystem.name().to_owned(), row.package, row.version]);
    }
    files.push(("per_image_unique_packages.csv".to_owned(), unique));
    let mut drift = Table::new(["ecosystem", "package", "lowest", "highest", "versions", "images"]);
    for row in comparison.drift {
        let (ecosystem, versions) = (row.ecosystem.name().to_owned(), row.versions.join(SEPARATOR));
        drift.push([ecosystem, row.package, row.lowest, row.highest, versions, row.images.join(SEPARATOR)]);
    }
    files.push(("version_drift.csv".to_owned(), drift));
    let mut standard = Table::new(["ecosystem", "package", "chosen version", "reason"]);
    for row in comparison.standard {
        standard.push([row.ecosystem.name().to_owned(), row.package, row.version, row.reason]);
    }
    files.push(("standard_set.csv".to_owned(), standard));
    files
}

/// Fixed cells, then one for each image.
fn with_columns(first: &[&str], columns: &[String]) -> Vec<String> {
    first.iter().map(|cell| (*cell).to_owned()).chain(columns.iter().cloned()).collect()
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
