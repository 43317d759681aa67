//! Ecosystems whose records are text, each in a tree as its own tools leave it.

use super::*;

/// `purl values found_at` of every package.
fn told(tree: &MemoryTree) -> (Vec<String>, Vec<&'static str>) {
    let (found, codes) = catalog(tree);
    let told = found.packages.iter().map(|it| format!("{} {} {}", it.purl, it.values().join(","), it.found_at));
    (told.collect(), codes)
}

#[test]
fn node_modules_are_told_apart_from_what_is_only_locked() {
    let mut tree = MemoryTree::new("test");
    tree.file("/app/package.json", r#"{"name":"app","version":"1.0.0"}"#);
    tree.file("/app/package-lock.json", r#"{"packages":{"node_modules/a":{"version":"1.0.0"}}}"#);
    tree.file("/app/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    tree.file("/app/node_modules/a/package-lock.json", "{");
    tree.file("/app/node_modules/a/lib/package.json", "{");
    tree.file("/app/node_modules/a/node_modules/@s/b/package.json", r#"{"name":"@s/b","version":"2.0.0"}"#);
    tree.file("/app/node_modules/broken/package.json", "{");
    tree.file("/srv/yarn.lock", "c@^1:\n  version \"1.1.0\"\n");
    assert_eq!(
        told(&tree),
        (
            vec![
                "pkg:npm/%40s/b@2.0.0 installed,/app/node_modules/a /app/node_modules/a/node_modules/@s/b/package.json"
                    .into(),
                "pkg:npm/a@1.0.0 installed,/app /app/node_modules/a/package.json".into(),
                "pkg:npm/a@1.0.0 locked,/app /app/package-lock.json".into(),
                "pkg:npm/c@1.1.0 locked,/srv /srv/yarn.lock".into(),
            ],
            vec!["package-record-lost"]
        )
    );
}

#[test]
fn a_module_may_be_a_link_to_a_directory_that_is_no_module() {
    let mut tree = MemoryTree::new("test");
    tree.file("/app/packages/one/package.json", r#"{"name":"@s/one","version":"1.0.0"}"#);
    tree.symlink("/app/node_modules/@s/one", "../../packages/one");
    tree.file("/app/node_modules/.pnpm/a@2.0.0/node_modules/a/package.json", r#"{"name":"a","version":"2.0.0"}"#);
    tree.symlink("/app/node_modules/a", ".pnpm/a@2.0.0/node_modules/a");
    tree.symlink("/app/node_modules/nowhere", "../gone");
    tree.symlink("/app/node_modules/itself", "itself");
    let (found, codes) = told(&tree);
    let expected = [
        "pkg:npm/%40s/one@1.0.0 linked,/app /app/node_modules/@s/one/package.json",
        "pkg:npm/a@2.0.0 installed,/app/node_modules/.pnpm/a@2.0.0 /app/node_modules/.pnpm/a@2.0.0/node_modules/a/package.json",
    ];
    assert_eq!((found.as_slice(), codes), (expected.map(str::to_owned).as_slice(), vec![]));
}

#[test]
fn what_python_projects_ask_for_is_apart_from_what_is_installed() {
    let mut tree = MemoryTree::new("test");
    tree.file("/app/requirements.txt", "Flask_X==2.0\nrequests>=2\n");
    tree.file("/app/Pipfile.lock", "{");
    tree.file("/usr/lib/python3/site-packages/x/requirements.txt", "y==1\n");
    let expected = [
        "pkg:pypi/flask-x@2.0 locked,==2.0,/app /app/requirements.txt",
        "pkg:pypi/requests locked,>=2,/app /app/requirements.txt",
    ];
    let (found, codes) = told(&tree);
    assert_eq!((found.as_slice(), codes), (expected.map(str::to_owned).as_slice(), vec!["package-record-lost"]));
    assert!(catalog(&tree).0.packages.iter().all(|package| !package.is_installed()));
}

#[test]
fn libraries_of_dotnet_are_told_by_their_list() {
    let mut tree = MemoryTree::new("test");
    let text = "\u{feff}{\"libraries\":{\"App/1.0.0\":{\"type\":\"project\"},\"A.B/2.1.0\":{\"type\":\"package\",\"sha512\":\"sha512-AAE=\"}}}";
    tree.file("/app/App.deps.json", text);
    tree.file("/app/Bad.deps.json", "[");
    let (found, codes) = catalog(&tree);
    assert_eq!(found.packages[0].purl, "pkg:nuget/A.B@2.1.0");
    assert_eq!(
        (found.packages[0].declared.digest.as_str(), found.packages[0].values()),
        ("sha512:0001", vec!["package"])
    );
    assert_eq!((found.packages.len(), codes), (2, vec!["package-record-lost"]));
}

#[test]
fn composer_of_both_versions_is_read() {
    let mut tree = MemoryTree::new("test");
    tree.file("/a/vendor/composer/installed.json", r#"[{"name":"V/One","version":"v1.0","license":["MIT"]}]"#);
    let two = r#"{"packages":[{"name":"v/two","version":"2.0","require":{"php":">=8","v/one":"^1"}}],"dev-package-names":["v/two"]}"#;
    tree.file("/b/vendor/composer/installed.json", two);
    tree.file(
        "/c/composer.lock",
        r#"{"packages":[{"name":"v/c","version":"3"}],"packages-dev":[{"name":"v/d","version":"4"}]}"#,
    );
    tree.file("/d/vendor/composer/installed.json", "{}");
    assert_eq!(
        told(&tree),
        (
            vec![
                "pkg:composer/v/one@v1.0 installed,/a/vendor /a/vendor/composer/installed.json".into(),
                "pkg:composer/v/c@3 locked,/c /c/composer.lock".into(),
                "pkg:composer/v/d@4 locked,/c /c/composer.lock".into(),
                "pkg:composer/v/two@2.0 installed for development,/b/vendor /b/vendor/composer/installed.json".into(),
            ],
            vec!["package-record-lost"]
        )
    );
}

#[test]
fn only_built_libraries_of_r_are_installed() {
    let mut tree = MemoryTree::new("test");
    let built = "Package: ggplot2\nVersion: 3.4.0\nImports: cli,\n  rlang (>= 1.0)\nDepends: R (>= 3.3)\nLicense: MIT + file LICENSE\nRepository: CRAN\nBuilt: R 4.2.2; ; 2023-01-01 00:00:00 UTC; unix\n";
    tree.file("/usr/local/lib/R/site-library/ggplot2/DESCRIPTION", built);
    tree.file("/src/ggplot2/DESCRIPTION", "Package: ggplot2\nVersion: 3.4.1\n");
    tree.file("/usr/local/lib/R/site-library/00LOCK-ggplot2/ggplot2/DESCRIPTION", built);
    tree.file("/usr/lib/R/library/bad/DESCRIPTION", "Package: bad\nBuilt: R 4\n");
    tree.file("/etc/apt/DESCRIPTION", "something else");
    let (found, codes) = catalog(&tree);
    let [package] = found.packages.as_slice() else { panic!("{:?}", found.packages) };
    assert_eq!(package.purl, "pkg:cran/ggplot2@3.4.0");
    assert_eq!(package.values(), ["CRAN", "R 4.2.2", "/usr/local/lib/R/site-library"]);
    assert_eq!(package.declared.requires, ["cli", "rlang"]);
    assert_eq!(codes, ["package-record-lost"]);
}

#[test]
fn the_system_and_its_tools_tell_their_versions() {
    let mut tree = MemoryTree::new("test");
    tree.file("/usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\nNAME=\"Debian GNU/Linux\"\n");
    tree.symlink("/etc/os-release", "../usr/lib/os-release");
    tree.file("/usr/lib/modules/6.1.0-13-amd64/modules.dep", "");
    tree.file("/opt/freesurfer/build-stamp.txt", "freesurfer-linux-centos7_x86_64-7.2.0-20210720-aa8f76b\n");
    tree.file("/usr/local/fsl/etc/fslversion", "6.0.5.1:57b01774\n");
    tree.file("/opt/ants-2.4.4/bin/antsRegistration", "");
    tree.file("/usr/lib/jvm/java-17/release", "JAVA_VERSION=\"17.0.9\"\n");
    tree.file("/opt/other/release", "1.0\n");
    assert_eq!(
        told(&tree),
        (
            vec![
                "pkg:generic/ants@2.4.4 /opt/ants-2.4.4 /opt/ants-2.4.4/bin/antsRegistration".into(),
                "pkg:generic/debian@12 release /etc/os-release".into(),
                "pkg:generic/freesurfer@7.2.0 /opt/freesurfer /opt/freesurfer/build-stamp.txt".into(),
                "pkg:generic/fsl@6.0.5.1 /usr/local/fsl /usr/local/fsl/etc/fslversion".into(),
                "pkg:generic/java@17.0.9 /usr/lib/jvm/java-17 /usr/lib/jvm/java-17/release".into(),
                "pkg:generic/linux@6.1.0-13-amd64 kernel /usr/lib/modules/6.1.0-13-amd64".into(),
            ],
            vec![]
        )
    );
}

#[test]
fn what_is_read_in_a_walk_is_read_again_by_its_path() {
    let mut tree = MemoryTree::new("test");
    tree.file("/app/node_modules/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    tree.file("/app/App.deps.json", r#"{"libraries":{"A.B/2.1.0":{"type":"package"}}}"#);
    tree.file("/a/vendor/composer/installed.json", r#"[{"name":"v/one","version":"1.0"}]"#);
    tree.file("/g/specifications/g-1.gemspec", "# stub: g 1 ruby lib\n");
    tree.file("/l/rocks-5.1/l/1-1/l-1-1.rockspec", "");
    tree.file("/j/Manifest.toml", "[[deps.J]]\nversion = \"1.0.0\"\n");
    tree.file("/p/perllocal.pod", "=head2 x: C<Module> L<P|P>\nC<VERSION: 1>\n");
    tree.file("/r/R/DESCRIPTION", "Package: R\nVersion: 1\nBuilt: R 4; x\n");
    tree.file("/usr/local/fsl/etc/fslversion", "6.0.5\n");
    tree.file("/lib/modules/6.1/x", "");
    tree.file("/etc/os-release", "ID=x\n");
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (11, vec![]));
    for package in found.packages {
        let (path, node) = (package.found_at.as_bytes(), tree.node(&package.found_at));
        let again = catalog_file(&tree, package.ecosystem(), path, node, &Limits::default(), &mut Findings::new());
        assert_eq!(again, [package]);
    }
}
