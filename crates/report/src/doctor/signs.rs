//! What speaks for a cause and is no defect, told as findings.

use std::collections::BTreeMap;
use std::fmt::Display;

use careen_model::{
    Code, Container, ContainerState, Filesystem, Finding, Place, Store, StoreKind, Survey, codes::doctor as codes,
};

/// A filesystem is full below this share of free blocks: one part in this many. ext4 keeps one part in twenty for root,
/// and the engine runs as root, so the reserve counts as room.
const FULL_SHARE: u64 = 100;

/// A filesystem with fewer inodes in use holds nobody's work: mkfs makes 11, Docker Desktop a few dozen more.
const EMPTY_INODES: u64 = 100;

/// The virtual disk id that many disks of Docker Desktop and WSL were made with (github.com/docker/for-win/issues/14461).
const SHARED_ID: &str = "A96ADE57-4838-48EA-97A9-DE02790ADCB4";

/// Every sign on this disk.
pub fn of(survey: &Survey) -> Vec<Finding> {
    let filesystems = survey.filesystems.iter();
    let mut signs: Vec<Finding> = filesystems.flat_map(|filesystem| of_filesystem(filesystem, survey)).collect();
    let running = |it: &&Container| matches!(it.state, Some(ContainerState::Running | ContainerState::Paused));
    for store in &survey.stores {
        let count = survey.containers.iter().filter(|it| it.store == store.id).filter(running).count();
        if count > 0 {
            signs.push(sign(&codes::CONTAINERS_RUNNING, place(store), &[("count", &count)]));
        }
    }
    signs.extend(two_stores(survey));
    if let Some(id) = survey.disk.virtual_disk_id.as_ref().filter(|id| id.eq_ignore_ascii_case(SHARED_ID)) {
        signs.push(sign(&codes::DISK_ID_SHARED, Place::new("virtual disk id"), &[("id", id)]));
    }
    if survey.images.is_empty() && survey.containers.is_empty() && survey.volumes.is_empty() {
        // Only a store of which everything was read can be said to be empty.
        let classic = survey.stores.iter().filter(|store| store.kind == StoreKind::DockerClassic);
        if survey.stores.iter().all(|store| store.kind == StoreKind::DockerClassic) {
            signs.extend(classic.map(|store| sign(&codes::STORE_EMPTY, place(store), &[("path", &store.path)])));
        }
    }
    signs
}

fn of_filesystem(filesystem: &Filesystem, survey: &Survey) -> Vec<Finding> {
    let mut signs = Vec::new();
    let place = || Place::new(format!("fs:{}", filesystem.id));
    if let Some(replay) = filesystem.journal_replayed {
        signs.push(sign(&codes::JOURNAL_REPLAYED, place(), &[("transactions", &replay.transactions)]));
    }
    if let Some(free) = filesystem.used.and_then(|used| filesystem.size?.checked_sub(used))
        && let Some(whole) = filesystem.size
        && free < whole.checked_div(FULL_SHARE).unwrap_or(0)
    {
        let values: [(&str, &dyn Display); 2] = [("size", &size(whole)), ("free", &size(free))];
        signs.push(sign(&codes::FILESYSTEM_FULL, place(), &values));
    }
    if let Some(inodes) = filesystem.inodes_used.filter(|inodes| survey.stores.is_empty() && *inodes < EMPTY_INODES) {
        signs.push(sign(&codes::FILESYSTEM_EMPTY, place(), &[("inodes", &inodes)]));
    }
    signs
}

/// Docker's classic store with something in it, beside a containerd store that Docker used.
fn two_stores(survey: &Survey) -> Option<Finding> {
    let of = |kind: StoreKind| survey.stores.iter().find(move |store| store.kind == kind);
    let (classic, containerd) = (of(StoreKind::DockerClassic)?, of(StoreKind::DockerContainerd)?);
    survey.images.iter().find(|image| image.store == classic.id)?;
    let values: [(&str, &dyn Display); 2] = [("classic", &classic.path), ("containerd", &containerd.path)];
    Some(sign(&codes::TWO_IMAGE_STORES, place(classic), &values))
}

fn place(store: &Store) -> Place {
    Place::new(format!("store:{}", store.id)).then(&store.path)
}

fn sign(code: &'static Code, place: Place, values: &[(&str, &dyn Display)]) -> Finding {
    let values: BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
    Finding { code, place, values }
}

/// A size in decimal units with one digit behind the point, cut and not rounded.
fn size(bytes: u64) -> String {
    let units = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)];
    let fitting = units.into_iter().find(|(_, unit)| bytes >= *unit);
    fitting.map_or_else(
        || format!("{bytes} B"),
        |(name, unit): (&str, u64)| {
            let tenths = unit.checked_div(10).and_then(|tenth| bytes.checked_div(tenth)).unwrap_or(0);
            format!("{}.{} {name}", tenths.checked_div(10).unwrap_or(0), tenths.checked_rem(10).unwrap_or(0))
        },
    )
}
