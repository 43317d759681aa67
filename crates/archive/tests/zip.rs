//! Zips unpacked by other programs: Info-ZIP's `unzip`, Python's `zipfile`, 7-Zip; those that are on this machine.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod many;

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use careen_archive::write::{Chunk, Export, Format, OnDamage, Piece, PieceState, Pieces, Selection};
use careen_evidence::{CancelToken, FileTree, Findings, Limits, MemoryTree, ReadError};

use crate::many::Many;

/// A folder of its own for a test, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn zip(tree: Rc<dyn FileTree>, file: &Path) {
    let selection = Selection { start: tree.root(), tree, name: Vec::new(), label: "test".into() };
    let (limits, cancel) = (Limits::default(), CancelToken::default());
    let mut export = Export::new(Format::Zip, vec![selection], OnDamage::Skip, &limits, &cancel).unwrap();
    let (mut out, mut chunk) = (File::create(file).unwrap(), Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk).unwrap();
        out.write_all(&chunk.archive).unwrap();
        if !goes_on {
            break;
        }
    }
}

/// Whether a program is there; a word when it is not.
fn has(program: &str) -> bool {
    let is_there = Command::new("sh").args(["-c", &format!("command -v {program}")]).output().unwrap().status.success();
    if !is_there {
        println!("skipped: {program} is not on this machine");
    }
    is_there
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

const UNPACK_WITH_PYTHON: &str =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; z.extractall(sys.argv[2])";

#[test]
fn others_unpack_what_was_packed() {
    let folder = folder("others");
    let mut tree = MemoryTree::new("disk");
    tree.file("/d/한글 이름.txt", "content");
    tree.file("/d/NUL", "device");
    tree.file("/d/a:b", "colon");
    tree.symlink("/d/link", "한글 이름.txt");
    tree.directory("/empty");
    tree.file("/zero", "");
    tree.file("/large", (0..9_000_000_u32).map(|at| (at / 7) as u8).collect::<Vec<u8>>());
    let run_me = tree.file("/run", "#!/bin/sh\n");
    tree.stat_mut(run_me, |stat| {
        stat.mode = 0o751;
        stat.mtime = careen_model::Timestamp { seconds: 1_700_000_001, nanoseconds: 0 };
    });
    let file = folder.join("a.zip");
    zip(Rc::new(tree), &file);
    let python = ["-c", UNPACK_WITH_PYTHON];
    for (program, arguments) in [("unzip", &["-q"][..]), ("7z", &["x", "-y"]), ("python3", &python)] {
        if !has(program) {
            continue;
        }
        let to = folder.join(program);
        let mut command = Command::new(program);
        command.args(arguments).arg(&file);
        match program {
            "unzip" => command.arg("-d").arg(&to),
            "7z" => command.arg(format!("-o{}", to.display())),
            _ => command.arg(&to),
        };
        run(&mut command);
        let read = |name: &str| fs::read(to.join(name)).unwrap_or_else(|error| panic!("{program}: {name}: {error}"));
        assert_eq!(read("d/한글 이름.txt"), b"content", "{program}");
        assert_eq!((read("d/_NUL"), read("d/a_b"), read("zero")), (b"device".into(), b"colon".into(), vec![]));
        assert!(read("large") == (0..9_000_000_u32).map(|at| (at / 7) as u8).collect::<Vec<u8>>());
        assert!(to.join("empty").is_dir());
        if program != "python3" {
            assert_eq!(fs::read_link(to.join("d/link")).unwrap(), Path::new("한글 이름.txt"), "{program}");
            use std::os::unix::fs::MetadataExt;
            let run_me = fs::metadata(to.join("run")).unwrap();
            assert_eq!((run_me.mode() & 0o777, run_me.mtime()), (0o751, 1_700_000_001), "{program}");
        }
    }
    if has("unzip") {
        run(Command::new("unzip").arg("-tq").arg(&file));
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What Python finds: number of entries, length of the first, whether its content has the right CRC, offset of the last.
const LOOK_WITH_PYTHON: &str = "
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
all = z.infolist()
last = all[-2]
assert z.read(last) == b'abc'
if len(sys.argv) > 2:
    with z.open(all[0]) as f:
        while f.read(1 << 24): pass
print(len(all), all[0].file_size, last.filename)
";

/// A small file, one that is dropped midway, and a large one whose size is not known before its end.
struct Made(u32, Findings);

impl Pieces for Made {
    fn next_piece(&mut self) -> Result<Option<Piece>, ReadError> {
        use PieceState::{Complete, Dropped, GoesOn};
        self.0 += 1;
        let (path, bytes, state) = match self.0 {
            1 => ("small/a.txt", b"abc".to_vec(), Complete),
            2 => ("lost", vec![1; 100_000], GoesOn),
            3 => ("lost", Vec::new(), Dropped),
            4..8 => ("large", vec![self.0 as u8; 1 << 20], GoesOn),
            8 => ("large", Vec::new(), Complete),
            _ => return Ok(None),
        };
        Ok(Some(Piece { path: path.to_owned(), bytes, mode: 0o755, state }))
    }

    fn findings(&self) -> &Findings {
        &self.1
    }

    fn missing(&self) -> u64 {
        1
    }
}

#[test]
fn others_unpack_what_came_in_pieces() {
    let folder = folder("pieces");
    let (file, mut bytes, mut chunk) = (folder.join("a.zip"), Vec::new(), Chunk::default());
    let mut export = Export::of_pieces(Box::new(Made(0, Findings::new())), &[]);
    while export.next(&mut chunk).unwrap() {
        bytes.append(&mut chunk.archive);
    }
    bytes.append(&mut chunk.archive);
    fs::write(&file, bytes).unwrap();
    let python = ["-c", UNPACK_WITH_PYTHON];
    for (program, arguments) in [("unzip", &["-q"][..]), ("7z", &["x", "-y"]), ("python3", &python)] {
        if !has(program) {
            continue;
        }
        let to = folder.join(program);
        let mut command = Command::new(program);
        command.args(arguments).arg(&file);
        match program {
            "unzip" => command.arg("-d").arg(&to),
            "7z" => command.arg(format!("-o{}", to.display())),
            _ => command.arg(&to),
        };
        run(&mut command);
        assert_eq!(fs::read(to.join("small/a.txt")).unwrap(), b"abc", "{program}");
        let large: Vec<u8> = (4..8).flat_map(|byte| vec![byte; 1 << 20]).collect();
        assert!(fs::read(to.join("large")).unwrap() == large, "{program}");
        assert!(!to.join("lost").exists(), "{program}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn more_entries_than_16_bits_can_count() {
    let folder = folder("many");
    let file = folder.join("many.zip");
    zip(Rc::new(Many { directories: 7, files: 10_000, large: 0 }), &file);
    if has("python3") {
        let said = run(Command::new("python3").args(["-c", LOOK_WITH_PYTHON]).arg(&file));
        assert_eq!(said.trim(), "70008 0 d0006/f0009999");
    }
    if has("7z") {
        let said = run(Command::new("7z").arg("t").arg(&file));
        assert!(said.contains("Files: 70001"), "{said}");
    }
    if has("unzip") {
        run(Command::new("unzip").arg("-tq").arg(&file));
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn files_of_more_than_4_gib() {
    let folder = folder("large");
    let file = folder.join("large.zip");
    // More than the fields of 32 bits hold, packed into some MiB.
    zip(Rc::new(Many { directories: 1, files: 2, large: (4 << 30) + 12_345 }), &file);
    assert!(fs::metadata(&file).unwrap().len() < 16 << 20);
    if has("python3") {
        let said = run(Command::new("python3").args(["-c", LOOK_WITH_PYTHON]).arg(&file).arg("read"));
        assert_eq!(said.trim(), format!("5 {} d0000/f0000001", (4_u64 << 30) + 12_345));
    }
    if has("7z") {
        run(Command::new("7z").arg("t").arg(&file));
    }
    fs::remove_dir_all(folder).unwrap();
}
