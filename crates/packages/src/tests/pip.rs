//! Python distributions.

use super::*;

const SITE: &str = "/usr/local/lib/python3.11/site-packages";

fn told(found: &Found) -> Vec<(&str, &str, &str, bool)> {
    found
        .packages
        .iter()
        .map(|package| match &package.details {
            Details::Pip { environment, installer, editable } => {
                (package.name.as_str(), environment.as_str(), installer.as_str(), *editable)
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn every_shape_of_metadata_is_read() {
    let mut tree = MemoryTree::new("test");
    tree.file(
        &format!("{SITE}/Six_x-1.16.0.dist-info/METADATA"),
        "Metadata-Version: 2.1\nName: Six.x\nVersion: 1.16.0\n\nText",
    );
    tree.file(&format!("{SITE}/Six_x-1.16.0.dist-info/INSTALLER"), "pip\n");
    tree.file("/usr/lib/python3/dist-packages/dir-1.0.egg-info/PKG-INFO", "Name: dir\nVersion: 1.0\n");
    tree.file("/usr/lib/python3/dist-packages/file-2.0.egg-info", "Name: file\nVersion: 2.0");
    tree.file("/opt/venv/lib/python3.9/site-packages/egg-3.0-py3.9.egg/EGG-INFO/PKG-INFO", "Name: egg\nVersion: 3.0\n");
    tree.file("/home/u/.local/lib/python3.11/site-packages/zipped-4.0-py3.egg", "PK\u{3}\u{4}");
    let (found, codes) = catalog(&tree);
    assert_eq!(
        told(&found),
        [
            ("Six.x", "/usr/local", "pip", false),
            ("dir", "/usr", "", false),
            ("egg", "/opt/venv", "", false),
            ("file", "/usr", "", false),
            ("zipped", "/home/u/.local", "", false),
        ]
    );
    assert_eq!(codes, ["pip-egg-archive"]);
    assert_eq!(found.packages[0].found_at, format!("{SITE}/Six_x-1.16.0.dist-info/METADATA"));
    assert_eq!(found.packages[0].purl, "pkg:pypi/six.x@1.16.0");
    assert_eq!(found.packages[2].found_at, "/opt/venv/lib/python3.9/site-packages/egg-3.0-py3.9.egg/EGG-INFO/PKG-INFO");
}

#[test]
fn an_empty_site_directory_is_an_environment_without_packages() {
    let mut tree = MemoryTree::new("test");
    tree.directory("/usr/lib/python3/dist-packages");
    let (found, _) = catalog(&tree);
    assert_eq!((found.ecosystems, found.packages.len()), (vec![Ecosystem::Pip], 0));
}

#[test]
fn editable_installations_are_known_by_their_url_their_hook_or_their_link() {
    let mut tree = MemoryTree::new("test");
    let metadata = |name: &str| format!("Name: {name}\nVersion: 1\n");
    tree.file(&format!("{SITE}/a-1.dist-info/METADATA"), metadata("a"));
    tree.file(&format!("{SITE}/a-1.dist-info/direct_url.json"), r#"{"dir_info":{"editable":true},"url":"file:///a"}"#);
    tree.file(&format!("{SITE}/b-1.dist-info/METADATA"), metadata("b"));
    tree.file(&format!("{SITE}/__editable__.b-1.pth"), "/src/b\n");
    tree.file(&format!("{SITE}/c.egg-link"), "/src/c\n.");
    tree.file("/src/c/c.egg-info/PKG-INFO", metadata("c"));
    let (found, codes) = catalog(&tree);
    assert_eq!(
        told(&found),
        [("a", "/usr/local", "", true), ("b", "/usr/local", "", true), ("c", "/usr/local", "", true)]
    );
    assert_eq!((found.packages[2].found_at.as_str(), codes), ("/src/c/c.egg-info/PKG-INFO", vec![]));
}

#[test]
fn a_link_that_leads_nowhere_is_told() {
    let mut tree = MemoryTree::new("test");
    tree.file(&format!("{SITE}/c.egg-link"), "/gone\n.");
    tree.file(&format!("{SITE}/d.egg-link"), "\n");
    tree.file(&format!("{SITE}/e.egg-link"), "/\n");
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (0, vec!["pip-metadata-lost"; 3]));
}

#[test]
fn the_name_of_the_directory_helps_where_metadata_does_not() {
    let mut tree = MemoryTree::new("test");
    tree.directory(&format!("{SITE}/a-1.dist-info"));
    tree.file(&format!("{SITE}/b-2.dist-info/METADATA"), "Name: b\n\n");
    tree.file(&format!("{SITE}/c-3-py3.egg-info"), "");
    tree.directory(&format!("{SITE}/d.egg-info"));
    tree.directory(&format!("{SITE}/~e-5.dist-info"));
    let (found, codes) = catalog(&tree);
    assert_eq!(named(&found), [("a", "1"), ("b", "2"), ("c", "3")]);
    let incomplete = "pip-metadata-incomplete";
    assert_eq!(codes, [incomplete, incomplete, incomplete, "pip-metadata-lost", "pip-leftover"]);
}

#[test]
fn metadata_after_a_long_header_is_found() {
    let mut tree = MemoryTree::new("test");
    let text =
        format!("Metadata-Version: 2.1\nLicense: {}\n {}\nName: a\nVersion: 1\n", "x".repeat(9000), "y".repeat(9000));
    tree.file(&format!("{SITE}/a-1.dist-info/METADATA"), text);
    assert_eq!(catalog(&tree).1, Vec::<&str>::new());
}

#[test]
fn what_is_vendored_cached_or_outside_is_not_claimed() {
    let mut tree = MemoryTree::new("test");
    for path in [
        format!("{SITE}/setuptools/_vendor/a-1.dist-info/METADATA"),
        "/opt/conda/pkgs/a-1-0/site-packages/a-1.dist-info/METADATA".to_owned(),
        "/app/a-1.dist-info/METADATA".to_owned(),
    ] {
        tree.file(&path, "Name: a\nVersion: 1\n");
    }
    tree.file("/opt/conda/pkgs/urls.txt", "");
    let (found, _) = catalog(&tree);
    assert_eq!((found.packages.len(), found.ecosystems), (0, vec![Ecosystem::Pip]));
}

#[test]
fn metadata_behind_links_is_read() {
    let mut tree = MemoryTree::new("test");
    tree.file("/cache/METADATA", "Name: a\nVersion: 1\n");
    tree.symlink(&format!("{SITE}/a-1.dist-info/METADATA"), "/cache/METADATA");
    tree.file("/nix/store/b-1.dist-info/METADATA", "Name: b\nVersion: 1\n");
    tree.symlink(&format!("{SITE}/b-1.dist-info"), "/nix/store/b-1.dist-info");
    tree.symlink(&format!("{SITE}/c-1.dist-info"), "/nowhere");
    assert_eq!(named(&catalog(&tree).0), [("a", "1"), ("b", "1")]);
}

#[test]
fn several_versions_in_one_directory_are_listed_and_noted() {
    let mut tree = MemoryTree::new("test");
    tree.file(&format!("{SITE}/six-1.15.dist-info/METADATA"), "Name: six\nVersion: 1.15\n");
    tree.file(&format!("{SITE}/Six-1.16.dist-info/METADATA"), "Name: Six\nVersion: 1.16\n");
    tree.file("/opt/venv/lib/python3.9/site-packages/six-1.dist-info/METADATA", "Name: six\nVersion: 1\n");
    tree.file("/opt/old/lib/python3.9/site-packages/a-1.egg-info", "Name: a\nVersion: 1\n");
    tree.file("/opt/old/lib/python3.9/site-packages/a-2.egg-info", "Name: a\nVersion: 2\n");
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (5, vec!["pip-several-versions"; 2]));
}

#[test]
fn two_records_of_one_version_are_one_package() {
    let mut tree = MemoryTree::new("test");
    tree.file("/usr/lib/python3/dist-packages/a.egg-info/PKG-INFO", "Name: A\nVersion: 1\n");
    tree.file("/usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
    tree.file("/usr/local/lib/python3.11/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
    let (found, codes) = catalog(&tree);
    let places: Vec<_> = found.packages.iter().map(|package| package.found_at.as_str()).collect();
    let expected = [
        "/usr/lib/python3/dist-packages/a-1.dist-info/METADATA",
        "/usr/local/lib/python3.11/dist-packages/a-1.dist-info/METADATA",
    ];
    assert_eq!((places, codes), (expected.to_vec(), vec![]));
}
