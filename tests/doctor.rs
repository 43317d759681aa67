//! What `doctor` says of each disk: its first line carries the cause that is expected, and one next step.
//!
//! Disks come from three places: the committed cases and the corpus' disks and variants as they are, the same disks with
//! bytes overwritten here, and the corpus' smallest disk damaged by the script that the corpus brings. The last needs
//! python3 and a loop mount as root; what cannot be made is skipped by name.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_model::causes::{self, Cause};
use careen_tests::{careen, disks};

/// Disks as they are, and the cause of each. Those that are not there are skipped.
const DISKS: &[(&str, &Cause)] = &[
    ("cases/tiny", &causes::NOTHING_WRONG),
    ("cases/qcow2-mbr", &causes::UNCLEAN_STOP),
    ("cases/vhdx-gpt", &causes::UNCLEAN_STOP),
    ("cases/crash-logflush", &causes::UNCLEAN_STOP),
    ("cases/crash-datajournal", &causes::UNCLEAN_STOP),
    ("corpus/tiny", &causes::NOTHING_WRONG),
    ("corpus/real", &causes::NOTHING_WRONG),
    ("corpus/both", &causes::STORE_SWITCHED),
    ("corpus/crash-logflush", &causes::UNCLEAN_STOP),
    ("corpus/crash-datajournal", &causes::UNCLEAN_STOP),
    ("corpus/crash-live", &causes::UNCLEAN_STOP),
    ("variants/docker-data-vhdx", &causes::NOTHING_WRONG),
    ("variants/ext4-vhdx-1t", &causes::NOTHING_WRONG),
    ("variants/vhdx-32m", &causes::NOTHING_WRONG),
    ("variants/vhdx-fixed", &causes::NOTHING_WRONG),
    ("variants/vhdx-4k", &causes::NOTHING_WRONG),
    ("variants/vhdx-states", &causes::NOTHING_WRONG),
    ("variants/vhdx-header1-bad", &causes::DISK_FILE_DAMAGED),
    ("variants/vhdx-header2-bad", &causes::DISK_FILE_DAMAGED),
    ("variants/vhdx-headers-bad", &causes::DISK_FILE_DAMAGED),
    ("variants/vhdx-region1-bad", &causes::DISK_FILE_DAMAGED),
    ("variants/vhdx-cut60", &causes::CUT),
    ("variants/vhdx-log-bat", &causes::UNCLEAN_STOP),
    ("variants/vhdx-log-data", &causes::UNCLEAN_STOP),
    ("variants/vhdx-log-both", &causes::UNCLEAN_STOP),
    ("variants/vhdx-log-stale", &causes::UNCLEAN_STOP),
    ("variants/vhdx-log-torn", &causes::UNCLEAN_STOP),
    ("variants/vhdx-log-seqmix", &causes::UNCLEAN_STOP),
    ("variants/qcow2-mbr", &causes::NOTHING_WRONG),
    ("variants/qcow2-v2-4k", &causes::NOTHING_WRONG),
    ("variants/qcow2-zlib", &causes::NOTHING_WRONG),
    ("variants/qcow2-zstd", &causes::NOTHING_WRONG),
    ("variants/qcow2-extended-l2", &causes::NOTHING_WRONG),
    ("variants/qcow2-2m-prealloc", &causes::NOTHING_WRONG),
    ("variants/qcow2-cut70", &causes::CUT),
];

/// Kinds of damage to the corpus' disk `tiny`, as its script names them.
///
/// Left out, because nothing reads what they hit yet: `layer-diff-file-bitflip` and `tarsplit-cut` (layers recomputed
/// from tar-split), `log-cut` (container logs).
const DAMAGES: &[(&str, &Cause)] = &[
    ("primary-superblock", &causes::FILESYSTEM_DAMAGED),
    ("superblock-and-gdt", &causes::FILESYSTEM_DAMAGED),
    ("gdt-block", &causes::FILESYSTEM_DAMAGED),
    ("gdt-one-desc", &causes::FILESYSTEM_DAMAGED),
    ("inode-table-block", &causes::FILESYSTEM_DAMAGED),
    ("overlay2-dirblock", &causes::FILESYSTEM_DAMAGED),
    ("extent-block", &causes::FILESYSTEM_DAMAGED),
    ("journal-sb", &causes::FILESYSTEM_DAMAGED),
    ("bad-sectors", &causes::FILESYSTEM_DAMAGED),
    ("repositories-empty", &causes::METADATA_EMPTIED),
    ("repositories-cut", &causes::METADATA_EMPTIED),
    ("imagedb-cut", &causes::METADATA_EMPTIED),
    ("cacheid-empty", &causes::METADATA_EMPTIED),
    ("layer-link-empty", &causes::METADATA_EMPTIED),
    ("l-dir-gone", &causes::METADATA_EMPTIED),
    ("container-config-empty", &causes::METADATA_EMPTIED),
    ("container-config-garbage", &causes::METADATA_DAMAGED),
    ("imagedb-bitflip", &causes::METADATA_DAMAGED),
    ("meta-db-page", &causes::BOLT_DAMAGED),
    ("meta-db-newest-meta", &causes::BOLT_DAMAGED),
    ("volumes-db-zero", &causes::BOLT_DAMAGED),
];

/// Kinds of damage to the corpus' disk `modern`, which has the containerd store.
///
/// Left out: `blob-layer-bitflip`, which is told when blobs are compared with their names, and `bad-sectors`, of which this
/// seed puts none where something else lies.
const MODERN_DAMAGES: &[(&str, &Cause)] = &[
    ("primary-superblock", &causes::FILESYSTEM_DAMAGED),
    ("container-config-empty", &causes::METADATA_EMPTIED),
    ("volumes-db-zero", &causes::BOLT_DAMAGED),
    ("ctd-meta-db-zero", &causes::BOLT_DAMAGED),
    ("ctd-meta-db-newest-meta", &causes::BOLT_DAMAGED),
    ("ctd-snapshot-db-zero", &causes::BOLT_DAMAGED),
    ("blob-config-gone", &causes::METADATA_DAMAGED),
    ("blob-manifest-cut", &causes::METADATA_EMPTIED),
    ("blob-layer-gone", &causes::METADATA_DAMAGED),
    ("blob-layer-cut", &causes::METADATA_DAMAGED),
];

/// Picks what the script hits. Which sectors are bad is left to chance too: with another seed, they may hit nothing.
const SEED: &str = "3";

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// What is wrong with the doctor's answer; nothing when its first line is that of the cause.
fn differs(name: &str, file: &Path, expected: &Cause) -> Option<String> {
    let file = file.to_str().unwrap();
    let text = careen(["doctor", file]).expect(&[0, 3]).unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    let first = text.lines().next().unwrap_or_default();
    let wanted = format!("{}. {}", expected.title, expected.next);
    if first != wanted {
        return Some(format!("{name}: {first:?}, expected {wanted:?}"));
    }
    let answer = careen(["doctor", "--json", file]).expect(&[0, 3]).unwrap().json().unwrap();
    let cause = &answer["diagnoses"][0]["cause"];
    (cause != expected.name).then(|| format!("{name}: JSON says {cause}, expected {}", expected.name))
}

#[track_caller]
fn says(name: &str, file: &Path, expected: &Cause) {
    if let Some(text) = differs(name, file, expected) {
        panic!("{text}");
    }
}

#[track_caller]
fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn disks_as_they_are() {
    let mut wrong = Vec::new();
    for (name, cause) in DISKS {
        match disks().get(name) {
            Some(disk) => wrong.extend(differs(name, &disk.file, cause)),
            None => println!("skipped: {name} is not there"),
        }
    }
    report(&wrong);
}

/// A committed raw disk with these bytes at these offsets.
fn altered(name: &str, parts: &[(u64, &[u8])]) -> PathBuf {
    let base = &disks().get("cases/crash-logflush").expect("tests/cases/crash-logflush unpacks").file;
    let file = folder().join(name);
    copy(base, &file);
    let mut disk = OpenOptions::new().write(true).open(&file).unwrap();
    for (offset, bytes) in parts {
        disk.seek(SeekFrom::Start(*offset)).unwrap();
        disk.write_all(bytes).unwrap();
    }
    file
}

/// Copies a disk file, holes as holes.
fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("--sparse=always").args([from, to]).status().unwrap();
    assert!(copied.success(), "cp {} {}", from.display(), to.display());
}

#[test]
fn a_superblock_that_is_gone() {
    let file = altered("superblock.raw", &[(1024, &[0; 1024])]);
    says("superblock", &file, &causes::FILESYSTEM_DAMAGED);
    fs::remove_file(file).unwrap();
}

#[test]
fn a_disk_that_windows_initialized() {
    // The start of the disk as Disk Management leaves it: zeros, and in the first sector a table with one basic data
    // partition (type 7) from sector 2048 that holds nothing.
    let entry = [0, 0, 0, 0, 7, 0, 0, 0, 0, 8, 0, 0, 0, 0xf0, 0x0f, 0];
    let file = altered("initialized.raw", &[(0, &[0; 1 << 16]), (446, &entry), (510, b"\x55\xaa")]);
    says("initialized", &file, &causes::INITIALIZED);
    fs::remove_file(file).unwrap();
}

#[test]
fn a_raw_disk_that_was_not_copied_to_its_end() {
    let file = altered("cut.raw", &[]);
    OpenOptions::new().write(true).open(&file).unwrap().set_len(200 << 20).unwrap();
    says("cut", &file, &causes::CUT);
    fs::remove_file(file).unwrap();
}

#[test]
fn a_vhdx_that_was_not_copied_to_its_end_or_has_a_torn_header() {
    let whole = fs::read(&disks().get("cases/tiny").expect("tests/cases/tiny unpacks").file).unwrap();
    let file = folder().join("vhdx.vhdx");
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    says("cut", &file, &causes::CUT);
    let mut torn = whole;
    // [MS-VHDX] 2.2: the first header is at 64 KiB.
    torn[(64 << 10) + 512..(68 << 10)].fill(0xaa);
    fs::write(&file, &torn).unwrap();
    says("header", &file, &causes::DISK_FILE_DAMAGED);
}

#[test]
fn what_is_not_dockers() {
    let file = folder().join("plain.raw");
    fs::write(&file, vec![0; 8 << 20]).unwrap();
    says("zeros", &file, &causes::NO_DOCKER);
    // LUKS2: magic and version, big endian.
    let mut disk = OpenOptions::new().write(true).open(&file).unwrap();
    disk.write_all(b"LUKS\xba\xbe\x00\x02").unwrap();
    says("luks", &file, &causes::ENCRYPTED);
    fs::write(&file, vec![0; 8 << 20]).unwrap();
    let mut made = Command::new("mkfs.ext4");
    let made = made.args(["-q", "-F"]).arg(&file).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").status();
    match made {
        // A filesystem as Docker Desktop makes it when it does not find the old disk.
        Ok(status) if status.success() => says("new", &file, &causes::WRONG_DISK),
        _ => println!("skipped: an empty ext4: mkfs.ext4 cannot be run"),
    }
}

#[test]
fn a_file_that_is_no_disk_is_refused() {
    let file = folder().join("empty.vhdx");
    File::create(&file).unwrap();
    let refused = careen(["doctor", file.to_str().unwrap()]);
    assert_eq!((refused.code, refused.stdout.as_slice()), (1, &b""[..]), "{}", refused.stderr);
    assert!(refused.stderr.contains("empty.vhdx"), "{}", refused.stderr);
}

#[test]
fn the_corpus_disk_damaged_in_every_way() {
    damaged("corpus/tiny", "docker", DAMAGES);
}

#[test]
fn the_corpus_disk_with_containerd_damaged() {
    damaged("corpus/modern", "data/docker", MODERN_DAMAGES);
}

/// Damages a copy of a corpus disk with its data root at `layout` in each of these ways.
#[track_caller]
fn damaged(base: &str, layout: &str, damages: &[(&str, &Cause)]) {
    let (Some(corpus), Some(base)) = (std::env::var_os("CAREEN_CORPUS"), disks().get(base)) else {
        println!("skipped: damages of {base}: CAREEN_CORPUS is not set or does not have it");
        return;
    };
    let script = Path::new(&corpus).join("lib/damage.py");
    let file = folder().join(format!("{}.raw", base.name.replace('/', "-")));
    let mut wrong = Vec::new();
    for (kind, cause) in damages {
        copy(&base.file, &file);
        let mut damage = Command::new("python3");
        let done = damage.arg(&script).arg(&file).arg(kind).args(["--seed", SEED, "--layout", layout]).output();
        match done {
            Ok(done) if done.status.success() => wrong.extend(differs(kind, &file, cause)),
            Ok(done) => println!("skipped: {kind}: {}", last_line(&done.stderr)),
            Err(error) => println!("skipped: {kind}: python3: {error}"),
        }
    }
    fs::remove_file(&file).unwrap();
    report(&wrong);
}

fn last_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("failed").to_owned()
}
