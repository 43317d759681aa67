//! The corpus' smallest disk in other containers: each format, each option, and what is broken in known ways; and the
//! disk of a newer engine with each part of its store broken.
//!
//! The corpus brings the script that makes them. It needs qemu-img and python3, and for two of them a loop mount as
//! root; what cannot be made is skipped by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::disks::{Damage, Disk, Known, key_of, made_from, remember, run, unpack};

/// The disk that variants are made of, and the seed of what is left to chance.
const BASE: &str = "tiny";
const SEED: &str = "3";

/// Names as the script takes them, and the variants each makes. One run a row, so that one which cannot be made takes
/// no other with it.
const GROUPS: &[(&[&str], &[&str])] = &[
    (&["docker-data-vhdx"], &["docker-data-vhdx"]),
    (&["ext4-vhdx-1t"], &["ext4-vhdx-1t"]),
    (&["vhdx-32m", "vhdx-fixed"], &["vhdx-32m", "vhdx-fixed"]),
    (
        &["vhdx-4k", "vhdx-states", "vhdx-header", "vhdx-cut"],
        &[
            "vhdx-4k",
            "vhdx-states",
            "vhdx-header1-bad",
            "vhdx-header2-bad",
            "vhdx-headers-bad",
            "vhdx-region1-bad",
            "vhdx-cut60",
        ],
    ),
    (
        &["vhdx-log"],
        &["vhdx-log-bat", "vhdx-log-data", "vhdx-log-both", "vhdx-log-stale", "vhdx-log-torn", "vhdx-log-seqmix"],
    ),
    (
        &["qcow2*"],
        &[
            "qcow2-mbr",
            "qcow2-v2-4k",
            "qcow2-zlib",
            "qcow2-zstd",
            "qcow2-extended-l2",
            "qcow2-2m-prealloc",
            "qcow2-cut70",
        ],
    ),
];

/// The disk with containerd's store, and the damages that it is made with.
const STORE_BASE: &str = "modern";
const STORE_DAMAGES: &[&str] = &[
    "blob-layer-gone",
    "blob-layer-bitflip",
    "blob-layer-cut",
    "blob-config-gone",
    "blob-manifest-cut",
    "ctd-meta-db-zero",
    "ctd-meta-db-newest-meta",
    "ctd-snapshot-db-zero",
    "container-config-empty",
];

/// Groups that only [`of_seed`] makes.
const MORE_GROUPS: &[&[&str]] = &[&["docker-raw"], &["vhdx-log-qemu"], &["damage*"]];

/// Damages of what nothing reads yet: layers made again of their tar-split, and the logs of containers.
const SILENT: &[&str] = &[
    "damage-layer-diff-file-bitflip",
    "damage-tarsplit-cut",
    "damage-log-cut",
    // Told when blobs are compared with their names.
    "modern-damage-blob-layer-bitflip",
];

/// A variant with what its maker expects to be shown of it.
pub struct Variant {
    /// The disk, and what is known about it.
    pub disk: Disk,
    /// What a correct reader shows, in words.
    pub expected: String,
}

/// The disk that variants are made of.
pub fn base(corpus: &Path) -> Result<Disk, String> {
    let name = format!("corpus/{BASE}");
    let file = unpack(&corpus.join(format!("disks/{BASE}.raw.zst")), &name)?;
    let known = Known::Docker { folder: corpus.join("truth").join(BASE), whole: true };
    Ok(Disk { name, file, known })
}

/// Makes every variant with a seed, one group after another, and hands each to `check`; a group's disks are gone after
/// that. What cannot be made is an error of its group.
pub fn of_seed(
    corpus: &Path,
    base: &Disk,
    seed: &str,
    only: &[String],
    mut check: impl FnMut(Result<Variant, String>),
) -> Result<(), String> {
    let groups = GROUPS.iter().map(|(group, _)| *group).chain(MORE_GROUPS.iter().copied());
    let is_wanted = |group: &&[&str]| only.is_empty() || group.iter().any(|name| only.iter().any(|only| only == name));
    for group in groups.filter(is_wanted) {
        let folder = crate::target().join("corpus/seeds").join(group.concat().replace('*', ""));
        match run_script(corpus, base, group, seed, &folder) {
            Ok(()) => {
                let shown = |error| format!("{}: {error}", folder.display());
                let mut names: Vec<PathBuf> = fs::read_dir(folder.join("truth/variants"))
                    .map_err(shown)?
                    .filter_map(|entry| Some(entry.ok()?.path()))
                    .collect();
                names.sort();
                for name in names {
                    let name = name.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    check(described(&folder, &name, &base.name));
                }
            }
            Err(reason) => check(Err(format!("{}: {reason}", group.join(" ")))),
        }
        drop(fs::remove_dir_all(&folder));
    }
    Ok(())
}

/// The variants that could be made, and what could not.
pub(crate) fn make(corpus: &Path, bases: &[Disk]) -> (Vec<Disk>, Vec<String>) {
    let (mut made, mut skipped) = (Vec::new(), Vec::new());
    make_damaged_stores(corpus, bases, &mut made, &mut skipped);
    let name = format!("corpus/{BASE}");
    let Some(base) = bases.iter().find(|disk| disk.name == name) else {
        skipped.push(format!("variants: there is no {name} to make them of"));
        return (made, skipped);
    };
    for (group, variants) in GROUPS {
        match make_group(corpus, base, group) {
            Ok(folder) => {
                for variant in *variants {
                    match disk(&folder, variant, &name) {
                        Ok(disk) => made.push(disk),
                        Err(reason) => skipped.push(format!("variants/{variant}: {reason}")),
                    }
                }
            }
            Err(reason) => skipped.push(format!("variants {}: {reason}", variants.join(", "))),
        }
    }
    (made, skipped)
}

/// The disk with containerd's store, damaged.
fn make_damaged_stores(corpus: &Path, bases: &[Disk], made: &mut Vec<Disk>, skipped: &mut Vec<String>) {
    let name = format!("corpus/{STORE_BASE}");
    let Some(base) = bases.iter().find(|disk| disk.name == name) else {
        skipped.push(format!("variants: there is no {name} to make them of"));
        return;
    };
    match make_group(corpus, base, &["damage*"]) {
        Ok(folder) => {
            for damage in STORE_DAMAGES {
                match disk(&folder, &format!("{STORE_BASE}-damage-{damage}"), &name) {
                    Ok(disk) => made.push(disk),
                    Err(reason) => skipped.push(format!("variants/{STORE_BASE}-damage-{damage}: {reason}")),
                }
            }
        }
        Err(reason) => skipped.push(format!("variants of {name}: {reason}")),
    }
}

fn make_group(corpus: &Path, base: &Disk, group: &[&str]) -> Result<PathBuf, String> {
    let script = corpus.join("make-variants.sh");
    let key = format!("{}{}seed {SEED}\n", key_of(&script)?, key_of(&base.file)?);
    let kind = if is_store(base) { "store-" } else { "" };
    let folder = crate::target().join("corpus/variants").join(kind.to_owned() + &group.concat().replace('*', ""));
    if made_from(&folder, &key) {
        return Ok(folder);
    }
    run_script(corpus, base, group, SEED, &folder)?;
    remember(&folder, &key)?;
    Ok(folder)
}

/// Lets the corpus' script make a group of variants in a folder that is empty before.
fn run_script(corpus: &Path, base: &Disk, group: &[&str], seed: &str, folder: &Path) -> Result<(), String> {
    let work = folder.join("work");
    // What an earlier run left half done would only be in the way.
    drop(fs::remove_dir_all(folder));
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut bash = Command::new("bash");
    let of = if is_store(base) { STORE_BASE } else { BASE };
    bash.arg(corpus.join("make-variants.sh")).arg(&base.file).arg(of).arg(folder).args(group);
    if is_store(base) {
        bash.env("LAYOUT", "data/docker").env("PREFIX", format!("{STORE_BASE}-")).env("KINDS", "store");
    }
    let done = run(bash.env("SEED", seed).env("WORK", &work));
    drop(fs::remove_dir_all(&work));
    done
}

/// Whether this is the disk with containerd's store.
fn is_store(base: &Disk) -> bool {
    base.name == format!("corpus/{STORE_BASE}")
}

fn disk(folder: &Path, variant: &str, base: &str) -> Result<Disk, String> {
    Ok(described(folder, variant, base)?.disk)
}

/// A variant by what its maker wrote down of it.
fn described(folder: &Path, variant: &str, base: &str) -> Result<Variant, String> {
    let path = folder.join(format!("truth/variants/{variant}.json"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let about: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let field = |key: &str| about[key].as_str().unwrap_or_default().to_owned();
    let (base, layout) = (base.to_owned(), field("layout"));
    let known = match variant {
        "vhdx-cut60" | "qcow2-cut70" => Known::Cut { base },
        // Patterns without a filesystem.
        "vhdx-log-qemu" => Known::Named("no linux filesystem"),
        "qcow2-snapshot" => Known::Damaged { base, damage: Damage { hits_content: true, ..Damage::default() } },
        _ if variant.contains("damage-") => Known::Damaged { base, damage: damage(variant, &about["damage"], &layout) },
        _ => Known::SameAs { base, layout },
    };
    let file = folder.join("disks").join(field("file"));
    Ok(Variant { disk: Disk { name: format!("variants/{variant}"), file, known }, expected: field("expect") })
}

fn damage(variant: &str, about: &Value, layout: &str) -> Damage {
    let text = |key: &str| about[key].as_str().map(str::to_owned);
    let mut paths: Vec<String> = text("path").into_iter().collect();
    if variant == "damage-l-dir-gone" {
        paths.push(format!("/{layout}/overlay2/l"));
    }
    Damage {
        paths,
        image: text("image").or_else(|| text("manifest")),
        hits_content: variant == "damage-bad-sectors",
        is_silent: SILENT.contains(&variant),
    }
}
