//! The page: Trunk builds it, its weight is printed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::command::{cargo, root, run, tool};

/// Where the finished page lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/.
pub fn build() -> Result<(), String> {
    // Trunk is kept from downloading its own tools, and takes that to mean cargo as well.
    run(cargo().args(["fetch", "--quiet", "--locked"]))?;
    // Trunk takes NO_COLOR=1, which many terminals set, for a wrong value of its own option.
    run(tool("trunk").args(["build", "--release"]).env_remove("NO_COLOR"))?;
    print_sizes(&dist()).map_err(|error| format!("dist/: {error}"))
}

/// Prints each file with its size as it is and gzipped, the way most hosts send it.
fn print_sizes(directory: &Path) -> std::io::Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() { open.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    println!("{:>12} {:>12}", "bytes", "gzipped");
    let (mut bytes, mut gzipped) = (0, 0);
    for file in &files {
        let content = fs::read(file)?;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&content)?;
        let packed = encoder.finish()?.len();
        println!("{:>12} {packed:>12} {}", content.len(), file.strip_prefix(directory).unwrap_or(file).display());
        (bytes, gzipped) = (bytes + content.len(), gzipped + packed);
    }
    println!("{bytes:>12} {gzipped:>12} in all");
    Ok(())
}
