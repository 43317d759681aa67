//! What the page weighs, as hosts send it.

use std::path::Path;

use super::Files;
use crate::command::{output, tool};

/// Sizes as gzip -9 and brotli at its best make them; node has both.
const MEASURE: &str = "const zlib = require('node:zlib'), fs = require('node:fs'), { constants: c } = zlib;\
    for (const file of process.argv.slice(1)) {\
      const bytes = fs.readFileSync(file);\
      const brotli = zlib.brotliCompressSync(bytes, { params: { [c.BROTLI_PARAM_LGWIN]: 22, [c.BROTLI_PARAM_SIZE_HINT]: bytes.length } });\
      console.log(bytes.length, zlib.gzipSync(bytes, { level: 9 }).length, brotli.length);\
    }";

/// Most that may be loaded before the first click, in bytes with brotli.
const MOST_FIRST: u64 = 400 << 10;

/// Bytes as they are, gzipped, and with brotli.
type Size = [u64; 3];

/// Prints each file with its sizes, and what is loaded when. An error when the first page loads more than it may.
pub fn print(dist: &Path, files: &Files) -> Result<(), String> {
    let others = ["service-worker.js", "careen.html", "licenses.txt"];
    let names: Vec<&str> = files.keys().map(String::as_str).chain(others).collect();
    let paths = names.iter().map(|name| dist.join(name));
    let lines = output(tool("node").args(["-e", MEASURE]).args(paths)).ok_or("node could not measure the page")?;
    let sizes: Vec<Size> = lines
        .lines()
        .map(|line| {
            let mut numbers = line.split(' ').map(|word| word.parse().unwrap_or_default());
            std::array::from_fn(|_| numbers.next().unwrap_or_default())
        })
        .collect();
    println!("{:>10} {:>10} {:>10}", "bytes", "gzip -9", "brotli");
    let show = |[bytes, gzip, brotli]: Size, name: &str| println!("{bytes:>10} {gzip:>10} {brotli:>10}  {name}");
    names.iter().zip(&sizes).for_each(|(name, size)| show(*size, name));
    let sum = |wanted: fn(&str) -> bool| {
        let of = names.iter().zip(&sizes).filter(|(name, _)| wanted(name)).map(|(_, size)| size);
        of.fold([0; 3], |sum: Size, size| std::array::from_fn(|at| sum[at] + size[at]))
    };
    println!();
    let first = sum(is_loaded_first);
    show(first, "in all before the first click");
    show(sum(|name| is_loaded_first(name) && name.ends_with(".wasm")), "of these WebAssembly");
    show(
        sum(|name| ["careen-worker", "careen-disk"].iter().any(|part| name.starts_with(part))),
        "when a disk is opened",
    );
    match first {
        [.., brotli] if brotli > MOST_FIRST => {
            Err(format!("the page loads {brotli} bytes before the first click, expected at most {MOST_FIRST}"))
        }
        _ => Ok(()),
    }
}

/// What the page loads to show itself. The rest comes with a disk, or is kept for later by the service worker.
fn is_loaded_first(name: &str) -> bool {
    let is_code = name.starts_with("careen-page") || name.ends_with(".css");
    is_code || ["index.html", "boot.js", "manifest.webmanifest"].contains(&name)
}
