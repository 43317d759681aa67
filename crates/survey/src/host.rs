//! The operating system around a data root: a Linux machine, or a WSL distribution.
//!
//! Read from its own files: `os-release(5)`, `hostname(5)`, `passwd(5)`, `group(5)`, Microsoft's `wsl.conf`, the engine's
//! `daemon.json`; versions of the engine from the databases of its package manager. All of its packages are in scope
//! `host`. A filesystem that holds data alone has no such files.

use std::collections::BTreeMap;

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, ReadError, read_file, resolve_path};
use careen_model::{EnginePackage, Host, HostUser, Package};

use crate::Session;

/// Longest settings file that is read.
const LONGEST_TEXT: u64 = 1 << 20;
/// Users of people begin here (`login.defs`), and end before `nobody`.
const FIRST_PERSON: u32 = 1000;
const NOBODY: u32 = 65534;
/// Packages of the engine and what belongs to it, by any distribution's name.
const ENGINE: [&str; 16] = [
    "buildah",
    "containerd",
    "containerd.io",
    "docker",
    "docker-buildx-plugin",
    "docker-ce",
    "docker-ce-cli",
    "docker-compose-plugin",
    "docker-compose-v2",
    "docker-engine",
    "docker.io",
    "moby-containerd",
    "moby-engine",
    "moby-runc",
    "podman",
    "runc",
];

impl Session {
    /// The system around the first data root of the disk, `None` when its filesystem holds none. What cannot be read of
    /// it is a finding; an error only when cancelled.
    pub(crate) fn read_host(&self, findings: &mut Findings) -> Result<Option<Host>, ReadError> {
        let open = self.stores.iter().find_map(|open| self.filesystems.get(open.filesystem));
        let Some(open) = open.or(self.filesystems.first()) else { return Ok(None) };
        read(&*open.tree, open.id, &self.options.limits, &self.options.cancel, findings)
    }
}

fn read(
    tree: &dyn FileTree,
    filesystem: u32,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Option<Host>, ReadError> {
    let mut file = |path: &str, longest: u64| -> Option<String> {
        let limits = Limits { bytes: limits.bytes.min(longest), ..*limits };
        text(tree, path, &limits, findings)
    };
    let release = file("/etc/os-release", LONGEST_TEXT).or_else(|| file("/usr/lib/os-release", LONGEST_TEXT));
    let passwd = file("/etc/passwd", LONGEST_TEXT);
    if release.is_none() && passwd.is_none() {
        return Ok(None);
    }
    let os_release = assignments(&release.unwrap_or_default());
    let wsl_conf = file("/etc/wsl.conf", LONGEST_TEXT);
    let groups = file("/etc/group", LONGEST_TEXT).unwrap_or_default();
    let hostname = file("/etc/hostname", LONGEST_TEXT);
    let hostname =
        hostname.and_then(|text| text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned));
    let has_wsl = [b"/etc/wsl.conf".as_slice(), b"/etc/wsl-distribution.conf", b"/mnt/wslg", b"/usr/lib/wsl"]
        .iter()
        .any(|path| matches!(resolve_path(tree, path, &mut Findings::new()), Ok(Some(_))));
    Ok(Some(Host {
        filesystem,
        name: os_release.get("PRETTY_NAME").or(os_release.get("NAME")).cloned(),
        os_release,
        hostname,
        is_wsl: has_wsl,
        wsl_conf: sections(&wsl_conf.unwrap_or_default()),
        daemon_json: file("/etc/docker/daemon.json", LONGEST_TEXT),
        engine: engine(tree, limits, cancel, findings)?,
        users: users(&passwd.unwrap_or_default(), &groups),
    }))
}

/// A file's text; `None` where there is none, and where it cannot be read, which is told.
fn text(tree: &dyn FileTree, path: &str, limits: &Limits, findings: &mut Findings) -> Option<String> {
    let found = resolve_path(tree, path.as_bytes(), findings).and_then(|node| {
        let Some(node) = node else { return Ok(None) };
        if tree.stat(node, findings)?.kind != Kind::File {
            return Ok(None);
        }
        read_file(tree, node, limits, findings).map(Some)
    });
    match found {
        Ok(bytes) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            findings.add_failure(&error);
            None
        }
    }
}

/// Lines `NAME=value`, the value perhaps in quotes (`os-release(5)`).
fn assignments(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let value =
            ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value);
        Some((name.to_owned(), value.to_owned()))
    };
    lines.filter_map(read).collect()
}

/// `[section]` and `key = value`.
fn sections(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            let keys = sections.entry(section.clone()).or_default();
            keys.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    sections
}

/// Root and the users of people; a line that is none is left out.
fn users(passwd: &str, groups: &str) -> Vec<HostUser> {
    let docker =
        groups.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|line| line.first() == Some(&"docker"));
    let (number, members) = match docker.as_deref() {
        Some([_, _, number, members, ..]) => (number.parse::<u32>().ok(), members.split(',').collect::<Vec<_>>()),
        _ => (None, Vec::new()),
    };
    let read = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, uid, gid, _, home, shell] = fields.as_slice() else { return None };
        let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
        let in_docker_group = members.contains(name) || number == Some(gid);
        let (home, shell) = ((*home).to_owned(), (*shell).to_owned());
        Some(HostUser { name: (*name).to_owned(), uid, gid, home, shell, in_docker_group })
    };
    let is_person = |user: &HostUser| user.uid == 0 || (FIRST_PERSON..NOBODY).contains(&user.uid) || user.uid > NOBODY;
    passwd.lines().filter_map(read).filter(is_person).collect()
}

/// What is installed of the engine and what belongs to it; an error only when cancelled.
fn engine(
    tree: &dyn FileTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Vec<EnginePackage>, ReadError> {
    let packages = careen_packages::catalog_system(tree, limits, cancel, findings)?;
    let is_engine = |package: &Package| package.is_installed() && ENGINE.contains(&package.name.as_str());
    let engine = packages.into_iter().filter(is_engine);
    Ok(engine.map(|it| EnginePackage { package: it.name, version: it.version, found_at: it.found_at }).collect())
}

#[cfg(test)]
mod tests {
    use careen_evidence::MemoryTree;

    use super::*;

    fn host(tree: &MemoryTree) -> Option<Host> {
        let mut findings = Findings::new();
        let host = read(tree, 0, &Limits::default(), &CancelToken::default(), &mut findings).unwrap();
        assert_eq!(findings.list().len(), 0);
        host
    }

    #[test]
    fn a_filesystem_with_data_alone_has_no_system() {
        let mut tree = MemoryTree::new("disk");
        tree.file("/data/docker/engine-id", "x");
        assert_eq!(host(&tree), None);
    }

    #[test]
    fn a_system_is_told_by_its_own_files() {
        let mut tree = MemoryTree::new("disk");
        tree.symlink("/etc/os-release", "../usr/lib/os-release");
        tree.file("/usr/lib/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n# c\nID=debian\n");
        tree.file("/etc/hostname", "\nbox\n");
        tree.file("/etc/wsl.conf", "[boot]\nsystemd = true\n; x=y\n[user]\ndefault=me\n");
        tree.file("/etc/docker/daemon.json", "{\"data-root\": \"/x\"}");
        let passwd = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n\
                      me:x:1000:1000:Me,,:/home/me:/bin/zsh\nnobody:x:65534:65534::/:/bin/false\nbroken:x\n";
        tree.file("/etc/passwd", passwd);
        tree.file("/etc/group", "root:x:0:\ndocker:x:998:me,you\n");
        let status = "Package: docker-ce\nStatus: install ok installed\nVersion: 5:27.3.1-1~debian.12~bookworm\n\n\
                      Package: runc\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: bash\nStatus: install ok installed\nVersion: 5\n";
        tree.file("/var/lib/dpkg/status", status);
        let host = host(&tree).unwrap();
        assert_eq!(host.name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!((host.os_release["ID"].as_str(), host.hostname.as_deref()), ("debian", Some("box")));
        assert_eq!((host.is_wsl, host.wsl_conf["user"]["default"].as_str()), (true, "me"));
        assert!(host.daemon_json.unwrap().contains("data-root"));
        let engine: Vec<_> = host.engine.iter().map(|it| (it.package.as_str(), it.version.as_str())).collect();
        assert_eq!(engine, [("docker-ce", "5:27.3.1-1~debian.12~bookworm")]);
        let users: Vec<_> = host.users.iter().map(|user| (user.name.as_str(), user.in_docker_group)).collect();
        assert_eq!(users, [("root", false), ("me", true)]);
    }

    #[test]
    fn the_engine_is_found_by_other_package_managers_too() {
        let databases: [(&str, &str); 2] = [
            ("/lib/apk/db/installed", "C:Q1\nP:docker\nV:27.3.1-r0\n\nP:musl\nV:1.2\n"),
            ("/var/lib/pacman/local/docker-1:27.3.1-1/desc", "%NAME%\ndocker\n\n%VERSION%\n1:27.3.1-1\n"),
        ];
        for (path, text) in databases {
            let mut tree = MemoryTree::new("disk");
            tree.file("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
            tree.file(path, text);
            let [engine] = &host(&tree).unwrap().engine[..] else { panic!("{path}") };
            assert!(engine.package == "docker" && engine.version.contains("27.3.1"), "{engine:?}");
        }
    }
}
