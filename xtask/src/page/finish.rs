//! The finished page: a folder that can be put anywhere.
//!
//! Every file that the page needs to start and to read a disk is named in the service worker with the sum it must have;
//! all of them together give the build its name. Beside them come the page as a single file, the licenses of what is in
//! it, and settings for common hosts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Files, licenses, single_file, sizes};
use crate::command::root;

/// What the service worker has in the place of its list.
const LIST: &str = "const PAGE = { build: '', files: {} };";

/// Where the name of the build goes in `index.html`.
const ROOT: &str = "<html lang=\"en\"";

/// Writes the folder anew, and prints what it weighs.
pub fn finish(dist: &Path, mut files: Files) -> Result<(), String> {
    let worker = String::from_utf8_lossy(&files.remove("service-worker.js").unwrap_or_default()).into_owned();
    let index = String::from_utf8_lossy(files.get("index.html").map_or(&[], Vec::as_slice)).into_owned();
    if !worker.contains(LIST) || !index.contains(ROOT) {
        return Err(
            "the page has no place for the name of its build: are www/index.html and www/service-worker.js whole?"
                .to_owned(),
        );
    }
    // The service worker is a part of the build, though it cannot be in its own list.
    let mut sum = Sha256::new();
    for (name, content) in files.iter().map(|(name, content)| (name.as_str(), content.as_slice())) {
        sum.update(name);
        sum.update(Sha256::digest(content));
    }
    sum.update(&worker);
    let build: String = sum.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();

    let index = index.replacen(ROOT, &format!("{ROOT} data-build=\"{build}\""), 1);
    files.insert("index.html".to_owned(), index.clone().into_bytes());
    let sums: BTreeMap<&str, String> =
        files.iter().map(|(name, content)| (name.as_str(), integrity(content))).collect();
    let list = serde_json::json!({ "build": build, "files": sums });
    let worker = worker.replacen(LIST, &format!("const PAGE = {list};"), 1);
    let single = single_file::assemble(&index, &files)?;

    let mut written: Vec<(&str, Vec<u8>)> = vec![
        ("service-worker.js", worker.into_bytes()),
        ("careen.html", single.into_bytes()),
        ("licenses.txt", licenses::text()?.into_bytes()),
    ];
    for name in ["_headers", ".htaccess", "nginx.conf"] {
        let file = root().join("www/hosting").join(name);
        written.push((name, fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?));
    }
    written.extend(files.iter().map(|(name, content)| (name.as_str(), content.clone())));
    let _ = fs::remove_dir_all(dist);
    for (name, content) in written {
        let file = dist.join(name);
        let folder = file.parent().unwrap_or(dist);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&file, content))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    sizes::print(dist, &files)?;
    println!("build {build}; everything to upload is in {}", dist.display());
    Ok(())
}

/// The sum of a file as browsers compare it.
pub fn integrity(content: &[u8]) -> String {
    format!("sha256-{}", base64(&Sha256::digest(content)))
}

/// RFC 4648, with padding.
pub fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for at in 0..4 {
            let letter = if at > three.len() { b'=' } else { LETTERS[bits >> (18 - 6 * at) & 63] };
            text.push(char::from(letter));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE=")];
        for (plain, text) in cases {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }
}
