//! Whole trees, made by hand: what is found, what is told, and what was opened.

use std::cell::RefCell;
use std::rc::Rc;

use careen_evidence::{ByteSource, Entry, MemoryTree, Place, Stat, Xattrs};
use careen_model::Details;

use super::*;

fn catalog(tree: &dyn FileTree) -> (Found, Vec<&'static str>) {
    let mut findings = Findings::new();
    let found = catalog_tree(tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
    (found, findings.list().iter().map(|finding| finding.code.name).collect())
}

/// Name and version of every package.
fn named(found: &Found) -> Vec<(&str, &str)> {
    found.packages.iter().map(|package| (package.name.as_str(), package.version.as_str())).collect()
}

fn status(text: impl AsRef<[u8]>) -> MemoryTree {
    let mut tree = MemoryTree::new("test");
    tree.file("/var/lib/dpkg/status", text);
    tree
}

mod apt {
    use super::*;

    const GOOD: &str = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n";

    #[test]
    fn a_stanza_becomes_a_package() {
        let mut tree = status(
            "Package: libstdc++6\nStatus: hold  ok installed\nArchitecture: amd64\nSource: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+b1\n",
        );
        tree.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        let (found, told) = catalog(&tree);
        assert_eq!(told, Vec::<&str>::new());
        assert_eq!(found.ecosystems, [Ecosystem::Apt]);
        let details = Details::Apt {
            architecture: "amd64".into(),
            source: "gcc-12".into(),
            source_version: "12.2.0-14".into(),
            status: "hold ok installed".into(),
        };
        let expected = Package {
            name: "libstdc++6".into(),
            version: "12.2.0-14+b1".into(),
            purl: "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bb1?arch=amd64&distro=debian-12".into(),
            found_at: "/var/lib/dpkg/status".into(),
            layer: None,
            details,
        };
        assert_eq!(found.packages, [expected]);
    }

    #[test]
    fn a_source_without_version_has_the_packages_own() {
        let (found, _) =
            catalog(&status(format!("{GOOD}Source: src\n\nPackage: b\nStatus: install ok installed\nVersion: 2\n")));
        let sources: Vec<_> = found
            .packages
            .iter()
            .map(|package| match &package.details {
                Details::Apt { source, source_version, .. } => (source.as_str(), source_version.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sources, [("src", "1"), ("b", "2")]);
    }

    #[test]
    fn a_repeated_key_loses_nothing() {
        let (found, told) = catalog(&status(format!(
            "{GOOD}Section: x\nVersion: 2\nSection: y\n\nPackage: b\nVersion: 3\nStatus: install ok installed\n"
        )));
        assert_eq!(named(&found), [("a", "2"), ("b", "3")]);
        assert_eq!(told, ["apt-field-repeated"]);
    }

    #[test]
    fn an_unreadable_line_loses_its_stanza_alone_and_is_told_with_its_line() {
        let tree =
            status(format!("{GOOD}\nPackage: b\nno field\nVersion: 2\n\n{}", GOOD.replace("Package: a", "Package: c")));
        let mut findings = Findings::new();
        let found =
            catalog_tree(&tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
        assert_eq!(named(&found), [("a", "1"), ("c", "1")]);
        let [finding] = findings.list() else { panic!("{findings:?}") };
        assert_eq!((finding.code.name, finding.values["package"].as_str()), ("apt-stanza-lost", "b"));
        assert_eq!(finding.place.to_string(), "test › node 4 › /var/lib/dpkg/status, line 7");
    }

    #[test]
    fn a_last_line_without_newline_is_kept() {
        let (found, told) = catalog(&status(GOOD.trim_end()));
        assert_eq!(named(&found), [("a", "1")]);
        assert_eq!(told, ["apt-end-missing"]);
    }

    #[test]
    fn line_ends_of_windows_and_other_encodings_are_read() {
        let text = GOOD.replace('\n', "\r\n") + "Maintainer: Fran\u{e7}ois\r\n\r\n";
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let (found, told) = catalog(&status(latin));
        assert_eq!((named(&found), told), (vec![("a", "1")], vec![]));
    }

    #[test]
    fn a_version_that_is_no_text_is_shown_with_replacement_characters() {
        let mut text = GOOD.replace("Version: 1", "Version: 1.").into_bytes();
        text.insert(text.len() - 1, 0xff);
        let (found, told) = catalog(&status(text));
        assert_eq!((named(&found), told), (vec![("a", "1.\u{fffd}")], vec!["apt-text-invalid"]));
    }

    #[test]
    fn only_states_without_files_may_lack_a_version() {
        let stanza = |name: &str, status: &str| format!("Package: {name}\nStatus: {status}\n\n");
        let text = [
            stanza("a", "deinstall ok config-files"),
            stanza("b", "unknown ok not-installed"),
            stanza("c", "install reinstreq half-installed"),
            stanza("d", "install ok installed"),
            "Package: e\n\n".to_owned(),
        ]
        .concat();
        let (found, told) = catalog(&status(text));
        assert_eq!(named(&found), [("a", ""), ("b", ""), ("c", ""), ("e", "")]);
        assert_eq!(told, ["apt-stanza-lost"]);
    }

    #[test]
    fn every_reason_to_lose_a_stanza() {
        for broken in [
            "Version: 1\n".to_owned(),
            GOOD.replace("Package: a", "Package: "),
            GOOD.replace("Package: a", "Package: ä"),
            GOOD.replace("Package: a", "Package: -a"),
            GOOD.replace("Version: 1", "Version:"),
            GOOD.replace("Version: 1", &format!("Version: {}", "1".repeat(5000))),
            GOOD.replace("Version: 1", "Version: \0"),
        ] {
            let (found, told) = catalog(&status(&broken));
            assert_eq!((named(&found), told), (vec![], vec!["apt-stanza-lost"]), "{broken}");
        }
    }

    #[test]
    fn a_status_dpkg_does_not_know_is_kept_and_told() {
        let (found, told) = catalog(&status(GOOD.replace("install ok", "instal ok")));
        assert_eq!((named(&found), told), (vec![("a", "1")], vec!["apt-status-unknown"]));
    }

    #[test]
    fn architectures_live_side_by_side_and_the_later_of_two_entries_counts() {
        let text = format!("{GOOD}\n{}\n{}", GOOD.replace("amd64", "i386"), GOOD.replace("Version: 1", "Version: 2"));
        let (found, told) = catalog(&status(text));
        assert_eq!((named(&found), told), (vec![("a", "1"), ("a", "2")], vec!["apt-package-repeated"]));
    }

    #[test]
    fn the_journal_of_an_interrupted_dpkg_is_applied_in_order() {
        let mut tree = status(GOOD);
        tree.file("/var/lib/dpkg/updates/0000", GOOD.replace("Version: 1", "Version: 2"));
        tree.file("/var/lib/dpkg/updates/0001", GOOD.replace("Version: 1", "Version: 3"));
        tree.file("/var/lib/dpkg/updates/tmp.i", "#padded\n#padded\n");
        let (found, told) = catalog(&tree);
        assert_eq!((named(&found), told), (vec![("a", "3")], vec!["apt-updates-pending"]));
        assert_eq!(found.packages[0].found_at, "/var/lib/dpkg/updates/0001");
    }

    #[test]
    fn status_d_holds_one_package_a_file_beside_checksums() {
        let mut tree = MemoryTree::new("test");
        tree.file("/var/lib/dpkg/status.d/base-files", "Package: base-files\nVersion: 12\nArchitecture: amd64");
        tree.file("/var/lib/dpkg/status.d/base-files.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/x\n");
        let (found, told) = catalog(&tree);
        assert_eq!((named(&found), told), (vec![("base-files", "12")], vec![]));
        assert_eq!(found.packages[0].found_at, "/var/lib/dpkg/status.d/base-files");
        assert!(matches!(&found.packages[0].details, Details::Apt { status, .. } if status == "install ok installed"));
    }

    #[test]
    fn a_database_behind_links_is_found_and_one_in_a_chroot_is_not() {
        let mut tree = MemoryTree::new("test");
        tree.file("/usr/lib/sysimage/dpkg/status", GOOD);
        tree.symlink("/var/lib/dpkg", "../../usr/lib/sysimage/dpkg");
        tree.file("/srv/chroot/var/lib/dpkg/status", GOOD.replace("Package: a", "Package: b"));
        let (found, _) = catalog(&tree);
        assert_eq!(named(&found), [("a", "1")]);
        assert_eq!(found.packages[0].found_at, "/var/lib/dpkg/status");
    }

    #[test]
    fn an_empty_database_is_there() {
        let (found, told) = catalog(&status(""));
        assert_eq!((found.ecosystems, found.packages.len(), told), (vec![Ecosystem::Apt], 0, vec![]));
    }

    #[test]
    fn blocks_that_cannot_be_read_lose_the_stanzas_they_touch_alone() {
        let stanza = |name: u32| format!("Package: p{name:04}\nStatus: install ok installed\nVersion: {name}\n\n");
        let text: String = (0..400).map(stanza).collect();
        let mut tree = Overlaid { inner: status(text), damaged: 8192..8200, opened: RefCell::default() };
        let (found, told) = catalog(&tree);
        let lost = 400 - found.packages.len();
        // A piece of 4096 bytes holds at most 71 stanzas of 59 bytes, whole or in part.
        assert!((1..=71).contains(&lost), "{lost} stanzas were lost");
        assert!(
            found
                .packages
                .iter()
                .all(|package| package.name == format!("p{:04}", package.version.parse::<u32>().unwrap()))
        );
        assert_eq!(told, ["read-failed", "apt-stanza-lost"]);
        tree.damaged = 0..0;
        assert_eq!(catalog(&tree).0.packages.len(), 400);
    }

    #[test]
    fn a_million_stanzas_and_a_line_of_a_hundred_megabytes_are_read() {
        let many = "Package: a\n\n".repeat(1_000_000);
        let (found, _) = catalog(&status(many));
        assert_eq!(found.packages.len(), 1);
        let long = format!("{GOOD}Description: {}\n", "x".repeat(100 << 20));
        assert_eq!(named(&catalog(&status(long)).0), [("a", "1")]);
    }

    #[test]
    fn a_file_beyond_the_limit_is_told() {
        let mut findings = Findings::new();
        let tree = status(GOOD);
        let limits = Limits { bytes: 10, ..Limits::default() };
        let found = catalog_tree(&tree, &limits, &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
        assert_eq!((found.packages.len(), findings.list()[0].code.name), (0, "limit-reached"));
        let limits = Limits { entries: 1, ..Limits::default() };
        let tree = status(format!("{GOOD}\nPackage: b\n"));
        let found = catalog_tree(&tree, &limits, &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
        assert_eq!(named(&found), [("a", "1")]);
    }
}

mod pip {
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
        tree.file(
            "/opt/venv/lib/python3.9/site-packages/egg-3.0-py3.9.egg/EGG-INFO/PKG-INFO",
            "Name: egg\nVersion: 3.0\n",
        );
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
        assert_eq!(
            found.packages[2].found_at,
            "/opt/venv/lib/python3.9/site-packages/egg-3.0-py3.9.egg/EGG-INFO/PKG-INFO"
        );
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
        tree.file(
            &format!("{SITE}/a-1.dist-info/direct_url.json"),
            r#"{"dir_info":{"editable":true},"url":"file:///a"}"#,
        );
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
        let text = format!(
            "Metadata-Version: 2.1\nLicense: {}\n {}\nName: a\nVersion: 1\n",
            "x".repeat(9000),
            "y".repeat(9000)
        );
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
        let (found, codes) = catalog(&tree);
        assert_eq!((found.packages.len(), codes), (3, vec!["pip-several-versions"]));
    }
}

mod conda {
    use super::*;

    #[test]
    fn records_of_the_base_and_of_environments_are_read() {
        let mut tree = MemoryTree::new("test");
        let record = r#"{"name":"numpy","version":"1.26.4","build":"py312_0","channel":"https://repo.example/pkgs/main/linux-64",
            "subdir":"linux-64","fn":"numpy-1.26.4-py312_0.conda","files":[["deep"]],"build_number":0}"#;
        tree.file("/opt/conda/conda-meta/numpy-1.26.4-py312_0.json", record);
        tree.file("/opt/conda/envs/x/conda-meta/numpy-1.26.4-py312_0.json", record);
        tree.file("/opt/conda/envs/x/conda-meta/history", "==> 2023 <==\n");
        tree.file("/opt/conda/envs/x/conda-meta/state", "{}");
        let (found, codes) = catalog(&tree);
        assert_eq!((found.packages.len(), codes), (2, vec![]));
        let first = &found.packages[0];
        assert_eq!(first.purl, "pkg:conda/numpy@1.26.4?build=py312_0&channel=main&subdir=linux-64&type=conda");
        let environments: Vec<_> = found
            .packages
            .iter()
            .map(|package| match &package.details {
                Details::Conda { environment, channel, .. } => (environment.as_str(), channel.as_str()),
                other => panic!("{other:?}"),
            })
            .collect();
        let channel = "https://repo.example/pkgs/main/linux-64";
        assert_eq!(environments, [("/opt/conda", channel), ("/opt/conda/envs/x", channel)]);
    }

    #[test]
    fn history_alone_is_an_environment() {
        let mut tree = MemoryTree::new("test");
        tree.file("/opt/conda/conda-meta/history", "");
        let (found, _) = catalog(&tree);
        assert_eq!((found.ecosystems, found.packages.len()), (vec![Ecosystem::Conda], 0));
    }

    #[test]
    fn a_broken_record_is_told_from_its_file_name_and_touches_no_other() {
        let mut tree = MemoryTree::new("test");
        tree.file("/c/conda-meta/good-1-0.json", r#"{"name":"good","version":"1","build":"0"}"#);
        tree.file("/c/conda-meta/cut-2-py_0.json", r#"{"name":"cut","ver"#);
        tree.file("/c/conda-meta/empty-3-py_0.json", "");
        tree.file("/c/conda-meta/deep-4-py_0.json", "[".repeat(1_000_000));
        tree.file("/c/conda-meta/noversion-5-py_0.json", r#"{"name":"x","version":""}"#);
        tree.file("/c/conda-meta/nameless.json", "{}");
        let (found, codes) = catalog(&tree);
        assert_eq!(named(&found), [("cut", "2"), ("deep", "4"), ("empty", "3"), ("good", "1"), ("noversion", "5")]);
        assert_eq!(codes.iter().filter(|code| **code == "conda-record-unreadable").count(), 4);
        assert_eq!(codes.iter().filter(|code| **code == "conda-record-lost").count(), 1);
    }

    #[test]
    fn a_field_that_nests_deep_is_skipped_without_recursion() {
        let mut tree = MemoryTree::new("test");
        let deep = format!("{}{}", "[".repeat(500_000), "]".repeat(500_000));
        tree.file("/c/conda-meta/a-1-0.json", format!(r#"{{"files":{deep},"name":"a","version":"1"}}"#));
        assert_eq!(named(&catalog(&tree).0), [("a", "1")]);
    }
}

#[test]
fn a_layers_own_copy_is_read_by_the_path_a_package_was_found_at() {
    let mut tree = status("Package: a\nStatus: install ok installed\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/b-1.dist-info/METADATA", "Name: b\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/e.egg/EGG-INFO/PKG-INFO", "Name: e\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/f-1.egg-info", "Name: f\nVersion: 1\n");
    tree.file("/opt/x/lib/python3/site-packages/g.egg-link", "/src");
    tree.file("/src/g.egg-info/PKG-INFO", "Name: g\nVersion: 1\n");
    tree.file("/opt/x/conda-meta/c-1-0.json", r#"{"name":"c","version":"1"}"#);
    tree.file("/var/lib/dpkg/status.d/d", "Package: d\nVersion: 1\n");
    let (found, _) = catalog(&tree);
    assert_eq!(found.packages.len(), 7);
    for package in &found.packages {
        let path = package.found_at.as_bytes();
        let node = tree.node(&package.found_at);
        let again = catalog_file(&tree, package.ecosystem(), path, node, &Limits::default(), &mut Findings::new());
        assert_eq!(
            again.iter().map(|package| (&package.name, &package.version)).collect::<Vec<_>>(),
            [(&package.name, &package.version)],
            "{}",
            package.found_at
        );
    }
}

#[test]
fn only_claimed_files_are_opened() {
    let mut inner = status("Package: a\nStatus: install ok installed\nVersion: 1\n");
    for path in
        ["/usr/bin/python3", "/var/lib/dpkg/available", "/usr/lib/python3/dist-packages/a.py", "/conda-meta/state"]
    {
        inner.file(path, "x");
    }
    inner.file("/usr/lib/python3/dist-packages/a-1.dist-info/METADATA", "Name: a\nVersion: 1\n");
    inner.file("/usr/lib/python3/dist-packages/a-1.dist-info/RECORD", "x");
    let tree = Overlaid { inner, damaged: 0..0, opened: RefCell::default() };
    catalog(&tree);
    let expected = ["/var/lib/dpkg/status", "/usr/lib/python3/dist-packages/a-1.dist-info/METADATA"];
    let expected: Vec<NodeId> = expected.iter().map(|path| tree.inner.node(path)).collect();
    assert_eq!(*tree.opened.borrow(), expected);
}

#[test]
fn cancelling_ends_the_walk() {
    let tree = status("");
    let cancel = CancelToken::default();
    cancel.cancel();
    let result = catalog_tree(&tree, &Limits::default(), &cancel, &mut Findings::new(), &mut |_| {});
    assert!(result.unwrap_err().is_cancelled());
}

/// A tree that counts what is opened and whose files cannot be read in one range.
struct Overlaid {
    inner: MemoryTree,
    damaged: std::ops::Range<u64>,
    opened: RefCell<Vec<NodeId>>,
}

struct Damaged {
    inner: Rc<dyn ByteSource>,
    damaged: std::ops::Range<u64>,
}

impl ByteSource for Damaged {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if offset < self.damaged.end && self.damaged.start < offset + buf.len() as u64 {
            return Err(ReadError::io(&Place::new("bad sector"), "cannot be read"));
        }
        self.inner.read_exact_at(offset, buf)
    }
}

impl FileTree for Overlaid {
    fn root(&self) -> NodeId {
        self.inner.root()
    }

    fn place(&self, node: NodeId) -> Place {
        self.inner.place(node)
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        self.inner.stat(node, findings)
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        self.inner.list(directory, findings)
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        self.inner.xattrs(node, findings)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        self.inner.link_target(node, findings)
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        self.opened.borrow_mut().push(node);
        Ok(Rc::new(Damaged { inner: self.inner.open(node, findings)?, damaged: self.damaged.clone() }))
    }
}
