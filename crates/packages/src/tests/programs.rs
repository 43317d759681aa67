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

/// A program of Windows of 64 bits, made for the address 0x400000, with these sections (name, address behind it,
/// `Characteristics`, content), each filled up to 512 bytes.
fn pe(sections: &[(&str, u32, u32, &[u8])]) -> Vec<u8> {
    let mut file = vec![0; 0x40];
    file[..2].copy_from_slice(b"MZ");
    file[0x3c] = 0x40; // e_lfanew
    file.extend(b"PE\0\0");
    let mut coff = vec![0; 20];
    coff[2] = sections.len() as u8; // NumberOfSections
    coff[16] = 240; // SizeOfOptionalHeader
    let mut optional = vec![0; 240];
    optional[..2].copy_from_slice(&0x20b_u16.to_le_bytes());
    optional[24..32].copy_from_slice(&0x40_0000_u64.to_le_bytes()); // ImageBase
    file.extend([coff, optional].concat());
    let mut at = 0x2000;
    let mut content = Vec::new();
    for (name, address, characteristics, bytes) in sections {
        let mut entry = [0; 40];
        entry[..name.len()].copy_from_slice(name.as_bytes());
        let filled = bytes.len().next_multiple_of(512);
        let numbers = [bytes.len() as u32, *address, filled as u32, at].map(u32::to_le_bytes).concat();
        entry[8..24].copy_from_slice(&numbers);
        entry[36..].copy_from_slice(&characteristics.to_le_bytes());
        file.extend(entry);
        content.extend(*bytes);
        content.resize(content.len() + filled - bytes.len(), 0xee);
        at += filled as u32;
    }
    file.resize(0x2000, 0);
    [file, content].concat()
}

/// A program of macOS with one segment that may be written, and these sections (name, address, content).
fn mach_o(sections: &[(&str, u64, &[u8])], is_64: bool, big_endian: bool) -> Vec<u8> {
    let n32 = |number: u32| if big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
    let word = |number: u64| match (is_64, big_endian) {
        (true, true) => number.to_be_bytes().to_vec(),
        (true, false) => number.to_le_bytes().to_vec(),
        (false, _) => n32(number as u32).to_vec(),
    };
    let name = |name: &str| [name.as_bytes(), &[0; 16]].concat()[..16].to_vec();
    let mut entries = Vec::new();
    let mut content = Vec::new();
    for (section, address, bytes) in sections {
        let at = 0x2000 + content.len() as u32;
        entries.extend(
            [name(section), name("__DATA"), word(*address), word(bytes.len() as u64), n32(at).to_vec()].concat(),
        );
        entries.extend(vec![0; if is_64 { 28 } else { 24 }]);
        content.extend(*bytes);
    }
    let (kind, protection) = (if is_64 { 0x19 } else { 1 }, [3, 3, sections.len() as u32, 0].map(n32).concat());
    let addresses = vec![0; if is_64 { 32 } else { 16 }];
    let rest = [name("__DATA"), addresses, protection, entries].concat();
    let segment = [&n32(kind)[..], &n32(rest.len() as u32 + 8), &rest].concat();
    // A command of another kind before it: LC_UUID.
    let commands = [&n32(0x1b)[..], &n32(24), &[7; 16], &segment].concat();
    let magic = if is_64 { 0xfeed_facf_u32 } else { 0xfeed_face };
    let mut file = [magic, 7, 3, 2, 2, commands.len() as u32, 0].map(n32).concat();
    file.extend(vec![0; if is_64 { 4 } else { 0 }]);
    file.extend(commands);
    file.resize(0x2000, 0);
    [file, content].concat()
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

#[test]
fn programs_of_other_systems_tell_the_same() {
    let modules = marked(MODULES);
    let mut inline = b"\xff Go buildinf:\x08\x02".to_vec();
    inline.resize(32, 0);
    inline.extend([&[6][..], b"go1.22", &[modules.len() as u8], &modules].concat());
    // Before Go 1.18, and the strings stand in another section.
    let at = 0x40_3000_u64;
    let strings =
        [&[at + 32, 6, at + 38, modules.len() as u64].map(u64::to_le_bytes).concat()[..], b"go1.17", &modules].concat();
    let mut pointers = b"\xff Go buildinf:\x08\x00".to_vec();
    pointers.extend([at, at + 16].map(u64::to_le_bytes).concat());
    let json = br#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io"}]}"#;
    let crates = miniz_oxide::deflate::compress_to_vec_zlib(json, 6);
    // Code; data to be read; data to be written.
    let (code, read, write) = (0x6000_0020, 0x4000_0040, 0xc060_0040);
    let mut tree = MemoryTree::new("test");
    // Programs of Windows need no permission.
    tree.file(
        "/dist/new.exe",
        pe(&[(".text", 0x1000, code, b"x"), (".rdata", 0x2000, read, b"x"), (".data", 0x3000, write, &inline)]),
    );
    tree.file("/dist/old.exe", pe(&[(".data", 0x2000, write, &pointers), (".rdata", 0x3000, read, &strings)]));
    tree.file("/dist/rust.exe", pe(&[(".dep-v0", 0x2000, read, &crates)]));
    program(
        &mut tree,
        "/dist/mac-64",
        mach_o(&[("__text", 0x1000, b"x"), ("__go_buildinfo", 0x2000, &inline)], true, false),
    );
    program(&mut tree, "/dist/mac-ppc", mach_o(&[("__go_buildinfo", 0x2000, &inline)], false, true));
    program(&mut tree, "/dist/mac-rust", mach_o(&[(".dep-v0", 0x1000, &crates)], true, false));
    // For two processors: the first of them begins at 0x1000.
    let mut fat = [0xcafe_babe_u32, 2, 7, 3, 0x1000, 0x4000, 12].map(u32::to_be_bytes).concat();
    fat.resize(0x1000, 0);
    fat.extend(mach_o(&[("__go_buildinfo", 0x2000, &inline)], true, false));
    program(&mut tree, "/dist/mac-fat", fat);
    // No programs: a class of Java, one of DOS.
    program(&mut tree, "/dist/class", [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61][..], &[0; 5000]].concat());
    program(&mut tree, "/dist/dos.exe", [&b"MZ"[..], &[0xff; 5000]].concat());
    let (found, codes) = catalog(&tree);
    let told = |name: &str| -> Vec<_> {
        let all = found.packages.iter().filter(|it| it.found_at == format!("/dist/{name}"));
        all.map(|it| (it.name.as_str(), it.version.as_str())).collect()
    };
    let modules = [("example.org/x", "v1.0.0"), ("example.org/y/v2", "v2.3.4")];
    for name in ["new.exe", "old.exe", "mac-64", "mac-ppc", "mac-fat"] {
        let go = if name == "old.exe" { "1.17" } else { "1.22" };
        assert_eq!(told(name), [&modules[..], &[("stdlib", go)]].concat(), "{name}");
    }
    for name in ["rust.exe", "mac-rust"] {
        assert_eq!(told(name), [("a", "1.0.0")], "{name}");
    }
    assert_eq!((found.packages.len(), codes), (17, vec![]));
}

#[test]
fn programs_of_other_systems_may_be_cut_anywhere() {
    let whole = [
        pe(&[(".data", 0x2000, 0xc000_0040, b"\xff Go buildinf:")]),
        mach_o(&[("__go_buildinfo", 0x2000, b"\xff Go buildinf:\x08\x02")], true, false),
        [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2][..], &[0xff; 4200]].concat(),
    ];
    for whole in whole {
        for length in (4096..whole.len()).step_by(97).chain([whole.len()]) {
            let mut tree = MemoryTree::new("test");
            program(&mut tree, "/bin/x", whole[..length].to_vec());
            assert!(catalog(&tree).0.packages.is_empty());
        }
        // Every field of the head as large as it can be.
        for at in 0..400.min(whole.len() - 4) {
            let mut bytes = whole.clone();
            bytes[at..at + 4].copy_from_slice(&[0xff; 4]);
            let mut tree = MemoryTree::new("test");
            program(&mut tree, "/bin/x", bytes);
            assert!(catalog(&tree).0.packages.is_empty());
        }
    }
}
