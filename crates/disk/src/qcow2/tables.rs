//! L1 and L2 tables (sections "Cluster mapping" and "Extended L2 Entries").

use std::num::NonZeroU64;
use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, Place, ReadError};

use super::header::Header;
use crate::mapped::{Content, Mapping, Run};
use crate::packed::Unpacker;

/// Bits 9 to 55 of an L1 or L2 entry: a place in the file.
const PLACE_MASK: u64 = 0x00FF_FFFF_FFFF_FE00;
const COMPRESSED: u64 = 1 << 62;
/// Bit 63: the cluster is used once; in front of an external data file also: it is there.
const COPIED: u64 = 1 << 63;
/// Bit 0 of a standard descriptor: reads as zeros.
const ZERO: u64 = 1;

/// Subclusters of a cluster with an extended entry.
const SUBCLUSTERS: u64 = 32;

/// Pages of the tables kept in memory: at most 2 MiB in all.
const PAGE: u64 = 64 << 10;
const PAGES: usize = 32;

/// What an L2 entry says of its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cluster {
    /// Not stored: what the backing file holds there, zeros without one.
    Absent,
    /// Not stored and zero.
    Zeros,
    /// Stored from this byte of the file.
    Stored(u64),
    /// In parts: subcluster `n` is stored if bit `n` of `present` is set, zero if bit `n` of `zeros` is, else absent.
    Parts { position: u64, present: u32, zeros: u32 },
    /// Compressed, in this range of the file.
    Packed { position: u64, length: u64 },
}

/// The L1 table of a state, and the size of the disk in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) size: u64,
    pub(super) l1_size: u64,
    pub(super) l1_table_offset: u64,
}

/// The tables of one state of the disk.
pub(super) struct ClusterTables {
    file: Rc<dyn ByteSource>,
    pages: Cached,
    unpacker: Unpacker,
    file_length: u64,
    /// Length of the file that holds the clusters.
    pub(super) data_length: u64,
    /// Whether the clusters lie in another file than the tables.
    is_external: bool,
    /// Whether there is a disk below.
    is_backed: bool,
    version: u32,
    cluster_bits: u32,
    pub(super) cluster_size: NonZeroU64,
    pub(super) size: u64,
    l1_size: u64,
    l1_table_offset: u64,
    extended_l2: bool,
    /// Bytes of an L2 entry: 8, or 16 when extended.
    pub(super) l2_entry: NonZeroU64,
    /// Bytes of the disk that one L2 table covers.
    pub(super) l2_covers: NonZeroU64,
    place: Place,
}

impl ClusterTables {
    /// `data` is the file that holds the clusters where it is another one.
    pub(super) fn new(
        file: Rc<dyn ByteSource>,
        data: Option<&dyn ByteSource>,
        header: &Header,
        state: State,
        place: &Place,
    ) -> Self {
        let l2_entry = NonZeroU64::new(if header.extended_l2 { 16 } else { 8 }).unwrap_or(NonZeroU64::MIN);
        let entries = header.cluster_size.get() / l2_entry;
        let page = u32::try_from(header.cluster_size.get().clamp(4096, PAGE)).unwrap_or(4096);
        ClusterTables {
            pages: Cached::new(Rc::clone(&file), page, PAGES),
            unpacker: Unpacker::new(header.compression, "qcow2 compressed cluster", header.cluster_size.get()),
            file_length: file.len(),
            data_length: data.map_or(file.len(), ByteSource::len),
            is_external: data.is_some(),
            is_backed: header.backing.is_some(),
            file,
            version: header.version,
            cluster_bits: header.cluster_bits,
            cluster_size: header.cluster_size,
            size: state.size,
            l1_size: state.l1_size,
            l1_table_offset: state.l1_table_offset,
            extended_l2: header.extended_l2,
            l2_entry,
            l2_covers: header.cluster_size.saturating_mul(NonZeroU64::new(entries).unwrap_or(NonZeroU64::MIN)),
            place: place.clone(),
        }
    }

    /// L2 tables the disk needs.
    pub(super) fn tables(&self) -> u64 {
        self.size.div_ceil(self.l2_covers.get())
    }

    fn error(&self, offset: u64, what: impl std::fmt::Display) -> ReadError {
        let place = self.place.then(format_args!("qcow2 cluster at {offset:#x}"));
        ReadError::corrupt(&place, what)
    }

    /// Where the L2 table with this number lies in the file; `None` when it is not allocated, and so is
    /// all that it covers.
    pub(super) fn l2_table(&self, number: u64) -> Result<Option<u64>, ReadError> {
        let offset = number.saturating_mul(self.l2_covers.get());
        if number >= self.l1_size {
            let what = format_args!("qcow2 L1 table: it has {} entries, entry {number} is missing", self.l1_size);
            return Err(self.error(offset, what));
        }
        let at = self.l1_table_offset.saturating_add(number.saturating_mul(8));
        let mut entry = [0; 8];
        if at.saturating_add(8) > self.file_length {
            let what = format_args!("qcow2 L1 table: entry {number} at {at:#x} lies beyond the end of the file");
            return Err(self.error(offset, what));
        }
        self.pages.read_exact_at(at, &mut entry)?;
        let table = u64::from_be_bytes(entry) & PLACE_MASK;
        if table == 0 {
            return Ok(None);
        }
        if table % self.cluster_size != 0 {
            let what =
                format_args!("qcow2 L1 entry {number}: the L2 table lies at {table:#x}, expected whole clusters");
            return Err(self.error(offset, what));
        }
        Ok(Some(table))
    }

    /// What the L2 table at `table` says of the cluster that holds `offset`.
    fn cluster(&self, table: u64, offset: u64) -> Result<Cluster, ReadError> {
        let index = (offset % self.l2_covers) / self.cluster_size;
        let at = table.saturating_add(index.saturating_mul(self.l2_entry.get()));
        let mut bytes = [0; 16];
        let length = if self.extended_l2 { 16 } else { 8 };
        let wanted = bytes.get_mut(..length).unwrap_or(&mut []);
        if at.saturating_add(wanted.len() as u64) > self.file_length {
            let what = format_args!("qcow2 L2 table at {table:#x}: entry {index} lies beyond the end of the file");
            return Err(self.error(offset, what));
        }
        self.pages.read_exact_at(at, wanted)?;
        let [a, b, c, d, e, f, g, h, bitmap @ ..] = bytes;
        let (entry, bitmap) = (u64::from_be_bytes([a, b, c, d, e, f, g, h]), u64::from_be_bytes(bitmap));
        self.decode(entry, bitmap).map_err(|reason| self.error(offset, format_args!("qcow2 L2 entry: {reason}")))
    }

    /// What an L2 entry means, or why it means nothing.
    pub(super) fn decode(&self, entry: u64, bitmap: u64) -> Result<Cluster, String> {
        if entry & COMPRESSED != 0 {
            if self.is_external {
                return Err(format!(
                    "it is {entry:#x}, compressed clusters are not allowed with an external data file"
                ));
            }
            // x = 62 - (cluster_bits - 8): below it the place, above it the sectors after the first.
            let x = 70_u32.saturating_sub(self.cluster_bits);
            let descriptor = entry & !(COMPRESSED | COPIED);
            let position = descriptor & 1_u64.wrapping_shl(x).wrapping_sub(1);
            let sectors = descriptor.wrapping_shr(x).saturating_add(1);
            let length = sectors.saturating_mul(512).saturating_sub(position % 512);
            return Ok(Cluster::Packed { position, length });
        }
        let position = entry & PLACE_MASK;
        let zero = entry & ZERO != 0;
        if zero && (self.version < 3 || self.extended_l2) {
            return Err(format!("it is {entry:#x}, the zero flag is not allowed in this file"));
        }
        // Only in a file of its own can the first cluster be data; then bit 63 says so.
        let is_stored = position != 0 || (self.is_external && entry & COPIED != 0);
        if zero {
            return Ok(Cluster::Zeros);
        }
        if !is_stored && !self.extended_l2 {
            return Ok(Cluster::Absent);
        }
        if position % self.cluster_size != 0 {
            return Err(format!("the cluster lies at {position:#x}, expected whole clusters"));
        }
        if !self.extended_l2 {
            return Ok(Cluster::Stored(position));
        }
        let [z0, z1, z2, z3, p0, p1, p2, p3] = bitmap.to_be_bytes();
        let (zeros, present) = (u32::from_be_bytes([z0, z1, z2, z3]), u32::from_be_bytes([p0, p1, p2, p3]));
        if zeros & present != 0 {
            return Err(format!("its subclusters {:#x} are both stored and zero", zeros & present));
        }
        match (present, zeros) {
            (0, 0) => Ok(Cluster::Absent),
            (0, u32::MAX) => Ok(Cluster::Zeros),
            (1.., _) if !is_stored => Err("it has stored subclusters but no place".to_owned()),
            (u32::MAX, _) => Ok(Cluster::Stored(position)),
            _ => Ok(Cluster::Parts { position, present, zeros }),
        }
    }

    /// The unpacked bytes of a compressed cluster.
    fn unpack(&self, offset: u64, position: u64, length: u64) -> Result<Rc<[u8]>, ReadError> {
        if let Some(bytes) = self.unpacker.kept(position) {
            return Ok(bytes);
        }
        // The last sector may reach beyond the end: the packed data itself ends earlier.
        let available = self.file_length.saturating_sub(position).min(length);
        let place = self.place.then(format_args!("qcow2 cluster at {offset:#x}"));
        if available == 0 {
            let what = format_args!("its packed bytes at {position:#x} lie beyond the end of the file");
            return Err(ReadError::corrupt(&place, what));
        }
        let mut packed = vec![0; usize::try_from(available).unwrap_or(0)];
        self.file.read_exact_at(position, &mut packed)?;
        self.unpacker.unpack(position, &packed, self.cluster_size.get(), &place)
    }

    /// A run of the file that holds the clusters, cut where that ends.
    fn stored(&self, offset: u64, position: u64, length: u64) -> Result<Run, ReadError> {
        let available = self.data_length.saturating_sub(position);
        if available == 0 {
            let what =
                format_args!("its bytes at {position:#x} lie beyond the end of the file at {:#x}", self.data_length);
            return Err(self.error(offset, what));
        }
        Ok(Run { length: length.min(available), content: Content::Stored(position) })
    }

    /// A run that is not stored.
    fn absent(&self, offset: u64, length: u64) -> Run {
        Run { length, content: if self.is_backed { Content::Below(offset) } else { Content::Zeros } }
    }
}

impl Mapping for ClusterTables {
    fn virtual_size(&self) -> u64 {
        self.size
    }

    fn run(&self, offset: u64) -> Result<Run, ReadError> {
        let to_end = self.size.saturating_sub(offset);
        let Some(table) = self.l2_table(offset / self.l2_covers)? else {
            let length = self.l2_covers.get().saturating_sub(offset % self.l2_covers);
            return Ok(self.absent(offset, length.min(to_end)));
        };
        let within = offset % self.cluster_size;
        let length = self.cluster_size.get().saturating_sub(within).min(to_end);
        match self.cluster(table, offset)? {
            Cluster::Absent => Ok(self.absent(offset, length)),
            Cluster::Zeros => Ok(Run { length, content: Content::Zeros }),
            Cluster::Stored(position) => self.stored(offset, position.saturating_add(within), length),
            Cluster::Packed { position, length: packed } => {
                let bytes = self.unpack(offset, position, packed)?;
                let from = usize::try_from(within).unwrap_or(usize::MAX);
                Ok(Run { length, content: Content::Unpacked(bytes, from) })
            }
            Cluster::Parts { position, present, zeros } => {
                let size = NonZeroU64::new(self.cluster_size.get() / SUBCLUSTERS).unwrap_or(NonZeroU64::MIN);
                let first = u32::try_from(within / size).unwrap_or(0);
                // Bits from this subcluster on, then how many follow of the same kind.
                let is = |bits: u32| bits.wrapping_shr(first) & 1 != 0;
                let kind = match (is(present), is(zeros)) {
                    (true, _) => present,
                    (false, true) => zeros,
                    (false, false) => !(present | zeros),
                };
                let alike = kind.wrapping_shr(first).trailing_ones();
                let end = u64::from(first.saturating_add(alike).min(32)).saturating_mul(size.get());
                let length = end.saturating_sub(within).min(length);
                match (is(present), is(zeros)) {
                    (true, _) => self.stored(offset, position.saturating_add(within), length),
                    (false, true) => Ok(Run { length, content: Content::Zeros }),
                    (false, false) => Ok(self.absent(offset, length)),
                }
            }
        }
    }
}
