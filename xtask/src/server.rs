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
}

impl Server {
    /// Binds to this port, or to any free one when it is taken. The page lies under `prefix`, which starts and ends
    /// with a slash.
    pub fn bind(port: u16, prefix: &str) -> Result<Server, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
            .map_err(|error| format!("no port on localhost: {error}"))?;
        let site = Site { root: super::page::dist(), prefix: prefix.to_owned() };
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
        // The page is rebuilt at the same address: nothing of it may be kept.
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
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

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
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
        let site = Site { root: "/dist".into(), prefix: "/sub/".into() };
        assert_eq!(site.file("/sub/"), Some("/dist/index.html".into()));
        assert_eq!(site.file("/sub/a/b.wasm?x#y"), Some("/dist/a/b.wasm".into()));
        for refused in ["/", "/other", "/sub/../x", "/sub/%2e%2e/x", "/sub/..\\x", ""] {
            assert_eq!(site.file(refused), None, "{refused}");
        }
    }
}
