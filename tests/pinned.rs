//! `Dockerfile.pinned` really built: where the archive and the base image have moved on, the image that it makes has the
//! packages of the source. Skipped with a word where no engine can be started, or where the small Debian that stands for the
//! base cannot be put together (`tests/pinned/base.py`). No network is asked: `tests/pinned/archive.py` is the archive.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use careen_tests::engine::Engine;
use careen_tests::{careen, root, target};
use serde_json::Value;

/// The stand-in, ended with the test.
struct Archive {
    program: Child,
    port: u16,
}

impl Archive {
    fn start(folder: &Path) -> Archive {
        let mut program = Command::new("python3")
            .arg(root().join("tests/pinned/archive.py"))
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Archive { program, port: line.trim().parse().unwrap() }
    }

    /// From now on today's archive has newer versions.
    fn moves_on(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /move-on HTTP/1.0\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// The base image, or why there is none.
fn import_base(engine: &Engine, folder: &Path, port: u16, name: &str) -> Result<(), String> {
    let base = folder.join("base");
    fs::create_dir_all(&base).unwrap();
    let script = root().join("tests/pinned/base.py");
    let made = Command::new("python3").arg(script).arg(&base).arg(port.to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&made.stdout).into_owned() + &String::from_utf8_lossy(&made.stderr);
    if made.status.code() == Some(3) {
        return Err(said.trim().to_owned());
    }
    assert!(made.status.success(), "{said}");
    let archive = folder.join("base.tar");
    let packed = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&base).arg(".").status().unwrap();
    assert!(packed.success());
    engine.ask(["import".as_ref(), archive.as_os_str(), name.as_ref()]).unwrap();
    fs::remove_dir_all(base).unwrap();
    fs::remove_file(archive).unwrap();
    Ok(())
}

/// Builds with the network of this machine, which has the stand-in.
fn build(engine: &Engine, name: &str, dockerfile: &Path, context: &Path) {
    let mut build = Command::new("docker");
    build.env("DOCKER_HOST", engine.host()).env("DOCKER_BUILDKIT", "0");
    build.args(["build", "--force-rm", "--network", "host", "--tag", name, "--file"]).arg(dockerfile).arg(context);
    let output = build.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}\n{}", fs::read_to_string(dockerfile).unwrap());
}

/// What stands in a list of packages, but for the layer, which is another one.
fn packages(engine: &Engine, image: &str) -> BTreeSet<[String; 4]> {
    let scope = format!("image:{image}");
    let data = engine.folder.join("data");
    let words = ["packages".as_ref(), data.as_os_str(), "--of".as_ref(), scope.as_ref(), "--json".as_ref()];
    let rows = careen(words).expect(&[0]).unwrap().json().unwrap();
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let keys = ["ecosystem", "package", "version", "found_at"];
    rows.as_array().unwrap().iter().map(|row| keys.map(|key| text(row, key))).collect()
}

/// A Dockerfile in a folder of its own.
fn written(folder: &Path, name: &str, text: &str) -> (PathBuf, PathBuf) {
    let context = folder.join(name);
    fs::create_dir_all(&context).unwrap();
    let file = context.join("Dockerfile");
    fs::write(&file, text).unwrap();
    (file, context)
}

#[test]
fn a_pinned_image_has_the_packages_of_the_source() {
    let Some(engine) = Engine::start("pinned") else { return };
    let folder = target().join("corpus/pinned");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let archive = Archive::start(&folder.join("archive"));
    if let Err(reason) = import_base(&engine, &folder, archive.port, "debian:bookworm") {
        println!("skipped: {reason}");
        return;
    }
    let (file, context) = written(
        &folder,
        "source",
        "FROM debian:bookworm\n\
         RUN apt-get update && apt-get install --yes careen-tool careen-base && rm -rf /var/lib/apt/lists/* \\\n \
         && PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install careenpy==0.9 careen-dep\n\
         CMD [\"python3\"]\n",
    );
    build(&engine, "source:1", &file, &context);
    let wanted = packages(&engine, "source:1");
    let has = |name: &str, version: &str| wanted.iter().any(|row| row[1] == name && row[2] == version);
    assert!(has("careen-tool", "1.0-1") && has("careen-lib", "2:3.1~rc1+b2") && has("careenpy", "0.9"), "{wanted:?}");

    // Time goes by: there are newer versions, and the base image has one of them.
    archive.moves_on();
    let newer = "FROM debian:bookworm\nRUN apt-get update && apt-get install --yes careen-base\n";
    let (file, context) = written(&folder, "newer", newer);
    build(&engine, "debian:bookworm", &file, &context);
    let of_base = packages(&engine, "debian:bookworm");
    assert!(of_base.iter().any(|row| row[1] == "careen-base" && row[2] == "2.0"), "{of_base:?}");

    let out = folder.join("rebuilt");
    let data = engine.folder.join("data");
    let words = ["rebuild".as_ref(), data.as_os_str(), "image:source:1".as_ref(), "--json".as_ref(), "--out".as_ref()];
    let told = careen(words.into_iter().chain([out.as_os_str()])).expect(&[0]).unwrap().json().unwrap();
    let pinned = told["files"].as_array().unwrap().iter().find(|file| file["kind"] == "pinned").unwrap();
    let pinned = out.join(pinned["path"].as_str().unwrap());
    build(&engine, "pinned:1", &pinned, pinned.parent().unwrap());
    let built = packages(&engine, "pinned:1");
    let missing: Vec<_> = wanted.difference(&built).collect();
    let added: Vec<_> = built.difference(&wanted).collect();
    assert!(missing.is_empty() && added.is_empty(), "missing: {missing:?}\nadded: {added:?}");
    println!("{} packages, in the versions of the source", built.len());
    fs::remove_dir_all(folder).unwrap();
}
