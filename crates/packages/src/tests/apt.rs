//! dpkg's database.

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
    assert_eq!(found.ecosystems, [Ecosystem::Apt, Ecosystem::Os]);
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
        declared: Declared::default(),
        details,
    };
    let package = found.packages.iter().find(|package| package.ecosystem() == Ecosystem::Apt);
    assert_eq!(package, Some(&expected));
}

#[test]
fn what_apt_installed_for_others_is_told() {
    let stanza = |name: &str, architecture: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: {architecture}\nMaintainer: M <m@x>\nDepends: c\nVersion: 1\n\n"
        )
    };
    let text = stanza("a", "amd64") + &stanza("a", "i386") + &stanza("b", "all");
    let mut tree = status(&text);
    let requested = |tree: &MemoryTree| {
        let (found, _) = catalog(tree);
        found.packages.iter().map(|package| package.declared.requested).collect::<Vec<_>>()
    };
    assert_eq!(requested(&tree), [None, None, None]);
    let states = "Package: a\nArchitecture: i386\nAuto-Installed: 1\n\nPackage: b\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: a\nArchitecture: amd64\nAuto-Installed: 0\n";
    tree.file("/var/lib/apt/extended_states", states);
    assert_eq!(requested(&tree), [Some(true), Some(false), Some(false)]);
    let declared = &catalog(&tree).0.packages[0].declared;
    assert_eq!((declared.supplier.as_str(), declared.requires.as_slice()), ("M <m@x>", ["c".to_owned()].as_slice()));
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
    let found = catalog_tree(&tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
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
        found.packages.iter().all(|package| package.name == format!("p{:04}", package.version.parse::<u32>().unwrap()))
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
