//! Directories without inodes, on the hand-made filesystem.

use careen_evidence::{Entry, FileTree, Findings, Kind};

use crate::inode::flags;
use crate::test_image::{DIRECTORY, REGULAR, TestImage, extent_root, names, node};

/// `/files` (inode 12) with two blocks of names, 33 and 34, and `/lost+found` (11).
fn image() -> TestImage {
    let mut image = TestImage::new();
    image.put(3 * 1024, &[0xff; 32]); // the bitmap: blocks 1 to 256 are in use
    image.directory(2, 21, &[(2, b".", 2), (2, b"..", 2), (12, b"files", 2), (11, b"lost+found", 2)]);
    image.directory(11, 32, &[(11, b".", 2), (2, b"..", 2)]);
    image.inode(12, DIRECTORY, 2048, flags::EXTENTS, &extent_root(&[(0, 2, 33)]));
    image.directory_block(12, 33, &[(12, b".", 2), (2, b"..", 2), (14, b"one", 1)]);
    image.directory_block(12, 34, &[(15, b"two", 1), (16, b"sub", 2)]);
    image.directory(16, 35, &[(16, b".", 2), (12, b"..", 2), (17, b"deep", 1)]);
    for number in [14, 15, 17] {
        image.inode(number, REGULAR, 0, 0, &[]);
    }
    image
}

fn shown(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect()
}

/// The names in a directory and what was told when it was listed.
fn list(image: &TestImage, number: u32) -> (Vec<String>, Vec<&'static str>) {
    let filesystem = image.open().unwrap().0;
    let mut findings = Findings::new();
    // As anyone would who goes through the tree: from the root, `lost+found` last.
    let _ = filesystem.list(node(2), &mut Findings::new());
    let _ = filesystem.list(node(12), &mut Findings::new());
    let entries = filesystem.list(node(number), &mut findings).unwrap();
    (shown(&entries), names(&findings))
}

#[test]
fn the_undamaged_one_is_not_searched() {
    let image = image();
    assert_eq!(list(&image, 12), (vec!["one".into(), "sub".into(), "two".into()], vec![]));
    assert_eq!(list(&image, 11), (vec![], vec![]));
}

#[test]
fn a_directory_without_an_inode_is_found_by_its_blocks() {
    for noise in [[0_u8; 256], [0x5a; 256]] {
        let mut image = image();
        image.put(crate::test_image::inode_offset(12), &noise);
        let (found, told) = list(&image, 12);
        assert_eq!((found, told), (vec!["one".into(), "sub".into(), "two".into()], vec!["ext4-directory-rebuilt"]));
        let (filesystem, mut findings) = image.open().unwrap();
        let stat = filesystem.stat(node(12), &mut findings).unwrap();
        assert_eq!((stat.kind, stat.mode, stat.size), (Kind::Directory, 0o700, 2048));
        assert_eq!(names(&findings), ["ext4-directory-rebuilt"]);
        assert_eq!(list(&image, 11), (vec![], vec![]));
    }
}

#[test]
fn a_block_that_says_it_belongs_to_another_inode_is_not_taken() {
    let mut image = image();
    image.inode(12, 0, 0, 0, &[]);
    // The right entries with the checksum of another directory: names of a file's content, or of an older directory.
    image.directory_block(13, 36, &[(15, b"other", 1)]);
    assert_eq!(list(&image, 12).0, ["one", "sub", "two"]);
    // Not in use by the bitmap: left by a directory that was deleted.
    image.put(3 * 1024 + 4, &[0b1111_1101]); // blocks 33 to 40, without 34
    assert_eq!(list(&image, 12).0, ["one"]);
}

#[test]
fn the_root_is_found_like_any_other_or_made_up() {
    let mut image = image();
    image.put(crate::test_image::inode_offset(2), &[0; 256]);
    assert_eq!(list(&image, 2).0, ["files", "lost+found"]);
    image.block(21, &[]);
    let (found, told) = list(&image, 2);
    assert_eq!(found, ["lost+found"]);
    assert_eq!(told, ["ext4-directory-rebuilt-in-part"]);
    let filesystem = image.open().unwrap().0;
    let lost_found = filesystem.lookup(node(2), b"lost+found", &mut Findings::new()).unwrap().unwrap();
    let mut findings = Findings::new();
    assert_eq!(shown(&filesystem.list(lost_found, &mut findings).unwrap()), ["#11", "#12"]);
    assert_eq!(names(&findings), ["ext4-strays"]);
    assert_eq!(filesystem.place(lost_found).as_str(), "disk › lost+found");
    assert_eq!(filesystem.stat(lost_found, &mut findings).unwrap().kind, Kind::Directory);
}

#[test]
fn names_that_are_lost_are_made_from_numbers() {
    let mut image = image();
    image.block(34, &[0xff; 1024]);
    let (found, told) = list(&image, 12);
    assert_eq!(found, ["one"]);
    assert!(told.contains(&"ext4-directory-block"), "{told:?}");
    // `deep` has kept its name below `#16`.
    assert_eq!(list(&image, 11), (vec!["#15".into(), "#16".into()], vec!["ext4-strays"]));
    assert_eq!(list(&image, 16).0, ["deep"]);
}

#[test]
fn directories_that_contain_each_other_are_found() {
    let mut image = image();
    image.block(34, &[0xff; 1024]);
    image.directory(16, 35, &[(16, b".", 2), (18, b"..", 2), (18, b"down", 2)]);
    image.directory(18, 36, &[(18, b".", 2), (16, b"..", 2), (16, b"up", 2)]);
    assert_eq!(list(&image, 11).0, ["#15", "#16", "#17"]);
}

#[test]
fn a_damaged_inode_that_nobody_names_is_not_shown() {
    let mut image = image();
    image.block(34, &[0xff; 1024]);
    image.put(crate::test_image::inode_offset(15) + 4, &[1]); // i_size
    assert_eq!(list(&image, 11).0, ["#16"]);
}

#[test]
fn without_checksums_the_first_block_is_found() {
    let mut image = image();
    image.set_superblock(0x64, &[1, 0, 0, 0]); // s_feature_ro_compat: sparse_super alone
    image.set_superblock(0x175, &[0]); // s_checksum_type
    image.put(crate::test_image::inode_offset(12), &[0; 256]);
    assert_eq!(list(&image, 12), (vec!["one".into()], vec!["ext4-directory-rebuilt-in-part"]));
    assert_eq!(list(&image, 11).0, ["#15", "#16"]);
}
