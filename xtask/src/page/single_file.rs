//! `careen.html`: the whole page in one file that opens by double click.
//!
//! A page opened from a file may load nothing beside it. So styles and the starting script stand in the document, and
//! every other file as base64 of gzip in an element that `boot.js` finds by its name. The policy names the sums of what
//! stands inside and lets nothing else in; it is sealed from the beginning.

use std::io::Write;

use super::Files;
use super::finish::{base64, integrity};

/// Files that only a served page needs.
const LEFT_OUT: [&str; 4] = ["index.html", "boot.js", "manifest.webmanifest", "icons/"];

/// The document, from the served page's own.
pub fn assemble(index: &str, files: &Files) -> Result<String, String> {
    let text = |name: &str| -> Result<&str, String> {
        let content = files.get(name).ok_or_else(|| format!("careen.html: the page has no {name}"))?;
        std::str::from_utf8(content).map_err(|error| format!("{name}: {error}"))
    };
    let boot = text("boot.js")?;
    let (mut page, mut styles) = (String::with_capacity(4 << 20), Vec::new());
    let mut rest = index;
    while let Some((before, tag, after)) = next_tag(rest) {
        page.push_str(before);
        rest = after;
        let named = |name: &str| attribute(tag, name).map(|value| value.trim_start_matches("./"));
        match (tag.split_ascii_whitespace().next(), named("rel")) {
            (Some("<link"), Some("stylesheet")) => {
                let style = text(named("href").unwrap_or_default())?;
                styles.push(integrity(style.as_bytes()));
                page.push_str(&format!("<style>{style}</style>"));
            }
            (Some("<link"), Some("modulepreload" | "preload" | "manifest" | "apple-touch-icon")) => {}
            (Some("<meta"), _) if named("http-equiv") == Some("Content-Security-Policy") => {
                page.push_str("<!-- policy -->")
            }
            (Some("<script"), _) if named("src") == Some("boot.js") => {
                let (script, program) = (named("data-script"), named("data-program"));
                let (script, program) = script.zip(program).ok_or("careen.html: boot.js is not told what to start")?;
                let is_inside =
                    |name: &str| !name.ends_with(".css") && !LEFT_OUT.iter().any(|left| name.starts_with(left));
                for (name, content) in files.iter().filter(|(name, _)| is_inside(name)) {
                    let packed = packed(content)?;
                    page.push_str(&format!("<script type=\"text/plain\" data-file=\"{name}\">{packed}</script>\n"));
                }
                let names = format!("data-script=\"{script}\" data-program=\"{program}\"");
                page.push_str(&format!("<script type=\"module\" {names}>{boot}"));
            }
            _ => page.push_str(tag),
        }
    }
    page.push_str(rest);
    if !page.contains(boot) || boot.contains("</script") || styles.is_empty() {
        return Err("careen.html: index.html has not what is looked for in it".to_owned());
    }
    let sums = |sums: &[String]| sums.iter().map(|sum| format!("'{sum}'")).collect::<Vec<_>>().join(" ");
    let policy = format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}' blob: 'wasm-unsafe-eval'; \
         worker-src blob:; style-src {}; img-src data: blob:; connect-src 'none'; base-uri 'none'; form-action 'none'\">",
        integrity(boot.as_bytes()),
        sums(&styles)
    );
    Ok(page.replacen("<!-- policy -->", &policy, 1))
}

/// The next tag that may matter, with what stands before and after it.
fn next_tag(text: &str) -> Option<(&str, &str, &str)> {
    let start = ["<link", "<meta", "<script"].iter().filter_map(|tag| text.find(tag)).min()?;
    let (before, from) = text.split_at(start);
    // A quoted value may hold a bracket.
    let mut is_quoted = false;
    let end = from.find(|letter| {
        is_quoted ^= letter == '"';
        letter == '>' && !is_quoted
    })?;
    let (tag, after) = from.split_at(end + 1);
    Some((before, tag, after))
}

/// The value of an attribute in a tag.
fn attribute<'tag>(tag: &'tag str, name: &str) -> Option<&'tag str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// Base64 of gzip, as `boot.js` unpacks it.
fn packed(content: &[u8]) -> Result<String, String> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let done = encoder.write_all(content).and_then(|()| encoder.finish());
    done.map(|bytes| base64(&bytes)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_of_the_page_stands_in_the_document_and_nothing_is_loaded() {
        let index = "<html><head><meta http-equiv=\"Content-Security-Policy\" content=\"x\">\
            <link rel=\"icon\" href=\"data:a>b\"><link rel=\"stylesheet\" href=\"./a.css\">\
            <link rel=\"preload\" href=\"./p.wasm\"></head>\
            <body><script type=\"module\" src=\"./boot.js\" data-script=\"./p.js\" data-program=\"./p.wasm\"></script></body></html>";
        let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
        let files: Files = [
            file("index.html", index),
            file("boot.js", "start();"),
            file("a.css", "body{}"),
            file("p.js", "bindings"),
            file("p.wasm", "program"),
            file("icons/icon.svg", "<svg>"),
        ]
        .into();
        let page = assemble(index, &files).unwrap();
        assert!(page.contains("<style>body{}</style>") && page.contains("href=\"data:a>b\""));
        assert!(
            page.contains(
                "<script type=\"module\" data-script=\"p.js\" data-program=\"p.wasm\">start();</script></body>"
            )
        );
        assert_eq!(page.matches("data-file=").count(), 2);
        assert!(page.contains("data-file=\"p.js\">H4sI") && page.contains("data-file=\"p.wasm\">H4sI"));
        assert!(page.contains(&format!("script-src '{}' blob:", integrity(b"start();"))));
        assert!(!page.contains("src=\"./") && !page.contains("href=\"./"));
    }
}
