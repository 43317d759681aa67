//! Answers as text for people on a terminal.

mod cross_check;
mod kit;
mod rebuilt;

use careen_model::{
    BuildCache, Container, DiskSnapshot, Event, FileEntry, FileType, FileVersion, Finding, HistoryStep, Host, Image,
    ImageKind, Language, Layer, Network, PackageFile, SideBySide, Survey, Verified, VerifiedBlob, Volume,
};
use careen_survey::Summary;
use careen_survey::report::PackageRow;
use serde::Serialize;

use crate::commands::Written;
use crate::output::one_line;

pub use careen_survey::report::size;

pub use self::cross_check::cross_check;
pub use self::kit::{kit, only_here, weight};
pub use self::rebuilt::rebuilt;

/// Rows under a heading, each column as wide as its widest cell.
fn table<const N: usize>(heading: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(|cell| one_line(&cell))).collect();
    let mut widths = heading.map(|cell| cell.chars().count());
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in std::iter::once(heading.map(str::to_owned)).chain(rows) {
        let padded: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("   ").trim_end());
        text.push('\n');
    }
    text
}

/// What is unknown is shown as unknown, never as 0.
fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

/// The word JSON uses for a value.
pub fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn short(id: &str) -> String {
    id.strip_prefix("sha256:").unwrap_or(id).chars().take(12).collect()
}

/// Several disks: one line a disk, then what is not on all of them.
pub fn side_by_side(found: &SideBySide) -> String {
    let list = |ids: &[String]| if ids.is_empty() { "?".to_owned() } else { ids.join(" ") };
    let letters = |disks: &[u32]| disks.iter().map(|at| letter(*at)).collect::<Vec<_>>().join(" ");
    let mut text = table(
        ["", "DISK", "LAST USED", "BY", "IMAGES", "CONTAINERS", "VOLUMES", "IN USE", "FILE SIZE", "LOSSES", "DAMAGES"],
        (0_u32..).zip(&found.disks).map(|(at, disk)| {
            [
                letter(at),
                disk.name.clone(),
                known(disk.last_used.as_ref().map(|last| &last.time)),
                disk.last_used.as_ref().map_or_else(String::new, |last| word(last.sign)),
                if disk.has_unread_images { format!("{}+?", disk.images) } else { disk.images.to_string() },
                disk.containers.to_string(),
                disk.volumes.to_string(),
                known(disk.used.map(size)),
                known(disk.file_size.map(size)),
                disk.losses.to_string(),
                disk.damages.to_string(),
            ]
        }),
    );
    text.push('\n');
    text.push_str(&table(
        ["", "FORMAT", "VIRTUAL SIZE", "DISK ID", "FILESYSTEM", "ENGINE ID"],
        (0_u32..).zip(&found.disks).map(|(at, disk)| {
            [
                letter(at),
                disk.format.clone(),
                known(disk.virtual_size.map(size)),
                known(disk.virtual_disk_id.as_ref()),
                list(&disk.filesystem_ids),
                list(&disk.engine_ids),
            ]
        }),
    ));
    let groups = [("image", &found.images), ("container", &found.containers), ("volume", &found.volumes)];
    let all = found.disks.len();
    let common: Vec<String> = groups
        .iter()
        .map(|(kind, holdings)| {
            format!("{} {kind}s", holdings.iter().filter(|holding| holding.disks.len() == all).count())
        })
        .collect();
    text.push_str(&format!("\non all of them: {}\n\n", common.join(", ")));
    text.push_str(&table(
        ["ONLY ON", "KIND", "ID", "NAME"],
        groups.iter().flat_map(|(kind, holdings)| {
            let apart = holdings.iter().filter(|holding| holding.disks.len() < all);
            apart.map(|holding| {
                let id = if *kind == "volume" { String::new() } else { short(&holding.id) };
                [letters(&holding.disks), (*kind).to_owned(), id, holding.name.clone()]
            })
        }),
    ));
    text
}

/// What a disk is called in a table of several: A, B, … and numbers behind Z.
fn letter(at: u32) -> String {
    match u8::try_from(at) {
        Ok(at) if at < 26 => char::from(b'A'.saturating_add(at)).to_string(),
        _ => at.saturating_add(1).to_string(),
    }
}

/// The system around a data root on one line.
fn host_line(host: &Host) -> String {
    let mut line = format!("host {}", known(host.name.as_ref()));
    if let Some(name) = &host.hostname {
        line.push_str(&format!(", called {name}"));
    }
    if host.is_wsl {
        line.push_str(", in WSL");
    }
    for engine in &host.engine {
        line.push_str(&format!(", {} {}", engine.package, engine.version));
    }
    line
}

/// The overview.
pub fn survey(survey: &Survey) -> String {
    let disk = &survey.disk;
    let mut text = format!(
        "{} disk, {} virtual, {} on file, {} read in {} requests\n",
        disk.format,
        known(disk.virtual_size.map(size)),
        known(disk.file_size.map(size)),
        size(disk.bytes_read),
        disk.requests
    );
    if let Some(id) = &disk.virtual_disk_id {
        text.push_str(&format!("virtual disk id {id}\n"));
    }
    if let Some(snapshot) = &disk.snapshot {
        text.push_str(&one_line(&format!("snapshot {snapshot}")));
        text.push('\n');
    }
    if !disk.snapshots.is_empty() {
        let row =
            |it: &DiskSnapshot| [it.name.clone(), it.id.clone(), known(it.created.as_ref()), size(it.virtual_size)];
        text.push('\n');
        text.push_str(&table(["SNAPSHOT", "ID", "CREATED", "VIRTUAL SIZE"], disk.snapshots.iter().map(row)));
    }
    if let Some(host) = &survey.host {
        text.push_str(&one_line(&host_line(host)));
        text.push('\n');
    }
    text.push('\n');
    let shown = survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate).count();
    text.push_str(&format!(
        "{shown} images, {} containers, {} volumes, {} networks, {} findings\n\n",
        survey.containers.len(),
        survey.volumes.len(),
        survey.networks.len(),
        survey.findings.len()
    ));
    text.push_str(&table(
        ["PARTITION", "SCHEME", "TYPE", "START", "SIZE", "CONTENT"],
        survey.partitions.iter().map(|partition| {
            [
                partition.index.to_string(),
                word(partition.scheme),
                partition.kind.clone(),
                partition.start.to_string(),
                size(partition.size),
                known(partition.filesystem.as_ref()),
            ]
        }),
    ));
    text.push('\n');
    text.push_str(&table(
        ["FILESYSTEM", "TYPE", "UUID", "SIZE", "USED", "STATE", "JOURNAL"],
        survey.filesystems.iter().map(|filesystem| {
            let journal = filesystem
                .journal_replayed
                .map_or_else(String::new, |replay| format!("{} transactions replayed in memory", replay.transactions));
            [
                format!("fs:{}", filesystem.id),
                filesystem.kind.clone(),
                known(filesystem.uuid.as_ref()),
                known(filesystem.size.map(size)),
                known(filesystem.used.map(size)),
                word(filesystem.state),
                journal,
            ]
        }),
    ));
    text.push('\n');
    text.push_str(&table(
        ["STORE", "KIND", "DRIVER", "PATH"],
        survey
            .stores
            .iter()
            .map(|store| [format!("store:{}", store.id), word(store.kind), store.driver.clone(), store.path.clone()]),
    ));
    for list in [images(&survey.images), containers(&survey.containers), volumes(&survey.volumes)] {
        text.push('\n');
        text.push_str(&list);
    }
    if !survey.build_cache.is_empty() {
        let sizes = survey.build_cache.iter().map(|record| record.size);
        let sum = sizes.clone().flatten().fold(0_u64, u64::saturating_add);
        let unknown = sizes.filter(Option::is_none).count();
        let rest = if unknown > 0 { format!(" and {unknown} of unknown size") } else { String::new() };
        let count = survey.build_cache.len();
        text.push_str(&format!("\nbuild cache: {count} records, {}{rest}\n", size(sum)));
    }
    if !survey.plugins.is_empty() {
        text.push('\n');
        text.push_str(&table(
            ["PLUGIN", "ID", "ENABLED", "PROVIDES"],
            survey.plugins.iter().map(|plugin| {
                let enabled = plugin.enabled.map(|enabled| if enabled { "yes" } else { "no" });
                [known(plugin.name.as_ref()), short(&plugin.id), known(enabled), plugin.provides.join(" ")]
            }),
        ));
    }
    for swarm in &survey.swarm {
        let kind = if swarm.is_manager { "manager" } else { "worker" };
        let managers: Vec<&str> = swarm.managers.iter().map(|manager| manager.address.as_str()).collect();
        let address = known(swarm.advertise_address.as_ref());
        let line = format!("swarm {kind} {address} in {}, managers {}", swarm.root, managers.join(" "));
        text.push_str(&format!("\n{}\n", one_line(&line)));
    }
    if !survey.findings.is_empty() {
        text.push('\n');
    }
    for found in &survey.findings {
        text.push_str(&finding(found));
        text.push('\n');
    }
    text
}

/// Images, the builder's intermediate ones left out.
pub fn images(images: &[Image]) -> String {
    let shown = images.iter().filter(|image| image.kind != ImageKind::Intermediate);
    table(
        ["IMAGE", "ID", "CREATED", "SIZE", "LAYERS", "REGISTRY", "STATE"],
        shown.map(|image| {
            let name = if image.names.is_empty() { image.digests.join(" ") } else { image.names.join(" ") };
            let state = match image.hidden {
                Some(hidden) => format!("{}, hidden: {}", word(image.state), word(hidden)),
                None => word(image.state),
            };
            [
                if name.is_empty() { "<none>".to_owned() } else { name },
                image.short_id(),
                known(image.created.as_ref()),
                known(image.size.map(size)),
                image.layers.len().to_string(),
                known(image.registry.as_ref().map(|registry| word(registry.state))),
                state,
            ]
        }),
    )
}

/// Containers.
pub fn containers(containers: &[Container]) -> String {
    table(
        ["CONTAINER", "ID", "IMAGE", "STATE", "EXIT", "COMMAND"],
        containers.iter().map(|container| {
            [
                container.name.clone(),
                short(&container.id),
                known(container.image.as_ref()),
                container.state.map_or_else(|| "?".to_owned(), word),
                container.exit_code.map_or_else(String::new, |code| code.to_string()),
                container.command.join(" ").chars().take(60).collect(),
            ]
        }),
    )
}

/// Records of the build cache, and builds.
pub fn build_cache(cache: &BuildCache) -> String {
    let mut text = table(
        ["BUILD CACHE", "TYPE", "SIZE", "LAST USED", "USED", "SHARED", "MUTABLE", "DESCRIPTION"],
        cache.records.iter().map(|record| {
            let yes = |is: bool| if is { "yes" } else { "" }.to_owned();
            [
                record.id.chars().take(12).collect(),
                record.kind.clone(),
                known(record.size.map(size)),
                known(record.last_used.as_ref()),
                record.usage_count.to_string(),
                yes(record.shared),
                yes(record.mutable),
                record.description.clone().unwrap_or_else(|| record.images.join(" ")),
            ]
        }),
    );
    if !cache.builds.is_empty() {
        text.push('\n');
        text.push_str(&table(
            ["BUILD", "STARTED", "FINISHED", "STEPS", "CACHED", "NAMES", "ERROR"],
            cache.builds.iter().map(|build| {
                [
                    build.id.clone(),
                    known(build.started.as_ref()),
                    known(build.finished.as_ref()),
                    format!("{}/{}", build.steps.completed, build.steps.total),
                    build.steps.cached.to_string(),
                    build.names.join(" "),
                    build.error.clone().unwrap_or_default(),
                ]
            }),
        ));
    }
    text
}

/// Volumes.
pub fn volumes(volumes: &[Volume]) -> String {
    table(
        ["VOLUME", "DRIVER", "SIZE", "FILES", "HOLDS", "USED BY"],
        volumes.iter().map(|volume| {
            let mut users: Vec<String> =
                volume.mounts.iter().map(|mount| format!("{}:{}", mount.container, mount.path)).collect();
            users.dedup();
            let holds = volume.holds.iter().map(|database| match &database.version {
                Some(version) => format!("{} {version}", database.engine),
                None => database.engine.clone(),
            });
            [
                volume.name.clone(),
                known(volume.driver.as_ref()),
                known(volume.size.map(size)),
                known(volume.files),
                holds.collect::<Vec<_>>().join(", "),
                users.join(" "),
            ]
        }),
    )
}

/// Networks.
pub fn networks(networks: &[Network]) -> String {
    table(
        ["NETWORK", "ID", "DRIVER", "SCOPE", "SUBNET", "GATEWAY", "INTERNAL", "CONTAINERS"],
        networks.iter().map(|network| {
            let gateways = network.subnets.iter().filter_map(|subnet| subnet.gateway.clone());
            [
                network.name.clone(),
                short(&network.id),
                network.driver.clone(),
                network.scope.clone(),
                network.subnets.iter().map(|subnet| subnet.subnet.as_str()).collect::<Vec<_>>().join(" "),
                gateways.collect::<Vec<_>>().join(" "),
                if network.internal { "yes" } else { "" }.to_owned(),
                network.containers.iter().map(|member| member.container.as_str()).collect::<Vec<_>>().join(" "),
            ]
        }),
    )
}

/// Layers.
pub fn layers(layers: &[Layer]) -> String {
    table(
        ["LAYER", "PARENT", "SIZE", "STATE", "IMAGES"],
        layers.iter().map(|layer| {
            [
                short(&layer.chain_id),
                layer.parent.as_deref().map_or_else(String::new, short),
                known(layer.size.map(size)),
                word(layer.state),
                layer.images.len().to_string(),
            ]
        }),
    )
}

/// Files and the packages that own them.
pub fn package_files(files: &[PackageFile]) -> String {
    table(
        ["STATE", "PATH", "PACKAGE", "VERSION"],
        files.iter().map(|file| {
            let [package, version] = [&file.package, &file.version].map(|it| it.clone().unwrap_or_default());
            [word(file.state), file.path.clone(), package, version]
        }),
    )
}

/// Packages.
pub fn packages(rows: &[PackageRow]) -> String {
    table(
        ["IMAGE", "ECOSYSTEM", "PACKAGE", "VERSION", "LAYER"],
        rows.iter().map(|row| {
            let layer = row.layer.as_deref().map_or_else(String::new, short);
            [row.image.clone(), word(row.ecosystem), row.package.clone(), row.version.clone(), layer]
        }),
    )
}

/// Events, one a line.
pub fn timeline(events: &[Event]) -> String {
    table(
        ["TIME", "KIND", "WHERE", "WHAT", "DETAIL"],
        events.iter().map(|event| {
            let detail = event.detail.clone().unwrap_or_default();
            [event.time.clone(), event.kind.word().to_owned(), event.scope.clone(), word(event.what), detail]
        }),
    )
}

/// The steps of an image.
pub fn history(steps: &[HistoryStep]) -> String {
    table(
        ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"],
        steps.iter().map(|step| {
            let by = step.created_by.chars().take(80).collect();
            [short(&step.id), step.created_at.clone(), by, step.size.clone(), step.comment.clone()]
        }),
    )
}

/// The versions of a file.
pub fn versions(versions: &[FileVersion]) -> String {
    table(
        ["LAYER", "CHAIN ID", "SIZE", "MODE", "OWNER", "COMMAND"],
        versions.iter().map(|version| {
            let (mut size, mut mode, mut owner) = ("removed".to_owned(), String::new(), String::new());
            if let Some(entry) = &version.entry {
                size = entry.size.map_or_else(|| word(entry.kind), |size| size.to_string());
                (mode, owner) = (entry.mode.clone(), format!("{}:{}", entry.uid, entry.gid));
            }
            let chain = version.chain_id.as_deref().map_or_else(|| "its own".to_owned(), short);
            let by = version.created_by.iter().flat_map(|by| by.chars()).take(80).collect();
            [format!("{} of {}", version.layer, version.layers), chain, size, mode, owner, by]
        }),
    )
}

/// One file, as `ls -l` would show it.
pub fn file(entry: &FileEntry) -> String {
    let size = match (entry.size, entry.rdev) {
        (Some(size), _) => size.to_string(),
        (None, Some([major, minor])) => format!("{major},{minor}"),
        (None, None) => "-".to_owned(),
    };
    let target = entry.link.as_ref().map_or_else(String::new, |link| format!(" -> {link}"));
    let hash = entry.sha256.as_ref().map_or_else(String::new, |hash| format!(" {hash}"));
    let line = format!(
        "{}{} {:>5}:{:<5} {size:>12} {}{target}{hash}",
        word(entry.kind),
        entry.mode,
        entry.uid,
        entry.gid,
        entry.path
    );
    one_line(&line)
}

/// What was found out about layers and the images that use them.
pub fn verified(verified: &Verified) -> String {
    let mut text = table(
        ["LAYER", "STATE", "SIZE", "IMAGES", "WHY"],
        verified.layers.iter().map(|layer| {
            let files = layer.files.iter().map(|file| format!("{}: {}", file.path, file.reason));
            let why: Vec<String> = layer.reason.iter().cloned().chain(files.take(3)).collect();
            let size = layer.size.map_or_else(|| "-".to_owned(), size);
            [short(&layer.chain_id), word(layer.state), size, layer.images.len().to_string(), why.join("; ")]
        }),
    );
    text.push('\n');
    text.push_str(&table(
        ["IMAGE", "ID", "STATE"],
        verified.images.iter().filter(|image| image.kind != ImageKind::Intermediate).map(|image| {
            let name = if image.names.is_empty() { "<none>".to_owned() } else { image.names.join(" ") };
            [name, short(&image.id), word(image.state)]
        }),
    ));
    if !verified.blobs.is_empty() {
        let row = |blob: &VerifiedBlob| {
            let size = blob.size.map_or_else(|| "-".to_owned(), size);
            [blob.digest.clone(), word(blob.state), size, blob.reason.clone().unwrap_or_default()]
        };
        text.push('\n');
        text.push_str(&table(["BLOB", "STATE", "SIZE", "WHY"], verified.blobs.iter().map(row)));
    }
    text
}

/// What an export wrote.
pub fn written(written: &Written) -> String {
    let Summary { entries, bytes, missing, with_gaps, not_held } = written.summary;
    let mut text =
        format!("{}: {entries} entries, {} of content, {} written\n", written.file, size(bytes), size(written.size));
    text.push_str(&format!("sha256 {}\nmanifest {}\n", written.sha256, written.manifest));
    let counts = [
        (missing, "could not be read and are left out"),
        (with_gaps, "have gaps"),
        (not_held, "are of a kind that no such archive holds"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        text.push_str(&format!("{count} entries {what}; the manifest names them\n"));
    }
    text
}

/// One finding on one line: severity, place, sentence.
pub fn finding(finding: &Finding) -> String {
    let text = format!(
        "{} [{}] {}: {}",
        word(finding.code.severity),
        finding.code.name,
        finding.place,
        finding.message(Language::English)
    );
    one_line(&text)
}

/// What a kind of object is called.
pub fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::File => "regular file",
        FileType::Directory => "directory",
        FileType::Symlink => "symbolic link",
        FileType::Fifo => "FIFO",
        FileType::CharDevice => "character device",
        FileType::BlockDevice => "block device",
        FileType::Socket => "socket",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let text =
            table(["A", "LONG"], [["wide".to_owned(), "x".to_owned()], ["y".to_owned(), "z\n\u{1b}[2J".to_owned()]]);
        assert_eq!(text, "A      LONG\nwide   x\ny      z\u{fffd}\u{fffd}[2J\n");
    }

    #[test]
    fn sizes_have_decimal_units() {
        for (bytes, shown) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_990_864, "1.9 MB"), (2_300_000_000, "2.3 GB")]
        {
            assert_eq!(size(bytes), shown);
        }
    }
}
