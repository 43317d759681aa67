//! A disk file of the operating system as a byte source.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use careen_evidence::{ByteSource, ErrorKind, Place, ReadError};
use careen_survey::DiskFile;

/// A file, opened for reading only.
struct FileSource {
    file: RefCell<File>,
    length: u64,
    place: Place,
}

/// Opens a disk file for reading.
pub fn open(path: &Path) -> Result<DiskFile, ReadError> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let place = Place::new(path.display().to_string());
    let failed = |error: std::io::Error| ReadError::io(&place, error);
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        let text = "this is a directory, expected a disk file (VHDX, qcow2, VHD, VMDK or raw)";
        return Err(ReadError::new(ErrorKind::Unsupported(text.to_owned()), place));
    }
    Ok(DiskFile { name, source: source(file, place)? })
}

/// An open file as a source.
pub fn source(mut file: File, place: Place) -> Result<Rc<dyn ByteSource>, ReadError> {
    // The end and not the metadata: a block device has no length there.
    let length = file.seek(SeekFrom::End(0)).map_err(|error| ReadError::io(&place, error))?;
    Ok(Rc::new(FileSource { file: RefCell::new(file), length, place }))
}

impl ByteSource for FileSource {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let mut file = self.file.borrow_mut();
        let read = file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(buf));
        read.map_err(|error| {
            ReadError::io(&self.place, format_args!("{} bytes at offset {offset:#x}: {error}", buf.len()))
        })
    }
}
