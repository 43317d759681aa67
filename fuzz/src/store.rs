//! bbolt databases, containerd's stores, logs of containers and merged layers.

use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, FileTree, Findings, Kind, MemoryTree, Place, Visit, walk};
use careen_store::bbolt::{Bucket, Database, Item};
use careen_store::{ClassicStore, ContainerLog, ContainerdStore, MergedTree, find_roots};
use sha2::{Digest as _, Sha256};

use crate::LIMITS;

/// A bbolt database, its meta pages with the right checksums (`db.go`, `meta.sum64`).
pub fn bbolt(input: &[u8]) {
    let (source, place, mut findings) = (Rc::new(sealed(input)), Place::new("meta.db"), Findings::new());
    if let Ok(database) = Database::open(source.clone(), &place, &LIMITS, &mut findings) {
        visit_all(&database, &mut findings);
        if let Ok(Some(other)) = database.other_state(&mut findings) {
            visit_all(&other, &mut findings);
        }
    }
    if let Ok(database) = Database::open_without_meta(source, &place, &LIMITS, &mut findings) {
        visit_all(&database, &mut findings);
    }
}

/// A database with the right checksums in its meta pages.
fn sealed(input: &[u8]) -> Vec<u8> {
    let mut file = input.to_vec();
    for page in [0, 4096] {
        // Page header: 16 bytes; meta: 56 bytes before its checksum.
        if let Some(meta) = file.get_mut(page + 16..page + 80) {
            let sum = meta[..56]
                .iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
            meta[56..].copy_from_slice(&sum.to_le_bytes());
        }
    }
    file
}

/// A root of containerd: pieces, each behind its length (4 bytes, little-endian): `meta.db`, the snapshotter's
/// `metadata.db`, then blobs.
pub fn containerd(input: &[u8]) {
    const ROOT: &str = "/var/lib/containerd";
    let mut rest = input;
    let mut piece = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (content, after) = after.split_at((u32::from_le_bytes(*length) as usize).min(after.len()));
        rest = after;
        Some(content)
    };
    let mut tree = MemoryTree::new("tree");
    tree.file(&format!("{ROOT}/io.containerd.metadata.v1.bolt/meta.db"), sealed(piece().unwrap_or_default()));
    let snapshotter = format!("{ROOT}/io.containerd.snapshotter.v1.overlayfs");
    tree.file(&format!("{snapshotter}/metadata.db"), sealed(piece().unwrap_or_default()));
    for number in 1..5 {
        tree.file(&format!("{snapshotter}/snapshots/{number}/fs/etc/hostname"), [number]);
    }
    while let Some(blob) = piece() {
        let digest: String = Sha256::digest(blob).iter().map(|byte| format!("{byte:02x}")).collect();
        tree.file(&format!("{ROOT}/io.containerd.content.v1.content/blobs/sha256/{digest}"), blob);
    }
    let (tree, mut findings): (Rc<dyn FileTree>, _) = (Rc::new(tree), Findings::new());
    let roots = find_roots(&*tree, &[], &LIMITS, &CancelToken::default(), &mut findings).unwrap_or_default();
    for root in &roots {
        let docker = ClassicStore::open(Rc::clone(&tree), root, &LIMITS, &mut findings);
        let Some(mut store) = ContainerdStore::open(Rc::clone(&tree), root, &LIMITS, &mut findings) else { continue };
        store.learn(&docker.containers().iter().collect::<Vec<_>>(), docker.builds(), &mut findings);
        store.tell_lost(&mut findings);
        for image in store.images() {
            drop(store.image_layers(&image.id, &mut findings));
        }
        for container in store.containers() {
            drop(store.container_layers(&container.id, &mut findings));
            drop(store.container_upper(&container.id, &mut findings));
        }
    }
}

/// The log of a container, of the driver that the first byte tells; forward from its start, and its last records.
pub fn log(input: &[u8]) {
    let (first, content) = input.split_first().unwrap_or((&0, &[]));
    let (driver, name) = [("json-file", "c-json.log"), ("local", "local-logs/container.log")][usize::from(first % 2)];
    let mut tree = MemoryTree::new("tree");
    tree.directory("/c/local-logs");
    tree.file(&format!("/c/{name}"), content);
    let (directory, mut findings) = (tree.node("/c"), Findings::new());
    let unpack = |source: Rc<dyn ByteSource>, _: &Place, _: &mut Findings| Ok(source);
    let Ok(log) = ContainerLog::open(&tree, directory, "c", Some(driver), &unpack, &mut findings) else { return };
    for start in [log.start(), log.before(log.end(), 10, &mut findings)] {
        let mut reader = log.read_from(start);
        while let Ok(Some(_)) = reader.next(&mut findings) {}
    }
}

fn visit_all(database: &Database, findings: &mut Findings) {
    visit(database, &database.root(), findings);
    for lost in database.lost_pages(findings).unwrap_or_default() {
        visit(database, &lost.keys, findings);
    }
}

/// No page is shown twice, so this ends by itself.
fn visit(database: &Database, bucket: &Bucket, findings: &mut Findings) {
    let mut buckets = Vec::new();
    drop(database.visit(bucket, findings, &mut |_, item| {
        if let Item::Bucket(bucket) = item {
            buckets.push(bucket);
        }
    }));
    for bucket in &buckets {
        visit(database, bucket, findings);
    }
}

/// Three layers of an overlay, built by the input, four bytes a step: what is done, in which layer, where, with what.
pub fn overlay(input: &[u8]) {
    const PATHS: [&str; 8] = ["/a", "/a/b", "/a/b/c", "/d", "/d/e", "/a/d", "/d/a", "/f"];
    const LAYERS: [&str; 3] = ["/0", "/1", "/2"];
    let mut tree = MemoryTree::new("tree");
    let roots = LAYERS.map(|layer| tree.directory(layer));
    for step in input.chunks_exact(4).take(200) {
        let layer = LAYERS[usize::from(step[1]) % LAYERS.len()];
        let path = format!("{layer}{}", PATHS[usize::from(step[2]) % PATHS.len()]);
        let other = PATHS[usize::from(step[3]) % PATHS.len()];
        match step[0] % 10 {
            0 => drop(tree.file(&path, [step[3]])),
            1 => drop(tree.directory(&path)),
            2 => drop(tree.symlink(&path, other)),
            3 => drop(tree.char_device(&path, 0, 0)),
            4 => mark(&mut tree, &path, "overlay.opaque", &[step[3]]),
            5 => mark(&mut tree, &path, "overlay.opaque", if step[3] % 2 == 0 { b"y" } else { b"x" }),
            6 => mark(&mut tree, &path, "overlay.redirect", other.as_bytes()),
            7 => mark(&mut tree, &path, "overlay.redirect", &other.as_bytes()[1..]),
            8 => mark(&mut tree, &path, "overlay.metacopy", &[]),
            _ => {
                let (directory, name) = path.rsplit_once('/').unwrap_or_default();
                let directory = tree.node(directory);
                let node = tree.node(&format!("{layer}{other}"));
                tree.hard_link(directory, name, node);
            }
        }
    }
    let merged = MergedTree::new(Rc::new(tree), roots.into_iter().rev().collect(), Place::new("merged"), &LIMITS);
    let mut findings = Findings::new();
    let mut count = 0;
    drop(walk(&merged, &LIMITS, &CancelToken::default(), &mut findings, &mut |met, findings| {
        drop(merged.xattrs(met.node, findings));
        drop(merged.history(met.path, findings));
        if met.stat.kind == Kind::File {
            drop(merged.open(met.node, findings));
        }
        count += 1;
        // Hard links of directories make trees without end.
        Ok(if count < 500 { Visit::Enter } else { Visit::Stop })
    }));
}

fn mark(tree: &mut MemoryTree, path: &str, name: &str, value: &[u8]) {
    let node = tree.node(path);
    tree.xattr(node, &format!("trusted.{name}"), value);
    tree.xattr(node, &format!("user.{name}"), value);
}
