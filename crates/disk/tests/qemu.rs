//! Disks written by `qemu-img`, read by us and compared byte by byte with what was put in.
//!
//! Skipped, and said so, where `qemu-img` is not installed.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use careen_disk::{NamedFile, With};
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
    // All that lies beside it is at hand.
    let beside: Vec<NamedFile> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|other| other != path)
        .map(|other| NamedFile {
            name: other.file_name().unwrap().to_str().unwrap().to_owned(),
            source: Rc::new(std::fs::read(other).unwrap()),
        })
        .collect();
    let with = With { files: &beside, snapshot: None };
    let place = Place::new(path.file_name().unwrap().to_str().unwrap());
    let disk = careen_disk::open_with(Rc::new(file), &with, &place, &Limits::default(), &mut findings).unwrap();
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
    let (raw, out) = (raw.to_str().unwrap(), folder.0.join("disk.out"));
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
        ("vpc", "subformat=fixed,force_size=on", false),
        ("vpc", "subformat=dynamic,force_size=on", false),
        ("vmdk", "subformat=monolithicSparse", false),
        ("vmdk", "subformat=monolithicFlat", false),
        ("vmdk", "subformat=twoGbMaxExtentSparse", false),
        ("vmdk", "subformat=twoGbMaxExtentFlat", false),
        ("vmdk", "subformat=streamOptimized", false),
    ] {
        let mut arguments = vec!["convert", "-f", "raw", "-O", format, "-o", options];
        arguments.extend(packed.then_some("-c"));
        arguments.extend([raw, out.to_str().unwrap()]);
        if !qemu_img(&arguments) {
            return;
        }
        for piece in [1 << 20, 77_777] {
            let (name, bytes) = read(&out, piece);
            assert_eq!(name, if format == "vpc" { "vhd" } else { format });
            assert!(bytes == disk, "{format} {options} in pieces of {piece}");
        }
    }
}

/// Writes `bytes` over the disk in `file`, as a guest would.
fn write(file: &Path, format: &str, source: &Path, at: usize, length: usize) {
    let command = format!("write -s {} {at} {length}", source.display());
    let output = Command::new("qemu-io").args(["-f", format, "-c", &command]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn disks_upon_other_disks_read_as_qemu_reads_them() {
    let folder = Folder::new("chains");
    let path = |name: &str| folder.0.join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let mut disk = pattern();
    std::fs::write(path("base.raw"), &disk).unwrap();
    std::fs::write(path("patch"), vec![0x77; 300_000]).unwrap();
    for (format, base_format, options) in [
        ("qcow2", "raw", ""),
        ("qcow2", "raw", "extended_l2=on,cluster_size=128k"),
        ("qcow2", "qcow2", "compat=0.10"),
        ("qcow2", "vmdk", "cluster_size=4k"),
        ("qcow2", "vhdx", "cluster_size=2M"),
        ("vmdk", "vmdk", "subformat=monolithicSparse"),
        ("vmdk", "vmdk", "subformat=twoGbMaxExtentSparse"),
    ] {
        let base = if base_format == "raw" { "base.raw" } else { "base" };
        if !qemu_img(&["convert", "-f", "raw", "-O", base_format, &text("base.raw"), &text("base")]) {
            return;
        }
        let mut arguments = vec!["create", "-q", "-f", format, "-F", base_format, "-b", base];
        arguments.extend(["-o", options].into_iter().filter(|_| !options.is_empty()));
        let top = text("top");
        arguments.push(&top);
        qemu_img(&arguments);
        write(&path("top"), format, &path("patch"), 1_000_000, 300_000);
        write(&path("top"), format, &path("patch"), SIZE - 70_000, 65_536);
        disk[1_000_000..1_300_000].fill(0x77);
        disk[SIZE - 70_000..SIZE - 70_000 + 65_536].fill(0x77);
        let (name, bytes) = read(&path("top"), 77_777);
        assert_eq!(name, format);
        assert!(bytes == disk, "{format} upon {base_format}, {options}");
        disk = pattern();
        std::fs::remove_file(path("top")).unwrap();
    }
}

#[test]
fn snapshots_and_external_data_files_read_as_qemu_wrote_them() {
    let folder = Folder::new("states");
    let path = |name: &str| folder.0.join(name);
    let text = |name: &str| path(name).to_str().unwrap().to_owned();
    let disk = pattern();
    std::fs::write(path("base.raw"), &disk).unwrap();
    std::fs::write(path("patch"), vec![0x77; 300_000]).unwrap();
    if !qemu_img(&["convert", "-f", "raw", "-O", "qcow2", &text("base.raw"), &text("disk.out")]) {
        return;
    }
    qemu_img(&["snapshot", "-c", "before", &text("disk.out")]);
    write(&path("disk.out"), "qcow2", &path("patch"), 1_000_000, 300_000);
    let file: Rc<Vec<u8>> = Rc::new(std::fs::read(path("disk.out")).unwrap());
    for (snapshot, is_patched) in [(None, true), (Some("before"), false), (Some("1"), false)] {
        let with = With { files: &[], snapshot };
        let (place, limits) = (Place::new("disk"), Limits::default());
        let opened = careen_disk::open_with(file.clone(), &with, &place, &limits, &mut Findings::new()).unwrap();
        assert_eq!(opened.snapshots[0].name, "before");
        let mut bytes = vec![9; SIZE];
        opened.source.read_exact_at(0, &mut bytes).unwrap();
        assert_eq!(bytes == disk, !is_patched);
        assert_eq!(bytes[1_000_000..1_300_000].iter().all(|byte| *byte == 0x77), is_patched);
    }
    for raw in ["on", "off"] {
        let options = format!("data_file={},data_file_raw={raw}", text("data"));
        qemu_img(&["convert", "-f", "raw", "-O", "qcow2", "-o", &options, &text("base.raw"), &text("disk.out")]);
        assert!(read(&path("disk.out"), 77_777).1 == disk, "external data file, raw {raw}");
    }
}
