//! The image that another was built upon, as far as a disk tells.

use careen_model::Image;
use serde_json::Value;

use super::words::breaks_a_line;

/// A label and an annotation that builders may leave (OCI image spec, "Pre-Defined Annotation Keys").
const BASE_NAME: &str = "org.opencontainers.image.base.name";

/// An image and its configuration.
#[derive(Clone, Copy)]
pub struct Configured<'a> {
    /// The image.
    pub image: &'a Image,
    /// Its configuration.
    pub config: &'a Value,
}

/// The image that another one was built upon.
#[derive(Clone, Copy)]
pub struct Base<'a> {
    /// It.
    pub of: Configured<'a>,
    /// Steps of the history that are its own.
    pub steps: usize,
}

/// The named image with the longest chain of layers and steps that all stand beneath those of `image`.
pub fn base<'a>(image: Configured<'_>, all: impl IntoIterator<Item = Configured<'a>>) -> Option<Base<'a>> {
    let own = history(image.config);
    let fits = |other: Configured<'a>| -> Option<Base<'a>> {
        let names = !other.image.names.is_empty() || !other.image.digests.is_empty();
        let beneath = other.image.layers.len();
        let is_chain = beneath <= image.image.layers.len()
            && other.image.layers.iter().zip(&image.image.layers).all(|(one, two)| one.diff_id == two.diff_id);
        if other.image.id == image.image.id || !names || !is_chain || reference(other.image).is_none() {
            return None;
        }
        let steps = history(other.config);
        let is_beginning = steps.len() < own.len() && steps.iter().zip(own).all(|(one, two)| is_same(one, two));
        match steps {
            // Without a history only its layers tell.
            [] if beneath > 0 && beneath < image.image.layers.len() => {
                Some(Base { of: other, steps: after(own, beneath) })
            }
            [] => None,
            steps => is_beginning.then_some(Base { of: other, steps: steps.len() }),
        }
    };
    let found = all.into_iter().filter_map(fits);
    found.max_by(|one, two| {
        let rank = |base: &Base<'_>| (base.of.image.layers.len(), base.steps, base.of.image.store == image.image.store);
        // Of several that are the same in all of this, the one whose name comes first.
        rank(one).cmp(&rank(two)).then_with(|| reference(two.of.image).cmp(&reference(one.of.image)))
    })
}

/// The name to call an image by: its first one that is no mere `latest`, else its first digest.
pub fn reference(image: &Image) -> Option<&str> {
    let names = || image.names.iter().map(String::as_str).filter(|name| is_reference(name));
    let digests = image.digests.iter().map(String::as_str).filter(|name| is_reference(name));
    names().find(|name| !name.ends_with(":latest")).or_else(|| names().next()).or_else(|| digests.into_iter().next())
}

/// What the image itself says that it was built upon; its base may have said so already.
pub fn told_base(config: &Value) -> Option<&str> {
    let label = config.get("config")?.get("Labels")?.get(BASE_NAME)?.as_str();
    label.filter(|name| is_reference(name))
}

/// Whether a text can stand behind FROM.
pub fn is_reference(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-/:@".contains(letter);
    !name.is_empty() && name.chars().all(is_letter) && !name.starts_with('-') && !name.contains(breaks_a_line)
}

fn history(config: &Value) -> &[Value] {
    config.get("history").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_same(one: &Value, two: &Value) -> bool {
    ["created_by", "created", "empty_layer"].iter().all(|key| one.get(key) == two.get(key))
}

/// Steps up to the one with the layer of this number, counted from 1.
fn after(history: &[Value], layers: usize) -> usize {
    let mut left = layers;
    let has_layer = |entry: &Value| entry.get("empty_layer").and_then(Value::as_bool) != Some(true);
    let last = history.iter().position(|entry| {
        left = left.saturating_sub(usize::from(has_layer(entry)));
        left == 0
    });
    last.map_or(layers, |last| last.saturating_add(1))
}
