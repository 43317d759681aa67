//! The files at hand beside the one that is opened: disks it may have been made upon, and other parts of it.

use std::rc::Rc;

use careen_evidence::{ByteSource, ErrorKind, NeedsFile, Place, ReadError};

/// A file with the name by which other files speak of it.
#[derive(Clone)]
pub struct NamedFile {
    /// Its file name.
    pub name: String,
    /// Its bytes.
    pub source: Rc<dyn ByteSource>,
}

/// Longest chain of disks that is followed: as reading goes down it file by file, it also bounds how deep calls nest.
const MOST_DISKS: u32 = 64;

/// The files that have not been used yet. Each is used once, so that a file which names itself ends the chain.
pub(crate) struct Beside {
    pub(crate) files: Vec<NamedFile>,
    disks: u32,
}

impl Beside {
    pub(crate) fn new(files: &[NamedFile]) -> Self {
        Beside { files: files.to_vec(), disks: 0 }
    }

    /// Counts one disk more of the chain.
    pub(crate) fn descend(&mut self, place: &Place) -> Result<(), ReadError> {
        self.disks = self.disks.saturating_add(1);
        if self.disks > MOST_DISKS {
            let what = format_args!("a chain of more than {MOST_DISKS} disks that were made upon each other");
            return Err(ReadError::over_limit(place, what));
        }
        Ok(())
    }

    /// Takes the first file that fits.
    pub(crate) fn take(&mut self, fits: impl Fn(&NamedFile) -> bool) -> Option<NamedFile> {
        let index = self.files.iter().position(fits)?;
        Some(self.files.remove(index))
    }

    /// Takes the file that is called as the end of one of these paths; one that differs only in case is the second
    /// choice, as on systems that do not tell them apart.
    pub(crate) fn take_named<T: AsRef<str>>(&mut self, paths: &[T]) -> Option<NamedFile> {
        let names: Vec<&str> = paths.iter().map(|path| last_part(path.as_ref())).collect();
        self.take(|file| names.contains(&last_part(&file.name))).or_else(|| {
            let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
            self.take(|file| names.contains(&last_part(&file.name).to_lowercase()))
        })
    }
}

/// The name at the end of a path of Windows or Unix, or of a URL.
pub fn last_part(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// Parts of the disk are not at hand.
pub(crate) fn needs_parts(place: &Place, what: &str, names: Vec<String>) -> ReadError {
    let shown: Vec<&str> = names.iter().take(3).map(|name| last_part(name)).collect();
    let more =
        if names.len() > shown.len() { format!(" and {} more", names.len().saturating_sub(3)) } else { String::new() };
    let reason = format!("{what}; open it together with {}{more}", shown.join(", "));
    let needs = NeedsFile { reason, is_part: true, names, linkages: Vec::new() };
    ReadError::new(ErrorKind::NeedsFile(needs), place.clone())
}

/// The disk this one was made upon is not at hand. `what` says which kind of disk this is.
pub(crate) fn needs_parent(place: &Place, what: &str, names: Vec<String>, linkages: Vec<String>) -> ReadError {
    let at = match names.as_slice() {
        [] => "whose name is not known".to_owned(),
        names => format!("which was at {}", names.join(" or ")),
    };
    let reason = format!(
        "{what}: it holds only what changed since the disk it was made upon, {at}; open it together with that file"
    );
    let needs = NeedsFile { reason, is_part: false, names, linkages };
    ReadError::new(ErrorKind::NeedsFile(needs), place.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(names: &[&str]) -> Beside {
        let file = |name: &&str| NamedFile { name: (*name).to_owned(), source: Rc::new(Vec::new()) };
        Beside::new(&names.iter().map(file).collect::<Vec<_>>())
    }

    #[test]
    fn files_are_known_by_the_end_of_a_path_and_used_once() {
        let mut files = beside(&["Base.raw", "base.raw", "other"]);
        assert_eq!(files.take_named(&["/disks/base.raw"]).unwrap().name, "base.raw");
        assert_eq!(files.take_named(&["c:\\disks\\BASE.RAW"]).unwrap().name, "Base.raw");
        assert!(files.take_named(&["base.raw"]).is_none());
        assert_eq!(files.files.len(), 1);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = needs_parts(&Place::new("a"), "half a disk", ["x/1", "2", "3", "4", "5"].map(str::to_owned).into());
        assert_eq!(error.to_string(), "a: half a disk; open it together with 1, 2, 3 and 2 more");
        let error = needs_parent(&Place::new("a"), "an overlay", vec!["b".to_owned()], Vec::new());
        assert!(error.to_string().contains("which was at b; open it together"), "{error}");
    }

    #[test]
    fn a_chain_ends() {
        let mut files = beside(&[]);
        for _ in 0..MOST_DISKS {
            files.descend(&Place::new("a")).unwrap();
        }
        assert!(files.descend(&Place::new("a")).is_err());
    }
}
