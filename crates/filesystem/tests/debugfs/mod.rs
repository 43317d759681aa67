//! debugfs as a judge: what it prints, as values that can be compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use careen_evidence::{Kind, NodeId, Stat, Xattrs};
use careen_model::Timestamp;

/// What a program printed.
pub struct Ran {
    pub is_done: bool,
    pub code: i32,
    pub output: Vec<u8>,
    pub errors: String,
}

/// Runs a program with this on its standard input. The small tools of a system lie in folders that are not always
/// on PATH.
pub fn run(program: &str, arguments: &[&str], input: &str) -> Ran {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let child = Command::new("/usr/bin/env")
        .arg(program)
        .args(arguments)
        .env("PATH", path)
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    // A program that does not read its input closes it early.
    let _ = writer.join().unwrap();
    Ran {
        is_done: output.status.success(),
        code: output.status.code().unwrap_or(127),
        output: output.stdout,
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The version of e2fsprogs, `None` when one of its tools is missing.
pub fn version() -> Option<String> {
    let tools = ["mke2fs", "debugfs", "e2fsck", "dumpe2fs"];
    let versions = tools.map(|tool| run(tool, &["-V"], ""));
    if versions.iter().any(|ran| ran.code == 127) {
        return None;
    }
    versions[0].errors.lines().next().map(str::to_owned)
}

/// One filesystem, read by debugfs.
pub struct Debugfs {
    image: String,
    scratch: PathBuf,
}

/// What debugfs says of an inode.
pub struct Judged(String);

impl Debugfs {
    pub fn new(image: &Path, scratch: &Path) -> Self {
        Debugfs { image: image.to_str().unwrap().to_owned(), scratch: scratch.to_owned() }
    }

    /// The answers to these commands, one each.
    fn ask(&self, commands: &[String]) -> Vec<String> {
        let script: String = commands.iter().map(|command| format!("{command}\n")).collect();
        let ran = run("debugfs", &["-f", "-", &self.image], &script);
        // Names are bytes: Latin-1 keeps each of them apart.
        let text: String = ran.output.iter().map(|byte| char::from(*byte)).collect();
        let mut answers: Vec<String> = Vec::new();
        for line in text.split_inclusive('\n') {
            if line.starts_with("debugfs: ") {
                answers.push(String::new());
            } else if let Some(last) = answers.last_mut() {
                last.push_str(line);
            }
        }
        assert_eq!(answers.len(), commands.len(), "{}", ran.errors);
        answers
    }

    /// What it says of these inodes.
    pub fn stat(&self, nodes: &[NodeId]) -> Vec<Judged> {
        let commands: Vec<String> = nodes.iter().map(|node| format!("stat <{}>", node.0)).collect();
        self.ask(&commands).into_iter().map(Judged).collect()
    }

    /// The names in a directory with their inodes, sorted.
    pub fn list(&self, node: NodeId) -> Vec<(Vec<u8>, u64)> {
        let answers = self.ask(&[format!("ls -p <{}>", node.0)]);
        let mut names = Vec::new();
        for line in answers[0].lines().filter(|line| line.starts_with('/')) {
            // /inode/mode/uid/gid/name/size/
            let fields: Vec<&str> = line.split('/').collect();
            let name: Vec<u8> = fields[5].chars().map(|c| c as u8).collect();
            if fields[1] != "0" && name != b"." && name != b".." {
                names.push((name, fields[1].parse().unwrap()));
            }
        }
        names.sort();
        names
    }

    /// The extended attributes of these inodes, each sorted by name.
    pub fn attributes(&self, nodes: &[NodeId]) -> Vec<Xattrs> {
        let commands: Vec<String> = nodes.iter().map(|node| format!("ea_list <{}>", node.0)).collect();
        let one = |(node, answer): (&NodeId, &String)| {
            let names = answer.lines().filter(|line| line.starts_with("  ")).filter_map(|line| {
                let name = line.trim_start().split(' ').next()?;
                // The kernel keeps it for itself.
                (name != "system.data").then(|| name.to_owned())
            });
            let mut attributes: Xattrs = names
                .map(|name| {
                    let value = self.file(|path| format!("ea_get -f {path} <{}> {name}", node.0));
                    (name.into_bytes(), value)
                })
                .collect();
            attributes.sort();
            attributes
        };
        nodes.iter().zip(&self.ask(&commands)).map(one).collect()
    }

    /// The content of a file of this size. Of inline data debugfs dumps all 60 bytes, however short the file is.
    pub fn content(&self, node: NodeId, size: u64) -> Vec<u8> {
        let mut content = self.file(|path| format!("dump <{}> {path}", node.0));
        content.truncate(size as usize);
        content
    }

    /// The file that a command writes.
    fn file(&self, command: impl FnOnce(&str) -> String) -> Vec<u8> {
        let path = self.scratch.join("answer");
        let _ = std::fs::remove_file(&path);
        self.ask(&[command(path.to_str().unwrap())]);
        std::fs::read(path).unwrap()
    }

    /// Inodes in use, by the counts of the superblock.
    pub fn used_inodes(&self) -> Option<u64> {
        let ran = run("dumpe2fs", &["-h", &self.image], "");
        let text = String::from_utf8_lossy(&ran.output).into_owned();
        let count = |label: &str| -> Option<u64> {
            text.lines().find_map(|line| line.strip_prefix(label))?.trim().parse().ok()
        };
        Some(count("Inode count:")? - count("Free inodes:")?)
    }
}

impl Judged {
    /// Asserts that a stat and a link's target are what debugfs says.
    pub fn compare(&self, name: &str, path: &str, stat: &Stat, target: Option<&[u8]>) {
        let text = &self.0;
        let at = format!("{name}: {path}: {text}");
        let kind = match stat.kind {
            Kind::File => "regular",
            Kind::Directory => "directory",
            Kind::Symlink => "symlink",
            Kind::Fifo => "FIFO",
            Kind::CharDevice => "character special",
            Kind::BlockDevice => "block special",
            Kind::Socket => "socket",
        };
        assert!(self.after("Type:").trim_start().starts_with(kind), "{at}");
        assert_eq!(self.word("Inode:").parse(), Ok(stat.inode), "{at}");
        assert_eq!(u16::from_str_radix(self.word("Mode:"), 8), Ok(stat.mode), "{at}");
        // Ids are printed as signed numbers.
        let id = |label: &str| self.word(label).parse::<i64>().unwrap() as u32;
        assert_eq!((id("User:"), id("Group:")), (stat.uid, stat.gid), "{at}");
        assert_eq!(self.word("Size:").parse(), Ok(stat.size), "{at}");
        assert_eq!(self.word("Links:").parse(), Ok(stat.nlink), "{at}");
        assert_eq!(self.time("ctime:"), Some(stat.ctime), "{at}");
        assert_eq!(self.time("atime:"), Some(stat.atime), "{at}");
        assert_eq!(self.time("mtime:"), Some(stat.mtime), "{at}");
        assert_eq!(self.time("crtime:"), stat.crtime, "{at}");
        if text.contains("Device major/minor number:") {
            let (major, minor) = self.word("Device major/minor number:").split_once(':').unwrap();
            assert_eq!((major.parse(), minor.parse()), (Ok(stat.rdev.0), Ok(stat.rdev.1)), "{at}");
        } else {
            assert_eq!(stat.rdev, (0, 0), "{at}");
        }
        if text.contains("Fast link dest:") {
            let judged = self.after("Fast link dest:").trim().trim_matches('"').as_bytes();
            assert_eq!(target, Some(judged), "{at}");
        }
    }

    /// What follows a label on its line.
    fn after(&self, label: &str) -> &str {
        let start = self.0.find(label).unwrap_or_else(|| panic!("{label} in {}", self.0));
        self.0[start + label.len()..].lines().next().unwrap_or_default()
    }

    /// The word that follows a label.
    fn word(&self, label: &str) -> &str {
        self.after(label).split_whitespace().next().unwrap_or_default()
    }

    /// A time from the two words that debugfs prints in hexadecimal, `None` when it prints none.
    fn time(&self, label: &str) -> Option<Timestamp> {
        if !self.0.contains(label) {
            return None;
        }
        let (seconds, extra) = self.word(label).split_once(':').unwrap_or((self.word(label), "0"));
        let number = |text: &str| u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        let (seconds, extra) = (number(seconds), number(extra));
        let seconds = i64::from(seconds as i32) + (i64::from(extra & 3) << 32);
        Some(Timestamp { seconds, nanoseconds: extra >> 2 })
    }
}
