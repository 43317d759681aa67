//! Random damage on a hand-made filesystem that has one of everything.

#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

use std::rc::Rc;

use careen_evidence::{
    CancelToken, Counted, Counts, FileTree, Findings, Kind, Limits, Place, Stat, Visit, Xattrs, walk,
};
use proptest::prelude::*;

use crate::Ext4;
use crate::inode::flags;
use crate::test_image::{DIRECTORY, REGULAR, SYMLINK, TestImage, extent, extent_header, extent_index, extent_root};

/// Directories in blocks and inline, files in extents, behind nodes, in block maps and inline, links, attributes.
fn one_of_everything() -> TestImage {
    let mut image = TestImage::new();
    let entries: [(u32, &[u8], u8); 9] = [
        (2, b".", 2),
        (2, b"..", 2),
        (12, b"extents", 1),
        (13, b"nodes", 1),
        (14, b"map", 1),
        (15, b"inline", 1),
        (16, b"link", 7),
        (17, b"directory", 2),
        (18, b"inline-directory", 2),
    ];
    image.directory(2, 21, &entries);
    image.inode(12, REGULAR, 5000, flags::EXTENTS, &extent_root(&[(0, 2, 100), (3, 0x8001, 110), (4, 1, 111)]));
    image.inode(13, REGULAR, 40_000, flags::EXTENTS, &[&extent_header(1, 4, 1)[..], &extent_index(0, 41)].concat());
    image.extent_block(13, 41, 0, &[extent(0, 1, 120), extent(2, 5, 121), extent(30, 9, 130)]);
    let map: Vec<u8> =
        [140_u32, 0, 141, 0, 0, 0, 0, 0, 0, 0, 0, 0, 42].into_iter().flat_map(u32::to_le_bytes).collect();
    image.inode(14, REGULAR, 30 * 1024, 0, &map);
    image.block(42, &[142_u32, 143].map(u32::to_le_bytes).concat());
    image.inode(15, REGULAR, 50, flags::INLINE_DATA, &[b'i'; 50]);
    image.inode(16, SYMLINK, 6, 0, b"target");
    image.directory(17, 43, &[(12, b"again", 1), (19, b"device", 3)]);
    image.inode(19, 0o020_600, 0, 0, &[3, 1]);
    let mut inline = 2_u32.to_le_bytes().to_vec();
    inline.extend([12, 0, 0, 0, 56, 0, 1, 1, b'a']);
    image.inode(18, DIRECTORY, 60, flags::INLINE_DATA, &inline);
    let mut attribute = vec![0, 0, 2, 0xea, 1, 1, 40, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, b'a'];
    attribute.resize(4 + 40, 0);
    attribute.extend(b"val");
    image.set_inode(12, 160, &attribute);
    image
}

/// What the checksums of the disk cover: names, metadata, attributes, targets in inodes.
type Known = Vec<(Vec<u8>, Stat, Option<Xattrs>, Option<Vec<u8>>)>;

/// Reads everything there is; the second value tells whether damage was found.
fn read_everything(image: &TestImage) -> (Known, bool) {
    let counts = Counts::default();
    let source = Rc::new(Counted::new(Rc::new(image.bytes.clone()), counts.clone()));
    let mut findings = Findings::new();
    let Ok(filesystem) = Ext4::open(source, &Place::new("disk"), &Limits::default(), &mut findings) else {
        return (Vec::new(), true);
    };
    let mut known = Known::new();
    let mut failed = false;
    let walked =
        walk(&*filesystem, &Limits::default(), &CancelToken::default(), &mut findings, &mut |met, findings| {
            let xattrs = filesystem.xattrs(met.node, findings).ok();
            let target =
                (met.stat.kind == Kind::Symlink).then(|| filesystem.link_target(met.node, findings).ok()).flatten();
            failed |= xattrs.is_none() || (met.stat.kind == Kind::Symlink && target.is_none());
            if met.stat.kind == Kind::File {
                match filesystem.open(met.node, findings) {
                    Ok(content) => {
                        // The ends of it, however large it claims to be.
                        for offset in [0, content.len().saturating_sub(50_000)] {
                            let mut buf = vec![0; content.len().min(50_000) as usize];
                            failed |= content.read_exact_at(offset, &mut buf).is_err();
                        }
                    }
                    Err(_) => failed = true,
                }
            }
            known.push((met.path.to_vec(), met.stat, xattrs, target));
            assert!(known.len() < 10_000, "a tree of 64 inodes has no end");
            Ok(Visit::Enter)
        });
    failed |= walked.is_err();
    let mut inodes = 0;
    let scanned = filesystem.scan_inodes(&mut findings, &mut |_, _| {
        inodes += 1;
        Ok(())
    });
    assert!(scanned.is_ok() && inodes <= 64);
    assert!(counts.requests() < 20_000, "{} requests for 256 blocks", counts.requests());
    filesystem.summary(0);
    (known, failed || !findings.list().is_empty())
}

#[test]
fn the_undamaged_one_reads_without_findings() {
    let (known, is_damaged) = read_everything(&one_of_everything());
    assert!(!is_damaged);
    let paths: Vec<String> = known.iter().map(|(path, ..)| String::from_utf8_lossy(path).into_owned()).collect();
    let expected = [
        "/",
        "/directory",
        "/directory/again",
        "/directory/device",
        "/extents",
        "/inline",
        "/inline-directory",
        "/inline-directory/a",
        "/link",
        "/map",
        "/nodes",
    ];
    assert_eq!(paths, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    /// Flipped bytes where metadata lies: never a panic, never endless, and never another answer without a finding.
    #[test]
    fn damage_is_never_silent(
        flips in proptest::collection::vec(
            (prop_oneof![1024..3072_usize, 5 * 1024..6 * 1024_usize, 7 * 1024..10 * 1024_usize, 21 * 1024..22 * 1024_usize, 41 * 1024..44 * 1024_usize], 1..=255_u8),
            1..16,
        )
    ) {
        let image = one_of_everything();
        let (whole, _) = read_everything(&image);
        let mut damaged = image.clone();
        for (offset, flip) in flips {
            damaged.bytes[offset] ^= flip;
        }
        let (known, is_damaged) = read_everything(&damaged);
        prop_assert!(is_damaged || known == whole);
    }

    /// The same with right checksums, as an enemy would make it: only the structure checks stand then.
    #[test]
    fn forged_inodes_and_directories_do_no_harm(
        inode in prop_oneof![Just(2_u32), 12..=19_u32],
        fields in proptest::collection::vec((0..256_usize, any::<u8>()), 1..12),
        entries in proptest::collection::vec((0..1012_usize, any::<u8>()), 0..6),
    ) {
        let mut image = one_of_everything();
        for (offset, value) in fields {
            image.set_inode(inode, offset, &[value]);
        }
        for (offset, value) in entries {
            image.put(21 * 1024 + offset, &[value]);
        }
        read_everything(&image);
    }

    /// Nothing but noise behind a superblock that makes sense.
    #[test]
    fn noise_does_no_harm(noise in proptest::collection::vec(any::<u8>(), 4096), at in 5..60_usize) {
        let mut image = one_of_everything();
        for block in (at..256 - 4).step_by(4) {
            image.put(block * 1024, &noise);
        }
        read_everything(&image);
    }
}
