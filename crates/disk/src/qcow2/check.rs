//! Whether all that the tables point to is in the file.
//!
//! The reference counts say how long the file must be. Only when it is shorter, or when they are not to be trusted,
//! the L2 tables are gone through, so that opening a whole disk reads next to nothing.

use std::num::NonZeroU64;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError, read_vec};
use careen_model::codes::disk as codes;

use super::header::Header;
use super::tables::{Cluster, ClusterTables};

/// Most of the L2 tables that is gone through, in bytes.
const CHECKED_BYTES: u64 = 64 << 20;
/// Most L1 entries that are gone through: those of 4 TiB with clusters of 64 KiB.
const CHECKED_TABLES: u64 = 1 << 22;
/// Places in a file have 56 bits (section "Cluster mapping").
const LONGEST_FILE: u64 = 1 << 56;
/// Bytes of the reference count table read at once.
const STEP: u64 = 64 << 10;

/// What was counted.
#[derive(Default)]
struct Tally {
    tables: u64,
    missing_tables: u64,
    first_table: Option<ReadError>,
    present: u64,
    missing: u64,
    missing_bytes: u64,
    invalid: u64,
    first_invalid: Option<String>,
}

/// Tells what of the disk is not in the file, each kind in one finding with its count.
pub(super) fn check(
    tables: &ClusterTables,
    file: &dyn ByteSource,
    header: &Header,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) {
    // The reference counts do not speak of an external data file, and only of this state when they can be trusted.
    let trusted = !header.dirty && !header.corrupt && header.data_file.is_none();
    let whole = trusted && needed_length(file, header, place, limits).is_ok_and(|needed| needed <= file.len());
    let total = tables.tables();
    let mut tally = Tally::default();
    let mut budget = CHECKED_BYTES;
    let mut number = 0;
    while number < total.min(CHECKED_TABLES) {
        match tables.l2_table(number) {
            Ok(None) => {}
            Ok(Some(_)) if whole => tally.tables = tally.tables.saturating_add(1),
            Ok(Some(table)) => {
                let Some(left) = budget.checked_sub(tables.cluster_size.get()) else { break };
                budget = left;
                tally.tables = tally.tables.saturating_add(1);
                match read_vec(file, place, table, header.cluster_size.get(), limits) {
                    Ok(bytes) => check_table(tables, number, &bytes, &mut tally),
                    Err(error) => tally.add_table(1, error),
                }
            }
            // Past the end of the L1 table or of the file nothing follows: the rest is missing as a whole.
            Err(error) => {
                tally.add_table(total.saturating_sub(number), error);
                number = total;
                break;
            }
        }
        number = number.saturating_add(1);
    }
    if number < total {
        findings.add(&codes::TABLE_PARTLY_CHECKED, place, &[("checked", &number), ("total", &total)]);
    }
    tally.tell(tables.l2_covers, tables.size, place, findings);
}

/// Goes through the entries of an L2 table.
fn check_table(tables: &ClusterTables, number: u64, bytes: &[u8], tally: &mut Tally) {
    let (file_length, size) = (tables.data_length, tables.size);
    let start = number.saturating_mul(tables.l2_covers.get());
    let entry_length = usize::try_from(tables.l2_entry.get()).unwrap_or(8);
    for (index, entry) in (0..).zip(bytes.chunks_exact(entry_length)) {
        let offset = start.saturating_add(tables.cluster_size.get().saturating_mul(index));
        if offset >= size {
            return;
        }
        let length = size.saturating_sub(offset).min(tables.cluster_size.get());
        let Some(&first) = entry.first_chunk::<8>() else { return };
        let bitmap =
            entry.get(8..).and_then(|rest| rest.first_chunk::<8>()).map_or(0, |bits| u64::from_be_bytes(*bits));
        // How many bytes of the cluster are not in the file.
        let missing = match tables.decode(u64::from_be_bytes(first), bitmap) {
            Ok(Cluster::Zeros | Cluster::Absent) => continue,
            Ok(Cluster::Stored(position)) => position.saturating_add(length).saturating_sub(file_length).min(length),
            Ok(Cluster::Parts { position, present, .. }) => {
                let sub = tables.cluster_size.get().wrapping_shr(5);
                let absent = |n: &u32| {
                    let end = sub.saturating_mul(u64::from(*n).saturating_add(1)).min(length);
                    present.wrapping_shr(*n) & 1 != 0 && position.saturating_add(end) > file_length
                };
                sub.saturating_mul((0..32_u32).filter(absent).count() as u64)
            }
            // Only the first byte of the last sector must be there: packed bytes end anywhere in it.
            Ok(Cluster::Packed { position, length: packed }) => {
                let needed = position.saturating_add(packed.saturating_sub(511));
                if needed > file_length { length } else { 0 }
            }
            Err(reason) => {
                tally.invalid = tally.invalid.saturating_add(1);
                tally.first_invalid.get_or_insert_with(|| format!("cluster at {offset:#x}: {reason}"));
                continue;
            }
        };
        tally.present = tally.present.saturating_add(1);
        if missing > 0 {
            tally.missing = tally.missing.saturating_add(1);
            tally.missing_bytes = tally.missing_bytes.saturating_add(missing);
        }
    }
}

impl Tally {
    fn add_table(&mut self, count: u64, error: ReadError) {
        self.missing_tables = self.missing_tables.saturating_add(count);
        self.first_table.get_or_insert(error);
    }

    fn tell(&self, l2_covers: NonZeroU64, size: u64, place: &Place, findings: &mut Findings) {
        if let Some(error) = &self.first_table {
            let bytes = self.missing_tables.saturating_mul(l2_covers.get()).min(size);
            let total = self.tables.max(self.missing_tables);
            findings.add(
                &codes::QCOW2_TABLES_MISSING,
                place,
                &[("missing", &self.missing_tables), ("total", &total), ("bytes", &bytes), ("reason", &error.reason())],
            );
        }
        if self.missing > 0 {
            findings.add(
                &codes::QCOW2_CLUSTERS_MISSING,
                place,
                &[("missing", &self.missing), ("present", &self.present), ("bytes", &self.missing_bytes)],
            );
        }
        if let Some(reason) = &self.first_invalid {
            findings.add(&codes::QCOW2_CLUSTERS_INVALID, place, &[("count", &self.invalid), ("reason", reason)]);
        }
    }
}

/// How long the file must be by its reference counts (section "Host cluster management"): to the end of the last
/// cluster in use. Reads the end of the reference count table and one block.
fn needed_length(file: &dyn ByteSource, header: &Header, place: &Place, limits: &Limits) -> Result<u64, ReadError> {
    // 2^refcount_order bits each; what an entry of the table covers, and how many it takes for all 2^56 bytes of a file.
    let bits = 1_u64.wrapping_shl(header.refcount_order);
    let per_block = header.cluster_size.get().saturating_mul(8).checked_div(bits).unwrap_or(0);
    let covered = per_block.saturating_mul(header.cluster_size.get());
    let most = LONGEST_FILE.checked_div(covered).unwrap_or(0).saturating_mul(8);
    let table_length = u64::from(header.refcount_table_clusters).saturating_mul(header.cluster_size.get());
    let mut end = table_length.min(most);
    while end > 0 {
        let start = end.saturating_sub(STEP);
        let at = header.refcount_table_offset.saturating_add(start);
        let bytes = read_vec(file, place, at, end.saturating_sub(start), limits)?;
        let entries = bytes.chunks_exact(8).map(|entry| entry.first_chunk::<8>().map_or(0, |e| u64::from_be_bytes(*e)));
        if let Some((index, block)) = (0_u64..).zip(entries).filter(|(_, block)| *block != 0).last() {
            let bytes = read_vec(file, place, block, header.cluster_size.get(), limits)?;
            // With less than a byte each, a byte that is not zero counts as in use whole.
            let last = (0_u64..).zip(&bytes).filter(|(_, byte)| **byte != 0).map(|(at, _)| at).last().unwrap_or(0);
            let used = last.saturating_add(1).saturating_mul(8).div_ceil(bits);
            let first = start.checked_div(8).unwrap_or(0).saturating_add(index).saturating_mul(per_block);
            return Ok(first.saturating_add(used).saturating_mul(header.cluster_size.get()));
        }
        end = start;
    }
    Err(ReadError::corrupt(place, "qcow2 reference count table: it is empty"))
}
