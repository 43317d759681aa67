//! Memory while an archive of very much is written: flat, whatever the tree holds. As the kernel counts it (`VmHWM`).
//!
//! `CAREEN_FILES` sets the number of small files, by default 200,000.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod many;

use std::fs;
use std::process::Command;
use std::rc::Rc;

use careen_archive::write::{Chunk, Export, Format, OnDamage, Selection};
use careen_evidence::{CancelToken, FileTree, Limits};

use crate::many::Many;

/// A field of `/proc/self/status` in bytes.
fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// How much memory an archive takes at its worst, and how long it and its manifest become.
fn worst(format: Format, tree: Many) -> Option<(u64, u64)> {
    // The highest mark so far is forgotten.
    fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = field("VmRSS")?;
    let tree: Rc<dyn FileTree> = Rc::new(tree);
    let selection = Selection { start: tree.root(), tree, name: Vec::new(), label: "test".into() };
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let mut export = Export::new(format, vec![selection], OnDamage::Skip, &limits, &cancel).unwrap();
    let (mut chunk, mut manifest) = (Chunk::default(), 0);
    while export.next(&mut chunk).unwrap() {
        assert!(chunk.archive.len() < 6 << 20 && chunk.manifest.len() < 6 << 20);
        manifest += chunk.manifest.len() as u64;
    }
    Some((field("VmHWM")?.saturating_sub(before), export.written() + manifest))
}

const FORMATS: [Format; 3] = [Format::Tar, Format::TarGz, Format::Zip];

/// One case in a process of its own, since what was freed before would hide what is taken now.
#[test]
#[ignore = "memory_stays_flat runs it, once for each case"]
fn one_case() {
    let case = std::env::var("CAREEN_CASE").unwrap();
    let words: Vec<u64> = case.split(' ').map(|word| word.parse().unwrap()).collect();
    let tree = Many { directories: words[1] / 1000, files: 1000, large: words[2] };
    let (memory, written) = worst(FORMATS[usize::try_from(words[0]).unwrap()], tree).unwrap();
    println!("\nmeasured {memory} {written}");
}

/// Memory and bytes written of a format, with so many small files and a large one of that size.
fn measured(format: usize, files: u64, large: u64) -> (u64, u64) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["one_case", "--exact", "--ignored", "--nocapture"]);
    let output = command.env("CAREEN_CASE", format!("{format} {files} {large}")).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find_map(|line| line.strip_prefix("measured ")).unwrap();
    let (memory, written) = line.split_once(' ').unwrap();
    (memory.parse().unwrap(), written.parse().unwrap())
}

#[test]
fn memory_stays_flat() {
    if field("VmHWM").is_none() || fs::write("/proc/self/clear_refs", "5").is_err() {
        println!("skipped: this system does not tell the memory of a process");
        return;
    }
    let files = std::env::var("CAREEN_FILES").ok().and_then(|files| files.parse().ok()).unwrap_or(200_000);
    for (at, format) in FORMATS.iter().enumerate() {
        let (many, written) = measured(at, files, 0);
        println!("{}: {files} files, {} MiB written, {} KiB of memory", format.name(), written >> 20, many >> 10);
        let (sparse, written) = measured(at, 0, 100 << 30);
        println!("{}: 100 GiB, {} MiB written, {} KiB of memory", format.name(), written >> 20, sparse >> 10);
        // A zip has the list of its names at its end, and keeps it packed until then; of its manifest a part.
        let kept = if *format == Format::Zip { files * 32 + (40 << 20) } else { 0 };
        assert!(many < (24 << 20) + kept, "{}: {many} bytes for {files} files", format.name());
        assert!(sparse < 32 << 20, "{}: {sparse} bytes for one large file", format.name());
    }
}
