//! `cargo xtask`: everything that is done with this repository, from a bare machine to a tested page.
//!
//! Each task sets up what it needs first; what is already there is left alone. No task needs another to have run.

mod command;
mod fixtures;
mod page;
mod server;
mod setup;
mod stages;
mod suite;
mod variants;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  serve [--port N]   build the page and serve it on localhost
  test [STAGE…]      run every test, or only the stages named
  dist               build the page into dist/: a folder to upload anywhere, and careen.html, the page as one file
  build              build the `careen` command and the page
  bench [--out | --packages DIR]
                     compare with other tools on this machine: listing, taking files out, or listing the packages of
                     an unpacked image
  damage [--disks N] flip bytes of 1000 (or N) filesystems of each kind, and print what is lost and what is told
  e2fsprogs DIR      compare with other readers on the damaged filesystems in the tests of e2fsprogs' sources
  fixtures DIR…      compare the packages we find in the test data of other projects with those their tests expect;
                     DIRs are git copies of syft, fanal, osv-scalibr, go-rpmdb
  variants --seeds 2,3,5 [NAME…]
                     make the corpus' variants with these seeds, or some groups of them, and print what came
                     of each (as root, with qemu-utils)
  versions [PAIRS]   compare 10,000 (or PAIRS) pairs of versions with dpkg, packaging and rpm
  setup              install whatever the tasks need, and nothing else

The corpus of test disks is found through CAREEN_CORPUS; without it only the disks in tests/cases are tested.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let done = match task {
        "serve" => serve(rest),
        "test" => stages::run(rest),
        "dist" => setup::for_page().and_then(|()| page::build()),
        "build" => setup::for_page().and_then(|()| command::build_careen().map(drop)).and_then(|()| page::build()),
        "bench" => bench(rest),
        "damage" => damage(rest),
        "e2fsprogs" => suite::run(rest),
        suite::EXT4_VIEW => suite::extract_with_ext4_view(rest),
        "fixtures" => fixtures::run(rest),
        "variants" => match rest {
            [flag, seeds, only @ ..] if flag == "--seeds" => variants::run(seeds, only),
            _ => Err(format!("variants: expected --seeds and a list of numbers\n\n{HELP}")),
        },
        "versions" => versions(rest),
        "setup" => setup::for_page().and_then(|()| setup::for_tests()),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no task {other:?}\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &[String]) -> Result<(), String> {
    let port = match arguments {
        [] => 8080,
        [flag, port] if flag == "--port" => port.parse().map_err(|_| format!("--port {port}: expected a number"))?,
        _ => return Err(format!("serve: unknown arguments {arguments:?}\n\n{HELP}")),
    };
    setup::for_page()?;
    page::build()?;
    let server = server::Server::bind(port, "/")?;
    println!("\nCareen is at {}  (Ctrl+C ends it)", server.url());
    println!("Pick a disk there, or press \"Open the demo disk\".");
    server.run()
}

fn damage(arguments: &[String]) -> Result<(), String> {
    let disks = match arguments {
        [] => "1000",
        [flag, disks] if flag == "--disks" => disks,
        _ => return Err(format!("damage: unknown arguments {arguments:?}\n\n{HELP}")),
    };
    let test = ["test", "--release", "-p", "careen-filesystem", "--test", "random_damage", "--", "--nocapture"];
    command::run(command::cargo().args(test).env("CAREEN_DAMAGED_DISKS", disks))
}

fn versions(arguments: &[String]) -> Result<(), String> {
    let pairs = match arguments {
        [] => "10000",
        [pairs] if pairs.parse::<u32>().is_ok() => pairs,
        _ => return Err(format!("versions: unknown arguments {arguments:?}\n\n{HELP}")),
    };
    let test = ["test", "-p", "careen-report", "--test", "version_judges", "--", "--nocapture"];
    command::run(command::cargo().args(test).env("CAREEN_VERSION_PAIRS", pairs))
}

fn bench(arguments: &[String]) -> Result<(), String> {
    let careen = command::build_careen()?;
    // What lists a disk, what takes files out of one, and what lists packages.
    let (script, rest) = match arguments.split_first() {
        Some((word, rest)) if word == "--out" => ("benches/out.sh", rest),
        Some((word, rest)) if word == "--packages" => ("benches/packages.sh", rest),
        _ => ("benches/peers.sh", arguments),
    };
    let script = command::root().join(script);
    command::run(command::tool("bash").arg(script).args(rest).env("CAREEN_BIN", careen))
}
