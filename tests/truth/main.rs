//! Every disk against what the real tools said of it: the engine of its records, the kernel of its files, dpkg, pip and
//! conda of its packages. Everything goes through the `careen` command, as a person would ask.

mod containerd;
mod containers;
mod documents;
mod export;
mod filesystem;
mod listing;
mod packages;
mod records;
mod space;

use std::path::Path;
use std::sync::Arc;

use careen_tests::{Disk, Known, Outcome, checks, disks};
use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments = Arguments::from_args();
    let disks = disks();
    let mut trials = Vec::new();
    for disk in &disks.all {
        trials.extend(containers::trials(disk));
        if disk.name.starts_with("cases/") || disk.name.starts_with("corpus/") {
            let disk_of_trial = disk.clone();
            trials.push(trial(disk, "space", move || space::adds_up(&disk_of_trial)));
        }
        match &disk.known {
            Known::Docker { folder, whole } => docker(disk, folder, *whole, &mut trials),
            Known::Containerd(folder) => trials.extend(containerd::trials(disk, folder)),
            Known::Filesystem(truth) => trials.push(trial(disk, "files", {
                let (disk, truth) = (disk.clone(), truth.clone());
                move || filesystem::listing_is_the_kernels(&disk, &truth)
            })),
            Known::SameAs { base, .. } | Known::Cut { base } | Known::Damaged { base, .. } => {
                let checks = disks.get(base).map(|base| checks::of_variant(disk, base)).unwrap_or_default();
                trials.extend(checks.into_iter().map(|(name, check)| trial(disk, name, check)));
            }
            Known::Named(word) => trials.push(trial(disk, "is_named", {
                let (disk, word) = (disk.clone(), *word);
                move || checks::is_named(&disk, word)
            })),
        }
    }
    if !arguments.list {
        for reason in disks.skipped() {
            println!("skipped: {reason}");
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

/// All that is said about a disk with one of Docker's stores.
fn docker(disk: &Disk, folder: &Path, whole: bool, trials: &mut Vec<Trial>) {
    let truth = match records::Truth::load(folder, whole) {
        Ok(truth) => Arc::new(truth),
        Err(reason) => {
            trials.push(trial(disk, "truth", move || Err(reason)));
            return;
        }
    };
    type Check = fn(&Disk, &records::Truth) -> Outcome;
    let lists: [(&str, Check); 11] = [
        ("images", records::images),
        ("containers", records::containers),
        ("volumes", records::volumes),
        ("networks", records::networks),
        ("layers", records::layers),
        ("survey", records::survey),
        ("inspect_volumes", documents::volumes),
        ("packages", packages::of_images),
        ("packages_of_containers", packages::of_containers),
        ("matrices", packages::matrices),
        ("verified", export::verified),
    ];
    for (name, check) in lists {
        let (disk_of_trial, truth) = (disk.clone(), Arc::clone(&truth));
        trials.push(trial(disk, name, move || check(&disk_of_trial, &truth)));
    }
    let mut each = |kind: &str, id: String, check: fn(&Disk, &records::Truth, &str) -> Outcome| {
        let (disk_of_trial, truth) = (disk.clone(), Arc::clone(&truth));
        let name = format!("{kind}/{}", id.trim_start_matches("sha256:").get(..12).unwrap_or(&id));
        trials.push(trial(disk, &name, move || check(&disk_of_trial, &truth, &id)));
    };
    for id in truth.image_ids() {
        each("inspect_image", id, documents::image);
    }
    for id in truth.listed_image_ids() {
        each("history", id.clone(), documents::history);
        if export::can_unpack() {
            each("export_image", id.clone(), export::image);
        }
        each("archive", id.clone(), export::archive);
        each("image", id, listing::image);
    }
    for id in truth.container_ids() {
        each("inspect_container", id.clone(), documents::container);
        each("container", id.clone(), listing::container);
        if export::can_unpack() {
            each("export_container", id.clone(), export::container);
        }
        each("changes", id, listing::changes);
    }
    for name in truth.volume_names() {
        if export::can_unpack() {
            each("export_volume", name.clone(), export::volume);
        }
        each("volume", name, listing::volume);
    }
}

/// A named test on a disk.
fn trial(disk: &Disk, name: &str, check: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    Trial::test(format!("{}/{name}", disk.name), move || Ok(check()?))
}
