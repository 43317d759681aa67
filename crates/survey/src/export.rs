//! From scopes to archives.

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_archive::write::{Export, Format, ImageFormat, OnDamage, Selection};
use careen_evidence::{FileTree, Findings, NodeId, Place, ReadError, resolve_object};

use crate::list::not_there;
use crate::{Scope, Session};

/// Letters of a name that the name of an archive keeps.
const MOST_OF_NAME: usize = 80;

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
    /// Parts of scopes besides.
    pub picks: Vec<Pick>,
    /// The kind of archive.
    pub format: ExportFormat,
    /// What is done about a file that cannot be read whole.
    pub on_damage: OnDamage,
}

/// A part of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// Whose.
    pub scope: Scope,
    /// Only what lies at these paths; all of it when there are none.
    pub paths: Vec<Vec<u8>>,
}

/// A scope that files are taken from.
pub(crate) struct Part {
    pub(crate) scope: Scope,
    pub(crate) tree: Rc<dyn FileTree>,
    /// What is taken, by its own path, none below another.
    pub(crate) objects: Vec<(NodeId, Vec<u8>)>,
}

impl ExportRequest {
    /// Each scope once, in the order they were first named, with the paths that are asked of it: none for all of it.
    pub(crate) fn parts(&self) -> Vec<Pick> {
        let whole = self.scopes.iter().map(|scope| Pick { scope: scope.clone(), paths: self.paths.clone() });
        let mut parts: Vec<Pick> = Vec::new();
        for pick in whole.chain(self.picks.iter().cloned()) {
            match parts.iter_mut().find(|part| part.scope == pick.scope) {
                Some(part) if part.paths.is_empty() || pick.paths.is_empty() => part.paths.clear(),
                Some(part) => part.paths.extend(pick.paths),
                None => parts.push(pick),
            }
        }
        parts
    }
}

impl Session {
    /// Begins an archive of scopes: of images as engines load them, or of files. The content of a single scope stands at
    /// the top of the archive; that of several in a directory each, `volume/NAME`, `image/NAME` and so on. What the trees
    /// themselves have to tell goes into `findings`; what is met on the way is kept by the export.
    pub fn export(&self, request: &ExportRequest, findings: &mut Findings) -> Result<Export, ReadError> {
        let options = self.options();
        let format = match request.format {
            ExportFormat::Files(format) => format,
            ExportFormat::Images(format) => {
                let scopes = self.image_scopes(request)?;
                let sources = scopes.iter().map(|scope| self.image_source(scope, findings));
                let sources = sources.collect::<Result<Vec<_>, _>>()?;
                let scopes: Vec<String> = scopes.iter().map(Scope::to_string).collect();
                let (limits, cancel) = (&options.limits, &options.cancel);
                return Ok(Export::of_images(format, sources, &scopes, request.on_damage, limits, cancel));
            }
        };
        let parts = self.parts(request, findings)?;
        let (mut selections, mut taken) = (Vec::new(), BTreeSet::new());
        let has_directories = parts.len() > 1;
        for part in parts {
            let top = if has_directories { directory_of(&part.scope, &mut taken) } else { Vec::new() };
            let label = part.scope.to_string();
            for (start, path) in part.objects {
                let own = path.strip_prefix(b"/").unwrap_or(&path);
                let name = [top.as_slice(), own].into_iter().filter(|name| !name.is_empty());
                let name = name.collect::<Vec<_>>().join(&b'/');
                selections.push(Selection { tree: Rc::clone(&part.tree), start, name, label: label.clone() });
            }
        }
        Export::new(format, selections, request.on_damage, &options.limits, &options.cancel)
    }

    /// The scopes of an archive of images, each once. An error when paths are asked of one.
    pub(crate) fn image_scopes(&self, request: &ExportRequest) -> Result<Vec<Scope>, ReadError> {
        let parts = request.parts();
        if parts.iter().any(|part| !part.paths.is_empty()) {
            let what = "paths in an archive of images; take an archive of files (--format tar)";
            return Err(ReadError::unsupported(&Place::new("--path"), what));
        }
        Ok(parts.into_iter().map(|part| part.scope).collect())
    }

    /// The trees that files are taken from, and what of each.
    pub(crate) fn parts(&self, request: &ExportRequest, findings: &mut Findings) -> Result<Vec<Part>, ReadError> {
        let mut parts = Vec::new();
        for Pick { scope, paths } in request.parts() {
            let tree = self.tree(&scope, findings)?;
            let mut objects = Vec::new();
            if paths.is_empty() {
                objects.push((tree.root(), Vec::new()));
            }
            for path in paths {
                let found = resolve_object(&*tree, &path, findings)?;
                objects.push(found.ok_or_else(|| not_there(&*tree, &path))?);
            }
            parts.push(Part { scope, tree, objects: without_nested(objects) });
        }
        Ok(parts)
    }
}

/// What the file of an archive is called when nobody says: `docker_data_from_DISK_TIME.tgz` for a data root, as the backups
/// that are published for Docker Desktop; for anything else what it is of, the disk and the time. `seconds` since 1970 are
/// shown as UTC.
pub fn archive_name(disk: &str, scopes: &[Scope], format: ExportFormat, seconds: i64) -> String {
    let ending = match format {
        ExportFormat::Files(Format::Tar) | ExportFormat::Images(_) => "tar",
        ExportFormat::Files(Format::TarGz) => "tgz",
        ExportFormat::Files(Format::Zip) => "zip",
    };
    let plain = |text: &str| -> String {
        let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '-' | '_');
        let letters = text.chars().map(|letter| if is_plain(letter) { letter } else { '_' });
        letters.skip_while(|letter| *letter == '.').take(MOST_OF_NAME).collect()
    };
    let what = match scopes {
        [Scope::Store(_)] => "docker_data".to_owned(),
        [one] => plain(&one.to_string()),
        _ => "careen".to_owned(),
    };
    let disk = disk.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = disk.rsplit_once('.').map_or(disk, |(stem, _)| stem);
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{what}_from_{}_{}.{ending}", plain(stem), time.strftime("%Y%m%d_%H%M%S"))
}

/// Objects in the order of their paths, without those that another one has in it.
fn without_nested(mut objects: Vec<(NodeId, Vec<u8>)>) -> Vec<(NodeId, Vec<u8>)> {
    // Slashes come first, so that what is in a directory follows it at once.
    objects.sort_by(|(_, one), (_, other)| one.split(|byte| *byte == b'/').cmp(other.split(|byte| *byte == b'/')));
    let mut kept: Vec<(NodeId, Vec<u8>)> = Vec::new();
    for (node, path) in objects {
        let is_in = |(_, top): &(NodeId, Vec<u8>)| {
            path.strip_prefix(top.as_slice()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        };
        if !kept.last().is_some_and(is_in) {
            kept.push((node, path));
        }
    }
    kept
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

    #[test]
    fn an_archive_is_called_by_what_it_is_of() {
        let name = |disk: &str, scopes: &[&str], format| {
            let scopes: Vec<Scope> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
            archive_name(disk, &scopes, format, 1_763_750_096)
        };
        let (tar, packed) = (ExportFormat::Files(Format::Tar), ExportFormat::Files(Format::TarGz));
        let names = [
            name("docker_data.vhdx", &["store:docker-0"], packed),
            name("/d/ext4.vhdx", &["volume:a/../b"], ExportFormat::Files(Format::Zip)),
            name("C:\\x\\..vhdx", &["host", "fs:1"], tar),
        ];
        assert_eq!(
            names,
            [
                "docker_data_from_docker_data_20251121_183456.tgz",
                "volume_a_.._b_from_ext4_20251121_183456.zip",
                "careen_from__20251121_183456.tar"
            ]
        );
    }

    #[test]
    fn a_scope_that_is_named_twice_is_taken_once() {
        let scope = |text: &str| text.parse::<Scope>().unwrap();
        let pick = |text: &str, paths: &[&str]| Pick {
            scope: scope(text),
            paths: paths.iter().map(|path| path.as_bytes().to_vec()).collect(),
        };
        let request = ExportRequest {
            scopes: vec![scope("volume:a")],
            picks: vec![pick("fs:0", &["/x"]), pick("volume:a", &["/y"]), pick("fs:0", &["/z"])],
            ..ExportRequest::default()
        };
        assert_eq!(request.parts(), [pick("volume:a", &[]), pick("fs:0", &["/x", "/z"])]);
    }

    #[test]
    fn what_lies_in_something_taken_is_not_taken_again() {
        let objects =
            ["/a/b", "/a", "/a.b", "/a/b/c", "/a", "/a-b/c"].map(|path| (NodeId(0), path.as_bytes().to_vec()));
        let kept: Vec<String> =
            without_nested(objects.to_vec()).into_iter().map(|(_, path)| String::from_utf8(path).unwrap()).collect();
        assert_eq!(kept, ["/a", "/a-b/c", "/a.b"]);
        assert_eq!(without_nested(vec![(NodeId(0), b"/a".to_vec()), (NodeId(0), Vec::new())]).len(), 1);
    }
}
