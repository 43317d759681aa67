//! From what was found to what people take away: the comparison of packages across images, the files of
//! `packages --out`, which the page's download writes with the same bytes, lists for other tools (CycloneDX, SPDX), what is most likely wrong with a disk,
//! and a report on all of it.
//!
//! Plain data in, plain data or bytes out; same input, same bytes. Nothing here reads a disk or writes a file.

mod comparison;
mod csv_table;
mod difference;
mod disk_report;
mod doctor;
mod document;
mod labels;
mod package_files;
mod pythons;
pub mod rebuild;
mod rows;
mod run_command;
mod sbom;
mod side_by_side;
#[cfg(test)]
mod tests;
mod version;

pub use comparison::compare;
pub use difference::{package_differences, setting_differences};
pub use disk_report::{DiskReport, Exported, ReportFormat};
pub use doctor::doctor;
pub use document::{size, visible};
pub use labels::labels;
pub use package_files::{ReportFile, package_file, package_file_names, package_files};
pub use rows::{PackageRow, package_rows};
pub use run_command::{run_commands, shell_line};
pub use sbom::{sbom_file, sbom_files, sbom_images, sbom_names};
pub use side_by_side::side_by_side;
pub use version::{compare_by_rules, compare_versions};
