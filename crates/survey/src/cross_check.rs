//! Files read again by another reader of ext4, the crate `ext4-view`, which shares no code with ours.
//!
//! It is given the filesystem as bytes, replayed and repaired ([`Ext4::view`]), so that it has to find no superblock and
//! replay no journal; what it reads then is its own: inodes, extents, directories. Of images and containers the directories
//! of all their layers are read, as they lie on the disk.
//!
//! Known of ext4-view 1.0 (tried): it gives the bytes that lay in an extent before it was written, gives files short whose
//! size lies beyond their blocks, refuses a whole filesystem for one feature it does not know (inline_data, ea_inode,
//! meta_bg, casefold, …) or one wrong checksum on the way, and knows no fast commits. It may panic on damage: whoever calls
//! this has to be ready for that, in a worker that can be ended or behind `catch_unwind`.

use std::fmt::{Display, Formatter};
use std::rc::Rc;

use careen_evidence::{
    ByteSource, FileTree, Findings, Kind, NodeId, ReadError, Visit, codes, kept, resolve_object, walk_from,
};
use careen_filesystem::Ext4;
use careen_model::{CrossCheck, Difference, DifferenceKind, NotCompared, Stage};
use careen_store::LayerFiles;
use ext4_view::Ext4Read;
use sha2::{Digest, Sha256};

use crate::image_store::Stacked;
use crate::session::OpenStore;
use crate::trees::{Found, classic_layers};
use crate::{ExportRequest, Observer, Scope, Session};

/// What the other reader is called.
const READER: &str = "ext4-view 1.0";
/// Bytes read at once.
const STEP: usize = 1 << 20;
/// Differences that are told one by one.
const MOST_TOLD: usize = 1000;
/// Zeros of holes in one file that are read for the comparison.
const MOST_ZEROS: u64 = 16 << 30;
/// Files between two reports of progress; larger files than this are reported each.
const REPORT_EVERY: u64 = 64;
const LARGE: u64 = 64 << 20;

/// A directory of a filesystem that is read twice.
struct Place {
    /// Position in the session's list of filesystems.
    filesystem: usize,
    directory: NodeId,
}

impl Session {
    /// Reads what was asked for with both readers and compares what they give. An error only when cancelled, or when
    /// something of what was asked for is not there.
    pub fn cross_check(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<CrossCheck, ReadError> {
        let mut check = CrossCheck { reader: READER.to_owned(), ..CrossCheck::default() };
        for part in request.parts() {
            for place in self.places(&part.scope, &mut check, findings)? {
                let Some(open) = self.filesystems.get(place.filesystem) else { continue };
                let Some(ext4) = open.ext4() else {
                    not_compared(&mut check, &part.scope, "it is a copy of files, which only one of the readers knows");
                    continue;
                };
                let other = match load(&ext4) {
                    Ok(other) => other,
                    Err(reason) => {
                        not_compared(&mut check, &format!("fs:{}", open.id), &reason);
                        continue;
                    }
                };
                let mut pair = Pair { session: self, id: open.id, ext4, other, check: &mut check, observer };
                // Only directories know their names; those of a file are known by the way to it.
                let Some(base) = pair.ext4.path_of(place.directory) else {
                    let what = pair.ext4.place(place.directory).to_string();
                    not_compared(pair.check, &what, "no names lead there, and the other reader knows no others");
                    continue;
                };
                let base = base.strip_suffix(b"/").unwrap_or(&base).to_vec();
                if part.paths.is_empty() {
                    pair.compare(place.directory, &base, findings)?;
                }
                let tree = careen_evidence::SubTree::new(Rc::clone(&open.tree), place.directory);
                for path in &part.paths {
                    // Not every layer has every path.
                    if let Some((node, own)) = resolve_object(&tree, path, findings)? {
                        pair.compare(node, &[base.as_slice(), &own].concat(), findings)?;
                    }
                }
            }
        }
        // What cannot be read is told by the walk.
        for difference in check.differences.iter().filter(|one| one.kind == DifferenceKind::Unexplained) {
            let place = self.place.then(&difference.path);
            let values: [(&str, &dyn Display); 2] = [("path", &difference.path), ("reason", &difference.reason)];
            findings.add(&codes::export::READERS_DIFFER, &place, &values);
        }
        Ok(check)
    }

    /// The directories that the files of a scope lie in.
    fn places(&self, scope: &Scope, check: &mut CrossCheck, findings: &mut Findings) -> Result<Vec<Place>, ReadError> {
        let of_store = |open: &OpenStore, directory: NodeId| Place { filesystem: open.filesystem, directory };
        let stacked = match scope {
            Scope::Volume(name) => {
                let volume = self.find_volume(name)?;
                let open = self.stores.get(volume.store);
                let place = open.and_then(|open| Some(of_store(open, open.classic.volume_directory(name)?)));
                return Ok(place.into_iter().collect());
            }
            Scope::Store(id) => {
                let open = self.stores.iter().find(|open| open.store.id == *id);
                return Ok(open.map(|open| of_store(open, open.root)).into_iter().collect());
            }
            Scope::Host | Scope::Filesystem(_) => {
                let number = if let Scope::Filesystem(number) = scope { *number } else { None };
                let id = self.find_filesystem(number, scope)?.id;
                let place = self.filesystems.iter().position(|open| open.id == id);
                let root = place.and_then(|at| self.filesystems.get(at)).map(|open| open.tree.root());
                return Ok(place
                    .zip(root)
                    .map(|(filesystem, directory)| Place { filesystem, directory })
                    .into_iter()
                    .collect());
            }
            Scope::Image(name) => {
                let found = self.find_image(name)?;
                (found.open, found.store.image_layers(found.item, findings)?)
            }
            Scope::Container(name) | Scope::Changes(name) => {
                let (open, mut layers) = self.stack_of(&self.find_container(name)?, findings)?;
                if matches!(scope, Scope::Changes(_)) {
                    layers.truncate(1);
                }
                (open, layers)
            }
            Scope::Layer(name) => {
                let found = self.find_layer(name)?;
                (found.open, vec![(found.store.layer_files(&found.item.chain_id)?, None)])
            }
        };
        let (open, layers) = stacked;
        let mut places = Vec::new();
        for (files, _) in layers {
            match files {
                LayerFiles::Directory(node) | LayerFiles::Whole(node) => places.push(of_store(open, node)),
                LayerFiles::Blob { .. } => {
                    not_compared(check, scope, "a layer that is there only in packed form");
                }
            }
        }
        Ok(places)
    }

    /// The layers of a container, topmost first, and the store they lie in.
    fn stack_of<'a>(
        &'a self,
        found: &Found<'a, careen_model::Container>,
        findings: &mut Findings,
    ) -> Result<(&'a OpenStore, Vec<Stacked>), ReadError> {
        match self.containerd_of(found.item) {
            Some((open, store)) => {
                let layers = store.container_layers(&found.item.id, findings)?;
                Ok((open, layers.into_iter().map(|layer| (layer.files, layer.diff_id)).collect()))
            }
            None => Ok((found.open, classic_layers(found, findings)?)),
        }
    }
}

/// Both readers of one filesystem.
struct Pair<'a, 'o> {
    session: &'a Session,
    id: u32,
    ext4: Rc<Ext4>,
    other: ext4_view::Ext4,
    check: &'a mut CrossCheck,
    observer: Observer<'o>,
}

impl Pair<'_, '_> {
    /// Compares a file, or all files below a directory. `base` is its path.
    fn compare(&mut self, start: NodeId, base: &[u8], findings: &mut Findings) -> Result<(), ReadError> {
        let options = self.session.options().clone();
        let ext4 = Rc::clone(&self.ext4);
        walk_from(&*ext4, start, &options.limits, &options.cancel, findings, &mut |met, _| {
            if met.stat.kind == Kind::File {
                let below = if met.path == b"/" { &b""[..] } else { met.path };
                let path = [base, below].concat();
                self.file(met.node, &path)?;
            }
            Ok(Visit::Enter)
        })
    }

    fn file(&mut self, node: NodeId, path: &[u8]) -> Result<(), ReadError> {
        let cancel = &self.session.options().cancel;
        cancel.check()?;
        let shown = String::from_utf8_lossy(path).into_owned();
        let ours = self.ext4.open(node, &mut Findings::new());
        if ours.as_ref().is_ok_and(|source| holes(&**source) > MOST_ZEROS) {
            not_compared(self.check, &shown, "more than 16 GiB of it are holes");
            return Ok(());
        }
        let length = ours.as_ref().map_or(0, |source| source.len());
        if self.check.files.is_multiple_of(REPORT_EVERY) || length >= LARGE {
            let done = self.check.files;
            (self.observer)(self.session.progress(Stage::Files, &shown, done, None));
        }
        self.check.files = self.check.files.saturating_add(1);
        self.check.bytes = self.check.bytes.saturating_add(length);
        let theirs = self.other.open(path).map_err(|error| error.to_string());
        let outcome = match (&ours, theirs) {
            (Err(error), _) if error.is_cancelled() => return Err(error.clone()),
            (Err(error), _) => Outcome::unlike(None, None, DifferenceKind::NotReadable, error.to_string()),
            (Ok(_), Err(reason)) => Outcome::unlike(None, None, DifferenceKind::Refused, reason),
            (Ok(source), Ok(file)) => side_by_side(&**source, file, &self.session.options().cancel)?,
        };
        let Some(mut outcome) = outcome.difference else {
            self.check.same = self.check.same.saturating_add(1);
            return Ok(());
        };
        let commits = self.ext4.fast_commits();
        if !outcome.kind.is_explained() && commits > 0 {
            outcome.kind = DifferenceKind::FastCommits;
            outcome.reason =
                format!("{commits} fast commits of the journal are laid over what Careen reads: {}", outcome.reason);
        }
        self.check.different = self.check.different.saturating_add(1);
        self.check.explained = self.check.explained.saturating_add(u64::from(outcome.kind.is_explained()));
        if self.check.differences.len() < MOST_TOLD {
            self.check.differences.push(Difference { filesystem: self.id, path: shown, ..outcome });
        }
        Ok(())
    }
}

/// What came of a file; what differs has no path yet.
struct Outcome {
    difference: Option<Difference>,
}

impl Outcome {
    fn unlike(ours: Option<String>, theirs: Option<String>, kind: DifferenceKind, reason: String) -> Outcome {
        let difference = Difference { filesystem: 0, path: String::new(), ours, theirs, kind, reason };
        Outcome { difference: Some(difference) }
    }
}

/// Reads a file with both to its end.
fn side_by_side(
    ours: &dyn ByteSource,
    mut theirs: ext4_view::File,
    cancel: &careen_evidence::CancelToken,
) -> Result<Outcome, ReadError> {
    let (mut own, mut other) = (Sha256::new(), Sha256::new());
    let (mut buf, mut theirs_buf) = (vec![0; STEP], vec![0; STEP]);
    let (mut position, mut first, mut has_ended) = (0_u64, None, None);
    while position < ours.len() {
        cancel.check()?;
        let count = usize::try_from(ours.len().saturating_sub(position)).unwrap_or(STEP).min(STEP);
        let (buf, given) = (buf.get_mut(..count).unwrap_or_default(), theirs_buf.get_mut(..count).unwrap_or_default());
        if let Err(error) = ours.read_exact_at(position, buf) {
            if error.is_cancelled() {
                return Err(error);
            }
            return Ok(Outcome::unlike(None, None, DifferenceKind::NotReadable, error.to_string()));
        }
        own.update(&*buf);
        let mut filled = 0;
        while has_ended.is_none() && filled < count {
            match theirs.read_bytes(given.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => has_ended = Some(position.saturating_add(filled as u64)),
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) => {
                    let ours = hash_rest(ours, own, position.saturating_add(count as u64), cancel)?;
                    return Ok(Outcome::unlike(ours, None, DifferenceKind::Refused, error.to_string()));
                }
            }
        }
        let given = given.get(..filled).unwrap_or_default();
        other.update(given);
        if first.is_none()
            && let Some(at) = buf.iter().zip(given).position(|(own, other)| own != other)
        {
            first = Some(position.saturating_add(at as u64));
        }
        position = position.saturating_add(count as u64);
    }
    if has_ended.is_none() && theirs.read_bytes(&mut [0]).is_ok_and(|more| more > 0) {
        let reason = format!("it goes on behind the {} bytes that the file has", ours.len());
        return Ok(Outcome::unlike(Some(hex(own)), None, DifferenceKind::Unexplained, reason));
    }
    let (own, other) = (Some(hex(own)), Some(hex(other)));
    Ok(match (first, has_ended) {
        (None, None) => Outcome { difference: None },
        (None, Some(end)) => {
            let reason = format!("it ends after {end} of {} bytes", ours.len());
            Outcome::unlike(own, other, DifferenceKind::Shorter, reason)
        }
        (Some(at), _) if !has_data(ours, at) => {
            let reason =
                format!("at byte {at} lies room that was never written: it gives what lay there before, not zeros");
            Outcome::unlike(own, other, DifferenceKind::UnwrittenExtent, reason)
        }
        (Some(at), _) => {
            let reason = format!("at byte {at} the two give other bytes");
            Outcome::unlike(own, other, DifferenceKind::Unexplained, reason)
        }
    })
}

/// sha256 of a file of which part was hashed; `None` when the rest cannot be read.
fn hash_rest(
    source: &dyn ByteSource,
    mut digest: Sha256,
    mut position: u64,
    cancel: &careen_evidence::CancelToken,
) -> Result<Option<String>, ReadError> {
    let mut buf = vec![0; STEP];
    while position < source.len() {
        cancel.check()?;
        let count = usize::try_from(source.len().saturating_sub(position)).unwrap_or(STEP).min(STEP);
        let buf = buf.get_mut(..count).unwrap_or_default();
        if kept(source.read_exact_at(position, buf), &mut Findings::new())?.is_none() {
            return Ok(None);
        }
        digest.update(&*buf);
        position = position.saturating_add(count as u64);
    }
    Ok(Some(hex(digest)))
}

/// Whether a file has data at a place, and not a hole or room that was never written.
fn has_data(source: &dyn ByteSource, at: u64) -> bool {
    source.data_from(at).is_some_and(|stretch| stretch.start <= at)
}

/// Bytes of a file that have no data.
fn holes(source: &dyn ByteSource) -> u64 {
    let (mut data, mut position) = (0_u64, 0);
    while let Some(stretch) = source.data_from(position).filter(|stretch| stretch.end > position) {
        data = data.saturating_add(stretch.end.saturating_sub(stretch.start));
        position = stretch.end;
    }
    source.len().saturating_sub(data)
}

fn not_compared(check: &mut CrossCheck, what: &dyn Display, reason: &str) {
    let row = NotCompared { what: what.to_string(), reason: reason.to_owned() };
    if check.not_compared.len() < MOST_TOLD && !check.not_compared.contains(&row) {
        check.not_compared.push(row);
    }
}

fn hex(digest: Sha256) -> String {
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The other reader over the same filesystem, or why it refuses it.
fn load(ext4: &Ext4) -> Result<ext4_view::Ext4, String> {
    let view = ext4.view().map_err(|error| error.to_string())?;
    ext4_view::Ext4::load(Box::new(View(view))).map_err(|error| format!("{READER}: {error}"))
}

/// Our bytes for the other reader.
struct View(Rc<dyn ByteSource>);

impl Ext4Read for View {
    fn read(
        &mut self,
        start_byte: u64,
        dst: &mut [u8],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync + 'static>> {
        self.0.read_exact_at(start_byte, dst).map_err(|error| Box::new(Unreadable(error.to_string())) as _)
    }
}

/// Why bytes cannot be read.
#[derive(Debug)]
struct Unreadable(String);

impl Display for Unreadable {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}
