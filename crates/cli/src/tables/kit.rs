//! What is only on a disk, and the kit with it.

use careen_model::{OnlyHere, Weight};

use super::{known, short, size, table, word};
use crate::commands::WrittenKit;

/// What no registry has.
pub fn only_here(here: &OnlyHere) -> String {
    let shown = |bytes: Option<u64>| bytes.map_or_else(|| "?".to_owned(), size);
    let volumes = here.volumes.iter().map(|volume| {
        ["volume".to_owned(), volume.name.clone(), shown(volume.size), known(volume.files), volume.used_by.join(" ")]
    });
    let images = here.images.iter().map(|image| {
        let name = if image.names.is_empty() { short(&image.id) } else { image.names.join(" ") };
        let registry = image.registry.map_or_else(|| "not known".to_owned(), word);
        ["image".to_owned(), name, shown(image.size), String::new(), registry]
    });
    let containers = here.containers.iter().map(|container| {
        let image = container.image.clone().unwrap_or_default();
        ["container".to_owned(), container.name.clone(), shown(container.size), known(container.files), image]
    });
    let mut text =
        table(["KIND", "NAME", "SIZE", "FILES", "USED BY, REGISTRY, IMAGE"], volumes.chain(images).chain(containers));
    text.push_str(&format!("\nabout {} in all, each layer once", size(here.size)));
    if here.without_size > 0 {
        text.push_str(&format!("; the size of {} is not known", here.without_size));
    }
    text.push('\n');
    text
}

/// What a selection weighs.
pub fn weight(weight: Weight) -> String {
    let Weight { entries, bytes, data, without_size } = weight;
    let more = if without_size > 0 { format!("; the size of {without_size} is not known") } else { String::new() };
    let holes = if data < bytes { format!(", {} without holes", size(data)) } else { String::new() };
    format!("{entries} entries, {}{holes}{more}\n", size(bytes))
}

/// What a kit was written of.
pub fn kit(written: &WrittenKit<'_>) -> String {
    let contents = written.contents;
    let filled = contents.volumes.iter().filter(|volume| volume.file.is_some()).count();
    format!(
        "{}: {} images, {} containers, {filled} of {} volumes, {} networks, {} of {} compose files, {} written\n\
         restore.sh and restore.ps1 there put them into a Docker Engine\n",
        written.out,
        contents.images.len(),
        contents.containers.len(),
        contents.volumes.len(),
        contents.networks.len(),
        contents.compose.iter().filter(|file| file.file.is_some()).count(),
        contents.compose.len(),
        size(written.size),
    )
}
