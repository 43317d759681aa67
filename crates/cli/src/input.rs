//! The files an answer is read from.

use std::path::{Path, PathBuf};

use careen_evidence::{ErrorKind, Place, ReadError};
use careen_survey::{Opening, Options, Session, is_later_piece, last_part};

use crate::progress::Reporter;
use crate::{directory, disk_file};

/// Smallest read made of the disk file: a `pread` of a few pages costs next to nothing.
const SMALLEST_READ: u32 = 32 << 10;

/// A disk and what it is opened with.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Its file, the first one when it has several.
    pub disk: &'a Path,
    /// Files the disk may have been made upon.
    pub parents: &'a [PathBuf],
    /// The internal snapshot to read.
    pub snapshot: Option<&'a str>,
}

impl Input<'_> {
    /// Opens the disk. Its further parts are looked for beside the files that were named; a disk it was made upon is
    /// not, since another one of that name would be taken without a word.
    pub fn open(self, reporter: &mut Reporter) -> Result<Session, ReadError> {
        if self.disk.is_dir() {
            return self.open_directory(reporter);
        }
        let mut beside = self.parents.to_vec();
        for file in self.named() {
            beside.extend(later_pieces(file));
        }
        // Each round finds files that were not there before.
        loop {
            match self.open_with(&beside, reporter) {
                Err(error) => match self.parts(&error, &beside) {
                    found if found.is_empty() => return Err(error),
                    found => beside.extend(found),
                },
                opened => return opened,
            }
        }
    }

    fn open_directory(self, reporter: &mut Reporter) -> Result<Session, ReadError> {
        if let Some(snapshot) = self.snapshot {
            let what = format_args!("snapshot {snapshot:?} of a directory, only qcow2 disks hold snapshots");
            return Err(ReadError::unsupported(&Place::new(self.disk.display().to_string()), what));
        }
        let directory = directory::open(self.disk);
        Session::open_directory(directory, options(), &mut |progress| reporter.show(&progress))
    }

    fn open_with(self, beside: &[PathBuf], reporter: &mut Reporter) -> Result<Session, ReadError> {
        let opening = Opening {
            disk: disk_file::open(self.disk)?,
            beside: beside.iter().map(|file| disk_file::open(file)).collect::<Result<_, _>>()?,
            snapshot: self.snapshot.map(str::to_owned),
        };
        Session::open(opening, options(), &mut |progress| reporter.show(&progress))
    }

    fn named(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.disk).chain(self.parents.iter().map(PathBuf::as_path))
    }

    /// The missing parts that lie beside the files that were named.
    fn parts(&self, error: &ReadError, known: &[PathBuf]) -> Vec<PathBuf> {
        let ErrorKind::NeedsFile(needs) = &error.kind else { return Vec::new() };
        let names: Vec<&str> = needs.names.iter().filter(|_| needs.is_part).map(|name| last_part(name)).collect();
        let mut found: Vec<PathBuf> = Vec::new();
        for folder in self.named().filter_map(Path::parent) {
            let paths = names.iter().map(|name| folder.join(name));
            found.extend(paths.filter(|path| path.is_file() && path != self.disk && !known.contains(path)));
        }
        found.sort();
        found.dedup();
        found
    }
}

fn options() -> Options {
    Options { smallest_read: SMALLEST_READ, ..Options::default() }
}

/// The other pieces of a disk that was split, when this is the first one.
fn later_pieces(first: &Path) -> Vec<PathBuf> {
    let Some(name) = first.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let folder = first.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Most names are no pieces', and their folders are not looked into.
    let looks_split = name.ends_with(['0', '1', 'a']);
    let Some(entries) = looks_split.then(|| folder.read_dir().ok()).flatten() else { return Vec::new() };
    let is_piece = |path: &PathBuf| {
        path.file_name().and_then(|other| other.to_str()).is_some_and(|other| is_later_piece(name, other))
            && path.is_file()
    };
    entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_piece).collect()
}
