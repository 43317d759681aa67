//! A filesystem without a superblock that only the reader of ext recognizes is opened all the same.
//!
//! Needs mke2fs; without it, that is printed and nothing is tested.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, missing_docs)]

use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use careen_survey::{DiskFile, Options, Session};

fn survey(bytes: Vec<u8>) -> careen_model::Survey {
    let disk = DiskFile { name: "disk".to_owned(), source: Rc::new(bytes) };
    Session::open(disk, Options::default(), &mut |_| {}).unwrap().survey()
}

#[test]
fn a_filesystem_is_opened_by_whatever_copy_of_its_superblock_is_left() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("survey-lost-superblock");
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    // Blocks of 1 KiB in clusters of 16 KiB: the first copy stands at 128 MiB.
    let made = Command::new("mke2fs")
        .args(["-q", "-F", "-t", "ext4", "-b", "1024", "-O", "bigalloc"])
        .arg(&file)
        .arg("150m")
        .env("PATH", path)
        .status();
    let Ok(made) = made else {
        println!("skipped: mke2fs is not on PATH");
        return;
    };
    assert!(made.success());
    let mut bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    bytes[1024..2048].fill(0);
    let found = survey(bytes);
    assert_eq!((found.filesystems.len(), found.partitions[0].filesystem.as_deref()), (1, Some("ext4")));
    let told: Vec<&str> = found.findings.iter().map(|finding| finding.code.name).collect();
    assert!(told.contains(&"ext4-superblock-copy"), "{told:?}");
}

#[test]
fn what_is_no_filesystem_is_not_told_to_be_a_broken_one() {
    let mut bytes = vec![0; 1 << 20];
    let found = survey(bytes.clone());
    assert_eq!((found.filesystems.len(), found.partitions[0].filesystem.as_deref()), (0, None));
    assert!(found.findings.iter().all(|finding| finding.code.name != "filesystem-unreadable"));
    // The magic of ext, and nothing else that makes sense.
    bytes[1024 + 0x38] = 0x53;
    bytes[1024 + 0x39] = 0xef;
    let found = survey(bytes);
    let told: Vec<&str> = found.findings.iter().map(|finding| finding.code.name).collect();
    assert!(told.contains(&"filesystem-unreadable"), "{told:?}");
}
