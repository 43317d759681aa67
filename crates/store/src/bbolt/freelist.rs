//! The free list: numbers of pages that no tree uses (`internal/freelist/shared.go`).
//!
//! Reading never needs it. It is read for two ends: the engine stops with a panic where it is broken, which people are
//! told, and it says which of the pages that no tree leads to hold something that was lost and not something deleted.

use std::collections::BTreeSet;

use careen_evidence::{Fields, Findings, ReadError, codes, read_vec};

use super::Database;
use super::page::{FLAG_FREELIST, HEADER_SIZE, NO_FREELIST};

/// Count of a page header that says that the count itself is the first number of the list.
const COUNT_FOLLOWS: u16 = 0xffff;
/// Bytes of a page number.
const NUMBER_SIZE: u64 = 8;

impl Database {
    /// Tells what is wrong with the free list.
    pub(super) fn check_freelist(&self, findings: &mut Findings) -> Result<(), ReadError> {
        let place = self.place.then("bolt free list");
        match self.free_pages() {
            Ok(free) => {
                let reached = self.claims.borrow().numbers();
                let mut twice = free.iter().flatten().filter(|page| reached.contains(page));
                if let Some(page) = twice.next() {
                    let count = twice.count().saturating_add(1);
                    findings.add(&codes::bolt::BOLT_FREE_IN_USE, &place, &[("page", page), ("count", &count)]);
                }
                Ok(())
            }
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                let page = self.meta.freelist;
                let values: &[(&str, &dyn std::fmt::Display)] = &[("reason", &error.reason()), ("page", &page)];
                findings.add(&codes::bolt::BOLT_FREELIST_BROKEN, &place, values);
                Ok(())
            }
        }
    }

    /// The pages that no tree uses; `None` when the list is not stored, as containerd has it since 1.5.
    ///
    /// The page header's count is that of the numbers; where it is 0xffff, the first number is the count.
    pub(super) fn free_pages(&self) -> Result<Option<BTreeSet<u64>>, ReadError> {
        let number = self.meta.freelist;
        if number == NO_FREELIST {
            return Ok(None);
        }
        let place = self.place.then("bolt free list");
        let corrupt =
            |what: std::fmt::Arguments<'_>| ReadError::corrupt(&place, format_args!("bolt free list: {what}"));
        let size = u64::from(self.meta.page_size);
        if !(2..self.meta.high_water).contains(&number) {
            let end = self.meta.high_water;
            return Err(corrupt(format_args!("page is {number}, expected one from 2 and below {end}")));
        }
        let offset = number.saturating_mul(size);
        let bytes = read_vec(&*self.source, &place, offset, size, &self.limits)?;
        let page = Fields::new("bolt free list", &place, &bytes);
        let (id, flags, count) = (page.u64_le(0)?, page.u16_le(8)?, page.u16_le(10)?);
        if id != number || flags != FLAG_FREELIST {
            let what = "expected a page of the free list 0x0010";
            return Err(corrupt(format_args!("page {number} has the id {id} and the flags {flags:#06x}, {what}")));
        }
        let length = u64::from(page.u32_le(12)?).saturating_add(1).saturating_mul(size);
        let header = HEADER_SIZE as u64;
        let (start, count) = match count {
            COUNT_FOLLOWS => (header.saturating_add(NUMBER_SIZE), page.u64_le(HEADER_SIZE)?),
            count => (header, u64::from(count)),
        };
        let bytes_of_list = count.saturating_mul(NUMBER_SIZE);
        if start.saturating_add(bytes_of_list) > length {
            return Err(corrupt(format_args!("{count} page numbers do not fit into {length} bytes")));
        }
        let list = read_vec(&*self.source, &place, offset.saturating_add(start), bytes_of_list, &self.limits)?;
        let numbers = list.as_chunks().0.iter().map(|number| u64::from_le_bytes(*number));
        let free: BTreeSet<u64> = numbers.collect();
        match free.iter().find(|page| !(2..self.meta.high_water).contains(*page)) {
            Some(page) => Err(corrupt(format_args!("it names page {page}, which is none of the database"))),
            None => Ok(Some(free)),
        }
    }
}
