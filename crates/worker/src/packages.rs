//! The packages collected so far: as rows, compared, and as files.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use careen_evidence::ReadError;
use careen_model::{Comparison, Image, ImagePackages, Package};
use careen_protocol::{Order, PackageColumn, PackageRow, Reply, Rows};
use careen_survey::{Scope, Session, report};

use crate::{work, zip};

/// What is known of the packages of all images.
#[derive(Default)]
pub struct Packages {
    images: Vec<Rc<ImagePackages>>,
    view: Option<View>,
}

/// Rows in an order, those that pass a filter: positions of image and package.
struct View {
    image_id: Option<String>,
    order: Order<PackageColumn>,
    filter: String,
    positions: Vec<(usize, usize)>,
}

impl Packages {
    /// Adds the packages of an image; of one that is there already nothing changes.
    pub fn add(&mut self, found: Rc<ImagePackages>) {
        if !self.images.iter().any(|known| Rc::ptr_eq(known, &found)) {
            self.images.push(found);
            self.view = None;
        }
    }

    /// All images compared.
    pub fn compare(&self) -> Comparison {
        report::compare(&self.images)
    }

    /// A stretch of the rows. `images` gives the images of the disk, for the order of their layers.
    pub fn rows(
        &mut self,
        image_id: Option<&str>,
        order: Order<PackageColumn>,
        filter: &str,
        from: u64,
        count: u64,
        images: &dyn Fn() -> Vec<Image>,
    ) -> Reply {
        let filter = filter.to_lowercase();
        let is_same =
            |view: &View| view.image_id.as_deref() == image_id && view.order == order && view.filter == filter;
        if !self.view.as_ref().is_some_and(is_same) {
            let positions = self.positions(image_id, order, &filter, images);
            self.view = Some(View { image_id: image_id.map(str::to_owned), order, filter, positions });
        }
        let positions = self.view.as_ref().map_or(&[][..], |view| &view.positions);
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(positions.len());
        let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(positions.len());
        let rows = positions[start..end].iter().map(|(image, package)| {
            let of = &self.images[*image];
            PackageRow {
                image: of.image.clone(),
                image_id: of.image_id.clone(),
                package: of.packages[*package].clone(),
            }
        });
        Reply::Rows { total: positions.len() as u64, from, rows: Rows::Packages(rows.collect()) }
    }

    fn positions(
        &self,
        image_id: Option<&str>,
        order: Order<PackageColumn>,
        filter: &str,
        images: &dyn Fn() -> Vec<Image>,
    ) -> Vec<(usize, usize)> {
        let mut positions = Vec::new();
        for (at, image) in self.images.iter().enumerate() {
            if image_id.is_none_or(|wanted| wanted == image.image_id) {
                let passing = image
                    .packages
                    .iter()
                    .enumerate()
                    .filter(|(_, package)| package.ecosystem().is_compared() && passes(image, package, filter));
                positions.extend(passing.map(|(package, _)| (at, package)));
            }
        }
        let get = |(image, package): (usize, usize)| (&*self.images[image], &self.images[image].packages[package]);
        let natural = |a: (usize, usize), b: (usize, usize)| {
            let ((a_image, a), (b_image, b)) = (get(a), get(b));
            (&a_image.image, a.ecosystem(), &a.name).cmp(&(&b_image.image, b.ecosystem(), &b.name))
        };
        let by_column = |a: (usize, usize), b: (usize, usize)| -> Ordering {
            let ((a_image, a), (b_image, b)) = (get(a), get(b));
            match order.by {
                PackageColumn::Image => a_image.image.cmp(&b_image.image),
                PackageColumn::Ecosystem => a.ecosystem().cmp(&b.ecosystem()),
                PackageColumn::Package => a.name.cmp(&b.name),
                PackageColumn::Version => a.version.cmp(&b.version),
                PackageColumn::FoundAt => a.found_at.cmp(&b.found_at),
                PackageColumn::Layer => Ordering::Equal,
            }
        };
        if order.by == PackageColumn::Layer {
            let images = images();
            let layers: HashMap<(&str, &str), usize> = images
                .iter()
                .flat_map(|image| {
                    let layers = image.layers.iter().enumerate();
                    layers.map(|(at, layer)| ((image.id.as_str(), layer.diff_id.as_str()), at))
                })
                .collect();
            positions.sort_by(|a, b| natural(*a, *b));
            positions.sort_by_cached_key(|at| {
                let (image, package) = get(*at);
                let layer = package.layer.as_deref()?;
                layers.get(&(image.image_id.as_str(), layer)).copied()
            });
        } else {
            positions.sort_by(|a, b| by_column(*a, *b).then_with(|| natural(*a, *b)));
        }
        if order.descending {
            positions.reverse();
        }
        positions
    }

    /// The names of the package files, and of the lists of parts below `sbom/` after them.
    pub fn file_names(&self) -> Vec<String> {
        let mut names = report::package_file_names(&self.images);
        names.extend(report::sbom_names(&self.images));
        names
    }

    /// The bytes of one of these files, or of all of them in a zip. Made when they are asked for: together they can be
    /// larger than all that they are made of.
    pub fn file(&self, name: Option<&str>, session: &mut Session) -> Result<Option<Vec<u8>>, ReadError> {
        if let Some(bytes) = name.and_then(|name| report::package_file(&self.images, name)) {
            return Ok(Some(bytes));
        }
        let version = env!("CARGO_PKG_VERSION");
        let images = self.licensed(name, session)?;
        let made = session.survey().images;
        let created = |id: &str| made.iter().find(|image| image.id == id)?.created.clone();
        let Some(name) = name else {
            let files = report::package_files(&self.images);
            let parts = report::sbom_files(&images, &created, version);
            let all = files.iter().chain(&parts).map(|file| (file.name.as_str(), file.bytes.as_slice()));
            return Ok(zip::stored(all));
        };
        Ok(report::sbom_file(&images, name, &created, version))
    }

    /// All images, those with licences of which a list of parts tells.
    fn licensed(&self, name: Option<&str>, session: &mut Session) -> Result<Vec<Rc<ImagePackages>>, ReadError> {
        let wanted = name.map(|name| report::sbom_images(&self.images, name));
        let licensed = self.images.iter().map(|image| {
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&image.image_id.as_str())) {
                return Ok(Rc::clone(image));
            }
            let scope = Scope::Image(image.image_id.clone());
            session.packages_with_licenses(&scope, &mut work::tell_progress()).map(Rc::new)
        });
        licensed.collect()
    }
}

fn passes(image: &ImagePackages, package: &Package, filter: &str) -> bool {
    let contains = |text: &str| text.to_lowercase().contains(filter);
    filter.is_empty()
        || contains(&package.name)
        || contains(&package.version)
        || contains(&image.image)
        || contains(package.ecosystem().name())
        || contains(&package.found_at)
}
