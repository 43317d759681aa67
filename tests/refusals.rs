//! What is not the disk of a Docker installation: each gets a sentence that says what was found, and the exit code of
//! the contract. The survey of a disk without Docker is an answer; a command that needs a store is refused.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use careen_tests::{Answer, Disk, careen, disks};

/// Bytes of a made-up disk.
const DISK_BYTES: usize = 8 << 20;

/// Writes a disk file with these bytes at these offsets, zeros elsewhere.
fn disk(name: &str, length: usize, parts: &[(usize, &[u8])]) -> PathBuf {
    let mut bytes = vec![0; length];
    for (offset, part) in parts {
        bytes[*offset..offset + part.len()].copy_from_slice(part);
    }
    let file = folder().join(name);
    fs::write(&file, bytes).unwrap();
    file
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refusals");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(words: &[&str], file: &Path) -> Answer {
    let (command, options) = words.split_first().unwrap();
    careen([*command, file.to_str().unwrap()].iter().chain(options))
}

/// The survey names what was found in these words, as an answer or as a refusal; `images` is refused in one line that
/// begins with the place.
#[track_caller]
fn is_named(file: &Path, words: &[&str]) {
    let survey = run(&["survey", "--json"], file);
    let text = match survey.code {
        0 | 3 => {
            let survey = survey.json().unwrap();
            assert_eq!(survey["images"].as_array().map(Vec::len), Some(0), "{survey}");
            survey["findings"].to_string()
        }
        1 => {
            is_one_line(&survey, file);
            survey.stderr
        }
        code => panic!("{}: exit code {code}\n{}", survey.line, survey.stderr),
    };
    for word in words {
        assert!(text.to_lowercase().contains(word), "{word:?} is not in {text}");
    }
    for command in ["images", "containers", "volumes", "networks", "layers", "packages"] {
        let refused = run(&[command, "--json"], file);
        assert_eq!(refused.code, 1, "{}: {}", refused.line, String::from_utf8_lossy(&refused.stdout));
        assert_eq!(refused.stdout, b"", "{}", refused.line);
        is_one_line(&refused, file);
    }
}

#[track_caller]
fn is_one_line(answer: &Answer, file: &Path) {
    let name = file.file_name().unwrap().to_str().unwrap();
    assert_eq!(answer.stderr.lines().count(), 1, "{}: {}", answer.line, answer.stderr);
    assert!(answer.stderr.contains(name), "{}: no place in {}", answer.line, answer.stderr);
}

/// What stands at which offset of a hand-made disk.
type Parts<'a> = &'a [(usize, &'a [u8])];

#[test]
fn a_text_file() {
    let file = folder().join("notes.txt");
    fs::write(&file, "not a disk\n".repeat(1000)).unwrap();
    is_named(&file, &["no linux filesystem"]);
}

#[test]
fn an_empty_file() {
    is_named(&disk("empty.vhdx", 0, &[]), &["empty"]);
}

#[test]
fn zeros() {
    is_named(&disk("zeros.raw", DISK_BYTES, &[]), &["no linux filesystem"]);
}

#[test]
fn one_bad_disk_of_several_does_not_end_the_others() {
    let bad = disk("empty-of-two.raw", 0, &[]);
    let good = tiny().file.clone();
    let answer = careen(["images", "--json", bad.to_str().unwrap(), good.to_str().unwrap()]);
    assert_eq!(answer.code, 1, "{}", answer.line);
    is_one_line(&answer, &bad);
    let alone = run(&["images", "--json"], &good).json().unwrap();
    assert_eq!(answer.json().unwrap(), alone);
}

#[test]
fn no_file_at_all() {
    let refused = run(&["survey"], &folder().join("nothing-there.vhdx"));
    assert_eq!(refused.code, 1);
    is_one_line(&refused, Path::new("nothing-there.vhdx"));
}

#[test]
fn a_vhdx_cut_in_its_head() {
    let whole = fs::read(&tiny().file).unwrap();
    for length in [10, 70_000, 300_000, 1 << 20, 2 << 20] {
        let file = folder().join(format!("cut-{length}.vhdx"));
        fs::write(&file, &whole[..length]).unwrap();
        is_named(&file, &[]);
    }
}

#[test]
fn bitlocker() {
    // [MS-FVE]: the volume header begins with a jump and the signature at offset 3, and ends like a boot sector.
    is_named(&disk("bitlocker.raw", DISK_BYTES, &[(0, b"\xeb\x58\x90-FVE-FS-"), (510, b"\x55\xaa")]), &["bitlocker"]);
}

#[test]
fn luks() {
    // LUKS1 and LUKS2 share magic and version: offsets 0 and 6, big endian.
    is_named(&disk("luks1.raw", DISK_BYTES, &[(0, b"LUKS\xba\xbe\x00\x01aes")]), &["luks"]);
    is_named(&disk("luks2.raw", DISK_BYTES, &[(0, b"LUKS\xba\xbe\x00\x02\x00\x00")]), &["luks"]);
}

#[test]
fn an_encrypted_qcow2() {
    for (method, name) in [(1_u32, "aes"), (2, "luks")] {
        let file = disk(&format!("{name}.qcow2"), DISK_BYTES, &qcow2(&[(32, &method.to_be_bytes())]));
        is_named(&file, &["encrypt"]);
    }
}

#[test]
fn a_qcow2_with_a_backing_file() {
    // backing_file_offset at 8, backing_file_size at 16, the name behind the header.
    let parts = [(8, &104_u64.to_be_bytes()[..]), (16, &8_u32.to_be_bytes()), (104, b"base.raw")];
    is_named(&disk("overlay.qcow2", DISK_BYTES, &qcow2(&parts)), &["backing"]);
}

#[test]
fn a_snapshot_that_is_not_there() {
    let of_qcow2 = disk("without-snapshots.qcow2", DISK_BYTES, &qcow2(&[]));
    for (file, word) in [(&of_qcow2, "has none"), (&tiny().file, "only qcow2")] {
        let refused = run(&["survey", "--snapshot", "monday"], file);
        assert_eq!((refused.code, refused.stdout.len()), (1, 0), "{}", refused.line);
        is_one_line(&refused, file);
        assert!(refused.stderr.contains("\"monday\"") && refused.stderr.contains(word), "{}", refused.stderr);
    }
}

#[test]
fn a_disk_in_pieces_is_named_by_its_first_file() {
    let whole = fs::read(&tiny().file).unwrap();
    let folder = folder().join("pieces");
    fs::create_dir_all(&folder).unwrap();
    let size = whole.len() / 3;
    for (index, piece) in whole.chunks(size).enumerate() {
        fs::write(folder.join(format!("disk.{index:03}")), piece).unwrap();
    }
    let said = run(&["images", "--json"], &tiny().file).json().unwrap();
    assert_eq!(run(&["images", "--json"], &folder.join("disk.000")).json().unwrap(), said);
    fs::remove_file(folder.join("disk.001")).unwrap();
    is_named(&folder.join("disk.000"), &["disk.001"]);
}

#[test]
fn a_vmdk_whose_parts_are_missing() {
    let text = "# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\nRW 2048 FLAT \"nowhere-flat.vmdk\" 0\n";
    let file = folder().join("parts.vmdk");
    fs::write(&file, text).unwrap();
    is_named(&file, &["nowhere-flat.vmdk"]);
}

#[test]
fn a_differencing_vhdx_without_its_parent() {
    // [MS-VHDX] 2.6.2.1: bit 1 of the flags of the file parameters says that there is a parent. The table of the
    // metadata gives the place of that item behind its identity.
    let mut bytes = fs::read(&tiny().file).unwrap();
    let metadata = (1..16).map(|unit| unit << 20).find(|at| bytes[*at..].starts_with(b"metadata")).unwrap();
    let identity = [0x37, 0x67, 0xA1, 0xCA, 0x36, 0xFA, 0x43, 0x4D];
    let entry = (1..6).map(|index| metadata + index * 32).find(|at| bytes[*at..].starts_with(&identity)).unwrap();
    let offset = u32::from_le_bytes(bytes[entry + 16..entry + 20].try_into().unwrap());
    bytes[metadata + usize::try_from(offset).unwrap() + 4] |= 2;
    let file = folder().join("differencing.vhdx");
    fs::write(&file, bytes).unwrap();
    is_named(&file, &["differencing", "parent"]);
}

/// The header of a qcow2 of version 3 (docs/interop/qcow2.txt) with nothing allocated, and more on top of it.
fn qcow2<'a>(more: &[(usize, &'a [u8])]) -> Vec<(usize, &'a [u8])> {
    let mut parts: Vec<(usize, &[u8])> = vec![
        (0, b"QFI\xfb\x00\x00\x00\x03"),           // magic, version
        (20, b"\x00\x00\x00\x10"),                 // cluster_bits: 64 KiB
        (24, b"\x00\x00\x00\x00\x40\x00\x00\x00"), // size: 1 GiB
        (36, b"\x00\x00\x00\x02"),                 // l1_size: 2 × 512 MiB
        (40, b"\x00\x00\x00\x00\x00\x03\x00\x00"), // l1_table_offset: cluster 3
        (48, b"\x00\x00\x00\x00\x00\x01\x00\x00"), // refcount_table_offset: cluster 1
        (56, b"\x00\x00\x00\x01"),                 // refcount_table_clusters
        (96, b"\x00\x00\x00\x04"),                 // refcount_order: 16 bits
        (100, b"\x00\x00\x00\x68"),                // header_length: 104
    ];
    parts.extend(more);
    parts
}

#[test]
fn other_filesystems() {
    let cases: [(&str, Parts<'_>); 3] = [
        ("ntfs", &[(0, b"\xeb\x52\x90NTFS    \x00\x02\x08"), (510, b"\x55\xaa")]),
        ("xfs", &[(0, b"XFSB\x00\x00\x10\x00")]),
        ("btrfs", &[(0x10040, b"_BHRfS_M")]),
    ];
    for (name, parts) in cases {
        is_named(&disk(&format!("{name}.raw"), DISK_BYTES, parts), &[name]);
    }
}

#[test]
fn another_filesystem_in_a_partition() {
    // One MBR entry at 446: type 7, first sector 2048, 8192 sectors.
    let entry = b"\x00\x00\x00\x00\x07\x00\x00\x00\x00\x08\x00\x00\x00\x20\x00\x00";
    let parts: &[(usize, &[u8])] = &[
        (446, entry),
        (510, b"\x55\xaa"),
        (1 << 20, b"\xeb\x52\x90NTFS    \x00\x02\x08"),
        ((1 << 20) + 510, b"\x55\xaa"),
    ];
    is_named(&disk("windows.raw", DISK_BYTES, parts), &["ntfs"]);
}

#[test]
fn ext4_without_docker() {
    let file = disk("plain-ext4.raw", DISK_BYTES, &[]);
    let made =
        Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&file).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: ext4 without Docker: mkfs.ext4 cannot be run");
        return;
    }
    is_named(&file, &["docker"]);
    let survey = run(&["survey", "--json"], &file);
    assert_eq!(survey.code, 0, "a disk without Docker is an answer: {}", survey.stderr);
    assert_eq!(survey.json().unwrap()["filesystems"][0]["type"], "ext4");
    let files = run(&["ls", "--json"], &file);
    assert_eq!(files.code, 0, "{}", files.stderr);
    assert_eq!(files.json_lines().unwrap()[0]["path"], "/lost+found");
}

#[test]
fn scopes_that_name_nothing() {
    let tiny = tiny();
    for scope in [
        "image:no/such:1",
        "image:sha256:ffffffffffff",
        "container:nobody",
        "volume:none",
        "layer:ffffffff",
        "fs:9",
        "store:x",
    ] {
        let refused = run(&["ls", "--of", scope], &tiny.file);
        assert_eq!((refused.code, refused.stdout.len()), (1, 0), "{scope}");
        is_one_line(&refused, &tiny.file);
    }
    let refused = run(&["ls", "/no/such/file"], &tiny.file);
    assert_eq!(refused.code, 1);
    is_one_line(&refused, &tiny.file);
    let refused = run(&["cat", "/"], &tiny.file);
    assert_eq!(refused.code, 1);
    is_one_line(&refused, &tiny.file);
}

#[test]
fn wrong_usage() {
    let tiny = tiny();
    let file = tiny.file.to_str().unwrap();
    for words in [
        &["no-such-command", file][..],
        &["images"],
        &["ls", file, "--of", "nonsense"],
        &["images", file, "--no-such-option"],
        &[],
    ] {
        let refused = careen(words);
        assert_eq!((refused.code, refused.stdout.len()), (2, 0), "{}: {}", refused.line, refused.stderr);
        assert!(!refused.stderr.is_empty(), "{}", refused.line);
    }
}

#[test]
fn a_reader_that_goes_away() {
    // As `careen ls … | head -c 100` does it.
    let mut child = Command::new(careen_tests::binary())
        .args(["ls", tiny().file.to_str().unwrap(), "-R", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 100]).unwrap();
    drop(stdout);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

fn tiny() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}
