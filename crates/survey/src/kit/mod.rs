//! The move kit: everything that is on this disk alone, in files that another engine takes, with scripts that put it there.
//!
//! A kit is a folder: one archive of images (changed containers as images too; of one that cannot be made an image an archive of its changes), one archive for each volume, the compose
//! files that are on the disk, `kit.json`, a README, scripts for POSIX shells and PowerShell, and `SHA256SUMS` of all of
//! them, which the scripts check first. Files are handed out piece by piece; two may be written at a time, an archive and
//! its manifest. Names in a kit are made here; those of the disk are data within.

mod readme;
pub(crate) mod scripts;

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use careen_archive::write::{
    Chunk, Export, Format, ImageFormat, ImageSource, LayerForm, LayerSource, OnDamage, PieceState, Selection,
};
use careen_evidence::{
    Code, FileTree, Findings, Kind, MemoryTree, ReadError, codes::export as codes, kept, read_file, resolve_path,
};
use careen_model::{KitComposeFile, KitContainer, KitContents, KitVolume, Network, OnlyHere};
use serde_json::json;
use sha2::{Digest, Sha256};

use self::scripts::HELPER;
use crate::{Scope, Session};

/// The directory in which a volume's content stands in its archive, and where the script mounts it: an engine sets the
/// owner and mode of a directory that an archive has in it, but not those of the place it unpacks at.
const MOUNT: &[u8] = b"volume";
/// Bytes of a compose file that are taken.
const MOST_OF_COMPOSE: u64 = 4 << 20;
/// Letters of a name that a file in the kit keeps.
const MOST_OF_NAME: usize = 60;

/// What goes into a kit.
#[derive(Clone, Debug, Default)]
pub struct KitRequest {
    /// Names of volumes.
    pub volumes: Vec<String>,
    /// Ids of images.
    pub images: Vec<String>,
    /// Ids of containers, each of which becomes an image with its changes as one more layer.
    pub containers: Vec<String>,
    /// What is done about a file that cannot be read whole.
    pub on_damage: OnDamage,
}

impl From<&OnlyHere> for KitRequest {
    fn from(here: &OnlyHere) -> Self {
        KitRequest {
            volumes: here.volumes.iter().map(|volume| volume.name.clone()).collect(),
            images: here.images.iter().map(|image| image.id.clone()).collect(),
            containers: here.containers.iter().map(|container| container.id.clone()).collect(),
            on_damage: OnDamage::default(),
        }
    }
}

/// Bytes of a file of the kit, to be written behind those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KitPiece {
    /// Its path in the kit, with slashes between names.
    pub file: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What becomes of the file after them.
    pub state: PieceState,
}

/// A kit that is being written.
pub struct Kit {
    ahead: VecDeque<Part>,
    /// The archive that is written, and what its manifest hashes to so far.
    now: Option<(Part, Sha256)>,
    small: Vec<(String, Vec<u8>)>,
    contents: KitContents,
    /// sha256 and path of each file.
    sums: Vec<(String, String)>,
    on_damage: OnDamage,
    findings: Findings,
    written: u64,
    is_ended: bool,
}

/// An archive of the kit.
struct Part {
    file: String,
    export: Export,
    what: What,
}

/// What an archive is of; of a volume or a container the position in the contents.
#[derive(Clone, Copy)]
enum What {
    Images,
    Changes(usize),
    Volume(usize),
}

impl Session {
    /// Begins a kit; nothing large is read yet. What of the request is not there is told by the kit's findings and left
    /// out; an error only when cancelled or when damage was to end it.
    pub fn kit(&self, request: &KitRequest) -> Result<Kit, ReadError> {
        let options = self.options();
        let mut findings = Findings::new();
        let mut contents = KitContents {
            careen: env!("CARGO_PKG_VERSION").to_owned(),
            disk: self.place.to_string(),
            ..KitContents::default()
        };
        let mut sources = vec![helper(self)?];
        let images: BTreeSet<&String> = request.images.iter().collect();
        for id in images {
            let source = self.image_source(&Scope::Image(id.clone()), &mut findings);
            if let Some(source) = self.or_told(&codes::KIT_LEFT_OUT, source, id, request.on_damage, &mut findings)? {
                contents.images.push(id.clone());
                sources.push(loadable(source));
            }
        }
        let (containers, mut names): (BTreeSet<&String>, _) = (request.containers.iter().collect(), BTreeSet::new());
        let mut without_image = Vec::new();
        for id in containers {
            let scope = Scope::Container(id.clone());
            let source = self.image_source(&scope, &mut findings);
            let source = self.or_told(&codes::KIT_CHANGES_ONLY, source, id, request.on_damage, &mut findings)?;
            // Where its configuration is lost, so is its name.
            let name = self.find_container(id).map_or_else(|_| String::new(), |found| found.item.name.clone());
            let name = if name.is_empty() { id.clone() } else { name };
            // Two names of containers may become one name of an image.
            let image = source.as_ref().and_then(|source| source.names.first()).map(|image| {
                let image = image.trim_end_matches(":latest");
                numbered(image, &mut names) + ":latest"
            });
            match source {
                Some(source) => {
                    sources.push(loadable(ImageSource { names: image.iter().cloned().collect(), ..source }))
                }
                None => without_image.push(contents.containers.len()),
            }
            contents.containers.push(KitContainer { id: id.clone(), name, image, file: None });
        }
        let images: Vec<String> = contents.images.iter().map(|id| format!("image:{id}")).collect();
        let containers = contents.containers.iter().map(|container| format!("container:{}", container.name));
        let scopes: Vec<String> = images.into_iter().chain(containers).collect();
        let (limits, cancel) = (&options.limits, &options.cancel);
        let export = Export::of_images(ImageFormat::Docker, sources, &scopes, request.on_damage, limits, cancel);
        let mut ahead = VecDeque::from([Part { file: "images.tar".to_owned(), export, what: What::Images }]);
        let mut taken = BTreeSet::new();
        // What cannot become an image is still kept as files.
        for at in without_image {
            let Some(container) = contents.containers.get(at) else { continue };
            let scope = Scope::Changes(container.id.clone());
            let tree = self.tree(&scope, &mut findings);
            let Some(tree) =
                self.or_told(&codes::KIT_LEFT_OUT, tree, &scope.to_string(), request.on_damage, &mut findings)?
            else {
                continue;
            };
            let label = scope.to_string();
            let selection = Selection { start: tree.root(), tree, name: Vec::new(), label };
            let export = Export::new(Format::Tar, vec![selection], request.on_damage, limits, cancel)?;
            let file = format!("containers/{}.tar", unique(&container.name, &mut taken));
            ahead.push_back(Part { file, export, what: What::Changes(at) });
        }
        let mut taken = BTreeSet::new();
        for name in &request.volumes {
            let tree = self.find_volume(name).and_then(|open| self.volume_tree(open));
            let Some(tree) = self.or_told(&codes::KIT_LEFT_OUT, tree, name, request.on_damage, &mut findings)? else {
                continue;
            };
            let volume = &self.find_volume(name)?.volume;
            let selection = Selection {
                start: tree.root(),
                tree,
                name: MOUNT.to_vec(),
                label: Scope::Volume(name.clone()).to_string(),
            };
            let export = Export::new(Format::Tar, vec![selection], request.on_damage, limits, cancel)?;
            let file = format!("volumes/{}.tar", unique(name, &mut taken));
            ahead.push_back(Part { file, export, what: What::Volume(contents.volumes.len()) });
            let is_local = volume.driver.as_deref().is_none_or(|driver| driver == "local");
            contents.volumes.push(KitVolume {
                name: name.clone(),
                driver: volume.driver.clone(),
                labels: volume.labels.clone().unwrap_or_default(),
                options: volume.options.clone(),
                file: None,
                is_filled: is_local && !volume.options.contains_key("device"),
            });
        }
        contents.networks = self.networks().filter(|network| is_made_by_people(network)).cloned().collect();
        let small = self.compose_files(&mut contents, &mut findings)?;
        Ok(Kit {
            ahead,
            now: None,
            small,
            contents,
            sums: Vec::new(),
            on_damage: request.on_damage,
            findings,
            written: 0,
            is_ended: false,
        })
    }

    /// What was found; a finding in its place when it was not, unless that is to end everything.
    fn or_told<T>(
        &self,
        code: &'static Code,
        found: Result<T, ReadError>,
        name: &str,
        on_damage: OnDamage,
        findings: &mut Findings,
    ) -> Result<Option<T>, ReadError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_cancelled() || on_damage == OnDamage::Stop => Err(error),
            Err(error) => {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &name), ("reason", &error)];
                findings.add(code, &self.place.then(name), &values);
                Ok(None)
            }
        }
    }

    /// The compose files of all projects, and the `.env` beside each: their paths in the kit and their bytes.
    pub(crate) fn compose_files(
        &self,
        contents: &mut KitContents,
        findings: &mut Findings,
    ) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
        let (mut small, mut folders) = (Vec::new(), BTreeSet::new());
        let Ok(host) = self.tree(&Scope::Host, findings) else { return Ok(small) };
        for project in self.compose_projects() {
            let (folder, mut taken) = (unique(&project.name, &mut folders), BTreeSet::new());
            let environment = project.working_dir.as_ref().map(|folder| format!("{folder}/.env"));
            for (source, is_needed) in project
                .config_files
                .iter()
                .map(|file| (file, true))
                .chain(environment.as_ref().map(|file| (file, false)))
            {
                let bytes = self.small_file(&*host, source, findings)?;
                if bytes.is_none() && !is_needed {
                    continue;
                }
                let name = source.rsplit(['/', '\\']).next().unwrap_or_default();
                let name = unique(name, &mut taken);
                let file = bytes.is_some().then(|| format!("compose/{folder}/{name}"));
                let project = project.name.clone();
                contents.compose.push(KitComposeFile { project, source: source.clone(), file: file.clone() });
                small.extend(file.zip(bytes));
            }
        }
        Ok(small)
    }

    /// A file by its path on the system around the data root, when it is there and small.
    fn small_file(
        &self,
        host: &dyn FileTree,
        path: &str,
        findings: &mut Findings,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(node) = kept(resolve_path(host, path.as_bytes(), &mut Findings::new()), findings)?.flatten() else {
            return Ok(None);
        };
        let Some(stat) = kept(host.stat(node, findings), findings)? else { return Ok(None) };
        if stat.kind != Kind::File || stat.size > MOST_OF_COMPOSE {
            return Ok(None);
        }
        kept(read_file(host, node, &self.options().limits, findings), findings)
    }
}

impl Kit {
    /// Puts the next pieces in place of those before; `false` when the kit is complete, and then there are the last ones.
    /// An error when cancelled, or when damage was to end it.
    pub fn next(&mut self, pieces: &mut Vec<KitPiece>) -> Result<bool, ReadError> {
        pieces.clear();
        if self.is_ended {
            return Ok(false);
        }
        let Some((mut part, mut manifest)) =
            self.now.take().or_else(|| self.ahead.pop_front().map(|part| (part, Sha256::new())))
        else {
            self.end(pieces);
            self.is_ended = true;
            return Ok(false);
        };
        let mut chunk = Chunk::default();
        let beside = format!("{}.manifest.json", part.file);
        let state = match part.export.next(&mut chunk) {
            Ok(true) => PieceState::GoesOn,
            Ok(false) => PieceState::Complete,
            Err(error) if error.is_cancelled() || self.on_damage == OnDamage::Stop => return Err(error),
            Err(error) => {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &part.file), ("reason", &error)];
                self.findings.add(&codes::KIT_LEFT_OUT, &error.place, &values);
                PieceState::Dropped
            }
        };
        manifest.update(&chunk.manifest);
        self.written = self.written.saturating_add(chunk.archive.len() as u64);
        pieces.push(KitPiece { file: part.file.clone(), bytes: chunk.archive, state });
        pieces.push(KitPiece { file: beside.clone(), bytes: chunk.manifest, state });
        match state {
            PieceState::GoesOn => self.now = Some((part, manifest)),
            PieceState::Dropped => self.findings.absorb(part.export.findings().clone()),
            PieceState::Complete => {
                self.findings.absorb(part.export.findings().clone());
                self.sums.push((part.export.sha256(), part.file.clone()));
                self.sums.push((hex(manifest), beside));
                let contents = &mut self.contents;
                let file = match part.what {
                    What::Images => Some(&mut contents.images_file),
                    What::Changes(at) => contents.containers.get_mut(at).map(|container| &mut container.file),
                    What::Volume(at) => contents.volumes.get_mut(at).map(|volume| &mut volume.file),
                };
                if let Some(file) = file {
                    *file = Some(part.file);
                }
            }
        }
        Ok(true)
    }

    /// The small files, and last the sums of all.
    fn end(&mut self, pieces: &mut Vec<KitPiece>) {
        let contents = &self.contents;
        let mut small = std::mem::take(&mut self.small);
        let text = serde_json::to_string_pretty(contents).unwrap_or_default();
        small.push(("kit.json".to_owned(), format!("{text}\n").into_bytes()));
        small.push(("README.txt".to_owned(), readme::text(contents, &self.findings).into_bytes()));
        small.push(("restore.sh".to_owned(), scripts::shell(contents).into_bytes()));
        small.push(("restore.ps1".to_owned(), scripts::powershell(contents).into_bytes()));
        self.sums.extend(small.iter().map(|(file, bytes)| (hex(Sha256::new_with_prefix(bytes)), file.clone())));
        let sums: String = self.sums.iter().map(|(sum, file)| format!("{sum}  {file}\n")).collect();
        small.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
        let complete = |(file, bytes)| KitPiece { file, bytes, state: PieceState::Complete };
        pieces.extend(small.into_iter().map(complete));
    }

    /// What is in it; which archives there are is known at the end.
    pub fn contents(&self) -> &KitContents {
        &self.contents
    }

    /// What was met so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Bytes of archives that were handed out.
    pub fn written(&self) -> u64 {
        self.written
    }
}

/// An image with one empty directory, which engines on every machine load: nothing in it is ever run.
fn helper(session: &Session) -> Result<ImageSource, ReadError> {
    let mut tree = MemoryTree::new("kit helper");
    tree.directory("/volume");
    let tree: Rc<dyn FileTree> = Rc::new(tree);
    let selection = Selection { start: tree.root(), tree, name: Vec::new(), label: HELPER.to_owned() };
    let options = session.options();
    let mut export = Export::new(Format::Tar, vec![selection], OnDamage::Stop, &options.limits, &options.cancel)?;
    let (mut layer, mut chunk) = (Vec::new(), Chunk::default());
    loop {
        let goes_on = export.next(&mut chunk)?;
        layer.append(&mut chunk.archive);
        if !goes_on {
            break;
        }
    }
    let diff_id = format!("sha256:{}", export.sha256());
    // As most of the disk's own images, so that no engine there warns of another machine's.
    let architecture = session.images().find_map(|image| image.architecture.clone());
    let config = json!({
        "architecture": architecture.unwrap_or_else(|| "amd64".to_owned()),
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "careen kit"}],
    });
    let config = config.to_string().into_bytes();
    let layer = LayerSource {
        name: HELPER.to_owned(),
        diff_id: Some(diff_id),
        forms: vec![LayerForm::Raw(Rc::new(layer))],
        without: None,
        tree: Err("it is made for the kit".to_owned()),
    };
    let id = format!("sha256:{}", hex(Sha256::new_with_prefix(&config)));
    Ok(ImageSource { id, names: vec![HELPER.to_owned()], config, layers: vec![layer], stored: None })
}

/// The image in a form that older engines load as well: they do not know layers packed with zstd.
fn loadable(mut source: ImageSource) -> ImageSource {
    if source.stored.as_ref().is_some_and(|stored| stored.has_zstd) {
        source.stored = None;
    }
    source
}

/// Whether a network is none of those every engine has, nor one of a swarm.
pub(crate) fn is_made_by_people(network: &Network) -> bool {
    network.scope == "local" && !network.ingress && !matches!(network.name.as_str(), "bridge" | "host" | "none")
}

/// A part of a file name from a name of the disk, which no other has.
pub(crate) fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_');
    let letters = name.chars().take(MOST_OF_NAME).map(|letter| if is_plain(letter) { letter } else { '_' });
    let mut plain: String = letters.collect();
    if !plain.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_') {
        plain.insert(0, '_');
    }
    numbered(&plain, taken)
}

/// A name that none has before, with a number when it needs one.
fn numbered(name: &str, taken: &mut BTreeSet<String>) -> String {
    let (mut unique, mut number) = (name.to_owned(), 1_u64);
    while !taken.insert(unique.to_lowercase()) {
        number = number.saturating_add(1);
        unique = format!("{name}-{number}");
    }
    unique
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_disk_become_names_of_files() {
        let mut taken = BTreeSet::new();
        let names = ["data", "Data", "../../etc", "-rf", "a b\n", "", "한글", ".", ".."];
        let plain: Vec<String> = names.iter().map(|name| unique(name, &mut taken)).collect();
        assert_eq!(plain, ["data", "Data-2", "_.._.._etc", "_-rf", "a_b_", "_", "__", "_.", "_.."]);
        assert_eq!(unique(&"n".repeat(300), &mut taken).len(), MOST_OF_NAME);
    }
}
