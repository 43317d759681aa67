//! A static web server on localhost for the page in dist/: enough of HTTP for a browser, nothing more.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A server that is bound but does not answer yet.
pub struct Server {
    listener: TcpListener,
    site: Arc<Site>,
}

/// What is served, and under which path.
struct Site {
    root: PathBuf,
    prefix: String,
    /// Headers of `_headers`, as a host would send them: path, name, value.
    headers: Vec<(String, String, String)>,
}

impl Server {
    /// Binds to this port, or to any free one when it is taken. The page lies under `prefix`, which starts and ends
    /// with a slash.
    pub fn bind(port: u16, prefix: &str) -> Result<Server, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|error| format!("no port on localhost: {error}"))?;
        let root = super::page::dist();
        let headers = headers(&fs::read_to_string(root.join("_headers")).unwrap_or_default());
        let site = Site { root, prefix: prefix.to_owned(), headers };
        Ok(Server { listener, site: Arc::new(site) })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        let port = self.listener.local_addr().map_or(0, |address| address.port());
        format!("http://localhost:{port}{}", self.site.prefix)
    }

    /// Answers until the process ends.
    pub fn run(self) -> Result<(), String> {
        for connection in self.listener.incoming().flatten() {
            let site = Arc::clone(&self.site);
            // A browser that goes away in the middle of an answer is no fault of ours.
            std::thread::spawn(move || drop(site.answer(connection)));
        }
        Ok(())
    }
}

impl Site {
    fn answer(&self, mut connection: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(connection.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        for line in lines {
            if line?.is_empty() {
                break;
            }
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let body = match method {
            "GET" | "HEAD" => self.file(target).and_then(|file| Some((content_type(&file), fs::read(file).ok()?))),
            _ => None,
        };
        let (status, kind, body) = match body {
            Some((kind, body)) => ("200 OK", kind, body),
            None => ("404 Not Found", "text/plain; charset=utf-8", b"not found\n".to_vec()),
        };
        let path = target.split(['?', '#']).next().and_then(|path| path.strip_prefix(&self.prefix)).unwrap_or_default();
        let of_page: String = self
            .headers
            .iter()
            .filter(|(of, ..)| of == "/*" || of.strip_prefix('/') == Some(path))
            .map(|(_, name, value)| format!("{name}: {value}\r\n"))
            .collect();
        // The page is rebuilt at the same address: nothing of it may be kept.
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n{of_page}\
             Connection: close\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes())?;
        if method != "HEAD" {
            connection.write_all(&body)?;
        }
        connection.flush()
    }

    /// The file behind a request target, if it lies in the page.
    fn file(&self, target: &str) -> Option<PathBuf> {
        let path = target.split(['?', '#']).next()?.strip_prefix(&self.prefix)?;
        if path.split('/').any(|part| part == ".." || part.contains('\\') || part.contains('%')) {
            return None;
        }
        let file = self.root.join(path);
        Some(if path.is_empty() || path.ends_with('/') { file.join("index.html") } else { file })
    }
}

/// The rows of a `_headers` file: paths at the margin, below each its headers. How long to keep a file is left out.
fn headers(text: &str) -> Vec<(String, String, String)> {
    let (mut rows, mut path) = (Vec::new(), "");
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        match line.strip_prefix("  ").and_then(|header| header.split_once(": ")) {
            Some(("Cache-Control", _)) => {}
            Some((name, value)) => rows.push((path.to_owned(), name.to_owned(), value.to_owned())),
            None => path = line,
        }
    }
    rows
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "wasm" => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_page_are_served() {
        let site = Site { root: "/dist".into(), prefix: "/sub/".into(), headers: Vec::new() };
        assert_eq!(site.file("/sub/"), Some("/dist/index.html".into()));
        assert_eq!(site.file("/sub/a/b.wasm?x#y"), Some("/dist/a/b.wasm".into()));
        for refused in ["/", "/other", "/sub/../x", "/sub/%2e%2e/x", "/sub/..\\x", ""] {
            assert_eq!(site.file(refused), None, "{refused}");
        }
    }

    #[test]
    fn headers_belong_to_the_path_above_them() {
        let text = "# a remark\n\n/*\n  A: 1; b: 2\n  Cache-Control: no-cache\n/x.html\n  C: 3\n";
        let row = |path: &str, name: &str, value: &str| (path.to_owned(), name.to_owned(), value.to_owned());
        assert_eq!(headers(text), [row("/*", "A", "1; b: 2"), row("/x.html", "C", "3")]);
    }
}
