//! Lists of what images are made of, for other tools: CycloneDX 1.6 and SPDX 2.3, one file of each for every image and one
//! for the whole disk.
//!
//! Only what is installed is listed: nothing that only a lock file names, no leftovers of dpkg. Licences are those that a
//! package declares, never concluded; packages of dpkg have none before they were read for it. Same input, same bytes: the time in a file is that of its image, and 1970 where there
//! is none.

mod cyclonedx;
mod license;
mod spdx;
mod terms;
#[cfg(test)]
mod tests;

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use careen_model::{Ecosystem, ImagePackages, Package};

use crate::ReportFile;

/// Said where an image tells no time.
const NO_TIME: &str = "1970-01-01T00:00:00Z";

/// What the disk as a whole is called.
const DISK: &str = "disk";

/// The name of this program in the files.
const TOOL: &str = "careen";

/// What both kinds of file are written of.
struct Document<'a> {
    name: String,
    images: Vec<&'a ImagePackages>,
}

/// The kinds of file, as their names end.
const KINDS: [&str; 2] = ["cdx", "spdx"];

impl<'a> Document<'a> {
    /// One for each image, and one for all where there are several.
    fn of(images: &'a [impl Borrow<ImagePackages>]) -> Vec<Document<'a>> {
        let mut names = BTreeSet::from([DISK.to_owned()]);
        let mut sorted: Vec<&ImagePackages> = images.iter().map(Borrow::borrow).collect();
        sorted.sort_by_key(|image| (&image.image, &image.image_id));
        sorted.dedup_by_key(|image| (&image.image, &image.image_id));
        let one = |image| Document { name: distinct_name(image, &mut names), images: vec![image] };
        let mut documents: Vec<Document<'_>> = sorted.iter().copied().map(one).collect();
        if sorted.len() > 1 {
            documents.push(Document { name: DISK.to_owned(), images: sorted });
        }
        documents
    }

    fn files(&self) -> [String; 2] {
        KINDS.map(|kind| format!("sbom/{}.{kind}.json", self.name))
    }

    fn bytes(&self, kind: &str, created: &dyn Fn(&str) -> Option<String>, version: &str) -> Vec<u8> {
        let subject = |image: &&'a ImagePackages| Subject::new(image, time(created(&image.image_id)));
        let subjects: Vec<Subject<'_>> = self.images.iter().map(subject).collect();
        match kind {
            "cdx" => cyclonedx::document(&self.name, &subjects, version),
            _ => spdx::document(&self.name, &subjects, version),
        }
    }
}

/// The files below `sbom/`, in the byte order of their names. `created` gives the time (RFC 3339) at which the image with
/// this id was made, where it is known; `version` is that of this program.
pub fn sbom_files(
    images: &[impl Borrow<ImagePackages>],
    created: &dyn Fn(&str) -> Option<String>,
    version: &str,
) -> Vec<ReportFile> {
    let mut files = Vec::new();
    for document in Document::of(images) {
        for (name, kind) in document.files().into_iter().zip(KINDS) {
            files.push(ReportFile { name, bytes: document.bytes(kind, created, version) });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The names of [`sbom_files`].
pub fn sbom_names(images: &[impl Borrow<ImagePackages>]) -> Vec<String> {
    let mut names: Vec<String> = Document::of(images).iter().flat_map(Document::files).collect();
    names.sort();
    names
}

/// The ids of the images that one of [`sbom_files`] tells of.
pub fn sbom_images<'a>(images: &'a [impl Borrow<ImagePackages>], name: &str) -> Vec<&'a str> {
    let all = Document::of(images);
    let found = all.into_iter().find(|document| document.files().iter().any(|file| file == name));
    found.map_or_else(Vec::new, |document| document.images.iter().map(|image| image.image_id.as_str()).collect())
}

/// The bytes of one of [`sbom_files`]; `None` when there is none of this name.
pub fn sbom_file(
    images: &[impl Borrow<ImagePackages>],
    name: &str,
    created: &dyn Fn(&str) -> Option<String>,
    version: &str,
) -> Option<Vec<u8>> {
    let all = Document::of(images);
    let mut found =
        all.iter().flat_map(|document| document.files().into_iter().zip(KINDS).map(move |it| (document, it)));
    let (document, (_, kind)) = found.find(|(_, (file, _))| file == name)?;
    Some(document.bytes(kind, created, version))
}

/// A name for the files of an image: what a file's name cannot hold everywhere becomes a hyphen.
fn distinct_name(image: &ImagePackages, names: &mut BTreeSet<String>) -> String {
    let allowed = |letter: char| if letter.is_ascii_alphanumeric() || "._".contains(letter) { letter } else { '-' };
    let plain: String = image.image.chars().map(allowed).collect();
    let plain = plain.trim_start_matches('.');
    let id: String = image.image_id.trim_start_matches("sha256:").chars().map(allowed).take(12).collect();
    let mut candidates = [plain.to_owned(), format!("{plain}-{id}")]
        .into_iter()
        .chain((2_u32..).map(|number| format!("{plain}-{number}")));
    let name = candidates.find(|name| !name.is_empty() && !names.contains(&name.to_lowercase())).unwrap_or_default();
    names.insert(name.to_lowercase());
    name
}

/// Whole seconds, as SPDX asks for.
fn time(created: Option<String>) -> String {
    let seconds = created.and_then(|time| Some(format!("{}Z", time.get(..19)?)));
    let is_time = |time: &String| {
        time.len() == 20 && time.get(10..11) == Some("T") && time.starts_with(|it: char| it.is_ascii_digit())
    };
    seconds.filter(is_time).unwrap_or_else(|| NO_TIME.to_owned())
}

/// An image, container or host, and what is installed in it.
struct Subject<'a> {
    image: &'a ImagePackages,
    time: String,
    packages: Vec<&'a Package>,
    /// For each package the places in the list of those it needs.
    requires: Vec<Vec<usize>>,
}

impl<'a> Subject<'a> {
    fn new(image: &'a ImagePackages, time: String) -> Self {
        let mut packages: Vec<&Package> = image.packages.iter().filter(|package| package.is_installed()).collect();
        packages.sort();
        let mut by_name: BTreeMap<(Ecosystem, String), Vec<usize>> = BTreeMap::new();
        for (at, package) in packages.iter().enumerate() {
            by_name.entry((package.ecosystem(), package.normalized_name().into_owned())).or_default().push(at);
        }
        let requires = packages.iter().enumerate().map(|(own, package)| {
            let of = package.ecosystem();
            let mut needed: Vec<usize> = package
                .declared
                .requires
                .iter()
                .filter_map(|name| by_name.get(&(of, normalized(package, name))))
                .flat_map(|found| nearest(own, found, &packages))
                .filter(|at| *at != own)
                .collect();
            needed.sort_unstable();
            needed.dedup();
            needed
        });
        let requires = requires.collect();
        Subject { image, time, packages, requires }
    }
}

/// A name as its ecosystem compares names.
fn normalized(of: &Package, name: &str) -> String {
    let named = Package { name: name.to_owned(), ..of.clone() };
    named.normalized_name().into_owned()
}

/// Of several packages of one name those of the same environment, or all when there is none.
fn nearest(own: usize, found: &[usize], packages: &[&Package]) -> Vec<usize> {
    let environment = |at: usize| packages.get(at).map_or("", |package| package.value("environment"));
    let same: Vec<usize> = found.iter().copied().filter(|at| environment(*at) == environment(own)).collect();
    if same.is_empty() { found.to_vec() } else { same }
}

/// A digest's kind and digits: `sha256:…`.
fn digest(package: &Package) -> Option<(&str, &str)> {
    let (kind, digits) = package.declared.digest.split_once(':')?;
    let length = match kind {
        "md5" => 32,
        "sha1" => 40,
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return None,
    };
    let is_hex = digits.len() == length && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then_some((kind, digits))
}
