//! What `wsl --export` writes of a distribution with Docker in it: a tar of the whole root with relative names, plain and
//! packed. GNU tar makes it here, of a corpus disk that the kernel has mounted, with a distribution around the data root;
//! it leaves out attributes and parts of seconds, as such archives do. Only as root.

use std::fs;
use std::path::Path;
use std::process::Command;

use careen_tests::{careen, compare, listing, of_corpus, target};
use serde_json::Value;

/// Runs a program; whether it went well.
fn run(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program).args(arguments).status();
    status.is_ok_and(|status| status.success())
}

/// The archive of a distribution with this disk's data root at `/var/lib/docker`; false where it cannot be made.
fn made(disk: &Path, folder: &Path, archive: &str) -> bool {
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    for (file, content) in [
        ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
        ("etc/wsl.conf", "[automount]\nenabled=true\n"),
        (
            "var/lib/dpkg/status",
            "Package: docker.io\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: x\nVersion: 20.10.24+dfsg1-1\n\n",
        ),
    ] {
        let file = folder.join("distribution").join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
    fs::create_dir_all(folder.join("mount")).unwrap();
    fs::copy(disk, folder.join("disk")).unwrap();
    let mounted = run("mount", &["-o", "loop,ro,noload", &path("disk"), &path("mount")]);
    let around = ["-C", &path("distribution"), "--numeric-owner", "-cf", archive, "."];
    let renamed = r"--transform=s|^\./docker|./var/lib/docker|";
    let root = ["-C", &path("mount"), renamed, "--sparse", "--numeric-owner", "-rf", archive, "./docker"];
    let is_made = mounted && run("tar", &around) && run("tar", &root);
    if mounted {
        assert!(run("umount", &[&path("mount")]));
    }
    is_made
}

/// A list without what says where the data root lies.
fn list(file: &str, kind: &str) -> Value {
    let text = careen([kind, file, "--json"]).expect(&[0, 3]).unwrap().json().unwrap().to_string();
    serde_json::from_str(&text.replace("/var/lib/docker", "/docker")).unwrap()
}

/// A tree without parts of seconds and attributes.
fn tree(disk: &careen_tests::Disk, scope: &str) -> Vec<Value> {
    let mut lines = listing::list(disk, scope).unwrap();
    for line in &mut lines {
        let seconds = line["mtime_ns"].as_i64().unwrap().div_euclid(1_000_000_000);
        line["mtime_ns"] = seconds.into();
        line.as_object_mut().unwrap().remove("xattrs");
    }
    lines
}

#[test]
fn an_exported_distribution_holds_what_its_disk_holds() {
    let file = match of_corpus("tiny") {
        Ok((file, _)) => file,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let folder = target().join("corpus/wsl-export");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let plain = folder.join("distribution.tar").to_string_lossy().into_owned();
    if !made(&file, &folder, &plain) {
        let _ = fs::remove_dir_all(&folder);
        return println!("skipped: a loop mount takes root");
    }
    assert!(run("gzip", &["-1", "-k", &plain]));
    let disk = |file: &str| careen_tests::Disk {
        name: "corpus/tiny".to_owned(),
        file: file.into(),
        known: careen_tests::Known::Named("tiny"),
    };
    let base = file.to_string_lossy().into_owned();
    for archive in [plain.clone(), format!("{plain}.gz")] {
        for kind in ["images", "containers", "volumes", "networks", "layers"] {
            let difference = compare::difference(&list(&base, kind), &list(&archive, kind));
            assert!(difference.is_none(), "{kind} of {archive}: {difference:?}");
        }
        let packages = |file: &str| {
            let rows = careen(["packages", file, "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
            rows.as_array().unwrap().len()
        };
        assert_eq!(packages(&base), packages(&archive));
        let survey = careen(["survey", "--quick", &archive, "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
        assert_eq!(survey["stores"][0]["path"], "/var/lib/docker");
        assert_eq!(
            (&survey["host"]["is_wsl"], &survey["host"]["engine"][0]["package"]),
            (&true.into(), &"docker.io".into())
        );
        for image in list(&base, "images").as_array().unwrap().iter().filter(|image| image["kind"] == "tagged").take(4)
        {
            let scope = format!("image:{}", image["id"].as_str().unwrap());
            compare::listings(&tree(&disk(&base), &scope), &tree(&disk(&archive), &scope)).unwrap();
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
