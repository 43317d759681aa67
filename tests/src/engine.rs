//! A Docker Engine of our own: a daemon with its own data, socket and no network, ended with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running daemon.
pub struct Engine {
    daemon: Child,
    /// Everything of it lies here.
    pub folder: PathBuf,
}

impl Engine {
    /// Starts one; `None`, and a printed word, where none can be started: not root, or no `dockerd` (Debian: docker.io).
    pub fn start(name: &str) -> Option<Engine> {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success());
        if !is_root || !has("dockerd") || !has("docker") {
            println!("skipped: no engine can be started here (root and docker.io are needed)");
            return None;
        }
        // A socket's path is short: it has room for 107 bytes.
        let folder = std::env::temp_dir().join(format!("careen-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).ok()?;
        let log = fs::File::create(folder.join("log")).ok()?;
        let daemon = Command::new("dockerd")
            // Its own choice of driver: overlay2 where the machine lets it, else vfs, which copies all files for each layer.
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .arg("--data-root")
            .arg(folder.join("data"))
            .arg("--exec-root")
            .arg(folder.join("exec"))
            .arg("--pidfile")
            .arg(folder.join("pid"))
            .arg("-H")
            .arg(format!("unix://{}", folder.join("socket").display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().ok()?)
            .stderr(log)
            .spawn()
            .ok()?;
        let mut engine = Engine { daemon, folder };
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if engine.docker(["version"]).status.success() {
                return Some(engine);
            }
            if engine.daemon.try_wait().is_ok_and(|ended| ended.is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        println!("skipped: dockerd does not start here:\n{}", engine.log());
        None
    }

    /// The address of its socket, for `DOCKER_HOST`.
    pub fn host(&self) -> String {
        format!("unix://{}", self.folder.join("socket").display())
    }

    /// What the daemon wrote.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// Runs `docker` with these words.
    pub fn docker<S: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Output {
        let mut command = Command::new("docker");
        command.args(words).env("DOCKER_HOST", self.host()).stdin(Stdio::null());
        command.output().unwrap_or_else(|error| panic!("docker: {error}"))
    }

    /// Its answer when it succeeds, else its complaint.
    pub fn ask<S: AsRef<std::ffi::OsStr>>(&self, words: impl IntoIterator<Item = S>) -> Result<String, String> {
        let output = self.docker(words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Removes all images and containers, so that the next ones have room.
    pub fn clear(&self) {
        self.docker(["system", "prune", "--all", "--force"]);
    }

    /// The folder of a volume's content.
    pub fn mountpoint(&self, volume: &str) -> Result<PathBuf, String> {
        self.ask(["volume", "inspect", "--format", "{{.Mountpoint}}", "--", volume]).map(PathBuf::from)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It ends its containerd too when it is asked to end, not when it is killed.
        let _ = Command::new("kill").arg(self.daemon.id().to_string()).status();
        let _ = self.daemon.wait();
        unmount_below(&self.folder);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Unmounts what a daemon left mounted below its folder.
fn unmount_below(folder: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mut below: Vec<&str> = mounts.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    below.retain(|path| Path::new(path).starts_with(folder));
    for path in below.into_iter().rev() {
        let _ = Command::new("umount").arg(path).status();
    }
}
