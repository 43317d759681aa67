//! What owners take, as nested areas.

use std::collections::BTreeMap;

use careen_model::{Area, AreaKind, Image, ImageKind, ImageSpace};

use super::owners::Owner;
use super::{ByOwner, Taken};
use crate::Session;

/// An area without parts.
pub(super) fn area(kind: AreaKind, name: &str, id: Option<&str>, taken: Taken) -> Area {
    let (bytes, files) = (taken.bytes, taken.files);
    Area { kind, name: name.to_owned(), id: id.map(str::to_owned), bytes, files, areas: Vec::new() }
}

/// Adds up the parts of an area, leaves out empty ones and puts the largest first.
pub(super) fn settle(area: &mut Area) {
    for part in &mut area.areas {
        settle(part);
    }
    area.areas.retain(|part| part.bytes > 0 || part.files > 0);
    if !area.areas.is_empty() {
        let sum = |of: fn(&Area) -> u64| area.areas.iter().fold(0_u64, |sum, part| sum.saturating_add(of(part)));
        (area.bytes, area.files) = (sum(|part| part.bytes), sum(|part| part.files));
    }
    area.areas.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
}

/// The images that have a layer, by store and chain id; those the classic builder kept of its steps are left out where
/// another image has it.
fn users(session: &Session) -> BTreeMap<(String, String), Vec<&Image>> {
    let mut users: BTreeMap<(String, String), Vec<&Image>> = BTreeMap::new();
    for image in session.images() {
        for layer in &image.layers {
            users.entry((image.store.clone(), layer.chain_id.clone())).or_default().push(image);
        }
    }
    for images in users.values_mut() {
        if images.iter().any(|image| image.kind != ImageKind::Intermediate) {
            images.retain(|image| image.kind != ImageKind::Intermediate);
        }
    }
    users
}

/// A filesystem with its data roots and other files.
pub(super) fn of_filesystem(session: &Session, filesystem: usize, taken: &ByOwner) -> Area {
    let mut root = area(AreaKind::Filesystem, "", None, Taken::default());
    let users = users(session);
    let stores = session.stores.iter().filter(|open| open.filesystem == filesystem);
    for open in stores {
        root.areas.push(of_store(session, &open.store.id, &open.store.path, taken, &users));
    }
    let mut other = area(AreaKind::OtherFiles, "", None, Taken::default());
    for (owner, taken) in taken {
        match owner {
            Owner::Other(name) => {
                other.areas.push(area(AreaKind::Directory, &format!("/{name}"), None, *taken));
            }
            Owner::Nameless => root.areas.push(area(AreaKind::Nameless, "", None, *taken)),
            _ => {}
        }
    }
    root.areas.push(other);
    root
}

fn of_store(
    session: &Session,
    id: &str,
    path: &str,
    taken: &ByOwner,
    users: &BTreeMap<(String, String), Vec<&Image>>,
) -> Area {
    let group = |kind| area(kind, "", None, Taken::default());
    let (mut images, mut shared, mut orphans) =
        (group(AreaKind::Images), group(AreaKind::SharedLayers), group(AreaKind::OrphanLayers));
    let mut own: BTreeMap<&str, Area> = BTreeMap::new();
    let (mut containers, mut logs, mut volumes) =
        (group(AreaKind::Containers), group(AreaKind::Logs), group(AreaKind::Volumes));
    let mut snapshots = group(AreaKind::Snapshots);
    let mut store = area(AreaKind::Store, path, Some(id), Taken::default());
    let name_of = |container: &str| {
        let found = session.containers().find(|known| known.id == container).map(|known| known.name.clone());
        found.filter(|name| !name.is_empty()).unwrap_or_else(|| container.chars().take(12).collect())
    };
    for (owner, taken) in taken {
        match owner {
            Owner::Layer(of, chain) if of == id => {
                let short: String = chain.strip_prefix("sha256:").unwrap_or(chain).chars().take(12).collect();
                let layer = area(AreaKind::Layer, &short, Some(chain), *taken);
                match users.get(&(of.clone(), chain.clone())).map(Vec::as_slice) {
                    None | Some([]) => orphans.areas.push(layer),
                    Some([image]) => own
                        .entry(&image.id)
                        .or_insert_with(|| area(AreaKind::Image, &image.label(), Some(&image.id), Taken::default()))
                        .areas
                        .push(layer),
                    Some(_) => shared.areas.push(layer),
                }
            }
            Owner::Container(of, container) if of == id => {
                containers.areas.push(area(AreaKind::Container, &name_of(container), Some(container), *taken));
            }
            Owner::Log(of, container) if of == id => {
                logs.areas.push(area(AreaKind::Log, &name_of(container), Some(container), *taken));
            }
            Owner::Volume(of, name) if of == id => {
                volumes.areas.push(area(AreaKind::Volume, name, Some(name), *taken));
            }
            Owner::Snapshot(of, number) if of == id => {
                snapshots.areas.push(area(AreaKind::Snapshot, number, None, *taken));
            }
            Owner::Orphan(of, name) if of == id => {
                orphans.areas.push(area(AreaKind::OrphanLayer, name, None, *taken));
            }
            Owner::BuildCache(of) if of == id => store.areas.push(area(AreaKind::BuildCache, "", None, *taken)),
            Owner::Content(of) if of == id => store.areas.push(area(AreaKind::Content, "", None, *taken)),
            Owner::Records(of) if of == id => store.areas.push(area(AreaKind::Records, "", None, *taken)),
            _ => {}
        }
    }
    images.areas.extend(own.into_values());
    images.areas.push(shared);
    store.areas.extend([images, orphans, containers, logs, volumes, snapshots]);
    store
}

/// What each image takes, its own and what it shares.
pub(super) fn of_images(session: &Session, taken: &ByOwner) -> Vec<ImageSpace> {
    let users = users(session);
    let mut images: Vec<ImageSpace> = Vec::new();
    for image in session.images().filter(|image| image.kind != ImageKind::Intermediate) {
        let mut space =
            ImageSpace { id: image.id.clone(), name: image.label(), store: image.store.clone(), own: 0, shared: 0 };
        for layer in &image.layers {
            let key = (image.store.clone(), layer.chain_id.clone());
            let bytes = taken.get(&Owner::Layer(key.0.clone(), key.1.clone())).map_or(0, |taken| taken.bytes);
            let sum = if users.get(&key).is_some_and(|all| all.len() > 1) { &mut space.shared } else { &mut space.own };
            *sum = sum.saturating_add(bytes);
        }
        images.push(space);
    }
    images.sort_by(|a, b| b.own.cmp(&a.own).then_with(|| a.name.cmp(&b.name)));
    images
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_add_up_and_empty_ones_are_left_out() {
        let part = |kind, bytes| area(kind, "", None, Taken { bytes, files: u64::from(bytes > 0) });
        let mut root = part(AreaKind::Filesystem, 0);
        let mut store = part(AreaKind::Store, 0);
        store.areas = vec![part(AreaKind::Logs, 3), part(AreaKind::Volumes, 40), part(AreaKind::Content, 0)];
        root.areas = vec![part(AreaKind::OtherFiles, 7), store];
        settle(&mut root);
        assert_eq!((root.bytes, root.files), (50, 3));
        let kinds: Vec<AreaKind> = root.areas[0].areas.iter().map(|part| part.kind).collect();
        assert_eq!(kinds, [AreaKind::Volumes, AreaKind::Logs]);
    }
}
