//! Filesystems with bytes flipped at random: the measure of how much damage costs.
//!
//! Of every file and directory it is known which bytes of the disk it rests on: its data, its inode, the blocks that
//! say where its data lies, its attributes, the same of the directories on its path, and the superblock and group
//! descriptors on the way (debugfs tells). Then:
//!
//! - what rests on no flipped byte comes out identical: names, metadata, attributes, content;
//! - whatever else is missing or differs is told of by a finding at it, at a directory on its path or at a structure
//!   of the whole filesystem, unless no checksum on the disk covers the byte that was flipped: content of files, and
//!   everything on a filesystem without checksums.
//!
//! `CAREEN_DAMAGED_DISKS` says how many disks are damaged of each kind; `cargo xtask damage` sets it and prints the
//! figure. Needs e2fsprogs on PATH; without it, that is printed and nothing is tested.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    missing_docs
)]

#[allow(dead_code, clippy::cast_sign_loss, clippy::panic)]
mod debugfs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, Place, Stat, Visit, Xattrs, walk};
use careen_filesystem::Ext4;
use careen_model::Severity;

use debugfs::run;

/// Name, arguments of mke2fs, size in KiB.
const KINDS: &[(&str, &str, u64)] = &[
    ("ext4", "-t ext4 -b 4096", 8192),
    ("ext4-two-groups", "-t ext4 -b 1024 -g 4096 -J size=1", 7000),
    ("ext4-inline-data", "-t ext4 -b 1024 -O inline_data -J size=1", 7000),
    ("ext4-without-checksums", "-t ext4 -b 1024 -O ^metadata_csum -J size=1", 7000),
    ("ext3", "-t ext3 -b 1024 -J size=1", 7000),
    ("ext2", "-t ext2 -b 1024", 6000),
];

/// Disks of each kind that are damaged when nobody says how many.
const DISKS: u64 = 9;

/// What may pass for opening and reading one disk.
const LONGEST: Duration = Duration::from_secs(2);

/// Numbers as they come, the same for the same seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn bytes(&mut self, count: u64) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// Files to put on the disks: directories within directories, a large one, files of all sizes, holes, links.
fn make_tree(at: &Path) {
    let mut numbers = Numbers(7);
    let mut directories = vec![at.to_owned()];
    for number in 0..24 {
        let above = directories[numbers.below(directories.len() as u64) as usize].clone();
        directories.push(above.join(format!("directory-{number}")));
        fs::create_dir_all(directories.last().unwrap()).unwrap();
    }
    for number in 0..220 {
        let directory = &directories[numbers.below(directories.len() as u64) as usize];
        let size = match number % 10 {
            0 => 0,
            1..=5 => numbers.below(150),
            6..=8 => numbers.below(9000),
            _ => numbers.below(60_000),
        };
        fs::write(directory.join(format!("file-{number}")), numbers.bytes(size)).unwrap();
    }
    let many = at.join("many");
    fs::create_dir(&many).unwrap();
    for number in 0..200 {
        fs::write(many.join(format!("a-rather-long-name-of-number-{number}")), "").unwrap();
    }
    // So many pieces that an extent tree or a block map needs blocks of its own.
    for name in ["pieces", "more-pieces"] {
        let file = fs::File::create(at.join(name)).unwrap();
        for piece in 0..40 {
            file.write_all_at(&numbers.bytes(4096), piece * 12_288).unwrap();
        }
    }
    for (number, directory) in directories.iter().enumerate().take(10) {
        std::os::unix::fs::symlink("x".repeat(number * 12 + 1), at.join(format!("link-{number}"))).unwrap();
        fs::hard_link(at.join("pieces"), directory.join("second-name")).unwrap();
    }
}

/// A sound filesystem, and what each path in it rests on.
struct Base {
    bytes: Vec<u8>,
    objects: BTreeMap<Vec<u8>, Object>,
    has_checksums: bool,
    footprint: Footprint,
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Object {
    stat: Stat,
    xattrs: Option<Xattrs>,
    /// Content of a file or target of a link.
    content: Option<Vec<u8>>,
}

/// Which bytes of the disk what rests on.
#[derive(Default)]
struct Footprint {
    /// By inode: its record, and the blocks for attributes and for where its content lies.
    metadata: BTreeMap<u64, Vec<Range<u64>>>,
    /// By inode: the content, for directories too.
    data: BTreeMap<u64, Vec<Range<u64>>>,
    /// By inode: the descriptor of its group.
    descriptor: BTreeMap<u64, Range<u64>>,
}

/// Everything that can be read from the root on, and what was found.
fn read(bytes: Vec<u8>) -> (BTreeMap<Vec<u8>, Object>, Findings) {
    let (limits, mut findings, mut objects) = (Limits::default(), Findings::new(), BTreeMap::new());
    let filesystem = match Ext4::open(Rc::new(bytes), &Place::new("disk"), &limits, &mut findings) {
        Ok(filesystem) => filesystem,
        Err(error) => {
            findings.add_failure(&error);
            return (objects, findings);
        }
    };
    let walked = walk(&*filesystem, &limits, &CancelToken::default(), &mut findings, &mut |met, findings| {
        let content = match met.stat.kind {
            Kind::Symlink => filesystem.link_target(met.node, findings),
            Kind::File => filesystem.open(met.node, findings).and_then(|content| {
                // Sizes are claims: a gigabyte of holes is not read.
                let mut bytes = vec![0; content.len().min(4 << 20) as usize];
                content.read_exact_at(0, &mut bytes).map(|()| bytes)
            }),
            _ => Ok(Vec::new()),
        };
        let content = content.map_err(|error| findings.add_failure(&error)).ok();
        let xattrs = filesystem.xattrs(met.node, findings);
        let xattrs = xattrs.map_err(|error| findings.add_failure(&error)).ok();
        objects.insert(met.path.to_vec(), Object { stat: met.stat, xattrs, content });
        Ok(Visit::Enter)
    });
    if let Err(error) = walked {
        findings.add_failure(&error);
    }
    (objects, findings)
}

/// What debugfs says each of these inodes rests on.
fn footprint(disk: &str, inodes: &BTreeSet<u64>, bytes: &[u8]) -> Footprint {
    let u32_at = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    let block_size = 1024 << u32_at(1024 + 0x18);
    let inodes_per_group = u32_at(1024 + 0x28);
    let inode_size = u32_at(1024 + 0x58) & 0xffff;
    let descriptor_size = if u32_at(1024 + 0x60) & 0x80 != 0 { u32_at(1024 + 0xfe) & 0xffff } else { 32 };
    let descriptors = (u32_at(1024 + 0x14) + 1) * block_size;
    let script: String = inodes.iter().map(|n| format!("stat <{n}>\nimap <{n}>\nblocks <{n}>\nex <{n}>\n")).collect();
    let ran = run("debugfs", &["-f", "/dev/stdin", disk], &script);
    let output = String::from_utf8_lossy(&ran.output).into_owned();
    let mut footprint = Footprint::default();
    let block = |number: u64| number * block_size..(number + 1) * block_size;
    let (mut inode, mut command, mut nodes) = (0, String::new(), BTreeSet::new());
    for line in output.lines() {
        if let Some(started) = line.strip_prefix("debugfs: ") {
            let (name, argument) = started.split_once(" <").unwrap();
            command = name.to_owned();
            inode = argument.trim_end_matches('>').parse().unwrap();
            let group = (inode - 1) / inodes_per_group;
            let start = descriptors + group * descriptor_size;
            footprint.descriptor.insert(inode, start..start + descriptor_size);
            continue;
        }
        let metadata = footprint.metadata.entry(inode).or_default();
        match command.as_str() {
            "stat" => {
                if let Some(acl) = line.strip_prefix("File ACL: ").map(|acl| acl.trim().parse().unwrap())
                    && acl != 0
                {
                    metadata.push(block(acl));
                }
                // `(IND):1234` and so on: what stands between the inode and the data in a block map.
                for part in line.split(", ").filter_map(|part| part.split_once("IND):")) {
                    nodes.insert((inode, part.1.trim_end_matches(',').parse::<u64>().unwrap()));
                }
                // `(ETB0):1234`: a block of an extent tree.
                for part in line.split(", ").filter(|part| part.starts_with("(ETB")) {
                    nodes.insert((inode, part.split_once("):").unwrap().1.parse::<u64>().unwrap()));
                }
            }
            "imap" => {
                // `\tlocated at block 219, offset 0x0100`
                if let Some((number, offset)) =
                    line.trim().strip_prefix("located at block ").and_then(|rest| rest.split_once(", offset 0x"))
                {
                    let start = block(number.parse().unwrap()).start + u64::from_str_radix(offset, 16).unwrap();
                    metadata.push(start..start + inode_size);
                }
            }
            "blocks" => {
                for number in line.split_whitespace().filter_map(|number| number.parse::<u64>().ok()) {
                    footprint.data.entry(inode).or_default().push(block(number));
                }
            }
            _ => {}
        }
    }
    for (inode, number) in nodes {
        footprint.metadata.entry(inode).or_default().push(block(number));
        footprint.data.entry(inode).or_default().retain(|range| *range != block(number));
    }
    footprint
}

fn make_base(scratch: &Path, tree: &Path, (name, arguments, size): (&str, &str, u64)) -> Base {
    let disk = scratch.join(name);
    let _ = fs::remove_file(&disk);
    let (path, size) = (disk.to_str().unwrap(), size.to_string());
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    let mut all: Vec<&str> = arguments.split(' ').collect();
    let seed = format!("hash_seed={uuid}");
    all.extend([
        "-q",
        "-F",
        "-m",
        "0",
        "-N",
        "640",
        "-U",
        uuid,
        "-E",
        &seed,
        "-d",
        tree.to_str().unwrap(),
        path,
        &size,
    ]);
    let made = run("mke2fs", &all, "");
    assert!(made.is_done, "{name}: {}", made.errors);
    // Gives the large directory an index of hashes.
    run("e2fsck", &["-fyD", path], "");
    let bytes = fs::read(&disk).unwrap();
    let (objects, findings) = read(bytes.clone());
    assert!(findings.list().is_empty(), "{name}: {findings:?}");
    assert!(objects.len() > 400, "{name}: {} objects", objects.len());
    let inodes = objects.values().map(|object| object.stat.inode).collect();
    let footprint = footprint(path, &inodes, &bytes);
    Base { has_checksums: bytes[1024 + 0x175] == 1, bytes, objects, footprint }
}

/// The inodes of the directories on the way to a path, and its own.
fn inodes_on_path(base: &Base, path: &[u8]) -> Vec<u64> {
    let mut inodes = vec![base.objects[&b"/"[..]].stat.inode];
    let ends = path.iter().enumerate().filter(|(at, byte)| **byte == b'/' && *at > 0).map(|(at, _)| at);
    for end in ends.chain([path.len()]).filter(|end| *end > 1) {
        inodes.push(base.objects[&path[..end]].stat.inode);
    }
    inodes
}

/// How the objects of damaged disks came out.
#[derive(Debug, Default)]
struct Tally {
    disks: u64,
    flips: u64,
    untouched: u64,
    untouched_lost: u64,
    touched: u64,
    touched_whole: u64,
    /// Missing or different, with a finding.
    told: u64,
    /// Different where no checksum covers the flipped byte.
    not_covered: u64,
    /// Missing or different, without a finding though a checksum covers it.
    silent: u64,
    longest: Duration,
}

/// Flips bytes of one disk and judges what comes out.
fn damage(name: &str, base: &Base, seed: u64, tally: &mut Tally, problems: &mut Vec<String>) {
    let mut numbers = Numbers(seed);
    let mut bytes = base.bytes.clone();
    let count = 1 + numbers.below(64);
    let mut flipped = BTreeSet::new();
    for _ in 0..count {
        // Every other disk is hit where the metadata is dense, the others anywhere.
        let end = if seed.is_multiple_of(2) { base.bytes.len() as u64 / 8 } else { base.bytes.len() as u64 };
        let at = numbers.below(end);
        let before = bytes[at as usize];
        bytes[at as usize] ^= 1 + numbers.below(255) as u8;
        if bytes[at as usize] != before {
            flipped.insert(at);
        }
    }
    let started = Instant::now();
    let (objects, findings) = read(bytes);
    tally.longest = tally.longest.max(started.elapsed());
    tally.disks += 1;
    tally.flips += count;
    let is_hit = |range: &Range<u64>| flipped.range(range.clone()).next().is_some();
    let told: Vec<&str> = findings
        .list()
        .iter()
        .filter(|finding| finding.code.severity != Severity::Note)
        .map(|finding| finding.place.as_str())
        .collect();
    let is_superblock_hit = is_hit(&(1024..2048));
    for (path, object) in &base.objects {
        let inodes = inodes_on_path(base, path);
        let ranges =
            |of: &BTreeMap<u64, Vec<Range<u64>>>, inode: &u64| of.get(inode).is_some_and(|all| all.iter().any(is_hit));
        let print = &base.footprint;
        let is_metadata_hit =
            inodes.iter().any(|inode| ranges(&print.metadata, inode) || is_hit(&print.descriptor[inode]));
        let is_path_hit = inodes.iter().rev().skip(1).any(|inode| ranges(&print.data, inode));
        let is_data_hit = ranges(&print.data, &object.stat.inode);
        let is_touched = is_superblock_hit || is_metadata_hit || is_path_hit || is_data_hit;
        let found = objects.get(path);
        let is_same = found == Some(object);
        let shown = String::from_utf8_lossy(path);
        if !is_touched {
            tally.untouched += 1;
            if !is_same {
                tally.untouched_lost += 1;
                problems
                    .push(format!("{name} seed {seed}: {shown} is lost though nothing of it was hit: {found:.300?}"));
            }
            continue;
        }
        tally.touched += 1;
        // On these no checksum covers anything; on the others, none covers the content of files.
        let is_content = object.stat.kind == Kind::File || object.stat.kind == Kind::Symlink;
        let is_covered = base.has_checksums && (is_superblock_hit || is_metadata_hit || is_path_hit || !is_content);
        let is_told = told.iter().any(|place| {
            let of_inode = |inode: &u64| place.split(" › ").any(|part| part == format!("ext4 inode {inode}"));
            !place.contains("inode ") || inodes.iter().any(of_inode)
        });
        if is_same {
            tally.touched_whole += 1;
        } else if is_told {
            tally.told += 1;
        } else if !is_covered {
            tally.not_covered += 1;
        } else {
            tally.silent += 1;
            problems.push(format!("{name} seed {seed}: {shown} is lost without a finding: {found:.300?}"));
        }
    }
}

#[test]
fn what_was_not_hit_is_whole_and_what_is_lost_is_told() {
    if debugfs::version().is_none() {
        println!("skipped: e2fsprogs is not on PATH");
        return;
    }
    let disks = std::env::var("CAREEN_DAMAGED_DISKS").map_or(DISKS, |disks| disks.parse().unwrap());
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("random-damage");
    let tree = scratch.join("tree");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&tree).unwrap();
    make_tree(&tree);
    let mut problems = Vec::new();
    println!(
        "{:24} {:>6} {:>7} {:>10} {:>6} {:>9} {:>7} {:>7} {:>12} {:>7} {:>8}",
        "filesystem",
        "disks",
        "flips",
        "untouched",
        "lost",
        "touched",
        "whole",
        "told",
        "not covered",
        "silent",
        "longest"
    );
    for kind in KINDS {
        let base = make_base(&scratch, &tree, *kind);
        let mut tally = Tally::default();
        for seed in 0..disks {
            damage(kind.0, &base, seed, &mut tally, &mut problems);
        }
        let Tally { untouched, untouched_lost, touched, touched_whole, told, not_covered, silent, .. } = tally;
        println!(
            "{:24} {:>6} {:>7} {untouched:>10} {untouched_lost:>6} {touched:>9} {touched_whole:>7} {told:>7} {not_covered:>12} {silent:>7} {:>5} ms",
            kind.0,
            tally.disks,
            tally.flips,
            tally.longest.as_millis()
        );
        assert!(tally.longest < LONGEST, "{}: one disk took {:?}", kind.0, tally.longest);
    }
    let _ = fs::remove_dir_all(&scratch);
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems[..problems.len().min(40)].join("\n"));
}
