//! From scopes to archives.

use std::collections::BTreeSet;

use careen_archive::write::{Export, Format, ImageFormat, OnDamage, Selection};
use careen_evidence::{Findings, NodeId, ReadError};

use crate::list::find;
use crate::{Scope, Session};

/// What kind of archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Of files.
    Files(Format),
    /// Of images, which engines load.
    Images(ImageFormat),
}

impl Default for ExportFormat {
    fn default() -> Self {
        ExportFormat::Files(Format::Tar)
    }
}

/// What is to be taken out of a disk, and how.
#[derive(Clone, Debug, Default)]
pub struct ExportRequest {
    /// What.
    pub scopes: Vec<Scope>,
    /// Of each scope only what lies at these paths; all of it when there are none.
    pub paths: Vec<Vec<u8>>,
    /// The kind of archive.
    pub format: ExportFormat,
    /// What is done about a file that cannot be read whole.
    pub on_damage: OnDamage,
}

impl Session {
    /// Begins an archive of scopes: of images as engines load them, or of files. The content of a single scope stands at the top of the archive; that of
    /// several in a directory each, `volume/NAME`, `image/NAME` and so on. What the trees themselves have to tell goes
    /// into `findings`; what is met on the way is kept by the export.
    pub fn export(&self, request: &ExportRequest, findings: &mut Findings) -> Result<Export, ReadError> {
        let options = self.options();
        let format = match request.format {
            ExportFormat::Files(format) => format,
            ExportFormat::Images(format) => {
                let sources = request.scopes.iter().map(|scope| self.image_source(scope, findings));
                let sources = sources.collect::<Result<Vec<_>, _>>()?;
                let scopes: Vec<String> = request.scopes.iter().map(Scope::to_string).collect();
                let (limits, cancel) = (&options.limits, &options.cancel);
                return Ok(Export::of_images(format, sources, &scopes, request.on_damage, limits, cancel));
            }
        };
        let mut selections = Vec::new();
        let mut taken = BTreeSet::new();
        for scope in &request.scopes {
            let tree = self.tree(scope, findings)?;
            let top = if request.scopes.len() > 1 { directory_of(scope, &mut taken) } else { Vec::new() };
            let label = scope.to_string();
            let mut add = |start: NodeId, path: &[u8]| {
                let names = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".");
                let name = std::iter::once(top.as_slice()).filter(|top| !top.is_empty()).chain(names);
                let name = name.collect::<Vec<_>>().join(&b'/');
                selections.push(Selection { tree: tree.clone(), start, name, label: label.clone() });
            };
            if request.paths.is_empty() {
                add(tree.root(), b"");
            }
            for path in &request.paths {
                add(find(&*tree, path, findings)?, path);
            }
        }
        Export::new(format, selections, request.on_damage, &options.limits, &options.cancel)
    }
}

/// The directory for a scope in an archive of several: a name no other scope has.
fn directory_of(scope: &Scope, taken: &mut BTreeSet<Vec<u8>>) -> Vec<u8> {
    let text = scope.to_string();
    let (kind, name) = text.split_once(':').unwrap_or((&text, ""));
    // Names of images have slashes and colons.
    let name: String = name.chars().map(|letter| if matches!(letter, '/' | ':') { '_' } else { letter }).collect();
    let plain = match name.as_str() {
        "" => kind.to_owned(),
        "." | ".." => format!("{kind}/_"),
        name => format!("{kind}/{name}"),
    };
    let mut unique = plain.clone();
    let mut number = 1_u64;
    while !taken.insert(unique.clone().into_bytes()) {
        number = number.saturating_add(1);
        unique = format!("{plain}-{number}");
    }
    unique.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_a_directory_of_its_own() {
        let mut taken = BTreeSet::new();
        let scopes =
            ["image:localhost:5000/a/b:1", "image:localhost_5000/a/b:1", "volume:v", "volume:..", "host", "fs:1"];
        let names = scopes.map(|scope| String::from_utf8(directory_of(&scope.parse().unwrap(), &mut taken)).unwrap());
        let expected =
            ["image/localhost_5000_a_b_1", "image/localhost_5000_a_b_1-2", "volume/v", "volume/_", "host", "fs/1"];
        assert_eq!(names, expected);
    }
}
