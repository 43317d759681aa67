//! Which package owns a file, and what became of it.

use super::*;

/// `state path package` of every file of the tree, files that are records themselves left out.
fn told(tree: &MemoryTree) -> Vec<String> {
    let (found, _) = catalog(tree);
    let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
    let ownership = Ownership::of(tree, &found.packages, &limits, &cancel, &mut findings).unwrap();
    let files = ownership.files(tree, &|_| true, &limits, &cancel, &mut findings, &mut |_| {}).unwrap();
    assert!(findings.list().is_empty(), "{:?}", findings.list());
    let is_record =
        |path: &str| path.starts_with("/var/lib/") || path.contains("-info/") || path.contains("/conda-meta/");
    files
        .iter()
        .filter(|file| !is_record(&file.path))
        .map(|file| {
            let configuration = if file.configuration { " configuration" } else { "" };
            format!("{:?} {} {}{configuration}", file.state, file.path, file.package.as_deref().unwrap_or("-"))
        })
        .collect()
}

/// The same of one package, asked for by itself.
fn told_of(tree: &MemoryTree, name: &str) -> Vec<String> {
    let (found, _) = catalog(tree);
    let owner = found.packages.iter().position(|package| package.name == name).unwrap();
    let (limits, cancel, mut findings) = (Limits::default(), CancelToken::default(), Findings::new());
    let ownership = Ownership::of(tree, &found.packages, &limits, &cancel, &mut findings).unwrap();
    let files = ownership.files_of(owner, tree, &limits, &cancel, &mut findings).unwrap();
    assert!(findings.list().is_empty(), "{:?}", findings.list());
    files.iter().map(|file| format!("{:?} {}", file.state, file.path)).collect()
}

/// The digest of `abc`.
const MD5: &str = "900150983cd24fb0d6963f7d28e17f72";

#[test]
fn dpkg_lists_files_their_digests_and_configuration() {
    let mut tree = status(format!(
        "Package: a\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nConffiles:\n /etc/a.conf {MD5}\n /etc/old {MD5} obsolete\nVersion: 1\n"
    ));
    tree.file(
        "/var/lib/dpkg/info/a:amd64.list",
        "/.\n/bin\n/bin/a\n/usr/share/doc/a\n/usr/lib/a.so\n/etc/a.conf\n/usr/gone\n",
    );
    tree.file("/var/lib/dpkg/info/a:amd64.md5sums", format!("{MD5}  bin/a\n{MD5}  usr/lib/a.so\n{MD5}  usr/gone\n"));
    // The list names /bin/a; the tree has it in /usr/bin.
    tree.symlink("/bin", "usr/bin");
    tree.file("/usr/bin/a", "abc");
    tree.file("/usr/lib/a.so", "other");
    tree.file("/etc/a.conf", "mine");
    tree.file("/home/x", "x");
    assert_eq!(
        told(&tree),
        [
            "Owned /bin a",
            "Changed /etc/a.conf a configuration",
            "Unowned /home/x -",
            "Owned /usr/bin/a a",
            "Changed /usr/lib/a.so a",
            "Missing /usr/gone a",
        ]
    );
    let of_a = ["Owned /bin", "Changed /etc/a.conf", "Owned /usr/bin/a", "Missing /usr/gone", "Changed /usr/lib/a.so"];
    assert_eq!(told_of(&tree, "a"), of_a);
}

#[test]
fn python_and_conda_list_files_from_their_own_directories() {
    let mut tree = MemoryTree::new("test");
    // The sha256 of `abc`, as base64.
    let sha = "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    let site = "/e/lib/python3.9/site-packages";
    tree.file(&format!("{site}/p-1.dist-info/METADATA"), "Name: p\nVersion: 1\n");
    let record = format!("p.py,sha256={sha},3\n\"q,r.py\",sha256={sha},3\n../../../bin/p,,\np-1.dist-info/RECORD,,\n");
    tree.file(&format!("{site}/p-1.dist-info/RECORD"), record);
    tree.file(&format!("{site}/p.py"), "abc");
    tree.file(&format!("{site}/q,r.py"), "changed");
    tree.file("/e/bin/p", "x");
    let digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let json = format!(
        r#"{{"name":"c","version":"1","files":["lib/c","lib/d"],"paths_data":{{"paths":[{{"_path":"lib/c","sha256":"{digits}"}}]}}}}"#
    );
    tree.file("/e/conda-meta/c-1-0.json", json);
    tree.file("/e/lib/c", "abcd");
    tree.file("/e/lib/d", "");
    assert_eq!(
        told(&tree),
        [
            "Owned /e/bin/p p",
            "Changed /e/lib/c c",
            "Owned /e/lib/d c",
            "Owned /e/lib/python3.9/site-packages/p.py p",
            "Changed /e/lib/python3.9/site-packages/q,r.py p",
        ]
    );
}

#[test]
fn modules_own_their_directories_and_the_system_comes_first() {
    let mut tree = status("Package: node-a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n");
    tree.file("/var/lib/dpkg/info/node-a.list", "/usr/share/nodejs/a/index.js\n");
    tree.file("/usr/share/nodejs/a/package.json", r#"{"name":"a","version":"1.0.0"}"#);
    tree.file("/usr/share/nodejs/a/index.js", "");
    tree.file("/app/node_modules/b/package.json", r#"{"name":"b","version":"1.0.0"}"#);
    tree.file("/app/node_modules/b/lib/b.js", "");
    tree.file("/app/main.js", "");
    tree.file("/app/node_modules/b/node_modules/c/package.json", r#"{"name":"c","version":"1.0.0"}"#);
    assert_eq!(told_of(&tree, "b"), ["Owned /app/node_modules/b/lib/b.js", "Owned /app/node_modules/b/package.json"]);
    assert_eq!(
        told(&tree),
        [
            "Unowned /app/main.js -",
            "Owned /app/node_modules/b/lib/b.js b",
            "Owned /app/node_modules/b/node_modules/c/package.json c",
            "Owned /app/node_modules/b/package.json b",
            "Owned /usr/share/nodejs/a/index.js node-a",
            "Owned /usr/share/nodejs/a/package.json a",
        ]
    );
}

#[test]
fn apk_knows_the_digest_of_each_file() {
    let mut tree = MemoryTree::new("test");
    // The sha1 of `abc`.
    let text = "P:a\nV:1\nF:bin\nR:a\nZ:Q1qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\nR:b\nZ:Q1qZk+NkcGgWq6PiVxeFDCbJzQ2J0=\n";
    tree.file("/lib/apk/db/installed", text);
    tree.file("/bin/a", "abc");
    tree.file("/bin/b", "abd");
    assert_eq!(told(&tree), ["Owned /bin/a a", "Changed /bin/b a", "Unowned /lib/apk/db/installed -"]);
}

#[test]
fn links_in_a_ring_end() {
    let mut tree = status("Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n");
    tree.file("/var/lib/dpkg/info/a.list", "/x/y/z/file\n/y/file\n");
    tree.symlink("/x", "y");
    tree.symlink("/y", "x");
    assert_eq!(told(&tree), ["Unowned /x -", "Unowned /y -"]);
}
