//! The disks there are, unpacked and ready to be opened.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use crate::variants;

/// A disk to test with.
#[derive(Clone, Debug)]
pub struct Disk {
    /// `cases/tiny`, `corpus/real`, `variants/vhdx-32m`.
    pub name: String,
    /// The disk file.
    pub file: PathBuf,
    /// What is known about it.
    pub known: Known,
}

/// What is known about a disk.
#[derive(Clone, Debug)]
pub enum Known {
    /// A folder in the shape of the corpus: what the engine, dpkg, pip and the kernel said. With `whole`, it speaks of
    /// everything on the disk, else of one of Docker's two stores.
    Docker {
        /// The folder.
        folder: PathBuf,
        /// Whether it covers the whole disk.
        whole: bool,
    },
    /// A folder with what `ctr` said of a containerd that served no Docker.
    Containerd(PathBuf),
    /// The kernel's listing of its filesystem, JSON lines, zstd.
    Filesystem(PathBuf),
    /// It holds what another disk holds, with the data root at this path.
    SameAs {
        /// Name of the other disk.
        base: String,
        /// Path of the data root, without a slash at its start.
        layout: String,
    },
    /// Part of another disk is gone, which has to be said.
    Cut {
        /// Name of the other disk.
        base: String,
    },
    /// Part of what another disk holds was overwritten or emptied.
    Damaged {
        /// Name of the other disk.
        base: String,
        /// What was hit.
        damage: Damage,
    },
    /// It has to be refused, or read with a remark; the text has to hold this word.
    Named(&'static str),
}

/// What a damage hit.
#[derive(Clone, Debug, Default)]
pub struct Damage {
    /// Paths of what was changed, and of all below them.
    pub paths: Vec<String>,
    /// The image whose record was hit.
    pub image: Option<String>,
    /// Whether bytes were hit that may belong to the content of any file.
    pub hits_content: bool,
    /// Whether nothing that is read so far lies in what was hit.
    pub is_silent: bool,
}

impl Damage {
    /// Whether something right below a directory was changed.
    pub fn is_right_below(&self, directory: &str) -> bool {
        self.paths.iter().any(|path| path.rsplit_once('/').is_some_and(|(above, _)| above == directory))
    }

    /// Whether a file was changed.
    pub fn touches(&self, path: &str) -> bool {
        let is_in = |directory: &String| {
            path.strip_prefix(directory.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.paths.iter().any(is_in)
    }
}

/// All disks, and what could not be had.
#[derive(Debug)]
pub struct Disks {
    /// The disks, bases before what is derived from them.
    pub all: Vec<Disk>,
    skipped: Vec<String>,
}

/// Unpacks and derives every disk there is, once in a process.
pub fn disks() -> &'static Disks {
    static DISKS: OnceLock<Disks> = OnceLock::new();
    DISKS.get_or_init(|| {
        let mut disks = Disks { all: Vec::new(), skipped: Vec::new() };
        disks.add_cases();
        match std::env::var_os("CAREEN_CORPUS").filter(|folder| !folder.is_empty()) {
            Some(folder) => disks.add_corpus(Path::new(&folder)),
            None => disks.skipped.push("the corpus and its variants: CAREEN_CORPUS is not set".to_owned()),
        }
        disks
    })
}

/// One disk of the corpus alone, and the folder with what is known of it; an error where there is no corpus.
pub fn of_corpus(name: &str) -> Result<(PathBuf, PathBuf), String> {
    let corpus = std::env::var_os("CAREEN_CORPUS").filter(|folder| !folder.is_empty());
    let corpus = PathBuf::from(corpus.ok_or("CAREEN_CORPUS is not set")?);
    let file = unpack(&corpus.join(format!("disks/{name}.raw.zst")), &format!("corpus/{name}"))?;
    Ok((file, corpus.join("truth").join(name)))
}

impl Disks {
    /// The disk of this name.
    pub fn get(&self, name: &str) -> Option<&Disk> {
        self.all.iter().find(|disk| disk.name == name)
    }

    /// What could not be had, and why.
    pub fn skipped(&self) -> Vec<String> {
        self.skipped.clone()
    }

    /// Name, file and kind of each disk, for tests in other languages.
    pub fn to_json(&self) -> String {
        let disks = self.all.iter().map(|disk| {
            let kind = match disk.known {
                Known::Docker { .. } => "docker",
                Known::Containerd(_) => "containerd",
                Known::Filesystem(_) => "filesystem",
                Known::SameAs { .. } => "same",
                Known::Cut { .. } => "cut",
                Known::Damaged { .. } => "damaged",
                Known::Named(_) => "named",
            };
            json!({ "name": disk.name, "file": disk.file, "kind": kind })
        });
        Value::Array(disks.collect()).to_string()
    }

    fn add_cases(&mut self) {
        // A folder without a disk of its own belongs to a test of its own.
        let cases = folders(&crate::root().join("tests/cases")).into_iter();
        for folder in cases.filter(|folder| folder.join("case.toml").exists()) {
            let name = format!("cases/{}", file_name(&folder));
            match case(&name, &folder) {
                Ok(disk) => self.all.push(disk),
                Err(reason) => self.skipped.push(format!("{name}: {reason}")),
            }
        }
    }

    fn add_corpus(&mut self, corpus: &Path) {
        for folder in folders(&corpus.join("truth")) {
            let name = file_name(&folder);
            let packed = corpus.join("disks").join(format!("{name}.raw.zst"));
            if !packed.is_file() {
                continue;
            }
            let classic = folder.join("classic");
            let store = folder.join("store");
            let mut known = Vec::new();
            let name = format!("corpus/{name}");
            if folder.join("images.inspect.json").is_file() {
                known.push((name.clone(), Known::Docker { folder, whole: true }));
            } else if classic.is_dir() {
                known.push((name.clone(), Known::Docker { folder: classic, whole: false }));
                known.push((format!("{name}-store"), Known::Docker { folder: store, whole: false }));
            } else if folder.join("ctr-snapshots.json").is_file() {
                known.push((name.clone(), Known::Containerd(folder)));
            } else {
                known.push((name.clone(), Known::Filesystem(folder.join("manifest/fs-kernel.jsonl.zst"))));
            }
            match unpack(&packed, &name) {
                Ok(file) => {
                    let disk = |(name, known)| Disk { name, file: file.clone(), known };
                    self.all.extend(known.into_iter().map(disk));
                }
                Err(reason) => self.skipped.push(format!("{name}: {reason}")),
            }
        }
        let (made, skipped) = variants::make(corpus, &self.all);
        self.all.extend(made);
        self.skipped.extend(skipped);
    }
}

/// A committed case: its `case.toml` names the packed disk and what is known about it.
fn case(name: &str, folder: &Path) -> Result<Disk, String> {
    let text = fs::read_to_string(folder.join("case.toml")).map_err(|error| format!("case.toml: {error}"))?;
    let case: toml::Table = text.parse().map_err(|error| format!("case.toml: {error}"))?;
    let field = |key: &str| case.get(key).and_then(toml::Value::as_str).ok_or(format!("case.toml: no {key}"));
    let file = unpack(&folder.join(field("disk")?), name)?;
    let truth = folder.join(field("truth")?);
    let truth = match truth.is_dir() {
        true => Known::Docker { folder: truth, whole: true },
        false => Known::Filesystem(truth),
    };
    Ok(Disk { name: name.to_owned(), file, known: truth })
}

/// Unpacks `X.zst` to `target/corpus/<name>/X`, with holes where there are zeros. What was unpacked before from the same
/// file is taken as it is.
pub fn unpack(packed: &Path, name: &str) -> Result<PathBuf, String> {
    let folder = crate::target().join("corpus").join(name);
    let file = folder.join(packed.file_stem().unwrap_or_default());
    let key = key_of(packed)?;
    if file.is_file() && made_from(&folder, &key) {
        return Ok(file);
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut zstd = Command::new("zstd");
    zstd.args(["-dqf", "--long=27", "--sparse"]).arg(packed).arg("-o").arg(&file);
    run(&mut zstd)?;
    remember(&folder, &key)?;
    Ok(file)
}

/// What tells one version of a file from another without reading it: path, size and time of change.
pub(crate) fn key_of(file: &Path) -> Result<String, String> {
    let shown = |error| format!("{}: {error}", file.display());
    let metadata = file.metadata().map_err(shown)?;
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    Ok(format!("{} {} {}\n", file.display(), metadata.len(), changed.as_nanos()))
}

/// Whether what lies in a folder was made from the files with this key.
pub(crate) fn made_from(folder: &Path, key: &str) -> bool {
    fs::read_to_string(folder.join("made-from")).is_ok_and(|known| known == key)
}

/// Writes down what a folder was made from. Last, so that a run that was stopped half way begins again.
pub(crate) fn remember(folder: &Path, key: &str) -> Result<(), String> {
    fs::write(folder.join("made-from"), key).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Runs a program to its end; its last words are the error.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{program}: {}", text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("failed")))
}

/// The folders in a folder, by name.
fn folders(parent: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
