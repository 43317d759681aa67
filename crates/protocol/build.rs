//! Gives the protocol a fingerprint: a hash of the sources that decide how messages look. Page and worker are loaded
//! as two files, and a cache may pair a new one with an old one; those that print the same fingerprint understand
//! each other.

use std::fs;
use std::path::Path;

fn main() {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for directory in ["src", "src/wire", "../model/src", "../model/src/codes"] {
        println!("cargo::rerun-if-changed={directory}");
        let mut files: Vec<_> = fs::read_dir(directory)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
            .collect();
        files.sort();
        for file in files {
            fnv1a(&mut hash, &file);
        }
    }
    println!("cargo::rustc-env=CAREEN_PROTOCOL={hash:016x}");
}

/// FNV-1a: short, and enough to tell one build from the next.
fn fnv1a(hash: &mut u64, file: &Path) {
    for byte in fs::read(file).unwrap_or_default() {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}
