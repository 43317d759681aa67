//! The rows of `packages_by_image.csv`, which are also what `packages --json` prints.

use std::borrow::Borrow;

use careen_model::{Ecosystem, ImagePackages};
use serde::{Deserialize, Serialize};

/// One package of one image. The fields are the columns of `packages_by_image.csv`, in their order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageRow {
    /// Label of the image.
    pub image: String,
    /// Its full id.
    pub image_id: String,
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Name as its metadata writes it.
    pub package: String,
    /// Version as its metadata writes it.
    pub version: String,
    /// Package URL.
    pub purl: String,
    /// diffID of the layer that brought it; `None` outside image layers, an empty cell in the file.
    pub layer: Option<String>,
    /// Path of the database or metadata file.
    pub found_at: String,
}

/// Every package of every image, sorted by the columns from left to right. The system beneath them is none of them.
pub fn package_rows(images: &[impl Borrow<ImagePackages>]) -> Vec<PackageRow> {
    let mut rows: Vec<PackageRow> = images
        .iter()
        .map(Borrow::borrow)
        .flat_map(|image| {
            let packages = image.packages.iter().filter(|package| package.ecosystem().is_compared());
            packages.map(|package| PackageRow {
                image: image.image.clone(),
                image_id: image.image_id.clone(),
                ecosystem: package.ecosystem(),
                package: package.name.clone(),
                version: package.version.clone(),
                purl: package.purl.clone(),
                layer: package.layer.clone(),
                found_at: package.found_at.clone(),
            })
        })
        .collect();
    rows.sort();
    rows
}
