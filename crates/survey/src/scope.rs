//! Scopes: what a command or a page looks into, as people write it.

use std::fmt;
use std::str::FromStr;

use careen_evidence::{Place, ReadError};

/// A part of a disk that can be browsed, in the syntax of the command line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// `image:NAME` or `image:ID`: the merged tree of an image.
    Image(String),
    /// `container:NAME|ID`: the merged view a container had.
    Container(String),
    /// `changes:CONTAINER`: its upper directory alone.
    Changes(String),
    /// `volume:NAME`: the content of a volume.
    Volume(String),
    /// `layer:CHAINID`: the directory of one layer alone.
    Layer(String),
    /// `store:ID`: a data root.
    Store(String),
    /// `host`: the operating system around the data root.
    Host,
    /// `fs:N`, or `fs`: the filesystem with a store, else the first.
    Filesystem(Option<u32>),
}

impl Scope {
    /// Whether the tree is a bare directory of the overlay, where its own marks are part of what is to be seen.
    pub fn shows_overlay_marks(&self) -> bool {
        matches!(self, Scope::Changes(_) | Scope::Layer(_) | Scope::Filesystem(_))
    }
}

impl FromStr for Scope {
    type Err = ReadError;

    fn from_str(text: &str) -> Result<Self, ReadError> {
        let bad = || {
            ReadError::unsupported(
                &Place::default(),
                format_args!(
                    "scope {text:?}, expected image:NAME, container:NAME, changes:CONTAINER, volume:NAME, \
                     layer:CHAINID, store:ID, host, fs or fs:N"
                ),
            )
        };
        match text.split_once(':') {
            None if text == "host" => Ok(Scope::Host),
            None if text == "fs" => Ok(Scope::Filesystem(None)),
            None | Some((_, "")) => Err(bad()),
            Some((kind, name)) => {
                let name = name.to_owned();
                Ok(match kind {
                    "image" => Scope::Image(name),
                    "container" => Scope::Container(name),
                    "changes" => Scope::Changes(name),
                    "volume" => Scope::Volume(name),
                    "layer" => Scope::Layer(name),
                    "store" => Scope::Store(name),
                    "fs" => Scope::Filesystem(Some(name.parse().map_err(|_| bad())?)),
                    _ => return Err(bad()),
                })
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Image(name) => write!(out, "image:{name}"),
            Scope::Container(name) => write!(out, "container:{name}"),
            Scope::Changes(name) => write!(out, "changes:{name}"),
            Scope::Volume(name) => write!(out, "volume:{name}"),
            Scope::Layer(name) => write!(out, "layer:{name}"),
            Scope::Store(name) => write!(out, "store:{name}"),
            Scope::Host => out.write_str("host"),
            Scope::Filesystem(None) => out.write_str("fs"),
            Scope::Filesystem(Some(number)) => write!(out, "fs:{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_print_as_they_are_written() {
        for text in [
            "image:localhost:5000/a/b:1",
            "container:x",
            "changes:x",
            "volume:v",
            "layer:sha256:ab",
            "store:s",
            "host",
            "fs",
            "fs:1",
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_scope_is_refused_with_the_list() {
        for text in ["", "image", "image:", "fs:x", "fs:-1", "disk:1"] {
            assert!(text.parse::<Scope>().unwrap_err().reason().contains("expected image:NAME"), "{text}");
        }
    }
}
