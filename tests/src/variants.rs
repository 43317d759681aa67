//! The corpus' smallest disk in other containers: each format, each option, and what is broken in known ways.
//!
//! The corpus brings the script that makes them. It needs qemu-img and python3, and for two of them a loop mount as
//! root; what cannot be made is skipped by name.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Disk;
use crate::disks::{Known, key_of, made_from, remember, run};

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

/// The variants that could be made, and what could not.
pub(crate) fn make(corpus: &Path, bases: &[Disk]) -> (Vec<Disk>, Vec<String>) {
    let (mut made, mut skipped) = (Vec::new(), Vec::new());
    let name = format!("corpus/{BASE}");
    let Some(base) = bases.iter().find(|disk| disk.name == name) else {
        return (made, vec![format!("variants: there is no {name} to make them of")]);
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

fn make_group(corpus: &Path, base: &Disk, group: &[&str]) -> Result<PathBuf, String> {
    let script = corpus.join("make-variants.sh");
    let key = format!("{}{}seed {SEED}\n", key_of(&script)?, key_of(&base.file)?);
    let folder = crate::target().join("corpus/variants").join(group.concat().replace('*', ""));
    if made_from(&folder, &key) {
        return Ok(folder);
    }
    let work = folder.join("work");
    // What an earlier run left half done would only be in the way.
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut bash = Command::new("bash");
    bash.arg(script).arg(&base.file).arg(BASE).arg(&folder).args(group).env("SEED", SEED).env("WORK", &work);
    let done = run(&mut bash);
    drop(fs::remove_dir_all(&work));
    done?;
    remember(&folder, &key)?;
    Ok(folder)
}

fn disk(folder: &Path, variant: &str, base: &str) -> Result<Disk, String> {
    let path = folder.join(format!("truth/variants/{variant}.json"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let about: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let field = |key: &str| about[key].as_str().unwrap_or_default().to_owned();
    let base = base.to_owned();
    let truth = match variant {
        "vhdx-cut60" | "qcow2-cut70" => Known::Cut { base },
        _ => Known::SameAs { base, layout: field("layout") },
    };
    Ok(Disk { name: format!("variants/{variant}"), file: folder.join("disks").join(field("file")), known: truth })
}
