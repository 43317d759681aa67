//! What programs and archives tell of what they were built from.

use super::*;

/// An ELF file of 64 bits, little-endian, with these sections (name, address, content) and their names.
fn elf(sections: &[(&str, u64, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; 64];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    let mut names = vec![0];
    let mut headers = vec![[0; 64]];
    let mut place = |file: &mut Vec<u8>, name: &str, address: u64, content: &[u8], names: &mut Vec<u8>| {
        let mut header = [0; 64];
        header[..4].copy_from_slice(&(names.len() as u32).to_le_bytes());
        header[4] = 1; // PROGBITS
        header[16..24].copy_from_slice(&address.to_le_bytes());
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
        file.extend(content);
        names.extend(name.bytes().chain([0]));
        headers.push(header);
    };
    // Larger than what is taken for a program at all.
    place(&mut file, ".text", 0, &[0x90; 5000], &mut names);
    for (name, address, content) in sections {
        place(&mut file, name, *address, content, &mut names);
    }
    let all = [names.as_slice(), b".shstrtab\0"].concat();
    place(&mut file, ".shstrtab", 0, &all, &mut names);
    let table = file.len() as u64;
    file[0x28..0x30].copy_from_slice(&table.to_le_bytes());
    file[0x3a..0x3c].copy_from_slice(&64_u16.to_le_bytes());
    file[0x3c..0x3e].copy_from_slice(&(headers.len() as u16).to_le_bytes());
    file[0x3e..0x40].copy_from_slice(&(headers.len() as u16 - 1).to_le_bytes());
    file.extend(headers.concat());
    file
}

fn program(tree: &mut MemoryTree, path: &str, bytes: Vec<u8>) {
    let node = tree.file(path, bytes);
    tree.stat_mut(node, |stat| stat.mode = 0o755);
}

const MODULES: &str = "path\tx\nmod\texample.org/x\tv1.0.0\th1:a=\ndep\texample.org/y/v2\tv2.3.4\th1:b=\n";

fn marked(modules: &str) -> Vec<u8> {
    [&[b'<'; 16][..], modules.as_bytes(), &[b'>'; 16]].concat()
}

#[test]
fn go_programs_of_both_times_tell_their_modules() {
    let modules = marked(MODULES);
    let mut inline = b"\xff Go buildinf:\x08\x02".to_vec();
    inline.resize(32, 0);
    inline.extend([&[6][..], b"go1.22", &[modules.len() as u8], &modules].concat());
    // Before Go 1.18: addresses of strings, which are an address and a length.
    let (data, at) = (0x5000_u64, 0x6000_u64);
    let strings =
        [&[at + 32, 6, at + 38, modules.len() as u64].map(u64::to_le_bytes).concat()[..], b"go1.17", &modules].concat();
    let mut pointers = b"\xff Go buildinf:\x08\x00".to_vec();
    pointers.extend([at, at + 16].map(u64::to_le_bytes).concat());
    let mut tree = MemoryTree::new("test");
    program(&mut tree, "/bin/new", elf(&[(".go.buildinfo", data, &inline)]));
    program(&mut tree, "/bin/old", elf(&[(".go.buildinfo", data, &pointers), (".data", at, &strings)]));
    // Not executable, and so no program.
    tree.file("/bin/copy", elf(&[(".go.buildinfo", data, &inline)]));
    let (found, codes) = catalog(&tree);
    let told: Vec<_> = found.packages.iter().map(|it| format!("{} {} {}", it.name, it.version, it.found_at)).collect();
    assert_eq!(
        told,
        [
            "example.org/x v1.0.0 /bin/new",
            "example.org/x v1.0.0 /bin/old",
            "example.org/y/v2 v2.3.4 /bin/new",
            "example.org/y/v2 v2.3.4 /bin/old",
            "stdlib 1.17 /bin/old",
            "stdlib 1.22 /bin/new",
        ]
    );
    assert_eq!((found.ecosystems, codes), (vec![Ecosystem::Go], vec![]));
}

#[test]
fn a_go_program_cut_short_is_told() {
    let mut tree = MemoryTree::new("test");
    program(&mut tree, "/bin/a", elf(&[(".go.buildinfo", 0x5000, b"\xff Go buildinf:\x08\x02")]));
    let mut far = b"\xff Go buildinf:\x08\x00".to_vec();
    far.extend([0xffff_ffff_ffff_fff0_u64, 0].map(u64::to_le_bytes).concat());
    program(&mut tree, "/bin/b", elf(&[(".go.buildinfo", 0x5000, &far)]));
    assert_eq!(catalog(&tree).1, ["package-record-lost", "package-record-lost"]);
}

#[test]
fn rust_programs_tell_their_crates() {
    let json = br#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io","kind":"build"},
        {"name":"own","version":"0.1.0","source":"local","dependencies":[0,9],"root":true}]}"#;
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(json, 6);
    let mut tree = MemoryTree::new("test");
    program(&mut tree, "/bin/r", elf(&[(".dep-v0", 0, &packed)]));
    program(&mut tree, "/bin/broken", elf(&[(".dep-v0", 0, b"nonsense")]));
    let (found, codes) = catalog(&tree);
    let told: Vec<_> = found.packages.iter().map(|it| (it.purl.as_str(), it.values())).collect();
    assert_eq!(
        told,
        [("pkg:cargo/a@1.0.0", vec!["build", "crates.io"]), ("pkg:cargo/own@0.1.0", vec!["root", "local"])]
    );
    assert_eq!(found.packages[1].declared.requires, ["a"]);
    assert_eq!(codes, ["package-record-lost"]);
}

#[test]
fn a_program_that_cannot_be_read_is_told() {
    let mut inner = MemoryTree::new("test");
    program(&mut inner, "/bin/a", elf(&[(".go.buildinfo", 0x5000, b"\xff Go buildinf:\x08\x02")]));
    let tree = Overlaid { inner, damaged: 0..64, opened: RefCell::default() };
    let mut findings = Findings::new();
    let found = catalog_tree(&tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
    assert!(found.packages.is_empty());
    assert_eq!(findings.list().len(), 1);
    assert!(findings.list()[0].place.to_string().contains("bad sector"), "{:?}", findings.list());
}

#[test]
fn files_that_only_look_like_programs_tell_nothing() {
    let mut tree = MemoryTree::new("test");
    let whole = elf(&[(".go.buildinfo", 0, b"x")]);
    for (at, length) in [4, 64, 5000, whole.len() - 1].into_iter().enumerate() {
        let mut cut = whole[..length].to_vec();
        cut.resize(length.max(5000), 0);
        program(&mut tree, &format!("/bin/{at}"), cut);
    }
    let mut wild = whole;
    wild[0x28..0x30].fill(0xff);
    program(&mut tree, "/bin/wild", wild);
    assert_eq!(catalog(&tree), (Found::default(), vec![]));
}

/// A zip archive; entries are deflated unless they are archives.
fn zip(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let method: u16 = if name.ends_with("ar") { 0 } else { 8 };
        let packed = if method == 0 { content.clone() } else { miniz_oxide::deflate::compress_to_vec(content, 6) };
        let sizes = [packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let lengths = [(name.len() as u16), 0].map(u16::to_le_bytes).concat();
        // Version, flags, method, time, date, checksum (not looked at), sizes, lengths.
        let common = [&[20, 0, 0, 0][..], &method.to_le_bytes(), &[0; 8], &sizes, &lengths].concat();
        let offset = file.len() as u32;
        file.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat());
        directory
            .extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat());
    }
    let (start, length) = (file.len() as u32, directory.len() as u32);
    let count = entries.len() as u16;
    file.extend(directory);
    file.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &[count, count].map(u16::to_le_bytes).concat(),
            &[length, start].map(u32::to_le_bytes).concat(),
            &[0, 0],
        ]
        .concat(),
    );
    file
}

fn pom(artifact: &str, version: &str) -> (String, Vec<u8>) {
    let text = format!("groupId=org.x\nartifactId={artifact}\nversion={version}\n");
    (format!("META-INF/maven/org.x/{artifact}/pom.properties"), text.into_bytes())
}

#[test]
fn archives_within_archives_are_opened() {
    let (path, properties) = pom("inner", "2.0");
    let inner = zip(&[(&path, properties)]);
    let bundle = zip(&[("META-INF/MANIFEST.MF", b"Bundle-SymbolicName: org.y.plain\nBundle-Version: 3.1\n".to_vec())]);
    let (own_path, own) = pom("app", "1.0");
    let app = zip(&[
        (&own_path, own),
        ("BOOT-INF/lib/inner-2.0.jar", inner.clone()),
        ("BOOT-INF/lib/plain.jar", bundle),
        ("BOOT-INF/lib/broken.jar", b"no archive".to_vec()),
    ]);
    let mut tree = MemoryTree::new("test");
    // A script that starts the archive stands before it.
    tree.file("/app/app-1.0.jar", [b"#!/bin/sh\nexec java\n", app.as_slice()].concat());
    tree.file("/app/named-4.5-SNAPSHOT.war", zip(&[]));
    tree.file("/app/unversioned.jar", zip(&[]));
    tree.file("/app/empty.jar", "");
    let (found, codes) = catalog(&tree);
    let told: Vec<_> = found.packages.iter().map(|it| format!("{} {}", it.purl, it.value("archive"))).collect();
    assert_eq!(
        told,
        [
            "pkg:maven/org.x/app@1.0 ",
            "pkg:maven/org.x/inner@2.0 BOOT-INF/lib/inner-2.0.jar",
            "pkg:maven/named@4.5-SNAPSHOT ",
            "pkg:maven/org.y/plain@3.1 BOOT-INF/lib/plain.jar",
        ]
    );
    assert_eq!(codes, ["package-record-lost"]);
}

#[test]
fn an_archive_that_holds_itself_ends() {
    let mut archive = zip(&[("META-INF/MANIFEST.MF", b"Implementation-Version: 1\n".to_vec())]);
    for _ in 0..10 {
        archive = zip(&[("lib/a.jar", archive)]);
    }
    let mut tree = MemoryTree::new("test");
    tree.file("/a.jar", archive);
    assert_eq!(catalog(&tree).1, ["package-record-lost"]);
}

#[test]
fn sizes_that_an_archive_only_claims_cost_nothing() {
    let mut archive = zip(&[("META-INF/MANIFEST.MF", vec![b' '; 4 << 20])]);
    let mut tree = MemoryTree::new("test");
    tree.file("/large.jar", &archive);
    // The length of the directory, in the end of it.
    let at = archive.len() - 10;
    archive[at..at + 4].fill(0xff);
    tree.file("/wild.jar", archive);
    let (found, codes) = catalog(&tree);
    assert_eq!((found.packages.len(), codes), (0, vec!["package-record-lost", "package-record-lost"]));
}
