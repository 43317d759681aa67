//! Packages compared across images: the rows of the matrix and of the tables drawn from it.

use serde::{Deserialize, Serialize};

use crate::{Ecosystem, Package};

/// The packages of one image, container or host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImagePackages {
    /// What its column is called: first name in byte order, 12 digits of the id, `container:NAME` or `host`.
    pub image: String,
    /// Full id.
    pub image_id: String,
    /// Ecosystems whose database it has at all, even an empty one; in byte order.
    pub ecosystems: Vec<Ecosystem>,
    /// Every package found.
    pub packages: Vec<Package>,
}

/// One ecosystem across the images that have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Columns.
    pub images: Vec<String>,
    /// One row a package.
    pub rows: Vec<MatrixRow>,
}

/// One package across images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixRow {
    /// Name, normalized where the ecosystem has a rule for it.
    pub package: String,
    /// The source package it was built from; empty where its ecosystem knows none.
    pub source: String,
    /// One cell a column: the versions, joined by ` | `; empty when absent.
    pub versions: Vec<String>,
}

/// A package that every image with its ecosystem has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommonPackage {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Name as in the matrix.
    pub package: String,
    /// Whether all have the same version.
    pub same_version: bool,
    /// One cell for each of [`Comparison::images`]; empty where the image does not have the ecosystem.
    pub versions: Vec<String>,
}

/// A package that one image alone has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UniquePackage {
    /// Column name of the image.
    pub image: String,
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Name as in the matrix.
    pub package: String,
    /// Its versions, joined by ` | `.
    pub version: String,
}

/// A package that stands in several images at different versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Name as in the matrix.
    pub package: String,
    /// Lowest version by the ecosystem's own order.
    pub lowest: String,
    /// Highest version by the ecosystem's own order.
    pub highest: String,
    /// Every version, lowest first.
    pub versions: Vec<String>,
    /// Column names of the images that have it.
    pub images: Vec<String>,
}

/// One version for all images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandardChoice {
    /// The ecosystem.
    pub ecosystem: Ecosystem,
    /// Name as in the matrix.
    pub package: String,
    /// The version chosen.
    pub version: String,
    /// Why this one.
    pub reason: StandardReason,
}

/// Why a version was chosen for the standard set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StandardReason {
    /// Only one image has the package.
    Only,
    /// Every image that has it has this version.
    Same,
    /// The highest of the versions in use.
    Highest,
    /// The highest of those that stand on every system beneath the images that have the package.
    HighestOfAll,
    /// The highest in use, though no version stands on every system beneath.
    NoneOfAll,
    /// The highest that runs on every Python that the images have the package for: a higher one needs another Python.
    HighestForPython,
    /// The highest in use, though none runs on every Python that the images have the package for.
    NoneForPython,
}

impl StandardReason {
    /// As the file of the standard set says it.
    pub fn text(self) -> &'static str {
        match self {
            StandardReason::Only => "only one image has it",
            StandardReason::Same => "the same version in every image that has it",
            StandardReason::Highest => "the highest version in use",
            StandardReason::HighestOfAll => "the highest version that all systems beneath the images have",
            StandardReason::NoneOfAll => "the highest version in use, which not all systems beneath the images have",
            StandardReason::HighestForPython => "the highest version that runs on the Python of all images",
            StandardReason::NoneForPython => {
                "the highest version in use, which does not run on the Python of all images"
            }
        }
    }
}

/// Everything the packages pages show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// Column names of all images compared, in byte order.
    pub images: Vec<String>,
    /// One matrix for each ecosystem that was found.
    pub matrices: Vec<Matrix>,
    /// What all have.
    pub common: Vec<CommonPackage>,
    /// What one alone has.
    pub unique: Vec<UniquePackage>,
    /// What differs.
    pub drift: Vec<Drift>,
    /// One version for all.
    pub standard: Vec<StandardChoice>,
}
