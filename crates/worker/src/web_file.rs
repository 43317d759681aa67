//! A browser `File` as a byte source.
//!
//! `FileReaderSync` exists in workers only and is the one synchronous way to read a file there. One reader is kept and
//! used again: browsers have been seen to hold on to the buffers of readers that were thrown away. Slices are taken
//! with 64-bit floating point bounds, exact up to 2^53; the integer overloads end at 2^31.

use std::cell::Cell;
use std::rc::Rc;

use careen_evidence::{ByteSource, Place, ReadError};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DomException, File, FileReaderSync};

use crate::buffers;

/// Bytes asked of the browser at once. Larger pieces gain nothing and need as much memory once more.
const PIECE: usize = 16 << 20;

/// A file the person picked.
pub struct WebFile {
    file: File,
    reader: Rc<FileReaderSync>,
    length: u64,
    place: Place,
    lost: Rc<Cell<bool>>,
}

impl WebFile {
    /// A source over `file`. `lost` is set once the browser refuses to read it: from then on every read fails until the
    /// file is picked again.
    pub fn new(file: File, lost: Rc<Cell<bool>>) -> Result<Self, JsValue> {
        let (reader, place) = (Rc::new(FileReaderSync::new()?), Place::new(file.name()));
        Ok(WebFile::with_reader(file, place, reader, lost))
    }

    /// A source over one of many files, which share a reader.
    pub fn with_reader(file: File, place: Place, reader: Rc<FileReaderSync>, lost: Rc<Cell<bool>>) -> Self {
        // A size is a whole number below 2^53.
        let length = file.size() as u64;
        WebFile { file, reader, length, place, lost }
    }

    /// Finds out whether the browser still gives the file: answers from memory would hide that it does not.
    pub fn check(&self) {
        if self.length > 0 && !self.lost.get() {
            // What comes of it is told by `lost`.
            let _ = self.read_piece(0, &mut [0]);
        }
    }

    fn read_piece(&self, offset: u64, piece: &mut [u8]) -> Result<(), ReadError> {
        let end = offset.saturating_add(piece.len() as u64);
        let read = || {
            let slice = self.file.slice_with_f64_and_f64(offset as f64, end as f64)?;
            self.reader.read_as_array_buffer(&slice)
        };
        // A disk that slept, or a share that was away for a moment, fails once; a file that changed fails again.
        let read = read().or_else(|_| read());
        let bytes = Uint8Array::new(&read.map_err(|error| self.failure(&error))?.into());
        if bytes.length() as usize != piece.len() {
            let (found, expected) = (bytes.length(), piece.len());
            let text = format!("the browser gave {found} bytes at offset {offset:#x}, expected {expected}");
            return Err(ReadError::io(&self.place, text));
        }
        bytes.copy_to(piece);
        buffers::let_go(&bytes.buffer());
        Ok(())
    }

    fn failure(&self, error: &JsValue) -> ReadError {
        let Some(exception) = error.dyn_ref::<DomException>() else {
            return ReadError::io(&self.place, format_args!("the browser cannot read it: {error:?}"));
        };
        if matches!(exception.name().as_str(), "NotReadableError" | "NotFoundError") {
            self.lost.set(true);
            let text = "the file changed or is in use by another program since it was picked, so the browser refuses \
                        to read it; it has to be picked again";
            return ReadError::io(&self.place, text);
        }
        ReadError::io(&self.place, format_args!("{}: {}", exception.name(), exception.message()))
    }
}

impl ByteSource for WebFile {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let length = buf.len() as u64;
        if offset.checked_add(length).is_none_or(|end| end > self.length) {
            let end = self.length;
            let text = format!("{length} bytes at offset {offset:#x} lie beyond the end of the file at {end:#x}");
            return Err(ReadError::corrupt(&self.place, text));
        }
        let mut position = offset;
        for piece in buf.chunks_mut(PIECE) {
            self.read_piece(position, piece)?;
            position = position.saturating_add(piece.len() as u64);
        }
        Ok(())
    }
}
