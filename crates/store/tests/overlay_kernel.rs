//! The kernel's overlayfs as the judge of [`MergedTree`]: odd stacks of layers are made in a tmpfs, mounted read-only,
//! and both views are compared object by object. Needs root; where nothing can be mounted, it says so and passes.
//!
//! `CAREEN_OVERLAY_ROUNDS` sets how many random stacks are made, `CAREEN_OVERLAY_SEED` the first one's seed.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use careen_evidence::{
    ByteSource, Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, Stat, Xattrs, lookup_path,
};
use careen_model::Timestamp;
use careen_store::overlay::{MarkNames, MergedTree};
use rustix::fs::{CWD, Dev, FileType, Mode, XattrFlags, makedev, mknodat};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

/// Numbers that look random and are the same on every machine (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len() as u64) as usize]
    }
}

/// A mounted filesystem, unmounted when it is done with.
struct Mounted(PathBuf);

impl Mounted {
    fn new(kind: &str, at: &Path, flags: MountFlags, options: &str) -> Result<Self, rustix::io::Errno> {
        let options = std::ffi::CString::new(options).unwrap();
        mount(kind, at, kind, flags, Some(options.as_c_str()))?;
        Ok(Mounted(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        unmount(&self.0, UnmountFlags::DETACH).unwrap();
    }
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const PATHS: [&str; 8] = ["/a", "/b", "/c", "/a/b", "/b/a", "/c/d", "/a/b/c", "/d/a/b"];

fn set(path: &Path, name: &str, value: &str) {
    rustix::fs::lsetxattr(path, name, value.as_bytes(), XattrFlags::empty()).unwrap();
}

/// What the dice may come up with.
struct Rules {
    prefix: &'static str,
    /// Redirects and metacopy; the kernel refuses both under `userxattr`.
    has_redirects: bool,
}

fn fill(directory: &Path, depth: u32, rules: &Rules, dice: &mut Dice) {
    let mark = |path: &Path, name: &str, value: &str| set(path, &format!("{}overlay.{name}", rules.prefix), value);
    if dice.roll(8) == 0 {
        mark(directory, "opaque", dice.pick(&["y", "x", "x", "n", "yy"]));
    }
    if dice.roll(4) == 0 {
        set(directory, "trusted.mine", "directory");
        mark(directory, "overlay.opaque", "y");
        mark(directory, "impure", "y");
    }
    let mode = [0o755, 0o700, 0o1777][dice.roll(3) as usize];
    fs::set_permissions(directory, fs::Permissions::from_mode(mode)).unwrap();
    let mut files: Vec<PathBuf> = Vec::new();
    for name in NAMES {
        let path = directory.join(name);
        match dice.roll(14) {
            0..=4 if depth > 0 => {
                fs::create_dir(&path).unwrap();
                fill(&path, depth - 1, rules, dice);
                if rules.has_redirects && dice.roll(4) == 0 {
                    let target = if dice.roll(2) == 0 { dice.pick(&NAMES) } else { dice.pick(&PATHS) };
                    mark(&path, "redirect", target);
                }
            }
            5 | 6 => {
                fs::write(&path, format!("content {}", dice.roll(1 << 20))).unwrap();
                if dice.roll(3) == 0 {
                    set(&path, "user.note", "mine");
                    mark(&path, "overlay.whiteout", "");
                    mark(&path, "origin", "");
                }
                files.push(path);
            }
            7 if rules.has_redirects => {
                fs::File::create(&path).unwrap().set_len(dice.roll(20)).unwrap();
                mark(&path, "metacopy", "");
                if dice.roll(2) == 0 {
                    mark(&path, "redirect", if dice.roll(2) == 0 { dice.pick(&NAMES) } else { dice.pick(&PATHS) });
                }
            }
            8 => device(&path, FileType::CharacterDevice, makedev(0, 0)),
            9 => {
                fs::write(&path, if dice.roll(4) == 0 { "not empty" } else { "" }).unwrap();
                mark(&path, "whiteout", "y");
            }
            10 => match dice.roll(4) {
                0 => device(&path, FileType::CharacterDevice, makedev(1, 3)),
                1 => device(&path, FileType::Fifo, makedev(0, 0)),
                2 => device(&path, FileType::BlockDevice, makedev(7, 1)),
                _ => symlink("a/b", &path).unwrap(),
            },
            11 => {
                if let Some(first) = files.first() {
                    fs::hard_link(first, &path).unwrap();
                }
            }
            _ => {}
        }
    }
}

fn device(path: &Path, kind: FileType, number: Dev) {
    mknodat(CWD, path, kind, Mode::from_raw_mode(0o640), number).unwrap();
}

/// A directory of this machine as a tree; a node is a path.
struct HostTree(RefCell<Vec<PathBuf>>);

impl HostTree {
    fn path(&self, node: NodeId) -> PathBuf {
        self.0.borrow()[node.0 as usize].clone()
    }

    fn node(&self, path: PathBuf) -> NodeId {
        let mut paths = self.0.borrow_mut();
        let known = paths.iter().position(|other| *other == path);
        NodeId(known.unwrap_or_else(|| {
            paths.push(path);
            paths.len() - 1
        }) as u64)
    }
}

fn kind(found: fs::FileType) -> Kind {
    match found {
        _ if found.is_dir() => Kind::Directory,
        _ if found.is_symlink() => Kind::Symlink,
        _ if found.is_char_device() => Kind::CharDevice,
        _ if found.is_block_device() => Kind::BlockDevice,
        _ if found.is_fifo() => Kind::Fifo,
        _ if found.is_socket() => Kind::Socket,
        _ => Kind::File,
    }
}

fn stat(path: &Path) -> std::io::Result<Stat> {
    let found = fs::symlink_metadata(path)?;
    let time = |seconds, nanoseconds: i64| Timestamp { seconds, nanoseconds: nanoseconds as u32 };
    Ok(Stat {
        kind: kind(found.file_type()),
        mode: (found.mode() & 0o7777) as u16,
        uid: found.uid(),
        gid: found.gid(),
        size: found.size(),
        atime: Timestamp::default(),
        mtime: time(found.mtime(), found.mtime_nsec()),
        ctime: Timestamp::default(),
        crtime: None,
        nlink: found.nlink() as u32,
        inode: found.ino(),
        rdev: (rustix::fs::major(found.rdev()), rustix::fs::minor(found.rdev())),
    })
}

fn xattrs(path: &Path) -> Xattrs {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let mut all = Xattrs::new();
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 1 << 16];
        let length = rustix::fs::lgetxattr(path, OsStr::from_bytes(name), &mut value[..]).unwrap();
        all.push((name.to_vec(), value[..length].to_vec()));
    }
    all.sort();
    all
}

impl FileTree for HostTree {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn place(&self, node: NodeId) -> Place {
        Place::new(self.path(node).display().to_string())
    }

    fn stat(&self, node: NodeId, _: &mut Findings) -> Result<Stat, ReadError> {
        stat(&self.path(node)).map_err(|error| ReadError::io(&self.place(node), error))
    }

    fn list(&self, directory: NodeId, _: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let entries =
            fs::read_dir(self.path(directory)).map_err(|error| ReadError::io(&self.place(directory), error))?;
        let mut list: Vec<Entry> = entries
            .map(|entry| entry.unwrap())
            .map(|entry| Entry {
                name: entry.file_name().as_bytes().to_vec(),
                node: self.node(entry.path()),
                kind: Some(kind(entry.file_type().unwrap())),
            })
            .collect();
        list.sort();
        Ok(list)
    }

    fn xattrs(&self, node: NodeId, _: &mut Findings) -> Result<Xattrs, ReadError> {
        Ok(xattrs(&self.path(node)))
    }

    fn link_target(&self, node: NodeId, _: &mut Findings) -> Result<Vec<u8>, ReadError> {
        Ok(fs::read_link(self.path(node)).unwrap().into_os_string().as_bytes().to_vec())
    }

    fn open(&self, node: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        Ok(Rc::new(fs::read(self.path(node)).map_err(|error| ReadError::io(&self.place(node), error))?))
    }
}

/// One object on one line, everything that both views must agree on.
fn line(stat: &Stat, xattrs: &Xattrs, content: &[u8], link: &[u8]) -> String {
    let mut line = format!(
        "{:?} {:04o} {}:{} nlink {} mtime {}.{:09} rdev {:?}",
        stat.kind, stat.mode, stat.uid, stat.gid, stat.nlink, stat.mtime.seconds, stat.mtime.nanoseconds, stat.rdev
    );
    if stat.kind != Kind::Directory {
        write!(line, " size {} inode {}", stat.size, stat.inode).unwrap();
    }
    write!(line, " link {link:?} content {:?}", String::from_utf8_lossy(content)).unwrap();
    for (name, value) in xattrs {
        write!(line, " {}={:?}", String::from_utf8_lossy(name), String::from_utf8_lossy(value)).unwrap();
    }
    line
}

/// What the kernel shows.
#[derive(Default)]
struct KernelView {
    /// A line for each path.
    lines: BTreeMap<String, String>,
    /// Paths it refuses to look up, and directories it refuses to list (these end with `/`).
    refused: Vec<String>,
}

impl KernelView {
    fn visit(&mut self, path: &Path, name: &str) {
        match stat(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(_) => self.refused.push(name.to_owned()),
            Ok(stat) => {
                let content = if stat.kind == Kind::File { fs::read(path).unwrap() } else { Vec::new() };
                let link = if stat.kind == Kind::Symlink { fs::read_link(path).unwrap() } else { PathBuf::new() };
                let text = line(&stat, &xattrs(path), &content, link.as_os_str().as_bytes());
                self.lines.insert(name.to_owned(), text);
                if stat.kind == Kind::Directory {
                    let above = if name == "/" { "" } else { name };
                    for entry in fs::read_dir(path).unwrap() {
                        match entry {
                            Ok(entry) => {
                                self.visit(&entry.path(), &format!("{above}/{}", entry.file_name().to_str().unwrap()));
                            }
                            Err(_) => self.refused.push(format!("{above}/")),
                        }
                    }
                }
            }
        }
    }

    fn refuses(&self, path: &str) -> bool {
        self.refused.iter().any(|refused| {
            path == refused
                || (path.starts_with(refused) && (refused.ends_with('/') || path[refused.len()..].starts_with('/')))
        })
    }
}

fn content(tree: &MergedTree, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
    let source = tree.open(node, findings)?;
    let mut bytes = vec![0; source.len() as usize];
    source.read_exact_at(0, &mut bytes)?;
    Ok(bytes)
}

fn our_view(tree: &MergedTree) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    let mut findings = Findings::new();
    // Redirects may lead from two names to one directory, which the kernel lists under both; `walk` enters it once.
    let mut ahead = vec![("/".to_owned(), tree.root())];
    while let Some((path, node)) = ahead.pop() {
        let Ok(stat) = tree.stat(node, &mut findings) else { continue };
        let content = match stat.kind {
            Kind::File => content(tree, node, &mut findings).unwrap_or_else(|_| b"unreadable".to_vec()),
            _ => Vec::new(),
        };
        let link = if stat.kind == Kind::Symlink { tree.link_target(node, &mut findings).unwrap() } else { Vec::new() };
        let text = line(&stat, &tree.xattrs(node, &mut findings).unwrap(), &content, &link);
        // A listing and a look-up are two ways through the code; they must lead to the same node.
        assert_eq!(lookup_path(tree, path.as_bytes(), &mut Findings::new()).unwrap(), Some(node), "{path}");
        if stat.kind == Kind::Directory {
            let above = path.trim_end_matches('/');
            for entry in tree.list(node, &mut findings).unwrap_or_default() {
                ahead.push((format!("{above}/{}", String::from_utf8(entry.name).unwrap()), entry.node));
            }
        }
        lines.insert(path, text);
    }
    lines
}

/// Every version of every path must be the one that the prefix of the stack shows, and no change may be missed.
fn check_history(tree: &MergedTree, paths: &[String]) {
    for path in paths {
        let versions = tree.history(path.as_bytes(), &mut Findings::new()).unwrap();
        let mut told = versions.iter().peekable();
        let (mut standing, mut before) = (None, None);
        for layer in 0..tree.layer_count() {
            let view = tree.view_up_to(layer);
            let node = lookup_path(&*view, path.as_bytes(), &mut Findings::new()).unwrap();
            let text = node.map(|node| {
                let stat = view.stat(node, &mut Findings::new()).unwrap();
                let is_file = stat.kind == Kind::File;
                let content = is_file.then(|| content(&view, node, &mut Findings::new()).unwrap_or_default());
                (view.origin(node), stat.nlink, content)
            });
            if let Some(version) = told.next_if(|version| version.from == layer) {
                standing = Some(*version);
                let shown = node.and_then(|node| view.origin(node));
                assert_eq!((version.node, version.origin), (node, shown), "{path} from layer {layer}");
            } else {
                assert_eq!(text, before, "{path} changes in layer {layer}: {versions:?}");
            }
            before = text;
        }
        assert!(told.peek().is_none());
        let now = lookup_path(tree, path.as_bytes(), &mut Findings::new()).unwrap();
        assert_eq!(standing.and_then(|version| version.origin), now.and_then(|node| tree.origin(node)), "{path}");
    }
}

/// Compares one stack of layers, topmost first.
fn compare(layers: &[PathBuf], merged: &Path, rules: &Rules, context: &str) {
    let lower: Vec<&str> = layers.iter().map(|layer| layer.to_str().unwrap()).collect();
    let options = if rules.has_redirects { "redirect_dir=follow,metacopy=on" } else { "userxattr" };
    let options = format!("lowerdir={},{options}", lower.join(":"));
    let overlay = Mounted::new("overlay", merged, MountFlags::RDONLY, &options).unwrap();
    let mut kernel = KernelView::default();
    kernel.visit(merged, "/");

    let host = HostTree(RefCell::new(Vec::new()));
    let roots = layers.iter().map(|layer| host.node(layer.clone())).collect();
    let names = if rules.has_redirects { MarkNames::Trusted } else { MarkNames::User };
    let tree = MergedTree::new(Rc::new(host), roots, Place::new("test"), &Limits::default()).with_marks(names);
    let mut ours = our_view(&tree);
    check_history(&tree, &ours.keys().cloned().collect::<Vec<_>>());
    // What the kernel refuses is in part left out of its listing. There we may show what is left.
    for path in ours.keys().filter(|path| !kernel.lines.contains_key(*path)) {
        let found = fs::symlink_metadata(merged.join(&path[1..]));
        if found.is_err_and(|error| error.kind() != std::io::ErrorKind::NotFound) {
            kernel.refused.push(path.clone());
        }
    }
    drop(overlay);
    ours.retain(|path, _| !kernel.refuses(path));
    for path in kernel.lines.keys().chain(ours.keys()).filter(|path| !kernel.refuses(path)) {
        assert_eq!(ours.get(path), kernel.lines.get(path), "left: ours, right: the kernel's; {path} in {context}");
    }
}

#[test]
fn random_stacks_look_as_the_kernel_shows_them() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (rounds, seed) = (number("CAREEN_OVERLAY_ROUNDS", 150), number("CAREEN_OVERLAY_SEED", 1));
    let base = std::env::temp_dir().join(format!("careen-overlay-{}", std::process::id()));
    fs::create_dir_all(&base).unwrap();
    let tmpfs = match Mounted::new("tmpfs", &base, MountFlags::empty(), "") {
        Ok(mounted) => mounted,
        Err(error) => {
            println!(
                "skipped: nothing can be mounted here ({error}); run as root to compare with the kernel's overlay"
            );
            return;
        }
    };
    let merged = base.join("merged");
    fs::create_dir(&merged).unwrap();
    for round in seed..seed + rounds {
        let rules = match round % 4 {
            0 => Rules { prefix: "user.", has_redirects: false },
            _ => Rules { prefix: "trusted.", has_redirects: true },
        };
        let stack = base.join(format!("stack{round}"));
        let dice = &mut Dice(round.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let count = 2 + dice.roll(5);
        let mut layers = Vec::new();
        for layer in 0..count {
            let directory = stack.join(layer.to_string());
            fs::create_dir_all(&directory).unwrap();
            fill(&directory, 3, &rules, dice);
            layers.push(directory);
        }
        compare(&layers, &merged, &rules, &format!("{}, seed {round}", stack.display()));
        fs::remove_dir_all(&stack).unwrap();
    }
    drop(tmpfs);
    fs::remove_dir(&base).unwrap();
}
