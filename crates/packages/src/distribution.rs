//! Which distribution a tree is: os-release(5).

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError, read_file};

/// What package URLs need of os-release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// `ID`; without an os-release, what the ecosystem is known by.
    pub id: String,
    /// `VERSION_ID`, else `VERSION_CODENAME`; empty for a rolling release.
    pub version: String,
    /// `NAME`, for people.
    pub name: String,
}

/// The two places of os-release, the first one found counts.
pub const PLACES: [&[u8]; 2] = [b"/etc/os-release", b"/usr/lib/os-release"];

/// Real ones have less than a kilobyte.
const LARGEST: u64 = 64 << 10;

impl Distribution {
    /// The distribution of this tree, called `otherwise` when the tree does not say. An os-release that cannot be read is
    /// a finding.
    pub fn of(tree: &dyn FileTree, otherwise: &str, limits: &Limits, findings: &mut Findings) -> Self {
        let limits = Limits { bytes: limits.bytes.min(LARGEST), ..*limits };
        let read = |path: &[u8], findings: &mut Findings| -> Result<Option<Vec<u8>>, ReadError> {
            match crate::resolve(tree, path, findings)? {
                Some(node) if tree.stat(node, findings)?.kind == Kind::File => {
                    read_file(tree, node, &limits, findings).map(Some)
                }
                _ => Ok(None),
            }
        };
        for path in PLACES {
            match read(path, findings) {
                Ok(Some(bytes)) => return parse(&bytes, otherwise),
                Ok(None) => {}
                Err(error) => findings.add_failure(&error),
            }
        }
        parse(b"", otherwise)
    }

    /// The distribution that the os-release at a node tells. One that cannot be read is a finding.
    pub fn at(tree: &dyn FileTree, node: NodeId, otherwise: &str, limits: &Limits, findings: &mut Findings) -> Self {
        let limits = Limits { bytes: limits.bytes.min(LARGEST), ..*limits };
        match read_file(tree, node, &limits, findings) {
            Ok(bytes) => parse(&bytes, otherwise),
            Err(error) => {
                findings.add_failure(&error);
                parse(b"", otherwise)
            }
        }
    }

    /// As the qualifier `distro` of a package URL: `debian-12`.
    pub fn qualifier(&self) -> String {
        if self.version.is_empty() { String::new() } else { format!("{}-{}", self.id, self.version) }
    }
}

/// Shell assignments, one a line; values may stand in quotes.
fn parse(bytes: &[u8], otherwise: &str) -> Distribution {
    let text = String::from_utf8_lossy(bytes);
    let assigned = |wanted: &str| {
        let mut lines = text.lines().filter_map(|line| line.trim().split_once('='));
        lines.rfind(|(name, _)| *name == wanted).map(|(_, value)| unquoted(value))
    };
    let value = |wanted: &str| {
        // The characters os-release(5) allows in these three.
        assigned(wanted).filter(|value| {
            !value.is_empty()
                && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
        })
    };
    Distribution {
        id: value("ID").unwrap_or_else(|| otherwise.to_owned()),
        version: value("VERSION_ID").or_else(|| value("VERSION_CODENAME")).unwrap_or_default(),
        name: assigned("NAME").unwrap_or_default(),
    }
}

fn unquoted(value: &str) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(value).to_owned()
}

#[cfg(test)]
mod tests {
    use careen_evidence::MemoryTree;

    use super::*;

    #[test]
    fn quotes_are_taken_off_and_the_version_may_be_a_code_name() {
        let found = parse(b"NAME=\"x\"\nID=ubuntu\nVERSION_ID=\"22.04\"\n", "debian");
        assert_eq!((found.id.as_str(), found.qualifier().as_str()), ("ubuntu", "ubuntu-22.04"));
        assert_eq!(parse(b"ID='debian'\nVERSION_CODENAME=trixie\n", "debian").qualifier(), "debian-trixie");
    }

    #[test]
    fn what_the_manual_does_not_allow_is_not_taken() {
        let found = parse(b"ID=\"a b\"\nVERSION_ID=../1\n", "debian");
        assert_eq!((found.id.as_str(), found.qualifier().as_str()), ("debian", ""));
    }

    #[test]
    fn a_link_into_usr_is_followed() {
        let mut tree = MemoryTree::new("test");
        tree.file("/usr/lib/os-release", "ID=lab\nVERSION_ID=7\n");
        tree.symlink("/etc/os-release", "../usr/lib/os-release");
        assert_eq!(Distribution::of(&tree, "debian", &Limits::default(), &mut Findings::new()).qualifier(), "lab-7");
    }
}
