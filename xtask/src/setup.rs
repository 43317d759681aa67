//! What the tasks need on the machine: Debian packages, tools from crates.io, tools from npm.
//!
//! Everything is looked for first, so a second run does nothing and takes no time. Only Debian's package manager is
//! driven; on any other system what is missing is named.

use std::fs;

use crate::command::{self, cargo, find, output, run, tool};

/// A program and the Debian package that brings it.
type Program = (&'static str, &'static str);

const PAGE_PROGRAMS: &[Program] = &[("node", "nodejs"), ("npm", "npm")];

const TEST_PROGRAMS: &[Program] = &[
    ("chromium", "chromium"),
    ("chromedriver", "chromium-driver"),
    ("mkfs.ext4", "e2fsprogs"),
    ("debugfs", "e2fsprogs"),
    ("qemu-img", "qemu-utils"),
    ("zstd", "zstd"),
    ("7z", "p7zip-full"),
    ("sfdisk", "fdisk"),
    ("python3", "python3"),
    ("setfattr", "attr"),
];

/// Whatever building the page needs.
pub fn for_page() -> Result<(), String> {
    programs(PAGE_PROGRAMS)?;
    let target = output(tool("rustup").args(["target", "list", "--installed"]));
    if target.is_some_and(|list| !list.lines().any(|line| line == "wasm32-unknown-unknown")) {
        run(tool("rustup").args(["target", "add", "wasm32-unknown-unknown"]))?;
    }
    crate_tool("wasm-bindgen", "wasm-bindgen-cli", &locked_version("wasm-bindgen")?)?;
    npm()
}

/// Whatever the tests need besides.
pub fn for_tests() -> Result<(), String> {
    programs(TEST_PROGRAMS)
}

/// Installs the Debian packages of the programs that are not there.
fn programs(wanted: &[Program]) -> Result<(), String> {
    let mut missing: Vec<&str> =
        wanted.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if find("apt-get").is_none() {
        return Err(format!("these are missing, and this is no Debian to install them on (Debian's names): {list}"));
    }
    let root = output(tool("id").arg("-u")).is_some_and(|id| id == "0");
    if !root && find("sudo").is_none() {
        return Err(format!("these packages are missing; install them as root: apt-get install {list}"));
    }
    let apt = |arguments: &[&str]| {
        let mut command = if root { tool("apt-get") } else { tool("sudo") };
        if !root {
            command.arg("apt-get");
        }
        run(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    apt(&["update", "-qq"])?;
    let mut install = vec!["install", "-y", "-qq", "--no-install-recommends"];
    install.extend(&missing);
    apt(&install)
}

/// Installs a tool from crates.io unless this very version is on PATH.
fn crate_tool(program: &str, package: &str, version: &str) -> Result<(), String> {
    let found = output(tool(program).arg("--version"));
    if found.is_some_and(|line| line.split_whitespace().nth(1) == Some(version)) {
        return Ok(());
    }
    eprintln!("{program} {version} is not on PATH: building it, which takes some minutes, once");
    let mut install = cargo();
    // They are built for longer than they run.
    for (setting, value) in [("LTO", "off"), ("OPT_LEVEL", "1"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{setting}"), value);
    }
    run(install.args(["install", "--quiet", "--locked", "--force", package, "--version", version]))
}

/// The version of a crate in Cargo.lock: page and tools have to agree on it.
fn locked_version(name: &str) -> Result<String, String> {
    let lock =
        fs::read_to_string(command::root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
    version_in_lock(&lock, name).ok_or_else(|| format!("Cargo.lock: no package {name}"))
}

fn version_in_lock(lock: &str, name: &str) -> Option<String> {
    let start = lock.find(&format!("\nname = \"{name}\"\n"))?;
    let version = lock.get(start..)?.lines().find_map(|line| line.strip_prefix("version = \""))?;
    version.strip_suffix('"').map(str::to_owned)
}

/// Installs the npm packages of package-lock.json unless they are there: npm's own record tells.
fn npm() -> Result<(), String> {
    let wanted = fs::read_to_string(command::root().join("package-lock.json"))
        .map_err(|error| format!("package-lock.json: {error}"))?;
    let installed = fs::read_to_string(command::root().join("node_modules/.package-lock.json")).unwrap_or_default();
    if npm_versions(&wanted)? == npm_versions(&installed).unwrap_or_default() {
        return Ok(());
    }
    run(tool("npm").args(["ci", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]))
}

/// Package directories with their integrity sums.
fn npm_versions(lock: &str) -> Result<Vec<(String, String)>, String> {
    let lock: serde_json::Value = serde_json::from_str(lock).map_err(|error| format!("package-lock.json: {error}"))?;
    let packages = lock["packages"].as_object().into_iter().flatten();
    Ok(packages
        .filter(|(path, _)| !path.is_empty())
        .map(|(path, package)| (path.clone(), package["integrity"].to_string()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_the_packages_own() {
        let lock = "\n[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";
        assert_eq!(version_in_lock(lock, "wasm-bindgen").as_deref(), Some("0.2.129"));
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn npm_packages_are_compared_without_the_project_itself() {
        let lock = r#"{"packages":{"":{"name":"careen"},"node_modules/a":{"version":"1.0.0","integrity":"sha512-x"}}}"#;
        assert_eq!(npm_versions(lock).unwrap(), [("node_modules/a".to_owned(), "\"sha512-x\"".to_owned())]);
        assert!(npm_versions("").is_err());
    }
}
