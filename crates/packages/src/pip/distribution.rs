//! The distributions of one site directory.

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, read_file, read_vec};
use careen_model::codes::packages as codes;
use careen_model::{Declared, Details, Package};

use super::metadata::{Identity, declared, installer, is_editable, link_target};
use super::{METADATA, has_suffix};
use crate::path;

/// A directory Python finds distributions in.
pub struct Site<'a> {
    tree: &'a dyn FileTree,
    directory: &'a [u8],
    limits: Limits,
}

/// Largest of the small files beside the metadata. Real ones have a few hundred bytes.
const LARGEST_SMALL: u64 = 1 << 20;

/// Name and version stand at the top of metadata; the long description after them is not read.
const HEAD: u64 = 8 << 10;

/// What a record tells before it becomes a package.
struct Told {
    identity: Identity,
    /// The file it was read from.
    found_at: Vec<u8>,
    declared: Declared,
    installer: String,
    editable: bool,
}

impl<'a> Site<'a> {
    /// The site directory at this path.
    pub fn new(tree: &'a dyn FileTree, directory: &'a [u8], limits: &Limits) -> Self {
        Site { tree, directory, limits: *limits }
    }

    /// What one record of this directory tells: one distribution, or those an `.egg-link` leads to.
    pub fn distributions(
        &self,
        record: &[u8],
        node: NodeId,
        findings: &mut Findings,
    ) -> Result<Vec<Package>, ReadError> {
        let name = path::name(record);
        // pip renames what it removes to begin with a tilde, and back when it is interrupted in time.
        if name.starts_with(b"~") {
            let place = self.place(node, record);
            findings.add(&codes::PIP_LEFTOVER, &place, &[("package", &String::from_utf8_lossy(name))]);
            return Ok(Vec::new());
        }
        let told = if name.ends_with(b".egg-link") {
            self.follow(record, node, findings)?
        } else if self.tree.stat(node, findings)?.kind == Kind::Directory {
            self.read_directory(record, node, findings)?.into_iter().collect()
        } else {
            self.read_single_file(record, node, findings)?.into_iter().collect()
        };
        Ok(told.into_iter().map(|told| self.package(told)).collect())
    }

    /// `*.dist-info`, `*.egg-info` or `*.egg` as a directory.
    fn read_directory(&self, record: &[u8], node: NodeId, findings: &mut Findings) -> Result<Option<Told>, ReadError> {
        let mut directory = (record.to_vec(), node);
        if record.ends_with(b".egg") {
            match self.tree.lookup(node, b"EGG-INFO", findings)? {
                Some(inner) => directory = (path::join(record, b"EGG-INFO"), inner),
                None => return Ok(None),
            }
        }
        let (directory, node) = directory;
        let mut metadata = None;
        for name in METADATA {
            if let Some((file, kind)) = self.child(&directory, node, name, findings)?
                && kind == Kind::File
            {
                metadata = Some((path::join(&directory, name), file));
                break;
            }
        }
        let mut declared = Declared::default();
        let (found_at, identity) = match &metadata {
            Some((path, file)) => (path.clone(), self.identity(*file, &mut declared, findings)),
            None => {
                let reason = ReadError::corrupt(&self.tree.place(node), "the directory has no METADATA");
                (record.to_vec(), Err(reason))
            }
        };
        let Some(identity) = self.identity_or_name(identity, record, node, findings)? else { return Ok(None) };
        let installer = self.small(&directory, node, b"INSTALLER", findings)?.map(|bytes| installer(&bytes));
        let direct_url = self.small(&directory, node, b"direct_url.json", findings)?;
        let editable =
            direct_url.is_some_and(|bytes| is_editable(&bytes)) || self.has_editable_hook(record, findings)?;
        // pip marks what a person asked for since version 20.2; without the mark nothing is known.
        if self.child(&directory, node, b"REQUESTED", findings)?.is_some() {
            declared.requested = Some(true);
        }
        Ok(Some(Told { identity, found_at, declared, installer: installer.unwrap_or_default(), editable }))
    }

    /// `*.egg-info` as a file (distutils), or `*.egg` as a zip archive.
    fn read_single_file(
        &self,
        record: &[u8],
        node: NodeId,
        findings: &mut Findings,
    ) -> Result<Option<Told>, ReadError> {
        let mut declared = Declared::default();
        let identity = if record.ends_with(b".egg") {
            let name = path::name(record);
            let values: [(&str, &dyn std::fmt::Display); 1] = [("package", &String::from_utf8_lossy(name))];
            findings.add(&codes::PIP_EGG_ARCHIVE, &self.place(node, record), &values);
            Identity::from_record_name(name)
        } else {
            let identity = self.identity(node, &mut declared, findings);
            self.identity_or_name(identity, record, node, findings)?
        };
        Ok(identity.map(|identity| Told {
            identity,
            found_at: record.to_vec(),
            declared,
            installer: String::new(),
            editable: false,
        }))
    }

    /// The distributions in the source directory that an `.egg-link` (`setup.py develop`) leads to.
    fn follow(&self, record: &[u8], node: NodeId, findings: &mut Findings) -> Result<Vec<Told>, ReadError> {
        let limits = Limits { bytes: self.limits.bytes.min(LARGEST_SMALL), ..self.limits };
        let content = read_file(self.tree, node, &limits, findings)?;
        let mut all = Vec::new();
        let mut reason = "the link names no directory".to_owned();
        if let Some(target) = link_target(&content) {
            let target = path::normalize(self.directory, target);
            reason = format!("the directory {} it leads to has no metadata", path::text(&target));
            let source = match crate::resolve(self.tree, &target, findings)? {
                Some(node) if self.tree.stat(node, findings)?.kind == Kind::Directory => node,
                _ => self.tree.root(),
            };
            if source != self.tree.root() {
                for entry in self.tree.list(source, findings)? {
                    if has_suffix(&entry.name, &[b".egg-info", b".dist-info"])
                        && self.tree.stat(entry.node, findings)?.kind == Kind::Directory
                        && let Some(told) =
                            self.read_directory(&path::join(&target, &entry.name), entry.node, findings)?
                    {
                        all.push(Told { editable: true, ..told });
                    }
                }
            }
        }
        if all.is_empty() {
            let name = String::from_utf8_lossy(path::name(record)).into_owned();
            let place = self.place(node, record);
            findings.add(&codes::PIP_METADATA_LOST, &place, &[("package", &name), ("reason", &reason)]);
        }
        Ok(all)
    }

    /// Name and version in a metadata file, and what it declares at its head.
    fn identity(&self, node: NodeId, about: &mut Declared, findings: &mut Findings) -> Result<Identity, ReadError> {
        let place = self.tree.place(node);
        let source = self.tree.open(node, findings)?;
        let head = read_vec(&*source, &place, 0, source.len().min(HEAD), &self.limits)?;
        let (mut identity, is_complete) = Identity::parse(&head);
        *about = declared(&head);
        if !is_complete && source.len() > HEAD {
            identity = Identity::parse(&read_vec(&*source, &place, 0, source.len(), &self.limits)?).0;
        }
        match (identity.name.is_empty(), identity.version.is_empty()) {
            (false, false) => Ok(identity),
            (true, false) => Err(ReadError::corrupt(&place, "it has no Name")),
            (false, true) => Err(ReadError::corrupt(&place, "it has no Version")),
            (true, true) => Err(ReadError::corrupt(&place, "it has neither Name nor Version")),
        }
    }

    /// The identity, or what the name of the record tells when it could not be read; `None` when that tells nothing.
    fn identity_or_name(
        &self,
        identity: Result<Identity, ReadError>,
        record: &[u8],
        node: NodeId,
        findings: &mut Findings,
    ) -> Result<Option<Identity>, ReadError> {
        let error = match identity {
            Ok(identity) => return Ok(Some(identity)),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => error,
        };
        let name = path::name(record);
        let told = Identity::from_record_name(name);
        let (code, package) = match &told {
            Some(identity) => (&codes::PIP_METADATA_INCOMPLETE, identity.name.as_str().into()),
            None => (&codes::PIP_METADATA_LOST, String::from_utf8_lossy(name)),
        };
        findings.add(code, &self.place(node, record), &[("package", &package), ("reason", &error.reason())]);
        Ok(told)
    }

    /// Whether setuptools' hook of an editable installation (PEP 660) stands beside the record:
    /// `__editable__.name-version.pth`.
    fn has_editable_hook(&self, record: &[u8], findings: &mut Findings) -> Result<bool, ReadError> {
        let Some(stem) = path::name(record).strip_suffix(b".dist-info") else { return Ok(false) };
        let hook = path::join(self.directory, &[b"__editable__.", stem, b".pth"].concat());
        Ok(careen_evidence::lookup_path(self.tree, &hook, findings)?.is_some())
    }

    /// A small file of the directory, `None` when it is not there; one that cannot be read is a finding.
    fn small(
        &self,
        directory: &[u8],
        node: NodeId,
        name: &[u8],
        findings: &mut Findings,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let Some((node, Kind::File)) = self.child(directory, node, name, findings)? else { return Ok(None) };
        let limits = Limits { bytes: self.limits.bytes.min(LARGEST_SMALL), ..self.limits };
        match read_file(self.tree, node, &limits, findings) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                findings.add_failure(&error);
                Ok(None)
            }
        }
    }

    /// A name of the directory and the kind of what it leads to, symbolic links followed.
    fn child(
        &self,
        directory: &[u8],
        node: NodeId,
        name: &[u8],
        findings: &mut Findings,
    ) -> Result<Option<(NodeId, Kind)>, ReadError> {
        let Some(child) = self.tree.lookup(node, name, findings)? else { return Ok(None) };
        let kind = self.tree.stat(child, findings)?.kind;
        if kind != Kind::Symlink {
            return Ok(Some((child, kind)));
        }
        match crate::resolve(self.tree, &path::join(directory, name), findings)? {
            Some(target) => Ok(Some((target, self.tree.stat(target, findings)?.kind))),
            None => Ok(None),
        }
    }

    fn package(&self, told: Told) -> Package {
        let Identity { name, version } = told.identity;
        Package {
            purl: super::url(&name, &version),
            name,
            version,
            found_at: path::text(&told.found_at),
            layer: None,
            declared: told.declared,
            details: Details::Pip {
                environment: path::text(environment(self.directory)),
                installer: told.installer,
                editable: told.editable,
            },
        }
    }

    fn place(&self, node: NodeId, record: &[u8]) -> Place {
        self.tree.place(node).then(path::text(record))
    }
}

/// The environment a site directory belongs to, as a path prefix: what stands before `lib/python3.11/site-packages`,
/// `lib64/…`, `lib/python3/dist-packages`; the directory above when it lies elsewhere.
fn environment(site: &[u8]) -> &[u8] {
    let is_library = |path: &[u8]| matches!(path::name(path), b"lib" | b"lib64" | b"lib32");
    let above = path::parent(site);
    let is_version = path::name(above).starts_with(b"python") || path::name(above).starts_with(b"pypy");
    if is_version && is_library(path::parent(above)) {
        path::parent(path::parent(above))
    } else if is_library(above) {
        path::parent(above)
    } else {
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_what_stands_before_its_library() {
        for (site, expected) in [
            ("/usr/lib/python3/dist-packages", "/usr"),
            ("/usr/local/lib/python3.11/dist-packages", "/usr/local"),
            ("/opt/venv/lib64/python3.9/site-packages", "/opt/venv"),
            ("/home/u/.local/lib/python3.11/site-packages", "/home/u/.local"),
            ("/opt/conda/envs/x/lib/python3.8/site-packages", "/opt/conda/envs/x"),
            ("/opt/pypy/lib/pypy3.9/site-packages", "/opt/pypy"),
            ("/opt/pypy/site-packages", "/opt/pypy"),
            ("/app/lib/site-packages", "/app"),
            ("/lib/python3/dist-packages", "/"),
            ("/site-packages", "/"),
        ] {
            assert_eq!(path::text(environment(site.as_bytes())), expected, "{site}");
        }
    }
}
