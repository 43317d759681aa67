//! The page: Trunk builds it, then its policy is sealed and its weight printed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::command::{root, run, tool};

/// Where the finished page lies.
pub fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page into dist/.
pub fn build() -> Result<(), String> {
    // Trunk takes NO_COLOR=1, which many terminals set, for a wrong value of its own option.
    run(tool("trunk").args(["build", "--release"]).env_remove("NO_COLOR"))?;
    let index = dist().join("index.html");
    let html = fs::read_to_string(&index).map_err(|error| format!("{}: {error}", index.display()))?;
    let sealed = seal(&html)?;
    fs::write(&index, sealed).map_err(|error| format!("{}: {error}", index.display()))?;
    print_sizes(&dist()).map_err(|error| format!("dist/: {error}"))
}

/// Allows the inline scripts that Trunk wrote into the page, and only them: puts their hashes into `script-src` of the
/// content security policy, in place of the hashes that stand there.
fn seal(html: &str) -> Result<String, String> {
    let start = html.find("script-src ").ok_or("dist/index.html: no script-src in its content security policy")?;
    let (before, rest) = html.split_at(start);
    let end = rest.find([';', '"']).ok_or("dist/index.html: its script-src does not end")?;
    let (directive, after) = rest.split_at(end);
    let mut sources: Vec<String> =
        directive.split_whitespace().filter(|source| !source.starts_with("'sha256-")).map(str::to_owned).collect();
    for script in inline_scripts(html) {
        sources.push(format!("'sha256-{}'", base64(&Sha256::digest(script))));
    }
    Ok(format!("{before}{}{after}", sources.join(" ")))
}

/// The text of each script element without `src`.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut scripts = Vec::new();
    let mut rest = html;
    while let Some((_, tail)) = rest.split_once("<script") {
        let Some((attributes, tail)) = tail.split_once('>') else { break };
        let Some((text, tail)) = tail.split_once("</script>") else { break };
        if !attributes.contains("src=") {
            scripts.push(text);
        }
        rest = tail;
    }
    scripts
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * position)) as usize & 63];
            text.push(if position <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_fills_its_last_group() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|text| base64(text.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
    }

    #[test]
    fn the_policy_takes_the_hash_of_each_inline_script() {
        let html = r#"<meta content="default-src 'none'; script-src 'self' 'sha256-old'; img-src data:"><script src="a.js"></script><script type="module">foo</script>"#;
        let sealed = seal(html).unwrap();
        // printf foo | openssl dgst -sha256 -binary | base64
        assert!(
            sealed.contains("script-src 'self' 'sha256-LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564='; img-src"),
            "{sealed}"
        );
        assert!(seal("<p>").is_err());
    }
}
