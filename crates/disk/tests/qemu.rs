//! Disks written by `qemu-img`, read by us and compared byte by byte with what was put in.
//!
//! Skipped, and said so, where `qemu-img` is not installed.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use careen_evidence::{Findings, Limits, Place};

const SIZE: usize = 12 << 20;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("careen-disk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn qemu_img(arguments: &[&str]) -> bool {
    match Command::new("qemu-img").args(arguments).output() {
        Ok(output) => {
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => {
            println!("skipped: qemu-img is not installed");
            false
        }
    }
}

/// Zeros with islands of data of many lengths, some of which pack well and some not at all, and odd bytes at the end.
fn pattern() -> Vec<u8> {
    let mut disk = vec![0; SIZE];
    let mut state = 1_u64;
    for island in 0..60 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let start = usize::try_from(state >> 33).unwrap() % SIZE;
        let length = (1 << (island % 20)) + island;
        for byte in disk.iter_mut().skip(start).take(length) {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = if island % 3 == 0 { 0x5A } else { state.to_be_bytes()[0] };
        }
    }
    disk[SIZE - 100..].fill(0xEE);
    disk
}

fn read(path: &Path, piece: usize) -> (&'static str, Vec<u8>) {
    let file = std::fs::read(path).unwrap();
    let mut findings = Findings::new();
    let disk = careen_disk::open(Rc::new(file), &Place::new("disk"), &Limits::default(), &mut findings).unwrap();
    assert!(findings.list().is_empty(), "{path:?}: {:?}", findings.list());
    let mut bytes = vec![9; usize::try_from(disk.virtual_size).unwrap()];
    let mut at = 0;
    for part in bytes.chunks_mut(piece) {
        disk.source.read_exact_at(at, part).unwrap();
        at += part.len() as u64;
    }
    (disk.format.name(), bytes)
}

#[test]
fn every_variant_that_qemu_writes_reads_the_same() {
    let folder = Folder::new("variants");
    let raw = folder.0.join("disk.raw");
    let disk = pattern();
    std::fs::write(&raw, &disk).unwrap();
    let (raw, out) = (raw.to_str().unwrap(), folder.0.join("disk"));
    for (format, options, packed) in [
        ("vhdx", "subformat=dynamic,block_size=1M", false),
        ("vhdx", "subformat=dynamic,block_size=32M", false),
        ("vhdx", "subformat=dynamic,block_state_zero=off", false),
        ("vhdx", "subformat=fixed", false),
        ("qcow2", "compat=0.10", false),
        ("qcow2", "compat=0.10,cluster_size=512", false),
        ("qcow2", "compat=1.1,cluster_size=4k,refcount_bits=1", false),
        ("qcow2", "compat=1.1,cluster_size=64k,lazy_refcounts=on", false),
        ("qcow2", "compat=1.1,cluster_size=2M,preallocation=metadata", false),
        ("qcow2", "compat=1.1,cluster_size=512,refcount_bits=64", false),
        ("qcow2", "compat=1.1,extended_l2=on,cluster_size=16k", false),
        ("qcow2", "compat=1.1,extended_l2=on,cluster_size=128k", false),
        ("qcow2", "compat=1.1,preallocation=falloc", false),
        ("qcow2", "compat=0.10,cluster_size=512", true),
        ("qcow2", "compat=1.1,compression_type=zlib", true),
        ("qcow2", "compat=1.1,compression_type=zstd", true),
        ("qcow2", "compat=1.1,compression_type=zstd,cluster_size=4k", true),
        ("qcow2", "compat=1.1,compression_type=zlib,cluster_size=2M", true),
        ("qcow2", "compat=1.1,compression_type=zstd,extended_l2=on,cluster_size=64k", true),
    ] {
        let mut arguments = vec!["convert", "-f", "raw", "-O", format, "-o", options];
        arguments.extend(packed.then_some("-c"));
        arguments.extend([raw, out.to_str().unwrap()]);
        if !qemu_img(&arguments) {
            return;
        }
        for piece in [1 << 20, 77_777] {
            let (name, bytes) = read(&out, piece);
            assert_eq!(name, format);
            assert!(bytes == disk, "{format} {options} in pieces of {piece}");
        }
    }
}
