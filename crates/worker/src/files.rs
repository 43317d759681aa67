//! Files picked together: which of them is a disk, and which are what a disk was made upon.
//!
//! The files say so themselves: each is opened with all others at hand, and those that an open disk holds on to are
//! below it. One disk is open at a time, so that several large ones need no more memory than one.

use std::cell::Cell;
use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};
use careen_model::{Survey, Timestamp};
use careen_protocol::{FilesOfDisk, Folder, SeveralDisks};
use careen_survey::{DiskFile, FolderFile, Opening, Options, Session, folder, report};
use web_sys::{File, FileReaderSync};

use crate::session::failure;
use crate::web_file::WebFile;
use crate::work;

/// The files, in the order they were picked in.
pub struct Files {
    files: Vec<(String, Rc<WebFile>)>,
    options: Options,
}

/// What came of looking at the files.
pub enum Choice {
    /// There is one disk, which is open now.
    One(Box<Session>, FilesOfDisk),
    /// There are several, none of them open.
    Several(Box<SeveralDisks>),
}

/// A file that was opened by itself.
struct Tried {
    at: usize,
    /// Positions of the files below it.
    below: Vec<usize>,
    /// What is on it, or why it cannot be opened.
    found: Result<Survey, ReadError>,
}

impl Tried {
    /// Whether it is a disk, or would be one if it could be read. A text is read as a disk too, but as one on which
    /// nothing is recognized.
    fn is_disk(&self) -> bool {
        let holds_something = |survey: &Survey| {
            survey.disk.format != "raw" || survey.partitions.iter().any(|partition| partition.filesystem.is_some())
        };
        self.found.as_ref().map_or(true, holds_something)
    }
}

impl Files {
    /// The files with their names; `None` when there are none or the browser does not let them be read. `lost` is set
    /// once it refuses one of them.
    pub fn new(names: Vec<String>, files: Vec<File>, lost: &Rc<Cell<bool>>, options: Options) -> Option<Files> {
        let open = |(name, file)| Some((name, Rc::new(WebFile::new(file, Rc::clone(lost)).ok()?)));
        let files: Vec<_> = names.into_iter().zip(files).map(open).collect::<Option<_>>()?;
        (!files.is_empty()).then_some(Files { files, options })
    }

    /// Opens the disk at this position, or the only one there is; a snapshot of it where one is named.
    pub fn choose(&self, disk: Option<u32>, snapshot: Option<&str>) -> Result<Choice, ReadError> {
        let disk = disk.map(|disk| disk as usize).or((self.files.len() == 1).then_some(0));
        if let Some(disk) = disk {
            return self.open(disk, snapshot, Vec::new());
        }
        let tried = (0..self.files.len()).map(|at| self.try_one(at)).collect::<Result<Vec<Tried>, _>>()?;
        let below: Vec<usize> = tried.iter().flat_map(|one| one.below.iter().copied()).collect();
        let on_top = tried.into_iter().filter(|one| !below.contains(&one.at));
        let (disks, others): (Vec<Tried>, Vec<Tried>) = on_top.partition(Tried::is_disk);
        match disks.as_slice() {
            [disk] => self.open(disk.at, snapshot, others.iter().map(|other| other.at).collect()),
            [] => Ok(self.several(others)),
            _ => Ok(self.several(disks)),
        }
    }

    fn several(&self, disks: Vec<Tried>) -> Choice {
        let (mut surveys, mut files, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for Tried { at, found, .. } in disks {
            match found {
                Ok(survey) => {
                    surveys.push((self.name(at), survey));
                    files.push(position(at));
                }
                Err(error) => refused.push((position(at), failure(&error))),
            }
        }
        let side_by_side = report::side_by_side(&surveys);
        Choice::Several(Box::new(SeveralDisks { side_by_side, files, refused }))
    }

    fn name(&self, at: usize) -> String {
        self.files.get(at).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// The files that a disk is read from.
    pub fn of(&self, roles: &FilesOfDisk) -> Vec<Rc<WebFile>> {
        let all = std::iter::once(roles.disk).chain(roles.below.iter().copied());
        all.filter_map(|at| self.files.get(at as usize)).map(|(_, file)| Rc::clone(file)).collect()
    }

    fn open(&self, disk: usize, snapshot: Option<&str>, unused: Vec<usize>) -> Result<Choice, ReadError> {
        let session = self.session(disk, snapshot)?;
        let below = positions(self.held().filter(|at| *at != disk));
        let roles = FilesOfDisk { disk: position(disk), below, unused: positions(unused) };
        Ok(Choice::One(Box::new(session), roles))
    }

    fn try_one(&self, at: usize) -> Result<Tried, ReadError> {
        match self.session(at, None) {
            Ok(session) => {
                let below = self.held().filter(|other| *other != at).collect();
                Ok(Tried { at, below, found: Ok(session.survey()) })
            }
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => Ok(Tried { at, below: Vec::new(), found: Err(error) }),
        }
    }

    fn session(&self, disk: usize, snapshot: Option<&str>) -> Result<Session, ReadError> {
        let file = |(name, file): &(String, Rc<WebFile>)| DiskFile {
            name: name.clone(),
            source: Rc::clone(file) as Rc<dyn ByteSource>,
        };
        let others = self.files.iter().enumerate().filter(|(at, _)| *at != disk).map(|(_, other)| file(other));
        let disk = self.files.get(disk).or(self.files.first()).map(file);
        let Some(disk) = disk else {
            return Err(ReadError::io(&Place::default(), "no file was picked"));
        };
        let opening = Opening { disk, beside: others.collect(), snapshot: snapshot.map(str::to_owned) };
        Session::open(opening, self.options.clone(), &mut work::tell_progress())
    }

    /// Files that somebody else holds as well: the disk that is open.
    fn held(&self) -> impl Iterator<Item = usize> {
        self.files.iter().enumerate().filter(|(_, (_, file))| Rc::strong_count(file) > 1).map(|(at, _)| at)
    }
}

/// Opens a folder by the files below it.
pub fn open_folder(
    picked: &Folder,
    paths: Vec<String>,
    files: Vec<File>,
    options: Options,
) -> Result<Session, ReadError> {
    let place = Place::new(&picked.name);
    let failed = |error| ReadError::io(&place, format_args!("the browser cannot read files: {error:?}"));
    let reader = Rc::new(FileReaderSync::new().map_err(failed)?);
    let described: Vec<FolderFile> = paths
        .into_iter()
        .zip(&files)
        .map(|(path, file)| FolderFile { path, size: file.size() as u64, modified: time(file.last_modified()) })
        .collect();
    let paths: Vec<String> = described.iter().map(|file| file.path.clone()).collect();
    let open = move |at: usize| -> Result<Rc<dyn ByteSource>, ReadError> {
        let file = files.get(at).zip(paths.get(at));
        let (file, path) = file.ok_or_else(|| ReadError::io(&place, format_args!("there is no file {at}")))?;
        // One file that cannot be read does not mean that the folder has to be picked again.
        let lost = Rc::default();
        Ok(Rc::new(WebFile::with_reader(file.clone(), place.then(path), Rc::clone(&reader), lost)))
    };
    let directory = folder(&picked.name, &described, &picked.directories, Box::new(open));
    Session::open_directory(directory, options, &mut work::tell_progress())
}

/// A time that the browser gives in milliseconds since 1970.
fn time(milliseconds: f64) -> Timestamp {
    let (seconds, rest) = (milliseconds.div_euclid(1000.0), milliseconds.rem_euclid(1000.0));
    Timestamp { seconds: seconds as i64, nanoseconds: (rest as u32).saturating_mul(1_000_000) }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn positions(all: impl IntoIterator<Item = usize>) -> Vec<u32> {
    all.into_iter().map(position).collect()
}
