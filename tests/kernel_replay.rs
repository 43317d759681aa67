//! Disks that a mounted kernel was torn from, with every kind of journal it writes: what is read of them is what the
//! same kernel reads of a copy after its own replay.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use careen_tests::careen;
use serde_json::Value;

/// What a disk is called, what `mkfs.ext4` and `mount` are told, and what the superblock of the journal has to say of its
/// features after that; empty where it says none.
const KINDS: [(&str, &str, &str, &str); 6] = [
    ("ordered", "^fast_commit", "data=ordered", ""),
    ("data", "^fast_commit", "data=journal", ""),
    ("checksum-v1", "^metadata_csum", "journal_checksum", "journal_checksum"),
    ("async", "^fast_commit", "journal_async_commit,data=writeback", "journal_async_commit"),
    ("async-v1", "^metadata_csum", "journal_checksum,journal_async_commit,data=writeback", "journal_async_commit"),
    ("fast", "fast_commit", "data=ordered", "fast_commit"),
];

/// Mounts the disk `$1` at `$2` with the options `$3`, makes, renames and removes files there, and goes down at once
/// (`EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_LOGFLUSH` or, at `$4` = 2, `NOLOGFLUSH`).
const TEAR: &str = r#"
mount -o "loop,$3" "$1" "$2" && python3 - "$2" "$4" <<'END'
import fcntl, os, random, struct, sys
random.seed(7)
os.chdir(sys.argv[1])
for turn in range(4):
    for number in range(40):
        folder = f'{turn}/{number % 7}'
        os.makedirs(folder, exist_ok=True)
        with open(f'{folder}/{number}', 'wb') as file:
            file.write(random.randbytes(random.randrange(1, 60000)))
            if number % 5 == 0:
                os.fsync(file.fileno())
    for number in range(0, 40, 3):
        os.rename(f'{turn}/{number % 7}/{number}', f'{turn}/moved-{number}')
    for number in range(1, 40, 3):
        os.unlink(f'{turn}/{number % 7}/{number}')
    os.symlink('../0/moved-0', f'{turn}/link')
    if turn % 2 == 0:
        os.sync()
top = os.open('.', os.O_RDONLY)
fcntl.ioctl(top, 0x8004587d, struct.pack('I', int(sys.argv[2])))
END
ended=$?
umount "$2"
exit $ended
"#;

/// Runs a program as root would; whether it did its work, and what it said.
fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    match Command::new(program).args(arguments).env("PATH", path).output() {
        Ok(output) => (
            output.status.success(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        ),
        Err(error) => (false, error.to_string()),
    }
}

/// Kind, size, link and sha256 of everything by its path. The size of a directory is the filesystem's own business.
fn listed(disk: &Path) -> BTreeMap<String, [Value; 4]> {
    let disk = disk.to_string_lossy();
    let lines =
        careen(["ls", "-R", "--hash", "--json", "--of", "fs", &disk]).expect(&[0]).unwrap().json_lines().unwrap();
    let rows = lines.into_iter().filter(|line| line["path"] != "/lost+found");
    rows.map(|line| {
        let fields = ["type", "size", "link", "sha256"].map(|field| line[field].clone());
        (line["path"].as_str().unwrap().to_owned(), fields)
    })
    .collect()
}

#[test]
fn a_torn_disk_is_read_as_the_kernel_replays_it() {
    let folder = careen_tests::target().join("corpus/torn");
    let mounted = folder.join("mounted");
    fs::create_dir_all(&mounted).unwrap();
    let at = mounted.to_string_lossy().into_owned();
    let mut count = 0;
    for (name, feature, options, journal) in KINDS {
        for flag in ["1", "2"] {
            let disk = folder.join(format!("{name}-{flag}"));
            let file = disk.to_string_lossy().into_owned();
            let _ = fs::remove_file(&disk);
            let (is_made, said) = run("mkfs.ext4", &["-q", "-F", "-O", feature, &file, "64M"]);
            let (is_torn, why) =
                if is_made { run("sh", &["-c", TEAR, "sh", &file, &at, options, flag]) } else { (false, said) };
            if !is_torn {
                println!("skipped: a disk torn while mounted with {options}: {}", why.trim());
                continue;
            }
            let (_, about) = run("dumpe2fs", &["-h", &file]);
            assert!(about.contains("needs_recovery") && about.contains(journal), "{name}: {about}");
            let ours = listed(&disk);
            let copy = folder.join("copy").to_string_lossy().into_owned();
            assert!(run("cp", &["--sparse=always", &file, &copy]).0);
            let (is_mounted, said) = run("mount", &["-o", "loop", &copy, &at]);
            assert!(is_mounted, "{said}");
            let theirs = std::panic::catch_unwind(|| listed(&mounted));
            let (is_free, said) = run("umount", &[&at]);
            assert!(is_free, "{said}");
            let theirs = theirs.unwrap();
            for path in ours.keys().chain(theirs.keys()) {
                assert_eq!(ours.get(path), theirs.get(path), "{name} {flag}: {path}");
            }
            assert!(ours.len() > 50, "{name} {flag}: {} objects", ours.len());
            count += 1;
            fs::remove_file(&disk).unwrap();
            fs::remove_file(copy).unwrap();
        }
    }
    println!("{count} torn disks were compared with the kernel");
}
