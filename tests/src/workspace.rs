//! The crates of this workspace, as cargo sees them.

use std::process::Command;

use serde_json::Value;

/// A crate of this workspace.
pub struct Crate {
    /// Its name.
    pub name: String,
    /// What it is built from, our own crates and others.
    pub dependencies: Vec<String>,
    /// What its tests need besides.
    pub dev_dependencies: Vec<String>,
}

/// Every crate of this workspace, by name.
pub fn crates() -> Result<Vec<Crate>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--quiet"])
        .current_dir(crate::root())
        .output()
        .map_err(|error| format!("cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut crates: Vec<Crate> = packages
        .map(|package| {
            let names = |dev: bool| {
                let all = package["dependencies"].as_array().into_iter().flatten();
                all.filter(|dependency| (dependency["kind"] == "dev") == dev)
                    .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
                    .collect()
            };
            Crate {
                name: package["name"].as_str().unwrap_or_default().to_owned(),
                dependencies: names(false),
                dev_dependencies: names(true),
            }
        })
        .collect();
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}
