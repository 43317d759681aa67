//! Filesystems made by mke2fs that lose their superblock, their group descriptors or both: everything in them must
//! read as before, through the copies.
//!
//! Needs e2fsprogs on PATH; without it, that is printed and nothing is tested.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, FileTree, Findings, Kind, Limits, Place, ReadError, Visit, walk};
use careen_filesystem::Ext4;

/// Name, size in MiB, block size, blocks of primary descriptors, arguments of mke2fs.
const VARIANTS: &[(&str, u64, u64, u64, &str)] = &[
    ("ext4-1k", 20, 1024, 1, "-t ext4"),
    ("ext4-2k", 70, 2048, 1, "-t ext4"),
    ("ext4-4k", 300, 4096, 1, "-t ext4"),
    ("ext4-4k-many-groups", 20_000, 4096, 3, "-t ext4"),
    ("ext4-64k", 70_000, 65_536, 1, "-t ext4"),
    ("ext4-32-bit", 300, 4096, 1, "-t ext4 -O ^64bit"),
    ("ext4-old-checksums", 300, 4096, 1, "-t ext4 -O ^metadata_csum,uninit_bg"),
    ("ext4-sparse-super-2", 40, 1024, 1, "-t ext4 -O sparse_super2,^resize_inode"),
    ("ext4-last-group-alone", 40, 1024, 1, "-t ext4 -O sparse_super2,^resize_inode -E num_backup_sb=1"),
    ("ext4-all-superblocks", 40, 1024, 1, "-t ext4 -O ^sparse_super,^resize_inode"),
    ("ext4-meta-groups", 200, 1024, 1, "-t ext4 -O meta_bg,^resize_inode"),
    ("ext4-bigalloc", 5000, 4096, 1, "-t ext4 -O bigalloc -C 65536"),
    ("ext4-bigalloc-1k", 300, 1024, 1, "-t ext4 -O bigalloc"),
    ("ext3", 300, 4096, 1, "-t ext3"),
    ("ext2-1k", 40, 1024, 1, "-t ext2"),
];

/// A file read at positions; most of these filesystems are holes.
struct OnDisk(File, u64);

impl ByteSource for OnDisk {
    fn len(&self) -> u64 {
        self.1
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.0.read_exact_at(buf, offset).map_err(|error| ReadError::io(&Place::default(), error))
    }
}

/// Runs a tool of e2fsprogs, which often stands in a folder that only root looks into.
fn run(tool: &str, arguments: &[&str]) -> Option<bool> {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    Some(Command::new(tool).args(arguments).env("PATH", path).output().ok()?.status.success())
}

/// Path → metadata and content of everything, the codes found, and the number of bytes in use if it is known.
type Read = (BTreeMap<String, Vec<u8>>, Vec<&'static str>, Option<u64>);

fn read(disk: &Path) -> Read {
    let file = File::open(disk).unwrap();
    let length = file.metadata().unwrap().len();
    let (limits, mut findings) = (Limits::default(), Findings::new());
    let tree = Ext4::open(Rc::new(OnDisk(file, length)), &Place::new("disk"), &limits, &mut findings).unwrap();
    let mut objects = BTreeMap::new();
    walk(&*tree, &limits, &CancelToken::default(), &mut findings, &mut |met, findings| {
        let mut content = format!("{:?}", met.stat).into_bytes();
        if met.stat.kind == Kind::File {
            let source = tree.open(met.node, findings)?;
            content = vec![0; source.len() as usize];
            source.read_exact_at(0, &mut content)?;
        }
        objects.insert(String::from_utf8_lossy(met.path).into_owned(), content);
        Ok(Visit::Enter)
    })
    .unwrap();
    let codes = findings.list().iter().map(|finding| finding.code.name).collect();
    (objects, codes, tree.summary(0).used)
}

fn write(disk: &Path, offset: u64, bytes: &[u8]) {
    File::options().write(true).open(disk).unwrap().write_all_at(bytes, offset).unwrap();
}

/// Files in 40 directories, so that their inodes spread over the groups.
fn content(folder: &Path) -> PathBuf {
    let content = folder.join("content");
    for directory in 0..40_u8 {
        let directory_path = content.join(directory.to_string());
        fs::create_dir_all(&directory_path).unwrap();
        for file in 0..5 {
            fs::write(directory_path.join(file.to_string()), vec![directory; 3000 * file + 1]).unwrap();
        }
    }
    content
}

#[test]
fn everything_reads_through_the_copies() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lost-superblock");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let content = content(&folder);
    let mut tested = 0;
    for (name, size, block_size, descriptors, arguments) in VARIANTS {
        let disk = folder.join(name);
        let file = File::create(&disk).unwrap();
        file.set_len(size << 20).unwrap();
        let path = disk.to_str().unwrap();
        let block_text = block_size.to_string();
        let mut all = vec!["-q", "-F", "-F", "-b", &block_text];
        all.extend(arguments.split(' '));
        all.extend(["-N", "4000", "-d", content.to_str().unwrap(), path]);
        match run("mke2fs", &all) {
            Some(true) => {}
            made => {
                println!("skipped: {name}: {}", if made.is_some() { "refused by mke2fs" } else { "no mke2fs" });
                continue;
            }
        }
        println!("{name}");
        let (whole, told, used) = read(&disk);
        assert!(whole.len() > 240 && told.is_empty() && used.is_some(), "{name}: {} {told:?}", whole.len());

        // The primary superblock lies in block 0 or, with blocks of 1 KiB, in block 1; the descriptors behind it.
        let own = u64::from(*block_size == 1024);
        let head = ((own + 1 + descriptors) * block_size) as usize;
        let mut original = vec![0; head];
        File::open(&disk).unwrap().read_exact_at(&mut original, 0).unwrap();
        let lost_superblock = "ext4-superblock-copy";
        let lost_descriptors = "ext4-group-copy";
        let descriptors_at = head - (descriptors * block_size) as usize;
        for (from, to, expected) in [
            (1024, 2048, vec![lost_superblock]),
            (0, head, vec![lost_descriptors, lost_superblock]),
            (descriptors_at, head, vec![lost_descriptors]),
            // One byte: the low byte of bg_inode_table of group 0.
            (descriptors_at + 8, descriptors_at + 9, vec![lost_descriptors]),
        ] {
            // A descriptor without a checksum that still makes sense cannot be told from a right one.
            if to - from == 1 && ["ext3", "ext2-1k"].contains(name) {
                continue;
            }
            let mut damaged = original.clone();
            damaged[from..to].iter_mut().for_each(|byte| *byte = if to - from == 1 { *byte ^ 0x40 } else { 0 });
            write(&disk, 0, &damaged);
            let (found, mut told, used) = read(&disk);
            told.dedup();
            assert!(found == whole, "{name}: {from:#x} to {to:#x}: {} of {}: {told:?}", found.len(), whole.len());
            assert_eq!(told, expected, "{name}: {from:#x} to {to:#x}");
            assert_eq!(used.is_some(), expected == [lost_superblock], "{name}: what is in use is not known");
        }
        // s_inodes_per_group: a superblock that makes sense and is wrong.
        if name.starts_with("ext4") && !name.contains("old-checksums") {
            let mut damaged = original;
            damaged[1024 + 0x28] ^= 8;
            write(&disk, 0, &damaged);
            let (found, told, _) = read(&disk);
            assert!(found == whole, "{name}: {told:?}");
            assert_eq!(told, [lost_superblock], "{name}");
        }
        tested += 1;
        fs::remove_file(disk).unwrap();
    }
    println!("{tested} of {} filesystems", VARIANTS.len());
    assert!(tested > 10 || run("mke2fs", &["-V"]).is_none());
}
