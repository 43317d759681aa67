//! Unpacking the compressed pieces of a disk: clusters of qcow2, grains of VMDK.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Read;
use std::rc::Rc;

use careen_evidence::{Place, ReadError};
use flate2::{Decompress, FlushDecompress, Status};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// How pieces are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    /// Raw deflate, what qcow2 calls zlib.
    Deflate,
    /// Deflate in its zlib wrapping (RFC 1950).
    Zlib,
    /// One zstd frame or more.
    Zstd,
}

/// Unpacked clusters kept in memory, in bytes.
const KEPT_BYTES: u64 = 4 << 20;

/// Unpacks clusters of one compression type and keeps the last few.
pub(crate) struct Unpacker {
    compression: Compression,
    /// What messages call a packed piece.
    called: &'static str,
    /// Bytes of an unpacked cluster.
    cluster_size: usize,
    /// Byte of the file where a cluster starts and its unpacked bytes, the one used last in front.
    kept: RefCell<VecDeque<(u64, Rc<[u8]>)>>,
    capacity: usize,
    /// Its tables are large, so it is kept from one cluster to the next.
    zstd: RefCell<FrameDecoder>,
}

impl Unpacker {
    pub(crate) fn new(compression: Compression, called: &'static str, cluster_size: u64) -> Self {
        let capacity = KEPT_BYTES.checked_div(cluster_size).unwrap_or(0).clamp(2, 256);
        Unpacker {
            compression,
            called,
            cluster_size: usize::try_from(cluster_size).unwrap_or(0),
            kept: RefCell::default(),
            capacity: usize::try_from(capacity).unwrap_or(2),
            zstd: RefCell::new(FrameDecoder::new()),
        }
    }

    /// The cluster packed at this byte of the file, if it was unpacked not long ago.
    pub(crate) fn kept(&self, position: u64) -> Option<Rc<[u8]>> {
        let mut kept = self.kept.borrow_mut();
        let index = kept.iter().position(|(key, _)| *key == position)?;
        let entry = kept.remove(index)?;
        let bytes = Rc::clone(&entry.1);
        kept.push_front(entry);
        Some(bytes)
    }

    /// Unpacks `packed`, the bytes of the file from `position`, to one whole cluster, of which the first `needed` bytes
    /// have to be there. What follows the cluster in `packed` belongs to others and is left alone.
    pub(crate) fn unpack(
        &self,
        position: u64,
        packed: &[u8],
        needed: u64,
        place: &Place,
    ) -> Result<Rc<[u8]>, ReadError> {
        let mut cluster = vec![0; self.cluster_size];
        let result = match self.compression {
            Compression::Deflate => inflate(packed, &mut cluster, false, needed),
            Compression::Zlib => inflate(packed, &mut cluster, true, needed),
            Compression::Zstd => self.unpack_zstd(packed, &mut cluster),
        };
        result.map_err(|reason| ReadError::corrupt(place, format_args!("{}: {reason}", self.called)))?;
        let bytes: Rc<[u8]> = cluster.into();
        let mut kept = self.kept.borrow_mut();
        kept.truncate(self.capacity.saturating_sub(1));
        kept.push_front((position, Rc::clone(&bytes)));
        Ok(bytes)
    }

    fn unpack_zstd(&self, packed: &[u8], cluster: &mut [u8]) -> Result<(), String> {
        let mut decoder = self.zstd.borrow_mut();
        let mut input = packed;
        let mut filled = 0_usize;
        while filled < cluster.len() {
            let mut frame =
                StreamingDecoder::new_with_decoder(&mut input, &mut *decoder).map_err(|error| error.to_string())?;
            loop {
                let room = cluster.get_mut(filled..).unwrap_or(&mut []);
                match frame.read(room).map_err(|error| error.to_string())? {
                    0 => break,
                    count => filled = filled.saturating_add(count),
                }
            }
        }
        Ok(())
    }
}

fn inflate(packed: &[u8], cluster: &mut [u8], is_wrapped: bool, needed: u64) -> Result<(), String> {
    let mut stream = Decompress::new(is_wrapped);
    let status = stream.decompress(packed, cluster, FlushDecompress::Finish);
    let produced = stream.total_out();
    match status {
        Ok(_) if produced >= needed => Ok(()),
        Ok(Status::StreamEnd) => Err(format!("it unpacks to {produced} bytes, expected {needed}")),
        Ok(_) => Err(format!("its data ends after {produced} bytes of {needed}")),
        Err(error) => Err(error.to_string()),
    }
}
