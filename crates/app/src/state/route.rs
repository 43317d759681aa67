//! The place in the page, as it stands in the URL fragment: it survives a reload and works under any path.
//!
//! `#/images/sha256:…`, `#/files/image:alpine%3A3/etc?at=passwd`, `#/packages/matrix/apt`. What comes from a disk is
//! percent-encoded byte by byte, so names that are not UTF-8 survive too.

use careen_model::{Ecosystem, Severity};
use careen_protocol::FindOf;

/// A page and what is selected on it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// Choosing a disk.
    #[default]
    Open,
    /// The answer in words.
    Overview,
    /// Images; the id of the selected one.
    Images(Option<String>),
    /// Containers; the id of the selected one.
    Containers(Option<String>),
    /// What the container with this id printed.
    Log(String),
    /// What the container with this id changed.
    Changes(String),
    /// Volumes; the name of the selected one.
    Volumes(Option<String>),
    /// Networks; the id of the selected one.
    Networks(Option<String>),
    /// The build cache; the id of the selected record.
    BuildCache(Option<String>),
    /// Files of a scope.
    Files {
        /// Scope as the command line writes it; `None` until one is chosen.
        scope: Option<String>,
        /// The directory shown, as bytes.
        path: Vec<u8>,
        /// The selected name in it.
        at: Option<Vec<u8>>,
    },
    /// Looking for files.
    Find(FindOf),
    /// Packages.
    Packages {
        /// What is shown of them.
        tab: PackageTab,
        /// Only this ecosystem; the matrix is always of one.
        ecosystem: Option<Ecosystem>,
        /// Only of the image with this id, in the list.
        image: Option<String>,
    },
    /// What fills the disk: the way into nested areas, by position.
    Space(Vec<usize>),
    /// What happened; only of this scope if given.
    Timeline(Option<String>),
    /// Findings, only of one severity if given.
    Findings(Option<Severity>),
    /// Taking things out.
    Export,
    /// What this is.
    About,
}

/// The views of the packages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PackageTab {
    /// Every package of every image.
    #[default]
    List,
    /// Packages against images.
    Matrix,
    /// In every image.
    Common,
    /// In one image alone.
    Unique,
    /// In several images at different versions.
    Drift,
    /// One version for all images.
    Standard,
}

impl PackageTab {
    /// In the order they are offered.
    pub const ALL: [PackageTab; 6] = [
        PackageTab::List,
        PackageTab::Matrix,
        PackageTab::Common,
        PackageTab::Unique,
        PackageTab::Drift,
        PackageTab::Standard,
    ];

    /// The word in the URL.
    pub fn word(self) -> &'static str {
        match self {
            PackageTab::List => "list",
            PackageTab::Matrix => "matrix",
            PackageTab::Common => "common",
            PackageTab::Unique => "unique",
            PackageTab::Drift => "drift",
            PackageTab::Standard => "standard",
        }
    }
}

impl Route {
    /// The word of the page: in the URL and in test ids.
    pub fn word(&self) -> &'static str {
        match self {
            Route::Open => "open",
            Route::Overview => "overview",
            Route::Images(_) => "images",
            Route::Containers(_) => "containers",
            Route::Log(_) => "log",
            Route::Changes(_) => "changes",
            Route::Volumes(_) => "volumes",
            Route::Networks(_) => "networks",
            Route::BuildCache(_) => "build-cache",
            Route::Files { .. } => "files",
            Route::Find(_) => "find",
            Route::Packages { .. } => "packages",
            Route::Space(_) => "space",
            Route::Timeline(_) => "timeline",
            Route::Findings(_) => "findings",
            Route::Export => "export",
            Route::About => "about",
        }
    }

    /// The word of the page in the navigation that this one belongs to.
    pub fn section(&self) -> &'static str {
        match self {
            Route::Log(_) | Route::Changes(_) => "containers",
            Route::Find(_) => "files",
            route => route.word(),
        }
    }

    /// Whether the page shows something of a disk.
    pub fn needs_disk(&self) -> bool {
        !matches!(self, Route::Open | Route::Export | Route::About)
    }

    /// Whether its page is one of those that are there from the start.
    pub fn is_first(&self) -> bool {
        matches!(self, Route::Open | Route::About)
    }

    /// The files of a scope from their root.
    pub fn files(scope: impl Into<String>) -> Route {
        Route::Files { scope: Some(scope.into()), path: Vec::new(), at: None }
    }

    /// A view of the packages.
    pub fn packages(tab: PackageTab) -> Route {
        Route::Packages { tab, ecosystem: None, image: None }
    }

    /// As a URL fragment with its `#`.
    pub fn href(&self) -> String {
        let mut href = format!("#/{}", self.word());
        let mut step = |bytes: &[u8]| {
            href.push('/');
            encode(bytes, &mut href);
        };
        let mut query = Vec::new();
        match self {
            Route::Open | Route::Overview | Route::Export | Route::About => {}
            Route::Images(selected)
            | Route::Containers(selected)
            | Route::Volumes(selected)
            | Route::Networks(selected)
            | Route::BuildCache(selected)
            | Route::Timeline(selected) => selected.iter().for_each(|id| step(id.as_bytes())),
            Route::Log(id) | Route::Changes(id) => step(id.as_bytes()),
            Route::Space(way) => way.iter().for_each(|at| step(at.to_string().as_bytes())),
            Route::Files { scope, path, at } => {
                if let Some(scope) = scope {
                    step(scope.as_bytes());
                    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).for_each(&mut step);
                }
                query.extend(at.as_ref().map(|name| ("at", name.clone())));
            }
            Route::Find(FindOf { text, in_content, scope }) => {
                step(if *in_content { b"content" } else { b"names" });
                query.push(("text", text.clone().into_bytes()));
                query.extend(scope.as_ref().map(|scope| ("in", scope.clone().into_bytes())));
            }
            Route::Packages { tab, ecosystem, image } => {
                step(tab.word().as_bytes());
                ecosystem.iter().for_each(|ecosystem| step(ecosystem.name().as_bytes()));
                query.extend(image.as_ref().map(|id| ("image", id.clone().into_bytes())));
            }
            Route::Findings(severity) => severity.iter().for_each(|severity| step(severity_word(*severity).as_bytes())),
        }
        for (name, value) in query {
            href.push(if href.contains('?') { '&' } else { '?' });
            href.push_str(name);
            href.push('=');
            encode(&value, &mut href);
        }
        href
    }

    /// The route a URL fragment means; what is unknown means the first page.
    pub fn parse(fragment: &str) -> Route {
        let fragment = fragment.trim_start_matches('#').trim_start_matches('/');
        let (path, query) = fragment.split_once('?').unwrap_or((fragment, ""));
        let mut steps = path.split('/').filter(|step| !step.is_empty()).map(decode);
        let page = steps.next().map(text).unwrap_or_default();
        let mut query = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut asked = |name: &str| query.find(|(key, _)| *key == name).map(|(_, value)| decode(value));
        match page.as_str() {
            "overview" => Route::Overview,
            "images" => Route::Images(steps.next().map(text)),
            "containers" => Route::Containers(steps.next().map(text)),
            "volumes" => Route::Volumes(steps.next().map(text)),
            "networks" => Route::Networks(steps.next().map(text)),
            "files" => {
                let scope = steps.next().map(text);
                let mut path = Vec::new();
                for name in steps {
                    path.push(b'/');
                    path.extend_from_slice(&name);
                }
                Route::Files { scope, path, at: asked("at") }
            }
            "packages" => {
                let tab = steps.next().map(text).unwrap_or_default();
                let tab = PackageTab::ALL.into_iter().find(|known| known.word() == tab).unwrap_or_default();
                let ecosystem = steps.next().map(text);
                let ecosystem = Ecosystem::ALL.into_iter().find(|known| Some(known.name()) == ecosystem.as_deref());
                Route::Packages { tab, ecosystem, image: asked("image").map(text) }
            }
            "find" => Route::Find(FindOf {
                in_content: steps.next().map(text).as_deref() == Some("content"),
                text: asked("text").map(text).unwrap_or_default(),
                scope: asked("in").map(text),
            }),
            "build-cache" => Route::BuildCache(steps.next().map(text)),
            "space" => Route::Space(steps.map_while(|step| text(step).parse().ok()).collect()),
            "timeline" => Route::Timeline(steps.next().map(text)),
            "log" => steps.next().map(text).map_or(Route::Containers(None), Route::Log),
            "changes" => steps.next().map(text).map_or(Route::Containers(None), Route::Changes),
            "findings" => {
                let wanted = steps.next().map(text);
                let all = [Severity::Note, Severity::Damage, Severity::Loss];
                Route::Findings(all.into_iter().find(|known| Some(severity_word(*known)) == wanted.as_deref()))
            }
            "export" => Route::Export,
            "about" => Route::About,
            _ => Route::Open,
        }
    }
}

/// The word of a severity in JSON and URLs.
pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Damage => "damage",
        Severity::Loss => "loss",
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn encode(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'@' => {
                out.push(char::from(*byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_survives_the_url() {
        let routes = [
            Route::Open,
            Route::Overview,
            Route::Images(Some("sha256:ab".into())),
            Route::Volumes(Some("a b/ü?#&%".into())),
            Route::Log("ab".into()),
            Route::BuildCache(Some("ab".into())),
            Route::Space(vec![0, 12]),
            Route::Timeline(Some("container:a".into())),
            Route::Changes("ab".into()),
            Route::Files {
                scope: Some("image:localhost:5000/a/b:1".into()),
                path: b"/a b/\xff?&=#".to_vec(),
                at: Some(b"x%y".to_vec()),
            },
            Route::files("fs"),
            Route::Find(FindOf { text: "a b&c=ü/*.log".into(), in_content: true, scope: Some("volume:x".into()) }),
            Route::Find(FindOf { text: "passwd".into(), ..FindOf::default() }),
            Route::Packages { tab: PackageTab::Matrix, ecosystem: Some(Ecosystem::Apt), image: None },
            Route::Packages { tab: PackageTab::List, ecosystem: None, image: Some("sha256:ab".into()) },
            Route::packages(PackageTab::Standard),
            Route::Findings(Some(Severity::Loss)),
            Route::Export,
            Route::About,
        ];
        for route in routes {
            assert_eq!(Route::parse(&route.href()), route, "{}", route.href());
        }
    }

    #[test]
    fn what_is_no_route_opens_the_first_page() {
        for fragment in ["", "#", "#/", "#/nowhere", "#%", "#/%ff"] {
            assert_eq!(Route::parse(fragment), Route::Open, "{fragment}");
        }
        assert_eq!(Route::parse("#/packages/nothing/else"), Route::packages(PackageTab::List));
    }
}
