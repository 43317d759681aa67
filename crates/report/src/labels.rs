//! What the column of an image is called.

use std::collections::BTreeMap;

use careen_model::Image;

/// A label for each image, in the given order: its first name in byte order, or the first 12 digits of its id when it
/// has none. When several images would be called the same (one name in two stores), each becomes `name@<12 digits>`,
/// and with the whole id when different ones begin with the same digits.
///
/// Two records of one image in two stores (same name, same id) keep the same label: they are the same image.
pub fn labels(images: &[Image]) -> Vec<String> {
    let mut labels: Vec<String> = images.iter().map(Image::label).collect();
    let short =
        |image: &Image| if image.names.is_empty() { image.short_id() } else { name_at(image, &image.short_id()) };
    lengthen(images, &mut labels, short, |holders| holders.len() > 1);
    let long = |image: &Image| if image.names.is_empty() { image.id.clone() } else { name_at(image, &image.id) };
    lengthen(images, &mut labels, long, |holders| {
        holders.iter().any(|image| holders.first().map(|first| &first.id) != Some(&image.id))
    });
    labels
}

fn name_at(image: &Image, id: &str) -> String {
    format!("{}@{id}", image.label())
}

/// Gives the longer label to every image whose label is held by a group that has to be told apart.
fn lengthen(
    images: &[Image],
    labels: &mut [String],
    longer: impl Fn(&Image) -> String,
    must_differ: impl Fn(&[&Image]) -> bool,
) {
    let mut holders: BTreeMap<String, Vec<&Image>> = BTreeMap::new();
    for (label, image) in labels.iter().zip(images) {
        holders.entry(label.clone()).or_default().push(image);
    }
    for (label, image) in labels.iter_mut().zip(images) {
        if holders.get(label).is_some_and(|holders| must_differ(holders)) {
            *label = longer(image);
        }
    }
}

#[cfg(test)]
mod tests {
    use careen_model::{ImageKind, ImageState};

    use super::*;

    fn image(id: &str, names: &[&str]) -> Image {
        Image {
            id: format!("sha256:{id}"),
            store: "0".into(),
            kind: ImageKind::Tagged,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            digests: Vec::new(),
            created: None,
            architecture: None,
            os: None,
            size: None,
            layers: Vec::new(),
            state: ImageState::Whole,
            hidden: None,
            config_digest: None,
            registry: None,
        }
    }

    #[test]
    fn a_name_or_twelve_digits() {
        let images = [image("0123456789abcdef", &["a:1", "b:1"]), image("0123456789abcdef", &[])];
        assert_eq!(labels(&images), ["a:1", "0123456789ab"]);
    }

    #[test]
    fn the_same_name_twice_takes_the_id() {
        let images = [image("0123456789abcdef", &["a:1"]), image("ffffffffffffffff", &["a:1"]), image("1", &["b:1"])];
        assert_eq!(labels(&images), ["a:1@0123456789ab", "a:1@ffffffffffff", "b:1"]);
    }

    #[test]
    fn ids_that_begin_alike_are_written_out() {
        let images = [image("0123456789ab0", &["a:1"]), image("0123456789ab1", &["a:1"])];
        assert_eq!(labels(&images), ["a:1@sha256:0123456789ab0", "a:1@sha256:0123456789ab1"]);
        let images = [image("0123456789ab0", &[]), image("0123456789ab1", &[])];
        assert_eq!(labels(&images), ["sha256:0123456789ab0", "sha256:0123456789ab1"]);
    }
}
