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

/// One test, since the mark is the process's.
#[test]
fn memory_stays_flat() {
    let files = std::env::var("CAREEN_FILES").ok().and_then(|files| files.parse().ok()).unwrap_or(200_000);
    for format in [Format::Tar, Format::TarGz, Format::Zip] {
        let many = worst(format, Many { directories: files / 1000, files: 1000, large: 0 });
        let Some((many, written)) = many else {
            println!("skipped: this system does not tell the memory of a process");
            return;
        };
        println!("{}: {files} files, {} MiB written, {} KiB of memory", format.name(), written >> 20, many >> 10);
        let (sparse, written) = worst(format, Many { directories: 0, files: 0, large: 100 << 30 }).unwrap();
        println!("{}: 100 GiB, {} MiB written, {} KiB of memory", format.name(), written >> 20, sparse >> 10);
        // A zip has the list of its names at its end, and keeps it packed until then; of its manifest a part.
        let kept = if format == Format::Zip { files * 32 + (20 << 20) } else { 0 };
        assert!(many < (24 << 20) + kept, "{}: {many} bytes for {files} files", format.name());
        assert!(sparse < 32 << 20, "{}: {sparse} bytes for one large file", format.name());
    }
}
