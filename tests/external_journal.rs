//! A filesystem whose journal lies on a disk of its own: replayed in memory when that disk is given too, as e2fsck does on
//! copies of both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::careen;

/// Output of a tool of e2fsprogs, which often stands in a folder that only root looks into; `None` where it is not.
fn run(folder: &Path, tool: &str, arguments: &[&str]) -> Option<Vec<u8>> {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(tool).args(arguments).env("PATH", path).current_dir(folder).output().ok()?;
    Some(output.stdout)
}

/// A filesystem and a journal's disk, with one transaction in it that fills the first block of `/big` with `n`. `None`
/// without e2fsprogs.
fn made(block: &str) -> Option<PathBuf> {
    let folder = careen_tests::target().join("corpus/external-journal").join(block);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("content")).unwrap();
    fs::write(folder.join("content/big"), vec![b'a'; 16384]).unwrap();
    let ask = |tool: &str, arguments: &[&str]| {
        let said = run(&folder, tool, arguments)?;
        Some(String::from_utf8_lossy(&said).into_owned())
    };
    ask("mke2fs", &["-q", "-O", "journal_dev", "-b", block, "journal", "16M"])?;
    let about = ask("dumpe2fs", &["-h", "journal"])?;
    let uuid = about.lines().find_map(|line| line.strip_prefix("Filesystem UUID:")).unwrap().trim();
    ask("mke2fs", &["-q", "-t", "ext4", "-O", "^has_journal", "-b", block, "-d", "content", "disk", "32M"])?;
    let owned = ask("debugfs", &["-R", "blocks /big", "disk"])?;
    let first = owned.split_whitespace().next().unwrap();
    fs::write(folder.join("new"), vec![b'n'; block.parse().unwrap()]).unwrap();
    let commands =
        format!("feature has_journal needs_recovery\nssv journal_uuid {uuid}\njo -f journal\njw -b {first} new\njc\n");
    fs::write(folder.join("commands"), commands).unwrap();
    ask("debugfs", &["-w", "-f", "commands", "disk"])?;
    Some(folder)
}

#[test]
fn a_journal_elsewhere_is_replayed_when_its_disk_is_given() {
    for block in ["1024", "4096"] {
        let Some(folder) = made(block) else {
            println!("skipped: there is no e2fsprogs");
            return;
        };
        let at = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let size: usize = block.parse().unwrap();
        let without = careen(["cat", &at("disk"), "/big"]);
        assert_eq!((without.code, without.stdout.first()), (3, Some(&b'a')), "{}", without.stderr);
        assert!(without.stderr.contains("ext4-journal-external"), "{}", without.stderr);

        let before = [fs::read(at("disk")).unwrap(), fs::read(at("journal")).unwrap()];
        let with = careen(["cat", &at("disk"), "--parent", &at("journal"), "/big"]);
        assert_eq!(with.code, 0, "{}", with.stderr);
        assert!(before == [fs::read(at("disk")).unwrap(), fs::read(at("journal")).unwrap()]);
        fs::copy(at("disk"), at("disk-copy")).unwrap();
        fs::copy(at("journal"), at("journal-copy")).unwrap();
        run(&folder, "e2fsck", &["-fy", "-j", "journal-copy", "disk-copy"]).unwrap();
        let said = run(&folder, "debugfs", &["-R", "cat /big", "disk-copy"]).unwrap();
        assert!(with.stdout == said && said[..size].iter().all(|byte| *byte == b'n') && said[size] == b'a');

        // Another journal is not taken for it.
        run(&folder, "mke2fs", &["-q", "-O", "journal_dev", "-b", block, "other", "16M"]).unwrap();
        let other = careen(["cat", &at("disk"), "--parent", &at("other"), "/big"]);
        assert_eq!((other.code, other.stdout.first()), (3, Some(&b'a')), "{}", other.stderr);
    }
}
