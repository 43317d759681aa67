//! A disk that is open: what was found in it, and the trees that can be looked into.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_disk::{Disk, NamedFile, Partitions, Pieces, With};
use careen_evidence::{
    ByteSource, Cached, CancelToken, Counted, Counts, FileTree, Findings, Limits, NodeId, Place, ReadError, SubTree,
    Window, codes,
};
use careen_filesystem::Ext4;
use careen_model::{
    Container, DiskSnapshot, DiskSummary, Filesystem, Finding, Host, Image, ImagePackages, Network, Partition,
    Progress, Severity, Stage, Store, Survey, Volume,
};
use careen_store::{ClassicStore, ContainerdStore, DataRoot, find_roots};

use crate::Scope;
use crate::copies::Lost;
use crate::image_store::ImageStore;
use crate::licenses::Licenses;

/// A disk file as the caller opened it.
pub struct DiskFile {
    /// What messages call it: its file name.
    pub name: String,
    /// Its bytes.
    pub source: Rc<dyn ByteSource>,
}

/// What is to be opened.
pub struct Opening {
    /// The disk file; the first one when the disk is in pieces.
    pub disk: DiskFile,
    /// Files at hand besides, in any order: disks it may have been made upon, and its own further parts. Those it does
    /// not need are not read, and not held on to.
    pub beside: Vec<DiskFile>,
    /// The internal snapshot to read in place of the active state, by its name or id.
    pub snapshot: Option<String>,
}

impl From<DiskFile> for Opening {
    fn from(disk: DiskFile) -> Self {
        Opening { disk, beside: Vec::new(), snapshot: None }
    }
}

/// What work on a disk may cost, and how to stop it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Upper bounds for every reader.
    pub limits: Limits,
    /// Asks long work to stop.
    pub cancel: CancelToken,
    /// Smallest read made of the disk file, in bytes: where a read costs as much as the transfer of so many bytes,
    /// smaller ones save nothing.
    pub smallest_read: u32,
    /// Bytes of the disk file kept in memory.
    pub cache: u32,
}

impl Default for Options {
    /// The smallest read is that of a browser, where one costs about as much as the transfer of 225 KiB.
    fn default() -> Self {
        Options { limits: Limits::default(), cancel: CancelToken::default(), smallest_read: 256 << 10, cache: 64 << 20 }
    }
}

/// Told how far the work has come.
pub type Observer<'a> = &'a mut dyn FnMut(Progress);

/// A filesystem, or a copy of one's files, that was opened.
pub(crate) struct OpenFilesystem {
    pub(crate) id: u32,
    pub(crate) tree: Rc<dyn FileTree>,
    pub(crate) about: About,
    /// What the copy has not kept of the files.
    pub(crate) lost: Lost,
    /// Where it begins on the disk.
    pub(crate) start: u64,
}

/// What is told of a filesystem.
pub(crate) enum About {
    /// Its state is known by what is read of it.
    Ext4(Rc<Ext4>),
    /// A copy of files: known at once.
    Copy(Box<Filesystem>),
}

impl OpenFilesystem {
    /// Its reader, when it is no copy.
    pub(crate) fn ext4(&self) -> Option<Rc<Ext4>> {
        match &self.about {
            About::Ext4(tree) => Some(Rc::clone(tree)),
            About::Copy(_) => None,
        }
    }

    pub(crate) fn summary(&self) -> Filesystem {
        match &self.about {
            About::Ext4(tree) => tree.summary(self.id),
            About::Copy(filesystem) => (**filesystem).clone(),
        }
    }
}

/// A store that was opened.
pub(crate) struct OpenStore {
    pub(crate) store: Store,
    pub(crate) root: NodeId,
    pub(crate) tree: Rc<dyn FileTree>,
    /// Position in the session's list of filesystems.
    pub(crate) filesystem: usize,
    /// Docker's own records: containers, volumes, networks, and the images of a classic store; empty for containerd alone.
    pub(crate) classic: ClassicStore,
    /// Images and layers of a containerd.
    pub(crate) containerd: Option<ContainerdStore>,
    /// Ids of all stores of the same Docker, of which the engine shows one.
    pub(crate) of_docker: Vec<String>,
}

/// A volume and the store it lies in.
pub(crate) struct OpenVolume {
    /// Position in the session's list of stores.
    pub(crate) store: usize,
    pub(crate) volume: Volume,
}

/// An open disk.
pub struct Session {
    pub(crate) options: Options,
    pub(crate) filesystems: Vec<OpenFilesystem>,
    pub(crate) stores: Vec<OpenStore>,
    pub(crate) packages: BTreeMap<Scope, Rc<ImagePackages>>,
    pub(crate) licenses: BTreeMap<Scope, Licenses>,
    pub(crate) place: Place,
    /// The disk as it was opened; how much was read since is in `counts`.
    disk: DiskSummary,
    pub(crate) counts: Counts,
    partitions: Vec<Partition>,
    pub(crate) volumes: Vec<OpenVolume>,
    /// Sizes of build cache records whose directory was walked, by store and id.
    pub(crate) build_cache_sizes: BTreeMap<(String, String), u64>,
    /// Which pieces of the disk take room in its file, where they can be given back.
    pub(crate) pieces: Option<Rc<dyn Pieces>>,
    /// The operating system around the first data root.
    host: Option<Host>,
    pub(crate) findings: Findings,
    /// What was lost in opening the filesystems.
    pub(crate) filesystem_losses: Vec<Finding>,
}

impl Session {
    /// Opens a disk: container format, partitions, filesystems, stores and their records, but no walk of volumes or
    /// images. An error only when there is nothing to be read as a disk; everything else is a finding. An error of kind
    /// `NeedsFile` says which other file is wanted when it is not among those at hand.
    pub fn open(opening: impl Into<Opening>, options: Options, observer: Observer<'_>) -> Result<Session, ReadError> {
        let Opening { disk, beside, snapshot } = opening.into();
        let place = Place::new(disk.name);
        let file_size = disk.source.len();
        let counts = Counts::default();
        let files = u32::try_from(beside.len()).unwrap_or(u32::MAX).saturating_add(1);
        let line = options.smallest_read.clamp(1, options.cache.max(1));
        // All files together keep no more than one would.
        let lines = options.cache.checked_div(line).and_then(|lines| lines.checked_div(files)).unwrap_or(1);
        let cached = |source: Rc<dyn ByteSource>| -> Rc<dyn ByteSource> {
            let counted = Rc::new(Counted::new(source, counts.clone()));
            Rc::new(Cached::new(counted, line, usize::try_from(lines).unwrap_or(1)))
        };
        let beside: Vec<NamedFile> =
            beside.into_iter().map(|file| NamedFile { name: file.name, source: cached(file.source) }).collect();
        let mut findings = Findings::new();

        report(observer, Stage::Disk, place.as_str(), &counts);
        let source = cached(disk.source);
        if let Some(format) = careen_archive::detect(&source)? {
            if let Some(snapshot) = &snapshot {
                let what = format_args!("snapshot {snapshot:?} of an archive, only qcow2 disks hold snapshots");
                return Err(ReadError::unsupported(&place, what));
            }
            let disk =
                DiskSummary { format: format.name().to_owned(), file_size: Some(file_size), ..DiskSummary::default() };
            let mut session = Session::new(place, disk, counts, findings, options);
            session.open_archive(format, source, observer)?;
            return session.with_stores(observer);
        }
        let with = With { files: &beside, snapshot: snapshot.as_deref() };
        let disk = careen_disk::open_with(source, &with, &place, &options.limits, &mut findings)?;
        let found = careen_disk::partitions(&disk, &place, &options.limits, &mut findings);
        let summary = DiskSummary {
            format: disk.format.name().to_owned(),
            virtual_size: Some(disk.virtual_size),
            file_size: Some(file_size),
            virtual_disk_id: disk.identifier.clone(),
            data_write_guid: disk.data_write_id.clone(),
            snapshots: disk.snapshots.iter().map(shown).collect(),
            snapshot: snapshot.clone(),
            ..DiskSummary::default()
        };
        let mut session = Session::new(place, summary, counts, findings, options);
        session.pieces = disk.pieces.clone();
        session.open_filesystems(&disk, found, &beside, observer)?;
        session.with_stores(observer)
    }

    /// A session in which nothing is open yet.
    pub(crate) fn new(
        place: Place,
        disk: DiskSummary,
        counts: Counts,
        findings: Findings,
        options: Options,
    ) -> Session {
        Session {
            disk,
            counts,
            partitions: Vec::new(),
            filesystems: Vec::new(),
            stores: Vec::new(),
            volumes: Vec::new(),
            build_cache_sizes: BTreeMap::new(),
            packages: BTreeMap::new(),
            licenses: BTreeMap::new(),
            pieces: None,
            host: None,
            findings,
            filesystem_losses: Vec::new(),
            place,
            options,
        }
    }

    /// The session with the stores of its filesystems opened.
    pub(crate) fn with_stores(mut self, observer: Observer<'_>) -> Result<Session, ReadError> {
        self.open_stores(observer)?;
        self.relate_stores()?;
        self.note_what_is_missing();
        let mut findings = Findings::new();
        self.host = self.read_host(&mut findings)?;
        self.absorb(findings);
        Ok(self)
    }

    /// Everything known so far. Sizes of volumes are `None` until [`Session::measure_volume`] walked them.
    pub fn survey(&self) -> Survey {
        let build_cache = self.build_cache();
        Survey {
            careen: env!("CARGO_PKG_VERSION").to_owned(),
            disk: DiskSummary {
                bytes_read: self.counts.bytes(),
                requests: self.counts.requests(),
                ..self.disk.clone()
            },
            partitions: self.partitions.clone(),
            filesystems: self.filesystems.iter().map(OpenFilesystem::summary).collect(),
            stores: self.stores.iter().map(|open| open.store.clone()).collect(),
            images: self.images().cloned().collect(),
            containers: self.containers().cloned().collect(),
            volumes: self.volumes.iter().map(|open| open.volume.clone()).collect(),
            networks: self.networks().cloned().collect(),
            build_cache: build_cache.records,
            builds: build_cache.builds,
            plugins: self.classic().flat_map(ClassicStore::plugins).cloned().collect(),
            swarm: self.classic().filter_map(ClassicStore::swarm).cloned().collect(),
            projects: self.compose_projects(),
            host: self.host.clone(),
            findings: self.findings.to_vec(),
        }
    }

    /// The layers of every store, whether or not an image uses them.
    pub fn layers(&self) -> Vec<careen_model::Layer> {
        self.stores.iter().map(OpenStore::images).flat_map(ImageStore::layers).cloned().collect()
    }

    pub(crate) fn classic(&self) -> impl Iterator<Item = &ClassicStore> {
        self.stores.iter().map(|open| &open.classic)
    }

    /// Every image of every store.
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.stores.iter().map(OpenStore::images).flat_map(ImageStore::images)
    }

    pub(crate) fn networks(&self) -> impl Iterator<Item = &Network> {
        self.classic().flat_map(ClassicStore::networks)
    }

    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.stores.iter().flat_map(|open| {
            let docker = open.classic.containers().iter();
            docker.chain(open.containerd.iter().flat_map(ContainerdStore::containers))
        })
    }

    /// What was found so far.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// What was lost in opening the filesystems, such as a journal that could not be replayed: it touches whatever is
    /// read from them.
    pub fn filesystem_losses(&self) -> impl Iterator<Item = &Finding> {
        self.filesystem_losses.iter()
    }

    /// Adds what was met while looking into a tree of this session.
    pub fn absorb(&mut self, findings: Findings) {
        self.findings.absorb(findings);
    }

    /// Adds an error that left something out of an answer.
    pub fn note_failure(&mut self, error: &ReadError) {
        self.findings.add_failure(error);
    }

    /// An error when the disk holds no store, for answers that need one.
    pub fn require_store(&self) -> Result<(), ReadError> {
        if self.stores.is_empty() {
            let what = "no Docker or containerd data root was found on this disk";
            return Err(ReadError::corrupt(&self.place, what));
        }
        Ok(())
    }

    /// The bounds and the cancel token this session works with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Bytes read of the disk so far.
    pub fn bytes_read(&self) -> u64 {
        self.counts.bytes()
    }

    /// Tells the observer what is being done now, `done` of `total` units.
    pub(crate) fn progress(&self, stage: Stage, subject: &str, done: u64, total: Option<u64>) -> Progress {
        Progress { stage, subject: subject.to_owned(), done, total, bytes_read: self.counts.bytes() }
    }

    fn open_filesystems(
        &mut self,
        disk: &Disk,
        found: Partitions,
        beside: &[NamedFile],
        observer: Observer<'_>,
    ) -> Result<(), ReadError> {
        for range in found.ranges {
            self.options.cancel.check()?;
            let place = match range.index {
                0 => self.place.clone(),
                index => self.place.then(format_args!("partition {index}")),
            };
            report(observer, Stage::Filesystem, place.as_str(), &self.counts);
            let window = Window::new(Rc::clone(&disk.source), place.clone(), range.start, range.size);
            let source: Rc<dyn ByteSource> = Rc::new(window);
            let kind = careen_disk::probe(&*source, &place, &mut self.findings);
            let mut filesystem = kind.map(|kind| kind.name().to_owned());
            // The reader of ext finds filesystems whose superblock says nothing any more.
            if kind.is_none_or(careen_disk::Content::is_ext)
                && let Some(tree) = self.open_ext(source, &place, kind.is_some(), beside)?
            {
                let id = u32::try_from(self.filesystems.len()).unwrap_or(u32::MAX);
                filesystem.get_or_insert_with(|| tree.summary(id).kind);
                let about = About::Ext4(Rc::clone(&tree));
                self.filesystems.push(OpenFilesystem { id, tree, about, lost: Lost::Nothing, start: range.start });
            }
            self.partitions.push(Partition {
                index: range.index,
                scheme: found.scheme,
                kind: range.kind,
                start: range.start,
                size: range.size,
                filesystem,
            });
        }
        Ok(())
    }

    /// Opens an ext filesystem. When it is not `known` to be one, and does not begin like one, it is no loss that it
    /// cannot be opened.
    fn open_ext(
        &mut self,
        source: Rc<dyn ByteSource>,
        place: &Place,
        known: bool,
        beside: &[NamedFile],
    ) -> Result<Option<Rc<Ext4>>, ReadError> {
        let mut findings = Findings::new();
        let is_ext = known || Ext4::is_at(&*source);
        let limits = self.options.limits;
        let mut disks = || disks_beside(beside, &limits);
        match Ext4::open_with(source, place, &limits, &mut disks, &mut findings) {
            Err(error) if error.is_cancelled() => Err(error),
            Err(_) if !is_ext => Ok(None),
            opened => {
                self.absorb_opening(findings);
                opened.map(Some).or_else(|error| {
                    self.findings.add_error(&codes::survey::FILESYSTEM_UNREADABLE, &error);
                    Ok(None)
                })
            }
        }
    }

    /// Adds what was met in opening a filesystem.
    pub(crate) fn absorb_opening(&mut self, findings: Findings) {
        let losses = findings.list().iter().filter(|finding| finding.code.severity == Severity::Loss);
        self.filesystem_losses.extend(losses.cloned());
        self.findings.absorb(findings);
    }

    /// Says how long the disk is once it is unpacked.
    pub(crate) fn set_virtual_size(&mut self, size: u64) {
        self.disk.virtual_size = Some(size);
    }

    fn open_stores(&mut self, observer: Observer<'_>) -> Result<(), ReadError> {
        let Options { limits, cancel, .. } = self.options.clone();
        for filesystem in 0..self.filesystems.len() {
            let Some(open) = self.filesystems.get(filesystem) else { break };
            let tree = Rc::clone(&open.tree);
            report(observer, Stage::Store, self.place.as_str(), &self.counts);
            let taken: Vec<&str> = self.stores.iter().map(|open| open.store.id.as_str()).collect();
            let roots = match find_roots(&*tree, &taken, &limits, &cancel, &mut self.findings) {
                Ok(roots) => roots,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    self.findings.add_failure(&error);
                    continue;
                }
            };
            for root in roots {
                cancel.check()?;
                report(observer, Stage::Store, &root.path, &self.counts);
                self.open_store(&tree, filesystem, &root);
            }
        }
        Ok(())
    }

    fn open_store(&mut self, tree: &Rc<dyn FileTree>, filesystem: usize, root: &DataRoot) {
        let Options { limits, .. } = self.options;
        let mut met = Findings::new();
        let classic = ClassicStore::open(Rc::clone(tree), root, &limits, &mut met);
        if self.filesystems.get(filesystem).is_some_and(|open| open.lost == Lost::Metadata) {
            // They are links, and such a copy has none.
            met.forget(&codes::store::OVERLAY_SHORT_NAMES_MISSING);
        }
        self.findings.absorb(met);
        let store = self.stores.len();
        self.volumes.extend(classic.volumes().iter().map(|volume| OpenVolume { store, volume: volume.clone() }));
        let containerd = ContainerdStore::open(Rc::clone(tree), root, &limits, &mut self.findings);
        let engine_id = root.engine_id(&**tree, &limits, &mut self.findings);
        let (store, tree) = (Store { engine_id, ..root.store() }, Rc::clone(tree));
        let of_docker = root.stores_of_docker().map(str::to_owned).collect();
        self.stores.push(OpenStore { store, root: root.node, tree, filesystem, classic, containerd, of_docker });
    }

    /// A disk without filesystem or without Docker is an answer too, but it has to be said.
    fn note_what_is_missing(&mut self) {
        if self.filesystems.is_empty() {
            self.findings.add(&codes::survey::NO_FILESYSTEM, &self.place, &[]);
        } else if self.stores.is_empty() {
            self.findings.add(&codes::survey::NO_STORE, &self.place, &[]);
        }
    }

    /// The directory of a store as a tree.
    pub(crate) fn store_tree(&self, open: &OpenStore) -> Rc<dyn FileTree> {
        Rc::new(SubTree::new(Rc::clone(&open.tree), open.root))
    }
}

/// The disks in files at hand, whole and each of their partitions: one of them may hold a filesystem's journal.
fn disks_beside(beside: &[NamedFile], limits: &Limits) -> Vec<Rc<dyn ByteSource>> {
    let mut all: Vec<Rc<dyn ByteSource>> = Vec::new();
    // What is no disk is no journal either.
    let mut untold = Findings::new();
    for file in beside {
        let place = Place::new(&file.name);
        let opened = careen_disk::open_with(Rc::clone(&file.source), &With::default(), &place, limits, &mut untold);
        let Ok(disk) = opened else { continue };
        let found = careen_disk::partitions(&disk, &place, limits, &mut untold);
        for range in found.ranges {
            all.push(Rc::new(Window::new(Rc::clone(&disk.source), place.clone(), range.start, range.size)));
        }
        all.push(disk.source);
    }
    all
}

/// A snapshot as the overview shows it.
fn shown(snapshot: &careen_disk::Snapshot) -> DiskSnapshot {
    let nanoseconds = i32::try_from(snapshot.nanoseconds).unwrap_or(0);
    let created = jiff::Timestamp::new(i64::from(snapshot.created), nanoseconds);
    DiskSnapshot {
        id: snapshot.id.clone(),
        name: snapshot.name.clone(),
        created: created.ok().map(|time| time.to_string()),
        virtual_size: snapshot.virtual_size,
    }
}

pub(crate) fn report(observer: Observer<'_>, stage: Stage, subject: &str, counts: &Counts) {
    observer(Progress { stage, subject: subject.to_owned(), done: 0, total: None, bytes_read: counts.bytes() });
}
