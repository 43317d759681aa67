//! What the engine's own cleaning would free (docker/cli `cli/command/system/prune.go`): stopped containers first, then
//! what no container is left to use. Of a containerd's store the packed layers go with the unpacked ones.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::Findings;
use careen_model::{Container, ContainerState, Image, ImageKind, Prune};

use super::ByOwner;
use super::owners::Owner;
use crate::Session;
use crate::session::OpenFilesystem;

/// Each form of `docker system prune`, by the states recorded on the disk. What builds share with images is counted with
/// the images.
pub(super) fn prune(session: &Session, taken: &ByOwner) -> Vec<Prune> {
    let forms = [("", false, false), (" -a", true, false), (" --volumes", false, true), (" -a --volumes", true, true)];
    forms.into_iter().map(|(options, all, volumes)| one(session, taken, options, all, volumes)).collect()
}

fn one(session: &Session, taken: &ByOwner, options: &str, all: bool, with_volumes: bool) -> Prune {
    let kept: Vec<&Container> = session.containers().filter(|container| stays(container)).collect();
    let kept_ids: BTreeSet<&str> = kept.iter().map(|container| container.id.as_str()).collect();
    let kept_names: BTreeSet<&str> = kept.iter().map(|container| container.name.as_str()).collect();
    let in_use: BTreeSet<&str> = kept.iter().filter_map(|container| container.image_id.as_deref()).collect();
    let image_stays = |image: &Image| match image.kind {
        _ if in_use.contains(image.id.as_str()) => true,
        ImageKind::Tagged | ImageKind::DigestOnly => !all,
        // A step of the classic builder goes with the last image made of it.
        ImageKind::Dangling | ImageKind::Intermediate => false,
    };
    let mut kept_layers: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut known_layers: BTreeSet<(&str, &str)> = BTreeSet::new();
    for image in session.images() {
        let layers = image.layers.iter().map(|layer| (image.store.as_str(), layer.chain_id.as_str()));
        if image_stays(image) {
            kept_layers.extend(layers.clone());
        }
        known_layers.extend(layers);
    }
    let unused_volumes: BTreeSet<&str> = session
        .volumes
        .iter()
        .map(|open| &open.volume)
        // Volumes with a name are left alone since Docker 23.
        .filter(|volume| volume.anonymous && !volume.used_by.iter().any(|user| kept_names.contains(user.as_str())))
        .map(|volume| volume.name.as_str())
        .collect();
    let mut found = Prune {
        command: format!("docker system prune{options}"),
        containers: 0,
        images: 0,
        content: 0,
        build_cache: 0,
        volumes: 0,
        total: 0,
    };
    let mut cleaned: BTreeMap<(&str, String), String> = BTreeMap::new();
    let of_builds: BTreeSet<String> = session.build_cache().records.into_iter().map(|record| record.id).collect();
    for (open, store) in session.stores.iter().filter_map(|open| Some((open, open.containerd.as_ref()?))) {
        if !open.of_docker.contains(&open.store.id) {
            continue;
        }
        let known: BTreeMap<&str, &Image> = store.images().iter().map(|image| (image.id.as_str(), image)).collect();
        let keeps_image = |digest: &str| known.get(digest).is_none_or(|image| image_stays(image));
        // The leases of containers and of the builder's records go with them.
        let keeps_lease = |lease: &str| {
            let is_gone = session.containers().any(|container| container.id == lease && !kept_ids.contains(lease));
            !is_gone && !of_builds.contains(lease.strip_suffix("-variants").unwrap_or(lease))
        };
        let filesystem = session.filesystems.get(open.filesystem).map(OpenFilesystem::summary);
        let block = filesystem.and_then(|filesystem| filesystem.block_size).unwrap_or(1);
        // What cannot be read of them is told where it is shown.
        let found_here = store.cleaned(&keeps_image, &keeps_lease, block, &mut Findings::new());
        found.content = found.content.saturating_add(found_here.blobs);
        let directories = found_here.snapshots.into_iter();
        cleaned.extend(directories.map(|(number, name)| ((open.store.id.as_str(), number.to_string()), name)));
    }
    found.images = found.content;
    for (owner, taken) in taken {
        let sum = match owner {
            Owner::Container(_, id) | Owner::Log(_, id) if !kept_ids.contains(id.as_str()) => &mut found.containers,
            Owner::Layer(store, chain) => {
                let key = (store.as_str(), chain.as_str());
                if !known_layers.contains(&key) || kept_layers.contains(&key) {
                    continue;
                }
                &mut found.images
            }
            Owner::Snapshot(store, number) => match cleaned.get(&(store.as_str(), number.clone())) {
                // The classic builder leaves the directories of its containers beneath what it built.
                Some(name) if name.ends_with("-init") => &mut found.images,
                Some(_) => &mut found.build_cache,
                None => continue,
            },
            Owner::BuildCache(_) => &mut found.build_cache,
            Owner::Volume(_, name) if with_volumes && unused_volumes.contains(name.as_str()) => &mut found.volumes,
            _ => continue,
        };
        *sum = sum.saturating_add(taken.bytes);
    }
    found.total = [found.containers, found.images, found.build_cache, found.volumes].into_iter().sum();
    found
}

/// Whether the engine takes a container for one that runs; one whose state is not known is left alone.
fn stays(container: &Container) -> bool {
    use ContainerState::{Paused, Restarting, Running};
    container.state.is_none_or(|state| matches!(state, Running | Paused | Restarting))
}
