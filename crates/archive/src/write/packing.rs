//! What becomes of the bytes of an archive on their way out: packed with gzip or left as they are, counted, digested.
//!
//! It needs nothing of the disk, so that it can be done beside the reading.

use sha2::{Digest, Sha256};

use super::Format;
use super::content::hex;
use super::gzip::Gzip;

/// Takes the bytes of one archive in their order.
pub struct Packing {
    gzip: Option<Gzip>,
    /// Of what came out.
    digest: Sha256,
    written: u64,
    /// What comes out next; kept for its room.
    packed: Vec<u8>,
}

impl Packing {
    /// For an archive of files of this format. (The entries of a zip are packed already, each by itself.)
    pub fn of_files(format: Format) -> Packing {
        Packing::new((format == Format::TarGz).then(Gzip::new))
    }

    /// For an archive of images, which is not packed.
    pub fn of_images() -> Packing {
        Packing::new(None)
    }

    fn new(gzip: Option<Gzip>) -> Packing {
        Packing { gzip, digest: Sha256::new(), written: 0, packed: Vec::new() }
    }

    /// Puts what comes out in the place of the bytes that go in, which may be less, or nothing yet; with the last ones
    /// all that is left comes out.
    pub fn pack(&mut self, bytes: &mut Vec<u8>, is_last: bool) {
        if let Some(gzip) = &mut self.gzip {
            self.packed.clear();
            gzip.pack(bytes, &mut self.packed);
            if is_last {
                gzip.finish(&mut self.packed);
            }
            std::mem::swap(bytes, &mut self.packed);
        }
        self.digest.update(bytes.as_slice());
        self.written = self.written.saturating_add(bytes.len() as u64);
    }

    /// Bytes that came out.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// sha256 of what came out, in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&self.digest.clone().finalize())
    }
}
