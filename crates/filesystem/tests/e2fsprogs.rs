//! Filesystems made by mke2fs and debugfs, with every feature there is, read here and read back by debugfs.
//!
//! Needs e2fsprogs on PATH, no root and no mount; what is skipped without it, or because an older version does not
//! know a feature, is printed.

// A judge that is not as expected ends the test: there is nobody to report to.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs
)]

mod debugfs;

use std::path::PathBuf;
use std::rc::Rc;

use careen_evidence::{
    CancelToken, FileTree, Findings, Kind, Limits, NodeId, Place, Stat, Visit, Xattrs, read_vec, walk,
};
use careen_filesystem::Ext4;

use debugfs::{Debugfs, run};

/// Name, size in MiB, arguments of mke2fs.
const VARIANTS: &[(&str, u32, &[&str])] = &[
    ("ext2", 16, &["-t", "ext2", "-b", "4096"]),
    ("ext2-1k", 16, &["-t", "ext2", "-b", "1024"]),
    ("ext2-2k-small-inodes", 16, &["-t", "ext2", "-b", "2048", "-I", "128"]),
    ("ext2-revision-0", 16, &["-t", "ext2", "-r", "0", "-b", "1024"]),
    ("ext2-no-filetype", 16, &["-t", "ext2", "-O", "^filetype"]),
    ("ext3", 16, &["-t", "ext3", "-b", "1024"]),
    ("ext4", 16, &["-t", "ext4", "-b", "4096"]),
    ("ext4-1k", 16, &["-t", "ext4", "-b", "1024"]),
    ("ext4-64k", 64, &["-t", "ext4", "-b", "65536"]),
    ("ext4-32-bit", 16, &["-t", "ext4", "-b", "1024", "-O", "^64bit"]),
    ("ext4-block-map", 16, &["-t", "ext4", "-b", "1024", "-O", "^extent,^64bit"]),
    ("ext4-small-inodes", 16, &["-t", "ext4", "-I", "128"]),
    ("ext4-large-inodes", 16, &["-t", "ext4", "-b", "4096", "-I", "1024"]),
    ("ext4-no-flex-groups", 40, &["-t", "ext4", "-b", "1024", "-O", "^flex_bg"]),
    ("ext4-meta-groups", 40, &["-t", "ext4", "-b", "1024", "-g", "512", "-O", "meta_bg,^resize_inode"]),
    ("ext4-meta-groups-32-bit", 40, &["-t", "ext4", "-b", "1024", "-g", "256", "-O", "meta_bg,^resize_inode,^64bit"]),
    ("ext4-sparse-super-2", 40, &["-t", "ext4", "-b", "1024", "-O", "sparse_super2,^resize_inode"]),
    ("ext4-all-superblocks", 40, &["-t", "ext4", "-b", "1024", "-O", "^sparse_super,^resize_inode"]),
    ("ext4-bigalloc", 40, &["-t", "ext4", "-b", "4096", "-O", "bigalloc", "-C", "65536"]),
    ("ext4-bigalloc-1k", 40, &["-t", "ext4", "-b", "1024", "-O", "bigalloc"]),
    ("ext4-inline-data", 16, &["-t", "ext4", "-b", "4096", "-O", "inline_data"]),
    ("ext4-inline-data-large", 16, &["-t", "ext4", "-b", "2048", "-I", "1024", "-O", "inline_data"]),
    ("ext4-attribute-inodes", 16, &["-t", "ext4", "-b", "4096", "-O", "ea_inode"]),
    ("ext4-no-checksums", 16, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum"]),
    ("ext4-old-checksums", 40, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,uninit_bg"]),
    ("ext4-old-checksums-32-bit", 40, &["-t", "ext4", "-b", "1024", "-O", "^metadata_csum,uninit_bg,^64bit"]),
    ("ext4-checksum-seed", 16, &["-t", "ext4", "-O", "metadata_csum_seed"]),
    ("ext4-casefold", 16, &["-t", "ext4", "-O", "casefold"]),
    ("ext4-large-directories", 16, &["-t", "ext4", "-b", "1024", "-O", "large_dir"]),
    ("ext4-quota", 16, &["-t", "ext4", "-b", "1024", "-O", "quota,project"]),
    ("ext4-multi-mount-protection", 16, &["-t", "ext4", "-O", "mmp"]),
    ("ext4-encrypt", 16, &["-t", "ext4", "-O", "encrypt,verity,stable_inodes"]),
    ("ext4-fast-commit", 40, &["-t", "ext4", "-O", "fast_commit"]),
    ("ext4-orphan-file", 16, &["-t", "ext4", "-O", "orphan_file"]),
];

/// One object as this crate reads it.
struct Object {
    path: String,
    stat: Stat,
    target: Option<Vec<u8>>,
    xattrs: Xattrs,
}

#[test]
fn every_feature_reads_as_debugfs_reads_it() {
    let Some(version) = debugfs::version() else {
        println!("skipped: e2fsprogs is not on PATH, so nothing was compared");
        return;
    };
    println!("judge: {version}");
    let mut compared = 0;
    for (name, size, arguments) in VARIANTS {
        let Some(image) = make(name, *size, arguments) else { continue };
        compare(name, &image);
        compared += 1;
        std::fs::remove_file(image).unwrap();
    }
    assert!(compared > 20, "only {compared} of {} variants could be made", VARIANTS.len());
}

/// A folder of this test's own.
fn scratch() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("e2fsprogs");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A content that is different everywhere.
fn content(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 131 + index / 977 + seed) as u8 | 1).collect()
}

/// Makes and fills a filesystem; `None` when mke2fs refuses its features.
fn make(name: &str, size: u32, arguments: &[&str]) -> Option<PathBuf> {
    let folder = scratch();
    let image = folder.join(format!("{name}.img"));
    let file = std::fs::File::create(&image).unwrap();
    file.set_len(u64::from(size) << 20).unwrap();
    let path = image.to_str().unwrap();
    let made = run("mke2fs", &[&["-q", "-F", "-L", name], arguments, &[path]].concat(), "");
    if !made.is_done {
        println!("skipped: {name}: mke2fs says {}", made.errors.lines().next_back().unwrap_or_default());
        return None;
    }
    let is_old = name == "ext2-revision-0";
    let attribute_size = if arguments.contains(&"ea_inode") { 20_000 } else { 300 };
    let host = |file: &str, bytes: &[u8]| {
        let path = folder.join(format!("{name}-{file}"));
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let sources = [
        host("small", b"small"),
        host("inline", &content(130, 3)),
        host("big", &content(700_001, 1)),
        host(
            "holes",
            &[content(3000, 2), vec![0; 300_000], content(70_000, 4), vec![0; 200_000], b"end".to_vec()].concat(),
        ),
        host("value", &content(attribute_size, 5)),
    ];
    let [small, inline, big, holes, value] = sources.each_ref().map(|path| path.to_str().unwrap());
    let mut script = format!(
        "write {small} small\nwrite {inline} inline\nwrite {big} big\nwrite {holes} holes\nwrite {small} sparse\n\
         mkdir d\nmkdir d/e\nwrite {small} d/e/bottom\nmkdir empty\n\
         symlink short target\nsymlink long {}\nsymlink middle {}\n\
         mknod fifo p\nmknod char c 1 3\nmknod block b 259 65535\nmknod null c 0 0\nmknod wide c 4095 256\n\
         ln small d/hard\nln small hard2\nsif small links_count 3\n\
         write {small} times\nsif times mtime @0xffffffff\nsif times atime @0x80000000\nsif times ctime @5\n\
         write {small} {}\nmkdir many\nmkdir few\nwrite {holes} tail\n",
        "long/".repeat(40),
        "m".repeat(70),
        "n".repeat(255),
    );
    for index in 0..400 {
        script += &format!("symlink many/{index:05}-{} t\n", "x".repeat(index % 60));
    }
    for index in 0..5 {
        script += &format!("ln small few/{index}\n");
    }
    script += "sif small links_count 8\nsif sparse size 5000000000\nsif small mode 0107751\n\
               sif small uid 4294967294\nsif small gid 65536\n";
    if !is_old {
        script += &format!(
            "ea_set small user.a first\nea_set small security.b second\nea_set -f {value} big user.large\n\
             ea_set d trusted.overlay.opaque y\nea_set -f {value} small user.value\n"
        );
    }
    if !name.contains("small-inodes") && !name.starts_with("ext2") && name != "ext3" {
        script += "sif times mtime_extra 0xee6b27fd\nsif times atime_extra 3\nsif times crtime @77\n";
    }
    let has_extents = name.starts_with("ext4") && name != "ext4-block-map";
    if has_extents {
        script += "fallocate tail 20 60\n";
    }
    let filled = run("debugfs", &["-w", "-f", "-", path], &script);
    // debugfs names its own version and every command on the error stream; what it could not do it says there too.
    let failures: Vec<&str> = filled.errors.lines().filter(|line| !line.starts_with("debugfs")).collect();
    println!("{name}: filled{}", if failures.is_empty() { String::new() } else { format!(", {failures:?}") });
    // Makes the trees of hashes over the larger directories, and sets right what debugfs left open.
    let checked = run("e2fsck", &["-fyD", path], "");
    assert!(checked.code < 4, "{name}: e2fsck: {}{}", String::from_utf8_lossy(&checked.output), checked.errors);
    for source in sources {
        std::fs::remove_file(source).unwrap();
    }
    Some(image)
}

/// Reads a filesystem here and by debugfs, and compares everything.
fn compare(name: &str, image: &std::path::Path) {
    let mut findings = Findings::new();
    let source = Rc::new(std::fs::read(image).unwrap());
    let filesystem = Ext4::open(source, &Place::new(name), &Limits::default(), &mut findings).unwrap();
    let objects = everything(&*filesystem, &mut findings);
    assert!(objects.len() > 30, "{name}: only {} objects", objects.len());
    let judge = Debugfs::new(image, &scratch());
    let nodes: Vec<NodeId> = objects.iter().map(|object| NodeId(object.stat.inode)).collect();
    let stats = judge.stat(&nodes);
    let attributes = judge.attributes(&nodes);
    for (object, judged) in objects.iter().zip(&stats) {
        judged.compare(name, &object.path, &object.stat, object.target.as_deref());
    }
    let mut names = 0;
    for (object, attributes) in objects.iter().zip(&attributes) {
        let node = NodeId(object.stat.inode);
        assert_eq!(object.xattrs, *attributes, "{name}: attributes of {}", object.path);
        match object.stat.kind {
            Kind::Directory => {
                let ours: Vec<(Vec<u8>, u64)> =
                    filesystem.list(node, &mut findings).unwrap().into_iter().map(|e| (e.name, e.node.0)).collect();
                assert_eq!(ours, judge.list(node), "{name}: names in {}", object.path);
                names += ours.len();
            }
            Kind::File => {
                let content = filesystem.open(node, &mut findings).unwrap();
                let place = Place::default();
                // The sparse file is compared at its beginning alone; the rest of it is one hole.
                let length = content.len().min(2 << 20);
                let ours = read_vec(&*content, &place, 0, length, &Limits::default()).unwrap();
                if object.path == "/sparse" {
                    assert_eq!(content.len(), 5_000_000_000);
                    assert!(ours.starts_with(b"small") && ours[5..].iter().all(|byte| *byte == 0));
                    let end = read_vec(&*content, &place, content.len() - 5000, 5000, &Limits::default()).unwrap();
                    assert!(end.iter().all(|byte| *byte == 0));
                } else {
                    assert!(ours == judge.content(node, content.len()), "{name}: content of {}", object.path);
                }
            }
            _ => {}
        }
    }
    assert!(names > 400);
    let mut scanned = Vec::new();
    filesystem
        .scan_inodes(&mut findings, &mut |node, stat| {
            scanned.push((node, *stat));
            Ok(())
        })
        .unwrap();
    let mut walked: Vec<(NodeId, Stat)> = objects.iter().map(|o| (NodeId(o.stat.inode), o.stat)).collect();
    walked.sort_by_key(|(node, _)| *node);
    walked.dedup();
    assert_eq!(scanned, walked, "{name}: the scan of inode tables and the walk of names differ");
    let told: Vec<String> = findings.list().iter().map(|f| format!("{} at {}", f.code.name, f.place)).collect();
    assert!(told.is_empty(), "{name}: {told:?}");
    let summary = filesystem.summary(0);
    assert_eq!(summary.label, name[..name.len().min(16)]);
    assert_eq!(judge.used_inodes(), summary.inodes_used);
}

fn everything(tree: &dyn FileTree, findings: &mut Findings) -> Vec<Object> {
    let mut objects = Vec::new();
    walk(tree, &Limits::default(), &CancelToken::default(), findings, &mut |met, findings| {
        let is_link = met.stat.kind == Kind::Symlink;
        objects.push(Object {
            path: String::from_utf8_lossy(met.path).into_owned(),
            stat: met.stat,
            target: if is_link { Some(tree.link_target(met.node, findings)?) } else { None },
            xattrs: tree.xattrs(met.node, findings)?,
        });
        Ok(Visit::Enter)
    })
    .unwrap();
    objects
}
