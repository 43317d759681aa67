//! `cargo xtask e2fsprogs DIR`: the damaged filesystems of e2fsprogs' own test suite (its folder `tests/`, unpacked by
//! `apt-get source e2fsprogs`), read by Careen and by whatever other readers are on this machine.
//!
//! For each image: how Careen ended and after how long, how many files each reader gives in full, and the files that
//! another reader gives and Careen does not, with what Careen says of them, or gives with other content. The others get
//! the disk with its journal replayed by e2fsck, since most of them replay none. An image on which Careen neither opens
//! nor refuses with a reason, takes more than two seconds of processor time or more than a gigabyte of memory, is a failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::command::{self, find, tool};

/// What Careen may take for one image: seconds of processor time and bytes; the system ends it at these.
const PROCESSOR: &str = "--cpu=2";
const MEMORY: &str = "--as=1073741824";

/// Files by path with their sha256.
type Files = BTreeMap<String, String>;

/// Name of another reader, the program it needs, and a shell command that puts the files of `$1` into the folder `$2`;
/// `$LIMIT` ends the reader after a while.
const PEERS: [(&str, &str, &str); 5] = [
    ("debugfs", "debugfs", "$LIMIT debugfs -R \"rdump / $2\" \"$1\" || $LIMIT debugfs -c -R \"rdump / $2\" \"$1\""),
    ("7-zip", "7z", "$LIMIT 7z x -tExt -y \"-o$2\" \"$1\"; rm -rf \"$2/[SYS]\""),
    ("sleuth", "tsk_recover", "$LIMIT tsk_recover -a \"$1\" \"$2\"; rm -rf \"$2/\\$OrphanFiles\""),
    ("ext4-view", "sh", "$LIMIT \"$XTASK\" ext4-view \"$1\" \"$2\""),
    (
        "kernel",
        "mount",
        "cp \"$1\" \"$1.copy\" && mkdir \"$1.mnt\" && mount -o ro,loop,errors=continue \"$1.copy\" \"$1.mnt\" && \
         $LIMIT cp -r --preserve=mode \"$1.mnt/.\" \"$2\"; umount \"$1.mnt\"; rmdir \"$1.mnt\"; rm \"$1.copy\"",
    ),
];

/// This program does that as a task of its own, so that a reader that panics or hangs ends only itself.
pub const EXT4_VIEW: &str = "ext4-view";

/// Writes the files that the crate `ext4-view` reads of a disk into a folder.
pub fn extract_with_ext4_view(arguments: &[String]) -> Result<(), String> {
    let [disk, folder] = arguments else { return Err("ext4-view: expected a disk and a folder".into()) };
    let tree = ext4_view::Ext4::load_from_path(disk).map_err(|error| error.to_string())?;
    let mut directories = vec![(ext4_view::PathBuf::new("/"), PathBuf::from(folder))];
    while let Some((directory, to)) = directories.pop() {
        let Ok(entries) = tree.read_dir(&directory) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.as_str().ok().filter(|name| !matches!(*name, "." | "..")).map(str::to_owned) else {
                continue;
            };
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let to = to.join(name);
                    fs::create_dir_all(&to).map_err(|error| error.to_string())?;
                    directories.push((entry.path(), to));
                }
                Ok(kind) if kind.is_regular_file() => {
                    if let Ok(content) = tree.read(&entry.path()) {
                        fs::write(to.join(name), content).map_err(|error| error.to_string())?;
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// What Careen made of an image.
struct Answer {
    /// The files it gives in full.
    files: Files,
    /// What it lists besides: the letter of the kind by path.
    others: BTreeMap<String, String>,
    /// Exit code, or why there is none.
    end: String,
    /// Its first message.
    message: String,
    took: Duration,
    is_failure: bool,
}

/// What Careen says of a file that another reader gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Whole,
    /// It is a link, a device, a directory; the other reader writes such as files.
    OtherKind,
    /// The same content is there under another name (7-Zip's `[UNKNOWN]` is our `lost+found`).
    OtherName,
    /// It is listed and not given, with a finding.
    Damaged,
    OtherContent,
    Nothing,
}

impl Told {
    fn words(self) -> &'static str {
        match self {
            Told::Whole => "given in full",
            Told::OtherKind => "links, devices and directories here",
            Told::OtherName => "given in full under another name",
            Told::Damaged => "listed as damaged, with a finding, while another reader gives something",
            Told::OtherContent => "given with other content",
            Told::Nothing => "only others give",
        }
    }
}

impl Answer {
    fn tells(&self, path: &str, hash: &str) -> Told {
        let unknown = path.strip_prefix("/[UNKNOWN]/").map(|inode| format!("/lost+found/#{inode}"));
        let path = unknown.as_deref().unwrap_or(path);
        match (self.files.get(path), self.others.get(path).map(String::as_str)) {
            (Some(own), _) if own == hash => Told::Whole,
            (Some(_), _) => Told::OtherContent,
            (None, Some("f")) if self.end == "3" => Told::Damaged,
            (None, Some(kind)) if kind != "f" => Told::OtherKind,
            _ if self.files.values().any(|own| own == hash) => Told::OtherName,
            _ => Told::Nothing,
        }
    }
}

pub fn run(arguments: &[String]) -> Result<(), String> {
    let (folder, has_kernel) = match arguments {
        [folder] => (folder, false),
        [folder, flag] if flag == "--kernel" => (folder, true),
        _ => return Err("e2fsprogs: expected the folder tests/ of e2fsprogs' sources, and perhaps --kernel".into()),
    };
    let careen = command::build_careen()?;
    let scratch = careen_tests::target().join("e2fsprogs");
    let peers: Vec<_> = PEERS
        .iter()
        .filter(|(name, program, _)| find(program).is_some() && (*name != "kernel" || has_kernel))
        .collect();
    let names: Vec<String> = peers.iter().map(|(name, ..)| format!("{name:>9}")).collect();
    println!("{:34} {:>5} {:>7} {:>7} {}  missing", "image", "exit", "ms", "careen", names.join(" "));
    let (mut images, mut opened, mut totals, mut failures) = (0_u32, 0_u32, vec![0_usize; peers.len() + 1], Vec::new());
    let (mut missing, mut elsewhere) = (BTreeMap::new(), BTreeMap::new());
    let (mut different, mut fewer) = (Vec::new(), 0_u32);
    for image in images_in(Path::new(folder))? {
        // One folder an image: a reader that is being ended may still write into its own.
        let _ = fs::remove_dir_all(&scratch);
        let name = image_name(&image);
        let scratch = scratch.join(&name);
        fs::create_dir_all(&scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let disk = scratch.join("disk");
        if let Err(reason) = unpack(&image, &disk) {
            println!("{name:34} not unpacked: {reason}");
            continue;
        }
        images += 1;
        let answer = ours(&careen, &disk)?;
        opened += u32::from(answer.end == "0" || answer.end == "3");
        let replayed = replayed(&disk, &scratch);
        let theirs: Vec<Files> = peers.iter().map(|peer| extract(peer.0, peer.2, &replayed, &scratch)).collect();
        let counts: Vec<String> = theirs.iter().map(|files| format!("{:>9}", files.len())).collect();
        for (total, files) in totals.iter_mut().zip(std::iter::once(&answer.files).chain(&theirs)) {
            *total += files.len();
        }
        let mut of_image = BTreeSet::new();
        for ((peer, ..), files) in peers.iter().zip(&theirs) {
            for (path, hash) in files {
                let told = answer.tells(path, hash);
                match told {
                    Told::Whole => {}
                    Told::OtherContent => different.push(format!("{name}: {path} ({peer})")),
                    Told::Nothing | Told::Damaged => {
                        of_image.insert(path.clone());
                        missing.entry(told).or_insert_with(Vec::new).push(format!("{name}: {path} ({peer})"));
                    }
                    Told::OtherKind | Told::OtherName => *elsewhere.entry(told).or_insert(0_usize) += 1,
                }
            }
        }
        fewer += u32::from(!of_image.is_empty());
        let (end, took) = (&answer.end, answer.took.as_millis());
        println!(
            "{name:34} {end:>5} {took:>7} {:>7} {}  {:>7}  {:.90}",
            answer.files.len(),
            counts.join(" "),
            of_image.len(),
            answer.message
        );
        if answer.is_failure {
            failures.push(format!("{name}: {end} after {took} ms: {}", answer.message));
        }
    }
    let _ = fs::remove_dir_all(&scratch);
    let totals: Vec<String> = totals.iter().map(|total| format!("{total:>9}")).collect();
    println!(
        "\n{images} images, {opened} opened, files: {}; {fewer} images with files that only others give",
        totals.join(" ")
    );
    for (told, count) in &elsewhere {
        println!("{count} that others give are {}", told.words());
    }
    let missing = missing.iter().map(|(told, list): (&Told, &Vec<String>)| (told.words(), list));
    for (title, list) in missing.chain([("given with other content", &different), ("failures", &failures)]) {
        println!("\n{title}: {}", list.len());
        list.iter().for_each(|line| println!("  {line}"));
    }
    if failures.is_empty() { Ok(()) } else { Err(format!("{} images were not answered for", failures.len())) }
}

/// The packed images below a folder, in order.
fn images_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if name.starts_with("image") || name.contains(".img.") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `f_badinode` for `…/tests/f_badinode/image.gz`; with the file's name where that says more.
fn image_name(image: &Path) -> String {
    let part = |path: Option<&Path>| path.and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let (folder, file) = (part(image.parent()).unwrap_or_default(), part(Some(image)).unwrap_or_default());
    if file.starts_with("image.") || file == "image" { folder } else { file }
}

fn unpack(image: &Path, disk: &Path) -> Result<(), String> {
    let packed = File::open(image).map_err(|error| error.to_string())?;
    let mut to = File::create(disk).map_err(|error| error.to_string())?;
    match image.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => {
            let mut from = flate2::read::GzDecoder::new(packed);
            std::io::copy(&mut from, &mut to).map(drop).map_err(|error| error.to_string())
        }
        Some("bz2") if image.to_string_lossy().contains(".tar.") => {
            let done = tool("tar").args(["-xjOf"]).arg(image).stdout(to).status().map_err(|error| error.to_string())?;
            if done.success() { Ok(()) } else { Err("tar failed".into()) }
        }
        Some("bz2") => {
            let done = tool("bzip2").arg("-dc").arg(image).stdout(to).status().map_err(|error| error.to_string())?;
            if done.success() { Ok(()) } else { Err("bzip2 failed".into()) }
        }
        _ => std::io::copy(&mut packed.take(u64::MAX), &mut to).map(drop).map_err(|error| error.to_string()),
    }
}

fn ours(careen: &Path, disk: &Path) -> Result<Answer, String> {
    let started = Instant::now();
    // `lost+found` by its name: what no directory names is looked for when that is asked for.
    let runs = [listed(careen, disk, "/")?, listed(careen, disk, "/lost+found")?];
    let took = started.elapsed();
    let [whole, lost] = runs;
    let is_answer = matches!(whole.end.as_str(), "0" | "3") || (whole.end == "1" && !whole.message.is_empty());
    let (mut files, mut others) = (Files::new(), BTreeMap::new());
    for line in whole.text.lines().chain(lost.text.lines()) {
        let entry: serde_json::Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
        let text = |field: &str| entry[field].as_str().map(str::to_owned);
        match (text("path"), text("type"), text("sha256")) {
            (Some(path), _, Some(hash)) => drop(files.insert(path, hash)),
            (Some(path), Some(kind), None) => drop(others.insert(path, kind)),
            _ => return Err(format!("{line}: expected a path and a type")),
        }
    }
    Ok(Answer { files, others, end: whole.end, message: whole.message, took, is_failure: !is_answer })
}

/// What one run of the command said.
struct Run {
    text: String,
    end: String,
    message: String,
}

fn listed(careen: &Path, disk: &Path, path: &str) -> Result<Run, String> {
    let ran = tool("timeout")
        .args(["60", "prlimit", MEMORY, PROCESSOR])
        .arg(careen)
        .args(["ls", "--json", "-R", "--hash", "--of", "fs"])
        .args([disk, Path::new(path)])
        .output()
        .map_err(|error| format!("timeout: {error}"))?;
    Ok(Run {
        text: String::from_utf8_lossy(&ran.stdout).into_owned(),
        end: ran.status.code().map_or_else(|| "killed".to_owned(), |code| code.to_string()),
        message: String::from_utf8_lossy(&ran.stderr).lines().next().unwrap_or_default().to_owned(),
    })
}

/// A copy of the disk with its journal replayed by e2fsck; the disk itself when that fails.
fn replayed(disk: &Path, scratch: &Path) -> PathBuf {
    let copy = scratch.join("replayed");
    let is_copied = tool("cp").arg("--sparse=always").args([disk, &copy]).status().is_ok_and(|status| status.success());
    let ran = tool("timeout").args(["10", "e2fsck", "-y", "-E", "journal_only"]).arg(&copy).output();
    // Where it does not like the journal it goes on and repairs; that would be another disk.
    let is_done = ran.is_ok_and(|ran| {
        ran.status.code().is_some_and(|code| code < 8) && !String::from_utf8_lossy(&ran.stdout).contains("Pass 1")
    });
    if is_copied && is_done { copy } else { disk.to_owned() }
}

/// The files another reader gives.
fn extract(name: &str, script: &str, disk: &Path, scratch: &Path) -> Files {
    let folder = scratch.join(name);
    let mut files = Files::new();
    if fs::create_dir_all(&folder).is_err() {
        return files;
    }
    // A reader that fails or hangs gives what it has written until then.
    let own = std::env::current_exe().unwrap_or_default();
    let mut ran = tool("sh");
    ran.args(["-c", script, "sh"]).arg(disk).arg(&folder).env("XTASK", own).env("LIMIT", "timeout -s KILL 20");
    let _ = ran.output();
    let hashes = "find . -type f -print0 | xargs -0 -r sha256sum -z";
    let Ok(hashes) = tool("sh").args(["-c", hashes]).current_dir(&folder).output() else { return files };
    for line in String::from_utf8_lossy(&hashes.stdout).split('\0') {
        if let Some((hash, path)) = line.split_once("  ") {
            files.insert(path.trim_start_matches('.').to_owned(), hash.to_owned());
        }
    }
    files
}
