//! apk and pacman in whole trees.

use super::*;

#[test]
fn apk_is_found_in_both_places() {
    for place in ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"] {
        let mut tree = MemoryTree::new("test");
        tree.file(
            place,
            "P:musl\nV:1.2.4-r2\nA:x86_64\no:musl\n\nP:musl-utils\nV:1.2.4-r2\nA:x86_64\no:musl\n\nbroken",
        );
        tree.file("/etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n");
        tree.file("/etc/apk/world", "musl-utils\n");
        let (mut found, codes) = catalog(&tree);
        assert_eq!(found.ecosystems, [Ecosystem::Apk, Ecosystem::Os]);
        found.packages.retain(|package| package.ecosystem() == Ecosystem::Apk);
        assert_eq!(named(&found), [("musl", "1.2.4-r2"), ("musl-utils", "1.2.4-r2")]);
        let urls: Vec<&str> = found.packages.iter().map(|package| package.purl.as_str()).collect();
        assert_eq!(
            urls,
            [
                "pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1",
                "pkg:apk/alpine/musl-utils@1.2.4-r2?arch=x86_64&distro=alpine-3.19.1&upstream=musl"
            ]
        );
        let asked_for: Vec<_> = found.packages.iter().map(|package| package.declared.requested).collect();
        assert_eq!(asked_for, [Some(false), Some(true)]);
        assert_eq!(codes, ["package-record-lost"]);
    }
}

#[test]
fn pacman_has_a_directory_for_each_package() {
    let mut tree = MemoryTree::new("test");
    tree.file("/var/lib/pacman/local/ALPM_DB_VERSION", "9\n");
    tree.file("/var/lib/pacman/local/zlib-1:1.3-2/desc", "%NAME%\nzlib\n\n%VERSION%\n1:1.3-2\n\n");
    tree.file("/var/lib/pacman/local/zlib-1:1.3-2/files", "%FILES%\nusr/\n");
    tree.file("/var/lib/pacman/local/bad-1/desc", "%NAME%\nbad\n\n");
    let (found, codes) = catalog(&tree);
    assert_eq!(named(&found), [("zlib", "1:1.3-2")]);
    assert_eq!(codes, ["package-record-lost"]);
    // As a layer's own copy is read.
    let package = &found.packages[0];
    let node = tree.node(&package.found_at);
    let mut findings = Findings::new();
    let path = package.found_at.as_bytes();
    assert_eq!(catalog_file(&tree, Ecosystem::Pacman, path, node, &Limits::default(), &mut findings), found.packages);
}
