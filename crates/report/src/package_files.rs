//! The files of `packages --out DIR`.

use std::borrow::Borrow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use careen_model::{Comparison, Ecosystem, ImagePackages};

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

/// One of the files.
#[derive(Clone, Copy)]
enum File {
    ByImage(Ecosystem),
    Everything,
    Matrix(Ecosystem),
    Common,
    Unique,
    Drift,
    Standard,
}

impl File {
    /// The files of these images: those of each ecosystem that was found, and five always.
    fn of(images: &[&ImagePackages]) -> Vec<File> {
        let mut files = vec![File::Everything, File::Common, File::Unique, File::Drift, File::Standard];
        let found = |ecosystem: &Ecosystem| images.iter().any(|image| has_ecosystem(image, *ecosystem));
        for ecosystem in Ecosystem::ALL.into_iter().filter(found) {
            files.push(File::ByImage(ecosystem));
            files.extend(ecosystem.is_compared().then_some(File::Matrix(ecosystem)));
        }
        files.sort_by_key(|file| file.name());
        files
    }

    fn name(self) -> String {
        match self {
            File::ByImage(ecosystem) => format!("{}_packages_by_image.csv", ecosystem.name()),
            File::Matrix(ecosystem) => format!("{}_matrix.csv", ecosystem.name()),
            File::Everything => "packages_by_image.csv".to_owned(),
            File::Common => "common_packages.csv".to_owned(),
            File::Unique => "per_image_unique_packages.csv".to_owned(),
            File::Drift => "version_drift.csv".to_owned(),
            File::Standard => "standard_set.csv".to_owned(),
        }
    }

    /// Its bytes. The comparison is made when the first file needs it.
    fn bytes(self, images: &[&ImagePackages], compared: &OnceCell<Comparison>) -> Vec<u8> {
        let compared = || compared.get_or_init(|| compare(images));
        let table = match self {
            File::ByImage(ecosystem) => by_image(ecosystem, images),
            File::Everything => everything(images),
            File::Matrix(ecosystem) => matrix(compared(), ecosystem),
            File::Common => common(compared()),
            File::Unique => unique(compared()),
            File::Drift => drift(compared()),
            File::Standard => standard(compared()),
        };
        table.into_bytes()
    }
}

/// All package files of these images, in the byte order of their names: those of each ecosystem that was found, and
/// `packages_by_image.csv`, `common_packages.csv`, `per_image_unique_packages.csv`, `version_drift.csv` and
/// `standard_set.csv` always. The same image given twice (same label, same id) is written once.
pub fn package_files(images: &[impl Borrow<ImagePackages>]) -> Vec<ReportFile> {
    let (images, compared) = (distinct(images), OnceCell::new());
    let files = File::of(&images).into_iter();
    files.map(|file| ReportFile { name: file.name(), bytes: file.bytes(&images, &compared) }).collect()
}

/// The names of [`package_files`].
pub fn package_file_names(images: &[impl Borrow<ImagePackages>]) -> Vec<String> {
    File::of(&distinct(images)).into_iter().map(File::name).collect()
}

/// The bytes of one of [`package_files`]; `None` when there is none of this name.
pub fn package_file(images: &[impl Borrow<ImagePackages>], name: &str) -> Option<Vec<u8>> {
    let images = distinct(images);
    let file = File::of(&images).into_iter().find(|file| file.name() == name)?;
    Some(file.bytes(&images, &OnceCell::new()))
}

/// Each image once, in the order given.
fn distinct(images: &[impl Borrow<ImagePackages>]) -> Vec<&ImagePackages> {
    let mut met = BTreeSet::new();
    images.iter().map(Borrow::borrow).filter(|image| met.insert((&image.image, &image.image_id))).collect()
}

/// Every package of one ecosystem, in any state, with what only that ecosystem records.
fn by_image(ecosystem: Ecosystem, images: &[&ImagePackages]) -> Table {
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

fn everything(images: &[&ImagePackages]) -> Table {
    let mut table = Table::new(["image", "image_id", "ecosystem", "package", "version", "purl", "layer", "found_at"]);
    for row in package_rows(images) {
        let (ecosystem, layer) = (row.ecosystem.name().to_owned(), row.layer.unwrap_or_default());
        table.push([row.image, row.image_id, ecosystem, row.package, row.version, row.purl, layer, row.found_at]);
    }
    table
}

fn matrix(compared: &Comparison, ecosystem: Ecosystem) -> Table {
    let matrix = compared.matrices.iter().find(|matrix| matrix.ecosystem == ecosystem);
    let mut table = Table::new(with_columns(&["package"], matrix.map_or(&[], |matrix| &matrix.images)));
    for row in matrix.iter().flat_map(|matrix| &matrix.rows) {
        table.push(with_columns(&[&row.package], &row.versions));
    }
    table
}

fn common(compared: &Comparison) -> Table {
    let mut table = Table::new(with_columns(&["ecosystem", "package", "same_version"], &compared.images));
    for row in &compared.common {
        let first = [row.ecosystem.name(), &row.package, yes_or_no(row.same_version)];
        table.push(with_columns(&first, &row.versions));
    }
    table
}

fn unique(compared: &Comparison) -> Table {
    let mut table = Table::new(["image", "ecosystem", "package", "version"]);
    for row in &compared.unique {
        table.push([&row.image, row.ecosystem.name(), &row.package, &row.version]);
    }
    table
}

fn drift(compared: &Comparison) -> Table {
    let mut table = Table::new(["ecosystem", "package", "lowest", "highest", "versions", "images"]);
    for row in &compared.drift {
        let (versions, images) = (row.versions.join(SEPARATOR), row.images.join(SEPARATOR));
        table.push([row.ecosystem.name(), &row.package, &row.lowest, &row.highest, &versions, &images]);
    }
    table
}

fn standard(compared: &Comparison) -> Table {
    let mut table = Table::new(["ecosystem", "package", "chosen version", "reason"]);
    for row in &compared.standard {
        table.push([row.ecosystem.name(), &row.package, &row.version, row.reason.text()]);
    }
    table
}

/// Fixed cells, then one for each image.
fn with_columns(first: &[&str], columns: &[String]) -> Vec<String> {
    first.iter().map(|cell| (*cell).to_owned()).chain(columns.iter().cloned()).collect()
}

fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
