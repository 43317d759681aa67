//! The page: what stands in `www/`, and the programs that are compiled for the browser, made into a folder to upload.

mod finish;
mod licenses;
mod programs;
mod single_file;
mod sizes;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::command::root;

/// A file of the page by its path below the folder, with slashes.
type Files = BTreeMap<String, Vec<u8>>;

/// Folders of `www/` that are no part of the page as it is served.
const LEFT_OUT: [&str; 1] = ["hosting/"];

/// Where the finished page lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/.
pub fn build() -> Result<(), String> {
    let mut files = Files::new();
    let www = root().join("www");
    read(&www, &www, &mut files).map_err(|error| format!("{}: {error}", www.display()))?;
    files.retain(|name, _| !LEFT_OUT.iter().any(|folder| name.starts_with(folder)));
    let built = programs::build()?;
    let index = files.get_mut("index.html").ok_or("www/ has no index.html")?;
    let text = String::from_utf8_lossy(index).replace("{script}", &built.script).replace("{program}", &built.program);
    *index = text.into_bytes();
    files.extend(built.files);
    finish::finish(&dist(), files)
}

fn read(root: &Path, folder: &Path, files: &mut Files) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            read(root, &path, files)?;
        } else if path.extension().is_none_or(|extension| extension != "md") {
            let parts = path.strip_prefix(root).unwrap_or(&path).components();
            let name = parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
            files.insert(name, fs::read(&path)?);
        }
    }
    Ok(())
}
